"""Registries: a folder and a Git repository are added, asked again, found wanting and removed."""

import json

INDEX = """
[registry]
name = "team"

[[plugins]]
name = "hello"
version = "1.0.0"
description = "Say hello"
path = "plugins/hello"
tags = ["greeting"]
provides = ["SkillProvider[hello]"]
"""

MARKETPLACE = {
    "name": "market",
    "plugins": [
        {"name": "formatter", "source": "./plugins/formatter", "description": "Format code"},
        {"name": "remote", "source": {"source": "github", "repo": "o/r"}, "description": "Far"},
        {"name": "Not A Name", "source": "./x", "description": "skipped"},
    ],
}


def one(result, name):
    """The entry of a registry in JSON output."""
    return next(entry for entry in result.json() if entry["name"] == name)


def test_core_is_there_and_works_offline(paii):
    assert one(paii.run("registry", "list", "--json"), "core")["url"] == "builtin:"
    found = paii.run("search", "memory", "--json").json()
    assert found[0]["name"] == "history" and found[0]["registry"] == "core"
    assert not paii.dir.exists(), "searching made a state folder"


def test_a_folder_is_a_registry(paii):
    folder = paii.write_tree("team", {"registry.toml": INDEX})
    paii.run("registry", "add", "team", "team")
    assert f'team = "{folder}"' in (paii.dir / "paii.toml").read_text()
    info = paii.run("info", "team/hello", "--json").json()
    assert info["available"][0]["source"] == f"{folder}/plugins/hello"
    assert info["available"][0]["provides"] == ["SkillProvider[hello]"]

    # A change is seen at once, without an update.
    paii.write("team/registry.toml", INDEX.replace("Say hello", "Greet everybody around"))
    assert "Greet everybody" in paii.run("search", "hello").stdout

    paii.run("registry", "remove", "team")
    paii.run("info", "team/hello", expect=10)
    assert not (paii.dir / "registries/team").exists()


def test_a_registry_that_cannot_be_read_is_not_added(paii):
    paii.write("empty/README.md", "nothing")
    paii.write("broken/registry.toml", "[[plugins]\n")
    for url, status, words in (("nowhere-at-all", 13, "nowhere-at-all"),
                               ("/nowhere/at/all", 10, "/nowhere/at/all"),
                               ("./empty", 12, "holds no index"),
                               ("./broken", 12, "registry.toml:1:"),
                               ("http://example.com/x.git", 13, "example.com"),
                               ("ext::sh -c id", 13, "ext::")):
        result = paii.run("registry", "add", "team", url, expect=status)
        assert words in result.stderr, result
        assert not (paii.dir / "paii.toml").exists()
        assert not (paii.dir / "registries/team").exists()


def test_names_are_checked(paii):
    paii.write_tree("team", {"registry.toml": INDEX})
    for name in ("Team", "../x", "a/b", "-x", ""):
        paii.run("registry", "add", "--", name, "team", expect=13)
    paii.run("registry", "add", "core", "team", expect=13)
    paii.run("registry", "remove", "core", expect=13)
    paii.run("registry", "add", "team", "team")
    again = paii.run("registry", "add", "team", "team", expect=13)
    assert "already" in again.stderr
    unknown = paii.run("registry", "remove", "taem", expect=10)
    assert "did you mean 'team'?" in unknown.stderr
    assert "did you mean 'team'?" in paii.run("search", "-r", "taem", "x", expect=10).stderr


def test_a_folder_that_vanished_keeps_what_is_known(paii):
    folder = paii.write_tree("team", {"registry.toml": INDEX})
    paii.run("registry", "add", "team", folder)
    (folder / "registry.toml").rename(folder / "elsewhere")
    searched = paii.run("search", "hello")
    assert "Say hello" in searched.stdout and "holds no index" in searched.stderr
    assert "holds no index" in paii.run("registry", "update", expect=12).stderr


def test_dry_run_changes_nothing(paii):
    folder = paii.write_tree("team", {"registry.toml": INDEX})
    assert "would" in paii.run("registry", "add", "--dry-run", "team", folder).stdout
    assert not (paii.dir / "paii.toml").exists()


def test_the_rest_of_paii_toml_stays(paii):
    before = "# mine\n[registries]   # where\n\n[defaults]\nlanguage = 'rust' # yes\n"
    paii.write(".config/paii/paii.toml", before)
    folder = paii.write_tree("team", {"registry.toml": INDEX})
    paii.dir.chmod(0o700)
    paii.run("registry", "add", "team", folder, "--priority", "5")
    added = (paii.dir / "paii.toml").read_text()
    assert "priority = 5" in added and "language = 'rust' # yes" in added
    paii.run("registry", "remove", "team")
    assert (paii.dir / "paii.toml").read_text() == before


