"""Private registries: which secret is sent where, and what is said when there is none (docs/config.md)."""

import base64
from pathlib import Path

import pytest

from servers import WebServer
from shelf import installed, plugin, tar

PROC = Path("/proc")
TOKEN = "ghp-Kq81-Secret"


@pytest.fixture
def other(tmp_path):
    server = WebServer(tmp_path / "other")
    yield server
    server.close()


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def guard(web, expected):
    """Only who sends `expected` is let in."""
    def route(handler):
        path = handler.path.split("?")[0]
        if handler.headers.get("Authorization") != expected:
            handler.reply(401, b"who?", {"WWW-Authenticate": 'Basic realm="x"'})
        elif path.startswith("/git/"):
            handler.run_git(web)
        else:
            handler.send_file(web.root / path.lstrip("/"))
    web.routes["/*"] = route


def configure(paii, url, keys, name="work"):
    paii.write(paii.dir / "paii.toml", f'[registries]\n{name} = {{ url = "{url}", {keys} }}\n', 0o600)


def index(web, name="tool", where=None):
    """An index file with one archive, at the same server or another."""
    source = (where or web).add(f"{name}.tar.gz", tar(plugin(name)))
    return web.add("index.toml", f'[registry]\n[[plugins]]\nname = "{name}"\nversion = "1.0.0"\n'
                                 f'source = "{source}"\n')


@pytest.fixture
def index_url(web):
    return index(web)


@pytest.fixture
def git_url(web, git):
    repo = git.repo("work", {"registry.toml": '[registry]\n[[plugins]]\nname = "tool"\nversion = "1.0.0"\n'
                                              'path = "tool"\n',
                             **{f"tool/{path}": text for path, text in plugin("tool").items()}})
    return web.add_repository("work", repo)


@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_token_reaches_an_index_and_its_archives(paii, web, index_url, place):
    guard(web, f"Bearer {TOKEN}")
    configure(paii, index_url, 'token_env = "WORK_TOKEN"')
    env = dict(web.env)
    if place == "environment":
        env["WORK_TOKEN"] = TOKEN
    else:
        paii.write(paii.dir / ".env", f'# mine\nWORK_TOKEN="{TOKEN}"\n', 0o600)
    paii.run("registry", "update", "work", env=env)
    paii.run("install", "tool", env=env)
    assert installed(paii) == {"tool": "1.0.0"}
    assert TOKEN not in (paii.dir / "registries/work/state.json").read_text()
    assert TOKEN not in (paii.dir / "current/paii.lock").read_text()


@pytest.mark.parametrize("user", [None, "oauth2"])
def test_a_token_is_the_password_of_a_git_server(paii, web, git_url, user):
    guard(web, basic(user or "x-access-token", TOKEN))
    configure(paii, git_url, 'token_env = "WORK_TOKEN"' + (f', token_user = "{user}"' if user else ""))
    env = {**web.env, "WORK_TOKEN": TOKEN}
    paii.run("registry", "update", "work", env=env)
    paii.run("install", "tool", env=env)
    assert installed(paii) == {"tool": "1.0.0"}


def test_a_netrc_that_is_asked_for(paii, web, index_url):
    guard(web, basic("me", "pass word"))
    paii.write(".netrc", "machine example.org login x password y\nmacdef init\nmachine localhost\n\n"
                         '# here\nmachine localhost\n\tlogin me\n\tpassword "pass word"\n'
                         "default login a password b\n", 0o600)
    configure(paii, index_url, "netrc = true")
    paii.run("registry", "update", "work", env=web.env)
    paii.run("install", "tool", env=web.env)
    assert installed(paii) == {"tool": "1.0.0"}


def test_a_private_registry_can_be_added(paii, web, index_url):
    guard(web, f"Bearer {TOKEN}")
    env = {**web.env, "WORK_TOKEN": TOKEN}
    paii.run("registry", "add", "work", index_url, env=env, expect=21)
    result = paii.run("registry", "add", "work", index_url, "--token-env", TOKEN, env=env, expect=12)
    assert "not a token" in result.stderr
    paii.run("registry", "add", "work", index_url, "--token-env", "WORK_TOKEN", env=env)
    assert 'token_env = "WORK_TOKEN"' in (paii.dir / "paii.toml").read_text()
    paii.run("install", "tool", env=env)


def test_a_login_of_the_netrc_can_be_added(paii, web, index_url):
    guard(web, basic("me", "pw"))
    paii.write(".netrc", "machine localhost login me password pw\n", 0o600)
    paii.run("registry", "add", "work", index_url, "--netrc", env=web.env)
    assert "netrc = true" in (paii.dir / "paii.toml").read_text()


def test_what_is_hidden_by_a_404_is_told_apart(paii, web, index_url):
    configure(paii, index_url + "x.toml", 'token_env = "WORK_TOKEN"')
    result = paii.run("registry", "update", "work", env={**web.env, "WORK_TOKEN": TOKEN}, expect=10)
    assert "may read it" in result.stderr


