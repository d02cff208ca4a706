// SPDX-License-Identifier: GPL-2.0-only
/* fuselens top: mounts and files, live. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ncurses.h>

#include "args.h"
#include "cmd.h"
#include "collect/options.h"
#include "openfiles/openfiles.h"
#include "kernel/privileges.h"
#include "util/text.h"
#include "top/screen.h"

struct top_cmd {
	const char *spec;
	__u64 pid;
	struct fl_collect_opts collect;
	struct fl_top top;
	bool quit;
	__u64 due;
};

static const struct fl_option options[] = {
	{'i', "--interval", "SEC", "seconds between two readings (default 1)",
	 FL_INTO(struct top_cmd, top.seconds), FL_RANGE(0.1, 3600)},
	{'f', "--files", NULL, "start with files, not mounts",
	 FL_INTO(struct top_cmd, top.query.files)},
	FL_OPTION_PID(struct top_cmd, pid),
	FL_OPTION_CHILDREN(struct top_cmd, collect),
	FL_OPTIONS_COUNTING(struct top_cmd, collect),
	{},
};

/* Sorts and filters again. The cursor stays on its mount or file. */
static int list_again(struct fl_top *t)
{
	const struct fl_row *at = t->cursor < t->list.n ? t->list.entry[t->cursor].all : NULL;
	__u32 dev = at ? at->dev : 0, slot = at && at->file ? at->file->slot : 0;
	bool follows = at && t->cursor;

	fl_top_list_free(&t->list);
	t->query.filter = t->filter;
	if (fl_top_list(&t->list, &t->totals.sum, &t->watch.interval, &t->query))
		return -1;
	/* a cursor at the top stays at the top, on the busiest entry */
	t->cursor = follows || t->page == FL_TOP_DETAILS ? fl_top_find(&t->list, dev, slot) : 0;
	return 0;
}

static void list_from_top(struct fl_top *t)
{
	t->cursor = t->first = 0;
	fl_top_list_free(&t->list);
	list_again(t);
}

static int look(struct top_cmd *c, struct fl_err *err)
{
	struct fl_top *t = &c->top;
	const struct fl_row *at = t->cursor < t->list.n ? t->list.entry[t->cursor].all : NULL;
	__u32 dev = at ? at->dev : 0, slot = at && at->file ? at->file->slot : 0;
	bool follows = at && (t->cursor || t->page == FL_TOP_DETAILS);

	/* the list has pointers into the snapshots that the reading replaces */
	fl_top_list_free(&t->list);
	if (fl_watch_read(&t->watch, err))
		return -1;
	/* another mount took the place of the old one: forget the old one's files */
	if (t->began_ns != t->watch.began_ns) {
		fl_top_totals_free(&t->totals);
		fl_top_history_free(&t->history);
	}
	t->began_ns = t->watch.began_ns;
	if (fl_top_totals_add(&t->totals, &t->watch.interval))
		return fl_err(err, "out of memory");
	t->real_ns = fl_real_ns();
	fl_top_history_add(&t->history, &t->watch.interval, t->seconds);
	if (t->watch.nnotes)
		snprintf(t->message, sizeof(t->message), "%.250s",
			 t->watch.note[t->watch.nnotes - 1].text);
	t->query.filter = t->filter;
	if (fl_top_list(&t->list, &t->totals.sum, &t->watch.interval, &t->query))
		return fl_err(err, "out of memory");
	t->cursor = follows ? fl_top_find(&t->list, dev, slot) : 0;
	if (t->page == FL_TOP_DETAILS)
		fl_open_list_again(&t->watch.open_list, 0);
	return 0;
}

static void details(struct fl_top *t)
{
	if (t->cursor >= t->list.n)
		return;
	t->page = FL_TOP_DETAILS;
	t->scroll = 0;
	fl_open_list_again(&t->watch.open_list, 0);
}

static void into(struct fl_top *t)
{
	const struct fl_row *row = t->cursor < t->list.n ? t->list.entry[t->cursor].all : NULL;

	if (!row)
		return;
	if (row->file) {
		details(t);
		return;
	}
	t->query.files = true;
	t->query.only_dev = row->dev;
	list_from_top(t);
}

static void back(struct fl_top *t)
{
	if (t->page != FL_TOP_LIST) {
		t->page = FL_TOP_LIST;
		return;
	}
	if (t->filter[0]) {
		t->filter[0] = '\0';
	} else if (t->query.only_dev) {
		t->query.files = false;
		t->query.only_dev = 0;
	}
	list_from_top(t);
}

static void show_kind(struct fl_top *t, bool files)
{
	t->page = FL_TOP_LIST;
	t->query.files = files;
	t->query.only_dev = 0;
	list_from_top(t);
}

static void type_filter(struct fl_top *t, int key)
{
	size_t len = strlen(t->filter);

	if (key == '\n' || key == KEY_ENTER) {
		t->typing = false;
	} else if (key == 27) {
		t->typing = false;
		t->filter[0] = '\0';
	} else if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
		/* remove a character of several bytes as a whole */
		while (len && ((unsigned char)t->filter[len - 1] & 0xc0) == 0x80)
			t->filter[--len] = '\0';
		if (len)
			t->filter[len - 1] = '\0';
	} else if (key >= 32 && key < 256 && key != 127 && len + 1 < sizeof(t->filter)) {
		t->filter[len] = (char)key;
		t->filter[len + 1] = '\0';
	}
	list_from_top(t);
}

