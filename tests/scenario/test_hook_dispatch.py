"""One answer to Claude Code's events, whatever the handlers do (docs/hooks.md)."""

import json
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hooking import Hooks, client_name, fire, payload, result
from lib.person import Person

EVENTS = """config-change cwd-changed elicitation elicitation-result file-changed instructions-loaded
message-display notification permission-denied permission-request post-compact post-tool-batch
post-tool-use post-tool-use-failure pre-compact pre-tool-use session-end session-start setup stop
stop-failure subagent-start subagent-stop task-completed task-created teammate-idle
user-prompt-expansion user-prompt-submit worktree-create worktree-remove""".split()


@pytest.fixture
def hooks(paii):
    return Hooks(paii)


def group(command, matcher=None, **more):
    entry = {"type": "command", "command": command, **more}
    return {**({"matcher": matcher} if matcher else {}), "hooks": [entry]}


# ---- nobody wants it ----


def test_nothing_is_said_without_handlers(paii):
    for event in ("pre-tool-use", "stop", "no-such-event"):
        answer = fire(paii, event)
        assert (answer.stdout, answer.stderr) == ("", "")
    assert not (paii.dir / "hooks").exists()


def test_nothing_is_said_for_an_event_that_nobody_handles(hooks):
    hooks.action("guard", result(decision="deny"))
    assert hooks.fire("stop").stdout == ""
    assert hooks.fire("pre-tool-use").decision == "deny"


def test_a_large_payload_that_nobody_wants_is_read_to_its_end(paii):
    """The client's write must not fail, whatever is behind it."""
    read, write = os.pipe()
    process = subprocess.Popen([paii.program, "hook", "dispatch", "stop"], stdin=read,
                               env=paii.environment(), stdout=subprocess.PIPE)
    os.close(read)
    with os.fdopen(write, "wb") as out:
        for _ in range(160):
            out.write(b"x" * 65536)
    assert process.communicate(timeout=30)[0] == b""
    assert process.returncode == 0


def test_a_payload_may_be_a_file(hooks, paii):
    hooks.action("guard", result(decision="ask"), matcher="Write")
    file = paii.write("p.json", payload(tool_name="Write"))
    assert hooks.fire("pre-tool-use", "", "--payload", file).decision == "ask"
    hooks.fire("pre-tool-use", "", "--payload", file.with_name("none"), expect=10)


# ---- decisions ----


def test_the_strictest_decision_wins(hooks):
    hooks.action("one", result(decision="allow", reason="fine"))
    assert (hooks.fire().decision, hooks.fire().reason) == ("allow", "fine")
    hooks.action("two", result(decision="ask", reason="sure?"))
    assert (hooks.fire().decision, hooks.fire().reason) == ("ask", "sure?")
    hooks.action("three", result(decision="deny", reason="no"))
    assert (hooks.fire().decision, hooks.fire().reason) == ("deny", "no")
    hooks.native("four", {"PreToolUse": [group("echo because >&2; exit 2", "Bash")]})
    answer = hooks.fire()
    assert answer.decision == "deny"
    assert answer.reason.count("no") == 1 and answer.reason.count("because") == 1


def test_contexts_come_in_the_order_of_priority_then_name(hooks):
    """And not in the order of finishing."""
    hooks.action("late", result(context="low"), priority=-5)
    hooks.action("zeta", result(context="zeta"))
    hooks.action("alpha", "sleep 0.4\n" + result(context="alpha"))
    hooks.action("first", result(context="high"), priority=10)
    first = hooks.fire()
    assert first.specific["additionalContext"] == "high\n\nalpha\n\nzeta\n\nlow"
    for _ in range(3):
        assert hooks.fire().stdout == first.stdout


def test_contexts_share_ten_thousand_characters(hooks):
    hooks.action("one", result(context="ä" * 9_000))
    hooks.action("two", result(context="ö" * 9_000))
    answer = hooks.fire()
    assert answer.specific["additionalContext"] == "ä" * 9_000 + "\n\n" + "ö" * 998
    assert "two:act was cut" in answer.message


ECHO_INPUT = """import json, sys
request = json.load(sys.stdin)
command = request["params"]["payload"]["tool_input"]["command"]
print(json.dumps({"paii": 1, "id": request["id"], "ok": True,
                  "result": {"updated_input": {"command": command + " WORD"}}}))
"""


