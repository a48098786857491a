# SPDX-License-Identifier: GPL-2.0
"""The command line, and a help text that is enough to work with."""

import argparse
import os

from .paths import VM, LabError

USAGE = """lab run [options] SCRIPT [ARG...]
       lab run [options] -c 'COMMANDS' [ARG...]
       lab shell [options]"""

ABOUT = """Boot a host kernel in an emulator, run SCRIPT in it, return its output and exit status.

The machine is QEMU without acceleration (AMD SVM; /dev/kvm is never used) or
Bochs (Intel VMX with posted interrupts). It has no disk: SCRIPT, a shell script
or a program, and your files lie in memory, and SCRIPT runs as root in
/lab/files, with busybox. Real KVM guests run inside: see --guest.
"""

MORE = """exit status:
  that of SCRIPT, if nothing went wrong around it. 125 with a sentence on stderr
  if the kernel panicked, the machine ended without the record that init
  writes last, the kernel log has a splat, kmemleak found something, the taint
  isn't allowed, or (--tap) planned and seen tests differ. 124: so it was, but
  by the emulator's fault: it crashed, a CPU met a triple fault without a word,
  or RCU saw one that VMRUN never gave back. 123: it hung, and nothing else is
  known to be wrong. 2: the lab can't do that. 4: SKIP, something optional is
  missing. Everything is kept in build/lab/NAME/: console.log, result (the raw
  channel), command, emulator.log, resets.log (QEMU's words on resets, and
  triple faults), registers.log (where the CPUs were of a machine that hung).

examples:
  lab run --kernel stock -c 'uname -r; nproc'
  lab run --nodes 2 --cpus 4 --mem 4096 --tap selftests/vm/timer.sh
  lab run --file build/selftests/tick:/bin/tick -c 'tick 1000'
  lab run --guest debian-6.1 --guest-file build/tick --file guest.sh measure.sh
    with measure.sh:              and guest.sh:
      . /lab/lib.sh                 . /lab/lib.sh
      load_kvm && exits_start       phase warm
      on_phase() {                  tick 1000
        exits_read                  phase done
        exits_reset
      }
      guest_run -- guest.sh
  lab run --icount 1 exact.sh      # time counted in instructions: same counts each run
  BOCHS=/opt/bochs/bin/bochs lab run --bochs --cpus 2 posted.sh
  lab shell --guest debian-6.1 --file guest.sh   # then: load_kvm; guest_run -- guest.sh
"""


def library():
    """The heads of the files that lib.sh is made of."""
    heads = ["in SCRIPT, after `. /lab/lib.sh`:\n"]
    for file in sorted((VM / "lib").glob("*.sh")):
        head = file.read_text().split("\n\n")[0].splitlines()[2:]
        heads.append("\n".join("  " + line[2:] for line in head).rstrip() + "\n")
    return "\n".join(heads)


