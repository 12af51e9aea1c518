"""A repository is somebody else's: what is new is agreed to, and what lies, leads out or wants more is refused."""

import hashlib
import os
import tomllib

import pytest

from shelf import needs, plugin, tar
from teams import BLOCK, NATIVE, clone, shelve, shop  # noqa: F401


# ---- whose decision it is


def test_what_is_new_is_shown_and_asked_about(shop, clone):
    shelve(shop, "guard", **{"hooks/hooks.json": NATIVE, "guard.sh": BLOCK})
    shop.install("hello", "guard")
    shop.commit()
    bob = clone()
    refused = bob.run("sync", expect=13).stderr
    assert "you have not agreed to: guard, hello" in refused
    shown = bob.person.run_on_terminal("sync", cwd=bob.folder, keys="n\n")
    assert shown.code == 1 and "may hook:pre-tool-use" in shown.stdout
    assert "tools/plugins/guard-1.0.0" in shown.stdout
    assert bob.plugins == {} and bob.links == []
    dry = bob.run("sync", "--dry-run").stdout
    assert "may hook:pre-tool-use" in dry and bob.plugins == {}
    assert bob.person.run_on_terminal("sync", cwd=bob.folder, keys="y\n").code == 0
    assert bob.plugins == shop.plugins


def test_nothing_is_fetched_before_it_is_agreed_to(shop, clone, web):
    packed = web.add("packed.tar.gz", tar(plugin("packed")))
    shop.install(packed, env=web.env)
    shop.commit()
    bob = clone()
    web.forget()
    bob.run("sync", expect=13, env=web.env)
    bob.run("sync", "--dry-run", env=web.env)
    bob.person.run_on_terminal("sync", cwd=bob.folder, keys="n\n", env=web.env)
    assert web.requests == []
    bob.run("sync", "--yes", env=web.env)
    assert len(web.requests) > 0


@pytest.mark.parametrize("words", [["install"], ["install", "incident"], ["update"], ["remove", "hello"]])
def test_what_paii_toml_adds_to_a_command_is_asked_about(shop, clone, web, words):
    """A line that a teammate wrote, without anything locked, is fetched for nobody who did not agree."""
    shop.install("hello@1.0")
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes")
    packed = web.add("packed.tar.gz", tar(plugin("packed")))
    shelve(shop, "guard", **{"hooks/hooks.json": NATIVE, "guard.sh": BLOCK})
    shop.write("paii.toml", shop.read("paii.toml").replace("[plugins]", "[plugins]\nguard = { registry = \"own\" }\n"
                                                           f'packed = {{ url = "{packed}" }}'))
    shop.commit()
    bob.git("pull", "-q", shop.folder, "main")
    words = [words[0], "--project", *words[1:]]
    refused = bob.run(*words, expect=13, env=web.env).stderr
    assert refused == (f"paii: error: '{bob.folder}/paii.toml' wants what you have not agreed to: "
                       f"own/guard ({bob.folder}/tools/plugins), {packed}\n  hint: --yes agrees to it\n")
    shown = bob.person.run_on_terminal(*words, cwd=bob.folder, keys="n\n", env=web.env)
    assert shown.code == 1 and packed in shown.stdout
    assert web.requests == [] and bob.versions == {"hello": "1.0.0"}
    assert bob.git("status", "--porcelain") == ""
    assert bob.person.run_on_terminal(*words, cwd=bob.folder, keys="y\n", env=web.env).code == 0
    assert {"guard", "packed"} <= set(bob.versions)


def test_another_range_of_what_is_here_is_an_update(shop, clone):
    shop.install("hello@1.0")
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes")
    bob.write("paii.toml", bob.read("paii.toml").replace('range = "1.0"', 'range = "^1"'))
    bob.run("update", "--project")
    assert bob.versions == {"hello": "1.2.0"}


