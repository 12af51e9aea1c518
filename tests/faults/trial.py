"""One fault, one command against it, one more when all is well again; and what must hold of both."""

import hashlib
import random
import subprocess
from pathlib import Path

from fault_server import FaultServer, GitSite, make_context
from lib.person import GitMaker, Person
from shelf import Shelf, plugin, skill_text, tar
from threats.conftest import World, assert_printable

TOKEN = "glpat-Xk29secretQzW7"
OTHER_SECRETS = ("netrc-Secret-41", "proxy-Secret-17")
FELLOWS = ("-x", "-y")  # plugins that a case with "of several" in its name installs as well
NETWORK = "[network]\nconnect = 2\nstall = 1\ntimeout = 3\nretries = 2\n"


class Case:
    def __init__(self, function, codes):
        self.name = function.__name__.replace("_", "-")
        self.function, self.codes = function, codes


def collector():
    """A list of cases, and a decorator that adds one with the exit codes that it may have."""
    cases = []

    def case(*codes):
        def add(function):
            cases.append(Case(function, codes))
            return function
        return add
    return cases, case


class Owner(World):
    """One person for many cases, with a plugin to lose and canaries."""

    def __init__(self, person, directory, sanitized):  # pylint: disable=super-init-not-called
        self.person, self.directory, self.sanitized, self.count = person, directory, sanitized, 0
        for place in (directory / "canary", person.home / "canary"):
            place.mkdir()
            (place / "file").write_text("untouched")
        self.shelf = Shelf(person, "team").add("hello")
        person.run("install", "hello")


class Place:
    """A person with a registry at a server of faults that wants a token, and a second server."""

    def __init__(self, program, directory, cases, sanitized):
        directory.mkdir(parents=True)
        self.directory = directory
        self.context, good = make_context(directory, "good", "localhost")
        self.wrong_host, wrong = make_context(directory, "wrong", "example.org")
        self.expired, expired = make_context(directory, "expired", "localhost", expired=True)
        self.unknown, _ = make_context(directory, "unknown", "localhost")
        self.trusted = directory / "trusted.pem"
        self.trusted.write_bytes(b"".join(path.read_bytes() for path in (good, wrong, expired)))
        self.site, self.other = FaultServer(self.context), FaultServer(self.context)
        self.site.token, self.site.git = TOKEN, GitSite(directory / "repositories")
        self.git = GitMaker(directory / "git")
        self.person = Person(program, directory / "home")
        self.person.home.chmod(0o755)
        self.world = Owner(self.person, directory, sanitized)
        self.person.write(".netrc", f"machine localhost login me password {OTHER_SECRETS[0]}\n", 0o600)
        self.person.write(".git-credentials", f"https://me:{OTHER_SECRETS[0]}@localhost\n", 0o600)
        self.env = {"SSL_CERT_FILE": self.trusted, "FAR_TOKEN": TOKEN}
        self.names = {name + fellow: kind for name, kind in cases for fellow in ("", *FELLOWS)
                      if not fellow or "-of-several" in name}
        self.used = []
        self.add_registry()

    def add_registry(self):
        rows = "".join(self.row(name, kind) for name, kind in self.names.items())
        self.site.files["/index.toml"] = f"[registry]\nname = \"far\"\n{rows}".encode()
        path = self.person.dir / "paii.toml"
        text = path.read_text().replace(
            "[registries]", f'{NETWORK}[registries]\nfar = {{ url = "{self.site.url}/index.toml", '
            'token_env = "FAR_TOKEN" }')
        self.person.write(path, text, 0o600)
        self.person.run("registry", "update", "far", env=self.env)

    def row(self, name, kind):
        text = f'[[plugins]]\nname = "{name}"\nversion = "1.0.0"\n'
        if kind == "git":
            return f'{text}source = "{self.site.url}/git/{name}.git"\n'
        body = archive(name)
        self.site.files[f"/{name}.tar.gz"] = body
        return (f'{text}source = "{self.site.url}/{name}.tar.gz"\n'
                f'sha256 = "{hashlib.sha256(body).hexdigest()}"\n')

    def close(self):
        self.person.close()
        self.site.close()
        self.other.close()


