"""Archives and repositories that want to write elsewhere, or more than they may. Nothing of them does."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import struct
import subprocess
import tarfile
import warnings
import zipfile
import zlib

import pytest

from fetching import Helper
from lib.person import snapshot
from servers import WebServer


@pytest.fixture
def helper(build, tmp_path):
    return Helper(build / "libexec/paii/paii-fetch", tmp_path / "jobs")


@pytest.fixture
def canary(tmp_path):
    """A tree beside everything that must stay as it is."""
    folder = tmp_path / "jobs/canary"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "file").write_text("untouched")
    before = snapshot(folder)
    yield folder
    assert snapshot(folder) == before


# ---- archives: (name, type, content or target, more) make a tar


def entry(name, content=b"x", kind=tarfile.REGTYPE, target="", mode=0o644, **more):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    info.size = len(content) if kind == tarfile.REGTYPE else 0
    for key, value in more.items():
        setattr(info, key, value)
    return info, content


def tar(*entries, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return out.getvalue()


def unpack(helper, data, expect=None, name="archive", **members):
    staging = helper.staging()
    (staging / name).write_bytes(data)
    answer = helper.run("unpack", staging=staging, archive=name, into="src", **members)
    assert answer.code == expect, repr(answer)
    assert answer.seconds < 10
    return answer


LINK, HARD, FOLDER = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE


def test_ordinary_archives_of_every_packing(helper):
    plain = tar(entry("top/", kind=FOLDER, mode=0o755), entry("top/a", b"one"),
                entry("top/bin/run", b"#!/bin/sh\n", mode=0o755))
    zstd = subprocess.run(["zstd", "-qc"], input=plain, capture_output=True, check=False).stdout \
        if os.path.exists("/usr/bin/zstd") else None
    for data in (plain, gzip.compress(plain), bz2.compress(plain), lzma.compress(plain), zstd):
        if data is None:
            continue
        answer = unpack(helper, data)
        assert answer.files("src") == {"a": b"one", "bin/run": b"#!/bin/sh\n"}
        assert (answer.staging / "src/bin/run").stat().st_mode & 0o7777 == 0o755
        assert answer["sha256"] == hashlib.sha256(data).hexdigest()


def test_top_folder_subfolder_and_long_names(helper):
    long = "d/" + "n" * 150
    data = tar(entry("one/a"), entry(f"one/{long}"), entry("one/sub/deep/b", b"b"))
    assert set(unpack(helper, data).files("src")) == {"a", long, "sub/deep/b"}
    assert unpack(helper, data, path="sub").files("src") == {"deep/b": b"b"}
    unpack(helper, data, "not_found", path="none")
    assert set(unpack(helper, tar(entry("a/x"), entry("b/y"))).files("src")) == {"a/x", "b/y"}
    assert set(unpack(helper, tar(entry("./a/x"), entry("./b/y"))).files("src")) == {"a/x", "b/y"}


def test_names_are_kept_as_they_are(helper):
    names = {"ä.md", "日本.md", "with space", "-dash", "emoji-❤️.md"}
    answer = unpack(helper, tar(*(entry(f"t/{name}") for name in names)))
    assert set(answer.files("src")) == names


def test_modes_are_ours(helper):
    old = os.umask(0)
    try:
        answer = unpack(helper, tar(entry("t/s", mode=0o6755), entry("t/w", mode=0o666),
                                    entry("t/d", kind=FOLDER, mode=0o1777), entry("t/d/n", mode=0)))
    finally:
        os.umask(old)
    modes = {path.name: path.stat().st_mode & 0o7777 for path in (answer.staging / "src").rglob("*")}
    assert modes == {"s": 0o755, "w": 0o644, "d": 0o755, "n": 0o644}


def test_links_inside_become_copies(helper):
    answer = unpack(helper, tar(entry("t/a/f", b"content", mode=0o755),
                                entry("t/l", kind=LINK, target="a/f"),
                                entry("t/d", kind=LINK, target="./a"),
                                entry("t/b/up", kind=LINK, target="../l")))
    assert answer.files("src") == dict.fromkeys(("a/f", "l", "d/f", "b/up"), b"content")
    assert not any(path.is_symlink() for path in (answer.staging / "src").rglob("*"))
    assert (answer.staging / "src/b/up").stat().st_mode & 0o777 == 0o755


ESCAPES = {
    "parent": [entry("../canary/file")],
    "parent-below": [entry("a/../../canary/file")],
    "parent-top": [entry("../x"), entry("../y")],
    "dot": [entry("a/./b")],
    "sibling": [entry("../src-evil/file")],
    "absolute": [entry("/tmp/paii-absolute-x")],
    "double-slash": [entry("a//b")],
    "backslash": [entry("a\\..\\b")],
    "drive": [entry("C:/x"), entry("C:/y")],
    "control": [entry("a\x1b[31m")],
    "newline": [entry("a\nb")],
    "bidi": [entry("a\u202egpj.exe")],
    "zero-width": [entry("a\u200b")],
    "long-path": [entry("/".join(["n" * 60] * 10))],
    "deep": [entry("/".join("d" * 40))],
    "git": [entry("t/.git/config")],
    "git-only": [entry(".git/config")],
    "git-case": [entry("t/.GiT/hooks/post-checkout")],
    "git-short": [entry("t/GIT~1/x")],
    "git-dots": [entry("t/.git . ./x")],
    "git-stream": [entry("t/.git::$INDEX_ALLOCATION/x")],
    "git-ignorable": [entry("t/.g\u200cit/x")],
    "symlink-out": [entry("l", kind=LINK, target="../canary"), entry("x")],
    "symlink-absolute": [entry("l", kind=LINK, target="/etc/passwd"), entry("x")],
    "symlink-write-through": [entry("l", kind=LINK, target="../canary"), entry("l/file")],
    "symlink-replaced": [entry("l", kind=LINK, target="x"), entry("l", b"file")],
    "symlink-chain": [entry("a/b", kind=LINK, target=".."), entry("c", kind=LINK, target="a/b/../.."),
                      entry("x")],
    "symlink-dangling": [entry("l", kind=LINK, target="nothing"), entry("x")],
    "symlink-circle": [entry("a", kind=LINK, target="b"), entry("b", kind=LINK, target="a")],
    "symlink-itself": [entry("d/f"), entry("d/l", kind=LINK, target=".")],
    "symlink-mutual": [entry("a/f"), entry("b/f"), entry("a/l", kind=LINK, target="../b"),
                       entry("b/l", kind=LINK, target="../a")],
    "symlink-empty": [entry("l", kind=LINK, target=""), entry("x")],
    "symlink-long": [entry("l", kind=LINK, target="x/../" * 900 + "../../etc/passwd"), entry("x/y")],
    "hardlink": [entry("a"), entry("b", kind=HARD, target="a")],
    "hardlink-out": [entry("b", kind=HARD, target="/etc/passwd")],
    "device": [entry("d", kind=tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "block": [entry("d", kind=tarfile.BLKTYPE)],
    "fifo": [entry("f", kind=tarfile.FIFOTYPE)],
    "xattr": [entry("x", pax_headers={"SCHILY.xattr.user.a": "b"})],
    "sparse": [entry("x", pax_headers={"GNU.sparse.size": "9", "GNU.sparse.map": "0,1"})],
    "twice": [entry("a", b"1"), entry("a", b"2")],
    "case": [entry("Read.md"), entry("READ.md")],
    "case-folder": [entry("A/x"), entry("a/y")],
    "unicode": [entry("caf\u00e9"), entry("cafe\u0301")],
    "unicode-case": [entry("stra\u00dfe"), entry("STRASSE")],
    "kelvin": [entry("\u212a"), entry("k")],
    "file-as-folder": [entry("a"), entry("a/b")],
    "folder-as-file": [entry("a/b"), entry("a")],
    "entries": [entry("d/", kind=FOLDER)] * 20_001,
    "empty": [entry("d/", kind=FOLDER)],
}


@pytest.mark.parametrize("name", ESCAPES)
def test_hostile_tars_are_refused(helper, canary, name):
    before = snapshot(helper.directory.parent)
    answer = unpack(helper, gzip.compress(tar(*ESCAPES[name])), "refused")
    assert not any(ord(c) < 32 for c in answer.message) or name in ("control", "newline")
    for path, kind in snapshot(helper.directory.parent).items():
        if path not in before:
            assert path.startswith("jobs/staging"), path
            assert kind[0] in ("file", "dir") and path.split("/")[2:3] in ([], ["src"], ["archive"])


def patch_size(body):
    """Turns a comment record of an extended header into a size that differs from the header's."""
    at = body.index(b"comment=xxxxxxx\n")
    start = body.rindex(b"\0", 0, at) + 1
    record = body[start:body.index(b"\n", at) + 1]
    size = f"{len(record)} size=".encode()
    return body.replace(record, size + b"0" * (len(record) - len(size) - 4) + b"512\n")


