// SPDX-License-Identifier: GPL-2.0-only
/* Reports as text, Markdown and HTML: their sentences, and that no name can break them. */
#include "bench_made_up.h"
#include "rendered.h"
#include "report/gnuplot.h"
#include "report/sections.h"

static char *report_of(struct fl_bench *b, void (*how)(const struct fl_doc *, FILE *))
{
	struct fl_analysis a;
	struct fl_doc doc = {};
	char *text;

	assert_int_equal(fl_analyse(&a, b), 0);
	fl_report_one(&doc, &a, NULL, NULL);
	assert_false(doc.failed);
	text = render(&doc, how);
	fl_doc_free(&doc);
	fl_analysis_free(&a);
	return text;
}

static void text_of_one(void **state)
{
	struct fl_bench b;
	char *text;

	made_up_rows(&b, 0);
	text = report_of(&b, fl_doc_text);
	assert_says(text, "EXCLUSIVE: all 36,920 writes");
	assert_says(text, "In each of the 8 counted rows");
	assert_says(text, "difference 0");
	assert_says(text, "hold at 8 jobs: 1 / 2.0 ms x 1 file = 500");
	assert_says(text, "Projection, not a measurement");
	assert_says(text, "     8    500    ");
	assert_says(text, "Rows: all 16 ran");
	assert_width(text, 80);
	free(text);
	fl_bench_free(&b);
}

static void unknown_is_a_dash(void **state)
{
	struct fl_bench b;
	char *text;

	made_up_bench(&b);
	made_up_row(&b, FL_SYSTEM_MOUNT, true, 1, 1, 400, 0, 0);
	text = report_of(&b, fl_doc_text);
	/* columns that cannot be filled are left out */
	assert_says(text, "  jobs  writes  exclusive  shared  diff.\n"
			  "     1   4,000      1.000   0.000      0\n");
	assert_says(text, "cannot tell upgrades, fi->lock, wait and hold");
	assert_null(strstr(text, "takes per write"));
	assert_says(text, "1 of 16 ran; the bench was interrupted");
	assert_says(text, "the mean hold is at most 2.5 ms");
	free(text);
	fl_bench_free(&b);
}

static void writers_at_once(void **state)
{
	struct fl_bench b;
	struct fl_file_counts *f;
	char *text;

	made_up_bench(&b);
	f = made_up_row(&b, FL_SYSTEM_MOUNT, true, 4, 1, 400, 0.5, 0)->snapshot.file;
	f->holders = calloc(1, sizeof(*f->holders));
	f->holders->looks[0] = 5;
	f->holders->looks[3] = 15;
	f->counter[FL_COUNT_QUEUED_BEHIND] = 200;
	f = made_up_row(&b, FL_SYSTEM_MOUNT, true, 4, 2, 400, 0.5, 0)->snapshot.file;
	f->holders = calloc(1, sizeof(*f->holders));
	f->holders->looks[1] = 20;
	text = report_of(&b, fl_doc_text);
	assert_says(text, "Writers at once at 4 jobs: 2.6 held the lock together on average, 4 at");
	assert_says(text, "somebody was queued behind 5.0 % of the");
	free(text);
	fl_bench_free(&b);
}

