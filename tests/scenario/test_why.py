"""Who needs whom: paii why, paii tree, paii contract list."""

import json

import pytest
from shelf import Shelf, needs


@pytest.fixture
def team(paii):
    shelf = Shelf(paii, "team")
    shelf.add("greeter", provides=["GreetProvider@1.0"])
    shelf.add("other", provides=["GreetProvider@1.0"])
    shelf.add("needy", consumes=[needs("GreetProvider", version=">=1")])
    shelf.add("polite", consumes=[needs("GreetProvider", optional=True), needs("Oracle", True, alias="wise")])
    return shelf


@pytest.fixture
def everybody(paii, team):
    paii.run("install", "needy", "polite")


def test_why(paii, everybody):
    assert paii.run("why", "needy").stdout == "needy 1.0.0 is installed because\n  you asked for it\n"
    assert paii.run("why", "greeter").stdout == (
        "greeter 1.0.0 is installed because\n"
        "  needy 1.0.0 needs it as 'dep' (GreetProvider >=1)\n"
        "    chosen over other: its name comes first\n"
        "  polite 1.0.0 can use it as 'dep' (GreetProvider)\n"
        "    chosen over other: its name comes first\n")
    used = paii.run("why", "greeter", "--json").json()["used_by"]
    assert [(use["name"], use["optional"]) for use in used] == [("needy", False), ("polite", True)]


def test_why_names_who_was_passed_over(paii, everybody):
    paii.run("config", "set", "bindings.GreetProvider", "greeter")
    paii.run("install", "other")
    assert ("needs it as 'dep' (GreetProvider >=1)\n    chosen over other: [bindings] names it\n"
            in paii.run("why", "greeter").stdout)


def test_why_of_what_is_not_there(paii, everybody):
    result = paii.run("why", "greter", expect=10)
    assert "'greter' is not installed" in result.stderr and "did you mean 'greeter'?" in result.stderr


def test_tree(paii, everybody):
    assert paii.run("tree").stdout == (
        "needy 1.0.0\n"
        "`-- greeter 1.0.0 for GreetProvider >=1\n"
        "polite 1.0.0\n"
        "|-- greeter 1.0.0 for GreetProvider (above)\n"
        "`-- Oracle: nothing (optional)\n")
    rows = {row["name"]: row["uses"] for row in paii.run("tree", "--json").json()}
    assert rows["polite"][1] == {"alias": "wise", "contract": "Oracle", "optional": True, "provider": None}


def test_contract_list(paii, everybody):
    assert paii.run("contract", "list").stdout == (
        "GreetProvider\n"
        "  provided   greeter@1.0\n"
        "  bound      needy.dep -> greeter, polite.dep -> greeter\n"
        "Oracle\n"
        "  missing    polite.wise (optional)\n")


def test_the_way_from_what_was_asked_for(paii, team):
    team.add("top", consumes=[needs("Middle")]).add("middle", provides=["Middle"], consumes=[needs("GreetProvider")])
    paii.run("install", "top")
    assert paii.run("why", "greeter").stdout == (
        "greeter 1.0.0 is installed because\n"
        "  middle 1.0.0 needs it as 'dep' (GreetProvider)\n"
        "    for top, which you asked for (top > middle)\n"
        "    chosen over other: its name comes first\n")
    assert paii.run("why", "greeter", "--json").json()["used_by"][0]["for"] == ["top", "middle"]


def test_every_reason_to_choose(paii, team):
    Shelf(paii, "best", priority=5).add("zebra", provides=["GreetProvider@1.0"])
    paii.run("install", "needy")
    assert "chosen over greeter, other: registry 'best' has the higher priority" in paii.run("why", "zebra").stdout
    paii.run("remove", "needy")
    paii.run("install", "needy", "other")
    shown = paii.run("why", "other", "--json").json()["used_by"][0]["chosen_over"]
    assert [(row["name"], row["because"], row["installed"]) for row in shown] == [
        ("greeter", "asked", False), ("zebra", "asked", False)]


def test_who_uses_itself_and_who_goes_in_circles(paii, team):
    team.add("self", provides=["Mirror"], consumes=[needs("Mirror")])
    team.add("egg", provides=["Egg"], consumes=[needs("Hen", alias="mother")])
    team.add("hen", provides=["Hen"], consumes=[needs("Egg", alias="child")])
    paii.run("install", "self", "egg")
    assert "  it uses itself as 'dep' (Mirror)\n" in paii.run("why", "self").stdout
    assert paii.run("why", "hen").stdout == (
        "hen 1.0.0 is installed because\n  egg 1.0.0 needs it as 'mother' (Hen)\n")
    assert paii.run("tree").stdout == (
        "egg 1.0.0\n"
        "`-- hen 1.0.0 for Hen\n"
        "    `-- egg 1.0.0 for Egg (above)\n"
        "self 1.0.0\n"
        "`-- self 1.0.0 for Mirror (itself)\n")


def test_what_an_alias_could_be_bound_to(paii, team):
    paii.run("install", "greeter", "other", "polite")
    assert "  missing    polite.dep (optional; choose greeter or other)\n" in paii.run("contract", "list").stdout
    row = paii.run("contract", "list", "--json").json()[0]
    assert row["contract"] == "GreetProvider" and row["missing"][0]["choices"] == ["greeter", "other"]
    assert row["providers"] == [{"name": "greeter", "version": "1.0"}, {"name": "other", "version": "1.0"}]
    paii.run("config", "set", "bindings.GreetProvider", "other")
    paii.run("install", "polite")
    shown = paii.run("contract", "list").stdout
    assert "  [bindings] other\n  bound      polite.dep -> other\n" in shown


def test_plugins_that_are_needed_by_name(paii):
    def files(name, *needed):
        manifest = {"name": name, "version": "1.0.0", "dependencies": list(needed)}
        return {f"{name}/.claude-plugin/plugin.json": json.dumps(manifest),
                f"{name}/commands/{name}.md": "---\ndescription: does it\n---\nDo it.\n"}
    plugins = {"kit": [{"name": "log", "version": "^1.0"}], "log": ["base"], "base": []}
    index = {"name": "acme", "owner": {"name": "o"}, "plugins": [{"name": name, "source": f"./{name}"}
                                                                for name in plugins]}
    tree = {".claude-plugin/marketplace.json": json.dumps(index)}
    for name, needed in plugins.items():
        tree |= files(name, *needed)
    paii.run("registry", "add", "acme", paii.write_tree("acme", tree))
    paii.run("install", "kit")
    assert paii.run("why", "log").stdout == (
        "log 1.0.0 is installed because\n  kit 1.0.0 depends on it (plugin log ^1.0)\n")
    assert "for kit, which you asked for (kit > log)" in paii.run("why", "base").stdout
    assert paii.run("tree").stdout == (
        "kit 1.0.0\n"
        "`-- log 1.0.0 for plugin log ^1.0\n"
        "    `-- base 1.0.0 for plugin base\n")
    assert paii.run("tree", "--json").json()[1]["uses"] == [
        {"depends": "log@^1.0", "optional": False, "provider": "log"}]


def test_nothing_installed(paii):
    for words in (["tree"], ["contract", "list"]):
        assert paii.run(*words).stdout == ""
