"""What every threat test shares: a person with something to lose, and an oracle that sees any loss."""

import copy
import ctypes
import os
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

from lib.person import Person, Result, snapshot
from servers import WebServer
from shelf import Shelf, everything

MASKS = (0o022, 0o000, 0o077)
SECONDS, BYTES = 10, 256 << 20
CHILD_SUBREAPER = 36


def pytest_generate_tests(metafunc):
    """Every test runs under all three masks, but those marked `any_umask`, which take long."""
    if "mask" in metafunc.fixturenames:
        masks = MASKS[:1] if getattr(metafunc.function, "any_umask", False) else MASKS
        metafunc.parametrize("mask", masks, ids=[f"umask-{mask:03o}" for mask in masks])


@pytest.fixture
def mask(request):
    return request.param


def children():
    """The processes below this one, those that lost their parent included."""
    found = set()
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        try:
            found |= set(map(int, (task / "children").read_text().split()))
        except OSError:
            pass
    return found


class World:
    """A person with one plugin from one registry, a canary beside the HOME and one inside."""

    def __init__(self, person, shelf, directory, sanitized):
        self.person, self.shelf, self.directory = person, shelf, directory
        self.sanitized, self.count = sanitized, 0

    def state(self):
        """Everything that a refused command may not touch."""
        found = {f"canary/{path}": entry
                 for path, entry in snapshot(self.directory / "canary").items()}
        found |= everything(self.person)
        return found

    def file(self, content, suffix):
        """A new file of the test's beside the HOME, with a name of its own."""
        self.count += 1
        path = self.directory / f"input-{self.count}-{os.getpid()}{suffix}"
        path.write_bytes(content)
        return path

    def run(self, *args, env=None, limit=SECONDS):
        """Runs paii and holds it to its limits; what it leaves behind fails the test."""
        before, begun = children(), time.monotonic()
        process = self.person.start(*args, env=env, errors="replace")
        stdout, stderr, peak = watch(process, begun + limit)
        took = time.monotonic() - begun
        result = Result(args, process.returncode, stdout, stderr)
        assert took < limit, f"{took:.1f} s\n{result!r}"
        assert "Sanitizer" not in stderr and "runtime error" not in stderr, repr(result)
        if not self.sanitized:
            assert peak <= BYTES, f"{peak} bytes\n{result!r}"
        left = []
        for pid in children() - before - {process.pid}:
            left.append(Path(f"/proc/{pid}/cmdline").read_text())
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        left = [words for words in left if words]  # those that have ended only wait for init
        assert not left, f"left behind: {left}\n{result!r}"
        return result

    def refused(self, *args, code=13, words=(), env=None, built=False):
        """
        The command fails with `code` (or one of them), says so once, and nothing has changed. With
        `built`, a prefix may have come into the store: it is addressed by content and used by nothing.
        """
        codes = code if isinstance(code, tuple) else (code,)
        before = self.state()
        result = self.run(*args, env=env)
        after = self.state()
        assert result.code in codes, repr(result)
        assert_one_message(result)
        for word in words:
            assert word in result.stderr, f"no {word!r}\n{result!r}"
        changed = sorted(path for path in before.keys() | after.keys()
                         if before.get(path) != after.get(path)
                         and not (built and "/paii/store/" in path))
        assert not changed, f"{changed}\n{result!r}"
        return result


def below(pid):
    """A process and all that it started."""
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += below(int(child))
    except OSError:
        pass  # it has ended meanwhile
    return found


def peak_memory(pid):
    """The most that one of them had, in bytes. Not from wait4(), which also counts who forked it."""
    peak = 0
    for one in below(pid):
        try:
            status = Path(f"/proc/{one}/status").read_text()
        except OSError:
            continue
        if "VmHWM:" in status:
            peak = max(peak, int(status.split("VmHWM:")[1].split()[0]) << 10)
    return peak


def watch(process, deadline):
    """What the process wrote to both pipes, and the most memory that it or a child had."""
    output, peak = {}, 0
    readers = [threading.Thread(target=lambda name=name, pipe=pipe: output.update({name: pipe.read()}))
               for name, pipe in (("out", process.stdout), ("err", process.stderr))]
    for reader in readers:
        reader.start()
    pause = 0.002
    while process.poll() is None:
        peak = max(peak, peak_memory(process.pid))
        if time.monotonic() > deadline:
            os.killpg(process.pid, signal.SIGKILL)
        time.sleep(pause)
        pause = min(pause * 1.3, 0.02)
    for reader in readers:
        reader.join()
    return output["out"], output["err"], peak


def assert_printable(text):
    """Nothing in it moves a cursor, hides or turns text."""
    for c in text:
        point = ord(c)
        assert c in "\n\t" or (point >= 0x20 and not 0x7f <= point <= 0x9f), repr(text)
        assert not (0x200b <= point <= 0x200f or 0x202a <= point <= 0x202e
                    or 0x2060 <= point <= 0x206f or 0xe0000 <= point <= 0xe0fff), repr(text)


def assert_one_message(result):
    assert_printable(result.stdout + result.stderr)
    errors = [line for line in result.stderr.splitlines() if line.startswith("paii: error: ")]
    assert len(errors) == 1, repr(result)
    assert "Traceback" not in result.stderr and result.stdout == "", repr(result)


class Pattern:
    """What every world is when its test begins; made once, then copied to the same place."""

    def __init__(self, program, directory):
        self.program, self.place, self.copy = program, directory / "world", directory / "copy"
        # A sanitizer's shadow memory counts as the program's, so memory is measured without one.
        self.sanitized = b"__asan_init" in program.read_bytes()
        self.shelf = None
        self.make()
        shutil.copytree(self.place, self.copy, symlinks=True)
        shutil.rmtree(self.place)

    def make(self):
        person = Person(self.program, self.place / "home")
        person.home.chmod(0o755)
        for place in (self.place / "canary", person.home / "canary"):
            place.mkdir()
            (place / "file").write_text("untouched")
        self.shelf = Shelf(person, "team").add("hello")
        person.run("install", "hello")

    def world(self):
        shutil.copytree(self.copy, self.place, symlinks=True)
        person = Person(self.program, self.place / "home")
        shelf = copy.copy(self.shelf)
        shelf.person, shelf.rows = person, list(self.shelf.rows)
        return World(person, shelf, self.place, self.sanitized)


@pytest.fixture(scope="session")
def patterns(tmp_path_factory):
    """{umask: Pattern}, filled by the tests."""
    return tmp_path_factory.mktemp("worlds"), {}


def program_for(mask, build, root):
    """The build under test for the usual umask, the one without sanitizers for others: it is ten times
    as fast, and its memory can be measured."""
    plain = root / "build/plain/bin/paii"
    return plain if mask != MASKS[0] and plain.exists() else build / "bin/paii"


@pytest.fixture
def world(build, root, patterns, tmp_path, mask):
    directory, known = patterns
    ctypes.CDLL(None).prctl(CHILD_SUBREAPER, 1, 0, 0, 0)
    old = os.umask(mask)
    try:
        if mask not in known:
            known[mask] = Pattern(program_for(mask, build, root), directory / f"umask-{mask:03o}")
        made = known[mask].world()
        yield made
        made.person.close()
        made.directory.rename(tmp_path / "world")  # to be looked at after a failure
    finally:
        os.umask(old)
        ctypes.CDLL(None).prctl(CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.fixture
def plain_web(tmp_path):
    site = WebServer(tmp_path / "plain", tls=False)
    yield site
    site.close()
