"""
Universes in the neutral format (docs/resolver.md): random ones, what makes a solution valid, and the same
problem as clauses for a SAT solver. Nothing here knows how the solver works.
"""

import functools
import json
import random
import re

COMPARATOR = re.compile(r"(>=|<=|=|<|>)(\S+)")


@functools.lru_cache(maxsize=None)
def key(version):
    """Orders versions as SemVer does."""
    core, _, pre = version.partition("+")[0].partition("-")
    parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in pre.split(".")) if pre else ()
    return tuple(map(int, core.split("."))) + ((0,) + parts if pre else (1,),)


@functools.lru_cache(maxsize=None)
def in_range(version, text):
    compare = {"=": lambda a, b: a == b, ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b,
               ">": lambda a, b: a > b, "<": lambda a, b: a < b}
    if text == "*":
        return True
    return version is not None and any(
        all(compare[op](key(version), key(bound)) for op, bound in COMPARATOR.findall(alternative))
        for alternative in text.split("||"))


class Universe:
    def __init__(self, rows):
        self.rows = [row for row in rows if "name" in row]
        self.by_name, self.providers, self.known = {}, {}, {}
        for i, row in enumerate(self.rows):
            self.by_name.setdefault(row["name"], []).append(i)
            for offer in row.get("provides", ()):
                self.providers.setdefault(offer["contract"], []).append((i, offer))

    def members(self, need):
        """The rows that satisfy a requirement."""
        text = json.dumps(need, sort_keys=True)
        if text not in self.known:
            self.known[text] = self.find(need)
        return self.known[text]

    def find(self, need):
        if "any" in need:
            return list(dict.fromkeys(i for part in need["any"] for i in self.members(part)))
        wanted = need.get("range", "*")
        if "name" in need:
            return [i for i in self.by_name.get(need["name"], ()) if in_range(self.rows[i]["version"], wanted)]
        return list(dict.fromkeys(
            i for i, offer in self.providers.get(need["contract"], ())
            if ("service" not in need or offer.get("service") == need["service"])
            and in_range(offer.get("version"), wanted)))

    def needs(self, i):
        row = self.rows[i]
        return [need for need in (*row.get("depends", ()), *row.get("consumes", ())) if not need.get("optional")]

    def avoided(self, i):
        return {j for rule in self.rows[i].get("conflicts", ()) for j in self.members(rule)
                if self.rows[j]["name"] != self.rows[i]["name"]}

    def wrong(self, request, solution):
        """What is wrong with a solution {name: version}, in words."""
        chosen, out = set(), []
        for name, version in solution.items():
            rows = [i for i in self.by_name.get(name, ()) if self.rows[i]["version"] == version]
            chosen.update(rows[:1])
            out += [] if rows else [f"there is no {name} {version}"]
        out += [f"{name} was to be removed" for name in request.get("remove", ()) if name in solution]
        for owner, need in [(None, n) for n in request.get("install", ())] + \
                           [(i, n) for i in sorted(chosen) for n in self.needs(i)]:
            if not chosen & set(self.members(need)):
                out.append(f"{'the request' if owner is None else self.rows[owner]['name']} lacks {need}")
        out += [f"{self.rows[i]['name']} avoids {self.rows[j]['name']}"
                for i in sorted(chosen) for j in sorted(self.avoided(i) & chosen)]
        return out

    def clauses(self, request):
        """The hard rules about what the request can reach, in DIMACS numbers; (variables, clauses)."""
        reached, work = {}, [i for need in request.get("install", ()) for i in self.members(need)]
        while work:
            i = work.pop()
            if i not in reached:
                reached[i] = len(reached) + 1
                work += [j for need in self.needs(i) for j in self.members(need)]
        out = [[reached[i] for i in self.members(need)] for need in request.get("install", ())]
        names = {}
        for i, variable in reached.items():
            names.setdefault(self.rows[i]["name"], []).append(variable)
            out += [[-variable, *(reached[j] for j in self.members(need))]
                    for need in self.needs(i) if i not in self.members(need)]
            out += [[-variable, -reached[j]] for j in self.avoided(i) if j in reached]
            if self.rows[i]["name"] in request.get("remove", ()):
                out.append([-variable])
        out += [[-a, -b] for same in names.values() for n, a in enumerate(same) for b in same[:n]]
        return len(reached), out