def test_updated_input_feeds_the_next_priority(hooks):
    for name, priority in (("c", 0), ("a", 20), ("b", 10)):
        hooks.action(name, "", priority=priority, command=["python3", "act.py"],
                     files={"act.py": ECHO_INPUT.replace("WORD", name)})
    answer = hooks.fire()
    assert answer.specific == {"hookEventName": "PreToolUse",
                               "updatedInput": {"command": "echo hi a b c"}}


def test_updated_inputs_that_disagree_are_refused(hooks):
    hooks.action("one", result(updated_input={"command": "a"}))
    hooks.action("two", result(updated_input={"command": "b"}))
    answer = hooks.fire()
    assert "updatedInput" not in answer.specific
    assert answer.message == "one:act and two:act disagree about the input: neither counts"


# What the client's schema has in hookSpecificOutput; an event that is not here has none. It drops an
# answer that breaks it, decision and all.
CONTEXT = {"additionalContext"}
KEYS = {
    "pre-tool-use": CONTEXT | {"permissionDecision", "permissionDecisionReason", "updatedInput"},
    "user-prompt-submit": CONTEXT | {"sessionTitle", "suppressOriginalPrompt"},
    "session-start": CONTEXT | {"initialUserMessage", "sessionTitle", "watchPaths", "reloadSkills"},
    "post-tool-use": CONTEXT | {"updatedToolOutput", "updatedMCPToolOutput"},
    **{event: CONTEXT for event in ("user-prompt-expansion", "setup", "subagent-start", "stop", "subagent-stop",
                                    "post-tool-use-failure", "post-tool-batch", "notification")},
    "permission-denied": {"retry"},
    "permission-request": {"decision"},
    "elicitation": {"action", "content"},
    "elicitation-result": {"action", "content"},
    "cwd-changed": {"watchPaths"},
    "file-changed": {"watchPaths"},
    "message-display": {"displayContent"},
}
TOP = {"continue", "suppressOutput", "stopReason", "decision", "reason", "systemMessage",
       "terminalSequence", "hookSpecificOutput"}
EVERYTHING = {
    "reason": "why", "context": "c", "system_message": "m", "stop_reason": "s", "continue": False,
    "suppress_output": True, "suppress_prompt": True, "reload_skills": True, "retry": True,
    "interrupt": True, "updated_input": {"command": "ls"}, "updated_output": "o",
    "updated_mcp_output": "o", "display_content": "d", "initial_message": "i",
    "session_title": "t", "terminal_sequence": "\a", "action": "accept", "content": {"a": 1},
    "watch_paths": ["/a"], "updated_permissions": [], "worktree_path": "/tree"}
TEXT = ("pre-compact", "post-compact", "worktree-create")
WAYS = {"pre-tool-use": ("permissionDecision", "deny"), "elicitation": ("action", "decline"),
        "elicitation-result": ("action", "decline")}


def blocks(event, answer):
    """Whether the client takes it as a block of the event; None for an event without one."""
    if event in WAYS:
        key, word = WAYS[event]
        return answer.specific.get(key) == word
    if event == "permission-request":
        return answer.specific.get("decision", {}).get("behavior") == "deny"
    if event in ("task-created", "task-completed", "teammate-idle", "config-change", "worktree-create"):
        return answer.code == 2 and "why" in answer.stderr
    if event in ("post-tool-use", "post-tool-use-failure", "post-tool-batch", "user-prompt-submit",
                 "user-prompt-expansion", "stop", "subagent-stop", "pre-compact"):
        return (answer.document or {}).get("decision") == "block"
    return None


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_is_answered_in_words_that_the_client_knows(event, hooks, paii):
    said = json.dumps({"paii": 1, "ok": True, "result": {"decision": "WORD", **EVERYTHING}})
    script = "cat > /dev/null\nsed \"s/WORD/$(cat ~/word)/\" <<'EOF'\n" + said + "\nEOF\n"
    hooks.action("all", script, event=event.replace("-", "_"))
    for word in ("none", "allow", "ask", "deny"):
        paii.write("word", word)
        answer = hooks.fire(event, expect=None)
        blocked = blocks(event, answer)
        assert blocked in (word == "deny", None), repr(answer)
        assert answer.code == (2 if blocked and answer.code else 0)
        if answer.document is None:
            assert event in TEXT, repr(answer)
            continue
        assert set(answer.document) <= TOP, repr(answer)
        assert set(answer.specific) - {"hookEventName"} <= KEYS.get(event, set()), repr(answer)
        if answer.specific:
            assert answer.specific["hookEventName"] == client_name(event)


