"""Every fault once (or PAII_FAULT_SEEDS times, as tests/faults/run does): docs/modules/tests.md."""

import ctypes
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import git_cases  # noqa: E402
import network_cases  # noqa: E402
from lib.person import Person  # noqa: E402
from servers import has_namespaces  # noqa: E402
from threats.conftest import CHILD_SUBREAPER  # noqa: E402
from trial import NETWORK, Place, Trial  # noqa: E402

KINDS = {"network": network_cases.CASES, "git": git_cases.CASES}
SEEDS = range(int(os.environ.get("PAII_FAULT_SEEDS", "1")))
TRIALS = {f"{case.name}-{seed}": (kind, case, seed)
          for kind, cases in KINDS.items() for case in cases for seed in SEEDS}
PLACES, MANY = [], 40


@pytest.fixture
def place(build, tmp_path_factory):
    """One person for many cases; who comes after a failure, or has too much installed, starts afresh."""
    if PLACES and len(PLACES[0].used) == MANY:
        PLACES.pop().close()
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


def test_a_name_server_that_is_silent(build, tmp_path):
    """The resolver would ask it for half a minute."""
    if not has_namespaces(mounts=True):
        pytest.skip("no namespaces of networks and mounts")
    resolv = tmp_path / "resolv.conf"
    resolv.write_text("nameserver 127.0.0.1\noptions timeout:10 attempts:3\n")
    person = Person(build / "bin/paii", tmp_path / "home")
    person.write(person.dir / "paii.toml", NETWORK, 0o600)

    def inside():
        assert ctypes.CDLL(None).unshare(0x40000000 | 0x00020000) == 0
        for words in ("ip link set lo up", "mount --make-rprivate /", f"mount --bind {resolv} /etc/resolv.conf"):
            subprocess.run(words.split(), check=True, capture_output=True)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 53))
            begun = time.monotonic()
            result = person.run("install", "https://slow.example.net/x.tar.gz", check=False)
            return result, time.monotonic() - begun

    with ThreadPoolExecutor(1) as pool:  # the namespaces are this thread's
        result, took = pool.submit(inside).result()
    assert result.code == 20 and "slow.example.net" in result.stderr, repr(result)
    assert took < 8, repr(result)


def test_there_are_as_many_as_there_should_be():
    assert len(network_cases.CASES) >= 40 and len(git_cases.CASES) >= 20
