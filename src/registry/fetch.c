/*
 * The side of `paii` in the helper protocol: starts helpers, reads their lines, keeps their
 * answers.
 *
 * Jobs that share an object cache (the same remote Git URL) run one after the other: what the first
 * brings, the next need not fetch.
 */
#include "registry/fetch_private.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/process.h"
#include "registry/access.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_HELPERS = 8, MAX_LINE = 1 << 20, END_MS = 2000 };

/* A running helper; `batch` is NULL for a free place. */
struct helper {
    const struct fetch_batch *batch;
    pid_t pid;
    int events, log; /* pipes from its 1 and 2 */
    struct buf event_line, log_line;
    bool answered, failed; /* its last line has come; it told of an error */
};

struct fetching {
    struct fetch_batch *batches;
    size_t count;
    struct arena *arena;
    struct helper helpers[MAX_HELPERS];
    size_t running;
};

/* ---- starting ---- */

static char *const *helper_environment(struct arena *arena)
{
    static const char *const passed[] = {
        "PATH",          "HOME",         "LANG",           "USER",
        "LOGNAME",       "http_proxy",   "https_proxy",    "HTTPS_PROXY",
        "no_proxy",      "NO_PROXY",     "all_proxy",      "ALL_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "SSH_AUTH_SOCK"};
    struct environment env = {.arena = arena};

    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        environment_pass(&env, passed[i]);
    return environment_vector(&env);
}

/* The reading end of a pipe that holds the whole request already; or a negative error. */
static int request_pipe(const struct fetch_batch *batch)
{
    AUTO_BUF text = {0};
    int ends[2];

    if (fetch_request(&text, batch) < 0)
        return -(int)error_code();
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return fail_errno(ERR_GENERIC, "cannot start '%s'", paths.helper);
    if (write(ends[1], text.data, text.len) != (ssize_t)text.len) {
        close(ends[0]);
        close(ends[1]);
        return fail(ERR_GENERIC, "cannot start '%s': the request is too long", paths.helper);
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFL, 0);
    return ends[0];
}

static int open_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 ? fd : fail_errno(ERR_GENERIC, "cannot open the folder '%s'", path);
}

static int spawn(struct helper *helper, const int *folders, size_t folder_count,
                 struct arena *arena)
{
    char *const argv[] = {(char *)paths.helper, NULL};
    int events[2] = {-1, -1}, log[2] = {-1, -1}, result = 0;
    AUTO_FD request = request_pipe(helper->batch);

    if (request < 0)
        return request;
    if (pipe2(events, O_CLOEXEC | O_NONBLOCK) < 0 || pipe2(log, O_CLOEXEC | O_NONBLOCK) < 0)
        result = fail_errno(ERR_GENERIC, "cannot start '%s'", paths.helper);
    if (result == 0) {
        fcntl(events[1], F_SETFL, 0);
        fcntl(log[1], F_SETFL, 0);
        result = process_start(&helper->pid, &(struct process){
                                                 .argv = argv,
                                                 .envp = helper_environment(arena),
                                                 .in = request,
                                                 .out = events[1],
                                                 .err = log[1],
                                                 .extra = folders,
                                                 .extra_count = folder_count,
                                             });
    }
    fd_close(&events[1]);
    fd_close(&log[1]);
    helper->events = events[0];
    helper->log = log[0];
    return result;
}

static int start_helper(struct helper *helper, struct arena *arena)
{
    AUTO_FD staging = -1;
    AUTO_FD cache = -1;
    const struct fetch_batch *batch = helper->batch;
    int result = 0;

    for (size_t i = 0; i < batch->count && result == 0; i++)
        result = fetch_check_offline(batch->jobs[i]);
    if (result < 0)
        return result;
    if (!batch->staging)
        return spawn(helper, NULL, 0, arena);
    staging = open_folder(batch->staging);
    if (staging < 0)
        return staging;
    if (batch->cache) {
        result = fs_mkdirs(batch->cache, 0700);
        cache = result == 0 ? open_folder(batch->cache) : -1;
        if (cache < 0)
            return -(int)error_code();
    }
    return spawn(helper, (int[]){staging, cache}, batch->cache ? 2 : 1, arena);
}

/* ---- the answer ---- */

static const char *kept(struct reader *reader, const char *key, struct arena *arena)
{
    return arena_strdup(arena, read_string(reader, key, NULL));
}

static uint64_t number(struct reader *reader, const char *key)
{
    return (uint64_t)read_integer(reader, key, 0, 0, INT64_MAX);
}

static void keep_tags(struct fetch_job *job, struct reader *reader, struct arena *arena)
{
    struct strings tags = {0};

    read_strings(reader, "tags", &tags);
    for (size_t i = 0; i < tags.count; i++)
        strings_add(&job->tags, arena, arena_strdup(arena, tags.items[i]));
}

