// SPDX-License-Identifier: GPL-2.0-only
/* fuselens doctor: what this kernel allows. */
#include <stdio.h>

#include "args.h"
#include "cmd.h"
#include "doctor/examine.h"
#include "openfiles/openfiles.h"

static const char help[] =
	"usage: fuselens doctor [--json]\n"
	"\n"
	"Says what this kernel allows, whether FUSE passthrough is built in, and which\n"
	"methods of evidence work, each found out by really attaching its programs. A\n"
	"feature that is missing is an answer, not an error: the exit code is 0.\n";

static const struct option options[] = {
	{"json", no_argument, NULL, 'j'},
	{"help", no_argument, NULL, 'h'},
	{},
};

int fl_cmd_doctor(int argc, char **argv, struct fl_kernel *kernel)
{
	struct fl_args a = {
		.command = "doctor",
		.help = help,
		.short_options = "h",
		.options = options,
		.one_too_many = "takes no argument",
	};
	struct fl_doctor d;
	int ret = fl_args_parse(&a, argc, argv);

	if (ret >= 0)
		return ret;
	fl_doctor_examine(&d, kernel);
	if (a.json)
		fl_doctor_json(&d, stdout);
	else
		fl_doctor_text(&d, stdout);
	fl_doctor_free(&d);
	fl_open_files_done();
	return FL_EXIT_OK;
}
