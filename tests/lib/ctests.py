"""Runs a cmocka program as one pytest item and reports each of its tests by name."""

import os
import re
import signal
import subprocess

import pytest
from _pytest.reports import TestReport

TIMEOUT_SECONDS = 300
RESULT = re.compile(r"^(?P<word>ok|not ok) \d+ (?:- (?P<name>.*)|# SKIP (?P<skipped>.*))$")
PLAN = re.compile(r"^1\.\.(\d+)")
GROUP_END = re.compile(r"^# (not )?ok - ")
REASON = re.compile(r"^skipped: (.*)$")


class Program(pytest.File):
    """tests/unit/test_NAME.c: the program of that name in the build folder."""

    def __init__(self, *, build, **kw):
        super().__init__(**kw)
        self.program = build / "tests" / self.path.stem

    def collect(self):
        yield ProgramItem.from_parent(self, name=self.path.stem)


class ProgramItem(pytest.Item):
    def runtest(self):
        raise AssertionError("run by pytest_runtest_protocol")

    def reportinfo(self):
        return self.path, None, self.name

    def run_program(self):
        """Returns [(test, outcome, text)] and never an empty list."""
        program = self.parent.program
        if not program.exists():
            return [("program", "failed", f"{program} does not exist: it was not built")]
        env = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP", "ASAN_OPTIONS": "detect_leaks=1"}
        try:
            done = subprocess.run([program], cwd=self.config.rootpath, env=env, text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, errors="replace",
                                  timeout=TIMEOUT_SECONDS, check=False)
        except subprocess.TimeoutExpired as late:
            text = (late.stdout or b"").decode(errors="replace")
            return [("program", "failed", f"{text}\nstill running after {TIMEOUT_SECONDS} s")]
        return parse(done.stdout, done.returncode)


def parse(text, status):
    """cmocka's TAP output. A test's messages stand before its line, an assertion's after it."""
    results, planned, before = [], 0, []
    for line in text.splitlines():
        if GROUP_END.match(line):
            continue
        result, plan, reason = RESULT.match(line), PLAN.match(line), REASON.match(line)
        if plan:
            planned += int(plan[1])
        elif result and result["skipped"] is not None:
            reasons = [words for kind, words in before if kind == "reason"]
            results.append([result["skipped"].strip(), "skipped", reasons[-1] if reasons else "no reason given"])
            before = []
        elif result:
            failed = result["word"] == "not ok"
            said = "\n".join(words for _, words in before)
            results.append([result["name"].strip(), "failed" if failed else "passed", said])
            before = []
        elif results and line.startswith("#") and results[-1][1] == "failed":
            results[-1][2] += "\n" + line
        else:
            before.append(("reason", reason[1]) if reason else ("text", line))
    failures = sum(outcome == "failed" for _, outcome, _ in results)
    if len(results) < planned or not results or (status != 0 and failures == 0):
        end = f"ended with {describe(status)} after {len(results)} of {planned} tests"
        results.append(["program", "failed", end + "\n" + text])
    return [tuple(result) for result in results]


def describe(status):
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    if not isinstance(item, ProgramItem):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for name, outcome, text in item.run_program():
        longrepr = None
        if outcome == "failed":
            longrepr = text
        elif outcome == "skipped":
            longrepr = (str(item.path), 0, "Skipped: " + text)
        # xdist wants the item's own nodeid; the test's name shows in the heading of a failure.
        file, line, _ = item.location
        report = TestReport(nodeid=item.nodeid, location=(file, line, f"{item.name}::{name}"),
                            keywords={}, outcome=outcome, longrepr=longrepr, when="call")
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
