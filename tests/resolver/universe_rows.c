/* Lines of the neutral format. */
#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "universe_private.h"

#include <string.h>

static const char *text_of(const struct data *table, const char *key, const char *fallback,
                           struct arena *arena)
{
    const struct data *value = data_get(table, key);
    return value && value->type == DATA_STRING ? arena_strdup(arena, value->text) : fallback;
}

static bool is_true(const struct data *table, const char *key)
{
    const struct data *value = data_get(table, key);
    return value && value->type == DATA_BOOLEAN && value->boolean;
}

static const struct data *items_of(const struct data *table, const char *key)
{
    const struct data *list = data_get(table, key);
    return list && list->type == DATA_ARRAY ? list->children : NULL;
}

static void write_text(struct buf *out, const struct requirement *requirement)
{
    for (size_t i = 0; i < requirement->any_count; i++)
        buf_printf(out, "%s%s", i ? " or " : "", requirement->any[i].text);
    if (requirement->name)
        buf_printf(out, "%s%s%s%s%s %s", requirement->contract ? "@" : "", requirement->name,
                   requirement->service ? "[" : "",
                   requirement->service ? requirement->service : "",
                   requirement->service ? "]" : "", requirement->range);
}

static size_t length(const struct data *item)
{
    size_t count = 0;
    for (; item; item = item->next)
        count++;
    return count;
}

static void read_requirement(struct requirement *out, const struct data *item, struct arena *arena)
{
    AUTO_BUF text = {0};
    struct requirements any = requirements_read(item, "any", arena);
    *out = (struct requirement){
        .name = text_of(item, "name", NULL, arena),
        .service = text_of(item, "service", NULL, arena),
        .range = text_of(item, "range", "*", arena),
        .optional = is_true(item, "optional"),
        .any = any.items,
        .any_count = any.count,
    };
    out->contract = !out->name && !data_get(item, "any");
    if (out->contract)
        out->name = text_of(item, "contract", "", arena);
    write_text(&text, out);
    out->text = arena_strdup(arena, buf_text(&text));
    out->text_len = text.len;
}

struct requirements requirements_read(const struct data *table, const char *key,
                                      struct arena *arena)
{
    const struct data *item = items_of(table, key);
    size_t count = length(item);
    struct requirements out = {0};
    if (count)
        out.items = arena_array(arena, count, sizeof *out.items);
    for (; item; item = item->next)
        read_requirement(&out.items[out.count++], item, arena);
    return out;
}

static void read_offers(struct row *row, const struct data *line, struct arena *arena)
{
    const struct data *item = items_of(line, "provides");
    size_t count = length(item);
    if (count)
        row->offers = arena_array(arena, count, sizeof *row->offers);
    for (; item; item = item->next)
        row->offers[row->offer_count++] = (struct offered){
            .contract = text_of(item, "contract", "", arena),
            .service = text_of(item, "service", NULL, arena),
            .version = text_of(item, "version", NULL, arena),
        };
}

static void read_row(struct row *row, const struct data *line, struct arena *arena)
{
    *row = (struct row){
        .name = text_of(line, "name", "", arena),
        .version = text_of(line, "version", "0.0.0", arena),
        .registry = text_of(line, "registry", "main", arena),
        .yanked = is_true(line, "yanked"),
        .depends = requirements_read(line, "depends", arena),
        .consumes = requirements_read(line, "consumes", arena),
        .conflicts = requirements_read(line, "conflicts", arena),
    };
    read_offers(row, line, arena);
}

struct registry {
    const char *name;
    int priority;
};
struct registries {
    struct registry *items;
    size_t count, capacity;
};

static void read_header(struct registries *out, const struct data *line, struct arena *arena)
{
    for (const struct data *r = items_of(line, "registries"); r; r = r->next) {
        const struct data *priority = data_get(r, "priority");
        *arena_push(arena, &out->items, &out->count, &out->capacity) = (struct registry){
            text_of(r, "name", "", arena),
            priority && priority->type == DATA_INTEGER ? (int)priority->integer : 0};
    }
}

static void set_priorities(struct rows *rows, const struct registries *registries)
{
    for (size_t i = 0; registries->count > 0 && i < rows->count; i++)
        for (size_t r = 0; r < registries->count; r++)
            if (strcmp(registries->items[r].name, rows->items[i].registry) == 0)
                rows->items[i].priority = registries->items[r].priority;
}

int rows_read(struct rows *out, const char *file, struct arena *arena)
{
    AUTO_BUF raw = {0};
    struct registries registries = {0};
    int result = fs_read(&raw, file, SIZE_MAX);
    *out = (struct rows){0};
    for (const char *line = buf_text(&raw); result == 0 && *line;) {
        struct arena scratch = {0};
        struct diags diags = {.arena = &scratch};
        size_t len = strcspn(line, "\n");
        const struct data *root =
            len ? data_parse_json(&scratch, file, line, len, false, &diags) : NULL;
        if (len && !root)
            result = diags_result(&diags);
        else if (root && data_get(root, "universe") && !data_get(root, "name"))
            read_header(&registries, root, arena);
        else if (root)
            read_row(arena_push(arena, &out->items, &out->count, &out->capacity), root, arena);
        line += len + (line[len] == '\n');
        arena_release(&scratch);
    }
    set_priorities(out, &registries);
    return result;
}
