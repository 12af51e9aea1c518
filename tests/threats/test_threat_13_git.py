"""Rows 13 to 15: what a repository brings along, pins that are not kept, hosts that nobody knows."""

import shutil

import pytest

from hostile import commit_tree, hash_object, honest_tree, tree
from servers import SshServer
from shelf import installed, lock_text, plugin, skill_text, tar

# ---- row 13


@pytest.mark.parametrize("name", [".git", ".GIT", ".Git", "git~1", ".git ", ".git.", ".git::$INDEX_ALLOCATION",
                                  ".g\u200cit", ".git\\hooks"])
def test_a_git_folder_in_any_spelling(world, git, name):
    repo = git.repo("evil")
    hooks = tree(repo, ("100755", "post-checkout", hash_object(repo, "blob", b"#!/bin/sh\ntouch ran\n")))
    commit_tree(repo, ("40000", name, hooks), *honest_tree(repo))
    world.refused("install", repo.url, words=["git" if "\u200c" not in name else ".g"])


def test_submodules_filters_and_hooks_do_nothing(world, git):
    marker = world.directory / "ran"
    repo = git.repo("evil")
    modules = (f'[submodule "a"]\n path = sub\n url = ext::sh -c "touch {marker}"\n update = !touch {marker}\n')
    commit_tree(repo, *honest_tree(repo),
                ("100644", ".gitmodules", hash_object(repo, "blob", modules.encode())),
                ("100644", ".gitattributes", hash_object(repo, "blob", b"* filter=evil\n")),
                ("100644", "big", hash_object(repo, "blob", b"version https://git-lfs.github.com/spec/v1\n")),
                ("160000", "sub", "34" * 20))
    world.person.write(".gitconfig", f'[filter "evil"]\n smudge = touch {marker}\n process = touch {marker}\n'
                       f"[core]\n hooksPath = {world.directory}\n fsmonitor = touch {marker}\n")
    assert world.run("install", repo.url).code == 0
    prefix = (world.person.claude / "skills/evil").resolve()
    assert not marker.exists() and not list(prefix.rglob(".git"))
    assert not (prefix / "sub").exists()
    assert (prefix / "big").read_bytes().startswith(b"version https")


# ---- row 14


def test_a_branch_that_is_named_like_the_pinned_commit(world, git):
    repo = git.repo("evil", plugin("evil"))
    good = repo.head
    repo.git("checkout", "-q", "-b", "x")
    repo.commit({"SKILL.md": "swapped"})
    repo.git("update-ref", f"refs/heads/{good}", "HEAD")
    repo.git("update-ref", f"refs/tags/{good}", "HEAD")
    assert world.run("install", f"{repo.url}#{good}").code == 0
    assert "swapped" not in skill_text(world.person, "evil")
    assert good in lock_text(world.person)


def test_a_commit_that_only_a_branch_is_named_like(world, git, web):
    repo = git.repo("evil", plugin("evil"))
    nowhere = "ab" * 20
    repo.git("update-ref", f"refs/heads/{nowhere}", "HEAD")
    world.refused("install", f"{repo.url}#{nowhere}", code=14)
    url = web.add_repository("evil", repo)
    world.refused("install", f"{url}#{nowhere}", code=(14, 20), env=web.env)


@pytest.mark.parametrize("name", ["FETCH_HEAD", "HEAD", "ORIG_HEAD"])
def test_a_default_branch_with_a_name_of_gits_own(world, git, web, name):
    repo = git.repo("evil", plugin("evil"))
    good = repo.head
    repo.git("update-ref", f"refs/heads/{name}", "HEAD")
    repo.git("symbolic-ref", "HEAD", f"refs/heads/{name}")
    repo.commit({"SKILL.md": "swapped"})
    url = web.add_repository("evil", repo)
    result = world.run("install", f"{url}#{good}", env=web.env)
    assert result.code == 0 and "swapped" not in skill_text(world.person, "evil"), repr(result)


