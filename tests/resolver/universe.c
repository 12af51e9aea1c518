#include "universe.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct numbers {
    uint32_t *items;
    size_t count, capacity;
};

struct offered { /* one candidate's offer of a contract */
    uint32_t candidate;
    const struct offer *offer;
};
struct contract {
    struct offered *items;
    size_t count, capacity;
};

struct entry {
    const char *key;
    void *data;
};
struct map { /* by text; open addressing */
    struct entry *entries;
    size_t count, size;
};

struct compiling {
    struct arena *arena;
    struct universe *universe;
    struct map names, contracts, gates; /* first row; struct contract; members */
    struct index_builder *builder;
    const char **gate_texts;
    size_t gate_count, gate_capacity;
};

static void add(struct arena *arena, struct numbers *list, uint32_t number)
{
    *arena_push(arena, &list->items, &list->count, &list->capacity) = number;
}

/* Where the key is, or would be. */
static struct entry *slot_of(const struct map *map, const char *key)
{
    uint64_t hash = 14695981039346656037u;
    for (const char *c = key; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    size_t slot = hash ^ hash >> 32;
    while (map->entries[slot &= map->size - 1].key && strcmp(map->entries[slot].key, key) != 0)
        slot++;
    return &map->entries[slot];
}

static void *look_up(const struct map *map, const char *key)
{
    return map->size ? slot_of(map, key)->data : NULL;
}

static void enter(struct map *map, struct arena *arena, const char *key, void *data)
{
    if (2 * ++map->count > map->size) {
        struct map old = *map;
        map->size = old.size ? 2 * old.size : 1024;
        map->entries = arena_array(arena, map->size, sizeof *map->entries);
        for (size_t i = 0; i < old.size; i++)
            if (old.entries[i].key)
                *slot_of(map, old.entries[i].key) = old.entries[i];
    }
    *slot_of(map, key) = (struct entry){key, data};
}

static const char *text_of(const struct data *table, const char *key, const char *fallback)
{
    const struct data *value = data_get(table, key);
    return value && value->type == DATA_STRING ? value->text : fallback;
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

/* ---- reading ---- */

static int priority_of(const struct data *header, const char *registry)
{
    for (const struct data *r = items_of(header, "registries"); r; r = r->next)
        if (strcmp(text_of(r, "name", ""), registry) == 0)
            return data_get(r, "priority") ? (int)data_get(r, "priority")->integer : 0;
    return 0;
}

static void read_row(struct row *row, const struct data *line, const struct data *header,
                     struct arena *arena)
{
    *row = (struct row){
        .name = text_of(line, "name", ""),
        .version = text_of(line, "version", "0.0.0"),
        .priority = priority_of(header, text_of(line, "registry", "main")),
        .yanked = is_true(line, "yanked"),
        .line = line,
    };
    version_parse(&row->parsed, row->version, false);
    for (const struct data *p = items_of(line, "provides"); p; p = p->next) {
        struct offer *offer =
            arena_push(arena, &row->offers, &row->offer_count, &row->offer_capacity);
        const char *version = text_of(p, "version", NULL);
        offer->contract = text_of(p, "contract", "");
        offer->service = text_of(p, "service", NULL);
        offer->versioned = version && version_parse(&offer->version, version, false);
    }
}

/* By name; within a name by priority of the registry, then the newest first. */
static int compare_rows(const void *pa, const void *pb)
{
    const struct row *a = pa, *b = pb;
    int order = strcmp(a->name, b->name);
    if (order == 0 && a->priority != b->priority)
        return a->priority > b->priority ? -1 : 1;
    return order ? order : version_compare(&b->parsed, &a->parsed);
}

static int read_rows(struct universe *universe, const char *file)
{
    AUTO_BUF raw = {0};
    struct diags diags = {.arena = &universe->arena};
    const struct data *header = NULL;
    size_t count = 0, capacity = 0;
    int result = fs_read(&raw, file, SIZE_MAX);
    if (result < 0)
        return result;
    for (const char *line = buf_text(&raw); *line;) {
        size_t len = strcspn(line, "\n");
        const struct data *root =
            len ? data_parse_json(&universe->arena, file, line, len, false, &diags) : NULL;
        if (len && !root)
            return diags_result(&diags);
        line += len + (line[len] == '\n');
        if (root && data_get(root, "universe") && !data_get(root, "name"))
            header = root;
        else if (root)
            read_row(arena_push(&universe->arena, &universe->rows, &count, &capacity), root, header,
                     &universe->arena);
    }
    universe->row_count = (uint32_t)count;
    if (count)
        qsort(universe->rows, count, sizeof *universe->rows, compare_rows);
    return 0;
}

/* ---- requirements become gates ---- */

static bool in_range(const struct range *range, const struct version *version)
{
    return !range || (version && range_matches(range, version, true));
}

static struct range *range_of(const struct data *need, struct arena *arena)
{
    const char *text = text_of(need, "range", "*");
    return strcmp(text, "*") == 0 ? NULL : range_parse(arena, text, false);
}

static void members_by_name(struct compiling *compiling, const struct data *need, const char *name,
                            struct numbers *out)
{
    const struct universe *universe = compiling->universe;
    const struct row *row = look_up(&compiling->names, name);
    struct range *range = range_of(need, compiling->arena);
    for (; row && row < universe->rows + universe->row_count && strcmp(row->name, name) == 0; row++)
        if (in_range(range, &row->parsed))
            add(compiling->arena, out, (uint32_t)(row - universe->rows));
}

static void members_by_contract(struct compiling *compiling, const struct data *need,
                                struct numbers *out)
{
    const struct contract *contract = look_up(&compiling->contracts, text_of(need, "contract", ""));
    const char *service = text_of(need, "service", NULL);
    struct range *range = range_of(need, compiling->arena);
    for (size_t i = 0; contract && i < contract->count; i++) {
        const struct offer *offer = contract->items[i].offer;
        uint32_t candidate = contract->items[i].candidate;
        if (service && (!offer->service || strcmp(service, offer->service) != 0))
            continue;
        if (in_range(range, offer->versioned ? &offer->version : NULL) &&
            (!out->count || out->items[out->count - 1] != candidate))
            add(compiling->arena, out, candidate);
    }
}

static const char *need_text(const struct data *need, struct arena *arena)
{
    const char *name = text_of(need, "name", NULL), *service = text_of(need, "service", NULL);
    if (data_get(need, "any")) {
        struct strings parts = {0};
        for (const struct data *n = items_of(need, "any"); n; n = n->next)
            strings_add(&parts, arena, need_text(n, arena));
        return strings_join(&parts, arena, " or ");
    }
    return arena_printf(arena, "%s%s%s%s%s %s", name ? "" : "@",
                        name ? name : text_of(need, "contract", ""), service ? "[" : "",
                        service ? service : "", service ? "]" : "", text_of(need, "range", "*"));
}

static bool has(const struct numbers *list, uint32_t number)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == number)
            return true;
    return false;
}

