"""What is installed changes as little as it must: against the optimum, and against libsolv."""

import os
import random
import shutil

import ecosystems
import pytest
import solvers
import universes
import updates

FULL = "PAII_PROOF_UPDATES" in os.environ
SEEDS = int(os.environ.get("PAII_PROOF_UPDATES", "16"))
PLUGINS = 10000 if FULL else 1000


@pytest.fixture
def solve(build, tmp_path):
    def run(program, rows, requests, *more):
        return solvers.answers(build / "tests" / program, universes.write(tmp_path, rows, requests), *more)
    return run


def need(name, text="*"):
    return {"name": name, "range": text}


def row(name, version, *depends):
    return {"name": name, "version": f"{version}.0.0", "depends": list(depends)}


def versions(solution):
    return {name: int(version[0]) for name, version in solution.items()}


# The universe of docs/resolver.md, "What is there already".
ROWS = [row("app", 1, need("lib", ">=1.0.0")), row("app", 2, need("lib", ">=2.0.0")),
        row("tool", 1, need("lib", "<3.0.0")), row("tool", 2, need("lib", "<3.0.0")),
        row("new", 1, need("lib", ">=2.0.0")), row("lib", 1), row("lib", 2), row("lib", 3)]
FREE_TOOL = row("tool", 3, need("lib"))
ASKED = {"install": [need("app"), need("tool")], "installed": {"app": "1.0.0", "tool": "1.0.0", "lib": "1.0.0"}}


@pytest.mark.parametrize("rows, request_, expected", [
    (ROWS, {"install": [*ASKED["install"], need("new")]}, {"app": 1, "tool": 1, "lib": 2, "new": 1}),
    (ROWS, {"update": ["lib"]}, {"app": 1, "tool": 1, "lib": 2}),
    ([*ROWS, FREE_TOOL], {"update": ["lib"]}, {"app": 1, "tool": 3, "lib": 3}),
    (ROWS, {"update": ["app"]}, {"app": 2, "tool": 1, "lib": 2}),
    (ROWS, {"update": True}, {"app": 2, "tool": 2, "lib": 2}),
    (ROWS, {"remove": ["lib"], "install": []}, {}),
    (ROWS, {"remove": ["tool"], "install": []}, {"app": 1, "lib": 1}),
], ids=["install", "update", "update, others must", "update, its need must", "update all", "remove", "remove one"])
def test_the_examples_of_the_docs(solve, rows, request_, expected):
    answer = solve("paii-solve", rows, [{"id": "a", **ASKED, **request_}])["a"]
    assert versions(answer["solution"]) == expected and answer["least"]


@pytest.mark.parametrize("request_, facts", [
    ({"hold": ["lib"], "install": [need("new")]}, [{"held": ["lib", "1.0.0"]}, {"asked": 0}]),
    ({"hold": ["new"], "install": [need("new")]}, [{"barred": ["new", "1.0.0"]}, {"asked": 0}]),
    ({"remove": ["lib"]}, [{"asked": 0}, {"need": ["app", "1.0.0"]}, {"need": ["app", "2.0.0"]}]),
], ids=["held", "held back", "needed"])
def test_a_no_names_what_is_held_and_what_is_needed(solve, request_, facts):
    told = solve("paii-solve", ROWS, [{"id": "a", **ASKED, **request_}])["a"]["facts"]
    for fact in facts:
        assert any(fact.items() <= other.items() for other in told), (fact, told)


@pytest.mark.parametrize("request_, expected", [
    ({"install": [need("a")]}, 1),
    ({"install": [need("a", "=2.0.0")]}, 2),
    ({"install": [need("a", "=1.0.0 || >=2.0.0")]}, 1),
    ({"install": [need("a")], "lock": {"a": "2.0.0"}}, 2),
    ({"install": [need("a")], "installed": {"a": "2.0.0"}}, 2),
    ({"install": [need("a")], "installed": {"a": "2.0.0"}, "update": True}, 2),
], ids=["not chosen", "exact", "one of a range", "locked", "installed", "not left by an update"])
def test_what_is_yanked_is_there_or_asked_for_exactly(solve, request_, expected):
    rows = [row("a", 1), {**row("a", 2), "yanked": True}, {**row("a", 3), "yanked": True}]
    assert versions(solve("paii-solve", rows, [{"id": "a", **request_}])["a"]["solution"]) == {"a": expected}


@pytest.mark.skipif(not shutil.which("picosat"), reason="no picosat")
@pytest.mark.parametrize("seed", [*range(SEEDS), 90127])  # the last: many new names might do for one change
def test_no_other_solution_changes_less(solve, tmp_path, seed):
    rows, requests = updates.small_world(seed)
    universe = universes.Universe(rows)
    asked = updates.scenarios(rows, requests, seed, .5, solve)
    ours, theirs = solve("paii-solve", rows, asked), solve("libsolv-solve", rows, asked)
    for request in asked:
        assert updates.what_is_wrong(universe, request, ours[request["id"]], tmp_path) is None, request
        assert ours[request["id"]]["result"] == theirs[request["id"]]["result"], request


def test_wishes_come_after_the_least_change(solve):
    more = 0
    for seed in range(200, 208):
        rows, requests = updates.small_world(seed)
        universe = universes.Universe(rows)
        asked = updates.scenarios(rows, requests, seed, .5, solve)
        plain, wished = solve("paii-solve", rows, asked), solve("paii-solve", rows, asked, "-w")
        for request in asked:
            a, b = plain[request["id"]].get("solution"), wished[request["id"]].get("solution")
            assert a is None and b is None or a.items() <= b.items()
            assert b is None or universe.wrong(request, b) == []
            more += b is not None and len(b) > len(a)
    assert more > 5


def test_libsolv_never_changes_less(solve):
    world = ecosystems.Market("eco", PLUGINS)
    rows, draw = world.rows(), random.Random(PLUGINS)
    requests = [{"id": f"{n}", "install": [need(name) for name in draw.sample(world.names[PLUGINS // 2:], 10)]}
                for n in range(40 if FULL else 12)]
    universe = universes.Universe(rows)
    asked = updates.scenarios(rows, requests, 1, .6, solve)
    ours, theirs = solve("paii-solve", rows, asked), solve("libsolv-solve", rows, asked)
    fewer = 0
    for request in asked:
        mine, other = ours[request["id"]], theirs[request["id"]]
        assert mine["result"] == other["result"]
        if mine["result"] == "sat":
            assert universe.wrong(request, mine["solution"]) == []
            costs = [updates.cost(universe, request, answer["solution"]) for answer in (mine, other)]
            assert costs[0] <= costs[1], request["id"]
            fewer += costs[0] < costs[1]
    assert len(asked) > 20 and fewer > 0
