"""Ours, libsolv and picosat as processes; and whether an explanation is one."""

import json
import subprocess


def answers(program, files, *more):
    """By request: what paii-solve or libsolv-solve says."""
    result = subprocess.run([program, *more, *files], capture_output=True, text=True, timeout=300, check=True)
    return {row["id"]: row for row in map(json.loads, result.stdout.splitlines())}


def model(count, clauses, file):
    """The variables that are true in some solution of clauses in DIMACS numbers; None if there is none."""
    if [] in clauses:
        return None
    file.write_text(f"p cnf {count} {len(clauses)}\n" + "".join(
        " ".join(map(str, clause)) + " 0\n" for clause in clauses))
    done = subprocess.run(["picosat", file], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (10, 20), f"picosat exited with {done.returncode}"
    if done.returncode == 20:
        return None
    words = (word for line in done.stdout.splitlines() if line.startswith("v") for word in line[1:].split())
    return {int(word) for word in words if int(word) > 0}


def satisfiable(count, clauses, folder):
    return model(count, clauses, folder / "problem.cnf") is not None


def fact_clauses(request, universe, facts):
    """The facts, and that a name has one version, as clauses."""
    numbers, clauses = {}, []

    def number(row):
        return numbers.setdefault(tuple(row), len(numbers) + 1)

    for fact in facts:
        if "asked" in fact:
            need = request["install"][fact["asked"]]
            rows = [universe.rows[i] for i in universe.members(need)]
            clauses.append([number((row["name"], row["version"])) for row in rows])
        elif "need" in fact:
            clauses.append([-number(fact["need"]), *map(number, fact["members"])])
        elif "avoid" in fact:
            clauses.append([-number(fact["avoid"]), -number(fact["other"])])
        elif "held" in fact:
            clauses.append([number(fact["held"])])
        else:
            clauses.append([-number(fact["barred"])])
    known = sorted(numbers)
    clauses += [[-numbers[a], -numbers[b]] for a in known for b in known if a < b and a[0] == b[0]]
    return len(numbers), clauses


def what_is_wrong_with_facts(request, universe, facts, folder):
    """They contradict each other, and no fewer do; else words."""
    if satisfiable(*fact_clauses(request, universe, facts), folder):
        return "the facts do not contradict each other"
    for i in range(len(facts)):
        if not satisfiable(*fact_clauses(request, universe, facts[:i] + facts[i + 1:]), folder):
            return f"fact {i} could be left out"
    return None
