# SPDX-License-Identifier: GPL-2.0
"""A kernel by name (build/NAME, build/guest/NAME) or by path, with its modules."""

from dataclasses import dataclass
from pathlib import Path

from . import modules
from .paths import BUILD, LabError, shown

# What goes into a machine of a distribution's thousands of modules
HYPERVISOR = ["kvm_amd", "kvm_intel"]
MAKE = {"host": "make kernel", "stock": "make stock", "debug": "make debug"}
IMAGES = ["bzImage", "vmlinuz", "arch/x86/boot/bzImage"]


@dataclass
class Kernel:
    name: str
    image: Path
    modules: dict  # name: file

    @property
    def version(self):
        """From the header of the image, as Documentation/arch/x86/boot.rst has it."""
        data = self.image.read_bytes()[:65536]
        at = int.from_bytes(data[0x20E:0x210], "little") + 0x200
        return data[at:].split(b"\0")[0].split(b" ")[0].decode("ascii", "replace")


def image_in(folder):
    for name in IMAGES:
        if (folder / name).exists():
            return folder / name
    raise LabError(f"{shown(folder)} has no kernel ({', '.join(IMAGES)})")


def modules_in(folder):
    """Beside the image, or below modules/ as a package has them, or, where there
    are none of these, anywhere below, as in a kernel's own build tree."""
    beside = {modules.name_of(path): path for path in sorted(folder.glob("*.ko"))}
    if (folder / "modules").is_dir():
        return modules.index(folder / "modules") | beside
    return beside or modules.index(folder)


def for_host(kernel):
    """The modules of ours, and of a distribution's those that make it a host."""
    if (kernel.image.parent / "modules").is_dir():
        return modules.closure(kernel.modules, HYPERVISOR)
    return kernel.modules


def find(name):
    guests = (BUILD / "guest").resolve()
    package = (guests / name).resolve()
    if package.is_dir() and package.parent == guests:
        return Kernel(package.name, image_in(package), modules_in(package))
    if name in MAKE:
        image = BUILD / name / "bzImage"
        if not image.exists():
            raise LabError(f"{shown(image)} is missing: run {MAKE[name]}")
        return Kernel(name, image, modules_in(image.parent))
    path = Path(name)
    if path.is_dir():
        return Kernel(path.resolve().name, image_in(path), modules_in(path))
    if path.is_file():
        return Kernel(path.name, path, modules_in(path.parent))
    raise LabError(f"there is no kernel {name}: give host, stock, debug, a name in build/guest/ "
                   "(make guests), or the path of an image or of a build folder")
