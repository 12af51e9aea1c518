/* Doing what was written down: one record after the other, by what is installed now. */
#include "hooks/spool_private.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 3, RECORD_DEPTH = PAYLOAD_DEPTH + 1, PAUSE_MS = 500 };

/* ---- one record ---- */

struct record {
    int event; /* -1: not one of ours */
    const char *action, *project, *callers, *depth;
    struct json_slice payload;
};

static const char *text_of(struct json_slice object, const char *key, struct arena *arena)
{
    return json_text(json_member(object, key, NULL), arena);
}

/* False for what a writer that was killed has left, or a disk. */
static bool record_read(struct record *out, const struct buf *line, struct arena *arena)
{
    struct json_fault fault;
    *out = (struct record){.event = -1};
    if (!json_check(buf_text(line), line->len, RECORD_DEPTH, &fault))
        return false;
    struct json_slice object = json_value(line->data, line->len);
    struct json_slice depth = json_member(object, "depth", NULL);
    const char *event = text_of(object, "event", arena);
    out->event = event ? hook_event_index(event) : -1;
    out->action = text_of(object, "action", arena);
    out->project = text_of(object, "project", arena);
    out->callers = text_of(object, "callers", arena);
    out->depth = depth.start ? arena_strndup(arena, depth.start, depth.len) : NULL;
    out->payload = json_member(object, "payload", NULL);
    return out->event >= 0 && out->action && json_kind(out->payload) == '{';
}

static bool find_handler(struct handler *out, const struct hook_table *table,
                         const struct record *record, const char *plugin, struct arena *arena)
{
    size_t count = hook_table_count(table, record->event);
    for (size_t i = 0; i < count; i++) {
        hook_table_get(table, record->event, i, out, arena);
        if (out->kind == HANDLER_ACTION && strcmp(out->plugin, plugin) == 0 &&
            strcmp(out->action, record->action) == 0)
            return true;
    }
    return false;
}

static void set_or_unset(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

/* What surrounded the dispatch that wrote it. */
static void restore_surroundings(const struct record *record, const struct payload *payload)
{
    set_or_unset("CLAUDE_PROJECT_DIR", record->project);
    set_or_unset("PAII_PROTOCOL", record->callers ? "1" : NULL);
    set_or_unset("PAII_CALLERS", record->callers);
    set_or_unset("PAII_DEPTH", record->depth);
    unsetenv("PAII_DEADLINE_MS");
    if (!payload->cwd || chdir(payload->cwd) != 0)
        if (chdir(paths.home) != 0)
            error_clear(); /* then it runs where we are */
}

static const char *run_handler(const struct handler *handler, const struct payload *payload,
                               struct arena *arena)
{
    struct handler_run run = {.handler = handler};
    struct reply reply = {0};
    const char *why = NULL;
    if (handlers_run(&run, 1, payload, handler->deadline_ms, arena) < 0) {
        why = arena_strdup(arena, error_text());
        error_clear();
    } else {
        reply_read(&reply, &run, handler->event, arena);
        why = reply.failure ? arena_strdup(arena, reply.failure) : NULL;
    }
    handler_run_release(&run);
    return why;
}

/* `*hopeless`: another try would end as this one. */
static const char *run_record(const struct buf *line, const char *plugin, bool *hopeless,
                              struct arena *arena)
{
    struct record record;
    struct hook_table table = {0};
    struct handler handler;
    struct payload payload = {0};
    *hopeless = true;
    if (!record_read(&record, line, arena))
        return "it is not a whole record";
    if (store_hold() < 0 || hook_table_open(&table, arena) < 0) {
        const char *why = arena_strdup(arena, error_text());
        error_clear();
        *hopeless = false;
        return why;
    }
    const char *why = NULL;
    payload_parse(&payload, record.payload.start, record.payload.len, record.event, arena);
    if (payload.wrong)
        why = payload.wrong;
    else if (!find_handler(&handler, &table, &record, plugin, arena))
        why = "the plugin has no such handler any more";
    if (!why) {
        *hopeless = false;
        restore_surroundings(&record, &payload);
        why = run_handler(&handler, &payload, arena);
    }
    hook_table_close(&table);
    return why;
}

/* ---- what could not be done ---- */

static int keep_failed(const struct spool *spool, const struct buf *line, const char *why)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text};
    struct json_fault fault;
    json_object(&json);
    json_key(&json, "time");
    json_integer(&json, (int64_t)time(NULL));
    json_field(&json, "why", why);
    if (json_check(buf_text(line), line->len, RECORD_DEPTH, &fault)) {
        json_key(&json, "record");
        json_raw(&json, line->data);
    } else {
        json_key(&json, "text");
        json_string_n(&json, line->data, line->len);
    }
    json_end_object(&json);
    AUTO_FD fd = open(spool->failed, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || spool_append(fd, text.data, text.len) != 0 || fdatasync(fd) != 0)
        return fail_errno(ERR_GENERIC, "cannot write '%s'", spool->failed);
    return 0;
}