def test_a_member_with_two_sizes_is_refused(helper, canary):
    body = patch_size(tar(entry("a", b"A" * 1024, pax_headers={"comment": "xxxxxxx"})))
    answer = unpack(helper, body, "refused")
    assert "sizes" in answer.message


def test_damaged_and_foreign_archives_are_refused(helper, canary):
    plain = tar(entry("a", b"x" * 5000))
    packed = gzip.compress(plain)
    for data in (b"", b"hello", os.urandom(4096), plain[:600], packed[:-20], packed[:40],
                 b"\x1f\x8b" + b"\0" * 100, b"PK\3\4" + b"\0" * 100, b"\xfd7zXZ\0" + b"x" * 50,
                 gzip.compress(packed), plain[:512] + b"\xff" * 512 + plain[512:],
                 plain + tar(entry("b")), gzip.compress(b"not a tar")):
        unpack(helper, data, "refused")


def test_bombs_stop_early(helper, canary):
    zeros = tar(entry("z", b"\0" * (50 << 20)))
    for data in (gzip.compress(zeros), lzma.compress(zeros, preset=1), bz2.compress(zeros)):
        answer = unpack(helper, data, "refused")
        assert "times its size" in answer.message
        assert answer.seconds < 5
    big = tar(entry("z", os.urandom(65 << 20)))
    assert "64 MiB" in unpack(helper, big, "refused").message


