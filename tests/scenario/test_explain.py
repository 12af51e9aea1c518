"""Why something cannot be had, and what would help: in few words, true ones, and as data."""

import shlex

import pytest
from shelf import Shelf, installed, lock_text, needs


@pytest.fixture
def team(paii):
    return Shelf(paii, "team")


def no(paii, *words, code=11):
    """(lines of the explanation, hints) of a command that cannot be done; both forms say the same."""
    before = installed(paii)
    text = paii.run(*words, expect=code).stderr
    explained, _, helps = text.partition("\n  hint: ")
    hints = [hint.strip() for hint in helps.removesuffix("\n").split("\n  or ")] if helps else []
    error = paii.run(*words, "--json", expect=code).json()["error"]
    assert explained == "paii: error: " + error["message"].replace("\n", "\n  ")
    assert hints == [hint["text"] for hint in error["details"]["hints"]]
    assert installed(paii) == before
    return explained.removeprefix("paii: error: ").splitlines(), hints


def facts(paii, *words, code=11):
    return paii.run(*words, "--json", expect=code).json()["error"]["details"]["facts"]


def follow(paii, hint):
    """Does what a hint says, then what was asked for."""
    paii.run(*shlex.split(hint.rpartition(": paii ")[2]))


# ---- facts


def test_one_fact_is_one_line(paii, team):
    team.add("lonely", consumes=[needs("OracleProvider", version=">=2")])
    lines, hints = no(paii, "install", "lonely")
    assert lines == ["'lonely' cannot be installed: lonely 1.0.0 needs OracleProvider >=2, which no plugin provides"]
    assert hints == ["no registry here provides OracleProvider; add one that does: paii registry add NAME URL"]


def test_versions_are_folded(paii, team):
    for version in ("1.0.0", "1.1.0", "1.2.0", "1.3.0"):
        team.add("report", version, consumes=[needs("Oracle")])
    assert "every version of report needs Oracle," in no(paii, "install", "report")[0][0]
    team.add("report", "2.0.0", consumes=[needs("Seer")])
    lines, _ = no(paii, "install", "report")
    assert lines == ["'report' cannot be installed:",
                     "  report 2.0.0 needs Seer, which no plugin provides",
                     "  report 1.0.0 to 1.3.0 need Oracle, which no plugin provides"]


def test_needs_that_follow_each_other_are_one_line(paii, team):
    team.add("top", row={"depends": ["middle@^1"]})
    team.add("middle", row={"depends": ["end@>=2"]})
    team.add("end")
    lines, _ = no(paii, "install", "top")
    assert lines == ["'top' cannot be installed: top 1.0.0 needs middle ^1 (1.0.0), which needs end >=2, "
                     "and there is only 1.0.0"]


def test_ranges_of_the_same_are_one_line_if_that_is_enough(paii, team):
    for minor in range(6):
        team.add("app", f"1.{minor}.0", row={"depends": [f"base@>=1.{minor}.0 <2"]})
        team.add("base", f"1.{minor}.0")
    team.add("base", "2.0.0")
    lines, hints = no(paii, "install", "app", "base@2.0.0")
    assert lines == ["'app' and 'base@2.0.0' cannot be installed together: every version of app needs base "
                     "(1.0.0 to 1.5.0)"]
    assert hints[0] == "base 1.5.0 would fit: paii install app base@1.5.0"
    follow(paii, hints[0])
    assert installed(paii) == {"app": "1.5.0", "base": "1.5.0"}


def test_two_that_cannot_stand_together(paii, team):
    team.add("cat", row={"conflicts": ["dog"]})
    team.add("dog")
    lines, hints = no(paii, "install", "cat", "dog")
    assert lines == ["'cat' and 'dog' cannot be installed together: cat 1.0.0 cannot stand beside dog 1.0.0"]
    assert hints == ["without 'cat' it works: paii install dog", "without 'dog' it works: paii install cat"]
    paii.run("install", "dog")
    lines, hints = no(paii, "install", "cat")
    assert lines == ["'cat' cannot be installed beside 'dog': cat 1.0.0 cannot stand beside dog 1.0.0"]
    assert hints == ["remove 'dog' first: paii remove dog"]
    follow(paii, hints[0])
    paii.run("install", "cat")


def test_what_is_needed_cannot_be_removed(paii, team):
    team.add("greeter", provides=["Greet@1.0"])
    team.add("needy", consumes=[needs("Greet")])
    paii.run("install", "greeter", "needy")
    lines, hints = no(paii, "remove", "greeter")
    assert lines == ["'greeter' cannot be removed: needy 1.0.0 needs Greet, and greeter 1.0.0 is to be removed"]
    assert hints == ["remove 'needy' as well: paii remove greeter needy"]
    follow(paii, hints[0])
    assert installed(paii) == {}


