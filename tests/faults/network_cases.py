"""
What a network does to a download. Each case says which exit codes it may end with; 0 means that the
plugin must be installed all the same.
"""

import time
from email.utils import formatdate

from fault_server import FaultServer, answer, etag, head, raw, send_file
from shelf import tar
from trial import OTHER_SECRETS, collector, files

CASES, case = collector()


def whole(trial, headers=None):
    """The good answer's head and body."""
    headers = {"ETag": etag(trial.body)} if headers is None else headers
    return head(200, {**headers, "Content-Length": len(trial.body)}), trial.body


def broken(trial, end="cut", headers=None, least=1):
    """The good answer up to a byte of its body by chance; and how many of the body there are."""
    top, body = whole(trial, headers)
    count = trial.rng.randrange(least, len(body) - 100)
    return raw(top + body[:count], end), count


def asks_for_the_rest(trial, count, number=1):
    def look(_result):
        request = trial.asked()[number]
        assert request.headers.get("range") == f"bytes={count}-", request.head
        assert request.headers["if-range"] == etag(trial.body)
        assert len(trial.asked()) == number + 1
    trial.after = look


def asks_for_all(trial):
    def look(_result):
        assert len(trial.asked()) > 1
        assert not any("range" in request.headers for request in trial.asked())
    trial.after = look


# ---- connections


@case(20)
def nobody_listens(trial):
    trial.site.refuse()


@case(20)
def closed_at_once(trial):
    trial.site.welcome = lambda connection: connection.cut()


@case(20)
def reset_at_once(trial):
    trial.site.welcome = lambda connection: connection.reset()


@case(20)
def silent_before_tls(trial):
    trial.site.welcome = lambda connection: connection.stall()


@case(20)
def garbage_instead_of_tls(trial):
    trial.site.welcome = raw_welcome(trial.rng.randbytes(trial.rng.randrange(1, 2000)))


@case(20)
def tls_alert(trial):
    trial.site.welcome = raw_welcome(b"\x15\x03\x03\x00\x02\x02" + bytes([trial.rng.choice([40, 70, 80])]))


def raw_welcome(data):
    def welcome(connection):
        connection.receive()
        connection.send(data)
        connection.cut()
    return welcome


@case(20)
def certificate_of_another_host(trial):
    trial.site.context = trial.place.wrong_host


@case(20)
def certificate_that_expired(trial):
    trial.site.context = trial.place.expired


@case(20)
def certificate_that_nobody_knows(trial):
    trial.site.context = trial.place.unknown


@case(20)
def name_that_does_not_exist(trial):
    trial.command = ["install", f"https://nowhere-{trial.rng.randrange(1000)}.invalid/x.tar.gz"]


# ---- before the body


@case(0)
def closed_before_the_answer_once(trial):
    trial.answers(raw(b""))


@case(20)
def closed_before_the_answer_always(trial):
    trial.always(raw(b""))


@case(0)
def reset_in_the_head_once(trial):
    top, _ = whole(trial)
    trial.answers(raw(top[:trial.rng.randrange(1, len(top) - 2)], "reset"))


@case(20)
def cut_in_the_head_always(trial):
    top, _ = whole(trial)
    trial.always(raw(top[:trial.rng.randrange(1, len(top) - 2)]))


@case(20)
def silent_before_the_answer(trial):
    trial.always(raw(b"", "stall"))


@case(20)
def silent_in_the_head(trial):
    top, _ = whole(trial)
    trial.always(raw(top[:trial.rng.randrange(1, len(top) - 2)], "stall"))


@case(20)
def head_by_drops(trial):
    top, _ = whole(trial, {f"X-{i}": "y" * 50 for i in range(100)})
    trial.always(lambda connection, _: connection.drip(top, trial.rng.randrange(1, 4), 0.05))


@case(13)
def one_header_without_end(trial):
    trial.always(raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * (300_000 + trial.rng.randrange(100_000))))


@case(13)
def headers_without_end(trial):
    trial.always(raw(b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * (60_000 + trial.rng.randrange(9000))))


# ---- a body that breaks off, and goes on


@case(0)
def cut_in_the_body_once(trial):
    send, count = broken(trial)
    trial.answers(send)
    asks_for_the_rest(trial, count)