def test_a_registry_that_moved_is_asked_about(shop, clone):
    shop.install("hello")
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes")
    shop.person.write_tree(shop.folder / "other/hello-2.0.0", plugin("hello", "2.0.0"))
    shop.write("other/registry.toml", '[[plugins]]\nname = "hello"\nversion = "2.0.0"\npath = "hello-2.0.0"\n')
    shop.write("paii.toml", shop.read("paii.toml").replace("./tools/plugins", "./other"))
    shop.commit()
    bob.git("pull", "-q", shop.folder, "main")
    refused = bob.run("update", "--project", expect=13).stderr
    assert f"you have not agreed to: registry own ({bob.folder}/other)\n" in refused
    assert bob.versions == {"hello": "1.2.0"}
    bob.run("update", "--project", "--yes")
    assert bob.versions == {"hello": "2.0.0"}
    bob.run("update", "--project")


def test_what_a_new_registry_pushes_in_is_asked_about(shop, clone):
    """Who provides a contract is the choice of a teammate's registry, if its priority is the highest."""
    shop.install("hello")
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes")
    shop.person.write_tree(shop.folder / "evil/singer", plugin("singer", provides=["Greet"]))
    shop.person.write_tree(shop.folder / "needy", plugin("needy", consumes=[needs("Greet")]))
    shop.write("evil/registry.toml", '[[plugins]]\nname = "singer"\nversion = "1.0.0"\npath = "singer"\n'
                                     'provides = ["Greet"]\n')
    shop.write("paii.toml", shop.read("paii.toml").replace("[registries]", '[registries]\nevil = "./evil"'))
    shop.commit()
    bob.git("pull", "-q", shop.folder, "main")
    refused = bob.run("install", "--project", "./needy", expect=13).stderr
    assert f"you have not agreed to: singer ({bob.folder}/evil)\n" in refused
    assert bob.versions == {"hello": "1.2.0"}
    bob.run("install", "--project", "./needy", "evil/singer")
    assert set(bob.versions) == {"hello", "needy", "singer"}


@pytest.fixture
def bound(shop, clone):
    """(shop, bob): both have agreed to needy, which greets through greeter, and to waver."""
    for name, terms in ("greeter", {"provides": ["Greet"]}), ("waver", {"provides": ["Greet"]}), \
            ("needy", {"consumes": [needs("Greet")]}):
        shop.person.write_tree(shop.folder / "tools" / name, plugin(name, **terms))
    shop.install("./tools/greeter", "./tools/waver", "./tools/needy", "--prefer", "greeter")
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes")
    return shop, bob


def locked_bindings(project):
    return tomllib.loads(project.read("paii.lock"))["bindings"]


def test_another_binding_is_asked_about_and_a_known_one_is_not(bound):
    """Whom a plugin calls and hands over to is somebody else then, though each was agreed to."""
    shop, bob = bound
    assert shop.run("install", "--project", "./tools/needy", "--prefer", "waver").stdout == "~ needy.dep -> waver (was greeter)\n"
    shop.commit()
    bob.git("pull", "-q", shop.folder, "main")
    assert bob.run("sync", "--check", expect=1).stdout == "plugins are bound to each other in another way\n"
    assert "you have not agreed to: needy.dep -> waver\n" in bob.run("sync", expect=13).stderr
    assert bob.run("sync", "--dry-run").stdout == "~ needy.dep -> waver (was greeter)\n"
    assert bob.run("sync", "--dry-run", "--json").json()["rebound"] == [
        {"alias": "needy.dep", "provider": "waver", "before": "greeter"}]
    shown = bob.person.run_on_terminal("sync", cwd=bob.folder, keys="n\n")
    assert shown.code == 1 and "needy.dep -> waver" in shown.stdout
    assert bob.run("sync", "--check", expect=1).stdout
    assert bob.person.run_on_terminal("sync", cwd=bob.folder, keys="y\n").code == 0
    assert bob.run("sync", "--check").stdout == ""
    for commit in "HEAD~1", "main":
        bob.git("checkout", "-q", commit)
        bob.run("sync")


