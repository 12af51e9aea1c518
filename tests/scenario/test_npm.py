"""Plugins that are packages of an npm registry: chosen as npm chooses, verified, pinned, and never run."""

import base64
import hashlib
import json
import shutil
import subprocess
from urllib.parse import unquote

import pytest

from shelf import everything, installed, lock_text, skill_text, tar
from test_marketplace import lock_of, manifest, market, skill

ABBREVIATED = "application/vnd.npm.install-v1+json"


def base64_text(text):
    return base64.b64encode(text.encode()).decode()


def integrity(data):
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()


class Registry:
    """The part of npm's protocol that an install needs, on a web server: metadata and tarballs."""

    def __init__(self, web, path=""):
        self.web, self.path, self.url = web, path, web.url + path
        self.packages = {}
        self.token = self.login = None
        web.routes[f"{path}/*"] = self.answer

    def publish(self, name, version, files=None, tag="latest", data=None, package=None, **dist):
        """A version with a plugin in it; `dist` replaces what the registry says of its tarball."""
        own = {"name": name, "version": version, **(package or {})}
        files = {**(files or {"skills/measure/SKILL.md": skill(f"measure {version}")}),
                 "package.json": json.dumps(own)}
        data = data if data is not None else tar(files, "package")
        file = f"{self.path}/{name}/-/{name.split('/')[-1]}-{version}.tgz"
        self.web.add(file.lstrip("/"), data)
        document = self.packages.setdefault(name, {"name": name, "dist-tags": {}, "versions": {}})
        document["versions"][version] = {
            "name": name, "version": version,
            "dist": {"tarball": self.web.url + file, "integrity": integrity(data), **dist}}
        if tag:
            document["dist-tags"][tag] = version
        return document["versions"][version]

    def lets_in(self, headers):
        wanted = f"Bearer {self.token}" if self.token else f"Basic {base64_text(self.login)}" if self.login else None
        return wanted in (None, headers.get("Authorization"))

    def answer(self, handler):
        name = unquote(handler.path[len(self.path) + 1:])
        if not self.lets_in(handler.headers):
            handler.reply(401)
        elif name in self.packages:
            handler.reply(200, json.dumps(self.packages[name]).encode())
        else:
            handler.send_file(self.web.root / handler.path.lstrip("/"))


@pytest.fixture
def npm(web):
    return Registry(web, "/npm")


@pytest.fixture
def person(paii, web, npm):
    """Whose npm is set up for that registry."""
    paii.env.update(web.env)
    paii.write(".npmrc", f"; mine\nfund=false\nregistry = {npm.url}/\n", 0o600)
    return paii


@pytest.fixture
def entry(person):
    """entry(PACKAGE, ...): the plugin `kit` of the marketplace `m` comes from that."""
    def write(package, name="kit", **source):
        text = market({"name": name, "source": {"source": "npm", "package": package, **source}})
        known = (person.home / "market").exists()
        person.write_tree("market", text)
        if not known:
            person.run("registry", "add", "m", person.home / "market")
    return write


def forget(person, name):
    """Neither the store nor the cache has it any more."""
    person.run("remove", name)
    person.run("gc", "--keep", "0")
    shutil.rmtree(person.home / ".cache/paii/archives")


def description(paii):
    return skill_text(paii, "kit/skills/measure")


# ---- what is installed


def test_a_package_becomes_a_plugin(person, entry, npm, web):
    entry("@team/kit")
    npm.publish("@team/kit", "1.2.3")
    web.forget()
    plan = person.run("install", "kit", "--dry-run").stdout
    assert f"fetched from {npm.url}/@team/kit/-/kit-1.2.3.tgz" in plan
    person.run("install", "kit")
    assert installed(person) == {"kit": "1.2.3"} and "measure 1.2.3" in description(person)
    assert web.requests[:2] == ["GET /npm/@team%2fkit", "GET /npm/@team/kit/-/kit-1.2.3.tgz"]
    assert web.headers[0]["Accept"].startswith(ABBREVIATED)
    assert len(set(web.clients[:2])) == 1  # one connection
    lock = lock_of(person, "kit")
    tarball = (web.root / "npm/@team/kit/-/kit-1.2.3.tgz").read_bytes()
    assert lock["kind"] == '"npm"' and lock["url"] == f'"{npm.url}/@team/kit/-/kit-1.2.3.tgz"'
    assert lock["sha256"] == f'"{hashlib.sha256(tarball).hexdigest()}"' and "tree" in lock
    person.run("verify")


