"""Rows 1 to 5: paths and links that leave the tree, hard links, modes."""

import os
import stat

import pytest

from hostile import (HARD, LINK, commit_tree, entry, hash_object, honest, honest_files,
                     honest_tree, make_zip, packed_tar, tree)
from shelf import installed, plugin

# ---- row 1

PATHS = {
    "absolute": "/tmp/paii-threat-absolute",
    "parent": "../canary/file",
    "parent-below": "skills/../../../canary/file",
    "dot-parent": "./../canary/file",
    "backslash": "..\\canary\\file",
    "drive": "C:/canary/file",
    "sibling": "../src-evil/file",
    "double-slash": "skills//file",
    "long": "/".join(["part" * 15] * 10),
}


@pytest.mark.parametrize("name", PATHS)
def test_a_tar_that_names_places_outside(world, name):
    archive = world.file(packed_tar(*honest(), entry(PATHS[name], b"evil")), ".tar.gz")
    world.refused("install", archive)
    assert not os.path.exists("/tmp/paii-threat-absolute")


@pytest.mark.parametrize("name", PATHS)
def test_a_zip_that_names_places_outside(world, name):
    archive = world.file(make_zip(*honest_files(), (PATHS[name], b"evil")), ".zip")
    world.refused("install", archive)


@pytest.mark.parametrize("name", ["..", ".", "../canary/file", "skills/file", "", "..\\x"])
def test_a_git_tree_that_names_places_outside(world, git, name):
    repo = git.repo("evil")
    evil = hash_object(repo, "blob", b"evil")
    folder = tree(repo, ("100644", "file", evil))
    entries = honest_tree(repo)
    entries.append(("40000", name, folder) if name in ("..", ".") else ("100644", name, evil))
    commit_tree(repo, *entries)
    world.refused("install", repo.url, code=(1, 13))


@pytest.mark.parametrize("path", ["../../canary", "/etc", "plugins/../../../canary", "./../team"])
def test_an_index_that_points_outside_its_registry(world, path):
    world.person.write_tree(world.directory / "canary-plugin", plugin("evil"))
    world.shelf.list("evil", version="1.0.0", path=path)
    world.refused("install", "evil", code=10)  # a row that is wrong is left out
    world.person.run("registry", "remove", "team")
    said = world.run("registry", "add", "again", world.shelf.folder, "--verbose")
    assert path in said.stderr and "evil" in said.stderr, repr(said)


def test_an_index_whose_two_halves_of_a_path_are_too_long_together(world, git):
    half = "/".join("x" * 90 for _ in range(4))
    repo = git.repo("evil", {f"{half}/{half}/{name}": text for name, text in plugin("evil").items()})
    world.shelf.list("evil", version="1.0.0", source=f"{repo.url}//{half}", path=half)
    world.refused("install", "evil", code=10)  # a row that is wrong is left out
    assert world.run("list").code == 0


@pytest.mark.parametrize("line", ['[run]\ncommand = ["../../../bin/sh"]\n',
                                  '[run]\ncommand = ["/bin/sh"]\n'])
def test_a_command_outside_the_plugin(world, line):
    files = plugin("evil")
    files["plugin.toml"] += line + '[actions.go]\nsummary = "go"\n'
    world.person.write_tree("evil", files)
    result = world.run("install", world.person.home / "evil")
    if result.code == 0:
        ran = world.run("run", "evil", "go")
        assert ran.code != 0 and "sh" in ran.stderr, repr(ran)


# ---- row 2

LINKS = {
    "out": [entry("l", kind=LINK, target="../../canary")],
    "absolute": [entry("l", kind=LINK, target="/etc/passwd")],
    "write-through": [entry("l", kind=LINK, target="../../../canary"), entry("l/file", b"evil")],
    "replaced": [entry("l", kind=LINK, target="SKILL.md"), entry("l", b"evil")],
    "chain": [entry("a/b", kind=LINK, target=".."), entry("c", kind=LINK, target="a/b/../..")],
    "circle": [entry("a", kind=LINK, target="b"), entry("b", kind=LINK, target="a")],
    "dangling": [entry("l", kind=LINK, target="nothing")],
    "4096": [entry("l", kind=LINK, target="./" * 2030 + "../canary/file")],
    "manifest": [entry("plugin.json", kind=LINK, target="/etc/passwd")],
}


