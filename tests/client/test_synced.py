"""Plugins of a repository in the real client: nothing before the folder is trusted, everything after it."""

import json
import subprocess

import pytest

from client.driver import Client, find_client, texts
from client.test_used import CALLED
from client.test_visible import KIT
from lib.person import GitRepo, Person

ALLOWED = ["--allowedTools", "Bash,mcp__plugin_kit_loud"]
CALLS = [{"tool": "Bash", "input": {"command": "touch ran", "description": "a step"}},
         {"tool": "mcp__plugin_kit_loud__shout", "input": {"text": "mark-shouted"}}]
GUARDED = {
    **KIT,
    "server.py": CALLED,
    "hooks/hooks.json": json.dumps({"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [
        {"type": "command", "command": "${CLAUDE_PLUGIN_ROOT}/guard.sh"}]}]}}),
    "guard.sh": '#!/bin/sh\necho x >> "$CLAUDE_PROJECT_DIR/asked"\necho MARK-NO >&2\nexit 2\n',
}


class Desk:
    """A person, and their client in a work tree."""

    def __init__(self, program, paii_program, home):
        self.person = Person(paii_program, home)
        self.client = Client(program, home)
        self.folder = self.client.project

    def run(self, *args, **more):
        return self.person.run(*args, cwd=self.folder, **more)

    def git(self, *args, cwd=None):
        subprocess.run(["git", *map(str, args)], cwd=cwd or self.folder, env=GitRepo.ENV, check=True,
                       capture_output=True)

    def trust(self):
        """As the client notes the answer to its question."""
        file = self.person.home / ".claude.json"
        state = json.loads(file.read_text()) if file.exists() else {}
        state.setdefault("projects", {}).setdefault(str(self.folder.resolve()), {})["hasTrustDialogAccepted"] = True
        file.write_text(json.dumps(state))

    def look(self):
        """One session in which the model runs a command and calls a server."""
        for name in ("ran", "asked"):
            (self.folder / name).unlink(missing_ok=True)
        seen = self.client.session(answers=CALLS, args=ALLOWED)
        seen.said = "\n".join(texts([request.get("messages", []) for request in seen.requests]))
        seen.ran = (self.folder / "ran").exists()
        asked = self.folder / "asked"
        seen.asked = len(asked.read_text().split()) if asked.exists() else 0
        return seen


@pytest.fixture
def desk(build, tmp_path):
    """desk(NAME): a person of that name; the folder `project` in their HOME is not there yet."""
    program = find_client()
    if program is None:
        pytest.skip("no Claude Code client")
    desks = []

    def make(name):
        desks.append(Desk(program, build / "bin/paii", tmp_path / name))
        return desks[-1]

    yield make
    for one in desks:
        one.person.close()


@pytest.fixture
def ada(desk):
    """Has the kit in her repository, and it is committed."""
    ada = desk("ada")
    ada.folder.mkdir()
    ada.git("init", "-q", "-b", "main")
    ada.person.write_tree(ada.folder / "tools/kit", GUARDED)
    ada.run("install", "--project", "./tools/kit", "--yes")
    ada.git("add", "-A")
    ada.git("commit", "-q", "-m", "kit")
    return ada


def check_nothing(seen):
    assert [name for name in seen.skills + seen.agents if name.startswith("kit")] == []
    assert "mcp__plugin_kit_loud__shout" not in seen.tools
    assert seen.ran and seen.asked == 0 and "MARK-" not in seen.said


def check_everything(seen):
    assert "kit:measure" in seen.skills and "kit:helper" in seen.agents
    assert "mcp__plugin_kit_loud__shout" in seen.tools and "MARK-SHOUTED" in seen.said
    assert not seen.ran and seen.asked == 1 and "MARK-NO" in seen.said


def test_trust_decides(ada):
    check_nothing(ada.look())
    ada.trust()
    check_everything(ada.look())
    ada.run("remove", "--project", "kit")
    check_nothing(ada.look())


def test_a_clone_on_another_machine(ada, desk):
    bob = desk("bob")
    bob.folder.parent.mkdir(exist_ok=True)
    bob.git("clone", "-q", ada.folder, bob.folder, cwd=bob.person.home)
    bob.trust()
    check_nothing(bob.look())
    assert bob.run("sync", "--yes").code == 0
    check_everything(bob.look())


def test_a_plugin_that_the_person_has_too_asks_once(ada):
    ada.trust()
    ada.person.run("install", ada.folder / "tools/kit", "--yes")
    check_everything(ada.look())
    ada.person.run("disable", "kit")
    check_everything(ada.look())
    ada.person.run("enable", "kit")
    ada.run("remove", "--project", "kit")
    check_everything(ada.look())


def test_in_a_folder_below_there_is_nothing(ada):
    """The client looks in the folder that it was started in; the documentation says so."""
    ada.trust()
    ada.client.project = ada.folder = ada.folder / "tools"
    ada.trust()
    check_nothing(ada.look())
