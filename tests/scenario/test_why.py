"""Who needs whom: paii why, paii tree, paii contract list."""

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


def test_nothing_installed(paii):
    for words in (["tree"], ["contract", "list"]):
        assert paii.run(*words).stdout == ""
