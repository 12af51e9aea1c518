/*
 * A repository over https.
 *
 * The server's greeting (GET info/refs) says what it can. It is remembered in the cache folder, so
 * the usual question "is there anything new" costs one request. If the server should have changed,
 * the command fails; then the greeting is asked for again and the command repeated.
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "fetch/git.h"
#include "fetch/http.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REMEMBERED "capabilities"
#define DISCOVERY  "/info/refs?service=git-upload-pack"
#define RESULT     "application/x-git-upload-pack-result"

/* A server sends a sign of life every five seconds while it prepares a pack. */
enum { PATIENCE_S = 20, MIN_SPEED = 1, MAX_GREETING = 1 << 20 };
#define MAX_PACK (512ull << 20)

struct state {
    struct http *http;
    const char *base; /* the URL after redirects, without the trailing '/' */
    struct git_capabilities caps;
    struct strings lines; /* of the greeting */
    bool known;           /* base and caps are filled */
    bool remembered;      /* from the cache */
};

/* ---- the greeting, remembered ---- */

static void recall(struct git_remote *remote)
{
    struct state *state = remote->state;
    struct arena *arena = &remote->job->arena;
    struct strings lines = {0};
    AUTO_BUF text = {0};
    struct url base;

    if (fs_read(&text, REMEMBERED, MAX_GREETING) < 0) {
        error_clear();
        return;
    }
    strings_split(&lines, arena, buf_text(&text), '\n');
    if (lines.count < 3 || strcmp(lines.items[0], remote->job->url) != 0)
        return;
    if (url_parse(&base, arena, lines.items[1], true) < 0 ||
        (remote->job->public_only && url_is_private(&base))) {
        error_clear();
        return;
    }
    for (size_t i = 2; i < lines.count; i++)
        capability_add(&state->caps, lines.items[i]);
    state->base = lines.items[1];
    state->known = state->remembered = true;
}

/* Best effort: without it the next run asks once more. */
static void remember(const struct git_remote *remote)
{
    const struct state *state = remote->state;
    char name[64];
    AUTO_BUF text = {0};
    int fd;

    buf_printf(&text, "%s\n%s\n", remote->job->url, state->base);
    for (size_t i = 0; i < state->lines.count; i++)
        buf_printf(&text, "%s\n", state->lines.items[i]);
    snprintf(name, sizeof name, REMEMBERED ".%ld", (long)getpid());
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (write(fd, text.data, text.len) != (ssize_t)text.len || rename(name, REMEMBERED) < 0)
        unlink(name);
    close(fd);
}

static void forget(struct git_remote *remote)
{
    struct state *state = remote->state;

    unlink(REMEMBERED);
    state->known = state->remembered = false;
    state->caps = (struct git_capabilities){0};
    state->lines.count = 0;
}

/* ---- requests ---- */

static int on_bytes(void *payload, const void *data, size_t len)
{
    return pkt_feed(payload, data, len);
}

static int on_greeting(void *payload, enum pkt_kind kind, char *line, size_t len)
{
    struct git_remote *remote = payload;
    struct state *state = remote->state;

    if (kind != PKT_DATA) /* some servers put "# service=…" and a flush in front */
        return kind == PKT_FLUSH && state->caps.version_2;
    if (len > 0 && line[len - 1] == '\n')
        line[--len] = '\0';
    if (text_starts(line, "# service="))
        return 0;
    if (state->lines.count == 0 && strcmp(line, "version 2") != 0)
        return 1; /* an older protocol; the check says so */
    if (strlen(line) != len || state->lines.count > 100)
        return fail(ERR_NETWORK, "the server's greeting is malformed");
    strings_add(&state->lines, &remote->job->arena, arena_strdup(&remote->job->arena, line));
    capability_add(&state->caps, line);
    return 0;
}

/* The URL that answered, less what we put behind it. NULL if it cannot be told. */
static const char *base_of(struct arena *arena, const char *url)
{
    size_t len = strlen(url), tail = strlen(DISCOVERY);

    if (len <= tail || strcmp(url + len - tail, DISCOVERY) != 0)
        return NULL;
    return arena_strndup(arena, url, len - tail);
}

