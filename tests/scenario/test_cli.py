"""The command line: help, spelling, usage errors, --json, settings, new, doctor."""

import json
import os
import re
import shutil
import stat
import subprocess

import pytest


def commands(paii):
    """Every command path that help shows: ["config"], ["config", "get"], ..."""
    found = []
    for name in listed(paii.run("help").stdout):
        found.append([name])
        found += [[name, sub] for sub in listed(paii.run("help", name).stdout, "commands")]
    return found


def listed(text, section=None):
    """Names in the first column of the help's sections; of one section if it is named."""
    names, inside = [], section is None
    for line in text.splitlines():
        if re.fullmatch(r"[a-z].*:", line):
            inside = line == f"{section}:" if section else not line.startswith("options")
        match = re.match(r"  ([a-z][a-z-]*)(  |$)", line)
        if inside and match:
            names.append(match[1])
    return names


# ---- help ----

def test_help_of_everything(paii, golden):
    golden("help/paii.txt", paii.run("--help").stdout)
    for path in commands(paii):
        shown = paii.run(*path, "--help").stdout
        golden(f"help/{'-'.join(path)}.txt", shown)
        assert paii.run("help", *path).stdout == shown
        assert max(map(len, shown.splitlines())) <= 100


def test_every_command_is_there(paii):
    wanted = """init install remove update outdated list info search registry run status doctor config
                new check rollback completions help version""".split()
    assert set(wanted) <= set(listed(paii.run("--help").stdout))


def test_help_needs_nothing(paii):
    """Help answers without HOME, and reads and writes nothing there."""
    paii.run("install", "--help", env={"HOME": None})
    assert list(paii.home.iterdir()) == []


def test_manual_pages(paii):
    paii.run("__man", "man")
    pages = sorted(page.name for page in (paii.home / "man").iterdir())
    names = [path[0] for path in commands(paii)]
    assert pages == sorted(["paii.1"] + [f"paii-{name}.1" for name in set(names)])
    assert paii.run("help", "--man", "config").stdout == (paii.home / "man/paii-config.1").read_text()
    if not shutil.which("groff"):
        pytest.skip("no groff")
    for page in pages:
        done = subprocess.run(["groff", "-man", "-Tascii", "-ww", paii.home / "man" / page],
                              capture_output=True, text=True, check=True)
        assert done.stderr == ""


# ---- spelling ----

@pytest.mark.parametrize("args", [["install"], ["list"], ["remove"], ["info"], ["update"], ["new"]])
def test_the_long_spelling_is_the_same_command(paii, args):
    assert paii.run("plugin", *args, "--help").stdout == paii.run(*args, "--help").stdout


@pytest.mark.parametrize("args, message, hint", [
    (["instal"], "unknown command 'instal'", "did you mean 'paii install'?"),
    (["plugin", "instal"], "unknown command 'instal'", "did you mean 'paii install'?"),
    (["zzzzzzzz"], "unknown command 'zzzzzzzz'", "'paii help' lists the commands"),
    (["config", "gett", "x"], "unknown command 'config gett'", "did you mean 'paii config get'?"),
    (["help", "plugin", "instal"], "unknown command 'instal'", "did you mean 'paii install'?"),
    (["help", "instal"], "unknown command 'instal'", "did you mean 'paii install'?"),
    (["list", "--jsn"], "unknown option '--jsn' of 'paii list'", "did you mean '--json'?"),
    (["new", "x", "--tpye", "c"], "unknown option '--tpye' of 'paii new'", "did you mean '--type'?"),
    (["new", "x", "--type", "ada"], "'--type' is one of python, rust, c, skill, not 'ada'",
     "'paii new --help' shows how it is used"),
    (["new"], "'paii new' needs NAME", "'paii new --help' shows how it is used"),
])
def test_usage_errors_say_what_was_meant(paii, args, message, hint):
    result = paii.run(*args, expect=1)
    assert result.stdout == ""
    assert result.stderr == f"paii: error: {message}\n  hint: {hint}\n"
    assert list(paii.home.iterdir()) == []


def test_options_stand_anywhere(paii):
    for args in (["--json", "version"], ["version", "--json"], ["-q", "version", "--json"]):
        assert paii.run(*args).json()["name"] == "paii"


# ---- --json ----

@pytest.mark.parametrize("args", [["version"], ["list"], ["status"], ["config", "show"], ["outdated"],
                                  ["config", "get", "defaults.language"], ["registry", "list"],
                                  ["new", "x", "--type", "c"], ["search", "memory"]])
def test_json_is_one_document(paii, args):
    result = paii.run(*args, "--json")
    json.loads(result.stdout)
    assert result.stderr == ""


def test_json_errors(paii):
    error = paii.run("config", "show", "nothing-here", "--json", expect=10).json()["error"]
    assert error["code"] == "not_found" and error["exit"] == 10
    assert "nothing-here" in error["message"]