static struct numbers *members_of(struct compiling *compiling, const struct data *need)
{
    const char *text = need_text(need, compiling->arena);
    struct numbers *known = look_up(&compiling->gates, text);
    if (known)
        return known;
    struct numbers *out = arena_alloc(compiling->arena, sizeof *out);
    const char *name = text_of(need, "name", NULL);
    if (name)
        members_by_name(compiling, need, name, out);
    else if (data_get(need, "contract"))
        members_by_contract(compiling, need, out);
    for (const struct data *n = items_of(need, "any"); n; n = n->next) {
        const struct numbers *more = members_of(compiling, n);
        for (size_t i = 0; i < more->count; i++)
            if (!has(out, more->items[i]))
                add(compiling->arena, out, more->items[i]);
    }
    enter(&compiling->gates, compiling->arena, text, out);
    return out;
}

static uint32_t gate_of(struct compiling *compiling, const struct data *need)
{
    const struct numbers *members = members_of(compiling, need);
    uint32_t gate = index_add_gate(compiling->builder, members->items, (uint32_t)members->count);
    while (compiling->gate_count <= gate)
        *arena_push(compiling->arena, &compiling->gate_texts, &compiling->gate_count,
                    &compiling->gate_capacity) = NULL;
    if (!compiling->gate_texts[gate])
        compiling->gate_texts[gate] = need_text(need, compiling->arena);
    return gate;
}

