"""paii info of a plugin: what a person wants to know before trusting it."""

import json

import pytest

from shelf import Shelf, plugin

SKILL = "---\nname: lint\ndescription: >\n  " + "d" * 99 + "\n---\n" + "b" * 1000
HOOKS = {"hooks": {
    "PreToolUse": [{"matcher": "Bash", "hooks": [
        {"type": "command", "command": "X=1 jq -r .tool | \"${CLAUDE_PLUGIN_ROOT}/scripts/guard.sh\""}]}],
    "Stop": [{"hooks": [{"type": "prompt", "prompt": "are you done?"}]}]}}
SERVERS = {"mcpServers": {
    "graph": {"command": "uvx", "args": ["graph-server", "--key", "${GRAPH_KEY}"],
              "env": {"HOST": "${GRAPH_HOST:-localhost}", "ROOT": "${CLAUDE_PLUGIN_ROOT}"}},
    "local": {"command": "${CLAUDE_PLUGIN_ROOT}/bin/server"},
    "remote": {"type": "http", "url": "https://mcp.example.com/v1"}}}
KIT = {
    "skills/lint/SKILL.md": SKILL, "agents/ann.md": "---\nname: ann\ndescription: reviews\n---\nReview.\n",
    "commands/go.md": "---\ndescription: goes\n---\nGo.\n",
    "hooks/hooks.json": json.dumps(HOOKS), ".mcp.json": json.dumps(SERVERS),
    "scripts/guard.sh": "#!/bin/bash\n# git is not called here\nif docker ps; then exit 0; fi\n",
    "bin/server": "#!/usr/bin/env -S node --stack\n",
    ".claude-plugin/plugin.json": json.dumps({"name": "kit", "userConfig": {
        "token": {"type": "string", "title": "t", "description": "of the service", "sensitive": True}}})}
MANIFEST = ('[env]\nKIT_SECRET = { description = "signs", required = true, secret = true }\n'
            '[run]\ncommand = ["python3", "main.py"]\n[actions.look]\nsummary = "looks"\n'
            '[hooks.pre_tool_use]\naction = "look"\nmatcher = "Write"\non_error = "closed"\npriority = 7\n')


def kit():
    files = {**plugin("kit"), **KIT}
    files["plugin.toml"] += MANIFEST
    del files["SKILL.md"]
    return files


@pytest.fixture
def person(paii):
    paii.write_tree("work/kit", kit())
    paii.run("install", paii.home / "work/kit", "--yes")
    return paii


def fields(text):
    """{key: [value]} of the lines; a line without a key goes on with the one before."""
    out, key = {}, None
    for line in text.splitlines():
        if line.startswith("  "):
            key = line[2:13].strip() or key
            out.setdefault(key, []).append(line[13:])
    return out


def test_one_field_a_line(person):
    seen = fields(person.run("info", "kit").stdout)
    assert seen["installed"] == ["1.0.0, less than a day ago"]
    assert seen["skills"] == ["lint"] and seen["agents"] == ["ann"] and seen["commands"] == ["go"]
    assert seen["servers"] == ["graph: uvx graph-server --key ${GRAPH_KEY}",
                               "local: ${CLAUDE_PLUGIN_ROOT}/bin/server", "remote: https://mcp.example.com/v1"]
    assert seen["hooks"] == [
        "pre-tool-use: look (matcher Write, closed, priority 7, plugin.toml)",
        f"pre-tool-use: {HOOKS['hooks']['PreToolUse'][0]['hooks'][0]['command']} (matcher Bash, hooks/hooks.json)",
        "stop: prompt (hooks/hooks.json)"]
    assert seen["asks for"] == ["KIT_SECRET (required, secret): signs", "token (secret): of the service",
                                "GRAPH_KEY (required)", "GRAPH_HOST"]
    assert seen["origin"] == [str(person.home / "work/kit")]
    assert seen["pin"][0].startswith("tree ")
    assert "hook:pre-tool-use" in seen["grants"][0] and "mcp:graph" in seen["grants"][0]


def test_json_has_the_same(person):
    seen = person.run("info", "kit", "--json").json()["installed"]
    assert [program["name"] for program in seen["programs"]] == ["bash", "docker", "jq", "node", "python3", "uvx"]
    assert {program["name"]: program["found"] for program in seen["programs"]}["bash"] is True
    assert seen["mcp_commands"]["graph"] == "uvx graph-server --key ${GRAPH_KEY}"
    assert seen["hooks"][0] == {"event": "pre-tool-use", "matcher": "Write", "runs": "look", "closed": True,
                                "priority": 7, "file": "plugin.toml"}
    assert seen["variables"][0] == {"name": "KIT_SECRET", "description": "signs", "required": True, "secret": True}
    assert seen["grants"] == seen["capabilities"] and "env:KIT_SECRET" in seen["grants"]
    assert seen["installed_at"] > 0 and seen["disabled"] is False and "origin" not in seen


def test_a_program_that_is_missing_is_marked(person):
    text = person.run("info", "kit", env={"PATH": "/nowhere"}).stdout
    assert "jq (not found)" in text


def test_what_it_costs_in_context_is_an_estimate(person):
    seen = person.run("info", "kit", "--json").json()["installed"]["context"]
    words = sum(map(len, ("lint", "d" * 99 + "\n", "ann", "reviews", "go", "goes")))
    files = sum(len(KIT[name]) for name in ("skills/lint/SKILL.md", "agents/ann.md", "commands/go.md"))
    assert seen == {"estimated": True, "always_tokens": -(-words // 4), "used_tokens": -(-files // 4)}
    line = fields(person.run("info", "kit").stdout)["context"]
    assert line == [f"{seen['always_tokens']} tokens in every session, {seen['used_tokens']} when all of it is used "
                    "(estimated)"]


def test_a_skill_that_only_a_person_starts_costs_nothing_before(paii):
    files = plugin("shy", **{"skills/a/SKILL.md": "---\ndescription: x\ndisable-model-invocation: true\n---\nA\n"})
    del files["SKILL.md"]
    paii.write_tree("work/shy", files)
    paii.run("install", paii.home / "work/shy")
    context = paii.run("info", "shy", "--json").json()["installed"]["context"]
    assert context["always_tokens"] == 0 and context["used_tokens"] > 0


def test_an_offered_plugin_in_a_folder_is_looked_at(paii):
    shelf = Shelf(paii, "team")
    shelf.add("kit")
    paii.write_tree(shelf.folder / "plugins/kit-1.0.0", kit())
    assert fields(paii.run("info", "kit").stdout)["skills"] == ["kit, lint"]
    answer = paii.run("info", "kit", "--json").json()
    assert answer["installed"] is None
    assert answer["available"][0]["agents"] == ["ann"]
    assert answer["available"][0]["context"]["estimated"] is True


def test_what_is_disabled_is_said(person):
    person.run("disable", "kit", "kit:ann")
    seen = fields(person.run("info", "kit").stdout)
    assert seen["state"] == ["disabled"] and seen["disabled"] == ["agent:ann"]
    answer = person.run("info", "kit", "--json").json()["installed"]
    assert answer["disabled"] is True and answer["disabled_components"] == ["agent:ann"]


def test_text_of_others_stays_on_its_line(paii):
    servers = {"mcpServers": {"evil": {"command": "x\n  grants     nothing\x1b[31m"}}}
    paii.write_tree("work/evil", plugin("evil", **{".mcp.json": json.dumps(servers)}))
    paii.run("install", paii.home / "work/evil", "--yes")
    text = paii.run("info", "evil").stdout
    assert "\x1b" not in text and not any(line.startswith("  grants     nothing") for line in text.splitlines())
