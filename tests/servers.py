"""Servers on loopback for tests: HTTPS with files and Git, and sshd. Each stops by itself in time."""

import functools
import hashlib
import http.server
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import threading
import time
from email.utils import formatdate
from pathlib import Path

LIFETIME_SECONDS = 300


@functools.cache
def has_namespaces(mounts=False):
    """Whether this machine lets us have a network, and mounts, of our own: not in every container or chroot."""
    words = "ip link set lo up" + (" && mount --make-rprivate /" if mounts else "")
    return subprocess.run(["unshare", "--net", "--mount", "--propagation", "unchanged", "sh", "-c", words],
                          capture_output=True, check=False).returncode == 0


def make_certificate(directory, names="DNS:localhost,IP:127.0.0.1"):
    """A key and a certificate for those names that is its own authority. Returns (certificate, key)."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    certificate, key = directory / "server.pem", directory / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate,
         "-addext", f"subjectAltName={names}"],
        check=True, capture_output=True, timeout=30)
    return certificate, key


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def answer(self):
        site = self.server.site
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length) if length else b""
        site.requests.append(f"{self.command} {self.path}")
        site.headers.append(dict(self.headers))
        site.clients.append(self.client_address)
        path = self.path.split("?")[0]
        for prefix, route in site.routes.items():
            if path == prefix or (prefix.endswith("*") and path.startswith(prefix[:-1])):
                route(self)
                return
        if path.startswith("/git/"):
            self.run_git(site)
        else:
            self.send_file(site.root / path.lstrip("/"))

    def reply(self, status, body=b"", headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, target, status=302):
        self.reply(status, b"", {"Location": target})

    def send_file(self, path):
        if not path.is_file():
            self.reply(404, b"no such file")
            return
        body = path.read_bytes()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": etag,
                   "Last-Modified": formatdate(path.stat().st_mtime, usegmt=True)}
        if self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            return
        self.reply(200, body, headers)

    def run_git(self, site):
        """git http-backend, as a web server runs it."""
        path, _, query = self.path[len("/git"):].partition("?")
        env = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(site.repositories),
            "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
            "REQUEST_METHOD": self.command, "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(self.body)), "HOME": "/nonexistent",
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
        }
        if site.git_protocol_2 and self.headers.get("Git-Protocol"):
            env["GIT_PROTOCOL"] = self.headers["Git-Protocol"]
        done = subprocess.run(["git", "http-backend"], input=self.body, env=env,
                              capture_output=True, timeout=60, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        status, headers = 200, {}
        for line in head.decode().splitlines():
            name, _, value = line.partition(":")
            if name.lower() == "status":
                status = int(value.split()[0])
            else:
                headers[name] = value.strip()
        self.reply(status, body, headers)


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that hangs up is part of many tests."""


class QuietServer6(QuietServer):
    """Of all addresses of both kinds."""
    address_family = socket.AF_INET6


class WebServer:
    """
    Serves the files of `root`, and below /git/ the repositories in `repositories`, over HTTPS (or HTTP).
    `requests` lists what was asked, `headers` with which headers, `clients` from which address and port
    (so how many connections there were); `routes` maps paths to functions of
    the handler, "/x*" for all that begins so.
    """

    def __init__(self, directory, tls=True, address="127.0.0.1", names="DNS:localhost,IP:127.0.0.1"):
        directory = Path(directory)
        self.root = directory / "files"
        self.repositories = directory / "repositories"
        self.root.mkdir(parents=True, exist_ok=True)
        self.repositories.mkdir(parents=True, exist_ok=True)
        self.requests, self.headers, self.clients, self.routes = [], [], [], {}
        self.git_protocol_2 = True
        self.certificate = None
        kind = QuietServer6 if ":" in address else QuietServer
        self.server = kind((address, 0), Handler)
        self.server.site = self
        if tls:
            self.certificate, key = make_certificate(directory / "tls", names)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.timer = threading.Timer(LIFETIME_SECONDS, self.close)
        self.timer.daemon = True
        self.timer.start()

    @property
    def env(self):
        """What a client needs to trust this server."""
        return {"SSL_CERT_FILE": str(self.certificate)} if self.certificate else {}

    def add(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return f"{self.url}/{name}"

    def add_repository(self, name, repo, filtering=True):
        """Serves `repo` (of the fixture `git`) as NAME.git; later commits of it show as well."""
        link = self.repositories / f"{name}.git"
        if not link.exists():
            link.symlink_to(repo.path / ".git")
        repo.git("config", "uploadpack.allowFilter", "true" if filtering else "false")
        return f"{self.url}/git/{name}.git"

    def forget(self):
        self.requests.clear()
        self.headers.clear()
        self.clients.clear()

    def close(self):
        self.timer.cancel()
        self.server.shutdown()
        self.server.server_close()


class SshServer:
    """
    sshd for the current user with throw-away keys. `path` is a folder for the front of PATH whose `ssh`
    knows the key and the host; `forget_host()` makes the host unknown, `change_host()` a changed one.
    """

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True)
        self.directory.chmod(0o700)
        for name in ("host_key", "user_key", "other_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                            self.directory / name], check=True, timeout=30)
        shutil.copy(self.directory / "user_key.pub", self.directory / "authorized_keys")
        self.known_hosts = self.directory / "known_hosts"
        self.port = free_port()
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.url = f"ssh://{self.user}@127.0.0.1:{self.port}"
        self.know_host("host_key")
        self.process = self.start()
        self.path = self.make_client()

    def know_host(self, key):
        text = (self.directory / f"{key}.pub").read_text().split()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {text[0]} {text[1]}\n")

    def forget_host(self):
        self.known_hosts.write_text("")

    def change_host(self):
        self.know_host("other_key")

    def lose_key(self):
        (self.directory / "authorized_keys").write_text("")

    def start(self):
        config = self.directory / "sshd_config"
        config.write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {self.directory}/host_key\n"
            f"AuthorizedKeysFile {self.directory}/authorized_keys\nPidFile none\nUsePAM no\n"
            "StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "PermitRootLogin yes\nAcceptEnv GIT_PROTOCOL\n")
        os.makedirs("/run/sshd", exist_ok=True)
        process = subprocess.Popen(
            ["timeout", str(LIFETIME_SECONDS), shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e",
             "-f", config], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=(self.directory / "sshd.log").open("w"))
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return process
            except OSError:
                time.sleep(0.05)
        process.kill()
        raise RuntimeError((self.directory / "sshd.log").read_text())

    def make_client(self):
        config = self.directory / "ssh_config"
        config.write_text(f"IdentityFile {self.directory}/user_key\nIdentitiesOnly yes\n"
                          f"UserKnownHostsFile {self.known_hosts}\nGlobalKnownHostsFile /dev/null\n")
        program = self.directory / "bin/ssh"
        program.parent.mkdir()
        program.write_text('#!/bin/sh\n{ echo "$@" >>"$HOME/.ssh/calls"; } 2>/dev/null\n'
                           f'exec {shutil.which("ssh")} -F {config} "$@"\n')
        program.chmod(0o755)
        return str(program.parent)

    def use(self, env):
        """Lets commands with this environment reach the server, and keeps their calls of ssh."""
        (self.directory / "home/.ssh").mkdir(parents=True, exist_ok=True)
        env.update(PATH=f"{self.path}:{env['PATH']}", HOME=str(self.directory / "home"))

    @property
    def calls(self):
        path = self.directory / "home/.ssh/calls"
        return path.read_text().splitlines() if path.exists() else []

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