/* ---- compiling ---- */

static void collect_contracts(struct compiling *compiling)
{
    const struct universe *universe = compiling->universe;
    for (uint32_t i = 0; i < universe->row_count; i++) {
        const struct row *row = &universe->rows[i];
        if (i == 0 || strcmp(row->name, universe->rows[i - 1].name) != 0)
            enter(&compiling->names, compiling->arena, row->name, (void *)row);
        for (size_t o = 0; o < row->offer_count; o++) {
            const struct offer *offer = &row->offers[o];
            struct contract *contract = look_up(&compiling->contracts, offer->contract);
            if (!contract) {
                contract = arena_alloc(compiling->arena, sizeof *contract);
                enter(&compiling->contracts, compiling->arena, offer->contract, contract);
            }
            *arena_push(compiling->arena, &contract->items, &contract->count, &contract->capacity) =
                (struct offered){i, offer};
        }
    }
}

static void add_needs(struct compiling *compiling, uint32_t candidate, const struct data *list)
{
    for (const struct data *need = list; need; need = need->next)
        if (is_true(need, "optional"))
            index_add_wish(compiling->builder, candidate, gate_of(compiling, need));
        else
            index_add_need(compiling->builder, candidate, gate_of(compiling, need));
}

static void add_row(struct compiling *compiling, uint32_t i)
{
    const struct row *rows = compiling->universe->rows;
    if (i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0)
        index_add_name(compiling->builder);
    index_add_candidate(compiling->builder);
}

