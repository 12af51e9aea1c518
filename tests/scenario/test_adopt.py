"""paii adopt: what Claude Code has installed by itself becomes paii's, and can go back."""

import json

import pytest

from servers import WebServer
from shelf import installed

SETTINGS = '''{ "model" : "opus",
  "enabledPlugins": {"kit@lab": true,   "other@lab" : true, "gone@lab": false},
  "mine": [1,2 ] }
'''


def skill(name, version="1.0.0"):
    return {
        ".claude-plugin/plugin.json": json.dumps({"name": name, "version": version, "description": "d"}),
        f"skills/{name}/SKILL.md": f"---\nname: {name}\ndescription: MARK-{name}\n---\nBody.\n",
    }


@pytest.fixture
def market(paii):
    """A marketplace in a folder, as the client's files say that it was added and used."""
    rows = [{"name": name, "source": f"./plugins/{name}"} for name in ("kit", "other", "gone")]
    folder = paii.write_tree("market", {
        ".claude-plugin/marketplace.json": json.dumps({"name": "lab", "owner": {"name": "x"}, "plugins": rows})})
    for row in rows:
        paii.write_tree(folder / "plugins" / row["name"], skill(row["name"]))
    tell(paii, {"lab": {"source": {"source": "directory", "path": str(folder)}}},
         {f"{row['name']}@lab": "1.0.0" for row in rows})
    paii.write(".claude/settings.json", SETTINGS)
    return folder


def tell(paii, markets, versions, scope="user"):
    plugins = {key: [{"scope": scope, "version": version}] for key, version in versions.items()}
    paii.write(".claude/plugins/known_marketplaces.json", json.dumps(markets))
    paii.write(".claude/plugins/installed_plugins.json", json.dumps({"version": 2, "plugins": plugins}))


def settings(paii):
    return (paii.claude / "settings.json").read_text()


def config(paii):
    path = paii.dir / "paii.toml"
    return path.read_text() if path.exists() else ""


def reasons(result):
    return {row["id"]: row["reason"] for row in result["plugins"] if not row["adopted"]}


def test_plugins_move_over_and_are_off_in_the_client(paii, market):
    said = paii.run("adopt").stdout
    assert said == ("adopted kit@lab as lab/kit 1.0.0\nadopted other@lab as lab/other 1.0.0\n"
                    "left gone@lab: it is not switched on in Claude Code\n")
    assert installed(paii) == {"kit": "1.0.0", "other": "1.0.0"}
    assert settings(paii) == SETTINGS.replace('"kit@lab": true', '"kit@lab": false').replace(
        '"other@lab" : true', '"other@lab" : false')
    assert (paii.claude / "skills/kit").is_symlink()
    assert f'lab = "{market}"' in config(paii)


def test_what_the_client_pulled_in_is_pulled_in(paii, market):
    """And what it pulled in for something that is gone is the person's."""
    paii.write(market / "plugins/kit/.claude-plugin/plugin.json",
               json.dumps({"name": "kit", "version": "1.0.0", "dependencies": ["other"]}))
    file = paii.claude / "plugins/installed_plugins.json"
    known = json.loads(file.read_text())
    for name in ("other", "gone"):
        known["plugins"][f"{name}@lab"][0]["auto"] = True
    file.write_text(json.dumps(known))
    paii.write(".claude/settings.json", SETTINGS.replace('"gone@lab": false', '"gone@lab": true'))
    paii.run("adopt")
    rows = {row["name"]: row["requested"] for row in paii.run("list", "--json").json()}
    assert rows == {"kit": True, "other": False, "gone": True}
    paii.run("remove", "kit")
    assert installed(paii) == {"gone": "1.0.0"}


def test_everything_goes_back(paii, market):
    before, registries = paii.snapshot(), paii.run("registry", "list", "--json").stdout
    paii.run("adopt")
    assert paii.snapshot() != before
    assert paii.run("adopt", "--undo").stdout == "handed back kit@lab\nhanded back other@lab\n"
    assert paii.snapshot() == before
    assert installed(paii) == {}
    assert paii.run("registry", "list", "--json").stdout == registries
    assert not (paii.dir / "adopted").exists()
    assert paii.run("adopt", "--undo").stdout == ""


def test_the_plan_changes_nothing(paii, market):
    before = paii.snapshot()
    said = paii.run("adopt", "--dry-run").stdout
    assert "would adopt kit@lab as lab/kit 1.0.0\n" in said and "left gone@lab" in said
    assert paii.snapshot() == before and config(paii) == ""
    paii.run("adopt")
    assert paii.run("adopt", "--undo", "--dry-run", "--json").json() == {
        "dry_run": True, "handed_back": ["kit@lab", "other@lab"]}
    assert "kit" in installed(paii)


def test_once_more_is_no_change(paii, market):
    paii.run("adopt")
    before, note = paii.snapshot(), (paii.dir / "adopted").read_text()
    assert reasons(paii.run("adopt", "--json").json())["kit@lab"] == "it was taken over already"
    assert paii.snapshot() == before and (paii.dir / "adopted").read_text() == note


def test_one_that_was_switched_on_again_is_switched_off_again(paii, market):
    paii.run("adopt")
    paii.write(".claude/settings.json", settings(paii).replace('"kit@lab": false', '"kit@lab": true'))
    assert "adopted kit@lab" in paii.run("adopt").stdout
    assert '"kit@lab": false' in settings(paii)
    paii.run("adopt", "--undo")
    assert installed(paii) == {} and settings(paii) == SETTINGS


