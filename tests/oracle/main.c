// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle: carries out plans that are drawn from seeds under `fuselens prove`, and compares what
 * was counted with what was written. tests/oracle/run sets up what it needs and says how to use it.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"

static int usage(void)
{
	fprintf(stderr,
		"usage: oracle plan [CHOICE...] SEED\n"
		"       oracle classes\n"
		"       oracle run|shrink --root DIR --scratch DIR --fuselens PATH [-v] "
		"[CHOICE...] SEED[-SEED]...\n"
		"       oracle drive --root DIR --scratch DIR [CHOICE...] SEED...\n"
		"choices: --stores A,B,... --only CLASS,... --without CLASS,... --percent N "
		"--evidence M --first\n");
	return 2;
}

static int parse_classes(char *list, uint64_t *bits)
{
	char *name;

	*bits = 0;
	while ((name = strsep(&list, ", \n"))) {
		int i = 0;

		while (i < CLASSES && strcmp(name, oracle_class_name[i]) != 0)
			i++;
		if (*name && i == CLASSES) {
			fprintf(stderr, "oracle: no class '%s'\nhint: oracle classes\n", name);
			return -1;
		}
		if (*name)
			*bits |= 1ull << i;
	}
	return 0;
}

static int parse_stores(char *list, struct plan_wish *wish)
{
	char *name;

	wish->stores = 0;
	while ((name = strsep(&list, ","))) {
		if (wish->stores == PLAN_STORES)
			return -1;
		wish->store[wish->stores++] = name;
	}
	return wish->stores ? 0 : -1;
}

static int set_option(struct oracle *o, int opt, char *arg)
{
	uint64_t bits;

	switch (opt) {
	case 'r':
		o->place.root = arg;
		return 0;
	case 's':
		o->scratch = arg;
		return 0;
	case 'f':
		o->fuselens = arg;
		return 0;
	case 'e':
		o->evidence = arg;
		return 0;
	case 'p':
		o->wish.percent = atoi(arg);
		return o->wish.percent ? 0 : -1;
	case 'S':
		return parse_stores(arg, &o->wish);
	case 'o':
		return parse_classes(arg, &o->wish.allowed);
	case 'w':
		if (parse_classes(arg, &bits))
			return -1;
		o->wish.allowed &= ~bits;
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case '1':
		o->first_only = true;
		return 0;
	default:
		return -1;
	}
}

static int print_plan(struct oracle *o, const char *seed)
{
	struct plan p;

	o->wish.seed = strtoull(seed, NULL, 0);
	plan_make(&p, &o->wish);
	plan_print(&p, &o->wish, stdout);
	return 0;
}

/* Puts seeds that can share a window together; the others run in their order. */
static void run_seeds(struct oracle *o, const uint64_t *seed, size_t n)
{
	struct batch *b = calloc(1, sizeof(*b));
	bool *ran = calloc(n, sizeof(*ran));
	struct plan p;

	for (size_t first = 0; b && ran && first < n; first++) {
		b->o = o;
		b->n = 0;
		for (size_t i = first; i < n && i < first + 400; i++) {
			o->wish.seed = seed[i];
			if (ran[i])
				continue;
			plan_make(&p, &o->wish);
			if (!batch_takes(b, &p))
				continue;
			b->plan[b->n++] = p;
			ran[i] = true;
		}
		if (b->n)
			batch_run(b);
		if (o->first_only && o->different)
			break;
	}
	free(b);
	free(ran);
}

/* Whether the seed still differs with this choice of classes: races may need several attempts. */
static bool still_differs(struct oracle *o, uint64_t seed)
{
	bool differs = false;

	for (int i = 0; i < 3 && !differs; i++) {
		struct batch *b = calloc(1, sizeof(*b));

		b->o = o;
		b->n = 1;
		o->wish.seed = seed;
		plan_make(&b->plan[0], &o->wish);
		differs = batch_run(b) == OUTCOME_DIFFERENT;
		free(b);
	}
	return differs;
}

/*
 * Leaves out of a plan what does not matter, one class after the other. The plan printed last is
 * the result.
 */
