"""An HTTPS server that fails by schedule, and remembers every header that it was sent."""

import hashlib
import os
import socket
import ssl
import struct
import subprocess
import threading
import time

PATIENCE_SECONDS = 20


class Gone(Exception):
    """The client has hung up, or we have."""


class Request:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target = (lines[0].split(" ") + ["", ""])[:2]
        self.path = self.target.split("?")[0]
        self.headers = {name.strip().lower(): value.strip()
                        for name, _, value in (line.partition(":") for line in lines[1:])}
        self.head, self.body = head, body


class Connection:
    """What an answer does with the client's connection."""

    def __init__(self, server, sock):
        self.server, self.sock, self.left = server, sock, b""

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def drip(self, data, size, delay):
        for at in range(0, len(data), size):
            self.send(data[at:at + size])
            self.wait(delay)

    def wait(self, seconds):
        if self.server.closing.wait(seconds):
            raise Gone

    def stall(self):
        """Silence until the client gives up."""
        self.sock.settimeout(0.05)
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and not self.server.closing.is_set():
            try:
                if not self.sock.recv(1):
                    break
            except (TimeoutError, ssl.SSLWantReadError):
                pass
            except OSError:
                break
        raise Gone

    def cut(self):
        raise Gone

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def read_request(self):
        data = self.left
        while b"\r\n\r\n" not in data:
            data += self.receive()
        head, _, body = data.partition(b"\r\n\r\n")
        request = Request(head, b"")
        length = int(request.headers.get("content-length", 0))
        while len(body) < length:
            body += self.receive()
        request.body, self.left = body[:length], body[length:]
        return request

    def receive(self):
        try:
            piece = self.sock.recv(65536)
        except OSError as error:
            raise Gone from error
        if not piece:
            raise Gone
        return piece


def head(status, headers=(), reason="x"):
    lines = "".join(f"{name}: {value}\r\n" for name, value in dict(headers).items())
    return f"HTTP/1.1 {status} {reason}\r\n{lines}\r\n".encode()


def answer(status, body=b"", headers=()):
    """An answer as it should be."""
    def send(connection, _request):
        connection.send(head(status, {**dict(headers), "Content-Length": len(body)}) + body)
    return send


def raw(data, then="cut"):
    """These bytes, then the end: "cut", "reset" or "stall"."""
    def send(connection, _request):
        connection.send(data)
        getattr(connection, then)()
    return send


class FaultServer:
    """
    `files` maps paths to bytes. `faults` maps a path to a list of answers, each for one request, and after
    them everything is well; `always` to one for all requests. `welcome` is done to a connection before TLS.
    With `token`, all but /open/ is for those who send it, as Bearer or as the password of Basic.
    """

    def __init__(self, context, host="localhost", port=0):
        self.context, self.healthy_context, self.host = context, context, host
        self.files, self.faults, self.always, self.seen = {}, {}, {}, []
        self.welcome, self.token, self.git = None, None, None
        self.closing = threading.Event()
        self.socket, self.port = None, port
        self.listen()

    @property
    def url(self):
        return f"https://{self.host}:{self.port}"

    def listen(self):
        self.socket = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.socket,), daemon=True).start()

    def refuse(self):
        """Nobody listens any more."""
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.socket = None

    def heal(self):
        self.faults.clear()
        self.always.clear()
        self.welcome, self.context = None, self.healthy_context
        if not self.socket:
            self.listen()

    def close(self):
        self.closing.set()
        if self.socket:
            self.refuse()

    def accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        sock.settimeout(PATIENCE_SECONDS)
        connection = Connection(self, sock)
        try:
            if self.welcome:
                self.welcome(connection)
            if self.context:
                connection.sock = self.context.wrap_socket(sock, server_side=True)
            while True:
                request = connection.read_request()
                self.seen.append(request)
                self.choose(request)(connection, request)
        except (Gone, OSError, ValueError):
            pass
        finally:
            connection.sock.close()

    def choose(self, request):
        waiting = self.faults.get(request.path)
        if waiting:
            return waiting.pop(0)
        return self.always.get(request.path, self.healthy)

    def requests(self, path):
        return [request for request in self.seen if request.path == path]

    # ---- as it should be

    def healthy(self, connection, request):
        if self.token and not request.path.startswith("/open/") and not self.knows(request):
            answer(401, b"who?", {"WWW-Authenticate": 'Basic realm="x"'})(connection, request)
        elif self.git and request.path.startswith("/git/"):
            answer(*self.git.answer(request))(connection, request)
        elif request.path in self.files:
            send_file(self.files[request.path])(connection, request)
        else:
            answer(404, b"no such file")(connection, request)

    def knows(self, request):
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind == "Bearer":
            return value == self.token
        login = subprocess.run(["base64", "-d"], input=value.encode(), capture_output=True, check=False)
        return kind == "Basic" and login.stdout.decode().partition(":")[2] == self.token


def etag(body):
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def send_file(body, headers=None, ranges=True):
    """A file with its ETag (or other headers), or the rest of it to whom If-Range says it is the same."""
    headers = {"ETag": etag(body)} if headers is None else headers

    def send(connection, request):
        validator = headers.get("ETag") or headers.get("Last-Modified")
        start = request.headers.get("range", "")[len("bytes="):].rstrip("-")
        if ranges and start and request.headers.get("if-range") == validator:
            rest = body[int(start):]
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            answer(206, rest, {**headers, "Content-Range": span})(connection, request)
        elif request.headers.get("if-none-match") == headers.get("ETag", "none"):
            answer(304, b"", headers)(connection, request)
        else:
            answer(200, body, headers)(connection, request)
    return send


def make_context(directory, name, host, expired=False):
    """A TLS server's context with a certificate of its own, and that certificate's file."""
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", certificate,
                    "-addext", f"subjectAltName=DNS:{host},IP:127.0.0.1"],
                   check=True, capture_output=True, timeout=30)
    if expired:
        subprocess.run(["openssl", "x509", "-in", certificate, "-signkey", key, "-days", "-1",
                        "-out", certificate], check=True, capture_output=True, timeout=30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


class GitSite:
    """Repositories behind `git http-backend`; `change` maps a stage to a function of its answer's body."""

    def __init__(self, directory):
        self.directory, self.change = directory, {}
        directory.mkdir(parents=True, exist_ok=True)

    @staticmethod
    def stage(request):
        if request.method == "GET":
            return "advert"
        return "ls-refs" if b"command=ls-refs" in request.body else "fetch"

    def answer(self, request):
        path, _, query = request.target[len("/git"):].partition("?")
        env = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.directory),
               "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
               "REQUEST_METHOD": request.method, "REMOTE_ADDR": "127.0.0.1",
               "CONTENT_TYPE": request.headers.get("content-type", ""),
               "CONTENT_LENGTH": str(len(request.body)), "HOME": "/nonexistent",
               "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
               "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
        done = subprocess.run(["git", "http-backend"], input=request.body, env=env,
                              capture_output=True, timeout=30, check=False)
        lines, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in lines.decode().splitlines())
        status = int(headers.pop("Status", "200").split()[0])
        change = self.change.get(self.stage(request))
        return status, change(body) if change else body, headers