def test_a_netrc_that_is_not_asked_for(paii, web, index_url):
    guard(web, basic("me", "pw"))
    paii.write(".netrc", "machine localhost login me password pw\n", 0o600)
    configure(paii, index_url, "priority = 1")
    paii.run("registry", "update", "work", env=web.env, expect=21)
    assert [headers for headers in web.headers if "Authorization" in headers] == []


@pytest.mark.parametrize("text, mode, code, word", [
    ("machine localhost login me password pw\n", 0o644, 13, "chmod 600"),
    ("default login me password pw\n", 0o600, 21, "machine localhost"),
    ("machine localhost login\n", 0o600, 12, "'login'"),
    ("machine localhost login me\n", 0o600, 21, "machine localhost"),
    (None, 0, 21, "machine localhost"),
])
def test_a_netrc_that_is_no_use(paii, web, index_url, text, mode, code, word):
    if text is not None:
        paii.write(".netrc", text, mode)
    configure(paii, index_url, "netrc = true")
    result = paii.run("registry", "update", "work", env=web.env, expect=code)
    assert word in result.stderr and web.requests == [] and "pw" not in result.stderr


def test_a_token_that_is_not_set(paii, web, index_url):
    configure(paii, index_url, 'token_env = "WORK_TOKEN"')
    result = paii.run("registry", "update", "work", env=web.env, expect=21)
    assert "'work'" in result.stderr and "WORK_TOKEN" in result.stderr and ".env" in result.stderr
    assert web.requests == []


def test_a_token_that_others_can_read(paii, web, index_url):
    paii.write(paii.dir / ".env", f"WORK_TOKEN={TOKEN}\n", 0o644)
    configure(paii, index_url, 'token_env = "WORK_TOKEN"')
    result = paii.run("registry", "update", "work", env=web.env, expect=13)
    assert "chmod 600" in result.stderr and web.requests == []


@pytest.mark.parametrize("keys, word", [('token_env = "WORK_TOKEN"', "WORK_TOKEN"), ("priority = 1", "token_env")])
def test_who_is_not_let_in_is_told_what_to_set(paii, web, index_url, keys, word):
    guard(web, "Bearer another")
    configure(paii, index_url, keys)
    result = paii.run("registry", "update", "work", env={**web.env, "WORK_TOKEN": TOKEN}, expect=21)
    assert "'work'" in result.stderr and word in result.stderr
    assert TOKEN not in result.stderr


def test_an_entry_at_another_origin_gets_no_token(paii, web, other, tmp_path):
    url = index(web, where=other)
    guard(web, f"Bearer {TOKEN}")
    bundle = tmp_path / "both.pem"
    bundle.write_bytes(web.certificate.read_bytes() + other.certificate.read_bytes())
    configure(paii, url, 'token_env = "WORK_TOKEN"')
    env = {"SSL_CERT_FILE": bundle, "WORK_TOKEN": TOKEN}
    paii.run("registry", "update", "work", env=env)
    paii.run("install", "tool", env=env)
    assert other.requests and all("Authorization" not in headers for headers in other.headers)
    paii.run("remove", "tool")
    other.routes["/*"] = lambda handler: handler.reply(403)
    (paii.home / ".cache/paii").rename(tmp_path / "away")
    result = paii.run("install", "tool", env=env, expect=21)
    assert "'work'" in result.stderr and "ssh" in result.stderr


def test_another_registry_at_the_origin_gets_no_token(paii, web, index_url):
    paii.write(paii.dir / "paii.toml", f'[registries]\nopen = "{index_url}"\n'
               f'work = {{ url = "{index_url}", token_env = "WORK_TOKEN" }}\n', 0o600)
    paii.run("registry", "update", "open", env={**web.env, "WORK_TOKEN": TOKEN})
    assert all("Authorization" not in headers for headers in web.headers)


def test_a_secret_is_in_no_process_and_no_log(paii, web, index_url):
    """Neither in arguments nor environments: what the helper is told, it is told by its standard input."""
    seen = []

    def look(handler):
        for process in PROC.glob("[0-9]*"):
            try:
                name = (process / "comm").read_text().strip()
                if name == "paii-fetch":
                    seen.append((process / "cmdline").read_bytes() + (process / "environ").read_bytes())
            except OSError:
                pass
        handler.send_file(web.root / "index.toml")
    web.routes["/index.toml"] = look
    configure(paii, index_url, 'token_env = "WORK_TOKEN"')
    result = paii.run("registry", "update", "work", "--verbose", env={**web.env, "WORK_TOKEN": TOKEN})
    assert web.headers[0]["Authorization"] == f"Bearer {TOKEN}"
    assert seen and not any(TOKEN.encode() in text for text in seen)
    assert TOKEN not in result.stdout + result.stderr
