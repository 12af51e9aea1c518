/*
 * Requests for several things at once: one start, one confinement and one connection for all.
 *
 * Each item has a folder of its own below staging, which takes the place of STAGING_FD while the
 * item is at hand. What is parsed (an archive) gets a process of its own, which can write to that
 * folder alone: one archive's bytes are never in memory beside another's.
 */
#include "base/beneath.h"
#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "fetch/http.h"
#include "fetch/library.h"
#include "fetch/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_LINE = 64 << 10 };

int items_check(struct job *job)
{
    for (size_t i = 0; i < job->item_count && job->url; i++) {
        const char *url = job->items[i].url;
        struct url parts;

        if (strcmp(url, job->url) == 0)
            continue;
        if (url_parse(&parts, &job->arena, url, true) < 0)
            return -ERR_REFUSED;
        if (!url_same_origin(&parts, &job->parts))
            return fail(ERR_REFUSED, "'%s' is not of the origin of '%s'", url, job->url);
    }
    return 0;
}

/* Where the folders of the items are: STAGING_FD as it was at the start. */
static int all_folders(void)
{
    static int kept = -1;

    if (kept < 0)
        kept = fcntl(STAGING_FD, F_DUPFD_CLOEXEC, CACHE_FD + 1);
    return kept;
}

int items_enter(struct job *job, size_t index)
{
    const struct item *item = &job->items[index];

    if (job->url && strcmp(item->url, job->url) != 0 &&
        url_parse(&job->parts, &job->arena, item->url, true) < 0)
        return -ERR_REFUSED;
    job->url = item->url;
    job->path = item->path;
    job->into = item->into;
    job->sha256 = item->sha256;
    job->archive = item->archive;
    job->base = item->base;
    if (!job->has_items)
        return 0;
    event_at_item((int)index);
    AUTO_FD folder = open_beneath(all_folders(), item->folder, O_RDONLY | O_DIRECTORY, 0);
    if (folder < 0 || dup2(folder, STAGING_FD) < 0)
        return fail_errno(ERR_GENERIC, "cannot open the folder '%s' in staging", item->folder);
    return 0;
}

int items_run(struct job *job, int (*operation)(struct job *job))
{
    int result = 0;

    job->keeps_connections = job->has_items;
    for (size_t i = 0; i < job->item_count && result == 0; i++) {
        result = items_enter(job, i);
        if (result == 0 && i > 0)
            deadline_start(job); /* of each thing, not of all */
        if (result == 0)
            result = operation(job);
        if (result == 0 && job->has_items)
            event_item(job);
    }
    http_close_kept(job);
    return result;
}

/* ---- apart ---- */

/* In the process of one item: it gives up the folders of the others, too. */
static _Noreturn void be_apart(struct job *job, int (*operation)(struct job *job), int answer)
{
    struct sandbox needs = {.reads = job->archive};
    int result;

    event_at_item(-1);
    close(all_folders());
    result = dup2(answer, 1) < 0 ? fail_errno(ERR_GENERIC, "cannot unpack apart") : 0;
    if (result == 0)
        result = landlock_enter(&needs) < 0 ? -(int)error_code() : 0;
    if (result == 0)
        result = operation(job);
    _exit(event_finish(job, result));
}

static void take_results(struct job *job, struct reader *reader)
{
    job->tree = arena_strdup(&job->arena, read_string(reader, "tree", NULL));
    job->found_sha256 = arena_strdup(&job->arena, read_string(reader, "sha256", NULL));
    job->size = (uint64_t)read_integer(reader, "size", 0, 0, INT64_MAX);
    job->written = (unsigned)read_integer(reader, "files", 0, 0, INT32_MAX);
}

static int take_error(struct reader *reader)
{
    struct reader error = read_table(reader, "error");
    enum err code = err_from_name(read_string(&error, "code", "error"));
    const char *hint = read_string(&error, "hint", NULL);

    fail(code, "%s", read_string(&error, "message", "it did not say why it failed"));
    if (hint)
        error_hint("%s", hint);
    return -(int)code;
}

/* One line of the process: 1 for progress, 0 or an error for its answer. */
static int take_line(struct job *job, const struct buf *line)
{
    struct arena scratch = {0};
    struct diags diags = {.arena = &scratch};
    struct reader reader = {.file = "answer", .diags = &diags};
    int result = 1;

    reader.table = data_parse_json(&scratch, "answer", line->data, line->len, true, &diags);
    if (!reader.table || reader.table->type != DATA_TABLE) {
        result = fail(ERR_GENERIC, "unpacking gave no answer that can be read");
    } else if (!data_get(reader.table, "ok")) {
        event_progress("writing", (uint64_t)read_integer(&reader, "done", 0, 0, INT64_MAX), 0);
    } else if (read_boolean(&reader, "ok", false)) {
        take_results(job, &reader);
        result = 0;
    } else {
        result = take_error(&reader);
    }
    arena_release(&scratch);
    return result;
}

/* Everything that the process says until its end. */
static int listen_to(struct job *job, int fd)
{
    AUTO_BUF line = {.max = MAX_LINE};
    char block[4096];
    int result = 1;
    ssize_t n;

    while ((n = read(fd, block, sizeof block)) != 0) {
        if (n < 0 && errno != EINTR)
            return fail_errno(ERR_GENERIC, "cannot read the answer");
        for (char *p = block; n > 0; p++, n--) {
            if (*p != '\n') {
                buf_putc(&line, *p);
                continue;
            }
            if (result > 0)
                result = take_line(job, &line);
            buf_clear(&line);
        }
    }
    return result;
}

static int run_apart(struct job *job, int (*operation)(struct job *job))
{
    int ends[2], status = 0, result;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail_errno(ERR_GENERIC, "cannot unpack '%s' apart", job->archive);
    pid = fork();
    if (pid == 0)
        be_apart(job, operation, ends[1]);
    result = pid < 0 ? fail_errno(ERR_GENERIC, "cannot unpack '%s' apart", job->archive) : 0;
    close(ends[1]);
    if (result == 0)
        result = listen_to(job, ends[0]);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (result <= 0 && !(result == 0 && status != 0))
        return result;
    if (WIFSIGNALED(status))
        return fail(ERR_GENERIC, "unpacking '%s' was ended by signal %d", job->archive,
                    WTERMSIG(status));
    return fail(ERR_GENERIC, "unpacking '%s' ended with no answer", job->archive);
}

int items_run_apart(struct job *job, int (*operation)(struct job *job))
{
    int result = job->has_items ? library_load_archive() : 0; /* once for all */

    if (!job->has_items)
        return items_run(job, operation);
    for (size_t i = 0; i < job->item_count && result == 0; i++) {
        result = items_enter(job, i);
        if (result == 0)
            result = run_apart(job, operation);
        if (result == 0)
            event_item(job);
    }
    return result;
}
