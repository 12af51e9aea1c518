"""
Rows 26, 27 and 31: planted files and folders, builds that plant, places that others can write. Row 25
(settings.json) has no test here: no command of paii edits that file yet.
"""

import os
import shutil
import subprocess

import pytest

from shelf import installed, plugin

MAKEFILE = "all:\n\t{}\ninstall:\n\tinstall -D SKILL.md $(DESTDIR)$(PREFIX)/share/words\n"

# ---- row 26


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_a_planted_lock(world, kind):
    lock = world.person.dir / "lock"
    lock.unlink(missing_ok=True)
    if kind == "link":
        lock.symlink_to(world.directory / "canary/file")
    elif kind == "fifo":
        os.mkfifo(lock)
    else:
        lock.mkdir()
    world.shelf.add("second")
    canary = (world.directory / "canary/file").read_bytes()
    result = world.run("install", "second")
    assert (world.directory / "canary/file").read_bytes() == canary, repr(result)
    assert result.code != 0 and str(lock) in result.stderr, repr(result)


@pytest.mark.parametrize("name", ["staging", "store", "generations", "registries", "logs", "plugins"])
def test_a_folder_that_became_a_link(world, name):
    """Nothing is written or removed on the other side of a link that was planted in the state."""
    place = world.person.dir / name
    if place.exists():
        shutil.move(place, world.person.dir / f"{name}-moved")
    place.symlink_to(world.directory / "canary")
    world.shelf.add("second", build="make", Makefile=MAKEFILE.format("true"))
    for words in (["install", "second"], ["remove", "hello"], ["registry", "update"]):
        world.refused(*words, words=[str(place)])
    assert sorted(os.listdir(world.directory / "canary")) == ["file"]


def test_nothing_is_written_to_a_temporary_folder(world):
    folder = world.directory / "temporary"
    folder.mkdir(mode=0o777)
    world.shelf.add("second", build="make", Makefile=MAKEFILE.format("true"))
    touched = folder.stat().st_mtime_ns
    assert world.run("install", "second", env={"TMPDIR": folder}).code == 0
    assert folder.stat().st_mtime_ns == touched


def test_temporary_names_cannot_be_guessed(world):
    """A name beside a file that is replaced is a new one each time, and made only if it is free."""
    if not shutil.which("strace"):
        pytest.skip("no strace")
    world.shelf.add("second")
    log = world.directory / "calls"
    person = world.person
    subprocess.run(["strace", "-f", "-qq", "-e", "trace=openat,openat2", "-o", log, person.program, "install",
                    "second"], env=person.environment({"ASAN_OPTIONS": "detect_leaks=0"}), cwd=person.home,
                   capture_output=True, check=True, timeout=60)
    opened = [line for line in log.read_text().splitlines() if "O_CREAT" in line and "/dev/" not in line]
    assert opened
    for line in opened:
        assert "O_EXCL" in line or "/lock\"" in line or '.log"' in line or "O_NOFOLLOW" in line, line
        assert '"/tmp/' not in line or str(world.directory) in line, line


# ---- row 27

PLANTS = {
    "link-out": "ln -s /etc/passwd planted",
    "link-up": "ln -s ../../../../canary planted",
    "fifo": "mkfifo planted",
    "set-id": "cp /bin/true planted; chmod 6755 planted",
    "open": "touch planted; chmod 666 planted; mkdir open; chmod 1777 open; touch open/x",
    "hard": "ln plugin.toml planted",
    "git": "mkdir .git && touch .git/config",
    "socket": "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"planted\")'",
}


@pytest.mark.parametrize("name", PLANTS)
def test_a_build_that_plants(world, name):
    """What it leaves is refused, or comes in as a plain file with our modes."""
    folder = world.person.write_tree("evil", plugin("evil", build="make", Makefile=(
        f"all:\n\t{PLANTS[name]}\ninstall:\n\tmkdir -p $(DESTDIR)$(PREFIX)\n\tcp -a . $(DESTDIR)$(PREFIX)/ || true\n")))
    before = world.state()
    result = world.run("install", folder)
    if result.code != 0:
        assert "evil" in result.stderr, repr(result)
        assert world.state() == before
        return
    prefix = (world.person.claude / "skills/evil").resolve()
    for path in prefix.rglob("*"):
        mode = path.lstat().st_mode
        assert path.is_file() or path.is_dir(), f"{path} {mode:o}"
        assert not path.is_symlink() and not mode & 0o7022, f"{path} {mode:o}"
        assert path.stat().st_nlink == 1 or path.is_dir(), path
        assert path.name != ".git"
    assert before["canary/file"] == world.state()["canary/file"]


@pytest.mark.parametrize("way", ["setsid sleep 300 &", "nohup sleep 300 >/dev/null 2>&1 &",
                                 "(setsid sh -c 'sleep 300 & sleep 300' >/dev/null 2>&1 &)"])
def test_a_build_that_leaves_a_daemon(world, way):
    folder = world.person.write_tree("evil", plugin("evil", build="make", Makefile=MAKEFILE.format(way)))
    assert world.run("install", folder).code == 0


# ---- row 31


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o720])
def test_state_that_others_can_write(world, mode):
    world.person.dir.chmod(mode)
    world.refused("list", words=[str(world.person.dir), "hint: chmod go-w"])
    world.refused("remove", "hello", words=[str(world.person.dir)])
    world.person.dir.chmod(0o700)
    assert world.run("list").code == 0


@pytest.mark.parametrize("name", ["store", "generations"])
def test_a_store_that_others_can_write(world, name):
    world.person.dir.chmod(0o755)
    place = world.person.dir / name
    place.chmod(0o777)
    world.refused("install", "hello", words=[str(place), "hint: chmod go-w"])


def test_a_home_that_all_can_write(world):
    world.person.home.chmod(0o777)
    world.refused("list", words=[str(world.person.home), "hint: chmod"])
    world.person.home.chmod(0o755)
    assert installed(world.person) == {"hello": "1.0.0"}


@pytest.mark.parametrize("place", ["home", "dir", "store"])
def test_places_that_belong_to_others(world, place):
    if os.geteuid() != 0:
        pytest.skip("not root, so nothing can be given away")
    path = {"home": world.person.home, "dir": world.person.dir, "store": world.person.dir / "store"}[place]
    os.chown(path, 65534, 65534)
    world.refused("install", "hello", words=[str(path), "another user", "hint: "])


def test_a_relative_home(world):
    world.refused("list", code=12, words=["HOME"], env={"HOME": "relative"})
    world.refused("list", code=12, words=["HOME"], env={"HOME": None})
