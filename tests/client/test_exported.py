"""The real client takes what paii exports, and shows the model the same."""

import json
import shutil

import pytest

from client.driver import Client, find_client
from client.test_used import CALLED, said, use
from client.test_visible import KIT, parts_of

NATIVE = {
    "hooks/hooks.json": json.dumps({"hooks": {"SessionStart": [
        {"hooks": [{"type": "command", "command": "${CLAUDE_PLUGIN_ROOT}/hooks/say.sh"}]}]}}),
    "hooks/say.sh": "#!/bin/sh\necho MARK-native-hook\n",
}
LONE = {"SKILL.md": "---\nname: lone\ndescription: MARK-lone\n---\nAlone.\n"}


@pytest.fixture
def client(tmp_path):
    """The client of somebody who has no paii."""
    program = find_client()
    if program is None:
        pytest.skip("no Claude Code client")
    home = tmp_path / "elsewhere"
    home.mkdir()
    return Client(program, home)


@pytest.fixture
def market(paii):
    paii.run("install", paii.write_tree("kit", {**KIT, **NATIVE, "server.py": CALLED}), "--yes")
    paii.run("install", paii.write_tree("lone", LONE), "--yes")
    paii.run("export", "marketplace", paii.home / "market", "--name", "lab")
    return paii.home / "market"


def test_the_client_installs_what_was_exported(market, client):
    assert "Validation passed" in client.command("plugin", "validate", str(market))
    client.command("plugin", "marketplace", "add", str(market))
    for name in ("kit", "lone"):
        client.command("plugin", "install", f"{name}@lab")
    listed = json.loads(client.command("plugin", "list", "--json"))
    assert sorted((row["id"], row["enabled"]) for row in listed) == [("kit@lab", True), ("lone@lab", True)]
    assert {row["id"]: row["version"] for row in listed}["kit@lab"] == "1.0.0"

    seen = client.session()
    assert {"kit:measure", "kit:greet", "lone:lone"} <= set(seen.skills)
    assert {"kit:helper", "kit:deep"} <= set(seen.agents)
    assert "mcp__plugin_kit_loud__shout" in seen.tools
    assert "MARK-native-hook" in seen.told
    assert "Measure." in said(use(client, "Skill", skill="kit:measure").requests[1])
    assert "HELLO" in said(use(client, "mcp__plugin_kit_loud__shout", text="hello").requests[1])


def test_the_client_follows_the_next_export(paii, market, client):
    client.command("plugin", "marketplace", "add", str(market))
    client.command("plugin", "install", "kit@lab")
    paii.write("kit/skills/later/SKILL.md", "---\nname: later\ndescription: MARK-later\n---\nLater.\n")
    paii.run("install", paii.home / "kit", "--yes")
    paii.run("export", "marketplace", market, "--name", "lab")
    assert "kit:later" in parts_of("kit", client.session())


def test_a_seed_needs_no_install(paii, market, client):
    """Read-only, moved, without a network; the client installs nothing and copies nothing."""
    paii.run("export", "seed", paii.home / "made", "--name", "lab")
    seed = (paii.home / "made").rename(client.home / "seed")
    for path in [seed, *seed.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o555)
    before = paii.snapshot(seed)
    (client.home / ".claude").mkdir()
    shutil.copyfile(seed / "settings.json", client.home / ".claude/settings.json")
    client.more = {"CLAUDE_CODE_PLUGIN_SEED_DIR": str(seed), "CLAUDE_CODE_SYNC_PLUGIN_INSTALL": "1"}
    first = client.session()  # has everything but the hooks
    assert {"kit:measure", "kit:greet", "lone:lone"} <= set(first.skills) and "kit:helper" in first.agents
    again = client.session()
    assert "MARK-native-hook" in again.told
    assert "Measure." in said(use(client, "Skill", skill="kit:measure").requests[1])
    assert "HELLO" in said(use(client, "mcp__plugin_kit_loud__shout", text="hello").requests[1])
    assert not (client.home / ".claude/plugins/cache").exists()
    assert paii.snapshot(seed) == before
