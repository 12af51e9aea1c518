"""The solver against others: a SAT solver, libsolv, published problem sets, and rules that it does not know."""

import json
import os
import random
import shutil
import tarfile

import pytest
import solvers
import universes

BATCH = 20  # universes in one run, each with names of its own
BATCHES = int(os.environ.get("PAII_PROOF_BATCHES", "10"))  # of 200 requests each


@pytest.fixture
def solve(build):
    return lambda program, files, *more: solvers.answers(build / "tests" / program, files, *more)


def renamed(thing, prefix):
    """The same rows with names and contracts of their own."""
    if isinstance(thing, list):
        return [renamed(item, prefix) if isinstance(item, (dict, list)) else prefix + item for item in thing]
    return {key: renamed(value, prefix) if isinstance(value, (dict, list))
            else prefix + value if key in ("name", "contract", "id") else value for key, value in thing.items()}


def batch(first):
    rows, requests = [], []
    for seed in range(first, first + BATCH):
        more, asked = universes.random_universe(seed)
        rows += renamed(more, f"u{seed}-")
        requests += renamed(asked, f"u{seed}-")
    return rows, requests


needs_picosat = pytest.mark.skipif(not shutil.which("picosat"), reason="no picosat")


@needs_picosat
@pytest.mark.parametrize("first", range(0, BATCHES * BATCH, BATCH))
def test_200_requests_agree_with_a_sat_solver_and_libsolv(solve, tmp_path, first):
    rows, requests = batch(first)
    universe = universes.Universe(rows)
    files = universes.write(tmp_path, rows, requests)
    ours, theirs = solve("paii-solve", files), solve("libsolv-solve", files)
    kinds = {"sat": 0, "unsat": 0}
    for request in requests:
        answer = ours[request["id"]]
        kinds[answer["result"]] += 1
        assert (answer["result"] == "sat") == solvers.satisfiable(*universe.clauses(request), tmp_path), request
        assert answer["result"] == theirs[request["id"]]["result"], request
        if answer["result"] == "sat":
            assert universe.wrong(request, answer["solution"]) == []
            continue
        assert solvers.what_is_wrong_with_facts(request, universe, answer["facts"], tmp_path) is None, request
    assert min(kinds.values()) > 30, kinds


# What is learnt may contradict what was found meanwhile on lower levels: the search has to learn from that too.
@needs_picosat
@pytest.mark.parametrize("seed", range(3))
def test_tangles_of_ranges_agree_with_a_sat_solver(solve, tmp_path, seed):
    rows, requests = universes.tangle(seed)
    universe = universes.Universe(rows)
    answers = solve("paii-solve", universes.write(tmp_path, rows, requests))
    for request in requests:
        answer = answers[request["id"]]
        assert (answer["result"] == "sat") == solvers.satisfiable(*universe.clauses(request), tmp_path), request
        if answer["result"] == "sat":
            assert universe.wrong(request, answer["solution"]) == []


def without_times(answers):
    return {name: {key: value for key, value in answer.items() if key != "us"} for name, answer in answers.items()}


def test_the_order_of_lines_is_without_meaning(solve, tmp_path):
    rows, requests = batch(5000)
    answers, compiled = [], []
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        random.Random(seed).shuffle(requests)
        universe, asked = universes.write(tmp_path, rows, requests)
        answers.append(without_times(solve("paii-solve", (universe, asked))))
        solve("paii-solve", (universe,), "-o", tmp_path / "compiled")
        compiled.append((tmp_path / "compiled").read_bytes())
    assert answers[0] == answers[1] == answers[2]
    assert compiled[0] == compiled[1] == compiled[2], "bytes of the index"


def test_a_compiled_universe_answers_the_same(solve, tmp_path):
    rows, requests = batch(6000)
    universe, asked = universes.write(tmp_path, rows, requests)
    compiled = tmp_path / "compiled"
    solve("paii-solve", (universe,), "-o", compiled)
    answers = without_times(solve("paii-solve", (universe, asked)))
    assert without_times(solve("paii-solve", (compiled, asked))) == answers
    assert without_times(solve("paii-solve", (compiled, asked), "-n")) == answers, "with new solvers"


def test_wishes_change_nothing_of_what_is_needed(solve, tmp_path):
    rows, requests = batch(7000)
    universe = universes.Universe(rows)
    files = universes.write(tmp_path, rows, requests)
    plain, wished = solve("paii-solve", files), solve("paii-solve", files, "-w")
    more = 0
    for request in requests:
        a, b = plain[request["id"]], wished[request["id"]]
        assert a["result"] == b["result"]
        if a["result"] == "sat":
            assert a["solution"].items() <= b["solution"].items()
            assert universe.wrong(request, b["solution"]) == []
            more += len(b["solution"]) > len(a["solution"])
    assert more > 5


# Requests; those whose answer is another by design; expected solutions that are found exactly. The others: in pub
# three requests have lost what they ask for, or a version, on their way into the format, and the expected solution of
# resolvelib's chalice lacks something that is needed. The rest is taste, where
# several solutions are valid: the first thing asked for gets its newest version here, at the cost of the second
# (packse's wrong-backtracking-basic, pub's traverse-into-package-with-fewer-versions-first); two of resolvelib
# have something older than need be; ris avoids a circle, which is legal.
SETS = {"packse": (63, (), 28), "pub": (41, (), 28), "resolvelib": (17, (), 12), "pubgrub": (1660, (), 0),
        "ris": (27, ("circular",), 24)}


def is_as_expected(solution, expected):
    wanted = expected.get("solution", {})
    return solution == wanted or (expected.get("partial", False) and wanted.items() <= solution.items())


@pytest.mark.parametrize("name", SETS)
def test_published_problem_sets(solve, shared, tmp_path, name):
    count, by_design, least = SETS[name]
    with tarfile.open(shared / f"resolver/{name}.tar.xz") as archive:
        archive.extractall(tmp_path)
    seen = exact = 0
    for file in sorted(tmp_path.rglob("*.uni.jsonl")):
        asked = file.with_name(file.name.replace(".uni.", ".req."))
        universe = universes.Universe([json.loads(line) for line in file.read_text().splitlines()])
        answers = solve("paii-solve", (file, asked))
        for request in map(json.loads, asked.read_text().splitlines()):
            answer, expected = answers[request["id"]], request.get("expect", {})
            seen += 1
            if request["id"] not in by_design:
                assert answer["result"] == expected.get("result", answer["result"]), (file.name, request["id"])
            if answer["result"] == "sat":
                assert universe.wrong(request, answer["solution"]) == []
                exact += "solution" in expected and is_as_expected(answer["solution"], expected)
    assert seen == count and exact >= least
