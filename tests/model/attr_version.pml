/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replies that carry attributes against writers that do not take fi->lock, as series 'next' has it: an
 * overwrite, an extending write, two requests for attributes, a truncate by somebody else at the server,
 * and a stat(2) that takes no lock. Spin tries every interleaving; tests/lab/next_model.sh says which variants must fail.
 *
 * Spin knows one memory, in which everything happens in one order. A barrier that is left out is
 * therefore modelled by what it forbids: the two accesses in the other order.
 *
 * Variants (-D), else the chosen design:
 *   STOCK          changes are counted, and the lock is taken for each
 *   V1             a writer counts, and stores what it drew without the lock
 *   MAXIMUM        the same, but never stores less than there is
 *   NO_COUNT       requests are not counted
 *   NO_MB          a writer reads the counter before its change can be seen
 *   LOOK_FIRST     the server looks at the attributes before the request is counted
 *   MASK_FIRST     a writer looks at inval_mask before the version
 *   SIZE_FIRST     a writer looks at i_size before the version
 *   VERSION_FIRST  a reply stores the version before what it brings
 *   STAT_FIRST     stat(2) looks at the attributes before inval_mask and i_time (with STAT)
 *   TIME_FIRST     a reply sets i_time before what it brings
 *   LATE           a stale reply to SETATTR lets attributes time out after it has brought its own
 *   LOCAL          the truncate is made on this mount, by fuse_do_setattr()
 *   CHMOD          with LOCAL: it changes the mode only, while asynchronous writes go on
 *   STAT           with stat(2)
 *   BIRTH          with STAT: replies bring the time of birth, too, which has a bit of its own in inval_mask
 *   BIRTH_FIRST    the same, but a reply calls it valid before it brings it, as unpatched kernels do
 *   ONE            the extending write only
 *   NO_LOCK        not even fi->lock is needed to see what is right
 *   SHORT          one request only
 */
#define WRITERS 2
#define OLD_SIZE 2
#define END(w) ((w) == 0 -> OLD_SIZE : OLD_SIZE + 1)
#define CUT_SIZE 1
#define BIT(w) (1 << (w))

/* the server: which writes it has seen, the size, and which writes a truncate has come after */
byte written, size = OLD_SIZE, cut;
/* the kernel: fc->attr_version, fi->attr_version, inval_mask, what attributes it has, and if for long */
byte counter = 1, version, i_size = OLD_SIZE, known;
bool inval, timely = true;
/* whether the kernel has the time of birth, and whether it takes it for valid */
bool birth, birth_valid;
/* a stale reply to SETATTR has been applied, to be asked for again at once */
bool stale_setattr;
bool fi_lock, inode_lock;
/* writes that have returned to their callers */
byte returned;

/*
 * What is believed has all the writes that have returned; and no reply from before a write has made i_size
 * smaller than its end, believed or not. Unpatched that is so when nobody holds fi->lock.
 */
#define BELIEVED (!inval && timely)
#ifdef CHMOD
#define ASKED_AGAIN (!timely)
#else
#define ASKED_AGAIN false
#endif
#define SIZE_OK(w) (ASKED_AGAIN || !(returned & BIT(w)) || (cut & BIT(w)) || i_size >= END(w))
#ifdef NO_LOCK
#define EXCUSED false
#else
#define EXCUSED fi_lock
#endif
#define RIGHT (EXCUSED || \
	((!BELIEVED || (known & returned) == returned) && SIZE_OK(0) && SIZE_OK(1)))

inline lock()
{
	atomic { !fi_lock -> fi_lock = true }
}

inline unlock()
{
	atomic { fi_lock = false; assert(RIGHT) }
}

inline write_at_server(w)
{
	atomic {
		written = written | BIT(w);
		cut = cut & ~BIT(w);
		if
		:: size < END(w) -> size = END(w)
		:: else
		fi
	}
}

inline extend(w)
{
	if
	:: END(w) > i_size -> i_size = END(w)
	:: else
	fi
}

