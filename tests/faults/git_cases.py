"""
What a Git server does to a fetch. Each case says which exit codes it may end with; 0 means that the
plugin must be installed all the same.
"""

import struct

from fault_server import answer, head, raw
from git_wire import (add_entries, delta_bomb, entry, error, join, make_pack, pkt, sealed, split,
                      with_band, with_pack)
from trial import collector, files

CASES, case = collector()

ADVERT = "application/x-git-upload-pack-advertisement"
RESULT = {"Content-Type": "application/x-git-upload-pack-result"}
DONE = pkt("done\n")
ESCAPES = b"\x1b]0;title\x07\x1b[2Jgone\xe2\x80\xae\r\n\x9bevil"


def change(trial, stage, function):
    trial.site.git.change[stage] = function


def cut(trial, part=None):
    """A body up to a byte by chance, whole for HTTP."""
    return lambda body: body[:trial.rng.randrange(1, part(body) if part else len(body) - 4)]


def command(trial, send, stage="fetch"):
    """Instead of an answer to that command."""
    def choose(connection, request):
        if trial.site.git.stage(request) == stage:
            send(connection, request)
        else:
            trial.site.healthy(connection, request)
    path = "/info/refs" if stage == "advert" else "/git-upload-pack"
    trial.always(choose, trial.path + path)


# ---- the greeting


@case(20)
def greeting_cut(trial):
    change(trial, "advert", cut(trial, lambda body: body.index(b"fetch=")))


@case(20)
def greeting_of_an_old_server(trial):
    oid = "1" * 40
    change(trial, "advert", lambda _: pkt("# service=git-upload-pack\n") + b"0000"
           + pkt(f"{oid} HEAD\0multi_ack side-band-64k\n") + pkt(f"{oid} refs/heads/main\n") + b"0000")


@case(20)
def greeting_that_is_a_page(trial):
    command(trial, answer(200, b"<html>" + trial.rng.randbytes(500)), "advert")


@case(20)
def greeting_of_random_packets(trial):
    change(trial, "advert", lambda _: join([(None, trial.rng.randbytes(trial.rng.randrange(1, 99)))
                                            for _ in range(9)]))


@case(20)
def greeting_without_fetch(trial):
    change(trial, "advert", lambda body: join([packet for packet in split(body)
                                               if not packet[1].startswith(b"fetch")]))


@case(1)
def greeting_of_other_ids(trial):
    change(trial, "advert", lambda body: body.replace(b"object-format=sha1", b"object-format=sha2"))


@case(10)
def no_such_repository(trial):
    command(trial, answer(404), "advert")


# ---- the list of references


@case(20)
def references_cut(trial):
    change(trial, "ls-refs", cut(trial))


@case(20)
def references_malformed(trial):
    change(trial, "ls-refs", lambda body: pkt(b"x" * trial.rng.randrange(30, 50) + b" HEAD\n") + b"0000")


@case(20)
def references_refused(trial):
    change(trial, "ls-refs", lambda _: error("come back later"))


@case(10)
def references_of_nothing(trial):
    change(trial, "ls-refs", lambda _: b"0000")


@case(14, 20)
def reference_to_what_is_not_there(trial):
    oid = f"{trial.rng.getrandbits(160):040x}"
    change(trial, "ls-refs", lambda _: pkt(f"{oid} HEAD symref-target:refs/heads/main\n") + b"0000")


@case(0)
def reference_that_moves_on(trial):
    """What was listed is what is installed."""
    def move(body):
        trial.repo.commit({"SKILL.md": "moved\n"})
        trial.site.git.change.clear()
        return body
    change(trial, "ls-refs", move)

    def back(_result):
        trial.repo.git("reset", "-q", "--hard", "HEAD~1")
    trial.after = back


@case(20)
def reference_that_is_forced_away(trial):
    repo = trial.repo
    old = repo.head

    def force(body):
        repo.git("checkout", "-q", "--orphan", "new")
        repo.commit({"SKILL.md": "forced\n"})
        repo.git("branch", "-D", "main")
        repo.git("branch", "-m", "main")
        repo.git("bundle", "create", repo.path / "kept", "main")
        (repo.path / ".git/objects/aside").mkdir()
        place = repo.path / ".git/objects" / old[:2] / old[2:]
        place.rename(repo.path / ".git/objects/aside" / old)
        return body
    change(trial, "ls-refs", force)

    def back(_result):
        (repo.path / ".git/objects" / old[:2]).mkdir(exist_ok=True)
        (repo.path / ".git/objects/aside" / old).rename(repo.path / ".git/objects" / old[:2] / old[2:])
        repo.git("update-ref", "refs/heads/main", old)
    trial.after = back


