// SPDX-License-Identifier: GPL-2.0-only
/* The arithmetic of scaling, on cases with known answers and on the published table. */
#include <math.h>
#include "check.h"
#include "report/model.h"
#include "report/reference.h"

#define assert_near(got, wanted, rel) assert_true(fabs((got) / (wanted)-1) <= (rel))

static void spreads(void **state)
{
	const double v[] = {2, 4, 4, 4, 5, 5, 7, 9};
	struct fl_spread s = fl_spread_of(v, 8);

	assert_near(s.mean, 5, 1e-12);
	assert_near(s.sd, 2.13809, 1e-5);
	assert_true(s.min == 2 && s.max == 9);
	assert_true(isnan(fl_spread_of(v, 1).sd));
	assert_true(isnan(fl_spread_of(v, 0).mean));
}

static void differences(void **state)
{
	const double a[] = {100, 102, 98}, b[] = {101, 99, 103}, c[] = {150, 151, 149};
	struct fl_spread x = fl_spread_of(a, 3), y = fl_spread_of(b, 3), z = fl_spread_of(c, 3);
	struct fl_spread one = fl_spread_of(a, 1);
	struct fl_difference d = fl_difference_of(&x, &y);

	assert_int_equal(d.differs, FL_DIFFERS_NOISE);
	assert_near(d.relative, 0.01, 1e-9);
	/* Welch: se = sqrt(4/3 + 4/3), four degrees of freedom, t = 2.776 */
	assert_near(d.half_width, 2.776 * sqrt(8.0 / 3) / 100, 1e-3);
	assert_int_equal(fl_difference_of(&x, &z).differs, FL_DIFFERS_YES);
	assert_int_equal(fl_difference_of(&one, &z).differs, FL_DIFFERS_UNTOLD);
	assert_true(isnan(fl_difference_of(&one, &z).half_width));
}

static void make(struct fl_scale *p, size_t n, double lambda, double sigma, double kappa)
{
	for (size_t i = 0; i < n; i++) {
		double jobs = 1 << i;

		p[i].jobs = jobs;
		p[i].iops = lambda * jobs / (1 + sigma * (jobs - 1) + kappa * jobs * (jobs - 1));
	}
}