def files(name):
    """Of a plugin, with something that does not shrink."""
    noise = random.Random(name).randbytes(6000).hex()
    return plugin(name, **{"noise.txt": noise})


def archive(name):
    return tar(files(name))


class Trial:
    """What a case sets up: `answers` of the server, `command`, `env`; `after` looks at what was asked."""

    def __init__(self, place, name, seed):
        self.place, self.name, self.rng = place, name, random.Random(f"{name} {seed}")
        self.site, self.other, self.world = place.site, place.other, place.world
        self.path = f"/{name}.tar.gz"
        self.body = self.site.files.get(self.path, b"")
        self.fellows = [name + fellow for fellow in FELLOWS if name + fellow in place.names]
        self.command = ["install", *(f"far/{each}" for each in (name, *self.fellows))]
        self.env = dict(place.env)
        self.after = lambda result: None
        place.used.append(name)
        self.owners = [self.site]  # who may see the token
        self.helpers = []          # servers that live for this case alone
        self.site.seen.clear()
        self.other.seen.clear()
        if place.names.get(name) == "git":
            self.repo = place.git.repo(name, files(name))
            link = place.site.git.directory / f"{name}.git"
            link.symlink_to(self.repo.path / ".git")
            self.repo.git("config", "uploadpack.allowFilter", "true")
            self.path = f"/git/{name}.git"

    def answers(self, *answers):
        self.site.faults[self.path] = list(answers)

    def always(self, answer, path=None):
        self.site.always[path or self.path] = answer

    def direct(self, path, body=None, pin=None):
        """The same from a URL that the person typed, where no token belongs."""
        self.site.files[path] = self.body if body is None else body
        self.path, self.owners = path, []
        self.command = ["install", f"{self.site.url}{path}" + (f"#sha256={pin}" if pin else "")]

    def asked(self):
        return self.site.requests(self.path)

    def run(self, case):
        try:
            case.function(self)
            if 0 in case.codes:
                result = self.world.run(*self.command, env=self.env)
                assert result.code in case.codes, repr(result)
                assert_printable(result.stdout + result.stderr)
            else:
                result = self.world.refused(*self.command, code=case.codes, env=self.env)
            self.after(result)
        finally:
            self.site.heal()
            self.other.heal()
            self.site.git.change.clear()
            for server in self.helpers:
                server.close()
        self.look_for_secrets(result)
        self.site.seen.clear()
        self.owners = [self.site]
        names = [self.name, *self.fellows]
        again = self.world.run("install", *(f"far/{name}" for name in names), env=self.place.env)
        assert again.code == 0, repr(again)
        for name in names:
            self.look_at_installed(name)
        self.look_for_secrets(again)

    def look_at_installed(self, name):
        person, right = self.place.person, files(name)
        assert skill_text(person, name) == right["SKILL.md"]
        assert (person.claude / "skills" / name / "noise.txt").read_text() == right["noise.txt"]

    def look_for_secrets(self, result):
        """They are in what their owner was sent, and in nothing else."""
        for server in (self.site, self.other, *self.helpers):
            for request in server.seen:
                sent = request.head + request.body
                assert not any(secret.encode() in sent for secret in OTHER_SECRETS), sent
                if "authorization" in request.headers or TOKEN.encode() in sent:
                    assert server in self.owners, sent
        words = (TOKEN, *OTHER_SECRETS)
        assert not any(word in result.stdout + result.stderr for word in words), repr(result)
        done = subprocess.run(["grep", "-rlE", "|".join(words), self.place.person.home],
                              capture_output=True, text=True, check=False)
        assert {Path(path).name for path in done.stdout.split()} <= {".netrc", ".git-credentials"}
