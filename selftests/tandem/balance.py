# SPDX-License-Identifier: GPL-2.0
"""Tests of tandem balance and tandem place on a recorded system: (good, name, notes...) each.

What they do to a system is tested in selftests/balance; here it is what they print, and
what they refuse.
"""

import json
import os
import re
import xml.dom.minidom

HERE = os.path.dirname(os.path.realpath(__file__))

CALLS = [
    (["help", "balance"], 0, "usage: tandem .* balance", ""),
    (["balance", "--help"], 0, "usage: tandem .* balance", ""),
    (["balance", "now"], 2, "", "tandem balance: what is now"),
    (["balance", "--dance"], 2, "", "--dance.*\nSee tandem help balance"),
    (["balance", "--interval", "0"], 2, "", "--interval 0: not a number from 1 to 3600"),
    (["balance", "--rate", "x"], 2, "", "--rate x: not a number from 1 to 100000"),
    (["balance", "--compat", "vmb2012"], 2, "", "--compat vmb2012: there is: vmb2011"),
    (["balance", "--restore", "--dry-run"], 2, "", "--restore or --dry-run, not both"),
    (["--root", "/", "balance", "--once"], 2, "", "recorded system can't be changed"),
    (["--root", "/dev", "balance", "--dry-run", "--once"], 1, "", "cpu/online can't be read"),
    (["place", "--help"], 0, "usage: tandem .* place", ""),
    (["place"], 2, "", "give --vcpus and --mem"),
    (["place", "--vcpus", "0", "--mem", "1G"], 2, "", "--vcpus 0: not a number from 1 to 8192"),
    (["place", "--vcpus", "4", "--mem", "4K"], 2, "", "--mem 4K: not MiB from 1 "),
    (["place", "--vcpus", "4", "--mem", "G"], 2, "", "--mem G: not MiB"),
    (["place", "--vcpus", "4", "--mem", "3000T"], 2, "", "--mem 3000T: not MiB"),
    (["place", "--vcpus", "4", "--mem", "4", "--xml", "--json"], 2, "", "one of --json and --xml"),
    (["place", "--vcpus", "4", "--mem", "4", "now"], 2, "", "what is now"),
]

TESTS = 11
NODES = 4
FREE_MIB = [2000, 9000, 12000, 9000]  # of 16 GiB


def write(root, path, text):
    full = root + path
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w") as f:
        f.write(text)


def add_nodes(root):
    write(root, "/sys/devices/system/cpu/online", "0-15\n")
    write(root, "/sys/devices/system/node/online", "0-3\n")
    for n in range(NODES):
        path = "/sys/devices/system/node/node%d/" % n
        write(root, path + "cpulist", "%d-%d\n" % (4 * n, 4 * n + 3))
        write(root, path + "meminfo", "Node %d MemTotal: %d kB\nNode %d MemFree: %d kB\n"
              % (n, 16384 * 1024, n, FREE_MIB[n] * 1024))
        write(root, path + "distance", " ".join("10" if m == n else "21" for m in range(NODES)))


def add_vm(root, pid, name, node, cpus):
    """Its vCPU is on the node, and all of its memory."""
    proc = "/proc/%d/" % pid
    write(root, proc + "cmdline", "qemu\0-name\0guest=%s,debug-threads=on\0" % name)
    write(root, proc + "fd/1", "")
    os.symlink("anon_inode:kvm-vcpu:0", root + proc + "fd/10")
    fields = ["R"] + ["0"] * 49
    fields[19], fields[36] = "100", str(4 * node)
    task = proc + "task/%d/" % pid
    write(root, task + "stat", "%d (CPU 0/KVM) %s\n" % (pid, " ".join(fields)))
    write(root, task + "status", "Name:\tCPU 0/KVM\nCpus_allowed_list:\t%s\n" % cpus)
    write(root, proc + "maps", "7f0000000000-7f0040000000 rw-p 00000000 00:00 0 \n")
    write(root, proc + "numa_maps",
          "7f0000000000 default anon=262144 N%d=262144 kernelpagesize_kB=4\n" % node)


