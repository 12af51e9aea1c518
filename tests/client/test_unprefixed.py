"""Names without a prefix in the real Claude Code client: both names work, and a removal takes both."""

import json
import shutil

import pytest

from client.driver import Client, find_client

AGENT = "---\nname: helper\ndescription: MARK-agent\n---\nYou help in ${CLAUDE_PLUGIN_ROOT}.\n"
KIT = {
    ".claude-plugin/plugin.json": json.dumps({"name": "kit", "version": "1.0.0"}),
    "skills/measure/SKILL.md": "---\nname: measure\ndescription: MARK-skill\n---\n"
                               "ROOT=${CLAUDE_PLUGIN_ROOT} SKILL=${CLAUDE_SKILL_DIR}\n",
    "skills/kit/SKILL.md": "---\nname: kit\ndescription: MARK-own\n---\nThe kit itself.\n",
    "agents/file.md": AGENT,
    "commands/greet.md": "---\ndescription: MARK-command\n---\nROOT=${CLAUDE_PLUGIN_ROOT}\n",
}


@pytest.fixture
def client(paii, tmp_path):
    """client(): the client in a copy of the person's HOME as it is now."""
    program = find_client()
    if program is None:
        pytest.skip("no Claude Code client")
    copies = iter(range(100))

    def make():
        home = tmp_path / f"client-{next(copies)}"
        home.mkdir()
        if paii.claude.exists():
            shutil.copytree(paii.claude, home / ".claude", symlinks=True)
        return Client(program, home)

    return make


def ours(seen):
    return sorted(name for name in seen.skills + seen.agents
                  if name.split(":")[-1] in ("measure", "kit", "greet", "helper", "file"))


def test_both_names_are_there(paii, client):
    paii.run("install", paii.write_tree("kit", KIT), "--flat")
    assert ours(client().session()) == ["greet", "helper", "kit", "kit:greet", "kit:helper", "kit:kit",
                                        "kit:measure", "measure"]
    paii.run("install", "kit", "--no-flat")
    assert ours(client().session()) == ["kit:greet", "kit:helper", "kit:kit", "kit:measure"]
    paii.run("remove", "kit")
    assert not paii.claude.exists()


@pytest.mark.parametrize("prompt", ["/measure", "/kit:measure", "/greet", "/kit:greet"])
def test_the_plugins_folder_is_known_by_both(paii, client, prompt):
    paii.run("install", paii.write_tree("kit", KIT), "--flat")
    at = client()
    told = at.session(prompt=prompt).told
    line = next(line for line in told.splitlines() if "ROOT=" in line)
    root = line.split("ROOT=")[1].split()[0]
    assert root in (str(paii.dir / "current/claude/kit"), str(at.home / ".claude/skills/kit.plugin"))
    assert "/generations/" not in told and "/store/" not in told


def test_an_agent_by_its_own_name(paii, client):
    paii.run("install", paii.write_tree("kit", KIT), "--flat")
    seen = client().session(answers=[
        {"tool": "Agent", "input": {"subagent_type": "helper", "description": "d", "prompt": "p"}}, "done", "done"])
    assert f"You help in {paii.dir}/current/claude/kit." in json.dumps(seen.requests)
