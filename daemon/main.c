// SPDX-License-Identifier: GPL-2.0-only
/* fuselens-passthroughd: a mirror file system whose files the kernel reads and writes itself. */
#include <stdio.h>

#include "log.h"
#include "options.h"
#include "session.h"

#ifndef VERSION
#define VERSION "0.1.0"
#endif

int main(int argc, char **argv)
{
	struct options opts;
	int code = 1;

	log_libfuse();
	if (options_parse(&opts, argc, argv) == 0) {
		code = 0;
		if (opts.help)
			options_usage();
		else if (opts.version)
			printf("fuselens-passthroughd %s, libfuse %s\n", VERSION,
			       fuse_pkgversion());
		else if (opts.mount.remount)
			code = opts.fake || mount_remount(opts.mountpoint, opts.mountpoint_fd,
							  &opts.mount) == 0
				       ? 0
				       : 1;
		else if (!opts.fake)
			code = session_run(&opts);
	}
	options_free(&opts);
	return code;
}