def test_a_plugin_that_cannot_be_had_stays_and_the_others_move(paii, market):
    paii.write(market / "plugins/other/skills/other/SKILL.md", "---\nname: x\n---\n\U000e0041\n")
    left = reasons(paii.run("adopt", "--json").json())
    assert "other" in left["other@lab"] and set(left) == {"other@lab", "gone@lab"}
    assert installed(paii) == {"kit": "1.0.0"}
    assert '"other@lab" : true' in settings(paii) and '"kit@lab": false' in settings(paii)


def test_what_was_here_before_stays_here(paii, market):
    paii.run("registry", "add", "work", market)
    paii.run("install", "work/kit", "--yes")
    assert "adopted kit@lab as work/kit 1.0.0" in paii.run("adopt").stdout
    paii.run("adopt", "--undo")
    assert installed(paii) == {"kit": "1.0.0"} and settings(paii) == SETTINGS
    assert [row["name"] for row in paii.run("registry", "list", "--json").json()] == ["core", "work"]


def test_reasons_to_leave_a_plugin_alone(paii, market):
    folder = {"source": {"source": "directory", "path": str(market)}}
    tell(paii, {"lab": folder, "npm": {"source": {"source": "npm", "package": "x"}},
                "Not It": folder, "lost": {"source": {"source": "directory", "path": "/no/such"}}},
         {"kit@lab": "0.9.0", "kit@unknown": "1", "kit@npm": "1", "Kit_2@lab": "1", "x@lost": "1"})
    keys = ("kit@lab", "kit@unknown", "kit@npm", "Kit_2@lab", "x@lost")
    paii.write(".claude/settings.json", json.dumps({"enabledPlugins": dict.fromkeys(keys, True)}))
    result = paii.run("adopt", "--json").json()
    left = reasons(result)
    assert "not known" in left["kit@unknown"] and "no registry can be" in left["kit@npm"]
    assert "no such names" in left["Kit_2@lab"] and "/no/such" in left["x@lost"]
    kit = next(row for row in result["plugins"] if row["adopted"])
    assert (kit["id"], kit["client_version"], kit["version"]) == ("kit@lab", "0.9.0", "1.0.0")
    assert json.loads(settings(paii))["enabledPlugins"] == {**dict.fromkeys(keys, True), "kit@lab": False}
    assert [row["name"] for row in paii.run("registry", "list", "--json").json()] == ["core", "lab"]


def test_a_marketplace_may_be_called_as_no_registry_can_be(paii, market):
    tell(paii, {"Our Lab": {"source": {"source": "directory", "path": str(market)}}}, {"kit@Our Lab": "1.0.0"})
    before = '{"enabledPlugins": {"kit@Our Lab": true}}'
    paii.write(".claude/settings.json", before)
    assert "can be called 'Our Lab'" in reasons(paii.run("adopt", "--json").json())["kit@Our Lab"]
    paii.run("registry", "add", "work", market)
    assert "adopted kit@Our Lab as work/kit" in paii.run("adopt").stdout
    assert settings(paii) == before.replace("true", "false")
    paii.run("adopt", "--undo")
    assert settings(paii) == before and installed(paii) == {}


def test_a_marketplace_in_a_repository_keeps_its_branch(paii, git, tmp_path):
    listing = json.dumps({"name": "lab", "owner": {"name": "x"}, "plugins": [{"name": "kit", "source": "./kit"}]})
    files = {f"kit/{path}": text for path, text in skill("kit").items()}
    repo = git.repo("lab", {".claude-plugin/marketplace.json": listing, **files})
    repo.git("checkout", "-q", "-b", "stable")
    repo.commit({"README.md": "the stable one"})
    web = WebServer(tmp_path / "web")
    try:
        url = web.add_repository("lab", repo)
        tell(paii, {"lab": {"source": {"source": "git", "url": url, "ref": "stable"}}}, {"kit@lab": "1.0.0"})
        paii.write(".claude/settings.json", '{"enabledPlugins": {"kit@lab": true}}')
        assert "adopted kit@lab as lab/kit 1.0.0" in paii.run("adopt", env=web.env).stdout
    finally:
        web.close()
    assert f'lab = {{ url = "{url}", ref = "stable" }}' in config(paii)
    assert f'commit = "{repo.head}"' in (paii.dir / "current/paii.lock").read_text()


def test_a_plugin_of_a_project_is_the_projects(paii, market):
    tell(paii, {"lab": {"source": {"source": "directory", "path": str(market)}}}, {"kit@lab": "1"}, "project")
    assert "for a project" in reasons(paii.run("adopt", "--json").json())["kit@lab"]
    assert installed(paii) == {}


def test_no_client_has_nothing_to_adopt(paii):
    assert "installed no plugins" in paii.run("adopt").stderr
    assert not paii.claude.exists()


def test_settings_that_are_no_json_are_refused_first(paii, market):
    paii.write(".claude/settings.json", '{ // mine\n "enabledPlugins": {"kit@lab": true}}')
    before = paii.snapshot()
    assert "a comment" in paii.run("adopt", expect=13).stderr
    assert paii.snapshot() == before and config(paii) == ""