static void keep_success(struct fetch_job *job, struct reader *reader, struct arena *arena)
{
    job->result = 0;
    job->unchanged = read_boolean(reader, "unchanged", false);
    job->commit = kept(reader, "commit", arena);
    job->tree = kept(reader, "tree", arena);
    keep_tags(job, reader, arena);
    job->etag = kept(reader, "etag", arena);
    job->date = kept(reader, "date", arena);
    job->sha256 = kept(reader, "sha256", arena);
    job->url = kept(reader, "url", arena);
    job->chosen = kept(reader, "version", arena);
    job->sandbox = kept(reader, "sandbox", arena);
    job->peer = kept(reader, "peer", arena);
    job->size = number(reader, "size");
    job->received = number(reader, "received");
    job->requests = (unsigned)number(reader, "requests");
    job->files_written = (unsigned)number(reader, "files");
}

static void keep_failure(struct fetch_job *job, struct reader *reader, struct arena *arena)
{
    struct reader error = read_table(reader, "error");
    const char *code = read_string(&error, "code", "error");
    const char *message = read_string(&error, "message", "it did not say why it failed");

    job->result = -(int)err_from_name(code);
    job->error = arena_strdup(arena, message);
    job->hint = kept(&error, "hint", arena);
    access_explain(job, arena);
}

/* The job that the helper is at: the first without an answer; NULL when all have one. */
static struct fetch_job *at_hand(const struct helper *helper)
{
    for (size_t i = 0; i < helper->batch->count; i++) {
        if (helper->batch->jobs[i]->result != 0)
            return helper->batch->jobs[i];
    }
    return NULL;
}

/* The job that a line is about; NULL if it says one that is none. */
static struct fetch_job *job_of(const struct helper *helper, struct reader *reader)
{
    int64_t item;

    if (!data_get(reader->table, "item"))
        return at_hand(helper);
    item = read_integer(reader, "item", -1, 0, INT64_MAX);
    return item >= 0 && (uint64_t)item < helper->batch->count ? helper->batch->jobs[item] : NULL;
}

/* The last line, which is the answer of the only job; of several, those that are done have theirs.
 */
static void take_end(struct helper *helper, struct reader *reader, struct arena *arena)
{
    struct fetch_job *job = job_of(helper, reader);

    helper->answered = true;
    helper->failed = !read_boolean(reader, "ok", false);
    if (helper->failed)
        keep_failure(job ? job : helper->batch->jobs[0], reader, arena);
    else if (helper->batch->count == 1)
        keep_success(helper->batch->jobs[0], reader, arena);
}

static void take_event(struct helper *helper, struct arena *arena)
{
    struct arena scratch = {0};
    struct diags diags = {.arena = &scratch};
    struct reader reader = {.file = "helper", .diags = &diags};
    struct buf *line = &helper->event_line;

    reader.table = data_parse_json(&scratch, "helper", buf_text(line), line->len, true, &diags);
    if (reader.table && reader.table->type == DATA_TABLE) {
        struct fetch_job *job = job_of(helper, &reader);

        if (data_get(reader.table, "ok"))
            take_end(helper, &reader, arena);
        else if (job && data_get(reader.table, "item"))
            keep_success(job, &reader, arena);
        else if (job && job->progress)
            progress_update(job->progress, read_string(&reader, "phase", ""),
                            number(&reader, "done"), number(&reader, "total"));
    }
    arena_release(&scratch);
}

/* ---- reading ---- */

static void end_line(struct helper *helper, struct buf *line, struct arena *arena)
{
    if (line->len > 0 && line == &helper->event_line)
        take_event(helper, arena);
    else if (line->len > 0)
        detail("%s", buf_text(line));
    buf_clear(line);
    line->overflow = false;
}

