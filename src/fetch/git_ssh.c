/*
 * A repository over ssh: the person's own ssh program with their keys and known hosts, asked to run
 * git-upload-pack there. It never asks anything, and an unknown or changed host key is the end.
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/process.h"
#include "base/text.h"
#include "fetch/git.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_S = 30, MAX_TALK = 16 << 10 };
#define MAX_PACK (512ull << 20)

struct state {
    pid_t pid;
    int to, from; /* pipes to and from ssh */
    int talk;     /* a nameless file with what ssh says to its user */
    uint64_t received;
    struct git_capabilities caps;
};

/* Whom to end when we are ended: ssh is in a session of its own. */
static volatile sig_atomic_t child;

static void on_end(int number)
{
    if (child > 0)
        kill(-(pid_t)child, SIGKILL);
    _exit(128 + number);
}

/* ---- starting ---- */

/* Quoted for the shell on the other side. '!' is for shells that expand history. */
static void quote(struct buf *out, const char *text)
{
    buf_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '!')
            buf_printf(out, "'\\%c'", *text);
        else
            buf_putc(out, *text);
    }
    buf_putc(out, '\'');
}

static char *const *ssh_arguments(struct job *job, const char *program)
{
    static const char *const fixed[] = {"-T",
                                        "-x",
                                        "-a",
                                        "-oBatchMode=yes",
                                        "-oStrictHostKeyChecking=yes",
                                        "-oClearAllForwardings=yes",
                                        "-oPermitLocalCommand=no",
                                        "-oServerAliveInterval=10",
                                        "-oServerAliveCountMax=2",
                                        "-oSendEnv=GIT_PROTOCOL"};
    struct arena *arena = &job->arena;
    const struct url *url = &job->parts;
    AUTO_BUF command = {0};
    struct strings argv = {0};

    strings_add(&argv, arena, program);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        strings_add(&argv, arena, fixed[i]);
    strings_add(&argv, arena, arena_printf(arena, "-oConnectTimeout=%u", job->connect_s));
    if (url->port)
        strings_add(&argv, arena, arena_printf(arena, "-p%u", url->port));
    strings_add(&argv, arena, "--");
    strings_add(&argv, arena,
                url->user ? arena_printf(arena, "%s@%s", url->user, url->host) : url->host);
    buf_puts(&command, "git-upload-pack ");
    quote(&command, text_starts(url->path, "/~") ? url->path + 1 : url->path);
    strings_add(&argv, arena, arena_strdup(arena, buf_text(&command)));
    strings_add(&argv, arena, NULL);
    return (char *const *)argv.items;
}

static char *const *ssh_environment(struct arena *arena)
{
    static const char *const passed[] = {"PATH", "HOME",    "LANG",
                                         "USER", "LOGNAME", "SSH_AUTH_SOCK"};
    struct environment env = {.arena = arena};

    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        environment_pass(&env, passed[i]);
    environment_set(&env, "GIT_PROTOCOL", "version=2");
    return environment_vector(&env);
}

/* A file without a name in the cache folder, for what ssh says. */
static int open_talk(void)
{
    char name[64];
    int fd;

    snprintf(name, sizeof name, "ssh.%ld", (long)getpid());
    unlink(name); /* of a process of that number that was killed */
    fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
        unlink(name);
    return fd >= 0 ? fd : fail_errno(ERR_GENERIC, "cannot write to the object cache");
}

static int start_ssh(struct git_remote *remote, const char *program)
{
    struct state *state = remote->state;
    int in[2] = {-1, -1}, out[2] = {-1, -1}, result = 0;

    state->talk = open_talk();
    if (state->talk < 0)
        return state->talk;
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        result = fail_errno(ERR_GENERIC, "cannot start '%s'", program);
    state->to = in[1];
    state->from = out[0];
    if (result == 0) {
        struct process process = {
            .argv = ssh_arguments(remote->job, program),
            .envp = ssh_environment(&remote->job->arena),
            .in = in[0],
            .out = out[1],
            .err = state->talk,
        };

        result = process_start(&state->pid, &process);
        if (result == 0)
            child = state->pid;
    }
    fd_close(&in[0]);
    fd_close(&out[1]);
    return result;
}

