// SPDX-License-Identifier: GPL-2.0-only
/* Text for people: hostile names, scaled numbers, aligned columns. */
#include <json-c/json.h>

#include "check.h"
#include "util/json.h"
#include "util/table.h"
#include "util/text.h"

static void assert_escaped(const char *name, const char *want)
{
	char *got = fl_escape(name);

	assert_string_equal(got, want);
	free(got);
}

static void escapes_what_a_terminal_would_obey(void **state)
{
	assert_escaped("plain name-1.txt", "plain name-1.txt");
	assert_escaped("a\nb\tc", "a\\nb\\tc");
	assert_escaped("\033[2J\007", "\\x1b[2J\\x07");
	assert_escaped("back\\slash", "back\\\\slash");
	assert_escaped("\x7f", "\\x7f");
	/* C1 control CSI, encoded */
	assert_escaped("\xc2\x9b"
		       "31m",
		       "\\xc2\\x9b31m");
	/* right-to-left override */
	assert_escaped("\xe2\x80\xae"
		       "gpj.exe",
		       "\\xe2\\x80\\xaegpj.exe");
}

static void assert_word(const char *name, const char *want)
{
	char *got = fl_shell_word(name);

	assert_string_equal(got, want);
	free(got);
}

/* Commands in hints can be copied. */
static void words_of_a_shell(void **state)
{
	assert_word("/tmp/r-1.2_x", "/tmp/r-1.2_x");
	assert_word("my result", "'my result'");
	assert_word("$(reboot)", "'$(reboot)'");
	assert_word("it's", "'it'\\''s'");
	assert_word("~", "'~'");
	assert_word("", "''");
}

