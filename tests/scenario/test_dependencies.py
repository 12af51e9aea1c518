"""Plugins of Claude Code that name others: pulled in from where the client would take them, and kept together."""

import json

import pytest

from shelf import Shelf, installed, lock_text, steps
from shelf import needs as contract

COMMAND = "---\ndescription: greets\n---\nGreet.\n"
CONTRACT, REFUSED, NOT_FOUND = 11, 13, 10


def files(folder, name, version="1.0.0", needs=()):
    """A plugin of the client in a folder of its marketplace."""
    manifest = {"name": name, "version": version, **({"dependencies": list(needs)} if needs else {})}
    return {f"{folder}/.claude-plugin/plugin.json": json.dumps(manifest), f"{folder}/commands/{name}.md": COMMAND}


@pytest.fixture
def market(paii):
    """market(REGISTRY, PLUGINS, …): a marketplace in a folder, of {name: version or (version, needs)}."""
    def make(name, plugins, title=None, listed=True, priority=0, **more):
        entries, tree = [], {}
        for plugin, what in plugins.items():
            version, needs = what if isinstance(what, tuple) else (what, ())
            entries.append({"name": plugin, "source": f"./p/{plugin}",
                            **({"version": version, "dependencies": list(needs)} if listed else {})})
            tree |= files(f"p/{plugin}", plugin, version, needs)
        index = {"name": title or name, "owner": {"name": "o"}, "plugins": entries, **more}
        folder = paii.write_tree(f"markets/{name}", {**tree, ".claude-plugin/marketplace.json": json.dumps(index)})
        paii.run("registry", "add", name, folder, "--priority", priority)
    return make


@pytest.fixture
def shelf(paii):
    return Shelf(paii, "team")


def pulled_in(paii):
    return {row["name"] for row in paii.run("list", "--json").json() if not row["requested"]}


@pytest.mark.parametrize("listed", [True, False], ids=["the entry says it", "plugin.json says it"])
def test_what_a_plugin_depends_on_comes_and_goes_with_it(paii, market, listed):
    market("acme", {"deploy-kit": ("3.1.0", ["audit-logger", {"name": "vault", "version": "~2.1.0"}]),
                    "audit-logger": ("1.0.0", ["base"]), "vault": "2.1.4", "base": "0.1.0"}, listed=listed)
    done = paii.run("install", "deploy-kit")
    assert "audit-logger 1.0.0 (acme)  pulled in: needed by deploy-kit" in done.stdout
    assert "base 0.1.0 (acme)  pulled in: needed by audit-logger" in done.stdout
    assert installed(paii) == {"deploy-kit": "3.1.0", "audit-logger": "1.0.0", "vault": "2.1.4", "base": "0.1.0"}
    assert pulled_in(paii) == {"audit-logger", "vault", "base"}
    assert 'depends = ["audit-logger", "vault@~2.1.0"]' in lock_text(paii)
    paii.run("remove", "deploy-kit")
    assert installed(paii) == {}


def test_the_plan_says_who_needs_it(paii, market):
    market("acme", {"kit": ("1.0.0", ["base"]), "base": "1.0.0"})
    plan = paii.run("install", "kit", "--dry-run", "--json").json()["steps"]
    assert {step["name"]: step["because"] for step in plan if "because" in step and step["because"]} == \
        {"base": "needed by kit"}


def test_what_others_depend_on_is_not_removed_alone(paii, market):
    market("acme", {"kit": ("1.0.0", ["base"]), "top": ("1.0.0", ["kit"]), "base": "1.0.0"})
    paii.run("install", "top", "base")
    before = lock_text(paii)
    error = paii.run("remove", "base", expect=CONTRACT).stderr
    assert "needed by kit, top" in error and "paii remove base kit top" in error
    assert lock_text(paii) == before
    paii.run("remove", "base", "--yes")
    assert installed(paii) == {}


