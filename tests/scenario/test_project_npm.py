"""npm packages in a repository: the lock says which tarball, and each person's own ~/.npmrc how they get it."""

import shutil
import tomllib

import pytest

from servers import WebServer
from shelf import everything
from teams import clone, shop  # noqa: F401
from test_marketplace import market, skill
from test_npm import Registry, base64_text, npm  # noqa: F401

TOKEN, LOGIN = "s3cret-token", "ada:s3cret-password"
AUTH, MISMATCH = 21, 14


def set_up(project, web, registry, *secrets):
    """Whose npm is set up for that registry, with those secrets."""
    place = registry.url.partition(":")[2]
    lines = [f"registry={registry.url}", *(f"{place}/:{secret}" for secret in secrets)]
    project.person.write(".npmrc", "\n".join(lines) + "\n", 0o600)
    project.person.env.update(web.env)


def committed(project):
    """Every byte that the repository holds, its history too."""
    return project.git("log", "-p", "--all", "--full-history", "--format=%B") + \
        "".join(project.read(name) for name in project.git("ls-files").splitlines())


@pytest.fixture
def private(npm):  # noqa: F811
    """A registry that lets in who knows the token, with the package `@team/kit`."""
    npm.token = TOKEN
    npm.publish("@team/kit", "1.0.0")
    return npm


@pytest.fixture
def team(shop, web, git, private):  # noqa: F811
    """A repository whose marketplace, a repository too, names the package."""
    entry = {"name": "kit", "source": {"source": "npm", "package": "@team/kit"}}
    url = web.add_repository("m", git.repo("m", market(entry)))
    shop.write("paii.toml", f'[registries]\nm = "{url}"\n')
    set_up(shop, web, private, f"_authToken={TOKEN}")
    return shop


def test_another_person_has_the_same(team, clone, web, private):  # noqa: F811
    """By the lock alone: nobody asks what the newest version is."""
    team.install("kit")
    assert team.versions == {"kit": "1.0.0"} and team.links == ["kit"]
    row = tomllib.loads(team.read("paii.lock"))["plugin"][0]
    assert row["url"] == f"{private.url}/@team/kit/-/kit-1.0.0.tgz" and row["kind"] == "npm"
    assert tomllib.loads(team.read("paii.toml"))["plugins"] == {"kit": {"registry": "m"}}
    team.commit()
    private.publish("@team/kit", "2.0.0")
    bob = clone()
    set_up(bob, web, private, f"_authToken={TOKEN}")
    web.forget()
    bob.run("sync", "--yes")
    assert bob.plugins == team.plugins and bob.links == ["kit"]
    assert "measure 1.0.0" in (bob.folder / ".claude/skills/kit/skills/measure/SKILL.md").read_text()
    assert [request for request in web.requests if "/npm/" in request] == ["GET /npm/@team/kit/-/kit-1.0.0.tgz"]
    assert bob.git("status", "--porcelain") == "" and bob.run("sync", "--check").stdout == ""
    bob.run("verify", "--project")


def test_no_secret_is_committed(team, clone, web, private):  # noqa: F811
    """Neither what is written, nor what is said; whichever way a person logs in."""
    said = team.install("kit", "--verbose")
    team.commit()
    private.token, private.login = None, LOGIN
    private.publish("@team/kit", "1.1.0")
    bob = clone()
    bob.person.env["BOB_LOGIN"] = base64_text(LOGIN)
    set_up(bob, web, private, "_auth=${BOB_LOGIN}")
    told = [said, bob.run("sync", "--yes", "--verbose"), bob.run("update", "--project", "--yes", "--verbose"),
            bob.run("outdated", "--project"), bob.run("list", "--project", "--json"), bob.run("sync", "--check")]
    bob.commit()
    assert bob.versions == {"kit": "1.1.0"}
    text = committed(bob) + "".join(result.stdout + result.stderr for result in told)
    for secret in (TOKEN, LOGIN, "s3cret", base64_text(LOGIN), "BOB_LOGIN", "npmrc"):
        assert secret not in text
    for person in (team.person, bob.person):
        kept = "".join(str(content) for path, content in everything(person).items() if path != ".npmrc")
        assert "s3cret" not in kept and base64_text(LOGIN) not in kept


@pytest.mark.parametrize("secrets", [[], ["_authToken=another"]], ids=["none", "wrong"])
def test_who_is_not_let_in_is_told(team, clone, web, private, secrets):  # noqa: F811
    team.install("kit")
    team.commit()
    bob = clone()
    set_up(bob, web, private, *secrets)
    failed = bob.run("sync", "--yes", expect=AUTH).stderr
    assert "plugin 'kit'" in failed and f"~/.npmrc: //localhost:{web.port}/:_authToken=TOKEN" in failed
    assert bob.links == [] and bob.git("status", "--porcelain") == ""
    assert bob.run("sync", "--check", expect=1).stdout == "kit 1.0.0 is not here\n"
    assert not (bob.state / "current").exists() and bob.run("list", "--project", "--json").json() == []


