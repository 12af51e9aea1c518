"""paii remove leaves ~/.claude as it was, byte for byte, and what is the user's where it is."""

import pytest

from lib.person import Person
from shelf import Shelf, installed, plugin, skill_text

RICH = {"agents/helper.md": "---\nname: helper\ndescription: d\n---\nHelp.\n",
        "commands/go.md": "Go.\n", ".mcp.json": '{"mcpServers": {"s": {"command": "true"}}}',
        "hooks/hooks.json": "{}", "skills/more/SKILL.md": "---\nname: more\n---\n"}


def change_and_go_back(paii, env=None):
    """Installs plugins of every shape, updates one, and removes them in another order."""
    paii.write_tree("work/plain", plugin("plain"))
    paii.write_tree("work/rich", plugin("rich", **RICH))
    paii.write_tree("work/silent", {name: text for name, text in plugin("silent").items()
                                    if name == "plugin.toml"})
    work = paii.home / "work"
    paii.run("install", "incident", work / "plain", env=env)
    paii.run("install", "--dev", work / "rich", env=env)
    paii.run("install", work / "silent", env=env)
    seen = {path.name for path in skills(paii, env).iterdir()}
    assert {"plain", "rich", "incident"} <= seen and "silent" not in seen
    for name in ("plain", "rich", "incident"):
        assert (skills(paii, env) / name / "SKILL.md").read_text()
    paii.write_tree("work/plain", plugin("plain", "2.0.0"))
    paii.run("update", env=env)
    paii.run("remove", "plain", env=env)
    paii.run("remove", "rich", "silent", "incident", env=env)


def skills(paii, env):
    folder = (env or {}).get("CLAUDE_CONFIG_DIR")
    return (paii.home / folder if folder else paii.claude) / "skills"


def test_no_claude_folder(paii):
    change_and_go_back(paii)
    assert not paii.claude.exists()


def test_an_empty_claude_folder(paii):
    paii.claude.mkdir(mode=0o750)
    before = paii.snapshot()
    change_and_go_back(paii)
    assert paii.snapshot() == before


def test_an_empty_skills_folder(paii):
    (paii.claude / "skills").mkdir(parents=True, mode=0o700)
    before = paii.snapshot()
    change_and_go_back(paii)
    assert paii.snapshot() == before


def test_a_claude_folder_with_a_life_of_its_own(paii):
    paii.write(".claude/settings.json", '{ "model" : "x" }  \n', 0o600)
    paii.write(".claude/skills/mine/SKILL.md", "mine")
    paii.write(".claude/agents/mine.md", "mine")
    (paii.claude / "skills/elsewhere").symlink_to("/nowhere")
    (paii.claude / "skills/link").symlink_to(paii.home)
    before = paii.snapshot()
    change_and_go_back(paii)
    assert paii.snapshot() == before


def test_files_that_come_meanwhile_stay(paii):
    paii.run("install", "incident")
    paii.write(".claude/skills/mine/SKILL.md", "mine")
    paii.run("remove", "incident")
    assert set(paii.snapshot()) == {".", "skills", "skills/mine", "skills/mine/SKILL.md"}


def test_dotfiles_claude_is_a_link(paii):
    dotfiles = paii.home / "dotfiles/claude"
    (dotfiles / "skills").mkdir(parents=True)
    paii.claude.symlink_to("dotfiles/claude")
    before = paii.snapshot(paii.home / "dotfiles"), paii.snapshot()
    change_and_go_back(paii)
    assert (paii.snapshot(paii.home / "dotfiles"), paii.snapshot()) == before


def test_dotfiles_skills_is_a_link(paii):
    (paii.home / "dotfiles/skills").mkdir(parents=True)
    paii.claude.mkdir()
    (paii.claude / "skills").symlink_to(paii.home / "dotfiles/skills")
    before = paii.snapshot(paii.home / "dotfiles"), paii.snapshot()
    change_and_go_back(paii)
    assert (paii.snapshot(paii.home / "dotfiles"), paii.snapshot()) == before


