"""Hooks through the real Claude Code client: what a handler answers is seen in the client's next request.

The client runs in the person's own HOME, because that is where its dispatcher finds what is installed.
"""

import json
import os
import time
from pathlib import Path

import pytest

from client.driver import Client, find_client, texts
from lib.person import Person

ALLOWED = ["--allowedTools", "Bash"]

EVENTS = """config_change cwd_changed elicitation elicitation_result file_changed instructions_loaded
message_display notification permission_denied permission_request post_compact post_tool_batch post_tool_use
post_tool_use_failure pre_compact pre_tool_use session_end session_start setup stop stop_failure
subagent_start subagent_stop task_completed task_created teammate_idle user_prompt_expansion
user_prompt_submit worktree_create worktree_remove""".split()

HANDLER = '''#!/usr/bin/python3
import json, os, pathlib, sys, time
request = json.load(sys.stdin)
payload = request["params"]["payload"]
state = pathlib.Path(os.environ["PAII_STATE_DIR"])
command = payload.get("tool_input", {}).get("command", "")
def answer(**result):
    print(json.dumps({"paii": 1, "id": request["id"], "ok": True, "result": result}))
def on_ACTION():
    BODY
on_ACTION()
'''


def plugin(name, event, body, **keys):
    """{path: text} of a plugin with one handler; `body` is Python, `keys` are of [hooks.EVENT]."""
    table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    lines = "\n    ".join(body.strip().splitlines())
    return {
        "plugin.toml": f'[plugin]\nname = "{name}"\nversion = "1.0.0"\ndescription = "handles {event}"\n'
                       '[build]\ntype = "skill"\n[run]\ncommand = ["bin/handler"]\n'
                       '[actions.handle]\nsummary = "handles"\n'
                       'params = { payload = { type = "object" } }\n'
                       f'[hooks.{event}]\naction = "handle"\n{table}',
        "bin/handler": HANDLER.replace("ACTION", "event").replace("BODY", lines),
    }


def native(name, hooks, **scripts):
    """{path: text} of a plugin as Claude Code knows them."""
    return {".claude-plugin/plugin.json": json.dumps({"name": name, "version": "1.0.0"}),
            "hooks/hooks.json": json.dumps({"hooks": hooks}),
            **{f"scripts/{file}.sh": f"#!/bin/sh\n{text}\n" for file, text in scripts.items()}}


def bash(command):
    """The model calls Bash."""
    return {"tool": "Bash", "input": {"command": command, "description": "a step"}}


def said(request):
    """All that a request has of the conversation."""
    return "\n".join(texts(request.get("messages", [])))


class Desk:
    """A person with plugins, and their client."""

    def __init__(self, person, program):
        self.person = person
        self.client = Client(program, person.home)
        self.project = self.client.project

    def install(self, files, folder="plugin"):
        tree = self.person.write_tree(f"sources/{folder}", files)
        self.person.run("install", tree, "--yes")
        return self

    def session(self, *answers, prompt="go", args=ALLOWED, **more):
        return self.client.session(prompt, answers, args, **more)

    def made(self, *names):
        """Which of these files tools have made in the project."""
        return [name for name in names if (self.project / name).exists()]

    def state(self, name, file):
        return self.person.dir / "plugins" / name / "data" / file


@pytest.fixture
def program():
    found = find_client()
    if found is None:
        pytest.skip("no Claude Code client")
    return found


@pytest.fixture
def desk(paii, program):
    return Desk(paii, program)


def wait_for(path, seconds=60):
    deadline = time.monotonic() + seconds
    while not Path(path).exists():
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.02)
    return Path(path)


# ---- decisions

DECIDE = '''
word = command.split()[-1]
if word == "denied":
    answer(decision="deny", reason="REASON-deny")
elif word == "asked":
    answer(decision="ask", reason="REASON-ask")
elif word == "allowed":
    answer(decision="allow")
elif word == "original":
    answer(decision="allow", updated_input={**payload["tool_input"], "command": "touch replaced"})
elif word == "noted":
    answer(decision="allow", context="CONTEXT-noted")
else:
    answer()
'''


