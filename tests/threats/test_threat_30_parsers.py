"""Row 30: documents that abuse whoever reads them."""

import json

import pytest

from hostile import any_umask
from shelf import plugin

HEAD = '[plugin]\nname = "evil"\nversion = "1.0.0"\n'
TOML = {
    "brackets": HEAD + "[config]\nx = " + "[" * 100_000,
    "closed-brackets": HEAD + "[config]\nx = " + "[" * 50_000 + "]" * 50_000,
    "tables": HEAD + "[config]\nx = " + "{a=" * 50_000,
    "dotted": HEAD + "[config]\n" + "a." * 100_000 + "b = 1",
    "long-key": HEAD + "[config]\n" + "k" * (10 << 20) + " = 1",
    "long-value": HEAD + 'description = "' + "v" * (10 << 20) + '"',
    "twice": HEAD + 'name = "other"\n',
    "table-twice": HEAD + "[plugin]\n",
    "nul": HEAD + 'description = "a\0b"\n',
    "nul-in-key": HEAD + '[actions."go\\u0000"]\n',
    "not-utf8": HEAD.encode() + b'description = "\xff\xfe"\n',
    "surrogate": HEAD + 'description = "\\uD800"\n',
    "beyond": HEAD + 'description = "\\U00110000"\n',
    "2^63": HEAD + "[actions.go]\ntimeout_ms = 9223372036854775808\n",
    "negative": HEAD + "[actions.go]\ntimeout_ms = -1\n",
    "1e9999": HEAD + "[actions.go]\ntimeout_ms = 1e9999\n",
    "type": HEAD.replace('"1.0.0"', "[1]"),
    "version": HEAD.replace("1.0.0", "1." + "9" * 5000 + ".0"),
    "empty": "",
    "unfinished": HEAD + 'description = """',
    "many": HEAD + "[config]\n" + "".join(f"k{i} = {{a=1}}\n" for i in range(400_000)),
}


@pytest.mark.parametrize("name", TOML)
def test_manifests(world, name):
    text = TOML[name]
    folder = world.person.write_tree("evil", {**plugin("evil"), "plugin.toml": text})
    world.refused("install", folder, code=(12, 13), words=["plugin.toml"])


def test_a_manifest_with_a_byte_order_mark(world):
    folder = world.person.write_tree("evil", {**plugin("evil"), "plugin.toml": "\ufeff" + HEAD})
    result = world.run("install", folder)
    assert result.code in (0, 12), repr(result)


INDEX = '[registry]\nname = "evil"\n'
INDEXES = {
    "brackets": INDEX + "[[plugins]]\nname = " + "[" * 100_000,
    "large": INDEX + "# " + "x" * (17 << 20),
    "twice": INDEX + 'name = "other"\n',
    "nul": INDEX + '[[plugins]]\nname = "a\0b"\n',
    "nul-in-key": INDEX + '[plugins."a\\u0000"]\npath = "p"\n',
    "not-utf8": INDEX.encode() + b'description = "\xff"\n',
    "type": "plugins = 7\n",
    "registry-type": "registry = []\n",
    "empty": "",
    "rows": INDEX + "".join(f'[[plugins]]\nname="p{i}"\n' for i in range(110_000)),
}


@pytest.mark.parametrize("name", INDEXES)
def test_indexes(world, name):
    folder = world.person.write_tree("far", {"registry.toml": INDEXES[name]})
    world.refused("registry", "add", "far", folder, code=(10, 12, 13), words=["registry.toml"])


MARKETS = {
    "brackets": "[" * 100_000,
    "objects": '{"plugins":' * 50_000,
    "closed": '{"name":"x","plugins":' + "[" * 50_000 + "]" * 50_000 + "}",
    "long-key": '{"' + "k" * (17 << 20) + '":1}',
    "surrogate": '{"name":"\\ud800","plugins":[{"name":"evil","source":"./p"}',
    "nul": '{"name":"a\0b"}',
    "nul-in-key": '{"name":"x","plugins\\u0000":[]}',
    "not-utf8": b'{"name":"\xff","plugins":[]}',
    "type": '{"name":"x","plugins":{}}',
    "numbers": '{"name":1e9999,"plugins":-9223372036854775809}',
    "trailing": '{"name":"x","plugins":[]} x',
    "empty": "",
    "null": "null",
}


@pytest.mark.parametrize("name", MARKETS)
def test_marketplaces(world, name):
    folder = world.person.write_tree("far", {".claude-plugin/marketplace.json": MARKETS[name]})
    world.refused("registry", "add", "far", folder, code=(10, 12, 13), words=["marketplace.json"])


