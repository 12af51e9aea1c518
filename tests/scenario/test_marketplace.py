"""A Claude Code marketplace as a registry: each form of an entry installs, and the client sees the plugin."""

import json
import shutil

import pytest

from client.driver import Client, find_client
from shelf import installed, lock_text, tar

COMMAND = "---\ndescription: greets\n---\nGreet.\n"


def skill(name):
    return f"---\nname: {name}\ndescription: MARK-{name}\n---\nDo {name}.\n"


def agent(name):
    return f"---\nname: {name}\ndescription: MARK-{name}\n---\nYou are {name}.\n"


def manifest(name, version=None, **more):
    keys = {"name": name, **({"version": version} if version else {}), **more}
    return {".claude-plugin/plugin.json": json.dumps(keys)}


def below(folder, files):
    return {f"{folder}/{name}": text for name, text in files.items()}


def market(*entries, **more):
    """The file of a marketplace."""
    return {".claude-plugin/marketplace.json": json.dumps(
        {"name": "m", "owner": {"name": "o"}, "plugins": list(entries), **more})}


@pytest.fixture
def add(paii):
    """add(FILES): a folder that is the registry `m`; again: the folder has changed."""
    def write(files):
        known = (paii.home / "market").exists()
        shutil.rmtree(paii.home / "market", ignore_errors=True)
        folder = paii.write_tree("market", files)
        if not known:
            paii.run("registry", "add", "m", folder)
        return folder
    return write


def shown(paii, name):
    """What the client finds behind its link: the manifest, and the folder."""
    folder = paii.claude / "skills" / name
    file = folder / ".claude-plugin/plugin.json"
    return json.loads(file.read_text()) if file.exists() else None, folder


def lock_of(paii, name):
    """{key: text} of a plugin's part of the lock."""
    part = next(part for part in lock_text(paii).split("[[plugin]]") if f'name = "{name}"' in part)
    return dict(line.split(" = ", 1) for line in part.splitlines() if " = " in line)


# ---- where the plugins are


def test_every_place_of_a_plugin(paii, web, git):
    """Over HTTPS: the marketplace's own tree, other repositories at pins, subfolders, archives."""
    one = git.repo("one", {**manifest("one", "1.0.0"), "commands/old.md": COMMAND})
    pinned = one.head
    one.commit({**manifest("one", "2.0.0"), "commands/new.md": COMMAND})
    many = git.repo("many", below("deep/two", {**manifest("two"), "skills/s/SKILL.md": skill("s")}))
    many.tag("v1")
    many.commit(below("deep/two", {"skills/t/SKILL.md": skill("t")}))
    one_url, many_url = web.add_repository("one", one), web.add_repository("many", many)
    entries = [
        {"name": "own", "source": "./plugins/own"},
        {"name": "bare", "source": "bare", "version": "3.0.0"},
        {"name": "pinned", "source": {"source": "url", "url": one_url, "sha": pinned}},
        {"name": "newest", "source": {"source": "url", "url": one_url}},
        {"name": "subdir", "source": {"source": "git-subdir", "url": many_url, "path": "deep/two",
                                      "ref": "v1"}},
        {"name": "with-path", "source": {"source": "url", "url": many_url, "path": "./deep/two/"}},
        {"name": "packed", "source": {"source": "archive", "url": web.add(
            "packed.tar.gz", tar({**manifest("packed"), "commands/p.md": COMMAND}))}},
    ]
    repo = git.repo("market", {
        **market(*entries, metadata={"pluginRoot": "./plugins"}),
        **below("plugins/own", {**manifest("own", "1.0.0"), "commands/o.md": COMMAND}),
        **below("plugins/bare", {"commands/b.md": COMMAND})})
    paii.run("registry", "add", "m", web.add_repository("market", repo), env=web.env)
    paii.run("install", *[entry["name"] for entry in entries], env=web.env)

    assert installed(paii) == {
        "own": "1.0.0", "bare": "3.0.0", "pinned": "1.0.0", "newest": "2.0.0",
        "subdir": f"0.0.0+{many.git('rev-parse', 'v1')[:12]}",
        "with-path": f"0.0.0+{many.head[:12]}",
        "packed": f"0.0.0+{lock_of(paii, 'packed')['sha256'][1:13]}"}
    for name, path in (("own", "commands/o.md"), ("bare", "commands/b.md"),
                       ("pinned", "commands/old.md"), ("newest", "commands/new.md"),
                       ("subdir", "skills/s/SKILL.md"), ("with-path", "skills/t/SKILL.md"),
                       ("packed", "commands/p.md")):
        said, folder = shown(paii, name)
        assert said["name"] == name and (folder / path).is_file(), name
    assert not (paii.claude / "skills/subdir/skills/t").exists()
    assert lock_of(paii, "pinned")["commit"] == f'"{pinned}"'

    # The same again from its lock alone.
    lock = paii.write("paii.lock", lock_text(paii))
    paii.run("remove", *[entry["name"] for entry in entries], "--yes")
    paii.run("install", "--locked", lock, env=web.env)
    assert lock_text(paii) == lock.read_text()


