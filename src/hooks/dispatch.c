#include "hooks/dispatch.h"

#include "claude/dispatcher.h"
#include "hooks/state.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DRAIN_CHUNK = 16 * 1024, SPLICE_MAX = 1024 * 1024 };

/* ---- nobody wants it ---- */

void hook_drain_input(int fd)
{
    char chunk[DRAIN_CHUNK];
    ssize_t got = read(fd, chunk, sizeof chunk);

    if (got == sizeof chunk) {
        AUTO_FD null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        while (null >= 0 && splice(fd, NULL, null, NULL, SPLICE_MAX, 0) > 0)
            continue;
    }
    while (got > 0)
        got = read(fd, chunk, sizeof chunk);
}

/* ---- the table ---- */

static bool is_current(const struct hook_table *table, struct arena *arena)
{
    const char *target = fs_read_link(arena, paths.current);
    return target && strtoul(path_base(target), NULL, 10) == table->generation;
}

/* Generations from before there were tables have none, and nothing that registers us either. */
static int check_there(const struct hook_table *table, struct arena *arena)
{
    if (table->map || table->generation == 0 ||
        !fs_exists(path_join(arena, table->dir, "claude/" DISPATCHER_NAME)))
        return 0;
    return fail(ERR_CONFIG, "the hook table of generation %u is missing", table->generation);
}

/* The table, its generation held against `gc`: but not for an event that nobody wants. Where it
 * cannot be held, what `gc` takes away is found missing, or changed, when it is to run. */
static int open_table(struct dispatch *dispatch, struct arena *arena)
{
    struct hook_table *table = &dispatch->table;
    int result = hook_table_open(table, arena);

    if (result == 0)
        result = check_there(table, arena);
    while (result == 0 && hook_table_count(table, dispatch->event) > 0) {
        if (store_hold() < 0) {
            error_clear();
            break;
        }
        if (is_current(table, arena))
            break;
        hook_table_close(table);
        result = hook_table_open(table, arena);
    }
    return result;
}

/* The handlers of this mode. */
static void read_handlers(struct dispatch *dispatch, struct arena *arena)
{
    size_t all = hook_table_count(&dispatch->table, dispatch->event);

    if (!all)
        return;
    dispatch->handlers = arena_array(arena, all, sizeof *dispatch->handlers);
    for (size_t i = 0; i < all; i++) {
        struct handler *handler = &dispatch->handlers[dispatch->count];
        hook_table_get(&dispatch->table, dispatch->event, i, handler, arena);
        dispatch->count += ((handler->flags & HANDLER_ASYNC) != 0) == dispatch->async;
    }
    dispatch->runs = arena_array(arena, dispatch->count, sizeof *dispatch->runs);
    for (size_t i = 0; i < dispatch->count; i++)
        dispatch->runs[i].handler = &dispatch->handlers[i];
}

static bool has_closed(const struct dispatch *dispatch)
{
    for (size_t i = 0; i < dispatch->count; i++) {
        if (dispatch->handlers[i].flags & HANDLER_CLOSED)
            return true;
    }
    return false;
}

/* ---- who runs ---- */

static bool looks_only(const struct dispatch *dispatch)
{
    return dispatch->observe || dispatch->dry_run;
}

static void skip(struct handler_run *run, const char *why)
{
    run->outcome = OUTCOME_SKIPPED;
    run->why = why;
}

static bool same_words(char *const *a, char *const *b)
{
    while (*a && *b && strcmp(*a, *b) == 0) {
        a++;
        b++;
    }
    return !*a && !*b;
}

static bool is_double(const struct handler *a, const struct handler *b)
{
    return a->kind == b->kind && strcmp(a->plugin, b->plugin) == 0 &&
           strcmp(a->condition, b->condition) == 0 && same_words(a->argv, b->argv);
}

/* The earlier one that runs the same program, or NULL. */
static const struct handler *double_of(const struct dispatch *dispatch, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (dispatch->runs[i].outcome != OUTCOME_SKIPPED &&
            is_double(&dispatch->handlers[i], &dispatch->handlers[at]))
            return &dispatch->handlers[i];
    }
    return NULL;
}

static void spool(struct dispatch *dispatch, struct handler_run *run, struct arena *arena)
{
    const char *wrong =
        looks_only(dispatch) ? NULL : spool_add(run->handler, &dispatch->payload, arena);

    skip(run, "spooled");
    if (wrong) {
        run->outcome = OUTCOME_REFUSED;
        run->why = arena_printf(arena, "its work could not be spooled: %s", wrong);
    }
}

static void choose(struct dispatch *dispatch, size_t at, struct breaker *breaker,
                   struct arena *arena)
{
    const struct handler *handler = &dispatch->handlers[at];
    struct handler_run *run = &dispatch->runs[at];
    const struct handler *other;
    const char *why = NULL;

    if (!handler_wants(handler, &dispatch->payload, &why, arena)) {
        skip(run, why);
        return;
    }
    /* The client loads the person's own of two plugins with one name. */
    if (installed_by_user(handler->plugin, arena)) {
        skip(run, "the user has the plugin, too");
        return;
    }
    other = double_of(dispatch, at);
    if (other) {
        skip(run, arena_printf(arena, "the same as %s", other->label));
        return;
    }
    if (!(handler->flags & HANDLER_CLOSED))
        breaker_read(breaker, handler, arena);
    if (breaker_is_open(breaker, time(NULL))) {
        skip(run, arena_printf(arena, "left out after %u failures", breaker->failures));
        return;
    }
    if ((handler->flags & HANDLER_ONCE) && !looks_only(dispatch) && dispatch->payload.session_id &&
        !once_first(handler, dispatch->payload.session_id, arena))
        skip(run, "once a session");
    else if (handler->flags & HANDLER_SPOOL)
        spool(dispatch, run, arena);
}

