"""Some 80 seconds of what tests/crash/run and tests/crash/stress do for as long as one likes."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from many import stress  # noqa: E402
from points import harness  # noqa: E402

SEED = 1


@pytest.fixture(scope="module")
def programs(root, build):
    """paii without sanitizers, which do not like to be traced, and the tracer."""
    program, tracer = root / "build/plain/bin/paii", build / "tests/tracer"
    for path in (program, tracer):
        if not path.exists():
            pytest.skip(f"no {path}: ./check builds it")
    return program, tracer


def show(capsys, text):
    with capsys.disabled():
        print(f"\n{text}")


def test_killed_anywhere_the_state_is_before_or_after(programs, capsys):
    outcome = harness(programs, "kills", points=2000, seed=SEED, seconds=75)
    show(capsys, outcome)
    assert outcome.violations == []
    assert outcome.total > 0 and outcome.slowest < 1


def test_no_success_is_told_of_unfinished_work(programs, capsys):
    outcome = harness(programs, "errors", points=1000, seed=SEED, seconds=10)
    show(capsys, outcome)
    assert outcome.violations == []
    assert outcome.total > 0


def test_sixteen_at_once_lose_nothing(programs, capsys):
    done, wrong = stress(programs[0], seconds=10, count=16, seed=SEED)
    show(capsys, f"{sum(done.values())} commands of 16 processes, {len(wrong)} violations")
    assert wrong == []
    assert min(done[word] for word in ("install", "remove", "list", "rollback", "update")) > 0