@pytest.mark.parametrize("way", ["plugin", "settings"])
def test_each_decision_reaches_the_tool_and_the_model(desk, way):
    """Without a rule for Bash, only what a handler allows runs; each answer is in the next request."""
    desk.install(plugin("judge", "pre_tool_use", DECIDE, matcher="Bash"))
    desk.person.run("config", "set", "claude.hooks", way)
    names = ["none", "allowed", "denied", "asked", "original", "noted"]
    seen = desk.session(*[bash(f"touch {name}") for name in names], "done", args=[])
    assert desk.made(*names, "replaced") == ["allowed", "noted", "replaced"]
    replies = [said(request) for request in seen.requests[1:]]
    assert "REASON-deny" in replies[2] and "REASON-deny" not in replies[1]
    assert "REASON-ask" in replies[3]
    assert "CONTEXT-noted" in replies[5] and "CONTEXT-noted" not in replies[4]


def test_a_deny_wins_over_an_allow_of_another_plugin(desk):
    desk.install(plugin("kind", "pre_tool_use", 'answer(decision="allow")', priority=5), "kind")
    desk.install(plugin("strict", "pre_tool_use", 'answer(decision="deny", reason="REASON-strict")'),
                 "strict")
    seen = desk.session(bash("touch made"), "done")
    assert desk.made("made") == []
    assert "REASON-strict" in said(seen.requests[1])


def test_inputs_are_changed_one_after_the_other(desk):
    """The client alone would take the last to finish; here the order is that of the priorities."""
    append = 'answer(updated_input={**payload["tool_input"], "command": command + " WORD"})'
    desk.install(plugin("first", "pre_tool_use", "time.sleep(0.3)\n" + append.replace("WORD", "one"),
                        priority=10), "first")
    desk.install(plugin("second", "pre_tool_use", append.replace("WORD", "two")), "second")
    desk.session(bash("touch zero"), "done")
    assert desk.made("zero", "one", "two") == ["zero", "one", "two"]


def test_feedback_after_a_tool(desk):
    desk.install(plugin("lint", "post_tool_use", '''
if "made" in command:
    answer(decision="deny", reason="REASON-lint")
else:
    answer(context="CONTEXT-lint")
''', matcher="Bash"))
    seen = desk.session(bash("touch made"), bash("touch other"), "done")
    assert desk.made("made", "other") == ["made", "other"]
    assert "REASON-lint" in said(seen.requests[1])
    assert "CONTEXT-lint" in said(seen.requests[2])


def test_a_stop_is_put_off_once(desk):
    desk.install(plugin("more", "stop", '''
if payload["stop_hook_active"]:
    answer()
else:
    answer(decision="deny", reason="REASON-stop")
'''))
    seen = desk.session("first", "second", "third")
    assert len(seen.requests) == 2
    assert "REASON-stop" in said(seen.requests[1])


def test_a_prompt_is_dropped(desk):
    """No request is made at all."""
    desk.install(plugin("gate", "user_prompt_submit", '''
if "secret" in payload["prompt"]:
    answer(decision="deny", reason="REASON-prompt")
else:
    answer(context="CONTEXT-prompt")
'''))
    assert "CONTEXT-prompt" in said(desk.session("done", prompt="hello").requests[0])
    assert desk.session("done", prompt="the secret", silent=True).requests == []


def test_context_at_the_start(desk):
    desk.install(plugin("memory", "session_start", 'answer(context="CONTEXT-" + payload["source"])'))
    assert "CONTEXT-startup" in said(desk.session("done").requests[0])


def test_the_client_knows_every_event_that_is_registered(desk, program):
    """One that it does not know would make it drop all of them, guards included."""
    files = plugin("all", "stop", "answer()")
    files["plugin.toml"] += "".join(f'[hooks.{event}]\naction = "handle"\n'
                                    for event in EVENTS if event != "stop")
    desk.install(files)
    desk.person.write("bin/claude", f'#!/bin/sh\nexec "{program}" "$@"\n', mode=0o755)
    desk.person.env["PATH"] = f"{desk.person.home}/bin:{desk.person.env['PATH']}"
    findings = desk.person.run("doctor", "--json", check=False).json()["findings"]
    assert [(found["level"], found["message"]) for found in findings if found["subject"] == "hooks"] == [
        ("ok", f"30 events, registered in {desk.person.claude}/skills/paii")]


# ---- handlers that fail

CRASH = "os.kill(os.getpid(), 9)"
HANG = 'state.joinpath("begun").touch()\ntime.sleep(600)'