/* ---- reading ---- */

/* What ssh said, into the log; in the arena. */
static const char *read_talk(struct git_remote *remote)
{
    const struct state *state = remote->state;
    char *text = arena_alloc(&remote->job->arena, MAX_TALK + 1);
    ssize_t n = pread(state->talk, text, MAX_TALK, 0);
    struct strings lines = {0};

    text[n > 0 ? n : 0] = '\0';
    strings_split(&lines, &remote->job->arena, text, '\n');
    for (size_t i = 0; i < lines.count; i++)
        event_log("ssh: %s", lines.items[i]);
    return text;
}

/* Why the connection ended, from ssh's own words. */
static int explain_end(struct git_remote *remote)
{
    struct job *job = remote->job;
    const char *host = job->parts.host, *talk = read_talk(remote), *end;

    if (strstr(talk, "Host key verification failed") || strstr(talk, "HOST IDENTIFICATION")) {
        fail(ERR_REFUSED, "refused '%s': its ssh host key is unknown or has changed", host);
        error_hint("compare its fingerprint with what its owner publishes, then connect once with "
                   "ssh to record it in ~/.ssh/known_hosts");
        return -ERR_REFUSED;
    }
    if (strstr(talk, "Permission denied") || strstr(talk, "Too many authentication")) {
        fail(ERR_AUTH, "'%s' does not accept any of your ssh keys", host);
        error_hint("add your key to the ssh agent, or name it for this host in ~/.ssh/config");
        return -ERR_AUTH;
    }
    if (strstr(talk, "does not appear to be a git repository") ||
        text_find(talk, "repository not found")) {
        fail(ERR_NOT_FOUND, "there is no repository at '%s', or you may not see it", job->url);
        error_hint("check the URL for a typing error");
        return -ERR_NOT_FOUND;
    }
    end = talk + strlen(talk);
    while (end > talk && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    while (talk < end && memchr(talk, '\n', (size_t)(end - talk)))
        talk = strchr(talk, '\n') + 1; /* the last line is the reason */
    fail(ERR_NETWORK, "the connection to '%s' ended%s%.*s", host, end > talk ? ": " : "",
         (int)(end - talk), talk);
    error_hint("check that 'ssh %s' works", host);
    return -ERR_NETWORK;
}

static unsigned stall_s(const struct job *job)
{
    return job->stall_s ? job->stall_s : PATIENCE_S;
}

static int patience_ms(const struct job *job)
{
    uint64_t stall = (uint64_t)stall_s(job) * 1000, left = deadline_left_ms(job);

    return (int)(stall < left ? stall : left);
}

static int silent(const struct job *job)
{
    if (deadline_is_over(job))
        return deadline_error(job);
    fail(ERR_NETWORK, "'%s' was silent for %u seconds", job->parts.host, stall_s(job));
    error_hint("check that 'ssh %s' works, then try again", job->parts.host);
    return -ERR_NETWORK;
}

/* Feeds what comes until the reader has its answer. */
static int read_answer(struct git_remote *remote, struct pkt_reader *reader)
{
    struct state *state = remote->state;
    char block[65536];

    while (!reader->done) {
        struct pollfd fd = {.fd = state->from, .events = POLLIN};
        int ready = poll(&fd, 1, patience_ms(remote->job)), result;
        ssize_t n;

        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0)
            return silent(remote->job);
        n = read(state->from, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return explain_end(remote);
        state->received += (uint64_t)n;
        remote->job->received += (uint64_t)n;
        if (state->received > MAX_PACK)
            return fail(ERR_REFUSED, "refused '%s': more than 512 MiB", remote->job->url);
        event_progress("receiving", remote->job->received, 0);
        result = pkt_feed(reader, block, (size_t)n);
        if (result < 0)
            return result;
    }
    return 0;
}

static int exchange(struct git_remote *remote, const struct buf *body, struct pkt_reader *reader)
{
    struct state *state = remote->state;
    size_t done = 0;

    remote->job->requests++;
    while (done < body->len) {
        ssize_t n = write(state->to, body->data + done, body->len - done);

        if (n < 0 && errno != EINTR)
            return explain_end(remote);
        if (n > 0)
            done += (size_t)n;
    }
    return read_answer(remote, reader);
}

static int on_greeting(void *payload, enum pkt_kind kind, char *line, size_t len)
{
    struct state *state = payload;

    if (kind != PKT_DATA)
        return 1;
    if (len > 0 && line[len - 1] == '\n')
        line[--len] = '\0';
    if (strlen(line) != len || !(state->caps.version_2 || strcmp(line, "version 2") == 0))
        return 1; /* an older protocol; the check says so */
    capability_add(&state->caps, line);
    return 0;
}

/* ---- where it goes ---- */

static bool any_private(const struct addrinfo *list)
{
    char text[INET6_ADDRSTRLEN];

    for (; list; list = list->ai_next) {
        if (getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof text, NULL, 0,
                        NI_NUMERICHOST) != 0 ||
            url_is_private(&(struct url){.scheme = URL_SSH, .host = text}))
            return true;
    }
    return false;
}

