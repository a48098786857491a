/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The line between the counter and the machine: a virtio port there, a socket of QEMU's
 * here. One command a line, and an answer to each that ends with "ok N" or "error TEXT":
 *
 *	pages NAME	the frames of NAME follow, as lines "FIRST LAST" in hexadecimal,
 *			to the line "end"; ok says how many pages that were
 *	reset		count from zero again
 *	stop		count nothing until the next reset
 *	read		a line for each place (counts_print())
 */
#ifndef LAB_TALK_H
#define LAB_TALK_H

#include <stdbool.h>

#include "layout.h"

/**
 * talk_start() - answer in a thread of its own
 * @name: of the socket, without the zero that abstract names begin with
 *
 * Return: false where there can be no thread.
 */
bool talk_start(const struct layout *l, const char *name);

#endif
