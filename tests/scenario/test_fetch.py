"""The helper over https, ssh and local paths: what it transfers, verifies and refuses."""

import hashlib
import shutil
import socket
import threading

import pytest

from fetching import Helper
from servers import SshServer


@pytest.fixture
def helper(build, tmp_path):
    return Helper(build / "libexec/paii/paii-fetch", tmp_path / "jobs")


@pytest.fixture
def trusting(helper, web):
    """The helper, trusting the web server's certificate."""
    helper.env.update(web.env)
    return helper


@pytest.fixture
def sshd(tmp_path):
    if not shutil.which("sshd") and not shutil.which("/usr/sbin/sshd"):
        pytest.skip("no sshd")
    server = SshServer(tmp_path / "sshd")
    yield server
    server.close()


FILES = {
    "registry.toml": "[registry]\nname = 'work'\n",
    "plugins/jira/plugin.toml": "[plugin]\nname = 'jira'\n",
    "plugins/jira/bin/run": "#!/bin/sh\necho jira\n",
    "plugins/other/big.bin": "x" * 300_000,
}


# ---- git over https


def test_an_unchanged_registry_costs_one_request(trusting, web, git):
    repo = git.repo("work", FILES)
    url = web.add_repository("work", repo)
    first = trusting.run("git-files", url=url, files=["registry.toml", "plugins.toml"])
    assert first["commit"] == repo.head
    assert first["found"] == ["registry.toml"]
    assert first.files() == {"registry.toml": FILES["registry.toml"].encode()}

    web.forget()
    again = trusting.run("git-files", url=url, files=["registry.toml"], known=repo.head)
    assert again["unchanged"] is True and again["commit"] == repo.head
    assert web.requests == ["POST /git/work.git/git-upload-pack"]
    assert again["requests"] == 1 and again["received"] < 500
    assert again.files() == {}


def test_a_changed_registry_brings_the_new_files(trusting, web, git):
    repo = git.repo("work", FILES)
    url = web.add_repository("work", repo)
    old = trusting.run("git-files", url=url, files=["registry.toml"])["commit"]
    repo.commit({"registry.toml": "new\n"})
    answer = trusting.run("git-files", url=url, files=["registry.toml"], known=old)
    assert answer["unchanged"] is False and answer["commit"] == repo.head
    assert answer.files() == {"registry.toml": b"new\n"}


def test_one_plugin_costs_what_it_weighs(trusting, web, git):
    repo = git.repo("work", {**FILES, "plugins/other/noise": bytes(range(256)) * 8000})
    repo.commit({"plugins/other/more": hashlib.sha512(b"a").digest() * 9999})
    url = web.add_repository("work", repo)
    answer = trusting.run("git-tree", url=url, path="plugins/jira", into="src")
    assert answer.files("src") == {"plugin.toml": FILES["plugins/jira/plugin.toml"].encode(),
                                   "bin/run": FILES["plugins/jira/bin/run"].encode()}
    assert (answer.staging / "src/bin/run").stat().st_mode & 0o777 == 0o755
    assert (answer.staging / "src/plugin.toml").stat().st_mode & 0o777 == 0o644
    assert answer["received"] < 4000 and answer["files"] == 2


@pytest.mark.parametrize("filtering", [True, False])
def test_a_second_install_of_a_commit_transfers_nothing(trusting, web, git, filtering):
    repo = git.repo("work", FILES)
    url = web.add_repository("work", repo, filtering)
    first = trusting.run("git-tree", url=url, commit=repo.head, path="plugins/jira", into="src")
    web.forget()
    second = trusting.run("git-tree", url=url, commit=repo.head, path="plugins/jira", into="src")
    assert web.requests == [] and second["received"] == 0
    assert second["tree"] == first["tree"] and second.files("src") == first.files("src")


