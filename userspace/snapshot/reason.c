// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/reason.h"

enum flag_state {
	FLAG_SET,
	FLAG_UNSET,
	FLAG_UNKNOWN,
};

static enum flag_state flag_in_force(enum fl_route route, enum fl_mode mode,
				     const struct fl_flag_knowledge *flag)
{
	if (route == FL_ROUTE_PASSTHROUGH && flag->answer_counts && flag->opens_seen &&
	    flag->opens_asked == flag->opens_seen)
		return FLAG_SET;
	if (mode == FL_MODE_EXCL_FLAG_SET)
		return FLAG_SET;
	if (mode == FL_MODE_EXCL_FLAG_UNSET)
		return FLAG_UNSET;
	if (flag->effective_set && !flag->effective_unset)
		return FLAG_SET;
	if (flag->effective_unset && !flag->effective_set)
		return FLAG_UNSET;
	/* a flag that was never asked for is not in force */
	if (flag->opens_seen && !flag->opens_asked && !flag->effective_set)
		return FLAG_UNSET;
	return FLAG_UNKNOWN;
}

static enum fl_reason flag_reason(const struct fl_flag_knowledge *flag)
{
	if (flag->opens_seen && flag->opens_asked == flag->opens_seen)
		return FL_REASON_FLAG_STRIPPED;
	if (flag->opens_seen && !flag->opens_asked)
		return FL_REASON_FLAG_NOT_SET;
	return FL_REASON_FLAG_NOT_SET_OR_STRIPPED;
}

/*
 * The reason of a write that was inside EOF when it held the lock, with nothing seen against
 * sharing. A write chooses its lock mode before it waits for the lock (the first test in
 * fuse_dio_wr_exclusive_lock() and the like). If the file grew, the write was past EOF then, and
 * another writer moved EOF beyond it.
 */
static enum fl_reason inside_reason(const struct fl_file_seen *seen)
{
	return seen->grew ? FL_REASON_PAST_EOF : FL_REASON_UNKNOWN;
}

/*
 * Whether privileges can have been the reason of a write of this nature. If a write shared the lock without IS_NOSEC,
 * this kernel either does not look at privileges, or it looks for them under the shared lock. It does not look if one
 * shared it although there was something to strip.
 */
static bool privileges_matter(enum fl_route route, enum fl_nature nature,
			      const struct fl_file_seen *seen)
{
	/* fuse_direct_write_iter() does not look: on this route the server strips privileges */
	if (route == FL_ROUTE_DIRECT || seen->shared_privileges)
		return false;
	return nature == FL_NATURE_PRIVILEGES || !seen->shared_without_nosec;
}

static enum fl_reason write_reason(enum fl_route route, enum fl_nature nature,
				   const struct fl_file_seen *seen)
{
	switch (nature) {
	case FL_NATURE_BUFFERED:
		return FL_REASON_BUFFERED;
	case FL_NATURE_APPEND:
		return FL_REASON_APPEND;
	case FL_NATURE_PAST_EOF:
		return FL_REASON_PAST_EOF;
	case FL_NATURE_CACHE_MODE:
		return FL_REASON_CACHE_IO_MODE;
	case FL_NATURE_PRIVILEGES:
	case FL_NATURE_UNCHECKED:
		return privileges_matter(route, nature, seen) ? FL_REASON_PRIVILEGES
							      : inside_reason(seen);
	case FL_NATURE_PLAIN:
		return inside_reason(seen);
	default:
		return FL_REASON_UNKNOWN;
	}
}

enum fl_reason fl_reason_of(enum fl_route route, enum fl_can can, enum fl_mode mode,
			    enum fl_nature nature, const struct fl_flag_knowledge *flag,
			    const struct fl_file_seen *seen)
{
	enum fl_reason reason = write_reason(route, nature, seen);

	/*
	 * fuse_cache_write_iter() locks exclusively in every kernel. For a buffered write the
	 * reason "buffered" already says this.
	 */
	if (route == FL_ROUTE_CACHED)
		return nature == FL_NATURE_BUFFERED ? FL_REASON_BUFFERED : FL_REASON_KERNEL_CANNOT;
	if (can == FL_CAN_NO)
		return FL_REASON_KERNEL_CANNOT;
	if (route == FL_ROUTE_SPLICE)
		return FL_REASON_SPLICE;
	/* there the daemon is not asked whether writes may share */
	if (route == FL_ROUTE_IOMAP)
		return reason;
	switch (flag_in_force(route, mode, flag)) {
	case FLAG_UNSET:
		return flag_reason(flag);
	case FLAG_UNKNOWN:
		if (reason == FL_REASON_UNKNOWN || nature == FL_NATURE_UNCHECKED ||
		    nature == FL_NATURE_PLAIN)
			return flag->effective_set ? FL_REASON_UNKNOWN
						   : FL_REASON_FLAG_NOT_SET_OR_STRIPPED;
		break;
	case FLAG_SET:
		break;
	}
	return reason;
}

static bool is_exclusive(enum fl_mode mode)
{
	return mode != FL_MODE_SHARED && mode != FL_MODE_UNKNOWN;
}

bool fl_is_eligible(enum fl_route route, enum fl_mode mode, enum fl_nature nature,
		    const struct fl_file_seen *seen)
{
	if (route == FL_ROUTE_SPLICE)
		return false;
	if (nature == FL_NATURE_UNCHECKED && is_exclusive(mode) &&
	    privileges_matter(route, nature, seen))
		return !seen->shared_with_nosec;
	/* on the direct route O_DIRECT plays no part: its writes never count as buffered */
	return nature == FL_NATURE_PLAIN || nature == FL_NATURE_UNCHECKED;
}