/* Reads what is there; closes the pipe at its end. */
static void drain(struct helper *helper, int *fd, struct buf *line, struct arena *arena)
{
    char block[8192];
    ssize_t n;

    line->max = MAX_LINE;
    while ((n = read(*fd, block, sizeof block)) > 0) {
        for (char *p = block, *end = block + n; p < end;) {
            char *newline = memchr(p, '\n', (size_t)(end - p));

            buf_add(line, p, (size_t)((newline ? newline : end) - p));
            if (newline)
                end_line(helper, line, arena);
            p = newline ? newline + 1 : end;
        }
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    end_line(helper, line, arena);
    fd_close(fd);
}

/* ---- ending ---- */

static void failed(struct fetch_job *job, struct arena *arena)
{
    job->result = -(int)error_code();
    job->error = arena_strdup(arena, error_text());
    job->hint = *error_hint_text() ? arena_strdup(arena, error_hint_text()) : NULL;
    error_clear();
}

static void release(struct fetching *f, struct helper *helper)
{
    fd_close(&helper->events);
    fd_close(&helper->log);
    buf_release(&helper->event_line);
    buf_release(&helper->log_line);
    *helper = (struct helper){.events = -1, .log = -1};
    f->running--;
}

/* Both pipes are at their end: the helper is through, or dead. */
static void finish(struct fetching *f, struct helper *helper)
{
    struct fetch_job *job = at_hand(helper);
    int status = 0;

    if (process_finish(&status, helper->pid, END_MS) < 0)
        failed(job ? job : helper->batch->jobs[0], f->arena);
    else if (!helper->answered || (!helper->failed && (job || status != 0))) {
        if (status > 128)
            fail(ERR_GENERIC, "'%s' was ended by signal %d", paths.helper, status - 128);
        else
            fail(ERR_GENERIC, "'%s' ended with status %d and no answer", paths.helper, status);
        error_hint("try again with --verbose; if it happens again, please report it");
        failed(job ? job : helper->batch->jobs[0], f->arena);
    }
    release(f, helper);
}

static void end_all(struct fetching *f)
{
    for (size_t i = 0; i < MAX_HELPERS; i++) { /* it ends its ssh, then itself */
        if (f->helpers[i].batch)
            kill(f->helpers[i].pid, SIGTERM);
    }
    for (size_t i = 0; i < MAX_HELPERS; i++) {
        int status;

        if (!f->helpers[i].batch)
            continue;
        process_finish(&status, f->helpers[i].pid, END_MS);
        release(f, &f->helpers[i]);
    }
}

/* ---- the loop ---- */

static bool is_busy(const struct fetching *f, const char *cache)
{
    for (size_t i = 0; cache && i < MAX_HELPERS; i++) {
        const struct fetch_batch *batch = f->helpers[i].batch;

        if (batch && batch->cache && strcmp(batch->cache, cache) == 0)
            return true;
    }
    return false;
}

static struct helper *free_place(struct fetching *f)
{
    for (size_t i = 0; i < MAX_HELPERS; i++) {
        if (!f->helpers[i].batch)
            return &f->helpers[i];
    }
    return NULL;
}

/* Starts as many of the waiting jobs as may run now. */
static void start_waiting(struct fetching *f)
{
    for (size_t i = 0; i < f->count && f->running < MAX_HELPERS; i++) {
        struct helper *helper = free_place(f);
        struct fetch_batch *batch = &f->batches[i];

        if (batch->started || is_busy(f, batch->cache))
            continue;
        batch->started = true;
        *helper = (struct helper){.batch = batch, .events = -1, .log = -1};
        f->running++;
        if (start_helper(helper, f->arena) < 0) {
            failed(batch->jobs[0], f->arena);
            release(f, helper);
        }
    }
}

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

static void wait_for_lines(struct fetching *f, const sigset_t *mask)
{
    struct pollfd fds[2 * MAX_HELPERS];

    for (size_t i = 0; i < MAX_HELPERS; i++) { /* of a free place -1: not waited for */
        fds[2 * i] = (struct pollfd){.fd = f->helpers[i].events, .events = POLLIN};
        fds[2 * i + 1] = (struct pollfd){.fd = f->helpers[i].log, .events = POLLIN};
    }
    if (ppoll(fds, 2 * MAX_HELPERS, NULL, mask) <= 0)
        return;
    for (size_t i = 0; i < MAX_HELPERS; i++) {
        struct helper *helper = &f->helpers[i];

        if (fds[2 * i].revents)
            drain(helper, &helper->events, &helper->event_line, f->arena);
        if (fds[2 * i + 1].revents)
            drain(helper, &helper->log, &helper->log_line, f->arena);
        if (helper->batch && helper->events < 0 && helper->log < 0)
            finish(f, helper);
    }
}

/* Until all are through or a signal says to stop. */
static int run_all(struct fetching *f)
{
    static const int watched[] = {SIGINT, SIGTERM, SIGHUP};
    enum { WATCHED = sizeof watched / sizeof *watched };
    struct sigaction before[WATCHED], action = {.sa_handler = on_signal};
    sigset_t blocked, old, open;

    caught = 0;
    sigemptyset(&blocked);
    for (int i = 0; i < WATCHED; i++)
        sigaddset(&blocked, watched[i]);
    sigprocmask(SIG_BLOCK, &blocked, &old);
    open = old;
    for (int i = 0; i < WATCHED; i++) {
        sigdelset(&open, watched[i]);
        sigaction(watched[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            sigaction(watched[i], &action, NULL);
    }
    for (start_waiting(f); f->running > 0 && !caught; start_waiting(f))
        wait_for_lines(f, &open);
    if (caught)
        end_all(f);
    for (int i = 0; i < WATCHED; i++)
        sigaction(watched[i], &before[i], NULL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return caught ? fail(ERR_INTERRUPTED, "interrupted") : 0;
}

int fetch_run(struct fetch_job *jobs, size_t count, struct arena *arena)
{
    struct fetching f = {.arena = arena};
    int result;

    f.count = fetch_divide(&f.batches, jobs, count, arena);
    for (size_t i = 0; i < MAX_HELPERS; i++)
        f.helpers[i] = (struct helper){.events = -1, .log = -1};
    for (size_t i = 0; i < count; i++)
        jobs[i].result = -ERR_INTERRUPTED; /* until it says otherwise */
    result = run_all(&f);
    for (size_t i = 0; i < count && result == 0; i++) {
        if (!jobs[i].error) /* those that one of their batch kept from being done have none */
            continue;
        result = fail((enum err) - jobs[i].result, "%s", jobs[i].error);
        if (jobs[i].hint)
            error_hint("%s", jobs[i].hint);
    }
    return result;
}
