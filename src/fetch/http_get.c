/*
 * The operation `get`: one file, conditional, hashed while it arrives.
 */
#include "base/beneath.h"
#include "base/error.h"
#include "base/fs.h"
#include "fetch/http.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_S = 8, MIN_SPEED = 100 };

struct target {
    struct job *job;
    int fd;
    struct hash hash;
    struct hash integrity; /* of who has one to compare with */
};

static int on_data(void *payload, const void *data, size_t len)
{
    struct target *target = payload;
    const char *p = data;

    hash_add(&target->hash, data, len);
    if (target->job->integrity)
        integrity_add(&target->integrity, data, len);
    target->job->size += len;
    while (len > 0) {
        ssize_t n = write(target->fd, p, len);

        if (n < 0 && errno != EINTR)
            return fail_errno(ERR_GENERIC, "cannot write '%s'", target->job->into);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

static int begin_anew(void *payload)
{
    struct target *target = payload;

    hash_init(&target->hash);
    integrity_init(&target->integrity);
    target->job->size = 0;
    if (ftruncate(target->fd, 0) < 0 || lseek(target->fd, 0, SEEK_SET) < 0)
        return fail_errno(ERR_GENERIC, "cannot write '%s'", target->job->into);
    return 0;
}

static int read_local(struct target *target)
{
    struct job *job = target->job;
    AUTO_FD fd = open(job->parts.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char block[65536];
    struct stat st;
    ssize_t n;

    if (fd < 0)
        return fail_errno(errno == ENOENT ? ERR_NOT_FOUND : ERR_GENERIC, "cannot open '%s'",
                          job->parts.path);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return fail(ERR_REFUSED, "'%s' is not a regular file", job->parts.path);
    while ((n = read(fd, block, sizeof block)) > 0) {
        if ((uint64_t)n > job->max - job->size)
            return fail(ERR_REFUSED, "refused '%s': larger than %llu bytes", job->parts.path,
                        (unsigned long long)job->max);
        if (on_data(target, block, (size_t)n) < 0)
            return -(int)error_code();
    }
    return n < 0 ? fail_errno(ERR_GENERIC, "cannot read '%s'", job->parts.path) : 0;
}

static int read_remote(struct target *target)
{
    struct job *job = target->job;
    const char *headers[3] = {0};
    size_t count = 0;
    struct http_reply reply;
    struct http_request request = {
        .url = job->url,
        .headers = headers,
        .max = job->max,
        .patience_s = PATIENCE_S,
        .min_speed = MIN_SPEED,
        .subject = job->url,
        .sink = on_data,
        .restart = begin_anew,
        .payload = target,
    };
    struct http *http = http_open(job);
    int result;

    if (!http)
        return -(int)error_code();
    if (job->known)
        headers[count++] = arena_printf(&job->arena, "If-None-Match: %s", job->known);
    if (job->known_date)
        headers[count++] = arena_printf(&job->arena, "If-Modified-Since: %s", job->known_date);
    result = http_perform(http, &request, &reply);
    if (result == 0 && reply.status == 304 && count == 0)
        result = fail(ERR_NETWORK, "'%s' answers 'unchanged' to a first request", job->url);
    if (result == 0) {
        job->unchanged = reply.status == 304;
        job->etag = reply.etag;
        job->date = reply.date;
    }
    http_close(http);
    return result;
}

/* Empty and newline-free, or it would become a header of its own. */
static int check_known(const char *value)
{
    for (const char *p = value ? value : ""; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return fail(ERR_REFUSED, "the request holds a control character in a header");
    }
    return 0;
}

static int check_hashes(const struct job *job, const char *sha256, const char *integrity)
{
    if (job->sha256 && strcmp(sha256, job->sha256) != 0) {
        fail(ERR_MISMATCH, "'%s' has the SHA-256 %s, the pin says %s", job->url, sha256,
             job->sha256);
        error_hint("the file changed since it was pinned; ask whoever maintains the registry");
        return -ERR_MISMATCH;
    }
    if (job->integrity && strcmp(integrity, job->integrity) != 0) {
        fail(ERR_MISMATCH, "'%s' has the integrity %s, its registry says %s", job->url, integrity,
             job->integrity);
        error_hint("the file is not what was published; ask whoever maintains the registry");
        return -ERR_MISMATCH;
    }
    return 0;
}

int op_get(struct job *job)
{
    struct target target = {.job = job};
    char hex[HASH_HEX_SIZE], integrity[INTEGRITY_SIZE];
    int result;

    if (!job->into)
        return fail(ERR_REFUSED, "the request 'get' has no into");
    if (job->parts.scheme == URL_SSH)
        return fail(ERR_REFUSED, "cannot get a single file over ssh: '%s'", job->url);
    if (check_known(job->known) < 0 || check_known(job->known_date) < 0)
        return -ERR_REFUSED;
    target.fd = open_beneath(STAGING_FD, job->into, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (target.fd < 0)
        return fail_errno(ERR_GENERIC, "cannot create '%s' in staging", job->into);
    hash_init(&target.hash);
    integrity_init(&target.integrity);
    result = job->parts.scheme == URL_FILE ? read_local(&target) : read_remote(&target);
    hash_finish(&target.hash, hex);
    integrity_finish(&target.integrity, integrity);
    if (fchmod(target.fd, 0644) < 0 && result == 0)
        result = fail_errno(ERR_GENERIC, "cannot set the mode of '%s'", job->into);
    if (close(target.fd) < 0 && result == 0)
        result = fail_errno(ERR_GENERIC, "cannot write '%s'", job->into);
    if (result == 0 && !job->unchanged) {
        job->found_sha256 = arena_strdup(&job->arena, hex);
        job->written = 1;
    }
    if (result == 0 && !job->unchanged)
        result = check_hashes(job, hex, integrity);
    if (result < 0 || job->unchanged)
        unlinkat(STAGING_FD, job->into, 0);
    return result;
}
