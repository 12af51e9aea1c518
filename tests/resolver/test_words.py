"""The same bytes of index and the same answers, whatever the size of a machine's words."""

import subprocess

import pytest

SOURCES = ("tests/resolver/words.c", "src/base/arena.c", "src/base/memory.c")


def compiled(root, folder, word):
    """The program for words of so many bits; None without a compiler for them."""
    program = folder / f"words-{word}"
    sources = [root / name for name in SOURCES] + sorted((root / "src/resolver").glob("*.c"))
    done = subprocess.run(["cc", f"-m{word}", "-std=gnu17", "-O1", "-D_GNU_SOURCE", "-I", root / "src",
                           "-o", program, *sources], capture_output=True, text=True, check=False)
    return program if done.returncode == 0 else None


def test_answers_do_not_depend_on_the_size_of_words(root, tmp_path):
    programs = [compiled(root, tmp_path, word) for word in (64, 32)]
    if None in programs:
        pytest.skip("no compiler for both 64 and 32 bits")
    wide, narrow = (subprocess.run([program], capture_output=True, text=True, timeout=60, check=True).stdout
                    for program in programs)
    assert wide == narrow
    assert 30 < wide.count(" yes ") < 270, "some can be had, some cannot"
