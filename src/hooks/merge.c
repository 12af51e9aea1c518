/* Many replies, one answer: the table of docs/hooks.md, "One answer", row by row. */
#include "hooks/answer.h"
#include "hooks/reply_fields.h"
#include "hooks/say.h"
#include "hooks/ways.h"

#include "base/text.h"

#include <stddef.h>
#include <string.h>

enum { CONTEXT_MAX = 10000 }; /* the client puts away what is longer; it counts in UTF-16 */

struct merging {
    const struct reply *replies;
    size_t count;
    int event;
    struct reply *all;
    struct strings messages; /* for the user */
    struct answer *out;
    struct arena *arena;
};

#define EACH(merging, reply)                                                                       \
    const struct reply *reply = (merging)->replies;                                                \
    reply < (merging)->replies + (merging)->count;                                                 \
    reply++

static void add_note(struct merging *in, const char *text)
{
    strings_add(&in->out->notes, in->arena, text);
}

/* ---- decision and reason ---- */

static const char *failure_of(const struct reply *reply, struct arena *arena)
{
    return arena_printf(arena, "%s failed: %s", reply->handler->label, reply->failure);
}

static const char *reason_of(const struct reply *reply, bool several, struct arena *arena)
{
    const char *label = reply->handler->label;

    if (reply->failure)
        return failure_of(reply, arena);
    if (!reply->reason)
        return reply->decision == DECISION_DENY ? arena_printf(arena, "blocked by %s", label)
                                                : NULL;
    return several ? arena_printf(arena, "%s: %s", label, reply->reason) : reply->reason;
}

/* Of all that decide as the winner does, or that stop the client. */
static const char *join_reasons(struct merging *in, enum decision decision)
{
    struct strings lines = {0};
    size_t count = 0;

    for (EACH(in, reply))
        count += reply->decision == decision;
    for (EACH(in, reply)) {
        const char *reason =
            reply->decision == decision ? reason_of(reply, count > 1, in->arena) : NULL;
        if (reason)
            strings_add(&lines, in->arena, reason);
    }
    return lines.count ? strings_join(&lines, in->arena, "\n") : NULL;
}

static void merge_decision(struct merging *in)
{
    struct strings names = {0};
    enum decision decision = DECISION_NONE;

    for (EACH(in, reply))
        decision = reply->decision > decision ? reply->decision : decision;
    in->all->decision = decision;
    if (decision == DECISION_NONE)
        return;
    in->all->reason = join_reasons(in, decision);
    for (EACH(in, reply)) {
        if (reply->decision == decision)
            strings_add(&names, in->arena, reply->handler->label);
    }
    add_note(in, arena_printf(in->arena, "decision: %s, by %s", decision_names[decision],
                              strings_join(&names, in->arena, ", ")));
}

static void merge_stop(struct merging *in)
{
    struct strings lines = {0};
    size_t count = 0;

    for (EACH(in, reply))
        count += reply->stop;
    for (EACH(in, reply)) {
        if (!reply->stop)
            continue;
        add_note(in, arena_printf(in->arena, "stop: by %s", reply->handler->label));
        if (reply->stop_reason && count > 1)
            strings_add(
                &lines, in->arena,
                arena_printf(in->arena, "%s: %s", reply->handler->label, reply->stop_reason));
        else if (reply->stop_reason)
            strings_add(&lines, in->arena, reply->stop_reason);
    }
    in->all->stop = count > 0;
    if (lines.count)
        in->all->stop_reason = strings_join(&lines, in->arena, "\n");
}

/* ---- context ---- */

/* How many bytes of `text` are at most `max` units of UTF-16; `*units` is how many those are. */
static size_t fitting(const char *text, size_t max, size_t *units)
{
    size_t at = 0, len = strlen(text);

    *units = 0;
    while (at < len) {
        uint32_t c;
        size_t bytes = text_decode(text + at, len - at, &c);
        size_t more = bytes && c > 0xffff ? 2 : 1;
        if (*units + more > max)
            break;
        *units += more;
        at += bytes ? bytes : 1;
    }
    return at;
}

static const char *context_of(const struct reply *reply, unsigned takes)
{
    if (reply->failure || !(takes & TAKES_CONTEXT))
        return NULL;
    if (reply->context)
        return *reply->context ? reply->context : NULL;
    return takes & TAKES_TEXT ? reply->text : NULL;
}

