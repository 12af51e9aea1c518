/* What a handler said: both dialects into one struct. */
#include "hooks/reply_fields.h"
#include "hooks/ways.h"

#include "base/text.h"

#include <string.h>

enum { REPLY_DEPTH = 512, SAID_MAX = 300 };

/* The run that is being read; `failure` is set by whoever finds something wrong. */
struct reading {
    struct reply *out;
    const struct handler_run *run;
    int event;
    struct arena *arena;
};

static bool failed(struct reading *in, const char *why)
{
    if (!in->out->failure)
        in->out->failure = why;
    return false;
}

/* ---- strings ---- */

static bool escape_unit(const char *at, const char *end, unsigned *unit)
{
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return false;
    *unit = 0;
    for (int i = 2; i < 6; i++) {
        char c = at[i];
        unsigned digit = c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
        *unit = *unit << 4 | digit;
    }
    return true;
}

static void add_point(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_putc(out, (char)c);
    } else if (c < 0x800) {
        buf_putc(out, (char)(0xc0 | c >> 6));
        buf_putc(out, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buf_putc(out, (char)(0xe0 | c >> 12));
        buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_putc(out, (char)(0x80 | (c & 0x3f)));
    } else {
        buf_putc(out, (char)(0xf0 | c >> 18));
        buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
        buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_putc(out, (char)(0x80 | (c & 0x3f)));
    }
}

/* At a backslash; returns what follows the escape. */
static const char *add_escape(struct buf *out, const char *at, const char *end)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    unsigned unit, low;

    if (!escape_unit(at, end, &unit)) {
        const char *letter = strchr(letters, at[1]);
        buf_putc(out, letter ? meant[letter - letters] : '?');
        return at + 2;
    }
    at += 6;
    if (unit >= 0xd800 && unit < 0xdc00 && escape_unit(at, end, &low) && low >= 0xdc00 &&
        low < 0xe000) {
        add_point(out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
        return at + 6;
    }
    if (unit == 0 || (unit >= 0xd800 && unit < 0xe000))
        unit = 0xfffd;
    add_point(out, unit);
    return at;
}

/* What no C string and no UTF-8 can hold becomes U+FFFD: a reason that quotes it still counts. */
static const char *loose_text(struct json_slice string, struct arena *arena)
{
    const char *text = json_text(string, arena);
    if (text)
        return text;
    AUTO_BUF out = {0};
    const char *at = string.start + 1, *end = string.start + string.len - 1;
    while (at < end) {
        size_t run = 0;
        while (at + run < end && at[run] != '\\')
            run++;
        buf_add(&out, at, run);
        at += run;
        if (at < end)
            at = add_escape(&out, at, end);
    }
    return arena_strdup(arena, buf_text(&out));
}

/* ---- fields ---- */

static bool is_list_of_strings(struct json_slice list)
{
    if (json_kind(list) != '[')
        return false;
    for (struct json_member item = {0}; json_next(list, &item);) {
        if (json_kind(item.value) != '"')
            return false;
    }
    return true;
}

static bool is_action(struct json_slice value)
{
    return json_is(value, "accept") || json_is(value, "decline") || json_is(value, "cancel");
}

static bool fits(const struct field *field, struct json_slice value)
{
    char kind = json_kind(value);
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_STRING:
        return kind == '"';
    case FIELD_TRUE:
    case FIELD_FALSE:
        return kind == 't' || kind == 'f';
    case FIELD_OBJECT:
        return kind == '{';
    case FIELD_LIST:
        return kind == '[';
    case FIELD_PATHS:
        return is_list_of_strings(value);
    case FIELD_ACTION:
        return is_action(value);
    case FIELD_ANY:
        return true;
    }
    return false;
}

static bool read_field(struct reading *in, const struct field *field, const char *key,
                       struct json_slice value)
{
    void *place = field_of(in->out, field);