/* What fi->lock costs, from its takes and mean waits. */
static void fi_lock_in_ns_and_cores(void **state)
{
	static const struct {
		__u64 takes[2], mean_ns[2], resolution_ns[2];
		const char *says;
	} cases[] = {
		/* 4,000,000 writes in 10 s: 500 ns a write at 400,000 a second are 0.2 cores */
		{{4000000, 0}, {500, 0}, {40, 0}, "400,000 takes a second, 500 ns of waiting per"},
		{{4000000, 0}, {500, 0}, {40, 0}, "write, 0.200 cores."},
		/* two takes per write that wait, and one whose wait cannot be told from none */
		{{8000000, 4000000}, {500, 10}, {40, 40}, "1,200,000 takes a second, < 1.0 us of"},
		{{8000000, 4000000}, {500, 10}, {40, 40}, "waiting per write, < 0.416 cores."},
		{{4000000, 0}, {3, 0}, {40, 0}, "< 40 ns of waiting per write, < 0.016"},
		/*
		 * a rare untimed site counts like the others; one that is not rare cannot be
		 * ignored
		 */
		{{3999000, 1000}, {500, 0}, {40, 0}, "500 ns of waiting per write, 0.200"},
		{{3000000, 1000000}, {500, 0}, {40, 0}, "their waits were not timed"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fl_bench b;
		struct fl_bench_row *row;
		char *text, *at;

		made_up_bench(&b);
		row = made_up_row(&b, FL_SYSTEM_MOUNT, true, 1, 1, 400000, 1, 0);
		for (int k = 0; k < 2 && cases[i].takes[k]; k++)
			made_up_site(row, cases[i].takes[k], cases[i].mean_ns[k],
				     cases[i].resolution_ns[k]);
		text = report_of(&b, fl_doc_text);
		/* line breaks do not matter */
		while ((at = strstr(text, "\n  ")))
			memmove(at, at + 2, strlen(at + 2) + 1), *at = ' ';
		assert_says(text, cases[i].says);
		free(text);
		fl_bench_free(&b);
	}
}

static void markdown_of_one(void **state)
{
	struct fl_bench b;
	char *text;

	made_up_rows(&b, 1);
	free(b.profile);
	b.profile = strdup("a|b*c_d`e[f]<g>&");
	text = report_of(&b, fl_doc_markdown);
	assert_says(text, "# a\\|b\\*c_d\\`e\\[f\\]&lt;g>&amp; on /mnt\n");
	assert_says(text, "**SHARED**: ");
	assert_says(text, "| ---: | ---------: | ----: |");
	assert_says(text, "|    8 |      3,282 | 0.0 % |");
	/* names within words are left alone, so that a mail can be read */
	assert_null(strstr(text, "PARALLEL\\_"));
	assert_width(text, 80);
	free(text);
	fl_bench_free(&b);
}

static const char hostile[] = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\033[31m\n"
			      "</style></title><svg onload=alert(3)>\xff\xe2\x80\xae";

static void hostile_everywhere(struct fl_bench *b)
{
	char **all[] = {&b->profile,
			&b->env.kernel,
			&b->env.cpu,
			&b->env.variant,
			&b->env.daemon,
			&b->env.fio,
			&b->env.place[0].path,
			&b->env.place[0].fstype,
			&b->env.place[0].source,
			&b->env.place[0].options,
			&b->env.place[1].options};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		free(*all[i]);
		*all[i] = strdup(hostile);
	}
	fl_bench_set(b, "SIZE", hostile);
	for (size_t i = 0; i < b->nrows; i++) {
		strcpy(b->row[i].snapshot.kernel, "<b>");
		snprintf(b->row[i].snapshot.method_why, sizeof(b->row[i].snapshot.method_why), "%s",
			 hostile);
	}
}

static void names_stay_inert(void **state)
{
	struct fl_bench b;
	char *text;

	made_up_rows(&b, 0);
	hostile_everywhere(&b);
	text = report_of(&b, fl_doc_html);
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "<img"));
	assert_null(strstr(text, "<svg"));
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\xff'));
	/* exactly one of each that we wrote ourselves */
	assert_null(strstr(strstr(text, "</style>") + 1, "</style>"));
	assert_null(strstr(strstr(text, "</title>") + 1, "</title>"));
	assert_says(text, "&lt;script&gt;alert(1)");
	assert_says(text, "default-src 'none'");
	free(text);
	text = report_of(&b, fl_doc_text);
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\xff'));
	assert_says(text, "\\x1b[31m");
	free(text);
	text = report_of(&b, fl_doc_markdown);
	assert_null(strchr(text, '\033'));
	assert_null(strstr(text, "<script"));
	free(text);
	fl_bench_free(&b);
}

