// SPDX-License-Identifier: GPL-2.0-only
/* fuselens doctor: what this kernel allows. */
#include <stdio.h>

#include "args.h"
#include "cmd.h"
#include "doctor/print.h"

static const struct fl_option options[] = {
	FL_OPTION_JSON("the findings as JSON"),
	{},
};

static int run(int argc, char **argv, struct fl_kernel *kernel)
{
	struct fl_args a;
	struct fl_doctor d;
	int ret = fl_args_parse(&a, &fl_cmd_doctor, NULL, argc, argv);

	if (ret >= 0)
		return ret;
	fl_doctor_examine(&d, kernel);
	if (a.json)
		fl_doctor_json(&d, stdout);
	else
		fl_doctor_text(&d, stdout);
	fl_doctor_free(&d);
	return FL_EXIT_OK;
}

const struct fl_command fl_cmd_doctor = {
	.name = "doctor",
	.summary = "what this kernel allows, and which methods of evidence work",
	.usage = "[--json]",
	.about =
		"Says what this kernel allows, whether FUSE passthrough is built in, and which methods of evidence work; it tries by attaching their programs. A feature that is missing is an answer, not an error: the exit code is 0.",
	.options = options,
	.one_too_many = "takes no argument",
	.needs_kernel = true,
	.run = run,
};
