/*
 * What plugins provide, need and cannot stand beside. Catalogs say it in lines; each distinct line
 * is read once, however many versions say it and however often it is planned. Nothing here depends
 * on the request.
 */
#include "change/plan.h"

#include <string.h>

struct entry {
    uint64_t hash;
    const void *item;
};

struct table { /* open addressing */
    struct entry *entries;
    size_t size, count;
};

/* The lines of one package as its catalog keeps them, which is in one place for many. */
struct block {
    enum term_kind kind;
    const char *lines, *registry;
    struct term_list terms;
};

struct terms {
    struct arena *arena;
    struct table blocks, terms;
    uint32_t count[TERM_KINDS];
};

struct terms *plan_terms_new(struct arena *arena)
{
    struct terms *terms = arena_alloc(arena, sizeof *terms);
    terms->arena = arena;
    return terms;
}

uint32_t *plan_mark(struct planner *planner, const struct term *term)
{
    struct marks *marks = &planner->marks[term->kind];
    while (marks->count <= term->number)
        arena_push(planner->arena, &marks->items, &marks->count, &marks->capacity);
    return &marks->items[term->number];
}

/* ---- tables ---- */

static void grow(struct table *table, struct arena *arena)
{
    struct table old = *table;
    table->size = old.size ? 2 * old.size : 256;
    table->entries = arena_array(arena, table->size, sizeof *table->entries);
    for (size_t i = 0; i < old.size; i++) {
        size_t slot = old.entries[i].hash;
        if (!old.entries[i].item)
            continue;
        while (table->entries[slot &= table->size - 1].item)
            slot++;
        table->entries[slot] = old.entries[i];
    }
}

/* The entry of what is the same as `key`, or one for it; then its item is NULL. */
static struct entry *enter(struct table *table, struct arena *arena, uint64_t hash,
                           bool (*same)(const void *item, const void *key), const void *key)
{
    size_t slot = hash;
    if (2 * table->count >= table->size)
        grow(table, arena);
    for (;; slot++) {
        struct entry *entry = &table->entries[slot &= table->size - 1];
        if (!entry->item) {
            entry->hash = hash;
            table->count++;
            return entry;
        }
        if (entry->hash == hash && same(entry->item, key))
            return entry;
    }
}

/* ---- one term ---- */

