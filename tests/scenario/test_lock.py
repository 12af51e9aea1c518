"""The lock file: what it says, that it is the same bytes, and that it is enough to install from."""

import shutil
import subprocess
import tomllib

import pytest

from shelf import Shelf, everything, generation, installed, lock_text, plugin, skill_text, tar

NAMES = ("hello", "tools", "packed")


@pytest.fixture
def team(paii):
    return Shelf(paii, "team").add("hello", "1.0.0").add("hello", "1.2.0")


def rows(text):
    return {row["name"]: row for row in tomllib.loads(text).get("plugin", [])}


def install_three(paii, git, web):
    """A plugin of a registry in Git over https, one of a repository, one of an archive."""
    listed = {f"p/{name}": text for name, text in plugin("hello").items()}
    listed["registry.toml"] = ('[registry]\nname = "web"\n[[plugins]]\nname = "hello"\n'
                               'version = "1.0.0"\npath = "p"\n')
    paii.run("registry", "add", "web", web.add_repository("shelf", git.repo("shelf", listed)),
             env=web.env)
    tools = web.add_repository("tools", git.repo("tools", plugin("tools")))
    packed = web.add("packed.tar.gz", tar(plugin("packed")))
    paii.run("install", "hello", f"{tools}#main", packed, env=web.env)
    assert set(installed(paii)) == set(NAMES)


def forget(paii, *, caches):
    """Everything but the lock file: a machine that never saw a plugin, or one with its caches."""
    lock = paii.write("kept.lock", lock_text(paii))
    shutil.rmtree(paii.claude)
    for folder in [path for path in paii.dir.rglob("*") if path.is_dir() and not path.is_symlink()]:
        folder.chmod(0o755)
    shutil.rmtree(paii.dir)
    if not caches:
        shutil.rmtree(paii.home / ".cache", ignore_errors=True)
    return lock


# ---- what it says


def test_it_names_the_registry_by_its_url(paii, team):
    paii.run("install", "hello")
    row = rows(lock_text(paii))["hello"]
    assert row["registry"] == "team" and row["origin"] == str(team.folder)
    paii.run("install", "incident")
    assert rows(lock_text(paii))["incident"]["origin"] == "builtin:"


def test_it_names_what_a_plugin_may_do(paii):
    makefile = ("install:\n\tmkdir -p $(DESTDIR)$(PREFIX)/bin\n"
                "\techo x > $(DESTDIR)$(PREFIX)/bin/able\n")
    files = plugin("able", **{
        ".mcp.json": '{"mcpServers": {"search": {"command": "x"}}}',
        "hooks/hooks.json": '{"hooks": {"PreToolUse": [{"hooks": [{"type": "command", "command": "x"}]}]}}',
        "Makefile": makefile})
    files["plugin.toml"] += ('[hooks]\nstop = true\n[config]\n'
                             'token = { type = "string", env = "ABLE_TOKEN" }\n')
    paii.write_tree("able", files)
    paii.run("install", paii.home / "able")
    assert rows(lock_text(paii))["able"]["capabilities"] == \
        ["build:make", "env:ABLE_TOKEN", "hook:pre-tool-use", "hook:stop", "mcp:search"]


def test_same_plan_same_bytes(paii, team):
    team.add("other", "1.0.0")
    paii.run("install", "hello", "other")
    first = lock_text(paii)
    paii.run("remove", "hello", "other")
    paii.run("install", "other")
    paii.run("install", "hello")
    assert lock_text(paii) == first


# ---- installing from it


def test_locked_is_exact(paii, team):
    team.add("other", "1.0.0")
    paii.run("install", "hello@1.0.0")
    lock = paii.write("team.lock", lock_text(paii))
    paii.run("install", "hello@1.2.0", "other")
    paii.run("install", "--locked", lock)
    assert installed(paii) == {"hello": "1.0.0"}
    assert lock_text(paii) == lock.read_text()
    at = generation(paii)
    paii.run("install", "--locked", lock)
    assert generation(paii) == at, "there was nothing to change"


def test_locked_takes_the_lock_of_the_folder(paii, team):
    paii.run("install", "hello@1.0.0")
    paii.write("project/paii.lock", lock_text(paii))
    paii.run("install", "hello@1.2.0")
    shown = paii.run("install", "--locked", "--dry-run", cwd=paii.home / "project")
    assert "hello 1.2.0 -> 1.0.0" in shown.stdout and installed(paii) == {"hello": "1.2.0"}
    paii.run("install", "--locked", cwd=paii.home / "project")
    assert installed(paii) == {"hello": "1.0.0"}
    paii.run("install", "--locked")
    assert installed(paii) == {"hello": "1.0.0"}, "elsewhere: what is installed"


def test_locked_needs_no_index(paii, git, web):
    install_three(paii, git, web)
    lock = forget(paii, caches=False)
    web.forget()
    paii.run("install", "--locked", lock, env=web.env)
    assert lock_text(paii) == lock.read_text()
    assert all(f"# {name} 1.0.0" in skill_text(paii, name) for name in NAMES)
    assert not (paii.dir / "registries/web").exists()


def test_locked_and_offline_makes_no_connection(paii, git, web):
    install_three(paii, git, web)
    lock = forget(paii, caches=True)
    web.close()
    paii.run("install", "--locked", "--offline", lock)
    assert lock_text(paii) == lock.read_text()
    paii.run("remove", *NAMES)
    paii.run("install", "--locked", lock, env={"PAII_OFFLINE": "1"})
    assert set(installed(paii)) == set(NAMES)


