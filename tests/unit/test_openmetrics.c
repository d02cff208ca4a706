// SPDX-License-Identifier: GPL-2.0-only
/* The exporter's page: nothing ever falls, hostile names stay inside their quotes, sums are exact. */
#include "check.h"

#include <arpa/inet.h>
#include <zlib.h>

#include "export/gzip.h"
#include "export/http.h"
#include "export/openmetrics.h"

static const struct fl_metrics_limits limits = {.mounts = 2, .files = 2, .keep_ns = 1000};

static struct fl_file_counts file(__u32 slot, __u32 dev, __u64 excl, __u64 shared)
{
	struct fl_file_counts f = {.slot = slot, .dev = dev, .ino = 100 + slot};

	f.cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN] = excl;
	f.cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = shared;
	return f;
}

static char *page_of(const struct fl_metrics *m, const struct fl_snapshot *last, bool openmetrics)
{
	struct fl_metrics_page page = {
		.metrics = m, .last = last, .version = "1", .counting = true};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fl_metrics_print(&page, openmetrics, out);
	fclose(out);
	return text;
}

static char *label_of(const char *value)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fl_metrics_label(value, out);
	fclose(out);
	return text;
}

static void check_label(const char *value, const char *wanted)
{
	char *got = label_of(value);

	assert_string_equal(got, wanted);
	free(got);
}

static void test_labels(void **state)
{
	char longer[600], *got;

	check_label("/mnt/a b", "/mnt/a b");
	check_label("a\"b", "a\\\"b");
	check_label("a\\b", "a\\\\\\\\b"); /* one for the name, one for the page */
	check_label("a\nb", "a\\\\nb");
	check_label("\033[2J", "\\\\x1b[2J");
	/* two names that are not UTF-8 must not become one series */
	check_label("\xff", "\\\\xff");
	check_label("\xfe", "\\\\xfe");
	check_label("\xc3\xa4", "\xc3\xa4");
	/* cut between characters, never within one */
	memset(longer, 0, sizeof(longer));
	for (int i = 0; i < 299; i++)
		memcpy(longer + 2 * i, "\xc3\xa4", 2);
	got = label_of(longer);
	assert_int_equal(strlen(got), 256 + 3);
	assert_string_equal(got + 254, "\xc3\xa4...");
	free(got);
}

static void test_sums_and_limits(void **state)
{
	char a[] = "/a", b[] = "/b", c[] = "/c";
	struct fl_mount_snapshot mounts[] = {{.dev = 1, .path = a, .present = true},
					     {.dev = 2, .path = b, .present = true},
					     {.dev = 3, .path = c, .present = true}};
	struct fl_file_counts files[] = {file(1, 1, 1, 10), file(2, 1, 0, 300), file(3, 2, 20, 0),
					 file(4, 3, 4000, 0), file(0, 0, 50000, 0)};
	struct fl_snapshot s = {
		.end_ns = 1, .mount = mounts, .nmounts = 3, .file = files, .nfiles = 5};
	struct fl_metrics m;
	__u64 all = 0, by_file = 0;

	files[4].is_other = true;
	files[4].route = FL_ROUTE_OTHER;
	assert_int_equal(fl_metrics_init(&m, &limits), 0);
	assert_int_equal(fl_metrics_add(&m, &s), 0);
	s.end_ns = 2;
	assert_int_equal(fl_metrics_add(&m, &s), 0);
	/* two mounts and "other", which holds the third and the files past the table */
	assert_int_equal(m.nmounts, 3);
	assert_int_equal(m.mount[0].writes[FL_ROUTE_OTHER][FL_LOCK_EXCLUSIVE], 100000);
	assert_int_equal(m.mount[0].writes[FL_ROUTE_PASSTHROUGH][FL_LOCK_EXCLUSIVE], 8000);
	assert_int_equal(m.mount[1].writes[FL_ROUTE_PASSTHROUGH][FL_LOCK_SHARED], 620);
	assert_int_equal(m.mount[1].totals.eligible, 622);
	assert_int_equal(m.mount[1].totals.eligible_shared, 620);
	/* the two busiest files of mounts that have a name have series */
	assert_int_equal(m.nfiles, 2);
	assert_int_equal(m.file[0].ino, 102);
	assert_int_equal(m.file[1].ino, 103);
	for (size_t i = 0; i < m.nmounts; i++)
		for (int k = 0; k < FL_LOCK_MODES; k++) {
			by_file += m.mount[i].other_files[k];
			for (int r = 0; r < FL_ROUTES; r++)
				all += m.mount[i].writes[r][k];
		}
	for (size_t i = 0; i < m.nfiles; i++)
		for (int k = 0; k < FL_LOCK_MODES; k++)
			by_file += m.file[i].writes[k];
	assert_int_equal(all, 2 * (11 + 300 + 20 + 4000 + 50000));
	assert_int_equal(by_file, all);
	fl_metrics_free(&m);
}

