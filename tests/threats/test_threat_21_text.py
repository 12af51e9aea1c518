"""Rows 21 and 22: escapes in everything that is shown, and text that only a model sees."""

import json

import pytest

from conftest import assert_printable
from hostile import entry, honest, packed_tar
from shelf import installed, plugin, toml

# ---- row 21

ESCAPES = {
    "osc8": "\x1b]8;;https://evil.example\x1b\\safe\x1b]8;;\x1b\\",
    "osc52": "\x1b]52;c;ZXZpbA==\x07",
    "csi": "a\x1b[2J\x1b[H\x1b[31m",
    "c1": "a\u009b2J\u009d0;x\u009c",
    "return": "harmless\rpaii: fine",
    "backspace": "evil\b\b\b\bgood",
    "newline": "one\npaii: error: made up\n+ hello 9.9.9",
    "bidi": "a\u202egnp.exe\u202c\u2066",
    "zero-width": "he\u200bl\u2060lo\ufeff",
    "tags": "fine\U000e0049\U000e0067",
    "delete": "a\x7f\x7f",
}


def shown(result):
    assert_printable(result.stdout + result.stderr)
    for line in (result.stdout + result.stderr).splitlines():
        assert not line.startswith(("paii: error: made up", "+ hello 9.9.9")), repr(result)
    return result


@pytest.mark.parametrize("name", ESCAPES)
def test_escapes_in_an_index(world, name):
    text = ESCAPES[name]
    world.shelf.list("evil", version="1.0.0", path="plugins/hello-1.0.0", description=text,
                     homepage=f"https://x/{text}", author=text, license=text, language=text, type=text,
                     tags=[text, "tag"])
    assert "evil" in world.run("search").stdout, "the row was read"
    for words in (["search"], ["search", "tag"], ["info", "evil"], ["outdated"], ["registry", "list"],
                  ["search", "--json"], ["info", "evil", "--json"], ["registry", "list", "--json"],
                  ["install", "evil", "--dry-run"], ["install", "evil"], ["install", "evil", "--json"]):
        shown(world.run(*words))
        shown(world.run(*words, "--verbose"))


@pytest.mark.parametrize("name", ESCAPES)
def test_escapes_in_values_of_a_manifest(world, name):
    files = plugin("evil")
    quoted = toml(ESCAPES[name])
    files["plugin.toml"] = files["plugin.toml"].replace(
        '"The evil plugin"', f"{quoted}\nauthors = [{quoted}]\nlicense = {quoted}\nhomepage = {quoted}\n"
        f"tags = [{quoted}]") + f"[config]\nkey = {quoted}\n"
    folder = world.person.write_tree("evil", files)
    shown(world.run("check", folder))
    if name in ("bidi", "tags"):
        world.refused("install", folder, words=["'plugin.toml'", " holds U+"])
        return
    assert shown(world.run("install", folder)).code == 0
    for words in (["list"], ["list", "--json"], ["info", "evil"], ["info", "evil", "--json"], ["status"],
                  ["doctor"], ["run", "evil"], ["config", "list"], ["outdated"], ["remove", "evil"]):
        shown(world.run(*words))
    assert installed(world.person) == {"hello": "1.0.0"}


@pytest.mark.parametrize("name", ESCAPES)
def test_escapes_in_keys_of_a_manifest(world, name):
    quoted = toml(ESCAPES[name])
    for table in ("consumes", "provides", "config", "hooks", "actions", "env", quoted):
        files = plugin("evil")
        head = files["plugin.toml"].split("[provides]")[0]
        files["plugin.toml"] = head + f"[{table}]\n{quoted} = {quoted}\n"
        folder = world.person.write_tree(f"evil-{table}"[:8], files)
        shown(world.run("check", folder))
        shown(world.run("install", folder, "--dry-run"))


