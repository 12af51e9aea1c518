"""Every fault once (or PAII_FAULT_SEEDS times, as tests/faults/run does): docs/modules/tests.md."""

import ctypes
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import git_cases  # noqa: E402
import network_cases  # noqa: E402
from threats.conftest import CHILD_SUBREAPER  # noqa: E402
from trial import Place, Trial  # noqa: E402

KINDS = {"network": network_cases.CASES, "git": git_cases.CASES}
SEEDS = range(int(os.environ.get("PAII_FAULT_SEEDS", "1")))
TRIALS = {f"{case.name}-{seed}": (kind, case, seed)
          for kind, cases in KINDS.items() for case in cases for seed in SEEDS}
PLACES = []


@pytest.fixture
def place(build, tmp_path_factory):
    """One person for many cases; who comes after a failure starts afresh."""
    if not PLACES:
        ctypes.CDLL(None).prctl(CHILD_SUBREAPER, 1, 0, 0, 0)
        program = build / "bin/paii"
        PLACES.append(Place(program, tmp_path_factory.mktemp("faults") / "place",
                            [(name, trial[0]) for name, trial in TRIALS.items()],
                            b"__asan_init" in program.read_bytes()))
    return PLACES[0]


@pytest.fixture(scope="module", autouse=True)
def leave():
    yield
    while PLACES:
        PLACES.pop().close()
    ctypes.CDLL(None).prctl(CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.mark.parametrize("name", TRIALS)
def test_fault(place, name):
    _, case, seed = TRIALS[name]
    try:
        Trial(place, name, seed).run(case)
    except BaseException:
        PLACES.pop().close()
        raise


def test_there_are_as_many_as_there_should_be():
    assert len(network_cases.CASES) >= 40 and len(git_cases.CASES) >= 20
