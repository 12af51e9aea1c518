"""Completion in the shells themselves: what a person sees who types a part and presses tab."""

import os
import pty
import select
import shutil
import subprocess
import time

import pytest

BASH = """
source "$1"
COMP_WORDS=(%s)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_paii
printf '%%s\\n' "${COMPREPLY[@]}"
"""


def shell(name):
    found = shutil.which(name)
    if not found:
        pytest.skip(f"no {name}")
    return found


def environment(paii):
    env = paii.environment()
    env["PATH"] = f"{paii.program.parent}:{env['PATH']}"
    env["TERM"] = "xterm"
    return env


def script(paii, name):
    text = paii.run("completions", name).stdout
    return paii.write(f"paii.{name}", text)


def words(text):
    return [line.split("\t")[0] for line in text.split("\n") if line]


class Bash:
    def __init__(self, paii):
        self.program, self.paii = shell("bash"), paii
        self.script = script(paii, "bash")

    def complete(self, line):
        """Candidates at the end of `line`, split as bash splits it."""
        parts = line.replace("=", " = ").split(" ")
        quoted = " ".join("'" + part + "'" for part in parts)
        done = subprocess.run([self.program, "--norc", "-c", BASH % quoted, "bash", self.script],
                              env=environment(self.paii), cwd=self.paii.home, text=True,
                              capture_output=True, check=False)
        assert done.stderr == ""
        return words(done.stdout)


class Fish:
    def __init__(self, paii):
        self.program, self.paii = shell("fish"), paii
        self.script = script(paii, "fish")

    def complete(self, line):
        command = f"source {self.script}; complete -C '{line}'"
        done = subprocess.run([self.program, "--no-config", "-c", command],
                              env=environment(self.paii), cwd=self.paii.home, text=True,
                              capture_output=True, check=False)
        assert done.stderr == ""
        return words(done.stdout)


class Zsh:
    """zsh completes on a terminal only. What it lists is taken from compadd itself."""

    SETUP = """
autoload -Uz compinit && compinit -u -D
source %s
compadd() {
    local -a found
    builtin compadd -O found "$@"
    print -rl -- $found >> %s
    builtin compadd "$@"
}
PS1='ready> '
"""

    def __init__(self, paii):
        self.program, self.paii = shell("zsh"), paii
        self.found = paii.home / "found"
        self.setup = paii.write("setup.zsh", self.SETUP % (script(paii, "zsh"), self.found))

    def read_until(self, terminal, text, seconds=20):
        seen, end = b"", time.monotonic() + seconds
        while text not in seen:
            assert time.monotonic() < end, f"no {text} in {seen}"
            if select.select([terminal], [], [], 0.1)[0]:
                seen += os.read(terminal, 4096)

    def complete(self, line):
        self.found.write_text("")
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.paii.home)
            os.execve(self.program, [self.program, "-f", "-i"], environment(self.paii))
        try:
            os.write(terminal, f". {self.setup}\n".encode())
            self.read_until(terminal, b"ready> ")
            # The second prompt comes after the completion is done: clear the line, then print.
            os.write(terminal, line.encode() + b"\t\x15print do''ne\n")
            self.read_until(terminal, b"done")
        finally:
            os.close(terminal)
            os.waitpid(pid, 0)
        return sorted(set(words(self.found.read_text())))


@pytest.fixture(params=[Bash, Zsh, Fish])
def completing(request, paii):
    return request.param(paii)


def test_commands(completing):
    found = completing.complete("paii comp")
    assert found == ["completions"]
    assert "__complete" not in completing.complete("paii ")


def test_commands_under_the_long_spelling(completing):
    assert completing.complete("paii plugin comp") == ["completions"]


def test_commands_of_a_command(completing):
    assert sorted(completing.complete("paii config ")) == ["get", "set", "show", "unset"]


def test_choices(completing):
    assert sorted(completing.complete("paii completions ")) == ["bash", "fish", "zsh"]


def test_choices_of_an_option(completing):
    expected = ["c", "python", "rust", "skill"]
    assert sorted(completing.complete("paii new --type ")) == expected
    assert sorted(completing.complete("paii new x -t ")) == expected


def test_value_behind_an_equals_sign(completing):
    found = completing.complete("paii new --type=py")
    assert [word.removeprefix("--type=") for word in found] == ["python"]


def test_options(completing):
    assert completing.complete("paii new --ty") == ["--type"]
    assert completing.complete("paii new --verb") == ["--verbose"]


def test_names_come_from_paii(completing):
    assert completing.complete("paii config get defaults.lang") == ["defaults.language"]


def test_folders(completing):
    (completing.paii.home / "some-folder").mkdir()
    found = completing.complete("paii new x some-f")
    assert [word.rstrip("/") for word in found] == ["some-folder"]


def test_foreign_names_never_reach_the_shell(paii):
    """A name that a shell would read as something else is not offered."""
    paii.write(".config/paii/paii.toml", '[bindings]\n"Memory$(touch gone)Provider" = "x"\n')
    assert "$" not in paii.run("__complete", "setting", check=False).stdout