static void shrink(struct oracle *o, uint64_t seed)
{
	struct plan p;

	o->wish.seed = seed;
	plan_make(&p, &o->wish);
	for (int i = 0; i < CLASSES; i++) {
		uint64_t was = o->wish.allowed;

		if (!(p.used >> i & 1))
			continue;
		o->wish.allowed &= ~(1ull << i);
		if (!still_differs(o, seed))
			o->wish.allowed = was;
	}
	for (uint32_t percent = o->wish.percent / 2; percent; percent /= 2) {
		uint32_t was = o->wish.percent;

		o->wish.percent = percent;
		if (!still_differs(o, seed)) {
			o->wish.percent = was;
			break;
		}
	}
	printf("smallest:\n");
	still_differs(o, seed);
}

/* Appends SEED or FIRST-LAST to *list. */
static int add_seeds(const char *text, uint64_t **list, size_t *n)
{
	char *end;
	uint64_t first = strtoull(text, &end, 0), last = first;

	if (*end == '-')
		last = strtoull(end + 1, &end, 0);
	if (*end || end == text || last < first || last - first > 10000000)
		return -1;
	*list = realloc(*list, (*n + last - first + 1) * sizeof(**list));
	if (!*list)
		return -1;
	while (first <= last)
		(*list)[(*n)++] = first++;
	return 0;
}

static int run(struct oracle *o, bool shrinking, char **text)
{
	uint64_t *seed = NULL;
	size_t n = 0;

	for (; *text; text++)
		if (add_seeds(*text, &seed, &n))
			return usage();
	if (!n || !o->place.root || !o->scratch || !o->fuselens)
		return usage();
	batch_init(o);
	if (shrinking)
		shrink(o, seed[0]);
	else
		run_seeds(o, seed, n);
	free(seed);
	printf("%llu seeds, %llu writes: %llu exact, %llu within what is said, %llu different, %llu "
	       "not compared; %llu writes uncertain\n",
	       (unsigned long long)o->seeds, (unsigned long long)o->writes,
	       (unsigned long long)o->exact, (unsigned long long)o->said,
	       (unsigned long long)o->different, (unsigned long long)o->broken,
	       (unsigned long long)o->unsure);
	return o->different || o->broken ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"root", required_argument, NULL, 'r'},
		{"scratch", required_argument, NULL, 's'},
		{"fuselens", required_argument, NULL, 'f'},
		{"evidence", required_argument, NULL, 'e'},
		{"percent", required_argument, NULL, 'p'},
		{"stores", required_argument, NULL, 'S'},
		{"only", required_argument, NULL, 'o'},
		{"without", required_argument, NULL, 'w'},
		{"verbose", no_argument, NULL, 'v'},
		{"first", no_argument, NULL, '1'},
		{},
	};
	static char usual[] = "xfs,xfs-old,ext4,btrfs,btrfs-nosum,overlay,both";
	struct oracle o = {.self = "/proc/self/exe", .evidence = "auto"};
	const char *command = argv[1];
	char self[PLACE_PATH];
	int opt;

	if (argc < 2)
		return usage();
	o.self = realpath("/proc/self/exe", self);
	o.place.wish = &o.wish;
	o.wish.allowed = (1ull << CLASSES) - 1;
	o.wish.percent = 100;
	parse_stores(usual, &o.wish);
	optind = 2;
	while ((opt = getopt_long(argc, argv, "v", options, NULL)) != -1)
		if (set_option(&o, opt, optarg))
			return usage();
	if (!strcmp(command, "classes")) {
		for (int i = 0; i < CLASSES; i++)
			printf("%-10s %s\n", oracle_class_name[i], oracle_class_what[i]);
		return 0;
	}
	if (!strcmp(command, "plan") && optind + 1 == argc)
		return print_plan(&o, argv[optind]);
	if (!strcmp(command, "drive"))
		return batch_drive(&o, argv + optind, argc - optind);
	if (!strcmp(command, "run") || !strcmp(command, "shrink"))
		return run(&o, !strcmp(command, "shrink"), argv + optind);
	return usage();
}