def test_links_that_multiply_stop(helper, canary):
    entries = [entry(f"d0/f{i}", b"y" * 10) for i in range(20)]
    for level in range(1, 12):
        entries += [entry(f"d{level}/l{i}", kind=LINK, target=f"../d{level - 1}") for i in range(10)]
    answer = unpack(helper, gzip.compress(tar(*entries)), "refused")
    assert answer.seconds < 20


# ---- ZIP


def make_zip(*files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that occurs twice
        for name, content in files:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.external_attr = 0o100755 << 16 if content.startswith(b"#!") else 0o100644 << 16
            archive.writestr(info, content)
    return out.getvalue()


def test_an_ordinary_zip(helper):
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        answer = unpack(helper, make_zip(("t/a", b"one" * 100), ("t/run", b"#!/bin/sh\n"), method=method))
        assert answer.files("src") == {"a": b"one" * 100, "run": b"#!/bin/sh\n"}
        assert (answer.staging / "src/run").stat().st_mode & 0o777 == 0o755


def test_a_zip_as_git_makes_it(helper, git):
    repo = git.repo("work", {"a": "1\n", "b/c": "#!/bin/sh\n"})
    done = subprocess.run(["git", "archive", "--format=zip", "--prefix=work-1/", "HEAD"], cwd=repo.path,
                          env=repo.ENV, capture_output=True, check=True)
    assert unpack(helper, done.stdout).files("src") == {"a": b"1\n", "b/c": b"#!/bin/sh\n"}


def zip_local_name(data):
    return data.replace(b"good", b"evil", 1)


def zip_local_size(data):
    return data[:22] + struct.pack("<I", 1) + data[26:]


def zip_central_offset(data):
    at = data.index(b"PK\1\2") + 42
    return data[:at] + struct.pack("<I", 7) + data[at + 4:]


def zip_encrypted(data):
    return data[:6] + b"\1\0" + data[8:]


def zip_links():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("l")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "../../canary")
    return out.getvalue()


