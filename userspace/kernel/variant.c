// SPDX-License-Identifier: GPL-2.0-only
/* Tells from the call-site map with which of our patch series fs/fuse was built. */
#include "kernel/callsite_map.h"

#include <string.h>

static const struct fl_mapped_function *function(const struct fl_callsite_map *map,
						 const char *name)
{
	for (size_t i = 0; i < map->nfunctions; i++)
		if (!strcmp(map->function[i].name, name))
			return &map->function[i];
	return NULL;
}

/*
 * v1 locks through the helper pair of direct I/O, which counts the inode's uncached users; v3 has
 * its own helpers. With v1's second patch, and with "next", a write inside EOF passes
 * fuse_write_update_attr() without fi->lock.
 */
const char *fl_variant_name(const struct fl_callsite_map *map)
{
	const struct fl_mapped_function *start, *update;
	bool by_dio_helper;

	if (!map || !map->nsites)
		return "unknown";
	switch (fl_callsite_can(map, FL_ROUTE_PASSTHROUGH)) {
	case FL_CAN_NO:
		return "stock";
	case FL_CAN_UNKNOWN:
		return "unknown";
	case FL_CAN_YES:
		break;
	}
	start = function(map, "fuse_inode_uncached_io_start");
	update = function(map, "fuse_write_update_attr");
	by_dio_helper = start && start->routes & 1u << FL_ROUTE_PASSTHROUGH;
	if (!update)
		return "unknown";
	if (by_dio_helper)
		return update->spin_avoidable ? "v1" : "v1-1";
	return update->spin_avoidable ? "next" : "v3";
}