@pytest.mark.parametrize("body, keys", [
    (CRASH, {}), (HANG, {"timeout_ms": 400}), ('print("no JSON")', {}), ("sys.exit(7)", {}),
], ids=["crash", "hang", "nonsense", "status"])
@pytest.mark.parametrize("on_error", ["closed", "open"])
def test_a_guard_that_fails(desk, body, keys, on_error):
    """A closed guard blocks the tool and says so; an open one lets it pass, in time either way."""
    desk.install(plugin("guard", "pre_tool_use", body, on_error=on_error, **keys))
    seen = desk.session(bash("touch made"), "done")
    closed = on_error == "closed"
    assert desk.made("made") == ([] if closed else ["made"])
    assert ("guard:handle failed" in said(seen.requests[1])) == closed
    if body == HANG:
        assert desk.state("guard", "begun").exists()
        assert not processes_with(str(desk.person.dir))


def processes_with(word):
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and int(folder.name) != os.getpid():
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found += [line] if word in line else []
        except OSError:
            pass  # it has ended
    return found


# ---- coming and going


def test_a_removed_plugin_runs_no_more(desk):
    desk.install(plugin("guard", "pre_tool_use", 'answer(decision="deny", reason="REASON-guard")'))
    desk.session(bash("touch made"), "done")
    assert desk.made("made") == []
    desk.person.run("remove", "guard", "--yes")
    seen = desk.session(bash("touch made"), "done")
    assert desk.made("made") == ["made"]
    assert "REASON-guard" not in said(seen.requests[1])
    assert not os.path.lexists(desk.person.claude / "skills/paii")


def test_a_plugin_removed_in_the_middle_of_a_session(desk):
    """The client still calls the dispatcher, which has nothing to say any more."""
    desk.install(plugin("guard", "pre_tool_use", 'answer(decision="deny", reason="REASON-guard")',
                        matcher="Write"))
    remove = f"{desk.person.program} remove guard --yes"
    seen = desk.session(bash(remove), bash("touch made"),
                        {"tool": "Write", "input": {"file_path": str(desk.project / "written"),
                                                    "content": "x"}}, "done",
                        args=["--allowedTools", "Bash,Write"])
    assert desk.person.run("list", "--json").json() == []
    assert desk.made("made", "written") == ["made", "written"]
    assert "REASON-guard" not in said(seen.requests[-1])


def test_work_goes_on_when_the_client_has_gone(desk):
    """mode = "spool": the session ends at once, what it started ends later."""
    desk.install(plugin("history", "session_end", '''
while not state.joinpath("go").exists():
    time.sleep(0.02)
state.joinpath("kept").write_text(payload["session_id"])
answer()
''', mode="spool", timeout_ms=60000))
    seen = desk.session("done")
    assert not desk.state("history", "kept").exists()
    desk.state("history", "go").parent.mkdir(parents=True, exist_ok=True)
    desk.state("history", "go").touch()
    kept = wait_for(desk.state("history", "kept"))
    deadline = time.monotonic() + 10
    while kept.read_text() != seen.init["session_id"]:
        assert time.monotonic() < deadline


def test_both_registrations_give_no_answer_twice(desk):
    """Where the user has chosen settings.json, the link is gone, so handlers run once."""
    desk.install(plugin("count", "pre_tool_use", '''
with open(state / "runs", "a") as file:
    print(command, file=file)
answer()
'''))
    for way in ("plugin", "settings"):
        desk.person.run("config", "set", "claude.hooks", way)
        desk.session(bash(f"touch {way}"), "done")
    assert desk.state("count", "runs").read_text() == "touch plugin\ntouch settings\n"
    desk.person.run("init", "--remove")
    desk.session(bash("touch off"), "done")
    assert desk.made("off") == ["off"]
    assert "off" not in desk.state("count", "runs").read_text()


def test_state_in_another_place(paii, program):
    """The client knows nothing of PAII_DIR."""
    paii.env["PAII_DIR"] = str(paii.home / "my state")
    desk = Desk(paii, program)
    desk.install(plugin("guard", "pre_tool_use", 'answer(decision="deny", reason="REASON-guard")'))
    for way in ("plugin", "settings"):
        paii.run("config", "set", "claude.hooks", way)
        seen = desk.session(bash("touch made"), "done")
        assert desk.made("made") == []
        assert "REASON-guard" in said(seen.requests[1])


