/* Writing work down for later, and seeing to somebody who does it. */
#include "hooks/spool_private.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/process.h"
#include "runtime/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- the record ---- */

static void add_id(struct json_writer *json)
{
    uint64_t number[2] = {(uint64_t)time(NULL), (uint64_t)getpid()};
    char id[33];
    if (getrandom(number, sizeof number, 0) < 0)
        number[1] ^= (uint64_t)hook_clock_us();
    snprintf(id, sizeof id, "%016llx%016llx", (unsigned long long)number[0],
             (unsigned long long)number[1]);
    json_field(json, "id", id);
}

/* Where we stand among calls of calls, for the process that will run it. */
static void add_chain(struct json_writer *json, const struct chain *chain)
{
    if (!chain->inside)
        return;
    json_key(json, "depth");
    json_integer(json, chain->depth - 1);
    json_field(json, "callers", chain->callers);
}

static void add_payload(struct buf *out, const struct payload *payload)
{
    size_t from = out->len;
    buf_add(out, payload->root.start, payload->root.len);
    for (char *at = out->data + from; at < out->data + out->len; at++)
        if (*at == '\n' || *at == '\r') /* space: inside of strings they are escaped */
            *at = ' ';
}

static void write_record(struct buf *out, const struct handler *handler,
                         const struct payload *payload, const struct chain *chain)
{
    struct json_writer json = {.out = out};
    json_object(&json);
    add_id(&json);
    json_key(&json, "time");
    json_integer(&json, (int64_t)time(NULL));
    json_field(&json, "event", hook_events[handler->event].name);
    json_field(&json, "plugin", handler->plugin);
    json_field(&json, "action", handler->action);
    json_field(&json, "project", getenv("CLAUDE_PROJECT_DIR"));
    add_chain(&json, chain);
    json_key(&json, "payload");
    json_raw(&json, "");
    add_payload(out, payload);
    json_end_object(&json);
}

/* ---- writing it ---- */

static const char *write_down(const struct spool *spool, const struct buf *record,
                              struct arena *arena)
{
    struct stat st;
    AUTO_FD fd = spool_lock_records(spool, true);
    if (fd < 0 && errno == ENOENT) {
        if (fs_mkdirs(spool->folder, 0700) < 0) {
            const char *why = arena_strdup(arena, error_text());
            error_clear();
            return why;
        }
        fd = spool_lock_records(spool, true);
    }
    bool written =
        fd >= 0 && fstat(fd, &st) == 0 && spool_append(fd, record->data, record->len) == 0;
    int error = errno;
    if (fd >= 0 && !written && fstat(fd, &st) == 0 && st.st_size == 0)
        unlink(spool->records);
    if (fd >= 0)
        flock(fd, LOCK_UN); /* others need not wait for the disk */
    if (written && fdatasync(fd) == 0 && (st.st_size > 0 || fs_fsync(spool->folder) == 0))
        return NULL;
    if (written)
        error = errno;
    error_clear();
    return arena_printf(arena, "cannot write '%s': %s", spool->records, strerror(error));
}

/* ---- the drainer ---- */

static bool has_drainer(const struct spool *spool)
{
    AUTO_FD fd = open(spool->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;
}

/* Of the client's environment it gets what tells where things are. */
static char *const *drainer_environment(struct arena *arena)
{
    static const char *const passed[] = {
        "LANG", "LC_ALL", "TZ", "TERM", "TMPDIR", "XDG_CACHE_HOME", "CLAUDE_CONFIG_DIR"};
    struct environment env = {.arena = arena};
    environment_set(&env, "PATH", process_path(arena));
    environment_set(&env, "HOME", paths.home);
    environment_set(&env, "PAII_DIR", paths.dir);
    environment_set(&env, "PAII_CONFIG", paths.config);
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        environment_pass(&env, passed[i]);
    return environment_vector(&env);
}

/* The record is safe already: if this fails, the next one, or `paii hook drain`, starts it. */
static void start_drainer(const struct spool *spool, struct arena *arena)
{
    char *const argv[] = {(char *)paths.program, (char *)"hook",        (char *)"drain",
                          (char *)"--detached",  (char *)spool->plugin, NULL};
    struct process process = {
        .argv = argv,
        .envp = drainer_environment(arena),
        .cwd = "/",
        .in = -1,
        .out = -1,
        .err = -1,
    };
    pid_t pid;
    if (process_start(&pid, &process) < 0)
        error_clear();
}

const char *spool_add(const struct handler *handler, const struct payload *payload,
                      struct arena *arena)
{
    struct spool spool;
    struct chain chain;
    AUTO_BUF record = {0};
    chain_read(&chain);
    const char *why = chain_forbids(&chain, handler->plugin, handler->action, arena);
    if (why)
        return why;
    spool_open(&spool, handler->plugin, arena);
    write_record(&record, handler, payload, &chain);
    why = write_down(&spool, &record, arena);
    if (!why && !has_drainer(&spool))
        start_drainer(&spool, arena);
    return why;
}