    if (!fits(field, value))
        return failed(in, arena_printf(in->arena, "its answer has a '%s' of a wrong kind", key));
    if (field->type == FIELD_TEXT)
        *(const char **)place = loose_text(value, in->arena);
    else if (field->type == FIELD_TRUE)
        *(bool *)place = json_kind(value) == 't';
    else if (field->type == FIELD_FALSE)
        *(bool *)place = json_kind(value) == 'f';
    else
        *(struct json_slice *)place = value;
    return true;
}

/* The member, unless it is null. */
static struct json_slice member(struct json_slice object, const char *key)
{
    struct json_slice value = json_member(object, key, NULL);
    return json_kind(value) == 'n' ? (struct json_slice){0} : value;
}

static void read_fields(struct reading *in, struct json_slice object, enum field_place place)
{
    bool native = in->out->handler->kind == HANDLER_NATIVE;

    for (size_t i = 0; i < reply_field_count; i++) {
        const struct field *field = &reply_fields[i];
        const char *key = native ? field->client : field->key;
        if (!key || (native && field->place != place))
            continue;
        struct json_slice value = member(object, key);
        if (value.start && !read_field(in, field, key, value))
            return;
    }
}

static bool read_word(struct reading *in, struct json_slice value, const char *const *words,
                      const enum decision *meant, const char *key)
{
    if (!value.start)
        return true;
    for (size_t i = 0; words[i]; i++) {
        if (json_kind(value) == '"' && json_is(value, words[i])) {
            in->out->decision = meant[i];
            return true;
        }
    }
    return failed(in, arena_printf(in->arena, "its answer has an unknown '%s'", key));
}

/* ---- documents ---- */

static struct json_slice trimmed(const char *text, size_t len)
{
    while (len && strchr(" \t\r\n", *text)) {
        text++;
        len--;
    }
    while (len && strchr(" \t\r\n", text[len - 1]))
        len--;
    return (struct json_slice){text, len};
}

/* The object that stdout is; no slice, and a failure, if it is none. */
static struct json_slice read_object(struct reading *in, struct json_slice text)
{
    struct json_fault fault = {0};

    if (in->run->cut) {
        failed(in, "it wrote more than 64 KiB");
    } else if (!text.len) {
        failed(in, "it wrote nothing");
    } else if (!json_check(text.start, text.len, REPLY_DEPTH, &fault)) {
        failed(in, arena_printf(in->arena, "its answer is not JSON at byte %zu: %s", fault.at,
                                fault.message));
    } else if (json_kind(json_value(text.start, text.len)) != '{') {
        failed(in, "its answer is not an object");
    } else {
        return json_value(text.start, text.len);
    }
    return (struct json_slice){0};
}

/* stdout in the arena, without the space around it. */
static struct json_slice answer_of(struct reading *in)
{
    const struct buf *out = &in->run->out;
    const char *copy = arena_copy(in->arena, buf_text(out), out->len + 1);
    return trimmed(copy, out->len);
}

/* What it wrote on stderr, without secrets. */
static const char *said(struct reading *in)
{
    const struct buf *err = &in->run->err;
    struct json_slice text = trimmed(buf_text(err), err->len);
    AUTO_BUF clean = {0};
    for (size_t i = 0; i < text.len; i++)
        buf_putc(&clean, text.start[i] ? text.start[i] : '?');
    return hide_secrets(arena_strdup(in->arena, buf_text(&clean)), &in->run->secrets, in->arena);
}

/* The last line of that, behind a colon. */
static const char *last_words(struct reading *in)
{
    const char *text = said(in), *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    return *line ? arena_printf(in->arena, ": %.*s", SAID_MAX, line) : "";
}

/* ---- actions: docs/protocol.md ---- */

