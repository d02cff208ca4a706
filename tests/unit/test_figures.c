// SPDX-License-Identifier: GPL-2.0-only
/* A report's pictures, as the real gnuplot draws them. */
#include <unistd.h>

#include "bench_made_up.h"
#include "report/gnuplot.h"
#include "report/sections.h"
#include "util/program.h"

/* Five points of a run, the same in each. */
static void add_series(struct fl_bench_row *row, double iops)
{
	row->series.n = 5;
	row->series.point = calloc(row->series.n, sizeof(*row->series.point));
	assert_non_null(row->series.point);
	for (size_t i = 0; i < row->series.n; i++)
		row->series.point[i] = (struct fl_point){.t_ns = (i + 1) * 100000000ull,
							 .fio_iops = iops,
							 .writes = iops,
							 .exclusive = iops,
							 .fi_lock = 100 * iops};
}

static void fill(struct fl_bench *b, double iops)
{
	made_up_bench(b);
	for (unsigned int r = 1; r <= 2; r++) {
		for (unsigned int jobs = 1; jobs <= 8; jobs *= 2) {
			struct fl_bench_row *row;

			made_up_row(b, FL_SYSTEM_RAW, false, jobs, r, iops * jobs, 0, 0);
			row = made_up_row(b, FL_SYSTEM_MOUNT, true, jobs, r, iops + r, 0, 2000000);
			row->fio.write.lat_mean_ns = jobs * 1e9 / iops;
			row->fio.write.has_lat = true;
			add_series(row, iops);
		}
	}
}

static const struct fl_block *figure(const struct fl_doc *doc, const char *title)
{
	for (size_t i = 0; i < doc->nblocks; i++)
		if (doc->block[i].kind == FL_BLOCK_FIGURE && !strcmp(doc->block[i].text, title))
			return &doc->block[i];
	fail_msg("there is no figure '%s'", title);
	return NULL;
}

static bool no_gnuplot(void)
{
	struct fl_err err = {};
	char path[4096];

	return fl_program_find("gnuplot", NULL, path, sizeof(path), &err) || access(path, X_OK);
}

/* Draws n results beside an earlier one. */
static void draw(struct fl_doc *doc, struct fl_analysis *a, size_t n, struct fl_reference *ref)
{
	struct fl_results r = {
		.name = {"one", "two", "3", "4", "5", "6", "7", "8"}, .n = n, .ref = ref};

	for (size_t k = 0; k < n; k++)
		r.a[k] = &a[k];
	if (n == 1)
		fl_draw_one(doc, &r);
	else
		fl_draw_several(doc, &r);
	assert_false(doc->failed);
	assert_null(fl_plot_none());
}

/* Each picture shows an earlier result, and says what stands for it. */
static void an_earlier_result_is_in_every_picture(void **state)
{
	struct fl_bench b[3];
	struct fl_analysis a[3];
	struct fl_reference ref;

	if (no_gnuplot())
		skip();
	for (int i = 0; i < 3; i++) {
		fill(&b[i], 400 + 100 * i);
		assert_int_equal(fl_analyse(&a[i], &b[i]), 0);
	}
	assert_int_equal(fl_reference_of(&ref, "earlier", &a[2]), 0);
	for (size_t n = 1; n <= 2; n++) {
		struct fl_doc doc = {};
		size_t figures = 0;

		draw(&doc, a, n, &ref);
		for (size_t i = 0; i < doc.nblocks; i++) {
			const struct fl_block *f = &doc.block[i];

			if (f->kind != FL_BLOCK_FIGURE)
				continue;
			figures++;
			if (!strstr(f->word, "R is the reference, earlier") ||
			    (!strstr(f->svg, ">R<") && !strstr(f->svg, ">R p99<")))
				fail_msg("%zu: '%s' does not show the reference: %s", n, f->text,
					 f->word);
		}
		/* throughput, latency, time, speed-up, lock, series; and of one: waits and holds */
		assert_int_equal(figures, n == 1 ? 8 : 6);
		fl_doc_free(&doc);
	}
	fl_reference_free(&ref);
	for (int i = 0; i < 3; i++) {
		fl_analysis_free(&a[i]);
		fl_bench_free(&b[i]);
	}
}