static void rows_as_csv(void **state)
{
	struct fl_bench b;
	struct fl_analysis a;
	struct fl_results r = {.a = {&a}, .name = {"x \"y\""}, .n = 1};
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	made_up_bench(&b);
	made_up_row(&b, FL_SYSTEM_MOUNT, true, 4, 1, 400, 0.25, 2000000);
	made_up_row(&b, FL_SYSTEM_RAW, false, 4, 1, 500, 0, 0)->fio.read.iops = 7;
	assert_int_equal(fl_analyse(&a, &b), 0);
	fl_report_csv(&r, f);
	fclose(f);
	assert_says(text, "result,id,system,probes,repeat,jobs,sweep_variable,sweep_value,status,");
	assert_says(text, "\"x \"\"y\"\"\",\"mount-j4-r1\",mount,1,1,4,,,ok,400,1638400,4000,,"
			  "10000000,1000,2000,3000,4000,4000,0,3000,1000,");
	/* what was not counted is empty, not 0 */
	assert_says(text, "\"raw-j4-r1\",raw,0,1,4,,,ok,500,2048000,5000,,8000000,1000,2000,3000,"
			  "4000,,,,,,,,,,7\n");
	assert_says(text, ",hold_mean_ns,read_iops\n");
	free(text);
	fl_analysis_free(&a);
	fl_bench_free(&b);
}

/* Where the values of a sweep stand in for numbers of jobs. */
static void a_sweep(void **state)
{
	struct fl_bench b;
	char *text;

	made_up_bench(&b);
	b.njob_counts = 1;
	b.job_count[0] = 4;
	b.sweep = strdup("BS");
	b.nsweep_values = 2;
	strcpy(b.sweep_value[0], "4k");
	strcpy(b.sweep_value[1], "64k");
	for (int i = 0; i < 2; i++)
		for (unsigned int r = 1; r <= 2; r++)
			strcpy(made_up_row(&b, FL_SYSTEM_MOUNT, true, 4, r, i ? 100 : 400, 0, 0)
				       ->sweep,
			       i ? "64k" : "4k");
	text = report_of(&b, fl_doc_text);
	assert_says(text, "\n   bs  mount IOPS     sd");
	assert_says(text, "\n   4k         400");
	assert_says(text, "\n  64k         100");
	/* made_up_row() has blocks of 4096 bytes */
	assert_says(text, "\nBandwidth of writes\n");
	assert_says(text, "\n  mount    4k             2\n");
	/* the report says nothing about scaling with jobs */
	assert_null(strstr(text, "Scaling"));
	assert_says(text, "Rows: 4 of 8 ran");
	assert_width(text, 80);
	free(text);
	fl_bench_free(&b);
}

/* Without a row of the mount there are no tables of it; one row is one. */
static void few_rows(void **state)
{
	struct fl_bench b;
	char *text;

	made_up_bench(&b);
	made_up_row(&b, FL_SYSTEM_RAW, false, 1, 1, 450, 0, 0);
	text = report_of(&b, fl_doc_text);
	assert_says(text, "NO VERDICT: no row was counted");
	assert_says(text, "\n  jobs  raw p50     p99   p99.9\n");
	assert_null(strstr(text, "How writes held the lock"));
	assert_says(text, "Means of at most 2 runs of 10 s");
	free(text);
	made_up_row(&b, FL_SYSTEM_MOUNT, true, 1, 1, 400, 0, 0);
	text = report_of(&b, fl_doc_text);
	assert_says(text, "In the one counted row");
	assert_says(text, "How writes held the lock");
	free(text);
	fl_bench_free(&b);
}

/* Reads beside the writes are told; where there are none, so are none. */
static void reads_beside_writes(void **state)
{
	struct fl_bench b;
	char *text;

	made_up_rows(&b, 0);
	text = report_of(&b, fl_doc_text);
	assert_null(strstr(text, "reads/s"));
	free(text);
	for (size_t i = 0; i < b.nrows; i++)
		b.row[i].fio.read.iops = 1000 * b.row[i].jobs;
	text = report_of(&b, fl_doc_text);
	assert_says(text, "\nReads beside the writes\n");
	assert_says(text, "\n  mount      8    8,000\n");
	assert_null(strstr(text, "MB/s written"));
	free(text);
	fl_bench_free(&b);
}