# ---- what nearly fits


def test_one_name_in_two_ranges(paii, team):
    team.add("tool", "1.0.0").add("tool", "2.0.0")
    lines, hints = no(paii, "install", "tool@^1", "tool@^2")
    assert lines == ["'tool@^1' and 'tool@^2' cannot be installed together"]
    assert "without 'tool@^1' it works: paii install tool@^2" in hints


def test_a_range_that_nothing_matches(paii, team):
    for version in ("1.0.0", "1.1.0", "1.2.0", "2.0.0-rc.1"):
        team.add("tool", version)
    team.add("tool", "1.3.0", row={"yanked": True})
    lines, hints = no(paii, "install", "tool@^3", code=10)
    assert lines == ["no version of 'tool' matches '^3', and there is only 1.0.0 to 2.0.0-rc.1"]
    assert hints == ["tool 1.2.0 would fit: paii install tool@1.2.0"]
    lines, hints = no(paii, "install", "tool@^2", code=10)
    assert lines == ["no version of 'tool' matches '^2', and tool 2.0.0-rc.1 is a prerelease"]
    assert hints[0] == "tool 2.0.0-rc.1 would fit, and is a prerelease; ask for it by version: " \
                       "paii install tool@2.0.0-rc.1"
    lines, hints = no(paii, "install", "tool@~1.3", code=10)
    assert lines == ["no version of 'tool' matches '~1.3', and tool 1.3.0 is yanked"]
    follow(paii, hints[0])
    assert installed(paii) == {"tool": "1.3.0"}


def test_a_prerelease_that_would_provide(paii, team):
    team.add("greeter", "1.0.0", provides=["Greet@1.0"])
    team.add("greeter", "2.0.0-rc.1", provides=["Greet@2.0"])
    team.add("picky", consumes=[needs("Greet", version=">=2")])
    lines, hints = no(paii, "install", "picky")
    assert lines == ["'picky' cannot be installed: picky 1.0.0 needs Greet >=2, and greeter 2.0.0-rc.1 is a prerelease"]
    follow(paii, hints[0])
    assert installed(paii) == {"greeter": "2.0.0-rc.1", "picky": "1.0.0"}


def test_a_registry_of_higher_priority_hides_a_name(paii, team):
    team.add("tool", "3.0.0").add("needy", row={"depends": ["tool@>=3"]})
    best = Shelf(paii, "best", priority=5).add("tool", "1.0.0")
    lines, hints = no(paii, "install", "tool@^3", code=10)
    assert lines == ["no version of 'tool' matches '^3', and tool 3.0.0 of 'team' is hidden by 'best', "
                     "which has the name too"]
    assert hints[0] == "tool 3.0.0 of 'team' would fit; ask for it there: paii install team/tool@^3"
    best.add("asker", consumes=[needs("Greet", version=">=2")]).add("greeter", provides=["Greet@1"])
    team.add("greeter", "2.0.0", provides=["Greet@2"])
    lines, hints = no(paii, "install", "asker")
    assert "greeter 2.0.0 of 'team' is hidden by 'best'" in lines[0]
    follow(paii, hints[0])
    assert installed(paii) == {"asker": "1.0.0", "greeter": "2.0.0"}


def test_versions_of_a_contract_are_in_order(paii, team):
    for minor in (2, 10, 1):
        team.add("greeter", f"1.{minor}.0", provides=[f"Greet@1.{minor}"])
    team.add("picky", consumes=[needs("Greet", version=">=2")])
    assert no(paii, "install", "picky")[0][0].endswith("and there is only 1.1, 1.2 and 1.10 of greeter")


def test_another_service(paii, team):
    team.add("slack", provides=["IntegrationProvider[slack]@1.0"])
    team.add("tracker", consumes=['dep = { contract = "IntegrationProvider", optional = false }'],
             row={"consumes": ["dep=IntegrationProvider[jira]"]})
    assert no(paii, "install", "tracker")[0][0].endswith(
        "needs IntegrationProvider[jira], and there is only IntegrationProvider[slack]")


# ---- what is there


def test_what_is_held_is_released(paii, team):
    team.add("base", "1.0.0", provides=["Base@1"])
    paii.run("install", "base")
    paii.run("hold", "base")
    team.add("base", "2.0.0", provides=["Base@2"]).add("app", consumes=[needs("Base", version=">=2")])
    lines, hints = no(paii, "install", "app")
    assert lines == ["'app' cannot be installed: app 1.0.0 needs Base >=2, and base is held at 1.0.0"]
    assert hints == ["'base' is held; release it: paii unhold base"]
    follow(paii, hints[0])
    paii.run("install", "app")
    assert installed(paii) == {"app": "1.0.0", "base": "2.0.0"}


