// SPDX-License-Identifier: GPL-2.0-only
/* fio's output as several versions wrote it, and as it should never be. */
#include <math.h>
#include "check.h"
#include "result/fio_json.h"

static char *slurp(const char *name, size_t *len)
{
	char path[256], *text;
	FILE *f;

	snprintf(path, sizeof(path), "tests/unit/data/fio/%s", name);
	f = fopen(path, "r");
	assert_non_null(f);
	text = malloc(1 << 20);
	*len = fread(text, 1, (1 << 20) - 1, f);
	text[*len] = '\0';
	fclose(f);
	return text;
}

static void expect_ios(const char *name, const char *version, __u64 ios, unsigned int groups)
{
	struct fl_fio fio;
	struct fl_err err;
	size_t len;
	char *text = slurp(name, &len);

	assert_int_equal(fl_fio_read_output(&fio, text, len, &err), 0);
	assert_string_equal(fio.version, version);
	assert_int_equal(fio.write.ios, ios);
	assert_int_equal(fio.write.bytes, ios * 4096);
	assert_int_equal(fio.read.ios, 0);
	assert_int_equal(fio.groups, groups);
	assert_int_equal(fio.error, 0);
	/* the rate is the count over the time, however many groups there are */
	assert_true(fio.write.has_clat && fio.write.iops > 0);
	assert_true(fabs(fio.write.bytes_per_s / (4096 * fio.write.iops) - 1) < 0.01);
	if (groups == 2)
		assert_true(fio.write.iops > 23901 + 1000);
	assert_int_equal(fio.write.has_pct, groups == 1);
	free(text);
}

static void recorded_versions(void **state)
{
	expect_ios("fio-3.33-psync.json", "fio-3.33", 79721, 1);
	expect_ios("fio-3.39-psync.json", "fio-3.39", 1069972, 1);
}

static void percentiles_of_one_group(void **state)
{
	struct fl_fio fio;
	struct fl_err err;
	size_t len;
	char *text = slurp("fio-3.39-psync.json", &len);

	assert_int_equal(fl_fio_read_output(&fio, text, len, &err), 0);
	assert_int_equal(fio.write.clat_pct_ns[FL_CLAT_P99], 1384);
	assert_true(fio.write.clat_pct_ns[FL_CLAT_P50] <= fio.write.clat_pct_ns[FL_CLAT_P90]);
	assert_true(fio.write.clat_pct_ns[FL_CLAT_P99] <= fio.write.clat_pct_ns[FL_CLAT_P999]);
	free(text);
}

static void text_in_front(void **state)
{
	expect_ios("fio-3.33-text-in-front.json", "fio-3.33", 24982, 1);
}

static void last_of_several_documents(void **state)
{
	expect_ios("fio-3.33-status-interval.json", "fio-3.33", 97672, 1);
}

static void groups_add_up(void **state)
{
	expect_ios("fio-3.33-two-groups.json", "fio-3.33", 23901 + 23662, 2);
}

static void truncated_anywhere(void **state)
{
	struct fl_fio fio;
	struct fl_err err;
	size_t len;
	char *text = slurp("fio-3.33-psync.json", &len), *end = strrchr(text, '}');

	for (size_t n = 0; n < (size_t)(end - text); n++) {
		char *cut = malloc(n ? n : 1);

		/* a copy of the exact size, so that a sanitizer sees a read past the end */
		memcpy(cut, text, n);
		assert_int_equal(fl_fio_read_output(&fio, cut, n, &err), -1);
		assert_true(err.what[0]);
		free(cut);
	}
	free(text);
}

static void expect_error(const char *text, const char *says)
{
	struct fl_fio fio;
	struct fl_err err;

	assert_int_equal(fl_fio_read_output(&fio, text, strlen(text), &err), -1);
	assert_non_null(strstr(err.what, says));
}

#define JOB(write)                                                                                \
	"{\"fio version\":\"fio-3.33\",\"jobs\":[{\"error\":0,\"read\":" ZERO ",\"write\":" write \
	"}]}"
#define ZERO "{\"total_ios\":0,\"io_bytes\":0,\"iops\":0,\"bw_bytes\":0,\"short_ios\":0}"