proctype writer(byte w)
{
	byte c, seen_size;
	bool seen_inval;

#if defined(LOCAL) && !defined(CHMOD)
	/* the inode lock keeps a truncate out while the data is written, not at completion */
	atomic { !inode_lock -> write_at_server(w) }
#elif defined(NO_MB)
	c = counter;
	write_at_server(w);
#else
	write_at_server(w);
#endif

#ifdef STOCK
	lock();
	atomic { counter++; version = counter };
	extend(w);
	unlock();
	inval = true;
#elif defined(V1) || defined(MAXIMUM)
	atomic { counter++; c = counter };
#ifdef V1
	version = c;
#else
	atomic {
		if
		:: version < c -> version = c
		:: else
		fi
	};
#endif
	inval = true;
	if
	:: END(w) > i_size ->
		lock();
		extend(w);
		unlock()
	:: else
	fi;
#else
#ifndef NO_MB
	c = counter;
#endif
#ifdef MASK_FIRST
	seen_inval = inval;
#endif
#ifdef SIZE_FIRST
	seen_size = i_size;
#endif
	if
	:: version < c -> goto slow
	:: else
	fi;
#ifndef SIZE_FIRST
	seen_size = i_size;
#endif
	if
	:: END(w) > seen_size -> goto slow
	:: else -> goto mask
	fi;
slow:
	lock();
	extend(w);
	version = counter;
	unlock();
mask:
#ifndef MASK_FIRST
	seen_inval = inval;
#endif
	if
	:: !seen_inval -> inval = true
	:: else
	fi;
#endif
	atomic { returned = returned | BIT(w); assert(RIGHT) }
}

inline ask(number)
{
#ifdef NO_COUNT
	number = counter
#else
#if defined(STOCK) || defined(V1) || defined(MAXIMUM)
	number = counter
#else
	atomic { number = counter; counter++ }
#endif
#endif
}

inline raise_version()
{
#if defined(STOCK) || defined(V1) || defined(MAXIMUM)
	atomic { counter++; version = counter }
#else
	version = counter
#endif
}

/* Unpatched, inval_mask is cleared first, then i_time is set, and i_size comes last. */
inline apply(writes, bytes, asked_in_time)
{
#if defined(STOCK) || defined(V1) || defined(MAXIMUM)
	inval = false;
	raise_version();
	timely = asked_in_time;
	known = writes;
	i_size = bytes
#else
#ifdef VERSION_FIRST
	raise_version();
#endif
#ifdef TIME_FIRST
	timely = asked_in_time;
#endif
#ifdef BIRTH_FIRST
	birth_valid = true;
	birth = true;
#elif defined(BIRTH)
	birth = true;
	birth_valid = true;
#endif
	known = writes;
	i_size = bytes;
#ifndef TIME_FIRST
	timely = asked_in_time;
#endif
	inval = false;
#ifndef VERSION_FIRST
	raise_version()
#endif
#endif
}

proctype getattr()
{
	byte number, writes, bytes;

#ifdef LOOK_FIRST
	atomic { writes = written; bytes = size };
	ask(number);
#else
	ask(number);
	atomic { writes = written; bytes = size };
#endif
	lock();
	if
	:: version > number
	:: else -> apply(writes, bytes, true)
	fi;
	unlock()
}

proctype truncate()
{
	byte number, writes, bytes;
	bool in_time;

#ifdef LOCAL
	inode_lock = true;
	ask(number);
	atomic {
#ifndef CHMOD
		size = CUT_SIZE;
		cut = written;
#endif
		writes = written;
		bytes = size
	};
	lock();
	/* what has changed meanwhile is asked for again at once */
	in_time = (version <= number);
	if
	:: !in_time ->
		atomic {
			stale_setattr = true;
#ifndef LATE
			timely = false
#endif
		}
	:: else
	fi;
	apply(writes, bytes, in_time);
	unlock();
	inode_lock = false
#else
	atomic { size = CUT_SIZE; cut = written }
#endif
}

/*
 * By a task that knows of writes that have returned. A stale reply to SETATTR changes attributes under the
 * eyes of who found valid ones before; the series leaves this as it is.
 */
proctype stat()
{
	byte must_know, seen;
	bool valid, stale_before, birth_expected;

	d_step { must_know = returned; stale_before = stale_setattr };
#ifdef STAT_FIRST
	seen = known;
#endif
	/* one look at inval_mask */
	d_step { valid = !inval; birth_expected = birth_valid };
	valid = valid && timely;
#ifndef STAT_FIRST
	seen = known;
#endif
	assert(!valid || (seen & must_know) == must_know || stale_before != stale_setattr);
	assert(!birth_expected || birth)
}

init {
	atomic {
		if
		:: version = 0
		:: version = 1
		fi;
		if
		:: inval = true
		:: inval = false
		fi;
#ifndef ONE
		run writer(0);
#endif
		run writer(1);
#ifdef STAT
		run stat();
#endif
		run getattr();
#ifndef SHORT
		run getattr();
#endif
		run truncate()
	}
}
