"""Plugins that depend on others, seen by the real client: it loads none whose dependencies it does not find."""

import json
import shutil

import pytest

from client.driver import Client, find_client

COMMAND = "---\ndescription: MARK-command\n---\nGreet.\n"


def files(name, needs=()):
    manifest = {"name": name, "version": "1.0.0", **({"dependencies": needs} if needs else {})}
    return {f"p/{name}/.claude-plugin/plugin.json": json.dumps(manifest), f"p/{name}/commands/{name}.md": COMMAND}


def market(person, name, plugins, **more):
    """A marketplace in a folder, of {plugin: dependencies}, as a registry."""
    index = {"name": name, "owner": {"name": "o"}, **more,
             "plugins": [{"name": plugin, "source": f"./p/{plugin}"} for plugin in plugins]}
    tree = {".claude-plugin/marketplace.json": json.dumps(index)}
    for plugin, needs in plugins.items():
        tree |= files(plugin, needs)
    person.run("registry", "add", name, person.write_tree(f"markets/{name}", tree))


@pytest.fixture
def client(tmp_path):
    """client(FOLDER): the client in a HOME of its own whose .claude is a copy of FOLDER."""
    program = find_client()
    if program is None:
        pytest.skip("no Claude Code client")

    def start(folder):
        home = tmp_path / f"client-{folder.name}"
        shutil.copytree(folder, home / ".claude", symlinks=True)
        return Client(program, home)
    return start


def listed(client):
    """{plugin: its errors} of those that the client knows."""
    rows = json.loads(client.command("plugin", "list", "--json"))
    return {row["id"].split("@")[0]: row.get("errors", []) for row in rows}


def test_what_paii_installs_loads_with_its_dependencies(paii, client):
    market(paii, "tools", {"kit": ["base", {"name": "logger", "marketplace": "shared", "version": "^1"}], "base": []},
           allowCrossMarketplaceDependenciesOn=["shared"])
    market(paii, "shared", {"logger": []})
    paii.run("install", "kit")
    seen = client(paii.claude)
    assert listed(seen) == {"kit": [], "base": [], "logger": []}
    assert {"kit:kit", "base:base", "logger:logger"} <= set(seen.session().skills)


def test_why_dependencies_are_not_shown(paii, client):
    """As their authors wrote them they would keep the client from loading the plugin."""
    folder = paii.home / "by-hand"
    for name, needs in (("near", ["base"]), ("gone", ["absent"]), ("far", ["base@elsewhere"]), ("base", [])):
        paii.write_tree(folder / "skills" / name, {
            ".claude-plugin/plugin.json": json.dumps({"name": name, "version": "1.0.0", "dependencies": needs}),
            "commands/c.md": COMMAND})
    errors = listed(client(folder))
    assert not errors["near"] and not errors["base"]
    assert "absent" in errors["gone"][0] and "base@elsewhere" in errors["far"][0]


def test_agents_have_the_names_that_paii_says(paii, client):
    agents = {"agents/one.md": "---\nname: first\ndescription: MARK\n---\nx\n",
              "agents/second.md": "---\ndescription: MARK\n---\nx\n",
              "agents/third.md": "---\nname: \"\"\ndescription: MARK\n---\nx\n"}
    paii.write_tree("kit", {".claude-plugin/plugin.json": '{"name": "kit", "version": "1.0.0"}', **agents})
    paii.run("install", paii.home / "kit")
    said = paii.run("info", "kit", "--json").json()["installed"]["agents"]
    seen = [name.removeprefix("kit:") for name in client(paii.claude).session().agents if name.startswith("kit:")]
    assert sorted(said) == sorted(seen) == ["first", "second", "third"]


def test_an_export_brings_its_dependencies(paii, client):
    """Of whichever registry they were: in the export they are of one marketplace, and need no tags."""
    market(paii, "tools", {"kit": [{"name": "base", "version": "^1"}, "logger@shared"], "base": []},
           allowCrossMarketplaceDependenciesOn=["shared"])
    market(paii, "shared", {"logger": []})
    paii.run("install", "kit")
    out = paii.home / "out"
    paii.run("export", "marketplace", out, "--name", "team")
    exported = json.loads((out / "plugins/kit/.claude-plugin/plugin.json").read_text())
    assert exported["dependencies"] == ["base", "logger"]
    seen = client(paii.write_tree("empty", {"settings.json": "{}"}))
    seen.command("plugin", "marketplace", "add", out)
    assert "2 dependencies" in seen.command("plugin", "install", "kit@team")
    assert listed(seen) == {"kit": [], "base": [], "logger": []}


@pytest.mark.parametrize("range_text", ["~2.1.0", "^2.0", ">=1.4 <2.1", "=2.1.0", "^2.2.0-0"])
def test_the_client_takes_the_same_tag(paii, client, git, range_text):
    """Of a marketplace's repository whose vault was released several times, and is ahead of its tags."""
    def vault(version):
        return {"p/vault/.claude-plugin/plugin.json": json.dumps({"name": "vault", "version": version}),
                "p/vault/commands/c.md": f"---\ndescription: {version}\n---\n"}

    index = {"name": "acme", "owner": {"name": "o"},
             "plugins": [{"name": name, "source": f"./p/{name}"} for name in ("kit", "vault")]}
    repo = git.repo("market", {".claude-plugin/marketplace.json": json.dumps(index),
                               **files("kit", [{"name": "vault", "version": range_text}])})
    for version in ("1.5.0", "2.0.3", "2.1.0", "2.1.4", "2.2.0-rc.1"):
        repo.commit(vault(version))
        repo.git("tag", f"vault--v{version}")
    repo.commit(vault("3.0.0"))

    seen = client(paii.write_tree("empty", {"settings.json": "{}"}))
    seen.command("plugin", "marketplace", "add", repo.path)
    seen.command("plugin", "install", "kit@acme")
    rows = json.loads(seen.command("plugin", "list", "--json"))
    theirs = next(row for row in rows if row["id"] == "vault@acme")
    paii.run("registry", "add", "acme", repo.url)
    paii.run("install", "kit")
    ours = next(row for row in paii.run("list", "--json").json() if row["name"] == "vault")
    assert theirs["version"] == f"{ours['version']}-{ours['commit'][:12]}"
