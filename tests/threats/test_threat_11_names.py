"""Rows 11 and 12: names wherever a name is read, URLs that are options or other transports."""

import json
import os

import pytest

from shelf import installed, plugin

# ---- row 11

NAMES = ["../canary", "..", ".", "/etc", "a/b", "a\\b", "-rf", "--help=x", "Hello", "h\u00e9llo", "a b",
         "a;touch x", "$(id)", "a" * 65, "a\nb", "a\x1b[2Jb", "a\u202eb", "a\U000e0041", "a.b", ""]

COMMANDS = {
    "install": ["install", "--", "NAME"],
    "install-from": ["install", "--", "team/NAME"],
    "install-in": ["install", "hello", "--registry=NAME"],
    "remove": ["remove", "--", "NAME"],
    "update": ["update", "--", "NAME"],
    "info": ["info", "--", "NAME"],
    "run": ["run", "--", "NAME"],
    "registry-add": ["registry", "add", "--", "NAME", "SHELF"],
    "registry-remove": ["registry", "remove", "--", "NAME"],
    "registry-update": ["registry", "update", "--", "NAME"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_names_on_the_command_line(world, command):
    os.chdir(world.person.home)
    for name in NAMES:
        if "install-from" == command and not name:
            continue
        words = [word.replace("NAME", name).replace("SHELF", str(world.shelf.folder))
                 for word in COMMANDS[command]]
        world.refused(*words, code=(1, 10, 12, 13))


@pytest.mark.parametrize("name", ["../canary", "..", "", "Hello", "a\x1b[2Jb", "\u0430dmin", "a" * 65])
def test_a_name_in_a_manifest(world, name):
    files = plugin("evil")
    files["plugin.toml"] = files["plugin.toml"].replace('"evil"', json.dumps(name))
    world.refused("install", world.person.write_tree("evil", files), code=(12, 13))


@pytest.mark.parametrize("name", ["../canary", "..", "", "Hello", "a\x1b[2Jb", "a" * 65])
def test_a_name_in_an_index(world, name):
    world.shelf.list(name, version="1.0.0", path="plugins/hello-1.0.0")
    before = world.state()
    for command in ("list", "search", "outdated"):
        said = world.run(command)
        assert name not in ("../canary", "..") or name not in said.stdout, repr(said)
    assert world.state() == before


@pytest.mark.parametrize("name", ["../canary", "..", "Hello World", "a\x1b[2Jb"])
def test_a_name_in_a_marketplace(world, name):
    folder = world.person.write_tree("market", {
        ".claude-plugin/marketplace.json": json.dumps(
            {"name": name, "owner": {"name": "x"},
             "plugins": [{"name": name, "source": "./p"}, {"name": "fine", "source": "./p"}]}),
        "p/SKILL.md": "---\nname: x\ndescription: x\n---\n"})
    world.run("registry", "add", "market", folder)
    world.refused("install", "--", f"market/{name}", code=(10, 13))
    said = world.run("search", "fine")
    assert said.code == 0 and name not in said.stdout, repr(said)


LOCKED = {
    "name": ('name = "hello"', 'name = "../../../canary"'),
    "name-upper": ('name = "hello"', 'name = "Hello"'),
    "registry": ('registry = "team"', 'registry = "../../../canary"'),
    "prefix-up": ('prefix = "hello/', 'prefix = "../../../../canary/'),
    "prefix-absolute": ('prefix = "hello/', 'prefix = "/etc/'),
    "prefix-other": ('prefix = "hello/', 'prefix = "hello/../../'),
    "kind": ('kind = "folder"', 'kind = "evil"'),
}


@pytest.mark.parametrize("name", LOCKED)
@pytest.mark.parametrize("command", [["remove", "hello"], ["update"], ["install", "hello"]],
                         ids=["remove", "update", "install"])
def test_a_lock_that_somebody_wrote(world, name, command):
    """The lock is read with the same eyes as an index: a removal through it touches nothing."""
    path = world.person.dir / "current/paii.lock"
    old, new = LOCKED[name]
    text = path.read_text()
    assert old in text, text
    path.chmod(0o644)
    path.write_text(text.replace(old, new))
    (world.person.dir / "current/catalog").unlink(missing_ok=True)
    world.refused(*command, code=(1, 12, 13, 14))


# ---- row 12

URLS = ["--upload-pack=touch ran", "-oProxyCommand=touch ran", "ext::sh -c touch% ran", "fd::17/foo",
        "ssh://-oProxyCommand=touch/x", "ssh://user@-oProxyCommand=x/y", "git@-oProxyCommand=x:y",
        "https:///nothing", "https://", "https://host/\r\nX-Evil: 1", "https://host/a b", "ftp://host/x",
        "https://user:secret@host/x", "https://host:99999/x", "https://ho\u017ft/x", "file://host/x",
        "http://example.com/x", "https://host\\@evil/x", "git://host/x",
        "https://[::1/x", "https://host/%00", "ssh://host/x#--upload-pack=touch"]


@pytest.mark.parametrize("url", URLS)
def test_urls_on_the_command_line(world, url):
    for words in (["install", "--", url], ["registry", "add", "--", "evil", url]):
        world.refused(*words, code=(1, 10, 12, 13))
    assert not list(world.directory.rglob("ran"))


def test_urls_in_an_index(world):
    """A row whose source cannot be fetched is left out, whatever it says; local ones are no row's."""
    for i, url in enumerate([*URLS, "/etc", "file:///etc", "../../etc"]):
        world.shelf.list(f"evil-{i}", version="1.0.0", source=url)
    for i in range(len(URLS) + 3):
        world.refused("install", f"evil-{i}", code=(10, 12, 13))
    assert not list(world.directory.rglob("ran"))
    assert installed(world.person) == {"hello": "1.0.0"}


@pytest.mark.parametrize("ref", ["--upload-pack=touch ran", "-x", "a b", "a\nb", "../x", "refs/heads/../x", "@{-1}",
                                 "a..b", "x^{commit}", "a:b"])
def test_refs_that_are_options(world, git, ref):
    repo = git.repo("evil", plugin("evil"))
    world.refused("install", f"{repo.url}#{ref}", code=(1, 10, 12, 13))
    world.refused("registry", "add", "evil", repo.url, f"--ref={ref}", code=(1, 10, 12, 13))
    world.shelf.list("evil", version="1.0.0", source="https://localhost:1/x.git", ref=ref)
    world.refused("install", "evil", code=(10, 12, 13))
    assert not list(world.directory.rglob("ran"))