@pytest.mark.skipif(not shutil.which("npm"), reason="no npm")
def test_what_npm_packs(person, entry, npm, tmp_path):
    """The tarball of the real tool, with a script that would run on install."""
    source = person.write_tree("source", {
        "package.json": json.dumps({"name": "kit", "version": "2.0.0",
                                    "scripts": {"postinstall": f"touch {tmp_path}/ran"}}),
        **manifest("kit", "2.1.0"), "bin/tool": "#!/bin/sh\n",
        "skills/measure/SKILL.md": skill("packed")})
    subprocess.run(["npm", "pack", "--ignore-scripts", "--silent", "--logs-max=0"], cwd=source, check=True,
                   env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path)}, timeout=60)
    npm.publish("kit", "2.0.0", data=(source / "kit-2.0.0.tgz").read_bytes())
    entry("kit")
    person.run("install", "kit")
    assert installed(person) == {"kit": "2.1.0"}  # the manifest's
    assert "packed" in description(person)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("wanted, expected", [
    (None, "1.1.0"),          # the tag, though there is a higher one
    ("latest", "1.1.0"), ("next", "3.0.0-rc.1"), ("1.0.0", "1.0.0"), ("v1.0.0", "1.0.0"),
    ("^1.0.0", "1.1.0"),      # the tag fits
    (">=1.2", "2.0.0"), ("~1.0.0", "1.0.4"),
    ("1.3.x", "1.3.0"),       # the other is deprecated
    ("1.4.x", "1.4.0"),       # so are all
], ids=str)
def test_the_version_is_npms(person, entry, npm, wanted, expected):
    for version in ("1.0.0", "1.0.4", "1.1.0", "1.3.0", "2.0.0"):
        npm.publish("kit", version, tag=None)
    for version in ("1.3.1", "1.4.0"):
        npm.publish("kit", version, tag=None)["deprecated"] = "broken"
    npm.publish("kit", "3.0.0-rc.1", tag="next")
    npm.packages["kit"]["dist-tags"]["latest"] = "1.1.0"
    entry("kit", **({"version": wanted} if wanted else {}))
    person.run("install", "kit")
    assert installed(person) == {"kit": expected}


def test_an_update_follows_the_tag(person, entry, npm):
    entry("kit")
    npm.publish("kit", "1.0.0")
    person.run("install", "kit")
    assert "up to date" in person.run("update").stderr
    npm.publish("kit", "1.1.0")
    person.run("update")
    assert installed(person) == {"kit": "1.1.0"} and "1.1.0" in description(person)
    person.run("rollback")
    assert installed(person) == {"kit": "1.0.0"}


def test_a_lock_file_is_enough(person, entry, npm, web):
    entry("kit")
    npm.publish("kit", "1.0.0")
    person.run("install", "kit")
    lock = person.write("team.lock", lock_text(person))
    npm.publish("kit", "1.1.0")
    forget(person, "kit")
    web.forget()
    person.run("install", "--locked", lock)
    assert web.requests == ["GET /npm/kit/-/kit-1.0.0.tgz"] and "1.0.0" in description(person)
    web.add("npm/kit/-/kit-1.0.0.tgz", tar({"package.json": "{}"}, "package"))
    forget(person, "kit")
    person.run("install", "--locked", lock, expect=14)


def test_offline_says_what_is_missing(person, entry, npm, web):
    entry("kit")
    npm.publish("kit", "1.0.0")
    web.forget()
    assert "offline" in person.run("install", "kit", "--offline", expect=20).stderr
    assert web.requests == []


def test_node_packages_are_told_and_not_installed(person, entry, npm):
    """But for those that it carries, and those of a lock."""
    npm.publish("kit", "1.0.0", {"skills/measure/SKILL.md": skill("m"),
                                 "node_modules/carried/package.json": "{}"},
                package={"dependencies": {"carried": "1", "left-out": "^2", "@a/b": "*"}})
    entry("kit")
    said = person.run("install", "kit").stderr
    assert "left-out, @a/b" in said and "carried" not in said.replace("does not carry", "")


# ---- which registry


