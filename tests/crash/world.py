"""A HOME whose whole content is known, what stands beside it, and the operations that are tried."""

import io
import os
import shutil
import stat
import subprocess
import tarfile
from pathlib import Path

import servers
from lib.person import GitMaker, Person
from shelf import needs, plugin, tar

LIMIT_SECONDS = 20
servers.LIFETIME_SECONDS = 24 * 3600  # a full run takes its time

# A build without a compiler: what counts is that paii starts make and takes what it made.
MAKEFILE = ("all:\n\tcp tool.sh tool\n"
            "install:\n\tmkdir -p $(DESTDIR)$(PREFIX)/bin\n\tcp tool $(DESTDIR)$(PREFIX)/bin/tool\n")
TOOL = {"Makefile": MAKEFILE, "tool.sh": "#!/bin/sh\necho made\n"}


# ---- images: {path: (kind, mode, content)}, with the content


def capture(top):
    """Everything below a folder, and the folder itself as ''."""
    image = {}
    if not os.path.lexists(top):
        return image
    pending = [("", str(top))]
    while pending:
        name, path = pending.pop()
        status = os.lstat(path)
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISDIR(status.st_mode):
            image[name] = ("dir", mode, None)
            prefix = f"{name}/" if name else ""
            pending += [(prefix + entry, f"{path}/{entry}") for entry in os.listdir(path)]
        elif stat.S_ISLNK(status.st_mode):
            image[name] = ("link", None, os.readlink(path))
        else:
            with open(path, "rb") as file:
                image[name] = ("file", mode, file.read())
    return image


def put_back(top, now, wanted):
    """Makes the folder, whose image is `now`, what `wanted` says; touches only what differs."""
    gone = [path for path in now if wanted.get(path, (None,))[0] != now[path][0]]
    missing = [path for path in wanted if path not in now or path in set(gone)]
    differ = [path for path in wanted if path not in missing and wanted[path] != now[path]]
    folders = {os.path.dirname(path) for path in gone + missing}
    if os.geteuid() != 0:
        for folder in sorted(folders):
            if os.path.isdir(f"{top}/{folder}"):
                os.chmod(f"{top}/{folder}", 0o700)
    for path in sorted(gone, reverse=True):
        (os.rmdir if now[path][0] == "dir" else os.unlink)(f"{top}/{path}")
    for path in sorted(missing + differ):
        put(f"{top}/{path}", *wanted[path], new=path in missing)
    for path in sorted(folders | set(missing), reverse=True):
        if wanted.get(path, (None,))[0] == "dir":
            os.chmod(f"{top}/{path}", wanted[path][1])


def put(path, kind, mode, content, new):
    if kind == "dir":
        if new:
            os.mkdir(path, 0o700)
        else:
            os.chmod(path, mode)
    elif kind == "link":
        if not new:
            os.unlink(path)
        os.symlink(content, path)
    else:
        if not new:
            os.unlink(path)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)


def fingerprint(top):
    """Tells any change of a tree: contents, modes, times, identities."""
    marks = {}
    for parent, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(parent, name)
            status = os.lstat(path)
            marks[path] = (status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns,
                           status.st_ctime_ns)
    return marks


# ---- the operations


class Operation:
    """A command, how the HOME gets into the state before it, and a command that finishes what is to
    be finished."""

    def __init__(self, command, prepare, neutral=lambda _: NEUTRAL):
        self.command, self.prepare, self.neutral = command, prepare, neutral


def folder_registry(world, name, *plugins):
    """A registry in a folder; each plugin is (name, version, files)."""
    top = world.beside / name
    rows = [f'[registry]\nname = "{name}"\n']
    for plugin_name, version, files, terms in plugins:
        world.write_tree(top / f"{plugin_name}-{version}", files)
        rows.append(f'[[plugins]]\nname = "{plugin_name}"\nversion = "{version}"\n'
                    f'path = "{plugin_name}-{version}"\n{terms}')
    world.write_tree(top, {"registry.toml": "\n".join(rows)})
    return top


def git_registry(world, name, versions):
    """A registry in a Git repository that holds its plugins; its commits list `versions`, one each."""
    repo = world.git.repo(name)
    for version in versions:
        files = {"registry.toml": f'[registry]\nname = "{name}"\n\n[[plugins]]\nname = "{name}-kit"\n'
                                  f'version = "{version}"\npath = "kit"\n'}
        files.update({f"kit/{path}": text
                      for path, text in plugin(f"{name}-kit", version, README=version).items()})
        yield repo.commit(files), repo


def prepare_nothing(world):
    pass


def prepare_base(world):
    world.run("install", world.base)


def prepare_https(world):
    """Downloads and objects of remote repositories are cached: a killed command leaves those, too."""
    world.run("install", world.base)
    world.site = servers.WebServer(world.directory / "web")
    world.person.env.update(world.site.env)
    world.environment = world.person.environment()
    world.site.add("kit.tar.gz", world.archive.read_bytes())
    world.site.add_repository("gear", world.gear)


