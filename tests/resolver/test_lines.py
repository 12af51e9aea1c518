"""What paii says of requests that cannot be had: as little as it takes, and nothing that is not so."""

import shlex
import statistics
import tarfile

import pytest
from explain import impossible, lines_of, read
from test_proof import batch
import universes

MOST = 50  # requests of one test


def need_facts(result):
    """(plugin, versions, plugin that it needs, ranges…) of each need that is told."""
    return {(fact["plugin"], fact["range"], fact["depends"], *fact["wanted"])
            for fact in result.json()["error"]["details"]["facts"] if fact["kind"] == "need"}


@pytest.mark.parametrize("first", (100, 300))
def test_lines_are_few_and_hints_are_true(build, tmp_path, first):
    rows, requests = batch(first)
    files = universes.write(tmp_path, rows, requests)
    counts = []
    for world, request, result in impossible(build, rows, requests, files, MOST):
        lines, helps = lines_of(result)
        counts.append(lines)
        assert 1 <= helps <= 3
        for hint in world.ask(request, "--json").json()["error"]["details"]["hints"]:
            words = shlex.split(hint["command"])[1:]
            if words[0] != "install":
                continue
            tried = world.paii.run(*words, "--dry-run", "--json", check=False).json()["error"]
            assert tried["code"] != "contract" and "details" not in tried, (request, hint)
    assert len(counts) > 20
    assert statistics.median(counts) <= 2 and max(counts) <= 40
    assert sorted(counts)[(len(counts) * 9 - 1) // 10] <= 15


# What other solvers' authors would have said: the needs that are told, and words of the text.
SAID = {
    "branching-error-reporting": (
        {("foo", "1.1.0", "x", ">=1.0.0 <2.0.0-0"), ("x", "1.0.0", "y", ">=2.0.0 <3.0.0-0"),
         ("foo", "1.1.0", "y", ">=1.0.0 <2.0.0-0"), ("foo", "1.0.0", "a", ">=1.0.0 <2.0.0-0"),
         ("a", "1.0.0", "b", ">=2.0.0 <3.0.0-0"), ("foo", "1.0.0", "b", ">=1.0.0 <2.0.0-0")},
        ["'foo@>=1.0.0 <2.0.0-0' cannot be installed"]),
    "disjoint-constraints": (
        {("bar", "1.0.0", "shared", ">3.0.0"), ("foo", "1.0.0", "shared", "<=2.0.0")},
        ["'foo@=1.0.0' and 'bar@=1.0.0' cannot be installed together", "(4.0.0)", "(2.0.0)"]),
    "fail-if-all-versions-have-bad-source-in-dep": (
        {("foo", "*", "bad", "*")}, ["every version of foo needs bad, which registry 'world' does not have"]),
    "https-github-com-dart-lang-pub-issues-3057-regression": (
        {("b", "0.10.0 and 0.17.0", "a", "=1.0.0"), ("b", "0.1.0", "c", "=2.0.0")},
        ["'b' cannot be installed", "there is only 0.12.0", "there is only 2.0.1"]),
    "no-valid-solution": (
        {("a", "2.0.0", "b", "=2.0.0"), ("b", "2.0.0", "a", "=1.0.0"),
         ("a", "1.0.0", "b", "=1.0.0"), ("b", "1.0.0", "a", "=2.0.0")},
        ["cannot be installed"]),
    "no-version-that-matches-combined-constraint": (
        {("foo", "1.0.0", "shared", ">=2.0.0 <3.0.0-0"), ("bar", "1.0.0", "shared", ">=2.9.0 <4.0.0-0")},
        ["'foo@=1.0.0' and 'bar@=1.0.0' cannot be installed together", "(2.5.0)", "(3.5.0)"]),
    "no-version-that-matches-constraint": (
        set(), ["no version of 'foo' matches '>=1.0.0 <2.0.0-0'", "2.0.0 and 2.1.3"]),
    "no-version-that-matches-while-backtracking": (
        set(), ["no version of 'b' matches '>1.0.0'", "there is only 1.0.0"]),
    # Here 1.0.2+2 is a 1.0.2, as in npm; what is wrong is then one step further.
    "reformatRanges-with-a-build": (
        {("integration-test", "*", "vm-service", ">=4.2.0 <7.0.0-0", ">=4.2.0 <6.0.0-0")},
        ["'integration-test@>=1.0.2 <2.0.0-0' cannot be installed", "there is only 7.3.0"]),
}


@pytest.fixture
def published(shared, tmp_path):
    with tarfile.open(shared / "resolver/pub.tar.xz") as archive:
        archive.extractall(tmp_path)
    return tmp_path / "pub"


def test_the_facts_of_published_explanations(build, published):
    told = {}
    for uni in sorted(published.glob("*.uni.jsonl")):
        for world, request, result in impossible(build, *read(uni)):
            told[uni.name.partition(".")[0]] = (need_facts(world.ask(request, "--json")), result.stderr)
    assert sorted(told) == sorted(SAID)
    for name, (needs, words) in SAID.items():
        assert told[name][0] == needs, told[name][1]
        assert all(word in told[name][1] for word in words), told[name][1]


