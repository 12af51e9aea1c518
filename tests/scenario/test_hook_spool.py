"""Work that a hook spools: nothing is lost, done twice or torn, and it is done after the client has gone."""

import fcntl
import json
import os
import resource
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest

MANIFEST = """
[plugin]
name = "{name}"
version = "{version}"
description = "Does its work later"

[run]
command = ["python3", "src/later.py"]

[actions.keep]
[actions.keep.params]
payload = {{ type = "object" }}

[hooks.session_end]
action = "keep"
mode = "spool"
timeout_ms = 20000

[build]
type = "skill"
"""

# The word of a payload says what is to happen; every run of it is a line of the log.
LATER = r'''
import json, os, signal, sys, time

request = json.load(sys.stdin)
word = request["params"]["payload"]["reason"]
state = os.environ["PAII_STATE_DIR"]
log = os.path.join(state, "log")

def seen():
    try:
        return sum(json.loads(line)["word"] == word for line in open(log))
    except FileNotFoundError:
        return 0

before = seen()
drainer = os.getppid()
with open(log, "a") as out:
    out.write(json.dumps({
        "word": word, "version": VERSION, "cwd": os.getcwd(), "context": request["context"],
        "project": os.environ.get("CLAUDE_PROJECT_DIR"), "callers": os.environ["PAII_CALLERS"],
        "secret": os.environ.get("ANTHROPIC_API_KEY"), "drainer": drainer,
        "session": os.getsid(drainer), "drainer_environment": open(f"/proc/{drainer}/environ").read(),
        "drainer_files": [os.readlink(f"/proc/{drainer}/fd/{fd}") for fd in sorted(os.listdir(f"/proc/{drainer}/fd"), key=int)
                          if os.path.lexists(f"/proc/{drainer}/fd/{fd}")],
    }) + "\n")
if word.startswith("slow"):
    time.sleep(1)
if word == "kill-once" and before == 0 or word == "kill-always":
    os.kill(drainer, signal.SIGKILL)
if word == "fail":
    sys.exit(7)
print(json.dumps({"paii": 1, "id": request["id"], "ok": True, "result": {}}))
'''


def write_plugin(person, name="later", version="1.0.0"):
    return person.write_tree(name, {"plugin.toml": MANIFEST.format(name=name, version=version),
                                    "src/later.py": f"VERSION = {version!r}\n{LATER}"})


