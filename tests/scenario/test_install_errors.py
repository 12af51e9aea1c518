"""What goes wrong in an install: its exit code, its words, and that nothing has changed."""

import os
import shutil
import subprocess
import time

import pytest

from servers import free_port
from shelf import Shelf, everything, generation, installed, needs, plugin, skill_text, tar

FAILING = "all:\n\t@for i in 1 2 3; do echo step $$i of the build; done; exit 3\ninstall: all\n"
MAKEFILE = "install:\n\tmkdir -p $(DESTDIR)$(PREFIX)/bin && cp SKILL.md $(DESTDIR)$(PREFIX)/bin/x\n"


@pytest.fixture
def team(paii):
    """A registry and one plugin that is installed, so that every folder of paii is there."""
    shelf = Shelf(paii, "team").add("hello", "1.0.0").add("hello", "1.2.0")
    paii.run("install", "hello@1.0.0")
    return shelf


def without_store(found):
    """A prefix may come into the store though nothing uses it: the next install finds it there."""
    return {path: entry for path, entry in found.items() if "/paii/store" not in path}


def refused(paii, *args, status, words=(), **more):
    """The command fails as it should, and nothing changes."""
    before = without_store(everything(paii))
    result = paii.run(*args, expect=status, **more)
    assert result.stdout == "" and result.stderr.startswith("paii: error: "), result
    for word in words:
        assert word in result.stderr, result
    assert without_store(everything(paii)) == before
    assert installed(paii) == {"hello": "1.0.0"}
    return result


# ---- names, registries, ranges


def test_an_unknown_plugin_has_nearest_names(paii, team):
    refused(paii, "install", "helo", status=10, words=["'helo'", "hello"])
    refused(paii, "install", "team/helo", status=10, words=["'helo'", "hello"])
    refused(paii, "remove", "helo", status=10, words=["'helo' is not installed", "hello"])
    refused(paii, "update", "nothing", "--offline", status=10, words=["'nothing'"])


def test_an_unknown_registry_has_nearest_names(paii, team):
    refused(paii, "install", "taem/hello", status=10, words=["'taem'", "team"])
    refused(paii, "install", "hello", "-r", "taem", status=10, words=["'taem'", "team"])


def test_a_range_that_is_none(paii, team):
    refused(paii, "install", "hello@>=>1", status=12, words=["'>=>1'", "hint: for example"])
    refused(paii, "install", "hello@", status=12, words=["hint: for example"])


def test_a_range_that_nothing_matches_lists_versions(paii, team):
    refused(paii, "install", "hello@^3", status=10, words=["no version of 'hello' matches '^3'",
                                                           "1.0.0", "1.2.0"])


def test_names_that_are_none(paii, team):
    for name in ("Hello", "../hello", "a b", "-", "hello;id", "", "a/b/c"):
        result = paii.run("install", "--", name, check=False)
        assert result.code in (10, 13) and "error" in result.stderr, result
    assert installed(paii) == {"hello": "1.0.0"}


# ---- registries and sources out of reach


def test_a_registry_that_is_down(paii, team):
    text = (paii.dir / "paii.toml").read_text()
    far = f'far = "https://localhost:{free_port()}/git/far.git"'
    paii.write(paii.dir / "paii.toml", text.replace("[registries]", f"[registries]\n{far}"))
    refused(paii, "install", "hello@1.2.0", status=20, words=["'far'"])
    refused(paii, "update", status=20, words=["'far'"])


def test_a_source_that_is_down(paii, team):
    team.list("gone", version="1.0.0", source=f"https://localhost:{free_port()}/x.git")
    refused(paii, "install", "gone", status=20, words=["localhost"])


def test_a_registry_that_is_down_does_not_stop_what_is_known(paii, git):
    repo = git.repo("team", {"registry.toml": '[registry]\n[[plugins]]\nname = "hello"\n'
                             'version = "1.0.0"\npath = "hello"\n',
                             **{f"hello/{name}": text for name, text in plugin("hello").items()}})
    paii.run("registry", "add", "team", repo.url)
    paii.run("install", "hello")
    repo.path.rename(repo.path.with_name("away"))
    paii.run("remove", "hello")
    paii.run("install", "incident")
    assert installed(paii) == {"incident": "1.0.0"}


# ---- what is fetched is wrong


def test_toml_errors_have_a_position(paii, team):
    paii.write_tree("bad", {"plugin.toml": '[plugin]\nname = "bad"\nversion = \n'})
    refused(paii, "install", "./bad", status=12, words=["plugin.toml:3:"])
    paii.write_tree("worse", {"plugin.toml": '[plugin]\nname = "worse"\nversion = 5\n'})
    refused(paii, "install", "./worse", status=12, words=["plugin.toml:3:", "version"])
    paii.write_tree("empty", {"README.md": "nothing"})
    nothing = refused(paii, "install", "./empty", status=10, words=["no plugin.toml", "SKILL.md"])
    assert "staging" not in nothing.stderr


