"""A plugin gets another name in its marketplace, or is listed no more: what `paii update` makes of it."""

import json
import shutil

import pytest

from shelf import installed, lock_text, plugin, steps


def skill(name):
    return f"---\nname: {name}\ndescription: {name}\n---\nDo {name}.\n"


@pytest.fixture
def market(paii):
    """market({NAME: VERSION}, renames={OLD: NEW}): the folder registry `m` holds just these from now on."""
    folder = paii.home / "market"

    def write(versions, renames=None, files=None, **extra):
        shutil.rmtree(folder, ignore_errors=True)
        known = "m" in paii.run("registry", "list").stdout.split()
        for name, version in versions.items():
            paii.write_tree(folder / name, {
                ".claude-plugin/plugin.json": json.dumps({"name": name, "version": version,
                                                          **extra.get(name, {})}),
                "skills/work/SKILL.md": skill(f"{name} {version}"), **(files or {})})
        paii.write(folder / ".claude-plugin/marketplace.json", json.dumps({
            "name": "m", "owner": {"name": "o"}, "renames": renames or {},
            "plugins": [{"name": name, "source": f"./{name}", "version": version}
                        for name, version in versions.items()]}))
        if not known:
            paii.run("registry", "add", "m", folder)
    return write


def links(paii):
    return sorted(link.name for link in (paii.claude / "skills").iterdir())


def test_update_moves_to_the_new_name(paii, market):
    market({"old": "1.0.0"})
    paii.run("install", "m/old@^1")
    paii.write(paii.dir / "plugins/old/config.toml", "level = 3\n")
    paii.write(paii.dir / "plugins/old/data/notes", "mine\n")
    market({"new": "1.1.0"}, renames={"old": "new"})

    planned = paii.run("update", "--dry-run").stdout
    assert "^ old -> new 1.0.0 -> 1.1.0 (m)" in planned
    assert installed(paii) == {"old": "1.0.0"}

    done = paii.run("update", "--json").json()["steps"]
    assert [(step["action"], step["from_name"], step["name"]) for step in done] == [("update", "old", "new")]
    assert installed(paii) == {"new": "1.1.0"}
    assert 'range = "^1"' in lock_text(paii) and "requested = true" in lock_text(paii)
    assert links(paii) == ["new"]
    assert (paii.dir / "plugins/new/config.toml").read_text() == "level = 3\n"
    assert (paii.dir / "plugins/new/data/notes").read_text() == "mine\n"
    assert steps(paii.run("update", "--json")) == {}


def test_rollback_returns_the_old_name(paii, market):
    """What was written under the new name is there under the old one, and again after the next update."""
    market({"old": "1.0.0"})
    paii.run("install", "m/old")
    paii.write(paii.dir / "plugins/old/data/notes", "one\n")
    market({"new": "1.1.0"}, renames={"old": "new"})
    paii.run("update")
    paii.write(paii.dir / "plugins/new/data/notes", "two\n")

    paii.run("rollback")
    assert installed(paii) == {"old": "1.0.0"} and links(paii) == ["old"]
    assert (paii.dir / "plugins/old/data/notes").read_text() == "two\n"
    assert (paii.dir / "plugins/old/plugin.toml").is_symlink()

    paii.run("update")
    assert installed(paii) == {"new": "1.1.0"} and links(paii) == ["new"]
    assert (paii.dir / "plugins/new/data/notes").read_text() == "two\n"


def test_what_paii_toml_says_of_the_old_name_counts(paii):
    """[config.OLD] and [bindings] are the person's; they are not edited, and mean the renamed plugin."""
    def write(name, version):
        shutil.rmtree(paii.home / "market", ignore_errors=True)
        paii.write_tree("market/p", plugin(name, version, provides=["MemoryProvider@1.0"]))
        paii.write_tree("market/user", plugin("user", consumes=[
            'memory = { contract = "MemoryProvider", optional = true }']))
        paii.write_tree("market/other", plugin("other", provides=["MemoryProvider@1.0"]))
        paii.write("market/.claude-plugin/marketplace.json", json.dumps({
            "name": "m", "owner": {"name": "o"}, "renames": {} if name == "old" else {"old": name},
            "plugins": [{"name": each, "source": f"./{folder}"}
                        for each, folder in ((name, "p"), ("user", "user"), ("other", "other"))]}))
    write("old", "1.0.0")
    paii.run("registry", "add", "m", paii.home / "market")
    paii.run("config", "set", "bindings.MemoryProvider", "old")
    paii.run("install", "m/old", "m/user", "m/other")
    assert '"user.memory" = "old"' in lock_text(paii)
    with (paii.dir / "paii.toml").open("a") as file:
        file.write("\n[config.old]\nlevel = 7\n")
    before = (paii.dir / "paii.toml").read_text()

    write("new", "1.1.0")
    paii.run("update")
    assert '"user.memory" = "new"' in lock_text(paii)
    assert "7" in paii.run("config", "get", "new.level").stdout
    assert (paii.dir / "paii.toml").read_text() == before


def test_what_was_switched_off_stays_off(paii, market):
    market({"old": "1.0.0"})
    paii.run("install", "m/old")
    paii.run("disable", "old")
    market({"new": "1.0.0"}, renames={"old": "new"})
    paii.run("update")
    assert "disabled = true" in lock_text(paii) and not (paii.claude / "skills/new").exists()


