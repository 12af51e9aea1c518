"""Problems for tests/bench/resolver that are hard by design, and the list of all."""

import debian
import ecosystems


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


GENERATED = {
    "eco-1000": lambda: ecosystems.market("eco", 1000),
    "eco-10000": lambda: ecosystems.market("eco", 10000),
    "eco-50000": lambda: ecosystems.market("eco", 50000),
    "dense-10000": lambda: ecosystems.market("dense", 10000, asked=9),
    "dense-50000": lambda: ecosystems.market("dense", 50000, asked=9),
    "hard-10000": lambda: ecosystems.market("hard", 10000, asked=9),
    "alt-300": lambda: ecosystems.alternatives(300),
    "Debian": debian.universe,
}
SINGLE = {
    "pinned chain 100x500": lambda: chain(100, 500, lambda v: f"={v}.0.0"),
    "disjoint 300x200": lambda: disjoint(300, 200),
    "range chain 200x100": lambda: chain(200, 100, lambda v: f">={max(1, v - 1)}.0.0 <{v + 2}.0.0"),
    "sudoku": lambda: sudoku(SUDOKU),
    "sudoku, hard": lambda: sudoku(HARD_SUDOKU),
}
