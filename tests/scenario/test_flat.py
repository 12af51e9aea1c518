"""paii install --flat: skills, agents and commands by their own names, and the way back."""

import json
import os
import shutil

import pytest

from shelf import everything, generation, lock_text

SKILL = "---\nname: measure\ndescription: measures\n---\nRun ${CLAUDE_PLUGIN_ROOT}/run.sh in ${CLAUDE_PLUGIN_DATA}.\n"
AGENT = "---\nname: Helper\ndescription: helps\n---\nSee ${CLAUDE_PLUGIN_ROOT}.\n"
GREET = "---\ndescription: greets\n---\nGreet.\n"
KIT = {"skills/measure/SKILL.md": SKILL, "skills/measure/more/units.md": "metres\n",
       "agents/help.md": AGENT, "commands/greet.md": GREET}
LINKS = ["skills/measure", "agents/Helper.md", "commands/greet.md"]


def files(name, parts, version="1.0.0"):
    return {".claude-plugin/plugin.json": json.dumps({"name": name, "version": version}), **parts}


@pytest.fixture
def put(paii):
    """put(NAME, FILES): the folder of a plugin with these files."""
    def write(name, parts, version="1.0.0"):
        shutil.rmtree(paii.home / "work" / name, ignore_errors=True)
        return paii.write_tree(f"work/{name}", files(name, parts, version))
    return write


def links(person):
    """Links of ours below ~/.claude."""
    found = []
    for folder in ("skills", "agents", "commands"):
        for path in sorted((person.claude / folder).glob("*")):
            if path.is_symlink() and os.readlink(path).startswith(str(person.dir)):
                found.append(f"{folder}/{path.name}")
    return found


def text(person, link):
    return (person.claude / link).read_text()


# ---- there and away again


def test_everything_has_its_own_name_too(paii, put):
    paii.run("install", put("kit", KIT), "--flat")
    assert links(paii) == ["skills/kit", *LINKS]
    root = paii.dir / "current/claude/kit"
    assert f"Run {root}/run.sh in {paii.dir}/plugins/kit/data." in text(paii, "skills/measure/SKILL.md")
    assert text(paii, "skills/measure/more/units.md") == "metres\n"
    assert text(paii, "skills/kit/skills/measure/SKILL.md") == SKILL
    assert f"See {root}." in text(paii, "agents/Helper.md") and text(paii, "commands/greet.md") == GREET
    assert "flat = true" in lock_text(paii)
    assert paii.run("info", "kit", "--json").json()["installed"]["flat"] is True
    assert "problem" not in [row["level"] for row in paii.run("doctor", "--json", check=False).json()["findings"]
                             if row["subject"] == "links"]


def own_files(person):
    """A person with a life of their own in ~/.claude."""
    person.write(".claude/settings.json", '{ "model" : "opus" }\n')
    person.write(".claude/skills/mine/SKILL.md", "---\nname: mine\n---\n")
    person.write(".claude/agents/mine.md", "---\nname: mine\ndescription: x\n---\n")
    person.write(".claude/commands/team/mine.md", "Mine.\n")
    (person.claude / "agents/linked.md").symlink_to("../elsewhere.md")


@pytest.mark.parametrize("undo", [["remove", "kit"], ["disable", "kit"], ["rollback", "--yes"]], ids=" ".join)
@pytest.mark.parametrize("life", [own_files, lambda person: None], ids=["lived-in", "empty"])
def test_what_was_there_stays_byte_for_byte(paii, put, undo, life):
    life(paii)
    before = paii.snapshot()
    paii.run("install", put("passing", {"commands/x.md": GREET}))
    paii.run("remove", "passing")
    paii.run("install", put("kit", KIT), "--flat")
    assert paii.snapshot() != before
    paii.run(*undo)
    assert paii.snapshot() == before