@pytest.mark.parametrize("name", ESCAPES)
def test_escapes_in_a_marketplace(world, name):
    text = ESCAPES[name]
    folder = world.person.write_tree("market", {
        ".claude-plugin/marketplace.json": json.dumps({
            "name": text, "owner": {"name": text, "email": text}, "metadata": {"description": text},
            "plugins": [{"name": "evil", "source": "./p", "description": text, "version": text,
                         "author": {"name": text}, "keywords": [text], "category": text},
                        {"name": text, "source": text}]}),
        "p/SKILL.md": f"---\nname: {text}\ndescription: {text}\n---\n"})
    shown(world.run("registry", "add", "market", folder, "--verbose"))
    for words in (["search", "evil"], ["info", "market/evil"], ["registry", "list"], ["install", "evil"],
                  ["info", "evil"], ["list"]):
        shown(world.run(*words))


@pytest.mark.parametrize("name", ESCAPES)
def test_escapes_in_names_of_files(world, name):
    archive = world.file(packed_tar(*honest(), entry(f"d/{ESCAPES[name]}")), ".tgz")
    world.refused("install", archive)


def pkt(text):
    return f"{len(text.encode()) + 4:04x}{text}".encode()


@pytest.mark.parametrize("name", ESCAPES)
def test_escapes_in_what_a_server_says(world, plain_web, name):
    text = ESCAPES[name]
    plain_web.routes["/a/*"] = lambda handler: handler.reply(
        200, pkt("version 2\n") + pkt(f"ERR {text}\n") + b"0000",
        {"Content-Type": "application/x-git-upload-pack-advertisement"})
    plain_web.routes["/b/*"] = lambda handler: handler.reply(404, text.encode())
    for path in ("a/evil.git", "b/evil.git", "b/evil.tar.gz"):
        world.refused("install", "--verbose", f"{plain_web.url}/{path}", code=(1, 10, 13, 20))


@pytest.mark.parametrize("name", ESCAPES)
def test_escapes_in_what_a_build_says(world, name):
    text = ESCAPES[name]
    folder = world.person.write_tree("evil", plugin("evil", build="make", words=text, Makefile=(
        "all:\n\t@cat words >&2; cat words; exit 3\n")))
    if name in ("bidi", "tags"):
        world.refused("install", folder)
        return
    world.refused("install", folder, code=1, words=["evil"])
    shown(world.run("install", folder, "--verbose"))


@pytest.mark.parametrize("name", sorted(set(ESCAPES) - {"newline"}))
def test_escapes_in_what_an_action_says(world, name):
    text = json.dumps(ESCAPES[name], ensure_ascii=False)
    files = plugin("evil", **{"run.sh": '#!/bin/sh\ncat "$PAII_PLUGIN_DIR/answer"; cat "$PAII_PLUGIN_DIR/words" >&2\n'})
    files["plugin.toml"] += '[run]\ncommand = ["run.sh"]\n[actions.go]\nsummary = "go"\n'
    answer = '{"paii":1,"ok":false,"error":{"code":"unknown","message":%s}}' % json.dumps(ESCAPES[name])
    folder = world.person.write_tree("evil", {**files, "answer": answer, "words": json.dumps(text)})
    world.person.run("install", folder)
    shown(world.run("run", "evil", "go"))


# ---- row 22

HIDDEN = {
    "tags": "".join(chr(0xe0000 + ord(c)) for c in "run this"),
    "tag-one": "\U000e0041",
    "flag": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "override": "\u202eevil\u202c",
    "isolate": "\u2067evil\u2069",
    "selectors": "a" + "".join(chr(0xe0100 + ord(c)) for c in "run this"),
}
PLACES = ["SKILL.md", "references/setup-installation.md", "agents/helper.md", "src/tool.py", "data.json",
          "Makefile", "plugin.toml", "no-suffix"]


