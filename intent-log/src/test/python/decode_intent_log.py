#!/usr/bin/env python3
# Copyright the NetRAID authors.
# SPDX-License-Identifier: Apache-2.0
"""Decodes an intent log from docs/on-disk-format.md alone; shares no code with the engine.

usage: decode_intent_log.py LOG
prints: state, number of hot extents, and for each slot in use its name, state, number and sum of dirty chunks.
"""
import struct
import sys

BLOCK = 4096
EXTENT = 4 << 20
PAGE_BITS = 32256
WINDOW = 919
FREE = 0xFFFFFFFF
STATES = ["UNUSED", "TRACKING", "STALE", "FULL_RESYNC"]


def crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def intact(block):
    return block.strip(b"\0") != b"" and crc32c(block[:4092]) == struct.unpack(">I", block[4092:])[0]


def ceil(a, b):
    return -(-a // b)


class Lost(Exception):
    pass


class Log:
    def __init__(self, data):
        self.data = data
        self.read_superblock()
        self.chunks = ceil(self.device, self.chunk)
        self.pages = ceil(self.chunks, PAGE_BITS)
        self.windows = ceil(self.al_slots, WINDOW)
        assert self.ring == max(8, self.windows + 1)
        self.hot = set() if self.clean else self.read_ring()
        self.dirty = {k: self.read_slot(k) for k in range(7) if self.slots[k][0] != 0}
        for extent in self.hot:
            first = extent * EXTENT // self.chunk
            last = (min((extent + 1) * EXTENT, self.device) - 1) // self.chunk
            for bits in self.dirty.values():
                bits.update(range(first, last + 1))

    def block(self, at):
        return self.data[at:at + BLOCK]

    def read_superblock(self):
        copies = [self.block(0), self.block(64 << 10)]
        good = [c for c in copies if intact(c) and c[:8] == b"NRINTLOG"]
        if not good:
            raise Lost("no superblock")
        best = max(good, key=lambda c: struct.unpack(">Q", c[16:24])[0])
        version, flags = struct.unpack(">II", best[8:16])
        assert version == 1
        self.clean = bool(flags & 1)
        self.incarnation = best[24:32]
        self.mirror = best[32:48]
        self.device, self.chunk, extent, self.al_slots, self.ring, self.life = struct.unpack(">QIIIII", best[48:76])
        assert extent == EXTENT
        self.slots = []
        for k in range(7):
            at = 144 + 80 * k
            state, fill, length, life = struct.unpack(">BBHI", best[at:at + 8])
            self.slots.append((state, fill, life, best[at + 16:at + 16 + length].decode()))

    def read_ring(self):
        places = []
        for place in range(self.ring):
            best = None
            for twin in range(2):
                block = self.block((68 << 10) + place * 8192 + twin * BLOCK)
                ours = intact(block) and block[:4] == b"NRA1" and block[8:16] == self.incarnation
                if ours and struct.unpack(">I", block[4:8])[0] == self.life:
                    sequence = struct.unpack(">Q", block[16:24])[0]
                    if best is None or sequence > best[0]:
                        best = (sequence, block)
            places.append(best)
        newest = max((p[0] for p in places if p), default=0)
        table = {}
        for sequence in range(max(1, newest - self.ring + 1), newest + 1):
            found = places[sequence % self.ring]
            if found is None or found[0] != sequence:
                if sequence == newest - self.ring + 1:
                    continue
                raise Lost("ring block %d" % sequence)
            block = found[1]
            changes, entries, first = struct.unpack(">HHI", block[24:32])
            for i in range(changes):
                slot, extent = struct.unpack(">HI", block[32 + 6 * i:38 + 6 * i])
                table[slot] = extent
            for i in range(entries):
                table[first + i] = struct.unpack(">I", block[416 + 4 * i:420 + 4 * i])[0]
        return {extent for extent in table.values() if extent != FREE}

    def read_slot(self, k):
        bits = set()
        for page in range(self.pages):
            bits |= self.read_page(k, page)
        return bits

    def read_page(self, k, page):
        start = (68 << 10) + self.ring * 8192
        best = None
        damaged = 0
        for place in range(2):
            block = self.block(start + ((2 * k + place) * self.pages + page) * BLOCK)
            if not intact(block):
                damaged += block.strip(b"\0") != b""
                continue
            slot, life, number, sequence = struct.unpack(">H", block[4:6]) + struct.unpack(">IIQ", block[32:48])
            ours = block[:4] == b"NRB1" and block[8:16] == self.incarnation and block[16:32] == self.mirror
            if ours and (slot, life, number) == (k, self.slots[k][2], page) and (best is None or sequence > best[0]):
                best = (sequence, block)
        if damaged == 2:
            raise Lost("page %d of slot %d" % (page, k))
        first = page * PAGE_BITS
        count = min(PAGE_BITS, self.chunks - first)
        if best is None:
            return set(range(first, first + count)) if self.slots[k][1] else set()
        return {first + n for n in range(count) if best[1][60 + n // 8] >> (7 - n % 8) & 1}


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    try:
        log = Log(data)
    except Lost as e:
        print("LOST", e)
        return
    print("CLEAN" if log.clean else "CRASHED", len(log.hot))
    for k, bits in sorted(log.dirty.items()):
        print(k, log.slots[k][3], STATES[log.slots[k][0]], len(bits), sum(bits))


main()