static void beside_a_published_table(void **state)
{
	struct fl_bench b;
	struct fl_analysis a;
	struct fl_reference ref;
	struct fl_err err;
	struct fl_doc doc = {};
	char *text;

	made_up_rows(&b, 0);
	assert_int_equal(fl_reference_parse(&ref,
					    "series,system,numjobs,iops,approximate\n"
					    "s,flat,1,800,no\ns,flat,8,1000,no\n"
					    "s,half,1,800,no\ns,half,8,1500,no\n"
					    "s,rising,1,800,no\ns,rising,8,4000,yes\n",
					    &err),
			 0);
	assert_int_equal(fl_analyse(&a, &b), 0);
	fl_report_reference(&doc,
			    &(struct fl_results){.a = {&a}, .name = {"x"}, .n = 1, .ref = &ref});
	text = render(&doc, fl_doc_text);
	/* 2 ms of a cycle of 1 / 401.5 s: 80 %, so 800 at one job mean 996 at most */
	assert_says(text, "s, flat: if its workload holds the lock for 80 %");
	assert_says(text, "a plateau of 996");
	assert_says(text, "(+0 %)");
	assert_says(text, "this curve does not");
	/* a plateau higher than predicted: another share, not another lock */
	assert_says(text, "less of a cycle, 53");
	assert_says(text, "s, rising ~");
	free(text);
	fl_doc_free(&doc);
	fl_reference_free(&ref);
	fl_analysis_free(&a);
	fl_bench_free(&b);
}

static void figures_are_adapted(void **state)
{
	static const char svg[] =
		"<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 460 290\"\n xmlns=\"x\">\n"
		"<title>Gnuplot</title>\n<desc>Produced by GNUPLOT</desc>\n"
		"<defs><path id='gpPt0' d='M0'/><filter id='textbox'>x</filter></defs><g color=\"black\" stroke='rgb(  1,   2,   6)'><title>tip</title><use xlink:href='#gpPt0' color='white'/><text fill=\"rgb(1,2,4)\" font-family=\"sans-serif\">a rgb b</text></g></svg>\n";
	char *out = fl_plot_adapt(svg, 3, "T <&>", "D"), name[16];

	assert_non_null(out);
	assert_says(out,
		    "viewBox=\"0 0 460 290\" role=\"img\" aria-labelledby=\"f3-title f3-desc\"");
	assert_says(out, "<title id=\"f3-title\">T &lt;&amp;&gt;</title>");
	assert_says(out, "id='f3-Pt0'");
	assert_says(out, "'#f3-Pt0'");
	assert_says(out, "stroke='var(--mount)'");
	assert_says(out, "fill=\"var(--muted)\"");
	assert_says(out, "a rgb b");
	assert_null(strstr(out, "filter"));
	assert_null(strstr(out, "tip"));
	assert_null(strstr(out, "white"));
	assert_null(strstr(out, "sans-serif"));
	free(out);
	assert_null(fl_plot_adapt("<svg></svg>", 1, "", ""));
	assert_null(fl_plot_adapt("", 1, "", ""));
	assert_string_equal(fl_plot_name("v1 'x\"\n<%>$`\\", name, sizeof(name)), "v1 _x________");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_one),
		cmocka_unit_test(unknown_is_a_dash),
		cmocka_unit_test(writers_at_once),
		cmocka_unit_test(fi_lock_in_ns_and_cores),
		cmocka_unit_test(markdown_of_one),
		cmocka_unit_test(names_stay_inert),
		cmocka_unit_test(rows_as_csv),
		cmocka_unit_test(a_sweep),
		cmocka_unit_test(few_rows),
		cmocka_unit_test(reads_beside_writes),
		cmocka_unit_test(beside_a_published_table),
		cmocka_unit_test(figures_are_adapted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