def random_universe(seed, plugins=12, requests=10):
    """Rows and requests of a small world, dense enough that about half of what is asked cannot be had."""
    draw = random.Random(seed)
    names = [f"p{i}" for i in range(draw.randint(3, plugins))]
    contracts = [f"C{i}" for i in range(draw.randint(1, 5))]
    density = draw.uniform(0.4, 2.4)
    versions = {name: sorted({f"{draw.randint(0, 3)}.{draw.randint(0, 2)}.0" for _ in range(draw.randint(1, 5))},
                             key=key) for name in names}

    def some_range(known):
        a, b = draw.choice(known), draw.choice(known)
        return draw.choice(["*", f"={a}", f">={a}", f"<={a}", f"<{a}", f">={a} <{int(a[0]) + 1}.0.0",
                            f"={a} || >{b}"])

    def contract_need():
        need = {"contract": draw.choice(contracts), "range": draw.choice(["*", ">=1.0.0", ">=2.0.0", "<3.0.0"])}
        if draw.random() < 0.3:
            need["service"] = draw.choice("xy")
        return need

    def offer():
        out = {"contract": draw.choice(contracts)}
        if draw.random() < 0.5:
            out["service"] = draw.choice("xy")
        if draw.random() < 0.85:
            out["version"] = f"{draw.randint(1, 3)}.0.0"
        return out

    rows = []
    for name in names:
        others = [other for other in names if other != name]
        for version in versions[name]:
            count = min(len(others), int(draw.expovariate(1 / density)))
            row = {"name": name, "version": version,
                   "provides": [offer() for _ in range(draw.choice((0, 0, 1, 2)))],
                   "depends": [{"name": other, "range": some_range(versions[other])}
                               for other in draw.sample(others, count)],
                   "consumes": [contract_need() for _ in range(draw.choice((0, 0, 1)))],
                   "conflicts": []}
            if draw.random() < 0.3:
                other = draw.choice(others)
                row["conflicts"].append({"name": other, "range": some_range(versions[other])})
            if draw.random() < 0.08:
                row["conflicts"].append(contract_need())
            if row["consumes"] and draw.random() < 0.3:
                row["consumes"][0]["optional"] = True
            rows.append(row)
    asked = []
    for n in range(requests):
        wanted = [{"name": name, "range": some_range(versions[name])}
                  for name in draw.sample(names, draw.randint(1, 3))]
        if draw.random() < 0.3:
            wanted.append(contract_need())
        asked.append({"id": f"{seed}-{n}", "install": wanted})
        if draw.random() < 0.15:
            asked[-1]["remove"] = [draw.choice(names)]
    return rows, asked


def tangle(seed, plugins=30, versions=10):
    """Each version needs up to three plugins in some range, and each is asked for."""
    draw, rows = random.Random(f"tangle/{seed}"), []
    for plugin in range(plugins):
        for version in range(versions):
            needs = []
            for other in draw.sample([p for p in range(plugins) if p != plugin], draw.randint(1, 3)):
                low = draw.randrange(versions)
                needs.append({"name": f"p{other}", "range": f">={low}.0.0 <{draw.randint(low + 1, versions)}.0.0"})
            rows.append({"name": f"p{plugin}", "version": f"{version}.0.0", "depends": needs})
    return rows, [{"id": f"{row['name']}@{row['version']}",
                   "install": [{"name": row["name"], "range": f"={row['version']}"}]} for row in rows]


def write(folder, rows, requests):
    """The two files of the format."""
    files = folder / "u.uni.jsonl", folder / "u.req.jsonl"
    for file, lines in zip(files, (rows, requests)):
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return files
