"""
Rows 16 to 20: redirects and credentials, private addresses, answers that lie, one name in two
registries, names that look like others. Of credentials: those of other tools (.netrc, git's) are not
sent; paii's own are the affair of tests/faults and tests/scenario/test_access.py.
"""

import ctypes
import socket
import subprocess
import threading

import pytest

from servers import WebServer, free_port, has_namespaces
from shelf import Shelf, installed, plugin, tar

# ---- row 16


def no_secret(site):
    for headers in site.headers:
        names = {name.lower() for name in headers}
        assert not names & {"authorization", "cookie", "private-token", "referer"}, headers


@pytest.mark.parametrize("ending", ["", ".git"])
def test_secrets_stay_where_they_are(world, web, tmp_path, ending):
    """Neither the first origin nor the one that it redirects to sees what a .netrc holds."""
    other = WebServer(tmp_path / "other")
    try:
        bundle = world.file(web.certificate.read_bytes() + other.certificate.read_bytes(), ".pem")
        world.person.write(".netrc", "machine localhost login me password secret\ndefault login a password b\n",
                           0o600)
        world.person.write(".git-credentials", f"https://me:secret@localhost:{web.port}\n", 0o600)
        world.person.write(".gitconfig", "[credential]\n helper = store\n")
        web.routes["/*"] = lambda handler: handler.redirect(f"{other.url}{handler.path}")
        other.routes["/*"] = lambda handler: handler.reply(
            401, b"who?", {"WWW-Authenticate": 'Basic realm="x"'})
        world.refused("install", f"{web.url}/evil{ending or '.tar.gz'}", code=(10, 20, 21),
                      env={"SSL_CERT_FILE": bundle})
        assert web.requests
        no_secret(web)
        no_secret(other)
    finally:
        other.close()


REDIRECTS = {
    "http": "http://localhost:1/evil.tar.gz",
    "file": "file:///etc/passwd",
    "ftp": "ftp://localhost/x",
    "scp": "git@localhost:x",
    "password": "https://me:secret@localhost/x",
    "header": "https://localhost/%0d%0aX-Evil:1",
    "itself": "/evil.tar.gz",
}


@pytest.mark.parametrize("name", REDIRECTS)
def test_redirects_to_anywhere(world, web, name):
    web.routes["/*"] = lambda handler: handler.redirect(REDIRECTS[name])
    world.refused("install", f"{web.url}/evil.tar.gz", code=(13, 20), env=web.env)
    world.refused("install", f"{web.url}/evil.git", code=(13, 20), env=web.env)
    world.refused("registry", "add", "evil", f"{web.url}/index.toml", code=(13, 20), env=web.env)
    assert len(web.requests) <= 3 * 6


def test_a_chain_of_redirects(world, web):
    web.routes["/*"] = lambda handler: handler.redirect(f"{web.url}{handler.path}x")
    world.refused("install", f"{web.url}/evil.tar.gz", code=20, env=web.env)
    assert len(web.requests) == 6, "five redirects"


def test_a_certificate_that_nobody_vouches_for(world, web):
    world.refused("install", f"{web.url}/evil.tar.gz", code=(13, 20), words=["localhost"])


# ---- row 17


@pytest.fixture
def public_net(tmp_path):
    """Runs a function where loopback has a public address, so that a registry can live there."""
    if not has_namespaces():
        pytest.skip("no namespaces of networks")

    def run(function):
        failure = []

        def inside():
            try:
                if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:
                    pytest.skip("no network namespaces")
                for words in ("link set lo up", "addr add 203.0.113.9/32 dev lo"):
                    subprocess.run(["ip", *words.split()], check=True, capture_output=True)
                function()
            except BaseException as error:  # pylint: disable=broad-except
                failure.append(error)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if failure:
            raise failure[0]

    return run


PRIVATE = ["127.0.0.1", "[::1]", "169.254.169.254", "10.0.0.1", "[fd00::1]", "localhost", "0x7f000001",
           "127.1", "[::ffff:127.0.0.1]", "0.0.0.0", "100.64.0.1"]