# ---- the client's own hooks ----


def test_native_hooks_run_unchanged_where_the_path_has_spaces(build, tmp_path):
    person = Person(build / "bin/paii", tmp_path / "a home with 'spaces'")
    hooks = Hooks(person)
    hooks.native("native", {
        "PreToolUse": [
            group('"${CLAUDE_PLUGIN_ROOT}/bin/shell form" one', "Bash"),
            group("${CLAUDE_PLUGIN_ROOT}/bin/shell form", "Ba.*", args=["two words", "${CLAUDE_PLUGIN_ROOT}"]),
            group("exit 1", "Write"),
        ]}, **{"bin/shell form": "#!/bin/sh\nprintf '{\"hookSpecificOutput\":{\"hookEventName\":"
                                 "\"PreToolUse\",\"additionalContext\":\"%s|%s\"}}' \"$1\" \"$2\"\n"})
    context = hooks.fire().specific["additionalContext"]
    first, second = context.split("\n\n")
    assert first == "one|"
    words, root = second.split("|")
    assert words == "two words" and root.endswith("/native") and "a home with 'spaces'" in root
    person.close()


def test_native_exit_status_1_and_plain_text_say_nothing(hooks):
    hooks.native("native", {"PreToolUse": [group("echo oops >&2; exit 1"), group("echo text")]})
    answer = hooks.fire()
    assert (answer.stdout, answer.stderr) == ("", "")


def test_native_json_counts_whatever_the_exit_status(hooks):
    hooks.native("native", {"PreToolUse": [group("""echo '{"decision":"block","reason":"json"}'; exit 1""")]})
    assert (hooks.fire().decision, hooks.fire().reason) == ("deny", "json")


def test_python_leaves_no_bytecode_in_the_plugin(hooks, paii):
    """Root may write there; a guard would not be what was installed any more, and refused."""
    hooks.native("native", {"PreToolUse": [group('python3 "${CLAUDE_PLUGIN_ROOT}/hook.py"')]},
                 **{"hook.py": "import more\n", "more.py": "print('{\"decision\":\"block\",\"reason\":\"ran\"}')\n"})
    assert hooks.fire().reason == hooks.fire().reason == "ran"
    paii.run("verify")


def test_the_same_native_command_runs_once(hooks, paii):
    command = f"echo x >> '{paii.home}/ran'"
    hooks.native("native", {"PreToolUse": [group(command), group(command, "Bash"), group(command + " ")]})
    hooks.fire()
    assert (paii.home / "ran").read_text() == "x\nx\n"


def test_plain_text_is_context_at_the_start_of_a_session(hooks):
    hooks.native("native", {"SessionStart": [group("echo hello")]})
    hooks.action("other", result(context="there"), event="session_start")
    assert hooks.fire("session-start", payload("SessionStart", source="startup")).specific == {
        "hookEventName": "SessionStart", "additionalContext": "hello\n\nthere"}


def test_asynchronous_handlers_are_asked_apart(hooks):
    hooks.native("native", {"PreToolUse": [
        group("""echo '{"systemMessage":"later"}'""", **{"async": True}),
        group("""echo '{"systemMessage":"now"}'""")]})
    assert hooks.fire().message == "now"
    assert hooks.fire("pre-tool-use", None, "--async").message == "later"


# ---- failure ----

FAILURES = {
    "crash": ("kill -SEGV $$", "killed by signal 11"),
    "exit status": ("echo Traceback >&2; exit 3", "exit 3: Traceback"),
    "broken JSON": ("cat > /dev/null; echo '{'", "not JSON"),
    "nothing": ("cat > /dev/null", "it wrote nothing"),
    "two documents": (result() + "echo '{}'", "not JSON"),
    "too much": ("cat > /dev/null; head -c 70000 /dev/zero | tr '\\0' ' '", "more than 64 KiB"),
    "timeout": ("sleep 60", "not done within 300 ms"),
    "wrong type": (result(reason=7), "'reason' of a wrong kind"),
}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("on_error", ["open", "closed"])
def test_failure(name, on_error, hooks):
    script, why = FAILURES[name]
    hooks.action("guard", script, on_error=on_error,
                 **({"timeout_ms": 300} if name == "timeout" else {}))
    answer = hooks.fire()
    if on_error == "open":
        assert answer.decision is None
        assert answer.message.startswith("guard:act failed: ") and why in answer.message
    else:
        assert answer.decision == "deny"
        assert answer.reason.startswith("guard:act failed: ") and why in answer.reason


