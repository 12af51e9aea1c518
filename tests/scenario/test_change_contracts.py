"""Contracts decide what comes along, who is bound to whom, and what goes again."""

import tomllib

import pytest

from shelf import Shelf, everything, installed, lock_text, needs, steps


def bindings(paii):
    return tomllib.loads(lock_text(paii)).get("bindings", {})


def requested(paii):
    return {row["name"] for row in tomllib.loads(lock_text(paii))["plugin"]
            if row.get("requested")}


@pytest.fixture
def team(paii):
    """needy wants greetings, polite could use them, greeter gives them."""
    return (Shelf(paii, "team").add("needy", consumes=[needs("GreetProvider", version=">=1")])
            .add("polite", consumes=[needs("GreetProvider", optional=True)])
            .add("greeter", provides=["GreetProvider@1.0"]))


def test_a_provider_is_pulled_in_and_goes_again(paii, team):
    shown = paii.run("install", "needy").stdout
    assert "+ greeter 1.0.0 (team)  pulled in: GreetProvider >=1 for needy" in shown
    assert installed(paii) == {"needy": "1.0.0", "greeter": "1.0.0"}
    assert bindings(paii) == {"needy.dep": "greeter"} and requested(paii) == {"needy"}
    assert steps(paii.run("remove", "needy", "--json")) == {"needy": "remove", "greeter": "remove"}
    assert installed(paii) == {} and not paii.claude.exists()


def test_a_provider_that_was_asked_for_stays(paii, team):
    paii.run("install", "needy")
    paii.run("install", "greeter")
    assert requested(paii) == {"needy", "greeter"}
    paii.run("remove", "needy")
    assert installed(paii) == {"greeter": "1.0.0"}


def test_any_order_gives_the_same(paii, team):
    paii.run("install", "greeter")
    paii.run("install", "polite", "needy")
    one = lock_text(paii)
    paii.run("remove", "greeter", "polite", "needy")
    paii.run("install", "polite")
    paii.run("install", "needy")
    paii.run("install", "greeter")
    assert lock_text(paii) == one
    assert bindings(paii) == {"needy.dep": "greeter", "polite.dep": "greeter"}


def test_what_is_optional_is_bound_when_it_comes(paii, team):
    paii.run("install", "polite")
    assert installed(paii) == {"polite": "1.0.0"} and bindings(paii) == {}
    paii.run("install", "greeter")
    assert bindings(paii) == {"polite.dep": "greeter"}
    paii.run("remove", "greeter")
    assert bindings(paii) == {} and installed(paii) == {"polite": "1.0.0"}


def test_chains_are_followed(paii, team):
    team.add("top", consumes=[needs("MiddleProvider")])
    team.add("middle", provides=["MiddleProvider@1"], consumes=[needs("GreetProvider")])
    paii.run("install", "top")
    assert set(installed(paii)) == {"top", "middle", "greeter"}
    paii.run("remove", "top")
    assert installed(paii) == {}


def test_a_provider_with_too_old_a_contract_is_not_one(paii, team):
    team.add("picky", consumes=[needs("GreetProvider", version=">=2")])
    assert "and there is only 1.0 of greeter" in paii.run("install", "picky", expect=11).stderr
    team.add("greeter", "2.0.0", provides=["GreetProvider@2.1"])
    paii.run("install", "picky")
    assert installed(paii) == {"picky": "1.0.0", "greeter": "2.0.0"}


def test_a_provider_is_updated_if_that_is_what_is_needed(paii, team):
    paii.run("install", "needy")
    team.add("greeter", "2.0.0", provides=["GreetProvider@2.1"])
    team.add("picky", consumes=[needs("GreetProvider", version=">=2")])
    paii.run("install", "picky")
    assert installed(paii) == {"needy": "1.0.0", "picky": "1.0.0", "greeter": "2.0.0"}


def test_an_update_that_would_break_a_consumer_is_not_taken(paii, team):
    team.add("bound", consumes=[needs("GreetProvider", version=">=1 <2")])
    paii.run("install", "bound", "greeter")
    team.add("greeter", "2.0.0", provides=["GreetProvider@2.0"])
    paii.run("update")
    assert installed(paii)["greeter"] == "1.0.0"


def test_optional_contracts_are_pulled_in_when_that_is_asked_for(paii, team):
    paii.run("install", "polite", "--with-optional")
    assert installed(paii) == {"polite": "1.0.0", "greeter": "1.0.0"}
    assert bindings(paii) == {"polite.dep": "greeter"}


