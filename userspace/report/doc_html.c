// SPDX-License-Identifier: GPL-2.0-only
/*
 * A document as one HTML page that loads nothing from the network. Style and figures are inside.
 * Its own policy forbids scripts and requests, whatever a name from the system contains.
 */
#include "report/doc.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"

static const char style[] =
	":root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--fg:#1b1f24;--muted:#5b636d;"
	"--line:#e1e4e8;--mount:#1f5fae;--raw:#7b8490;--exclusive:#c2412b;--shared:#12806a;"
	"--upgrade:#a86a00;--spin:#8030f0;--other:#0e7c9a;--good:#12806a;--bad:#c2412b;"
	"--mixed:#a86a00}"
	"@media(prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1a1e23;--fg:#e4e7eb;"
	"--muted:#9aa4af;--line:#2e343b;--mount:#74aef2;--raw:#98a2ad;--exclusive:#ff8a73;"
	"--shared:#4ecbaa;--upgrade:#eab354;--spin:#9070f0;--other:#5fc6e3;--good:#4ecbaa;"
	"--bad:#ff8a73;--mixed:#eab354}}"
	"*{box-sizing:border-box}"
	"html{-webkit-text-size-adjust:100%}"
	"body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.55 system-ui,"
	"-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"DejaVu Sans\",sans-serif}"
	"main{max-width:80rem;margin:0 auto;padding:2.2rem 1.1rem 4rem}"
	"h1{font-size:1.55rem;line-height:1.25;letter-spacing:-.01em;margin:0 0 1rem;"
	"overflow-wrap:anywhere;text-wrap:balance}"
	"h2{font-size:1.12rem;margin:2.4rem 0 .7rem;padding-top:1.1rem;"
	"border-top:1px solid var(--line)}"
	"h3{font-size:1rem;margin:1.6rem 0 .5rem}"
	"p,ul{max-width:46rem;margin:.7rem 0}ul{padding-left:1.15rem}"
	"li{margin:.3rem 0;overflow-wrap:anywhere}"
	".note,figcaption{color:var(--muted);font-size:.88rem}"
	".verdict{display:flex;flex-wrap:wrap;gap:.35rem .8rem;align-items:baseline;"
	"max-width:none;font-size:1.05rem;margin:.6rem 0;padding:.75rem "
	"1rem;background:var(--card);"
	"border:1px solid var(--line);border-left:4px solid var(--tone,var(--muted));"
	"border-radius:6px}"
	".verdict strong{color:var(--tone,var(--fg));letter-spacing:.04em}"
	".verdict span{overflow-wrap:anywhere}"
	".good{--tone:var(--good)}.bad{--tone:var(--bad)}.mixed{--tone:var(--mixed)}"
	".scroll{overflow-x:auto;margin:.8rem 0;max-width:max-content;width:100%}"
	"table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}"
	"caption{text-align:left;color:var(--muted);font-size:.88rem;padding:0 0 .5rem;"
	"max-width:46rem}"
	"th,td{padding:.34rem .8rem .34rem 0;text-align:left;vertical-align:top;"
	"border-bottom:1px solid var(--line)}"
	"th{color:var(--muted);font-weight:600;font-size:.84rem;white-space:nowrap}"
	"td.r,th.r{text-align:right;white-space:nowrap;padding-left:.5rem}"
	"td:last-child:not(.r){overflow-wrap:anywhere;min-width:12rem}"
	".figures{display:grid;gap:1.1rem;margin:1.4rem 0;"
	"grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr))}"
	"@media(min-width:70rem){.figures:has(figure:nth-child(3):last-child),"
	".figures:has(figure:nth-child(5):last-child){grid-template-columns:repeat(6,1fr)}"
	".figures:has(figure:nth-child(3):last-child)>figure,"
	".figures:has(figure:nth-child(5):last-child)>figure{grid-column:span 2}"
	".figures:has(figure:nth-child(5):last-child)>figure:nth-child(n+4)"
	"{grid-column:span 3}}"
	"figure{margin:0;padding:.9rem .9rem .7rem;background:var(--card);"
	"border:1px solid var(--line);border-radius:8px}"
	"figure h3{font-size:.98rem;margin:0 0 .5rem}"
	"figure:only-child svg{max-width:38rem}"
	"figure svg{display:block;width:100%;height:auto;max-width:31rem;margin:0 auto;"
	"color:var(--muted)}"
	"figcaption{margin-top:.45rem}"
	"@media(max-width:32rem){main{padding:1.2rem .8rem 3rem}body{font-size:15px}"
	"h1{font-size:1.3rem}figure{padding:.7rem .5rem .5rem}}"
	"@media print{body{background:#fff}figure{break-inside:avoid}}";

