/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_TOP_SCREEN_H
#define TANDEM_TOP_SCREEN_H

#include "view_text.h"

/* What a key, or the end of the interval, asks for. */
enum wish { QUIT, SAMPLE, NEXT_COLUMN, PREVIOUS_COLUMN };

/* Returns -1 where the terminal can do nothing of that, and nothing was changed then. */
int screen_begin(void);
void screen_end(void);

/* Shows them; @foot is the last line. Keys that scroll are dealt with here. */
enum wish screen_show(const struct lines *lines, const char *foot, int ms);

#endif