def test_a_key_that_ends_early(world):
    """No server for who looks it up, and one for who copies the keys: nobody would be asked about it."""
    text = '{"name":"evil","mcpServers\\u0000":{"s":{"command":"/bin/evil"}}}'
    folder = world.person.write_tree("evil", {".claude-plugin/plugin.json": text,
                                              "SKILL.md": "---\nname: evil\ndescription: x\n---\n"})
    world.refused("install", folder, code=(12, 13), words=["plugin.json", "a key holds a NUL character"])


VALUES = [None, 7, -1, 1e300, [], {}, [[]], {"a": {}}, True, "\ud800", "a\0b", "x" * 100_000]


@pytest.mark.parametrize("field", ["name", "version", "description", "author", "source", "keywords", "dependencies"])
def test_fields_of_other_kinds(world, field):
    """Each entry has one field of another kind than is expected; the others are as they should be."""
    rows = [{"name": f"evil-{i}", "source": "./p", "version": "1.0.0", field: value}
            for i, value in enumerate(VALUES)]
    folder = world.person.write_tree("far", {
        ".claude-plugin/marketplace.json": json.dumps({"name": "x", "plugins": rows}),
        "p/SKILL.md": "---\nname: x\ndescription: x\n---\n"})
    assert world.run("registry", "add", "far", folder).code in (0, 12, 13)
    world.run("search")
    for i in range(len(VALUES)):
        assert world.run("install", f"evil-{i}", "--dry-run").code in (0, 10, 11, 12, 13, 14)


FRONT = {
    "unfinished": "---\nname: x\n",
    "deep": "---\n" + "".join(" " * i + "a:\n" for i in range(5_000)) + "---\n",
    "flow": "---\nname: " + "[" * 100_000 + "\n---\n",
    "aliases": "---\na: &a [x,x]\n" + "".join(f"b{i}: &b{i} [*a,*a]\n" for i in range(1000)) + "---\n",
    "long": "---\nname: " + "x" * (5 << 20) + "\n---\n",
    "nul": "---\nname: a\0b\n---\n",
}


@pytest.mark.parametrize("name", FRONT)
def test_front_matter(world, name):
    """A skill's own words are the client's to read; they neither stop paii nor make it slow."""
    files = {"SKILL.md": FRONT[name], "skills/a/SKILL.md": FRONT[name], "agents/a.md": FRONT[name]}
    folder = world.person.write_tree("odd", {**plugin("odd"), **files})
    for words in (["install", folder], ["info", "odd"], ["list"], ["remove", "odd"]):
        world.run(*words)


@any_umask
@pytest.mark.parametrize("name", ["brackets", "twice", "nul", "long-key", "2^63", "empty", "format"])
@pytest.mark.parametrize("command", [["list"], ["remove", "hello"], ["install", "hello"]],
                         ids=["list", "remove", "install"])
def test_locks(world, name, command):
    path = world.person.dir / "current/paii.lock"
    text = path.read_text()
    path.chmod(0o644)
    path.write_text({"brackets": text + "x = " + "[" * 100_000, "twice": text + text, "nul": text + "\0",
                     "long-key": text + "k" * (10 << 20), "2^63": text.replace("size = ", "size = 9223372036854775808"),
                     "empty": "", "format": text.replace("lock = 1", "lock = 99")}[name])
    (world.person.dir / "current/catalog").unlink()
    world.refused(*command, code=(1, 12, 13), words=["paii.lock"])


@pytest.mark.parametrize("text", ["x = " + "[" * 100_000, "[registries]\na = 1\na = 2\n", "a\0b", "[registries",
                                  "[registries]\n'../x' = '/x'\n", "[bindings]\n" + "k" * (10 << 20) + " = 1"],
                         ids=["brackets", "twice", "nul", "unfinished", "name", "long-key"])
def test_the_users_own_configuration(world, text):
    world.person.write(world.person.dir / "paii.toml", text, 0o600)
    world.refused("install", "hello", code=(12, 13), words=["paii.toml"])


@pytest.mark.parametrize("damage", ["cut", "zeros", "ones", "empty", "swapped"])
def test_catalogs(world, damage):
    """What is derived is made again or refused, never believed."""
    for path in list(world.person.dir.rglob("catalog")):
        data = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes({"cut": data[:len(data) // 2], "zeros": data[:64] + b"\0" * (len(data) - 64),
                          "ones": data[:16] + b"\xff" * (len(data) - 16), "empty": b"",
                          "swapped": data[::-1]}[damage])
    for words in (["list"], ["search"], ["info", "hello"], ["install", "hello"], ["remove", "hello"]):
        assert world.run(*words).code in (0, 1, 10, 12)