def make_tree(root):
    """Four nodes; the third has the most free memory and nobody."""
    add_nodes(root)
    write(root, "/proc/uptime", "5000.00 100.00\n")
    write(root, "/proc/stat", "".join(
        "cpu%d 1 0 0 0 0 0 0 0 0 0 %d 1024\n" % (cpu, cpu // 4 != 2) for cpu in range(16)))
    for i, node in enumerate((0, 0, 1, 3)):
        add_vm(root, 100 + i, "vm%d" % i, node, "%d-%d" % (4 * node, 4 * node + 3))


def place(tool, root, *args):
    return tool("--root", root, "place", *args)


def test_place(tool, root):
    status, out, err = place(tool, root, "--vcpus", "4", "--mem", "4G")
    yield (status == 0 and re.search(r"^nodes +2\ncpus +8-11\n", out) and not err,
           "place: where there is most room", out, err)
    status, out, err = place(tool, root, "--vcpus", "4", "--mem", "4096", "--json")
    doc = json.loads(out)
    yield (status == 0 and doc["nodes"] == "2" and doc["cpus"] == "8-11" and
           doc["mode"] == "strict" and doc["next_best"] in (0, 1, 3), "place: as JSON", out, err)
    status, out, err = place(tool, root, "--vcpus", "4", "--mem", "4G", "--xml")
    tree = xml.dom.minidom.parseString("<domain>%s</domain>" % out)
    memory, vcpu = tree.getElementsByTagName("memory")[0], tree.getElementsByTagName("vcpu")[0]
    yield (status == 0 and memory.getAttribute("nodeset") == "2" and
           memory.parentNode.tagName == "numatune" and vcpu.getAttribute("cpuset") == "8-11" and
           vcpu.firstChild.data == "4", "place: as XML for libvirt", out, err)
    status, out, err = place(tool, root, "--vcpus", "8", "--mem", "4G", "--json")
    yield (status == 0 and json.loads(out)["nodes"] == "0-3" and
           json.loads(out)["mode"] == "interleave", "place: larger than a node: over all", out, err)
    status, out, err = place(tool, root, "--vcpus", "4", "--mem", "13G")
    yield (status == 1 and not out and "no node has room" in err, "place: no room now", out, err)
    status, out, err = place(tool, root, "--vcpus", "4", "--mem", "70G")
    yield (status == 1 and "less memory than that" in err, "place: more than the host", out, err)


def test_table(tool, root):
    status, out, err = tool("--root", root, "balance", "--dry-run", "--once")
    lines = out.splitlines()
    yield (status == 0 and lines[1] == "node nr_running nr_cpus load imbalance   VMs(nr_running)" and
           lines[2] == "node0 4 4 1.000000 0033.33 vm0: 1 vm1: 1 " and
           lines[4] == "node2 0 4 0.000000 -100.00 " and
           lines[6].strip() == "all 12 16 0.750000 0000.00", "balance: the table of 2011", out, err)
    yield (err.count("stays as it is: its user chose its CPUs") == 4,
           "balance: pinned VMs, one line each", err)
    status, out, err = tool("--root", root, "--json", "balance", "--dry-run", "--once")
    doc = json.loads(out)
    yield (status == 0 and len(out.splitlines()) == 1 and not err and
           [len(node["vms"]) for node in doc["nodes"]] == [2, 1, 0, 1] and
           doc["nodes"][3]["vms"][0]["mib"] == {"0": 0, "1": 0, "2": 0, "3": 1024} and
           len(doc["notes"]) == 4, "balance: as one object a line", out, err)
    with open(os.path.join(HERE, "..", "..", "Documentation", "balance.rst")) as f:
        text = f.read()
    missing = sorted(name for name in names(doc) if "``%s``" % name not in text)
    yield not missing, "Documentation/balance.rst has all JSON fields", *missing
    options = [word for command in ("balance", "place")
               for line in tool("help", command)[1].splitlines()
               for word in line.split()[:1] if word.startswith("--")]
    missing = [option for option in options if "``%s" % option not in text]
    yield options and not missing, "Documentation/balance.rst has all options", *missing


def names(value):
    if isinstance(value, list):
        for entry in value:
            yield from names(entry)
    if isinstance(value, dict):
        for key, entry in value.items():
            if not key.isdigit():
                yield key
            yield from names(entry)


def tests(tool, folder):
    """TESTS of them."""
    root = os.path.join(folder, "nodes")
    make_tree(root)
    yield from test_place(tool, root)
    yield from test_table(tool, root)
