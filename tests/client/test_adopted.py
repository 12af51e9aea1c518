"""What the real client installed by itself is taken over, loads once, and goes back."""

import json
import shutil

import pytest

from client.driver import Client, find_client
from client.test_visible import parts_of


@pytest.fixture
def client(paii):
    program = find_client()
    if program is None:
        pytest.skip("no Claude Code client")
    return Client(program, paii.home)


def test_the_clients_own_plugin_moves_over_and_back(paii, client):
    market = paii.write_tree("market", {
        ".claude-plugin/marketplace.json": json.dumps({
            "name": "lab", "owner": {"name": "x"}, "plugins": [{"name": "kit", "source": "./kit"}]}),
        "kit/.claude-plugin/plugin.json": '{"name": "kit", "version": "1.0.0"}',
        "kit/skills/measure/SKILL.md": "---\nname: measure\ndescription: MARK-skill\n---\nMeasure.\n",
    })
    client.command("plugin", "marketplace", "add", str(market))
    client.command("plugin", "install", "kit@lab")
    settings = (paii.claude / "settings.json").read_bytes()

    assert "adopted kit@lab as lab/kit 1.0.0" in paii.run("adopt").stdout
    listed = {row["id"]: row["enabled"] for row in json.loads(client.command("plugin", "list", "--json"))}
    assert listed["kit@lab"] is False
    shutil.rmtree(market / "kit")  # only paii's own copy is left
    assert parts_of("kit", client.session()) == ["kit:measure"]

    paii.run("adopt", "--undo")
    assert json.loads((paii.claude / "settings.json").read_bytes()) == json.loads(settings)
    listed = {row["id"]: row["enabled"] for row in json.loads(client.command("plugin", "list", "--json"))}
    assert listed["kit@lab"] is True
