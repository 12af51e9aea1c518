/*
 * The operation `npm`: what a registry of npm says of a package, and the tarball of the version
 * that npm would choose (docs/helper-protocol.md). Nothing of a package is run.
 */
#include "base/error.h"
#include "base/text.h"
#include "fetch/http.h"
#include "fetch/packument.h"

#include <string.h>

enum { MAX_PACKUMENT = 16 << 20, PATIENCE_S = 8, MIN_SPEED = 100 };

/* Without readmes and scripts: a twentieth of the bytes. */
static const char *const headers[] = {
    "Accept: application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8", NULL};

/* "@team/kit" as one segment of a path. */
static const char *escaped(struct arena *arena, const char *name)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@";
    AUTO_BUF out = {0};

    for (const char *p = name; *p; p++) {
        if (strchr(plain, *p))
            buf_putc(&out, *p);
        else
            buf_printf(&out, "%%%02x", (unsigned char)*p);
    }
    return arena_strdup(arena, buf_text(&out));
}

static int on_data(void *payload, const void *data, size_t len)
{
    buf_add(payload, data, len);
    return 0;
}

static int begin_anew(void *payload)
{
    buf_clear(payload);
    return 0;
}

static int fetch_packument(struct buf *text, struct job *job)
{
    size_t base = strlen(job->url) - text_ends(job->url, "/");
    const char *url = arena_printf(&job->arena, "%.*s/%s", (int)base, job->url,
                                   escaped(&job->arena, job->package));
    struct http_reply reply;
    struct http_request request = {
        .url = url,
        .headers = headers,
        .max = MAX_PACKUMENT,
        .patience_s = PATIENCE_S,
        .min_speed = MIN_SPEED,
        .subject = url,
        .sink = on_data,
        .restart = begin_anew,
        .payload = text,
    };
    struct http *http = http_open(job);
    int result = http ? http_perform(http, &request, &reply) : -(int)error_code();

    http_close(http);
    if (result == -ERR_NOT_FOUND) {
        fail(ERR_NOT_FOUND, "the npm registry '%s' has no package '%s'", job->url, job->package);
        error_hint("it may be private: then ~/.npmrc needs its registry and a token for that");
    }
    return result;
}

int op_npm(struct job *job)
{
    AUTO_BUF packument = {.max = MAX_PACKUMENT};
    int result;

    if (!job->package || !*job->package || *job->package == '.')
        return fail(ERR_REFUSED, "the request 'npm' has no package");
    if (job->parts.scheme != URL_HTTPS && job->parts.scheme != URL_HTTP)
        return fail(ERR_REFUSED, "'%s' is no npm registry: not https", job->url);
    job->keeps_connections = true;
    result = fetch_packument(&packument, job);
    if (result == 0)
        result = packument_choose(job, buf_text(&packument), packument.len);
    if (result == 0)
        result = op_get(job);
    http_close_kept(job);
    return result;
}
