"""paii install: every kind of thing that a person can name."""

import hashlib
import os
import shutil
import stat

import pytest

from servers import SshServer
from shelf import (Shelf, everything, generation, installed, lock_text, plugin, skill_text, steps,
                   tar, zipped)

MAKEFILE = ("all: ; @true\ninstall:\n\tmkdir -p $(DESTDIR)$(PREFIX)/bin\n"
            "\tprintf '#!/bin/sh\\necho made\\n' > $(DESTDIR)$(PREFIX)/bin/tool\n"
            "\tchmod 755 $(DESTDIR)$(PREFIX)/bin/tool\n")


@pytest.fixture
def team(paii):
    return Shelf(paii, "team").add("hello", "1.0.0").add("hello", "1.2.0").add("hello", "2.0.0")


# ---- names


def test_a_name(paii, team):
    shown = paii.run("install", "hello")
    assert "+ hello 2.0.0 (team)" in shown.stdout
    assert "hello 2.0.0" in skill_text(paii, "hello")
    assert (paii.dir / "plugins/hello/plugin.toml").read_text().startswith("[plugin]")


def test_a_name_of_a_registry(paii, team):
    Shelf(paii, "other").add("hello", "9.0.0")
    paii.run("install", "team/hello")
    assert installed(paii) == {"hello": "2.0.0"}
    assert 'registry = "team"' in lock_text(paii)
    paii.run("remove", "hello")
    paii.run("install", "hello", "--registry", "other")
    assert installed(paii) == {"hello": "9.0.0"}


@pytest.mark.parametrize("range_, version", [
    ("1.0.0", "1.0.0"), ("^1", "1.2.0"), ("~1.0", "1.0.0"), (">=1 <2", "1.2.0"), ("1.x", "1.2.0"),
    ("*", "2.0.0")])
def test_a_name_in_a_range(paii, team, range_, version):
    paii.run("install", f"team/hello@{range_}")
    assert installed(paii) == {"hello": version}


# ---- Git


def test_git_with_a_subfolder_and_a_ref(paii, git):
    files = {f"plugins/hello/{name}": text for name, text in plugin("hello").items()}
    repo = git.repo("many", files)
    repo.tag("v1")
    newer = {f"plugins/hello/{name}": text for name, text in plugin("hello", "2.0.0").items()}
    repo.commit(newer)
    paii.run("install", f"{repo.url}//plugins/hello#v1")
    assert installed(paii) == {"hello": "1.0.0"}
    assert f'commit = "{repo.git("rev-parse", "v1")}"' in lock_text(paii)
    paii.run("install", f"{repo.url}//plugins/hello#main")
    assert installed(paii) == {"hello": "2.0.0"}
    paii.run("install", f"{repo.url}//plugins/hello#{repo.git('rev-parse', 'v1')}")
    assert installed(paii) == {"hello": "1.0.0"}


def test_git_by_a_path(paii, git):
    repo = git.repo("hello.git", plugin("hello"))
    paii.run("install", repo.path)
    assert f'commit = "{repo.head}"' in lock_text(paii)


def test_git_over_https(paii, git, web):
    url = web.add_repository("hello", git.repo("hello", {"sub/" + name: text for name, text
                                                         in plugin("hello").items()}))
    paii.run("install", f"{url}//sub#main", env=web.env)
    assert skill_text(paii, "hello") and f'url = "{url}"' in lock_text(paii)


def test_a_name_of_a_registry_over_https(paii, git, web):
    """One plugin is in the registry's own tree, one in a repository of its own, one an archive."""
    archive = tar(plugin("packed"))
    far = web.add_repository("far", git.repo("far", {f"in/{name}": text for name, text
                                                     in plugin("far").items()}))
    rows = {"near": 'path = "plugins/near"', "far": f'source = "{far}"\npath = "in"',
            "packed": f'source = "{web.add("packed.zip", zipped(plugin("packed")))}"',
            "pinned": f'source = "{web.add("pinned.tgz", archive)}"\nsha256 = "{"0" * 64}"'}
    index = "[registry]\n" + "".join(
        f'[[plugins]]\nname = "{name}"\nversion = "1.0.0"\n{row}\n' for name, row in rows.items())
    repo = git.repo("shelf", {"registry.toml": index, **{
        f"plugins/near/{name}": text for name, text in plugin("near").items()}})
    paii.run("registry", "add", "web", web.add_repository("shelf", repo), env=web.env)
    paii.run("install", "near", "far", "packed", env=web.env)
    assert installed(paii) == {"near": "1.0.0", "far": "1.0.0", "packed": "1.0.0"}
    assert f'commit = "{repo.head}"' in lock_text(paii)
    before = everything(paii)
    paii.run("install", "pinned", env=web.env, expect=14)
    assert everything(paii) == before


def test_git_over_ssh(paii, git, tmp_path):
    if not shutil.which("sshd") and not shutil.which("/usr/sbin/sshd"):
        pytest.skip("no sshd")
    server = SshServer(tmp_path / "sshd")
    try:
        repo = git.repo("hello", plugin("hello"))
        env = {"PATH": f"{server.path}:{paii.env['PATH']}"}
        paii.run("install", f"{server.url}{repo.path}", env=env)
        assert installed(paii) == {"hello": "1.0.0"}
        server.lose_key()
        refused = paii.run("update", env=env, expect=21)
        assert "127.0.0.1" in refused.stderr
    finally:
        server.close()