def prepare_build(world):
    world.run("install", world.base)
    provider = plugin("maker", provides=["ToolProvider@1.0"], build="make", **TOOL)
    user = plugin("user", consumes=[needs("ToolProvider")], build="make", **TOOL)
    folder_registry(world, "works", ("maker", "1.0.0", provider, 'provides = ["ToolProvider@1.0"]\n'),
                    ("user", "1.0.0", user, 'consumes = ["dep=ToolProvider"]\n'))
    world.run("registry", "add", "works", world.beside / "works")


def prepare_update(world):
    for name in ("left", "right"):
        first, second = git_registry(world, name, ["1.0.0", "2.0.0"]), None
        next(first)
        world.run("registry", "add", name, f"file://{world.git.directory / name}")
        world.run("install", f"{name}-kit")
        second = next(first)
        assert second
        world.run("registry", "update", name)


def prepare_removal(world):
    world.run("install", world.base, world.archive)
    world.person.write(".config/paii/plugins/kit/config.toml", "colour = 'green'\n")
    world.person.write(".config/paii/plugins/kit/data/notes", "mine\n")


def prepare_rollback(world):
    world.run("install", world.base)
    world.run("install", world.archive)
    world.run("remove", "base")


def prepare_registry(world):
    commits = git_registry(world, "team", ["1.0.0", "1.1.0"])
    next(commits)
    world.run("registry", "add", "team", f"file://{world.git.directory / 'team'}")
    assert next(commits)


def prepare_registry_add(world):
    world.run("install", world.base)
    assert next(git_registry(world, "fresh", ["1.0.0"]))


def prepare_dev(world):
    world.run("install", world.base)
    world.write_tree(world.beside / "live", plugin("live"))


def prepare_damage(world):
    world.run("install", world.base)
    shutil.rmtree(world.home / ".claude/skills")
    shutil.rmtree(world.home / ".config/paii/plugins")


def prepare_damaged_prefix(world):
    world.run("install", world.base, world.archive)
    for place in (world.home / ".config/paii/store/kit").iterdir():
        if place.is_dir():
            (place / "SKILL.md").chmod(0o644)
            (place / "SKILL.md").write_text("damaged\n")


def prepare_damaged_build(world):
    prepare_build(world)
    world.run("install", "user")
    for place in (world.home / ".config/paii/store/user").glob("*/bin/tool"):
        place.chmod(0o755)
        place.write_text("damaged\n")


def prepare_project(world):
    world.run("install", world.base)
    shop = world.home / "shop"
    world.write_tree(shop / "base", plugin("base"))
    files = plugin("kit")
    world.write_tree(shop / "kit", {**files, "plugin.toml": files["plugin.toml"] + GUARD, "bin/guard": "#!/bin/sh\n"})
    (shop / "paii.toml").touch()
    world.run("install", f"--project={shop}", shop / "base")


def prepare_pull(world):
    """The files of a teammate who has kit too, in a clone that has not."""
    prepare_project(world)
    shop = world.home / "shop"
    before = world.home / ".config/paii/projects"
    world.run("install", f"--project={shop}", shop / "kit")
    shutil.rmtree(before)
    shutil.rmtree(shop / ".claude")


GUARD = ('[run]\ncommand = ["bin/guard"]\n[actions.check]\nsummary = "checks"\n'
         '[hooks.stop]\naction = "check"\n[hooks.pre_tool_use]\naction = "check"\n')


def guard(world):
    files = plugin("guard")
    return world.write_tree(world.beside / "guard", {**files, "plugin.toml": files["plugin.toml"] + GUARD,
                                                     "bin/guard": "#!/bin/sh\n"})


def prepare_hooks(world):
    """Hooks are registered by a link; the client has settings of its own."""
    world.run("init")
    world.person.write(".claude/settings.json", '{\n\t"model": "opus",\n\t"hooks": {}\n}\n')
    world.run("install", guard(world))


def prepare_entries(world):
    prepare_hooks(world)
    world.run("init", "--settings")


def prepare_settings(world):
    world.run("init", "--settings")
    guard(world)


# Take the lock and change nothing that an operation changes.
NEUTRAL = ["config", "set", "defaults.log_level", "warn"]


def neutral_in_project(world):
    return ["repair", f"--project={world.home}/shop"]


