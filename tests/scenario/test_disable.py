"""paii disable and enable: plugins and parts of them stay installed and are not shown to Claude Code."""

import json
import tomllib

import pytest

from shelf import Shelf, installed, lock_text, needs, plugin

AGENT = "---\nname: {0}\ndescription: the agent {0}\n---\nYou are {0}.\n"
SKILL = "---\nname: {0}\ndescription: the skill {0}\n---\nDo {0}.\n"
KIT = {"agents/code-reviewer.md": AGENT.format("code-reviewer"), "agents/tester.md": AGENT.format("tester"),
       "skills/lint/SKILL.md": SKILL.format("lint"), "skills/format/SKILL.md": SKILL.format("format"),
       "commands/go.md": "Go.\n", "commands/halt.md": "Halt.\n", "commands/deep/down.md": "Down.\n",
       ".mcp.json": json.dumps({"mcpServers": {"echo": {"command": "true"}, "other": {"command": "false"}}})}


@pytest.fixture
def kit(paii):
    paii.write_tree("work/kit", {**plugin("kit"), **KIT})
    paii.run("install", paii.home / "work/kit")
    return paii


def shown(person, name="kit"):
    return person.claude / "skills" / name


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def manifest(person, name="kit"):
    return json.loads((shown(person, name) / ".claude-plugin/plugin.json").read_text())


def row(person, name="kit"):
    return next(row for row in tomllib.loads(lock_text(person))["plugin"] if row["name"] == name)


def generation(person):
    return json.loads(person.run("status", "--json").stdout)["generation"]


# ---- whole plugins ----

def test_a_disabled_plugin_is_installed_and_not_shown(kit):
    assert kit.run("disable", "kit").stdout == "disabled kit\n"
    assert not shown(kit).is_symlink()
    assert row(kit)["disabled"] is True
    assert installed(kit) == {"kit": "1.0.0"}
    assert "(disabled)" in kit.run("list").stdout
    assert json.loads(kit.run("list", "--json").stdout)[0]["disabled"] is True
    assert "1 disabled" in kit.run("status").stdout
    assert kit.run("enable", "kit").stdout == "enabled kit\n"
    assert (shown(kit) / "SKILL.md").read_text()
    assert "disabled" not in row(kit)


def test_disabling_twice_changes_nothing(kit):
    kit.run("disable", "kit")
    before = generation(kit)
    assert "already disabled" in kit.run("disable", "kit").stderr
    assert generation(kit) == before
    kit.run("enable", "kit")
    assert "already enabled" in kit.run("enable", "kit").stderr


def test_dry_run_says_so_and_changes_nothing(kit):
    before = kit.snapshot(), lock_text(kit)
    assert kit.run("disable", "kit", "kit:lint", "--dry-run").stdout == (
        "would be disabled kit\nwould be disabled kit:skill:lint\n")
    assert (kit.snapshot(), lock_text(kit)) == before


def test_rollback_goes_back_over_a_disable(kit):
    kit.run("disable", "kit")
    kit.run("rollback")
    assert shown(kit).is_dir() and "disabled" not in row(kit)


def test_json_of_a_change(kit):
    answer = json.loads(kit.run("disable", "kit:tester", "--json").stdout)
    assert answer == {"dry_run": False, "generation": 2, "disabled": ["kit:agent:tester"]}


def test_what_remains_of_claude_is_nothing(kit):
    kit.run("disable", "kit")
    assert not kit.claude.exists()
    kit.run("remove", "kit")
    assert not kit.claude.exists()


@pytest.mark.parametrize("word,hint", [
    ("kti", "did you mean 'kit'?"), ("kit:code-reviewr", "did you mean 'kit:code-reviewer'?"),
    ("kit:zzzzzzzzz", "'paii info kit' lists them"), ("zzzzzzzzz", "'paii list' shows what is")])
def test_unknown_names_get_the_nearest_as_a_hint(kit, word, hint):
    before = lock_text(kit)
    assert hint in kit.run("disable", "kit", word, expect=10).stderr
    assert lock_text(kit) == before


# ---- components ----