def test_an_abbreviated_id(world, git):
    """Seven digits are a name, which somebody may give to a branch; they pin nothing."""
    repo = git.repo("evil", plugin("evil"))
    good = repo.head
    repo.commit({"SKILL.md": "swapped"})
    repo.git("update-ref", f"refs/heads/{good[:7]}", "HEAD")
    result = world.run("install", f"{repo.url}#{good[:7]}")
    if result.code == 0:
        assert repo.head in lock_text(world.person), "a branch of that name, or nothing"
    world.shelf.list("short", version="1.0.0", source="https://localhost:1/x.git", commit=good[:7])
    world.refused("install", "short", code=(10, 12, 13))


@pytest.mark.parametrize("change", ["tag", "force-push"])
def test_a_pinned_commit_outlives_moved_names(world, git, web, change):
    repo = git.repo("evil", plugin("evil"))
    good = repo.tag("v1.0.0")
    url = web.add_repository("evil", repo)
    world.shelf.list("evil", version="1.0.0", source=url, ref="v1.0.0", commit=good)
    if change == "tag":
        repo.commit({"SKILL.md": "swapped"})
        repo.git("tag", "-f", "v1.0.0")
    else:
        repo.git("checkout", "-q", "--orphan", "other")
        repo.commit({"SKILL.md": "swapped"})
        for name in ("refs/heads/main", "refs/tags/v1.0.0"):
            repo.git("update-ref", "-d", name)
        repo.git("reflog", "expire", "--expire=now", "--all")
        repo.git("gc", "-q", "--prune=now")
    before = world.state()
    result = world.run("install", "evil", env=web.env)
    if result.code == 0:
        assert "swapped" not in skill_text(world.person, "evil")
        assert good in lock_text(world.person)
    else:
        assert result.code in (10, 14), repr(result)
        assert good in result.stderr or "v1.0.0" in result.stderr, repr(result)
        assert world.state() == before


def test_a_pinned_archive_that_changed(world, web):
    web.add("evil.tar.gz", tar(plugin("evil")))
    world.shelf.list("evil", version="1.0.0", source=f"{web.url}/evil.tar.gz", sha256="0" * 64)
    world.refused("install", "evil", code=14, words=["0" * 64], env=web.env)


def test_a_version_whose_content_changes(world):
    """The same version of the same registry with other content is never taken silently."""
    world.person.write(world.shelf.folder / "plugins/hello-1.0.0/SKILL.md", "swapped")
    before = skill_text(world.person, "hello")
    world.run("update")
    world.run("install", "hello")
    assert skill_text(world.person, "hello") == before


# ---- row 15


@pytest.fixture
def ssh(tmp_path):
    if not (shutil.which("sshd") or shutil.which("/usr/sbin/sshd")) or not shutil.which("ssh-keygen"):
        pytest.skip("no sshd")
    server = SshServer(tmp_path / "ssh")
    yield server
    server.close()


@pytest.mark.parametrize("host", ["unknown", "changed"])
def test_ssh_hosts(world, git, ssh, host):
    repo = git.repo("evil", plugin("evil"))
    env = {"PATH": f"{ssh.path}:/usr/local/bin:/usr/bin:/bin"}
    url = f"{ssh.url}{repo.path}"
    known = ssh.known_hosts.read_text()
    ssh.forget_host() if host == "unknown" else ssh.change_host()
    planted = ssh.known_hosts.read_text()
    world.refused("install", url, code=(13, 20, 21), words=["127.0.0.1"], env=env)
    world.refused("registry", "add", "far", url, code=(13, 20, 21), env=env)
    assert ssh.known_hosts.read_text() == planted, "nobody was asked, so nothing was learned"
    ssh.known_hosts.write_text(known)
    assert world.run("install", url, env=env).code == 0
    assert set(installed(world.person)) == {"hello", "evil"}
