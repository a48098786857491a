# SPDX-License-Identifier: GPL-2.0
"""What a KVM selftest gave, and whether that is the same everywhere."""

import re


def place(output):
    """Where it failed: elsewhere than before is a difference too."""
    found = [re.match(r"#\s+(\S+\.[ch]:\d+): ", line) for line in output]
    return next((" at " + match[1] for match in found if match), "")


def meaning(status, output):
    """kselftest's exit codes; timeout's when it had to stop a test."""
    if status in (124, 137, 143):
        return "hang"
    return {0: "pass", 4: "skip"}.get(status, "fail" + place(output))


def judge(must, found):
    """Whether {config: result} is good, and the results in one line.

    must is "pass" or "any". None: the machine ended before the test did.
    """
    results = set(found.values())
    good = len(results) == 1 and None not in results and (must == "any" or results == {"pass"})
    if len(results) == 1:
        return good, "%s in all" % (results.pop() or "no result")
    return good, ", ".join("%s in %s" % (result or "no result", config)
                           for config, result in found.items())