/* ---- one after the other ---- */

struct drain {
    const struct spool *spool;
    struct position position;
    unsigned *handled;
    int fd; /* the records */
};

static void pause_before(unsigned tries)
{
    long ms = (long)PAUSE_MS * tries * tries;
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Each try is counted before it: a record that ends us is not tried for ever. */
static int try_record(struct drain *drain, const struct buf *line)
{
    const char *why = "it was tried as often as it may";
    struct arena arena = {0};
    bool hopeless = false;
    int result = 0;
    while (result == 0 && why && !hopeless && drain->position.tries < TRIES) {
        pause_before(drain->position.tries++);
        result = position_write(&drain->position, drain->spool, drain->fd);
        if (result == 0)
            why = run_record(line, drain->spool->plugin, &hopeless, &arena);
    }
    if (result == 0 && why)
        result = keep_failed(drain->spool, line, why);
    arena_release(&arena);
    return result;
}

/*
 * Under the lock: 1 with the next record in `line`, or 0 after the files were removed, as there is
 * none.
 */
static int next_record(struct drain *drain, struct buf *line, off_t *next)
{
    const struct spool *spool = drain->spool;
    while (flock(drain->fd, LOCK_EX) != 0)
        if (errno != EINTR)
            return fail_errno(ERR_GENERIC, "cannot lock '%s'", spool->records);
    int result = spool_read_line(line, drain->fd, drain->position.end, next) == 0
                     ? 1
                     : fail_errno(ERR_GENERIC, "cannot read '%s'", spool->records);
    if (result == 1 && *next == drain->position.end) {
        result = 0; /* records first: a position without records is known for one */
        if (unlink(spool->records) != 0 || fs_fsync(spool->folder) < 0 ||
            (unlink(spool->done) != 0 && errno != ENOENT))
            result = fail_errno(ERR_GENERIC, "cannot remove '%s'", spool->records);
    }
    flock(drain->fd, LOCK_UN);
    return result;
}

static int drain_records(const struct spool *spool, unsigned *handled)
{
    AUTO_FD fd = spool_lock_records(spool, false);
    if (fd < 0)
        return errno == ENOENT ? 0 : fail_errno(ERR_GENERIC, "cannot read '%s'", spool->records);
    struct drain drain = {.spool = spool, .handled = handled, .fd = fd};
    AUTO_BUF line = {0};
    position_read(&drain.position, spool, fd);
    int result;
    for (off_t next; (result = next_record(&drain, &line, &next)) == 1;) {
        result = line.len ? try_record(&drain, &line) : 0;
        if (result < 0)
            break;
        drain.position = (struct position){.start = drain.position.end, .end = next};
        result = position_write(&drain.position, spool, fd);
        if (result < 0)
            break;
        *handled += line.len > 0;
    }
    return result;
}

/* A record that came after our last look found us still holding the lock: so we look again. */
static int drain_plugin(const struct spool *spool, bool wait, unsigned *handled)
{
    int result = 0;
    do {
        AUTO_FD lock = open(spool->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (lock < 0)
            return fail_errno(ERR_GENERIC, "cannot open '%s'", spool->lock);
        while (flock(lock, LOCK_EX | (wait ? 0 : LOCK_NB)) != 0) {
            if (errno == EWOULDBLOCK)
                return 0; /* another one is at it */
            if (errno != EINTR)
                return fail_errno(ERR_GENERIC, "cannot lock '%s'", spool->lock);
        }
        result = drain_records(spool, handled);
    } while (result == 0 && fs_exists(spool->records));
    return result;
}

int spool_drain(const char *plugin, bool wait, unsigned *handled, unsigned *left,
                struct arena *arena)
{
    struct strings plugins = {0};
    struct backlog *backlog;
    size_t count;
    int result = plugin ? name_check("plugin", plugin) : 0;
    *handled = *left = 0;
    if (result < 0)
        return result;
    spool_list(&plugins, ".jsonl", arena);
    for (size_t i = 0; i < plugins.count && result == 0; i++) {
        struct spool spool;
        spool_open(&spool, plugins.items[i], arena);
        if (!plugin || strcmp(plugin, plugins.items[i]) == 0)
            result = drain_plugin(&spool, wait, handled);
    }
    spool_backlog(&backlog, &count, arena);
    for (size_t i = 0; i < count; i++)
        *left += !plugin || strcmp(plugin, backlog[i].plugin) == 0 ? backlog[i].waiting : 0;
    return result;
}