def test_a_git_repository_is_a_registry(paii, git):
    repo = git.repo("team", {"registry.toml": INDEX, "plugins/hello/SKILL.md": "# Hello\n"})
    added = paii.run("registry", "add", "team", repo.url, "--json").json()[0]
    assert added["changed"] and added["plugins"] == 1 and added["stamp"] == repo.head
    assert paii.run("info", "hello", "--json").json()["available"][0]["commit"] == repo.head

    # Unchanged: one request, and nothing is written.
    before = paii.snapshot(paii.dir / "registries/team")
    again = one(paii.run("registry", "update", "team", "--json"), "team")
    assert not again["changed"] and again["requests"] <= 1
    assert paii.snapshot(paii.dir / "registries/team") == before

    repo.commit({"registry.toml": INDEX.replace("1.0.0", "1.1.0")})
    assert one(paii.run("registry", "update", "--json"), "team")["changed"]
    assert paii.run("info", "hello", "--json").json()["available"][0]["version"] == "1.1.0"


def test_a_git_registry_below_a_folder_and_at_a_tag(paii, git):
    repo = git.repo("team", {"sub/registry.toml": INDEX})
    repo.tag("v1")
    repo.commit({"sub/registry.toml": "[registry]\n"})
    paii.run("registry", "add", "old", f"{repo.url}//sub", "--ref", "v1")
    paii.run("registry", "add", "new", f"{repo.url}//sub")
    plugins = {entry["name"]: entry["plugins"]
               for entry in paii.run("registry", "list", "--json").json()}
    assert plugins == {"core": plugins["core"], "old": 1, "new": 0}
    source = paii.run("info", "old/hello", "--json").json()["available"][0]["source"]
    assert source.startswith(f"{repo.url}//sub/plugins/hello")


def test_a_marketplace_in_git_is_a_registry(paii, git):
    repo = git.repo("market", {".claude-plugin/marketplace.json": json.dumps(MARKETPLACE)})
    added = paii.run("registry", "add", "market", repo.url, "--verbose", "--json")
    assert added.json()[0]["plugins"] == 2 and added.json()[0]["skipped"] == 1
    assert "'Not A Name' is no plugin name" in added.stderr
    info = paii.run("info", "remote", "--json").json()["available"][0]
    assert info["source"] == "https://github.com/o/r.git"
    assert info["version"] == "0.0.0+unversioned"


def test_an_unreachable_registry_keeps_its_catalog(paii, git):
    repo = git.repo("team", {"registry.toml": INDEX})
    paii.run("registry", "add", "team", repo.url)
    repo.path.rename(repo.path.with_name("gone"))
    failed = paii.run("registry", "update", check=False)
    assert failed.code != 0 and "team" in failed.stderr
    assert "core" in failed.stdout, "the others are updated all the same"
    assert "Say hello" in paii.run("search", "hello").stdout


def test_a_damaged_catalog_is_made_again(paii, git):
    repo = git.repo("team", {"registry.toml": INDEX})
    paii.run("registry", "add", "team", repo.url)
    catalog = paii.dir / "registries/team/catalog"
    catalog.write_bytes(catalog.read_bytes()[:-1] + b"x")
    assert "never updated" in paii.run("search", "hello", check=False).stderr
    paii.run("registry", "update", "team")
    assert "Say hello" in paii.run("search", "hello").stdout


def test_check_reports_everything_at_once(paii):
    folder = paii.write_tree("bad", {"plugin.toml": "[plugin]\nname = \"Bad\"\nversion = \"1\"\n"
                                                    "licens = \"MIT\"\n[hooks]\nstop = 5\n"})
    result = paii.run("check", folder, expect=12)
    assert result.stdout.count("error:") == 3 and "did you mean 'license'?" in result.stdout
    findings = paii.run("check", folder, "--json", expect=12).json()["findings"]
    assert {"level": "warning", "line": 4}.items() <= findings[[f["line"] for f in findings].index(4)].items()
    good = paii.write_tree("good", {"plugin.toml": "[plugin]\nname = \"good\"\nversion = \"1.0.0\"\n"})
    paii.run("check", cwd=good)
    paii.run("check", "--strict", cwd=good, expect=12)  # it has no description
    paii.run("check", "nowhere", expect=10)
