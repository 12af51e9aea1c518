"""
How long explanations are: each request that cannot be had is asked of the real paii, with the universe as a
registry in a folder.

    explain.py BUILD UNIVERSE.uni.jsonl...       prints lines per explanation (median, 90th percentile, maximum)
"""

import json
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib.person import Person  # noqa: E402

IMPOSSIBLE = (10, 11)  # exit codes: no version matches; no plan


class World:
    """A universe of the neutral format as a registry of a person's own."""

    def __init__(self, program, folder, rows):
        self.paii = Person(program, folder / "home")
        self.names = {}
        index = folder / "shelf/registry.toml"
        index.parent.mkdir(parents=True)
        rows = [row for row in rows if "name" in row]
        index.write_text('[registry]\nname = "world"\n' + "".join(map(self.row, rows)))
        self.paii.run("registry", "add", "world", index.parent)

    def name(self, text):
        """Foreign names are made to fit."""
        fit = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
        if self.names.setdefault(fit, text) != text:
            fit = self.name(f"{fit}-{len(self.names)}")
        return fit

    def depends(self, need):
        return self.name(need["name"]) + ("" if need["range"] == "*" else f"@{need['range']}")

    @staticmethod
    def contract(need):
        name = re.sub(r"[^A-Za-z0-9]", "", need["contract"])
        service = f"[{need['service']}]" if "service" in need else ""
        return (name if name[0].isupper() else f"C{name}") + service

    def consumes(self, n, need):
        mark = "?" if need.get("optional") else ""
        wanted = need.get("range", "*")
        return f"a{n}={self.contract(need)}{mark}" + ("" if wanted == "*" else f" {wanted}")

    def row(self, row):
        provides = [self.contract(offer) + (f"@{offer['version']}" if "version" in offer else "")
                    for offer in row.get("provides", ())]
        conflicts = [f"{self.contract(rule)}@{rule.get('range', '*')}" if "contract" in rule else self.depends(rule)
                     for rule in row.get("conflicts", ())]
        lists = {"provides": provides,
                 "consumes": [self.consumes(n, need) for n, need in enumerate(row.get("consumes", ()))],
                 "depends": [self.depends(need) for need in row.get("depends", ()) if not need.get("optional")],
                 "conflicts": conflicts}
        return (f'\n[[plugins]]\nname = "{self.name(row["name"])}"\nversion = "{row["version"]}"\npath = "p"\n'
                + "".join(f"{key} = {json.dumps(value)}\n" for key, value in lists.items() if value)
                + ("yanked = true\n" if row.get("yanked") else ""))

    def ask(self, request, *more):
        """paii's answer to a request for plugins by name; None for another."""
        if any(request.get(key) for key in ("remove", "installed", "lock", "update")) or \
                not all("name" in need for need in request["install"]):
            return None
        words = [self.depends(need) for need in request["install"]]
        return self.paii.run("install", "--dry-run", *words, *more, check=False)


def lines_of(result):
    """Lines that explain, and lines that help."""
    explains, _, helps = result.stderr.partition("\n  hint: ")
    return len(explains.splitlines()), len(helps.splitlines())


def impossible(build, rows, requests, uni, most=None):
    """(world, request, answer of paii) of the requests that the solver says no to, at most so many."""
    done = subprocess.run([build / "tests/paii-solve", *uni], capture_output=True, text=True, check=True)
    no = {row["id"] for row in map(json.loads, done.stdout.splitlines()) if row["result"] == "unsat"}
    left = [request for request in requests if request["id"] in no]
    if not left:
        return
    with tempfile.TemporaryDirectory() as folder:
        world = World(build / "bin/paii", Path(folder), rows)
        for request in left[:most]:
            result = world.ask(request)
            if result and result.code in IMPOSSIBLE:
                yield world, request, result


def read(uni):
    """Rows, requests and the two files of a universe."""
    files = uni, uni.with_name(uni.name.replace(".uni.", ".req."))
    return *([json.loads(line) for line in file.read_text().splitlines()] for file in files), files


def summary(counts):
    counts = sorted(counts)
    return (f"median {statistics.median(counts):g}, 90% {counts[(len(counts) * 9 - 1) // 10]}, maximum {counts[-1]}"
            if counts else "none")


def main(build, *files):
    explains, helps = [], []
    for uni in map(Path, files):
        for _, request, result in impossible(Path(build).resolve(), *read(uni)):
            counts = lines_of(result)
            explains.append(counts[0])
            helps.append(counts[1])
            print(f"{counts[0]:4} {counts[1]:2}  {uni.name} {request['id']}")
    print(f"{len(explains)} requests; lines that explain: {summary(explains)}; lines of help: {summary(helps)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
