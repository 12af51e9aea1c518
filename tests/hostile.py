"""Makes archives and Git objects that no honest tool makes."""

import gzip
import io
import subprocess
import tarfile
import warnings
import zipfile

from shelf import plugin

FILE, FOLDER, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
CHAR, BLOCK, FIFO = tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE


def any_umask(function):
    """The test takes long and runs under umask 022 alone (conftest.py of tests/threats)."""
    function.any_umask = True
    return function


def entry(name, content=b"x", kind=FILE, target="", mode=0o644, **more):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    info.size = len(content) if kind == FILE else 0
    for key, value in more.items():
        setattr(info, key, value)
    return info, content


def honest(name="evil", top=""):
    """The entries of a plugin with nothing wrong."""
    return [entry(top + path, text.encode()) for path, text in plugin(name).items()]


def plain_tar(*entries, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return out.getvalue()


def packed_tar(*entries):
    return gzip.compress(plain_tar(*entries), compresslevel=1)


def make_zip(*files, method=zipfile.ZIP_DEFLATED, mode=0o100644):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that occurs twice
        for name, content in files:
            info = zipfile.ZipInfo(name)
            info.compress_type, info.external_attr = method, mode << 16
            archive.writestr(info, content)
    return out.getvalue()


def honest_files(name="evil"):
    return [(path, text.encode()) for path, text in plugin(name).items()]


# ---- Git


def hash_object(repo, kind, data):
    done = subprocess.run(["git", "hash-object", "-w", "--literally", "-t", kind, "--stdin"],
                          input=data, cwd=repo.path, env=repo.ENV, capture_output=True, check=True)
    return done.stdout.decode().strip()


def tree(repo, *entries):
    """Writes a tree object whatever its entries: (mode, name, id)."""
    return hash_object(repo, "tree", b"".join(
        mode.encode() + b" " + (name if isinstance(name, bytes) else name.encode()) + b"\0"
        + bytes.fromhex(oid) for mode, name, oid in entries))


def honest_tree(repo, name="evil"):
    """The entries of a plugin with nothing wrong, to which a test adds."""
    return [("100644", path, hash_object(repo, "blob", text.encode()))
            for path, text in plugin(name).items()]


def commit_tree(repo, *entries):
    """Makes a commit of those entries the head of its branch; returns its id."""
    commit = repo.git("commit-tree", tree(repo, *entries), "-m", "hostile")
    repo.git("update-ref", "HEAD", commit)
    return commit