@pytest.mark.parametrize("name", LINKS)
def test_links_that_leave_an_archive(world, name):
    archive = world.file(packed_tar(*honest(), *LINKS[name]), ".tgz")
    world.refused("install", archive)


@pytest.mark.parametrize("target", ["../../canary/file", "/etc/passwd", "../" * 40 + "etc/passwd"])
def test_links_that_leave_a_repository(world, git, target):
    repo = git.repo("evil")
    link = hash_object(repo, "blob", target.encode())
    commit_tree(repo, *honest_tree(repo), ("120000", "link", link))
    world.refused("install", repo.url, words=["link"])


@pytest.mark.parametrize("target", ["../canary/file", "/etc/passwd", ".."])
def test_links_that_leave_a_folder(world, target):
    folder = world.person.write_tree("evil", plugin("evil"))
    (folder / "link").symlink_to(target)
    world.refused("install", folder, words=["link"])


def test_links_inside_become_copies(world):
    archive = world.file(packed_tar(*honest(), entry("a/f", b"text"), entry("l", kind=LINK, target="a/f")),
                         ".tgz")
    assert world.run("install", archive).code == 0
    link = world.person.claude / "skills/evil/l"
    assert link.read_bytes() == b"text" and not link.is_symlink()


# ---- row 3


@pytest.mark.parametrize("target", ["SKILL.md", "/etc/passwd", "../../canary/file"])
def test_hard_links(world, target):
    archive = world.file(packed_tar(*honest(), entry("hard", kind=HARD, target=target)), ".tgz")
    world.refused("install", archive, words=["hard"])


# ---- rows 4 and 5


def modes_below(folder):
    """{(is it a folder, mode)} of what is there."""
    return {(path.is_dir(), stat.S_IMODE(path.lstat().st_mode)) for path in folder.rglob("*")}


def test_modes_are_ours(world):
    archive = world.file(packed_tar(
        *honest(), entry("set-id", mode=0o6755), entry("open", mode=0o666), entry("none", mode=0),
        entry("run", b"#!/bin/sh\n", mode=0o700), entry("d", kind=b"5", mode=0o1777),
        entry("d/f", mode=0o2777, uid=1, gid=1)), ".tgz")
    assert world.run("install", archive).code == 0
    prefix = (world.person.claude / "skills/evil").resolve()
    assert modes_below(prefix) <= {(True, 0o755), (True, 0o555), (False, 0o644), (False, 0o755),
                                   (False, 0o444), (False, 0o555)}
    executable = {path.name for path in prefix.rglob("*")
                  if path.is_file() and path.stat().st_mode & 0o100}
    assert executable == {"set-id", "run", "f"}
    assert all(path.stat().st_uid == os.geteuid() for path in prefix.rglob("*"))


def test_a_set_id_file_in_a_repository(world, git):
    repo = git.repo("evil")
    commit_tree(repo, *honest_tree(repo), ("104755", "set-id", hash_object(repo, "blob", b"x")))
    world.refused("install", repo.url, words=["set-id"])


def test_state_is_private(world):
    top = world.person.dir
    assert stat.S_IMODE(top.stat().st_mode) == 0o700
    for path in top.rglob("*"):
        mode = path.lstat().st_mode
        assert stat.S_ISLNK(mode) or not mode & 0o022, f"{path} {mode:o}"
    for folder in (world.person.claude, world.person.claude / "skills"):
        assert not stat.S_IMODE(folder.stat().st_mode) & 0o022, folder


def test_a_link_in_the_place_of_the_users_folder(world):
    """What is written for a plugin goes nowhere else because of a link that somebody planted."""
    world.shelf.add("second")
    place = world.person.claude / "skills/second"
    place.symlink_to(world.directory / "canary")
    world.refused("install", "second", words=[str(place)], built=True)
    assert installed(world.person) == {"hello": "1.0.0"}
