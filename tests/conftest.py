"""The suite's options, fixtures, C test programs and last line. What they are for: docs/modules/tests.md."""

import shutil
import signal
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from lib.ctests import Program, pytest_runtest_protocol  # noqa: E402,F401
from lib.person import GitMaker, Person, snapshot  # noqa: E402,F401
from lib.summary import Summary  # noqa: E402
from servers import WebServer  # noqa: E402


def pytest_addoption(parser):
    group = parser.getgroup("paii")
    group.addoption("--build", default="build/dev", metavar="DIR",
                    help="the build folder whose programs are tested (default: %(default)s)")
    group.addoption("--update", action="store_true", help="rewrite the golden files")


def pytest_configure(config):
    # A suite in the background is started with interrupts ignored; what it tests shall not be.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Summary(config), "paii-summary")


def pytest_collect_file(file_path, parent):
    """tests/unit/test_NAME.c stands for the program BUILD/tests/test_NAME."""
    if file_path.suffix == ".c" and file_path.parent == ROOT / "tests/unit":
        return Program.from_parent(parent, path=file_path, build=build_dir(parent.config))
    return None


def build_dir(config):
    return (ROOT / config.getoption("--build")).resolve()


@pytest.fixture(scope="session")
def build(request):
    """The build folder, with bin/paii in it."""
    directory = build_dir(request.config)
    if not (directory / "bin/paii").exists():
        pytest.fail(f"{directory}/bin/paii does not exist: build it first, or pass --build DIR")
    return directory


@pytest.fixture
def paii(build, tmp_path):
    """A person with a throw-away HOME who types paii commands."""
    person = Person(build / "bin/paii", tmp_path / "home")
    yield person
    person.close()


@pytest.fixture
def git(tmp_path):
    """Makes local Git repositories."""
    if not shutil.which("git"):
        pytest.skip("no git")
    return GitMaker(tmp_path / "git")


@pytest.fixture
def web(tmp_path):
    """An HTTPS server on loopback, with Git."""
    server = WebServer(tmp_path / "web")
    yield server
    server.close()


@pytest.fixture(scope="session")
def shared():
    """The folder of corpora beside the repository; a user's clone has none."""
    directory = ROOT.parent / "shared"
    if not directory.is_dir():
        pytest.skip("no ../shared")
    return directory


@pytest.fixture
def golden(request):
    """golden(NAME, TEXT): TEXT equals tests/golden/NAME; with --update the file is written instead."""
    def check(name, text):
        path = ROOT / "tests/golden" / name
        if request.config.getoption("--update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            return
        assert path.exists(), f"{path} does not exist: run with --update"
        assert text == path.read_text(), f"differs from {path}; --update accepts the new text"
    return check


@pytest.fixture(scope="session")
def root():
    """The source tree."""
    return ROOT
