"""What a plugin may do is agreed to: an update that wants more is asked about, or refused."""

import tomllib

import pytest

from shelf import Shelf, installed, lock_text


@pytest.fixture
def shelf(paii):
    shelf = Shelf(paii, "team")
    release(shelf, "1.0.0", "[hooks]\nstop = true\n")
    paii.run("install", "hello")
    return shelf


def release(shelf, version, more):
    shelf.add("hello", version)
    manifest = shelf.folder / f"plugins/hello-{version}/plugin.toml"
    manifest.write_text(manifest.read_text() + more)


def grants(paii):
    return tomllib.loads(lock_text(paii))["plugin"][0].get("grants", [])


def test_an_install_grants_what_it_names(paii, shelf):
    assert grants(paii) == ["hook:stop"]


def test_an_update_that_wants_no_more_goes_on(paii, shelf):
    release(shelf, "1.1.0", "[hooks]\nstop = true\n")
    paii.run("update")
    assert installed(paii) == {"hello": "1.1.0"}
    assert grants(paii) == ["hook:stop"]


def test_an_update_that_wants_more_is_refused_until_agreed_to(paii, shelf):
    release(shelf, "1.1.0", "[hooks]\nstop = true\npre_tool_use = true\n[env]\nTOKEN = {}\n")
    result = paii.run("update", expect=13)
    assert "plugin 'hello' 1.1.0 wants more than 1.0.0 was granted: env:TOKEN, hook:pre-tool-use" in result.stderr
    assert "paii update hello --yes" in result.stderr
    assert installed(paii) == {"hello": "1.0.0"}
    paii.run("update", "hello", "--dry-run")
    paii.run("update", "hello", "--yes")
    assert installed(paii) == {"hello": "1.1.0"}
    assert grants(paii) == ["env:TOKEN", "hook:pre-tool-use", "hook:stop"]


def test_a_capability_that_went_is_asked_about_when_it_comes_back(paii, shelf):
    release(shelf, "1.1.0", "")
    paii.run("update")
    assert grants(paii) == []
    release(shelf, "1.2.0", "[hooks]\nstop = true\n")
    assert "hook:stop" in paii.run("update", expect=13).stderr


def test_naming_a_version_is_agreeing_to_it(paii, shelf):
    release(shelf, "1.1.0", "[hooks]\nstop = true\nsession_end = true\n")
    paii.run("install", "hello@1.1.0")
    assert grants(paii) == ["hook:session-end", "hook:stop"]