static void add_relations(struct compiling *compiling, uint32_t i)
{
    const struct row *row = &compiling->universe->rows[i];
    add_needs(compiling, i, items_of(row->line, "depends"));
    add_needs(compiling, i, items_of(row->line, "consumes"));
    for (const struct data *c = items_of(row->line, "conflicts"); c; c = c->next) {
        const struct numbers *members = members_of(compiling, c);
        index_add_avoid(
            compiling->builder, i,
            index_add_set(compiling->builder, members->items, (uint32_t)members->count));
    }
    compiling->universe->barred[i] = row->yanked;
    compiling->universe->any_barred |= row->yanked;
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void compile(struct universe *universe)
{
    struct arena *arena = &universe->arena;
    struct compiling *compiling = arena_alloc(arena, sizeof *compiling);
    uint64_t begin = now_ns();
    *compiling =
        (struct compiling){.arena = arena, .universe = universe, .builder = index_begin(arena)};
    universe->compiling = compiling;
    universe->barred = arena_array(arena, universe->row_count + 1u, 1);
    collect_contracts(compiling);
    for (uint32_t i = 0; i < universe->row_count; i++)
        add_row(compiling, i);
    for (uint32_t i = 0; i < universe->row_count; i++)
        add_relations(compiling, i);
    size_t size;
    const void *block = index_finish(compiling->builder, &size);
    if (!index_open(&universe->index, block, size) || !index_verify(&universe->index, block))
        abort();
    universe->gate_texts = compiling->gate_texts;
    universe->compile_ns = now_ns() - begin;
}

int universe_read(struct universe *out, const char *file)
{
    *out = (struct universe){0};
    int result = read_rows(out, file);
    if (result == 0)
        compile(out);
    return result;
}

void universe_release(struct universe *universe)
{
    arena_release(&universe->arena);
}

/* ---- requests ---- */

static const struct row *find_row(struct universe *universe, const char *name, const char *version)
{
    const struct row *row = look_up(&universe->compiling->names, name);
    const struct row *end = universe->rows + universe->row_count;
    for (; row && row < end && strcmp(row->name, name) == 0; row++)
        if (strcmp(row->version, version) == 0)
            return row;
    return NULL;
}

static bool names(const struct data *root, const char *key, const char *name)
{
    const struct data *list = data_get(root, key);
    if (list && list->type == DATA_BOOLEAN)
        return list->boolean;
    for (const struct data *n = items_of(root, key); n; n = n->next)
        if (n->type == DATA_STRING && strcmp(n->text, name) == 0)
            return true;
    return false;
}

/* What is installed or locked comes first, unless it is to be updated. */
static void prefer(struct universe *universe, const struct data *root, const char *key,
                   struct numbers *out, struct numbers *unbarred, struct arena *arena)
{
    const struct data *table = data_get(root, key);
    for (const struct data *p = table ? table->children : NULL; p; p = p->next) {
        const struct row *row = find_row(universe, p->key, p->text);
        if (!row)
            continue;
        if (!names(root, "update", p->key))
            add(arena, out, (uint32_t)(row - universe->rows));
        add(arena, unbarred, (uint32_t)(row - universe->rows));
    }
}

static void bar_names(struct universe *universe, const struct data *root, struct numbers *out,
                      struct arena *arena)
{
    const struct row *end = universe->rows + universe->row_count;
    for (const struct data *n = items_of(root, "remove"); n; n = n->next) {
        const struct row *row = look_up(&universe->compiling->names, n->text);
        for (; row && row < end && strcmp(row->name, n->text) == 0; row++)
            add(arena, out, (uint32_t)(row - universe->rows));
    }
}

/* What holds stays as it is: the other versions of the name are barred. */
static void bar_others(struct universe *universe, const struct data *root, struct numbers *out,
                       struct arena *arena)
{
    const struct row *end = universe->rows + universe->row_count;
    const struct data *installed = data_get(root, "installed");
    for (const struct data *n = items_of(root, "hold"); n; n = n->next) {
        const struct data *version = installed ? data_get(installed, n->text) : NULL;
        const struct row *row = version ? look_up(&universe->compiling->names, n->text) : NULL;
        for (; row && row < end && strcmp(row->name, n->text) == 0; row++)
            if (strcmp(row->version, version->text) != 0)
                add(arena, out, (uint32_t)(row - universe->rows));
    }
}

void universe_ask(struct asked *out, struct universe *universe, const char *line, size_t len,
                  struct arena *arena)
{
    struct diags diags = {.arena = arena};
    const struct data *root = data_parse_json(arena, "request", line, len, false, &diags);
    struct root *roots = NULL;
    struct numbers preferred = {0}, unbarred = {0}, barred = {0};
    size_t count = 0, capacity = 0;
    *out = (struct asked){.id = root ? text_of(root, "id", "") : ""};
    for (const struct data *n = root ? items_of(root, "install") : NULL; n; n = n->next) {
        const struct numbers *members = members_of(universe->compiling, n);
        *arena_push(arena, &roots, &count, &capacity) =
            (struct root){members->items, (uint32_t)members->count};
        if (*text_of(n, "range", "*") == '=')
            for (size_t i = 0; i < members->count; i++)
                add(arena, &unbarred, members->items[i]);
    }
    if (root) {
        prefer(universe, root, "installed", &preferred, &unbarred, arena);
        prefer(universe, root, "lock", &preferred, &unbarred, arena);
        bar_names(universe, root, &barred, arena);
        bar_others(universe, root, &barred, arena);
    }
    out->unbarred = unbarred.items;
    out->unbarred_count = (uint32_t)unbarred.count;
    out->now_barred = barred.items;
    out->now_barred_count = (uint32_t)barred.count;
    for (uint32_t i = 0; i < out->unbarred_count; i++)
        universe->barred[out->unbarred[i]] = 0;
    for (uint32_t i = 0; i < out->now_barred_count; i++)
        universe->barred[out->now_barred[i]] = 1;
    out->request = (struct request){
        .roots = roots,
        .root_count = (uint32_t)count,
        .preferred = preferred.items,
        .preferred_count = (uint32_t)preferred.count,
        .barred = universe->any_barred || barred.count ? universe->barred : NULL,
    };
}

void universe_forget(struct universe *universe, struct asked *asked)
{
    for (uint32_t i = 0; i < asked->now_barred_count; i++)
        universe->barred[asked->now_barred[i]] = universe->rows[asked->now_barred[i]].yanked;
    for (uint32_t i = 0; i < asked->unbarred_count; i++)
        universe->barred[asked->unbarred[i]] = universe->rows[asked->unbarred[i]].yanked;
}
