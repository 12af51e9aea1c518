"""
The history of a marketplace, commit by commit, as tests/trials/replay plays it with real ones: what is
installed follows every bump, rename, addition and withdrawal, and a rollback returns to each step.
"""

import json

import pytest

from trials.history import History


def skill(text):
    return f"---\nname: work\ndescription: {text}\n---\n{text}\n"


def market(entries, renames=None):
    return {".claude-plugin/marketplace.json": json.dumps({
        "name": "m", "owner": {"name": "o"}, "renames": renames or {},
        "plugins": [{"name": name, "source": f"./plugins/{name}", **more} for name, more in entries.items()]})}


def manifest(name, version):
    return {f"plugins/{name}/.claude-plugin/plugin.json": json.dumps({"name": name, "version": version})}


def content(name, text):
    return {f"plugins/{name}/skills/work/SKILL.md": skill(text), f"plugins/{name}/run.sh": f"#!/bin/sh\n# {text}\n"}


@pytest.fixture
def replayed(paii, web, git):
    """replayed(FILES, REMOVE): the next commit is followed and checked; what it brought."""
    paii.env.update(web.env)
    repo = git.repo("market", market({}))
    paii.run("registry", "add", "market", web.add_repository("market", repo))
    history = History(paii, repo.path)

    def follow(files, remove=()):
        step = history.follow(repo.commit(files, remove))
        history.check(step)
        assert not history.wrong and bool(step.refused) == step.broken, history.wrong or step.refused
        return {what: getattr(step, what) for what in ("added", "updated", "renamed", "withdrawn")
                if getattr(step, what)}

    follow.history = history
    return follow


def test_a_history_is_followed(paii, replayed):
    said = {"said": {}, "listed": {"version": "1.0.0"}, "bare": {}}
    assert replayed({**market(said), **manifest("said", "1.0.0"), **content("said", "one"),
                     **content("listed", "one"), **content("bare", "one")}) == {
        "added": ["bare", "listed", "said"]}

    assert replayed({"README.md": "words\n"}) == {}
    assert replayed(content("bare", "two")) == {"updated": [(None, "bare")]}
    assert replayed({**manifest("said", "1.1.0"), **content("said", "two")}) == {"updated": [(None, "said")]}
    assert replayed({**market({**said, "listed": {"version": "1.1.0"}}), **content("listed", "two")}) == {
        "updated": [(None, "listed")]}

    new = {"said": {}, "name": {"version": "1.2.0"}, "bare": {}, "more": {}}
    assert replayed({**market(new, {"listed": "name"}), **content("name", "three"), **content("more", "one")},
                    remove=["plugins/listed/skills/work/SKILL.md", "plugins/listed/run.sh"]) == {
        "renamed": [("listed", "name")], "added": ["more"]}
    assert replayed(market({"said": {}, "name": {"version": "1.2.0"}, "more": {}}, {"listed": "name"})) == {
        "withdrawn": ["bare"]}
    assert sorted(replayed.history.lock()) == ["more", "name", "said"]


def test_each_step_can_be_gone_back(paii, replayed):
    replayed({**market({"one": {}, "two": {"version": "1.0.0"}}), **content("one", "a"), **content("two", "a")})
    for text, entries, renames in (("b", {"one": {}, "two": {"version": "1.1.0"}}, {}),
                                   ("c", {"one": {}, "zwei": {"version": "1.2.0"}}, {"two": "zwei"}),
                                   ("d", {"one": {}, "zwei": {"version": "1.3.0"}}, {"two": "zwei"})):
        replayed({**market(entries, renames), **content("one", text), **content(list(entries)[1], text)})
        replayed.history.roll_back()
    assert replayed.history.wrong == [] and replayed.history.totals["rollbacks"] == 3


def test_a_broken_commit_changes_nothing(paii, replayed):
    replayed({**market({"one": {}}), **content("one", "a")})
    before = replayed.history.lock()
    assert replayed({".claude-plugin/marketplace.json": '{"plugins": ['}) == {}
    assert replayed.history.lock() == before
    assert replayed({**market({"one": {}}), **content("one", "b")}) == {"updated": [(None, "one")]}
