/* The trace: PAII_DIR/hooks/trace.jsonl, one line a dispatch (docs/hooks.md, "Seeing"). */
#include "hooks/state.h"

#include "hooks/reply_fields.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/term.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TRACE_MAX = 4 * 1024 * 1024,
    PART_MAX = 64 * 1024, /* of a payload or an answer */
    WORDS_MAX = 1000,     /* of what a handler wrote on stderr */
    SECRET_MAX = 4096,
    TRACE_DEPTH = 16,
};

static const char *const outcome_names[] = {
    [OUTCOME_EXITED] = "exited",   [OUTCOME_KILLED] = "killed",   [OUTCOME_TIMEOUT] = "timeout",
    [OUTCOME_MISSING] = "missing", [OUTCOME_REFUSED] = "refused", [OUTCOME_SKIPPED] = "skipped",
};

static const char *file_named(struct arena *arena, const char *name)
{
    return arena_printf(arena, "%s/hooks/%s", paths.dir, name);
}

/* ---- the level ---- */

enum trace_level trace_level(struct arena *arena)
{
    char word[16] = "";
    AUTO_FD fd = open(file_named(arena, "trace.level"), O_RDONLY | O_CLOEXEC);

    if (fd < 0 || read(fd, word, sizeof word - 1) <= 0)
        return TRACE_OFF;
    word[strcspn(word, "\n")] = '\0';
    for (int i = 0; trace_level_names[i]; i++) {
        if (strcmp(word, trace_level_names[i]) == 0)
            return (enum trace_level)i;
    }
    return TRACE_OFF;
}

int trace_set_level(enum trace_level level, struct arena *arena)
{
    const char *text = arena_printf(arena, "%s\n", trace_level_names[level]);
    int result = fs_mkdirs(path_join(arena, paths.dir, "hooks"), 0700);
    return result < 0 ? result
                      : fs_write(file_named(arena, "trace.level"), text, strlen(text), 0600);
}

/* ---- one line ---- */

struct line {
    struct json_writer json;
    struct strings secrets; /* of all handlers */
    struct arena *arena;
};

/* Texts only, never values: whatever a secret is, the line stays JSON. */
static void add_text(struct line *line, const char *key, const char *text, size_t len, size_t max)
{
    if (!text || !len)
        return;
    size_t some = max + SECRET_MAX; /* so that no secret loses its end before it is found */
    const char *start = arena_strndup(line->arena, text, len < some ? len : some);
    const char *clean = hide_secrets(start, &line->secrets, line->arena);
    json_field(&line->json, key, arena_strndup(line->arena, clean, strnlen(clean, max)));
}

static void add_string(struct line *line, const char *key, const char *text)
{
    add_text(line, key, text, text ? strlen(text) : 0, WORDS_MAX);
}

static void add_number(struct line *line, const char *key, int64_t value)
{
    json_key(&line->json, key);
    json_integer(&line->json, value);
}

static void add_run(struct line *line, enum trace_level level, const struct handler_run *run,
                    const struct reply *reply)
{
    bool ran = run->outcome != OUTCOME_SKIPPED;

    json_object(&line->json);
    json_field(&line->json, "name", run->handler->label);
    json_field(&line->json, "outcome", outcome_names[run->outcome]);
    if (ran) {
        add_number(line, "us", run->took_us);
        json_field(&line->json, "decision", decision_names[reply->decision]);
    }
    if (run->outcome == OUTCOME_EXITED || run->outcome == OUTCOME_KILLED)
        add_number(line, "status", run->status);
    add_string(line, reply->failure ? "failure" : "why",
               reply->failure ? reply->failure : run->why);
    add_string(line, "reason", reply->reason);
    if (level == TRACE_FULL || run->status != 0)
        add_text(line, "stderr", buf_text(&run->err), run->err.len, WORDS_MAX);
    json_end_object(&line->json);
}