@pytest.mark.parametrize("on_error", ["open", "closed"])
def test_missing_program(on_error, hooks):
    hooks.action("guard", result(decision="allow"), on_error=on_error)
    (hooks.prefix("guard") / "act.sh").unlink()
    answer = hooks.fire()
    assert answer.decision == (None if on_error == "open" else "deny")
    assert "guard:act failed: " in (answer.message or answer.reason)


@pytest.mark.parametrize("on_error", ["open", "closed"])
def test_changed_content_does_not_run(on_error, hooks, paii):
    mark = paii.home / "ran"
    hooks.action("guard", result(decision="allow"), on_error=on_error)
    assert hooks.fire().decision == "allow"
    script = hooks.prefix("guard") / "act.sh"
    script.write_text(f"touch '{mark}'\n" + script.read_text())
    answer = hooks.fire()
    assert answer.decision == (None if on_error == "open" else "deny")
    assert "guard:act failed: " in (answer.message or answer.reason)
    assert not mark.exists()


def test_touched_content_that_is_the_same_runs(hooks):
    hooks.action("guard", result(decision="deny", reason="no"))
    script = hooks.prefix("guard") / "act.sh"
    script.write_text(script.read_text())
    os.utime(script)
    assert hooks.fire().reason == "no"


def test_a_removed_plugin_no_longer_runs(hooks, paii):
    hooks.action("guard", result(decision="deny"))
    assert hooks.fire().decision == "deny"
    paii.run("remove", "guard", "--yes")
    assert hooks.fire().stdout == ""


def test_a_damaged_table_blocks(hooks, paii):
    hooks.action("guard", result(decision="allow"))
    table = (paii.dir / "current/hooks").resolve()
    table.parent.chmod(0o755)
    table.chmod(0o644)
    data = bytearray(table.read_bytes())
    data[-1] ^= 1
    table.write_bytes(data)
    answer = hooks.fire()
    assert answer.decision == "deny" and "paii repair" in answer.reason
    answer = hooks.fire("task-created", expect=2)
    assert "paii repair" in answer.stderr
    assert "paii repair" in hooks.fire("session-end").message
    paii.run("repair", "--yes")
    assert hooks.fire().decision == "allow"


def test_a_missing_table_blocks(hooks, paii):
    """It is not the same as having no handlers."""
    hooks.action("guard", result(decision="allow"))
    table = (paii.dir / "current/hooks").resolve()
    table.parent.chmod(0o755)
    table.unlink()
    answer = hooks.fire()
    assert answer.decision == "deny" and "is missing" in answer.reason and "paii repair" in answer.reason
    paii.run("repair", "--yes")
    assert hooks.fire().decision == "allow"


def test_a_folder_that_others_can_write_blocks(hooks, paii):
    hooks.action("guard", result(decision="allow"))
    paii.dir.chmod(0o777)
    answer = hooks.fire()
    assert answer.decision == "deny" and "can be written by others" in answer.reason
    answer = hooks.fire("pre-tool-use", env={"HOME": None})
    assert answer.decision == "deny" and "HOME" in answer.reason


# ---- payloads ----