# ---- the pack


@case(20)
def pack_cut(trial):
    change(trial, "fetch", cut(trial))


def part_of_a_pack(trial, then):
    def send(connection, request):
        _, body, headers = trial.site.git.answer(request)
        top = head(200, {**headers, "Content-Length": len(body)})
        connection.send(top + body[:trial.rng.randrange(1, len(body) - 4)])
        then(connection)
    command(trial, send)


@case(20)
def pack_reset(trial):
    part_of_a_pack(trial, lambda connection: connection.reset())


@case(20)
def pack_silent(trial):
    part_of_a_pack(trial, lambda connection: connection.stall())


@case(20)
def pack_by_drops(trial):
    def send(connection, request):
        _, body, headers = trial.site.git.answer(request)
        connection.send(head(200, {**headers, "Content-Length": len(body)}))
        connection.drip(body, trial.rng.randrange(1, 20), 0.2)
    command(trial, send)


@case(1)
def pack_with_a_wrong_byte(trial):
    def flip(pack):
        at = trial.rng.randrange(12, len(pack) - 20)
        return pack[:at] + bytes([pack[at] ^ 1 << trial.rng.randrange(8)]) + pack[at + 1:]
    change(trial, "fetch", with_pack(flip))


@case(1)
def pack_with_a_wrong_checksum(trial):
    change(trial, "fetch", with_pack(lambda pack: pack[:-20] + trial.rng.randbytes(20)))


@case(1)
def pack_that_counts_wrongly(trial):
    count = trial.rng.choice([0, 1, 99, 2**31, 2**32 - 1])
    change(trial, "fetch", with_pack(lambda pack: sealed(pack[:8] + struct.pack(">I", count) + pack[12:-20])))


@case(1)
def pack_of_noise(trial):
    change(trial, "fetch", with_pack(lambda _: trial.rng.randbytes(trial.rng.randrange(1, 5000))))


@case(0)
def pack_with_more_than_asked(trial):
    blobs = [entry("blob", trial.rng.randbytes(100)) for _ in range(20)]
    change(trial, "fetch", with_pack(lambda pack: add_entries(pack, *blobs)))


@case(14, 20)
def pack_of_something_else(trial):
    blob = trial.rng.randbytes(50)
    change(trial, "fetch", with_pack(lambda _: make_pack(entry("blob", blob))))


@case(14, 20)
def pack_of_nothing(trial):
    change(trial, "fetch", with_pack(lambda _: make_pack()))


@case(14, 20)
def pack_of_another_commit(trial):
    """One with all that belongs to it, and not the one that was asked for."""
    evil = trial.place.git.repo(trial.name + "-evil", files(trial.name + "x"))

    def send(connection, request):
        request.body = request.body.replace(trial.repo.head.encode(), evil.head.encode())
        request.target = request.target.replace(trial.name, trial.name + "-evil")
        (trial.site.git.directory / f"{trial.name}-evil.git").symlink_to(evil.path / ".git")
        status, body, headers = trial.site.git.answer(request)
        (trial.site.git.directory / f"{trial.name}-evil.git").unlink()
        answer(status, body, headers)(connection, request)
    command(trial, send)


@case(0)
def pack_without_its_files(trial):
    """A commit and its folders, though the files were asked for: they are asked for once more."""
    def send(connection, request):
        request.body = request.body.replace(DONE, pkt("filter blob:none\n") + DONE)
        answer(*trial.site.git.answer(request))(connection, request)
    command(trial, send)


@case(20)
def pack_that_never_has_its_files(trial):
    def send(connection, request):
        request.body = (pkt("command=fetch\n") + b"0001" + pkt("deepen 1\n") + pkt("filter blob:none\n")
                        + pkt(f"want {trial.repo.head}\n") + DONE + b"0000")
        request.headers["content-length"] = str(len(request.body))
        answer(*trial.site.git.answer(request))(connection, request)
    command(trial, send)


@case(1, 13, 20)
def pack_with_a_delta_bomb(trial):
    bomb = delta_bomb(trial.rng.choice([300 << 20, 1 << 30, 1 << 32]))
    change(trial, "fetch", with_pack(lambda pack: add_entries(pack, *bomb)))


