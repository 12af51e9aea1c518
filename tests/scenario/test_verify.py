"""What is installed is compared with what was installed, and made right again."""

import json
import shutil

import pytest

from shelf import Shelf, everything, generation, installed, lock_text, plugin, skill_text

MAKEFILE = ("install:\n\tmkdir -p $(DESTDIR)$(PREFIX)/bin\n"
            "\tprintf '#!/bin/sh\\necho made\\n' > $(DESTDIR)$(PREFIX)/bin/tool\n"
            "\tchmod 755 $(DESTDIR)$(PREFIX)/bin/tool\n")


@pytest.fixture
def team(paii):
    shelf = Shelf(paii, "team").add("hello", "1.0.0", **{"notes/a.txt": "a\n"}).add("other")
    paii.run("install", "hello", "other")
    return shelf


def prefix(paii, name):
    return (paii.dir / "current/prefix" / name).resolve()


def damage(path, text="damaged\n"):
    path.parent.chmod(0o755)
    if path.exists():
        path.chmod(0o644)
    path.write_text(text)


def differences(paii, *names, expect=14):
    answer = paii.run("verify", "--json", *names, expect=expect).json()
    return {row["name"]: {(item["kind"], item.get("path")) for item in row["differences"]}
            for row in answer}


# ---- verify


def test_what_is_as_it_was(paii, team):
    assert "2 plugins are as they were" in paii.run("verify").stderr
    assert differences(paii, expect=0) == {"hello": set(), "other": set()}


def test_every_difference_is_named(paii, team):
    place = prefix(paii, "hello")
    damage(place / "SKILL.md")
    damage(place / "added.txt")
    (place / "plugin.toml").chmod(0o755)
    (place / "notes").chmod(0o755)
    (place / "notes/a.txt").unlink()
    assert differences(paii) == {"other": set(), "hello": {
        ("changed", "SKILL.md"), ("new", "added.txt"), ("mode", "plugin.toml"),
        ("missing", "notes/a.txt")}}
    shown = paii.run("verify", expect=14)
    assert "hello 1.0.0: changed SKILL.md\n" in shown.stdout and "other" not in shown.stdout
    assert "paii repair" in shown.stderr
    paii.run("verify", "other")
    paii.run("verify", "nobody", expect=10)


def test_a_prefix_that_is_gone(paii, team):
    place = prefix(paii, "hello")
    place.parent.chmod(0o755)
    shutil.move(place, paii.home / "elsewhere")
    assert differences(paii)["hello"] == {("missing", None)}


def test_a_built_prefix_with_its_links(paii):
    paii.write_tree("able", plugin("able", **{"Makefile": MAKEFILE}))
    paii.run("install", paii.home / "able")
    paii.run("verify")
    damage(prefix(paii, "able") / "bin/tool", "#!/bin/sh\necho evil\n")
    assert ("changed", "bin/tool") in differences(paii)["able"]


def test_verify_writes_nothing(paii, team):
    damage(prefix(paii, "hello") / "SKILL.md")
    before = everything(paii)
    paii.run("verify", expect=14)
    paii.run("repair", "--dry-run")
    assert everything(paii) == before


# ---- repair


def test_repair_of_files(paii, team):
    good = {name: paii.snapshot(prefix(paii, name)) for name in ("hello", "other")}
    damage(prefix(paii, "hello") / "SKILL.md")
    at, lock = generation(paii), lock_text(paii)
    shown = paii.run("repair")
    assert "repaired hello 1.0.0: 1 changed" in shown.stdout and "other" not in shown.stdout
    assert {name: paii.snapshot(prefix(paii, name)) for name in good} == good
    assert (generation(paii), lock_text(paii)) == (at, lock)
    paii.run("verify")
    again = paii.run("repair")
    assert again.stdout == "" and "nothing to repair" in again.stderr


def test_repair_of_a_prefix_that_is_gone(paii, team):
    place = prefix(paii, "hello")
    place.parent.chmod(0o755)
    shutil.move(place, paii.home / "elsewhere")
    paii.run("repair", "hello")
    assert "hello 1.0.0" in skill_text(paii, "hello")
    paii.run("verify")