HOSTILE = {
    "empty": b"",
    "invalid": b"not json",
    "cut": payload()[:-1].encode(),
    "array": b"[]",
    "bad UTF-8": b'{"tool_name":"\xff"}',
    "NUL": payload().encode().replace(b"echo hi", b"echo\x00hi"),
    "deep": b'{"tool_name":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "key twice": b'{"tool_name":"Read","tool_name":"Bash","tool_input":{}}',
    "two documents": payload().encode() * 2,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("on_error", ["open", "closed"])
def test_a_payload_that_cannot_be_used(name, on_error, hooks, paii):
    mark = paii.home / "ran"
    hooks.action("guard", f"touch '{mark}'\n" + result(decision="allow"), on_error=on_error)
    answer = hooks.fire("pre-tool-use", HOSTILE[name])
    assert answer.decision == (None if on_error == "open" else "deny")
    assert "the payload cannot be used" in (answer.message or answer.reason)
    assert not mark.exists()


def test_unusual_payloads_that_are_json_pass_as_they_are(hooks, paii):
    seen = paii.home / "seen"
    hooks.native("native", {"PreToolUse": [group(f"cat > '{seen}'")]})
    for text in (payload(extra=[1, {"a": None}]),
                 payload().replace("echo hi", "\\ud83d \\u0000 \\u00e9 é \U0001f600"),
                 " " + payload() + "\n\n",
                 payload(note={"a": 1}).replace('"a": 1', '"a":1,"a":2')):
        hooks.fire("pre-tool-use", text)
        assert seen.read_text() == text


def test_a_payload_of_fifty_megabytes_passes(hooks):
    hooks.native("native", {"PreToolUse": [
        group("""printf '{"systemMessage":"%s"}' "$(wc -c)" """, "Write")]})
    text = payload(tool_name="Write", tool_input={"content": "x" * 50_000_000})
    assert hooks.fire("pre-tool-use", text).message.strip() == str(len(text))


def test_a_handler_need_not_read_its_payload(hooks):
    hooks.native("native", {"PreToolUse": [group("exec 0<&-; echo no >&2; exit 2")]})
    text = payload(tool_input={"content": "x" * 1_000_000})
    assert hooks.fire("pre-tool-use", text).reason == "no"


def test_every_recorded_payload_dispatches(hooks, shared):
    tables = [{"event": event.replace("-", "_")} for event in EVENTS]
    hooks.action("all", result(context="seen", worktree_path="/t"), *tables)
    files = sorted((shared / "claude-lab/payloads").glob("*.json"))
    assert len(files) > 60

    def one(file):
        event = file.name.split(".")[0]
        kebab = "".join("-" + c.lower() if c.isupper() else c for c in event)[1:]
        assert kebab in EVENTS
        answer = hooks.fire(kebab, file.read_bytes())
        assert "systemMessage" not in answer.stdout, repr(answer)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, files))


# ---- breakers ----


def counting(paii, script):
    return f"echo x >> '{paii.home}/ran'\n{script}"


def ran(paii):
    return len((paii.home / "ran").read_text().split())


def test_a_handler_that_keeps_failing_is_left_out(hooks, paii):
    hooks.action("bad", counting(paii, "exit 9"))
    for n in range(1, 6):
        assert ("left out for 10 minutes" in hooks.fire().message) == (n == 5)
    assert hooks.fire().stdout == "" and ran(paii) == 5
    [row] = paii.run("hook", "list", "--json").json()
    assert row["failures"] == 5 and row["left_out"] is True
    assert "left out after 5 failures" in paii.run("hook", "list").stdout
    assert "1 left out" in paii.run("status").stdout
    assert paii.run("status", "--json").json()["hooks"]["left_out"] == 1
    paii.run("hook", "reset", "other")
    assert hooks.fire().stdout == ""
    paii.run("hook", "reset", "bad")
    assert "failed" in hooks.fire().message and ran(paii) == 6


def test_a_handler_that_was_left_out_is_tried_again(hooks, paii):
    hooks.action("bad", counting(paii, f"test -e '{paii.home}/mended' || exit 9\n{result()}"))
    for _ in range(5):
        hooks.fire()
    [file] = (paii.dir / "hooks/breaker").iterdir()
    failures, _ = file.read_text().split()
    file.write_text(f"{failures} {int(time.time()) - 601:020}\n")
    assert "left out" in hooks.fire().message and ran(paii) == 6
    assert hooks.fire().stdout == ""
    paii.write("mended", "")
    paii.run("hook", "reset")
    assert hooks.fire().stdout == "" and ran(paii) == 7
    assert not list((paii.dir / "hooks/breaker").iterdir())


def test_a_success_between_failures_begins_anew(hooks, paii):
    hooks.action("bad", counting(paii, f"test -e '{paii.home}/mended' || exit 9\n{result()}"))
    for _ in range(2):
        for _ in range(4):
            hooks.fire()
        mark = paii.write("mended", "")
        hooks.fire()
        mark.unlink()
    assert ran(paii) == 10


