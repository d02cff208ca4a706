// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arbitrary bytes as result files: the first byte chooses the kind of file. A row that can be read
 * is also analysed and rendered, so that no figure in it can break the arithmetic.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include "report/sections.h"
#include "report/reference.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Opened once: to open a file takes longer than to read most inputs. */
static FILE *null;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	null = fopen("/dev/null", "w");
	if (!null)
		abort();
	return 0;
}

static void render(struct fl_bench_row *row)
{
	struct fl_bench b = {
		.profile = "fuzz", .profile_text = "", .repeats = 1, .row = row, .nrows = 1};
	struct fl_analysis a;
	struct fl_doc doc = {};

	b.njob_counts = 1;
	b.job_count[0] = row->jobs;
	b.use[row->system] = true;
	if (!fl_analyse(&a, &b)) {
		fl_report_one(&doc, &a, NULL, NULL);
		fl_doc_text(&doc, null);
		fl_doc_html(&doc, null);
		fl_doc_markdown(&doc, null);
		fl_doc_free(&doc);
		fl_analysis_free(&a);
	}
}

static void read_json(int kind, const char *text)
{
	struct json_object *o = json_tokener_parse(text);
	struct fl_bench b;
	struct fl_bench_row row;
	struct fl_series s;
	struct fl_err err;

	if (kind == 0 && !fl_bench_from_json(&b, o, &err)) {
		json_object_put(fl_bench_to_json(&b));
		fl_bench_free(&b);
	}
	if (kind == 1 && !fl_bench_row_from_json(&row, o, &err)) {
		render(&row);
		json_object_put(fl_bench_row_to_json(&row));
		fl_bench_row_free(&row);
	}
	if (kind == 2 && !fl_series_from_json(&s, o, &err))
		fl_series_free(&s);
	json_object_put(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fl_reference ref;
	struct fl_err err;
	char *text;

	if (!size)
		return 0;
	text = malloc(size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] % 4 == 3) {
		if (!fl_reference_parse(&ref, text, &err))
			fl_reference_free(&ref);
	} else {
		read_json(data[0] % 4, text);
	}
	free(text);
	return 0;
}