@case(20)
def pack_without_its_end(trial):
    change(trial, "fetch", lambda body: body[:-4])


@case(20)
def pack_after_which_the_server_gives_up(trial):
    change(trial, "fetch", with_band(3, b"out of \x1b[2Jmemory" + ESCAPES, keep_pack=False))


@case(0)
def pack_with_talk(trial):
    trial.command.append("--verbose")
    change(trial, "fetch", with_band(2, ESCAPES, keep_pack=True))


@case(20)
def pack_in_an_unknown_band(trial):
    change(trial, "fetch", with_band(trial.rng.randrange(4, 255), b"x", keep_pack=True))


@case(20)
def fetch_refused(trial):
    change(trial, "fetch", lambda _: error("not \x1b[31mour ref"))


@case(20)
def fetch_answered_with_noise(trial):
    change(trial, "fetch", lambda _: trial.rng.randbytes(trial.rng.randrange(1, 3000)))


@case(20)
def fetch_answered_as_a_page(trial):
    command(trial, answer(200, b"<html>", {"Content-Type": "text/html"}))


@case(20)
def fetch_that_moved(trial):
    command(trial, answer(trial.rng.choice([301, 302, 303]), b"", {"Location": "/git/x"}))


@case(21)
def fetch_not_let_in(trial):
    command(trial, answer(trial.rng.choice([401, 403])))

    def look(result):
        assert "'far'" in result.stderr and "FAR_TOKEN" in result.stderr
    trial.after = look


@case(20)
def fetch_closed(trial):
    command(trial, raw(b""))


# ---- filters


@case(0)
def a_filter_that_is_not_applied(trial):
    def send(connection, request):
        request.body = request.body.replace(pkt("filter blob:none\n"), b"")
        answer(*trial.site.git.answer(request))(connection, request)
    command(trial, send)


@case(0)
def no_filter_after_all(trial):
    trial.repo.git("config", "uploadpack.allowFilter", "false")


# ---- ssh: a program of that name that does what a case wants


def ssh(trial, script):
    """The same repository over ssh; `$command` runs what was asked for."""
    folder = trial.place.directory / "ssh" / trial.name
    folder.mkdir(parents=True)
    program = folder / "ssh"
    program.write_text('#!/bin/sh\nfor command; do :; done\n' + script)
    program.chmod(0o755)
    trial.env["PATH"] = f"{folder}:/usr/local/bin:/usr/bin:/bin"
    trial.command = ["install", f"ssh://git@example.org{trial.repo.path}/.git"]
    trial.owners = []


@case(0)
def ssh_as_it_should_be(trial):
    ssh(trial, 'eval "$command"\n')


@case(20)
def ssh_that_cannot_connect(trial):
    ssh(trial, 'echo "ssh: connect to host example.org port 22: Connection refused" >&2; exit 255\n')


@case(20)
def ssh_that_says_escapes(trial):
    ssh(trial, "printf '\\033]0;title\\007\\033[2Jgone\\n' >&2; exit 255\n")


@case(13)
def ssh_that_knows_no_such_host(trial):
    ssh(trial, 'echo "Host key verification failed." >&2; exit 255\n')


@case(21)
def ssh_that_is_not_let_in(trial):
    ssh(trial, 'echo "git@example.org: Permission denied (publickey)." >&2; exit 255\n')


@case(20)
def ssh_that_is_silent(trial):
    ssh(trial, "exec sleep 30\n")


@case(20)
def ssh_with_a_banner(trial):
    ssh(trial, f"head -c {trial.rng.randrange(1, 5000)} /dev/zero | tr '\\0' 'W'; sleep 30\n")


@case(20)
def ssh_cut(trial):
    ssh(trial, f'eval "$command" | head -c {trial.rng.randrange(1, 900)}\n')


@case(20)
def ssh_cut_in_the_pack(trial):
    ssh(trial, f'eval "$command" | head -c {trial.rng.randrange(1500, 6000)}\n')


@case(20)
def ssh_that_stops_in_the_pack(trial):
    ssh(trial, f'{{ eval "$command" | head -c {trial.rng.randrange(1500, 6000)}; sleep 30; }}\n')


@case(20)
def ssh_that_talks_without_end(trial):
    ssh(trial, "while :; do printf 0004; sleep 0.05; done\n")