def test_the_clients_key_is_not_given_to_handlers(desk):
    desk.install(plugin("spy", "pre_tool_use",
                        'state.joinpath("environment").write_text(json.dumps(dict(os.environ)))\nanswer()'))
    desk.session(bash("touch made"), "done")
    text = desk.state("spy", "environment").read_text()
    assert "dummy-key-of-the-tests" not in text
    assert json.loads(text)["CLAUDE_PROJECT_DIR"] == str(desk.project)


@pytest.mark.parametrize("way", ["plugin", "settings"])
def test_a_file_that_is_watched(desk, way):
    """The client watches what an entry in settings.json names, or what a handler asked for at the start."""
    desk.install(plugin("reload", "file_changed",
                        'state.joinpath("seen").write_text(payload["file_path"])\nanswer()',
                        matcher="watched.txt"), "reload")
    desk.person.run("config", "set", "claude.hooks", way)
    if way == "plugin":
        desk.install(plugin("watcher", "session_start",
                            'answer(watch_paths=[payload["cwd"] + "/watched.txt"])'), "watcher")
    desk.project.mkdir()
    (desk.project / "watched.txt").write_text("before")
    seen = desk.state("reload", "seen")
    desk.session(bash(f"for i in 1 2 3 4 5 6 7 8; do [ -e {seen} ] && break; sleep 1.5; "
                      "echo $i > watched.txt; done"), "done")
    assert seen.read_text() == str(desk.project / "watched.txt")


# ---- plugins of Claude Code, unchanged

ROOT = '"${CLAUDE_PLUGIN_ROOT}"'


@pytest.mark.parametrize("home", ["home", "home of Ada's"])
def test_native_hooks_run_as_in_the_client(build, program, tmp_path, home):
    """The hooks.json of a Claude Code plugin, in its shell form and its exec form, paths with spaces."""
    person = Person(build / "bin/paii", tmp_path / home)
    desk = Desk(person, program)
    desk.install(native("formatter", {
        "SessionStart": [{"hooks": [{"type": "command", "command": f"{ROOT}/scripts/hello.sh"}]}],
        "PreToolUse": [
            {"matcher": "Bash", "hooks": [{"type": "command", "command": f"sh {ROOT}/scripts/deny.sh"}]},
            {"matcher": "Wri.*|Edit", "hooks": [{"type": "command", "command": "/bin/false"}]}],
        "PostToolUse": [{"hooks": [{"type": "command", "command": "${CLAUDE_PLUGIN_ROOT}/scripts/after.sh",
                                    "args": ["${CLAUDE_PROJECT_DIR}", "two words"]}]}],
    }, hello="echo CONTEXT-native",
        deny='if grep -q denied; then echo REASON-native >&2; exit 2; fi',
        after='cat > /dev/null; printf \'{"hookSpecificOutput": {"hookEventName": "PostToolUse", '
              '"additionalContext": "%s"}}\' "CONTEXT-after $2 in $1"'))
    seen = desk.session(bash("touch denied"), bash("touch made"), "done")
    person.close()
    assert desk.made("denied", "made") == ["made"]
    assert "CONTEXT-native" in said(seen.requests[0])
    assert "REASON-native" in said(seen.requests[1])
    assert f"CONTEXT-after two words in {desk.project}" in said(seen.requests[2])


def test_native_hooks_compose_with_actions(desk):
    """A native hook's deny stands beside an action's context."""
    desk.install(native("strict", {"PreToolUse": [{"hooks": [
        {"type": "command", "command": "echo REASON-strict >&2; exit 2"}]}]}), "strict")
    desk.install(plugin("noter", "pre_tool_use", 'answer(decision="allow", context="CONTEXT-noter")'),
                 "noter")
    seen = desk.session(bash("touch made"), "done")
    assert desk.made("made") == []
    assert "REASON-strict" in said(seen.requests[1]) and "CONTEXT-noter" in said(seen.requests[1])


def test_a_native_hook_that_crashes_lets_the_tool_run(desk):
    desk.install(native("shaky", {"PreToolUse": [{"hooks": [
        {"type": "command", "command": "kill -9 $$"}]}]}))
    desk.session(bash("touch made"), "done")
    assert desk.made("made") == ["made"]