def test_a_disabled_agent(kit):
    assert kit.run("disable", "kit:code-reviewer").stdout == "disabled kit:agent:code-reviewer\n"
    assert manifest(kit)["agents"] == ["./agents/tester.md"]
    assert (shown(kit) / "agents/tester.md").read_text() == AGENT.format("tester")
    assert row(kit)["disabled_components"] == ["agent:code-reviewer"]
    assert "(partly disabled)" in kit.run("list").stdout
    kit.run("enable", "kit:code-reviewer")
    assert "agents" not in manifest(kit) and "disabled_components" not in row(kit)


def test_all_agents_disabled(kit):
    kit.run("disable", "kit:code-reviewer", "kit:tester")
    assert "agents" not in manifest(kit) and not (shown(kit) / "agents").exists()


def test_a_disabled_skill(kit):
    kit.run("disable", "kit:lint")
    assert names(shown(kit) / "skills") == ["format"]
    assert (shown(kit) / "skills/format/SKILL.md").read_text() == SKILL.format("format")
    assert (shown(kit) / "SKILL.md").exists()


def test_the_skill_at_the_root_disabled(kit):
    kit.run("disable", "kit:skill:kit")
    assert not (shown(kit) / "SKILL.md").exists()
    assert names(shown(kit) / "skills") == ["format", "lint"]


def test_a_plain_skill_disabled_leaves_nothing(paii):
    paii.write_tree("work/plain", plugin("plain"))
    paii.run("install", paii.home / "work/plain")
    paii.run("disable", "plain:plain")
    assert not shown(paii, "plain").is_symlink()
    paii.run("enable", "plain:plain")
    assert (shown(paii, "plain") / "SKILL.md").exists()


def test_a_disabled_command(kit):
    kit.run("disable", "kit:go")
    assert names(shown(kit) / "commands") == ["deep", "halt.md"]
    assert (shown(kit) / "commands/deep/down.md").read_text() == "Down.\n"


def test_a_disabled_server(kit):
    kit.run("disable", "kit:mcp:echo")
    assert manifest(kit)["mcpServers"] == {"other": {"command": "false"}}
    assert not (shown(kit) / ".mcp.json").exists()


def test_one_name_of_several_kinds(paii):
    paii.write_tree("work/kit", {**plugin("kit"), **KIT, "skills/tester/SKILL.md": SKILL.format("tester")})
    paii.run("install", paii.home / "work/kit")
    assert paii.run("disable", "kit:tester").stdout == "disabled kit:skill:tester\ndisabled kit:agent:tester\n"
    assert paii.run("enable", "kit:agent:tester").stdout == "enabled kit:agent:tester\n"
    assert row(paii)["disabled_components"] == ["skill:tester"]


def test_what_the_own_manifest_names(paii):
    own = {"name": "own", "version": "1.0.0", "skills": ["./extra/", "./one"], "commands": "./verbs",
           "agents": ["./people/ann.md", "./people/bob.md"],
           "mcpServers": {"echo": {"command": "true"}, "other": {"command": "false"}}}
    paii.write_tree("work/own", {
        ".claude-plugin/plugin.json": json.dumps(own),
        "extra/a/SKILL.md": SKILL.format("a"), "extra/b/SKILL.md": SKILL.format("b"),
        "one/SKILL.md": SKILL.format("one"), "verbs/go.md": "Go.\n", "verbs/halt.md": "Halt.\n",
        "people/ann.md": AGENT.format("ann"), "people/bob.md": AGENT.format("bob")})
    paii.run("install", paii.home / "work/own")
    assert manifest(paii, "own") == own
    paii.run("disable", "own:a", "own:go", "own:ann", "own:echo")
    assert manifest(paii, "own") == {
        "name": "own", "version": "1.0.0", "skills": ["./extra/b", "./one"], "commands": ["./verbs/halt.md"],
        "agents": ["./people/bob.md"], "mcpServers": {"other": {"command": "false"}}}


def test_nothing_is_left_of_what_the_own_manifest_names(paii):
    """An empty list: without it the client would load the standard folder."""
    paii.write_tree("work/own", {
        ".claude-plugin/plugin.json": json.dumps({"name": "own", "agents": "./people/", "commands": ["./verbs/go.md"]}),
        "people/ann.md": AGENT.format("ann"), "verbs/go.md": "Go.\n",
        "agents/hidden.md": AGENT.format("hidden"), "commands/hidden.md": "Hidden.\n"})
    paii.run("install", paii.home / "work/own")
    paii.run("disable", "own:ann", "own:go")
    assert manifest(paii, "own") == {"name": "own", "agents": [], "commands": []}


