"""Skills, agents and commands of one name in two plugins: noted, with both owners, and never an error."""

import json

import pytest

from shelf import plugin

AGENT = "---\nname: reviewer\ndescription: reviews\n---\nReview.\n"
PARTS = {"skills/lint/SKILL.md": "---\nname: lint\n---\nLint.\n", "agents/reviewer.md": AGENT,
         "commands/go.md": "Go.\n", ".mcp.json": '{"mcpServers": {"echo": {"command": "true"}}}'}
SAID = [f"{name} is in several plugins: red, sky" for name in ("skill 'lint'", "agent 'reviewer'", "command 'go'")]


def install(person, name, **parts):
    person.write_tree(f"work/{name}", {**plugin(name), **parts})
    return person.run("install", person.home / f"work/{name}", "--yes").stderr


@pytest.fixture
def both(paii):
    assert "several plugins" not in install(paii, "red", **PARTS)
    paii.said = install(paii, "sky", **PARTS)
    return paii


def findings(person):
    rows = person.run("doctor", "--json", check=False).json()["findings"]
    return [row for row in rows if row["subject"] == "names"]


def test_an_install_notes_both_owners(both):
    for text in SAID:
        assert text in both.said
    assert "echo" not in both.said
    assert "red:lint" in both.said


def test_it_is_noted_once(both):
    assert "several plugins" not in install(both, "other")


def test_doctor_lists_them_as_advice(both):
    rows = findings(both)
    assert sorted(row["message"] for row in rows) == sorted(SAID)
    assert {row["level"] for row in rows} == {"advice"}
    assert "say red:lint, or paii disable sky:skill:lint" in [row["fix"] for row in rows]


def test_what_is_disabled_collides_with_nothing(both):
    both.run("disable", "sky:skill:lint")
    assert sorted(row["message"] for row in findings(both)) == sorted(SAID[1:])
    both.run("disable", "red")
    assert findings(both) == []


def test_many_names_are_counted(paii):
    many = {f"skills/s{i}/SKILL.md": f"---\nname: s{i}\n---\nx\n" for i in range(8)}
    install(paii, "red", **many)
    said = install(paii, "sky", **many)
    assert said.count("is in several plugins") == 5
    assert "3 more names are in several plugins; 'paii doctor' lists them" in said


def test_an_agent_goes_by_its_front_matter(paii):
    """Its file may have another name; without a name of its own it has that of the file."""
    assert "several plugins" not in install(paii, "red", **{"agents/one.md": AGENT, "agents/two.md": "---\nx: y\n---\n"})
    said = install(paii, "sky", **{"agents/other.md": AGENT, "agents/two.md": "---\nname: three\n---\n"})
    assert "agent 'reviewer' is in several plugins: red, sky" in said and "'two'" not in said
    assert paii.run("info", "red", "--json").json()["installed"]["agents"] == ["reviewer", "two"]
    assert paii.run("disable", "red:reviewer").stdout == "disabled red:agent:reviewer\n"
    shown = paii.claude / "skills/red/.claude-plugin/plugin.json"
    assert json.loads(shown.read_text())["agents"] == ["./agents/two.md"]
