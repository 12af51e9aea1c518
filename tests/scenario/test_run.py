"""`paii run` and `paii call`: what a plugin is given, and what becomes of its answer (docs/protocol.md)."""

import json
import os
import time

import pytest

MANIFEST = """
[plugin]
name = "probe"
version = "1.0.0"
description = "Does what a test asks"

[provides]
memory = "MemoryProvider@1.1"

[consumes]
memory = { contract = "MemoryProvider", version = ">=1.0", optional = true }
pager = { contract = "IntegrationProvider", service = "pager", optional = true }

[config]
limit = { type = "integer", default = 5 }
site = { type = "string", default = "example.com" }
path = { type = "path", default = "" }

[env]
PROBE_TOKEN = { required = false, secret = true }

[run]
command = ["python3", "src/probe.py", "--flag", "src/absent"]

[actions.say]
summary = "Gives back what it was given"
[actions.say.params]
text = { type = "string", required = true, description = "any" }
count = { type = "integer", default = 1 }
ratio = { type = "number" }
loud = { type = "boolean", default = false }
words = { type = "array" }
fields = { type = "object" }
long_name = { type = "string" }

[actions.look]
summary = "Tells its surroundings"

[actions.misbehave]
params = { how = { type = "string", required = true } }
timeout_ms = 1500

[actions.call]
params = { alias = { type = "string", required = true }, method = { type = "string", required = true } }

[actions.recent]
summary = "A method of MemoryProvider that calls it again"
params = { limit = { type = "integer" } }

[build]
type = "skill"
"""

PROBE = r'''
import json, os, subprocess, sys, time

request = json.load(sys.stdin)
params = request["params"]
head = {"paii": 1, "id": request["id"]}

def answer(result, **more):
    print(json.dumps({**head, "ok": True, "result": result, **more}))
    sys.exit(0)

def call(alias, method):
    done = subprocess.run([os.environ["PAII_BIN"], "call", alias, method, "--json", "-"],
                          input="{}", text=True, capture_output=True)
    return {"status": done.returncode, "reply": json.loads(done.stdout), "stderr": done.stderr}

def misbehave(how):
    print("a last word", file=sys.stderr)
    if how == "silent":
        sys.exit(0)
    if how == "stray":
        print("hello")
        answer(1)
    if how == "twice":
        print(json.dumps({**head, "ok": True, "result": 1}))
        answer(2)
    if how == "status":
        print(json.dumps({**head, "ok": True, "result": 1}))
        sys.exit(3)
    if how == "other-id":
        print(json.dumps({**head, "id": "another", "ok": True}))
        sys.exit(0)
    if how == "bad-code":
        print(json.dumps({**head, "ok": False, "error": {"code": "weird", "message": "x"}}))
        sys.exit(1)
    if how == "signal":
        os.kill(os.getpid(), 9)
    if how == "much":
        sys.stdout.write("x" * (17 << 20))
    if how == "sleep":
        subprocess.Popen(["sleep", "1000"])
        time.sleep(1000)
    if how == "fail":
        print(json.dumps({**head, "ok": False, "error": {"code": "auth", "message": "who are you?"}}))
        sys.exit(1)
    if how == "escape":
        answer(None, text="\x1b]0;evil\x07 text", warnings=["careful \x1b[31m"])

if request["action"] == "say":
    answer({"params": params, "context": request["context"], "argv": sys.argv})
if request["action"] == "look":
    config = os.environ["PAII_CONFIG"]
    answer({"env": dict(os.environ), "cwd": os.getcwd(), "config": json.load(open(config)),
            "modes": [oct(os.stat(p).st_mode & 0o777)
                      for p in (config, os.environ["PAII_STATE_DIR"], os.environ["TMPDIR"])]})
if request["action"] == "call":
    answer(call(params["alias"], params["method"]))
if request["action"] == "recent":
    answer({"request": request, "again": call("memory", "recent")})
misbehave(params["how"])
'''