def test_the_entry_names_its_registry(person, entry, web):
    other = Registry(web, "/other/npm")
    other.publish("kit", "5.0.0")
    entry("kit", registry=other.url + "/")
    person.run("install", "kit")
    assert installed(person) == {"kit": "5.0.0"}
    assert f'url = "{other.url}/kit/-/kit-5.0.0.tgz"' in lock_text(person)


def test_a_scope_has_its_registry(person, entry, npm, web):
    scoped = Registry(web, "/scoped")
    scoped.publish("@team/kit", "1.0.0")
    npm.publish("kit", "2.0.0")
    person.write(".npmrc", f"@team:registry='{scoped.url}'\n", 0o600)
    person.env["NPM_CONFIG_REGISTRY"] = npm.url
    entry("@team/kit")
    person.run("install", "kit")
    assert installed(person) == {"kit": "1.0.0"}
    entry("kit")
    person.run("registry", "update")
    person.run("update")
    assert installed(person) == {"kit": "2.0.0"}


def test_npm_itself_is_asked_last(person, npm):
    """A stand-in for the program, which knows the configuration of the machine. Each question is asked once."""
    (person.home / ".npmrc").unlink()
    person.write("bin/npm", f'#!/bin/sh\necho "$*" >>"$HOME/calls"\npwd >>"$HOME/calls"\n'
                            f'case $3 in registry) echo {npm.url}/ ;; *) echo undefined ;; esac\n', 0o755)
    person.env["PATH"] = f"{person.home}/bin:{person.env['PATH']}"
    npm.publish("@team/kit", "1.0.0")
    rows = [{"name": name, "source": {"source": "npm", "package": "@team/kit"}} for name in ("kit", "kit-too")]
    person.run("registry", "add", "m", person.write_tree("market", market(*rows)))
    person.run("install", "kit", "kit-too")
    calls = (person.home / "calls").read_text().splitlines()
    options = "--logs-max=0 --cache=/dev/null"
    assert calls == [f"config get @team:registry {options}", "/", f"config get registry {options}", "/"]


def test_no_registry_at_all(person, entry):
    (person.home / ".npmrc").unlink()
    person.env["PATH"] = str(person.home / "bin")
    entry("kit")
    refused(person, 12, "no npm registry is set up", "~/.npmrc")


# ---- secrets


@pytest.mark.parametrize("path", ["", "/team/npm"], ids=["root", "folder"])
def test_a_token_goes_to_its_place(person, entry, web, path):
    private = Registry(web, path)
    private.token = "s3cret-token"
    private.publish("kit", "1.0.0")
    place = private.url.partition(":")[2]
    person.write(".npmrc", f"registry={private.url}\n{place}/:_authToken=${{KIT_TOKEN}}\n")
    person.env["KIT_TOKEN"] = private.token
    entry("kit")
    done = person.run("install", "kit", "--verbose")
    assert installed(person) == {"kit": "1.0.0"}
    assert private.token not in done.stdout + done.stderr + lock_text(person)
    del person.env["KIT_TOKEN"]
    missing = person.run("install", "--locked", person.write("own.lock", lock_text(person)), check=False)
    assert missing.code == 0  # what the store has needs no token
    private.publish("kit", "1.1.0")
    assert "KIT_TOKEN is not set" in person.run("update", expect=21).stderr


def test_a_token_of_another_place_is_not_sent(person, entry, npm, web):
    npm.publish("kit", "1.0.0")
    npm.token = "wanted"
    port = web.port
    person.write(".npmrc", f"registry={npm.url}\n//localhost/:_authToken=wanted\n"
                           f"//localhost:{port}/deeper/:_authToken=wanted\n"
                           f"//127.0.0.1:{port}/:_authToken=wanted\n", 0o600)
    entry("kit")
    web.forget()
    assert "_authToken" in person.run("install", "kit", expect=21).stderr
    assert not any("Authorization" in headers for headers in web.headers)


