#include "claude/settings_edit.h"

#include "base/error.h"

#include <string.h>

static const char *slice_end(struct json_slice slice)
{
    return slice.start + slice.len;
}

static const char *item_start(const struct json_member *item)
{
    return item->key.start ? item->key.start : item->value.start;
}

/* ---- taking out ---- */

struct cut {
    const char *from, *to;
};
struct stripping {
    struct arena *arena;
    struct cut *cuts; /* in the order of the text, apart from each other */
    size_t count, capacity;
};
enum level { LEVEL_ROOT, LEVEL_EVENTS, LEVEL_GROUPS, LEVEL_HOOKS };

static void cut(struct stripping *strip, const char *from, const char *to)
{
    *arena_push(strip->arena, &strip->cuts, &strip->count, &strip->capacity) =
        (struct cut){from, to};
}

static bool starts_line_end(const char *from, const char *to)
{
    return from < to && (*from == '\n' || (*from == '\r' && to - from > 1 && from[1] == '\n'));
}

/*
 * All that a container held was ours, from `first` to `last`. Leaves the space that stood between
 * its braces, or says true: then they were ours too.
 */
static bool cut_all(struct stripping *strip, struct json_slice container, const char *first,
                    const char *last, enum level level)
{
    const char *open = container.start + 1, *close = slice_end(container) - 1, *end = first;
    bool own_lines = starts_line_end(last, close);
    if (own_lines) {
        while (end > open && end[-1] != '\n')
            end--;
        if (end > open)
            end -= end - 1 > open && end[-2] == '\r' ? 2 : 1;
    }
    bool marked = (own_lines || last == close) && end > open && end[-1] == ' ';
    if (!marked && level != LEVEL_ROOT)
        return true;
    cut(strip, end - marked, close);
    return false;
}

static bool strip_container(struct stripping *strip, struct json_slice container, enum level level);

/* Whether an item is ours as a whole. If not, what is ours inside of it is cut. */
static bool strip_item(struct stripping *strip, const struct json_member *item, enum level level)
{
    struct json_slice inner = item->value;
    switch (level) {
    case LEVEL_ROOT:
        return json_is(item->key, "hooks") && json_kind(inner) == '{' &&
               strip_container(strip, inner, LEVEL_EVENTS);
    case LEVEL_EVENTS:
        return json_kind(inner) == '[' && strip_container(strip, inner, LEVEL_GROUPS);
    case LEVEL_GROUPS:
        inner = json_member(inner, "hooks", NULL);
        return json_kind(inner) == '[' && strip_container(strip, inner, LEVEL_HOOKS);
    case LEVEL_HOOKS:
        break;
    }
    return settings_is_ours(inner, strip->arena);
}

/* Cuts what is ours; true if nothing would be left, and the container was made for it. */
static bool strip_container(struct stripping *strip, struct json_slice container, enum level level)
{
    size_t before = strip->count;
    bool any = false, kept = false;
    const char *first = NULL, *last = NULL, *pending = NULL; /* pending: start of a leading run */
    for (struct json_member item = {0}; json_next(container, &item);) {
        const char *start = item_start(&item);
        first = first ? first : start;
        if (!kept && pending)
            cut(strip, pending, start);
        pending = NULL;
        size_t inside = strip->count;
        if (strip_item(strip, &item, level)) {
            strip->count = inside;
            any = true;
            if (kept)
                cut(strip, last, slice_end(item.value));
            else
                pending = start;
        } else {
            kept = true;
        }
        last = slice_end(item.value);
    }
    if (!any || kept)
        return false;
    strip->count = before;
    return level == LEVEL_HOOKS || cut_all(strip, container, first, last, level);
}

static void strip_ours(struct buf *out, const struct settings_text *settings, struct arena *arena)
{
    struct stripping strip = {.arena = arena};
    const char *at = settings->text;
    strip_container(&strip, settings->root, LEVEL_ROOT);
    for (size_t i = 0; i < strip.count; i++) {
        buf_add(out, at, (size_t)(strip.cuts[i].from - at));
        at = strip.cuts[i].to;
    }
    buf_add(out, at, (size_t)(settings->text + settings->len - at));
}

/* ---- putting in ---- */