static void reads_and_writes_as_one(void **state)
{
	static const char text[] =
		"{\"fio version\": \"fio-3.33\", \"jobs\": [{\"error\": 0, \"mixed\": {\"total_ios\": 3}}]}";
	struct fl_fio fio;
	struct fl_err err;

	assert_int_equal(fl_fio_read_output(&fio, text, strlen(text), &err), -1);
	assert_non_null(strstr(err.what, "reported as one"));
	assert_non_null(strstr(err.hint, "unified_rw_reporting"));
}

static void wrong_types(void **state)
{
	expect_error("", "empty");
	expect_error("fio: out of memory\n", "no JSON document");
	expect_error("{]", "no JSON");
	expect_error("{}", "fio version");
	expect_error("{\"fio version\":3}", "fio version");
	expect_error("{\"fio version\":\"fio-3.33\",\"jobs\":{}}", "jobs");
	expect_error("{\"fio version\":\"fio-3.33\",\"jobs\":[]}", "no job");
	expect_error("{\"fio version\":\"fio-3.33\",\"jobs\":[7]}", "error");
	expect_error(JOB("7"), "write");
	expect_error(JOB("{\"total_ios\":\"many\"}"), "total_ios");
	expect_error(JOB("{\"total_ios\":-5}"), "negative");
	expect_error(JOB("{\"total_ios\":5,\"io_bytes\":1,\"iops\":-1.5}"), "no quantity");
	expect_error(
		JOB("{\"total_ios\":5,\"io_bytes\":1,\"iops\":1,\"bw_bytes\":1,\"short_ios\":0,\"clat_ns\":[]}"),
		"\"N\"");
}

static void the_idlest_group_is_known(void **state)
{
#define DIR(n) "{\"total_ios\":" n ",\"io_bytes\":1,\"iops\":1,\"bw_bytes\":1,\"short_ios\":0}"
	static const char text[] =
		"{\"fio version\":\"fio-3.33\",\"jobs\":["
		"{\"error\":0,\"read\":" DIR("5") ",\"write\":" DIR(
			"60") "},"
			      "{\"error\":0,\"read\":" DIR("40") ",\"write\":" DIR(
				      "0") "},"
					   "{\"error\":0,\"read\":" DIR("0") ",\"write\":" DIR(
						   "50") "}]}";
	struct fl_fio fio;
	struct fl_err err;

	assert_int_equal(fl_fio_read_output(&fio, text, strlen(text), &err), 0);
	assert_int_equal(fio.groups, 3);
	assert_int_equal(fio.min_group_ios, 40);
	assert_int_equal(fio.write.ios, 110);
}

static void deep_nesting_is_refused(void **state)
{
	char text[4096] = "{\"fio version\":";

	memset(text + strlen(text), '[', 4000);
	expect_error(text, "no JSON");
}

static void ten_megabytes(void **state)
{
	static const char tail[] = JOB(ZERO);
	size_t noise = 10 << 20, len = noise + sizeof(tail) - 1;
	char *text = malloc(len);
	struct fl_fio fio;
	struct fl_err err;

	memset(text, 'x', noise);
	for (size_t i = 80; i < noise; i += 81)
		text[i] = '\n';
	text[noise - 1] = '\n';
	memcpy(text + noise, tail, sizeof(tail) - 1);
	assert_int_equal(fl_fio_read_output(&fio, text, len, &err), 0);
	assert_string_equal(fio.version, "fio-3.33");
	/* one string of ten megabytes inside the document */
	memset(text, 'x', len);
	memcpy(text, "{\"a\":\"", 6);
	assert_int_equal(fl_fio_read_output(&fio, text, len, &err), -1);
	free(text);
}

static void versions(void **state)
{
	assert_int_equal(fl_fio_version("fio-3.33"), 3033);
	assert_int_equal(fl_fio_version("fio-3.39-dirty\n"), 3039);
	assert_int_equal(fl_fio_version("fio-3.9"), 3009);
	assert_true(fl_fio_version("fio-3.9") < FL_FIO_OLDEST);
	assert_int_equal(fl_fio_version("3.33"), 0);
	assert_int_equal(fl_fio_version(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_versions),
		cmocka_unit_test(percentiles_of_one_group),
		cmocka_unit_test(text_in_front),
		cmocka_unit_test(last_of_several_documents),
		cmocka_unit_test(groups_add_up),
		cmocka_unit_test(truncated_anywhere),
		cmocka_unit_test(reads_and_writes_as_one),
		cmocka_unit_test(wrong_types),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(the_idlest_group_is_known),
		cmocka_unit_test(ten_megabytes),
		cmocka_unit_test(versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
