"""How Claude Code comes to call the dispatcher: a link, entries in its settings.json, or not at all."""

import json
import os
import shutil
import subprocess
import time

import pytest

from shelf import Shelf

GUARD = ('[plugin]\nname = "NAME"\nversion = "VERSION"\ndescription = "a guard"\n'
         '[build]\ntype = "skill"\n[run]\ncommand = ["bin/guard"]\n[actions.check]\nsummary = "checks"\n')
THEIRS = """{
    "model": "opus",
    "hooks": {
        "Stop": [
            {"hooks": [{"type": "command", "command": "lint"}]}
        ]
    },
    "env": { "EDITOR" : "vi" }
}
"""


def guard(paii, *events, name="guard", version="1.0.0"):
    """The folder of a plugin with a handler for these events."""
    text = GUARD.replace("NAME", name).replace("VERSION", version)
    text += "".join(f'[hooks.{event}]\naction = "check"\n' for event in events)
    shutil.rmtree(paii.home / name, ignore_errors=True)
    return paii.write_tree(name, {"plugin.toml": text, "bin/guard": "#!/bin/sh\necho '{}'\n"})


def settings(paii):
    return paii.claude / "settings.json"


def commands(paii):
    """{event: [commands that stand in settings.json]}"""
    if not settings(paii).exists():
        return {}
    hooks = json.loads(settings(paii).read_text()).get("hooks", {})
    return {event: [hook["command"] for group in groups for hook in group["hooks"]]
            for event, groups in hooks.items()}


def ours(paii, *events):
    return {event: [f"{paii.program} hook dispatch {name}"] for event, name in events}


PRE, STOP = ("PreToolUse", "pre-tool-use"), ("Stop", "stop")

# ---- the link


def test_the_link_comes_with_the_first_hook_and_goes_with_the_last(paii):
    paii.write_tree("plain", {"SKILL.md": "---\nname: plain\ndescription: x\n---\n"})
    paii.run("install", paii.home / "plain", "--yes")
    link = paii.claude / "skills/paii"
    assert not os.path.lexists(link)

    paii.run("install", guard(paii, "pre_tool_use", "stop"), "--yes")
    assert os.readlink(link) == f"{paii.dir}/current/claude/paii"
    hooks = json.loads((link / "hooks/hooks.json").read_text())["hooks"]
    assert sorted(hooks) == ["PreToolUse", "Stop"]
    for event, name in (PRE, STOP):
        (group,) = hooks[event]
        (hook,) = group["hooks"]
        assert (hook["command"], hook["args"]) == (str(paii.program), ["hook", "dispatch", name])
    assert json.loads((link / ".claude-plugin/plugin.json").read_text())["name"] == "paii"

    paii.run("remove", "guard", "--yes")
    assert not os.path.lexists(link) and (paii.claude / "skills/plain").exists()
    paii.run("rollback", "--yes")
    assert link.exists()


def test_a_thing_of_the_users_in_its_place_is_never_replaced(paii):
    paii.write(".claude/skills/paii/SKILL.md", "mine")
    before = paii.snapshot()
    result = paii.run("install", guard(paii, "stop"), "--yes", expect=13)
    assert f"{paii.claude}/skills/paii" in result.stderr
    assert paii.snapshot() == before
    assert paii.run("list", "--json").json() == []


def test_no_plugin_is_named_paii(paii):
    folder = paii.write_tree("x", {"plugin.toml": '[plugin]\nname = "paii"\nversion = "1.0.0"\n',
                                   "SKILL.md": "---\nname: paii\ndescription: x\n---\n"})
    assert "no plugin can be named 'paii'" in paii.run("install", folder, "--yes", expect=13).stderr
    assert not paii.claude.exists()


# ---- settings.json


def test_entries_follow_what_is_installed(paii):
    """Each change leaves exactly the entries that are wanted, and every other byte."""
    paii.write(".claude/settings.json", THEIRS)
    paii.run("init", "--settings")
    assert settings(paii).read_text() == THEIRS
    paii.run("install", guard(paii, "pre_tool_use"), "--yes")
    assert commands(paii) == {"Stop": ["lint"], **ours(paii, PRE)}
    paii.run("install", guard(paii, "stop", version="1.1.0"), "--yes")
    both = ours(paii, STOP)
    assert commands(paii) == {"Stop": ["lint", *both["Stop"]]}
    paii.run("rollback", "--yes")
    assert commands(paii) == {"Stop": ["lint"], **ours(paii, PRE)}
    assert not (paii.claude / "skills").exists()
    text = settings(paii).read_text()
    assert text.startswith(THEIRS.split('"hooks"')[0])
    assert text.endswith(THEIRS.split("    },\n")[-1])
    assert '\n        "PreToolUse": [\n            {\n' in text, "not in the file's own indent"
    paii.run("remove", "guard", "--yes")
    assert settings(paii).read_text() == THEIRS


