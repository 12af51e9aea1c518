"""Several plugins at once: what they have in common is asked for, and brought, once."""

import hashlib
import shutil
import subprocess

import pytest

from fetching import Helper
from shelf import Shelf, everything, generation, installed, lock_text, plugin, skill_text, tar

NAMES = [f"kit-{n}" for n in range(12)]


@pytest.fixture
def helper(build, web, tmp_path):
    made = Helper(build / "libexec/paii/paii-fetch", tmp_path / "jobs")
    made.env.update(web.env)
    return made


def folders(names=NAMES):
    """{path: text} of a registry whose plugins are folders of its own repository."""
    rows = "".join(f'[[plugins]]\nname = "{name}"\nversion = "1.0.0"\npath = "plugins/{name}"\n'
                   for name in names)
    files = {"registry.toml": f'[registry]\nname = "lab"\n{rows}'}
    for name in names:
        files |= {f"plugins/{name}/{path}": text for path, text in plugin(name).items()}
    return files


def archives(web, names=NAMES, **changed):
    """The text of a registry whose plugins are archives of one server; `changed` are other bytes."""
    rows = ["[registry]\nname = \"lab\"\n"]
    for name in names:
        packed = tar(plugin(name))
        url = web.add(f"{name}.tar.gz", changed.get(name.replace("-", "_"), packed))
        rows.append(f'[[plugins]]\nname = "{name}"\nversion = "1.0.0"\nsource = "{url}"\n'
                    f'sha256 = "{hashlib.sha256(packed).hexdigest()}"\n')
    return "".join(rows)


def empty_store(paii):
    """What was built is gone, what was brought here is not."""
    store = paii.dir / "store"
    for folder in [store, *(path for path in store.rglob("*") if path.is_dir())]:
        folder.chmod(0o700)
    shutil.rmtree(store)


def items_in(helper, rows):
    """A staging folder with a folder for each item, and the items."""
    staging = helper.staging()
    for number in range(len(rows)):
        (staging / str(number)).mkdir()
    return staging, [{"folder": str(number), "into": "src", **row} for number, row in enumerate(rows)]


# ---- Git


def test_plugins_of_one_commit_are_one_request(paii, git, web):
    repo = git.repo("lab", folders())
    paii.run("registry", "add", "lab", web.add_repository("lab", repo), env=web.env)
    web.forget()
    paii.run("install", *NAMES, env=web.env)
    assert web.requests == ["POST /git/lab.git/git-upload-pack"]
    assert set(installed(paii)) == set(NAMES)
    assert all(f"{name} 1.0.0" in skill_text(paii, name) for name in NAMES)
    assert lock_text(paii).count(f'commit = "{repo.head}"') == len(NAMES)
    paii.run("verify")


def test_plugins_of_one_commit_are_in_the_cache_together(paii, git, web):
    paii.run("registry", "add", "lab", web.add_repository("lab", git.repo("lab", folders())),
             env=web.env)
    paii.run("install", *NAMES, env=web.env)
    before = lock_text(paii)
    paii.run("remove", *NAMES)
    empty_store(paii)
    web.forget()
    paii.run("install", *NAMES, env=web.env)
    assert web.requests == [] and lock_text(paii) == before


def test_direct_sources_of_one_branch_are_one_clone(paii, git, web):
    url = web.add_repository("lab", git.repo("lab", folders()))
    paii.run("install", *(f"{url}//plugins/{name}#main" for name in NAMES), env=web.env)
    assert len(web.requests) == 4  # what it can, where main is, its folders, their files
    assert set(installed(paii)) == set(NAMES)


@pytest.mark.parametrize("filtering", [True, False])
def test_a_bad_folder_of_many_is_named_and_nothing_changes(paii, git, web, filtering):
    files = folders()
    files["plugins/kit-7/con.txt/a\\b"] = "no name for a file\n"
    url = web.add_repository("lab", git.repo("lab", files), filtering)
    paii.run("registry", "add", "lab", url, env=web.env)
    paii.run("install", "kit-1", env=web.env)
    before = everything(paii)
    failed = paii.run("install", *NAMES, env=web.env, expect=13)
    assert "plugin 'kit-7': refused 'con.txt" in failed.stderr
    assert everything(paii) == before and generation(paii) == 1
    paii.run("install", *(name for name in NAMES if name != "kit-7"), env=web.env)
    assert len(installed(paii)) == len(NAMES) - 1


def test_a_folder_of_many_that_is_not_there_is_named(paii, git, web):
    files = {path: text for path, text in folders().items() if not path.startswith("plugins/kit-5/")}
    url = web.add_repository("lab", git.repo("lab", files))
    paii.run("registry", "add", "lab", url, env=web.env)
    paii.run("install", "kit-1", env=web.env)
    before = everything(paii)
    failed = paii.run("install", *NAMES, env=web.env, expect=10)
    assert "plugin 'kit-5'" in failed.stderr and "plugins/kit-5" in failed.stderr
    assert everything(paii) == before


def test_what_the_server_sends_as_differences_is_put_together(helper, git, web):
    """Files that are nearly alike come as deltas, whose bases are elsewhere in the pack."""
    lines = [f"line {n} of a text that is long enough to be worth a difference\n" for n in range(200)]
    files = {f"plugins/{n}/text": "".join(lines[:n] + ["other\n"] + lines[n:]) for n in range(20)}
    repo = git.repo("work", files)
    url = web.add_repository("work", repo)
    whole = helper.run("git-tree", url=url, path="", into="src")
    assert whole.files("src") == {path: text.encode() for path, text in files.items()}
    assert whole["received"] < sum(map(len, files.values())) / 10


