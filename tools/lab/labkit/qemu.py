# SPDX-License-Identifier: GPL-2.0
"""The host machine under QEMU, always by translation: the lab's kernels need
SVM and a node layout that /dev/kvm of this machine may not give."""

import shutil
import subprocess

from . import autopsy, offnode
from .paths import BUILD, LabError

# What tools/dev/emulator gets. The distribution's now and then forgets an interrupt, and does not
# see in time that code was changed by another CPU: machines and guests hang, or are gone.
NEWER = BUILD / "deb/qemu/usr/bin/qemu-system-x86_64"

# early messages count too: a kernel that dies before its console says why. The
# emulated TSC is sound; a watchdog would only see how late the emulator is, and
# AMD machines of several sockets are taken for unsound as such. What waits in vain waits for
# a CPU, often: all say where they are then.
APPEND = ("console=ttyS0 earlycon=uart8250,io,0x3f8 printk.time=1 panic=-1 panic_on_warn=1 "
          "sysctl.kernel.hung_task_all_cpu_backtrace=1 tsc=reliable lab.channel=virtio")


# Instructions are ns then, and so are the TSC's cycles. QEMU 7.2 forgets that it
# has injected an interrupt into a guest until the guest's next exit: where counted
# time is up before that, for a timer of the host, it injects it again, masked or
# not. Without the PM timer Linux distrusts the LAPIC's, and has no timers between
# its ticks, which come well before what they make KVM inject.
ICOUNT_APPEND = "tsc_early_khz=1000000 pmtmr=0"

# A CPU that polls keeps those behind it from running until the next timer is due, and
# QEMU 7.2's HPET now and then waits for half a turn of its counter. Without the HPET
# Linux trusts the LAPIC's timer again: see above.
POLLING_APPEND = "lab.boot_last nolapic_timer"


def binary(options):
    """Plugins are written for the distribution's; in counted time there is one thread, so
    nobody changes code meanwhile, and CPUs have their turns as all was measured with."""
    counts = options.plugin or options.offnode is not None or options.icount is not None
    if NEWER.exists() and not counts:
        return str(NEWER)
    found = shutil.which("qemu-system-x86_64")
    if not found:
        raise LabError("qemu-system-x86_64 is missing: install qemu-system-x86")
    return found


def version(options):
    """As in "QEMU 11.0.2"."""
    said = subprocess.run([binary(options), "--version"], capture_output=True, text=True,
                          check=False).stdout.split()
    return f"QEMU {said[3]}" if len(said) > 3 else "QEMU"


def command_line(options):
    parts = [APPEND]
    parts += [ICOUNT_APPEND] if options.icount else []
    parts += [POLLING_APPEND] if options.polling else []
    return " ".join(parts)


def machine(options):
    if options.polling and not options.icount:
        raise LabError("--polling goes with --icount: without it nothing is known to be wrong")
    return ["-M", "pc,hpet=off" if options.polling else "pc"]


def acceleration(options):
    if options.icount is None:
        return ["-accel", "tcg,thread=multi"]
    return ["-accel", "tcg,thread=single",
            "-icount", f"shift={options.icount},sleep=off"]


def topology(options):
    """CPUs and memory split evenly over the nodes, a socket each."""
    cpus, nodes, mem = options.cpus, options.nodes, options.mem
    if cpus % nodes or mem % nodes:
        raise LabError(f"{cpus} CPUs and {mem} MiB don't divide by {nodes} nodes")
    args = ["-smp", f"{cpus},sockets={nodes},cores={cpus // nodes},threads=1",
            "-m", f"{mem}M"]
    if nodes == 1:
        return args
    share = cpus // nodes
    for node in range(nodes):
        args += ["-object", f"memory-backend-ram,id=m{node},size={mem // nodes}M",
                 "-numa", f"node,nodeid={node},memdev=m{node},"
                          f"cpus={node * share}-{(node + 1) * share - 1}"]
    return args + distances(options.dist, nodes)


def distances(dist, nodes):
    """--dist 21 for every pair, or 0-1=21,0-2=31 for some."""
    if not dist:
        return []
    if dist.isdigit():
        pairs = {(a, b): dist for a in range(nodes) for b in range(a + 1, nodes)}
    else:
        pairs = {}
        for part in dist.split(","):
            ends, _, value = part.partition("=")
            pairs[tuple(ends.split("-"))] = value
    args = []
    for (a, b), value in pairs.items():
        args += ["-numa", f"dist,src={a},dst={b},val={value}"]
    return args


def channel(result):
    return ["-device", "virtio-serial-pci",
            "-chardev", f"file,id=result,path={result}",
            "-device", "virtserialport,chardev=result,name=lab.result"]


def plugins(options, folder):
    """Their own words, or else QEMU's of CPUs that are reset: a triple fault is one."""
    if not options.plugin:
        return ["-d", "cpu_reset", "-D", str(folder / "resets.log")]
    args = ["-d", "plugin", "-D", str(folder / "plugin.log")]
    for plugin in options.plugin:
        args += ["-plugin", plugin]
    return args


def command(options, kernel, folder, append):
    shell = options.command == "shell"
    return [binary(options), *acceleration(options), "-cpu", "max", *machine(options),
            *topology(options), "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot", "-kernel", str(kernel.image),
            "-initrd", str(folder / "initramfs"),
            "-append", f"{command_line(options)} {append}".strip(),
            "-serial", "mon:stdio" if shell else f"file:{folder / 'console.log'}",
            *channel(folder / "result"), *plugins(options, folder), *autopsy.arguments(folder),
            *offnode.arguments(options),
            *(word for text in options.qemu_opt for word in text.split())]
