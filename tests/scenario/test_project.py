"""Plugins of a repository: two files that a team shares, one command that brings what they say."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tomllib

import pytest

from hooking import payload
from shelf import needs, plugin, tar
from teams import BLOCK, NATIVE, Project, clone, shelve, shop  # noqa: F401

COUNTING = NATIVE.replace("guard.sh", "count.sh")
COUNT = "#!/bin/sh\necho x >> \"$CLAUDE_PROJECT_DIR/count\"\n"


# ---- a team


def test_both_files_say_what_is_installed(shop):
    shop.install("hello@^1", "incident")
    assert tomllib.loads(shop.read("paii.toml"))["plugins"] == \
        {"hello": {"registry": "own", "range": "^1"}, "incident": "*"}
    assert shop.read("paii.toml").startswith("# what we use\n")
    locked = {row["name"]: row for row in tomllib.loads(shop.read("paii.lock"))["plugin"]}
    assert locked["hello"]["version"] == "1.2.0"
    assert locked["hello"]["url"] == "./tools/plugins/hello-1.2.0"
    assert locked["hello"]["origin"] == "./tools/plugins"
    assert locked["incident"]["url"] == "builtin:plugins/incident"
    assert shop.links == ["hello", "incident"] and shop.versions["hello"] == "1.2.0"
    assert (shop.folder / ".claude/skills/hello/SKILL.md").read_text().count("1.2.0") == 2


def test_the_person_has_nothing_of_it(shop):
    shop.install("hello")
    assert shop.run("list", "--json").json() == []
    assert not shop.person.claude.exists()
    assert "hello" not in shop.run("status").stdout.split("project")[0]


def test_version_control_sees_the_two_files_alone(shop):
    shop.commit()
    shop.install("hello")
    assert shop.git("status", "--porcelain").split() == ["M", "paii.toml", "??", "paii.lock"]
    shop.run("remove", "--project", "hello")
    assert not (shop.folder / ".claude").exists()


def test_another_machine_has_the_same(shop, clone):
    shop.install("hello@1.0", "incident")
    shop.commit()
    bob = clone()
    assert bob.run("sync", "--check", expect=1).stdout == "hello 1.0.0 is not here\nincident 1.0.0 is not here\n"
    assert bob.run("sync", "--check", "--json", expect=1).json() == {
        "in_sync": False, "differences": ["hello 1.0.0 is not here", "incident 1.0.0 is not here"]}
    bob.run("sync", "--yes")
    assert bob.plugins == shop.plugins and bob.links == shop.links
    assert bob.git("status", "--porcelain") == ""
    assert bob.run("sync", "--check").stdout == ""
    generation = (bob.state / "current").readlink()
    bob.run("sync")
    assert (bob.state / "current").readlink() == generation


def test_a_choice_is_made_for_the_project(shop):
    for name, terms in ("greeter", {"provides": ["Greet"]}), ("waver", {"provides": ["Greet"]}), \
            ("needy", {"consumes": [needs("Greet")]}):
        shop.person.write_tree(shop.folder / "tools" / name, plugin(name, **terms))
    shop.install("./tools/greeter", "./tools/waver")
    error = shop.install("./tools/needy", "--json", expect=11).json()["error"]
    command = "paii install --project ./tools/needy --prefer waver"
    assert command in [hint["command"] for hint in error["details"]["hints"]]
    shop.run(*command.split()[1:])
    assert tomllib.loads(shop.read("paii.lock"))["bindings"] == {"needy.dep": "waver"}


def test_what_a_teammate_changes_arrives(shop, clone):
    shop.install("hello@1.0")
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes")
    bob.install("hello@1.2", "incident")
    bob.commit()
    shop.git("pull", "-q", bob.folder, "main")
    shop.run("sync", "--yes")
    assert shop.versions == {"hello": "1.2.0", "incident": "1.0.0"}
    shop.run("remove", "--project", "incident")
    shop.commit()
    bob.git("pull", "-q", shop.folder, "main")
    assert bob.run("sync", "--check", expect=1).stdout == "incident is here, and not locked\n"
    bob.run("sync")
    assert bob.links == ["hello"] and bob.plugins == shop.plugins


def test_an_install_brings_what_is_locked_first(shop, clone):
    shop.install("hello@1.0")
    shop.commit()
    bob = clone()
    bob.run("install", "--project", "incident", expect=13)
    assert bob.git("status", "--porcelain") == "" and bob.links == []
    bob.install("incident")
    assert bob.versions == {"hello": "1.0.0", "incident": "1.0.0"}


def test_update_stays_in_the_range(shop):
    shop.install("hello@~1.0")
    shelve(shop, "hello", "1.0.3")
    shop.run("update", "--project")
    assert shop.versions == {"hello": "1.0.3"}
    assert 'version = "1.0.3"' in shop.read("paii.lock")
    assert shop.run("sync", "--check").stdout == ""


def test_what_is_switched_off_is_so_for_everybody(shop, clone):
    shop.install("hello")
    shop.run("disable", "--project", "hello")
    assert "disabled = true" in shop.read("paii.lock") and shop.links == []
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes")
    assert bob.plugins == shop.plugins and bob.links == []
    bob.run("enable", "--project", "hello")
    assert bob.links == ["hello"] and "disabled" not in bob.read("paii.lock")


def test_what_is_held_is_so_for_everybody(shop, clone):
    shop.install("hello")
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes")
    assert bob.run("hold", "--project", "hello").stdout == "held hello\n"
    assert "held = true" in bob.read("paii.lock") and bob.git("status", "--porcelain") == "M paii.lock"
    bob.commit()
    shop.git("pull", "-q", bob.folder, "main")
    shelve(shop, "hello", "1.3.0")
    assert shop.run("update", "--project").stderr.startswith("plugin 'hello' is held at 1.2.0\nnothing can be updated\n")
    refused = shop.run("update", "--project", "hello", expect=13).stderr
    assert refused.endswith("hint: release it first: paii unhold --project hello\n")
    refused = shop.run("update", f"--project={shop.folder}", "hello", expect=13, cwd="/").stderr
    assert refused.endswith(f"hint: release it first: paii unhold --project={shop.folder} hello\n"), "from elsewhere"
    shop.run("unhold", "--project", "hello")
    assert "held" not in shop.read("paii.lock")
    shop.run("update", "--project")
    assert shop.versions == {"hello": "1.3.0"}
    shop.person.run("hold", "hello", expect=10)  # the person's own is another matter


def test_why_and_for_whom_something_is_here(shop):
    shop.person.write_tree(shop.folder / "tools/greeter", plugin("greeter", provides=["Greet"]))
    shop.person.write_tree(shop.folder / "tools/needy", plugin("needy", consumes=[needs("Greet")]))
    shop.install("./tools/greeter", "./tools/needy")
    assert shop.run("tree", "--project").stdout == "greeter 1.0.0\nneedy 1.0.0\n`-- greeter 1.0.0 for Greet (above)\n"
    assert shop.run("tree").stdout == ""
    assert shop.run("why", "--project", "greeter").stdout == (
        "greeter 1.0.0 is installed because\n  paii.toml asks for it\n  needy 1.0.0 needs it as 'dep' (Greet)\n")
    assert shop.run("why", "--project", "needy").stdout == (
        "needy 1.0.0 is installed because\n  paii.toml asks for it\n")
    assert shop.run("why", f"--project={shop.folder}", "greeter", "--json", cwd="/").json()["used_by"][0]["name"] == "needy"
    assert "needy.dep -> greeter" in shop.run("contract", "list", "--project").stdout
    shop.run("why", "greeter", expect=10)
    shop.run("why", "--project", "greeter", cwd="/", expect=12)


def test_a_project_goes_back_by_its_history(shop):
    shop.install("hello@1.0")
    shop.commit()
    shop.install("hello@1.2")
    before = shop.plugins
    refused = shop.run("rollback", "--project", expect=1).stderr
    assert refused == (f"paii: error: '{shop.folder}' goes back by its own history, not by 'paii rollback'\n"
                       "  hint: git restore --source=COMMIT paii.toml paii.lock, then 'paii sync'\n")
    assert shop.plugins == before
    shop.git("restore", "--source=HEAD", "paii.toml", "paii.lock")
    shop.run("sync")
    assert shop.versions == {"hello": "1.0.0"}


def test_a_built_plugin_is_locked_in_the_same_bytes(shop, clone):
    """Where a prefix stands depends on the tools of a machine, and says nothing to the team."""
    makefile = "install:\n\tmkdir -p $(DESTDIR)$(PREFIX)/bin\n\techo x > $(DESTDIR)$(PREFIX)/bin/made\n"
    shelve(shop, "made", build="make", Makefile=makefile)
    shop.install("made", "hello@1.0")
    lock = shop.read("paii.lock").replace('prefix = "made/1.0.0-', 'prefix = "made/1.0.0-0000').split("\n")
    lock = "\n".join(line[:len('prefix = "made/1.0.0-') + 16] + '"' if "made/1.0.0-0000" in line else line
                     for line in lock)
    shop.write("paii.lock", lock)
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes")
    assert bob.run("sync", "--check").stdout == ""
    bob.run("sync")
    bob.install("incident")
    assert 'prefix = "made/1.0.0-0000' in bob.read("paii.lock")


# ---- the two files


def test_a_wish_that_is_not_locked_is_said(shop):
    shop.install("hello@1.0")
    shop.write("paii.toml", shop.read("paii.toml").replace('range = "1.0"', 'range = "^1.1"')
               + 'incident = "*"\n')
    failed = shop.run("sync", expect=12).stderr
    assert "paii.toml wants hello ^1.1, and paii.lock has 1.0.0 for 1.0" in failed
    assert "paii.toml wants incident, which paii.lock does not have" in failed
    assert shop.versions == {"hello": "1.0.0"}
    assert shop.run("sync", "--check", expect=1).stdout.count("\n") == 2
    shop.install()
    assert shop.versions == {"hello": "1.2.0", "incident": "1.0.0"}
    assert shop.run("sync", "--check").stdout == ""


def test_a_wish_may_be_said_twice(shop):
    shop.write("paii.toml", shop.read("paii.toml") + '[plugins]\nhello = { url = "./tools/plugins/hello-1.0.0" }\n')
    shop.install("./tools/plugins/hello-1.0.0")
    assert shop.versions == {"hello": "1.0.0"}


def test_a_wish_that_is_gone_is_said(shop):
    shop.install("hello", "incident")
    shop.write("paii.toml", shop.read("paii.toml").replace('incident = "*"\n', ""))
    assert "paii.lock has incident 1.0.0, which paii.toml does not want" in \
        shop.run("sync", expect=12).stderr
    shop.run("install", "--project")
    assert shop.versions == {"hello": "1.2.0"}


def test_a_file_in_other_bytes_stays_as_it_is(shop):
    shop.install("hello")
    text = "# ours\n" + shop.read("paii.lock").replace('version = "1.2.0"', 'version="1.2.0"')
    shop.write("paii.lock", text)
    shop.run("sync", "--yes")
    shop.run("install", "--project")
    assert shop.read("paii.lock") == text


def test_folders_and_repositories_as_sources(shop, clone, web, git):
    """Each kind of source that everybody can reach; a commit is pinned, and the wish is kept."""
    tools = git.repo("tools", {f"sub/{name}": text for name, text in plugin("tools").items()})
    url = web.add_repository("tools", tools)
    packed = web.add("packed.tar.gz", tar(plugin("packed")))
    for name, text in plugin("house").items():
        shop.write(f"tools/house/{name}", text)
    shop.install("./tools/house", f"{url}//sub#main", packed, env=web.env)
    wanted = tomllib.loads(shop.read("paii.toml"))["plugins"]
    assert wanted == {"house": {"url": "./tools/house"}, "tools": {"url": f"{url}//sub#main"},
                      "packed": {"url": packed}}
    shop.commit()
    tools.commit({"sub/SKILL.md": "---\nname: tools\ndescription: newer\n---\n"})
    bob = clone()
    bob.run("sync", "--yes", env=web.env)
    assert bob.plugins == shop.plugins and set(bob.plugins) == {"house", "tools", "packed"}
    bob.run("update", "--project", "tools", "--yes", env=web.env)
    assert bob.plugins["tools"] != shop.plugins["tools"]
    assert tomllib.loads(bob.read("paii.toml"))["plugins"] == wanted
    assert bob.git("status", "--porcelain") == "M paii.lock"


def test_a_registry_of_the_person_is_lent_if_they_name_it(shop, clone, web, git):
    listed = {f"p/{name}": text for name, text in plugin("far").items()}
    listed["registry.toml"] = '[registry]\nname = "w"\n[[plugins]]\nname = "far"\nversion = "1.0.0"\npath = "p"\n'
    url = web.add_repository("work", git.repo("work", listed))
    shop.person.run("registry", "add", "work", url, env=web.env)
    shop.install("far", env=web.env, expect=10)
    shop.install("work/far", env=web.env)
    config = tomllib.loads(shop.read("paii.toml"))
    assert config["registries"]["work"] == url and config["plugins"]["far"] == {"registry": "work"}
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes", env=web.env)
    assert bob.plugins == shop.plugins


def private_repository(web, git):
    """A registry in Git that lets in who knows the token. Returns its URL."""
    listed = {f"p/{name}": text for name, text in plugin("far").items()}
    listed["registry.toml"] = '[registry]\nname = "w"\n[[plugins]]\nname = "far"\nversion = "1.0.0"\npath = "p"\n'
    url = web.add_repository("work", git.repo("work", listed))
    allowed = "Basic " + base64.b64encode(b"x-access-token:s3cret").decode()

    def route(handler):
        if handler.headers.get("Authorization") == allowed:
            handler.run_git(web)
        else:
            handler.reply(401, b"who?", {"WWW-Authenticate": 'Basic realm="x"'})
    web.routes["/*"] = route
    return url


def test_secrets_are_each_persons_own(shop, clone, web, git):
    """Who has the registry with a secret of their own gets the plugin; a repository cannot name one."""
    url = private_repository(web, git)
    env = {**web.env, "WORK_TOKEN": "s3cret"}
    shop.person.run("registry", "add", "--token-env", "WORK_TOKEN", "work", url, env=env)
    shop.install("work/far", env=env)
    shop.commit()
    bob = clone()
    bob.run("sync", "--yes", env=env, expect=21)
    bob.person.run("registry", "add", "--token-env", "WORK_TOKEN", "mine", url, env=env)
    bob.run("sync", "--yes", env=env)
    assert bob.plugins == shop.plugins
    bob.run("update", "--project", env=env)
    assert "TOKEN" not in bob.read("paii.toml") + bob.read("paii.lock")


def test_what_nobody_else_has_is_refused(shop, git):
    shop.person.write_tree("mine", plugin("mine"))
    before = shop.read("paii.toml")
    for args in ((shop.person.home / "mine",), (git.repo("tools", plugin("tools")).url,),
                 ("--dev", "./tools/plugins/hello-1.0.0")):
        assert "which nobody else has" in shop.install(*args, expect=13).stderr
    assert shop.read("paii.toml") == before and shop.read("paii.lock") is None and shop.links == []


# ---- hooks


def dispatch(project, folder, event="pre-tool-use"):
    """Runs what the hooks.json that the client finds in `folder` registers."""
    file = folder / "skills/paii/hooks/hooks.json"
    if not file.exists():
        return None
    entry = json.loads(file.read_text())["hooks"]["PreToolUse"][0]["hooks"][0]
    person = project.person
    done = subprocess.run([entry["command"], *entry["args"]], input=payload("PreToolUse"), text=True,
                          env=person.environment({"CLAUDE_PROJECT_DIR": project.folder}),
                          capture_output=True, cwd=project.folder, check=False)
    assert done.returncode in (0, 2), done
    return done.stdout


def counted(project):
    text = project.read("count")
    return len(text.split()) if text else 0


def test_hooks_of_a_project_are_its_own(shop):
    shelve(shop, "guard", **{"hooks/hooks.json": NATIVE, "guard.sh": BLOCK})
    shop.install("guard")
    assert "deny" in dispatch(shop, shop.folder / ".claude")
    assert dispatch(shop, shop.person.claude) is None
    name = json.loads((shop.folder / ".claude/skills/paii/.claude-plugin/plugin.json").read_text())["name"]
    assert name == "paii-project", "the client loads one plugin of a name"


def test_who_answers_is_shown(shop):
    shelve(shop, "guard", **{"hooks/hooks.json": NATIVE, "guard.sh": BLOCK})
    shop.install("guard")
    assert "guard" in shop.run("hook", "list", "--project").stdout
    assert "guard" not in shop.run("hook", "list").stdout
    assert "deny" in shop.run("hook", "test", "--project", "pre-tool-use").stdout


def test_what_is_newer_is_listed(shop):
    shop.install("hello@1.0")
    assert "1.2.0" in shop.run("outdated", "--project").stdout
    assert "1.2.0" not in shop.run("outdated").stdout


def test_a_plugin_that_the_person_has_too_runs_once(shop):
    shelve(shop, "tally", **{"hooks/hooks.json": COUNTING, "count.sh": COUNT})
    assert "of your own" not in shop.install("tally").stderr
    shop.person.run("install", shop.folder / "tools/plugins/tally-1.0.0")
    assert "tally 1.0.0 of your own is used here, too" in shop.run("sync").stderr
    for folder in (shop.person.claude, shop.folder / ".claude"):
        dispatch(shop, folder)
    assert counted(shop) == 1
    shop.person.run("disable", "tally")
    dispatch(shop, shop.folder / ".claude")
    assert counted(shop) == 2


# ---- what runs, and what is damaged


def speaking(shop, name, text):
    shelve(shop, name, **{"run.sh": f"#!/bin/sh\necho {text} $PAII_DIR\n"})
    folder = f"tools/plugins/{name}-1.0.0/plugin.toml"
    shop.write(folder, shop.read(folder) + '[run]\ncommand = ["run.sh"]\n')


def test_an_action_of_the_project_runs_in_it(shop, tmp_path):
    speaking(shop, "say", "hello")
    shop.run("run", "say", expect=10)
    shop.install("say")
    for cwd in (shop.folder, shop.folder / "tools"):
        assert shop.run("run", "say", cwd=cwd).stdout == f"hello {shop.state}\n", "so are its calls"
    shop.run("run", "say", cwd=tmp_path, expect=10)
    shop.person.write_tree("own", {**plugin("say"), "run.sh": "#!/bin/sh\necho mine\n",
                                   "plugin.toml": plugin("say")["plugin.toml"] + '[run]\ncommand = ["run.sh"]\n'})
    shop.person.run("install", shop.person.home / "own")
    assert shop.run("run", "say").stdout == "mine\n"


def test_damage_is_found_and_repaired(shop):
    shop.install("hello")
    skill = (shop.folder / ".claude/skills/hello/SKILL.md").resolve()
    skill.chmod(0o644)
    skill.write_text("other")
    assert "hello" in shop.run("verify", "--project", expect=14).stdout
    shop.run("repair", "--project")
    shop.run("verify", "--project")
    assert shop.run("sync", "--check").stdout == "" and "hello" in shop.read("paii.lock")


# ---- places


def test_from_any_folder_below(shop):
    (shop.folder / "a/b").mkdir(parents=True)
    shop.install("hello", cwd=shop.folder / "a/b")
    assert shop.links == ["hello"] and not (shop.folder / "a/b/paii.toml").exists()


def test_of_another_folder(shop):
    shop.run("install", f"--project={shop.folder}", "hello", cwd=shop.person.home)
    assert shop.links == ["hello"]
    (shop.folder / ".claude/skills/hello").unlink()
    shop.run("sync", f"--project={shop.folder / 'tools'}", cwd="/")
    assert shop.links == ["hello"]
    shop.run("install", "--no-project", "incident")
    assert shop.links == ["hello"] and (shop.person.claude / "skills/incident").is_symlink()


def test_a_repository_without_a_file_is_a_project(shop):
    (shop.folder / "paii.toml").unlink()
    shop.install("incident")
    assert shop.read("paii.toml") == '[plugins]\nincident = "*"\n'


def test_no_project(paii, tmp_path):
    folder = tmp_path / "nowhere"
    folder.mkdir()
    assert "is in no project" in paii.run("sync", cwd=folder, expect=12).stderr
    paii.write(".git/HEAD", "ref: refs/heads/main\n")
    paii.write("paii.toml", "")
    paii.run("install", "--project", "incident", cwd=paii.home, expect=12)
    assert not paii.claude.exists()


def test_spaces_and_other_letters(paii, tmp_path):
    project = Project(paii, tmp_path / "grüße an 'alle' $HOME")
    project.folder.mkdir()
    project.write("paii.toml", "")
    shelve(project, "guard", **{"hooks/hooks.json": NATIVE, "guard.sh": BLOCK})
    project.write("paii.toml", '[registries]\nown = "./tools/plugins"\n')
    project.install("guard")
    assert "deny" in dispatch(project, project.folder / ".claude")
    project.run("sync", "--check")


def test_two_clones_do_not_disturb_each_other(shop, tmp_path):
    shop.install("hello@1.0")
    shop.commit()
    other = Project(shop.person, tmp_path / "second")
    shop.git("clone", "-q", shop.folder, other.folder)
    other.run("sync", "--yes")
    other.install("hello@1.2")
    assert shop.versions == {"hello": "1.0.0"} and other.versions == {"hello": "1.2.0"}
    shop.run("remove", "--project", "hello")
    assert other.links == ["hello"] and other.run("sync", "--check").stdout == ""
    assert len(list((shop.person.dir / "store/hello").glob("*[!s]"))) == 2, "one store"


def test_a_folder_that_was_moved_or_copied(shop, tmp_path):
    shop.install("hello")
    moved = Project(shop.person, tmp_path / "moved")
    shutil.copytree(shop.folder, tmp_path / "copied", symlinks=True)
    shop.folder.rename(moved.folder)
    copied = Project(shop.person, tmp_path / "copied")
    for project in (moved, copied):
        project.run("sync", "--check", expect=1)
        project.run("sync", "--yes")
        assert project.links == ["hello"] and project.run("sync", "--check").stdout == ""
        assert str(project.state) in str((project.folder / ".claude/skills/hello").readlink())


def test_gc_knows_projects(shop, tmp_path):
    shop.install("hello@1.0")
    shop.person.run("gc", "--keep", "0")
    assert shop.run("sync", "--check").stdout == "" and shop.run("verify").code == 0
    state = shop.state
    (state / "plugins/hello/data").mkdir(parents=True, exist_ok=True)
    (state / "plugins/hello/data/note").write_text("mine")
    shutil.rmtree(shop.folder)
    assert f"project {shop.folder}" in shop.person.run("gc", "--dry-run").stdout
    assert (state / "current").exists()
    assert f"project {shop.folder}" in shop.person.run("gc").stdout
    assert sorted(os.listdir(state)) == ["plugins", "root"]
    assert (state / "plugins/hello/data/note").read_text() == "mine"
    assert not (shop.person.dir / "store/hello").exists()
    assert "project" not in shop.person.run("gc").stdout


def test_gc_in_a_project_looks_at_all(shop):
    shop.install("hello")
    shop.person.run("install", "incident")
    shop.run("gc", "--keep", "0", env={"PAII_DIR": shop.state})
    shop.person.run("verify")
    shop.run("verify", "--project")


# ---- status


def test_status_and_doctor_say_whether_it_is_in_sync(shop):
    assert "project" not in shop.person.run("status").stdout
    shop.install("hello")
    assert f"project     {shop.folder} is in sync" in shop.run("status").stdout
    (shop.folder / ".claude/skills/hello").unlink()
    assert "is missing; fix: paii sync" in shop.run("status").stdout
    assert "fix: paii sync" in shop.run("doctor", check=False).stdout
    assert "is missing" in shop.run("sync", "--check", expect=1).stdout
    shop.run("sync")
    assert shop.links == ["hello"]


def test_what_the_client_will_ask_is_said(shop):
    assert "asks whether you trust" in shop.install("hello").stderr
    shop.person.write(".claude.json", json.dumps(
        {"projects": {str(shop.folder): {"hasTrustDialogAccepted": True}}}))
    assert "Claude Code loads the plugins when it starts" in shop.run("sync").stderr


# ---- all or nothing


def test_a_repository_that_cannot_be_written(shop):
    if os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    shop.install("hello@1.0")
    before = shop.person.snapshot(shop.folder)
    shop.folder.chmod(0o555)
    shop.install("incident", expect=1)
    shop.folder.chmod(0o755)
    assert shop.person.snapshot(shop.folder) == before and shop.run("sync", "--check").stdout == ""


def pending(project):
    return project.state / "current/publish"


def test_what_was_committed_is_finished(shop):
    """As a kill right after the commit leaves it."""
    shop.install("hello@1.0")
    before = {name: shop.read(name) for name in ("paii.toml", "paii.lock")}
    shop.install("incident")
    after = {name: shop.read(name) for name in before}
    leave_unfinished(shop, before, after)
    shop.run("sync")
    assert {name: shop.read(name) for name in before} == after and not pending(shop).exists()


def test_what_was_changed_meanwhile_is_left_alone(shop):
    shop.install("hello@1.0")
    before = {name: shop.read(name) for name in ("paii.toml", "paii.lock")}
    shop.install("incident")
    leave_unfinished(shop, before, {name: shop.read(name) for name in before})
    shop.write("paii.toml", before["paii.toml"] + "# edited\n")
    assert "was changed meanwhile" in shop.run("sync", check=False).stderr
    assert shop.read("paii.toml").endswith("# edited\n")


def leave_unfinished(project, before, after):
    folder = pending(project)
    folder.mkdir()
    lines = ""
    for name, text in after.items():
        (folder / name).write_text(text)
        project.write(name, before[name])
        lines += f"{hashlib.sha256(before[name].encode()).hexdigest()} {name}\n"
    (folder / "before").write_text(lines)
