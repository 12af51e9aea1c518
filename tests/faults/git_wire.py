"""Git's packets and packs, taken apart and put together wrongly."""

import hashlib
import struct
import zlib

KINDS = {"commit": 1, "tree": 2, "blob": 3}


def split(body):
    """[(mark or None, data)] of packets; a mark is 0, 1 or 2."""
    found, at = [], 0
    while at + 4 <= len(body):
        length = int(body[at:at + 4], 16)
        if length < 4:
            found.append((length, b""))
            at += 4
        else:
            found.append((None, body[at + 4:at + length]))
            at += length
    return found


def join(packets):
    return b"".join(b"%04x" % mark if mark is not None else b"%04x" % (len(data) + 4) + data
                    for mark, data in packets)


def pkt(text):
    data = text if isinstance(text, bytes) else text.encode()
    return b"%04x" % (len(data) + 4) + data


def error(text):
    return pkt(f"ERR {text}\n")


def pack_of(body):
    """What comes before the pack, and the pack."""
    packets = split(body)
    start = next(i for i, (_, data) in enumerate(packets) if data == b"packfile\n") + 1
    pack = b"".join(data[1:] for mark, data in packets[start:] if mark is None and data[:1] == b"\x01")
    return packets[:start], pack


def with_pack(change):
    """The same answer with a changed pack."""
    def changed(body):
        before, pack = pack_of(body)
        pack = change(pack)
        bands = [(None, b"\x01" + pack[at:at + 60000]) for at in range(0, len(pack), 60000)]
        return join([*before, *bands, (0, b"")])
    return changed


def with_band(number, text, keep_pack):
    """A packet of another band in front of the pack, or in its place."""
    def changed(body):
        before, pack = pack_of(body)
        packets = [*before, (None, bytes([number]) + text)]
        if keep_pack:
            packets += [(None, b"\x01" + pack[at:at + 60000]) for at in range(0, len(pack), 60000)]
        return join([*packets, (0, b"")])
    return changed


def sealed(content):
    return content + hashlib.sha1(content).digest()


def entry_head(kind, size):
    first = kind << 4 | size & 15
    size >>= 4
    out = bytearray()
    while size:
        out.append(first | 0x80)
        first, size = size & 127, size >> 7
    out.append(first)
    return bytes(out)


def make_pack(*entries):
    """Of entries as bytes."""
    return sealed(b"PACK" + struct.pack(">II", 2, len(entries)) + b"".join(entries))


def entry(kind, data):
    return entry_head(KINDS[kind], len(data)) + zlib.compress(data)


def add_entries(pack, *entries):
    count = struct.unpack(">I", pack[8:12])[0]
    return sealed(pack[:8] + struct.pack(">I", count + len(entries)) + pack[12:-20] + b"".join(entries))


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def delta_bomb(size):
    """A blob of 64 KiB, and a delta that says it 64 KiB at a time up to `size`."""
    base = bytes(65536)
    oid = hashlib.sha1(b"blob 65536\0" + base).digest()
    copies = size // 65536
    delta = varint(65536) + varint(copies * 65536) + b"\x80" * copies
    return entry("blob", base), entry_head(7, len(delta)) + oid + zlib.compress(delta)
