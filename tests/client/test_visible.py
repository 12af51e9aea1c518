"""What the real Claude Code client sees of an installed plugin, and what is left after a removal.

The client runs in a copy of the person's HOME: it writes files of its own into ~/.claude, and these
tests are about what paii leaves there.
"""

import json
import shutil

import pytest

from client.driver import Client, find_client

MCP_SERVER = '''#!/usr/bin/python3
import json, sys
TOOL = {"name": "shout", "description": "upper-cases", "inputSchema": {"type": "object", "properties": {}}}
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    answers = {
        "initialize": {"protocolVersion": asked.get("params", {}).get("protocolVersion"),
                       "capabilities": {"tools": {}}, "serverInfo": {"name": "loud", "version": "1"}},
        "tools/list": {"tools": [TOOL]},
    }
    reply = {"jsonrpc": "2.0", "id": asked["id"], "result": answers.get(asked["method"], {})}
    print(json.dumps(reply), flush=True)
'''

KIT = {
    "plugin.toml": '[plugin]\nname = "kit"\nversion = "1.0.0"\ndescription = "all components"\n'
                   '[build]\ntype = "skill"\n',
    ".mcp.json": json.dumps({"mcpServers": {"loud": {
        "command": "${CLAUDE_PLUGIN_ROOT}/server.py", "args": []}}}),
    "server.py": MCP_SERVER,
    "skills/measure/SKILL.md": "---\nname: measure\ndescription: MARK-skill\n---\nMeasure.\n",
    "agents/helper.md": "---\nname: helper\ndescription: MARK-agent\n---\nYou help.\n",
    "agents/deep/AGENT.md": "---\nname: deep\ndescription: MARK-deep\n---\nYou dig.\n",
    "commands/greet.md": "---\ndescription: MARK-command\n---\nGreet $ARGUMENTS\n",
}


@pytest.fixture
def look(paii, tmp_path):
    """look(): one session of the client in a copy of the person's HOME as it is now."""
    program = find_client()
    if program is None:
        pytest.skip("no Claude Code client")
    copies = iter(range(100))

    def session(**more):
        home = tmp_path / f"client-{next(copies)}"
        home.mkdir()
        if paii.claude.exists():
            shutil.copytree(paii.claude, home / ".claude", symlinks=True)
        return Client(program, home).session(**more)

    return session


def parts_of(plugin, seen):
    """Names of skills, commands and agents that belong to a plugin."""
    return [name for name in seen.skills + seen.agents if name.split(":")[0] == plugin]


def test_incident_comes_and_goes(paii, look):
    """The whole promise: installed is in the request, removed is not, ~/.claude is as it was."""
    paii.write(".claude/settings.json", '{ "model" : "opus" }\n')
    paii.write(".claude/skills/mine/SKILL.md", "---\nname: mine\ndescription: MARK-mine\n---\nMy own.\n")
    before = paii.snapshot()
    assert parts_of("incident", look()) == []

    paii.run("install", "incident", "--yes")
    seen = look()
    assert "incident" in seen.skills
    assert any(name.startswith("incident:") for name in seen.agents), seen.agents
    assert "mine" in seen.skills

    paii.run("remove", "incident", "--yes")
    assert paii.snapshot() == before
    seen = look()
    assert parts_of("incident", seen) == []
    assert "mine" in seen.skills


def test_removal_takes_the_folders_that_install_made(paii, look):
    """A HOME without ~/.claude has none afterwards."""
    paii.run("install", "incident", "--yes")
    assert paii.claude.exists()
    paii.run("remove", "incident", "--yes")
    assert not paii.claude.exists()


def test_every_component_of_a_plugin_is_there(paii, look):
    kit = paii.write_tree("kit", KIT)
    paii.run("install", kit, "--yes")
    seen = look()
    assert "kit:measure" in seen.skills
    assert "kit:greet" in seen.skills
    assert "kit:helper" in seen.agents
    assert "kit:deep" in seen.agents
    assert "mcp__plugin_kit_loud__shout" in seen.tools


def test_what_is_disabled_is_not_there(paii, look):
    kit = paii.write_tree("kit", {**KIT, "commands/bow.md": "---\ndescription: MARK-bow\n---\nBow.\n",
                                  "skills/weigh/SKILL.md": "---\nname: weigh\ndescription: w\n---\nWeigh.\n"})
    paii.run("install", kit, "--yes")
    paii.run("disable", "kit:measure", "kit:greet", "kit:helper", "kit:loud")
    seen = look()
    assert sorted(parts_of("kit", seen)) == ["kit:bow", "kit:deep", "kit:weigh"]
    assert "mcp__plugin_kit_loud__shout" not in seen.tools
    paii.run("enable", "kit:loud")
    assert "mcp__plugin_kit_loud__shout" in look().tools
    paii.run("disable", "kit")
    assert parts_of("kit", look()) == []


def test_a_live_folder_shows_its_edits(paii, look):
    """install --dev: the next session sees what was saved a moment ago."""
    kit = paii.write_tree("kit", KIT)
    paii.run("install", "--dev", kit, "--yes")
    assert "MARK-skill" in look().told
    paii.write("kit/skills/measure/SKILL.md",
               "---\nname: measure\ndescription: MARK-edited\n---\nMeasure twice.\n")
    assert "MARK-edited" in look().told


def test_rollback_shows_the_older_version(paii, look):
    kit = paii.write_tree("kit", KIT)
    paii.run("install", kit, "--yes")
    paii.run("remove", "kit", "--yes")
    assert "kit:measure" not in look().skills
    paii.run("rollback", "--yes")
    assert "kit:measure" in look().skills


def test_the_skill_is_read_through_the_stable_path(paii, look):
    """What the model is told of a skill's place stays true across updates."""
    kit = paii.write_tree("kit", KIT)
    paii.run("install", kit, "--yes")
    seen = look(prompt="/kit:measure now")
    assert "Base directory for this skill" in seen.told
    assert "/generations/" not in seen.told and "/store/" not in seen.told