def test_a_usage_error_is_json_too(paii):
    """Also when --json comes behind the wrong word."""
    error = paii.run("versoin", "--json", expect=1).json()["error"]
    assert error["code"] == "error"


# ---- output ----

def test_a_full_disk_is_an_error(paii):
    with open("/dev/full", "w") as full:
        process = paii.start("--help", stdout=full)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot write to standard output" in stderr


def test_a_closed_pipe_is_quiet(paii):
    read, write = os.pipe()
    os.close(read)
    process = paii.start("--help", stdout=write)
    os.close(write)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == -13 and stderr == ""


# ---- config ----

def test_config_set_keeps_every_other_byte(paii):
    before = "# mine\n[defaults]   # here\nlanguage = 'python' # why\nlog_level=\"warn\"\n"
    file = paii.write(".config/paii/paii.toml", before, 0o600)
    file.parent.chmod(0o700)
    paii.run("config", "set", "defaults.language", "rust")
    assert file.read_text() == before.replace("'python'", '"rust"')
    assert paii.run("config", "get", "defaults.language").stdout == "rust\n"
    shown = paii.run("config", "show").stdout
    assert f"{file}:3" in [line.split()[-1] for line in shown.splitlines() if "language" in line]


@pytest.mark.parametrize("key, value, words", [
    ("defaults.language", "cobol", "one of"),
    ("defaults.require_sandbox", "maybe", "true or false"),
    ("defaults.lanugage", "c", "no setting"),
    ("paths.plugins", "/tmp", "PAII_DIR"),
    ("registries.work", "https://example.com/x.git", "registry add"),
    ("nodot", "x", "no key"),
])
def test_config_refuses_what_is_wrong(paii, key, value, words):
    result = paii.run("config", "set", key, value, expect=12)
    assert words in result.stderr
    assert not (paii.dir / "paii.toml").exists()


PLUGIN = """[plugin]
name = "settled"
version = "1.0.0"
description = "has settings"

[config]
size = { type = "integer", default = 3 }
site = { type = "string" }
token = { type = "string", secret = true }
names = { type = "array", default = ["a"] }
"""


@pytest.fixture
def settled(paii):
    paii.write_tree("settled", {"plugin.toml": PLUGIN, "SKILL.md":
                                "---\nname: settled\ndescription: has settings\n---\nText.\n"})
    paii.run("install", "./settled", "--yes")
    return paii


def test_three_levels(settled):
    def size():
        row = next(r for r in settled.run("config", "show", "settled", "--json").json()
                   if r["key"] == "settled.size")
        return row["value"], row["origin"]

    own = settled.dir / "plugins/settled/config.toml"
    everywhere = settled.dir / "paii.toml"
    assert size() == (3, "default")
    settled.run("config", "set", "--global", "settled.size", "4")
    assert size() == (4, f"{everywhere}:2")
    settled.run("config", "set", "settled.size", "5")
    assert size() == (5, f"{own}:1")
    assert own.read_text() == "size = 5\n"
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    settled.run("config", "unset", "settled.size")
    assert size() == (4, f"{everywhere}:2")
    settled.run("config", "unset", "--global", "settled.size")
    assert size() == (3, "default")


def test_values_are_checked_against_the_manifest(settled):
    settled.run("config", "set", "settled.size", "many", expect=12)
    settled.run("config", "set", "settled.names", "a, b", expect=12)
    settled.run("config", "set", "settled.names", '["x"]\nsite = "y"', expect=12)
    result = settled.run("config", "set", "settled.siez", "1", expect=12)
    assert "did you mean 'settled.size'?" in result.stderr
    assert not (settled.dir / "plugins/settled/config.toml").exists()
    settled.run("config", "set", "settled.names", '["x", "y"]')
    assert settled.run("config", "get", "settled.names").stdout == '["x","y"]\n'
    settled.run("config", "get", "settled.site", expect=12)


def test_secrets_are_not_shown(settled):
    settled.run("config", "set", "settled.token", "hunter2")
    for args in (["show"], ["show", "settled"], ["get", "settled.token"], ["show", "--json"]):
        assert "hunter2" not in settled.run("config", *args).stdout
    assert "(set)" in settled.run("config", "get", "settled.token").stdout


def test_settings_outlive_the_plugin(settled):
    settled.run("config", "set", "settled.size", "7")
    settled.run("remove", "settled", "--yes")
    settled.run("install", "./settled", "--yes")
    assert settled.run("config", "get", "settled.size").stdout == "7\n"


def test_what_a_manifest_does_not_declare_is_shown_too(settled):
    settled.write(".config/paii/plugins/settled/config.toml", 'severity = "high"\n')
    assert settled.run("config", "get", "settled.severity").stdout == "high\n"
    settled.run("config", "set", "settled.severity", "low")
    assert settled.run("config", "get", "settled.severity").stdout == "low\n"