# ---- archives


@pytest.mark.parametrize("name, make", [("hello-1.0.0.tar.gz", tar), ("hello.zip", zipped)])
def test_an_archive_file(paii, name, make):
    path = paii.write(f"downloads/{name}", make(plugin("hello")))
    paii.run("install", path)
    assert "hello 1.0.0" in skill_text(paii, "hello")
    paii.run("remove", "hello")
    paii.run("install", f"./{name}", cwd=path.parent)
    assert installed(paii) == {"hello": "1.0.0"}


def test_an_archive_at_a_url(paii, web):
    data = tar(plugin("hello"))
    url = web.add("dl/hello-1.0.0.tar.gz", data)
    paii.run("install", url, env=web.env)
    digest = hashlib.sha256(data).hexdigest()
    assert f'sha256 = "{digest}"' in lock_text(paii)
    paii.run("remove", "hello")
    paii.run("install", f"{url}#sha256={digest}", env=web.env)
    assert installed(paii) == {"hello": "1.0.0"}


# ---- folders


def test_a_folder_is_copied(paii):
    folder = paii.write_tree("work/hello", plugin("hello"))
    paii.run("install", "./hello", cwd=folder.parent)
    paii.write(folder / "SKILL.md", "edited")
    assert "hello 1.0.0" in skill_text(paii, "hello")
    prefix = (paii.dir / "current/prefix/hello").resolve()
    assert stat.S_IMODE(prefix.stat().st_mode) == 0o555
    assert stat.S_IMODE((prefix / "SKILL.md").stat().st_mode) == 0o444


def test_a_live_folder(paii):
    folder = paii.write_tree("work/hello", plugin("hello"))
    before = paii.snapshot(folder)
    assert "live from" in paii.run("install", "--dev", folder).stdout
    paii.write(folder / "SKILL.md", "edited")
    assert skill_text(paii, "hello") == "edited"
    paii.write_tree(folder, plugin("hello"))
    paii.run("remove", "hello")
    assert paii.snapshot(folder) == before
    assert not paii.claude.exists()


def test_live_is_for_folders(paii, team):
    refused = paii.run("install", "--dev", "hello", expect=1)
    assert "'hello' is not one" in refused.stderr and "--dev ./" in refused.stderr


def test_a_live_folder_is_built_in_place(paii):
    folder = paii.write_tree("work/maker", plugin("maker", build="make", Makefile=MAKEFILE))
    paii.run("install", "--dev", folder)
    assert os.access(folder / "bin/tool", os.X_OK)
    paii.run("remove", "maker")
    assert (folder / "Makefile").exists()


# ---- transactions


def test_several_are_one_transaction(paii, team):
    team.add("second", "1.0.0")
    folder = paii.write_tree("work/third", plugin("third"))
    paii.run("install", "hello", "second@^1", folder)
    assert installed(paii) == {"hello": "2.0.0", "second": "1.0.0", "third": "1.0.0"}
    assert generation(paii) == 1


@pytest.mark.parametrize("bad, status", [
    ("nope", 10), ("hello@^7", 10), ("~/no-such-folder", 10), ("./broken", 12),
    ("needy", 11), ("file:///nowhere/x.git", 10), ("./failing", 1)])
def test_one_bad_one_and_nothing_happens(paii, team, bad, status):
    team.add("first").add("second").add("needy", consumes=[
        'dep = { contract = "NobodyProvider", optional = false }'])
    paii.write_tree("broken", {"plugin.toml": "[plugin\n"})
    paii.write_tree("failing", plugin("failing", build="make", Makefile="install:\n\tfalse\n"))
    paii.run("install", "first")
    before = everything(paii)
    paii.run("install", "second", bad, expect=status)
    assert everything(paii) == before
    assert installed(paii) == {"first": "1.0.0"}


def test_what_is_there_already_is_left_alone(paii, team):
    paii.run("install", "hello@^1")
    before = everything(paii)
    again = paii.run("install", "hello@^1")
    assert "already installed" in again.stdout + again.stderr
    assert everything(paii) == before
    assert steps(paii.run("install", "hello@^1", "--json")) == {}
    assert generation(paii) == 1


def test_the_same_build_is_made_once(paii):
    count = paii.home / "built"
    text = MAKEFILE.replace("@true", f"echo x >> {count}")
    folder = paii.write_tree("work/maker", plugin("maker", build="make", Makefile=text))
    paii.run("install", folder)
    paii.run("remove", "maker")
    paii.run("install", folder)
    assert count.read_text() == "x\n"
    assert (paii.dir / "current/prefix/maker/bin/tool").exists()


def test_two_sources_of_one_name_in_one_command(paii):
    one = paii.write_tree("one", plugin("hello"))
    two = paii.write_tree("two", plugin("hello", "2.0.0"))
    refused = paii.run("install", one, two, expect=1)
    assert "are both plugin 'hello'" in refused.stderr
    assert installed(paii) == {}
