# SPDX-License-Identifier: GPL-2.0
"""Sources broken in one place after the other: the test named after it must fail.

A mutant is a tuple that begins with what is out, the file, a text that stands in it once,
and what that becomes; and ends with the test result that must fail.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile


def mutate(folder, name, text, becomes):
    """What is wrong with the mutant itself, or nothing."""
    path = os.path.join(folder, name)
    with open(path) as f:
        source = f.read()
    if source.count(text) != 1:
        return "%s has it %d times, not once: %s" % (name, source.count(text), text)
    with open(path, "w") as f:
        f.write(source.replace(text, becomes))
    return ""


def compiler():
    return os.environ.get("CC", "gcc")


def compiled(folder, sources, flags):
    """Objects of these sources, in a folder, by their sources' names."""
    subprocess.run([compiler(), "-std=gnu11", "-O1", "-w", *flags, "-c", *sources], cwd=folder,
                   check=True)
    names = [os.path.basename(source) for source in sources]
    return {name: os.path.join(folder, name[:-len("c")] + "o") for name in names}


def linked(program, objects, flags=()):
    subprocess.run([compiler(), *objects, *flags, "-o", program], check=True)
    return program


def failures(command, seconds):
    """The results that a test says are not ok, as far as it came."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=seconds).stdout
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode()
    return re.findall(r"^not ok \d+ - (.*)", said, re.M)


def judge(mutant, copy, fails):
    """Whether the right test fails, and what to say where it does not."""
    with tempfile.TemporaryDirectory() as folder:
        wrong = mutate(copy(folder), *mutant[1:4])
        failed = [] if wrong else fails(folder, mutant)
    return any(mutant[-1] in one for one in failed), wrong or "failed: %s" % failed


def run(mutants, copy, fails):
    """All of them, or those that the command line names, as TAP; what a program exits with.

    copy(folder) puts the sources there and returns the folder that the mutants' files are
    in; fails(folder, mutant) returns the failures of the mutant's test.
    """
    chosen = [m for m in mutants if not sys.argv[1:] or m[0] in sys.argv[1:]]
    print("TAP version 13\n1..%d" % len(chosen))
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        judged = pool.map(lambda mutant: judge(mutant, copy, fails), chosen)
        for number, (mutant, (good, note)) in enumerate(zip(chosen, judged), 1):
            bad += not good
            print("%sok %d - without %s: %s" % ("" if good else "not ", number, mutant[0],
                                                mutant[-1]))
            if not good:
                print("# " + note)
            sys.stdout.flush()
    return 1 if bad else 0
