"""Programs that plugins need: told before an install, by info, and by doctor."""

import json

import pytest

HOOKS = {"hooks": {
    "PreCompact": [{"hooks": [{"type": "command", "command":
                               "sh ${CLAUDE_PLUGIN_ROOT}/any.sh ${CLAUDE_PLUGIN_ROOT}/given.rb"}]}],
    "Stop": [{"hooks": [
        {"type": "command", "command": "bash \"${CLAUDE_PLUGIN_ROOT}/hooks/stop.sh\""},
        {"type": "command", "command": "python3 ${CLAUDE_PLUGIN_ROOT}/hooks/stop.py || python x.py"}]}],
    "SessionStart": [{"hooks": [
        {"type": "command", "command": "deno", "args": ["run"]},
        {"type": "command", "command": "command -v bun >/dev/null && bun ${CLAUDE_PLUGIN_ROOT}/x.ts"},
        {"type": "prompt", "prompt": "git docker"}]}]}}
KIT = {
    ".claude-plugin/plugin.json": json.dumps({
        "name": "kit", "version": "1.0.0", "lspServers": {"py": {"command": "pyright-langserver", "args": []}},
        "monitors": [{"name": "tail", "command": "kubectl logs -f x", "description": "d"}]}),
    ".mcp.json": json.dumps({"mcpServers": {
        "far": {"type": "http", "url": "https://e.example/"}, "box": {"command": "docker", "args": ["run", "x"]},
        "shell": {"command": "bash", "args": ["-c", "uvx server"]},
        "own": {"command": "${CLAUDE_PLUGIN_ROOT}/bin/own", "args": []}}}),
    "hooks/hooks.json": json.dumps(HOOKS),
    "hooks/stop.sh": "#!/bin/bash\n# git is not called\ncat <<EOF\nwget no\nEOF\nif jq . ; then :; fi\n",
    "hooks/stop.py": "#!/usr/bin/env python\n",
    "bin/own": "#!/usr/bin/env -S node --stack\n",
    "given.rb": "puts 1\n", "scripts/told.py": "print(1)\n", "scripts/untold.sh": "#!/bin/bash\nshellcheck x\n",
    "skills/a/SKILL.md": "---\nname: a\nallowed-tools: Bash(gh pr view:*), Bash(./x.sh), Read\n---\nRun told.py.\n",
    "skills/a/scripts/run.sh": "#!/bin/sh\nffmpeg -i x\n",
    "skills/a/scripts/tests/check.py": "import x\n", "skills/a/templates/x.php": "#!/usr/bin/php\n",
    "agents/b.md": "---\nname: b\ndescription: b\ntools: [Read, \"Bash(helm:*)\"]\n---\nB.\n",
}
NEEDS = {"bash": "hook stop", "deno": "hook session-start", "docker": "MCP server 'box'", "ffmpeg":
         "skills/a/scripts/run.sh", "jq": "hook stop", "kubectl": "monitor 'tail'", "node": "MCP server 'own'",
         "pyright-langserver": "LSP server 'py'", "python3": "hook stop", "ruby": "hook pre-compact",
         "uvx": "MCP server 'shell'"}
MAY_USE = {"bun": "hook session-start", "gh": "skill 'a'", "helm": "agent 'b'", "python": "hook stop"}


@pytest.fixture
def kit(paii):
    return paii.write_tree("kit", KIT)


def line(text, key):
    """The names after `key:` with what was not found, as {name: found}."""
    row = next(row for row in text.splitlines() if row.strip().startswith(key))
    names = row.strip().removeprefix(key).strip().split(", ")
    return {name.split()[0]: not name.endswith("(not found)") for name in names}


def test_the_plan_tells_them(paii, kit):
    said = paii.run("install", kit, "--dry-run").stdout
    assert list(line(said, "needs:")) == list(NEEDS) and list(line(said, "may use:")) == list(MAY_USE)
    told, = paii.run("install", kit, "--dry-run", "--json").json()["details"]
    assert {row["name"]: row["by"] for row in told["programs"] if not row["optional"]} == NEEDS
    said = paii.run("install", kit, "--dry-run", env={"PATH": "/nowhere"}).stdout
    assert not any(line(said, "needs:").values())


def test_info_tells_who_needs_them(paii, kit):
    paii.run("install", kit)
    seen = paii.run("info", "kit", "--json").json()["installed"]["programs"]
    assert {row["name"]: row["by"] for row in seen if not row["optional"]} == NEEDS
    assert {row["name"]: row["by"] for row in seen if row["optional"]} == MAY_USE
    by_name = {row["name"]: row for row in seen}
    assert by_name["docker"]["debian"] == "docker.io" and "debian" not in by_name["deno"]
    text = paii.run("info", "kit").stdout
    assert list(line(text, "needs")) == list(NEEDS) and list(line(text, "may use")) == list(MAY_USE)


def findings(person, env=None):
    rows = person.run("doctor", "--json", env=env, check=False).json()["findings"]
    return [row for row in rows if row["subject"] == "programs"]


def test_doctor_tells_what_is_missing(paii, kit):
    """What nothing starts without is a problem; what files are written for, or may use, is advice."""
    assert findings(paii) == []
    paii.run("install", kit)
    paii.write_tree("other", {".claude-plugin/plugin.json": '{"name": "other"}',
                              "commands/x.md": "---\nallowed-tools: Bash(jq:*)\n---\nX\n"})
    paii.run("install", paii.home / "other")
    paii.write("tools/jq", "#!/bin/sh\n", 0o755)
    rows = {row["message"]: row for row in findings(paii, env={"PATH": paii.home / "tools"})}
    found = rows[f"{paii.home}/tools/jq is needed by kit (hook stop), other (command 'x')"]
    assert found["level"] == "ok" and "fix" not in found
    missing = rows["deno is not found; it is needed by kit (hook session-start)"]
    assert missing["level"] == "problem" and "fix" not in missing
    missing = rows["docker is not found; it is needed by kit (MCP server 'box')"]
    assert missing["level"] == "problem" and missing["fix"] == "apt-get install docker.io"
    assert rows["ffmpeg is not found; it is needed by kit (skills/a/scripts/run.sh)"]["level"] == "advice"
    assert rows["gh is not found; it may be used by kit (skill 'a')"]["level"] == "advice"
    paii.run("disable", "kit")
    assert [row["level"] for row in findings(paii, env={"PATH": paii.home / "tools"})] == ["ok"]


def test_a_server_that_is_switched_off_needs_nothing(paii, kit):
    paii.run("install", kit)
    paii.run("disable", "kit:box")
    assert not any("docker" in row["message"] for row in findings(paii))


def test_what_the_plugin_brings_is_not_needed(paii):
    files = {".claude-plugin/plugin.json": '{"name": "kit"}', "bin/serve": "#!/bin/sh\n",
             ".mcp.json": json.dumps({"mcpServers": {"a": {"command": "serve"}, "b": {"command": "made"}}}),
             "Makefile": "install:\n\tinstall -D -m 755 x $(DESTDIR)$(PREFIX)/bin/made\n", "x": "#!/bin/sh\n"}
    folder = paii.write_tree("kit", files)
    assert "needs: made (not found)" in paii.run("install", folder, "--dry-run").stdout
    assert "needs:" not in paii.run("install", folder, "--build", "--dry-run").stdout
    paii.run("install", folder, "--build")
    assert paii.run("info", "kit", "--json").json()["installed"]["programs"] == []