def test_update_follows_npm_for_everybody(team, clone, web, private):  # noqa: F811
    team.install("kit")
    team.commit()
    bob = clone()
    set_up(bob, web, private, f"_authToken={TOKEN}")
    bob.run("sync", "--yes")
    private.publish("@team/kit", "1.1.0")
    assert [row["latest"] for row in bob.run("outdated", "--project", "--json").json()] == ["1.1.0"]
    bob.run("update", "--project", "--yes")
    assert bob.git("status", "--porcelain") == "M paii.lock"
    bob.commit()
    team.git("pull", "-q", bob.folder, "main")
    team.run("sync", "--yes")
    assert team.plugins == bob.plugins and team.versions == {"kit": "1.1.0"}


def test_what_was_damaged_comes_again(team, web, private):  # noqa: F811
    """From the address in the lock, with the person's own secret, whatever is newest now."""
    team.install("kit")
    skill_file = (team.folder / ".claude/skills/kit/skills/measure/SKILL.md").resolve()
    text = skill_file.read_text()
    skill_file.chmod(0o644)
    skill_file.write_text("other")
    shutil.rmtree(team.person.home / ".cache/paii/archives")
    private.publish("@team/kit", "2.0.0")
    web.forget()
    assert "SKILL.md" in team.run("verify", "--project", expect=MISMATCH).stdout
    team.run("repair", "--project", "--yes")
    assert skill_file.read_text() == text and team.versions == {"kit": "1.0.0"}
    assert web.requests == ["GET /npm/@team/kit/-/kit-1.0.0.tgz"]
    team.run("verify", "--project")


def test_another_tarball_than_was_locked(team, clone, web, private):  # noqa: F811
    team.install("kit")
    team.commit()
    private.publish("@team/kit", "1.0.0", {"skills/measure/SKILL.md": skill("changed")})
    bob = clone()
    set_up(bob, web, private, f"_authToken={TOKEN}")
    bob.run("sync", "--yes", expect=MISMATCH)
    assert bob.links == [] and bob.git("status", "--porcelain") == ""


def test_a_marketplace_in_the_repository(shop, clone, web, private):  # noqa: F811
    entry = {"name": "kit", "source": {"source": "npm", "package": "@team/kit", "version": "^1"}}
    for name, text in market(entry).items():
        shop.write(f"tools/market/{name}", text)
    shop.write("paii.toml", '[registries]\nm = "./tools/market"\n')
    set_up(shop, web, private, f"_authToken={TOKEN}")
    shop.install("kit")
    shop.commit()
    bob = clone()
    set_up(bob, web, private, f"_authToken={TOKEN}")
    bob.run("sync", "--yes")
    assert bob.plugins == shop.plugins and set(bob.versions) == {"kit"}


def test_a_project_has_no_say_about_npm(team, clone, web, private):  # noqa: F811
    """A .npmrc that comes with the repository, where npm itself would read it."""
    evil = Registry(web, "/evil")
    evil.publish("@team/kit", "6.6.6")
    team.write(".npmrc", f"registry={evil.url}\n@team:registry={evil.url}\n")
    web.forget()
    team.install("kit")
    assert team.versions == {"kit": "1.0.0"} and not any("/evil" in request for request in web.requests)
    team.commit()
    bob = clone()
    set_up(bob, web, private, f"_authToken={TOKEN}")
    bob.run("sync", "--yes")
    assert bob.versions == {"kit": "1.0.0"} and not any("/evil" in request for request in web.requests)


def test_a_lock_takes_no_secret_elsewhere(team, clone, web, private, tmp_path):  # noqa: F811
    """Whoever may write the lock chooses the address; the secret is of the registry's own."""
    team.install("kit")
    elsewhere = WebServer(tmp_path / "elsewhere")
    target = elsewhere.add("npm/@team/kit/-/kit-1.0.0.tgz", (web.root / "npm/@team/kit/-/kit-1.0.0.tgz").read_bytes())
    old = f"{private.url}/@team/kit/-/kit-1.0.0.tgz"
    assert old in team.read("paii.lock")
    team.write("paii.lock", team.read("paii.lock").replace(old, target))
    team.commit()
    bob = clone()
    set_up(bob, web, private, f"_authToken={TOKEN}")
    both = bob.person.write("both.pem", web.certificate.read_text() + elsewhere.certificate.read_text())
    bob.run("sync", "--yes", env={"SSL_CERT_FILE": both})
    assert elsewhere.requests and not any("Authorization" in headers for headers in elsewhere.headers)
    elsewhere.close()