GOOD = make_zip(("good", b"content"))
ZIPS = {
    "local-name": zip_local_name(GOOD),
    "local-size": zip_local_size(GOOD),
    "central-offset": zip_central_offset(GOOD),
    "encrypted": zip_encrypted(GOOD),
    "prefixed": b"PK\3\4" + b"#!/bin/sh\nexec evil\n" + GOOD,
    "trailing": GOOD + b"trailing",
    "concatenated": GOOD + make_zip(("b", b"c")),
    "truncated": GOOD[:-30],
    "duplicate": make_zip(("a", b"1"), ("a", b"2")),
    "parent": make_zip(("../canary/file", b"x")),
    "absolute": make_zip(("/tmp/paii-zip-x", b"x")),
    "backslash": make_zip(("..\\x", b"x")),
    "symlink": zip_links(),
    "bomb": make_zip(("z", b"\0" * (40 << 20))),
    "empty": make_zip(),
    "end-inside": make_zip(("a", b"PK\5\6" + b"\0" * 18), method=zipfile.ZIP_STORED),
}


@pytest.mark.parametrize("name", ZIPS)
def test_hostile_zips_are_refused(helper, canary, name):
    unpack(helper, ZIPS[name], "refused")


def test_a_pinned_archive_is_compared_before_it_is_read(helper, canary):
    data = make_zip(("t/a", b"1"))
    unpack(helper, data, sha256=hashlib.sha256(data).hexdigest())
    assert unpack(helper, data, "mismatch", sha256="0" * 64).files("src") == {}


def test_what_is_unpacked_is_a_plain_file_in_staging(helper, canary, tmp_path):
    staging = helper.staging()
    (staging / "link").symlink_to("/etc/passwd")
    os.mkfifo(staging / "fifo")
    for name in ("link", "fifo", "../canary/file", "none", "."):
        answer = helper.run("unpack", staging=staging, archive=name, into="src")
        assert answer.code in ("refused", "not_found", "error"), name
    (staging / "out").symlink_to(canary)
    (staging / "a.zip").write_bytes(make_zip(("file", b"evil")))
    for into in ("out", "../x", "/tmp/paii-into", "", "a.zip"):
        answer = helper.run("unpack", staging=staging, archive="a.zip", into=into)
        assert answer.code in ("refused", "error"), into


# ---- repositories


def hash_object(repo, kind, data):
    done = subprocess.run(["git", "hash-object", "-w", "--literally", "-t", kind, "--stdin"],
                          input=data, cwd=repo.path, env=repo.ENV, capture_output=True, check=True)
    return done.stdout.decode().strip()


def tree(repo, *entries):
    """Writes a tree object whatever its entries: (mode, name, id)."""
    return hash_object(repo, "tree", b"".join(
        mode.encode() + b" " + (name if isinstance(name, bytes) else name.encode()) + b"\0"
        + bytes.fromhex(oid) for mode, name, oid in entries))


def commit_tree(repo, top):
    repo.git("update-ref", "HEAD", repo.git("commit-tree", top, "-m", "hostile"))


@pytest.fixture
def hostile(git):
    repo = git.repo("hostile", {"x": "x\n"})
    repo.blob = hash_object(repo, "blob", b"evil")
    repo.up = hash_object(repo, "blob", b"../canary/file")
    return repo


# name: entries (mode, name, what), where `what` is the file, the folder or the link made by the test
TREES = {
    "parent": [("40000", "..", "folder")],
    "parent-file": [("100644", "../canary/file", "file")],
    "slash": [("100644", "a/b", "file")],
    "dot": [("40000", ".", "folder")],
    "empty-name": [("100644", "", "file")],
    "git": [("40000", ".git", "folder")],
    "git-case": [("40000", ".GIT", "folder")],
    "git-short": [("40000", "git~1", "folder")],
    "symlink-out": [("120000", "l", "link")],
    "symlink-then-folder": [("120000", "l", "link"), ("40000", "l", "folder")],
    "set-id": [("104755", "s", "file")],
    "strange-mode": [("60000", "s", "file")],
    "twice": [("100644", "a", "file"), ("100755", "a", "file")],
    "case": [("100644", "A", "file"), ("100644", "a", "file")],
    "folder-is-file": [("40000", "d", "file")],
    "file-is-folder": [("100644", "f", "folder")],
    "control": [("100644", b"a\x1b]0;x\x07", "file")],
    "not-utf8": [("100644", b"a\xff", "file")],
    "backslash": [("100644", "a\\b", "file")],
    "missing": [("100644", "a", "nowhere")],
}