@case(0)
def cut_in_the_body_twice(trial):
    size = len(trial.body)
    first = trial.rng.randrange(1, size // 2)
    second = trial.rng.randrange(first + 1, size - 1)
    top, body = whole(trial)
    span = head(206, {"ETag": etag(body), "Content-Length": size - first,
                      "Content-Range": f"bytes {first}-{size - 1}/{size}"})
    trial.answers(raw(top + body[:first]), raw(span + body[first:second]))
    asks_for_the_rest(trial, second, 2)


@case(0)
def reset_in_the_body_once(trial):
    trial.answers(broken(trial, "reset")[0])


@case(0)
def silent_in_the_body_once(trial):
    send, count = broken(trial, "stall")
    trial.answers(send)
    asks_for_the_rest(trial, count)


@case(20)
def cut_in_the_body_always(trial):
    top, body = whole(trial)
    trial.always(raw(top + body[:trial.rng.randrange(0, len(body) - 1)]))


@case(20)
def silent_in_the_body_always(trial):
    top, body = whole(trial)
    trial.always(raw(top + body[:trial.rng.randrange(0, len(body) - 1)], "stall"))


@case(20)
def body_by_drops(trial):
    top, body = whole(trial)

    def send(connection, _request):
        connection.send(top)
        connection.drip(body, trial.rng.randrange(1, 3), 0.1)
    trial.always(send)


@case(20)
def body_without_end(trial):
    """Fast enough to be no silence, and never there."""
    top = head(200, {"ETag": '"x"', "Content-Length": 100_000_000})

    def send(connection, _request):
        connection.send(top)
        connection.drip(bytes(10_000_000), 200, 0.05)
    trial.always(send)


@case(0)
def the_rest_from_a_server_without_ranges(trial):
    trial.answers(broken(trial)[0], send_file(trial.body, ranges=False))


@case(14)
def another_file_between_the_halves(trial):
    """The server says so; what is whole then is not what was pinned."""
    trial.answers(broken(trial)[0])
    trial.always(send_file(tar(files(trial.name + "x"))))


@case(0)
def the_rest_of_another_file(trial):
    """A 206 whose ETag is not the one that was asked for is no rest."""
    send, count = broken(trial)
    size = len(trial.body)
    trial.answers(send, answer(206, bytes(size - count), {
        "ETag": '"other"', "Content-Range": f"bytes {count}-{size - 1}/{size}"}))


@case(14)
def the_rest_with_a_lie(trial):
    """Same ETag, other bytes: the hash decides."""
    send, count = broken(trial)
    size = len(trial.body)
    trial.answers(send, answer(206, trial.rng.randbytes(size - count), {
        "ETag": etag(trial.body), "Content-Range": f"bytes {count}-{size - 1}/{size}"}))


@case(0)
def the_rest_from_another_byte(trial):
    send, count = broken(trial, least=20)
    size, begin = len(trial.body), count - trial.rng.randrange(1, 20)
    trial.answers(send, answer(206, trial.body[begin:], {
        "ETag": etag(trial.body), "Content-Range": f"bytes {begin}-{size - 1}/{size}"}))


@case(0)
def a_rest_that_is_not_all(trial):
    send, count = broken(trial)
    size = len(trial.body)
    trial.answers(send, answer(206, trial.body[count:-50], {
        "ETag": etag(trial.body), "Content-Range": f"bytes {count}-{size - 1}/{size}"}))


@case(0)
def a_range_that_cannot_be(trial):
    trial.answers(broken(trial)[0], answer(416, b"", {"Content-Range": "bytes */1"}))


@case(0)
def a_weak_etag_goes_on_with_nothing(trial):
    trial.answers(broken(trial, headers={"ETag": f'W/{etag(trial.body)}'})[0])
    asks_for_all(trial)


@case(0)
def no_validator_goes_on_with_nothing(trial):
    trial.answers(broken(trial, headers={})[0])
    asks_for_all(trial)


@case(0)
def a_date_goes_on(trial):
    date = formatdate(time.time() - 5000, usegmt=True)
    headers = {"Last-Modified": date, "Date": formatdate(usegmt=True)}
    send, count = broken(trial, headers=headers)
    trial.answers(send, send_file(trial.body, headers))

    def look(_result):
        assert trial.asked()[1].headers["if-range"] == date
        assert trial.asked()[1].headers["range"] == f"bytes={count}-"
    trial.after = look


@case(0)
def a_date_of_this_second_goes_on_with_nothing(trial):
    now = formatdate(usegmt=True)
    trial.answers(broken(trial, headers={"Last-Modified": now, "Date": now})[0])
    asks_for_all(trial)


# ---- one of several that come over one connection


@case(0)
def one_of_several_breaks_once(trial):
    trial.path = f"/{trial.rng.choice(trial.fellows)}.tar.gz"
    trial.body = trial.site.files[trial.path]
    trial.answers(broken(trial, trial.rng.choice(["cut", "reset"]))[0])


@case(20)
def one_of_several_breaks_always(trial):
    trial.path = f"/{trial.rng.choice(trial.fellows)}.tar.gz"
    trial.always(raw(b""))


@case(14)
def one_of_several_is_another(trial):
    trial.path = f"/{trial.rng.choice([trial.name, *trial.fellows])}.tar.gz"
    trial.always(answer(200, trial.rng.randbytes(500)))


# ---- lengths and encodings that lie


@case(14)
def a_length_that_is_too_short(trial):
    count = trial.rng.randrange(1, len(trial.body))
    trial.always(raw(head(200, {"Content-Length": count}) + trial.body))


@case(20)
def a_length_that_is_too_long(trial):
    top = head(200, {"ETag": '"x"', "Content-Length": len(trial.body) + trial.rng.randrange(1, 9999)})
    trial.always(raw(top + trial.body))


@case(13)
def a_length_of_a_terabyte(trial):
    trial.always(raw(head(200, {"Content-Length": 1 << 40}) + trial.body))


@case(20)
def a_length_that_is_no_number(trial):
    trial.always(raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + trial.body))