def test_a_name_is_looked_for_where_the_plugin_comes_from(paii, market):
    """Whoever offers the same name elsewhere, with whatever priority, is not asked."""
    market("acme", {"kit": ("1.0.0", ["base"]), "base": "1.0.0"})
    market("evil", {"base": "9.0.0"}, priority=100)
    paii.run("install", "kit")
    assert installed(paii) == {"kit": "1.0.0", "base": "1.0.0"}
    assert 'registry = "evil"' not in lock_text(paii)


def test_another_registrys_plugin_of_that_name_does_not_do(paii, market):
    market("acme", {"kit": ("1.0.0", ["base"]), "base": "1.0.0"})
    market("other", {"base": "1.0.0"})
    paii.run("install", "other/base")
    assert "kit 1.0.0 needs base" in paii.run("install", "kit", expect=CONTRACT).stderr
    assert installed(paii) == {"base": "1.0.0"}


def test_a_source_of_the_persons_own_does(paii, market):
    market("acme", {"kit": ("1.0.0", [{"name": "base", "version": "^1"}]), "base": "1.0.0"})
    fork = paii.write_tree("fork", files("base", "base", "1.5.0"))
    paii.run("install", fork / "base")
    paii.run("install", "kit")
    assert installed(paii) == {"kit": "1.0.0", "base": "1.5.0"}


# ---- other marketplaces


FAR = {"kit": ("1.0.0", ["logger@acme-shared"])}


def test_another_marketplace_needs_leave(paii, market):
    market("tools", FAR)
    market("shared", {"logger": "1.0.0"}, title="acme-shared")
    error = paii.run("install", "kit", expect=CONTRACT).stderr
    assert "registry 'tools' does not let its plugins depend on 'acme-shared'" in error
    assert "paii install kit shared/logger" in error
    assert installed(paii) == {}
    paii.run("install", "logger")
    paii.run("install", "kit")
    assert installed(paii) == {"kit": "1.0.0", "logger": "1.0.0"}


def test_leave_is_given_by_the_marketplace(paii, market):
    market("tools", FAR, allowCrossMarketplaceDependenciesOn=["acme-shared"])
    market("shared", {"logger": "1.0.0"}, title="acme-shared")
    paii.run("install", "kit")
    assert installed(paii) == {"kit": "1.0.0", "logger": "1.0.0"} and pulled_in(paii) == {"logger"}
    assert 'depends = ["acme-shared/logger"]' in lock_text(paii)


def test_leave_is_not_handed_on(paii, market):
    """The marketplace of what was asked for decides, not the one in between."""
    market("a", {"top": ("1.0.0", ["middle@b"])}, allowCrossMarketplaceDependenciesOn=["b"])
    market("b", {"middle": ("1.0.0", ["far@c"])}, allowCrossMarketplaceDependenciesOn=["c"])
    market("c", {"far": "1.0.0"})
    assert "'b' does not let" not in paii.run("install", "middle", "--dry-run").stderr
    assert "needs far" in paii.run("install", "top", expect=CONTRACT).stderr
    assert installed(paii) == {}


def test_leave_is_gone_with_what_gave_it(paii, market):
    market("a", {"top": ("1.0.0", ["far@c"])})
    market("b", {"door": ("1.0.0", ["nobody"])}, allowCrossMarketplaceDependenciesOn=["c"])
    market("c", {"far": "1.0.0"})
    refused = paii.run("install", "top", "door", expect=CONTRACT).stderr
    assert "'door' cannot be installed: door 1.0.0 needs nobody" in refused
    assert "without 'door'" not in refused


def test_a_marketplace_that_is_not_there(paii, market):
    market("tools", FAR, allowCrossMarketplaceDependenciesOn=["acme-shared"])
    error = paii.run("install", "kit", expect=CONTRACT).stderr
    assert "no registry, or more than one, is called 'acme-shared'" in error and "paii registry add" in error


# ---- versions