@pytest.mark.parametrize("path, lines, login", [
    ("", [f"PLACE/:_auth={base64_text('ada:s3cret')}"], "ada:s3cret"),
    ("/team/npm", [f"PLACE:_auth = \"{base64_text('ada:s3:cret')}\""], "ada:s3:cret"),
    ("/team/npm", ["HOST/:_auth=${KIT_LOGIN}"], "ada:s3cret"),
    ("/npm", ["PLACE/:username=ada", f"PLACE/:_password={base64_text('s3cret é')} ; mine"], "ada:s3cret é"),
    ("/npm", [f"PLACE/:_auth={base64_text(':s3cret')}"], ":s3cret"),
    ("/npm", [f"PLACE/:_auth={base64_text('s3cret:').rstrip('=')}"], "s3cret:"),
], ids=["one", "folder", "variable", "two", "no-user", "no-password"])
def test_a_login_goes_to_its_place(person, entry, web, path, lines, login):
    private = Registry(web, path)
    private.login = login
    private.publish("kit", "1.0.0")
    place, host = private.url.partition(":")[2], web.url.partition(":")[2]
    text = "\n".join(lines).replace("PLACE", place).replace("HOST", host)
    person.write(".npmrc", f"registry={private.url}\n{text}\n", 0o600)
    person.env["KIT_LOGIN"] = base64_text(login)
    entry("kit")
    done = person.run("install", "kit", "--verbose")
    assert installed(person) == {"kit": "1.0.0"}
    told = done.stdout + done.stderr + lock_text(person)
    assert "s3cret" not in told and base64_text(login) not in told
    lock = person.write("own.lock", lock_text(person))
    forget(person, "kit")
    person.run("install", "--locked", lock)
    private.login = "another:one"
    assert "it was sent a login: correct it" in person.run("update", "kit", expect=21).stderr


def test_the_nearest_secret_counts(person, entry, npm, web):
    """Of one place the token, then the login in one, then that in two."""
    npm.publish("kit", "1.0.0")
    place, host = npm.url.partition(":")[2], web.url.partition(":")[2]
    lines = [f"{host}/:_authToken=far", f"{place}/:username=ada", f"{place}/:_password={base64_text('two')}",
             f"{place}/:_auth={base64_text('ada:one')}", f"{place}/:_authToken=near", f"{place}/kit:_authToken=own"]
    sent = []
    for count in range(1, len(lines) + 1):
        person.write(".npmrc", "\n".join([f"registry={npm.url}", *lines[:count]]), 0o600)
        entry("kit", name=f"kit-{count}")
        person.run("registry", "update")
        web.forget()
        person.run("install", f"kit-{count}", "--dry-run")
        sent.append(web.headers[0]["Authorization"])
    assert sent == ["Bearer far", "Bearer far", f"Basic {base64_text('ada:two')}", f"Basic {base64_text('ada:one')}",
                    "Bearer near", "Bearer own"]


@pytest.mark.parametrize("lines", [
    ["PLACE/:_auth=ada:s3cret"], [f"PLACE/:_auth={base64_text('s3cret')}"],
    [f"PLACE/:_auth={base64_text('ada:a') + 'AAAA'}"], [f"PLACE/:_auth={base64_text('ada:s3cret' + chr(10))}"],
    ["PLACE/:username=ada", "PLACE/:_password=***"],
    ["PLACE/:username=ada", "PLACE/:_password=/w=="],
    ["PLACE/:_auth=${NOT_SET}"], ["PLACE/:username=${NOT_SET}", "PLACE/:_password=YQ=="],
], ids=["plain", "one-word", "nul", "newline", "password", "latin1", "unset", "unset-user"])
def test_a_login_that_is_none(person, entry, npm, web, lines):
    npm.publish("kit", "1.0.0")
    text = "\n".join(lines).replace("PLACE", npm.url.partition(":")[2])
    person.write(".npmrc", f"registry={npm.url}\n{text}\n", 0o600)
    entry("kit")
    web.forget()
    refused(person, 21, ".npmrc'")
    assert web.requests == []


def test_a_login_of_no_place_is_sent_nowhere(person, entry, npm, web):
    """As it once was; npm takes it no more."""
    npm.publish("kit", "1.0.0")
    person.write(".npmrc", f"registry={npm.url}\n_auth={base64_text('ada:s3cret')}\n_authToken=s3cret\n"
                           f"[{npm.url.partition(':')[2]}/]\n:_authToken=s3cret\n", 0o600)
    entry("kit")
    web.forget()
    person.run("install", "kit")
    assert web.headers and not any("Authorization" in headers for headers in web.headers)