static void put(FILE *out, const char *text)
{
	char *safe = fl_escape(text ? text : "");

	for (const char *p = safe ? safe : ""; *p; p++) {
		switch (*p) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		case '-':
			/* keep "fi->lock" one word */
			fputs(p[1] == '>' ? "-&#8288;" : "-", out);
			break;
		default:
			fputc(*p, out);
		}
	}
	free(safe);
}

static void element(FILE *out, const char *tag, const char *class, const char *text)
{
	fprintf(out, class ? "<%s class=\"%s\">" : "<%s>", tag, class);
	put(out, text);
	fprintf(out, "</%s>\n", tag);
}

static void table(FILE *out, const struct fl_block *b)
{
	/* a region that scrolls must be reachable by keyboard */
	fputs("<div class=\"scroll\" tabindex=\"0\"><table>\n", out);
	if (b->text)
		element(out, "caption", NULL, b->text);
	for (size_t i = 0; i < b->ncells; i++) {
		int c = i % b->columns;
		bool head = i < (size_t)b->columns;

		if (!c)
			fputs("<tr>", out);
		fprintf(out, "<%s%s%s>", head ? "th" : "td",
			b->align[c] == 'r' ? " class=\"r\"" : "", head ? " scope=\"col\"" : "");
		put(out, b->cell[i]);
		fprintf(out, "</%s>", head ? "th" : "td");
		if (c == b->columns - 1)
			fputs("</tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

static void figure(FILE *out, const struct fl_block *b)
{
	fputs("<figure>", out);
	element(out, "h3", NULL, b->text);
	if (b->svg)
		fputs(b->svg, out);
	element(out, "figcaption", NULL, b->word);
	fputs("</figure>\n", out);
}

static void verdict(FILE *out, const struct fl_block *b)
{
	static const char *const classes[] = {
		[FL_TONE_NONE] = "verdict",
		[FL_TONE_GOOD] = "verdict good",
		[FL_TONE_BAD] = "verdict bad",
		[FL_TONE_MIXED] = "verdict mixed",
	};

	fprintf(out, "<p class=\"%s\">", classes[b->tone]);
	element(out, "strong", NULL, b->word);
	element(out, "span", NULL, b->text);
	fputs("</p>\n", out);
}

/* Neighbours of the same kind share one container. */
static void open_close(FILE *out, const struct fl_doc *doc, size_t i, enum fl_block_kind kind,
		       const char *open, const char *close, bool begin)
{
	bool before = i && doc->block[i - 1].kind == kind;
	bool after = i + 1 < doc->nblocks && doc->block[i + 1].kind == kind;

	if (doc->block[i].kind != kind)
		return;
	if (begin && !before)
		fputs(open, out);
	if (!begin && !after)
		fputs(close, out);
}

static void block(FILE *out, const struct fl_block *b)
{
	switch (b->kind) {
	case FL_BLOCK_TITLE:
		element(out, "h1", NULL, b->text);
		break;
	case FL_BLOCK_HEADING:
		element(out, b->deeper ? "h3" : "h2", NULL, b->text);
		break;
	case FL_BLOCK_VERDICT:
		verdict(out, b);
		break;
	case FL_BLOCK_PARA:
		element(out, "p", NULL, b->text);
		break;
	case FL_BLOCK_NOTE:
		element(out, "p", "note", b->text);
		break;
	case FL_BLOCK_ITEM:
		element(out, "li", NULL, b->text);
		break;
	case FL_BLOCK_TABLE:
		table(out, b);
		break;
	case FL_BLOCK_FIGURE:
		figure(out, b);
		break;
	}
}

void fl_doc_html(const struct fl_doc *doc, FILE *out)
{
	const char *title = "fuselens";

	for (size_t i = 0; i < doc->nblocks; i++)
		if (doc->block[i].kind == FL_BLOCK_TITLE && doc->block[i].text)
			title = doc->block[i].text;
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
	      out);
	element(out, "title", NULL, title);
	fprintf(out, "<style>%s</style>\n</head>\n<body>\n<main>\n", style);
	for (size_t i = 0; i < doc->nblocks; i++) {
		open_close(out, doc, i, FL_BLOCK_ITEM, "<ul>\n", "</ul>\n", true);
		open_close(out, doc, i, FL_BLOCK_FIGURE, "<div class=\"figures\">\n", "</div>\n",
			   true);
		block(out, &doc->block[i]);
		open_close(out, doc, i, FL_BLOCK_ITEM, "<ul>\n", "</ul>\n", false);
		open_close(out, doc, i, FL_BLOCK_FIGURE, "<div class=\"figures\">\n", "</div>\n",
			   false);
	}
	fputs("</main>\n</body>\n</html>\n", out);
}
