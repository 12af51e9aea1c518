"""What is installed changes as little as it must."""

import pytest

from shelf import Shelf, installed, needs, steps


@pytest.fixture
def shelf(paii):
    return Shelf(paii, "team")


def test_of_two_ways_the_one_with_fewer_changes_is_gone(paii, shelf):
    """Kept as it is, beta would leave the task to zeta, which needs new soil."""
    shelf.add("zeta").add("beta").add("soil", provides=["BaseProvider@1.0"])
    paii.run("install", "zeta", "beta", "soil")
    shelf.add("zeta", "2.0.0", provides=["NewsProvider@1.0"], consumes=[needs("BaseProvider", version=">=2")])
    shelf.add("soil", "2.0.0", provides=["BaseProvider@2.0"])
    shelf.add("beta", "2.0.0", provides=["NewsProvider@1.0"])
    shelf.add("reader", consumes=[needs("NewsProvider")])
    assert steps(paii.run("install", "reader", "--json")) == {"beta": "update", "reader": "install"}
    assert installed(paii) == {"zeta": "1.0.0", "soil": "1.0.0", "beta": "2.0.0", "reader": "1.0.0"}


def test_what_is_named_gets_its_newest_though_another_must_follow(paii, shelf):
    """Its only consumer came first, and would have kept it."""
    shelf.add("reader", consumes=[needs("NewsProvider", version="<2")]).add("other")
    shelf.add("news", provides=["NewsProvider@1.0"])
    paii.run("install", "reader", "other")
    shelf.add("reader", "2.0.0", consumes=[needs("NewsProvider")]).add("other", "2.0.0")
    shelf.add("news", "2.0.0", provides=["NewsProvider@2.0"])
    assert steps(paii.run("update", "news", "--json")) == {"news": "update", "reader": "update"}


def test_an_update_of_everything_keeps_nothing_back_but_what_must(paii, shelf):
    shelf.add("reader", consumes=[needs("NewsProvider", version="<2")]).add("other")
    shelf.add("news", provides=["NewsProvider@1.0"])
    paii.run("install", "reader", "other")
    shelf.add("other", "2.0.0").add("news", "1.5.0", provides=["NewsProvider@1.5"])
    shelf.add("news", "2.0.0", provides=["NewsProvider@2.0"])
    paii.run("update")
    assert installed(paii) == {"reader": "1.0.0", "other": "2.0.0", "news": "1.5.0"}


def test_what_a_removal_would_break_is_offered_too(paii, shelf):
    """Neither of the two that lose something may stay alone."""
    shelf.add("reader", provides=["ReadProvider@1.0"], consumes=[needs("NewsProvider")])
    shelf.add("club", consumes=[needs("ReadProvider")]).add("other")
    shelf.add("news", provides=["NewsProvider@1.0"])
    paii.run("install", "reader", "club", "other")
    said = paii.run("remove", "news", expect=11).stderr
    assert "reader 1.0.0 needs NewsProvider" in said
    assert "hint: remove 'club' and 'reader' as well: paii remove news club reader\n" in said
    paii.run("remove", "news", "club", "reader")
    assert set(installed(paii)) == {"other"}
