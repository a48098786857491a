# SPDX-License-Identifier: GPL-2.0
"""From options to a machine that has run: the order of things."""

import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import base, bochs, guest, kernel, modules, offnode, qemu, splats, verdict
from .channel import Channel
from .folder import Folder
from .follow import Follower
from .paths import existing, shown
from .tap import Tap
from .tree import split_spec


def say(text):
    print(f"lab: {text}", file=sys.stderr, flush=True)


def name(options):
    if options.name:
        return options.name
    what = Path(options.script).stem if options.script else options.command
    return f"{what}-{Path(options.kernel).name}"


def contents(options, host):
    """The tree of the machine's files, and the guests in it."""
    tree = base.tree()
    files = dict(kernel.for_host(host))
    files.update((modules.name_of(path), path) for path in options.module)
    modules.place(tree, files)
    guests = []
    if options.guest:
        guests = guest.add(tree, options.guest, options.guest_file, options.guest_module)
    for spec in options.file:
        tree.file(*split_spec(spec, "/lab/files"))
    if options.command == "run":
        script(tree, options)
    return tree, guests


def script(tree, options):
    if options.script:
        base.script(tree, existing(options.script, "script"), options.args)
        return
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(f". /lab/lib.sh\n{options.commands}\n")
        file.flush()
        base.script(tree, Path(file.name), options.args)


def plural(number, word):
    return f"{number} {word}{'' if number == 1 else 's'}"


def announce(options, host, guests, folder):
    parts = [f"{host.name} {host.version}", plural(options.cpus, "CPU"),
             plural(options.nodes, "node"), f"{options.mem} MiB"]
    parts += [f"guest {one.name}" for one in guests]
    parts += ["Bochs" if options.bochs is not None else qemu.version(options)]
    parts += ["off-node accesses counted"] if options.offnode is not None else []
    parts += [f"icount {options.icount}"] if options.icount else []
    say(f"{', '.join(parts)} ({shown(folder.path)}/)")


def emulator(options, host, folder, append):
    make = qemu.command if options.bochs is None else bochs.command
    command = make(options, host, folder, append)
    folder.keep_command(command)
    return command


def shell(command):
    return subprocess.run(command, check=False).returncode


def boot(options, command, folder, key):
    follower = Follower(folder, Channel(key), Tap(), options)
    with open(folder / "emulator.log", "wb") as log:
        follower.run(command, log)
    return verdict.judge(follower, options, folder)


def run(options):
    bochs.check(options)
    offnode.check(options)
    host = kernel.find(options.kernel)
    folder = Folder(name(options))
    tree, guests = contents(options, host)
    with open(folder / "initramfs", "wb") as out:
        tree.write(out)
    announce(options, host, guests, folder)
    key = secrets.token_hex(8)
    mode = "lab.mode=shell " if options.command == "shell" else ""
    command = emulator(options, host, folder, f"lab.key={key} {mode}{options.append}")
    started = time.monotonic()
    try:
        if options.command == "shell":
            return shell(command)
        status, sentence = boot(options, command, folder, key)
    finally:
        if not options.keep:
            folder.drop("initramfs", "boot.iso")
    if sentence:
        for line in splats.report(folder.console()):
            say(line)
        say(f"red: {sentence}")
    say(f"exit status {status} after {time.monotonic() - started:.1f} s")
    return status