def test_what_was_asked_for_at_install_counts_for_the_new_name(paii, market):
    make = {"Makefile": "install:\n\tinstall -D tool $(DESTDIR)$(PREFIX)/bin/tool\n", "tool": "#!/bin/sh\n"}
    market({"old": "1.0.0"}, files=make)
    paii.run("install", "m/old", "--flat", "--build", "--yes")
    market({"new": "1.1.0"}, renames={"old": "new"}, files=make)
    paii.run("update", "--yes")
    assert installed(paii) == {"new": "1.1.0"}
    assert (paii.dir / "current/prefix/new/bin/tool").exists()
    assert links(paii) == ["new", "work"]


def test_a_renamed_plugin_that_does_more_is_asked_about(paii, market):
    market({"old": "1.0.0"})
    paii.run("install", "m/old")
    market({"new": "1.1.0"}, renames={"old": "new"}, new={"mcpServers": {"s": {"command": "x"}}})
    told = paii.run("update", expect=13).stderr
    assert "plugin 'new' 1.1.0 wants more than 1.0.0 was granted: mcp:s" in told
    assert "paii update old --yes" in told
    assert installed(paii) == {"old": "1.0.0"}
    assert not (paii.dir / "plugins/new").is_symlink()
    assert steps(paii.run("update", "old", "--yes", "--json")) == {"new": "update"}


def test_a_chain_of_names_is_followed(paii, market):
    market({"a": "1.0.0"})
    paii.run("install", "m/a")
    paii.write(paii.dir / "plugins/a/data/notes", "mine\n")
    for name, renames in (("b", {"a": "b"}), ("c", {"a": "b", "b": "c"})):
        market({name: "1.0.0"}, renames=renames)
        paii.run("update")
        assert installed(paii) == {name: "1.0.0"}
        assert (paii.dir / "plugins" / name / "data/notes").read_text() == "mine\n"


def test_both_names_installed_are_left_alone(paii, market):
    market({"old": "1.0.0", "new": "1.0.0"})
    paii.run("install", "m/old", "m/new")
    market({"new": "1.1.0"}, renames={"old": "new"})
    told = paii.run("update").stderr
    assert "'old' is now called 'new', which is installed too" in told
    assert installed(paii) == {"old": "1.0.0", "new": "1.1.0"}


def test_a_range_that_was_asked_for_holds(paii, market):
    market({"old": "1.0.0"})
    paii.run("install", "m/old@^1")
    market({"new": "2.0.0"}, renames={"old": "new"})
    told = paii.run("update").stderr
    assert "'old' is now called 'new', of which there is no version to move to" in told
    assert installed(paii) == {"old": "1.0.0"}


def test_what_stands_under_the_new_name_is_not_touched(paii, market):
    market({"old": "1.0.0"})
    paii.run("install", "m/old")
    paii.write(paii.dir / "plugins/old/data/notes", "old\n")
    paii.write(paii.dir / "plugins/new/data/notes", "new\n")
    market({"new": "1.0.0"}, renames={"old": "new"})
    told = paii.run("update").stderr
    assert "the configuration and the data of 'old' stay in" in told
    assert (paii.dir / "plugins/old/data/notes").read_text() == "old\n"
    assert (paii.dir / "plugins/new/data/notes").read_text() == "new\n"


def test_another_plugin_takes_the_old_name(paii, market):
    """It begins with nothing; the data goes on with the plugin that was renamed."""
    market({"old": "1.0.0"})
    paii.run("install", "m/old")
    paii.write(paii.dir / "plugins/old/data/notes", "mine\n")
    market({"new": "1.1.0"}, renames={"old": "new"})
    paii.run("update")
    market({"new": "1.1.0", "old": "5.0.0"})
    paii.run("install", "m/old")
    assert installed(paii) == {"new": "1.1.0", "old": "5.0.0"}
    assert (paii.dir / "plugins/new/data/notes").read_text() == "mine\n"
    assert not (paii.dir / "plugins/old/data").exists()
    assert not any((paii.dir / "plugins" / name).is_symlink() for name in ("old", "new"))


def test_removal_after_a_rename_leaves_nothing(paii, market):
    market({"old": "1.0.0"})
    paii.run("install", "m/old")
    market({"new": "1.1.0"}, renames={"old": "new"})
    paii.run("update")
    paii.run("remove", "new")
    assert list((paii.dir / "plugins").iterdir()) == []
    assert not paii.claude.exists()


def test_a_new_name_that_is_out_of_reach_is_not_followed(paii, market):
    """The plugin stays under its old name, and the others are updated."""
    market({"old": "1.0.0", "kit": "1.0.0"})
    paii.run("install", "m/old", "m/kit")
    market({"new": "1.1.0", "kit": "1.1.0"}, renames={"old": "new"})
    shutil.rmtree(paii.home / "market/new")
    assert "there is no folder" in paii.run("update").stderr
    assert installed(paii) == {"old": "1.0.0", "kit": "1.1.0"}
    assert links(paii) == ["kit", "old"]


def test_a_withdrawn_plugin_is_told_and_stays(paii, market):
    market({"gone": "1.0.0", "kit": "1.0.0"})
    paii.run("install", "m/gone", "m/kit")
    market({"kit": "1.1.0"}, renames={"gone": None})
    told = paii.run("update").stderr
    assert "'gone' is no longer offered by 'm'; it stays as it is" in told
    assert installed(paii) == {"gone": "1.0.0", "kit": "1.1.0"}
