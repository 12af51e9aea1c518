/* What a settings.json says, as far as it concerns us. */
#include "claude/settings_edit.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

static const char byte_order_mark[] = "\xEF\xBB\xBF";

/* ---- reading ---- */

int settings_refuse(const struct settings_text *settings, const char *at, const char *what)
{
    unsigned line = 1, column = 1;
    const char *p = settings->text;
    if (settings->len >= 3 && memcmp(p, byte_order_mark, 3) == 0)
        p += 3;
    for (; p < at; p++) {
        column += ((unsigned char)*p & 0xC0) != 0x80; /* in code points */
        if (*p == '\n') {
            line++;
            column = 1;
        }
    }
    fail(ERR_REFUSED, "%s:%u:%u: %s", settings->file, line, column, what);
    error_hint("correct it there (Claude Code itself needs strict JSON), or choose "
               "'paii config set claude.hooks plugin'");
    return -ERR_REFUSED;
}

/* The member of that name, which may be there once only. */
int settings_member(struct json_slice *out, const struct settings_text *settings,
                    struct json_slice object, const char *key)
{
    unsigned count = 0, seen = 0;
    *out = json_member(object, key, &count);
    if (count < 2)
        return 0;
    for (struct json_member m = {0}; json_next(object, &m);)
        if (json_is(m.key, key) && ++seen == 2)
            return settings_refuse(settings, m.key.start, "this key is there twice");
    return 0;
}

static const char *name_fault(const struct settings_text *settings, const struct json_fault *fault)
{
    const char *at = settings->text + fault->at;
    size_t left = settings->len - fault->at;
    if (left == 0)
        return settings->len == 0 ? "the file is empty" : "the file ends in the middle";
    if (left > 1 && at[0] == '/' && (at[1] == '/' || at[1] == '*'))
        return "a comment, which JSON does not have";
    return fault->message;
}

int settings_parse(struct settings_text *settings)
{
    const char *text = settings->text;
    size_t len = settings->len;
    struct json_fault fault = {0};
    if (len > SETTINGS_MAX)
        return fail(ERR_REFUSED, "'%s' is larger than %d bytes", settings->file, SETTINGS_MAX);
    size_t mark = len >= 3 && memcmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
    if (!json_check(text + mark, len - mark, SETTINGS_DEPTH, &fault)) {
        fault.at += mark;
        return settings_refuse(settings, text + fault.at, name_fault(settings, &fault));
    }
    settings->root = json_value(text + mark, len - mark);
    if (json_kind(settings->root) != '{')
        return settings_refuse(settings, settings->root.start, "this is no object");
    int result = settings_member(&settings->hooks, settings, settings->root, "hooks");
    if (result == 0 && settings->hooks.start && json_kind(settings->hooks) != '{')
        result = settings_refuse(settings, settings->hooks.start, "'hooks' is no object");
    return result;
}

bool settings_empty(const struct settings_text *settings)
{
    struct json_member first = {0};
    return !json_next(settings->root, &first);
}

/* ---- which entries are ours ---- */

bool settings_is_ours(struct json_slice hook, struct arena *arena)
{
    struct strings words = {0};
    const char *command = json_text(json_member(hook, "command", NULL), arena);
    struct json_slice args = json_member(hook, "args", NULL);
    if (!command)
        return false;
    if (json_kind(args) != '[') {
        dispatcher_split(&words, command, arena);
        return dispatcher_program(&words) >= 0;
    }
    strings_add(&words, arena, command);
    for (struct json_member m = {0}; json_next(args, &m);) {
        const char *word = json_text(m.value, arena);
        strings_add(&words, arena, word ? word : "");
    }
    return dispatcher_program(&words) >= 0;
}

static bool has_ours(struct json_slice group, struct arena *arena)
{
    struct json_slice hooks = json_member(group, "hooks", NULL);
    if (json_kind(hooks) != '[')
        return false;
    for (struct json_member m = {0}; json_next(hooks, &m);)
        if (settings_is_ours(m.value, arena))
            return true;
    return false;
}

/* The entries that have one of ours: `found` is called for each until it returns false. */
struct search {
    struct arena *arena;
    bool (*found)(struct search *search, const struct json_member *event, struct json_slice group);
    const struct wanted_event *events;
    size_t event_count, count;
};

static bool search_ours(struct search *search, const struct settings_text *settings)
{
    if (!settings->hooks.start)
        return true;
    for (struct json_member event = {0}; json_next(settings->hooks, &event);) {
        if (json_kind(event.value) != '[')
            continue;
        for (struct json_member group = {0}; json_next(event.value, &group);)
            if (has_ours(group.value, search->arena) && !search->found(search, &event, group.value))
                return false;
    }
    return true;
}

static bool count_one(struct search *search, const struct json_member *event,
                      struct json_slice group)
{
    (void)event;
    (void)group;
    search->count++;
    return true;
}

size_t settings_count(const struct settings_text *settings, struct arena *arena)
{
    struct search search = {.arena = arena, .found = count_one};
    search_ours(&search, settings);
    return search.count;
}

/* ---- whether they are there already ---- */

static bool same_data(const struct data *a, const struct data *b)
{
    if (a->type != b->type || a->count != b->count)
        return false;
    if (a->type == DATA_STRING)
        return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
    if (a->type == DATA_INTEGER)
        return a->integer == b->integer;
    if (a->type == DATA_BOOLEAN)
        return a->boolean == b->boolean;
    const struct data *other = b->children;
    for (const struct data *c = a->children; c; c = c->next) {
        const struct data *same = a->type == DATA_TABLE ? data_get(b, c->key) : other;
        if (!same || !same_data(c, same))
            return false;
        other = other ? other->next : NULL;
    }
    return a->type == DATA_ARRAY || a->type == DATA_TABLE;
}

static struct data *parse(const char *text, size_t len, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    return data_parse_json(arena, "settings.json", text, len, true, &diags);
}

/* Whether this group is what one of the wanted events asks for; counts those. */
static bool is_wanted(struct search *search, const struct json_member *event,
                      struct json_slice group)
{
    struct data *found = parse(group.start, group.len, search->arena);
    for (size_t i = 0; found && i < search->event_count; i++) {
        AUTO_BUF text = {0};
        struct json_writer json = {.out = &text};
        if (!json_is(event->key, search->events[i].client_name))
            continue;
        dispatcher_write_entry(&json, &search->events[i], ENTRY_SHELL, search->arena);
        search->count++;
        return same_data(found, parse(buf_text(&text), text.len, search->arena));
    }
    return false;
}

bool settings_has_exactly(const struct settings_text *settings, const struct wanted_event *events,
                          size_t count, struct arena *arena)
{
    struct search search = {
        .arena = arena, .found = is_wanted, .events = events, .event_count = count};
    if (!search_ours(&search, settings) || search.count != count)
        return false;
    for (size_t i = 0; i < count; i++) { /* none of them twice, and so another one not at all */
        unsigned times = 0;
        struct json_slice groups = json_member(settings->hooks, events[i].client_name, &times);
        size_t ours = 0;
        for (struct json_member m = {0}; json_kind(groups) == '[' && json_next(groups, &m);)
            ours += has_ours(m.value, arena);
        if (times != 1 || ours != 1)
            return false;
    }
    return true;
}