def test_a_folder_that_a_commit_left_alone_is_not_written(trusting, web, git, tmp_path):
    """`base` is a commit that the asker has; one that the cache lacks tells nothing, and is not asked for."""
    repo = git.repo("work", {"plugins/jira/a": "1\n", "plugins/mail/a": "1\n"})
    url, first = web.add_repository("work", repo), repo.head
    second = repo.commit({"plugins/mail/a": "2\n"})
    for path in ("plugins/jira", "plugins/mail"):
        trusting.run("git-tree", url=url, commit=first, path=path, into="src")
    kept = trusting.run("git-tree", url=url, commit=second, path="plugins/jira", into="src", base=first)
    assert kept["unchanged"] and kept["commit"] == second and "tree" not in kept.last and not kept["files"]
    other = trusting.run("git-tree", url=url, commit=second, path="plugins/mail", into="src", base=first)
    assert not other["unchanged"] and other["files"] == 1
    unknown = trusting.run("git-tree", url=url, commit=second, path="plugins/jira", into="src", base="1" * 40)
    assert not unknown["unchanged"] and unknown["files"] == 1
    refused = trusting.run("git-tree", url=url, commit=second, path="", into="src", base="main")
    assert refused.code == "refused"


def test_the_tree_hash_is_that_of_the_documented_lines(trusting, web, git):
    repo = git.repo("work", FILES)
    answer = trusting.run("git-tree", url=web.add_repository("work", repo), path="plugins/jira",
                          into="src")
    lines = "".join(
        f"{mode} {hashlib.sha256(FILES['plugins/jira/' + name].encode()).hexdigest()} {name}\n"
        for name, mode in (("bin/run", 100755), ("plugin.toml", 100644)))
    assert answer["tree"] == hashlib.sha256(lines.encode()).hexdigest()


def test_branches_and_tags(trusting, web, git):
    repo = git.repo("work", {"a": "1\n"})
    first = repo.tag("v1")
    repo.git("tag", "-a", "annotated", "-m", "words")
    repo.commit({"a": "2\n"})
    repo.git("branch", "side")
    url = web.add_repository("work", repo)
    for ref, commit in (("v1", first), ("annotated", first), ("side", repo.head),
                        ("refs/tags/v1", first)):
        answer = trusting.run("git-tree", url=url, ref=ref, path="", into="src")
        assert answer["commit"] == commit, ref
    missing = trusting.run("git-tree", url=url, ref="v2", path="", into="src")
    assert missing.code == "not_found" and "v2" in missing.message


def test_a_pin_in_the_history_is_found(trusting, web, git):
    repo = git.repo("work", {"a": "1\n"})
    pin = repo.head
    for i in range(5):
        repo.commit({"a": f"{i}\n"})
    answer = trusting.run("git-tree", url=web.add_repository("work", repo), commit=pin, path="",
                          into="src")
    assert answer["commit"] == pin and answer.files("src") == {"a": b"1\n"}


@pytest.mark.parametrize("over", ["https", "file"])
def test_a_pin_that_is_nowhere_is_a_mismatch(trusting, web, git, over):
    repo = git.repo("work", {"a": "1\n"})
    url = web.add_repository("work", repo) if over == "https" else repo.url
    answer = trusting.run("git-tree", url=url, commit="1" * 40, path="", into="src")
    assert answer.code == "mismatch" and "1" * 40 in answer.message
    assert answer.files() == {}


@pytest.mark.parametrize("ref", ["gone", None])
@pytest.mark.parametrize("over", ["https", "file"])
def test_a_pin_that_is_nowhere_is_a_mismatch_whatever_else_is_missing(trusting, web, git, over, ref):
    repo = git.repo("work", {"a": "1\n"})
    url = web.add_repository("work", repo) if over == "https" else repo.url
    if not ref:
        repo.git("symbolic-ref", "HEAD", "refs/heads/nothing")
    answer = trusting.run("git-tree", url=url, commit="1" * 40, path="", into="src",
                          **({"ref": ref} if ref else {}))
    assert answer.code == "mismatch" and "1" * 40 in answer.message
    assert answer.files() == {}


