/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the report on one result, or on two compared, into a document. Pure. */
#ifndef FL_REPORT_H
#define FL_REPORT_H

#include "report/analysis.h"
#include "report/doc.h"
#include "report/reference.h"

/* Draws figures into the document where the format can show them; NULL elsewhere. */
struct fl_figures {
	void (*one)(struct fl_doc *doc, const struct fl_analysis *a);
	void (*two)(struct fl_doc *doc, const struct fl_analysis *a, const struct fl_analysis *b,
		    const char *name_a, const char *name_b);
	void (*reference)(struct fl_doc *doc, const struct fl_analysis *a,
			  const struct fl_reference *ref);
};

void fl_report_one(struct fl_doc *doc, const struct fl_analysis *a, const struct fl_reference *ref,
		   const struct fl_figures *figures);
/* name_a, name_b: what the results are called. */
void fl_report_two(struct fl_doc *doc, const struct fl_analysis *a, const struct fl_analysis *b,
		   const char *name_a, const char *name_b, const struct fl_figures *figures);

/* Parts that both use. */
enum fl_tone fl_report_tone(const struct fl_analysis *a);
void fl_report_verdict(struct fl_doc *doc, const struct fl_analysis *a, const char *name);
void fl_report_scaling(struct fl_doc *doc, const struct fl_analysis *a);
void fl_report_reference(struct fl_doc *doc, const struct fl_analysis *a,
			 const struct fl_reference *ref);
void fl_report_environment(struct fl_doc *doc, const struct fl_analysis *a);
/* Of fs/fuse, as the call-site map told it; NULL where it could not. */
const char *fl_report_variant(const struct fl_analysis *a);
void fl_report_losses(struct fl_doc *doc, const struct fl_analysis *a);

/* Figures drawn by gnuplot; where it is missing a note takes their place. */
extern const struct fl_figures fl_plots;

/* Figures as report cells have them; "-" for NAN. buf is returned. */
#define FL_CELL 32
char *fl_cell_number(double v, char buf[FL_CELL]); /* grouped, whole */
char *fl_cell_short(double v, char buf[FL_CELL]);  /* three digits: "1.71 M" */
char *fl_cell_ratio(double v, char buf[FL_CELL]);  /* "1.000" */
char *fl_cell_ns(double v, char buf[FL_CELL]);	   /* with its unit */
char *fl_cell_signed(double v, char buf[FL_CELL]); /* percent with a sign: "+1.2 %" */
char *fl_cell_spread(const struct fl_spread *s, char buf[FL_CELL]); /* sd in percent */

#endif
