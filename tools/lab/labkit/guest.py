# SPDX-License-Identifier: GPL-2.0
"""What lets the host start guests: the stock QEMU with its firmware, and for each
guest kernel an initramfs to which guest.sh adds the script."""

import shutil
from pathlib import Path

from . import base, kernel, modules, qcow2
from .paths import LabError
from .tree import Tree, split_spec

FIRMWARE = ["bios-256k.bin", "kvmvapic.bin", "linuxboot_dma.bin"]
FIRMWARE_DIRS = ["/usr/share/qemu", "/usr/share/seabios"]
CHANNEL = ["virtio_pci", "virtio_console"]


def initrd(guest, extra_files, extra_modules):
    """The guest's initramfs. Of a distribution's thousands of modules only those
    of the result channel go in; of our own kernels', and what was built by
    hand beside the image, all."""
    tree = base.tree()
    wanted = [*CHANNEL]
    known = dict(guest.modules)
    for path in extra_modules:
        known[modules.name_of(path)] = path
        wanted.append(modules.name_of(path))
    wanted += [name for name, path in guest.modules.items()
               if Path(path).parent == guest.image.parent]
    chosen = modules.closure(known, wanted)
    boot = [name for name in modules.closure(known, CHANNEL)]
    modules.place(tree, chosen, boot)
    for spec in extra_files:
        tree.file(*split_spec(spec, "/lab/files"))
    return tree.packed()


def qemu(tree):
    program = shutil.which("qemu-system-x86_64")
    tree.file(Path(program).resolve(), "/usr/bin/qemu-system-x86_64")
    for name in FIRMWARE:
        found = [Path(folder, name) for folder in FIRMWARE_DIRS if Path(folder, name).exists()]
        if not found:
            raise LabError(f"firmware {name} is missing: install qemu-system-data and seabios")
        tree.data(f"/lab/firmware/{name}", found[0].read_bytes())


def add(tree, names, extra_files, extra_modules):
    qemu(tree)
    tree.data("/lab/guest/state.qcow2", qcow2.empty())
    guests = [kernel.find(name) for name in names]
    for guest in guests:
        folder = f"/lab/guest/{guest.name}"
        tree.data(f"{folder}/vmlinuz", guest.image.read_bytes())
        tree.data(f"{folder}/initrd", initrd(guest, extra_files, extra_modules))
    tree.text("/lab/guest/default", guests[0].name + "\n")
    return guests