static void keeps_utf8_and_escapes_what_is_none(void **state)
{
	assert_escaped("gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x90\xa7",
		       "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x90\xa7");
	assert_escaped("\xff\xfe", "\\xff\\xfe");
	assert_escaped("cut\xe6\x97", "cut\\xe6\\x97");
	/* overlong '/', a surrogate, past U+10FFFF */
	assert_escaped("\xc0\xaf", "\\xc0\\xaf");
	assert_escaped("\xed\xa0\x80", "\\xed\\xa0\\x80");
	assert_escaped("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
}

static void utf8_replaces_bad_bytes(void **state)
{
	char *got = fl_utf8("a\xff"
			    "b\xc3\xbc\n");

	assert_string_equal(got, "a\xef\xbf\xbd"
				 "b\xc3\xbc\n");
	free(got);
}

static void json_has_no_control_either(void **state)
{
	static const char name[] = "gr\xc3\xbc\xc3\x9f\\\x1b[31m\x7f\xc2\x9b"
				   "31m\xe2\x80\xae\xe2\x81\xa6\n";
	struct json_object *o = json_object_new_object();
	char *got = NULL;
	size_t len;
	FILE *f = open_memstream(&got, &len);

	fl_json_name(o, "name", name);
	fl_json_print(o, f, false);
	fclose(f);
	assert_string_equal(
		got,
		"{\"name\":\"gr\xc3\xbc\xc3\x9f\\\\\\u001b[31m\\u007f\\u009b31m\\u202e\\u2066\\n\"}\n");
	o = json_tokener_parse(got);
	assert_string_equal(json_object_get_string(json_object_object_get(o, "name")), name);
	json_object_put(o);
	free(got);
}

static void groups_and_scales(void **state)
{
	char b[32];

	assert_string_equal(fl_grouped(0, b, sizeof(b)), "0");
	assert_string_equal(fl_grouped(999, b, sizeof(b)), "999");
	assert_string_equal(fl_grouped(1000, b, sizeof(b)), "1,000");
	assert_string_equal(fl_grouped(1234567, b, sizeof(b)), "1,234,567");
	assert_string_equal(fl_grouped(~0ull, b, sizeof(b)), "18,446,744,073,709,551,615");
	assert_string_equal(fl_bytes(512, b, sizeof(b)), "512 B");
	assert_string_equal(fl_bytes(1536, b, sizeof(b)), "1.5 KiB");
	assert_string_equal(fl_bytes(200ull << 20, b, sizeof(b)), "200 MiB");
	assert_string_equal(fl_duration(999, b, sizeof(b)), "999 ns");
	assert_string_equal(fl_duration(1500, b, sizeof(b)), "1.5 us");
	assert_string_equal(fl_duration(2000000, b, sizeof(b)), "2.0 ms");
	assert_string_equal(fl_duration(3000000000ull, b, sizeof(b)), "3.0 s");
}

static void percent_never_rounds_to_all_or_none(void **state)
{
	char b[16];

	assert_string_equal(fl_percent(0, 0, b, sizeof(b)), "-");
	assert_string_equal(fl_percent(0, 5, b, sizeof(b)), "0.0 %");
	assert_string_equal(fl_percent(1, 1000000, b, sizeof(b)), "<0.1 %");
	assert_string_equal(fl_percent(999999, 1000000, b, sizeof(b)), ">99.9 %");
	assert_string_equal(fl_percent(5, 5, b, sizeof(b)), "100.0 %");
	assert_string_equal(fl_percent(1, 3, b, sizeof(b)), "33.3 %");
}

static void table_aligns_by_shown_width(void **state)
{
	struct fl_table *t = fl_table_new(3);
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fl_table_align(t, "lrl");
	for (int i = 0; i < 6; i++)
		fl_table_cell(
			t, "%s",
			(const char *const[]){"name", "n", "note", "\xc3\xbc", "1,000", "x"}[i]);
	fl_table_print(t, f, 2);
	fclose(f);
	assert_string_equal(text, "  name      n  note\n  \xc3\xbc     1,000  x\n");
	free(text);
	fl_table_free(t);
}

static void slips_of_the_keyboard(void **state)
{
	assert_true(fl_meant("stta", "stat"));
	assert_true(fl_meant("reprot", "report"));
	assert_true(fl_meant("durtion", "duration"));
	assert_true(fl_meant("ver", "verify"));
	assert_false(fl_meant("s", "stat"));
	assert_false(fl_meant("start", "top"));
	assert_false(fl_meant("", "top"));
	assert_false(fl_meant("xyzzy", "files"));
	assert_false(fl_meant("a-word-that-is-longer-than-any-option-ever-was", "top"));
}

static void a_table_wraps_its_last_column(void **state)
{
	struct fl_table *t = fl_table_new(2);
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fl_table_align(t, "rl");
	fl_table_wrap(t);
	fl_table_cell(t, "1");
	fl_table_cell(
		t, "%s",
		"word word word word word word word word word word word word word word word word");
	fl_table_cell(t, "10");
	fl_table_cell(t, "b");
	fl_table_print(t, f, 2);
	fclose(f);
	fl_table_free(t);
	assert_string_equal(
		text,
		"   1  word word word word word word word word word word word word word word word\n"
		"      word\n"
		"  10  b\n");
	free(text);
}

static void a_line_does_not_end_before_a_percent_sign(void **state)
{
	const char *text =
		"a line of seventy columns, which leave room for the number but no sign: 67 %.";
	char *got = NULL;
	size_t len;
	FILE *f = open_memstream(&got, &len);

	assert_non_null(f);
	fl_wrap(f, text, 5, 0);
	fclose(f);
	assert_non_null(strstr(got, "\n67 %."));
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_what_a_terminal_would_obey),
		cmocka_unit_test(words_of_a_shell),
		cmocka_unit_test(keeps_utf8_and_escapes_what_is_none),
		cmocka_unit_test(utf8_replaces_bad_bytes),
		cmocka_unit_test(json_has_no_control_either),
		cmocka_unit_test(groups_and_scales),
		cmocka_unit_test(percent_never_rounds_to_all_or_none),
		cmocka_unit_test(table_aligns_by_shown_width),
		cmocka_unit_test(slips_of_the_keyboard),
		cmocka_unit_test(a_table_wraps_its_last_column),
		cmocka_unit_test(a_line_does_not_end_before_a_percent_sign),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
