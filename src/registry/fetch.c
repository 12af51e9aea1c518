/*
 * The side of `paii` in the helper protocol: starts helpers, reads their lines, keeps their
 * answers.
 *
 * Jobs that share an object cache (the same remote Git URL) run one after the other: what the first
 * brings, the next need not fetch.
 */
#include "registry/fetch.h"

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

/* One running job; `job` is NULL for a free place. */
struct helper {
    struct fetch_job *job;
    pid_t pid;
    int events, log; /* pipes from its 1 and 2 */
    struct buf event_line, log_line;
    const char *cache; /* of the job, or NULL */
    bool answered;
};

struct fetching {
    struct fetch_job *jobs;
    const char **caches; /* of each job */
    bool *started;
    size_t count;
    struct arena *arena;
    struct helper helpers[MAX_HELPERS];
    size_t running;
};

/* ---- the request ---- */

static bool is_remote_git(const struct fetch_job *job)
{
    const char *url = job->source.url;

    return (job->op == FETCH_GIT_FILES || job->op == FETCH_GIT_TREE) && *url != '/' &&
           strncmp(url, "file:", 5) != 0;
}

static const char *cache_of(const struct fetch_job *job, struct arena *arena)
{
    char hex[HASH_HEX_SIZE];

    if (!is_remote_git(job))
        return NULL;
    hash_bytes(hex, job->source.url, strlen(job->source.url));
    return arena_printf(arena, "%s/git/%.16s", paths.cache, hex);
}

static bool sandbox_required;

void fetch_require_sandbox(bool required)
{
    sandbox_required = required;
}

static void write_files(struct json_writer *json, const char *const *files)
{
    json_key(json, "files");
    json_array(json);
    for (; files && *files; files++)
        json_string(json, *files);
    json_end_array(json);
}

static void field(struct json_writer *json, const char *key, const char *value)
{
    if (value)
        json_field(json, key, value);
}

