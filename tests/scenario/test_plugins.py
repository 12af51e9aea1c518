"""The plugins and contracts of registry-index/: their own tests, the vectors, and as a person uses them."""

import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import time
import tomllib

import pytest

PLUGINS = ["history", "incident", "secretscan", "security"]
PATH = "/usr/local/bin:/usr/bin:/bin"


@pytest.fixture(scope="session")
def index(root):
    return root / "registry-index"


def read_toml(path):
    return tomllib.loads(path.read_text())


# ---- what they say of themselves ----

def test_the_index_says_what_the_manifests_say(index):
    rows = read_toml(index / "registry.toml")["plugins"]
    assert [row["name"] for row in rows] == PLUGINS
    for row in rows:
        manifest = read_toml(index / row["path"] / "plugin.toml")
        for key in ("name", "version", "description", "language", "license", "tags"):
            assert row[key] == manifest["plugin"][key], (row["name"], key)
        for key in ("provides", "consumes"):
            assert row.get(key, {}) == manifest.get(key, {}), (row["name"], key)


@pytest.mark.parametrize("name", PLUGINS)
def test_a_manifest_has_no_findings(paii, index, name):
    done = paii.run("check", index / "plugins" / name)
    assert "warning" not in done.stderr, done


def test_a_provider_has_the_methods_of_its_contract(index):
    contract = read_toml(index / "contracts/MemoryProvider/1/contract.toml")
    actions = read_toml(index / "plugins/history/plugin.toml")["actions"]
    assert contract["contract"]["version"].startswith("1.1.")
    for name, method in contract["methods"].items():
        action = actions[name]
        assert action["effect"] == method["effect"]
        declared = {key: (value["type"], value.get("required", False), value.get("default"))
                    for key, value in method.get("params", {}).items()}
        own = {key: (value["type"], value.get("required", False), value.get("default"))
               for key, value in action.get("params", {}).items()}
        assert own == declared, name


def test_every_contract_is_where_it_says(index):
    found = sorted(index.glob("contracts/*/*/contract.toml"))
    assert [path.parts[-3] for path in found] == ["HookHandler", "IntegrationProvider", "MemoryProvider",
                                                  "NotificationProvider", "SkillProvider"]
    for path in found:
        document = read_toml(path)
        contract = document["contract"]
        assert contract["name"] == path.parts[-3]
        assert contract["version"].split(".")[0] == path.parts[-2]
        assert contract["cardinality"] in ("one", "keyed", "many")
        for method in document.get("methods", {}).values():
            assert method["effect"] in ("read", "write", "external", "destructive")
            assert method["timeout_ms"] > 0 and isinstance(method["idempotent"], bool)


# ---- their own tests ----

def run_tests(argv, cwd, **env):
    done = subprocess.run(argv, cwd=cwd, text=True, capture_output=True, check=False, timeout=300,
                          env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **env})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.parametrize("name", ["history", "incident"])
def test_own_tests_in_python(index, name):
    run_tests(["/usr/bin/python3", "-m", "unittest", "discover", "-s", "tests"],
              index / "plugins" / name, PYTHONDONTWRITEBYTECODE="1")


def test_own_tests_in_c(index, tmp_path):
    shutil.copytree(index / "plugins/security", tmp_path / "security")
    run_tests(["make", "-s", "test"], tmp_path / "security")