def test_a_rollback_brings_the_names_back(paii, put):
    paii.run("install", put("kit", KIT), "--flat")
    paii.run("remove", "kit")
    paii.run("rollback", "--yes")
    assert links(paii) == ["skills/kit", *LINKS]


def test_on_and_off_for_what_is_installed(paii, put):
    paii.run("install", put("kit", KIT))
    assert links(paii) == ["skills/kit"]
    paii.run("install", "kit", "--flat")
    assert links(paii) == ["skills/kit", *LINKS]
    at = generation(paii)
    paii.run("install", "kit", "--flat")
    paii.run("install", "kit")
    assert generation(paii) == at
    paii.run("install", "kit", "--no-flat")
    assert links(paii) == ["skills/kit"] and "flat" not in lock_text(paii)


def test_a_setting_for_all_that_is_new(paii, put):
    paii.run("install", put("old", {"skills/a/SKILL.md": SKILL}))
    paii.run("config", "set", "claude.flat", "true")
    paii.run("install", put("kit", KIT))
    paii.run("install", put("bare", {"skills/b/SKILL.md": SKILL}), "--no-flat")
    assert links(paii) == ["skills/bare", "skills/kit", "skills/measure", "skills/old", *LINKS[1:]]


def test_an_update_and_the_lock_keep_it(paii, put):
    folder = put("kit", KIT)
    paii.run("install", folder, "--flat")
    put("kit", {"skills/weigh/SKILL.md": SKILL, "commands/greet.md": "New.\n"}, version="1.1.0")
    paii.run("update", "kit")
    assert links(paii) == ["skills/kit", "skills/weigh", "commands/greet.md"]
    assert text(paii, "commands/greet.md") == "New.\n" and not (paii.claude / "agents").exists()
    lock = paii.write("team.lock", lock_text(paii))
    paii.run("remove", "kit")
    paii.run("install", "--locked", lock)
    assert links(paii) == ["skills/kit", "skills/weigh", "commands/greet.md"]


def test_what_is_switched_off_has_no_name(paii, put):
    paii.run("install", put("kit", KIT), "--flat")
    paii.run("disable", "kit:measure")
    assert links(paii) == ["skills/kit", *LINKS[1:]]
    paii.run("enable", "kit:measure")
    assert links(paii) == ["skills/kit", *LINKS]


def test_repair_makes_it_right(paii, put):
    paii.run("install", put("kit", KIT), "--flat")
    (paii.claude / "agents/Helper.md").unlink()
    shutil.rmtree(paii.dir / "generations/1/flat/skills")
    findings = paii.run("doctor", "--json", check=False).json()["findings"]
    assert any("agent 'Helper' of plugin 'kit'" in row["message"] for row in findings)
    said = paii.run("repair").stdout
    assert "agents/Helper.md" in said
    assert links(paii) == ["skills/kit", *LINKS] and "Run" in text(paii, "skills/measure/SKILL.md")
    assert "nothing to repair" in paii.run("repair").stderr
    shutil.rmtree(paii.dir / "current/flat")
    paii.run("repair")
    assert links(paii) == ["skills/kit", *LINKS] and "Run" in text(paii, "skills/measure/SKILL.md")


# ---- names


def test_a_skill_of_the_plugins_own_name(paii, put):
    """The plugin gives way: its link's name means nothing to the client."""
    before = paii.snapshot()
    parts = {**KIT, "skills/kit/SKILL.md": "---\nname: kit\n---\nThe kit.\n"}
    plan = paii.run("install", put("kit", parts), "--flat", "--dry-run").stdout
    assert "skills/kit.plugin" in plan
    paii.run("install", put("kit", parts), "--flat")
    assert links(paii) == ["skills/kit", "skills/kit.plugin", *LINKS]
    assert text(paii, "skills/kit/SKILL.md").endswith("The kit.\n")
    assert (paii.claude / "skills/kit.plugin/.claude-plugin/plugin.json").exists()
    paii.run("install", "kit", "--no-flat")
    assert links(paii) == ["skills/kit"] and (paii.claude / "skills/kit/.claude-plugin/plugin.json").exists()
    paii.run("remove", "kit")
    assert paii.snapshot() == before


