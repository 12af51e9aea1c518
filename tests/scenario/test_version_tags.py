"""Tags NAME--vVERSION of a marketplace's repository are versions of its plugins, as Claude Code has it."""

import json

import pytest

from shelf import installed, lock_text

COMMAND = "---\ndescription: greets\n---\nGreet.\n"
NOT_FOUND, CONTRACT, MISMATCH = 10, 11, 14


def entry(name, **more):
    return {"name": name, "source": f"./p/{name}", **more}


def plugin(name, version, mark="", **more):
    return {f"p/{name}/.claude-plugin/plugin.json": json.dumps({"name": name, "version": version, **more}),
            f"p/{name}/commands/c.md": COMMAND + mark}


class Market:
    """A marketplace with `vault` in several tagged versions and who depends on it, over HTTPS."""

    def __init__(self, paii, web, git, *entries):
        self.paii, self.web = paii, web
        index = {"name": "acme", "owner": {"name": "o"}, "plugins": [entry("vault"), *entries]}
        self.repo = git.repo("market", {".claude-plugin/marketplace.json": json.dumps(index),
                                        **plugin("vault", "1.0.0")})
        self.commits = {}

    def release(self, version, tag=True, manifest=None):
        """Another commit, whose vault is that version."""
        self.commits[version] = self.repo.commit(plugin("vault", manifest or version, mark=version))
        if tag:
            self.repo.git("tag", "-a", "-m", "release", f"vault--v{version}")

    def kit(self, name, range_text):
        self.repo.commit(plugin(name, "1.0.0", dependencies=[{"name": "vault", "version": range_text}]))

    def add(self):
        self.run("registry", "add", "acme", self.web.add_repository("market", self.repo))

    def run(self, *args, **more):
        return self.paii.run(*args, env=self.web.env, **more)

    def vault(self):
        """Version, commit and content of what is installed."""
        part = next(part for part in lock_text(self.paii).split("[[plugin]]") if 'name = "vault"' in part)
        keys = dict(line.split(" = ", 1) for line in part.splitlines() if " = " in line)
        text = (self.paii.claude / "skills/vault/commands/c.md").read_text()
        return json.loads(keys["version"]), json.loads(keys["commit"]), text.removeprefix(COMMAND)


@pytest.fixture
def market(paii, web, git):
    made = Market(paii, web, git, entry("kit"), entry("old"), entry("late"))
    made.kit("kit", "~2.1.0")
    made.kit("old", "<2")
    made.kit("late", "^9")
    for version in ("1.5.0", "2.1.0", "2.1.4", "2.2.0-rc.1", "2.2.0"):
        made.release(version)
    made.release("3.0.0", tag=False)
    made.add()
    return made


def test_a_range_takes_the_highest_tag_that_fits(market):
    market.run("install", "kit")
    assert market.vault() == ("2.1.4", market.commits["2.1.4"], "2.1.4")
    assert 'ref = "vault--v2.1.4"' in lock_text(market.paii)


def test_without_a_range_it_is_what_the_marketplace_has(market):
    market.run("install", "vault")
    assert market.vault() == ("3.0.0", market.repo.head, "3.0.0")
    assert market.run("outdated", "--json").json() == []
    market.run("update")
    assert market.vault()[0] == "3.0.0"


def test_a_person_may_ask_for_one(market):
    market.run("install", "vault@2.1.0")
    assert market.vault() == ("2.1.0", market.commits["2.1.0"], "2.1.0")
    error = market.run("install", "vault@^7", expect=NOT_FOUND).stderr
    assert "no version of 'vault' matches '^7', and there is only 1.5.0 to 3.0.0" in error


def test_the_marketplaces_newest_is_left_for_a_tag_only_when_asked(market):
    market.run("install", "vault")
    assert "needs vault ~2.1.0" in market.run("install", "kit", expect=CONTRACT).stderr
    assert market.vault()[0] == "3.0.0"
    market.run("install", "kit", "vault@~2.1.0")
    assert market.vault()[0] == "2.1.4"


