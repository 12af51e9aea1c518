"""Rows 6 to 10: special files, bombs, archives that say two things, names that are one."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import socket
import struct
import zipfile
import zlib

import pytest

from hostile import (BLOCK, CHAR, FIFO, FOLDER, LINK, any_umask, commit_tree, entry, hash_object, honest,
                     honest_files, honest_tree, make_zip, packed_tar, plain_tar, tree)
from shelf import plugin

# ---- row 6

SPECIAL = {
    "device": entry("d", kind=CHAR, devmajor=1, devminor=3),
    "disk": entry("d", kind=BLOCK, devmajor=8),
    "fifo": entry("f", kind=FIFO),
    "sparse": entry("s", pax_headers={"GNU.sparse.size": "9", "GNU.sparse.map": "0,1"}),
    "xattr": entry("x", pax_headers={"SCHILY.xattr.security.capability": "y"}),
}


@pytest.mark.parametrize("name", SPECIAL)
def test_special_entries(world, name):
    world.refused("install", world.file(packed_tar(*honest(), SPECIAL[name]), ".tar.gz"))


@pytest.mark.parametrize("kind", ["fifo", "socket"])
def test_special_files_in_a_folder(world, kind):
    folder = world.person.write_tree("evil", plugin("evil"))
    if kind == "fifo":
        os.mkfifo(folder / "special")
    else:
        here = os.getcwd()
        os.chdir(folder)  # a socket's path is short
        try:
            socket.socket(socket.AF_UNIX).bind("special")
        finally:
            os.chdir(here)
    world.refused("install", folder, words=["special"])


@pytest.mark.parametrize("name", ["plugin.toml", "SKILL.md"])
def test_a_fifo_in_the_place_of_a_file_that_is_read(world, name):
    """Whoever opened it would wait for ever."""
    folder = world.person.write_tree("evil", plugin("evil"))
    (folder / name).unlink()
    os.mkfifo(folder / name)
    world.refused("install", folder, code=(10, 12, 13))
    world.run("install", "--dev", folder)  # theirs, but no reason to hang


# ---- row 7


def squeezed(pack):
    return pack(plain_tar(*honest(), entry("zeros", b"\0" * (63 << 20))))


BOMBS = {
    "gzip": lambda: squeezed(lambda data: gzip.compress(data, 1)),
    "xz": lambda: squeezed(lambda data: lzma.compress(data, preset=0)),
    "bzip2": lambda: squeezed(bz2.compress),
    "nested": lambda: gzip.compress(gzip.compress(plain_tar(*honest()))),
    "entries": lambda: packed_tar(*honest(), *(entry(f"d{i}/", kind=FOLDER) for i in range(25_000))),
    "files": lambda: packed_tar(*honest(), *(entry(f"f{i}", b"") for i in range(21_000))),
    "deep": lambda: packed_tar(*honest(), entry("d/" * 40 + "f")),
    "large": lambda: plain_tar(*honest(), entry("random", os.urandom(1 << 20) * 65)),
    "copies": lambda: packed_tar(*honest(), *(entry(f"d0/f{i}") for i in range(20)), *(
        entry(f"d{level}/l{i}", kind=LINK, target=f"../d{level - 1}")
        for level in range(1, 12) for i in range(10))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_archive_bombs(world, name):
    world.refused("install", world.file(BOMBS[name](), ".tar.gz"))


@any_umask
def test_a_million_empty_entries(world):
    header = plain_tar(*honest(), entry("e", b""))[:-10240]
    one = plain_tar(entry("e", b""))[:512]
    packer = zlib.compressobj(1, wbits=31)
    data = packer.compress(header) + b"".join(packer.compress(one * 1000) for _ in range(1000))
    world.refused("install", world.file(data + packer.flush(), ".tgz"))


@pytest.mark.parametrize("name", ["one-file", "many-files"])
def test_zip_bombs(world, name):
    files = [("zeros", b"\0" * (63 << 20))] if name == "one-file" else \
        [(f"f{i}", b"") for i in range(21_000)]
    world.refused("install", world.file(make_zip(*honest_files(), *files), ".zip"))


@pytest.mark.parametrize("bottom", ["file", "empty"])
def test_git_trees_that_multiply(world, git, bottom):
    repo = git.repo("evil")
    top = tree(repo, ("100644", "f", hash_object(repo, "blob", b"x"))) if bottom == "file" else tree(repo)
    for _ in range(10):
        top = tree(repo, *(("40000", f"d{i}", top) for i in range(10)))
    commit_tree(repo, *honest_tree(repo), ("40000", "zzz", top))
    world.refused("install", repo.url)


def test_a_git_tree_that_is_deep(world, git):
    repo = git.repo("evil")
    top = tree(repo, ("100644", "f", hash_object(repo, "blob", b"x")))
    for _ in range(60):
        top = tree(repo, ("40000", "d", top))
    commit_tree(repo, *honest_tree(repo), ("40000", "zzz", top))
    world.refused("install", repo.url)


def pkt(data):
    data = data if isinstance(data, bytes) else data.encode()
    return f"{len(data) + 4:04x}".encode() + data


def varint(value):
    out = []
    while value >= 0x80:
        out.append(0x80 | value & 0x7f)
        value >>= 7
    return bytes(out + [value])


def pack_object(kind, data, base=b""):
    size = len(data)
    head, size = [(kind << 4) | (size & 15)], size >> 4
    while size:
        head[-1] |= 0x80
        head.append(size & 0x7f)
        size >>= 7
    return bytes(head) + base + zlib.compress(data)


def pack(*objects):
    body = b"PACK" + struct.pack(">II", 2, len(objects)) + b"".join(objects)
    return body + hashlib.sha1(body).digest()


def delta_bomb():
    """A blob of 64 KiB, and a delta on it that makes 4 GiB."""
    base = b"\0" * 65536
    oid = hashlib.sha1(b"blob 65536\0" + base).digest()
    copies = b"\xb0\xff\xff" * 65536
    return pack(pack_object(3, base),
                pack_object(7, varint(len(base)) + varint(65535 * 65536) + copies, oid))


@pytest.mark.parametrize("answer", [delta_bomb(), pack(pack_object(3, b"\0" * (129 << 20)))],
                         ids=["delta", "zlib"])
def test_git_packs_that_expand(world, plain_web, answer):
    head = hashlib.sha1(b"commit").hexdigest()
    banded = pkt("packfile\n") + b"".join(
        pkt(b"\1" + answer[at:at + 60000]) for at in range(0, len(answer), 60000)) + b"0000"

    def serve(handler):
        if handler.command == "GET":
            body = pkt("version 2\n") + pkt("ls-refs\n") + pkt("fetch=shallow\n") + b"0000"
        elif b"command=ls-refs" in handler.body:
            body = pkt(f"{head} HEAD\n") + b"0000"
        else:
            body = banded
        handler.reply(200, body, {"Content-Type": "application/x-git-upload-pack-result"})

    plain_web.routes["/repo/*"] = serve
    world.refused("install", f"{plain_web.url}/repo/evil.git", code=(1, 13, 14, 20))


# ---- row 8


@pytest.mark.parametrize("pax", ["larger", "smaller"])
def test_a_member_with_two_sizes(world, pax):
    """Readers that believe the one see other members than readers that believe the other."""
    hidden = plain_tar(entry("hidden", b"evil"))[:1024]
    data = plain_tar(*honest(), entry("two", hidden, pax_headers={"comment": "x" * 12}))
    at = data.index(b"comment=xxxxxxxxxxxx\n")
    start = data.rindex(b"\0", 0, at) + 1
    record = data[start:data.index(b"\n", at) + 1]
    value = b"4096" if pax == "larger" else b"0"
    head = record[:record.index(b" ") + 1] + b"size="
    data = data.replace(record, head + value.rjust(len(record) - len(head) - 1, b"0") + b"\n")
    world.refused("install", world.file(data, ".tar"))


# ---- row 9

GOOD = make_zip(*honest_files())


def central(data, offset, form, value):
    """Overwrites a field of the first entry of the directory."""
    at = data.index(b"PK\1\2") + offset
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form):]


def zip64():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in honest_files():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                member.write(content)
    return out.getvalue()


class Unseekable:
    """What makes zipfile write data descriptors."""

    def __init__(self):
        self.data = b""

    def write(self, piece):
        self.data += bytes(piece)
        return len(piece)

    def flush(self):
        pass


def descriptors_that_lie():
    out = Unseekable()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in honest_files():
            archive.writestr(name, content)
    at = out.data.index(b"PK\7\x08") + 8
    return out.data[:at] + struct.pack("<I", 3) + out.data[at + 4:]


ZIPS = {
    "local-name": GOOD.replace(b"SKILL.md", b"EVILL.md", 1),
    "local-size": GOOD[:22] + struct.pack("<I", 1) + GOOD[26:],
    "central-size": central(GOOD, 24, "<I", 7),
    "central-offset": central(GOOD, 42, "<I", 7),
    "method": central(GOOD, 10, "<H", 12),
    "encrypted": GOOD[:6] + b"\1\0" + GOOD[8:],
    "concatenated": GOOD + make_zip(*honest_files("other")),
    "prefixed": b"PK\3\4" + b"#!/bin/sh\n" + GOOD,
    "trailing": GOOD + b"more",
    "truncated": GOOD[:-22],
    "duplicate": make_zip(*honest_files(), ("SKILL.md", b"other")),
    "zip64": zip64(),
    "descriptors": descriptors_that_lie(),
    "symlink": make_zip(*honest_files(), ("l", b"../../canary"), mode=0o120777),
    "device": make_zip(*honest_files(), mode=0o020666),
    "empty": make_zip(),
}


@pytest.mark.parametrize("name", ZIPS)
def test_zips_that_say_two_things(world, name):
    world.refused("install", world.file(ZIPS[name], ".zip"))


# ---- row 10

SAME = {
    "twice": ("a", "a"),
    "case": ("Read.md", "READ.md"),
    "folder-case": ("A/x", "a/y"),
    "composed": ("caf\u00e9", "cafe\u0301"),
    "sharp-s": ("stra\u00dfe", "STRASSE"),
    "kelvin": ("\u212a", "k"),
    "file-and-folder": ("a", "a/b"),
}


@pytest.mark.parametrize("name", SAME)
def test_two_names_that_are_one(world, name):
    entries = [entry(path, path.encode()) for path in SAME[name]]
    world.refused("install", world.file(packed_tar(*honest(), *entries), ".tgz"))
    world.refused("install", world.file(
        make_zip(*honest_files(), *((path, path.encode()) for path in SAME[name])), ".zip"))


@pytest.mark.parametrize("names", [("A", "a"), ("a", "a"), ("caf\u00e9", "cafe\u0301")])
def test_two_names_that_are_one_in_a_repository(world, git, names):
    repo = git.repo("evil")
    commit_tree(repo, *honest_tree(repo), *(("100644", name, hash_object(repo, "blob", name.encode()))
                                            for name in names))
    world.refused("install", repo.url)
