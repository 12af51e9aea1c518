"""The end of a run: why tests were skipped, then one plain line that other programs can read."""

import pytest


class Summary:
    def __init__(self, config):
        self.config = config
        self.passed = 0
        self.failed = 0
        self.skips = {}  # reason -> names of tests

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session):
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter:
            reporter.summary_stats = lambda: None  # ours is the last line

    def pytest_runtest_logreport(self, report):
        if report.skipped:
            self.skipped(report)
        elif report.failed:
            self.failed += 1
        elif report.when == "call":
            self.passed += 1

    def pytest_collectreport(self, report):
        if report.skipped:
            self.skipped(report)
        elif report.failed:
            self.failed += 1

    def skipped(self, report):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ").removeprefix("skipped: ")
        name = report.location[2] if hasattr(report, "location") else report.nodeid
        self.skips.setdefault(reason, []).append(name)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self):
        for reason, names in sorted(self.skips.items()):
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            print(f"skipped: {reason}: {', '.join(names[:3])}{more}")
        skipped = sum(len(names) for names in self.skips.values())
        print(f"{self.passed} passed, {self.failed} failed, {skipped} skipped", flush=True)
