"""The source tree itself: its scripts, its format, its memory."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest


def tracked(root):
    """Files of the tree that belong to it, generated ones left out."""
    skip = {"build", ".git", "target", "__pycache__", ".pytest_cache"}
    for folder, names, files in os.walk(root):
        names[:] = sorted(set(names) - skip)
        for name in sorted(files):
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                yield path


def needs(tool):
    if not shutil.which(tool):
        pytest.skip(f"no {tool}")


def run(*command, cwd):
    done = subprocess.run(list(map(str, command)), cwd=cwd, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, timeout=300)
    assert done.returncode == 0, done.stdout


def is_shell_script(path):
    if path.endswith(".sh"):
        return True
    with open(path, "rb") as file:
        first = file.readline(64)
    return first.startswith(b"#!") and first.rstrip().endswith((b"sh", b"bash", b"dash"))


def test_shellcheck_finds_nothing(root):
    needs("shellcheck")
    scripts = [path for path in tracked(root) if is_shell_script(path)]
    assert len(scripts) >= 5
    run("shellcheck", "-x", *scripts, cwd=root)


def test_every_c_file_is_formatted(root):
    needs("clang-format")
    files = [path for path in tracked(root)
             if path.endswith((".c", ".h", ".cc")) and "/registry-index/" not in path]
    run("clang-format", "--dry-run", "-Werror", *files, cwd=root)


def test_no_leak_in_representative_commands(root):
    needs("valgrind")
    build = root / "build/plain"
    if not (build / "bin/paii").exists():
        pytest.skip("no build/plain: ./check makes it")
    run(root / "tests/valgrind", build, cwd=root)


def test_paii_starts_on_libc_alone(build):
    """Network, Git, archives, cryptography and the C++ library are the helper's, never paii's."""
    needs("readelf")
    listed = subprocess.run(["readelf", "-d", build / "bin/paii"], capture_output=True, text=True,
                            check=True).stdout
    assert "NEEDED" in listed
    for library in ("curl", "git2", "archive", "crypto", "ssl", "stdc++", "json-c"):
        assert f"lib{library}" not in listed


def test_links_between_pages_lead_somewhere(root):
    broken = []
    for path in tracked(root):
        if not path.endswith(".md") or "/registry-index/" in path:
            continue
        text = Path(path).read_text()
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            if not (Path(path).parent / target).exists():
                broken.append(f"{path}: {target}")
    assert not broken


def test_the_map_names_every_page(root):
    pages = (root / "docs/README.md").read_text()
    for page in sorted((root / "docs").glob("**/*.md")):
        name = str(page.relative_to(root / "docs"))
        assert name == "README.md" or f"({name})" in pages, name


def test_the_readme_types_what_exists(paii, root):
    """Every option of the tour is one that its command's help names."""
    for line in (root / "README.md").read_text().splitlines():
        words = line.split("  ")[2].split() if line.startswith("    paii ") else []
        if words[:1] != ["paii"] or words[1] == "run":
            continue
        described = paii.run("help", words[1]).stdout
        for word in words[2:]:
            assert not word.startswith("--") or word in described, line
