"""Hooks as processes: what an action is given, and that nothing outlives a client that cancels."""

import json
import os
import signal
import subprocess
import time

import pytest

MANIFEST = """
[plugin]
name = "guard"
version = "1.0.0"
description = "Tells what it was given"

[config]
limit = { type = "integer", default = 5 }

[run]
command = ["python3", "src/guard.py"]

[actions.look]

[hooks.session_start]
action = "look"

[actions.hang]

[hooks.stop]
action = "hang"
timeout_ms = 60000

[build]
type = "skill"
"""

GUARD = r'''
import json, os, subprocess, sys, time

request = json.load(sys.stdin)
if request["action"] == "hang":
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    with open(os.path.join(os.environ["PAII_STATE_DIR"], "pids"), "w") as out:
        out.write(f"{os.getpid()} {child.pid}\n")
    time.sleep(600)
config = os.environ["PAII_CONFIG"]
given = {"env": dict(os.environ), "config": json.load(open(config)), "file": config,
         "mode": oct(os.stat(config).st_mode & 0o777)}
print(json.dumps({"paii": 1, "id": request["id"], "ok": True, "result": {"context": json.dumps(given)}}))
'''

GIVEN = {"PATH", "HOME", "LANG", "TMPDIR", "CLAUDE_PROJECT_DIR", "PAII_HANDLER", "PAII_PROTOCOL", "PAII_BIN",
         "PAII_DIR", "PAII_PLUGIN", "PAII_PLUGIN_DIR", "PAII_STATE_DIR", "PAII_CONFIG", "PAII_DEPTH", "PAII_CALLERS",
         "PAII_DEADLINE_MS", "PYTHONNOUSERSITE", "PYTHONPYCACHEPREFIX"}
BY_ITSELF = {"LC_CTYPE"}  # set by the interpreter


@pytest.fixture
def guard(paii):
    paii.run("install", paii.write_tree("guard", {"plugin.toml": MANIFEST, "src/guard.py": GUARD}), "--yes")
    return paii


def dispatch(person, event, **more):
    return person.run("hook", "dispatch", event, input=json.dumps({"session_id": "s1", "source": "startup"}), **more)


def look(person, **more):
    answer = dispatch(person, "session-start", **more).json()
    return json.loads(answer["hookSpecificOutput"]["additionalContext"])


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_an_action_is_given_what_is_documented(guard):
    given = look(guard, env={"ANTHROPIC_API_KEY": "sk-secret", "TMPDIR": "/tmp", "CLAUDE_PROJECT_DIR": "/project",
                             "LD_LIBRARY_PATH": "/tmp", "PAII_SOMETHING": "x"})
    assert set(given["env"]) - BY_ITSELF == GIVEN
    assert given["env"]["PAII_PLUGIN_DIR"] == str(guard.dir / "current/prefix/guard")
    assert given["env"]["PAII_CALLERS"] == "guard.look" and given["env"]["PAII_DEPTH"] == "0"
    assert given["config"] == {"limit": 5} and given["mode"] == "0o600"


def test_a_configuration_that_was_edited_counts_at_once(guard):
    kept = look(guard)["file"]
    guard.write(guard.dir / "plugins/guard/config.toml", "limit = 7\n")
    given = look(guard)
    assert given["config"] == {"limit": 7} and given["mode"] == "0o600"
    assert given["file"] != kept and not os.path.exists(given["file"])
    assert os.path.exists(kept)


def test_a_configuration_that_is_wrong_is_a_failure(guard):
    guard.write(guard.dir / "plugins/guard/config.toml", 'limit = "many"\n')
    assert "'limit' must be an integer" in dispatch(guard, "session-start").json()["systemMessage"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_client_that_cancels_ends_all_handlers(number, guard):
    client = guard.start("hook", "dispatch", "stop", stdin=subprocess.PIPE)
    pids = guard.dir / "plugins/guard/data/pids"
    client.stdin.write("{}")
    client.stdin.close()
    client.stdin = None
    end = time.monotonic() + 60
    while not (pids.exists() and pids.read_text().endswith("\n")):
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(client.pid, number)
    assert client.wait(60) in (-number, 130)
    assert not any(is_running(pid) for pid in pids.read_text().split())