static void fit_finds_what_was_put_in(void **state)
{
	static const double cases[][3] = {
		{1000, 0, 0}, {1000, 1, 0},	 {470000, 0.05, 0.001},
		{88, 0.3, 0}, {1e6, 0.02, 0.02}, {5, 0.7, 0.1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fl_scale p[6];
		struct fl_usl u;

		make(p, 6, cases[i][0], cases[i][1], cases[i][2]);
		fl_usl_fit(p, 6, &u);
		assert_true(u.fits && u.has_kappa);
		assert_near(u.lambda, cases[i][0], 1e-3);
		assert_true(fabs(u.sigma - cases[i][1]) < 1e-3);
		assert_true(fabs(u.kappa - cases[i][2]) < 1e-3);
		assert_true(u.residual < 1e-4);
		assert_true(u.sigma_high - u.sigma_low < 2e-3);
	}
}

static void ceilings(void **state)
{
	struct fl_scale p[5];
	struct fl_usl u;

	make(p, 5, 1000, 0.25, 0);
	fl_usl_fit(p, 5, &u);
	assert_near(u.ceiling, 4000, 0.01);
	make(p, 5, 1000, 0.1, 0.01);
	fl_usl_fit(p, 5, &u);
	assert_near(u.ceiling_jobs, sqrt(0.9 / 0.01), 0.01);
	assert_near(u.ceiling, fl_usl_at(&u, u.ceiling_jobs), 1e-9);
	assert_true(u.ceiling > fl_usl_at(&u, 4) && u.ceiling > fl_usl_at(&u, 40));
}

static void no_fit_where_the_data_carry_none(void **state)
{
	struct fl_scale two[] = {{1, 10}, {2, 20}, {2, 21}, {1, 11}};
	struct fl_scale zero[] = {{1, 10}, {2, 0}, {4, 30}};
	struct fl_scale wild[] = {{1, 100}, {2, 20}, {4, 500}, {8, 30}};
	struct fl_scale three[] = {{1, 100}, {2, 160}, {4, 229}};
	struct fl_usl u;

	fl_usl_fit(two, 4, &u);
	assert_false(u.fits);
	assert_non_null(strstr(u.why_not, "2 job counts"));
	fl_usl_fit(two, 0, &u);
	assert_false(u.fits);
	fl_usl_fit(zero, 3, &u);
	assert_false(u.fits);
	assert_non_null(strstr(u.why_not, "throughput"));
	fl_usl_fit(wild, 4, &u);
	assert_false(u.fits);
	assert_non_null(strstr(u.why_not, "misses"));
	fl_usl_fit(three, 3, &u);
	assert_true(u.fits && !u.has_kappa);
	assert_near(u.sigma, 0.25, 0.02);
}

static void bounds_and_queues(void **state)
{
	/* 1 ms held out of a cycle of 4 ms */
	assert_near(fl_bound_at(250, 0.001, 2), 500, 1e-12);
	assert_near(fl_bound_at(250, 0.001, 8), 1000, 1e-12);
	assert_near(fl_bound_at(250, 0, 8), 2000, 1e-12);
	assert_near(fl_queue_at(250, 0.001, 1), 250, 1e-12);
	/* machine repairman, think 3, service 1: X(2) = 2 / (3 + 1.25) per ms */
	assert_near(fl_queue_at(250, 0.001, 2), 2000 / 4.25, 1e-9);
	assert_near(fl_queue_at(250, 0.001, 64), 1000, 1e-3);
	/* held for the whole cycle: more jobs add nothing */
	assert_near(fl_queue_at(500, 0.002, 8), 500, 1e-9);
	for (unsigned int n = 1; n <= 32; n++)
		assert_true(fl_queue_at(250, 0.001, n) <= fl_bound_at(250, 0.001, n) * (1 + 1e-12));
}

static struct fl_reference published(void)
{
	static char text[1 << 16];
	struct fl_reference ref;
	struct fl_err err;
	FILE *f = fopen("docs/published.csv", "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	assert_int_equal(fl_reference_parse(&ref, text, &err), 0);
	return ref;
}

static const struct fl_curve *curve(const struct fl_reference *ref, const char *name)
{
	for (size_t i = 0; i < ref->n; i++)
		if (!strcmp(ref->curve[i].name, name))
			return &ref->curve[i];
	fail_msg("no curve %s", name);
	return NULL;
}

static void published_rows_are_read(void **state)
{
	struct fl_reference ref = published();
	const struct fl_curve *c = curve(&ref, "v3, passthrough");
	double speedup;

	assert_int_equal(c->n, 4);
	assert_true(fl_curve_at(c, 1) == 478564 && fl_curve_at(c, 8) == 1675749);
	assert_false(c->approximate);
	assert_true(curve(&ref, "v1, passthrough before")->approximate);
	assert_true(isnan(fl_curve_at(c, 3)));
	assert_near(fl_curve_peak(c, &speedup), 1675749, 1e-12);
	assert_near(speedup, 3.5016, 1e-4);
	fl_reference_free(&ref);
}

/* One lock explains the whole curve: the hold that two jobs show predicts four and eight. */
static void published_plateau(void **state)
{
	struct fl_reference ref = published();
	const struct fl_curve *c = curve(&ref, "v1, passthrough before");
	double one = fl_curve_at(c, 1), hold = 1 / fl_curve_at(c, 2);

	assert_near(hold, 1.538e-6, 1e-3);
	assert_near(fl_bound_at(one, hold, 4), fl_curve_at(c, 4), 0.02);
	assert_near(fl_bound_at(one, hold, 8), fl_curve_at(c, 8), 0.03);
	/* the patched curve passes that ceiling, so it does not wait for that lock */
	c = curve(&ref, "v1, passthrough patch 1");
	assert_true(fl_curve_at(c, 4) > 2 * fl_bound_at(one, hold, 4));
	fl_reference_free(&ref);
}

/* The projection for unpatched kernels, one job scaled as raw scales, against what patches brought. */
static void published_what_if(void **state)
{
	struct fl_reference ref = published();
	const struct fl_curve *before = curve(&ref, "v1, passthrough before");
	const struct fl_curve *after = curve(&ref, "v1, passthrough patch 2");
	const struct fl_curve *raw = curve(&ref, "v3, raw XFS");

	for (int jobs = 2; jobs <= 8; jobs *= 2) {
		double scaled = fl_curve_at(before, 1) * fl_curve_at(raw, jobs) /
				fl_curve_at(raw, 1);

		assert_near(fmin(scaled, fl_curve_at(before, 1) * jobs), fl_curve_at(after, jobs),
			    0.13);
	}
	fl_reference_free(&ref);
}

static void published_fits(void **state)
{
	struct fl_reference ref = published();
	const struct fl_curve *c = curve(&ref, "v1, passthrough before");
	struct fl_usl u;

	fl_usl_fit(c->point, c->n, &u);
	assert_true(u.fits && u.sigma > 0.4 && u.residual < 0.08);
	c = curve(&ref, "v3, passthrough");
	fl_usl_fit(c->point, c->n, &u);
	assert_true(u.fits && u.sigma < 0.1 && u.residual < 0.05);
	fl_reference_free(&ref);
}

static void expect_bad(const char *text, const char *says)
{
	struct fl_reference ref;
	struct fl_err err;

	assert_int_equal(fl_reference_parse(&ref, text, &err), -1);
	assert_non_null(strstr(err.what, says));
	assert_null(ref.curve);
}

#define HEADER "series,system,numjobs,iops,approximate\n"

static void reference_tables(void **state)
{
	struct fl_reference ref;
	struct fl_err err;

	expect_bad("", "empty");
	expect_bad("a,b\n1,2\n", "series");
	expect_bad(HEADER "s,t\n", "too short");
	expect_bad(HEADER "s,t,one,2,no\n", "no numbers");
	expect_bad(HEADER "s,t,1,-2,no\n", "no numbers");
	expect_bad(HEADER "s,t,1,inf,no\n", "no numbers");
	assert_int_equal(
		fl_reference_parse(
			&ref, HEADER "\"a,\"\"b\nc\",t,2,20,no\r\n\"a,\"\"b\nc\",t,1,10,yes", &err),
		0);
	assert_int_equal(ref.n, 1);
	assert_string_equal(ref.curve[0].name, "a,\"b\nc, t");
	assert_true(ref.curve[0].point[0].jobs == 1 && ref.curve[0].approximate);
	fl_reference_free(&ref);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spreads),
		cmocka_unit_test(differences),
		cmocka_unit_test(fit_finds_what_was_put_in),
		cmocka_unit_test(ceilings),
		cmocka_unit_test(no_fit_where_the_data_carry_none),
		cmocka_unit_test(bounds_and_queues),
		cmocka_unit_test(published_rows_are_read),
		cmocka_unit_test(published_plateau),
		cmocka_unit_test(published_what_if),
		cmocka_unit_test(published_fits),
		cmocka_unit_test(reference_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