static bool same_registry(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_term(const void *item, const void *key)
{
    const struct term *a = item, *b = key;
    return a->kind == b->kind && a->len == b->len && memcmp(a->text, b->text, a->len) == 0 &&
           same_registry(a->registry, b->registry);
}

static const struct term *term_of(struct planner *planner, struct term key);

static const struct term *part_of(struct planner *planner, enum term_kind kind, const char *text)
{
    return term_of(planner, (struct term){.kind = kind, .text = text, .len = strlen(text)});
}

const struct term *plan_contract(struct planner *planner, const char *name)
{
    return part_of(planner, TERM_CONTRACT, name);
}

static const struct range *range_of(struct planner *planner, const char *text)
{
    return strcmp(text, "*") == 0 ? NULL : part_of(planner, TERM_RANGE, text)->range;
}

static bool read_provided(struct planner *planner, struct term *term)
{
    struct provided *provided = &term->provided;
    if (!provided_parse(provided, planner->terms->arena, term->text))
        return false;
    term->versioned = provided->version && version_parse_partial(&term->version, provided->version);
    term->who = plan_contract(planner, provided->contract);
    return true;
}

static bool read_consumed(struct planner *planner, struct term *term)
{
    struct arena *arena = planner->terms->arena;
    if (!consumed_parse(&term->consumed, arena, term->text))
        return false;
    term->range = range_of(planner, term->consumed.range);
    term->who = plan_contract(planner, term->consumed.contract);
    return true;
}

static bool read_dependency(struct planner *planner, struct term *term)
{
    struct arena *arena = planner->terms->arena;
    if (!dependency_parse(&term->depends, arena, term->text))
        return false;
    term->range = range_of(planner, term->depends.range);
    term->who = term_of(planner, (struct term){.kind = TERM_PLUGIN,
                                               .text = term->text,
                                               .len = strcspn(term->text, "@"),
                                               .registry = term->registry});
    return true;
}

static bool read_conflict(struct planner *planner, struct term *term)
{
    struct arena *arena = planner->terms->arena;
    struct conflict *conflict;
    if (conflict_parse_lines(&conflict, term->text, arena) == 0)
        return false;
    term->conflict = *conflict;
    if (conflict->with_contract)
        term->who = plan_contract(planner, conflict->contract.contract);
    term->range = range_of(planner, conflict->with_contract ? conflict->contract.range
                                                            : conflict->plugin.range);
    return true;
}

static bool read_contract(struct planner *planner, struct term *term)
{
    (void)planner;
    return contract_name_valid(term->text);
}

static bool read_plugin(struct planner *planner, struct term *term)
{
    struct dependency plugin;
    if (!dependency_parse(&plugin, planner->terms->arena, term->text))
        return false;
    term->place = plan_place(planner->change, term->registry, &plugin);
    return true;
}

static bool read_range(struct planner *planner, struct term *term)
{
    term->range = range_parse(planner->terms->arena, term->text, false);
    return term->range != NULL;
}

static bool (*const readers[TERM_KINDS])(struct planner *, struct term *) = {
    [TERM_PROVIDES] = read_provided,  [TERM_CONSUMES] = read_consumed,
    [TERM_DEPENDS] = read_dependency, [TERM_CONFLICTS] = read_conflict,
    [TERM_CONTRACT] = read_contract,  [TERM_PLUGIN] = read_plugin,
    [TERM_RANGE] = read_range,
};

/* The one term that says the same as `key`. */
static const struct term *term_of(struct planner *planner, struct term key)
{
    struct terms *terms = planner->terms;
    uint64_t hash = text_hash(key.text, key.len, key.kind);
    struct entry *entry = enter(&terms->terms, terms->arena, hash, same_term, &key);
    if (entry->item)
        return entry->item;
    struct term *term = arena_copy(terms->arena, &key, sizeof key);
    entry->item = term;
    term->text = arena_strndup(terms->arena, key.text, key.len);
    term->number = terms->count[key.kind]++;
    term->valid = readers[key.kind](planner, term);
    return term;
}

/* ---- those of a package ---- */

static bool same_block(const void *item, const void *key)
{
    const struct block *a = item, *b = key;
    return a->lines == b->lines && a->registry == b->registry && a->kind == b->kind;
}

static struct term_list terms_of(struct planner *planner, const struct block *block)
{
    struct term_list out = {0};
    size_t capacity = 0, len;
    for (const char *line = block->lines; *line; line += len + (line[len] == '\n')) {
        len = strcspn(line, "\n");
        if (len == 0)
            continue;
        const struct term *term = term_of(planner, (struct term){.kind = block->kind,
                                                                 .text = line,
                                                                 .len = len,
                                                                 .registry = block->registry});
        if (term->valid)
            *arena_push(planner->terms->arena, &out.items, &out.count, &capacity) = term;
    }
    return out;
}

static const char *lines_of(const struct package *package, enum term_kind kind)
{
    return kind == TERM_PROVIDES   ? package->provides
           : kind == TERM_CONSUMES ? package->consumes
           : kind == TERM_DEPENDS  ? package->depends
                                   : package->conflicts;
}

struct term_list plan_terms(struct planner *planner, enum term_kind kind,
                            const struct package *package)
{
    struct terms *terms = planner->terms;
    struct block key = {.kind = kind,
                        .lines = lines_of(package, kind),
                        .registry = kind == TERM_DEPENDS ? package->registry : NULL};
    if (!*key.lines)
        return (struct term_list){0};
    uint64_t hash = ((uintptr_t)key.lines + kind) * 0x9E3779B97F4A7C15u;
    struct entry *entry = enter(&terms->blocks, terms->arena, hash ^ hash >> 32, same_block, &key);
    if (!entry->item) {
        key.terms = terms_of(planner, &key);
        entry->item = arena_copy(terms->arena, &key, sizeof key);
    }
    return ((const struct block *)entry->item)->terms;
}
