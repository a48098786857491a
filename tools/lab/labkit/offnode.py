# SPDX-License-Identifier: GPL-2.0
"""The counter of off-node accesses: a plugin for QEMU, and the machine's line to it."""

import os
import secrets

from . import tools
from .paths import LAB, LabError

SOURCES = LAB / "plugin"
CPUS_MAX, NODES_MAX = 64, 8  # plugin/layout.h


def check(options):
    if options.offnode is None:
        return
    if options.bochs is not None:
        raise LabError("--offnode is a plugin of QEMU, and goes without --bochs")
    if options.cpus > CPUS_MAX or options.nodes > NODES_MAX:
        raise LabError(f"--offnode counts {CPUS_MAX} CPUs and {NODES_MAX} nodes at most")


def arguments(options):
    """For QEMU. The socket's name is abstract: paths of sockets have a short limit."""
    if options.offnode is None:
        return []
    plugin = options.offnode or tools.plugin(SOURCES)
    socket = f"lab-offnode-{secrets.token_hex(8)}"
    return ["-plugin", f"{os.path.abspath(plugin)},cpus={options.cpus},nodes={options.nodes},"
                       f"node-mib={options.mem // options.nodes},socket={socket}",
            "-chardev", f"socket,id=offnode,path={socket},abstract=on,tight=on,"
                        "server=on,wait=off",
            "-device", "virtserialport,chardev=offnode,name=lab.offnode"]