def test_an_optional_contract_changes_nothing_of_what_is_needed(paii, team):
    team.add("greeter", "2.0.0", provides=["GreetProvider@2.0"])
    team.add("strict", consumes=[needs("GreetProvider", version="<2")])
    team.add("dreamer", consumes=[needs("GreetProvider", version=">=2", optional=True)])
    paii.run("install", "dreamer", "strict", "--with-optional")
    assert installed(paii) == {"dreamer": "1.0.0", "strict": "1.0.0", "greeter": "1.0.0"}


def test_a_contradiction_is_told_from_the_request_down(paii, team):
    team.add("greeter", "2.0.0", provides=["GreetProvider@2.0"])
    team.add("old", consumes=[needs("GreetProvider", version="<2")])
    for version in ("1.0.0", "1.1.0", "1.2.0", "1.3.0"):
        team.add("new", version, consumes=[needs("GreetProvider", version=">=2")])
    team.add("bystander", consumes=[needs("GreetProvider")])
    result = paii.run("install", "bystander", "old", "new", expect=11)
    assert result.stderr.splitlines()[:3] == [
        "paii: error: 'old' and 'new' cannot be installed together:",
        "  every version of new needs GreetProvider >=2, which only greeter 2.0.0 provides",
        "  old 1.0.0 needs GreetProvider <2, which only greeter 1.0.0 provides"]
    assert "bystander" not in result.stderr.partition("hint:")[0]


def test_services_are_told_apart(paii):
    shelf = Shelf(paii, "team")
    shelf.add("jira", provides=["IntegrationProvider[jira]@1.0"])
    shelf.add("slack", provides=["IntegrationProvider[slack]@1.0"])
    shelf.add("tracker", consumes=[
        'dep = { contract = "IntegrationProvider", service = "jira", optional = false }'])
    shelf.rows[-1]["consumes"] = ["dep=IntegrationProvider[jira]"]
    shelf.write()
    paii.run("install", "tracker")
    assert set(installed(paii)) == {"tracker", "jira"}


# ---- more than one provider


@pytest.fixture
def two(team):
    return team.add("waver", provides=["GreetProvider@1.5"])


def test_two_installed_providers_are_ambiguous(paii, two):
    paii.run("install", "greeter", "waver")
    before = everything(paii)
    refused = paii.run("install", "needy", expect=11)
    assert "needy 1.0.0 needs one GreetProvider >=1, which greeter 1.0.0 and waver 1.0.0 provide" in refused.stderr
    assert everything(paii) == before
    paii.run("config", "set", "bindings.GreetProvider", "waver")
    paii.run("install", "needy")
    assert bindings(paii) == {"needy.dep": "waver"}


def test_an_optional_contract_with_two_providers_is_left_unbound_aloud(paii, two):
    paii.run("install", "greeter", "waver")
    said = paii.run("install", "polite").stderr
    assert "greeter, waver" in said and "bindings.GreetProvider" in said
    assert bindings(paii) == {}
    paii.run("config", "set", "bindings.GreetProvider", "greeter")
    paii.run("install", "polite")
    assert bindings(paii) == {"polite.dep": "greeter"}


def test_bindings_choose_who_is_pulled_in(paii, two):
    paii.run("config", "set", "bindings.GreetProvider", "waver")
    paii.run("install", "needy")
    assert installed(paii) == {"needy": "1.0.0", "waver": "1.0.0"}


def test_what_is_installed_or_named_is_pulled_in_first(paii, two):
    paii.run("install", "needy", "waver")
    assert set(installed(paii)) == {"needy", "waver"}
    paii.run("remove", "needy")
    paii.run("install", "needy")
    assert set(installed(paii)) == {"needy", "waver"}


def test_a_registry_of_higher_priority_provides_first(paii, two):
    Shelf(paii, "best", priority=5).add("zebra", provides=["GreetProvider@1.0"])
    paii.run("install", "needy")
    assert set(installed(paii)) == {"needy", "zebra"}


# ---- what an index says and what a manifest says


def test_a_manifest_knows_better_than_its_index(paii, team):
    """The row says nothing of contracts; the manifest that is fetched does, and the plan follows."""
    team.add("quiet", consumes=[needs("GreetProvider")], row={"consumes": []})
    paii.run("install", "quiet")
    assert set(installed(paii)) == {"quiet", "greeter"}


def test_a_row_that_promises_too_much_is_found_out(paii, team):
    team.add("boaster", row={"provides": ["OracleProvider@1"]})
    team.add("seeker", consumes=[needs("OracleProvider")])
    before = everything(paii)
    assert "OracleProvider" in paii.run("install", "seeker", expect=11).stderr
    after = everything(paii)
    assert {path for path in after if "/store/" in path} == \
           {path for path in before if "/store/" in path}
