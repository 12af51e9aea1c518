"""`cmake --install` gives a paii that finds its helper and its built-in registry beside itself."""

import shutil
import subprocess

from lib.person import Person


def test_an_installed_paii_works_anywhere(build, tmp_path):
    prefix = tmp_path / "first"
    subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True, capture_output=True)
    moved = tmp_path / "a place" / "second"
    moved.parent.mkdir()
    shutil.move(prefix, moved)
    person = Person(moved / "bin/paii", tmp_path / "home")
    person.run("init", "--yes")
    person.run("install", "incident", "--yes")
    assert "incident" in person.run("list").stdout
    assert (moved / "libexec/paii/paii-fetch").exists()
    assert (moved / "share/paii/registry-index/registry.toml").exists()


def test_a_link_to_paii_finds_the_same_place(build, tmp_path):
    """~/bin/paii -> .../bin/paii, as people make them."""
    link = tmp_path / "paii"
    link.symlink_to(build / "bin/paii")
    person = Person(link, tmp_path / "home")
    person.run("init", "--yes")
    assert "incident" in person.run("search", "incident").stdout
