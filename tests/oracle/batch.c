// SPDX-License-Identifier: GPL-2.0-only
/* Runs `fuselens prove TARGET -- oracle drive SEED...` and compares. */
#include "batch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drive.h"

#define LONGEST_S 300

static void print_classes_left_out(const struct plan_wish *wish, FILE *out)
{
	const char *between = "--without ";

	for (int i = 0; i < CLASSES; i++) {
		if (wish->allowed >> i & 1)
			continue;
		fprintf(out, "%s%s", between, oracle_class_name[i]);
		between = ",";
	}
}

/* The options that make the same plan from a seed again; none contains a space. */
void oracle_print_choices(const struct oracle *o, FILE *out)
{
	fprintf(out, "--stores ");
	for (uint32_t i = 0; i < o->wish.stores; i++)
		fprintf(out, "%s%s", i ? "," : "", o->wish.store[i]);
	fprintf(out, " --percent %u ", o->wish.percent);
	print_classes_left_out(&o->wish, out);
}

static void ledger_path(const struct oracle *o, uint64_t seed, char path[PLACE_PATH])
{
	snprintf(path, PLACE_PATH, "%s/ledger.%llu", o->scratch, (unsigned long long)seed);
}

/*
 * The target: one file, one mount, or all mounts of the machine. Writes of other programs are
 * ignored.
 */
static void target_of(const struct oracle *o, const struct plan *p, char path[PLACE_PATH])
{
	char name[PLACE_NAME];

	if (p->one_file) {
		place_name(p, 0, 0, name);
		place_path(&o->place, p, 0, "mnt", name, path);
	} else if (p->mounts > 1) {
		snprintf(path, PLACE_PATH, "all");
	} else {
		snprintf(path, PLACE_PATH, "%s/mnt/%s/%s", o->place.root,
			 o->wish.store[p->mount[0].store], mode_name[p->mount[0].mode]);
	}
}

bool batch_takes(const struct batch *b, const struct plan *p)
{
	const struct plan *first = &b->plan[0];
	char one[PLACE_PATH], other[PLACE_PATH];

	if (!b->n)
		return true;
	if (b->n == BATCH || p->one_file || first->one_file || p->full_disk || first->full_disk)
		return false;
	target_of(b->o, first, one);
	target_of(b->o, p, other);
	return !strcmp(one, other);
}

static int prepare(struct batch *b)
{
	char path[PLACE_PATH];

	for (size_t i = 0; i < b->n; i++) {
		struct trial *t = &b->trial[i];

		ledger_path(b->o, b->plan[i].seed, path);
		*t = (struct trial){
			.plan = &b->plan[i],
			.ledger = ledger_map(path, true),
			.first_only = b->plan[i].one_file,
		};
		if (!t->ledger) {
			fprintf(stderr, "oracle: cannot make %s: %s\n", path, strerror(errno));
			return -1;
		}
		if (place_make(&b->o->place, t->plan) ||
		    place_enter(&b->o->place, t->plan, t->ledger))
			return -1;
	}
	return 0;
}

static void clean_up(struct batch *b)
{
	char path[PLACE_PATH];

	for (size_t i = 0; i < b->n; i++) {
		place_remove(&b->o->place, &b->plan[i]);
		ledger_unmap(b->trial[i].ledger);
		free(b->trial[i].why);
		ledger_path(b->o, b->plan[i].seed, path);
		unlink(path);
	}
}

