// SPDX-License-Identifier: GPL-2.0-only
#include "cmd.h"
int fl_cmd_doctor(int argc, char **argv)
{
	return 0;
}