def test_a_link_that_leads_nowhere_is_an_error_before_anything_happens(paii):
    paii.claude.symlink_to("dotfiles/not-cloned-yet")
    before = paii.snapshot(paii.claude)
    refused = paii.run("install", "incident", check=False)
    assert refused.code != 0 and str(paii.claude) in refused.stderr, refused
    assert paii.snapshot(paii.claude) == before and installed(paii) == {}
    assert not (paii.home / "dotfiles").exists()


def test_claude_config_dir(paii):
    env = {"CLAUDE_CONFIG_DIR": str(paii.home / "another/claude")}
    change_and_go_back(paii, env)
    assert not (paii.home / "another/claude").exists()
    assert not paii.claude.exists()


def test_paii_dir(paii):
    env = {"PAII_DIR": str(paii.home / "state of paii")}
    change_and_go_back(paii, env)
    assert not paii.claude.exists() and not paii.dir.exists()


MAKEFILE = """install:
	mkdir -p "$(DESTDIR)$(PREFIX)/bin"
	printf '#!/bin/sh\\necho made\\n' > "$(DESTDIR)$(PREFIX)/bin/maker"
	chmod 755 "$(DESTDIR)$(PREFIX)/bin/maker"
"""


@pytest.mark.parametrize("name", ["with space", "Käthe Ω 日本", "it's $HOME; `id` \"q\" \\", "%s%n"])
def test_homes_with_unusual_names(build, tmp_path, name):
    person = Person(build / "bin/paii", tmp_path / name)
    Shelf(person, "team").add("hello").add("maker", build="make", Makefile=MAKEFILE)
    person.run("install", "hello")
    assert "hello 1.0.0" in skill_text(person, "hello")
    if "`" in name:
        refused = person.run("install", "maker", expect=1).stderr
        assert "make cannot install below" in refused and "PAII_DIR" in refused
    else:
        person.run("install", "maker")
        assert person.run("run", "maker", "anything").stdout == "made\n"
        person.run("remove", "maker")
    change_and_go_back(person)
    person.run("remove", "hello")
    assert not person.claude.exists()


def test_a_makefile_that_minds_a_space_is_explained(build, tmp_path):
    person = Person(build / "bin/paii", tmp_path / "with space")
    folder = person.write_tree("maker", plugin("maker", build="make",
                                               Makefile=MAKEFILE.replace('"', "")))
    refused = person.run("install", folder, expect=1).stderr
    assert "the path has a space" in refused and "PAII_DIR" in refused and "maker.log" in refused


def test_configuration_and_data_stay(paii):
    paii.run("install", "incident")
    folder = paii.dir / "plugins/incident"
    paii.write(folder / "config.toml", "escalation_threshold_minutes = 5\n")
    paii.write(folder / "data/open.json", "{}")
    paii.run("remove", "incident")
    kept = set(paii.snapshot(folder))
    assert kept == {".", "config.toml", "data", "data/open.json"}
    paii.run("install", "incident")
    assert (folder / "config.toml").read_text() == "escalation_threshold_minutes = 5\n"
    assert (folder / "plugin.toml").exists() and (folder / "data/open.json").exists()
    paii.run("remove", "incident")
    (folder / "config.toml").unlink()
    assert set(paii.snapshot(folder)) == {".", "data", "data/open.json"}


def test_a_link_that_the_user_took_away_is_made_again_or_forgotten(paii):
    paii.run("install", "incident", "history")
    (paii.claude / "skills/incident").unlink()
    paii.run("remove", "incident")
    assert not paii.claude.exists()


def test_a_link_that_the_user_replaced_is_theirs(paii):
    paii.run("install", "incident")
    (paii.claude / "skills/incident").unlink()
    paii.write(".claude/skills/incident/SKILL.md", "mine now")
    paii.run("remove", "incident")
    assert (paii.claude / "skills/incident/SKILL.md").read_text() == "mine now"
