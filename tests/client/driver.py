"""Runs the real Claude Code client against the scripted model: isolated HOME, loopback only, dummy key."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from client.model import Model

ROOT = Path(__file__).resolve().parent.parent.parent
TIMEOUT_SECONDS = 120


def find_client():
    """The client's program: $PAII_TEST_CLIENT, the one that ./check installed, the person's; or None."""
    own = ROOT / "build/client/node_modules/.bin/claude"
    for candidate in (os.environ.get("PAII_TEST_CLIENT"), own, shutil.which("claude")):
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate)
    return None


class Session:
    """What one run of the client sent and printed."""

    def __init__(self, requests, done):
        self.requests = requests
        self.code, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr
        self.init = next((event for event in self.lines() if event.get("subtype") == "init"), {})

    def lines(self):
        return [json.loads(line) for line in self.stdout.splitlines() if line.startswith("{")]

    @property
    def told(self):
        """Everything that the first request tells the model, but the tools."""
        body = self.requests[0]
        return "\n".join(texts(body.get("system", [])) + texts(body.get("messages", [])))

    @property
    def tools(self):
        return [tool["name"] for tool in self.requests[0].get("tools", [])]

    def listed(self, heading):
        """The names `- NAME: ...` in the list below a heading of the system's messages."""
        for text in texts(self.requests[0].get("messages", [])):
            if heading in text:
                _, _, below = text[text.index(heading):].partition("\n")
                items, _, _ = below.lstrip("\n").partition("\n\n")
                return re.findall(r"^- ([^\s:]+(?::[^\s:]+)*)", items, re.M)
        return []

    @property
    def skills(self):
        """Skills and commands, as the model reads them."""
        return self.listed("skills are available")

    @property
    def agents(self):
        return self.listed("Available agent types")


def texts(value):
    """All texts in content blocks, however they are nested."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return texts(value.get("text", value.get("content", [])))
    return [text for item in value for text in texts(item)]


class Client:
    """The client for one HOME."""

    def __init__(self, program, home):
        self.program = Path(program).resolve()
        self.home = Path(home)
        self.project = self.home / "project"
        self.more = {}  # of the environment

    def environment(self, url):
        return {
            "HOME": str(self.home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
            "SHELL": "/bin/sh", "TERM": "dumb",
            "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "dummy-key-of-the-tests",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1",
            **self.more,
        }

    def session(self, prompt="go", answers=(), args=(), silent=False):
        """Runs `claude -p PROMPT` and returns what it sent; with `silent` that may be nothing."""
        self.project.mkdir(parents=True, exist_ok=True)
        command = [self.program, "-p", prompt, "--output-format", "stream-json", "--verbose", *args]
        with Model(answers) as model:
            done = subprocess.run(command, cwd=self.project, env=self.environment(model.url),
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=TIMEOUT_SECONDS, check=False)
            requests = list(model.requests)
        assert done.returncode == 0 and (requests or silent), f"{done.returncode}: {done.stdout}{done.stderr}"
        return Session(requests, done)

    def command(self, *args):
        """Runs `claude ARGS` without a model; returns its stdout."""
        self.project.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([self.program, *args], cwd=self.project, text=True,
                              env=self.environment("http://127.0.0.1:9"), capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS, check=False)
        assert done.returncode == 0, f"claude {args}: {done.stdout}{done.stderr}"
        return done.stdout