def test_a_closed_handler_is_never_left_out(hooks, paii):
    hooks.action("guard", counting(paii, "exit 9"), on_error="closed")
    for _ in range(7):
        assert hooks.fire().decision == "deny"
    assert ran(paii) == 7


# ---- seeing ----


def test_list_has_the_order_of_running(hooks, paii):
    hooks.action("low", result(), priority=-1)
    hooks.action("guard", result(), on_error="closed", priority=10, matcher="Bash|Write", timeout_ms=150)
    hooks.native("native", {"Stop": [group("true")]})
    rows = paii.run("hook", "list", "--json").json()
    assert [row["plugin"] for row in rows] == ["guard", "low", "native"]
    assert rows[0] | {"command": 0, "name": 0} == {
        "name": 0, "plugin": "guard", "event": "pre-tool-use", "kind": "action",
        "matcher": "Bash|Write", "priority": 10, "mode": "sync", "on_error": "closed",
        "timeout_ms": 150, "command": 0, "failures": 0, "left_out": False}
    text = paii.run("hook", "list", "--event", "PreToolUse").stdout
    assert text.index("guard:act") < text.index("low:act") and "native" not in text
    assert "did you mean 'stop'" in paii.run("hook", "list", "--event", "stopp", expect=10).stderr


def test_test_shows_how_the_answer_came_about(hooks, paii):
    hooks.action("guard", "echo noise >&2\n" + result(decision="deny", reason="no"), matcher="Bash")
    hooks.action("other", result(context="c"), matcher="Write")
    text = paii.run("hook", "test", "pre-tool-use").stdout
    assert "guard:act  exit 0" in text and "deny: no" in text and "noise" in text
    assert "other:act  skipped: matcher" in text
    assert "-> decision: deny, by guard:act" in text
    file = paii.write("p.json", payload(tool_name="Write"))
    document = paii.run("hook", "test", "pre-tool-use", "--payload", file, "--json").json()
    assert [row["ran"] for row in document["handlers"]] == [False, True]
    assert json.loads(document["stdout"])["hookSpecificOutput"]["additionalContext"] == "c"
    assert not (paii.dir / "hooks").exists()


def test_test_counts_no_failures(hooks, paii):
    hooks.action("bad", "exit 9")
    for _ in range(6):
        assert "failed: exit 9" in paii.run("hook", "test", "pre-tool-use").stdout


