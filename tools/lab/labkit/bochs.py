# SPDX-License-Identifier: GPL-2.0
"""The host machine under Bochs 3: Intel VMX with APIC virtualisation and posted
interrupts, as counts, not as times."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from .paths import LabError, Skip, shown

MODEL = "corei7_skylake_x"
IPS = 50_000_000

# The emulated TSC runs at IPS while CPUID claims 3.5 GHz: without the
# frequency the host's clock runs slow by 70 and its own timer interrupts storm.
APPEND = (f"console=ttyS0,115200 printk.time=1 panic=-1 panic_on_warn=1 lab.channel=ttyS1 "
          f"tsc_early_khz={IPS // 1000} tsc=reliable no_timer_check")

CONFIG = """\
config_interface: textconfig
display_library: nogui
cpu: model={model}, count={cpus}:1:1, ips={ips}, ignore_bad_msrs=1
memory: guest={mem}, host={mem}
romimage: file="{bios}"
vgaromimage: file="{vga}"
ata0-master: type=cdrom, path="{folder}/boot.iso", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev="{folder}/console.log"
com2: enabled=1, mode=file, dev="{folder}/result"
clock: sync=none
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
log: "{folder}/bochs.log"
"""

GRUB = """\
set timeout=0
linux /kernel {append}
initrd /initramfs
boot
"""


def check(options):
    """Bochs and what it needs are optional: a missing one is a reason to skip."""
    if options.bochs is None:
        return
    path = options.bochs or shutil.which("bochs") or ""
    if not os.access(path, os.X_OK) or Path(path).is_dir():
        raise Skip(f"no Bochs {path or 'given (BOCHS=/path/to/bochs)'}")
    options.bochs = path
    said = subprocess.run([path, "--help", "cpu"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    text = said.stdout + said.stderr
    version = re.search(r"Bochs x86 Emulator (\d+)\.(\d+)", text)
    if not version or int(version[1]) < 3:
        raise Skip(f"{path} is {version[0] if version else 'no Bochs'}; 3.0 is needed")
    if MODEL not in text.split():
        raise Skip(f"{path} was built without the CPU {MODEL} (--enable-evex)")
    if b"posted interrupts notification" not in Path(path).read_bytes():
        raise Skip(f"{path} has no posted interrupts (build with --enable-vmx=2)")
    for tool in ("grub-mkrescue", "xorriso", "mformat"):
        if not shutil.which(tool):
            raise Skip(f"{tool} is missing: install grub-pc-bin xorriso mtools")
    if options.guest or options.nodes > 1 or options.icount:
        raise LabError("--bochs goes without --guest, --nodes and --icount")


def rom(binary, name):
    """From $BXSHARE, an installed Bochs, or the source tree beside the binary."""
    top = Path(binary).resolve().parent
    places = [os.environ.get("BXSHARE", ""), top, top / "../share/bochs",
              top / "bios", top / "bios/VGABIOS-lgpl", top / "../bios"]
    for place in filter(None, places):
        if (Path(place) / name).exists():
            return (Path(place) / name).resolve()
    raise Skip(f"{name} isn't beside {binary}: set BXSHARE to its folder")


def iso(kernel, folder, append):
    root = folder / "iso"
    shutil.rmtree(root, ignore_errors=True)
    (root / "boot/grub").mkdir(parents=True)
    shutil.copy(kernel.image, root / "kernel")
    shutil.copy(folder / "initramfs", root / "initramfs")
    (root / "boot/grub/grub.cfg").write_text(GRUB.format(append=f"{APPEND} {append}"))
    said = subprocess.run(["grub-mkrescue", "-o", folder / "boot.iso", root],
                          capture_output=True, text=True)
    shutil.rmtree(root)
    if said.returncode:
        raise LabError(f"grub-mkrescue failed: {said.stderr.strip()}")


def command(options, kernel, folder, append):
    if options.command == "shell":
        raise LabError("there is no shell in Bochs: it has no console to type on")
    iso(kernel, folder, append)
    config = folder / "bochsrc"
    config.write_text(CONFIG.format(
        model=MODEL, cpus=options.cpus, ips=IPS, mem=options.mem, folder=folder.path,
        bios=rom(options.bochs, "BIOS-bochs-latest"),
        vga=rom(options.bochs, "VGABIOS-lgpl-latest.bin")))
    return [options.bochs, "-q", "-f", str(config)]
