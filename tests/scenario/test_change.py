"""What is installed changes: versions, registries, updates, rollbacks, and what is said of it."""

import hashlib
import json

import pytest

from servers import WebServer
from shelf import (Shelf, everything, generation, installed, lock_text, needs, plugin, skill_text,
                   steps, tar)


@pytest.fixture
def team(paii):
    return Shelf(paii, "team").add("hello", "1.0.0").add("hello", "1.2.0")


# ---- which version


def test_a_yanked_version_is_only_for_who_names_it(paii, team):
    team.add("hello", "1.3.0", row={"yanked": True})
    paii.run("install", "hello")
    assert installed(paii) == {"hello": "1.2.0"}
    paii.run("install", "hello@1.3.0")
    assert installed(paii) == {"hello": "1.3.0"}
    paii.run("install", "hello@1.3.0")
    assert generation(paii) == 2


def test_a_yanked_version_that_is_installed_stays(paii, team):
    paii.run("install", "hello@1.2.0")
    team.rows[-1]["yanked"] = True
    team.write()
    paii.run("install", "incident")
    assert installed(paii)["hello"] == "1.2.0"
    paii.run("update")
    assert installed(paii)["hello"] == "1.2.0"


def test_a_prerelease_is_for_who_asks_or_when_there_is_nothing_else(paii, team):
    team.add("hello", "2.0.0-rc.1").add("early", "0.1.0-alpha")
    paii.run("install", "hello", "early")
    assert installed(paii) == {"hello": "1.2.0", "early": "0.1.0-alpha"}
    paii.run("install", "hello@^2.0.0-rc")
    assert installed(paii)["hello"] == "2.0.0-rc.1"


def test_a_name_alone_keeps_what_is_there(paii, team):
    paii.run("install", "hello@1.0.0")
    paii.run("install", "hello")
    assert installed(paii) == {"hello": "1.0.0"}
    assert "range" not in lock_text(paii), "the newest was asked for"
    paii.run("update", "hello")
    assert installed(paii) == {"hello": "1.2.0"}


# ---- which registry


def test_a_name_in_two_registries_is_ambiguous(paii, team):
    Shelf(paii, "other").add("hello", "3.0.0")
    paii.run("install", "incident", "--dry-run")
    before = everything(paii)
    refused = paii.run("install", "hello", expect=13)
    assert "team" in refused.stderr and "other" in refused.stderr
    assert "paii install" in refused.stderr and "/hello" in refused.stderr
    assert everything(paii) == before
    paii.run("install", "team/hello")
    assert installed(paii) == {"hello": "1.2.0"}


def test_priority_decides_between_registries(paii, team):
    Shelf(paii, "first", priority=10).add("hello", "0.5.0")
    paii.run("install", "hello")
    assert installed(paii) == {"hello": "0.5.0"} and 'registry = "first"' in lock_text(paii)


def test_a_name_is_bound_to_its_registry(paii, team):
    paii.run("install", "hello@^1.0.0")
    Shelf(paii, "other", priority=100).add("hello", "1.9.0").add("more", "1.0.0")
    paii.run("install", "hello", "more")
    paii.run("update")
    assert installed(paii) == {"hello": "1.2.0", "more": "1.0.0"}
    assert paii.run("outdated", "--json").json() == []
    paii.run("install", "other/hello")
    assert installed(paii)["hello"] == "1.9.0"


def test_a_registry_that_is_gone_leaves_its_plugins(paii, team):
    paii.run("install", "hello")
    paii.run("registry", "remove", "team")
    Shelf(paii, "other").add("hello", "9.0.0")
    paii.run("install", "incident")
    paii.run("update")
    assert installed(paii) == {"hello": "1.2.0", "incident": "1.0.0"}
    paii.run("remove", "hello")
    assert installed(paii) == {"incident": "1.0.0"}


# ---- update


def test_update_keeps_to_the_range(paii, team):
    paii.run("install", "hello@^1")
    team.add("hello", "1.5.0").add("hello", "2.0.0")
    outdated = paii.run("outdated", "--json").json()
    assert outdated == [{"name": "hello", "version": "1.2.0", "wanted": "1.5.0", "latest": "2.0.0",
                         "registry": "team"}]
    assert "^ hello 1.2.0 -> 1.5.0" in paii.run("update").stdout
    assert skill_text(paii, "hello").endswith("# hello 1.5.0\n")
    again = paii.run("update")
    assert "up to date" in again.stdout + again.stderr and generation(paii) == 2