static int greet(struct git_remote *remote)
{
    static const char *const headers[] = {"Git-Protocol: version=2", NULL};
    struct state *state = remote->state;
    struct job *job = remote->job;
    struct pkt_reader reader = {.on_packet = on_greeting, .payload = remote};
    struct http_reply reply;
    size_t len = strlen(job->url);
    struct http_request request = {
        .headers = headers,
        .max = MAX_GREETING,
        .patience_s = PATIENCE_S,
        .min_speed = MIN_SPEED,
        .subject = job->url,
        .sink = on_bytes,
        .payload = &reader,
    };
    int result;

    while (len > 0 && job->url[len - 1] == '/')
        len--;
    request.url = arena_printf(&job->arena, "%.*s" DISCOVERY, (int)len, job->url);
    result = http_perform(state->http, &request, &reply);
    pkt_release(&reader);
    if (result < 0)
        return result;
    state->base = base_of(&job->arena, reply.url);
    if (!state->base)
        return fail(ERR_NETWORK, "'%s' redirects to something that is no repository", job->url);
    result = capabilities_check(&state->caps, job->url);
    if (result == 0) {
        state->known = true;
        remember(remote);
    }
    return result;
}

static int exchange(struct git_remote *remote, const struct buf *body, struct pkt_reader *reader)
{
    static const char *const headers[] = {"Git-Protocol: version=2",
                                          "Content-Type: application/x-git-upload-pack-request",
                                          "Accept: " RESULT, NULL};
    struct state *state = remote->state;
    struct http_reply reply;
    struct http_request request = {
        .url = arena_printf(&remote->job->arena, "%s/git-upload-pack", state->base),
        .headers = headers,
        .body = body->data,
        .body_len = body->len,
        .max = MAX_PACK,
        .patience_s = PATIENCE_S,
        .min_speed = MIN_SPEED,
        .subject = remote->job->url,
        .sink = on_bytes,
        .payload = reader,
    };
    int result = http_perform(state->http, &request, &reply);

    if (result == 0 && (!reply.content_type || strcmp(reply.content_type, RESULT) != 0))
        result = fail(ERR_NETWORK, "'%s' does not answer as a Git server", remote->job->url);
    if (result == 0 && !reader->done)
        result = fail(ERR_NETWORK, "the server of '%s' stopped in the middle", remote->job->url);
    return result;
}

/* ---- the transport ---- */

static int ready(struct git_remote *remote)
{
    struct state *state = remote->state;

    if (!state) {
        remote->state = state = arena_alloc(&remote->job->arena, sizeof *state);
        state->http = http_open(remote->job);
        if (!state->http)
            return -(int)error_code();
        recall(remote);
    }
    return state->known ? 0 : greet(remote);
}

/* Whether the failure of a command may come from a greeting that is out of date. */
static bool outdated(struct git_remote *remote, int result)
{
    struct state *state = remote->state;

    if (result == 0 || !state || !state->known || !state->remembered)
        return false;
    event_log("asking '%s' again what it can: %s", remote->job->url, error_text());
    error_clear();
    forget(remote);
    return true;
}

static int http_list(struct git_remote *remote, const char *ref, struct git_refs *out)
{
    int result = ready(remote);
    struct state *state = remote->state;
    struct git_channel channel = {exchange, &state->caps};

    if (result == 0)
        result = wire_list(remote, &channel, ref, out);
    if (outdated(remote, result))
        result = http_list(remote, ref, out);
    return result;
}

static int http_fetch(struct git_remote *remote, const struct git_want *want)
{
    int result = ready(remote);
    struct state *state = remote->state;
    struct git_channel channel = {exchange, &state->caps};

    if (result == 0)
        result = wire_fetch(remote, &channel, want);
    if (outdated(remote, result))
        result = http_fetch(remote, want);
    return result;
}

static void git_http_close(struct git_remote *remote)
{
    struct state *state = remote->state;

    http_close(state->http);
}

const struct git_transport GIT_HTTP = {http_list, http_fetch, git_http_close};
