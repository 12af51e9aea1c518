"""Updates that cannot be: what the person is told, and that everything stays as it was."""

import shlex

import pytest

from shelf import Shelf, everything, installed, needs, plugin, steps
from teams import shop  # noqa: F401


@pytest.fixture
def team(paii):
    """needy greets through greeter, whose second version greets otherwise."""
    shelf = (Shelf(paii, "team").add("greeter", provides=["Greet@1.0"])
             .add("needy", consumes=[needs("Greet", version="<2")]).add("other"))
    paii.run("install", "needy", "greeter", "other")
    return shelf


def state(paii):
    """All but the indexes, which an update looks at first."""
    return {path: held for path, held in everything(paii).items() if "/registries/" not in path}


def refused(paii, *words, code=11):
    """(message, hints) of an update that is refused; both forms say the same, and nothing changes."""
    before = state(paii)
    text = paii.run("update", *words, expect=code).stderr
    error = paii.run("update", *words, "--json", expect=code).json()["error"]
    assert text.startswith(f"paii: error: {error['message']}\n  hint: ")
    assert state(paii) == before
    return error["message"], [hint["command"] for hint in error["details"]["hints"]]


# ---- what is newer does not fit


@pytest.mark.parametrize("names", [[], ["greeter"]])
def test_what_does_not_fit_is_told(paii, team, names):
    team.add("greeter", "2.0.0", provides=["Greet@2.0"])
    before = state(paii)
    told = paii.run("update", *names)
    assert told.stdout == ""
    assert told.stderr == ("plugin 'greeter' stays at 1.0.0; 'paii install greeter@2.0.0 --dry-run' says why\n"
                           "nothing can be updated\n")
    assert state(paii) == before
    assert "needy 1.0.0 needs Greet <2" in paii.run(*shlex.split("install greeter@2.0.0 --dry-run"), expect=11).stderr
    data = paii.run("update", *names, "--json").json()
    assert data["steps"] == []
    assert data["kept_back"] == [{"name": "greeter", "version": "1.0.0", "newer": "2.0.0", "held": False}]


def test_a_contract_that_nobody_provides_any_more(paii, team):
    team.withdraw("greeter", "1.0.0")
    team.add("greeter", "2.0.0").add("other", "1.1.0")
    told = paii.run("update")
    assert told.stdout == "^ other 1.0.0 -> 1.1.0 (team)\n"
    assert told.stderr == "plugin 'greeter' stays at 1.0.0; 'paii install greeter@2.0.0 --dry-run' says why\n"
    assert installed(paii) == {"greeter": "1.0.0", "needy": "1.0.0", "other": "1.1.0"}


def test_a_plugin_that_vanished_stays(paii, team):
    team.withdraw("greeter", "1.0.0")
    for names in [], ["greeter"]:
        told = paii.run("update", *names).stderr
        assert told == ("paii: warning: 'greeter' is no longer offered by 'team'; it stays as it is\n"
                        "everything is up to date\n")


def test_what_nobody_asked_for_is_not_told(paii, team):
    team.add("greeter", "1.5.0-rc.1", provides=["Greet@1.5"])
    team.add("greeter", "1.6.0", provides=["Greet@1.6"], row={"yanked": True})
    paii.run("install", "other@~1.0")
    team.add("other", "1.1.0")
    assert paii.run("update").stderr == "everything is up to date\n"
    assert paii.run("update", "--json").json()["kept_back"] == []
    assert "kept_back" not in paii.run("install", "other@~1.0", "--json").json()


def test_of_many_the_first_are_told(paii, team):
    libs = [f"lib{n}" for n in range(7)]
    team.add("fixed", consumes=[needs(f"Part{name}", version="<2", alias=name) for name in libs])
    for name in libs:
        team.add(name, provides=[f"Part{name}@1"])
    paii.run("install", "fixed", *libs)
    for name in libs:
        team.add(name, "2.0.0", provides=[f"Part{name}@2"])
    told = paii.run("update").stderr.splitlines()
    assert [line.split("'")[1] for line in told[:5]] == libs[:5]
    assert told[5:] == ["2 more stay as they are; 'paii outdated' lists them", "nothing can be updated"]


# ---- what a source holds now does not fit


