# SPDX-License-Identifier: GPL-2.0
"""Tests of tandem record idle: (good, name, notes...) each.

In traces/cpus.trace, in us after 100 s:

    CPU 0   halted from 100 to 150, and from 310 to 3000310
    CPU 1   polled from 110 to 115, then somebody ran
            polled from 300, and halted from 351 to 500: one idle
            polled from 600 to 630 in three calls, then somebody ran
            halted from 1000000, but events were lost
    CPU 2   was idle when the trace began
    CPU 3   halted from 999999 to 2000001
"""

import os
import shutil

HERE = os.path.dirname(os.path.realpath(__file__))
HEAD = "# WHO NS\n"

GOOD = [
    ("cpus.trace", [], "cpu1 5000\ncpu0 50000\ncpu1 200000\ncpu1 30000\ncpu3 1000002000\n"
     "cpu0 3000000000\n", "6 idles; events were lost 1 times: a larger --buffer-kb may help"),
    ("cycles.trace", ["--khz", "2000000"], "cpu0 500\ncpu0 1000000000\n", "2 idles"),
    ("vcpus.trace", ["--vcpus"], "vcpu1234 52342\nvcpu1235 812\nvcpu1235 0\n"
     "vcpu4194303 9000000000\nvcpu1234 1\n", "5 idles"),
]

IDLE = "          <idle>-0       [000] d..1. %s: cpu_idle: %s\n"
BAD = [
    ("cycles", IDLE % ("7204060803210", "state=1 cpu_id=0")),
    ("a CPU beyond all", IDLE % ("1.000000", "state=1 cpu_id=8192")),
    ("no state", IDLE % ("1.000000", "cpu_id=1")),
    ("a time that can't be", IDLE % ("99999999999.000000", "state=1 cpu_id=0")),
    ("no PID", " x: 1.0: cpu_idle: state=1 cpu_id=0\n"),
    ("a negative length", "  CPU 0/KVM-12 [001] 1.000000: kvm_vcpu_wakeup: wait time -1 ns, x\n"),
]

CALLS = [
    (["record"], 2, "", "tandem record: what"),
    (["record", "dance"], 2, "", "tandem record: what"),
    (["record", "--help"], 0, "usage: tandem record idle", ""),
    (["record", "idle", "--help"], 0, "usage: tandem record idle", ""),
    (["help", "record"], 0, "usage: tandem record idle", ""),
    (["--json", "record", "idle"], 2, "", "no JSON"),
    (["record", "idle", "now"], 2, "", "what is now"),
    (["record", "idle", "--dance"], 2, "", "--dance.*\nSee tandem help record"),
    (["record", "idle", "--seconds", "0"], 2, "", "--seconds 0: not a number from 1 to 3600"),
    (["record", "idle", "--buffer-kb", "x"], 2, "", "--buffer-kb x: not a number from 64 to"),
    (["record", "idle", "--khz", "1e6"], 2, "", "--khz 1e6: not a number from 1000 to"),
    (["record", "idle", "--from", "/nonexistent"], 1, HEAD, "/nonexistent: No such file"),
    (["record", "idle", "--from", "/dev/null"], 1, HEAD, "/dev/null: nobody was idle"),
    (["record", "idle", "--output", "/nonexistent/x"], 1, "", "/nonexistent/x: No such file"),
    (["--root", "/dev", "record", "idle"], 1, "", "it takes root, and tracefs on"),
]

TESTS = len(GOOD) + len(BAD) + 2


def good_files(tool, folder):
    for name, options, want, said in GOOD:
        path = shutil.copy(os.path.join(HERE, "traces", name), folder)
        status, out, err = tool("record", "idle", "--from", path, *options)
        yield (status == 0 and out == HEAD + want and err == "tandem record: %s\n" % said,
               "record: " + name, status, out, err)


def bad_files(tool, folder):
    path = os.path.join(folder, "bad.trace")
    for name, text in BAD:
        with open(path, "w") as f:
            f.write("# bad on purpose\n" + text)
        status, _, err = tool("record", "idle", "--from", path)
        yield (status == 1 and "bad.trace:2: not an event" in err,
               "record: refused: " + name, status, err)


def simulated(tool, folder):
    """What was recorded is what the simulator reads."""
    path = os.path.join(folder, "recorded.idles")
    trace = shutil.copy(os.path.join(HERE, "traces", "cpus.trace"), folder)
    with open(path, "w") as f:
        f.write(tool("record", "idle", "--from", trace)[1])
    status, out, err = tool("sim", "poll", "--trace", path)
    names = [line.split()[0] for line in out.splitlines()]
    yield (status == 0 and names == ["pattern"] + ["recorded-cpu%d" % n for n in (1, 0, 3)],
           "record: tandem sim poll reads it", out, err)


def document(tool):
    with open(os.path.join(HERE, "..", "..", "Documentation", "tandem.rst")) as f:
        text = f.read()
    options = [word for line in tool("help", "record")[1].splitlines()
               for word in line.split()[:1] if word.startswith("--")]
    missing = [option for option in options if "``%s" % option not in text]
    yield options and not missing, "Documentation/tandem.rst has all options of record", *missing


def tests(tool, folder):
    """TESTS of them."""
    yield from good_files(tool, folder)
    yield from bad_files(tool, folder)
    yield from simulated(tool, folder)
    yield from document(tool)