/* ---- running ---- */

static int left_ms(const struct dispatch *dispatch)
{
    int64_t left = hook_table_deadline(&dispatch->table, dispatch->event) - hook_clock_us() / 1000;
    return left > 1 ? (int)left : 1;
}

/* One priority: handlers [first, end). `payload` is what they see. */
static void run_group(struct dispatch *dispatch, size_t first, size_t end,
                      const struct payload *payload, struct arena *arena)
{
    struct handler_run *runs = dispatch->runs + first;
    int result = handlers_run(runs, end - first, payload, left_ms(dispatch), arena);
    const char *wrong = result < 0 ? arena_strdup(arena, error_text()) : NULL;

    error_clear();
    for (size_t i = 0; i < end - first; i++) {
        if (wrong && runs[i].outcome == OUTCOME_EXITED) {
            runs[i].outcome = OUTCOME_REFUSED;
            runs[i].why = wrong;
        }
        reply_read(&dispatch->replies[first + i], &runs[i], dispatch->event, arena);
    }
}

static void run_all(struct dispatch *dispatch, struct arena *arena)
{
    struct payload seen = dispatch->payload;

    for (size_t first = 0, end; first < dispatch->count; first = end) {
        for (end = first; end < dispatch->count &&
                          dispatch->handlers[end].priority == dispatch->handlers[first].priority;)
            end++;
        run_group(dispatch, first, end, &seen, arena);
        struct json_slice input =
            answer_updated_input(dispatch->replies + first, end - first, arena);
        if (input.start && seen.tool_input.start) {
            struct payload next;
            payload_update(&next, &seen, input, arena);
            seen = next;
        }
    }
}

/* Counts failures; the one that opens a breaker says so. */
static void note_breakers(struct dispatch *dispatch, const struct breaker *before,
                          struct arena *arena)
{
    for (size_t i = 0; i < dispatch->count; i++) {
        const struct handler *handler = &dispatch->handlers[i];
        struct reply *reply = &dispatch->replies[i];
        if ((handler->flags & HANDLER_CLOSED) || dispatch->runs[i].outcome == OUTCOME_SKIPPED)
            continue;
        breaker_note(handler, &before[i], reply->failure != NULL, arena);
        if (reply->failure && before[i].failures + 1 >= BREAKER_FAILURES)
            reply->failure =
                arena_printf(arena, "%s; left out for %d minutes, or until 'paii hook reset %s'",
                             reply->failure, BREAKER_PAUSE_S / 60, handler->plugin);
    }
}

static void run_chosen(struct dispatch *dispatch, struct arena *arena)
{
    size_t count = dispatch->count;
    struct breaker *before = arena_array(arena, count, sizeof *before);
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        choose(dispatch, i, &before[i], arena);
        if (dispatch->dry_run && dispatch->runs[i].outcome != OUTCOME_SKIPPED)
            skip(&dispatch->runs[i], "chosen");
        any = any || dispatch->runs[i].outcome != OUTCOME_SKIPPED;
    }
    dispatch->replies = arena_array(arena, count, sizeof *dispatch->replies);
    for (size_t i = 0; i < count; i++)
        dispatch->replies[i].handler = &dispatch->handlers[i];
    if (any)
        run_all(dispatch, arena);
    if (any && !looks_only(dispatch))
        note_breakers(dispatch, before, arena);
    if (!dispatch->dry_run)
        answer_merge(&dispatch->answer, dispatch->replies, count, dispatch->event, arena);
    if (looks_only(dispatch))
        return;
    enum trace_level level = trace_level(arena);
    if (level != TRACE_OFF)
        trace_add(level, dispatch->event, dispatch->table.generation, &dispatch->payload,
                  dispatch->runs, dispatch->replies, count, &dispatch->answer, arena);
}

/* ---- from the beginning to the end ---- */

static void refuse(struct dispatch *dispatch, bool closed, const char *why, const char *next)
{
    AUTO_BUF text = {0};
    buf_printf(&text, "paii: %s%s%s", why, *next ? "; " : "", next);
    answer_failure(&dispatch->answer, dispatch->event, closed, buf_text(&text));
    error_clear();
}

static const char *read_payload(struct dispatch *dispatch, int fd, struct arena *arena)
{
    struct payload *payload = &dispatch->payload;

    if (dispatch->text)
        payload_parse(payload, dispatch->text, dispatch->text_len, dispatch->event, arena);
    else if (payload_read(payload, fd, dispatch->event, arena) < 0)
        return arena_strdup(arena, error_text());
    return payload->wrong;
}

void hook_dispatch(struct dispatch *dispatch, int fd, struct arena *arena)
{
    hook_clock_us(); /* from here on time counts */
    if (open_table(dispatch, arena) < 0) {
        if (!dispatch->text)
            hook_drain_input(fd);
        refuse(dispatch, true, error_text(), "'paii repair' makes it right");
        return;
    }
    read_handlers(dispatch, arena);
    if (dispatch->count == 0) {
        if (!dispatch->text)
            hook_drain_input(fd);
        return;
    }
    const char *wrong = read_payload(dispatch, fd, arena);
    if (wrong)
        refuse(dispatch, has_closed(dispatch),
               arena_printf(arena, "hooks did not run, the payload cannot be used: %s", wrong), "");
    else
        run_chosen(dispatch, arena);
}

void hook_dispatch_release(struct dispatch *dispatch)
{
    for (size_t i = 0; i < dispatch->count; i++)
        handler_run_release(&dispatch->runs[i]);
    answer_release(&dispatch->answer);
    hook_table_close(&dispatch->table);
}