def test_update_of_one_leaves_the_others(paii, team):
    team.add("other", "1.0.0")
    paii.run("install", "hello", "other")
    team.add("hello", "1.9.0").add("other", "1.9.0")
    paii.run("update", "other")
    assert installed(paii) == {"hello": "1.2.0", "other": "1.9.0"}


def test_update_follows_a_branch(paii, git):
    repo = git.repo("hello", plugin("hello"))
    paii.run("install", f"{repo.url}#main")
    paii.run("update")
    assert generation(paii) == 1
    moved = repo.commit(plugin("hello", "1.1.0"))
    assert steps(paii.run("update", "--json")) == {"hello": "update"}
    assert installed(paii) == {"hello": "1.1.0"} and moved in lock_text(paii)
    # The same version with other content is an update as well.
    repo.commit({"SKILL.md": "---\nname: hello\n---\nother words\n"})
    paii.run("update", "hello")
    assert "other words" in skill_text(paii, "hello")


def test_update_leaves_a_pinned_commit(paii, git):
    repo = git.repo("hello", plugin("hello"))
    paii.run("install", f"{repo.url}#{repo.head}")
    archive = paii.write("more.tar.gz", tar(plugin("more")))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    paii.run("install", f"file://{archive}#sha256={digest}")
    repo.commit(plugin("hello", "1.1.0"))
    paii.write(archive, tar(plugin("more", "1.1.0")))
    paii.run("update")
    assert installed(paii) == {"hello": "1.0.0", "more": "1.0.0"} and generation(paii) == 2


def test_update_of_a_git_registry(paii, git):
    def tree(version):
        row = f'[[plugins]]\nname = "hello"\nversion = "{version}"\npath = "p"\n'
        return {"registry.toml": "[registry]\n" + row,
                **{f"p/{name}": text for name, text in plugin("hello", version).items()}}
    repo = git.repo("team", tree("1.0.0"))
    paii.run("registry", "add", "team", repo.url)
    paii.run("install", "hello")
    repo.commit(tree("1.1.0"))
    paii.run("update", "--offline")
    assert installed(paii) == {"hello": "1.0.0"}
    paii.run("update")
    assert installed(paii) == {"hello": "1.1.0"}


def test_update_of_an_archive(paii, tmp_path):
    web = WebServer(tmp_path / "web")
    try:
        url = web.add("hello.tar.gz", tar(plugin("hello")))
        paii.run("install", url, env=web.env)
        web.add("hello.tar.gz", tar(plugin("hello", "1.1.0")))
        paii.run("update", env=web.env)
        assert installed(paii) == {"hello": "1.1.0"}
        paii.run("update", env=web.env)
        assert generation(paii) == 2
    finally:
        web.close()


def test_update_of_a_folder(paii):
    folder = paii.write_tree("work/hello", plugin("hello"))
    paii.run("install", folder)
    paii.write_tree(folder, plugin("hello", "1.1.0"))
    paii.run("update")
    assert installed(paii) == {"hello": "1.1.0"}


def test_update_leaves_a_live_folder(paii):
    folder = paii.write_tree("work/hello", plugin("hello"))
    paii.run("install", "--dev", folder)
    paii.run("update")
    assert generation(paii) == 1


# ---- rollback


def test_rollback_goes_back_and_forwards(paii, team):
    paii.run("install", "hello@1.0.0")
    paii.run("install", "hello@1.2.0", "incident")
    later = everything(paii)
    shown = paii.run("rollback").stdout
    assert "- incident 1.0.0" in shown and "^ hello 1.2.0 -> 1.0.0" in shown
    assert installed(paii) == {"hello": "1.0.0"} and "1.0.0" in skill_text(paii, "hello")
    assert not (paii.claude / "skills/incident").is_symlink()
    paii.run("rollback", 2)
    assert everything(paii) == later
    assert installed(paii) == {"hello": "1.2.0", "incident": "1.0.0"}


def test_a_change_after_a_rollback_is_a_new_generation(paii, team):
    paii.run("install", "hello@1.0.0")
    paii.run("install", "incident")
    paii.run("rollback", 1)
    paii.run("install", "hello@1.2.0")
    assert generation(paii) == 3 and installed(paii) == {"hello": "1.2.0"}