static void read_error_of(struct reading *in, struct json_slice document)
{
    struct json_slice error = member(document, "error");
    struct json_slice code = member(error, "code"), message = member(error, "message");

    if (json_kind(code) != '"') {
        failed(in, "its response has \"ok\": false and no error");
        return;
    }
    const char *text = json_kind(message) == '"' ? loose_text(message, in->arena) : "";
    failed(in, hide_secrets(arena_printf(in->arena, "%s%s%s", loose_text(code, in->arena),
                                         *text ? ": " : "", text),
                            &in->run->secrets, in->arena));
}

static void read_result(struct reading *in, struct json_slice result)
{
    static const char *const words[] = {"none", "allow", "ask", "deny", NULL};
    static const enum decision meant[] = {DECISION_NONE, DECISION_ALLOW, DECISION_ASK,
                                          DECISION_DENY};
    if (!result.start)
        return;
    if (json_kind(result) != '{') {
        failed(in, "its result is not an object");
        return;
    }
    if (read_word(in, member(result, "decision"), words, meant, "decision"))
        read_fields(in, result, PLACE_TOP);
}

static void read_action(struct reading *in)
{
    int status = in->run->status;

    if (status != 0 && status != 1) {
        failed(in, arena_printf(in->arena, "exit %d%s", status, last_words(in)));
        return;
    }
    struct json_slice document = read_object(in, answer_of(in));
    struct json_slice version = member(document, "paii"), id = member(document, "id");
    struct json_slice ok = member(document, "ok");
    if (!document.start)
        return;
    if (version.len != 1 || *version.start != '1')
        failed(in, "its response lacks \"paii\": 1");
    else if (in->run->id && id.start && !json_is(id, in->run->id))
        failed(in, "its response has the id of another request");
    else if (json_kind(ok) != 't' && json_kind(ok) != 'f')
        failed(in, "its response lacks \"ok\"");
    else if (status != (json_kind(ok) == 'f'))
        failed(in, "its exit status and \"ok\" disagree");
    else if (status)
        read_error_of(in, document);
    else
        read_result(in, member(document, "result"));
}

/* ---- native hooks: the client's own rules ---- */

static void read_specific(struct reading *in, struct json_slice specific)
{
    static const char *const words[] = {"allow", "ask", "defer", "deny", NULL};
    static const enum decision meant[] = {DECISION_ALLOW, DECISION_ASK, DECISION_DEFER,
                                          DECISION_DENY};
    static const char *const behaviors[] = {"allow", "deny", NULL};
    static const enum decision behavior_meant[] = {DECISION_ALLOW, DECISION_DENY};
    enum block block = hook_ways[in->event].block;
    const char *event = hook_events[in->event].client_name;

    if (!specific.start)
        return;
    struct json_slice name = member(specific, "hookEventName");
    if (json_kind(name) != '"' || !json_is(name, event)) {
        failed(in, arena_printf(in->arena, "its hookSpecificOutput is not for %s", event));
        return;
    }
    if (block == BLOCK_PERMISSION)
        read_word(in, member(specific, "permissionDecision"), words, meant, "permissionDecision");
    if (block == BLOCK_BEHAVIOR) {
        struct json_slice decision = member(specific, "decision");
        if (json_kind(decision) != '{' ||
            !read_word(in, member(decision, "behavior"), behaviors, behavior_meant, "behavior"))
            failed(in, "its decision is not one of permission-request");
        else
            read_fields(in, decision, PLACE_DECISION);
    }
    read_fields(in, specific, PLACE_SPECIFIC);
}

/* `approve` is an answer to pre-tool-use alone; elsewhere it means nothing. */
static void read_top(struct reading *in, struct json_slice document)
{
    static const char *const words[] = {"approve", "block", NULL};
    enum decision approve =
        hook_ways[in->event].block == BLOCK_PERMISSION ? DECISION_ALLOW : DECISION_NONE;
    const enum decision meant[] = {approve, DECISION_DENY};

    if (read_word(in, member(document, "decision"), words, meant, "decision"))
        read_fields(in, document, PLACE_TOP);
}

