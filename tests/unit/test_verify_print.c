// SPDX-License-Identifier: GPL-2.0-only
/*
 * What verify prints for made-up reports, and what it reads from fio's output and from kernel
 * stacks.
 */
#include <json-c/json.h>

#include "check.h"
#include "cmd.h"
#include "verify/print.h"
#include "verify/cases/fio.h"
#include "verify/hang.h"

static const struct fl_verify_case overwrite = {.name = "overwrite", .what = "w", .why = "y"};
static const struct fl_verify_case race = {.name = "extend_race", .what = "w", .why = "y"};

static void fill(struct fl_case_report *r, const struct fl_verify_case *def, enum fl_outcome result)
{
	memset(r, 0, sizeof(*r));
	r->def = def;
	r->result = result;
	r->ran = true;
	r->totals.writes = 12345;
	r->totals.shared = 12000;
	r->totals.exclusive = 345;
	r->totals.reason[FL_REASON_PAST_EOF] = 300;
	r->totals.reason[FL_REASON_APPEND] = 45;
	r->page.nlegs = 1;
	strcpy(r->page.leg[0].name, "f");
	r->facts[0].known = true;
	r->facts[0].parallel = true;
	r->took_ns = 1500000000;
}

static void exit_code_is_the_worst_result(void **state)
{
	struct fl_case_report r[3];

	for (int i = 0; i < 3; i++)
		fill(&r[i], &overwrite, FL_OUTCOME_PASS);
	assert_int_equal(fl_verify_exit_code(r, 3), FL_EXIT_OK);
	r[1].result = FL_OUTCOME_INCONCLUSIVE;
	assert_int_equal(fl_verify_exit_code(r, 3), FL_EXIT_INCONCLUSIVE);
	r[2].result = FL_OUTCOME_FAIL;
	assert_int_equal(fl_verify_exit_code(r, 3), FL_EXIT_NEGATIVE);
	assert_int_equal(fl_verify_exit_code(r, 0), FL_EXIT_INCONCLUSIVE);
}

static char *rendered(const struct fl_case_report *r, size_t n, bool json)
{
	struct fl_verify_opts opts = {};
	struct fl_verify_world w = {.opts = &opts, .kernel = "6.12.0"};
	struct fl_verify_report v = {
		.cases = r,
		.ncases = n,
		.target = "/mnt\nx",
		.fstype = "fuse.t",
		.world = &w,
	};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (json)
		fl_verify_json(&v, f);
	else
		fl_verify_text(&v, f, false);
	fclose(f);
	return text;
}

static void text_has_the_numbers_and_the_reasons(void **state)
{
	struct fl_case_report r[2];
	char *text, *at;

	fill(&r[0], &overwrite, FL_OUTCOME_PASS);
	fill(&r[1], &race, FL_OUTCOME_FAIL);
	strcpy(r[1].why, "1 'past_eof' writes ran under the shared lock");
	r[1].upgrades_known = true;
	r[1].upgrades = 7;
	r[1].page.has_size = true;
	r[1].page.size = 1 << 20;
	r[1].page.want_size = 2 << 20;
	r[1].page.data = FL_OUTCOME_FAIL;
	text = rendered(r, 2, false);
	assert_non_null(strstr(text, "1 passed, 1 failed, 0 inconclusive"));
	assert_non_null(strstr(text, "/mnt\\nx")); /* names of the system are made harmless */
	assert_non_null(strstr(text, "12,345"));
	assert_non_null(strstr(text, "past-eof,append"));
	assert_non_null(strstr(text, "1.0 MiB, not 2.0 MiB"));
	assert_non_null(strstr(text, "BAD"));
	assert_non_null(strstr(text, "extend_race: 1 'past_eof' writes ran"));
	assert_non_null(strstr(text, "FOPEN_PARALLEL_DIRECT_WRITES in force"));
	free(text);
	/*
	 * long remarks are broken between words, and a remark that several files share is printed
	 * once
	 */
	memset(r[1].why, 'x', 79);
	strcpy(r[1].why + 79, " and then");
	r[1].page.nlegs = 2;
	strcpy(r[1].leg[0].note, "a remark");
	strcpy(r[1].leg[1].note, "a remark");
	text = rendered(r, 2, false);
	assert_non_null(strstr(text, "  extend_race:\n      xxxx"));
	assert_non_null(strstr(text, "xxxx\n      and then\n"));
	at = strstr(text, "  extend_race: a remark\n");
	assert_non_null(at);
	assert_null(strstr(at + 1, "a remark\n  extend_race"));
	assert_null(strstr(strstr(at, "a remark") + 1, "a remark"));
	free(text);
}

static struct json_object *at(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	assert_true(json_object_object_get_ex(o, key, &v));
	return v;
}

static void json_says_null_for_what_is_not_known(void **state)
{
	struct fl_case_report r[2];
	struct json_object *o, *c;
	char *text;

	fill(&r[0], &overwrite, FL_OUTCOME_PASS);
	fill(&r[1], &race, FL_OUTCOME_INCONCLUSIVE);
	r[1].upgrades_known = true;
	r[1].ran = false;
	text = rendered(r, 2, true);
	o = json_tokener_parse(text);
	assert_non_null(o);
	assert_string_equal(json_object_get_string(at(o, "schema")), "fuselens.verify/1");
	assert_int_equal(json_object_get_int(at(o, "exit_code")), FL_EXIT_INCONCLUSIVE);
	c = json_object_array_get_idx(at(o, "cases"), 0);
	assert_null(at(c, "upgrades"));
	assert_null(at(c, "size_bytes"));
	assert_string_equal(json_object_get_string(at(c, "data")), "pass");
	assert_int_equal(json_object_get_int(at(c, "shared")), 12000);
	assert_int_equal(json_object_get_int(at(at(c, "reasons"), "past-eof")), 300);
	c = json_object_array_get_idx(at(o, "cases"), 1);
	assert_int_equal(json_object_get_int(at(c, "upgrades")), 0);
	assert_null(at(c, "data"));
	json_object_put(o);
	free(text);
}

static void a_case_that_did_not_run_renders(void **state)
{
	struct fl_case_report r = {.def = &overwrite, .result = FL_OUTCOME_INCONCLUSIVE};
	char *text = rendered(&r, 1, false);

	assert_non_null(strstr(text, "0 passed, 0 failed, 1 inconclusive"));
	assert_non_null(strstr(text, "route not known"));
	free(text);
}

static void kernel_stacks(void **state)
{
	char buf[256], tiny[24];

	fl_hang_frames("[<0>] request_wait_answer+0x13f/0x220\n"
		       "[<0>] __fuse_simple_request+0xcb/0x280\n",
		       buf, sizeof(buf));
	assert_string_equal(buf, "request_wait_answer < __fuse_simple_request");
	fl_hang_frames("", buf, sizeof(buf));
	assert_string_equal(buf, "");
	fl_hang_frames("no frame here\n\n", buf, sizeof(buf));
	assert_string_equal(buf, "");
	fl_hang_frames("[<0>] request_wait_answer+0x13f/0x220\n[<0>] x+0/1\n", tiny, sizeof(tiny));
	assert_true(strlen(tiny) < sizeof(tiny));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_code_is_the_worst_result),
		cmocka_unit_test(text_has_the_numbers_and_the_reasons),
		cmocka_unit_test(json_says_null_for_what_is_not_known),
		cmocka_unit_test(a_case_that_did_not_run_renders),
		cmocka_unit_test(kernel_stacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
