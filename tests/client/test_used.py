"""What the real Claude Code client shows of a plugin works: skill, agent, command, MCP tool, and in twos."""

import json

import pytest

from client.driver import Client, find_client, texts
from client.test_visible import KIT, MCP_SERVER

CALLED = MCP_SERVER.replace('''    reply =''', '''    if asked["method"] == "tools/call":
        text = asked["params"]["arguments"]["text"].upper()
        answers["tools/call"] = {"content": [{"type": "text", "text": text}]}
    reply =''')
SKILL = "---\nname: measure\ndescription: measures\n---\nBODY-{}\n"


@pytest.fixture
def client(paii):
    """The person's own client, after an install."""
    program = find_client()
    if program is None:
        pytest.skip("no Claude Code client")
    paii.run("install", paii.write_tree("kit", {**KIT, "server.py": CALLED}), "--yes")
    return Client(program, paii.home)


def use(client, tool, args=(), **given):
    """One session in which the model calls a tool and then ends."""
    return client.session(answers=[{"tool": tool, "input": given}, "done", "done"],
                          args=["--allowedTools", tool, *args])


def said(request):
    return "\n".join(texts(request.get("system", [])) + texts(request.get("messages", [])))


def test_a_skill_is_used(client):
    """The model names it, and gets its body."""
    seen = use(client, "Skill", skill="kit:measure")
    assert "Measure." not in said(seen.requests[0])
    assert "Measure." in said(seen.requests[1])


def test_an_agent_is_used(client):
    """It starts with its own prompt and is given the task; its answer comes back."""
    seen = client.session(answers=[
        {"tool": "Agent", "input": {"description": "help", "prompt": "TASK-of-the-agent",
                                    "subagent_type": "kit:helper"}}, "ANSWER-of-the-agent", "done"],
        args=["--allowedTools", "Agent"])
    main, agent, back = seen.requests
    assert "You help." in "\n".join(texts(agent["system"])) and "TASK-of-the-agent" in said(agent)
    assert "You help." not in said(main)
    assert "ANSWER-of-the-agent" in said(back)


def test_a_command_is_used(client):
    assert "Greet Bob" in client.session(prompt="/kit:greet Bob").told


def test_an_mcp_tool_is_used(client):
    """The plugin's server, started from its place in the store, answers."""
    seen = use(client, "mcp__plugin_kit_loud__shout", text="hello")
    assert "HELLO" in said(seen.requests[1])


def test_two_plugins_with_the_same_skill(paii, client):
    for name in ("left", "right"):
        paii.run("install", paii.write_tree(name, {
            ".claude-plugin/plugin.json": json.dumps({"name": name, "version": "1.0.0"}),
            "skills/measure/SKILL.md": SKILL.format(name)}), "--yes")
    for name, other in (("left", "right"), ("right", "left")):
        seen = use(client, "Skill", skill=f"{name}:measure")
        assert {"kit:measure", "left:measure", "right:measure"} <= set(seen.skills)
        assert f"BODY-{name}" in said(seen.requests[1]) and f"BODY-{other}" not in said(seen.requests[1])


def test_what_is_disabled_cannot_be_used(paii, client):
    """Nothing of it is in the request, and the model that names it all the same gets nothing."""
    paii.run("disable", "kit")
    seen = use(client, "Skill", skill="kit:measure")
    assert "kit" not in seen.told and not [tool for tool in seen.tools if "kit" in tool]
    assert "Measure." not in said(seen.requests[1])
    seen = client.session(prompt="/kit:greet Bob", silent=True)
    assert not any("Greet Bob" in said(request) for request in seen.requests)
