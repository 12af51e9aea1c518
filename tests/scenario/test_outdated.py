"""`paii outdated` of plugins that their marketplace gives no version, renames, or lists no more."""

import json
import shutil

import pytest

from shelf import everything, installed


def files(names, contents, renames=None):
    made = {".claude-plugin/marketplace.json": json.dumps({
        "name": "m", "owner": {"name": "o"}, "renames": renames or {},
        "plugins": [{"name": name, "source": f"./{name}"} for name in names]})}
    for name in names:
        made[f"{name}/skills/work/SKILL.md"] = (
            f"---\nname: work\ndescription: {name}\n---\n{contents.get(name, 'As ever.')}\n")
    return made


def outdated(paii, **more):
    return {row["name"]: {key: row[key] for key in ("changed", "withdrawn", "renamed") if key in row}
            for row in paii.run("outdated", "--json", **more).json()}


@pytest.fixture
def market(paii, web, git):
    """A marketplace in a Git repository, of which `one` and `two` are installed."""
    paii.env.update(web.env)
    repo = git.repo("market", files(["one", "two"], {}))
    paii.run("registry", "add", "m", web.add_repository("market", repo))
    paii.run("install", "m/one", "m/two")
    return repo


def test_only_what_changed_is_outdated(paii, market):
    """Every commit of a marketplace is another version of all its plugins, by name; not by content."""
    assert outdated(paii) == {}
    market.commit({"README.md": "new words\n"})
    paii.run("registry", "update")
    assert outdated(paii) == {}
    market.commit(files(["one", "two"], {"two": "Otherwise."}))
    paii.run("registry", "update")
    before = installed(paii)
    assert outdated(paii) == {"two": {}}
    told = paii.run("outdated", "--json").json()[0]
    assert told["version"] != told["wanted"] == told["latest"] == f"0.0.0+{market.head[:12]}"
    assert installed(paii) == before
    paii.run("update")
    assert outdated(paii) == {}


def test_what_was_looked_at_is_not_fetched_again(paii, web, market):
    """A commit that changes nothing of a plugin costs one look, not one at every update."""
    market.commit({"README.md": "new words\n"})
    paii.run("update")
    shutil.rmtree(paii.home / ".cache/paii/git")
    web.forget()
    paii.run("outdated")
    assert web.requests == []
    paii.run("update")
    assert len(web.requests) == 2  # what the branch is at, and no more
    assert len((paii.home / ".cache/paii/trees").read_text().splitlines()) == 2
    (paii.home / ".cache/paii/trees").unlink()
    paii.run("update")
    assert len((paii.home / ".cache/paii/trees").read_text().splitlines()) == 2


def test_looking_changes_nothing(paii, market):
    market.commit(files(["one", "two"], {"two": "Otherwise."}))
    paii.run("registry", "update")
    before = everything(paii)
    paii.run("outdated")
    assert everything(paii) == before


def test_what_cannot_be_looked_at_is_told(paii, market):
    market.commit(files(["one", "two"], {"two": "Otherwise."}))
    paii.run("registry", "update")
    told = paii.run("outdated", env={"PAII_OFFLINE": "1"}).stderr
    assert "whether one, two changed is not known" in told


def test_a_registry_that_was_never_seen_is_asked(paii, market):
    """Nothing is known of it yet, which is not to say that everything is up to date."""
    market.commit(files(["one", "two"], {"one": "Better."}))
    shutil.rmtree(paii.dir / "registries/m")
    unknown = paii.run("outdated", env={"PAII_OFFLINE": "1"})
    assert "what is newer is not known of all plugins: " in unknown.stderr and "'m'" in unknown.stderr
    assert set(outdated(paii)) == {"one"}


def test_the_same_version_with_another_content(paii):
    """A folder's plugin that says its version itself, and its marketplace does not."""
    def write(text):
        paii.write_tree("market", {
            **files(["kit"], {"kit": text}),
            "kit/.claude-plugin/plugin.json": json.dumps({"name": "kit", "version": "1.0.0"})})
    write("One.")
    paii.run("registry", "add", "m", paii.home / "market")
    paii.run("install", "m/kit")
    assert outdated(paii) == {}
    write("Two.")
    assert outdated(paii) == {"kit": {"changed": True}}
    assert "its content changed" in paii.run("outdated").stdout