/* How the items of a container stand: on lines of their own, or one after the other. */
struct style {
    bool lines;
    const char *space; /* before each: the indent of its line, or what follows a comma */
};
struct insertion {
    const char *at;
    const char *text;
};
struct inserting {
    struct arena *arena;
    const char *line_end, *unit;
    struct insertion *items; /* in the order of the text */
    size_t count, capacity;
};

static struct style style_at(const char *start, struct arena *arena)
{
    const char *p = start;
    while (p[-1] == ' ' || p[-1] == '\t')
        p--;
    return (struct style){.lines = p[-1] == '\n' || p[-1] == '\r',
                          .space = arena_strndup(arena, p, (size_t)(start - p))};
}

/* Which line ends and which indent the file has. */
static void look_at_layout(struct inserting *insert, const struct settings_text *settings)
{
    struct json_member first = {0};
    const char *line = memchr(settings->text, '\n', settings->len);
    insert->line_end = line && line > settings->text && line[-1] == '\r' ? "\r\n" : "\n";
    insert->unit = "  ";
    if (!json_next(settings->root, &first))
        return;
    struct style style = style_at(item_start(&first), insert->arena);
    if (style.lines && *style.space)
        insert->unit = style.space;
}

/*
 * The items of a JSON document of one container, as they are to stand in another one. `indented` is
 * written by json_writer: two spaces a level.
 */
static void add_items(struct buf *out, const struct inserting *insert, const struct buf *indented,
                      struct style style)
{
    const char *end = indented->data + indented->len - 2; /* before "\n}" */
    for (const char *line = indented->data + 2; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        size_t spaces = strspn(line, " ");
        if (out->len > 0)
            buf_printf(out, "%s%s", insert->line_end, style.space);
        for (size_t level = 2; level < spaces; level += 2)
            buf_puts(out, insert->unit);
        buf_add(out, line + spaces, (size_t)((next ? next : end) - line) - spaces);
        line = next ? next + 1 : end;
    }
}

/* Writes a document of one container, whose items are to be inserted. */
struct items {
    void (*write)(struct json_writer *json, const struct items *items, struct arena *arena);
    const struct wanted_event *events;
    size_t count;
};

static const char *render(const struct inserting *insert, const struct items *items,
                          struct style style)
{
    AUTO_BUF text = {0}, out = {0};
    struct json_writer json = {.out = &text, .indent = style.lines};
    items->write(&json, items, insert->arena);
    if (!style.lines)
        return arena_strndup(insert->arena, text.data + 1, text.len - 2);
    add_items(&out, insert, &text, style);
    return arena_strdup(insert->arena, buf_text(&out));
}

/* `outer` is how the container itself stands. */
static void insert_items(struct inserting *insert, struct json_slice container,
                         const struct items *items, struct style outer, bool root)
{
    struct arena *arena = insert->arena;
    struct json_member last = {0}, item = {0};
    struct insertion *new = arena_push(arena, &insert->items, &insert->count, &insert->capacity);
    while (json_next(container, &item))
        last = item;
    if (last.value.start) {
        struct style style = style_at(item_start(&last), arena);
        new->at = slice_end(last.value);
        new->text = arena_printf(arena, ",%s%s%s", style.lines ? insert->line_end : "", style.space,
                                 render(insert, items, style));
        return;
    }
    struct style style = {
        .lines = outer.lines,
        .space = outer.lines ? arena_printf(arena, "%s%s", outer.space, insert->unit) : ""};
    const char *mark = root && container.len == 2 ? "" : " ";
    const char *text = render(insert, items, style);
    new->at = slice_end(container) - 1;
    new->text = style.lines ? arena_printf(arena, "%s%s%s%s%s%s", mark, insert->line_end,
                                           style.space, text, insert->line_end, outer.space)
                            : arena_printf(arena, "%s%s", mark, text);
}

static void write_group(struct json_writer *json, const struct items *items, struct arena *arena)
{
    json_array(json);
    dispatcher_write_entry(json, items->events, ENTRY_SHELL, arena);
    json_end_array(json);
}

static void write_events(struct json_writer *json, const struct items *items, struct arena *arena)
{
    json_object(json);
    for (size_t i = 0; i < items->count; i++) {
        json_key(json, items->events[i].client_name);
        write_group(json, &(struct items){.events = &items->events[i]}, arena);
    }
    json_end_object(json);
}

static void write_hooks(struct json_writer *json, const struct items *items, struct arena *arena)
{
    json_object(json);
    json_key(json, "hooks");
    write_events(json, items, arena);
    json_end_object(json);
}

