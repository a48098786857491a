# SPDX-License-Identifier: GPL-2.0
"""Tests of tandem top on a recorded host that changes meanwhile: (good, name, notes...) each."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time

CALLS = [
    (["help", "top"], 0, "usage: tandem .* top", ""),
    (["top", "--help"], 0, "usage: tandem .* top", ""),
    (["top", "now"], 2, "", "tandem top: what is now"),
    (["top", "--dance"], 2, "", "--dance"),
    (["top", "--interval", "0"], 2, "", "--interval 0: not seconds from 0.1 to 3600"),
    (["top", "--interval", "nan"], 2, "", "--interval nan: not seconds from 0.1 to 3600"),
    (["top", "--interval", "2s"], 2, "", "--interval 2s: not seconds"),
    (["top", "--sort", "size"], 2, "", "--sort size: there is: cpu_percent pid name"),
    (["top"], 1, "", "no terminal that can show it: try --once"),
]

TESTS = 23
FIELDS = "vm vcpus looks agent_us throttled polled_us over_budget"
VMS = {101: "honest", 102: "greedy", 103: "storm", 104: "spent", 105: "gone"}
REVERSE = "\x1b\\[[0-9;]*7m"


def write(root, path, text):
    full = root + path
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full + ".new", "w") as f:
        f.write(text)
    os.rename(full + ".new", full)


def counted(root, n):
    """All counters after n steps: who polls beyond 100 ms a second, whose timers are throttled."""
    write(root, "/sys/kernel/debug/kvm_tandem/stats",
          "fired %d\nannounced %d\nhanded_over 7\n" % (1000 * n, 10 * n))
    write(root, "/sys/kernel/debug/kvm_tandem/agents",
          "node cpu state vcpus wakeups looks busy_us\n0 0 awake 6 9 %d %d\n" % (500 * n, 100000 * n))
    rows = [("101-2", 1, 0, 0, 9 * n, 0, 0), ("101-1", 2, 10 * n, n, 0, n, 0),
            ("102-1", 2, 0, 0, 0, 10 ** 6 * n, 3),
            ("103-1", 1, 900 * n, 800 * n, 5 * n, 0, 0), ("104-1", 1, 0, 0, 0, 100 * n, n)]
    write(root, "/sys/kernel/debug/kvm_tandem/vms",
          FIELDS + "\n" + "".join(" ".join(map(str, row)) + "\n" for row in rows))
    for pid in VMS:
        write(root, "/proc/%d/stat" % pid, "%d (CPU (1)/K) S%s %d 0%s\n" % (pid, " 1" * 10, 100 * n, " 0" * 37))


def host(folder, name):
    root = os.path.join(folder, "top-" + name)
    shutil.rmtree(root, True)
    for parameter, value in (("mode", "timer"), ("placement", "on"), ("memory", "chunks")):
        write(root, "/sys/module/kvm_tandem/parameters/" + parameter, value + "\n")
    write(root, "/proc/sys/kernel/osrelease", "6.12.117\n")
    write(root, "/proc/sys/kernel/sched_stat_columns", "0\n")
    write(root, "/sys/kernel/tandem/idle_mode", "guest\n")
    write(root, "/sys/kernel/debug/sched/cpus",
          "cpu node nr_running nr_delayed load runnable util\n0 0 3 0 2048 0 0\n1 1 0 0 0 0 0\n")
    write(root, "/sys/devices/system/node/node1/meminfo", "Node 1 MemFree:  2048 kB\n")
    for pid, vm in VMS.items():
        program = "qemu-system-x86" if pid == 102 else vm
        write(root, "/proc/102/cmdline", "qemu\0-name\0guest=greedy,debug-threads=on\0-m\0")
        for file, value in (("name", program), ("home", "0,1" if pid == 101 else "0"), ("moves", pid),
                            ("state", "settled"), ("memory", "N0=512 N1=3"),
                            ("idle_budget_ms", 100)):
            write(root, "/sys/kernel/tandem/vms/%d-1/%s" % (pid, file), "%s\n" % value)
    counted(root, 1)
    return root


def between(tool, folder, name, before, after):
    """The view where the host changed between its two samples, however slow this machine is."""
    for _ in range(8):
        root = host(folder, name)
        before(root)
        timer = threading.Timer(0.7, after, (root,))
        timer.start()
        status, out, err = tool("--root", root, "--json", "top", "--interval", "2")
        timer.join()
        if status or json.loads(out)["timers"]["fired_s"] != 0:
            break
    return status, out, err


def change(root):
    counted(root, 2)
    shutil.rmtree(root + "/sys/kernel/tandem/vms/105-1")


def once(tool, folder):
    status, out, err = between(tool, folder, "once", lambda root: None, change)
    view = json.loads(out)
    vms = {vm["name"]: vm for vm in view["vms"]}
    yield status == 0 and not err, "--json is one object", status, err
    yield vms["greedy"]["note"] == "ignores its budget", "who polls beyond its budget is named", out
    yield vms["storm"]["note"] == "timers throttled", "whose timers are throttled", out
    yield vms["spent"]["note"] == "budget spent", "who used up its budget, and no more", out
    yield vms["honest"]["note"] == "", "who does neither is not", out
    yield "gone" not in vms, "a VM that went is not there", out
    seconds = view["seconds"]
    yield abs(vms["greedy"]["polled_ms_s"] * seconds - 1000) < 60, \
        "rates are by the time that passed", out
    yield abs(vms["greedy"]["cpu_percent"] * seconds - 100) < 6, \
        "what it ran, of a name with blanks", out
    yield view["nodes"][0] == {"node": 0, "cpus": 1, "nr_running": 3, "load": 2048,
                               "imbalance": 100, "free_mib": None, "vms": 4}, "nodes: sums, and homes", out
    yield view["nodes"][1]["vms"] == 1 and view["nodes"][1]["free_mib"] == 2 and \
        view["nodes"][1]["imbalance"] == -100, \
        "a VM of two parts is at both", out
    yield view["timers"]["fired_s"] > 0 and view["agents"][0]["busy_percent"] > 0, \
        "timers and agents", out
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "../../Documentation/tandem.rst")) as f:
        text = f.read()
    names = set(view) | {key for part in ("agents", "nodes", "vms") for key in view[part][0]}
    missing = [name for name in sorted(names) if not re.search("``(vms\\.)?%s``" % name, text)]
    yield not missing, "Documentation/tandem.rst has all of its fields", *missing


def text(tool, folder):
    root = host(folder, "text")
    status, out, err = tool("--root", root, "top", "--once", "--interval", "0.1", "--sort", "name")
    rows = [line.split() for line in out.splitlines() if re.match(" +10[0-9] ", line)]
    yield status == 0 and not err and [row[1] for row in rows] == sorted(row[1] for row in rows), \
        "--once, sorted by name", out
    head = next(line for line in out.splitlines() if "MEMORY" in line)
    yield all(line.index("N0=") == head.index("MEMORY") == 80 for line in out.splitlines()
              if "N0=" in line), "all but memory is in 80 columns", out
    _, out, _ = between(tool, folder, "backwards", lambda root: counted(root, 9),
                        lambda root: counted(root, 2))
    view = json.loads(out)
    yield view["timers"]["fired_s"] is None and not any(vm["note"] for vm in view["vms"]), \
        "counters that went backwards have no rate", out
    root = host(folder, "bare")
    shutil.rmtree(root + "/sys")
    status, out, _ = tool("--root", root, "top", "--once", "--interval", "0.1")
    yield status == 0 and "no VM" in out and "kvm_tandem.ko" in out, \
        "without a module it says what to do", out


class Screen:
    """The command on a terminal of its own."""

    def __init__(self, tool, root, term="xterm", rows=24, columns=80):
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.size(rows, columns)
        self.child = subprocess.Popen([tool.path, "--root", root, "top", "--interval", "0.5"],
                                      stdin=slave, stdout=slave, stderr=slave, cwd="/",
                                      env={**os.environ, "TERM": term})
        self.slave = slave
        self.text = ""

    def size(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        while select.select([self.master], [], [], 0.05)[0]:
            self.text += os.read(self.master, 65536).decode(errors="replace")

    def until(self, pattern, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read()
            if re.search(pattern, self.text, re.S):
                return True
        return False

    def key(self, key):
        self.text = ""
        os.write(self.master, key)

    def end(self):
        """Its exit status, while what it still writes is read."""
        while self.child.poll() is None:
            self.read()
        self.read()
        return self.child.returncode

    def close(self):
        self.child.kill()
        self.child.wait()
        os.close(self.slave)
        os.close(self.master)


def ends(child):
    try:
        return child.wait(timeout=60) == 0
    except subprocess.TimeoutExpired:
        child.kill()
        return False


def screen(tool, folder):
    root = host(folder, "screen")
    shown = Screen(tool, root)
    steps = iter(range(2, 1000))
    good = False
    for _ in range(100):
        counted(root, next(steps))
        if shown.until(REVERSE + ".{0,40}greedy.{0,200}ignores its budget", 0.7):
            good = True
            break
    yield good and "honest" in shown.text, "on a terminal: it stands out", repr(shown.text)
    shown.key(b"s")
    yield shown.until("sorted by.*pid|pid"), "a key sorts", repr(shown.text)
    shown.text = ""
    shown.size(5, 30)
    shown.child.send_signal(signal.SIGWINCH)
    yield shown.until("too small"), "a terminal that became too small says so", repr(shown.text)
    shown.key(b"q")
    status = shown.end()
    yield status == 0 and termios.tcgetattr(shown.slave) == shown.before, \
        "q ends it, and the terminal is as it was", status, repr(shown.text)
    shown.close()
    shown = Screen(tool, root)
    shown.until("honest")
    shown.child.send_signal(signal.SIGTERM)
    shown.end()
    yield termios.tcgetattr(shown.slave) == shown.before, "... by a signal as well"
    shown.close()
    shown = Screen(tool, root)
    shown.until("honest")
    os.close(shown.slave)
    os.close(shown.master)
    yield ends(shown.child), "a terminal that is gone ends it"
    shown = Screen(tool, root, term="none-such")
    status = shown.end()
    yield status == 1 and "try --once" in shown.text, "a terminal that nobody knows", shown.text
    shown.close()


def tests(tool, folder):
    with tempfile.TemporaryDirectory(dir=folder) as own:
        os.chmod(own, 0o755)
        yield from once(tool, own)
        yield from text(tool, own)
        yield from screen(tool, own)