def test_an_older_version_is_asked_for_by_version(paii, team):
    team.add("base", "1.0.0").add("base", "2.0.0").add("app", row={"depends": ["base@^1"]})
    paii.run("install", "base")
    lines, hints = no(paii, "install", "app")
    assert lines == ["'app' cannot be installed: app 1.0.0 needs base ^1, and base 1.0.0 is older than what is "
                     "installed"]
    assert "paii install app base@1.0.0" in hints[0]
    follow(paii, hints[0])
    assert installed(paii) == {"app": "1.0.0", "base": "1.0.0"}


def test_another_binding(paii, team):
    team.add("one", provides=["Greet@1"]).add("two", provides=["Greet@1"])
    team.add("needy", consumes=[needs("Greet")], row={"conflicts": ["one"]})
    paii.run("config", "set", "bindings.Greet", "one")
    lines, hints = no(paii, "install", "needy")
    assert lines == ["'needy' cannot be installed:",
                     "  needy 1.0.0 needs Greet, which [bindings] gives to one 1.0.0",
                     "  needy 1.0.0 cannot stand beside one 1.0.0"]
    assert hints == ["bind Greet to 'two' instead of 'one': paii config set bindings.Greet two"]
    follow(paii, hints[0])
    paii.run("install", "needy")
    assert installed(paii) == {"needy": "1.0.0", "two": "1.0.0"}


# ---- a choice that only a person can make


@pytest.fixture
def waves(team):
    """Two who greet, so that needy cannot know who greets for it."""
    team.add("greeter", provides=["Greet@1.0"]).add("waver", provides=["Greet@1.5"])
    return team.add("needy", consumes=[needs("Greet", version=">=1")])


@pytest.mark.parametrize("which", [0, 1])
def test_a_choice_is_a_command(paii, waves, which):
    paii.run("install", "greeter", "waver")
    lines, hints = no(paii, "install", "needy")
    assert lines == ["nothing says which of several plugins is to be used: needy 1.0.0 needs one Greet >=1, which "
                     "greeter 1.0.0 and waver 1.0.0 provide"]
    assert hints == ["use 'greeter': paii install needy --prefer greeter",
                     "use 'waver': paii install needy --prefer waver"]
    follow(paii, hints[which])
    assert f'"needy.dep" = "{["greeter", "waver"][which]}"' in lock_text(paii)
    paii.run("update")  # and it stays so


def test_a_choice_as_data(paii, waves):
    paii.run("install", "greeter", "waver")
    assert facts(paii, "install", "needy") == [{
        "kind": "choice", "plugin": "needy", "registry": "team", "range": "1.0.0", "versions": ["1.0.0"],
        "needed_by": [], "contract": "Greet", "wanted": [">=1"], "alias": "dep",
        "found": [{"plugin": name, "registry": "team", "range": "1.0.0", "versions": ["1.0.0"]}
                  for name in ("greeter", "waver")],
        "text": "needy 1.0.0 needs one Greet >=1, which greeter 1.0.0 and waver 1.0.0 provide"}]
    hints = paii.run("install", "needy", "--json", expect=11).json()["error"]["details"]["hints"]
    assert [hint["command"] for hint in hints] == ["paii install needy --prefer greeter",
                                                   "paii install needy --prefer waver"]


def test_several_choices_are_made_at_once(paii, waves):
    waves.add("amnesiac", consumes=[needs("Memory")])
    for name in ("diary", "notes"):
        waves.add(name, provides=["Memory"])
    paii.run("install", "greeter", "waver", "diary", "notes")
    lines, hints = no(paii, "install", "needy", "amnesiac")
    assert lines == ["nothing says which of several plugins is to be used:",
                     "  amnesiac 1.0.0 needs one Memory, which diary 1.0.0 and notes 1.0.0 provide",
                     "  needy 1.0.0 needs one Greet >=1, which greeter 1.0.0 and waver 1.0.0 provide"]
    assert hints == [f"use '{name}' and 'greeter': paii install needy amnesiac --prefer {name} --prefer greeter"
                     for name in ("diary", "notes")]
    follow(paii, hints[1])
    assert '"amnesiac.dep" = "notes"' in lock_text(paii) and '"needy.dep" = "greeter"' in lock_text(paii)


def test_at_most_three_are_offered(paii, waves):
    for name in ("hailer", "nodder"):
        waves.add(name, provides=["Greet@1.0"])
    paii.run("install", "greeter", "waver", "hailer", "nodder")
    assert [hint.split()[-1] for hint in no(paii, "install", "needy")[1]] == ["greeter", "hailer", "nodder"]