@case(20)
def chunks_that_are_garbage(trial):
    garbage = b"zz" + trial.rng.randbytes(trial.rng.randrange(10, 500))
    trial.always(raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + garbage))


@case(20)
def chunks_without_the_last(trial):
    count = trial.rng.randrange(1, len(trial.body))
    trial.always(raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(trial.body)
                     + trial.body[:count]))


@case(14)
def other_content(trial):
    body = bytearray(trial.body)
    body[trial.rng.randrange(len(body))] ^= 1 << trial.rng.randrange(8)
    trial.always(answer(200, bytes(body)))


@case(14)
def nothing_at_all(trial):
    trial.always(answer(200, b""))


@case(1, 13)
def half_an_archive(trial):
    """Without a pin nothing but the archive itself can tell."""
    body = trial.body[:trial.rng.randrange(100, len(trial.body) - 20)]
    trial.direct(f"/open/{trial.name}.tar.gz", body)


@case(0)
def http_1_0_until_the_end(trial):
    trial.always(raw(b"HTTP/1.0 200 OK\r\n\r\n" + trial.body))


@case(20)
def no_head_at_all(trial):
    trial.always(raw(trial.body))


# ---- statuses


@case(0)
def busy_once(trial):
    trial.answers(answer(trial.rng.choice([408, 500, 502, 503, 504]), b"busy"))


@case(20)
def busy_always(trial):
    trial.always(answer(trial.rng.choice([500, 502, 503, 504]), b"\x1b[2Jbusy" * 9999))
    trial.after = lambda _: count_of(trial, 3)


def count_of(trial, count):
    assert len(trial.asked()) == count


def count_at(server, count):
    assert len(server.seen) == count


@case(0)
def come_back_in_a_second(trial):
    times = []

    def busy(connection, request):
        times.append(time.monotonic())
        answer(trial.rng.choice([429, 503]), b"", {"Retry-After": "1"})(connection, request)

    def good(connection, request):
        times.append(time.monotonic())
        trial.site.healthy(connection, request)
    trial.answers(busy, good)

    def look(_result):
        assert times[1] - times[0] >= 1
    trial.after = look


@case(20)
def come_back_in_an_hour(trial):
    later = trial.rng.choice(["3600", "99999999999999999999", formatdate(time.time() + 3600, usegmt=True)])
    trial.always(answer(429, b"", {"Retry-After": later}))
    trial.after = lambda _: count_of(trial, 1)


@case(0)
def come_back_whenever(trial):
    trial.answers(answer(503, b"", {"Retry-After": trial.rng.choice(["-5", "soon", "", "1e9", "\x01"])}))


