"""
Debian's packages, as this machine's package lists have them, in the neutral format: what a real distribution
asks of a solver. A package has one version there, so relations are decided here and become names.
"""

import functools
import random
import re
import subprocess

LARGE = ("gnome", "kde-standard", "xfce4", "lxqt", "build-essential", "libreoffice", "texlive", "gimp", "inkscape",
         "default-jdk")
RELATION = re.compile(r"([^\s(:\[]+)(?::\w+)?\s*(?:\((<<|<=|=|>=|>>)\s*([^)\s]+)\s*\))?")


def character_order(c):
    return -1 if c == "~" else ord(c) if c.isalpha() else ord(c) + 256


@functools.lru_cache(maxsize=None)
def part_key(part):
    """Text and numbers by turns; a tilde sorts before the end, letters before all else."""
    return tuple(([*map(character_order, letters), 0], int(digits or 0))
                 for letters, digits in re.findall(r"(\D*)(\d*)", part) if letters or digits) + (([0], 0),)


@functools.lru_cache(maxsize=None)
def version_key(version):
    epoch, colon, rest = version.rpartition(":")
    upstream, dash, revision = rest.rpartition("-")
    return int(epoch) if colon else 0, part_key(upstream if dash else rest), part_key(revision if dash else "0")


def fits(version, operator, wanted):
    if not operator:
        return True
    if version is None:
        return False
    a, b = version_key(version), version_key(wanted)
    return {"<<": a < b, "<=": a <= b, "=": a == b, ">=": a >= b, ">>": a > b}[operator]


def packages():
    """{field: value} of every package that can be installed; none without package lists."""
    try:
        text = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    out = {}
    for paragraph in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if line[:1].isalpha() and ": " in line)
        if "Package" in fields:
            out.setdefault(fields["Package"], fields)
    return list(out.values())


class Names:
    """Who satisfies a relation, by the name of a package or of what it provides."""

    def __init__(self, known):
        self.offers = {}
        for package in known:
            self.offers.setdefault(package["Package"], []).append((package["Package"], package["Version"]))
        for package in known:
            for name, _, version in RELATION.findall(package.get("Provides", "")):
                self.offers.setdefault(name, []).append((package["Package"], version or None))

    @functools.lru_cache(maxsize=None)
    def who(self, relation):
        return tuple(dict.fromkeys(
            package for name, operator, wanted in RELATION.findall(relation)
            for package, version in self.offers.get(name, ()) if fits(version, operator, wanted)))

    def need(self, relation):
        names = [{"name": name, "range": "*"} for name in self.who(relation)]
        return names[0] if len(names) == 1 else {"any": names} if names else {"name": relation, "range": "*"}


def relations(package, *fields):
    return [part.strip() for field in fields for part in package.get(field, "").split(",") if part.strip()]


def universe(asked=150):
    """Rows and requests: large ones by name, others by chance. None without package lists."""
    known = sorted(packages(), key=lambda package: package["Package"])
    if not known:
        return None
    names, rows = Names(known), []
    for package in known:
        own = package["Package"]
        rows.append({
            "name": own, "version": "1.0.0",
            "depends": [names.need(relation) for relation in relations(package, "Pre-Depends", "Depends")],
            "conflicts": [{"name": name, "range": "*"} for relation in relations(package, "Conflicts", "Breaks")
                          for name in names.who(relation) if name != own]})
    draw, there = random.Random("debian"), [row["name"] for row in rows]
    wanted = [[name] for name in LARGE if name in there]
    while len(wanted) < asked:
        wanted.append(sorted(draw.sample(there, (1, 1, 3, 10)[len(wanted) % 4])))
    return rows, [{"id": f"{n} {' '.join(some[:3])}", "install": [{"name": name, "range": "*"} for name in some]}
                  for n, some in enumerate(wanted)]