static void write_head(struct line *line, int event, unsigned generation)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    add_number(line, "time", (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    json_field(&line->json, "event", hook_events[event].name);
    add_number(line, "generation", generation);
}

/* ---- the file ---- */

/* At most one of those who see that it is full renames it; the others write into the old one. */
static void rotate(int fd, const char *file, struct arena *arena)
{
    struct stat mine, now;

    if (fstat(fd, &mine) != 0 || mine.st_size < TRACE_MAX || flock(fd, LOCK_EX | LOCK_NB) != 0)
        return;
    if (stat(file, &now) == 0 && now.st_ino == mine.st_ino && now.st_dev == mine.st_dev)
        rename(file, file_named(arena, "trace.1.jsonl"));
    flock(fd, LOCK_UN);
}

static void append(const struct buf *text, struct arena *arena)
{
    const char *file = file_named(arena, "trace.jsonl");
    const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    AUTO_FD fd = open(file, flags, 0600);
    struct stat st;

    /* A pipe in its place would make us wait. */
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    if (write(fd, text->data, text->len) == (ssize_t)text->len)
        rotate(fd, file, arena);
}

void trace_add(enum trace_level level, int event, unsigned generation,
               const struct payload *payload, const struct handler_run *runs,
               const struct reply *replies, size_t count, const struct answer *answer,
               struct arena *arena)
{
    AUTO_BUF text = {0};
    struct line line = {.json = {.out = &text}, .arena = arena};

    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < runs[i].secrets.count; n++)
            strings_add(&line.secrets, arena, runs[i].secrets.items[n]);
    }
    json_object(&line.json);
    write_head(&line, event, generation);
    add_number(&line, "us", hook_clock_us());
    json_field(&line.json, "decision", decision_names[answer->decision]);
    json_key(&line.json, "handlers");
    json_array(&line.json);
    for (size_t i = 0; i < count; i++)
        add_run(&line, level, &runs[i], &replies[i]);
    json_end_array(&line.json);
    if (level == TRACE_FULL) {
        add_text(&line, "payload", payload->text, payload->len, PART_MAX);
        add_text(&line, "answer", buf_text(&answer->out), answer->out.len, PART_MAX);
    }
    json_end_object(&line.json);
    buf_putc(&text, '\n');
    append(&text, arena);
}

/* ---- printing ---- */

static int64_t number_of(struct json_slice object, const char *key)
{
    struct json_slice value = json_member(object, key, NULL);
    int64_t number = 0;
    for (size_t i = 0; i < value.len && value.start[i] >= '0' && value.start[i] <= '9'; i++)
        number = number * 10 + (value.start[i] - '0');
    return number;
}

static const char *text_of(struct json_slice object, const char *key, struct arena *arena)
{
    const char *text = json_text(json_member(object, key, NULL), arena);
    return text ? text : "";
}

/* 2026-01-31 10:20:30  pre-tool-use  deny  12.3 ms
 *     security:check  deny  10.1 ms  rm of a home                 */
static void print_line(struct json_slice line, struct arena *arena)
{
    time_t seconds = (time_t)(number_of(line, "time") / 1000);
    struct tm tm;
    char when[32] = "";

    if (localtime_r(&seconds, &tm))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
    out("%s  %s  %s  %.1f ms\n", when, text_of(line, "event", arena),
        text_of(line, "decision", arena), (double)number_of(line, "us") / 1000);
    struct json_slice handlers = json_member(line, "handlers", NULL);
    for (struct json_member item = {0}; handlers.start && json_next(handlers, &item);) {
        const char *outcome = text_of(item.value, "outcome", arena);
        const char *why = text_of(item.value, "failure", arena);
        if (!*why)
            why = text_of(item.value, "reason", arena);
        if (!*why)
            why = text_of(item.value, "why", arena);
        out("    %s  ", text_of(item.value, "name", arena));
        if (strcmp(outcome, "skipped") == 0)
            out("skipped");
        else
            out("%s  %.1f ms", text_of(item.value, "decision", arena),
                (double)number_of(item.value, "us") / 1000);
        out(*why ? "  %s\n" : "%s\n", why);
    }
}

static void print_record(const struct buf *text, bool *first)
{
    for (const char *at = buf_text(text), *end; (end = strchr(at, '\n')); at = end + 1) {
        struct arena scratch = {0};
        struct json_fault fault;
        size_t len = (size_t)(end - at);
        bool whole = json_check(at, len, TRACE_DEPTH, &fault);

        if (whole && term_json()) {
            out_bytes(*first ? "\n" : ",\n", *first ? 1 : 2);
            out_bytes(at, len);
            *first = false;
        } else if (whole) {
            print_line(json_value(at, len), &scratch);
        }
        arena_release(&scratch);
    }
}

int trace_print(struct arena *arena)
{
    static const char *const files[] = {"trace.1.jsonl", "trace.jsonl"};
    bool first = true;
    int result = 0;

    if (term_json())
        out_bytes("[", 1);
    for (size_t i = 0; i < 2 && result == 0; i++) {
        const char *file = file_named(arena, files[i]);
        AUTO_BUF text = {0};
        if (fs_exists(file))
            result = fs_read(&text, file, 2 * TRACE_MAX);
        if (result == 0)
            print_record(&text, &first);
    }
    if (term_json())
        out_bytes("\n]\n", 3);
    return result;
}