def test_doctor_asks_no_secret_for_a_disabled_plugin(paii):
    files = plugin("needy")
    files["plugin.toml"] += '[env]\nNEEDY_TOKEN = { required = true, secret = true }\n'
    paii.write_tree("work/needy", files)
    paii.run("install", paii.home / "work/needy", "--yes")
    assert "NEEDY_TOKEN" in paii.run("doctor", check=False).stdout
    paii.run("disable", "needy")
    assert "NEEDY_TOKEN" not in paii.run("doctor", check=False).stdout


def test_a_disabled_plugin_keeps_its_components_as_they_are(kit):
    kit.run("disable", "kit:lint")
    kit.run("disable", "kit")
    kit.run("enable", "kit")
    assert names(shown(kit) / "skills") == ["format"]


# ---- with the other commands ----

@pytest.mark.parametrize("name", ["kit", "kit:lint"])
def test_it_stays_so_through_updates(kit, name):
    kit.run("disable", name)
    kit.write_tree("work/kit", {**plugin("kit", "2.0.0"), **KIT})
    kit.run("update")
    assert installed(kit) == {"kit": "2.0.0"}
    assert ("disabled" in row(kit), "disabled_components" in row(kit)) == (name == "kit", name != "kit")
    assert shown(kit).exists() == (name != "kit")


@pytest.mark.parametrize("name", ["kit", "kit:lint"])
def test_a_lock_file_reproduces_it(kit, name):
    kit.run("disable", name)
    text = lock_text(kit)
    lock = kit.write("elsewhere.lock", text)
    kit.run("enable", name)
    kit.run("install", "--locked", lock)
    assert lock_text(kit) == text
    assert shown(kit).exists() == (name != "kit")


@pytest.mark.parametrize("name", ["kit", "kit:lint", "kit:kit"])
def test_there_is_nothing_to_repair(kit, name):
    kit.run("disable", name)
    before = kit.snapshot()
    assert "nothing to repair" in kit.run("repair").stderr
    assert kit.snapshot() == before


def test_its_hooks_do_not_run(paii):
    files = plugin("guard")
    files["plugin.toml"] += ('[run]\ncommand = ["bin/guard"]\n[actions.look]\nsummary = "looks"\n'
                             '[hooks.stop]\naction = "look"\n')
    paii.write_tree("work/guard", {**files, "bin/guard": "#!/bin/sh\n"})
    (paii.home / "work/guard/bin/guard").chmod(0o755)
    paii.run("install", paii.home / "work/guard")
    assert "guard:look" in paii.run("hook", "list").stdout
    paii.run("disable", "guard")
    assert "guard:look" not in paii.run("hook", "list").stdout
    assert not (paii.claude / "skills/paii").is_symlink()
    paii.run("enable", "guard")
    assert "guard:look" in paii.run("hook", "list").stdout


CALLER = """#!/bin/sh
exec "$PAII_BIN" call dep greet '{}'
"""


def test_nobody_calls_it_and_a_person_still_may(paii):
    shelf = Shelf(paii, "team")
    shelf.add("server", provides=["GreetProvider@1.0"])
    shelf.add("client", consumes=[needs("GreetProvider")])
    for name, script in (("server", '#!/bin/sh\ncat >/dev/null\necho "{}"\n'), ("client", CALLER)):
        folder = shelf.folder / f"plugins/{name}-1.0.0"
        text = (folder / "plugin.toml").read_text()
        paii.write_tree(folder, {"plugin.toml": text + '[run]\ncommand = ["bin/x"]\n[actions.greet]\nsummary = "g"\n',
                                 "bin/x": script})
        (folder / "bin/x").chmod(0o755)
    paii.run("install", "client")
    assert "'client.dep' calls 'server', which is disabled now" in paii.run("disable", "server").stderr
    answer = json.loads(paii.run("run", "client", "greet", "--json", expect=1).stdout)
    assert "plugin 'server' is disabled: paii enable server" in json.dumps(answer)
    assert "'server' is disabled" in paii.run("run", "server", "--help").stderr
