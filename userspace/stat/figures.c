// SPDX-License-Identifier: GPL-2.0-only
#include "stat/figures.h"

#include "snapshot/holders.h"

static const char *const figure_names[FL_STAT_FIGURES] = {
	[FL_STAT_WRITES] = "writes",
	[FL_STAT_BYTES] = "bytes",
	[FL_STAT_EXCLUSIVE] = "exclusive",
	[FL_STAT_SHARED] = "shared",
	[FL_STAT_UNTOLD] = "untold",
	[FL_STAT_ELIGIBLE] = "eligible",
	[FL_STAT_ELIGIBLE_SHARED] = "eligible_shared",
	[FL_STAT_UPGRADES] = "upgrades",
	[FL_STAT_FI_LOCK] = "fi_lock",
	[FL_STAT_LOST] = "lost",
	[FL_STAT_WRITES_PER_S] = "writes_per_s",
	[FL_STAT_EXCLUSIVE_PER_S] = "exclusive_per_s",
	[FL_STAT_SHARED_PER_S] = "shared_per_s",
	[FL_STAT_UPGRADES_PER_S] = "upgrades_per_s",
	[FL_STAT_FI_LOCK_PER_S] = "fi_lock_per_s",
	[FL_STAT_WAIT_P50] = "wait_p50_ns",
	[FL_STAT_WAIT_P99] = "wait_p99_ns",
	[FL_STAT_HOLD_P50] = "hold_p50_ns",
	[FL_STAT_HOLD_P99] = "hold_p99_ns",
	[FL_STAT_CEILING] = "ceiling_per_s",
	[FL_STAT_GETXATTR] = "getxattr_security",
	[FL_STAT_QUEUED_BEHIND] = "queued_behind",
	[FL_STAT_HOLDERS_MEAN] = "shared_holders_mean",
	[FL_STAT_HOLDERS_MAX] = "shared_holders_max",
};

const char *fl_stat_figure_name(enum fl_stat_figure figure)
{
	return figure_names[figure];
}

static struct fl_stat_value count(__u64 n)
{
	return (struct fl_stat_value){.known = true, .whole = true, .n = n, .d = n};
}

static struct fl_stat_value count_if(bool known, __u64 n)
{
	struct fl_stat_value v = count(n);

	v.known = known;
	return v;
}

static struct fl_stat_value rate(const struct fl_row *row, struct fl_stat_value of)
{
	return (struct fl_stat_value){.known = of.known && row->ns, .d = fl_row_rate(row, of.n)};
}

static struct fl_stat_value quantile(const struct fl_row *row, enum fl_row_time which, double q)
{
	__u64 ns = 0;
	struct fl_stat_value v = {.known = fl_row_quantile(row, which, q, &ns), .whole = true};

	v.n = ns;
	v.d = ns;
	return v;
}

void fl_stat_figures(const struct fl_snapshot *s, const struct fl_row *row,
		     struct fl_stat_value v[FL_STAT_FIGURES])
{
	const struct fl_totals *t = &row->totals;
	struct fl_totals lost = {};

	fl_totals_add_losses(s, &lost);
	v[FL_STAT_WRITES] = count(t->writes);
	v[FL_STAT_BYTES] = count_if(row->knows_nature, t->counter[FL_COUNT_BYTES]);
	v[FL_STAT_EXCLUSIVE] = count(t->exclusive);
	v[FL_STAT_SHARED] = count(t->shared);
	v[FL_STAT_UNTOLD] = count(t->unknown);
	v[FL_STAT_ELIGIBLE] = count_if(row->knows_nature, t->eligible);
	v[FL_STAT_ELIGIBLE_SHARED] = count_if(row->knows_nature, t->eligible_shared);
	v[FL_STAT_UPGRADES] = count_if(row->knows_takes, t->takes[FL_SITE_UPGRADE]);
	v[FL_STAT_FI_LOCK] = count_if(row->knows_takes, t->takes[FL_SITE_FI_LOCK]);
	v[FL_STAT_LOST] = count(lost.lost);
	v[FL_STAT_WRITES_PER_S] = rate(row, v[FL_STAT_WRITES]);
	v[FL_STAT_EXCLUSIVE_PER_S] = rate(row, v[FL_STAT_EXCLUSIVE]);
	v[FL_STAT_SHARED_PER_S] = rate(row, v[FL_STAT_SHARED]);
	v[FL_STAT_UPGRADES_PER_S] = rate(row, v[FL_STAT_UPGRADES]);
	v[FL_STAT_FI_LOCK_PER_S] = rate(row, v[FL_STAT_FI_LOCK]);
	v[FL_STAT_WAIT_P50] = quantile(row, FL_ROW_WAIT, 0.50);
	v[FL_STAT_WAIT_P99] = quantile(row, FL_ROW_WAIT, 0.99);
	v[FL_STAT_HOLD_P50] = quantile(row, FL_ROW_HOLD, 0.50);
	v[FL_STAT_HOLD_P99] = quantile(row, FL_ROW_HOLD, 0.99);
	v[FL_STAT_CEILING].known = fl_row_ceiling(row, &v[FL_STAT_CEILING].d);
	v[FL_STAT_CEILING].whole = false;
	v[FL_STAT_GETXATTR] = count_if(row->mount && !row->mount->uncounted && !row->file,
				       row->mount ? row->mount->counter[FL_MOUNT_GETXATTR_SECURITY]
						  : 0);
	v[FL_STAT_QUEUED_BEHIND] = count_if(s->has_holders, t->counter[FL_COUNT_QUEUED_BEHIND]);
	if (row->holders) {
		v[FL_STAT_HOLDERS_MEAN] =
			(struct fl_stat_value){.known = true, .d = fl_holders_mean(row->holders)};
		v[FL_STAT_HOLDERS_MAX] = count(fl_holders_most(row->holders));
	} else {
		v[FL_STAT_HOLDERS_MEAN] = v[FL_STAT_HOLDERS_MAX] = (struct fl_stat_value){};
	}
	/* nobody counted; a row of zeros would mean that nobody wrote */
	for (int i = 0; i < FL_STAT_FIGURES && !row->ns; i++)
		v[i].known = false;
}

const char *fl_stat_mount_name(const struct fl_row *row)
{
	return row->mount ? row->mount->path : NULL;
}

const char *fl_stat_file_name(const struct fl_row *row)
{
	const struct fl_file_counts *f = row->file;

	return f && f->path ? f->path : f ? f->name : NULL;
}