def test_errors_in_paii_toml_have_a_position(paii, team):
    text = (paii.dir / "paii.toml").read_text()
    paii.write(paii.dir / "paii.toml", text + "\n[bindings\n")
    refused(paii, "install", "hello@1.2.0", status=12, words=["paii.toml:", ":"])


def test_a_commit_that_is_not_the_pinned_one(paii, team, git):
    repo = git.repo("pinned", plugin("pinned"))
    team.list("pinned", version="1.0.0", source=repo.url, commit="0" * 40)
    refused(paii, "install", "pinned", status=14, words=["pinned", "0" * 40])


def test_an_archive_that_is_not_the_pinned_one(paii, team):
    path = paii.write("hello.tar.gz", tar(plugin("other")))
    refused(paii, "install", f"file://{path}#sha256={'0' * 64}", status=14, words=["0" * 64])


def test_an_index_that_lists_another_version_or_name(paii, team):
    team.add("liar", "1.0.0", listed="1.5.0")
    refused(paii, "install", "liar", status=14, words=["'team' lists liar 1.5.0", "1.0.0"])
    team.list("pretender", version="1.0.0", path="plugins/liar-1.0.0")
    refused(paii, "install", "pretender", status=14, words=["'pretender'", "'liar'"])


# ---- contracts


def test_a_contract_that_nobody_provides(paii, team):
    team.add("needy", consumes=[needs("MemoryProvider", version=">=7")])
    team.add("lonely", consumes=[needs("OracleProvider")])
    refused(paii, "install", "needy", status=11,
            words=["needy 1.0.0 needs MemoryProvider >=7", "1.1 of history"])
    refused(paii, "install", "lonely", status=11, words=["OracleProvider", "registry add"])


def test_what_is_needed_cannot_be_removed(paii):
    Shelf(paii, "team").add("hello", "1.0.0", provides=["GreetProvider@1.0"]).add(
        "needy", consumes=[needs("GreetProvider")])
    paii.run("install", "hello", "needy")
    before = everything(paii)
    result = paii.run("remove", "hello", expect=11)
    assert "needy 1.0.0 needs GreetProvider" in result.stderr and "hint: remove" in result.stderr
    assert everything(paii) == before
    paii.run("remove", "hello", "needy")
    assert installed(paii) == {}


# ---- building


def test_a_build_that_fails_shows_its_end(paii, team):
    folder = paii.write_tree("maker", plugin("maker", build="make", Makefile=FAILING))
    result = refused(paii, "install", folder, status=1,
                     words=["maker", "step 3 of the build", str(paii.dir / "logs/maker.log")])
    assert "step 1 of the build" in (paii.dir / "logs/maker.log").read_text(), result


@pytest.mark.parametrize("kind, tool", [("make", "make"), ("cargo", "cargo")])
def test_a_tool_that_is_missing(paii, team, kind, tool):
    paii.write_tree("maker", plugin("maker", build=kind, Makefile=MAKEFILE, **{
        "Cargo.toml": '[package]\nname = "maker"\nversion = "1.0.0"\n', "src/main.rs": "fn main(){}"}))
    tools = paii.home / "tools"
    tools.mkdir()
    for name in ("sh", "cat"):
        (tools / name).symlink_to(shutil.which(name))
    refused(paii, "install", "./maker", status=1, words=[tool, "hint: "], env={"PATH": tools})


def test_a_custom_build_wants_consent(paii, team):
    folder = paii.write_tree("maker", plugin("maker", build="custom"))
    text = (folder / "plugin.toml").read_text() + 'command = ["./build.sh"]\n'
    paii.write_tree(folder, {"plugin.toml": text, "build.sh": "#!/bin/sh\ntouch ~/ran\n"})
    refused(paii, "install", folder, status=13, words=["maker", "PAII_ALLOW_BUILD_SCRIPTS"])


# ---- the machine


