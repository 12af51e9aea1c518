"""Every fuzz target with its seeds and some thousand mutations of them (tests/fuzz/run goes further)."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
MUTATIONS = 3000


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("fuzz_*.c")))
def test_no_input_breaks_it(name, build, tmp_path):
    program = build / "tests" / name
    seeds = sorted((HERE / "seeds" / name.removeprefix("fuzz_")).iterdir())
    assert program.exists(), f"{program} was not built"
    assert seeds
    done = subprocess.run([program, str(MUTATIONS), *seeds], cwd=tmp_path, capture_output=True,
                          text=True, errors="replace", timeout=120, check=False)
    crash = tmp_path / "fuzz-crash"
    last = f"\nlast input: {crash.read_bytes()!r}" if crash.exists() else ""
    assert done.returncode == 0, done.stderr + last