def test_bindings_of_paii_toml_are_asked_about(bound):
    shop, bob = bound
    shop.write("paii.toml", shop.read("paii.toml") + '[bindings]\nGreet = "waver"\n')
    shop.commit()
    bob.git("pull", "-q", shop.folder, "main")
    refused = bob.run("update", "--project", expect=13).stderr
    assert "paii.toml' wants what you have not agreed to: needy.dep -> waver\n  hint: --yes agrees to it\n" in refused
    shown = bob.person.run_on_terminal("update", "--project", cwd=bob.folder, keys="n\n")
    assert shown.code == 1 and "needy.dep -> waver" in shown.stdout
    assert locked_bindings(bob) == {"needy.dep": "greeter"}
    bob.run("update", "--project", "--yes")
    assert locked_bindings(bob) == {"needy.dep": "waver"}
    bob.run("update", "--project")


def test_another_content_is_asked_about_again_and_a_known_one_is_not(shop, clone):
    shop.install("hello@1.0")
    shop.commit()
    shop.git("branch", "old")
    bob = clone()
    bob.run("sync", "--yes")
    shop.install("hello@1.2")
    shop.commit()
    bob.git("pull", "-q", shop.folder, "main")
    bob.run("sync", expect=13)
    bob.run("sync", "--yes")
    bob.git("checkout", "-q", "HEAD~1")
    bob.run("sync")
    assert bob.versions == {"hello": "1.0.0"}
    bob.git("checkout", "-q", "main")
    bob.run("sync")
    assert bob.versions == {"hello": "1.2.0"}


def test_a_pin_is_agreed_to_once(shop, clone, web, git):
    tools, packed = git.repo("tools", plugin("tools")), tar(plugin("packed"))
    url, archive = web.add_repository("tools", tools), web.add("packed.tar.gz", packed)
    shop.install(f"{url}#{tools.head}", f"{archive}#sha256={hashlib.sha256(packed).hexdigest()}", env=web.env)
    shop.run("sync", env=web.env)
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes", env=web.env)
    bob.run("sync", env=web.env)
    assert bob.plugins == shop.plugins and set(bob.plugins) == {"packed", "tools"}


@pytest.mark.parametrize("old,new", [
    ('size = ', 'entry = "{}"\nsize = '),
    ('capabilities = ["hook:pre-tool-use"]', 'capabilities = ["hook:pre-tool-use", "env:MORE"]'),
    ('description = "The guard plugin"', 'description = "Another"'),
], ids=["entry", "capability", "words"])
def test_every_word_of_the_lock_counts(shop, clone, old, new):
    shelve(shop, "guard", **{"hooks/hooks.json": NATIVE, "guard.sh": BLOCK})
    shop.install("guard")
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes")
    bob.write("paii.lock", bob.read("paii.lock").replace(old, new, 1))
    bob.run("sync", expect=13)


def test_an_update_that_wants_more_is_asked_about(shop):
    shelve(shop, "guard")
    shop.install("guard")
    shelve(shop, "guard", "1.1.0", **{"hooks/hooks.json": NATIVE, "guard.sh": BLOCK})
    refused = shop.run("update", "--project", expect=13).stderr
    assert "wants more" in refused and "paii update --project guard --yes" in refused
    assert shop.versions == {"guard": "1.0.0"} and shop.run("sync", "--check").stdout == ""
    shop.run("update", "--project", "--yes")
    assert shop.versions == {"guard": "1.1.0"}


# ---- hostile repositories