def test_a_lock_does_not_lead_out_of_the_folder(person, entry, npm, web):
    """The token is of /npm/, and what a path says there may be meant for another place."""
    npm.publish("kit", "1.0.0")
    place = npm.url.partition(":")[2]
    person.write(".npmrc", f"registry={npm.url}\n{place}/:_authToken=mine\n", 0o600)
    entry("kit")
    person.run("install", "kit")
    web.add("other/kit.tgz", (web.root / "npm/kit/-/kit-1.0.0.tgz").read_bytes())
    text = lock_text(person).replace("/npm/kit/-/kit-1.0.0.tgz", "/npm/../other/kit.tgz")
    lock = person.write("own.lock", text)
    forget(person, "kit")
    web.forget()
    person.run("install", "--locked", lock)
    assert web.requests == ["GET /other/kit.tgz"] and "Authorization" not in web.headers[0]


SECRETS = pytest.mark.parametrize("secret, sent", [
    ("_authToken=mine", "Bearer mine"),
    (f"_auth={base64_text('ada:mine')}", f"Basic {base64_text('ada:mine')}")], ids=["token", "login"])


@SECRETS
def test_a_secret_that_others_can_read(person, entry, npm, secret, sent):
    npm.publish("kit", "1.0.0")
    place = npm.url.partition(":")[2]
    person.write(".npmrc", f"registry={npm.url}\n{place}/:{secret}\n", 0o644)
    entry("kit")
    assert "chmod 600" in person.run("install", "kit", expect=13).stderr


@SECRETS
def test_a_redirect_gets_no_secret(person, entry, npm, web, tmp_path, secret, sent):
    """The registry hands the tarball on to another server."""
    from servers import WebServer
    elsewhere = WebServer(tmp_path / "elsewhere")
    release = npm.publish("kit", "1.0.0")
    data = (web.root / "npm/kit/-/kit-1.0.0.tgz").read_bytes()
    target = elsewhere.add("kit.tgz", data)
    web.routes = {"/npm/moved.tgz": lambda handler: handler.redirect(target), **web.routes}
    release["dist"]["tarball"] = f"{npm.url}/moved.tgz"
    place = npm.url.partition(":")[2]
    person.write(".npmrc", f"registry={npm.url}\n{place}/:{secret}\n", 0o600)
    both = person.write("both.pem", web.certificate.read_text() + elsewhere.certificate.read_text())
    person.env["SSL_CERT_FILE"] = str(both)
    entry("kit")
    person.run("install", "kit")
    assert web.headers[-1]["Authorization"] == sent
    assert elsewhere.requests == ["GET /kit.tgz"] and "Authorization" not in elsewhere.headers[0]
    elsewhere.close()


# ---- what is refused


def refused(person, expect, *words):
    person.run("search", "incident")  # catalogs are made when somebody looks
    before = everything(person)
    done = person.run("install", "kit", expect=expect)
    assert all(word in done.stderr for word in words), done.stderr
    assert everything(person) == before and installed(person) == {}


def test_another_content_than_was_published(person, entry, npm):
    npm.publish("kit", "1.0.0", integrity=integrity(b"something else"))
    entry("kit")
    refused(person, 14, "integrity", "kit")


@pytest.mark.parametrize("said", [None, "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=", 7], ids=["none", "sha1", "number"])
def test_no_sha512(person, entry, npm, said):
    npm.publish("kit", "1.0.0", integrity=said, shasum="da39a3ee5e6b4b0d3255bfef95601890afd80709")
    entry("kit")
    refused(person, 13, "no SHA-512 of kit 1.0.0")


def test_the_sha512_of_several_hashes_counts(person, entry, npm):
    release = npm.publish("kit", "1.0.0")
    release["dist"]["integrity"] = f"sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= {release['dist']['integrity']}?x"
    entry("kit")
    person.run("install", "kit")


@pytest.mark.parametrize("key, lie", [("version", "1.0.1"), ("name", "kat"), ("version", None)])
def test_metadata_that_contradicts_itself(person, entry, npm, key, lie):
    npm.publish("kit", "1.0.0")[key] = lie
    entry("kit")
    refused(person, 14, "lists kit 1.0.0")


@pytest.mark.parametrize("package", [{"version": "0.9.0"}, {"name": "other"}, {"version": None}],
                         ids=["older", "other", "none"])