def test_rollback_to_nowhere(paii, team):
    assert "no generation" in paii.run("rollback", expect=10).stderr
    paii.run("install", "hello")
    before = everything(paii)
    for number in ("7", "0", "-1", "x", "1x", "4294967297", "1" * 30):
        assert f"'{number}'" in paii.run("rollback", "--", number, expect=10).stderr
    assert "no generation before 1" in paii.run("rollback", expect=10).stderr
    assert everything(paii) == before


def test_rollback_refuses_what_would_hide_a_foreign_path(paii, team):
    paii.run("install", "hello")
    paii.run("remove", "hello")
    place = paii.write(paii.claude / "skills/hello", "mine now")
    before = everything(paii)
    assert str(place) in paii.run("rollback", expect=13).stderr
    assert everything(paii) == before and installed(paii) == {}


def test_rollback_of_a_dry_run_only_tells(paii, team):
    paii.run("install", "hello@1.0.0")
    paii.run("install", "hello@1.2.0")
    before = everything(paii)
    assert "^ hello 1.2.0 -> 1.0.0" in paii.run("rollback", "--dry-run").stdout
    assert everything(paii) == before


# ---- what is said


def test_a_dry_run_says_what_would_be_and_changes_nothing(paii, team):
    team.add("needy", consumes=[needs("GreetProvider")]).add(
        "greeter", provides=["GreetProvider@1.0"], build="make", Makefile="install:\n\tfalse\n")
    paii.run("install", "hello@1.0.0")
    before = everything(paii)
    shown = paii.run("install", "needy", "hello@1.2.0", "--dry-run").stdout
    assert "+ needy 1.0.0 (team)" in shown
    assert "+ greeter 1.0.0 (team)  pulled in: GreetProvider for needy" in shown
    assert "^ hello 1.0.0 -> 1.2.0 (team)" in shown
    assert f"fetched from {team.folder}/plugins/needy-1.0.0" in shown
    assert "build: make" in shown
    assert f"link: {paii.claude}/skills/needy" in shown
    paii.run("remove", "hello", "--dry-run")
    paii.run("update", "--dry-run")
    assert everything(paii) == before


def test_a_dry_run_in_a_fresh_home_makes_no_client_folder(paii):
    paii.run("install", "incident", "-n")
    assert not paii.claude.exists() and installed(paii) == {}


def test_json_is_one_document_with_everything(paii, team):
    folder = paii.write_tree("work/folder", plugin("folder"))
    plan = paii.run("install", "hello@1.0.0", folder, "--dry-run", "--json").json()
    assert plan["dry_run"] and plan["generation"] == 0
    done = paii.run("install", "hello@1.0.0", folder, "--json").json()
    assert not done["dry_run"] and done["generation"] == 1 and done["steps"] == plan["steps"]
    assert [step["name"] for step in done["steps"]] == ["folder", "hello"]
    assert done["steps"][0]["source"] == str(folder)
    assert done["steps"][1]["registry"] == "team"
    for words in (["update"], ["outdated"], ["rollback", "1"], ["remove", "hello"], ["rollback"],
                  ["list"], ["info", "hello"], ["install", "hello"], ["update", "-n"]):
        result = paii.run(*words, "--json")
        json.loads(result.stdout)
    for words, status in ((["install", "nope"], 10), (["install", "./nope"], 10),
                          (["remove", "nope"], 10), (["rollback", "99"], 10),
                          (["install", "hello@^9"], 10), (["install", "a/hello"], 10)):
        said = paii.run(*words, "--json", expect=status).json()
        assert said["error"]["exit"] == status and said["error"]["message"]


def test_quiet_says_nothing(paii, team):
    result = paii.run("install", "hello", "--quiet")
    assert result.stderr == ""


def test_a_terminal_shows_progress_and_asks_for_what_is_pulled_in(paii, team):
    team.add("needy", consumes=[needs("GreetProvider")]).add("greeter",
                                                             provides=["GreetProvider@1.0"])
    asked = paii.run_on_terminal("install", "needy", keys="n\n")
    assert "Go on?" in asked.stdout and "pulled in" in asked.stdout and asked.code == 1
    assert installed(paii) == {}
    assert paii.run_on_terminal("install", "needy", keys="y\n").code == 0
    assert installed(paii) == {"needy": "1.0.0", "greeter": "1.0.0"}
    assert "\x1b[" not in paii.run("remove", "needy").stdout
