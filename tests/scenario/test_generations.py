"""Generations are listed, and removed when nobody needs them."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from shelf import Shelf, everything, installed, plugin, skill_text, tar

MAKEFILE = "install:\n\tmkdir -p $(DESTDIR)$(PREFIX)/bin\n\techo made > $(DESTDIR)$(PREFIX)/bin/tool\n"


@pytest.fixture
def team(paii):
    """Five generations: hello 1.0.0 to 1.4.0."""
    shelf = Shelf(paii, "team")
    for minor in range(5):
        shelf.add("hello", f"1.{minor}.0")
        paii.run("install", f"hello@1.{minor}.0")
    return shelf


def numbers(paii):
    return [row["generation"] for row in paii.run("generations", "--json").json()]


def prefixes(paii):
    return {path.name.rsplit("-", 1)[0] for path in (paii.dir / "store/hello").iterdir()
            if path.is_dir()}


def size(folder):
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


# ---- the list


def test_each_says_what_changed(paii, team):
    team.add("other")
    paii.run("install", "other")
    paii.run("remove", "hello")
    rows = paii.run("generations", "--json").json()
    assert [row["generation"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [row["current"] for row in rows] == [False] * 6 + [True]
    assert rows[0]["changes"] == [{"action": "install", "name": "hello", "version": "1.0.0"}]
    assert rows[1]["changes"] == [{"action": "update", "name": "hello", "version": "1.1.0",
                                   "from_version": "1.0.0"}]
    assert rows[6]["changes"] == [{"action": "remove", "name": "hello", "version": "1.4.0"}]
    assert rows[5]["plugins"] == 2 and rows[0]["date"].startswith("20")
    shown = paii.run("generations").stdout.splitlines()
    assert len(shown) == 7 and "+ hello 1.0.0" in shown[0] and "^ hello 1.0.0 -> 1.1.0" in shown[1]
    assert "current" in shown[6] and "- hello 1.4.0" in shown[6]


def test_the_list_after_a_rollback(paii, team):
    paii.run("rollback", "2")
    rows = paii.run("generations", "--json").json()
    assert [row["generation"] for row in rows if row["current"]] == [2] and len(rows) == 5


def test_nothing_was_ever_installed(paii):
    shown = paii.run("generations")
    assert shown.stdout == "" and "nothing" in shown.stderr
    assert paii.run("generations", "--json").json() == []
    assert not paii.dir.exists()


# ---- gc


def test_gc_keeps_the_newest(paii, team):
    freed = paii.run("gc", "--json").json()
    assert numbers(paii) == [3, 4, 5] and prefixes(paii) == {"1.2.0", "1.3.0", "1.4.0"}
    assert freed["generations"] == [1, 2] and freed["freed"] > 0
    assert len(list((paii.dir / "store/hello").glob("*.files"))) == 3
    paii.run("verify")
    paii.run("rollback", "3")
    assert installed(paii) == {"hello": "1.2.0"}


def test_gc_keeps_the_current_one(paii, team):
    paii.run("rollback", "1")
    paii.run("gc", "--keep", "1")
    assert numbers(paii) == [1, 5] and prefixes(paii) == {"1.0.0", "1.4.0"}
    assert "hello 1.0.0" in skill_text(paii, "hello")
    paii.run("gc", "--keep", "0")
    assert numbers(paii) == [1]
    paii.run("gc", "--keep", "many", expect=1)


def test_gc_again_finds_nothing(paii, team):
    paii.run("gc")
    before = everything(paii)
    assert paii.run("gc", "--json").json()["freed"] == 0
    assert everything(paii) == before


def test_gc_dry_run(paii, team):
    before = everything(paii)
    told = paii.run("gc", "--dry-run", "--json").json()
    assert everything(paii) == before
    done = paii.run("gc", "--json").json()
    assert {**told, "dry_run": False} == done
    assert "- generation" not in paii.run("gc").stdout


def test_gc_removes_what_is_no_longer_installed(paii, team):
    paii.run("remove", "hello")
    paii.run("gc", "--keep", "1")
    assert not (paii.dir / "store/hello").exists()


def test_gc_leaves_configuration_and_data(paii, team):
    config = paii.write(paii.dir / "plugins/hello/config.toml", "x = 1\n")
    paii.run("remove", "hello")
    paii.run("gc", "--keep", "0")
    assert config.read_text() == "x = 1\n"


def test_gc_bounds_the_caches(paii, git, web):
    """Never more than twice of what is installed is left, whatever was fetched before."""
    big = {"big.bin": os.urandom(300000).hex()}
    for minor in range(4):
        paii.run("install", web.add(f"hello-{minor}.tar.gz", tar(plugin("hello", f"1.{minor}.0",
                                                                          **big))), env=web.env)
    url = web.add_repository("tools", git.repo("tools", plugin("tools", **big)))
    paii.run("install", f"{url}#main", env=web.env)
    freed = paii.run("gc", "--keep", "1", "--json").json()
    cache = paii.home / ".cache/paii"
    assert freed["cached"] == size(cache) and freed["live"] >= freed["cached"]
    assert size(cache) + size(paii.dir / "store") <= 2.1 * freed["live"]
    paii.run("remove", "hello", "tools")
    paii.run("gc", "--keep", "0")
    assert size(cache) == 0


def test_gc_remembers_published_versions(paii, team):
    paii.run("gc", "--keep", "1")
    paii.run("remove", "hello")
    paii.write(team.folder / "plugins/hello-1.0.0/SKILL.md", "---\nname: hello\n---\nother\n")
    paii.run("install", "hello@1.0.0", expect=14)


def test_gc_clears_records_without_a_prefix(paii, team):
    stray = paii.write(paii.dir / "store/gone/1.0.0-0123456789abcdef.files", "x")
    paii.run("gc")
    assert not stray.exists() and not stray.parent.exists()


def test_gc_removes_logs_of_what_is_gone(paii, team):
    for name in ("able", "baker"):
        paii.write_tree(name, plugin(name, build="make", Makefile=MAKEFILE))
        paii.run("install", paii.home / name)
    paii.write(".config/paii/logs/My notes.log", "not ours\n")
    paii.run("remove", "able")
    paii.run("gc")
    assert (paii.dir / "logs/able.log").exists()  # a rollback may bring it back
    told = paii.run("gc", "--keep", "1", "--dry-run", "--json").json()
    assert told["logs"] == ["able.log"] and (paii.dir / "logs/able.log").exists()
    assert "- logs/able.log\n" in paii.run("gc", "--keep", "1").stdout
    assert {path.name for path in (paii.dir / "logs").iterdir()} == {"baker.log", "My notes.log"}


def test_gc_removes_folders_of_runs_that_were_killed(paii, team):
    process = subprocess.Popen(["true"])
    process.wait()
    gone, living = f"{process.pid}-abcdef", f"{os.getpid()}-abcdef"
    for name in (gone, living, "notes"):
        paii.write(f".config/paii/run/{name}/tmp/file", "x")
    assert paii.run("gc", "--json").json()["runs"] == [gone]
    assert {path.name for path in (paii.dir / "run").iterdir()} == {living, "notes"}


# ---- gc and who runs


def wait_for(path):
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.05)


def running(paii, shelf):
    """A plugin whose program waits, run from a generation that is then replaced many times."""
    started = paii.home / "started"
    shelf.add("waiter", "1.0.0", **{
        "bin/waiter": f"#!/bin/sh\necho > '{started}'\nsleep 60\n"})
    paii.run("install", "waiter")
    process = paii.start("run", "waiter", "go")
    wait_for(started)
    paii.run("remove", "waiter")
    for minor in (5, 6, 7, 8):
        shelf.add("hello", f"1.{minor}.0")
        paii.run("install", f"hello@1.{minor}.0")
    return process


def test_gc_keeps_what_a_running_action_uses(paii, team):
    process = running(paii, team)
    used = 6
    done = paii.run("gc", "--keep", "1", "--json").json()
    assert used in numbers(paii) and done["in_use"] >= 1
    assert list((paii.dir / "store/waiter").glob("1.0.0-*/bin/waiter"))
    process.terminate()
    process.wait()
    paii.run("gc", "--keep", "1")
    assert used not in numbers(paii) and not (paii.dir / "store/waiter").exists()


def test_gc_keeps_what_a_server_of_the_client_runs_from(paii, team):
    """Nobody holds its generation: the client started it by the path in its plugin."""
    team.add("server", "1.0.0", **{"bin/server": "#!/bin/sh\nsleep 60\n"})
    paii.run("install", "server")
    program = (paii.dir / "current/prefix/server").resolve() / "bin/server"
    process = subprocess.Popen([program], start_new_session=True)
    try:
        paii.run("remove", "server")
        paii.run("gc", "--keep", "0")
        assert program.exists()
    finally:
        os.killpg(process.pid, 9)
        process.wait()
    paii.run("gc", "--keep", "0")
    assert not program.exists()