SYSTEM = {"PATH", "HOME", "LANG", "TMPDIR"}
PROTOCOL = {"PAII_PROTOCOL", "PAII_BIN", "PAII_DIR", "PAII_PLUGIN", "PAII_PLUGIN_DIR", "PAII_STATE_DIR",
            "PAII_CONFIG", "PAII_DEPTH", "PAII_CALLERS", "PAII_DEADLINE_MS"}
PYTHON = {"PYTHONNOUSERSITE", "PYTHONPYCACHEPREFIX"}
BY_ITSELF = {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"}  # set by the interpreter


@pytest.fixture
def probe(paii):
    """A person who has the plugin `probe` installed, linked live."""
    folder = paii.write_tree("probe", {"plugin.toml": MANIFEST, "src/probe.py": PROBE})
    paii.run("install", "--dev", folder)
    return paii


def result(person, action, *args, **more):
    return person.run("run", "probe", action, *args, "--json", **more).json()["result"]


def error(person, action, *args, **more):
    return person.run("run", "probe", action, *args, "--json", expect=1, **more).json()["error"]


# ---- what is asked for ----

def test_without_an_action_the_actions_are_listed(probe):
    shown = probe.run("run", "probe").stdout
    assert "say" in shown and "Gives back what it was given" in shown
    listed = probe.run("--json", "run", "probe").json()
    assert [action["name"] for action in listed["actions"]] == ["say", "look", "misbehave", "call", "recent"]


def test_help_of_an_action_is_made_from_its_parameters(probe):
    shown = probe.run("run", "probe", "say", "--help").stdout
    for text in ("--text TEXT", "(required)", "--count N", "(default 1)", "--words WORD", "--long-name TEXT"):
        assert text in shown, text


def test_options_become_values_of_the_declared_type(probe):
    params = result(probe, "say", "--text", "5", "--count=7", "--ratio", "0.5", "--loud", "--words", "a",
                    "--words", "b", "--fields", '{"x": [1]}', "--long-name", "n")["params"]
    assert params == {"text": "5", "count": 7, "ratio": 0.5, "loud": True, "words": ["a", "b"],
                      "fields": {"x": [1]}, "long_name": "n"}


def test_defaults_are_filled_in_and_the_rest_left_out(probe):
    assert result(probe, "say", "--text", "x")["params"] == {"text": "x", "count": 1, "loud": False}
    assert result(probe, "say", "--text", "x", "--no-loud", "--words", '["a"]')["params"]["words"] == ["a"]


def test_the_action_may_be_named_by_an_option(probe):
    assert probe.run("run", "probe", "--action", "say", "--text", "x", "--json").json()["ok"]
    assert probe.run("plugin", "run", "probe", "--action=say", "--text", "x", "--json").json()["ok"]


def test_parameters_as_json_and_from_standard_input(probe):
    params = result(probe, "say", "--params", '{"text": "a", "count": 2}', "--count", "3")["params"]
    assert (params["text"], params["count"]) == ("a", 3)
    assert result(probe, "say", "--params", "-", input='{"text": "in"}')["params"]["text"] == "in"
    text = "line\nüñ\t\"\\ end"
    assert result(probe, "say", "--text", "-", input=text)["params"]["text"] == text
    assert result(probe, "say", "--text=-")["params"]["text"] == "-"


@pytest.mark.parametrize("words, message, hint", [
    (["--texd", "x"], "no parameter 'texd'", "did you mean '--text'?"),
    (["--count", "many", "--text", "x"], "'--count' needs a whole number, not 'many'", None),
    (["--ratio", "nan", "--text", "x"], "needs a number", None),
    (["--loud=perhaps", "--text", "x"], "needs true or false", None),
    (["--fields", "[1]", "--text", "x"], "needs a JSON object", None),
    (["--text"], "'--text' needs a value", None),
    (["stray"], "unexpected word 'stray'", None),
    (["--params", "[]"], "must be a JSON object", None),
    (["--params", '{"text":"a","text":"b"}'], "text", None),
    ([], "'text' is missing", None),
    (["--params", '{"text": 5}'], "must be a string, not an integer", None),
    (["--params", '{"text": "x", "colour": 1}'], "unknown parameter 'colour'", None),
])
def test_wrong_parameters_are_refused_before_anything_starts(probe, words, message, hint):
    done = probe.run("run", "probe", "say", *words, expect=1)
    assert message in done.stderr
    assert hint is None or hint in done.stderr


def test_unknown_actions_and_plugins_name_the_nearest(probe):
    assert "did you mean 'say'?" in probe.run("run", "probe", "sag", expect=1).stderr
    done = probe.run("run", "prob", "say", expect=10)
    assert "not installed" in done.stderr and "did you mean 'probe'?" in done.stderr
    assert probe.run("run", "../probe", expect=13).stderr


def test_dry_run_reaches_the_plugin(probe):
    assert result(probe, "say", "--text", "x")["context"]["dry_run"] is False
    assert result(probe, "say", "--text", "x", "--dry-run")["context"]["dry_run"] is True


# ---- what a plugin is given ----

def test_the_environment_is_built_from_zero(probe):
    seen = result(probe, "look", env={"SECRET_OF_MINE": "1", "PYTHONPATH": "/evil", "LD_LIBRARY_PATH": "/x"})
    assert set(seen["env"]) - BY_ITSELF == SYSTEM | PROTOCOL | PYTHON
    assert seen["env"]["PAII_PLUGIN"] == "probe"
    assert seen["env"]["PAII_DEPTH"] == "0"
    assert seen["env"]["PAII_PLUGIN_DIR"] == str(probe.dir / "current/prefix/probe")
    assert seen["modes"] == ["0o600", "0o700", "0o700"]
    assert 0 < int(seen["env"]["PAII_DEADLINE_MS"]) / 1000 - time.time() <= 30


def test_relative_folders_of_path_are_left_out(probe):
    seen = result(probe, "look", env={"PATH": ".:/usr/bin::bin:/bin"})
    assert seen["env"]["PATH"] == "/usr/bin:/bin"


def test_it_runs_where_the_caller_stands(probe):
    folder = probe.home / "elsewhere"
    folder.mkdir()
    assert result(probe, "look", cwd=folder)["cwd"] == str(folder)


def test_only_existing_files_of_the_plugin_become_absolute(probe):
    argv = result(probe, "say", "--text", "x")["argv"]
    assert argv[0] == str(probe.home / "probe/src/probe.py")
    assert argv[1:] == ["--flag", "src/absent", "say"]


def test_nothing_private_is_left_behind(probe):
    result(probe, "look")
    error(probe, "misbehave", "--how", "signal")
    assert list((probe.dir / "run").iterdir()) == []
    left = probe.dir / "run/999999999-abcdef"
    (left / "tmp").mkdir(parents=True)
    (left / "config.json").write_text("{}")
    result(probe, "look")
    assert not left.exists(), "a folder of a process that is gone is swept"


def test_declared_secrets_come_from_the_env_file_alone(probe):
    probe.write(probe.dir / ".env", "# mine\nexport PROBE_TOKEN='a b'\nOTHER=1\n", 0o600)
    seen = result(probe, "look", env={"PROBE_TOKEN": "from the shell"})["env"]
    assert seen["PROBE_TOKEN"] == "a b"
    assert "OTHER" not in seen
    probe.write(probe.dir / ".env", 'PROBE_TOKEN="a\\nb \\"c\\""\nPROBE_TOKEN=last # all\n', 0o600)
    assert result(probe, "look")["env"]["PROBE_TOKEN"] == "last # all"


def test_an_env_file_that_others_can_read_is_refused(probe):
    path = probe.write(probe.dir / ".env", "PROBE_TOKEN=x\n", 0o644)
    done = probe.run("run", "probe", "look", expect=13)
    assert f"chmod 600 '{path}'" in done.stderr
    probe.write(probe.dir / ".env", "no assignment\n", 0o600)
    assert ".env:1" in probe.run("run", "probe", "look", expect=12).stderr


def test_a_required_secret_that_is_missing_is_named(paii):
    manifest = MANIFEST.replace("PROBE_TOKEN = { required = false", "PROBE_TOKEN = { required = true")
    paii.run("install", "--dev", paii.write_tree("probe", {"plugin.toml": manifest, "src/probe.py": PROBE}))
    failure = error(paii, "look")
    assert failure["code"] == "not_configured" and "PROBE_TOKEN" in failure["message"]


def test_configuration_has_three_levels(probe):
    assert result(probe, "look")["config"] == {"limit": 5, "site": "example.com", "path": ""}
    probe.write(probe.dir / "paii.toml", '[config.probe]\nlimit = 6\nsite = "a"\nextra = [1]\n')
    probe.write(probe.dir / "plugins/probe/config.toml", 'site = "b"\n')
    assert result(probe, "look")["config"] == {"limit": 6, "site": "b", "path": "", "extra": [1]}
    probe.write(probe.dir / "plugins/probe/config.toml", "limit = 'many'\n")
    failure = error(probe, "look")
    assert failure["code"] == "not_configured"
    assert "'limit' must be an integer, not a string" in failure["message"]
    probe.write(probe.dir / "plugins/probe/config.toml", "limit = = 1\n")
    assert "config.toml:1" in probe.run("run", "probe", "look", expect=12).stderr


def test_another_paii_toml_stays_known_inside(probe):
    other = probe.write("other.toml", "[config.probe]\nlimit = 9\n")
    seen = result(probe, "look", env={"PAII_CONFIG": other})
    assert seen["config"]["limit"] == 9
    assert seen["env"]["PAII_TOML"] == str(other)
    inner = result(probe, "call", "--alias", "memory", "--method", "recent", env={"PAII_CONFIG": other})
    assert inner["stderr"] == ""


# ---- what becomes of the answer ----

@pytest.mark.parametrize("how", ["silent", "stray", "twice", "status", "other-id", "bad-code", "signal", "much"])
def test_what_is_no_answer_is_a_crash(probe, how):
    failure = error(probe, "misbehave", "--how", how)
    assert failure["code"] == "crash"
    assert "a last word" in failure["message"], "the end of stderr is shown"


def test_an_action_that_is_late_is_ended_with_all_it_started(probe):
    before = time.monotonic()
    failure = error(probe, "misbehave", "--how", "sleep")
    assert failure["code"] == "timeout" and failure["retryable"]
    assert 1.4 < time.monotonic() - before < 8
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            environ = open(f"/proc/{pid}/environ", "rb").read()
        except OSError:
            continue
        assert str(probe.home).encode() + b"/.config/paii/current/prefix/probe" not in environ


def test_a_failure_has_its_code_and_exit_status_1(probe):
    assert error(probe, "misbehave", "--how", "fail")["code"] == "auth"
    done = probe.run("run", "probe", "misbehave", "--how", "fail", expect=1)
    assert "who are you? (auth)" in done.stderr and done.stdout == ""


def test_text_for_people_is_printed_safely(probe):
    done = probe.run("run", "probe", "misbehave", "--how", "escape")
    assert "\x1b" not in done.stdout + done.stderr
    assert "text" in done.stdout and "careful" in done.stderr


def test_log_lines_are_shown_when_asked_for(probe):
    assert "a last word" not in probe.run("run", "probe", "misbehave", "--how", "escape").stderr
    assert "a last word" in probe.run("--verbose", "run", "probe", "misbehave", "--how", "escape").stderr


# ---- without actions ----

def test_a_plugin_without_actions_is_given_the_words(paii):
    script = "import sys\nprint(sys.argv[1:], sys.stdin.read())\nsys.exit(7)\n"
    manifest = '[plugin]\nname = "old"\nversion = "1.0.0"\ndescription = "x"\n[build]\ntype = "skill"\n'
    paii.run("install", "--dev", paii.write_tree("old", {"plugin.toml": manifest, "src/main.py": script}))
    done = paii.run("run", "old", "go", "--json", "--x", "1", input="in", expect=7)
    assert done.stdout == "['go', '--json', '--x', '1'] in\n"
    assert "would run" in paii.run("--dry-run", "run", "old", "go").stdout


def test_the_program_of_a_plugin_without_run_is_found(paii):
    manifest = '[plugin]\nname = "tool"\nversion = "1.0.0"\ndescription = "x"\n[build]\ntype = "skill"\n'
    folder = paii.write_tree("tool", {"plugin.toml": manifest, "bin/other": "#!/bin/sh\necho other $1 $PAII_PLUGIN\n"})
    paii.run("install", "--dev", folder)
    assert paii.run("run", "tool", "go").stdout == "other go tool\n"
    paii.write("tool/bin/tool", "#!/bin/sh\necho own\n", 0o755)
    assert paii.run("run", "tool").stdout == "own\n"
    (folder / "bin/tool").unlink()
    (folder / "bin/other").unlink()
    assert "nothing to run" in paii.run("run", "tool", expect=1).stderr


# ---- paii call ----

def test_call_is_for_plugins(probe):
    reply = probe.run("call", "memory", "recent", expect=1).json()
    assert not reply["ok"] and "paii run" not in reply["error"]["code"]
    assert "for plugins" in reply["error"]["message"]


def test_an_undeclared_alias_is_denied_and_an_absent_provider_unbound(probe):
    reply = result(probe, "call", "--alias", "memroy", "--method", "recent")["reply"]
    assert reply["error"]["code"] == "denied" and "'memory'" in reply["error"]["message"]
    called = result(probe, "call", "--alias", "pager", "--method", "status")
    assert called["status"] == 1
    assert called["reply"]["error"]["code"] == "unbound"
    assert "IntegrationProvider[pager]" in called["reply"]["error"]["message"]


@pytest.fixture
def pair(probe):
    """`probe` and a plugin `asker` that consumes memory as well, which probe provides."""
    manifest = MANIFEST.replace('"probe"', '"asker"').replace('memory = "MemoryProvider@1.1"', "")
    probe.run("install", "--dev", probe.write_tree("asker", {"plugin.toml": manifest, "src/probe.py": PROBE}))
    return probe


def asked(person, method, **more):
    done = person.run("run", "asker", "call", "--alias", "memory", "--method", method, "--json", **more)
    return done.json()["result"]["reply"]


def test_a_call_reaches_the_provider_and_says_who_calls(pair):
    reply = asked(pair, "recent")
    assert reply["ok"], reply
    request = reply["result"]["request"]
    assert request["contract"] == "MemoryProvider/1"
    assert request["context"]["caller"] == {"plugin": "asker", "alias": "memory"}


def test_a_call_of_an_action_that_waits_further_up_is_denied(pair):
    again = asked(pair, "recent")["result"]["again"]["reply"]
    assert again["error"]["code"] in ("denied", "unbound"), again
    if again["error"]["code"] == "denied":
        assert "probe.recent" in again["error"]["message"]


def test_a_method_that_the_contract_lacks_is_unsupported(pair):
    for method in ("say", "look", "nothing"):
        assert asked(pair, method)["error"]["code"] == "unsupported", method
    assert asked(pair, "categories")["error"]["code"] == "unsupported", "the provider lacks it"


def test_calls_have_an_end_in_depth_and_in_time(pair):
    inside = {"PAII_PROTOCOL": "1", "PAII_PLUGIN": "asker"}
    done = pair.run("call", "memory", "recent", expect=1, env={**inside, "PAII_DEPTH": "8"})
    assert done.json()["error"]["code"] == "denied"
    done = pair.run("call", "memory", "recent", expect=1,
                    env={**inside, "PAII_DEPTH": "0", "PAII_DEADLINE_MS": int(time.time() * 1000) + 20})
    assert done.json()["error"]["code"] == "timeout"


def test_a_call_of_a_plugin_that_is_gone(pair):
    done = pair.run("call", "memory", "recent", expect=1, env={"PAII_PROTOCOL": "1", "PAII_PLUGIN": "gone"})
    assert done.json()["error"]["code"] == "unavailable"


def test_parameters_of_a_call_are_checked(pair):
    done = pair.run("call", "memory", "recent", '{"limit": "x"}', expect=1,
                    env={"PAII_PROTOCOL": "1", "PAII_PLUGIN": "asker"})
    assert done.json()["error"]["code"] == "invalid_params"
    assert json.loads(done.stdout)["paii"] == 1
