"""Drives the helper executable by its protocol (docs/helper-protocol.md)."""

import fcntl
import json
import os
import subprocess
import time
from pathlib import Path

from lib.person import SANITIZERS


class Answer:
    """What one job did: its last line, the other events, the log, and the folder it wrote to."""

    def __init__(self, done, staging, seconds):
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        assert lines, f"no answer, status {done.returncode}: {done.stderr.decode()}"
        self.last, self.events = lines[-1], lines[:-1]
        self.log, self.status, self.staging = done.stderr.decode(errors="replace"), done.returncode, staging
        self.seconds = seconds
        assert not any(word in self.log for word in SANITIZERS), self.log
        assert self.status == (0 if self.last["ok"] else 1)

    def __getitem__(self, key):
        return self.last[key]

    def __repr__(self):
        return f"{self.last}\n{self.log}"

    @property
    def code(self):
        return None if self.last["ok"] else self.last["error"]["code"]

    @property
    def message(self):
        return self.last["error"]["message"]

    def files(self, into=""):
        """{relative path: content} of what was written."""
        top = self.staging / into
        return {str(path.relative_to(top)): path.read_bytes()
                for path in sorted(top.rglob("*")) if path.is_file()}


class Helper:
    """Each job gets a staging folder of its own; the object caches stay, by URL."""

    def __init__(self, program, directory):
        self.program, self.directory = Path(program), Path(directory)
        self.directory.mkdir(parents=True)
        self.env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.directory),
                    "LANG": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=1:exitcode=99"}
        self.count = 0

    def cache(self, url):
        return self.directory / "cache" / url.replace("/", "_").replace(":", "_")

    def staging(self):
        self.count += 1
        staging = self.directory / f"staging{self.count}"
        staging.mkdir()
        return staging

    def run(self, op, staging=None, env=None, timeout=60, **members):
        staging = staging or self.staging()
        folders = [staging]
        if op.startswith("git-"):
            folders.append(self.cache(members["url"]))
            folders[1].mkdir(parents=True, exist_ok=True)
        opened = [os.open(folder, os.O_RDONLY | os.O_DIRECTORY) for folder in folders]
        # Out of the way of 3 and 4, whatever else is open here.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 200) for fd in opened]

        def place():
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i)
                os.close(fd)

        request = {"paii": 1, "op": op, **members}
        begun = time.monotonic()
        try:
            done = subprocess.run([self.program], input=json.dumps(request).encode(),
                                  capture_output=True, env={**self.env, **(env or {})},
                                  preexec_fn=place, close_fds=False, timeout=timeout, check=False)
        finally:
            for fd in opened + high:
                os.close(fd)
        return Answer(done, staging, time.monotonic() - begun)
