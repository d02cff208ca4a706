/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the report on one result, or on several compared, into a document. Pure. */
#ifndef FL_SECTIONS_H
#define FL_SECTIONS_H

#include "report/analysis.h"
#include "report/doc.h"
#include "report/reference.h"

/* Results to compare with the first one, A; name is the name of each. */
struct fl_results {
	const struct fl_analysis *a[FL_MAX_RESULTS];
	const char *name[FL_MAX_RESULTS];
	size_t n;
	const struct fl_reference *ref; /* NULL: none */
};

/* Draws figures into the document where the format can show them. */
typedef void fl_draw(struct fl_doc *doc, const struct fl_results *r);

/* draw: NULL where the format shows no figures. */
void fl_report_one(struct fl_doc *doc, const struct fl_analysis *a, const struct fl_reference *ref,
		   fl_draw *draw);
void fl_report_several(struct fl_doc *doc, const struct fl_results *r, fl_draw *draw);
/* The rows of the results as CSV, one line each, under the names of docs/schema.md. */
void fl_report_csv(const struct fl_results *r, FILE *out);

/* Parts that both use. */
void fl_report_verdict(struct fl_doc *doc, const struct fl_analysis *a, const char *name);
void fl_report_scaling(struct fl_doc *doc, const struct fl_analysis *a);
void fl_report_reference(struct fl_doc *doc, const struct fl_results *r);
void fl_report_latency(struct fl_doc *doc, const struct fl_analysis *a);
void fl_report_volume(struct fl_doc *doc, const struct fl_results *r);
void fl_report_times(struct fl_doc *doc, const struct fl_results *r);
void fl_report_environment(struct fl_doc *doc, const struct fl_analysis *a);
/* Of fs/fuse, as the call-site map told it; NULL where it could not. */
const char *fl_report_variant(const struct fl_analysis *a);
void fl_report_losses(struct fl_doc *doc, const struct fl_analysis *a);

/* Whether bytes, and reads, tell something that writes per second do not. */
bool fl_report_wants_bytes(const struct fl_analysis *a);
bool fl_report_wants_reads(const struct fl_results *r);

/* Parts of a write's mean time on the mount, ns. */
enum {
	FL_TIME_WAIT, /* for the inode lock */
	FL_TIME_HOLD, /* under it */
	FL_TIME_REST,
	FL_TIME_PARTS,
};
/* Returns false if waits and holds were not timed. */
bool fl_time_parts(const struct fl_level *level, double part[FL_TIME_PARTS]);

/* Figures drawn by gnuplot; where it is missing a note takes their place. */
void fl_draw_one(struct fl_doc *doc, const struct fl_results *r);
void fl_draw_several(struct fl_doc *doc, const struct fl_results *r);

/* Figures as report cells have them; "-" for NAN. buf is returned. */
#define FL_CELL 32
/* "1 job", "8 jobs", "iodepth 16", "90 % reads" */
char *fl_cell_at(const struct fl_bench *b, unsigned int at, char buf[FL_CELL]);
char *fl_cell_number(double v, char buf[FL_CELL]); /* grouped, whole */
char *fl_cell_short(double v, char buf[FL_CELL]);  /* three digits: "1.71 M" */
char *fl_cell_ratio(double v, char buf[FL_CELL]);  /* "1.000" */
char *fl_cell_ns(double v, char buf[FL_CELL]);	   /* with its unit */
char *fl_cell_signed(double v, char buf[FL_CELL]); /* percent with a sign: "+1.2 %" */
char *fl_cell_spread(const struct fl_spread *s, char buf[FL_CELL]); /* sd in percent */

#endif