static void merge_context(struct merging *in)
{
    unsigned takes = hook_ways[in->event].takes;
    size_t left = CONTEXT_MAX, units;
    AUTO_BUF text = {0};

    for (EACH(in, reply)) {
        const char *context = context_of(reply, takes);
        if (!context)
            continue;
        const char *gap = text.len ? "\n\n" : "";
        size_t room = left > strlen(gap) ? left - strlen(gap) : 0;
        size_t len = fitting(context, room, &units);
        if (len) {
            buf_puts(&text, gap);
            buf_add(&text, context, len);
            left = room - units;
        }
        if (context[len]) {
            left = 0;
            strings_add(&in->messages, in->arena,
                        arena_printf(in->arena,
                                     "the context of %s was cut: all hooks together have %d "
                                     "characters",
                                     reply->handler->label, CONTEXT_MAX));
        }
        add_note(in,
                 arena_printf(in->arena, "context: %zu bytes of %s", len, reply->handler->label));
    }
    if (text.len)
        in->all->context = arena_strdup(in->arena, text.data);
}

/* ---- what can be said only once ---- */

/* The value without the white space between its parts. */
static const char *compact(struct json_slice value, struct arena *arena)
{
    char *out = arena_alloc(arena, value.len + 1), *to = out;
    bool quoted = false;

    for (size_t i = 0; i < value.len; i++) {
        char c = value.start[i];
        if (quoted && c == '\\') {
            *to++ = c;
            c = value.start[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && strchr(" \t\r\n", c)) {
            continue;
        }
        *to++ = c;
    }
    return out;
}

/* The one value that all of them give who give one; no slice if two disagree: `*a` and `*b`. */
static struct json_slice agreed(const struct reply *replies, size_t count, size_t offset,
                                const struct reply **a, const struct reply **b, struct arena *arena)
{
    struct json_slice found = {0};
    const char *first = NULL;

    *a = *b = NULL;
    for (size_t i = 0; i < count; i++) {
        struct json_slice value = *(const struct json_slice *)((const char *)&replies[i] + offset);
        if (!value.start)
            continue;
        const char *text = compact(value, arena);
        if (first && strcmp(first, text) != 0) {
            *b = &replies[i];
            return (struct json_slice){0};
        }
        if (!first) {
            *a = &replies[i];
            first = text;
            found = value;
        }
    }
    return found;
}

static void disagree(struct merging *in, const char *what, const struct reply *a,
                     const struct reply *b)
{
    const char *text = arena_printf(in->arena, "%s and %s disagree about %s: neither counts",
                                    a->handler->label, b->handler->label, what);
    strings_add(&in->messages, in->arena, text);
    add_note(in, text);
}

static void merge_single(struct merging *in)
{
    for (size_t i = 0; i < reply_field_count; i++) {
        const struct field *field = &reply_fields[i];
        const struct reply *a, *b;
        if (!field->words)
            continue;
        struct json_slice value = agreed(in->replies, in->count, field->offset, &a, &b, in->arena);
        if (b)
            disagree(in, field->words, a, b);
        else if (a)
            add_note(in, arena_printf(in->arena, "%s: of %s", field->words, a->handler->label));
        *(struct json_slice *)field_of(in->all, field) = value;
    }
}

struct json_slice answer_updated_input(const struct reply *replies, size_t count,
                                       struct arena *arena)
{
    const struct reply *a, *b;
    return agreed(replies, count, offsetof(struct reply, updated_input), &a, &b, arena);
}

/* Priority by priority: each has seen what the one before left. */
static void merge_input(struct merging *in)
{
    for (size_t first = 0, end; first < in->count; first = end) {
        const struct reply *a, *b;
        int priority = in->replies[first].handler->priority;
        for (end = first; end < in->count && in->replies[end].handler->priority == priority;)
            end++;
        struct json_slice value = agreed(in->replies + first, end - first,
                                         offsetof(struct reply, updated_input), &a, &b, in->arena);
        if (b)
            disagree(in, "the input", a, b);
        else if (a)
            add_note(in, arena_printf(in->arena, "input: of %s", a->handler->label));
        if (value.start)
            in->all->updated_input = value;
    }
    in->out->updated_input = in->all->updated_input;
}

/* ---- flags, paths, messages ---- */

static void merge_flags(struct merging *in)
{
    for (size_t i = 0; i < reply_field_count; i++) {
        const struct field *field = &reply_fields[i];
        if (field->type != FIELD_TRUE)
            continue;
        bool *flag = field_of(in->all, field);
        for (EACH(in, reply))
            *flag = *flag || *(bool *)field_of(reply, field);
    }
}

static void merge_paths(struct merging *in)
{
    struct strings seen = {0};

    for (EACH(in, reply)) {
        for (struct json_member item = {0};
             reply->watch_paths.start && json_next(reply->watch_paths, &item);) {
            const char *text = arena_strndup(in->arena, item.value.start, item.value.len);
            if (!strings_has(&seen, text))
                strings_add(&seen, in->arena, text);
        }
    }
    if (seen.count) {
        const char *text = arena_printf(in->arena, "[%s]", strings_join(&seen, in->arena, ","));
        in->all->watch_paths = (struct json_slice){text, strlen(text)};
    }
}

/* What an event cannot be told otherwise, the user is told. */
static void tell_undecidable(struct merging *in)
{
    enum block block = hook_ways[in->event].block;
    enum decision decision = in->all->decision;

    if (decision == DECISION_DENY && block == BLOCK_NEVER) {
        strings_add(&in->messages, in->arena, in->all->reason);
        add_note(in, arena_printf(in->arena, "%s cannot be blocked: the reason is a message",
                                  hook_events[in->event].name));
    }
    if ((decision == DECISION_ASK || decision == DECISION_DEFER) && block != BLOCK_PERMISSION &&
        block != BLOCK_BEHAVIOR)
        strings_add(&in->messages, in->arena,
                    arena_printf(in->arena, "a hook says '%s', which %s does not know",
                                 decision_names[decision], hook_events[in->event].name));
}

static void merge_messages(struct merging *in)
{
    for (EACH(in, reply)) {
        if (reply->failure && reply->decision != DECISION_DENY)
            strings_add(&in->messages, in->arena, failure_of(reply, in->arena));
        else if (reply->failure)
            continue; /* is the reason */
        else if (reply->system_message)
            strings_add(&in->messages, in->arena, reply->system_message);
        else if (hook_ways[in->event].form == FORM_SHOWN && reply->text)
            strings_add(&in->messages, in->arena, reply->text);
    }
    tell_undecidable(in);
    if (in->messages.count)
        in->all->system_message = strings_join(&in->messages, in->arena, "\n");
}

/* The last line that is not empty, as the client takes it. */
static const char *path_in(const char *text, struct arena *arena)
{
    struct strings lines = {0};
    const char *path = NULL;

    strings_split(&lines, arena, text, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        const char *line = lines.items[i] + strspn(lines.items[i], " \t\r");
        size_t len = strlen(line);
        while (len && strchr(" \t\r", line[len - 1]))
            len--;
        if (len)
            path = arena_strndup(arena, line, len);
    }
    return path;
}

/* The hook replaces Git here: without exactly one path there is no worktree. */
static void merge_worktree(struct merging *in)
{
    const struct reply *first = NULL, *second = NULL;

    if (hook_ways[in->event].form != FORM_PATH || in->all->decision == DECISION_DENY)
        return;
    for (EACH(in, reply)) {
        const char *path = reply->text ? path_in(reply->text, in->arena) : NULL;
        if (!path)
            continue;
        if (first && !second)
            second = reply;
        if (!first) {
            first = reply;
            in->all->text = path;
        }
    }
    if (first && !second)
        return;
    in->all->decision = DECISION_DENY;
    in->all->reason = second ? arena_printf(in->arena, "%s and %s both made a worktree",
                                            first->handler->label, second->handler->label)
                             : "no hook made a worktree";
    add_note(in, in->all->reason);
}

void answer_merge(struct answer *out, const struct reply *replies, size_t count, int event,
                  struct arena *arena)
{
    struct reply all = {0};
    struct merging in = {
        .replies = replies,
        .count = count,
        .event = event,
        .all = &all,
        .out = out,
        .arena = arena,
    };

    *out = (struct answer){0};
    merge_decision(&in);
    merge_stop(&in);
    merge_context(&in);
    merge_single(&in);
    merge_input(&in);
    merge_flags(&in);
    merge_paths(&in);
    merge_worktree(&in);
    merge_messages(&in);
    answer_say(out, &all, event, arena);
}

void answer_failure(struct answer *out, int event, bool closed, const char *why)
{
    struct arena arena = {0};
    struct reply all = {
        .decision = closed ? DECISION_DENY : DECISION_NONE,
        .reason = why,
    };

    *out = (struct answer){0};
    if (!closed || hook_ways[event].block == BLOCK_NEVER)
        all.system_message = why;
    answer_say(out, &all, event, &arena);
    arena_release(&arena);
}

void answer_release(struct answer *answer)
{
    buf_release(&answer->out);
    buf_release(&answer->err);
}