def test_what_cannot_be_fetched_says_why(paii, add):
    add(market({"name": "on-pip", "source": {"source": "pip", "package": "o-p"}},
               {"name": "new", "source": "./new"}, renames={"old": "new"}))
    refused = paii.run("install", "on-pip", expect=13)
    assert "'o-p' of pip" in refused.stderr and "maintainers" in refused.stderr
    renamed = paii.run("install", "old", expect=10)
    assert "is now called 'new'" in renamed.stderr and "paii install new" in renamed.stderr
    assert "Is now called new" in paii.run("search", "old").stdout


def test_wrong_entries_are_skipped_with_their_reasons(paii, git):
    repo = git.repo("market", {
        **market({"name": "Good Name", "source": "./x"}, {"source": "./x"}, 5,
                 {"name": "up", "source": "../x"}, {"name": "odd", "source": {"source": "gopher"}},
                 {"name": "short", "source": {"source": "github", "repo": "o/r", "sha": "abc"}},
                 {"name": "out", "source": "./x", "skills": ["../../other"]},
                 {"name": "fine", "source": "./x", "author": 5, "tags": 7, "version": 1}),
        "x/commands/c.md": COMMAND})
    told = paii.run("registry", "add", "m", repo.url, "--verbose").stderr
    for words in ("'Good Name' is no plugin name", "the key 'name' is missing", "expected a table",
                  "'../x' is no folder", "expected one of: github", "no full object id",
                  "'../../other' leaves the plugin"):
        assert words in told, told
    again = paii.run("registry", "update", "m", "--verbose")
    assert "unchanged, 1 plugin, 7 skipped" in again.stdout and "no full object id" in again.stderr
    row = next(row for row in paii.run("registry", "list", "--json").json() if row["name"] == "m")
    assert row["plugins"] == 1, row
    paii.run("install", "fine")
    assert (paii.claude / "skills/fine/commands/c.md").is_file()


# ---- what the plugins hold


PARTS = {"skills/a/SKILL.md": skill("a"), "other/c/SKILL.md": skill("c"),
         "commands/x.md": COMMAND, "extra/z.md": COMMAND,
         "agents/p.md": agent("p"), "more/r.md": agent("r")}
DECLARED = {"skills": ["./other/c"], "commands": ["./extra/z.md"], "agents": ["./more/r.md"],
            "mcpServers": {"echo": {"command": "/bin/true"}}}


@pytest.mark.parametrize("strict, own", [(False, None), (True, None), (True, manifest("kit", "1.0.0"))],
                         ids=["loose", "strict", "beside-its-own"])
def test_components_that_an_entry_declares(paii, add, tmp_path, strict, own):
    add({**market({"name": "kit", "source": "./kit", "strict": strict, "description": "parts", **DECLARED}),
         **below("kit", {**PARTS, **(own or {})})})
    paii.run("install", "kit", "--yes")
    said, folder = shown(paii, "kit")
    assert said["skills"] == ["./other/c"] and said["mcpServers"] == DECLARED["mcpServers"]
    assert said["commands"] == ["./commands/", "./extra/z.md"]
    assert said["agents"] == ["./agents/p.md", "./more/r.md"]
    assert (folder / "other/c/SKILL.md").is_file() and (folder / "extra/z.md").is_file()
    assert installed(paii)["kit"] == ("1.0.0" if own else "0.0.0+unversioned")
    paii.run("verify")

    program = find_client()
    if program is None:
        return
    home = tmp_path / "client"
    shutil.copytree(paii.claude, home / ".claude", symlinks=True)
    seen = Client(program, home).session()
    assert {"kit:a", "kit:c", "kit:x", "kit:z"} <= set(seen.skills)
    assert {"kit:p", "kit:r"} <= set(seen.agents)


