"""A person who follows a marketplace, and what must be true of their plugins after each step."""

import hashlib
import json
import os
import re
import resource
import stat
import time
from collections import Counter

from trials.market import FILE, NAME, first_error, git, install_all, own_entries

VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-+].*)?$")


class Step:
    """What one commit of the marketplace brought."""

    def __init__(self, commit, date, own):
        self.commit, self.date, self.own = commit, date, own
        self.updated, self.renamed, self.added, self.withdrawn, self.moved = [], [], [], [], []
        self.refused, self.installed, self.broken = {}, 0, False
        self.seconds, self.spent, self.received = 0.0, 0.0, 0

    def columns(self):
        counts = (len(self.own), self.installed, len(self.updated), len(self.renamed), len(self.added),
                  len(self.withdrawn), len(self.moved), len(self.refused))
        return (self.commit[:10], self.date, *map(str, counts), f"{self.seconds:.2f}",
                f"{self.spent:.2f}", f"{self.received / 1024:.0f}")


class History:
    def __init__(self, person, folder):
        self.person, self.folder = person, folder
        self.wrong, self.totals, self.checked = [], Counter(), set()

    # ---- following ----

    def market(self, commit):
        """The marketplace's file at a commit; None if it cannot be read there."""
        try:
            found = json.loads(git(self.folder, "show", f"{commit}:{FILE}"))
            return found if isinstance(found["plugins"], list) else None
        except (ValueError, KeyError, TypeError, AssertionError):
            return None

    def follow(self, commit):
        date = git(self.folder, "show", "-s", "--format=%cs", commit).strip()
        market = self.market(commit)
        step = Step(commit, date, own_entries(market or {}))
        step.broken = market is None
        begun, spent = time.monotonic(), processor_seconds()
        done = self.person.run("update", "--yes", "--json", check=False)
        step.seconds, step.spent = time.monotonic() - begun, processor_seconds() - spent
        if done.code != 0:
            step.refused["update"] = first_error(done)
            return step
        for row in done.json()["steps"]:
            (step.renamed if "from_name" in row else step.updated).append((row.get("from_name"), row["name"]))
        step.withdrawn = [name for name in re.findall(r"'([^']+)' is no longer offered", done.stderr)]
        if step.withdrawn:
            self.person.run("remove", *step.withdrawn)
        step.moved = [name for name in self.lock() if name not in step.own]
        if step.moved:  # to repositories that are not here
            self.person.run("remove", *step.moved)
        new = sorted(set(step.own) - set(self.lock()))
        install_all(self.person, "market", [name for name in new if NAME.match(name)], step.refused)
        step.added = sorted(set(new) & set(self.lock()))
        return step

    def lock(self):
        """{name: {key: text}} of what is installed."""
        file = self.person.dir / "current/paii.lock"
        parts = file.read_text().split("[[plugin]]")[1:] if file.exists() else []
        rows = [dict(re.findall(r'^(\w+) = "?(.*?)"?$', part, re.M)) for part in parts]
        return {row["name"]: row for row in rows}

    # ---- checking ----

    def check(self, step):
        installed = self.lock()
        step.installed = len(installed)
        for what in ("updated", "renamed", "added", "withdrawn", "moved"):
            self.totals[what] += len(getattr(step, what))
        self.totals["KiB"] += step.received // 1024
        self.totals["refused"] += len(step.refused)
        self.totals["seconds"] += step.seconds
        self.totals["of the processor"] += step.spent
        for name, reason in step.refused.items():
            self.say(step, f"refused: {name}: {reason}", wrong=name == "update" and not step.broken)
        if step.broken:
            return
        for name, row in installed.items():
            if name not in step.own:
                self.say(step, f"'{name}' is installed and not listed")
                continue
            self.check_fresh(step, name, row)
            self.check_content(step, name, row)
        links = {link.name for link in (self.person.claude / "skills").iterdir()} if installed else set()
        if links - set(installed) - {"paii"}:
            self.say(step, f"links too many: {links - set(installed)}")

    def check_fresh(self, step, name, row):
        """It is what the commit has, unless the marketplace says a version that is installed already."""
        path, entry = step.own[name]
        now, then = self.tree(step.commit, path), self.tree(row["commit"], row.get("path", ""))
        listed, mine = number(entry.get("version")), number(row["version"])
        if now is None or now == then or (listed and mine and listed <= mine):
            return
        asks = "dependencies" in self.manifest(step.commit, path)
        told = "is held back by what it needs" if asks else "is not what is there now"
        self.say(step, f"'{name}' {row['version']} of {row['commit'][:10]} {told}", wrong=not asks)

    def check_content(self, step, name, row):
        """Its files are those of the commit that the lock names."""
        if row["prefix"] in self.checked:
            return
        self.checked.add(row["prefix"])
        wanted = self.files(row["commit"], row.get("path", ""))
        found = blobs(self.person.dir / "current/prefix" / name)
        if "entry" in row:  # what a marketplace declares is written there
            for files in (wanted, found):
                files.pop(".claude-plugin/plugin.json", None)
        if wanted != found:
            odd = sorted(set(wanted.items()) ^ set(found.items()))[:3]
            self.say(step, f"'{name}' has other files than its commit: {odd}")

    def tree(self, commit, path):
        try:
            return git(self.folder, "rev-parse", f"{commit}:{path}").strip()
        except AssertionError:
            return None

    def manifest(self, commit, path):
        try:
            return json.loads(git(self.folder, "show", f"{commit}:{path}/.claude-plugin/plugin.json"))
        except (ValueError, AssertionError):
            return {}

    def files(self, commit, path):
        listed = git(self.folder, "ls-tree", "-r", "-z", f"{commit}:{path}").split("\0")
        rows = [line.split("\t", 1) for line in listed if line]
        return {name: told.split()[2] for told, name in rows if told.split()[1] == "blob"}

    def roll_back(self):
        """One step back and forth again: the lock and the links are what they were."""
        folder = self.person.dir
        number_now = int((folder / "current").readlink().name)
        if not (folder / f"generations/{number_now - 1}").exists():
            return
        self.totals["rollbacks"] += 1
        for generation in (number_now - 1, number_now):
            wanted = (folder / f"generations/{generation}/paii.lock").read_text()
            begun = time.monotonic()
            self.person.run("rollback", generation, "--yes")
            self.totals["seconds of rollbacks"] += time.monotonic() - begun
            shown = {link.name for link in (self.person.claude / "skills").iterdir()} - {"paii"}
            offered = {path.name for path in (folder / "current/claude").iterdir()} - {"paii"}
            if (folder / "current/paii.lock").read_text() != wanted or shown != offered:
                self.wrong.append(f"rollback to {generation}")
                print(f"  rollback to {generation} is not what it was")

    def say(self, step, text, wrong=True):
        if wrong:
            self.wrong.append(text)
        print(f"  {step.commit[:10]} {text}", flush=True)

    def summary(self):
        return ", ".join(f"{value:.2f} {what}" if isinstance(value, float) else f"{value} {what}"
                         for what, value in self.totals.items()) + f", {len(self.wrong)} wrong"


def processor_seconds():
    """What all children that have ended took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def number(version):
    """(1, 2, 0) of "1.2"; None of what is no version, or stands for a commit."""
    found = VERSION.match(version) if isinstance(version, str) and not version.startswith("0.0.0+") else None
    return tuple(int(part or 0) for part in found.groups()) if found else None


def blobs(folder):
    """{path: Git's id of its content} of all files and links below."""
    found = {}
    for parent, folders, files in os.walk(folder.resolve()):
        for name in files + [each for each in folders if os.path.islink(os.path.join(parent, each))]:
            path = os.path.join(parent, name)
            content = (os.readlink(path).encode() if stat.S_ISLNK(os.lstat(path).st_mode)
                       else open(path, "rb").read())
            found[os.path.relpath(path, folder.resolve())] = hashlib.sha1(
                b"blob %d\0" % len(content) + content).hexdigest()
    return found