static void run_prove(const struct batch *b, char *line)
{
	char target[PLACE_PATH], seed[BATCH][24], *word, *argv[32 + BATCH];
	const struct oracle *o = b->o;
	int n = 0, out = open(b->report, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	/* -d: the global method would end after 10 s */
	const char *const head[] = {o->fuselens, "prove",  target,	  "--json",    "--evidence",
				    o->evidence, "-d",	   "3600",	  "--",	       o->self,
				    "drive",	 "--root", o->place.root, "--scratch", o->scratch};

	setpgid(0, 0);
	if (out < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	target_of(o, &b->plan[0], target);
	for (; n < (int)(sizeof(head) / sizeof(head[0])); n++)
		argv[n] = (char *)head[n];
	while ((word = strsep(&line, " ")))
		if (*word)
			argv[n++] = word;
	for (size_t i = 0; i < b->n; i++) {
		snprintf(seed[i], sizeof(seed[i]), "%llu", (unsigned long long)b->plan[i].seed);
		argv[n++] = seed[i];
	}
	argv[n] = NULL;
	execv(argv[0], argv);
	_exit(127);
}

static volatile pid_t proving;

/* On any end, also if the load never ends, end prove and its command first. */
static void end_prove(int sig)
{
	if (proving > 0)
		kill(-proving, sig == SIGALRM ? SIGKILL : SIGTERM);
	if (sig != SIGALRM) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

void batch_init(struct oracle *o)
{
	signal(SIGALRM, end_prove);
	signal(SIGTERM, end_prove);
	signal(SIGINT, end_prove);
}

/* Returns 0 if there is a report. */
static int prove(struct batch *b)
{
	char choices[2048] = "";
	int status;
	FILE *f = fmemopen(choices, sizeof(choices), "w");

	oracle_print_choices(b->o, f);
	fclose(f);
	snprintf(b->report, sizeof(b->report), "%s/report", b->o->scratch);
	fflush(stdout);
	proving = fork();
	if (!proving)
		run_prove(b, choices);
	if (proving < 0)
		return -1;
	alarm(LONGEST_S);
	while (waitpid(proving, &status, 0) < 0 && errno == EINTR)
		;
	alarm(0);
	proving = 0;
	/* 0, 1 and 3 are verdicts */
	if (WIFEXITED(status) && WEXITSTATUS(status) <= 3 && WEXITSTATUS(status) != 2)
		return 0;
	fprintf(stderr, "oracle: fuselens prove ended with status %#x\n", status);
	return -1;
}

static void tell(struct oracle *o, const struct trial *t)
{
	static const char *const outcome[] = {"exact", "within what is said", "DIFFERENT"};

	o->seeds++;
	o->writes += t->writes;
	o->unsure += t->said;
	o->exact += t->outcome == OUTCOME_EXACT;
	o->said += t->outcome == OUTCOME_SAID;
	o->different += t->outcome == OUTCOME_DIFFERENT;
	if (o->verbose)
		printf("seed %llu: %llu writes, %s\n", (unsigned long long)t->plan->seed,
		       (unsigned long long)t->writes, outcome[t->outcome]);
	if (t->outcome != OUTCOME_DIFFERENT)
		return;
	plan_print(t->plan, &o->wish, stdout);
	printf("%s  again: tests/oracle/run --evidence %s ", t->why, o->evidence);
	oracle_print_choices(o, stdout);
	printf(" %llu\n", (unsigned long long)t->plan->seed);
	fflush(stdout);
}

int batch_run(struct batch *b)
{
	int ret = -1;

	if (!prepare(b) && !prove(b) && !compare(b->report, b->trial, b->n)) {
		ret = OUTCOME_EXACT;
		for (size_t i = 0; i < b->n; i++) {
			if ((int)b->trial[i].outcome > ret)
				ret = b->trial[i].outcome;
			tell(b->o, &b->trial[i]);
		}
	} else {
		b->o->broken += b->n;
		printf("not compared: seed");
		for (size_t i = 0; i < b->n; i++)
			printf(" %llu", (unsigned long long)b->plan[i].seed);
		printf("\n");
	}
	clean_up(b);
	return ret;
}

int batch_drive(struct oracle *o, char *const *seeds, int n)
{
	char path[PLACE_PATH];
	struct plan p;

	for (int i = 0; i < n; i++) {
		struct plan_wish wish = o->wish;
		struct ledger *l;

		wish.seed = strtoull(seeds[i], NULL, 0);
		plan_make(&p, &wish);
		ledger_path(o, wish.seed, path);
		l = ledger_map(path, false);
		if (!l)
			return 1;
		drive(&o->place, &p, l);
		ledger_unmap(l);
	}
	return 0;
}
