# SPDX-License-Identifier: GPL-2.0
"""What tandem balance said for people to read: its tables, and moves."""


def looks(lines, config):
    """Each look's text: it begins with the time, in brackets."""
    found = []
    for line in lines:
        if not line.startswith("said %s " % config):
            continue
        text = line.split(" ", 2)[2]
        if text.startswith("["):
            found.append("")
        if found:
            found[-1] += text
    return [text.rstrip() for text in found]


def first_and_last(lines, config):
    """And all that was moved in between."""
    texts = looks(lines, config)
    moves = [text for look in texts[:-1] for text in moved(look)]
    return "\n\n".join(filter(None, [*map(table, texts[:1]), "\n".join(moves),
                                     *map(table, texts[1:][-1:])]))


def moved(look):
    return [line for line in look.split("\n") if line.startswith("moving ")]


def table(look):
    return "\n".join(line for line in look.split("\n")
                     if not line.startswith(("moving ", "  undo: ")))