/* A reference that would flatten the curves is left out, and the caption says so. */
static void a_reference_out_of_scale_is_said(void **state)
{
	struct fl_bench b[2];
	struct fl_analysis a[2];
	struct fl_reference ref;
	struct fl_doc doc = {};
	const struct fl_block *f;

	if (no_gnuplot())
		skip();
	for (int i = 0; i < 2; i++) {
		fill(&b[i], i ? 400000 : 400);
		assert_int_equal(fl_analyse(&a[i], &b[i]), 0);
	}
	assert_int_equal(fl_reference_of(&ref, "earlier", &a[1]), 0);
	draw(&doc, a, 1, &ref);
	f = figure(&doc, "Writes per second");
	assert_null(strstr(f->svg, ">R<"));
	assert_non_null(strstr(f->word, "The reference, with at most 3.20 M writes/s"));
	f = figure(&doc, "Speed-up over one job");
	assert_non_null(strstr(f->svg, ">R<"));
	fl_doc_free(&doc);
	fl_reference_free(&ref);
	for (int i = 0; i < 2; i++) {
		fl_analysis_free(&a[i]);
		fl_bench_free(&b[i]);
	}
}

/* A table's long name is cut where the picture would cut it. */
static void a_long_name_is_cut(void **state)
{
	struct fl_bench b;
	struct fl_analysis a;
	struct fl_reference ref;
	struct fl_err err;
	struct fl_doc doc = {};
	const struct fl_block *f;
	char table[400];

	if (no_gnuplot())
		skip();
	fill(&b, 400);
	assert_int_equal(fl_analyse(&a, &b), 0);
	snprintf(table, sizeof(table),
		 "series,system,numjobs,iops,approximate\n%0100d,x,1,300,no\n%0100d,x,8,500,no\n",
		 7, 7);
	assert_int_equal(fl_reference_parse(&ref, table, &err), 0);
	draw(&doc, &a, 1, &ref);
	f = figure(&doc, "Speed-up over one job");
	assert_non_null(strstr(f->svg, "0...<"));
	assert_null(strstr(f->svg, "00000000000000000000000000000000000000000000000000"));
	fl_doc_free(&doc);
	fl_reference_free(&ref);
	fl_analysis_free(&a);
	fl_bench_free(&b);
}

/* The axis of a picture goes by the curves that are in it: fi->lock is not in the one of two results. */
static void the_axis_fits_what_is_drawn(void **state)
{
	struct fl_bench b[2];
	struct fl_analysis a[2];
	struct fl_doc doc = {};
	const struct fl_block *f;

	if (no_gnuplot())
		skip();
	for (int i = 0; i < 2; i++) {
		fill(&b[i], 400);
		assert_int_equal(fl_analyse(&a[i], &b[i]), 0);
	}
	draw(&doc, a, 2, NULL);
	f = figure(&doc, "Writes per second over time");
	assert_non_null(strstr(f->svg, ">400<"));
	assert_null(strstr(f->svg, ">40k<"));
	fl_doc_free(&doc);
	for (int i = 0; i < 2; i++) {
		fl_analysis_free(&a[i]);
		fl_bench_free(&b[i]);
	}
}

/* The picture that compares latencies shows p50, p99 and p99.9, and its key says which is which. */
static void latency_of_several_has_its_tail(void **state)
{
	struct fl_bench b[FL_MAX_RESULTS];
	struct fl_analysis a[FL_MAX_RESULTS];
	size_t curves[2] = {};

	if (no_gnuplot())
		skip();
	for (int i = 0; i < FL_MAX_RESULTS; i++) {
		fill(&b[i], 400 + 100 * i);
		assert_int_equal(fl_analyse(&a[i], &b[i]), 0);
	}
	for (int i = 0; i < 2; i++) {
		size_t n = i ? FL_MAX_RESULTS : 2;
		struct fl_doc doc = {};
		const struct fl_block *f;

		draw(&doc, a, n, NULL);
		f = figure(&doc, "Latency of writes");
		assert_non_null(strstr(f->word, "dotted: p99.9, solid: p99, dashed: p50"));
		assert_non_null(strstr(f->svg, ">p99.9<"));
		assert_non_null(strstr(f->svg, ">p99<"));
		assert_non_null(strstr(f->svg, ">p50<"));
		assert_non_null(strstr(f->svg, i ? ">H<" : ">B<"));
		for (const char *s = f->svg; (s = strstr(s, "stroke-dasharray")); s++)
			curves[i]++;
		fl_doc_free(&doc);
	}
	/* of each result that is added p50 is dashed and p99.9 dotted */
	assert_int_equal(curves[1] - curves[0], 2 * (FL_MAX_RESULTS - 2));
	for (int i = 0; i < FL_MAX_RESULTS; i++) {
		fl_analysis_free(&a[i]);
		fl_bench_free(&b[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_earlier_result_is_in_every_picture),
		cmocka_unit_test(a_reference_out_of_scale_is_said),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(the_axis_fits_what_is_drawn),
		cmocka_unit_test(latency_of_several_has_its_tail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