def test_offline_works_without_a_network(paii, git, web):
    """In a namespace of its own that has no network at all."""
    install_three(paii, git, web)
    lock = forget(paii, caches=True)
    alone = ["unshare", "--net", "--map-root-user", paii.program]
    command = [*alone, "install", "--locked", "--offline", lock]
    if subprocess.run(["unshare", "--net", "--map-root-user", "true"], check=False).returncode:
        pytest.skip("no network namespaces")
    done = subprocess.run(command, env=paii.environment(), cwd=paii.home, check=False,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert lock_text(paii) == lock.read_text()


def test_offline_says_what_was_missing(paii, git, web):
    install_three(paii, git, web)
    lock = forget(paii, caches=False)
    web.forget()
    before = everything(paii)
    refused = paii.run("install", "--locked", "--offline", lock, expect=20)
    assert web.url in refused.stderr and "offline" in refused.stderr
    paii.run("install", f"{web.url}/packed.tar.gz", "--offline", expect=20)
    assert not (paii.dir / "current").exists()
    assert {path for path in everything(paii) if "SKILL" in path} == \
        {path for path in before if "SKILL" in path}
    assert not web.requests


def test_update_offline_uses_what_is_known(paii, team):
    paii.run("install", "hello@^1.0.0")
    team.add("hello", "1.3.0")
    paii.run("update", "--offline")
    assert installed(paii) == {"hello": "1.3.0"}, "a folder is no connection"


# ---- what came is compared with it


def test_other_content_than_locked_is_refused(paii, team):
    paii.run("install", "hello@1.0.0")
    lock = forget(paii, caches=True)
    paii.write(team.folder / "plugins/hello-1.0.0/SKILL.md", "---\nname: hello\n---\nother\n")
    refused = paii.run("install", "--locked", lock, expect=14)
    assert "hello" in refused.stderr and not (paii.dir / "current").exists()


def test_a_live_folder_is_not_locked(paii):
    paii.write_tree("hello", plugin("hello"))
    paii.run("install", "--dev", paii.home / "hello")
    lock = paii.write("live.lock", lock_text(paii))
    assert "live" in paii.run("install", "--locked", lock, expect=13).stderr
    paii.run("install", "--locked")


@pytest.mark.parametrize("key, value", [
    ("name", "../evil"), ("registry", "../evil"), ("path", "../../etc"), ("tree", "abc"),
    ("prefix", "hello/../../x-0123456789abcdef"), ("prefix", "other/1.0.0-0123456789abcdef"),
    ("prefix", "hello/1.0.0-0123"), ("url", "ext::sh -c id"), ("ref", "--upload-pack=id"),
    ("commit", "HEAD")])
def test_what_a_lock_says_is_checked(paii, git, key, value):
    repo = git.repo("many", {f"a/{name}": text for name, text in plugin("hello").items()})
    paii.run("install", f"{repo.url}//a#main")
    row = rows(lock_text(paii))["hello"]
    text = lock_text(paii)
    old = f'{key} = "{row[key]}"' if key in row else 'kind = '
    new = f'{key} = "{value}"' if key in row else f'{key} = "{value}"\nkind = '
    lock = paii.write("evil.lock", text.replace(old, new, 1))
    before = everything(paii)
    paii.run("install", "--locked", lock, expect=12)
    assert everything(paii) == before


@pytest.mark.parametrize("line", ['"hello" = "hello"', '"hello.a\\" = 1" = "hello"', '"Hello.a" = "hello"',
                                  '"hello.a" = "../hello"', '"hello.a" = 1'])
def test_a_binding_names_plugins(paii, team, line):
    """What is read is written into the next lock."""
    paii.run("install", "hello")
    lock = paii.write("x.lock", lock_text(paii) + f"\n[bindings]\n{line}\n")
    assert "x.lock" in paii.run("install", "--locked", lock, expect=12).stderr


def test_a_lock_cannot_name_what_is_not_that_plugin(paii, team):
    """Another plugin's tree under a prefix that the store has: the hash decides, not the name."""
    paii.run("install", "hello@1.0.0")
    row = rows(lock_text(paii))["hello"]
    lock = paii.write("evil.lock", lock_text(paii).replace(row["tree"], "0" * 64))
    assert "tree" in paii.run("install", "--locked", lock, expect=14).stderr


def test_an_unpinned_lock_is_refused(paii, git):
    repo = git.repo("hello", plugin("hello"))
    paii.run("install", f"{repo.url}#main")
    text = lock_text(paii).replace(f'commit = "{repo.head}"\n', "")
    assert "pin" in paii.run("install", "--locked", paii.write("x.lock", text), expect=12).stderr


# ---- a published version does not change


def test_a_version_that_changes_content_is_refused(paii, team):
    paii.run("install", "hello@1.0.0")
    paii.run("remove", "hello")
    paii.write(team.folder / "plugins/hello-1.0.0/SKILL.md", "---\nname: hello\n---\nother\n")
    refused = paii.run("install", "hello@1.0.0", expect=14)
    assert "hello 1.0.0" in refused.stderr and "team" in refused.stderr
    assert installed(paii) == {}
    paii.run("install", "hello@1.2.0")
    assert installed(paii) == {"hello": "1.2.0"}
    paii.run("install", team.folder / "plugins/hello-1.0.0")
    assert installed(paii) == {"hello": "1.0.0"}, "a folder that a person names is not a registry"


def test_another_registry_of_that_name_is_another(paii, team):
    paii.run("install", "hello@1.0.0")
    paii.run("remove", "hello")
    paii.run("registry", "remove", "team")
    other = Shelf(paii, "moved")
    paii.run("registry", "remove", "moved")
    other.add("hello", "1.0.0", **{"more.txt": "x"})
    paii.run("registry", "add", "team", other.folder)
    paii.run("install", "hello@1.0.0")
    assert installed(paii) == {"hello": "1.0.0"}
