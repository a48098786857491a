# SPDX-License-Identifier: GPL-2.0
"""An empty disk image that snapshots can be saved in, without qemu-img."""

import struct

CLUSTER = 65536
SIZE = 1 << 20


def empty():
    """Four clusters: header, refcount table, refcount block, L1 table."""
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, SIZE, 0,
                         1, 3 * CLUSTER, CLUSTER, 1, 0, 0)
    refcount_table = struct.pack(">Q", 2 * CLUSTER)
    refcounts = struct.pack(">4H", 1, 1, 1, 1)
    clusters = [header, refcount_table, refcounts, b""]
    return b"".join(data.ljust(CLUSTER, b"\0") for data in clusters)