/* Its first line says that it goes on by itself: it has no answer. */
static bool goes_on(struct json_slice text)
{
    const char *end = memchr(text.start, '\n', text.len);
    size_t len = end ? (size_t)(end - text.start) : text.len;
    struct json_fault fault;

    return json_check(text.start, len, REPLY_DEPTH, &fault) &&
           json_kind(json_member(json_value(text.start, len), "async", NULL)) == 't';
}

static void read_document(struct reading *in, struct json_slice text)
{
    struct json_slice document = {0};

    if (goes_on(text))
        return;
    document = read_object(in, text);
    if (!document.start)
        return;
    read_top(in, document);
    read_specific(in, member(document, "hookSpecificOutput"));
    if (in->out->failure)
        *in->out = (struct reply){.handler = in->out->handler, .failure = in->out->failure};
}

/* An interpreter that does not find its script exits with 2 too; the client takes that for no block
 * of these events. */
static bool script_is_missing(struct reading *in, const char *stderr_text)
{
    static const char *const events[] = {"stop", "subagent-stop", "task-completed", "teammate-idle",
                                         "user-prompt-submit"};
    bool one = false;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        one = one || strcmp(hook_events[in->event].name, events[i]) == 0;
    return one && (text_find(stderr_text, "no such file") || text_find(stderr_text, "can't open"));
}

static void read_exit_2(struct reading *in, bool silent)
{
    const char *text = said(in);

    if (silent && script_is_missing(in, text)) {
        failed(in, arena_printf(in->arena, "exit 2%s", last_words(in)));
        return;
    }
    in->out->failure = NULL; /* whatever else it said: this is a block */
    if (in->out->decision != DECISION_DENY)
        in->out->reason = *text ? text : "no reason given";
    in->out->decision = DECISION_DENY;
}

static void read_native(struct reading *in)
{
    struct json_slice text = answer_of(in);
    bool json = text.len && *text.start == '{';

    if (json)
        read_document(in, text);
    else if (in->run->status == 0 && text.len && !memchr(text.start, '\0', text.len))
        in->out->text = arena_strndup(in->arena, text.start, text.len);
    if (in->run->status == 2)
        read_exit_2(in, !text.len);
}

/* ---- both ---- */

static void read_outcome(struct reading *in)
{
    const struct handler_run *run = in->run;
    const struct handler *handler = in->out->handler;

    switch (run->outcome) {
    case OUTCOME_EXITED:
        if (handler->kind == HANDLER_ACTION)
            read_action(in);
        else
            read_native(in);
        break;
    case OUTCOME_KILLED:
        failed(in, arena_printf(in->arena, "killed by signal %d%s", run->status, last_words(in)));
        break;
    case OUTCOME_TIMEOUT:
        failed(in, arena_printf(in->arena, "not done within %d ms", handler->deadline_ms));
        break;
    case OUTCOME_MISSING:
    case OUTCOME_REFUSED:
        failed(in, run->why ? run->why : "it could not be started");
        break;
    case OUTCOME_SKIPPED:
        break;
    }
}

/* A change of input belongs to a call that goes on; declining is a block of its event. */
static void settle(struct reply *reply, int event)
{
    if (hook_ways[event].block == BLOCK_ACTION && json_is(reply->action, "decline"))
        reply->decision = DECISION_DENY;
    if (reply->decision >= DECISION_DEFER)
        reply->updated_input = (struct json_slice){0};
}

void reply_read(struct reply *out, const struct handler_run *run, int event, struct arena *arena)
{
    struct reading in = {.out = out, .run = run, .event = event, .arena = arena};

    *out = (struct reply){.handler = run->handler};
    read_outcome(&in);
    if (out->failure)
        *out = (struct reply){
            .handler = run->handler,
            .failure = out->failure,
            .decision = run->handler->flags & HANDLER_CLOSED ? DECISION_DENY : DECISION_NONE,
        };
    settle(out, event);
}
