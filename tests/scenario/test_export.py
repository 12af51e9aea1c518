"""paii export marketplace: a folder that Claude Code alone can use."""

import json
import os

import pytest

from shelf import Shelf, installed, plugin

HOOKS = {"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "${CLAUDE_PLUGIN_ROOT}/hooks/bell.sh"}]}]}}

KIT = {
    ".claude-plugin/plugin.json": json.dumps({"name": "kit", "version": "1.2.0", "description": "all parts",
                                              "hooks": "./more/hooks.json", "keywords": ["x"]}),
    ".claude-plugin/marketplace.json": "{}",
    ".mcp.json": '{"mcpServers": {}}',
    ".env": "SECRET=1\n",
    ".claude/settings.json": "{}",
    "hooks/hooks.json": json.dumps(HOOKS),
    "hooks/bell.sh": "#!/bin/sh\n",
    "more/hooks.json": '{"hooks": {}}',
    "skills/measure/SKILL.md": "---\nname: measure\ndescription: measures\n---\nMeasure.\n",
    "agents/deep/AGENT.md": "---\nname: deep\ndescription: digs\n---\nYou dig.\n",
}

ACTIVE = ('[plugin]\nname = "active"\nversion = "1.0.0"\ndescription = "acts"\nauthors = ["Ada"]\n'
          'license = "MIT"\nhomepage = "example.com/no-address"\ntags = ["a", "b"]\n'
          '[run]\ncommand = ["./run"]\n[actions.look]\nsummary = "looks"\neffect = "read"\n'
          '[[hooks.stop]]\naction = "look"\n[build]\ntype = "skill"\n')


def index(market):
    return json.loads((market / ".claude-plugin/marketplace.json").read_text())


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def market(paii):
    return paii.home / "market"


@pytest.fixture
def kit(paii):
    paii.run("install", paii.write_tree("kit", KIT), "--yes")


def test_a_plugin_goes_out_with_its_hooks_and_without_what_is_nobodys(paii, kit, market):
    paii.run("export", "marketplace", market)
    assert files(market / "plugins/kit") == [
        ".claude-plugin/plugin.json", ".mcp.json", "agents/deep/AGENT.md", "hooks/bell.sh",
        "hooks/hooks.json", "more/hooks.json", "skills/measure/SKILL.md"]
    assert os.access(market / "plugins/kit/hooks/bell.sh", os.X_OK)
    assert os.access(market / "plugins/kit/hooks/hooks.json", os.W_OK)
    manifest = json.loads((market / "plugins/kit/.claude-plugin/plugin.json").read_text())
    assert manifest == {"name": "kit", "version": "1.2.0", "description": "all parts", "keywords": ["x"],
                        "hooks": "./more/hooks.json", "agents": ["./agents/deep/AGENT.md"]}
    assert index(market)["name"] == "paii"
    assert [(row["name"], row["source"], row["version"]) for row in index(market)["plugins"]] == [
        ("kit", "./plugins/kit", "1.2.0")]
    assert not any(path.is_symlink() for path in market.rglob("*"))


def test_what_only_paii_can_do_is_left_out_and_named(paii, market):
    files_of = {**plugin("active"), "plugin.toml": ACTIVE, "run": "#!/bin/sh\n"}
    paii.run("install", paii.write_tree("active", files_of), "--yes")
    said = paii.run("export", "marketplace", market).stdout
    assert said == "exported active 1.0.0  without actions look; hooks on stop\n"
    assert files(market / "plugins/active") == [".claude-plugin/plugin.json", "SKILL.md", "run"]
    row, = index(market)["plugins"]
    assert row == {"name": "active", "source": "./plugins/active", "description": "acts",
                   "version": "1.0.0", "author": {"name": "Ada"}, "license": "MIT", "keywords": ["a", "b"]}


def test_plugins_that_have_to_be_built_stay_behind(paii, kit, market):
    built = paii.write_tree("built", {**plugin("built", build="make"),
                                      "Makefile": "install:\n\tinstall -D SKILL.md $(DESTDIR)$(PREFIX)/share/x\n"})
    paii.run("install", built, "--yes")
    done = paii.run("export", "marketplace", market, "--json").json()
    assert done["left_out"] == [{"name": "built", "version": "1.0.0", "reason": "it has to be built (make)"}]
    assert [row["name"] for row in done["plugins"]] == ["kit"]
    assert (market / "plugins").exists() and not (market / "plugins/built").exists()


def test_nothing_to_export_is_an_error_and_makes_nothing(paii, market):
    result = paii.run("export", "marketplace", market, expect=10)
    assert "no plugin is installed" in result.stderr
    assert not market.exists()


def test_the_same_set_gives_the_same_bytes(paii, kit, market):
    paii.run("export", "marketplace", market)
    first = paii.snapshot(market)
    paii.run("export", "marketplace", market)
    assert paii.snapshot(market) == first
    paii.run("export", "marketplace", paii.home / "other")
    assert paii.snapshot(paii.home / "other") == first
    assert [path.name for path in paii.home.iterdir() if "paii-export" in path.name] == []


def test_what_is_no_longer_installed_goes(paii, kit, market):
    paii.run("install", paii.write_tree("one", plugin("one")), "--yes")
    paii.run("export", "marketplace", market)
    assert [row["name"] for row in index(market)["plugins"]] == ["kit", "one"]
    paii.run("remove", "one", "--yes")
    paii.run("export", "marketplace", market)
    assert sorted(path.name for path in (market / "plugins").iterdir()) == ["kit"]


def test_a_repository_around_the_export_stays(paii, kit, market, git):
    (market).mkdir()
    paii.run("export", "marketplace", market)
    paii.write(market / ".git/HEAD", "ref: refs/heads/main\n")
    paii.write(market / "README.md", "mine\n")
    paii.run("install", paii.write_tree("one", plugin("one")), "--yes")
    paii.run("export", "marketplace", market)
    assert [row["name"] for row in index(market)["plugins"]] == ["kit", "one"]
    assert (market / ".git/HEAD").exists() and (market / "README.md").read_text() == "mine\n"


@pytest.mark.parametrize("path", ["notes.txt", "plugins/own/SKILL.md", ".claude-plugin/marketplace.json"])
def test_a_folder_of_somebody_else_is_refused(paii, kit, market, path):
    paii.write(market / path, "mine\n")
    before = paii.snapshot(market)
    result = paii.run("export", "marketplace", market, expect=13)
    assert str(market) in result.stderr and "move it away" in result.stderr
    assert paii.snapshot(market) == before


@pytest.mark.parametrize("path", ["plugins/own/SKILL.md", ".claude-plugin/more.json"])
def test_what_somebody_put_into_an_export_is_not_lost(paii, kit, market, path):
    paii.run("export", "marketplace", market)
    paii.write(market / path, "mine\n")
    assert path.rpartition("/")[0] in paii.run("export", "marketplace", market, expect=13).stderr
    assert (market / path).read_text() == "mine\n"


def test_a_link_to_the_folder_is_followed(paii, kit, market):
    (paii.home / "real").mkdir()
    market.symlink_to("real")
    paii.run("export", "marketplace", market)
    assert market.is_symlink() and index(paii.home / "real")["plugins"]


def test_a_folder_in_a_folder_that_is_not_there(paii, kit):
    result = paii.run("export", "marketplace", paii.home / "no/market", expect=10)
    assert "has to exist" in result.stderr


def test_what_a_killed_run_left_is_cleared(paii, kit, market):
    left = paii.home / ".market.paii-export"
    paii.write(left / ".claude-plugin/exported-by-paii", "kit\n")
    paii.write(left / "plugins/kit/half", "x")
    paii.run("export", "marketplace", market)
    assert not left.exists() and not (market / "plugins/kit/half").exists()
    paii.write(left / "of-a-person", "x")
    assert "move it away" in paii.run("export", "marketplace", market, expect=13).stderr
    assert (left / "of-a-person").exists()


def test_dry_run_writes_nothing(paii, kit, market):
    assert paii.run("export", "marketplace", market, "--dry-run").stdout == "would export kit 1.2.0\n"
    assert not market.exists()


def test_a_live_folder_goes_out_without_its_links(paii, market):
    folder = paii.write_tree("kit", KIT)
    (folder / "again.md").symlink_to("skills/measure/SKILL.md")
    paii.run("install", "--dev", folder, "--yes")
    paii.run("export", "marketplace", market)
    copy = market / "plugins/kit/again.md"
    assert not copy.is_symlink() and copy.read_text() == KIT["skills/measure/SKILL.md"]
    assert not (market / ".live").exists()


def test_a_registry_goes_out_with_its_newest_versions(paii, market):
    shelf = Shelf(paii, "lab")
    shelf.add("one", "1.0.0").add("one", "1.1.0").add("one", "2.0.0-rc.1").add("one", "1.2.0", row={"yanked": True})
    shelf.add("two", "0.1.0-beta").add("tool", build="make", Makefile="install:\n")
    shelf.list("gone", version="1.0.0", path="plugins/not-there")
    done = paii.run("export", "marketplace", market, "--registry", "lab", "--json").json()
    assert [(row["name"], row["version"]) for row in done["plugins"]] == [
        ("one", "1.1.0"), ("two", "0.1.0-beta")]
    assert [row["name"] for row in done["left_out"]] == ["gone", "tool"]
    assert "there is no folder" in done["left_out"][0]["reason"]
    assert index(market)["name"] == "lab"
    assert "one 1.1.0" in (market / "plugins/one/SKILL.md").read_text()
    assert installed(paii) == {}


def test_what_cannot_be_reached_is_left_out_only_if_told_so(paii, market):
    shelf = Shelf(paii, "lab")
    shelf.add("one").list("far", version="1.0.0", source="https://127.0.0.1:9/far.git")
    far = ("export", "marketplace", market, "--registry", "lab")
    result = paii.run(*far, expect=20)
    assert "far" in result.stderr and "--offline" in result.stderr and not market.exists()
    done = paii.run(*far, "--offline", "--json").json()
    assert [row["name"] for row in done["left_out"]] == ["far"]
    assert done["left_out"][0]["reason"].startswith("'https://127.0.0.1:9/far.git'")
    assert [row["name"] for row in index(market)["plugins"]] == ["one"]


def test_an_unknown_registry(paii, market):
    assert paii.run("export", "marketplace", market, "--registry", "lob", expect=10)
    assert not market.exists()


def test_the_marketplace_has_the_name_that_was_asked_for(paii, kit, market):
    paii.run("export", "marketplace", market, "--name", "team")
    assert index(market)["name"] == "team"
    assert "name" in paii.run("export", "marketplace", market, "--name", "Not It", expect=13).stderr


def test_an_export_is_a_registry_again(paii, kit, market):
    paii.run("export", "marketplace", market)
    paii.run("remove", "kit", "--yes")
    paii.run("registry", "add", "back", market)
    paii.run("install", "back/kit", "--yes")
    assert list(installed(paii)) == ["kit"]