def test_a_plugin_that_is_one_skill_has_no_prefix_anyway(paii):
    folder = paii.write_tree("solo", {"SKILL.md": "---\nname: solo\n---\nAlone.\n"})
    paii.run("install", folder, "--flat")
    assert links(paii) == ["skills/solo"]


@pytest.mark.parametrize("part", [
    {"skills/measure/SKILL.md": SKILL}, {"agents/other.md": AGENT}, {"commands/greet.md": GREET},
    {"commands/measure.md": GREET}, {"skills/greet/SKILL.md": SKILL}], ids=lambda part: next(iter(part)))
def test_two_plugins_with_one_name(paii, put, part):
    paii.run("install", put("kit", KIT), "--flat")
    before = everything(paii)
    folder = put("zebra", part)
    before.update({path: entry for path, entry in everything(paii).items() if path.startswith("work")})
    for more in ([], ["--dry-run"]):
        refused = paii.run("install", folder, "--flat", *more, expect=13).stderr
        assert "of plugin 'zebra' cannot go without its prefix: plugin 'kit' has the" in refused
        assert "paii install zebra --no-flat, or paii disable zebra:" in refused
    assert everything(paii) == before
    paii.run("install", folder)


def test_a_name_that_is_a_plugins_link(paii, put):
    paii.run("install", put("measure", {"commands/x.md": GREET}))
    refused = paii.run("install", put("kit", KIT), "--flat", expect=13).stderr
    assert "skill 'measure' of plugin 'kit'" in refused and "plugin 'measure' is linked by that name" in refused
    paii.run("install", put("bare", {"skills/paii/SKILL.md": SKILL}), "--flat", expect=13)


@pytest.mark.parametrize("path, body", [
    ("skills/measure/SKILL.md", "---\nname: measure\n---\n"), ("agents/Helper.md", "mine\n"),
    ("agents/deep/down/file.md", "---\nname: Helper\n---\nmine\n"), ("commands/greet.md", "mine\n"),
    ("commands/measure.md", "mine\n"), ("skills/greet/SKILL.md", "mine\n")])
def test_a_name_that_is_the_persons_own(paii, put, path, body):
    paii.write(f".claude/{path}", body)
    folder = put("kit", KIT)
    paii.run("install", "kit", expect=10)
    before = everything(paii)
    refused = paii.run("install", folder, "--flat", expect=13).stderr
    assert "of plugin 'kit' cannot go without its prefix" in refused
    assert f"{paii.claude}/{path.removesuffix('/SKILL.md')}" in refused and "is your own" in refused
    assert everything(paii) == before
    paii.run("install", folder)


def test_a_file_that_came_in_between_is_not_replaced(paii, put):
    paii.run("install", put("kit", KIT), "--flat")
    paii.run("disable", "kit")
    paii.write(".claude/commands/greet.md", "mine\n")
    before = everything(paii)
    assert "is your own" in paii.run("enable", "kit", expect=13).stderr
    assert "commands/greet.md' exists and is not paii's, so command 'greet' of plugin 'kit'" in paii.run(
        "rollback", "--yes", expect=13).stderr
    assert everything(paii) == before


@pytest.mark.parametrize("key", ["hooks", "mcpServers", "permissionMode", "<<"])
def test_an_agent_gains_no_rights(paii, put, key):
    """The client ignores these in agents of plugins, and heeds them in agents by themselves."""
    agent = f"---\nname: bold\ndescription: x\n{key}:\n  a: b\n---\nBold.\n"
    said = paii.run("install", put("kit", {"agents/bold.md": agent, "agents/anon.md": "---\ndescription: x\n---\n",
                                           "commands/greet.md": GREET}), "--flat").stderr
    assert f"agent 'bold' of plugin 'kit' (it says '{key}', which agents of plugins may not) keeps its prefix" in said
    assert "agent 'anon' of plugin 'kit' (its front matter has no name) keeps its prefix" in said
    assert links(paii) == ["skills/kit", "commands/greet.md"]