def test_plugins_that_share_the_whole_tree(paii, add, tmp_path):
    """Each entry names its skills of the one folder; the others are not its own, though they are there."""
    names = {"paper": ["doc", "pdf"], "draw": ["art"], "all": None}
    add({**market(*({"name": name, "source": "./", "strict": False,
                     **({"skills": [f"./skills/{each}" for each in skills]} if skills else {})}
                    for name, skills in names.items())),
         **{f"skills/{each}/SKILL.md": skill(each) for each in ("doc", "pdf", "art")},
         "skills/shared.txt": "for all\n"})
    paii.run("install", *names)
    for name, skills in names.items():
        info = paii.run("info", name, "--json").json()
        folder = shown(paii, name)[1] / "skills"
        wanted = sorted(skills or ["art", "doc", "pdf"])
        assert sorted(each.parent.name for each in folder.glob("*/SKILL.md")) == wanted
        assert (folder / "shared.txt").read_text() == "for all\n"
        assert sorted(info["installed"]["skills"]) == wanted, info
    paii.run("disable", "paper:pdf")
    assert not (paii.claude / "skills/paper/skills/pdf").exists()

    program = find_client()
    if program is None:
        return
    home = tmp_path / "client"
    shutil.copytree(paii.claude, home / ".claude", symlinks=True)
    seen = Client(program, home).session().skills
    assert {name for name in seen if name.partition(":")[0] in ("paper", "draw")} == {"paper:doc", "draw:art"}


def test_an_entry_that_changes_makes_another_prefix(paii, add):
    """The tree is the same; what is declared of it is not."""
    entry = {"name": "kit", "source": "./kit", "version": "1.0.0", "skills": ["./other/c"]}
    add({**market(entry), **below("kit", PARTS)})
    paii.run("install", "kit")
    before = lock_of(paii, "kit")
    add({**market({**entry, "version": "1.1.0", "skills": ["./skills"]}), **below("kit", PARTS)})
    paii.run("update")
    after = lock_of(paii, "kit")
    assert installed(paii) == {"kit": "1.1.0"}
    assert before["tree"] == after["tree"] and before["prefix"] != after["prefix"]
    assert shown(paii, "kit")[0]["skills"] == ["./skills"]
    paii.run("rollback", "--yes")
    assert shown(paii, "kit")[0]["skills"] == ["./other/c"]


def test_hooks_of_an_entry_are_dispatched_and_told(paii, add):
    hooks = {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "true"}]}]}
    add({**market({"name": "guard", "source": "./guard", "hooks": hooks}),
         **below("guard", {"commands/c.md": COMMAND})})
    paii.run("install", "guard", "--yes")
    assert "hooks" not in shown(paii, "guard")[0]
    assert "hook:pre-tool-use" in lock_of(paii, "guard")["capabilities"]
    assert "guard" in paii.run("hook", "list").stdout


def test_plugins_without_a_manifest(paii, add):
    add({**market({"name": "lone", "source": "./lone", "version": "1.2", "author": "Ann"},
                  {"name": "bare", "source": "./bare", "description": "Only commands"}),
         "lone/SKILL.md": "---\nname: Else\ndescription: Use when: it: is\n---\nDo.\n",
         "lone/notes.md": "more", "bare/commands/c.md": COMMAND})
    paii.run("install", "lone", "bare")
    assert installed(paii) == {"lone": "1.2.0", "bare": "0.0.0+unversioned"}
    assert (paii.claude / "skills/lone/SKILL.md").is_file()
    said, folder = shown(paii, "bare")
    assert said["description"] == "Only commands" and (folder / "commands/c.md").is_file()
    assert lock_of(paii, "lone")["description"] == '"Use when: it: is"'
    assert lock_of(paii, "lone")["author"] == '"Ann"'


def test_the_manifest_has_the_last_word_on_the_version(paii, add):
    """Real marketplaces are often behind their plugins, in versions and in names."""
    add({**market({"name": "kit", "source": "./kit", "version": "1.0.0"}),
         **below("kit", {**manifest("kitty", "1.5.0"), "commands/c.md": COMMAND})})
    paii.run("install", "kit")
    assert installed(paii) == {"kit": "1.5.0"}
    assert "1.5.0" in paii.run("list").stdout
    paii.run("update")
    assert installed(paii) == {"kit": "1.5.0"}


