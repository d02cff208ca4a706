// SPDX-License-Identifier: GPL-2.0-only
/* How a report's document is written in each format, whatever is in it. */
#include "rendered.h"

static void long_words_are_cut(void **state)
{
	struct fl_doc doc = {};
	char word[301], *text;

	memset(word, 'x', 300);
	word[300] = '\0';
	fl_doc_para(&doc, "%s tail", word);
	fl_doc_table(&doc, "ll", NULL);
	fl_doc_cell(&doc, "key");
	fl_doc_cell(&doc, "%s,%s", word, word);
	text = render(&doc, fl_doc_text);
	assert_width(text, 80);
	free(text);
	fl_doc_free(&doc);
}

/* Lines of 80 columns, none of which begins something else; a table that is too wide becomes a list. */
static void markdown_for_mail(void **state)
{
	struct fl_doc doc = {};
	char *text;

	fl_doc_para(&doc, "%074d over - _no_ new list", 0);
	fl_doc_para(&doc, "%078d 12. nor one with numbers", 0);
	fl_doc_table(&doc, "ll", NULL);
	fl_doc_cell(&doc, "what");
	fl_doc_cell(&doc, "value");
	fl_doc_cell(&doc, "wide");
	fl_doc_cell(&doc, "%070d and more", 0);
	fl_doc_table(&doc, "lll", NULL);
	for (int i = 0; i < 3; i++)
		fl_doc_cell(&doc, "%s", (const char *const[]){"what", "A", "B"}[i]);
	fl_doc_cell(&doc, "key");
	fl_doc_cell(&doc, "%040d", 0);
	fl_doc_cell(&doc, "%040d", 1);
	text = render(&doc, fl_doc_markdown);
	assert_says(text, "over\n\\- \\_no\\_ new list");
	assert_says(text, "\n12\\. nor");
	assert_says(text, "\n- wide: 0000");
	assert_says(text, "00\n  and more\n");
	assert_says(text, "\n- key: A 00");
	assert_says(text, "0; B\n  00");
	assert_width(text, 80);
	free(text);
	fl_doc_free(&doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_words_are_cut),
		cmocka_unit_test(markdown_for_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