@pytest.mark.parametrize("name", ["../../evil", ".hidden", "a/b", "x" * 250])
def test_a_name_that_is_no_file(paii, put, name):
    agent = f"---\nname: {json.dumps(name)}\ndescription: x\n---\n"
    said = paii.run("install", put("kit", {"agents/a.md": agent}), "--flat").stderr
    assert "keeps its prefix" in said and links(paii) == ["skills/kit"]


# ---- places


@pytest.mark.parametrize("place", ["home with spaces", "hôme-日本"])
def test_a_home_of_any_name(paii, put, place, tmp_path):
    home = tmp_path / place
    home.mkdir()
    folder = put("kit", KIT)
    paii.run("install", folder, "--flat", env={"HOME": home})
    skill = (home / ".claude/skills/measure/SKILL.md").read_text()
    assert f"Run {home}/.config/paii/current/claude/kit/run.sh" in skill
    paii.run("remove", "kit", env={"HOME": home})
    assert not (home / ".claude").exists()


def test_another_folder_of_the_client(paii, put, tmp_path):
    env = {"CLAUDE_CONFIG_DIR": tmp_path / "client"}
    paii.run("install", put("kit", KIT), "--flat", env=env)
    assert (tmp_path / "client/agents/Helper.md").is_symlink() and not paii.claude.exists()
    paii.run("remove", "kit", env=env)
    assert not (tmp_path / "client").exists()


def test_dotfiles_elsewhere(paii, put):
    """~/.claude is a link into a repository, and so is its folder of agents."""
    paii.write("dots/claude/settings.json", "{}\n")
    paii.write("dots/agents/mine.md", "---\nname: mine\n---\n")
    paii.claude.symlink_to("dots/claude")
    (paii.home / "dots/claude/agents").symlink_to("../agents")
    before = paii.snapshot(paii.home / "dots")
    paii.run("install", put("kit", KIT), "--flat")
    assert (paii.home / "dots/agents/Helper.md").is_symlink()
    assert paii.run("verify").code == 0
    paii.run("remove", "kit")
    assert paii.snapshot(paii.home / "dots") == before and paii.claude.is_symlink()


def test_a_killed_change_is_finished(paii, put):
    """What was noted before the commit is done by the next writer."""
    paii.run("install", put("kit", KIT), "--flat")
    for link in LINKS:
        (paii.claude / link).unlink()
    paii.write(".config/paii/links-pending", "")
    paii.run("disable", "kit:greet")
    assert links(paii) == ["skills/kit", *LINKS[:2]]


def test_a_repository_puts_nothing_beside_the_persons_own(paii, put):
    """A lock file in a repository cannot make links in its .claude/agents, which may lead anywhere."""
    shop = paii.write_tree("shop", {"paii.toml": '[plugins]\nkit = { url = "./kit" }\n',
                                    **{f"kit/{name}": body for name, body in files("kit", KIT).items()}})
    assert "do not go together" in paii.run("install", "--project", "--flat", cwd=shop, expect=1).stderr
    paii.run("config", "set", "claude.flat", "true")
    paii.run("install", "--project", "--yes", cwd=shop)
    lock = shop / "paii.lock"
    assert "flat" not in lock.read_text()
    lock.write_text(lock.read_text().replace("requested = true\n", "requested = true\nflat = true\n"))
    assert "wants parts of plugin 'kit' without its prefix" in paii.run("sync", "--yes", cwd=shop, expect=13).stderr
    assert (shop / ".claude/skills/kit").is_symlink()
    assert not (shop / ".claude/agents").exists() and not (shop / ".claude/skills/measure").exists()