@pytest.mark.parametrize("over", ["https", "file"])
def test_a_branch_named_like_a_commit_does_not_stand_for_it(trusting, web, git, over):
    repo = git.repo("work", {"a": "good\n"})
    pin = repo.head
    repo.commit({"a": "evil\n"})
    repo.git("update-ref", f"refs/heads/{pin}", "HEAD")
    url = web.add_repository("work", repo) if over == "https" else repo.url
    pinned = trusting.run("git-tree", url=url, commit=pin, path="", into="src")
    assert pinned["commit"] == pin and pinned.files("src") == {"a": b"good\n"}
    named = trusting.run("git-tree", url=url, ref=pin, path="", into="src")
    assert named.code == "refused"


def test_a_pin_must_be_a_whole_commit_id(trusting, git):
    repo = git.repo("work", {"a": "1\n"})
    for pin in (repo.head[:12], repo.head.upper(), "main", repo.git("rev-parse", "HEAD^{tree}")):
        answer = trusting.run("git-tree", url=repo.url, commit=pin, path="", into="src")
        assert answer.code in ("refused", "mismatch"), pin
        assert answer.files() == {}


def test_a_server_that_forgot_what_it_could_is_asked_again(trusting, web, git):
    repo = git.repo("work", FILES)
    url = web.add_repository("work", repo)
    trusting.run("git-files", url=url, files=["registry.toml"])
    web.add_repository("work", repo, filtering=False)
    repo.commit({"registry.toml": "new\n"})
    answer = trusting.run("git-files", url=url, files=["registry.toml"])
    assert answer.files() == {"registry.toml": b"new\n"}


def test_a_server_of_the_old_protocol_is_named(trusting, web, git):
    url = web.add_repository("old", git.repo("old", FILES))
    web.git_protocol_2 = False
    answer = trusting.run("git-files", url=url, files=["registry.toml"])
    assert answer.code == "network" and "version 2" in answer.message


def test_an_empty_repository_says_so(trusting, git, web):
    repo = git.repo("empty", {"a": "1\n"})
    repo.git("update-ref", "-d", "HEAD")
    for url in (repo.url, web.add_repository("empty", repo)):
        answer = trusting.run("git-files", url=url, files=["registry.toml"])
        assert answer.code == "not_found" and "no commit" in answer.message


# ---- files over https


def test_a_file_is_fetched_once_and_then_unchanged(trusting, web):
    url = web.add("index.toml", "hello\n")
    first = trusting.run("get", url=url, into="index.toml")
    assert first.files() == {"index.toml": b"hello\n"}
    assert first["sha256"] == hashlib.sha256(b"hello\n").hexdigest()
    again = trusting.run("get", url=url, into="index.toml", known=first["etag"],
                         known_date=first["date"])
    assert again["unchanged"] is True and again.files() == {} and again["requests"] == 1


def test_a_pinned_file_that_changed_is_a_mismatch(trusting, web):
    answer = trusting.run("get", url=web.add("a", "new"), into="a", sha256="0" * 64)
    assert answer.code == "mismatch" and answer.files() == {}


def test_statuses_have_their_codes(trusting, web):
    for status, code in ((401, "auth"), (403, "auth"), (404, "not_found"), (410, "not_found"),
                         (418, "network")):
        web.routes["/x"] = lambda handler, status=status: handler.reply(status, b"page")
        assert trusting.run("get", url=f"{web.url}/x", into="x").code == code
    assert trusting.run("git-files", url=f"{web.url}/git/none.git", files=["a"]).code == "not_found"


def test_a_busy_server_is_tried_again(trusting, web):
    answers = [503, 502]
    web.routes["/x"] = lambda h: h.reply(answers.pop()) if answers else h.reply(200, b"there")
    answer = trusting.run("get", url=f"{web.url}/x", into="x")
    assert answer.files() == {"x": b"there"} and answer["requests"] == 3


def test_an_unknown_certificate_is_not_trusted(helper, web):
    answer = helper.run("get", url=web.add("a", "b"), into="a")
    assert answer.code == "network" and "localhost" in answer.message
    assert web.requests == []


def test_nobody_at_home(helper):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{probe.getsockname()[1]}/x"
        answer = helper.run("get", url=url, into="x")
    assert answer.code == "network" and "127.0.0.1" in answer.message and answer.seconds < 5