def test_junk_in_a_manifest_hides_nothing_from_the_client(paii, add, tmp_path):
    """The client itself refuses each of these keys, and the plugin with it."""
    junk = {"author": "Ann", "repository": {"type": "git", "url": "https://e.org/x"}, "keywords": "one",
            "homepage": "nowhere", "license": {"type": "MIT"}, "dependencies": "absent", "settings": 5,
            "displayName": 7, "channels": "x", "userConfig": []}
    add({**market({"name": "kit", "source": "./kit", "skills": "other/c",
                   "commands": ["${CLAUDE_PLUGIN_ROOT}/extra/z.md"]}),
         **below("kit", {**PARTS, **manifest("kit", "1.0.0", **junk)})})
    paii.run("install", "kit")
    said, _ = shown(paii, "kit")
    assert said == {"name": "kit", "version": "1.0.0", "author": {"name": "Ann"}, "keywords": ["one"],
                    "repository": "https://e.org/x", "license": "MIT", "skills": ["./other/c"],
                    "commands": ["./commands/", "./extra/z.md"]}
    program = find_client()
    if program is None:
        return
    home = tmp_path / "client"
    shutil.copytree(paii.claude, home / ".claude", symlinks=True)
    assert {"kit:a", "kit:c", "kit:x", "kit:z"} <= set(Client(program, home).session().skills)


def test_agents_in_a_folder_are_named_one_by_one(paii, add):
    """A manifest that names the folder itself is refused by the client, and the plugin with it."""
    add({**market({"name": "kit", "source": "./kit"}),
         **below("kit", {**PARTS, **manifest("kit", "1.0.0", agents=["./agents"], skills=["./other/c"])})})
    paii.run("install", "kit")
    said, _ = shown(paii, "kit")
    assert said["agents"] == ["./agents/p.md"] and said["skills"] == ["./other/c"]


# ---- later


def test_a_plugin_without_a_version_follows_its_content(paii, git):
    """Most marketplaces give none; an update fetches what stands there now, and keeps what is the same."""
    repo = git.repo("market", {
        **market({"name": "kit", "source": "./kit"}, {"name": "still", "source": "./still"}),
        **below("kit", {**manifest("kit", "1.0.0"), "commands/c.md": COMMAND}),
        "still/commands/s.md": COMMAND})
    first = repo.head
    paii.run("registry", "add", "m", repo.url)
    paii.run("install", "kit", "still")
    assert installed(paii) == {"kit": "1.0.0", "still": f"0.0.0+{first[:12]}"}
    before = lock_text(paii)

    paii.run("update")
    assert lock_text(paii) == before
    repo.commit({"README.md": "Nothing of a plugin.\n"})
    paii.run("registry", "update")
    paii.run("update")
    assert installed(paii)["kit"] == "1.0.0"

    repo.commit({**below("kit", manifest("kit", "1.1.0")), "still/commands/t.md": COMMAND})
    paii.run("registry", "update")
    assert installed(paii)["kit"] == "1.0.0"
    paii.run("update")
    assert installed(paii) == {"kit": "1.1.0", "still": f"0.0.0+{repo.head[:12]}"}
    assert (paii.claude / "skills/still/commands/t.md").is_file()
    paii.run("rollback", "--yes")
    assert installed(paii)["kit"] == "1.0.0"


def test_a_folder_is_followed_too(paii, add):
    files = {**market({"name": "kit", "source": "./kit"}), "kit/commands/c.md": COMMAND}
    add(files)
    paii.run("install", "kit")
    before = lock_text(paii)
    paii.run("update")
    assert lock_text(paii) == before
    add({**files, "kit/commands/d.md": COMMAND})
    paii.run("install", "kit")
    assert lock_text(paii) == before
    paii.run("update")
    assert (paii.claude / "skills/kit/commands/d.md").is_file()


def test_an_entry_ahead_of_its_plugin_is_no_endless_update(paii, add):
    add({**market({"name": "kit", "source": "./kit", "version": "2.0.0"}),
         **below("kit", {**manifest("kit", "1.0.0"), "commands/c.md": COMMAND})})
    paii.run("install", "kit")
    before = lock_text(paii)
    paii.run("update")
    assert lock_text(paii) == before and installed(paii) == {"kit": "1.0.0"}