def cargo_environment():
    """Where cargo is, and its own folders; a person's shell has these too."""
    if not shutil.which("cargo"):
        pytest.skip("no cargo")
    home = os.environ.get("HOME", "/")
    return {"PATH": f"{os.path.dirname(shutil.which('cargo'))}:{PATH}",
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", f"{home}/.rustup")}


def test_own_tests_in_rust(index, tmp_path):
    run_tests(["cargo", "test", "--quiet", "--locked", "--offline"], index / "plugins/secretscan",
              **cargo_environment(), CARGO_TARGET_DIR=str(tmp_path / "target"))


# ---- history is a MemoryProvider ----

class Memory:
    """The plugin by the protocol, without paii."""

    def __init__(self, index, folder):
        self.main = index / "plugins/history/src/main.py"
        self.env = {"PATH": PATH, "HOME": str(folder), "PAII_DIR": str(folder), "PAII_PROTOCOL": "1",
                    "PAII_STATE_DIR": str(folder / "state"), "PYTHONDONTWRITEBYTECODE": "1"}

    def start(self):
        return subprocess.Popen(["/usr/bin/python3", self.main, "action"], env=self.env,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def call(self, method, params):
        process = self.start()
        request = {"paii": 1, "id": "a", "action": method, "params": params, "context": {}}
        output, _ = process.communicate(json.dumps(request).encode())
        reply = json.loads(output)
        assert process.returncode == (0 if reply["ok"] else 1)
        return reply


@pytest.fixture
def memory(index, tmp_path):
    return Memory(index, tmp_path)


TYPES = {"string": str, "array": list, "object": dict, "boolean": bool, "integer": int}


def fits(wanted, found, saved):
    """The comparison of contracts/README.md."""
    if isinstance(wanted, dict) and len(wanted) == 1 and next(iter(wanted)).startswith("$"):
        test, value = next(iter(wanted.items()))
        return {"$type": lambda: isinstance(found, TYPES[value]),
                "$saved": lambda: found == saved[value],
                "$length": lambda: len(found) == value,
                "$contains": lambda: value in found,
                "$prefix": lambda: found.startswith(value)}[test]()
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            key in found and fits(value, found[key], saved) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(
            fits(one, other, saved) for one, other in zip(wanted, found))
    return wanted == found and type(wanted) is type(found)


@pytest.mark.parametrize("name", ["capture-and-find", "categories", "content-is-kept", "recent", "refusals"])
def test_the_vectors_of_the_contract(index, memory, name):
    vector = json.loads((index / f"contracts/MemoryProvider/1/tests/{name}.json").read_text())
    saved = {}
    for number, step in enumerate(vector["steps"], 1):
        reply = memory.call(step["method"], step["params"])
        for key, member in step.get("save", {}).items():
            saved[key] = reply["result"][member]
        assert fits(step["expect"], reply, saved), f"{vector['name']}, step {number}: {reply}"


def test_every_vector_is_run(index):
    names = {path.stem for path in index.glob("contracts/MemoryProvider/1/tests/*.json")}
    assert names == {"capture-and-find", "categories", "content-is-kept", "recent", "refusals"}


def test_a_mebibyte_of_content_comes_back(memory):
    content = "kestrel\r\n\u2028\u0000" * 100_000
    assert memory.call("capture", {"category": "c", "title": "t", "content": content})["ok"]
    entry = memory.call("recent", {"full": True})["result"]["entries"][0]
    assert entry["content"] == content
    huge = memory.call("capture", {"category": "c", "title": "t", "content": "x" * (5 << 20)})
    assert huge["error"]["code"] == "invalid_params"


def test_eight_writers_at_once(memory):
    def write(number):
        return memory.call("capture", {"category": "c", "title": "t", "content": f"entry-{number}"})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(write, range(24)))
    assert all(reply["ok"] for reply in replies)
    entries = memory.call("recent", {"limit": 200, "full": True})["result"]["entries"]
    assert {entry["content"] for entry in entries} == {f"entry-{number}" for number in range(24)}


def test_a_killed_writer_leaves_nothing_torn(memory, tmp_path):
    content = "y" * (3 << 20)
    request = json.dumps({"paii": 1, "action": "capture",
                          "params": {"category": "c", "title": "t", "content": content}}).encode()
    for delay in range(10):
        process = memory.start()
        process.stdin.write(request)
        process.stdin.close()
        time.sleep(0.03 + delay * 0.008)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    for path in tmp_path.glob("history/*/*/*.md"):
        assert path.read_text().endswith("---\n\n" + content)
    assert memory.call("recent", {})["ok"]


def test_it_writes_in_its_folder_alone(memory, tmp_path):
    for category in ("..", "a/b", "/etc", ".hidden", "A", "a" * 65, "a\n"):
        assert not memory.call("capture", {"category": category, "title": "t", "content": "c"})["ok"]
    assert memory.call("capture", {"category": "ok", "title": "../../x", "content": "c"})["ok"]
    assert [path.name for path in tmp_path.iterdir()] == ["history"]
    assert [path.name for path in (tmp_path / "history").iterdir()] == ["ok"]


def test_ten_thousand_entries_are_searched_in_seconds(memory, tmp_path):
    for number in range(10_000):
        folder = tmp_path / f"history/c/20{20 + number // 2000}-0{1 + number % 9}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"20200101T{number:09d}Z-x.md").write_text(f"---\ntitle: \"n{number}\"\n---\n\n" + "word " * 50)
    (folder / "20200101T000000000Z-y.md").write_text("# needle\n")
    before = time.monotonic()
    assert len(memory.call("query", {"text": "needle"})["result"]["entries"]) == 1
    assert time.monotonic() - before < 5