def parser():
    p = argparse.ArgumentParser(prog="lab", usage=USAGE, description=ABOUT,
                                epilog=f"{MORE}\n{library()}",
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    machine(p.add_argument_group("the machine"))
    contents(p.add_argument_group("what is in it"))
    running(p.add_argument_group("running"))
    return p


def machine(g):
    g.add_argument("--kernel", default="host", metavar="K",
                   help="host, stock or debug (build/K/), a name in build/guest/, or the path "
                        "of an image or of a build folder (default: host)")
    g.add_argument("--cpus", type=int, default=2, metavar="N", help="CPUs (default: 2)")
    g.add_argument("--mem", type=int, default=2048, metavar="MIB",
                   help="memory (default: 2048)")
    g.add_argument("--nodes", type=int, default=1, metavar="N",
                   help="NUMA nodes, CPUs and memory split evenly (default: 1)")
    g.add_argument("--dist", metavar="D",
                   help="node distance: 21 for all pairs, or 0-1=21,0-2=31,...")
    g.add_argument("--append", default="", metavar="ARGS", help="more kernel command line")
    g.add_argument("--icount", nargs="?", const="1", metavar="SHIFT",
                   help="time counted in instructions, 2^SHIFT ns each (alone: 1); slower, "
                        "nearly deterministic")
    g.add_argument("--polling", action="store_true",
                   help="with --icount, for guests that poll: they boot on the last CPU, and "
                        "the host ticks by its PIT")
    g.add_argument("--plugin", action="append", default=[], metavar="FILE[,ARG=V]",
                   help="a TCG plugin; what it prints goes to plugin.log")
    g.add_argument("--offnode", nargs="?", const="", metavar="PLUGIN",
                   help="count loads and stores by the nodes of CPU and page; see "
                        "offnode_read (--offnode=FILE.so: with another counter)")
    g.add_argument("--qemu-opt", action="append", default=[], metavar="ARGS",
                   help="more options for QEMU, split at blanks")
    g.add_argument("--bochs", nargs="?", const="", metavar="PATH",
                   help="Bochs instead of QEMU: --bochs=PATH, or $BOCHS")


def contents(g):
    g.add_argument("--file", action="append", default=[], metavar="SRC[:DST]",
                   help="a file, folder, or program with its libraries; DST is a path in "
                        "the machine (default: /lab/files/NAME)")
    g.add_argument("--module", action="append", default=[], metavar="FILE.ko",
                   help="a kernel module, for `load NAME`; those of the kernel are there")
    g.add_argument("--guest", action="append", default=[], metavar="G",
                   help="QEMU and a guest kernel, named as above; may repeat, the first is "
                        "the default")
    g.add_argument("--guest-file", action="append", default=[], metavar="SRC[:DST]",
                   help="like --file, in every guest")
    g.add_argument("--guest-module", action="append", default=[], metavar="FILE.ko",
                   help="like --module, in every guest")


def running(g):
    g.add_argument("-c", dest="commands", metavar="COMMANDS",
                   help="run these shell commands; lib.sh is there already")
    g.add_argument("--timeout", type=float, default=300, metavar="S",
                   help="kill the machine after S seconds (default: 300)")
    g.add_argument("--tap", action="store_true",
                   help="the output is TAP: hold it to its plan")
    g.add_argument("--allow-taint", type=int, default=4096, metavar="MASK",
                   help="taint bits that are no failure (default: 4096, out of tree)")
    g.add_argument("--name", metavar="NAME", help="log folder build/lab/NAME/ (default: "
                                                  "from the script and the kernel)")
    g.add_argument("--keep", action="store_true",
                   help="keep the initramfs, so that the command can be run by hand")


def split(p, argv):
    """Options end at the script: what comes after is its own. Values are glued to
    their options, so that they may begin with a dash."""
    takes_value = {name for action in p._actions for name in action.option_strings
                   if action.nargs is None}
    own, rest = [], list(argv)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word == "--":
            break
        if word in takes_value and rest:
            word += ("=" if word.startswith("--") else "") + rest.pop(0)
        elif word == "--icount" and rest and rest[0].isdigit():
            word += "=" + rest.pop(0)
        own.append(word)
    return own, rest


def parse(argv):
    p = parser()
    if not argv or argv[0] in ("-h", "--help", "help"):
        p.print_help()
        raise SystemExit(0 if argv else 2)
    if argv[0] not in ("run", "shell"):
        raise LabError(f"lab {argv[0]}? There is lab run and lab shell; see lab --help")
    own, rest = split(p, argv[1:])
    options = p.parse_args(own)
    options.command = argv[0]
    options.script = rest.pop(0) if rest and options.commands is None else None
    options.args = rest
    check(options)
    return options


def check(options):
    if options.command == "run" and not (options.script or options.commands):
        raise LabError("run what? Give a script, or -c 'COMMANDS'; see lab --help")
    if options.cpus < 1 or options.nodes < 1 or options.mem < 64:
        raise LabError("a machine has at least 1 CPU, 1 node and 64 MiB")
    if options.bochs == "":
        options.bochs = os.environ.get("BOCHS", "")