static int write_request(struct buf *out, const struct fetch_job *job)
{
    static const char *const ops[] = {[FETCH_GIT_FILES] = "git-files",
                                      [FETCH_GIT_TREE] = "git-tree",
                                      [FETCH_GET] = "get",
                                      [FETCH_UNPACK] = "unpack",
                                      [FETCH_PROBE] = "probe"};
    const struct source *source = &job->source;
    struct json_writer json = {.out = out};
    int result;

    json_object(&json);
    json_key(&json, "paii");
    json_integer(&json, 1);
    json_field(&json, "op", ops[job->op]);
    if (job->op != FETCH_UNPACK)
        field(&json, "url", source->url);
    if (job->op == FETCH_GIT_TREE || job->op == FETCH_UNPACK)
        field(&json, "path", source->path);
    if (job->op == FETCH_GIT_TREE || job->op == FETCH_GIT_FILES) {
        field(&json, "ref", source->ref);
        field(&json, "commit", source->commit);
    }
    if (job->op == FETCH_GIT_FILES)
        write_files(&json, job->files);
    else
        field(&json, "into", job->into);
    if (job->op == FETCH_GET || job->op == FETCH_UNPACK)
        field(&json, "sha256", source->sha256);
    if (job->op == FETCH_UNPACK)
        field(&json, "archive", job->archive);
    field(&json, "known", job->known);
    field(&json, "known_date", job->known_date);
    if (job->public_only) {
        json_key(&json, "public");
        json_boolean(&json, true);
    }
    if (fetch_offline()) {
        json_key(&json, "offline");
        json_boolean(&json, true);
    }
    if (sandbox_required) {
        json_key(&json, "require_sandbox");
        json_boolean(&json, true);
    }
    result = access_write(&json, job);
    json_end_object(&json);
    return result;
}

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
static int request_pipe(const struct fetch_job *job)
{
    AUTO_BUF text = {0};
    int ends[2];

    if (write_request(&text, job) < 0)
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
    AUTO_FD request = request_pipe(helper->job);

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
    int result = fetch_check_offline(helper->job);

    if (result < 0)
        return result;
    if (!helper->job->staging)
        return spawn(helper, NULL, 0, arena);
    staging = open_folder(helper->job->staging);
    if (staging < 0)
        return staging;
    if (helper->cache) {
        result = fs_mkdirs(helper->cache, 0700);
        cache = result == 0 ? open_folder(helper->cache) : -1;
        if (cache < 0)
            return -(int)error_code();
    }
    return spawn(helper, (int[]){staging, cache}, helper->cache ? 2 : 1, arena);
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

static void keep_success(struct fetch_job *job, struct reader *reader, struct arena *arena)
{
    job->result = 0;
    job->unchanged = read_boolean(reader, "unchanged", false);
    job->commit = kept(reader, "commit", arena);
    job->tree = kept(reader, "tree", arena);
    job->etag = kept(reader, "etag", arena);
    job->date = kept(reader, "date", arena);
    job->sha256 = kept(reader, "sha256", arena);
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

static void take_event(struct helper *helper, struct arena *arena)
{
    struct arena scratch = {0};
    struct diags diags = {.arena = &scratch};
    struct reader reader = {.file = "helper", .diags = &diags};
    struct buf *line = &helper->event_line;

    reader.table = data_parse_json(&scratch, "helper", buf_text(line), line->len, true, &diags);
    if (reader.table && reader.table->type == DATA_TABLE) {
        if (data_get(reader.table, "ok")) {
            helper->answered = true;
            if (read_boolean(&reader, "ok", false))
                keep_success(helper->job, &reader, arena);
            else
                keep_failure(helper->job, &reader, arena);
        } else if (helper->job->progress) {
            progress_update(helper->job->progress, read_string(&reader, "phase", ""),
                            number(&reader, "done"), number(&reader, "total"));
        }
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
    int status = 0;

    if (process_finish(&status, helper->pid, END_MS) < 0)
        failed(helper->job, f->arena);
    else if (!helper->answered || (helper->job->result == 0 && status != 0)) {
        if (status > 128)
            fail(ERR_GENERIC, "'%s' was ended by signal %d", paths.helper, status - 128);
        else
            fail(ERR_GENERIC, "'%s' ended with status %d and no answer", paths.helper, status);
        error_hint("try again with --verbose; if it happens again, please report it");
        failed(helper->job, f->arena);
    }
    release(f, helper);
}

static void end_all(struct fetching *f)
{
    for (size_t i = 0; i < MAX_HELPERS; i++) { /* it ends its ssh, then itself */
        if (f->helpers[i].job)
            kill(f->helpers[i].pid, SIGTERM);
    }
    for (size_t i = 0; i < MAX_HELPERS; i++) {
        int status;

        if (!f->helpers[i].job)
            continue;
        process_finish(&status, f->helpers[i].pid, END_MS);
        release(f, &f->helpers[i]);
    }
}

/* ---- the loop ---- */

static bool is_busy(const struct fetching *f, const char *cache)
{
    for (size_t i = 0; cache && i < MAX_HELPERS; i++) {
        if (f->helpers[i].cache && strcmp(f->helpers[i].cache, cache) == 0)
            return true;
    }
    return false;
}

static struct helper *free_place(struct fetching *f)
{
    for (size_t i = 0; i < MAX_HELPERS; i++) {
        if (!f->helpers[i].job)
            return &f->helpers[i];
    }
    return NULL;
}

/* Starts as many of the waiting jobs as may run now. */
static void start_waiting(struct fetching *f)
{
    for (size_t i = 0; i < f->count && f->running < MAX_HELPERS; i++) {
        struct helper *helper = free_place(f);

        if (f->started[i] || is_busy(f, f->caches[i]))
            continue;
        f->started[i] = true;
        *helper =
            (struct helper){.job = &f->jobs[i], .cache = f->caches[i], .events = -1, .log = -1};
        f->running++;
        if (start_helper(helper, f->arena) < 0) {
            failed(helper->job, f->arena);
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
        if (helper->job && helper->events < 0 && helper->log < 0)
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
    struct fetching f = {.jobs = jobs, .count = count, .arena = arena};
    int result;

    f.caches = arena_array(arena, count, sizeof *f.caches);
    f.started = arena_array(arena, count, sizeof *f.started);
    for (size_t i = 0; i < MAX_HELPERS; i++)
        f.helpers[i] = (struct helper){.events = -1, .log = -1};
    for (size_t i = 0; i < count; i++) {
        f.caches[i] = cache_of(&jobs[i], arena);
        jobs[i].result = -ERR_INTERRUPTED; /* until it says otherwise */
    }
    result = run_all(&f);
    for (size_t i = 0; i < count && result == 0; i++) {
        if (jobs[i].result == 0)
            continue;
        result = fail((enum err) - jobs[i].result, "%s", jobs[i].error ? jobs[i].error : "");
        if (jobs[i].hint)
            error_hint("%s", jobs[i].hint);
    }
    return result;
}