def test_folders_are_offered_too(paii, waves):
    folders = [waves.folder / f"plugins/{name}-1.0.0" for name in ("greeter", "waver", "needy")]
    _, hints = no(paii, "install", *folders)
    assert [hint.split(":")[0] for hint in hints] == ["use 'greeter'", "use 'waver'"]
    paii.run("install", *folders, "--prefer", "waver")
    assert '"needy.dep" = "waver"' in lock_text(paii)


def test_a_choice_that_an_update_leaves(paii, waves):
    paii.run("install", "greeter", "waver")
    waves.add("polite", "1.0.0")
    paii.run("install", "polite")
    waves.add("polite", "2.0.0", consumes=[needs("Greet")])
    for words in (["update"], ["update", "polite"]):
        lines, hints = no(paii, *words)
        assert lines[0].endswith("polite 2.0.0 needs one Greet, which greeter 1.0.0 and waver 1.0.0 provide")
        assert hints[1] == f"use 'waver': paii {' '.join(words)} --prefer waver"
    follow(paii, hints[1])
    assert installed(paii)["polite"] == "2.0.0" and '"polite.dep" = "waver"' in lock_text(paii)


def test_a_choice_that_a_removal_leaves(paii, waves):
    waves.add("hailer", provides=["Greet@1.0"])
    paii.run("install", "greeter", "needy")
    paii.run("install", "hailer", "waver")
    lines, hints = no(paii, "remove", "greeter")
    assert lines[0].endswith("needy 1.0.0 needs one Greet >=1, which hailer 1.0.0 and waver 1.0.0 provide")
    assert hints == ["use 'hailer': paii remove greeter --prefer hailer",
                     "use 'waver': paii remove greeter --prefer waver"]
    follow(paii, hints[1])
    assert "greeter" not in installed(paii) and '"needy.dep" = "waver"' in lock_text(paii)


def test_another_provider_in_the_place_of_one(paii, waves):
    waves.add("singer", provides=["Greet@1.0"], consumes=[needs("Voice")]).add("voice", provides=["Voice"])
    paii.run("install", "greeter", "needy")
    shown = paii.run("remove", "greeter", "--prefer", "singer").stdout
    assert "+ singer 1.0.0 (team)  pulled in: Greet >=1 for needy" in shown
    assert installed(paii) == {"needy": "1.0.0", "singer": "1.0.0", "voice": "1.0.0"}


# ---- as data


def test_facts_as_data(paii, team):
    team.add("greeter", "1.0.0", provides=["Greet@1.0"]).add("greeter", "2.0.0", provides=["Greet@2.0"])
    team.add("old", consumes=[needs("Greet", version="<2")])
    for version in ("1.0.0", "1.1.0"):
        team.add("new", version, consumes=[needs("Greet", version=">=2")])
    asked, also, new, old = facts(paii, "install", "old", "new@^1")
    assert asked == {"kind": "asked", "plugin": "old", "wanted": "*", "found": [
        {"plugin": "old", "registry": "team", "range": "1.0.0", "versions": ["1.0.0"]}]}
    assert also["plugin"] == "new" and also["wanted"] == "^1" and also["found"][0]["range"] == "*"
    assert new == {
        "kind": "need", "plugin": "new", "registry": "team", "range": "*", "versions": ["1.1.0", "1.0.0"],
        "needed_by": [], "contract": "Greet", "wanted": [">=2"],
        "found": [{"plugin": "greeter", "registry": "team", "range": "2.0.0", "versions": ["2.0.0"]}],
        "text": "every version of new needs Greet >=2, which only greeter 2.0.0 provides"}
    assert old["plugin"] == "old" and old["wanted"] == ["<2"]


def test_who_needs_what_is_in_the_way(paii, team):
    team.add("top", row={"depends": ["middle"]}).add("middle", consumes=[needs("Oracle")])
    *_, top, middle = facts(paii, "install", "top")
    assert top["depends"] == "middle" and top["needed_by"] == []
    assert middle["contract"] == "Oracle" and middle["needed_by"] == ["top"] and middle["found"] == []


def test_equal_input_gives_equal_words(paii, team):
    for name in "fedcba":
        team.add(name, consumes=[needs("Greet", version=f">={ord(name)}")])
    team.add("greeter", provides=["Greet@100"])
    first = paii.run("install", *"abcdef", expect=11).stderr
    team.rows.reverse()
    team.write()
    assert paii.run("install", *"abcdef", expect=11).stderr == first


def test_at_most_forty_lines(paii, team):
    for n in range(60):
        team.add(f"app", f"1.{n}.0", consumes=[needs(f"Oracle{n}")])
    lines, hints = no(paii, "install", "app")
    assert len(lines) == 40 and lines[-1] == "  and 22 more of the kind, of app" and len(hints) <= 3
    assert len([fact for fact in facts(paii, "install", "app") if fact["kind"] == "need"]) == 60