def test_a_tarball_of_something_else(person, entry, npm, package):
    npm.publish("kit", "1.0.0", package=package)
    entry("kit")
    refused(person, 14, "package.json says", "plugin 'kit'")


@pytest.mark.parametrize("tarball", ["https://elsewhere.example/npm/kit/-/kit-1.0.0.tgz",
                                     "http://localhost:1/npm/kit/-/kit-1.0.0.tgz"], ids=["host", "http"])
def test_the_registry_alone_is_asked(person, entry, npm, tarball):
    """A mirror hands on the addresses of another; the path counts, and the registry that was chosen."""
    npm.publish("kit", "1.0.0", tarball=tarball)
    entry("kit")
    person.run("install", "kit")
    assert f'url = "{npm.url}/kit/-/kit-1.0.0.tgz"' in lock_text(person)


@pytest.mark.parametrize("tarball, code", [("file:///etc/passwd", 13), ("/etc/passwd", 13), ("ext::sh", 13),
                                           ("https://a:b@localhost/x", 13), (None, 1), ("", 13)], ids=str)
def test_a_tarball_that_is_none(person, entry, npm, tarball, code):
    npm.publish("kit", "1.0.0", tarball=tarball)
    entry("kit")
    refused(person, code, "kit")


@pytest.mark.parametrize("document, code, word", [
    (b"[]", 1, "cannot be read"), (b"<html>", 1, "cannot be read"), (b"{}", 10, "no version"),
    (b'{"versions": 1, "dist-tags": "x"}', 10, "no version"),
    (b'{"versions": {"1.0.0": null}, "dist-tags": {"latest": "1.0.0"}}', 10, "no version"),
    (b"[" * 200_000, 1, "cannot be read"), (b'{"x":"' + b"x" * (17 << 20) + b'"}', 13, "larger than"),
    (b"[" + b"0," * 2_500_000 + b"0]", 1, "cannot be read"),
], ids=["list", "html", "empty", "types", "null", "deep", "large", "many"])
def test_metadata_that_is_none(person, entry, npm, web, document, code, word):
    web.routes = {"/npm/kit": lambda handler: handler.reply(200, document)}
    entry("kit")
    refused(person, code, word)


def test_a_package_that_is_not_there(person, entry):
    entry("kit")
    refused(person, 10, "has no package 'kit'")


def test_a_version_that_is_not_there(person, entry, npm):
    npm.publish("kit", "1.0.0")
    entry("kit", version="^2")
    refused(person, 10, "no version of the npm package 'kit' is '^2'", "the latest is 1.0.0")


@pytest.mark.parametrize("line", ["http://elsewhere.example/", "file:///etc", "ftp://x/", "https://a:b@localhost/", "x"])
def test_a_registry_that_is_none(person, entry, line):
    person.write(".npmrc", f"registry={line}\n", 0o600)
    entry("kit")
    refused(person, 13, "npm registry of 'kit'")


def test_entries_that_are_wrong_are_skipped(person, entry):
    for source in ({"package": "../kit"}, {"package": "kit@1"}, {"package": "@team"}, {"package": ""},
                   {"package": "kit", "version": "a b"}, {"package": "kit", "registry": "http://e.example"}):
        entry(**source)
        person.run("registry", "update")
        refused(person, 10)


def test_a_public_marketplace_does_not_lead_inside(person, npm, web, git):
    """Its entry names a registry on loopback; where the person's own npm goes is theirs to say."""
    npm.publish("kit", "1.0.0")
    rows = [{"name": name, "source": {"source": "npm", "package": "kit", **more}}
            for name, more in (("kit", {"registry": npm.url}), ("own", {}))]
    repo = git.repo("m", market(*rows))
    person.run("registry", "add", "m", web.add_repository("m", repo))
    state = person.dir / "registries/m/state.json"
    state.write_text(state.read_text().replace('"private"', '"public"'))
    refused(person, 13, "private network")
    person.run("install", "own")
    assert installed(person) == {"own": "1.0.0"}
    lock = person.write("own.lock", lock_text(person))
    forget(person, "own")
    person.run("install", "--locked", lock)
    forget(person, "own")
    person.write(".npmrc", "")  # now nobody here has chosen that address
    person.run("install", "--locked", lock, expect=13)