def test_entries_that_point_at_private_addresses(world, public_net, tmp_path):
    def scenario():
        site = PublicServer(tmp_path / "public")
        try:
            rows = "".join(f'[[plugins]]\nname = "evil-{i}"\nversion = "1.0.0"\n'
                           f'source = "https://{host}:{site.port}/evil.tar.gz"\n'
                           for i, host in enumerate(PRIVATE))
            site.add("index.toml", "[registry]\n" + rows)
            assert world.run("registry", "add", "far", f"{site.url}/index.toml", env=site.env).code == 0
            site.forget()
            for i in range(len(PRIVATE)):
                world.refused("install", f"evil-{i}", code=(10, 13), env=site.env)
            assert site.requests == []
        finally:
            site.close()

    public_net(scenario)


def test_a_public_address_that_redirects_to_a_private_one(world, public_net, tmp_path):
    def scenario():
        site = PublicServer(tmp_path / "public")
        try:
            for host in PRIVATE[:5]:
                site.routes["/*"] = lambda handler, to=host: handler.redirect(f"https://{to}:{site.port}/x.tgz")
                site.forget()
                world.refused("install", f"{site.url}/evil.tgz", code=13, env=site.env)
                assert len(site.requests) == 1
        finally:
            site.close()

    public_net(scenario)


@pytest.fixture
def inside(tmp_path):
    """Gives a name to loopback, in a namespace of mounts; called within `public_net`."""
    if not has_namespaces(mounts=True):
        pytest.skip("no namespaces of networks and mounts")
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost inside.example.net\n::1 inside6.example.net\n")

    def name_it():
        if ctypes.CDLL(None, use_errno=True).unshare(0x00020000) != 0:
            pytest.skip("no mount namespaces")
        for words in (["--make-rprivate", "/"], ["--bind", hosts, "/etc/hosts"]):
            subprocess.run(["mount", *words], check=True, capture_output=True)
        return "inside.example.net", "inside6.example.net"

    return name_it


def entries(site, sources):
    return site.add("index.toml", "[registry]\n" + "".join(
        f'[[plugins]]\nname = "evil-{i}"\nversion = "1.0.0"\nsource = "{source}"\n'
        for i, source in enumerate(sources)))


def test_names_that_lead_to_private_addresses(world, public_net, inside, tmp_path):
    """Whatever the name is: the address that is connected to counts."""
    def scenario():
        names = inside()
        site = PublicServer(tmp_path / "public")
        try:
            sources = [f"https://{name}:{site.port}/evil.{kind}" for name in names
                       for kind in ("tar.gz", "git")] + [f"ssh://git@{names[0]}/evil.git"]
            url = entries(site, sources)
            assert world.run("registry", "add", "far", url, env=site.env).code == 0
            site.forget()
            for i in range(len(sources)):
                world.refused("install", f"evil-{i}", code=13, env=site.env, words=["private network"])
            assert site.requests == []
            site.routes["/moved.tgz"] = lambda handler: handler.redirect(sources[0])
            world.refused("install", f"{site.url}/moved.tgz", code=13, env=site.env)
            assert len(site.requests) == 1
        finally:
            site.close()

    public_net(scenario)


def test_a_registry_in_the_private_network_may_name_what_is_there(world, public_net, inside, tmp_path):
    def scenario():
        name = inside()[0]
        site = PublicServer(tmp_path / "public")
        try:
            site.add("evil.tar.gz", tar(plugin("evil-0")))
            entries(site, [f"https://{name}:{site.port}/evil.tar.gz"])
            url = f"https://{name}:{site.port}/index.toml"
            assert world.run("registry", "add", "near", url, env=site.env).code == 0
            assert world.run("install", "evil-0", env=site.env).code == 0
        finally:
            site.close()

    public_net(scenario)


class PublicServer(WebServer):
    """Answers on every address of its namespace; its URL is the public one."""

    def __init__(self, directory):
        super().__init__(directory, address="::", names="IP:203.0.113.9,DNS:inside.example.net,"
                                                        "DNS:inside6.example.net")
        self.url = f"https://203.0.113.9:{self.port}"