def test_the_items_of_a_request_have_their_own_answers(helper, git, web):
    url = web.add_repository("work", git.repo("work", folders()))
    alone = helper.run("git-tree", url=url, path="plugins/kit-3", into="src")
    staging, items = items_in(helper, [{"path": f"plugins/{name}"} for name in NAMES])
    web.forget()
    answer = helper.run("git-tree", staging=staging, url=url, items=items)
    rows = [event for event in answer.events if event["event"] == "item"]
    assert [row["item"] for row in rows] == list(range(len(NAMES)))
    assert rows[3]["tree"] == alone["tree"] and rows[3]["commit"] == alone["commit"]
    assert answer.files("3/src") == alone.files("src")
    assert len(web.requests) == sum(row["requests"] for row in rows) == 2  # where it is, the files
    assert sum(row["received"] for row in rows) > 0 and answer["received"] == 0


def test_a_file_that_plugins_share_is_asked_for_once(helper, git, web):
    files = {f"plugins/{n}/LICENSE": "the same for all\n" for n in range(30)}
    url = web.add_repository("work", git.repo("work", files))
    staging, items = items_in(helper, [{"path": f"plugins/{n}"} for n in range(30)])
    bodies = []
    web.routes["/git/work.git/git-upload-pack"] = lambda handler: (
        bodies.append(handler.body), handler.run_git(web))
    answer = helper.run("git-tree", staging=staging, url=url, items=items)
    assert answer["ok"] and bodies[-1].count(b"want ") == 1


# ---- archives


def test_archives_of_one_server_share_connections(paii, web):
    url = web.add("registry.toml", archives(web))
    paii.run("registry", "add", "lab", url, env=web.env)
    web.forget()
    paii.run("install", *NAMES, env=web.env)
    assert sorted(web.requests) == sorted(f"GET /{name}.tar.gz" for name in NAMES)
    assert len(set(web.clients)) <= 4
    assert all(f"{name} 1.0.0" in skill_text(paii, name) for name in NAMES)
    before = lock_text(paii)
    paii.run("remove", *NAMES)
    empty_store(paii)
    web.forget()
    paii.run("install", *NAMES, env=web.env)
    assert web.requests == [] and lock_text(paii) == before


@pytest.mark.parametrize("bad, status", [(b"no archive", 14), (None, 10)])
def test_a_bad_archive_of_many_is_named_and_nothing_changes(paii, web, bad, status):
    url = web.add("registry.toml", archives(web, **({"kit_5": bad} if bad else {})))
    if not bad:
        (web.root / "kit-5.tar.gz").unlink()
    paii.run("registry", "add", "lab", url, env=web.env)
    paii.run("install", "kit-1", env=web.env)
    before = everything(paii)
    failed = paii.run("install", *NAMES, env=web.env, expect=status)
    assert "plugin 'kit-5'" in failed.stderr and "kit-5.tar.gz" in failed.stderr
    assert everything(paii) == before


def test_archives_are_unpacked_apart(helper, tmp_path):
    """A refusal ends with the rule and the entry; those before it have their answers."""
    rows = []
    for number, top in enumerate(["top", "top", "a\\b", "top"]):
        path = tmp_path / f"{number}.tar.gz"
        path.write_bytes(tar(plugin(f"kit-{number}"), top))
        rows.append({"archive": str(path)})
    staging, items = items_in(helper, rows)
    answer = helper.run("unpack", staging=staging, items=items)
    done = [event for event in answer.events if event["event"] == "item"]
    assert [row["item"] for row in done] == [0, 1] and done[0]["tree"] != done[1]["tree"]
    assert answer.code == "refused" and answer["item"] == 2 and "a\\b" in answer.message
    assert b"kit-1" in answer.files("1/src")["plugin.toml"] and not (staging / "3/src").exists()


@pytest.mark.parametrize("op, members", [
    ("git-files", {"url": "https://localhost/x", "files": ["a"]}),
    ("get", {"url": "https://localhost/x"}),
    ("probe", {}),
])
def test_items_are_for_those_who_take_them(helper, op, members):
    staging, items = items_in(helper, [{"url": "https://example.com/y"}])
    answer = helper.run(op, staging=staging, items=items, **members)
    assert answer.code == "refused"


@pytest.mark.parametrize("items", [
    [], "x", [{}], [{"folder": ".."}], [{"folder": "0", "path": "../.."}], [{"folder": 0}],
    [{"folder": "0", "into": "a/../.."}], [{"folder": "0", "sha256": "x"}], ["x"],
    [{"folder": "0"}] * 65])
def test_malformed_items_are_refused(helper, items):
    assert helper.run("unpack", items=items).code == "refused"


# ---- the disk


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace")
def test_many_plugins_wait_for_the_disk_as_often_as_one(paii, tmp_path):
    """What nobody sees before the commit is synced once, by it."""
    team = Shelf(paii, "team")
    for name in NAMES:
        team.add(name)
    counts = []
    for names in (NAMES[:1], NAMES[1:]):
        trace = tmp_path / f"trace{len(counts)}"
        subprocess.run(["strace", "-f", "-e", "trace=fsync,syncfs", "-o", trace, paii.program,
                        "install", *names], env=paii.environment({"ASAN_OPTIONS": "detect_leaks=0"}),
                       check=True, capture_output=True, timeout=60)
        counts.append(trace.read_text().count("sync"))
    assert set(installed(paii)) == set(NAMES)
    assert counts[0] >= counts[1] > 0