static void move_cursor(struct fl_top *t, long by)
{
	bool list = t->page == FL_TOP_LIST;
	size_t *at = list ? &t->cursor : &t->scroll;
	size_t last = !list ? 1u << 20 : t->list.n ? t->list.n - 1 : 0;

	if (by < 0)
		*at = *at > (size_t)-by ? *at + by : 0;
	else
		*at = *at + by < last ? *at + by : last;
}

static void sort_by(struct fl_top *t, int step)
{
	t->query.sort = (t->query.sort + FL_TOP_SORTS + step) % FL_TOP_SORTS;
	list_from_top(t);
}

static void change_interval(struct fl_top *t, double factor)
{
	double seconds = t->seconds * factor;

	t->seconds = seconds < 0.125 ? 0.125 : seconds > 64 ? 64 : seconds;
}

/* The keys that move the cursor, or the page under it. */
static void on_move(struct fl_top *t, int key)
{
	int page = fl_top_list_height() > 1 ? fl_top_list_height() - 1 : 1;

	switch (key) {
	case KEY_UP:
	case 'k':
		move_cursor(t, -1);
		break;
	case KEY_DOWN:
	case 'j':
		move_cursor(t, 1);
		break;
	case KEY_PPAGE:
		move_cursor(t, -page);
		break;
	case KEY_NPAGE:
		move_cursor(t, page);
		break;
	case KEY_HOME:
		move_cursor(t, -(1l << 20));
		break;
	case KEY_END:
		move_cursor(t, 1l << 20);
		break;
	}
}

static void on_key(struct top_cmd *c, int key)
{
	struct fl_top *t = &c->top;

	if (t->typing) {
		type_filter(t, key);
		return;
	}
	switch (key) {
	case 'q':
	case 'Q':
		c->quit = true;
		break;
	case 'h':
	case '?':
		t->page = t->page == FL_TOP_HELP ? FL_TOP_LIST : FL_TOP_HELP;
		t->scroll = 0;
		break;
	case 'p':
	case ' ':
		t->paused = !t->paused;
		c->due = fl_now_ns();
		break;
	case 's':
	case 'S':
		sort_by(t, key == 's' ? 1 : -1);
		break;
	case 'r':
		t->query.reverse = !t->query.reverse;
		list_from_top(t);
		break;
	case '/':
		t->page = FL_TOP_LIST;
		t->typing = true;
		break;
	case 'f':
	case 'm':
		show_kind(t, key == 'f');
		break;
	case '\n':
	case KEY_ENTER:
		if (t->page == FL_TOP_LIST)
			into(t);
		break;
	case 'd':
		details(t);
		break;
	case 27:
	case KEY_BACKSPACE:
	case 127:
		back(t);
		break;
	case '+':
		change_interval(t, 2);
		break;
	case '-':
		change_interval(t, 0.5);
		break;
	default:
		on_move(t, key);
	}
}

static int loop(struct top_cmd *c, struct fl_err *err)
{
	struct fl_top *t = &c->top;

	while (!c->quit && !fl_interrupted) {
		int key;

		if (!t->paused && fl_now_ns() >= c->due) {
			if (look(c, err))
				return -1;
			c->due = fl_now_ns() + (__u64)(t->seconds * 1e9);
		}
		fl_top_draw(t);
		key = getch();
		if (key == ERR)
			fl_watch_poll(&t->watch);
		else
			on_key(c, key);
	}
	return 0;
}

static int top(struct top_cmd *c)
{
	struct fl_err err = {};
	bool shown = false;
	int ret = FL_EXIT_ERROR;

	c->top.watch.mountinfo = -1;
	if (fl_privileges_need(&err) || fl_top_screen_open(&err))
		goto out;
	shown = true;
	if (fl_watch_open(&c->top.watch, c->spec, (pid_t)c->pid, &c->collect, &err))
		goto out;
	fl_watch_start(&c->top.watch);
	fl_watch_drop_privileges(&c->top.watch);
	if (!loop(c, &err))
		ret = FL_EXIT_OK;
out:
	if (shown)
		fl_top_screen_close();
	if (ret != FL_EXIT_OK)
		fl_fail(&err, false);
	fl_top_list_free(&c->top.list);
	fl_top_history_free(&c->top.history);
	fl_top_totals_free(&c->top.totals);
	fl_watch_close(&c->top.watch);
	return ret;
}

static int run(int argc, char **argv, struct fl_kernel *kernel)
{
	struct top_cmd c = {.top.seconds = 1,
			    .collect.kernel = kernel,
			    .collect.timed_in = FL_TIMED_IN,
			    .collect.forget_s = FL_FORGET_S};
	struct fl_args a;
	int ret = fl_args_parse_target(&a, &fl_cmd_top, &c, "all", &c.pid, argc, argv);

	if (ret >= 0)
		return ret;
	c.spec = a.operand[0];
	fl_catch_signals();
	return top(&c);
}

const struct fl_command fl_cmd_top = {
	.name = "top",
	.summary = "the same live on a terminal, per mount and per file",
	.usage = "[TARGET] [-i SEC] [OPTIONS]",
	.about =
		"Shows live how the writes of mounts and files hold the inode lock. TARGET is a mount point, a file on one, -p PID (of a daemon or a writer), or \"all\" (the default). 'h' lists the keys. Needs a terminal; 'fuselens stat' does not.",
	.options = options,
	.max_operands = 1,
	.one_too_many = "one target at a time",
	.needs_kernel = true,
	.run = run,
};