def test_redirects_are_ours(trusting, web):
    web.add("there", "found")
    web.routes["/here"] = lambda h: h.redirect("/there")
    answer = trusting.run("get", url=f"{web.url}/here", into="x")
    assert answer.files() == {"x": b"found"} and answer["requests"] == 2
    web.routes["/loop"] = lambda h: h.redirect("/loop")
    web.forget()
    assert trusting.run("get", url=f"{web.url}/loop", into="x").code == "network"
    assert len(web.requests) == 6
    for target in ("http://localhost/x", "file:///etc/passwd", "ftp://localhost/x", "gopher://x/"):
        web.routes["/down"] = lambda h, target=target: h.redirect(target)
        assert trusting.run("get", url=f"{web.url}/down", into="x").code == "refused", target


def test_a_repository_that_moved_is_found_and_remembered(trusting, web, git):
    repo = git.repo("work", FILES)
    web.add_repository("work", repo)
    web.routes["/moved/info/refs"] = lambda h: h.redirect(
        "/git/work.git/info/refs?service=git-upload-pack", 301)
    url = f"{web.url}/moved"
    answer = trusting.run("git-files", url=url, files=["registry.toml"])
    assert answer["commit"] == repo.head
    web.forget()
    trusting.run("git-files", url=url, files=["registry.toml"], known=repo.head)
    assert web.requests == ["POST /git/work.git/git-upload-pack"]


def test_public_means_public(trusting, web):
    url = web.add("a", "b")
    answer = trusting.run("get", url=url, into="x", public=True)
    assert answer.code == "refused" and web.requests == []


def test_sizes_are_limited(trusting, web):
    url = web.add("big", b"x" * 5000)
    assert trusting.run("get", url=url, into="x", max=4999).code == "refused"
    assert trusting.run("get", url=url, into="x", max=5000).code is None

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b"y" * 65536)

    web.routes["/endless"] = endless
    answer = trusting.run("get", url=f"{web.url}/endless", into="x", max=1 << 20)
    assert answer.code == "refused" and answer.files() == {}

    def headers(handler):
        handler.send_response(200)
        for i in range(4000):
            handler.send_header(f"X-{i}", "z" * 100)
        handler.end_headers()

    web.routes["/headers"] = headers
    assert trusting.run("get", url=f"{web.url}/headers", into="x").code in ("refused", "network")