@case(20)
def a_part_that_nobody_asked_for(trial):
    trial.always(answer(206, trial.body[5:], {"Content-Range": f"bytes 5-{len(trial.body) - 1}/{len(trial.body)}"}))


@case(20)
def unchanged_since_never(trial):
    trial.always(answer(304))


@case(20)
def no_content(trial):
    trial.always(raw(head(204)))


@case(10)
def gone(trial):
    trial.always(answer(trial.rng.choice([404, 410]), b"gone"))


@case(21)
def not_let_in(trial):
    trial.always(answer(trial.rng.choice([401, 403]), b"who?", {"WWW-Authenticate": 'Basic realm="x"'}))

    def look(result):
        assert "'far'" in result.stderr and "FAR_TOKEN" in result.stderr
        count_of(trial, 1)
    trial.after = look


@case(21)
def a_token_that_is_not_set(trial):
    trial.env.pop("FAR_TOKEN")

    def look(result):
        assert "'far'" in result.stderr and "FAR_TOKEN" in result.stderr
        count_of(trial, 0)
    trial.after = look


@case(21)
def a_token_that_is_wrong(trial):
    trial.env["FAR_TOKEN"] = "wrong"


# ---- redirects


def to(target, status=302):
    return answer(status, b"", {"Location": target})


@case(20)
def a_redirect_in_a_circle(trial):
    trial.always(to(trial.path, trial.rng.choice([301, 302, 303, 307, 308])))
    trial.after = lambda _: count_of(trial, 6)


@case(13)
def a_redirect_without_encryption(trial):
    trial.always(to(f"http://localhost:{trial.other.port}{trial.path}"))


@case(20)
def a_redirect_to_nowhere(trial):
    trial.always(answer(302))


@case(0)
def a_redirect_to_another_origin(trial):
    """There the file is, and the token is not sent."""
    trial.other.files["/moved"] = trial.body
    trial.always(to(f"{trial.other.url}/moved", trial.rng.choice([301, 302, 303, 307, 308])))
    trial.after = lambda _: count_at(trial.other, 1)


@case(21)
def a_redirect_to_another_origin_that_asks(trial):
    trial.other.always["/moved"] = answer(401, b"", {"WWW-Authenticate": "Basic realm=x"})
    trial.always(to(f"{trial.other.url}/moved"))


@case(21)
def a_redirect_to_another_name_of_the_host(trial):
    """127.0.0.1 is where localhost is, and not the origin that the token belongs to."""
    trial.place.site.always["/moved"] = answer(401)
    trial.always(to(f"https://127.0.0.1:{trial.site.port}/moved"))

    def look(_result):
        assert "authorization" not in trial.site.requests("/moved")[0].headers
    trial.after = look


@case(0)
def a_redirect_within_the_origin(trial):
    """The token goes along."""
    trial.site.files["/moved"] = trial.body
    trial.always(to("/moved"))


@case(13)
def a_redirect_with_a_login(trial):
    trial.always(to(f"https://me:{OTHER_SECRETS[1]}@localhost:{trial.other.port}/x"))


# ---- proxies


class Proxy(FaultServer):
    """Speaks plain HTTP; what it answers to CONNECT is the case's affair."""

    def __init__(self, send):
        super().__init__(None)
        self.send = send

    def choose(self, request):
        return self.send


def through(trial, send):
    proxy = Proxy(send)
    trial.helpers.append(proxy)
    trial.env["https_proxy"] = f"http://127.0.0.1:{proxy.port}"

    def look(_result):
        assert proxy.seen and trial.asked() == []
    trial.after = look


@case(20)
def a_proxy_that_is_not_there(trial):
    proxy = Proxy(None)
    proxy.close()
    trial.env["https_proxy"] = f"http://127.0.0.1:{proxy.port}"


@case(20)
def a_proxy_that_asks_who(trial):
    through(trial, answer(407, b"", {"Proxy-Authenticate": "Basic realm=x"}))


@case(20)
def a_proxy_that_refuses(trial):
    through(trial, answer(trial.rng.choice([403, 502, 503]), b"no"))


@case(20)
def a_proxy_that_hangs(trial):
    through(trial, raw(b"HTTP/1.1 200 OK\r\n\r\n"[:trial.rng.randrange(0, 10)], "stall"))


@case(20)
def a_proxy_that_hangs_up(trial):
    through(trial, raw(b"HTTP/1.1 200 OK\r\n\r\n"))