@pytest.mark.parametrize("name", HIDDEN)
def test_hidden_text_in_every_file(world, name):
    for place in PLACES:
        files = plugin("evil")
        files[place] = files.get(place, "first\n") + f"# second {HIDDEN[name]}\n"
        line = files[place].count("\n")
        folder = world.person.write_tree(f"evil-{place.replace('/', '-')}", files)
        code = next(f"U+{ord(c):04X}" for c in HIDDEN[name]
                    if ord(c) >= 0xe0000 or 0x202a <= ord(c) <= 0x2069)
        world.refused("install", folder, words=[f"'{place}'", f"line {line}", code])


ESCAPED = {
    "plugin.toml": '[config]\nnote = "\\u202e"\n',
    ".claude-plugin/plugin.json": '{"name": "evil", "keywords": ["\\u202e"]}\n',
    ".mcp.json": '{"mcpServers": {"\\u2067": {"command": "x"}}}\n',
    "agents/helper.md": '---\nname: helper\ndescription: "\\U000e0041"\n---\nHelps.\n',
    "data/words.json": '["fine", "\\uDB40\\uDC41"]\n',
    "data/words.toml": 'a = """\n\\U000E0041"""\n',
    "data/words.yaml": 'a: "\\U000e0041"\n',
}


@pytest.mark.parametrize("place", ESCAPED)
def test_hidden_text_that_is_escaped(world, place):
    files = plugin("evil")
    files[place] = files.get(place, "") + ESCAPED[place]
    world.refused("install", world.person.write_tree("evil", files), words=[f"'{place}'", " holds U+"])


def test_escapes_that_people_see(world):
    files = plugin("fine", **{"regex.toml": "a = '[\\u202a-\\u202e]' # \\u202e\n",
                              "tool.py": 'print("\\u202e")\n', "words.json": '"\\\\u202e \\u00e9"\n'})
    files["SKILL.md"] += "`\\u202e` turns text around\n"
    result = world.run("install", world.person.write_tree("fine", files))
    assert result.code == 0 and result.stderr == "", repr(result)


def test_hidden_text_behind_a_nul(world):
    folder = world.person.write_tree("evil", plugin("evil"))
    (folder / "SKILL.md").write_bytes((folder / "SKILL.md").read_bytes() + b"\0" + HIDDEN["tags"].encode())
    world.refused("install", folder, words=["'SKILL.md'"])


def test_hidden_text_far_down_a_file(world):
    folder = world.person.write_tree("evil", plugin("evil", notes="word \n" * 500_000 + HIDDEN["tag-one"]))
    world.refused("install", folder, words=["'notes'", "line 500001"])


def test_hidden_text_that_comes_with_an_update(world, git):
    repo = git.repo("evil", plugin("evil"))
    assert world.run("install", repo.url).code == 0
    repo.commit({"SKILL.md": "changed" + HIDDEN["tags"]})
    world.refused("update", "evil", words=["'SKILL.md'"])


@pytest.mark.parametrize("text, words", [
    ("a\u200bb\u200bc", "2 zero-width characters"), ("a\u00adb", "an invisible filler"),
    ("<!-- " + "do this " * 40 + "-->", "a long HTML comment"), ("a\ufe0fb", "a stray variation selector")])
def test_text_that_is_counted(world, text, words):
    files = plugin("odd")
    files["SKILL.md"] += text
    result = world.run("install", world.person.write_tree("odd", files))
    assert result.code == 0 and "warning" in result.stderr and words in result.stderr, repr(result)
    assert "'SKILL.md'" in result.stderr


def test_text_that_is_ordinary(world):
    files = plugin("fine", **{"logo.png": b"\x89PNG\0" + HIDDEN["tags"].encode()})
    files["SKILL.md"] += "\u2764\ufe0f 1\ufe0f\u20e3 \U0001f468\u200d\U0001f469 \u0928\u094d\u200d caf\u00e9 \u4e2d\n"
    files["SKILL.md"] += "<!-- a licence -->\n"
    files["bom.txt"] = "\ufefftext\n"
    result = world.run("install", world.person.write_tree("fine", files))
    assert result.code == 0 and result.stderr == "", repr(result)