def test_a_file_that_was_not_there_goes_again(paii):
    paii.run("install", guard(paii, "stop"), "--yes")
    paii.run("init", "--settings")
    assert commands(paii) == ours(paii, STOP)
    assert settings(paii).stat().st_mode & 0o777 == 0o600
    paii.run("init", "--remove")
    assert not paii.claude.exists()

    paii.run("init", "--settings")
    written = json.loads(settings(paii).read_text())
    settings(paii).write_text(json.dumps({**written, "model": "opus"}))
    paii.run("init", "--remove")
    assert json.loads(settings(paii).read_text()) == {"model": "opus"}


def test_link_and_mode_of_the_file_are_kept(paii):
    real = paii.write("dotfiles/claude.json", "{}\n", mode=0o640)
    paii.claude.mkdir()
    settings(paii).symlink_to("../dotfiles/claude.json")
    paii.run("install", guard(paii, "stop"), "--yes")
    paii.run("init", "--settings")
    assert os.readlink(settings(paii)) == "../dotfiles/claude.json"
    assert real.stat().st_mode & 0o777 == 0o640
    assert commands(paii) == ours(paii, STOP)
    paii.run("init", "--remove")
    assert real.read_text() == "{}\n" and settings(paii).is_symlink()
    assert sorted(os.listdir(real.parent)) == ["claude.json"]


