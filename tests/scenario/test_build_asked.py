"""Plugins of Claude Code that carry something to build: built when a person or their marketplace says so."""

import json
import os
import shutil
import subprocess

import pytest

from shelf import everything, generation, installed, lock_text

BACKEND = '''import os, zipfile
def build_wheel(folder, settings=None, metadata=None):
    files = {
        "greet.py": 'def main():\\n    print("hello from greet")\\n',
        "greet-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: greet\\nVersion: 1.0\\n",
        "greet-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "greet-1.0.dist-info/entry_points.txt": "[console_scripts]\\ngreet = greet:main\\n",
        "greet-1.0.dist-info/RECORD": ""}
    with zipfile.ZipFile(os.path.join(folder, "greet-1.0-py3-none-any.whl"), "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return "greet-1.0-py3-none-any.whl"
'''
PYTHON = {"backend.py": BACKEND, "pyproject.toml": (
    '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    '[project]\nname = "greet"\nversion = "1.0"\n')}
RUST = {"Cargo.toml": '[package]\nname = "greet"\nversion = "0.1.0"\nedition = "2021"\n',
        "src/main.rs": 'fn main() { println!("hello from greet"); }\n'}
MAKE = {"Makefile": "install:\n\tinstall -d $(DESTDIR)$(PREFIX)/bin\n"
                    "\tinstall -m 755 greet.sh $(DESTDIR)$(PREFIX)/bin/greet\n",
        "greet.sh": "#!/bin/sh\necho hello from greet\n"}
BUILDS = {"pip": (PYTHON, "venv/bin/greet"), "cargo": (RUST, "bin/greet"), "make": (MAKE, "bin/greet")}
TYPES = list(BUILDS)
SKILL = {"skills/s/SKILL.md": "---\nname: s\ndescription: says\n---\nRun greet.\n"}


def kit(*builds, version="1.0.0", **more):
    files = {".claude-plugin/plugin.json": json.dumps({"name": "kit", "version": version, **more}), **SKILL}
    for build in builds:
        files.update(BUILDS[build][0])
    return files


@pytest.fixture
def person(paii):
    """With pip, cargo and make; pip looks nowhere."""
    rustc = shutil.which("cargo")
    folders = [os.path.dirname(rustc)] if rustc else []
    paii.env.update(PATH=":".join([*folders, paii.env["PATH"]]), PIP_NO_INDEX="1")
    paii.env["RUSTUP_HOME"] = os.environ.get("RUSTUP_HOME", f"{os.environ.get('HOME', '/')}/.rustup")
    return paii


@pytest.fixture
def market(person):
    """market(FILES, **ENTRY): a marketplace whose plugin `kit` has these files now."""
    def write(files, **entry):
        known = (person.home / "market").exists()
        shutil.rmtree(person.home / "market", ignore_errors=True)
        listed = {"name": "m", "owner": {"name": "o"}, "plugins": [{"name": "kit", "source": "./kit", **entry}]}
        person.write_tree("market", {".claude-plugin/marketplace.json": json.dumps(listed),
                                     **{f"kit/{name}": text for name, text in files.items()}})
        if not known:
            person.run("registry", "add", "m", person.home / "market")
    return write


def need(build):
    tool = {"pip": "python3", "cargo": "cargo", "make": "make"}[build]
    if not shutil.which(tool):
        pytest.skip(f"no {tool}")


def prefix(person):
    return person.dir / "current/prefix/kit"


def says(program):
    """Root could write bytecode into the prefix, where nobody else can."""
    return subprocess.run([program], capture_output=True, text=True, check=True,
                          env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}).stdout.strip()


def value(person, key):
    """A key of the only plugin's part of the lock; None if it is not there."""
    for line in lock_text(person).splitlines():
        if line.startswith(f"{key} = "):
            return json.loads(line.split(" = ", 1)[1])
    return None


# ---- asked, and not asked


@pytest.mark.parametrize("way", TYPES)
def test_nothing_is_built_unasked(person, way):
    folder = person.write_tree("kit", kit(way))
    plan = person.run("install", folder, "--dry-run")
    sign = {"pip": "pyproject.toml", "cargo": "Cargo.toml", "make": "Makefile"}[way]
    assert f"carries a {sign}; --build would build it" in plan.stdout and "build:" not in plan.stdout
    assert person.run("install", folder, "--dry-run", "--json").json()["details"][0]["could_build"] == [way]
    person.run("install", folder)
    assert not (prefix(person) / BUILDS[way][1]).exists()
    assert value(person, "build") is None and value(person, "capabilities") is None


@pytest.mark.parametrize("way", TYPES)
def test_built_when_asked(person, way):
    need(way)
    folder = person.write_tree("kit", kit(way))
    plan = person.run("install", folder, "--build", "--dry-run")
    assert "    build: " in plan.stdout and "would build it" not in plan.stdout
    person.run("install", folder, "--build")
    assert says(prefix(person) / BUILDS[way][1]) == "hello from greet"
    assert value(person, "build") == way
    assert value(person, "capabilities") == value(person, "grants") == [f"build:{way}"]
    assert (person.claude / "skills/kit/skills/s/SKILL.md").exists()
    person.run("verify")

    person.run("remove", "kit")
    assert not person.claude.exists()
    person.run("rollback", "--yes")
    assert says(prefix(person) / BUILDS[way][1]) == "hello from greet"


def test_several_ways_need_a_word(person):
    folder = person.write_tree("kit", kit("pip", "make"))
    plan = person.run("install", folder, "--dry-run").stdout
    assert "carries a pyproject.toml and a Makefile; --build=pip or --build=make would build it" in plan
    before = everything(person)
    refused = person.run("install", folder, "--build", expect=1).stderr
    assert "'kit' can be built with pip or make" in refused and "--build=pip" in refused
    refused = person.run("install", folder, "--build=cargo", expect=1).stderr
    assert "'kit' cannot be built with cargo" in refused and "pip or make" in refused
    assert everything(person) == before
    person.run("install", folder, "--build=make")
    assert value(person, "build") == "make"


def test_nothing_to_build_is_said(person):
    folder = person.write_tree("kit", kit())
    refused = person.run("install", folder, "--build", expect=1).stderr
    assert "there is nothing to build in plugin 'kit'" in refused
    tooling = person.write_tree("tooling", {**kit(), "pyproject.toml": "[tool.ruff]\nline-length = 100\n"})
    assert "would build" not in person.run("install", tooling, "--dry-run").stdout


def test_a_plugin_toml_has_the_last_word(person):
    own = '[plugin]\nname = "kit"\nversion = "1.0.0"\n[build]\ntype = "make"\n'
    folder = person.write_tree("kit", {**kit("pip", "make"), "plugin.toml": own})
    assert "its plugin.toml says 'make'" in person.run("install", folder, "--build=pip", expect=1).stderr
    assert "its plugin.toml says 'make'" in person.run("install", folder, "--no-build", expect=1).stderr
    person.run("install", folder, "--build")
    assert (prefix(person) / "bin/greet").exists() and value(person, "build") is None


def test_an_unknown_type_is_refused(person):
    assert "'--build' is one of pip, cargo, make, not 'npm'" in person.run(
        "install", "x", "--build=npm", expect=1).stderr


# ---- remembered


def test_what_is_installed_is_built_later_and_not_again(person, market):
    market(kit("make"))
    person.run("install", "kit")
    unbuilt = value(person, "prefix")
    person.run("install", "kit", "--build")
    built = value(person, "prefix")
    assert built != unbuilt and says(prefix(person) / "bin/greet") == "hello from greet"
    at = generation(person)
    person.run("install", "kit", "--build")
    person.run("install", "kit")
    assert generation(person) == at and value(person, "build") == "make"
    person.run("install", "kit", "--no-build")
    assert value(person, "prefix") == unbuilt and value(person, "build") is None
    person.run("rollback", "--yes")
    assert value(person, "prefix") == built and value(person, "build") == "make"


def test_others_are_not_built_with_it(person):
    for name in ("kit", "other"):
        files = kit("make")
        files[".claude-plugin/plugin.json"] = json.dumps({"name": name, "version": "1.0.0"})
        person.write_tree(name, files)
    person.run("install", person.home / "kit")
    person.run("install", person.home / "other", "--build")
    assert "build = " not in lock_text(person).split("[[plugin]]")[1]
    assert 'build = "make"' in lock_text(person).split("[[plugin]]")[2]


def test_an_update_builds_the_same_way(person, market):
    market(kit("make"), version="1.0.0")
    person.run("install", "kit", "--build")
    files = kit("make", version="1.1.0")
    files["greet.sh"] = files["greet.sh"].replace("greet\n", "greet 1.1\n")
    market(files, version="1.1.0")
    person.run("update", "kit")
    assert installed(person) == {"kit": "1.1.0"} and value(person, "build") == "make"
    assert says(prefix(person) / "bin/greet") == "hello from greet 1.1"


def test_an_update_that_has_nothing_to_build_any_more(person, market):
    market(kit("make"), version="1.0.0")
    person.run("install", "kit", "--build")
    market(kit(version="1.1.0"), version="1.1.0")
    said = person.run("update", "kit")
    assert "'kit' 1.1.0 is not built with make: it has nothing for that" in said.stderr
    assert value(person, "build") is None and value(person, "capabilities") is None


def test_the_lock_alone_builds_it(person, market):
    market(kit("make"))
    person.run("install", "kit", "--build")
    lock = person.write("team.lock", lock_text(person))
    person.run("remove", "kit")
    shutil.rmtree(person.dir / "generations/1")
    person.run("gc", "--keep", "1")
    person.run("install", "--locked", lock)
    assert says(prefix(person) / "bin/greet") == "hello from greet"
    assert lock_text(person) == lock.read_text()


def test_a_lock_cannot_say_another_thing(person, market):
    market(kit("make"))
    person.run("install", "kit", "--build")
    lock = person.write("team.lock", lock_text(person).replace('build = "make"', 'build = "custom"'))
    assert "'build' of plugin 'kit' cannot be used" in person.run("install", "--locked", lock, expect=12).stderr


def test_repair_builds_again(person, market):
    market(kit("make"))
    person.run("install", "kit", "--build")
    broken = prefix(person).resolve() / "bin/greet"
    broken.chmod(0o755)
    broken.write_text("#!/bin/sh\necho broken\n")
    before = lock_text(person)
    person.run("repair")
    assert says(prefix(person) / "bin/greet") == "hello from greet" and lock_text(person) == before


def test_a_build_that_fails_changes_nothing(person, market):
    market({**kit(), "Makefile": "install:\n\tfalse\n"})
    person.run("install", "kit")
    before = everything(person)
    assert "cannot build 'kit'" in person.run("install", "kit", "--build", expect=1).stderr
    assert everything(person) == before


# ---- what runs finds what was built


HOOKS = {"hooks": {"Stop": [{"hooks": [
    {"type": "command", "command": "python3 -c 'import greet; greet.main()' > $HOME/shell; command -v greet >> $HOME/shell"},
    {"type": "command", "command": "greet", "args": []}]}]}}


def test_hooks_find_the_programs_of_the_build(person):
    """`python3` is the one that has the plugin's requirements; in the exec form, too."""
    folder = person.write_tree("kit", {**kit("pip"), "hooks/hooks.json": json.dumps(HOOKS)})
    person.run("install", folder, "--build")
    person.run("hook", "dispatch", "stop", input=json.dumps(
        {"session_id": "s", "cwd": "/", "hook_event_name": "Stop", "stop_hook_active": False}))
    assert (person.home / "shell").read_text().splitlines() == [
        "hello from greet", str(prefix(person) / "venv/bin/greet")]
    listed = person.run("hook", "test", "stop").stdout + person.run("hook", "test", "stop").stderr
    assert "missing" not in listed and "not found" not in listed


def test_servers_find_the_programs_of_the_build(person):
    servers = {"mcpServers": {"greet": {"command": "greet", "env": {"A": "b", "PATH": "/opt/x"}},
                              "plain": {"command": "greet"}, "far": {"type": "http", "url": "https://e.example/"}}}
    folder = person.write_tree("kit", {**kit("pip"), ".mcp.json": json.dumps(servers)})
    person.run("install", folder)
    shown = person.claude / "skills/kit"
    assert (shown / ".mcp.json").exists()
    person.run("install", folder, "--build")
    said = json.loads((shown / ".claude-plugin/plugin.json").read_text())["mcpServers"]
    own = "${CLAUDE_PLUGIN_ROOT}/venv/bin:%s:${CLAUDE_PLUGIN_ROOT}/bin"
    bytecode = {"PYTHONPYCACHEPREFIX": str(person.home / ".cache/paii/pycache")}
    assert said["greet"] == {"command": "greet", "env": {"A": "b", "PATH": own % "/opt/x", **bytecode}}
    assert said["plain"]["env"] == {"PATH": own % "${PATH}", **bytecode} and said["far"] == servers["mcpServers"]["far"]
    assert not (shown / ".mcp.json").exists()
    assert sorted(os.listdir(shown / "bin")) == ["greet"] and says(shown / "bin/greet") == "hello from greet"


def test_programs_of_its_own_stay_beside_those_of_the_build(person):
    folder = person.write_tree("kit", {**kit("pip"), "bin/own": "#!/bin/sh\necho own\n",
                                       "bin/greet": "#!/bin/sh\necho mine\n"})
    person.run("install", folder, "--build")
    programs = person.claude / "skills/kit/bin"
    assert sorted(os.listdir(programs)) == ["greet", "own"] and says(programs / "greet") == "mine"


# ---- the marketplace asks


def test_a_marketplace_asks_for_a_build(person, market):
    market(kit("make"), paii={"build": "make"})
    plan = person.run("install", "kit", "--dry-run").stdout
    assert "    build: make" in plan
    person.run("install", "kit")
    assert says(prefix(person) / "bin/greet") == "hello from greet"
    assert value(person, "grants") == ["build:make"]


def test_a_person_refuses_what_the_marketplace_asks(person, market):
    market(kit("make"), version="1.0.0", paii={"build": "make"})
    person.run("install", "kit", "--no-build")
    assert not (prefix(person) / "bin").exists() and value(person, "build") == "none"
    market(kit("make", version="1.1.0"), version="1.1.0", paii={"build": "make"})
    person.run("update", "kit")
    assert installed(person) == {"kit": "1.1.0"} and value(person, "build") == "none"
    person.run("install", "kit", "--build")
    assert value(person, "build") == "make"


def test_a_marketplace_that_starts_to_ask_is_asked_about(person, market):
    market(kit("make"), version="1.0.0")
    person.run("install", "kit")
    market(kit("make", version="1.1.0"), version="1.1.0", paii={"build": "make"})
    refused = person.run("update", "kit", expect=13).stderr
    assert "wants more than 1.0.0 was granted: build:make" in refused
    person.run("update", "kit", "--yes")
    assert value(person, "grants") == ["build:make"]


def test_an_entry_that_asks_for_what_there_is_not_is_skipped(person, market):
    market(kit("make"), paii={"build": "custom"})
    assert "there is no plugin 'kit'" in person.run("install", "kit", expect=10).stderr
    said = person.run("registry", "update", "m", "--verbose").stderr
    assert "expected pip, cargo or make in 'paii.build'" in said


# ---- live folders and projects


def test_a_live_folder_is_built_in_place(person):
    folder = person.write_tree("kit", kit("make"))
    person.run("install", "--dev", folder, "--build")
    assert says(folder / "bin/greet") == "hello from greet" and value(person, "build") == "make"
    person.write("kit/greet.sh", "#!/bin/sh\necho again\n", 0o755)
    person.run("install", "--dev", folder)
    assert says(folder / "bin/greet") == "again"


def shop_of(person):
    """A repository that has a plugin and wants it built."""
    shop = person.write_tree("shop", {"paii.toml": "", **{f"kit/{name}": text for name, text in kit("make").items()}})
    person.run("install", "--project", "./kit", "--build", "--yes", cwd=shop)
    return shop


def test_a_repository_that_wants_a_build_is_asked_about(person):
    shop = shop_of(person)
    assert 'build = "make"' in (shop / "paii.lock").read_text()
    other = person.home / "clone"
    shutil.copytree(shop, other, ignore=shutil.ignore_patterns(".claude"))
    person.run("sync", cwd=other, expect=13)
    assert "build:make" in person.run("sync", "--dry-run", cwd=other).stdout
    person.run("sync", "--yes", cwd=other)
    assert says(other / ".claude/skills/kit/bin/greet") == "hello from greet"


def test_a_repository_that_hides_a_build(person):
    """Its lock says to build, and does not say so where a person looks."""
    shop = shop_of(person)
    lock = shop / "paii.lock"
    lock.write_text("".join(line for line in lock.read_text().splitlines(True)
                            if not line.startswith(("capabilities", "grants"))))
    other = person.home / "clone"
    shutil.copytree(shop, other, ignore=shutil.ignore_patterns(".claude"))
    assert "build:make" in person.run("sync", "--yes", cwd=other, expect=14).stderr
    assert not (other / ".claude").exists()
