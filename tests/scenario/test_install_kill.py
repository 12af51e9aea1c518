"""SIGKILL at any moment of a change: what was before holds, or what comes after; the next works."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from shelf import Shelf, generation, installed, lock_text, plugin, skill_text

MAKEFILE = ("all:\n\tsleep 0.15\ninstall:\n\tmkdir -p $(DESTDIR)$(PREFIX)/bin\n"
            "\tprintf '#!/bin/sh\\necho made VERSION\\n' > $(DESTDIR)$(PREFIX)/bin/maker\n"
            "\tchmod 755 $(DESTDIR)$(PREFIX)/bin/maker\n")
MOMENTS = 14


def maker(version):
    return plugin("maker", version, build="make", Makefile=MAKEFILE.replace("VERSION", version))


def check_whole(paii, want):
    """What is said, what is seen and what runs agree."""
    assert installed(paii) == want
    links = {path.name for path in (paii.claude / "skills").iterdir()} if want else set()
    assert links == set(want)
    for name, version in want.items():
        assert f"{name} {version}" in skill_text(paii, name)
    if "maker" in want:
        assert paii.run("run", "maker", "x").stdout == f"made {want['maker']}\n"


def check_nothing_is_left(paii):
    assert os.listdir(paii.dir / "staging") == []
    numbers = sorted(int(name) for name in os.listdir(paii.dir / "generations"))
    assert numbers == list(range(1, len(numbers) + 1)), "only what was once current"
    everything = [*paii.snapshot(paii.dir), *paii.snapshot()]
    assert [path for path in everything if ".paii-" in path or path.endswith(".fresh")] == []
    assert not (paii.dir / "links-pending").exists()


def kill_after(process, seconds):
    """SIGKILL to paii alone, as the kernel does when memory is short: its children are left."""
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return process.returncode


def duration(paii, *args):
    started = time.monotonic()
    paii.run(*args)
    return time.monotonic() - started


@pytest.fixture
def world(paii):
    """hello 1.0.0 and maker 1.0.0 are installed; maker 1.1.0 and more are on the shelf."""
    shelf = Shelf(paii, "team").add("hello").add("more")
    for version in ("1.0.0", "1.1.0"):
        shelf.add("maker", version, build="make", Makefile=MAKEFILE.replace("VERSION", version))
    paii.run("install", "hello", "maker@1.0.0")
    return shelf


BEFORE = {"hello": "1.0.0", "maker": "1.0.0"}
AFTER = {"hello": "1.0.0", "maker": "1.1.0", "more": "1.0.0"}


def put_back(paii):
    paii.run("install", "maker@1.0.0")
    if "more" in installed(paii):
        paii.run("remove", "more")
    for made in (paii.dir / "store/maker").glob("1.1.0-*"):  # to be built again
        subprocess.run(["chmod", "-R", "u+w", made], check=True)
        subprocess.run(["rm", "-r", made], check=True)


def test_a_killed_install(paii, world):
    takes = duration(paii, "install", "maker@1.1.0", "more")
    outcomes = set()
    for moment in range(MOMENTS):
        put_back(paii)
        number = generation(paii)
        killed = paii.start("install", "maker@1.1.0", "more")
        status = kill_after(killed, takes * (moment + 0.5) / MOMENTS)
        done = generation(paii) != number
        outcomes.add((status, done))
        assert installed(paii) == (AFTER if done else BEFORE)
        if moment % 3 == 0:
            paii.run("remove", "nothing-of-that-name", expect=10)  # any writer tidies up
            check_nothing_is_left(paii)
            check_whole(paii, AFTER if done else BEFORE)
        paii.run("install", "maker@1.1.0", "more")
        check_whole(paii, AFTER)
        check_nothing_is_left(paii)
    assert (-signal.SIGKILL, False) in outcomes


# ---- every single step, by stopping it there


@pytest.mark.parametrize("call, step", [("rename", 1), ("symlink", 1), ("unlink", 1), ("fsync", 1),
                                        ("syncfs", 1), ("rmdir", 1), ("mkdir", 5)])
def test_killed_at_every_system_call_that_matters(paii, world, call, step):
    """The first of its kind, the second, ... until the command lives through all of them."""
    if not shutil.which("strace"):
        pytest.skip("no strace")
    for n in range(1, 200, step):
        done = subprocess.run(
            ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
             f"inject={call}:signal=SIGKILL:when={n}", paii.program, "install", "more"],
            env=paii.environment({"ASAN_OPTIONS": "detect_leaks=0"}), cwd=paii.home,
            capture_output=True, check=False)
        want = installed(paii)
        assert want in (BEFORE, {**BEFORE, "more": "1.0.0"})
        paii.run("remove", "nothing-of-that-name", expect=10)
        check_whole(paii, want)
        check_nothing_is_left(paii)
        if done.returncode == 0:
            break
        if want != BEFORE:
            paii.run("remove", "more")
    assert done.returncode == 0


@pytest.mark.parametrize("call, step", [("rename", 1), ("symlink", 1), ("write", 1), ("fsync", 1),
                                        ("mkdir", 5), ("openat", 11)])
def test_a_disk_that_is_full_at_every_system_call(paii, world, call, step):
    """Either the command says so and nothing has changed, or it did without that call."""
    if not shutil.which("strace"):
        pytest.skip("no strace")
    before = lock_text(paii)
    for n in range(1, 400, step):
        done = subprocess.run(
            ["strace", "-qq", "-o", paii.home / "trace", "-e", f"trace={call}", "-e",
             f"inject={call}:error=ENOSPC:when={n}", paii.program, "install", "more"],
            env=paii.environment({"ASAN_OPTIONS": "detect_leaks=0"}), cwd=paii.home, text=True,
            capture_output=True, check=False)
        if "INJECTED" not in (paii.home / "trace").read_text():
            break
        assert done.returncode in (0, 1, 12), done
        happened = done.returncode == 0 or "standard output" in done.stderr
        want = {**BEFORE, "more": "1.0.0"} if happened else BEFORE
        check_whole(paii, want)
        if happened:
            paii.run("remove", "more")
            before = lock_text(paii)
        else:
            assert "paii: error: " in done.stderr, done
            assert lock_text(paii) == before
            check_nothing_is_left(paii)
    assert done.returncode == 0


def test_killed_removals_and_rollbacks(paii, world):
    paii.run("install", "more")
    for args, before, after in ((["remove", "more"], {**BEFORE, "more": "1.0.0"}, BEFORE),
                                (["rollback"], BEFORE, {**BEFORE, "more": "1.0.0"})):
        for moment in range(6):
            if installed(paii) != before:
                paii.run("rollback", 2 if "more" in before else 1)
            kill_after(paii.start(*args), 0.01 + 0.01 * moment)
            want = installed(paii)
            assert want in (before, after)
            paii.run("remove", "nothing-of-that-name", expect=10)
            check_whole(paii, want)


def test_an_interrupt_ends_the_build_with_it(paii, world):
    world.add("slow", build="make", Makefile="all:\n\tsleep 77.125\ninstall: all\n")
    before = lock_text(paii)
    process = paii.start("install", "slow")
    while not sleepers(paii):
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT
    assert lock_text(paii) == before and sleepers(paii) == []
    paii.run("install", "more")
    check_nothing_is_left(paii)


def sleepers(paii):
    """Processes that the build of this person's HOME has started and that still run."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            where = os.readlink(f"/proc/{pid}/cwd")
        except OSError:
            continue
        if words[:2] == [b"sleep", b"77.125"] and where.startswith(str(paii.home)):
            found.append(int(pid))
    return found