@pytest.mark.parametrize("name", TREES)
def test_hostile_trees_are_refused(helper, canary, hostile, name):
    made = {"file": hostile.blob, "link": hostile.up, "nowhere": "12" * 20,
            "folder": tree(hostile, ("100644", "file", hostile.blob))}
    commit_tree(hostile, tree(hostile, *((mode, path, made[what])
                                         for mode, path, what in TREES[name])))
    answer = helper.run("git-tree", url=hostile.url, path="", into="src")
    assert answer.code in ("refused", "error"), repr(answer)
    assert set(answer.files("src")) <= {"a", "A", "l/file"}


def test_submodules_are_left_out_and_pointers_stay(helper, hostile):
    lfs = hash_object(hostile, "blob", b"version https://git-lfs.github.com/spec/v1\n")
    commit_tree(hostile, tree(hostile, ("100644", ".gitmodules", hostile.blob), ("100644", "big", lfs),
                              ("160000", "sub", "34" * 20)))
    answer = helper.run("git-tree", url=hostile.url, path="", into="src")
    assert set(answer.files("src")) == {".gitmodules", "big"}
    assert answer.files("src")["big"].startswith(b"version https") and "'sub'" in answer.log


def test_trees_that_multiply_stop(helper, canary, hostile):
    for bottom in (tree(hostile, ("100644", "f", hostile.blob)), tree(hostile)):
        top = bottom
        for _ in range(20):
            top = tree(hostile, *(("40000", f"d{i}", top) for i in range(10)))
        commit_tree(hostile, top)
        answer = helper.run("git-tree", url=hostile.url, path="", into="src")
        assert answer.code == "refused" and answer.seconds < 10


def test_large_files_are_refused_before_they_are_read(helper, canary, hostile):
    big = hash_object(hostile, "blob", b"\0" * (65 << 20))
    commit_tree(hostile, tree(hostile, ("100644", "big", big)))
    answer = helper.run("git-tree", url=hostile.url, path="", into="src")
    assert answer.code == "refused" and answer.files("src") == {}


# ---- servers that lie


def pkt(text):
    data = text if isinstance(text, bytes) else text.encode()
    return f"{len(data) + 4:04x}".encode() + data


def banded(pack):
    return pkt("packfile\n") + b"".join(pkt(b"\1" + pack[at:at + 60000])
                                        for at in range(0, len(pack), 60000)) + b"0000"


def git_object(kind, data):
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data).hexdigest()


def packed(kind, data, size=None, base=b""):
    """One object of a pack; `size` is what its head claims."""
    size = len(data) if size is None else size
    head, size = [(kind << 4) | (size & 15)], size >> 4
    while size:
        head[-1] |= 0x80
        head.append(size & 0x7f)
        size >>= 7
    return bytes(head) + base + zlib.compress(data)


def pack(*objects):
    body = b"PACK" + struct.pack(">II", 2, len(objects)) + b"".join(objects)
    return body + hashlib.sha1(body).digest()


COMMIT, TREE, BLOB, REF_DELTA = 1, 2, 3, 7


def varint(value):
    out = []
    while value >= 0x80:
        out.append(0x80 | value & 0x7f)
        value >>= 7
    return bytes(out + [value])


def delta_bomb():
    """A blob of 64 KiB, and a delta on it that makes 4 GiB."""
    base = b"\0" * 65536
    copies = b"\xb0\xff\xff" * 65536  # 65,535 bytes from the start, again and again
    return pack(packed(BLOB, base),
                packed(REF_DELTA, varint(len(base)) + varint(65535 * 65536) + copies,
                       base=bytes.fromhex(git_object("blob", base))))


@pytest.fixture
def liar(tmp_path):
    """A Git server that claims HEAD is a commit and answers each fetch with `site.answer`."""
    site = WebServer(tmp_path / "web", tls=False)
    site.head = git_object("commit", b"tree " + b"1" * 40 + b"\n\nx\n")

    def serve(handler):
        if handler.command == "GET":
            body = pkt("version 2\n") + pkt("ls-refs\n") + pkt("fetch=shallow filter\n") + b"0000"
        elif b"command=ls-refs" in handler.body:
            body = pkt(f"{site.head} HEAD\n") + b"0000"
        else:
            body = site.answer
        handler.reply(200, body, {"Content-Type": "application/x-git-upload-pack-result"})

    site.routes["/repo/*"] = serve
    site.url += "/repo"
    yield site
    site.close()