/* Which network the host is in, as far as the resolver can tell. ssh connects by itself and by its
 * own configuration: what is behind an alias of that, nobody else knows. */
static int look_at_host(struct job *job)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    const char *host = job->parts.host;
    bool inside;

    if (!strpbrk(host, ".:") || getaddrinfo(host, NULL, &hints, &list) != 0)
        return 0;
    inside = any_private(list);
    freeaddrinfo(list);
    job->peer = inside ? "private" : "public";
    if (inside && job->public_only)
        return fail(ERR_REFUSED, "refused '%s': its name leads to a private network", job->url);
    return 0;
}

/* ---- the transport ---- */

static int connect_ssh(struct git_remote *remote)
{
    struct job *job = remote->job;
    struct pkt_reader reader = {.on_packet = on_greeting};
    const char *program = process_find(&job->arena, "ssh");
    struct state *state;
    int result;

    if (!program) {
        fail(ERR_GENERIC, "cannot reach '%s': there is no 'ssh' program in PATH", job->url);
        error_hint("install the OpenSSH client");
        return -ERR_GENERIC;
    }
    remote->state = state = arena_alloc(&job->arena, sizeof *state);
    *state = (struct state){.to = -1, .from = -1, .talk = -1};
    signal(SIGTERM, on_end);
    signal(SIGINT, on_end);
    event_progress("connecting", 0, 0);
    reader.payload = state;
    result = look_at_host(job);
    if (result == 0)
        result = start_ssh(remote, program);
    if (result == 0)
        result = read_answer(remote, &reader);
    pkt_release(&reader);
    return result < 0 ? result : capabilities_check(&state->caps, job->url);
}

static int ssh_list(struct git_remote *remote, const char *ref, struct git_refs *out)
{
    int result = remote->state ? 0 : connect_ssh(remote);
    struct state *state = remote->state;

    if (result < 0)
        return result;
    return wire_list(remote, &(struct git_channel){exchange, &state->caps}, ref, out);
}

static void ssh_close(struct git_remote *remote)
{
    struct state *state = remote->state;

    fd_close(&state->to);
    fd_close(&state->from);
    fd_close(&state->talk);
    if (state->pid > 0) {
        kill(-state->pid, SIGKILL);
        while (waitpid(state->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        child = 0;
    }
    remote->state = NULL;
}

static int ssh_fetch(struct git_remote *remote, const struct git_want *want)
{
    int result = remote->state ? 0 : connect_ssh(remote);
    struct state *state = remote->state;

    if (result < 0)
        return result;
    result = wire_fetch(remote, &(struct git_channel){exchange, &state->caps}, want);
    if (result < 0) /* the server has hung up after its refusal: a next command connects anew */
        ssh_close(remote);
    return result;
}

const struct git_transport GIT_SSH = {ssh_list, ssh_fetch, ssh_close};