LIES = {
    "capability": (('capabilities = ["hook:pre-tool-use"]\n', ""), 14),
    "grants": (('grants = ["hook:pre-tool-use"]', 'grants = ["env:MORE", "hook:pre-tool-use"]'), 14),
    "version": (('version = "1.0.0"', 'version = "1.0.9"'), 12),
    "tree": (('tree = "', 'tree = "0000'), 12),
    "folder-outside": (("./tools/plugins/guard-1.0.0", "../../other"), 12),
    "absolute": (("./tools/plugins/guard-1.0.0", "/etc"), 13),
    "file-url": (('kind = "folder"\nurl = "./tools/plugins/guard-1.0.0"',
                  'kind = "git"\ncommit = "' + "1" * 40 + '"\nurl = "file:///srv/x"'), 13),
    "option": (('kind = "folder"\nurl = "./tools/plugins/guard-1.0.0"',
                'kind = "git"\ncommit = "' + "1" * 40 + '"\nurl = "ssh://-oProxyCommand=x/y"'), 12),
    "live": (('prefix = "guard/1.0.0-', 'dev = true\nprefix = "/etc/'), 13),
    "flat": (('requested = true', 'requested = true\nflat = true'), 13),
    "name": (('name = "guard"', 'name = "../guard"'), 12),
    "unpinned": (('tree = "', 'homepage = "'), 12),
    "builtin-outside": (("./tools/plugins/guard-1.0.0", "builtin:../../../etc"), 12),
}


@pytest.mark.parametrize("lie", list(LIES))
def test_a_lock_that_lies(shop, clone, lie):
    (old, new), code = LIES[lie]
    shelve(shop, "guard", **{"hooks/hooks.json": NATIVE, "guard.sh": BLOCK})
    shop.install("guard")
    shop.write("paii.lock", shop.read("paii.lock").replace(old, new, 1))
    shop.commit()
    bob = clone()
    failed = bob.run("sync", "--yes", check=False)
    assert failed.code == code, failed
    assert bob.links == [] and bob.git("status", "--porcelain") == ""


def test_a_version_is_that_of_the_content(shop, clone):
    shop.install("hello@1.0")
    shop.write("paii.lock", shop.read("paii.lock").replace('version = "1.0.0"', 'version = "1.0.9"')
               .replace("hello/1.0.0-", "hello/1.0.9-"))
    shop.commit()
    bob = clone()
    assert "its source says it is" in bob.run("sync", "--yes", expect=14).stderr


def test_a_content_is_that_of_the_lock(shop, clone):
    shop.install("hello@1.0")
    shop.write("tools/plugins/hello-1.0.0/SKILL.md", "---\nname: hello\ndescription: other\n---\n")
    shop.commit()
    bob = clone()
    assert "is locked to the tree" in bob.run("sync", "--yes", expect=14).stderr
    assert bob.links == []


CONFIGS = {
    "token": '[registries]\nown = { url = "https://example.com/x.git", token_env = "AWS_SECRET" }\n',
    "netrc": '[registries]\nown = { url = "https://example.com/x.git", netrc = true }\n',
    "absolute": '[registries]\nown = "/srv/plugins"\n',
    "home": '[registries]\nown = "~/plugins"\n',
    "above": '[registries]\nown = "../plugins"\n',
    "file": '[registries]\nown = "file:///srv/plugins"\n',
    "junk": "[registries\n",
    "name": '[plugins]\n"../x" = "*"\n',
    "range": '[plugins]\nhello = "not a range"\n',
}


@pytest.mark.parametrize("config", list(CONFIGS))
def test_a_paii_toml_that_wants_too_much(shop, config):
    shop.write("paii.toml", CONFIGS[config])
    for command in (("sync",), ("sync", "--check"), ("install", "--project", "hello", "--yes")):
        shop.run(*command, expect=12)
    assert shop.links == [] and shop.read("paii.lock") is None


def test_no_name_is_read_in_two_ways(shop, web):
    """A key that ends early for who lists the keys, and is another for who looks it up: its registry would get
    the person's token, unseen."""
    shop.write("paii.toml", f'[registries]\n"work\\u0000" = {{ url = "{web.url}/work.git", token_env = "WORK_TOKEN" }}\n')
    env = {**web.env, "WORK_TOKEN": "s3cret"}
    for words in (["install", "--project", "work/far", "--yes"], ["outdated", "--project"], ["sync", "--yes"]):
        assert "a key holds a NUL character" in shop.run(*words, env=env, expect=12).stderr
    assert web.requests == []