# ---- as a person uses them ----

def test_history_from_install_to_memory(paii):
    paii.run("install", "history")
    paii.run("run", "history", "capture", "--category", "decisions", "--title", "Use a ring",
             "--content", "-", "--tags", "audio", "--tags", "latency", input="because\n")
    assert "decisions: Use a ring" in paii.run("run", "history", "query", "--text", "LATENCY because").stdout
    found = paii.run("run", "history", "recent", "--limit", "1", "--json").json()["result"]["entries"]
    assert found[0]["path"].startswith(str(paii.dir / "history/decisions/"))
    paii.run("remove", "--yes", "history")
    assert (paii.dir / "history/decisions").is_dir(), "memory stays when the plugin goes"


def test_incident_degrades_without_memory_and_uses_it_when_there(paii):
    paii.run("install", "incident")
    first = paii.run("run", "incident", "declare", "--title", "Checkout 502", "--severity", "sev2", "--json").json()
    assert first["result"]["memory"] == "unbound" and "warnings" not in first
    paii.run("install", "history")
    done = paii.run("run", "incident", "update", "--message", "rolled back", "--status", "resolved", "--json")
    assert done.json()["result"]["memory"] == "kept", done
    found = paii.run("run", "history", "query", "--text", "resolved checkout", "--category", "incidents").stdout
    assert "Checkout 502" in found
    paii.run("run", "incident", "postmortem")
    paii.run("remove", "--yes", "history")
    later = paii.run("run", "incident", "declare", "--title", "again", "--json").json()
    assert later["result"]["memory"] == "unbound"
    assert list((paii.dir / "plugins/incident/data/incidents").glob("INC-*/incident.json"))


def test_incident_takes_its_configuration(paii):
    paii.run("install", "incident")
    paii.write(paii.dir / "plugins/incident/config.toml", 'default_severity = "SEV-1"\n')
    shown = paii.run("run", "incident", "declare", "--title", "x").stdout
    assert "SEV-1" in shown


def test_secretscan_is_built_and_finds(paii):
    env = cargo_environment()
    paii.run("install", "secretscan", env=env)
    token = "ghp_" + "aB3dE7fG1hJ9kL2mN5pQ8rS4tU6vW0xYzA1b"
    paii.write("tree/a.py", f'x = 1\nTOKEN = "{token}"\n')
    paii.write("tree/.git/config", token)
    shown = paii.run("run", "secretscan", "scan", "--path", "tree").stdout
    assert "tree/a.py:2:10: github-token: ghp_… (40 characters)" in shown
    assert token not in shown and "1 finding in 1 file" in shown
    found = paii.run("run", "secretscan", "text", "--text", "-", "--json", input=f"a\n{token}\n").json()
    assert found["result"]["findings"][0]["line"] == 2
    failure = paii.run("run", "secretscan", "scan", "--path", "absent", "--json", expect=1).json()["error"]
    assert failure["code"] == "not_found"
