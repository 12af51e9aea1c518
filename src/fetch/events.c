#include "base/beneath.h"
#include "base/buf.h"
#include "base/data.h"
#include "base/error.h"
#include "fetch/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_all(int fd, const struct buf *line)
{
    size_t done = 0;

    while (done < line->len) {
        ssize_t n = write(fd, line->data + done, line->len - done);

        if (n < 0 && errno != EINTR)
            return; /* nobody listens any more; the exit status still says it */
        if (n > 0)
            done += (size_t)n;
    }
}

static void write_line(int fd, struct buf *line)
{
    buf_putc(line, '\n');
    write_all(fd, line);
}

void event_progress(const char *phase, uint64_t done, uint64_t total)
{
    static uint64_t last;
    AUTO_BUF line = {0};
    struct json_writer json = {.out = &line};
    uint64_t ms = now_ms();

    if (ms - last < 100)
        return;
    last = ms;
    json_object(&json);
    json_field(&json, "event", "progress");
    json_field(&json, "phase", phase);
    json_key(&json, "done");
    json_integer(&json, (int64_t)done);
    json_key(&json, "total");
    json_integer(&json, (int64_t)total);
    json_end_object(&json);
    write_line(1, &line);
}

void event_log(const char *format, ...)
{
    AUTO_BUF line = {0};
    va_list args;

    va_start(args, format);
    buf_vprintf(&line, format, args);
    va_end(args);
    write_line(2, &line);
}

static int at_item = -1;

void event_at_item(int index)
{
    at_item = index;
}

static void number(struct json_writer *json, const char *key, uint64_t value)
{
    json_key(json, key);
    json_integer(json, (int64_t)value);
}

static void strings(struct json_writer *json, const char *key, const struct strings *list)
{
    if (list->count == 0)
        return;
    json_strings(json, key, list);
}

static void print_results(struct json_writer *json, const struct job *job)
{
    json_key(json, "unchanged");
    json_boolean(json, job->unchanged);
    json_field(json, "sandbox", job->sandbox);
    json_field(json, "commit", job->found_commit);
    json_field(json, "tree", job->tree);
    number(json, "files", job->written);
    number(json, "size", job->size);
    number(json, "received", job->received);
    number(json, "requests", job->requests);
    json_field(json, "etag", job->etag);
    json_field(json, "date", job->date);
    json_field(json, "sha256", job->found_sha256);
    json_field(json, "url", job->found_url);
    json_field(json, "version", job->found_version);
    json_field(json, "peer", job->peer);
    strings(json, "found", &job->found);
    strings(json, "tags", &job->tags);
}

void event_item(struct job *job)
{
    AUTO_BUF line = {0};
    struct json_writer json = {.out = &line};

    json_object(&json);
    json_field(&json, "event", "item");
    number(&json, "item", (uint64_t)at_item);
    print_results(&json, job);
    json_end_object(&json);
    buf_putc(&line, '\n');
    write_all(1, &line);
    job->unchanged = false;
    job->etag = job->date = job->found_sha256 = job->tree = NULL;
    job->size = job->received = 0;
    job->written = job->requests = 0;
}

static void print_failure(struct json_writer *json)
{
    json_key(json, "ok");
    json_boolean(json, false);
    if (at_item >= 0)
        number(json, "item", (uint64_t)at_item);
    json_key(json, "error");
    json_object(json);
    json_field(json, "code", err_name(error_code() ? error_code() : ERR_GENERIC));
    json_field(json, "message", error_text());
    if (*error_hint_text())
        json_field(json, "hint", error_hint_text());
    json_end_object(json);
}

void event_failure(struct buf *line)
{
    struct json_writer json = {.out = line};

    json_object(&json);
    print_failure(&json);
    json_end_object(&json);
    buf_putc(line, '\n');
}

int event_finish(const struct job *job, int result)
{
    AUTO_BUF line = {0};
    struct json_writer json = {.out = &line};

    if (result == 0) {
        json_object(&json);
        json_key(&json, "ok");
        json_boolean(&json, true);
        print_results(&json, job);
        json_end_object(&json);
        buf_putc(&line, '\n');
    } else {
        event_failure(&line);
    }
    write_all(1, &line);
    return result == 0 ? 0 : 1;
}

int job_open_into(const struct job *job)
{
    int fd;

    if (!job->into)
        return fail(ERR_REFUSED, "the request '%s' has no into", job->op);
    if (mkdirat(STAGING_FD, job->into, 0755) < 0)
        return fail_errno(ERR_GENERIC, "cannot make the folder '%s' in staging", job->into);
    fd = open_beneath(STAGING_FD, job->into, O_RDONLY | O_DIRECTORY, 0);
    return fd >= 0 ? fd : fail_errno(ERR_GENERIC, "cannot open the folder '%s'", job->into);
}

int job_finish_tree(struct job *job, struct tree_writer *writer, int result)
{
    struct tree_summary summary;

    if (result == 0)
        result = tree_finish(writer, &summary);
    if (result == 0) {
        job->tree = arena_strdup(&job->arena, summary.hash);
        job->size = summary.bytes;
        job->written = summary.files;
    }
    tree_free(writer);
    return result;
}
