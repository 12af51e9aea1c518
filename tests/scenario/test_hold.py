"""Held plugins: nothing moves them until they are released."""

import pytest

from shelf import Shelf, generation, installed, lock_text, needs, steps

REFUSED, NOT_FOUND, CONTRACT = 13, 10, 11


@pytest.fixture
def shelf(paii):
    shelf = Shelf(paii, "team")
    shelf.add("tickets", "1.0.0").add("other", "1.0.0")
    paii.run("install", "tickets", "other")
    assert paii.run("hold", "tickets").stdout == "held tickets\n"
    shelf.add("tickets", "1.1.0").add("other", "1.1.0")
    return shelf


def test_an_update_leaves_it_alone_and_says_so(paii, shelf):
    told = paii.run("update")
    assert "'tickets' is held at 1.0.0" in told.stderr
    assert installed(paii) == {"tickets": "1.0.0", "other": "1.1.0"}
    assert "is held" not in paii.run("update", "other").stderr


@pytest.mark.parametrize("words", [("update", "tickets"), ("install", "tickets@1.1.0"), ("remove", "tickets"),
                                   ("remove", "tickets", "--yes")], ids=" ".join)
def test_who_names_it_is_told_to_release_it(paii, shelf, words):
    before = lock_text(paii), generation(paii)
    error = paii.run(*words, expect=REFUSED).stderr
    assert "plugin 'tickets' is held at 1.0.0" in error and "paii unhold tickets" in error
    assert (lock_text(paii), generation(paii)) == before


def test_another_source_of_its_name_is_refused(paii, shelf):
    fork = paii.write_tree("fork/tickets", {"plugin.toml": '[plugin]\nname = "tickets"\nversion = "3.0.0"\n'})
    assert "another" in paii.run("install", fork, expect=REFUSED).stderr
    assert installed(paii)["tickets"] == "1.0.0"


def test_what_is_there_already_may_be_asked_for(paii, shelf):
    for spec in ("tickets", "tickets@^1", "team/tickets@1.0.0"):
        paii.run("install", spec)
    assert installed(paii)["tickets"] == "1.0.0"


def test_what_needs_another_version_is_refused(paii, shelf):
    paii.write_tree(shelf.folder / "plugins/desk", {
        ".claude-plugin/plugin.json": '{"name": "desk", "version": "1.0.0", '
                                      '"dependencies": [{"name": "tickets", "version": "^1.1"}]}'})
    shelf.list("desk", version="1.0.0", path="plugins/desk")
    assert "tickets" in paii.run("install", "desk", expect=CONTRACT).stderr
    paii.run("unhold", "tickets")
    paii.run("install", "desk")
    assert installed(paii)["tickets"] == "1.1.0"


def test_it_is_shown(paii, shelf):
    assert "tickets  1.0.0  team (held)" in paii.run("list").stdout
    rows = {row["name"]: row["held"] for row in paii.run("list", "--json").json()}
    assert rows == {"tickets": True, "other": False}
    assert "held = true" in lock_text(paii)
    row = next(row for row in paii.run("outdated", "--json").json() if row["name"] == "tickets")
    assert (row["held"], row["wanted"], row["latest"]) == (True, "1.0.0", "1.1.0")
    assert "held" in paii.run("outdated").stdout
    assert paii.run("info", "tickets", "--json").json()["installed"]["held"] is True
    assert "held" in paii.run("info", "tickets").stdout


def test_released_it_moves_again(paii, shelf):
    assert paii.run("unhold", "tickets").stdout == "released tickets\n"
    assert "held" not in paii.run("unhold", "tickets").stdout
    paii.run("update")
    assert installed(paii)["tickets"] == "1.1.0"
    assert "held" not in lock_text(paii)


def test_a_rollback_brings_the_hold_with_it(paii, shelf):
    paii.run("unhold", "tickets")
    paii.run("update")
    paii.run("rollback")
    paii.run("rollback")
    assert installed(paii)["tickets"] == "1.0.0" and "held = true" in lock_text(paii)
    paii.run("update")
    assert installed(paii)["tickets"] == "1.0.0"


def test_a_held_provider_stays_when_its_consumer_goes(paii, shelf):
    shelf.add("notes", provides=["NoteKeeper@1.0"]).add("desk", consumes=[needs("NoteKeeper")])
    paii.run("install", "desk")
    paii.run("hold", "notes")
    paii.run("remove", "desk")
    assert "notes" in installed(paii)
    paii.run("unhold", "notes")
    assert steps(paii.run("update", "--json")).get("notes") == "remove"


def test_unknown_plugins_and_dry_runs(paii, shelf):
    assert "did you mean 'tickets'" in paii.run("hold", "ticket", expect=NOT_FOUND).stderr
    before = generation(paii)
    assert paii.run("hold", "other", "--dry-run").stdout == "would be held other\n"
    assert generation(paii) == before
    assert paii.run("hold", "other", "--json").json()["held"] == ["other"]