def test_ranges_of_several_plugins_come_together(paii, shelf):
    for version in ("2.0.0", "2.1.0", "2.3.0", "3.0.0"):
        shelf.add("vault", version)
    tree = {**files("plugins/a", "a", needs=[{"name": "vault", "version": "^2.0"}]),
            **files("plugins/b", "b", needs=[{"name": "vault", "version": "<2.2"}]),
            **files("plugins/c", "c", needs=[{"name": "vault", "version": "~3.0"}])}
    paii.write_tree(shelf.folder, tree)
    for name, need in (("a", "vault@^2.0"), ("b", "vault@<2.2"), ("c", "vault@~3.0")):
        shelf.list(name, version="1.0.0", path=f"plugins/{name}", depends=[need])
    paii.run("install", "a", "b")
    assert installed(paii)["vault"] == "2.1.0"
    before = lock_text(paii)
    error = paii.run("install", "c", expect=CONTRACT).stderr
    assert "c 1.0.0 needs vault ~3.0" in error
    assert lock_text(paii) == before
    paii.run("update")
    assert installed(paii)["vault"] == "2.1.0"
    paii.run("remove", "b")
    paii.run("update")
    assert installed(paii)["vault"] == "2.3.0"


def test_an_older_version_is_taken_only_when_asked_for(paii, shelf):
    shelf.add("vault", "1.0.0").add("vault", "2.0.0")
    paii.write_tree(shelf.folder, files("plugins/old", "old", needs=[{"name": "vault", "version": "^1"}]))
    shelf.list("old", version="1.0.0", path="plugins/old")
    paii.run("install", "vault")
    paii.run("install", "old", expect=CONTRACT)
    assert installed(paii) == {"vault": "2.0.0"}
    paii.run("install", "old", "vault@^1")
    assert installed(paii) == {"vault": "1.0.0", "old": "1.0.0"}


def test_a_version_that_only_the_plugin_knows(paii, market):
    """A marketplace that lists no versions: the plugin is fetched, and then it fits or it does not."""
    market("acme", {"kit": ("1.0.0", [{"name": "vault", "version": "^2"}]), "vault": "2.5.0",
                    "late": ("1.0.0", [{"name": "vault", "version": "^3"}])}, listed=False)
    paii.run("install", "kit")
    assert installed(paii) == {"kit": "1.0.0", "vault": "2.5.0"}
    paii.run("remove", "kit")
    error = paii.run("install", "late", expect=CONTRACT).stderr
    assert "late 1.0.0 needs vault ^3, and there is only 2.5.0" in error
    assert installed(paii) == {}


def test_depends_of_a_row_that_its_plugin_does_not_say(paii, shelf):
    """What the plugin's own files say has the last word."""
    shelf.add("base").add("kit", row={"depends": ["base"]})
    paii.run("install", "kit")
    assert installed(paii) == {"kit": "1.0.0"}


def test_a_renamed_plugin_is_found_under_its_new_name(paii, market):
    market("acme", {"kit": ("1.0.0", ["old-base"]), "base": "1.0.0"}, renames={"old-base": "base"})
    paii.run("install", "kit")
    assert installed(paii) == {"kit": "1.0.0", "base": "1.0.0"} and pulled_in(paii) == {"base"}
    paii.run("update")
    assert installed(paii) == {"kit": "1.0.0", "base": "1.0.0"}


def test_what_depends_on_a_disabled_plugin_is_told(paii, market):
    market("acme", {"kit": ("1.0.0", ["base"]), "base": "1.0.0"})
    paii.run("install", "kit")
    assert "'base', which is disabled now, is needed by kit" in paii.run("disable", "base").stderr
    assert "needed" not in paii.run("enable", "base").stderr


def test_info_says_what_the_installed_one_depends_on(paii, market):
    market("acme", {"kit": ("1.0.0", ["base"]), "base": "1.0.0"}, listed=False)
    paii.run("install", "kit")
    assert "depends    base" in paii.run("info", "kit").stdout
    assert paii.run("info", "kit", "--json").json()["installed"]["depends"] == ["base"]