OPERATIONS = {
    "install-archive": Operation(lambda w: ["install", w.archive], prepare_nothing),
    "install-git": Operation(lambda w: ["install", w.repository], prepare_base),
    "install-build": Operation(lambda w: ["install", "user"], prepare_build),
    "install-https": Operation(lambda w: ["install", f"{w.site.url}/kit.tar.gz"], prepare_https),
    "install-git-https": Operation(lambda w: ["install", f"{w.site.url}/git/gear.git"], prepare_https),
    "install-two": Operation(lambda w: ["install", w.archive, w.repository], prepare_base),
    "install-dev": Operation(lambda w: ["install", "--dev", w.beside / "live"], prepare_dev),
    "update": Operation(lambda w: ["update"], prepare_update),
    "remove": Operation(lambda w: ["remove", "kit"], prepare_removal),
    "remove-last": Operation(lambda w: ["remove", "base"], prepare_base),
    "rollback": Operation(lambda w: ["rollback", "2"], prepare_rollback),
    "registry-add": Operation(
        lambda w: ["registry", "add", "fresh", f"file://{w.git.directory / 'fresh'}"],
        prepare_registry_add),
    "registry-update": Operation(lambda w: ["registry", "update"], prepare_registry),
    "registry-remove": Operation(lambda w: ["registry", "remove", "team"], prepare_registry),
    "config": Operation(lambda w: ["config", "set", "defaults.language", "rust"], prepare_base),
    "init-settings": Operation(lambda w: ["init", "--settings"], prepare_hooks),
    "init-remove": Operation(lambda w: ["init", "--remove"], prepare_entries),
    "install-hooks": Operation(lambda w: ["install", w.beside / "guard"], prepare_settings),
    "remove-hooks": Operation(lambda w: ["remove", "guard"], prepare_entries),
    "gc": Operation(lambda w: ["gc", "--keep", "1"], prepare_rollback),
    "repair-links": Operation(lambda w: ["repair"], prepare_damage),
    "repair-prefix": Operation(lambda w: ["repair"], prepare_damaged_prefix),
    "repair-build": Operation(lambda w: ["repair"], prepare_damaged_build),
    "install-project": Operation(
        lambda w: ["install", f"--project={w.home}/shop", w.home / "shop/kit"], prepare_project,
        neutral_in_project),
    "remove-project": Operation(lambda w: ["remove", f"--project={w.home}/shop", "base"],
                                prepare_project, neutral_in_project),
    "sync-project": Operation(lambda w: ["sync", f"--project={w.home}/shop", "--yes"], prepare_pull,
                              neutral_in_project),
}


class World:
    """One HOME, and beside it what is installed from; never used by two at once."""

    def __init__(self, directory, program, tracer):
        self.directory, self.tracer = Path(directory), str(tracer)
        self.home, self.beside = self.directory / "home", self.directory / "beside"
        self.beside.mkdir(parents=True)
        self.person = Person(program, self.home)
        self.program = str(program)
        self.environment = self.person.environment()
        self.git = GitMaker(self.beside / "git")
        self.report = self.directory / "report"
        self.make_sources()
        self.image = capture(self.home)

    def make_sources(self):
        self.write_tree(self.beside / "canary", {"a": "untouched\n", "folder/b": "untouched\n"})
        self.base = self.write_tree(self.beside / "base", plugin("base"))
        self.archive = self.beside / "kit.tar.gz"
        self.archive.write_bytes(tar(plugin("kit", **{"docs/a.md": "a\n" * 3000, "docs/b.md": "b\n"})))
        repo = self.gear = self.git.repo("gear", plugin("gear", **{"agents/helper.md": "---\nname: helper\n"
                                                       "description: helps\n---\nHelps.\n"}))
        self.repository = repo.url

    def write_tree(self, directory, files):
        return self.person.write_tree(directory, files)

    def knows(self, name):
        """Whether this paii has the command of an operation."""
        word = name.partition("-")[0]
        return self.command(["help", word])[0] == 0

    # ---- commands

    def run(self, *args):
        self.person.run(*args)

    def command(self, args):
        """(exit status, stdout, stderr); 124 for one that did not end."""
        return self.start([self.program, *map(str, args)])

    def start(self, words):
        try:
            done = subprocess.run(words, env=self.environment, cwd=self.directory, check=False,
                                  stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            return 124, b"", b"did not end"
        return done.returncode, done.stdout, done.stderr

    def trace(self, args, *options):
        """Runs a command under the tracer. Returns (status, stderr, the calls that it reported);
        a status of -9 is that of a killed one."""
        code, _, errors = self.start([self.tracer, "--root", str(self.home), "--report",
                                      str(self.report), *map(str, options), "--", self.program,
                                      *map(str, args)])
        if code == 124:
            return code, errors, []
        assert code == 0, errors
        *lines, end = self.report.read_text(errors="replace").splitlines()
        _, how, number = end.split()
        calls = [tuple(line.split(" ", 2)[1:]) for line in lines]
        return int(number) if how == "exit" else -int(number), errors, calls

    # ---- states

    def look(self):
        self.image = capture(self.home)
        return self.image

    def restore(self, image):
        put_back(self.home, self.look(), image)
        self.image = image
