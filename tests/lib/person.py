"""A person in a throw-away HOME, and the repositories that they use."""

import hashlib
import json
import os
import pty
import select
import signal
import stat
import subprocess
import time
from pathlib import Path

SANITIZERS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error: ")
TIMEOUT_SECONDS = 180


class Result:
    """What one command did: args, code, stdout, stderr."""

    def __init__(self, args, code, stdout, stderr):
        self.args, self.code, self.stdout, self.stderr = args, code, stdout, stderr

    def json(self):
        """stdout as one JSON document."""
        return json.loads(self.stdout)

    def __repr__(self):
        return (f"paii {' '.join(map(str, self.args))}: exit {self.code}\n"
                f"--- stdout\n{self.stdout}--- stderr\n{self.stderr}---")


class Person:
    """Owns a HOME; every command's environment is built from zero."""

    def __init__(self, program, home):
        self.program = Path(program)
        self.home = Path(home)
        self.home.mkdir(parents=True, exist_ok=True)
        self.dir = self.home / ".config/paii"  # where PAII_DIR is by default
        self.claude = self.home / ".claude"
        self.env = {
            "HOME": str(self.home),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            # A finding of a sanitizer must never look like one of paii's own exit codes.
            "ASAN_OPTIONS": "detect_leaks=1:exitcode=99",
            "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=99",
        }
        self.started = []

    def environment(self, more=None):
        """The environment of a command; a value None in `more` takes the variable out."""
        merged = {**self.env, **(more or {})}
        return {name: str(value) for name, value in merged.items() if value is not None}

    def run(self, *args, input=None, env=None, check=True, expect=0, cwd=None,
            timeout=TIMEOUT_SECONDS):
        """Runs `paii ARGS`. With check, any exit status but `expect` fails the test."""
        done = subprocess.run([self.program, *map(str, args)], input=input or "", text=True,
                              capture_output=True, env=self.environment(env), errors="replace",
                              cwd=cwd or self.home, timeout=timeout, check=False)
        result = Result(args, done.returncode, done.stdout, done.stderr)
        assert not any(word in done.stderr for word in SANITIZERS), repr(result)
        if check:
            assert result.code == expect, f"expected exit {expect}\n{result!r}"
        return result

    def start(self, *args, env=None, cwd=None, **more):
        """Starts `paii ARGS` and returns the Popen; it is killed at the end of the test."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                   "text": True, **more}
        process = subprocess.Popen([self.program, *map(str, args)], env=self.environment(env),
                                   cwd=cwd or self.home, start_new_session=True, **options)
        self.started.append(process)
        return process

    def run_on_terminal(self, *args, env=None, cwd=None, keys="", timeout=TIMEOUT_SECONDS):
        """Runs `paii ARGS` on a pseudo-terminal of 80 columns; stdout holds all that was shown."""
        pid, terminal = pty.fork()
        if pid == 0:
            try:
                os.chdir(cwd or self.home)
                full = self.environment({"TERM": "xterm-256color", "COLUMNS": "80", **(env or {})})
                os.execve(self.program, [str(self.program), *map(str, args)], full)
            finally:
                os._exit(127)
        if keys:
            os.write(terminal, keys.encode())
        shown, deadline = read_terminal(terminal, time.monotonic() + timeout)
        os.close(terminal)
        if deadline:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        assert not deadline, f"still running after {timeout} s: {shown}"
        return Result(args, os.waitstatus_to_exitcode(status), shown, "")

    def write(self, path, text, mode=None):
        """Writes a file; a relative path is below HOME. Returns its path."""
        path = self.home / path
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text)
        if mode is not None:
            path.chmod(mode)
        return path

    def write_tree(self, directory, files):
        """Writes {relative path: text}; a text that starts with #! makes the file executable."""
        for name, text in files.items():
            script = text.startswith("#!") if isinstance(text, str) else text.startswith(b"#!")
            self.write(Path(directory) / name, text, 0o755 if script else None)
        return self.home / directory

    def snapshot(self, directory=None):
        return snapshot(directory or self.claude)

    def close(self):
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def read_terminal(terminal, deadline):
    """Everything up to the hang-up, and whether the deadline came first."""
    shown = b""
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.5)
        if not ready:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # EIO: the other side is closed
            piece = b""
        if not piece:
            return shown.decode(errors="replace"), False
        shown += piece
    return shown.decode(errors="replace"), True


def snapshot(directory):
    """{path: (kind, mode, content)} of a tree: equal means byte-identical. {} if there is none."""
    directory = Path(directory)
    found = {}
    if not os.path.lexists(directory):
        return found
    paths = [directory]
    if directory.is_dir() and not directory.is_symlink():
        for parent, folders, files in os.walk(directory):
            paths += [Path(parent) / name for name in folders + files]
    for path in paths:
        status = path.lstat()
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISLNK(status.st_mode):
            entry = ("link", None, os.readlink(path))
        elif stat.S_ISDIR(status.st_mode):
            entry = ("dir", mode, None)
        elif stat.S_ISREG(status.st_mode):
            entry = ("file", mode, hashlib.sha256(path.read_bytes()).hexdigest())
        else:
            entry = ("other", mode, stat.S_IFMT(status.st_mode))
        found[str(path.relative_to(directory))] = entry
    return found


class GitMaker:
    """git.repo(NAME, FILES) makes a repository with one commit."""

    def __init__(self, directory):
        self.directory = Path(directory)

    def repo(self, name, files=None):
        made = GitRepo(self.directory / name)
        made.commit(files or {"README.md": f"# {name}\n"})
        return made


class GitRepo:
    ENV = {
        "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent",
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com",
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    }

    def __init__(self, path):
        self.path = Path(path)
        self.path.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    @property
    def url(self):
        return f"file://{self.path}"

    @property
    def head(self):
        return self.git("rev-parse", "HEAD")

    def git(self, *args):
        done = subprocess.run(["git", *map(str, args)], cwd=self.path, env=self.ENV, text=True,
                              capture_output=True, check=False)
        assert done.returncode == 0, f"git {args}: {done.stderr}"
        return done.stdout.strip()

    def commit(self, files=None, remove=(), message="change"):
        """Writes {path: text}, removes paths, commits; returns the commit's id."""
        for name, text in (files or {}).items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            content = text if isinstance(text, bytes) else text.encode()
            path.write_bytes(content)
            path.chmod(0o755 if content.startswith(b"#!") else 0o644)
        for name in remove:
            (self.path / name).unlink()
        self.git("add", "-A", ".")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.head

    def tag(self, name):
        self.git("tag", name)
        return self.head