@pytest.mark.parametrize("url,code", [("/etc", 13), ("~/x", 13), ("../x", 13), ("./link", 13),
                                      ("file:///etc", 13), ("--upload-pack=x", 13),
                                      ("incident", 13), ("core/incident", 13), ("tools/plugins/hello-1.0.0", 13)])
def test_a_plugin_from_elsewhere(shop, url, code):
    (shop.folder / "link").symlink_to("/etc")
    shop.write("paii.toml", f'[plugins]\nhello = {{ url = "{url}" }}\n')
    failed = shop.run("install", "--project", "--yes", check=False)
    assert failed.code in (code, 10, 12), failed
    assert shop.read("paii.lock") is None and shop.links == []


def test_settings_of_a_repository_count_for_nothing(shop):
    shop.write("paii.toml", shop.read("paii.toml") + '[claude]\nhooks = "settings"\n[network]\nretries = 0\n'
                                                     '[config.guard]\nurl = "https://evil.example"\n')
    shelve(shop, "guard", **{"hooks/hooks.json": NATIVE, "guard.sh": BLOCK})
    said = shop.install("guard").stderr
    for name in ("claude", "network", "config"):
        assert said.count(f"[{name}] of a project is not read") == 1
    assert not (shop.folder / ".claude/settings.json").exists()


@pytest.mark.parametrize("name", ["paii.toml", "paii.lock"])
def test_a_link_in_place_of_a_file(shop, tmp_path, name):
    victim = tmp_path / "victim"
    victim.write_text("precious\n")
    shop.install("incident")
    (shop.folder / name).unlink()
    (shop.folder / name).symlink_to(victim)
    for command in (("sync", "--yes"), ("install", "--project", "hello", "--yes")):
        assert "symbolic link" in shop.run(*command, expect=13).stderr
    assert victim.read_text() == "precious\n"


@pytest.mark.parametrize("name", ["paii.toml", "paii.lock"])
@pytest.mark.parametrize("kind", ["fifo", "folder", "large"])
def test_no_file_in_place_of_a_file(shop, name, kind):
    shop.install("incident")
    path = shop.folder / name
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        with path.open("wb") as file:
            file.truncate(17 * 1024 * 1024)
    failed = shop.run("sync", "--yes", check=False, timeout=20)
    assert failed.code in (12, 13), failed
    assert shop.links == ["incident"]


@pytest.mark.parametrize("place", [".claude", ".claude/skills"])
def test_a_claude_folder_that_leads_out(shop, tmp_path, place):
    outside = tmp_path / "outside"
    outside.mkdir()
    (shop.folder / place).parent.mkdir(exist_ok=True)
    (shop.folder / place).symlink_to(outside)
    assert "leads out of the repository" in shop.install("hello", expect=13).stderr
    assert list(outside.iterdir()) == [] and shop.read("paii.lock") is None


def test_a_claude_folder_that_stays_inside(shop):
    (shop.folder / "dot").mkdir()
    (shop.folder / ".claude").symlink_to("dot")
    shop.install("hello")
    assert shop.links == ["hello"] and (shop.folder / "dot/skills/hello").is_symlink()


@pytest.mark.parametrize("target", ["/etc", "HOME/.config/paii/current/claude/hello", "../../tools"])
def test_a_link_that_the_repository_brings_is_not_ours(shop, target):
    link = shop.folder / ".claude/skills/hello"
    link.parent.mkdir(parents=True)
    link.symlink_to(target.replace("HOME", str(shop.person.home)))
    before = link.readlink()
    assert "is not paii's" in shop.install("hello", expect=13).stderr
    assert link.readlink() == before and shop.read("paii.lock") is None


def test_an_ignore_file_of_the_repository_stays(shop):
    shop.write(".claude/skills/.gitignore", "*.tmp\n")
    assert "is the repository's own" in shop.install("hello").stderr
    shop.run("remove", "--project", "hello")
    assert shop.read(".claude/skills/.gitignore") == "*.tmp\n"