# ---- row 18


class RawServer:
    """Answers every connection with the same bytes, slowly if there are many."""

    def __init__(self, answer):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.answer, self.requests = answer, []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                try:
                    self.requests.append(connection.recv(65536))
                    connection.sendall(self.answer)
                except OSError:
                    pass

    def close(self):
        self.socket.close()


GOOD = tar(plugin("evil"))
ANSWERS = {
    "too-long": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(GOOD) + 50) + GOOD,
    "two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\n" + GOOD,
    "negative": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + GOOD,
    "terabyte": b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n" + GOOD,
    "huge-header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 400_000 + b"\r\n\r\n" + GOOD,
    "many-headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 80_000 + b"\r\n" + GOOD,
    "short-chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n" + GOOD,
    "no-http": b"\x1b]0;title\x07" * 50,
    "status": b"HTTP/1.1 999 \x1b[2J\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_that_lie(world, name):
    server = RawServer(ANSWERS[name])
    try:
        world.refused("install", f"{server.url}/evil.tar.gz#sha256={'0' * 64}", code=(13, 14, 20))
        world.refused("registry", "add", "evil", f"{server.url}/index.toml", code=(10, 12, 13, 20))
    finally:
        server.close()


def test_a_cut_answer_is_none(world, web):
    """Less than was promised is not a plugin, though no hash was asked for."""
    server = RawServer(ANSWERS["too-long"])
    try:
        world.refused("install", f"{server.url}/evil.tar.gz", code=(13, 20))
    finally:
        server.close()


# ---- row 19


def test_one_name_in_two_registries(world):
    Shelf(world.person, "other").add("both")
    world.shelf.add("both")
    world.refused("install", "both", code=13, words=["team", "other", "'both'"])
    assert world.run("install", "other/both").code == 0
    assert "other" in world.person.run("info", "both").stdout


def test_a_registry_that_is_down_is_no_reason_to_look_elsewhere(world):
    private = Shelf(world.person, "private").add("secret-tool")
    assert world.run("install", "secret-tool").code == 0
    private.folder.rename(private.folder.with_name("away"))
    world.shelf.add("secret-tool", "9.0.0")
    before = world.person.snapshot(world.person.dir / "generations")
    for command in (["update"], ["update", "secret-tool"], ["install", "secret-tool@9.0.0"]):
        world.run(*command)
        assert installed(world.person)["secret-tool"] == "1.0.0"
    assert world.person.snapshot(world.person.dir / "generations") == before


def test_a_new_registry_with_the_name_of_an_installed_plugin(world):
    Shelf(world.person, "other", priority=100).add("hello", "9.0.0")
    world.run("update")
    assert installed(world.person) == {"hello": "1.0.0"}


def test_a_registry_that_was_never_reached(world):
    far = f"https://localhost:{free_port()}/index.toml"
    world.refused("registry", "add", "far", far, code=20, words=["localhost"])
    text = (world.person.dir / "paii.toml").read_text()
    world.person.write(world.person.dir / "paii.toml", text.replace("[registries]", f'[registries]\nfar = "{far}"'),
                       0o600)
    world.shelf.add("second")
    world.refused("install", "second", code=20, words=["'far'"])


# ---- row 20


@pytest.mark.parametrize("name", ["helo", "hell0", "hello1", "ehllo", "hello-"])
def test_names_that_look_like_an_installed_one(world, name):
    world.shelf.add(name)
    result = world.run("install", name)
    assert result.code == 0 and "warning" in result.stderr, repr(result)
    assert f"'{name}'" in result.stderr and "'hello'" in result.stderr, repr(result)


def test_names_that_look_like_nothing(world):
    world.shelf.add("weather").add("hello-world")
    for name in ("weather", "hello-world"):
        result = world.run("install", name)
        assert result.code == 0 and "looks like" not in result.stderr, repr(result)