def test_a_short_answer_is_an_error(trusting, web):
    def short(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True

    web.routes["/short"] = short
    answer = trusting.run("get", url=f"{web.url}/short", into="x")
    assert answer.code == "network" and answer.files() == {}


def test_a_silent_server_is_given_up(helper):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        held = []
        threading.Thread(target=lambda: held.append(listener.accept()), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        answer = helper.run("get", url=url, into="x")
    assert answer.code == "network" and answer.seconds < 12


def test_garbage_is_no_git_server(trusting, web):
    for body in (b"", b"<html>", b"0008abcd", b"ffff" + b"x" * 70000, b"0003", b"zzzz"):
        web.routes["/g/*"] = lambda h, body=body: h.reply(200, body)
        answer = trusting.run("git-files", url=f"{web.url}/g", files=["a"])
        assert answer.code == "network", body


def test_a_header_value_cannot_hold_a_newline(trusting, web):
    answer = trusting.run("get", url=web.add("a", "b"), into="x", known="x\r\nCookie: y")
    assert answer.code == "refused" and web.requests == []


# ---- git over ssh


def test_ssh_brings_the_same_as_a_path(helper, sshd, git):
    repo = git.repo("it's a repo!", FILES)
    repo.git("config", "uploadpack.allowFilter", "true")
    sshd.use(helper.env)
    url = f"{sshd.url}{repo.path}".replace(" ", "%20")
    there = helper.run("git-tree", url=url, path="plugins/jira", into="src")
    here = helper.run("git-tree", url=repo.url.replace(" ", "%20"), path="plugins/jira", into="src")
    assert there["commit"] == here["commit"] and there["tree"] == here["tree"]
    again = helper.run("git-files", url=url, files=["registry.toml"], known=repo.head)
    assert again["unchanged"] is True
    assert all(" -- " in call and "BatchMode=yes" in call for call in sshd.calls)


def test_ssh_refuses_unknown_and_changed_hosts(helper, sshd, git):
    repo = git.repo("work", FILES)
    sshd.use(helper.env)
    for change in (sshd.forget_host, sshd.change_host):
        change()
        answer = helper.run("git-files", url=f"{sshd.url}{repo.path}", files=["registry.toml"])
        assert answer.code == "refused" and "host key" in answer.message


def test_ssh_failures_have_their_codes(helper, sshd, git, tmp_path):
    sshd.use(helper.env)
    missing = helper.run("git-files", url=f"{sshd.url}{tmp_path}/none", files=["a"])
    assert missing.code == "not_found"
    sshd.lose_key()
    assert helper.run("git-files", url=f"{sshd.url}{tmp_path}/none", files=["a"]).code == "auth"
    helper.env["PATH"] = "/nonexistent:relative"
    answer = helper.run("git-files", url=f"{sshd.url}{tmp_path}/none", files=["a"])
    assert answer.code == "error" and "'ssh'" in answer.message


def test_ssh_takes_no_options_from_a_url(helper, sshd, tmp_path):
    sshd.use(helper.env)
    canary = tmp_path / "canary"
    for url in (f"ssh://-oProxyCommand=touch%20{canary}/x", f"ssh://-o@127.0.0.1/{canary}",
                f"ssh://a@-oProxyCommand=x/{canary}", f"ext::touch {canary}", "fd::17",
                f"ssh://127.0.0.1:{sshd.port}/$(touch {canary})",
                f"{sshd.url}/';touch%20{canary};'", f"{sshd.url}/%0atouch%20{canary}"):
        answer = helper.run("git-files", url=url, files=["a"])
        assert answer.code in ("refused", "not_found"), url
        assert not canary.exists()


# ---- local repositories


def test_a_local_repository_is_read_in_place(helper, git):
    repo = git.repo("work", FILES)
    repo.git("gc", "-q")
    bare = repo.path.parent / "bare.git"
    repo.git("clone", "-q", "--bare", ".", bare)
    for url in (repo.url, str(repo.path), str(bare)):
        answer = helper.run("git-tree", url=url, path="plugins/jira", into="src")
        assert answer["commit"] == repo.head and answer["requests"] == 0
        assert sorted(answer.files("src")) == ["bin/run", "plugin.toml"]
        assert list(helper.cache(url).iterdir()) == []


def test_a_repository_cannot_make_us_run_anything(helper, git, tmp_path):
    canary = tmp_path / "canary"
    repo = git.repo("work", {**FILES, ".gitattributes": "* filter=evil text eol=crlf\n"})
    for key in ("core.fsmonitor", "filter.evil.smudge", "core.sshCommand", "uploadpack.packObjectsHook"):
        repo.git("config", key, f"touch {canary}")
    answer = helper.run("git-tree", url=repo.url, path="", into="src")
    assert answer.files("src")["registry.toml"] == FILES["registry.toml"].encode()
    assert not canary.exists()


def test_a_shallow_clone_says_what_it_lacks(helper, git):
    repo = git.repo("work", {"a": "1\n"})
    pin = repo.head
    repo.commit({"a": "2\n"})
    clone = repo.path.parent / "shallow"
    repo.git("clone", "-q", "--depth", "1", repo.url, clone)
    assert helper.run("git-tree", url=str(clone), path="", into="src").files("src") == {"a": b"2\n"}
    assert helper.run("git-tree", url=str(clone), commit=pin, path="", into="x").code == "mismatch"


def test_paths_that_are_not_there(helper, git, tmp_path):
    repo = git.repo("work", FILES)
    assert helper.run("git-tree", url=str(tmp_path), path="", into="a").code == "not_found"
    for path in ("plugins/none", "registry.toml", "registry.toml/x"):
        assert helper.run("git-tree", url=repo.url, path=path, into="a").code == "not_found", path
    for path in ("../x", "/etc", "a//b", "plugins/../..", "."):
        assert helper.run("git-tree", url=repo.url, path=path, into="a").code == "refused", path
