"""The same bytes of index and the same answers, whatever the size of a machine's words."""

import subprocess

import pytest

SOURCES = ("tests/resolver/words.c", "src/base/arena.c", "src/base/memory.c")


def told_with(root, folder, word):
    """What the program says that has words of so many bits; None without a compiler or a kernel for them."""
    program = folder / f"words-{word}"
    sources = [root / name for name in SOURCES] + sorted((root / "src/resolver").glob("*.c"))
    done = subprocess.run(["cc", f"-m{word}", "-std=gnu17", "-O1", "-D_GNU_SOURCE", "-I", root / "src",
                           "-o", program, *sources], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    try:
        return subprocess.run([program], capture_output=True, text=True, timeout=60, check=True).stdout
    except OSError:
        return None


def test_answers_do_not_depend_on_the_size_of_words(root, tmp_path):
    wide, narrow = (told_with(root, tmp_path, word) for word in (64, 32))
    if wide is None or narrow is None:
        pytest.skip("this machine cannot make and run programs of both 64 and 32 bits")
    assert wide == narrow
    assert 30 < wide.count(" yes ") < 270, "some can be had, some cannot"