def test_a_change_that_cannot_be_registered_does_not_happen(paii):
    paii.run("init", "--settings")
    paii.run("install", guard(paii, "stop"), "--yes")
    broken = settings(paii).read_text().replace("{\n", "{\n  // my own\n", 1)
    settings(paii).write_text(broken)
    for words in (["install", guard(paii, "pre_tool_use", name="other")], ["remove", "guard"]):
        result = paii.run(*words, "--yes", expect=13)
        assert f"{settings(paii)}:2:3: a comment" in result.stderr
    assert [row["name"] for row in paii.run("list", "--json").json()] == ["guard"]
    assert settings(paii).read_text() == broken


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace")
def test_an_edit_of_somebody_else_meanwhile_is_not_lost(paii):
    """Between reading and replacing, another program writes the file."""
    paii.write(".claude/settings.json", '{"a": 1}')
    paii.run("install", guard(paii, "stop"), "--yes")
    log = paii.home / "calls"
    slow = subprocess.Popen(
        ["strace", "-f", "-qq", "-e", "trace=fsync", "-e", "inject=fsync:delay_exit=500000", "-y",
         "-o", log, paii.program, "init", "--settings"],
        env=paii.environment({"ASAN_OPTIONS": "detect_leaks=0"}), cwd=paii.home,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 60
    while slow.poll() is None and not list(paii.claude.glob("settings.json.paii-*")):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    changed = paii.claude / "settings.new"
    changed.write_text('{"a": 2}')
    changed.rename(settings(paii))
    output, _ = slow.communicate(timeout=60)
    assert slow.returncode == 0, output
    assert json.loads(settings(paii).read_text())["a"] == 2
    assert commands(paii) == ours(paii, STOP)
    assert sorted(os.listdir(paii.claude)) == ["settings.json"]


def test_what_a_killed_run_left_beside_it_goes(paii):
    paii.run("install", guard(paii, "stop"), "--yes")
    paii.write(".claude/settings.json.paii-999999999-0", "{")
    paii.run("init", "--settings")
    assert sorted(os.listdir(paii.claude)) == ["settings.json"]


# ---- init, config


def test_init_again_changes_nothing(paii):
    paii.run("install", guard(paii, "stop"), "--yes")
    for words in (["init"], ["init", "--settings"], ["init"], ["init", "--remove"]):
        paii.run(*words)
        before, config = paii.snapshot(), (paii.dir / "paii.toml").read_text()
        stamp = settings(paii).stat().st_mtime_ns if settings(paii).exists() else None
        paii.run(*words)
        assert paii.snapshot() == before and (paii.dir / "paii.toml").read_text() == config
        assert stamp is None or settings(paii).stat().st_mtime_ns == stamp


def test_off_and_on_again(paii):
    paii.run("install", guard(paii, "stop"), "--yes")
    with_link = paii.snapshot()
    paii.run("init", "--remove")
    assert paii.snapshot() == {}
    paii.run("install", guard(paii, "pre_tool_use", name="other"), "--yes")
    assert paii.snapshot() == {}
    assert paii.run("config", "get", "claude.hooks").stdout == "off\n"
    paii.run("init")
    assert paii.snapshot() == with_link


def test_the_setting_is_heard_at_once(paii):
    paii.run("install", guard(paii, "stop"), "--yes")
    with_link = paii.snapshot()
    paii.run("config", "set", "claude.hooks", "settings", "--dry-run")
    assert paii.snapshot() == with_link
    paii.run("config", "set", "claude.hooks", "settings")
    assert commands(paii) == ours(paii, STOP)
    paii.run("config", "unset", "claude.hooks")
    assert paii.snapshot() == with_link
    assert "one of plugin settings off" in paii.run("config", "set", "claude.hooks", "maybe",
                                                    expect=12).stderr
    paii.write(".claude/settings.json", "{,}")
    result = paii.run("config", "set", "claude.hooks", "settings", expect=13)
    assert f"{settings(paii)}:1:2: " in result.stderr
    assert paii.run("config", "get", "claude.hooks").stdout == "plugin\n"
    assert os.path.lexists(paii.claude / "skills/paii")


def test_init_says_what_it_would_do(paii):
    paii.run("install", guard(paii, "stop"), "--yes")
    before = paii.snapshot()
    paii.run("init", "--settings", "--dry-run")
    assert paii.snapshot() == before and not (paii.dir / "paii.toml").exists()
    assert "do not go together" in paii.run("init", "--settings", "--remove", expect=1).stderr


# ---- where things are


def test_state_that_is_elsewhere_is_named(paii):
    """The client does not have the environment in which paii was called."""
    elsewhere = paii.home / "my state"
    paii.env.update(PAII_DIR=str(elsewhere), PAII_CONFIG=str(paii.home / "my.toml"))
    paii.run("install", guard(paii, "stop"), "--yes")
    hooks = json.loads((paii.claude / "skills/paii/hooks/hooks.json").read_text())["hooks"]
    hook = hooks["Stop"][0]["hooks"][0]
    assert hook["command"] == "/usr/bin/env"
    assert hook["args"][:3] == [f"PAII_DIR={elsewhere}", f"PAII_CONFIG={paii.home}/my.toml",
                                str(paii.program)]
    paii.run("init", "--settings")
    (command,) = commands(paii)["Stop"]
    assert command == (f"PAII_DIR='{elsewhere}' PAII_CONFIG={paii.home}/my.toml "
                       f"{paii.program} hook dispatch stop")
    paii.run("init", "--remove")
    assert not paii.claude.exists()


@pytest.mark.parametrize("way", ["plugin", "settings"])
def test_a_program_that_has_moved_is_registered_again(paii, way):
    paii.run("install", guard(paii, "stop"), "--yes")
    paii.run("config", "set", "claude.hooks", way)
    moved = paii.home / "new/bin/paii"
    moved.parent.mkdir(parents=True)
    shutil.copy2(paii.program, moved)
    paii.program = moved
    said = paii.run("doctor", check=False).stdout
    assert "which is not this program" in said or "are not those that are needed" in said
    paii.run("init")
    assert str(moved) in (paii.claude / "skills/paii/hooks/hooks.json").read_text() \
        if way == "plugin" else commands(paii) == ours(paii, STOP)
    assert "this program" not in paii.run("doctor", check=False).stdout


def test_another_folder_of_the_client(paii):
    paii.run("install", guard(paii, "stop"), "--yes")
    paii.run("init", "--settings")
    paii.env["CLAUDE_CONFIG_DIR"] = str(paii.home / "other")
    paii.run("init")
    assert not settings(paii).exists()
    assert (paii.home / "other/settings.json").exists()


# ---- doctor


def hook_findings(paii):
    findings = paii.run("doctor", "--json", check=False).json()["findings"]
    return [(found["level"], found["message"], found.get("fix")) for found in findings
            if found["subject"] == "hooks"]


def test_doctor_says_where_hooks_are_registered(paii):
    assert hook_findings(paii) == []
    paii.run("install", guard(paii, "stop"), "--yes")
    assert hook_findings(paii) == [("ok", f"1 event, registered in {paii.claude}/skills/paii", None)]
    paii.run("init", "--settings")
    assert hook_findings(paii) == [("ok", f"1 event, registered in {settings(paii)}", None)]
    paii.run("init", "--remove")
    ((level, message, fix),) = hook_findings(paii)
    assert (level, fix) == ("advice", "paii init") and '"off"' in message


@pytest.mark.parametrize("text, words", [
    ('{"disableAllHooks": true}', "disableAllHooks"),
    ('{"enabledPlugins": {"paii@skills-dir": false}}', "switches paii's plugin off"),
])
def test_doctor_sees_what_switches_hooks_off(paii, text, words):
    paii.run("install", guard(paii, "stop"), "--yes")
    paii.write(".claude/settings.json", text)
    ((level, message, _),) = hook_findings(paii)
    assert level == "problem" and words in message


def test_doctor_sees_a_registration_that_is_broken(paii):
    paii.run("install", guard(paii, "stop"), "--yes")
    link = paii.claude / "skills/paii"
    link.unlink()
    ((level, message, fix),) = hook_findings(paii)
    assert (level, fix) == ("problem", "paii init") and "is missing" in message
    paii.run("init", "--settings")
    text = settings(paii).read_text()
    link.parent.mkdir()
    link.symlink_to(f"{paii.dir}/current/claude/paii")
    assert any("run twice" in message for _, message, _ in hook_findings(paii))
    paii.run("init")
    assert not os.path.lexists(link)

    settings(paii).write_text(text.replace("{\n", "{ // mine\n", 1))
    assert any("ignores the whole file" in message for _, message, _ in hook_findings(paii))
    settings(paii).write_text("{}")
    assert any("not those that are needed" in message for _, message, _ in hook_findings(paii))
    paii.run("config", "set", "claude.hooks", "plugin")
    settings(paii).write_text(text)
    assert any("run twice" in message for _, message, _ in hook_findings(paii))
    paii.run("init")
    assert commands(paii) == {} and link.exists()
    assert hook_findings(paii)[0][0] == "ok"


def test_a_registration_that_is_damaged_is_made_again(paii):
    paii.run("install", guard(paii, "stop", "pre_tool_use"), "--yes")
    entries = paii.claude / "skills/paii/hooks/hooks.json"
    written = entries.read_text()
    for damage in ("", "{}", written.replace("PreToolUse", "PreTool"), None):
        entries.unlink()
        if damage is not None:
            entries.write_text(damage)
        assert ("problem", "paii repair") in [found[::2] for found in hook_findings(paii)]
        paii.run("repair")
        assert entries.read_text() == written
        assert hook_findings(paii)[0][0] == "ok"


def test_doctor_asks_the_client_about_its_events(paii):
    """A client that does not know an event drops all hooks of the plugin."""
    client = paii.write("bin/claude", '''#!/bin/sh
case "$1" in
--version) echo "2.1.160 (Claude Code)" ;;
plugin) touch "$HOME/was-here"; echo "  \u276f hooks.PreToolUse: Invalid key in record"; exit 1 ;;
esac
''', mode=0o755)
    paii.run("install", guard(paii, "pre_tool_use"), "--yes")
    paii.env["PATH"] = f"{client.parent}:{paii.env['PATH']}"
    ((level, message, fix),) = hook_findings(paii)
    assert (level, fix) == ("problem", "paii init --settings")
    assert "hooks.PreToolUse: Invalid key in record" in message and "2.1.160" in message
    assert not (paii.home / "was-here").exists()


def test_a_registry_of_many_hooks(paii):
    """Events of several plugins are one entry each."""
    shelf = Shelf(paii, "team")
    for name, event in (("one", "stop"), ("two", "stop"), ("three", "setup")):
        shelf.add(name, **{"plugin.toml": GUARD.replace("NAME", name).replace("VERSION", "1.0.0")
                           + f'[hooks.{event}]\naction = "check"\n', "bin/guard": "#!/bin/sh\n"})
    paii.run("init", "--settings")
    paii.run("install", "one", "two", "three", "--yes")
    assert commands(paii) == ours(paii, STOP, ("Setup", "setup"))