def test_repair_builds_again(paii):
    paii.write_tree("able", plugin("able", **{"Makefile": MAKEFILE}))
    paii.run("install", paii.home / "able")
    tool = prefix(paii, "able") / "bin/tool"
    damage(tool, "#!/bin/sh\necho evil\n")
    assert json.loads(paii.run("repair", "--json").stdout)["repaired"] == ["able 1.0.0: 1 changed"]
    assert "echo made" in tool.read_text()
    paii.run("verify")


def test_repair_that_cannot_build_leaves_what_there_was(paii):
    """The same source builds no longer: another make."""
    paii.write_tree("able", plugin("able", **{"Makefile": MAKEFILE}))
    paii.run("install", paii.home / "able")
    damage(prefix(paii, "able") / "SKILL.md")
    paii.write("bin/make", "#!/bin/sh\nexit 1\n", 0o755)
    paii.run("repair", env={"PATH": f"{paii.home}/bin:{paii.env['PATH']}"}, expect=1)
    assert (prefix(paii, "able") / "bin/tool").exists()
    paii.run("repair")
    paii.run("verify")


def test_a_killed_repair_leaves_what_there_was(paii):
    """A make that heeds no DESTDIR, and paii is killed under it."""
    paii.write_tree("able", plugin("able", **{"Makefile": MAKEFILE}))
    paii.run("install", paii.home / "able")
    place = prefix(paii, "able")
    damage(place / "SKILL.md")
    before = paii.snapshot(paii.dir / "store")
    paii.write("bin/make", '#!/bin/sh\nfor word; do case $word in PREFIX=*) place=${word#PREFIX=};; esac; done\n'
                           'mkdir -p "$place"; echo junk > "$place/junk"; kill -9 $PPID\n', 0o755)
    paii.run("repair", env={"PATH": f"{paii.home}/bin:{paii.env['PATH']}"}, expect=-9)
    assert not (place / "SKILL.md").exists()
    paii.run("config", "set", "defaults.log_level", "warn")
    folder = f"able/{place.name}"  # what was damaged may stay open
    after = paii.snapshot(paii.dir / "store")
    assert {**after, folder: None} == {**before, folder: None}
    assert list((paii.dir / "staging").iterdir()) == []
    paii.run("repair")
    paii.run("verify")


def test_repair_of_links(paii, team):
    before = {"claude": paii.snapshot(), "plugins": paii.snapshot(paii.dir / "plugins")}
    (paii.claude / "skills/hello").unlink()
    (paii.dir / "plugins/other/plugin.toml").unlink()
    (paii.dir / "plugins/hello/plugin.toml").unlink()
    (paii.dir / "plugins/hello/plugin.toml").symlink_to("/nowhere")
    shown = paii.run("repair").stdout
    assert "link" in shown and "skills/hello" in shown and "other/plugin.toml" in shown
    assert before == {"claude": paii.snapshot(), "plugins": paii.snapshot(paii.dir / "plugins")}


def test_repair_of_the_generation(paii, team):
    shutil.rmtree(paii.dir / "current/claude")
    (paii.dir / "current/prefix/hello").unlink()
    (paii.dir / "current/catalog").write_text("x")
    paii.run("repair")
    assert set(installed(paii)) == {"hello", "other"}
    assert "hello 1.0.0" in skill_text(paii, "hello")


def test_repair_never_replaces_what_is_not_ours(paii, team):
    link = paii.claude / "skills/hello"
    link.unlink()
    paii.write(link / "SKILL.md", "mine\n")
    paii.run("repair", expect=13)
    assert (link / "SKILL.md").read_text() == "mine\n"


def test_repair_takes_nothing_but_what_was_locked(paii, team):
    damage(prefix(paii, "hello") / "SKILL.md")
    paii.write(team.folder / "plugins/hello-1.0.0/SKILL.md", "---\nname: hello\n---\nother\n")
    paii.run("repair", expect=14)
    assert (prefix(paii, "hello") / "SKILL.md").read_text() == "damaged\n"


def test_repair_from_the_cache(paii, git, web):
    url = web.add_repository("hello", git.repo("hello", plugin("hello")))
    paii.run("install", f"{url}#main", env=web.env)
    damage(prefix(paii, "hello") / "SKILL.md")
    web.close()
    paii.run("repair", "--offline")
    assert "hello 1.0.0" in skill_text(paii, "hello")