def test_trace_levels(hooks, paii):
    hooks.action("guard", result(decision="deny", reason="no"))
    hooks.fire()
    assert paii.run("hook", "trace").stdout == ""
    paii.run("hook", "trace", "summary")
    hooks.fire()
    [line] = paii.run("hook", "trace", "--json").json()
    assert (line["event"], line["decision"], line["handlers"][0]["name"]) == \
        ("pre-tool-use", "deny", "guard:act")
    assert "payload" not in line and "echo hi" not in json.dumps(line)
    paii.run("hook", "trace", "full")
    hooks.fire()
    line = paii.run("hook", "trace", "--json").json()[1]
    assert json.loads(line["payload"])["tool_input"]["command"] == "echo hi"
    assert json.loads(line["answer"])["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert "guard:act" in paii.run("hook", "trace").stdout
    paii.run("hook", "trace", "off")
    hooks.fire()
    assert len(paii.run("hook", "trace", "--json").json()) == 2


def test_the_trace_shows_no_secret(hooks, paii):
    secret = 'to"ken-4711'
    paii.write(paii.dir / ".env", f"TOKEN='{secret}'\n", 0o600)
    hooks.action("leaky", """cat > /dev/null
        echo "stderr $TOKEN" >&2
        printf '{"paii":1,"ok":false,"error":{"code":"auth","message":"to\\\\"ken-4711 is bad"}}'
        exit 1""", env='[env]\nTOKEN = { required = true, secret = true }\n')
    paii.run("hook", "trace", "full")
    answer = hooks.fire("pre-tool-use", payload(tool_input={"command": f"echo {secret}"}))
    text = (paii.dir / "hooks/trace.jsonl").read_text()
    assert "4711" not in text and "***" in text
    assert "4711" not in answer.stdout + answer.stderr
    assert "4711" not in paii.run("hook", "test", "pre-tool-use").stdout


def test_the_trace_is_bounded(hooks, paii):
    hooks.action("guard", result())
    paii.run("hook", "trace", "full")
    hooks.fire()
    record = paii.dir / "hooks/trace.jsonl"
    record.write_bytes(record.read_bytes() + b"x" * 4_194_304 + b"\n")
    hooks.fire()
    assert not record.exists() and (paii.dir / "hooks/trace.1.jsonl").exists()
    hooks.fire()
    assert len(paii.run("hook", "trace", "--json").json()) == 3


def test_a_record_that_cannot_be_written_is_no_obstacle(hooks, paii):
    hooks.action("guard", result(decision="ask"))
    paii.run("hook", "trace", "full")
    os.mkfifo(paii.dir / "hooks/trace.jsonl")
    assert hooks.fire().decision == "ask"


def test_dry_run_starts_no_handler(hooks, paii):
    hooks.action("guard", counting(paii, result(decision="deny")))
    assert hooks.fire("pre-tool-use", None, "--dry-run").stdout == ""
    assert not (paii.home / "ran").exists()


def test_doctor_fires_an_event(hooks, paii):
    hooks.action("guard", counting(paii, result(decision="deny")))
    rows = [row for row in paii.run("doctor", "--json", check=False).json()["findings"]
            if row["subject"] == "dispatch"]
    assert [row["level"] for row in rows] == ["ok"] and "pre-tool-use" in rows[0]["message"]
    assert not (paii.home / "ran").exists()


# ---- many at once ----

DISPATCHES = int(os.environ.get("PAII_DISPATCHES", "200"))


def processes_below(folder):
    """Command lines of running processes that name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if str(folder).encode() in line and b"pytest" not in line:
            found.append(line)
    return found


def test_dispatches_during_changes_see_one_generation(hooks, paii):
    """Two handlers of one plugin say its version: never two different ones, never half of them."""
    say = 'cat > /dev/null\nfds=$(ls /proc/self/fd | wc -l)\n' \
          'printf \'{"paii":1,"ok":true,"result":{"context":"%s %s"}}\' VERSION "$fds"\n'
    for version in ("1.0.0", "2.0.0"):
        hooks.action("pair", say.replace("VERSION", version), {"priority": 1},
                     {"action": "second", "matcher": "Bash"}, version=version, install=False,
                     env='[actions.second]\nsummary = "again"')
    said, wrong, done = set(), [], []

    def dispatch(_):
        answer = hooks.fire(expect=None)
        context = answer.specific.get("additionalContext", "")
        said.add(context)
        if answer.code or answer.message or context not in ("", "1.0.0 4\n\n1.0.0 4", "2.0.0 4\n\n2.0.0 4"):
            wrong.append(repr(answer))

    def change():
        while len(done) < 1:
            for words in (["install", "pair@1.0.0"], ["install", "pair@2.0.0"], ["gc", "--keep", "1"],
                          ["remove", "pair"]):
                paii.run(*words, "--yes", check=False)

    with ThreadPoolExecutor(9) as pool:
        changing = pool.submit(change)
        list(pool.map(dispatch, range(DISPATCHES)))
        done.append(True)
        changing.result()
    assert not wrong, wrong[0]
    assert "2.0.0 4\n\n2.0.0 4" in said
    assert processes_below(paii.home) == []


@pytest.mark.parametrize("event, blocks", [("pre_tool_use", True), ("user_prompt_submit", True), ("stop", False)])
def test_a_crash_of_the_dispatcher_blocks_what_a_guard_could_block(hooks, paii, event, blocks):
    hooks.action("slow", "cat > /dev/null\ntouch $PAII_STATE_DIR/begun\nsleep 20\n", event=event, timeout_ms=30000)
    begun = paii.dir / "plugins/slow/data/begun"
    client = paii.start("hook", "dispatch", event, stdin=subprocess.PIPE)
    client.stdin.write(payload())
    client.stdin.close()
    client.stdin = None
    deadline = time.monotonic() + 60
    while not begun.exists():
        assert time.monotonic() < deadline, "the handler was not started"
        time.sleep(0.01)
    client.send_signal(signal.SIGSEGV)
    assert (client.wait(60) == 2) == blocks
    assert ("so this is blocked" in client.stderr.read()) == blocks
