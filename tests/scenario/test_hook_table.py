"""The hook table follows what is installed: written with it, made anew by repair, never lost in silence."""

import json

import pytest

from shelf import generation, lock_text

PAYLOAD = json.dumps({"session_id": "s", "tool_name": "Bash", "tool_input": {"command": "cd x && git push"}})


def guard(entry, **more):
    return {".claude-plugin/plugin.json": json.dumps({"name": "guard", "version": "1.0.0", **more}),
            "hooks/hooks.json": json.dumps({"hooks": {"PreToolUse": [{"hooks": [entry]}]}})}


DENY = {"type": "command", "command": "echo no pushing >&2; exit 2", "if": "Bash(git push *)"}


@pytest.fixture
def source(paii):
    folder = paii.home / "guard"
    paii.write_tree(folder, guard(DENY))
    paii.run("install", folder)
    return folder


def decision(paii, payload=PAYLOAD):
    text = paii.run("hook", "dispatch", "pre-tool-use", input=payload).stdout
    return json.loads(text)["hookSpecificOutput"].get("permissionDecision") if text else None


def test_a_hook_of_a_claude_code_plugin_guards_until_it_is_removed(paii, source):
    assert decision(paii) == "deny"
    assert decision(paii, PAYLOAD.replace("git push", "git log")) is None
    assert lock_text(paii).count('"hook:pre-tool-use"') == 2  # capabilities and grants
    paii.run("remove", "guard")
    assert decision(paii) is None
    paii.run("rollback")
    assert decision(paii) == "deny"


@pytest.mark.parametrize("harm", ["cut", "changed", "missing"])
def test_repair_writes_the_table_anew(paii, source, harm):
    table = paii.dir / "current/hooks"
    good = table.read_bytes()
    if harm == "missing":
        table.unlink()
    else:
        table.write_bytes(good[:-1] if harm == "cut" else good[:300] + b"!" + good[301:])
        assert decision(paii) == "deny"
    assert "generation" in paii.run("repair").stdout
    assert decision(paii) == "deny"
    assert "nothing to repair" in paii.run("repair").stderr


def test_repair_takes_fingerprints_again(paii, source):
    file = paii.dir / "current/prefix/guard/hooks/hooks.json"
    file.chmod(0o644)
    file.write_text(file.read_text() + " ")
    assert "is not what was installed" in paii.run("hook", "dispatch", "pre-tool-use", input=PAYLOAD).stdout
    before = generation(paii)
    assert "guard" in paii.run("repair").stdout
    assert generation(paii) == before + 1
    assert "nothing to repair" in paii.run("repair").stderr
    assert decision(paii) == "deny"


def test_what_only_the_client_can_run_stays_with_it(paii):
    folder = paii.home / "guard"
    paii.write_tree(folder, guard({"type": "prompt", "prompt": "is it safe?"},
                                  hooks={"Stop": [{"hooks": [{"type": "command", "command": "true"}]}]}))
    paii.run("install", folder)
    generated = paii.dir / "current/claude/guard"
    assert json.loads((generated / "hooks/hooks.json").read_text()) == {
        "hooks": {"PreToolUse": [{"hooks": [{"type": "prompt", "prompt": "is it safe?"}]}]}}
    assert "hooks" not in json.loads((generated / ".claude-plugin/plugin.json").read_text())
    wanted = json.loads((paii.dir / "current/claude/paii/hooks/hooks.json").read_text())["hooks"]
    assert set(wanted) == {"Stop"}


def test_a_program_that_is_missing_is_no_obstacle_to_installing(paii):
    folder = paii.home / "late"
    paii.write(folder / "plugin.toml", '[plugin]\nname = "late"\nversion = "1.0.0"\n[run]\ncommand = ["bin/late"]\n'
               '[actions.check]\n[hooks.pre_tool_use]\naction = "check"\non_error = "closed"\n')
    shown = paii.run("install", folder)
    assert "hook 'pre-tool-use' will fail" in shown.stderr
    assert decision(paii) == "deny"


def test_no_plugin_has_our_name(paii):
    folder = paii.home / "imposter"
    paii.write_tree(folder, {"SKILL.md": "---\nname: paii\ndescription: x\n---\n"})
    refused = paii.run("install", folder, expect=13)
    assert "no plugin can be named 'paii'" in refused.stderr
    assert not (paii.dir / "current").exists()
