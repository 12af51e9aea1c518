"""
Requests about what is installed, in the neutral format, and the least change that answers them: found with a SAT
solver and counters, without knowing how our solver works.
"""

import itertools
import random

import ecosystems
import solvers
import universes


def as_of(rows, share):
    """The universe when only the first releases of each plugin were out."""
    by_name = {}
    for row in rows:
        by_name.setdefault(row["name"], []).append(row)
    out = []
    for same in by_name.values():
        same = sorted(same, key=lambda row: universes.key(row["version"]))
        out += same[:max(1, round(len(same) * share))]
    return out


def small_world(seed):
    """Rows, at most some 200, and requests."""
    kind = ("eco", "dense", "hard", "any")[seed % 4]
    if kind == "any":
        return universes.random_universe(seed, plugins=30, requests=8)
    world = ecosystems.Market(kind, 30, 5, seed)
    rows, draw = world.rows(), random.Random(seed)
    return rows, [{"id": f"{seed}-{n}", "install": [{"name": name, "range": "*"} for name in
                                                  draw.sample(world.names, 2 + n)]} for n in range(3)]


def scenarios(rows, requests, seed, known, solve):
    """The requests were answered when a share of the versions was known; now there are others."""
    before = solve("paii-solve", as_of(rows, known), requests)
    return [scenario for request in requests if before[request["id"]].get("solution")
            for scenario in scenarios_of(rows, request, before[request["id"]]["solution"], seed)]


def scenarios_of(rows, request, installed, seed):
    """What a person may want of something that is installed because of an earlier request."""
    draw = random.Random(f"{seed} {request['id']}")
    names = sorted({row["name"] for row in rows})
    asked = [{"name": need["name"], "range": "*"} for need in request["install"] if need.get("name") in installed]
    new = [{"name": name, "range": "*"} for name in draw.sample(names, min(2, len(names))) if name not in installed]
    there = sorted(installed)

    def make(kind, **more):
        return {"id": f"{request['id']}-{kind}", "install": asked, "installed": installed, **more}

    yield make("install", install=asked + new)
    yield make("update-one", update=[draw.choice(there)])
    yield make("update-two", update=draw.sample(there, min(2, len(there))))
    yield make("update-all", update=True)
    yield make("remove", install=[], remove=[draw.choice(there)])
    yield make("remove-and-update", install=[], remove=[draw.choice(there)], update=[draw.choice(there)])
    yield make("hold", install=asked + new, hold=[draw.choice(names)], update=[draw.choice(there)])


def raised(request):
    """The names to update, in their order."""
    update, installed = request.get("update", ()), request["installed"]
    if update is True:
        update = [need["name"] for need in request["install"] if "name" in need] + sorted(installed)
    kept_out = {*request.get("hold", ()), *request.get("remove", ())}
    return [name for name in dict.fromkeys(update) if name in installed and name not in kept_out]


def cost(universe, request, solution):
    """(dropped, how far each update is from the newest, changed, new)."""
    gone = set(request.get("remove", ()))
    stay = {name: version for name, version in request["installed"].items() if name not in gone}
    updates = raised(request)
    behind = []
    for name in updates:
        newest = sorted((universe.rows[i]["version"] for i in universe.by_name[name]), key=universes.key, reverse=True)
        behind.append(newest.index(solution[name]) if name in solution else len(newest))
    return (sum(name not in solution for name in stay), behind,
            sum(name in solution and solution[name] != version for name, version in stay.items()
                if name not in updates),
            sum(name not in request["installed"] for name in solution))


class Problem:
    """The rules about all rows, as clauses, to which more are added."""

    def __init__(self, universe, request, file):
        self.universe, self.request, self.file = universe, request, file
        self.count = len(universe.rows)
        self.clauses = [[i + 1 for i in universe.members(need)] for need in request["install"]]
        for i, row in enumerate(universe.rows):
            self.clauses += [[-i - 1, *(j + 1 for j in universe.members(need))]
                             for need in universe.needs(i) if i not in universe.members(need)]
            self.clauses += [[-i - 1, -j - 1] for j in universe.avoided(i)]
            held = row["name"] in request.get("hold", ())
            if row["name"] in request.get("remove", ()) or (
                    held and request["installed"].get(row["name"]) != row["version"]):
                self.clauses.append([-i - 1])
            elif held:
                self.clauses.append([i + 1])
        for same in universe.by_name.values():
            self.clauses += [[-a - 1, -b - 1] for a, b in itertools.combinations(same, 2)]

    def fresh(self):
        self.count += 1
        return self.count

    def possible(self, *assumed):
        return solvers.model(self.count, self.clauses + [[literal] for literal in assumed], self.file) is not None

    def at_most(self, literals):
        """Counters: element k of the result, assumed false, allows k of the literals at most."""
        sums = []
        for literal in literals:
            longer = [self.fresh() for _ in range(len(sums) + 1)]
            for k, variable in enumerate(longer):
                if k < len(sums):
                    self.clauses.append([-sums[k], variable])
                self.clauses.append([-literal, variable] if k == 0 else [-literal, -sums[k - 1], variable])
            sums = longer
        return sums

    def minimise(self, literals):
        """The fewest of the literals that can be true; from then on no more are."""
        sums = self.at_most(literals)
        for k, variable in enumerate(sums):
            if self.possible(-variable):
                self.clauses.append([-variable])
                return k
        return len(sums)

    def flag(self, rows, polarity):
        """A literal that is true if one of the rows is selected; or, if not `polarity`, if none is."""
        variable = self.fresh()
        if polarity:
            self.clauses += [[-i - 1, variable] for i in rows]
        else:
            self.clauses.append([i + 1 for i in rows] + [variable])
        return variable


def optimum(universe, request, file):
    """The least cost, as of cost(); None if the request cannot be had."""
    problem = Problem(universe, request, file)
    if not problem.possible():
        return None
    by_name, installed, updates = universe.by_name, request["installed"], raised(request)
    stay = [name for name in sorted(installed) if name not in request.get("remove", ())]
    dropped = problem.minimise([problem.flag(by_name[name], False) for name in stay])
    behind = []
    for name in updates:
        versions = sorted(by_name[name], key=lambda i: universes.key(universe.rows[i]["version"]), reverse=True)
        best = next((k for k, i in enumerate(versions) if problem.possible(i + 1)), len(versions))
        problem.clauses += [[versions[best] + 1]] if best < len(versions) else [[-i - 1] for i in versions]
        behind.append(best)
    changed = problem.minimise([
        problem.flag([i for i in by_name[name] if universe.rows[i]["version"] != installed[name]], True)
        for name in stay if name not in updates])
    new = problem.minimise([problem.flag(rows, True) for name, rows in by_name.items() if name not in installed])
    return dropped, behind, changed, new


def what_is_wrong(universe, request, answer, folder):
    """With an answer of paii-solve, in words; None if it is the best there is."""
    best = optimum(universe, request, folder / "problem.cnf")
    if answer["result"] == "unsat":
        return "there is a solution" if best else solvers.what_is_wrong_with_facts(
            request, universe, answer["facts"], folder)
    if best is None:
        return "there is no solution"
    mistakes = universe.wrong(request, answer["solution"])
    mine = cost(universe, request, answer["solution"])
    if mistakes:
        return "; ".join(mistakes)
    return None if mine == best and answer["least"] else f"it costs {mine} instead of {best}"
