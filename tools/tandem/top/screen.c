// SPDX-License-Identifier: GPL-2.0
/* The terminal: lines, one of which may be too long, and keys. */
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "screen.h"

#define LEAST_ROWS	8
#define LEAST_COLUMNS	40

static SCREEN *screen;
static size_t scrolled;	/* VMs above the first that is shown */

int screen_begin(void)
{
	setlocale(LC_CTYPE, "");
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return -1;
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	return 0;
}

void screen_end(void)
{
	endwin();
	delscreen(screen);
}

static attr_t attributes(enum look look)
{
	switch (look) {
	case HEAD:
		return A_BOLD;
	case ALARM:
		return A_REVERSE;
	default:
		return A_NORMAL;
	}
}

static void draw_line(int row, const struct line *line)
{
	attrset(attributes(line->look));
	mvaddnstr(row, 0, line->text, COLS);
	attrset(A_NORMAL);
}

/* No further than that the last one is the last line. */
static void limit(const struct lines *lines)
{
	size_t rest = lines->nr - lines->vms, room = LINES - 1;

	room = room > lines->vms ? room - lines->vms : 0;
	if (scrolled + room > rest)
		scrolled = rest > room ? rest - room : 0;
}

static void draw(const struct lines *lines, const char *foot)
{
	size_t row, at;

	erase();
	if (LINES < LEAST_ROWS || COLS < LEAST_COLUMNS) {
		mvaddnstr(0, 0, "the terminal is too small", COLS);
		refresh();
		return;
	}
	limit(lines);
	for (row = 0; row < (size_t)LINES - 1; row++) {
		at = row < lines->vms ? row : row + scrolled;
		if (at < lines->nr)
			draw_line(row, &lines->line[at]);
	}
	attrset(A_BOLD);
	mvaddnstr(LINES - 1, 0, foot, COLS - 1);
	attrset(A_NORMAL);
	refresh();
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void scroll_by(int rows)
{
	if (rows > 0)
		scrolled += rows;
	else
		scrolled -= scrolled < (size_t)-rows ? scrolled : (size_t)-rows;
}

/* Returns whether that is for the caller. */
static int take_key(int key, enum wish *wish)
{
	switch (key) {
	case 'q':
		*wish = QUIT;
		return 1;
	case ' ':
		*wish = SAMPLE;
		return 1;
	case 's':
	case KEY_RIGHT:
		*wish = NEXT_COLUMN;
		return 1;
	case 'S':
	case KEY_LEFT:
		*wish = PREVIOUS_COLUMN;
		return 1;
	case KEY_DOWN:
	case KEY_UP:
		scroll_by(key == KEY_DOWN ? 1 : -1);
		return 0;
	case KEY_NPAGE:
	case KEY_PPAGE:
		scroll_by((key == KEY_NPAGE ? 1 : -1) * LINES / 2);
		return 0;
	default:
		return 0;
	}
}

/* Waits for a key. Returns false where the terminal is gone: there nothing would wait. */
static bool wait_for_key(long long ms)
{
	struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };

	/* A signal, as of a changed size, ends it early. */
	return poll(&terminal, 1, ms > 0 ? ms : 0) <= 0 || terminal.revents == POLLIN;
}

enum wish screen_show(const struct lines *lines, const char *foot, int ms)
{
	long long end = now_ms() + ms;
	enum wish wish = SAMPLE;

	timeout(0);
	do {
		draw(lines, foot);
		if (!wait_for_key(end - now_ms()))
			return QUIT;
		if (take_key(getch(), &wish))
			break;
	} while (now_ms() < end);
	return wish;
}