@pytest.fixture
def asker(paii, team, git):
    """A plugin of its own repository, which wants another greeting by now."""
    repo = git.repo("asker", plugin("asker", consumes=[needs("Greet")]))
    paii.run("install", repo.url)
    repo.commit(plugin("asker", "2.0.0", consumes=[needs("Greet", version=">=2")]))
    return repo


def test_a_source_of_its_own_keeps_back_no_other(paii, team, asker):
    team.add("other", "1.1.0")
    told = paii.run("update")
    assert told.stdout == "^ other 1.0.0 -> 1.1.0 (team)\n"
    assert told.stderr == "plugin 'asker' stays at 1.0.0, though its source changed; 'paii update asker' says why\n"
    assert installed(paii)["asker"] == "1.0.0"
    assert paii.run("update", "--json").json()["kept_back"] == [
        {"name": "asker", "version": "1.0.0", "newer": "2.0.0", "held": False}]
    message, hints = refused(paii, "asker")
    assert message == ("'asker' cannot be updated: asker 2.0.0 needs Greet >=2, and there is only 1.0 of greeter")
    assert hints == ["paii registry update"]


def test_a_source_that_no_longer_provides(paii, team, git):
    repo = git.repo("singer", plugin("singer", provides=["Song@1.0"]))
    team.add("listener", consumes=[needs("Song")])
    paii.run("install", repo.url)
    paii.run("install", "listener")
    repo.commit(plugin("singer", "2.0.0"))
    assert "plugin 'singer' stays at 1.0.0" in paii.run("update").stderr
    message, hints = refused(paii, "singer")
    assert message.startswith("'singer' cannot be updated: listener 1.0.0 needs Song, ")
    assert hints == ["paii remove listener"]
    paii.run(*hints[0].split()[1:])
    assert steps(paii.run("update", "--json")) == {"singer": "update"}


def test_what_is_held_is_in_the_way(paii, team, asker):
    team.add("greeter", "2.0.0", provides=["Greet@2.0"])
    paii.run("remove", "needy")
    paii.run("hold", "greeter")
    assert paii.run("update").stderr == (
        "plugin 'asker' stays at 1.0.0, though its source changed; 'paii update asker' says why\n"
        "plugin 'greeter' is held at 1.0.0\nnothing can be updated\n")
    message, hints = refused(paii, "asker")
    assert message == "'asker' cannot be updated: asker 2.0.0 needs Greet >=2, and greeter is held at 1.0.0"
    assert hints == ["paii unhold greeter"]
    paii.run("unhold", "greeter")
    assert steps(paii.run("update", "asker", "--json")) == {"asker": "update", "greeter": "update"}


# ---- what is there does not fit any more


def test_a_binding_that_cannot_be(paii, team):
    team.add("waver", provides=["Greet@1.0"], consumes=[needs("Memory")])
    paii.run("config", "set", "bindings.Greet", "waver")
    why = ("needy 1.0.0 needs Greet <2, which [bindings] gives to waver 1.0.0, which needs Memory, which no plugin "
           "provides")
    hints = ["paii config set bindings.Greet greeter", "paii remove needy", "paii registry add NAME URL"]
    assert refused(paii) == (f"'needy' cannot stay: {why}", hints)
    assert refused(paii, "needy") == (f"'needy' cannot be updated: {why}", hints)
    assert refused(paii, "other") == (f"'other' cannot be updated: {why}", hints)
    paii.run(*hints[0].split()[1:])
    assert paii.run("update").stderr == "everything is up to date\n"


# ---- in a project


def test_a_project_is_told_with_its_commands(shop):
    write = shop.person.write_tree
    write(shop.folder / "tools/greeter", plugin("greeter", provides=["Greet@1.0"]))
    write(shop.folder / "tools/needy", plugin("needy", consumes=[needs("Greet", version="<2")]))
    shop.install("./tools/greeter", "./tools/needy")
    write(shop.folder / "tools/greeter", plugin("greeter", "2.0.0", provides=["Greet@2.0"]))
    before = shop.read("paii.lock")
    assert shop.run("update", "--project").stderr.splitlines()[0] == \
        "plugin 'greeter' stays at 1.0.0, though its source changed; 'paii update --project greeter' says why"
    assert shop.read("paii.lock") == before
    assert "'greeter' cannot be updated" in shop.run("update", "--project", "greeter", expect=11).stderr