LIES = {
    "another-commit": banded(pack(packed(COMMIT, b"tree " + b"2" * 40 + b"\n\nevil\n"))),
    "no-objects": pkt("packfile\n") + b"0000",
    "empty-pack": banded(pack()),
    "damaged": banded(pack(packed(BLOB, b"x"))[:-5] + b"wrong"),
    "cut": banded(pack(packed(BLOB, b"x" * 1000)))[:-40],
    "unfinished": banded(pack(packed(BLOB, b"x" * 1000))[:30]),
    "not-a-pack": banded(b"HELLO" * 100),
    "huge-claim": banded(pack(packed(BLOB, b"x", size=1 << 40))),
    "many-claimed": banded(b"PACK" + struct.pack(">II", 2, 0xffffffff) + b"x" * 50),
    "delta-bomb": banded(delta_bomb()),
    "delta-without-base": banded(pack(packed(REF_DELTA, b"\1\1\1x", base=b"\x11" * 20))),
    "zlib-bomb": banded(pack(packed(BLOB, b"\0" * (129 << 20)))),
    "bad-band": pkt("packfile\n") + pkt(b"\x09x") + b"0000",
    "last-words": pkt("packfile\n") + pkt(b"\3\x1b]0;out of order\n") + b"0000",
    "error": pkt("ERR upload-pack: not our ref\n"),
}


@pytest.mark.parametrize("name", LIES)
def test_lying_servers_are_refused(helper, canary, liar, name):
    liar.answer = LIES[name]
    for more in ({}, {"commit": liar.head}):
        answer = helper.run("git-tree", url=liar.url, path="", into="src", **more)
        assert answer.code in ("network", "error", "refused", "mismatch"), repr(answer)
        assert answer.files("src") == {} and answer.seconds < 10
        assert list(helper.cache(liar.url).glob("objects/pack/pack_*")) == []


def test_the_servers_talk_goes_to_the_log_alone(helper, git, liar):
    blob = b"content"
    tree_data = b"100644 a\0" + bytes.fromhex(git_object("blob", blob))
    who = "Ada <ada@example.com> 1700000000 +0000"
    commit = f"tree {git_object('tree', tree_data)}\nauthor {who}\ncommitter {who}\n\nx\n".encode()
    liar.head = git_object("commit", commit)
    liar.answer = pkt("shallow-info\n") + pkt(f"shallow {liar.head}\n") + b"0001" + pkt("packfile\n") \
        + pkt(b"\2counting\rdone {\"ok\":true}\n") \
        + pkt(b"\1" + pack(packed(COMMIT, commit), packed(TREE, tree_data), packed(BLOB, blob))) + b"0000"
    answer = helper.run("git-tree", url=liar.url, path="", into="src")
    assert answer.code is None, repr(answer)
    assert answer.files("src") == {"a": b"content"} and answer["commit"] == liar.head
    assert "remote: counting" in answer.log


# ---- requests


@pytest.mark.parametrize("members", [
    {"op": "rm"}, {"op": "get"}, {"op": "get", "url": "https://x/"},
    {"op": "get", "url": "ftp://x/", "into": "a"}, {"op": "get", "url": "http://example.com/", "into": "a"},
    {"op": "get", "url": "https://user:secret@example.com/", "into": "a"},
    {"op": "get", "url": "https://example.com/\r\nX: y", "into": "a"},
    {"op": "git-tree", "url": "https:///x", "into": "a"}, {"op": "unpack"},
    {"op": "git-files", "url": "/x", "files": ["../../etc/passwd"]},
    {"op": "git-files", "url": "/x", "ref": "--upload-pack=x"},
    {"op": "git-files", "url": "/x", "ref": "a\nb"},
    {"op": "unpack", "archive": "a\0b", "into": "x"},
])
def test_bad_requests_are_refused(helper, members):
    members = dict(members)
    answer = helper.run(members.pop("op"), **members)
    assert answer.code in ("refused",), repr(answer)
    assert answer.files() == {}