def test_a_disk_that_is_full(paii, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k,mode=0700", "paii", disk],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("no permission to mount a tmpfs")
    try:
        env = {"PAII_DIR": disk / "paii"}
        paii.write_tree("small", plugin("small"))
        paii.write_tree("large", plugin("large", **{"big.bin": "x" * 900_000}))
        paii.run("install", "./small", env=env)
        before = paii.snapshot(disk), paii.snapshot()
        full = paii.run("install", "./large", env=env, expect=1)
        assert "No space left" in full.stderr and str(disk) in full.stderr
        after = paii.snapshot(disk), paii.snapshot()
        before[0].pop("paii/lock"), after[0].pop("paii/lock")
        assert after == before
        paii.run("remove", "small", env=env)
        assert not paii.claude.exists()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_standard_output_does_not_deny_what_was_done(paii, team):
    with open("/dev/full", "w") as full:
        done = subprocess.run([paii.program, "install", "hello@1.2.0"], env=paii.environment(),
                              stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "standard output: No space left" in done.stderr
    assert "nothing was changed" not in done.stderr
    assert installed(paii) == {"hello": "1.2.0"}


def test_a_client_folder_that_is_full(paii, team):
    """The links come last; if one cannot be made, the commit is taken back."""
    team.add("second")
    paii.run("remove", "hello")
    paii.claude.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "nr_inodes=3", "paii", paii.claude],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("no permission to mount a tmpfs")
    try:
        paii.run("install", "hello@1.0.0")
        refused(paii, "install", "second", status=1, words=["No space left", str(paii.claude)])
        assert sorted(os.listdir(paii.dir / "generations")) == ["1", "2", "3"]
        paii.run("remove", "hello")
        paii.run("install", "second")
        assert installed(paii) == {"second": "1.0.0"}
    finally:
        subprocess.run(["umount", "-l", paii.claude], check=True)


def run_as_nobody(paii, *args):
    """Root may write everywhere, so another user types the command."""
    program = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", paii.program]
    done = subprocess.run([*program, *args], env=paii.environment(), cwd="/", text=True,
                          capture_output=True, check=False)
    assert "Sanitizer" not in done.stderr, done.stderr
    return done


@pytest.fixture
def nobody(paii, build):
    """The person is nobody, in a HOME that nobody can reach."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("not root, so nobody else to be")
    for folder in paii.home.parents:
        if str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    if run_as_nobody(paii, "search", "history").returncode != 0:
        pytest.skip("another user cannot run or read this build")
    paii.write_tree("hello", plugin("hello"))
    subprocess.run(["chown", "-R", "65534:65534", paii.home], check=True)
    return paii


@pytest.mark.parametrize("place", [".config/paii/generations", ".config/paii/store", ".config/paii",
                                   ".claude/skills", ".claude"])
def test_a_folder_that_cannot_be_written(nobody, place):
    assert run_as_nobody(nobody, "install", "incident").returncode == 0
    folder = nobody.home / place
    folder.chmod(0o555)
    before = without_store(everything(nobody))
    result = run_as_nobody(nobody, "install", str(nobody.home / "hello"))
    writable = place == ".claude"  # its skills folder is there and can be written
    assert (result.returncode == 0) == writable, result
    if not writable:
        assert result.returncode == 1 and str(folder) in result.stderr, result
        assert "Permission denied" in result.stderr
        assert without_store(everything(nobody)) == before
    folder.chmod(0o755)
    assert run_as_nobody(nobody, "install", str(nobody.home / "hello")).returncode == 0
    assert (nobody.claude / "skills/hello/SKILL.md").exists()


def test_a_state_folder_of_somebody_else(nobody):
    assert run_as_nobody(nobody, "install", "incident").returncode == 0
    subprocess.run(["chown", "0:0", nobody.dir], check=True)
    result = run_as_nobody(nobody, "list")
    assert result.returncode == 13 and "belongs to another user" in result.stderr


# ---- other people's paths, other paii


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link"])
def test_a_path_in_claude_that_is_not_ours(paii, team, kind):
    team.add("mine")
    place = paii.claude / "skills/mine"
    if kind == "file":
        paii.write(place, "my own")
    elif kind == "folder":
        paii.write(place / "SKILL.md", "my own")
    else:
        place.symlink_to(paii.home if kind == "link" else "/nowhere")
    refused(paii, "install", "mine", status=13, words=[str(place), "is not paii's", "hint: move"])
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink()
    paii.run("install", "mine")
    assert "mine 1.0.0" in skill_text(paii, "mine")


def test_a_second_paii_waits_and_says_for_whom(paii, team):
    lock = paii.dir / "lock"
    holder = subprocess.Popen(["flock", lock, "sh", "-c",
                               f"printf 'paii update (pid 4242)' > {lock}; echo held; read x"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    waiting = paii.start("install", "hello@1.2.0")
    try:
        assert "waiting for paii update (pid 4242)" in waiting.stderr.readline()
        time.sleep(0.1)
        assert waiting.poll() is None
        assert installed(paii) == {"hello": "1.0.0"}, "readers do not wait"
    finally:
        holder.communicate("\n")
    _, said = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, said
    assert installed(paii) == {"hello": "1.2.0"}


def test_many_at_once(paii, team):
    for i in range(6):
        team.add(f"p{i}")
    started = [paii.start("install", f"p{i}") for i in range(6)]
    for process in started:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert set(installed(paii)) == {"hello", *(f"p{i}" for i in range(6))}
    assert generation(paii) == 7