def test_renamed_and_withdrawn_are_told(paii, market):
    market.commit(files(["zwei"], {}, renames={"two": "zwei"}))
    paii.run("registry", "update")
    assert outdated(paii) == {"one": {"withdrawn": True}, "two": {"renamed": "zwei"}}
    shown = paii.run("outdated").stdout
    assert "no longer offered" in shown and "is now called zwei" in shown


def test_one_that_is_out_of_reach_keeps_back_nobody(paii, web, git):
    """Of a marketplace whose plugins are elsewhere, and some are gone: the others are updated."""
    def listed(commit):
        return {".claude-plugin/marketplace.json": json.dumps({
            "name": "m", "owner": {"name": "o"}, "plugins": [
                {"name": "gone", "source": {"source": "url", "url": gone_url, "sha": commit}},
                {"name": "own", "source": "./own"}]})}

    paii.env.update(web.env)
    gone = git.repo("gone", {"SKILL.md": "---\nname: gone\ndescription: g\n---\nOne.\n"})
    gone_url, first = web.add_repository("gone", gone), gone.head
    repo = git.repo("market", {**listed(first), "own/SKILL.md": "---\nname: own\ndescription: o\n---\nOne.\n"})
    paii.run("registry", "add", "m", web.add_repository("market", repo))
    paii.run("install", "m/gone", "m/own")
    gone_url = gone_url.replace("gone.git", "nowhere.git")
    repo.commit({**listed("0" * 40), "own/SKILL.md": "---\nname: own\ndescription: o\n---\nTwo.\n"})

    done = paii.run("update")
    assert "plugin 'gone': " in done.stderr and "what is installed stays" in done.stderr
    assert installed(paii)["gone"] == f"0.0.0+{first[:12]}"
    assert "Two." in (paii.claude / "skills/own/SKILL.md").read_text()
    assert "plugin 'gone': " in paii.run("update", "gone", check=False).stderr
    assert paii.run("update", "gone", check=False).code in (10, 20)


def test_sources_of_ones_own_that_are_gone_keep_back_nobody(paii, git):
    repos = {name: git.repo(name, {"SKILL.md": f"---\nname: {name}\ndescription: x\n---\nOne.\n"})
             for name in ("one", "two", "kept")}
    paii.run("install", *(repo.url for repo in repos.values()))
    for name in ("one", "two"):
        repos[name].path.rename(repos[name].path.with_name(f"{name}-moved"))
    repos["kept"].commit({"SKILL.md": "---\nname: kept\ndescription: x\n---\nTwo.\n"})
    told = paii.run("update").stderr
    assert told.count("what is installed stays") == 2
    assert sorted(installed(paii)) == ["kept", "one", "two"]
    assert "Two." in (paii.claude / "skills/kept/SKILL.md").read_text()


def test_what_would_need_one_out_of_reach_stays(paii, web, git):
    """A new version that needs another plugin which cannot be had: the older one works, and the rest is updated."""
    def listed(version, needs):
        return {".claude-plugin/marketplace.json": json.dumps({
            "name": "m", "owner": {"name": "o"}, "plugins": [
                {"name": "kit", "source": "./kit", "version": version, "dependencies": needs},
                {"name": "far", "source": {"source": "url", "url": f"{web.url}/git/nowhere.git"}},
                {"name": "own", "source": "./own", "version": version}]}),
            "kit/SKILL.md": f"---\nname: kit\ndescription: k\n---\n{version}\n",
            "own/SKILL.md": f"---\nname: own\ndescription: o\n---\n{version}\n"}

    paii.env.update(web.env)
    repo = git.repo("market", listed("1.0.0", []))
    paii.run("registry", "add", "m", web.add_repository("market", repo))
    paii.run("install", "m/kit", "m/own")
    repo.commit(listed("1.1.0", ["far"]))
    assert "plugin 'far': " in paii.run("update", "--yes").stderr
    assert installed(paii) == {"kit": "1.0.0", "own": "1.1.0"}