def test_config_of_an_unknown_plugin(settled):
    result = settled.run("config", "show", "setled", expect=10)
    assert "did you mean 'settled'?" in result.stderr


# ---- new ----

TOOLS = {"python": "python3", "rust": "cargo", "c": "make", "skill": "true"}


@pytest.mark.parametrize("kind", TOOLS)
def test_new_checks_builds_installs_and_runs(paii, kind):
    if not shutil.which(TOOLS[kind], path=paii.env["PATH"]):
        pytest.skip(f"no {TOOLS[kind]}")
    paii.run("new", "fresh", "--type", kind)
    checked = paii.run("check", "fresh")
    assert "warning" not in checked.stderr
    paii.run("install", "./fresh", "--yes")
    if kind != "skill":
        assert "Hello, world!" in paii.run("run", "fresh", "hello").stdout
        assert "Hello, Ada!" in paii.run("run", "fresh", "hello", "--name", "Ada").stdout
    assert (paii.claude / "skills/fresh/SKILL.md").exists()


def test_new_follows_the_language_of_paii_toml(paii):
    paii.run("config", "set", "defaults.language", "rust")
    paii.run("new", "fresh")
    assert (paii.home / "fresh/Cargo.toml").exists()


def test_new_touches_nothing_that_is_there(paii):
    paii.write("fresh/mine.txt", "mine")
    result = paii.run("new", "fresh", "--type", "c", expect=13)
    assert "not empty" in result.stderr
    assert os.listdir(paii.home / "fresh") == ["mine.txt"]
    paii.run("new", "Fresh", "--type", "c", expect=13)
    paii.run("new", "other", "--type", "c", "--dry-run")
    assert not (paii.home / "other").exists()


# ---- doctor, status ----

def findings(result):
    return {finding["subject"]: finding for finding in result.json()["findings"]}


def test_doctor_of_a_fresh_home(paii):
    result = paii.run("doctor", "--json")
    assert findings(result)["state"]["level"] == "advice"
    assert list(paii.home.iterdir()) == []


def test_doctor_says_how_to_get_what_is_missing(paii):
    found = findings(paii.run("doctor", "--json", env={"PATH": "/nowhere"}))
    assert found["cargo"]["level"] == "advice"
    assert found["cargo"]["fix"].endswith("install cargo")


def test_doctor_fails_when_a_plugin_needs_what_is_missing(paii):
    paii.run("new", "fresh", "--type", "python")
    paii.run("install", "./fresh", "--yes")
    result = paii.run("doctor", "--json", env={"PATH": "/nowhere"}, expect=1)
    assert findings(result)["python3"]["level"] == "problem"
    assert result.json()["ok"] is False


def test_doctor_without_home(paii):
    result = paii.run("doctor", env={"HOME": None}, expect=1)
    assert "HOME" in result.stdout and "fix:" in result.stdout


def test_doctor_sees_foreign_and_dangling_paths(settled):
    link = settled.claude / "skills/settled"
    link.unlink()
    link.mkdir()
    assert "not paii's" in settled.run("doctor", expect=1).stdout
    link.rmdir()
    assert "is missing" in settled.run("doctor", expect=1).stdout
    (settled.claude / "skills/gone").symlink_to(settled.dir / "current/claude/gone")
    assert "leads to nothing" in settled.run("doctor", expect=1).stdout


def test_doctor_sees_open_permissions(paii):
    paii.write(".config/paii/.env", "TOKEN=x\n", 0o644)
    (paii.dir).chmod(0o700)
    assert f"chmod 600 {paii.dir}/.env" in paii.run("doctor", expect=1).stdout


def test_doctor_names_settings_and_secrets_without_a_value(paii):
    paii.write_tree("needy", {
        "plugin.toml": PLUGIN.replace("settled", "needy")
                       + 'url = { type = "string", required = true }\n'
                         "[env]\nNEEDY_TOKEN = { required = true }\n",
        "SKILL.md": "---\nname: needy\ndescription: needs much\n---\nText.\n"})
    paii.run("install", "./needy", "--yes")
    shown = paii.run("doctor", expect=1).stdout
    assert "fix: paii config set needy.url VALUE" in shown
    assert f"fix: add NEEDY_TOKEN to {paii.dir}/.env" in shown
    paii.run("config", "set", "needy.url", "x")
    paii.write(".config/paii/.env", "NEEDY_TOKEN=x\n", 0o600)
    assert "needy" not in paii.run("doctor").stdout


def test_status(settled):
    status = settled.run("status", "--json").json()
    assert (status["plugins"], status["requested"], status["problems"]) == (1, 1, [])
    assert [registry["name"] for registry in status["registries"]] == ["core"]
    assert "1 installed" in settled.run("status").stdout
