"""Larger problems for the solver (tests/bench/resolver): a growing ecosystem, and families that are hard by design."""

import random


def ecosystem(plugins, seed=1, asked=25):
    """Plugins that release for years: most need few others, a few are needed by many, ranges follow time."""
    draw = random.Random(f"ecosystem {plugins} {seed}")
    contracts = max(4, plugins // 20)

    def popular(count):
        return int(count * draw.random() ** 2.2)

    releases = [max(1, min(18, round(draw.expovariate(1 / 6)))) for _ in range(plugins)]
    offers = [f"C{popular(contracts)}" if draw.random() < 0.3 else None for _ in range(plugins)]
    rows = [{"name": f"base-{c}", "version": "1.0.0", "provides": [{"contract": f"C{c}", "version": "1.0.0"}]}
            for c in range(contracts)]
    for p in range(plugins):
        needed = {popular(p) for _ in range(min(8, int(draw.expovariate(1 / 1.15))))} if p > 3 else set()
        consumed = popular(contracts) if draw.random() < 0.4 else None
        for r in range(releases[p]):
            age = r / releases[p]
            row = {"name": f"plugin-{p}", "version": f"1.{r}.0", "depends": [], "consumes": []}
            for other in sorted(needed):
                least = min(releases[other] - 1, int(age * releases[other]))
                upper = f" <1.{least + 4}.0" if draw.random() < 0.3 else ""
                row["depends"].append({"name": f"plugin-{other}", "range": f">=1.{least}.0{upper}"})
            if offers[p]:
                row["provides"] = [{"contract": offers[p], "version": f"1.{r}.0"}]
            if consumed is not None:
                row["consumes"].append({"contract": f"C{consumed}", "range": ">=1.0.0",
                                        "optional": draw.random() < 0.5})
            rows.append(row)
    requests = [{"id": f"{n}", "install": [{"name": f"plugin-{p}", "range": "*"} for p in
                                          draw.sample(range(plugins // 2, plugins), (1, 3, 10, 30)[n % 4])]}
                for n in range(asked)]
    return rows, requests


def chain(length, versions, need):
    """p0 needs p1 needs p2 …; only the oldest end fits what is asked for beside it."""
    rows = [{"name": "end", "version": "1.0.0"}, {"name": "end", "version": "2.0.0"}]
    for p in range(length):
        for v in range(1, versions + 1):
            last = {"name": "end", "range": "=1.0.0" if v == 1 else "=2.0.0"}
            rows.append({"name": f"p{p}", "version": f"{v}.0.0",
                         "depends": [{"name": f"p{p + 1}", "range": need(v)} if p + 1 < length else last]})
    return rows, [{"id": "sat", "install": [{"name": "p0", "range": "*"}, {"name": "end", "range": "=1.0.0"}]}]


def disjoint(pairs, versions):
    """Many pairs, of each of which only the oldest version will do."""
    rows = [{"name": "end", "version": "1.0.0"}, {"name": "end", "version": "2.0.0"}]
    for p in range(pairs):
        for v in range(1, versions + 1):
            rows.append({"name": f"a{p}", "version": f"{v}.0.0", "depends": [{"name": f"b{p}", "range": f"={v}.0.0"}]})
            rows.append({"name": f"b{p}", "version": f"{v}.0.0",
                         "depends": [{"name": "end", "range": "=1.0.0" if v == 1 else "=2.0.0"}]})
    asked = [{"name": f"a{p}", "range": "*"} for p in range(pairs)] + [{"name": "end", "range": "=1.0.0"}]
    return rows, [{"id": "sat", "install": asked}]


def providers(contracts, each, seed=1):
    """Each contract has providers that cannot stand beside some of other contracts: a colouring."""
    draw = random.Random(f"providers {contracts} {each} {seed}")
    rows = []
    for c in range(contracts):
        rows.append({"name": f"app-{c}", "version": "1.0.0", "consumes": [{"contract": f"C{c}", "range": "*"}]})
        for p in range(each):
            row = {"name": f"provider-{c}-{p}", "version": "1.0.0", "provides": [{"contract": f"C{c}"}]}
            row["conflicts"] = [{"name": f"provider-{draw.randrange(c)}-{p}", "range": "*"}
                                for _ in range(2 if c else 0)]
            rows.append(row)
    return rows, [{"id": "all", "install": [{"name": f"app-{c}", "range": "*"} for c in range(contracts)]}]


def sudoku(given):
    """A cell is a name, a digit its version."""
    rows = []
    for r in range(9):
        for c in range(9):
            seen = {(r, k) for k in range(9)} | {(k, c) for k in range(9)} | {
                (a, b) for a in range(r // 3 * 3, r // 3 * 3 + 3) for b in range(c // 3 * 3, c // 3 * 3 + 3)}
            for d in range(1, 10):
                rows.append({"name": f"c{r}{c}", "version": f"{d}.0.0", "conflicts": [
                    {"name": f"c{a}{b}", "range": f"={d}.0.0"} for a, b in sorted(seen - {(r, c)})]})
    asked = [{"name": f"c{n // 9}{n % 9}", "range": "*" if digit == "." else f"={digit}.0.0"}
             for n, digit in enumerate(given)]
    return rows, [{"id": "sudoku", "install": asked}]


SUDOKU = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
HARD_SUDOKU = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4.."


def all_problems():
    """(name, rows, requests), small ones first."""
    yield "sudoku", *sudoku(SUDOKU)
    yield "sudoku, hard", *sudoku(HARD_SUDOKU)
    yield "provider choice 300", *providers(300, 4)
    yield "range chain 200x100", *chain(200, 100, lambda v: f">={max(1, v - 1)}.0.0 <{v + 2}.0.0")
    yield "pinned chain 100x500", *chain(100, 500, lambda v: f"={v}.0.0")
    yield "disjoint 300x200", *disjoint(300, 200)
    yield "ecosystem 1,000", *ecosystem(1000)
    yield "ecosystem 10,000", *ecosystem(10000)
    yield "ecosystem 50,000", *ecosystem(50000)