def test_circles_are_no_trouble(paii, market):
    market("acme", {"a": ("1.0.0", ["b"]), "b": ("1.0.0", ["a"])})
    paii.run("install", "a")
    assert installed(paii) == {"a": "1.0.0", "b": "1.0.0"}
    paii.run("remove", "a", "b")
    assert installed(paii) == {}


def test_a_locked_set_brings_its_dependencies(paii, market):
    market("acme", {"kit": ("1.0.0", ["base"]), "base": "1.0.0"})
    paii.run("install", "kit")
    lock = paii.write("team.lock", lock_text(paii))
    paii.run("remove", "kit")
    paii.run("install", "--locked", lock)
    assert lock_text(paii) == lock.read_text() and pulled_in(paii) == {"base"}


# ---- conflicts


def test_plugins_that_cannot_stand_side_by_side(paii, shelf):
    shelf.add("pager", "1.0.0").add("pager", "2.0.0")
    shelf.add("notes", provides=["MemoryProvider@1.0"])
    tree = {"plugin.toml": '[plugin]\nname = "oncall"\nversion = "1.0.0"\n'
                           'conflicts = ["pager@<2", "MemoryProvider"]\n'}
    paii.write_tree(shelf.folder / "plugins/oncall", tree)
    shelf.list("oncall", version="1.0.0", path="plugins/oncall", conflicts=["pager@<2", "MemoryProvider"])
    paii.run("install", "oncall")
    assert 'conflicts = ["pager@<2", "MemoryProvider"]' in lock_text(paii)
    paii.run("install", "pager")
    assert installed(paii) == {"oncall": "1.0.0", "pager": "2.0.0"}
    for other in ("pager@1.0.0", "notes"):
        assert "'oncall'" in paii.run("install", other, expect=CONTRACT).stderr
    assert installed(paii) == {"oncall": "1.0.0", "pager": "2.0.0"}


def test_a_conflict_that_only_the_manifest_knows(paii, shelf):
    shelf.add("pager")
    paii.write_tree(shelf.folder / "plugins/oncall",
                    {"plugin.toml": '[plugin]\nname = "oncall"\nversion = "1.0.0"\nconflicts = ["pager"]\n'})
    shelf.list("oncall", version="1.0.0", path="plugins/oncall")
    paii.run("install", "pager")
    assert "cannot stand beside" in paii.run("install", "oncall", expect=CONTRACT).stderr
    assert installed(paii) == {"pager": "1.0.0"}


@pytest.mark.parametrize("version, fits", [("2.0.0", True), ("1.0.0", False)])
def test_a_conflict_with_a_version_that_only_the_plugin_knows(paii, market, shelf, version, fits):
    market("acme", {"pager": version}, listed=False)
    paii.write_tree(shelf.folder / "plugins/oncall",
                    {"plugin.toml": '[plugin]\nname = "oncall"\nversion = "1.0.0"\nconflicts = ["pager@<2"]\n'})
    shelf.list("oncall", version="1.0.0", path="plugins/oncall", conflicts=["pager@<2"])
    paii.run("install", "oncall", "pager", expect=0 if fits else CONTRACT)
    assert installed(paii) == ({"oncall": "1.0.0", "pager": version} if fits else {})


# ---- preference


def test_a_preferred_provider_is_taken_once(paii, shelf):
    shelf.add("diary", provides=["NoteKeeper@1.0"]).add("notes", provides=["NoteKeeper@1.0"])
    shelf.add("desk", consumes=[contract("NoteKeeper")])
    paii.run("install", "desk", "--prefer", "notes")
    assert installed(paii) == {"desk": "1.0.0", "notes": "1.0.0"}
    assert steps(paii.run("install", "desk", "--prefer", "diary", "--json", "--yes")) == \
        {"diary": "install", "notes": "remove"}
    shelf.add("lamp").add("spare", provides=["Light@1.0"])
    told = paii.run("install", "lamp", "--prefer", "spare").stderr
    assert "'spare' is preferred, and nothing takes it" in told and "spare" not in installed(paii)
    assert "nobody" in paii.run("install", "desk", "--prefer", "nobody", expect=NOT_FOUND).stderr
