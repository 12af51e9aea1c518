"""paii export seed: a folder that Claude Code alone starts from, offline."""

import json
import shutil

import pytest

from shelf import Shelf, plugin
from test_export import KIT, files


@pytest.fixture
def seed(paii):
    return paii.home / "seed"


@pytest.fixture
def kit(paii):
    paii.run("install", paii.write_tree("kit", KIT), "--yes")


def read(seed, name):
    return json.loads((seed / name).read_text())


def test_a_seed_has_the_clients_three_parts(paii, kit, seed):
    said = paii.run("export", "seed", seed, "--name", "lab")
    assert f"CLAUDE_CODE_PLUGIN_SEED_DIR={seed}" in said.stderr
    assert sorted(path.name for path in seed.iterdir()) == [
        "cache", "exported-by-paii", "known_marketplaces.json", "marketplaces", "settings.json"]
    known = read(seed, "known_marketplaces.json")["lab"]
    assert known["source"] == {"source": "directory", "path": "marketplaces/lab"}
    assert known["installLocation"] == "marketplaces/lab"
    assert read(seed, "settings.json") == {"enabledPlugins": {"kit@lab": True}}
    version = seed / "cache/lab/kit/1.2.0"
    assert version.is_symlink() and not version.readlink().is_absolute()
    assert (version / "skills/measure/SKILL.md").is_file()
    paii.run("export", "marketplace", paii.home / "market", "--name", "lab")
    assert files(seed / "marketplaces/lab") == files(paii.home / "market")


def test_a_seed_may_hold_several_marketplaces(paii, kit, seed):
    Shelf(paii, "work").add("parcel", "1.0.0").add("parcel", "2.0.0").add("letter", "1.0.0+b.1")
    paii.run("export", "seed", seed)
    paii.run("export", "seed", seed, "--registry", "work")
    assert sorted(read(seed, "known_marketplaces.json")) == ["paii", "work"]
    assert sorted(read(seed, "settings.json")["enabledPlugins"]) == ["kit@paii", "letter@work", "parcel@work"]
    assert (seed / "cache/work/parcel/2.0.0").is_dir()
    assert (seed / "cache/work/letter/1.0.0-b.1").is_dir()  # as the client names that folder


def test_the_next_export_follows_what_is_installed(paii, kit, seed):
    paii.run("export", "seed", seed)
    before = paii.snapshot(seed)
    paii.run("export", "seed", seed)
    assert paii.snapshot(seed) == before
    paii.run("remove", "kit", "--yes")
    paii.run("install", paii.write_tree("parcel", plugin("parcel")), "--yes")
    paii.run("export", "seed", seed)
    assert list(read(seed, "settings.json")["enabledPlugins"]) == ["parcel@paii"]
    assert [path.name for path in (seed / "cache/paii").iterdir()] == ["parcel"]


def test_the_same_set_gives_the_same_bytes_anywhere(paii, kit, seed):
    paii.run("export", "seed", seed)
    paii.run("export", "seed", paii.home / "other")
    assert paii.snapshot(seed) == paii.snapshot(paii.home / "other")


@pytest.mark.parametrize("path", ["notes.txt", "known_marketplaces.json", "marketplaces/mine/x", "cache/mine/x"])
def test_what_somebody_else_put_there_is_not_lost(paii, kit, seed, path):
    """In a folder that is no seed, and in one that is."""
    paii.write(seed / path, "{}")
    before = paii.snapshot(seed)
    paii.run("export", "seed", seed, expect=13)
    assert paii.snapshot(seed) == before
    shutil.rmtree(seed)
    paii.run("export", "seed", seed)
    if path != "known_marketplaces.json":
        paii.write(seed / path, "{}")
        before = paii.snapshot(seed)
        paii.run("export", "seed", seed, expect=13)
        assert paii.snapshot(seed) == before


def test_a_failure_leaves_no_seed(paii, kit, seed):
    assert "no plugin is installed" not in paii.run("export", "seed", seed, "--dry-run").stderr
    assert not seed.exists()
    paii.run("export", "seed", paii.home / "not/there", expect=10)
    paii.run("export", "seed", seed, "--name", "../x", expect=13)
    paii.run("export", "seed", paii.write("file", ""), expect=13)
    assert not seed.exists()


def test_what_a_killed_run_left_is_cleared(paii, kit, seed):
    paii.run("export", "seed", seed)
    before = paii.snapshot(seed)
    shutil.copytree(seed / "marketplaces/paii", seed / "marketplaces/.paii.paii-export")
    (seed / "known_marketplaces.json").unlink()
    paii.run("export", "seed", seed)
    assert paii.snapshot(seed) == before
