"""A repository whose plugins a team shares, and the people who work in it."""

import json
import subprocess
from pathlib import Path

import pytest

from lib.person import GitRepo, Person
from shelf import plugin, toml

BLOCK = "#!/bin/sh\necho no >&2\nexit 2\n"
NATIVE = json.dumps({"hooks": {"PreToolUse": [{"hooks": [
    {"type": "command", "command": "${CLAUDE_PLUGIN_ROOT}/guard.sh"}]}]}})


class Project:
    """A work tree and the person who works in it."""

    def __init__(self, person, folder):
        self.person, self.folder = person, Path(folder)

    def run(self, *args, cwd=None, **more):
        return self.person.run(*args, cwd=cwd or self.folder, **more)

    def install(self, *names, **more):
        return self.run("install", "--project", *names, "--yes", **more)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name):
        path = self.folder / name
        return path.read_text() if path.exists() else None

    @property
    def state(self):
        return next((path for path in (self.person.dir / "projects").iterdir()
                     if (path / "root").readlink() == self.folder.resolve()))

    @property
    def links(self):
        folder = self.folder / ".claude/skills"
        return sorted(path.name for path in folder.iterdir() if path.is_symlink()) \
            if folder.exists() else []

    @property
    def plugins(self):
        rows = self.run("list", "--project", "--json").json()
        return {row["name"]: (row["version"], row["tree"]) for row in rows}

    @property
    def versions(self):
        return {name: version for name, (version, _) in self.plugins.items()}

    def git(self, *args):
        done = subprocess.run(["git", *map(str, args)], cwd=self.folder, env=GitRepo.ENV,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "change")


def shelve(project, name, version="1.0.0", **files):
    """Puts a plugin into the registry that the repository itself holds."""
    folder = f"tools/plugins/{name}-{version}"
    for path, text in plugin(name, version, **files).items():
        project.write(f"{folder}/{path}", text)
        if text.startswith("#!"):
            (project.folder / folder / path).chmod(0o755)
    index = "tools/plugins/registry.toml"
    rows = project.read(index) or '[registry]\nname = "own"\n'
    project.write(index, rows + f'\n[[plugins]]\nname = {toml(name)}\nversion = "{version}"\n'
                                f'path = "{name}-{version}"\n')


@pytest.fixture
def shop(paii, tmp_path):
    """A repository with a registry of its own, and its first person."""
    project = Project(paii, tmp_path / "shop")
    project.folder.mkdir()
    project.git("init", "-q", "-b", "main")
    project.write("paii.toml", '# what we use\n[registries]\nown = "./tools/plugins"\n')
    shelve(project, "hello", "1.0.0")
    shelve(project, "hello", "1.2.0")
    return project


@pytest.fixture
def clone(build, shop, tmp_path):
    """clone(): another person's work tree of the same repository, on another machine."""
    people = []

    def make(name="bob"):
        folder = tmp_path / f"{name}-machine/shop"
        folder.parent.mkdir()
        shop.git("clone", "-q", shop.folder, folder)
        people.append(Person(build / "bin/paii", tmp_path / name))
        return Project(people[-1], folder)

    yield make
    for person in people:
        person.close()