def test_ranges_that_have_no_tag_in_common(market):
    market.run("install", "kit")
    before = lock_text(market.paii)
    assert "old 1.0.0 needs vault <2" in market.run("install", "old", expect=CONTRACT).stderr
    assert "late 1.0.0 needs vault ^9" in market.run("install", "late", expect=CONTRACT).stderr
    assert lock_text(market.paii) == before


def test_an_update_follows_new_tags_in_the_range(market):
    """The tag may come after the commit: the branch stands still, and yet there is something new."""
    market.run("install", "kit")
    assert "vault" not in market.run("update").stdout
    market.repo.git("tag", "vault--v2.1.9", market.commits["2.2.0"])
    market.run("registry", "update")
    row = next(row for row in market.run("outdated", "--json").json() if row["name"] == "vault")
    assert (row["version"], row["wanted"]) == ("2.1.4", "2.1.9")
    market.run("update")
    assert market.vault() == ("2.1.9", market.commits["2.2.0"], "2.2.0")
    market.run("rollback")
    assert market.vault()[0] == "2.1.4"


def test_what_is_held_by_nobody_follows_the_marketplace_again(market):
    market.run("install", "vault@~2.1.0", "kit")
    market.run("remove", "kit")
    market.run("install", "vault")
    market.run("update")
    assert market.vault()[0] == "3.0.0"


def test_a_plugin_counts_once(market):
    """However many versions of it tags name."""
    def plugins(*args):
        return next(row["plugins"] for row in market.run(*args, "--json").json() if row["name"] == "acme")

    market.release("2.1.5")
    assert plugins("registry", "update") == 4
    assert plugins("registry", "update") == 4  # unchanged
    assert plugins("registry", "list") == 4
    assert "4 plugins" in market.run("registry", "update", "acme").stdout
    assert "acme  4 plugins" in market.run("registry", "list").stdout


def test_nothing_new_costs_one_question(market):
    market.run("registry", "update", "acme")
    asked = len(market.web.requests)
    told = market.run("registry", "update", "acme", "--json").json()
    assert not any(row["changed"] for row in told)
    assert len(market.web.requests) - asked == 1


def test_the_tag_decides_though_the_manifest_is_behind(market):
    market.release("2.1.7", manifest="2.1.6")
    market.run("registry", "update")
    market.run("install", "kit")
    assert market.vault() == ("2.1.7", market.commits["2.1.7"], "2.1.7")
    lock = market.paii.write("team.lock", lock_text(market.paii))
    market.run("remove", "kit")
    market.run("install", "--locked", lock)
    assert lock_text(market.paii) == lock.read_text()
    assert "2.1.7" in market.run("list").stdout


def test_a_tag_that_was_moved_is_another_content(market):
    """The client takes it; for paii a published version does not change."""
    market.run("install", "kit")
    market.run("remove", "kit")
    market.repo.git("tag", "-f", "vault--v2.1.4", market.commits["1.5.0"])
    market.run("registry", "update")
    error = market.run("install", "kit", expect=MISMATCH).stderr
    assert "changed what vault 2.1.4 is" in error


def test_tags_of_others_are_no_versions(market):
    for tag in ("v9.0.0", "vault-v9.0.0", "vault--v9", "other--v9.0.0", "vault--vx", "kit--vault--v9.0.0"):
        market.repo.git("tag", tag)
    market.run("registry", "update")
    assert "1.5.0 to 3.0.0" in market.run("install", "vault@^9", expect=NOT_FOUND).stderr
    told = market.run("info", "vault").stdout
    assert "2.2.0-rc.1" in told and "2.1.4" in told and "9.0.0" not in told


def test_a_repository_of_this_machine(paii, git, web):
    made = Market(paii, web, git)
    made.release("1.1.0")
    made.release("1.2.0", tag=False)
    made.repo.git("tag", "vault--v0.1.0", "HEAD:p/vault/commands/c.md")  # a file, not a commit
    paii.run("registry", "add", "acme", made.repo.url)
    paii.run("install", "vault@1.1.0")
    assert installed(paii) == {"vault": "1.1.0"}