/* Into the arrays of events that are there; the others are left in `missing`. */
static void insert_groups(struct inserting *insert, struct json_slice hooks, struct items *missing)
{
    struct wanted_event *left = arena_array(insert->arena, missing->count, sizeof *left);
    size_t left_count = 0;
    for (struct json_member m = {0}; json_next(hooks, &m);) {
        for (size_t i = 0; i < missing->count; i++) {
            const struct items group = {.write = write_group, .events = &missing->events[i]};
            if (json_is(m.key, missing->events[i].client_name))
                insert_items(insert, m.value, &group, style_at(m.key.start, insert->arena), false);
        }
    }
    for (size_t i = 0; i < missing->count; i++)
        if (!json_member(hooks, missing->events[i].client_name, NULL).start)
            left[left_count++] = missing->events[i];
    missing->events = left;
    missing->count = left_count;
}

static void insert_ours(struct buf *out, const struct settings_text *settings,
                        const struct wanted_event *events, size_t count, struct arena *arena)
{
    struct inserting insert = {.arena = arena};
    struct items items = {.write = write_events, .events = events, .count = count};
    look_at_layout(&insert, settings);
    if (settings->hooks.start) {
        struct style outer = {.lines = false, .space = ""};
        for (struct json_member m = {0}; json_next(settings->root, &m);)
            if (json_is(m.key, "hooks"))
                outer = style_at(m.key.start, arena);
        insert_groups(&insert, settings->hooks, &items);
        if (items.count)
            insert_items(&insert, settings->hooks, &items, outer, false);
    } else {
        items.write = write_hooks;
        insert_items(&insert, settings->root, &items, (struct style){.lines = true, .space = ""},
                     true);
    }
    const char *at = settings->text;
    for (size_t i = 0; i < insert.count; i++) {
        buf_add(out, at, (size_t)(insert.items[i].at - at));
        buf_puts(out, insert.items[i].text);
        at = insert.items[i].at;
    }
    buf_add(out, at, (size_t)(settings->text + settings->len - at));
}

/* ---- the edit ---- */

/* An event is there once at most, and an array. */
static int check_events(const struct settings_text *settings, const struct wanted_event *events,
                        size_t count)
{
    for (size_t i = 0; i < count && settings->hooks.start; i++) {
        struct json_slice groups;
        int result = settings_member(&groups, settings, settings->hooks, events[i].client_name);
        if (result < 0)
            return result;
        if (groups.start && json_kind(groups) != '[')
            return settings_refuse(settings, groups.start, "this is no array of hooks");
    }
    return 0;
}

/* Reads the result as the client will, and takes ours out again: nothing else may have changed. */
static int check_result(const struct buf *result, const struct buf *stripped, const char *file,
                        const struct wanted_event *events, size_t count, struct arena *arena)
{
    struct settings_text after = {.file = file, .text = buf_text(result), .len = result->len};
    AUTO_BUF again = {0};
    int error = settings_parse(&after);
    if (error < 0)
        return error;
    strip_ours(&again, &after, arena);
    if (!settings_has_exactly(&after, events, count, arena) || again.len != stripped->len ||
        memcmp(buf_text(&again), buf_text(stripped), again.len) != 0)
        return fail(ERR_GENERIC, "'%s' cannot be edited without a change of what is not paii's",
                    file);
    return 0;
}

int settings_edit(struct buf *out, struct settings_text *settings,
                  const struct wanted_event *events, size_t count, struct arena *arena)
{
    AUTO_BUF stripped = {0};
    int result = settings_parse(settings);
    if (result == 0)
        result = check_events(settings, events, count);
    if (result < 0)
        return result;
    if (settings_has_exactly(settings, events, count, arena)) {
        buf_add(out, settings->text, settings->len);
        return 0;
    }
    strip_ours(&stripped, settings, arena);
    struct settings_text clean = {
        .file = settings->file, .text = buf_text(&stripped), .len = stripped.len};
    result = settings_parse(&clean);
    if (result == 0 && count)
        insert_ours(out, &clean, events, count, arena);
    else if (result == 0)
        buf_add(out, stripped.data, stripped.len);
    if (result == 0)
        result = check_result(out, &stripped, settings->file, events, count, arena);
    if (result < 0)
        buf_clear(out);
    return result;
}
