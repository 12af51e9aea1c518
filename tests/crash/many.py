"""Many processes that use one HOME at once."""

import json
import multiprocessing
import os
import random
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from lib.person import Person
from points import memory_folder, remove
from shelf import plugin
from world import capture, folder_registry

LIMIT_SECONDS = 60  # a command that takes longer is taken for locked up
PAIR = ("left", "right")


class Shop:
    """A HOME with a registry of plugins for everybody."""

    def __init__(self, program, directory, count):
        self.directory, self.beside = directory, directory / "beside"
        self.home = directory / "home"
        self.person = Person(program, self.home)
        self.program, self.environment = str(program), self.person.environment()
        rows = [(name, version, plugin(name, version), "") for name in PAIR
                for version in ("1.0.0", "2.0.0")]
        rows += [(f"own-{i}", version, plugin(f"own-{i}", version), "") for i in range(count)
                 for version in ("1.0.0", "1.1.0")]
        folder_registry(self, "works", *rows)
        self.person.run("registry", "add", "works", self.beside / "works")
        self.person.run("install", "left@1.0.0", "right@1.0.0")

    def write_tree(self, directory, files):
        return self.person.write_tree(directory, files)


class Process:
    """One of them: what it does, and what it finds wrong."""

    def __init__(self, shop, number, seed, rollbacks):
        self.shop, self.own, self.rollbacks = shop, f"own-{number}", rollbacks
        self.chance = random.Random(f"{seed}-{number}-{rollbacks}")
        self.done, self.wrong = Counter(), []
        self.there = self.own in (self.list() or {})

    def run(self, *args, fine=(0,)):
        """The result, or None after a failure."""
        self.done[args[0]] += 1
        try:
            result = subprocess.run([self.shop.program, *args], env=self.shop.environment,
                                    stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                    cwd=self.shop.directory, timeout=LIMIT_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            self.wrong.append(f"{' '.join(args)}: did not end")
            return None
        if result.returncode not in fine:
            self.wrong.append(f"{' '.join(args)}: exit {result.returncode}, {result.stderr.strip()}")
            return None
        return result

    def list(self):
        """{name: version} of one generation, or None."""
        result = self.run("list", "--json")
        if not result:
            return None
        found = {row["name"]: row["version"] for row in json.loads(result.stdout)}
        if found.get("left") != found.get("right"):
            self.wrong.append(f"list saw two generations: {found}")
        return found

    def look(self):
        found = self.list()
        if found is not None and not self.rollbacks and (self.own in found) != self.there:
            self.wrong.append(f"lost: {self.own} is {'' if self.there else 'not '}installed")
        self.run("info", "left", "--json")
        for name in PAIR:  # as a client does, without paii
            text = (self.shop.home / ".claude/skills" / name / "SKILL.md").read_text()
            if f"name: {name}" not in text:
                self.wrong.append(f"{name}: {text!r}")

    def change_own(self):
        if self.rollbacks:
            self.run(*self.chance.choice([("install", self.own), ("remove", self.own)]),
                     fine=(0, 10))  # somebody may have gone back to a time without it
            return
        install = not self.there
        if self.run(*(("install", self.own) if install else ("remove", self.own))):
            self.there = install
        self.look()

    def change_pair(self):
        version = self.chance.choice(["1.0.0", "2.0.0"])
        self.run("install", *(f"{name}@{version}" for name in PAIR))

    def step(self):
        ways = [self.look] * 5 + [self.change_own] * 3 + [self.change_pair] * 2
        ways += [lambda: self.run("update")]
        if self.rollbacks:
            ways += [lambda: self.run("rollback", fine=(0, 10))] * 2
        self.chance.choice(ways)()


def work(shop, number, seed, deadline, rollbacks, results):
    process = Process(shop, number, seed, rollbacks)
    try:
        while time.monotonic() < deadline:
            process.step()
    except Exception as error:  # pylint: disable=broad-except
        process.wrong.append(f"process {number}: {error!r}")
    results.put((process.done, process.wrong))


def run_phase(shop, count, seed, seconds, rollbacks):
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    deadline = time.monotonic() + seconds
    processes = [context.Process(target=work,
                                 args=(shop, i, seed, deadline, rollbacks, results))
                 for i in range(count)]
    for process in processes:
        process.start()
    done, wrong = Counter(), []
    for _ in processes:
        more, words = results.get(timeout=seconds + 4 * LIMIT_SECONDS)
        done += more
        wrong += words
    for process in processes:
        process.join()
    return done, wrong


def judge_end(shop):
    """Nothing is left over, and every generation is whole."""
    shop.person.run("config", "set", "defaults.log_level", "warn")
    image = capture(shop.home)
    wrong = [f"left over: {path}" for path in image
             if ".paii-" in path or path.startswith(".config/paii/staging/")
             or path.endswith(("/.new", "/.fresh", "/links-pending"))]
    for path, (kind, _, content) in image.items():
        if kind == "link" and not os.path.exists(shop.home / path):
            wrong.append(f"{path} leads to nothing: {content}")
    return wrong


def stress(program, seconds, count, seed):
    """(how often each command ran, what was wrong). Half of the time nobody rolls back."""
    directory = Path(tempfile.mkdtemp(prefix="paii-stress-", dir=memory_folder()))
    try:
        shop = Shop(program, directory, count)
        done, wrong = run_phase(shop, count, seed, seconds / 2, False)
        more, words = run_phase(shop, count, seed, seconds / 2, True)
        return done + more, wrong + words + judge_end(shop)
    finally:
        remove(directory)