static void test_gzip(void **state)
{
	static const char *const yes[] = {"gzip", "deflate, gzip;q=0.5", "br,GZIP", "*",
					  "gzip;q=1"};
	static const char *const no[] = {NULL,	  "",	      "gzip;q=0", "gzip; q=0.0, br",
					 "xgzip", "identity", "gzipped"};
	char page[4096], back[4096], *packed;
	z_stream z = {};
	size_t len;

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(fl_gzip_wanted(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(fl_gzip_wanted(no[i]));
	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = "fuselens_writes_total 1234567890\n"[i % 33];
	packed = fl_gzip(page, sizeof(page), &len);
	assert_non_null(packed);
	assert_true(len < sizeof(page) / 10);
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (Bytef *)packed;
	z.avail_in = len;
	z.next_out = (Bytef *)back;
	z.avail_out = sizeof(back);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	assert_memory_equal(page, back, sizeof(page));
	free(packed);
	/* a page that is short, or that gains nothing, is sent as it is */
	assert_null(fl_gzip(page, 100, &len));
	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = rand() >> 7;
	assert_null(fl_gzip(page, sizeof(page), &len));
}

/* One reading: each file of a mount /a has this many writes. */
static void reading(struct fl_metrics *m, __u64 seconds, const __u64 *writes, size_t n)
{
	char a[] = "/a";
	struct fl_mount_snapshot mount = {.dev = 1, .path = a, .present = true};
	struct fl_file_counts files[64];
	struct fl_snapshot s = {.end_ns = seconds * 1000000000,
				.mount = &mount,
				.nmounts = 1,
				.file = files,
				.nfiles = n};

	for (size_t i = 0; i < n; i++)
		files[i] = file(i + 1, 1, writes[i], 0);
	assert_int_equal(fl_metrics_add(m, &s), 0);
}

static bool has_series(const struct fl_metrics *m, __u64 ino)
{
	for (size_t i = 0; i < m->nfiles; i++)
		if (m->file[i].ino == ino)
			return true;
	return false;
}

/* Three files that were written once came first; the busy file still gets a series. */
static void test_series_go_to_the_busiest(void **state)
{
	const struct fl_metrics_limits three = {
		.mounts = 2, .files = 3, .keep_ns = 600000000000ull};
	const __u64 first[] = {1, 1, 1}, later[] = {0, 0, 0, 50000}, alike[] = {0, 0, 0, 900, 1000};
	struct fl_metrics m;
	__u64 all;

	assert_int_equal(fl_metrics_init(&m, &three), 0);
	reading(&m, 1, first, 3);
	reading(&m, 11, later, 4);
	assert_true(has_series(&m, 104));
	assert_int_equal(m.nfiles, 3);
	/*
	 * its writes are in its series, and those of the file whose series it took are not on the
	 * page
	 */
	all = m.mount[1].other_files[0];
	for (size_t i = 0; i < m.nfiles; i++)
		all += m.file[i].writes[0];
	assert_int_equal(all, 50000 + 2);
	reading(&m, 21, alike, 5);
	assert_true(has_series(&m, 105) && has_series(&m, 104));
	fl_metrics_free(&m);
}

/* Files that are busy in turns change no more series than documented. */
static void test_churn_is_bounded(void **state)
{
	const struct fl_metrics_limits few = {.mounts = 2, .files = 4, .keep_ns = 600000000000ull};
	struct fl_metrics m;
	__u64 writes[40] = {}, was[4] = {};
	int changes = 0;

	assert_int_equal(fl_metrics_init(&m, &few), 0);
	for (__u64 t = 1; t <= 1201; t += 10) {
		for (int i = 0; i < 40; i++)
			writes[i] = (t / 60) % 10 == (__u64)i / 4 ? 100000 : 1;
		reading(&m, t, writes, 40);
		for (int i = 0; i < 4; i++) {
			changes += m.file[i].ino != was[i];
			was[i] = m.file[i].ino;
		}
	}
	/* four to begin with, four at once, and four in each 600 s */
	assert_in_range(changes, 12, 4 + 4 + 8);
	fl_metrics_free(&m);
}

/* An open file has a path, a closed one only a name: its series has the same labels. */
static void test_one_name_open_or_closed(void **state)
{
	char a[] = "/a", path[] = "/a/dir/data.0", name[] = "data.0";
	struct fl_mount_snapshot mount = {.dev = 1, .path = a, .present = true};
	struct fl_file_counts f[2] = {file(1, 1, 5, 0), file(2, 1, 5, 0)};
	struct fl_snapshot s = {
		.end_ns = 10, .mount = &mount, .nmounts = 1, .file = f, .nfiles = 2};
	struct fl_metrics m;

	f[0].path = path;
	f[1].name = name;
	assert_int_equal(fl_metrics_init(&m, &limits), 0);
	assert_int_equal(fl_metrics_add(&m, &s), 0);
	assert_string_equal(m.file[0].name, "data.0");
	assert_string_equal(m.file[1].name, "data.0");
	fl_metrics_free(&m);
}

static void test_gone_mounts_are_kept_then_forgotten(void **state)
{
	char a[] = "/a", b[] = "/b";
	struct fl_mount_snapshot mount = {.dev = 1, .path = a, .present = true};
	struct fl_file_counts f = file(1, 1, 5, 0);
	struct fl_snapshot s = {
		.end_ns = 10, .mount = &mount, .nmounts = 1, .file = &f, .nfiles = 1};
	struct fl_metrics m;

	assert_int_equal(fl_metrics_init(&m, &limits), 0);
	assert_int_equal(fl_metrics_add(&m, &s), 0);
	/* the same device at another path is another mount */
	mount.path = b;
	s.end_ns = 500;
	assert_int_equal(fl_metrics_add(&m, &s), 0);
	assert_int_equal(m.nmounts, 3);
	assert_false(m.mount[1].present);
	assert_int_equal(m.mount[1].writes[FL_ROUTE_PASSTHROUGH][FL_LOCK_EXCLUSIVE], 5);
	assert_int_equal(m.mount[2].writes[FL_ROUTE_PASSTHROUGH][FL_LOCK_EXCLUSIVE], 5);
	s.end_ns = 2000;
	assert_int_equal(fl_metrics_add(&m, &s), 0);
	assert_int_equal(m.nmounts, 2);
	assert_string_equal(m.mount[1].path, "/b");
	assert_int_equal(m.mount[1].writes[FL_ROUTE_PASSTHROUGH][FL_LOCK_EXCLUSIVE], 10);
	fl_metrics_free(&m);
}

static void test_reasons_never_fall(void **state)
{
	char a[] = "/a";
	struct fl_mount_snapshot mount = {.dev = 1, .path = a, .present = true};
	struct fl_file_counts f = file(1, 1, 5, 0);
	struct fl_snapshot s = {
		.end_ns = 1, .mount = &mount, .nmounts = 1, .file = &f, .nfiles = 1};
	struct fl_metrics m;

	assert_int_equal(fl_metrics_init(&m, &limits), 0);
	assert_int_equal(fl_metrics_add(&m, &s), 0);
	/* the open is seen later: writes that were counted before keep their reason */
	f.flag.opens_seen = f.flag.opens_asked = f.flag.effective_unset = 1;
	assert_int_equal(fl_metrics_add(&m, &s), 0);
	assert_int_equal(m.mount[1].totals.reason[FL_REASON_FLAG_NOT_SET_OR_STRIPPED], 5);
	assert_int_equal(m.mount[1].totals.reason[FL_REASON_FLAG_STRIPPED], 5);
	fl_metrics_free(&m);
}

static void test_page(void **state)
{
	char a[] = "/a\"} 1\nfake 1", *page;
	struct fl_mount_snapshot mount = {
		.dev = 1 << 20 | 2, .path = a, .present = true, .served = FL_SERVED_NO};
	struct fl_file_counts f = file(1, 1 << 20 | 2, 5, 7);
	struct fl_snapshot s = {
		.end_ns = 1, .mount = &mount, .nmounts = 1, .file = &f, .nfiles = 1};
	struct fl_slot_hists hists = {};
	struct fl_metrics m;

	f.counter[FL_COUNT_RETRIED] = 21;
	f.counter[FL_COUNT_UNCERTAIN] = 22;
	f.hists = &hists;
	f.hists->hist[FL_HIST_HOLD_EXCL].bucket[79] = 3; /* below 1024 ns: on an edge */
	f.hists->hist[FL_HIST_HOLD_EXCL].bucket[80] = 2; /* above it */
	f.hists->hist[FL_HIST_HOLD_EXCL].bucket[FL_HIST_BUCKETS - 1] = 1;
	f.hists->hist[FL_HIST_HOLD_EXCL].sum_ns = 2500000000ull;
	assert_int_equal(fl_metrics_init(&m, &limits), 0);
	assert_int_equal(fl_metrics_add(&m, &s), 0);

	page = page_of(&m, &s, true);
	assert_null(strstr(page, "\nfake"));
	assert_non_null(strstr(page, "# TYPE fuselens_writes counter\n"));
	assert_non_null(strstr(
		page,
		"fuselens_writes_total{mount=\"/a\\\"} 1\\\\nfake 1\",device=\"1:2\",route=\"passthrough\",lock=\"shared\"} 7\n"));
	assert_non_null(strstr(page, ",device=\"1:2\",outcome=\"retried\"} 21\n"));
	assert_non_null(strstr(page, ",device=\"1:2\",outcome=\"failed\"} 0\n"));
	assert_non_null(strstr(page, ",device=\"1:2\",outcome=\"uncertain\"} 22\n"));
	assert_non_null(strstr(page, "lock=\"exclusive\",le=\"2.56e-07\"} 0\n"));
	assert_non_null(strstr(page, "lock=\"exclusive\",le=\"1.024e-06\"} 3\n"));
	assert_non_null(strstr(page, "lock=\"exclusive\",le=\"4.096e-06\"} 5\n"));
	assert_non_null(strstr(page, "lock=\"exclusive\",le=\"+Inf\"} 6\n"));
	assert_non_null(strstr(
		page,
		"hold_seconds_sum{mount=\"/a\\\"} 1\\\\nfake 1\",device=\"1:2\",lock=\"exclusive\"} 2.500000000\n"));
	assert_null(strstr(page, "fuselens_upgrades")); /* this method can't tell it */
	assert_non_null(strstr(
		page, "fuselens_mount_served{mount=\"/a\\\"} 1\\\\nfake 1\",device=\"1:2\"} 0\n"));
	assert_non_null(strstr(page, "\nfuselens_counting 1\n"));
	assert_string_equal(page + strlen(page) - 6, "# EOF\n");
	free(page);

	page = page_of(&m, &s, false);
	assert_non_null(strstr(page, "# TYPE fuselens_writes_total counter\n"));
	assert_null(strstr(page, "# EOF"));
	assert_null(strstr(page, " info\n"));
	free(page);
	fl_metrics_free(&m);
}

static size_t series_of(const struct fl_metrics *m, const struct fl_snapshot *s)
{
	char *page = page_of(m, s, true), *next = page;
	size_t n = 0;

	for (char *line; (line = strsep(&next, "\n"));)
		n += *line && *line != '#';
	free(page);
	return n;
}

/* Sets everything that can have a series to 1. */
static void fill_mount(struct fl_metric_mount *m, __u32 dev)
{
	*m = (struct fl_metric_mount){
		.dev = dev, .path = strdup("/m"), .present = true, .served = FL_SERVED_YES};
	memset(m->writes, 1, sizeof(m->writes));
	memset(m->bytes, 1, sizeof(m->bytes));
	memset(&m->totals, 1, sizeof(m->totals));
	memset(m->counter, 1, sizeof(m->counter));
	memset(m->other_files, 1, sizeof(m->other_files));
	m->hists = calloc(1, sizeof(*m->hists));
}

/* docs/fleet.md says these numbers. */
static void test_series_are_bounded(void **state)
{
	struct fl_probe probe = {.live = true};
	struct fl_snapshot s = {.probe = &probe};
	struct fl_metrics m;
	size_t itself, one;

	assert_int_equal(fl_metrics_init(&m, &limits), 0);
	m.knows_takes = m.knows_nature = true;
	/* and 6 of the process itself */
	assert_int_equal(series_of(&m, &s), 13);
	s.nprobes = 1;
	itself = series_of(&m, &s);
	assert_int_equal(itself, 13 + 2);
	fill_mount(&m.mount[m.nmounts++], 1);
	one = series_of(&m, &s);
	assert_int_equal(one - itself, 130);
	fill_mount(&m.mount[m.nmounts++], 2);
	assert_int_equal(series_of(&m, &s) - one, 130);
	one = series_of(&m, &s);
	m.file[m.nfiles++] = (struct fl_metric_file){
		.mount = strdup("/m"), .name = strdup("f"), .writes = {1, 1, 1}};
	assert_int_equal(series_of(&m, &s) - one, 3);
	fl_metrics_free(&m);
}

static void test_accept(void **state)
{
	assert_false(fl_metrics_wants_openmetrics(NULL));
	assert_false(fl_metrics_wants_openmetrics("text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
	assert_true(fl_metrics_wants_openmetrics(
		"application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"));
}

static void test_listen(void **state)
{
	static const char *const bad[] = {"",
					  ":",
					  "9787",
					  ":x",
					  "host:1",
					  "1.2.3:1",
					  "1.2.3.4:",
					  "1.2.3.4:x",
					  "1.2.3.4:65536",
					  "1.2.3.4:-1",
					  "1.2.3.4: 1",
					  "[::1:1",
					  "::1:1",
					  "[]:1",
					  "[1.2.3.4]:1",
					  "[::1]1",
					  "1.2.3.4:123456789"};
	struct sockaddr_storage addr;
	struct fl_err err;
	socklen_t len;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(fl_http_parse_listen(bad[i], &addr, &len, &err), -1);
	assert_int_equal(fl_http_parse_listen("127.0.0.1:9787", &addr, &len, &err), 0);
	assert_int_equal(((struct sockaddr_in *)&addr)->sin_port, htons(9787));
	assert_int_equal(((struct sockaddr_in *)&addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(fl_http_parse_listen("localhost:9787", &addr, &len, &err), 0);
	assert_int_equal(((struct sockaddr_in *)&addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(fl_http_parse_listen(":9787", &addr, &len, &err), 0);
	assert_int_equal(((struct sockaddr_in6 *)&addr)->sin6_port, htons(9787));
	assert_memory_equal(&((struct sockaddr_in6 *)&addr)->sin6_addr, &in6addr_any, 16);
	assert_int_equal(fl_http_parse_listen("[::1]:0", &addr, &len, &err), 0);
	assert_int_equal(addr.ss_family, AF_INET6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_sums_and_limits),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_series_go_to_the_busiest),
		cmocka_unit_test(test_churn_is_bounded),
		cmocka_unit_test(test_one_name_open_or_closed),
		cmocka_unit_test(test_gone_mounts_are_kept_then_forgotten),
		cmocka_unit_test(test_reasons_never_fall),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_series_are_bounded),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