class Spool:
    """The spool of one plugin, seen from outside."""

    def __init__(self, person, name="later"):
        self.person, self.name = person, name
        self.folder = person.dir / "hooks/spool"
        self.records, self.failed = (self.folder / f"{name}.{end}" for end in ("jsonl", "failed"))

    def dispatch(self, word, expect=0, **more):
        payload = {"hook_event_name": "SessionEnd", "session_id": "s1", "cwd": str(self.person.home),
                   "reason": word, **more.pop("fields", {})}
        return self.person.run("hook", "dispatch", "session-end", input=json.dumps(payload, **more.pop("style", {})),
                               expect=expect, **more)

    def start(self, word, **fields):
        payload = self.person.write(f"payloads/{word}", json.dumps({"reason": word, **fields}))
        return self.person.start("hook", "dispatch", "session-end", "--payload", payload)

    def log(self):
        path = self.person.dir / "plugins" / self.name / "data/log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def words(self):
        return [line["word"] for line in self.log()]

    def failures(self):
        return [json.loads(line) for line in self.failed.read_text().splitlines()] if self.failed.exists() else []

    def wait_until_empty(self):
        done = self.folder / f"{self.name}.done"  # removed last
        wait_for(lambda: not self.records.exists() and not done.exists(), "the spool is empty")

    @contextmanager
    def nobody_drains(self):
        """As if a drainer were at work that never comes to an end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / f"{self.name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def drain(self, **more):
        return self.person.run("--json", "hook", "drain", **more)


def wait_for(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not in {seconds} s: {what}"
        time.sleep(0.02)


@pytest.fixture
def spool(paii):
    """A person with a plugin that spools what comes at the end of a session."""
    paii.run("install", write_plugin(paii), "--yes")
    return Spool(paii)


def test_work_is_done_although_the_client_is_gone(spool):
    payload = json.dumps({"reason": "slow", "cwd": str(spool.person.home), "session_id": "s1"})
    client = spool.person.start("hook", "dispatch", "session-end", stdin=subprocess.PIPE,
                                env={"ANTHROPIC_API_KEY": "sk-secret", "CLAUDE_PROJECT_DIR": "/project"})
    answer = client.communicate(payload)
    assert (client.returncode, *answer) == (0, "", "")
    try:
        os.killpg(client.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    spool.wait_until_empty()
    [line] = spool.log()
    assert line["word"] == "slow" and line["project"] == "/project" and line["cwd"] == str(spool.person.home)
    assert line["context"]["event"] == "session-end" and line["context"]["session_id"] == "s1"
    assert line["secret"] is None and "sk-secret" not in line["drainer_environment"]
    assert line["session"] == line["drainer"] != client.pid
    assert line["drainer_files"][:3] == ["/dev/null"] * 3
    for name in line["drainer_files"][3:]:
        assert name.startswith((str(spool.person.dir), "pipe:", "anon_inode:")), name
    assert not spool.failed.exists()


def test_records_are_done_in_order_and_once(spool):
    words = [f"w{i}" for i in range(5)]
    with spool.nobody_drains():
        for word in words:
            spool.dispatch(word)
        assert len(spool.records.read_text().splitlines()) == 5
    assert spool.drain().json()["handled"] == 5
    assert spool.words() == words


def test_many_at_once_lose_and_tear_nothing(spool):
    clients = [spool.start(f"w{i}", text="x" * 20000) for i in range(16)]
    for client in clients:
        assert client.wait(60) == 0
    spool.wait_until_empty()
    assert sorted(spool.words()) == sorted(f"w{i}" for i in range(16))
    assert not spool.failed.exists()


def test_a_payload_on_many_lines_is_one_record(spool):
    with spool.nobody_drains():
        spool.dispatch("a\nb", style={"indent": 2})
        assert len(spool.records.read_text().splitlines()) == 1
    spool.drain()
    assert spool.words() == ["a\nb"]


def test_a_killed_drainer_repeats_only_what_it_was_in(spool):
    with spool.nobody_drains():
        for word in ("first", "kill-once", "last"):
            spool.dispatch(word)
    assert spool.drain(check=False).code == -signal.SIGKILL
    assert spool.words() == ["first", "kill-once"]
    spool.drain()
    assert spool.words() == ["first", "kill-once", "kill-once", "last"]
    assert not spool.failed.exists()


def test_a_killed_dispatcher_tears_nothing(spool):
    """Wherever it is stopped: what was answered is done once, and what was not is whole or not there."""
    answered = []
    for i in range(24):
        client = spool.start(f"w{i}", text="x" * 100000)
        time.sleep(i * 0.004)
        client.kill()
        if client.wait() == 0:
            answered.append(f"w{i}")
    if spool.records.exists():
        spool.dispatch("last")
    spool.drain()
    spool.wait_until_empty()
    words = spool.words()
    assert len(words) == len(set(words)) and set(answered) <= set(words)
    for failure in spool.failures():
        assert "text" in failure


def test_the_next_record_replaces_a_killed_drainer(spool):
    spool.dispatch("kill-once")
    wait_for(spool.words, "it began")
    time.sleep(0.2)
    spool.dispatch("next")
    spool.wait_until_empty()
    assert spool.words() == ["kill-once", "kill-once", "next"]


def test_what_fails_is_tried_three_times_and_kept(spool):
    with spool.nobody_drains():
        spool.dispatch("fail")
        spool.dispatch("after")
    assert spool.drain().json() == {"handled": 2, "left": 0}
    assert spool.words() == ["fail"] * 3 + ["after"]
    [failure] = spool.failures()
    assert "exit 7" in failure["why"] and failure["record"]["payload"]["reason"] == "fail"


def test_what_ends_its_drainer_is_not_tried_for_ever(spool):
    with spool.nobody_drains():
        spool.dispatch("kill-always")
        spool.dispatch("after")
    for _ in range(3):
        assert spool.drain(check=False).code == -signal.SIGKILL
    spool.drain()
    assert spool.words() == ["kill-always"] * 3 + ["after"]
    assert len(spool.failures()) == 1


def test_records_of_a_removed_plugin_are_kept_apart(spool):
    with spool.nobody_drains():
        spool.dispatch("late")
        spool.person.run("remove", "later")
    spool.drain()
    [failure] = spool.failures()
    assert "no such handler" in failure["why"] and failure["record"]["payload"]["reason"] == "late"
    assert not spool.records.exists()


def test_the_generation_of_then_does_it(spool):
    with spool.nobody_drains():
        spool.dispatch("w")
        spool.person.run("install", write_plugin(spool.person, version="2.0.0"), "--yes")
    spool.drain()
    assert [line["version"] for line in spool.log()] == ["2.0.0"]


def test_a_torn_line_is_kept_apart(spool):
    with spool.nobody_drains():
        spool.dispatch("first")
        with open(spool.records, "a") as out:
            out.write('{"id":"x","time":1,"event":"session-e')
        spool.dispatch("second")
    spool.drain()
    assert spool.words() == ["first", "second"]
    [failure] = spool.failures()
    assert failure["text"].endswith("session-e")


def test_a_torn_line_at_the_end_is_kept_apart(spool):
    with spool.nobody_drains():
        spool.dispatch("first")
        with open(spool.records, "a") as out:
            out.write('{"id":"x"')
    spool.drain()
    assert spool.words() == ["first"] and len(spool.failures()) == 1


def test_a_position_of_other_records_is_not_believed(spool):
    """A drainer that was killed between the two removals left its position."""
    with spool.nobody_drains():
        spool.dispatch("first")
        spool.dispatch("kill-once")
    assert spool.drain(check=False).code == -signal.SIGKILL
    spool.records.unlink()
    with spool.nobody_drains():
        spool.dispatch("another")
        spool.dispatch("one more")
    spool.drain()
    assert spool.words() == ["first", "kill-once", "another", "one more"]


def test_a_full_disk_is_said_and_leaves_what_was_there(spool):
    with spool.nobody_drains():
        spool.dispatch("first")
        before = spool.records.read_bytes()
        size = len(before) + 1000

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        client = spool.person.start("hook", "dispatch", "session-end", stdin=subprocess.PIPE, preexec_fn=limit)
        out, err = client.communicate(json.dumps({"reason": "second", "text": "x" * 5000}))
        assert client.returncode == 0, err
        assert "spooled" in json.loads(out)["systemMessage"] and "too large" in out
        assert spool.records.read_bytes() == before
        spool.dispatch("third")
    spool.drain()
    assert spool.words() == ["first", "third"]


def test_work_that_starts_the_client_does_not_spool_itself(spool):
    with spool.nobody_drains():
        spool.dispatch("inner", env={"PAII_PROTOCOL": "1", "PAII_DEPTH": "0", "PAII_CALLERS": "later.keep"})
        assert not spool.records.exists()
        spool.dispatch("other", env={"PAII_PROTOCOL": "1", "PAII_DEPTH": "0", "PAII_CALLERS": "x.y"})
    spool.drain()
    assert [line["callers"] for line in spool.log()] == ["x.y>later.keep"]


def test_a_persons_drain_waits_for_the_one_at_work(spool):
    spool.dispatch("slow")
    wait_for(spool.words, "it began")
    assert spool.drain().json()["left"] == 0
    assert spool.words() == ["slow"] and not spool.records.exists()
