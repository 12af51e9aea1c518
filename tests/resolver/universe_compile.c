/* Rows become an image: names and contracts sorted, each distinct requirement matched once. */
#include "universe_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- texts, each kept once ---- */

struct entry {
    uint32_t hash, key, value;
};
struct map { /* by text, which is in `keys`; open addressing */
    struct entry *entries;
    size_t count, size;
};

struct compiling {
    struct arena *arena;
    struct buf keys, texts; /* of the maps, of the image */
    struct universe universe;
    const struct row **rows; /* by candidate */
    uint32_t row_count;
    struct map names, contracts, requirements, conflicts;
    struct numbers name_text, version_text, contract_text, offers_at, yanked, gate_text;
    struct offer *offers;
    struct matching matching;
    struct numbers members; /* of the requirement at hand */
    struct index_builder *builder;
};

static uint32_t hash_of(const char *text, size_t len)
{
    uint64_t hash = len, word;
    for (; len >= sizeof word; text += sizeof word, len -= sizeof word) {
        memcpy(&word, text, sizeof word);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    for (; len > 0; len--)
        hash = (hash ^ (unsigned char)*text++) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 32;
    return (uint32_t)hash | 1; /* 0 is a free entry */
}

static void map_grow(struct map *map, struct arena *arena)
{
    struct map old = *map;
    map->size = old.size ? 2 * old.size : 1024;
    map->entries = arena_array(arena, map->size, sizeof *map->entries);
    for (size_t i = 0; i < old.size; i++) {
        size_t slot = old.entries[i].hash;
        while (old.entries[i].hash && map->entries[slot &= map->size - 1].hash)
            slot++;
        if (old.entries[i].hash)
            map->entries[slot] = old.entries[i];
    }
}

static uint32_t add_text(struct buf *texts, const char *text, size_t len)
{
    uint32_t at = (uint32_t)texts->len;
    buf_add(texts, text, len + 1);
    return at;
}

static size_t slot_of(const struct map *map, const struct buf *keys, const char *text,
                      uint32_t hash)
{
    size_t slot = hash;
    for (; map->entries[slot &= map->size - 1].hash; slot++)
        if (map->entries[slot].hash == hash &&
            strcmp(keys->data + map->entries[slot].key, text) == 0)
            break;
    return slot;
}

/* The entry of a text, added if need be: then its value is `fresh`. */
static struct entry *enter(struct compiling *compiling, struct map *map, const char *text,
                           size_t len, uint32_t fresh)
{
    uint32_t hash = hash_of(text, len);
    if (2 * map->count >= map->size)
        map_grow(map, compiling->arena);
    struct entry *entry = &map->entries[slot_of(map, &compiling->keys, text, hash)];
    if (!entry->hash) {
        map->count++;
        *entry = (struct entry){hash, add_text(&compiling->keys, text, len), fresh};
    }
    return entry;
}

static const char *key_of(const struct compiling *compiling, const struct entry *entry)
{
    return compiling->keys.data + entry->key;
}

static uint32_t add_copy(struct compiling *compiling, const char *text)
{
    return add_text(&compiling->texts, text, strlen(text));
}

/* ---- the order of names, candidates and contracts ---- */

static int compare_entries(const void *pa, const void *pb, void *payload)
{
    const struct compiling *compiling = payload;
    const struct entry *const *a = pa, *const *b = pb;
    return strcmp(key_of(compiling, *a), key_of(compiling, *b));
}

/* Numbers the entries in the order of their texts; their texts, and old number to new. */
static uint32_t *rank(struct compiling *compiling, struct map *map, struct numbers *texts)
{
    struct entry **order = arena_array(compiling->arena, map->count + 1, sizeof *order);
    uint32_t *ranks = arena_array(compiling->arena, map->count + 1, sizeof *ranks), count = 0;
    for (size_t i = 0; i < map->size; i++)
        if (map->entries[i].hash)
            order[count++] = &map->entries[i];
    qsort_r(order, count, sizeof(struct entry *), compare_entries, compiling);
    for (uint32_t i = 0; i < count; i++) {
        ranks[order[i]->value] = i;
        order[i]->value = i;
        add_number(texts, compiling->arena, add_copy(compiling, key_of(compiling, order[i])));
    }
    return ranks;
}

/* Of one name: by priority of the registry, then prereleases after all others, then the newest
 * first; nothing is left to chance. */
static int compare_rows(const void *pa, const void *pb)
{
    const struct row *a = *(const struct row *const *)pa, *b = *(const struct row *const *)pb;
    if (a->priority != b->priority)
        return a->priority > b->priority ? -1 : 1;
    if ((a->parsed.pre_len > 0) != (b->parsed.pre_len > 0))
        return a->parsed.pre_len > 0 ? 1 : -1;
    int order = version_compare(&b->parsed, &a->parsed);
    if (order == 0)
        order = strcmp(b->version, a->version);
    return order ? order : strcmp(a->registry, b->registry);
}

static void add_candidate(struct compiling *compiling, const struct row *row)
{
    uint32_t candidate = index_add_candidate(compiling->builder);
    if (row->yanked)
        add_number(&compiling->yanked, compiling->arena, candidate);
    add_number(&compiling->version_text, compiling->arena, add_copy(compiling, row->version));
}

/* Rows by name, by counting; then each name's. */
static void sort_rows(struct compiling *compiling, struct rows *rows)
{
    struct arena *arena = compiling->arena;
    uint32_t *name = arena_array(arena, rows->count + 1, sizeof *name);
    for (uint32_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->items[i];
        version_parse(&row->parsed, row->version, false);
        name[i] = enter(compiling, &compiling->names, row->name, strlen(row->name),
                        (uint32_t)compiling->names.count)
                      ->value;
    }
    const uint32_t *ranks = rank(compiling, &compiling->names, &compiling->name_text);
    uint32_t names = (uint32_t)compiling->names.count;
    uint32_t *at = arena_array(arena, names + 2u, sizeof *at);
    for (uint32_t i = 0; i < rows->count; i++)
        at[ranks[name[i]] + 2]++;
    for (uint32_t n = 0; n < names; n++)
        at[n + 2] += at[n + 1];
    for (uint32_t i = 0; i < rows->count; i++)
        compiling->rows[at[ranks[name[i]] + 1]++] = &rows->items[i];
    for (uint32_t n = 0; n < names; n++) {
        qsort(compiling->rows + at[n], at[n + 1] - at[n], sizeof(struct row *), compare_rows);
        index_add_name(compiling->builder);
        for (uint32_t c = at[n]; c < at[n + 1]; c++)
            add_candidate(compiling, compiling->rows[c]);
    }
    compiling->universe.index.first = at;
    compiling->matching.rows = compiling->rows;
}

static uint32_t optional_text(struct compiling *compiling, const char *text)
{
    return text ? add_copy(compiling, text) : 0;
}

/* What each contract is offered by. */
static void collect_offers(struct compiling *compiling)
{
    struct arena *arena = compiling->arena;
    struct numbers contract = {0};
    for (uint32_t c = 0; c < compiling->row_count; c++)
        for (size_t o = 0; o < compiling->rows[c]->offer_count; o++) {
            const char *name = compiling->rows[c]->offers[o].contract;
            add_number(&contract, arena,
                       enter(compiling, &compiling->contracts, name, strlen(name),
                             (uint32_t)compiling->contracts.count)
                           ->value);
        }
    const uint32_t *ranks = rank(compiling, &compiling->contracts, &compiling->contract_text);
    uint32_t contracts = (uint32_t)compiling->contracts.count, next = 0;
    uint32_t *at = arena_array(arena, contracts + 2u, sizeof *at);
    struct version *versions = arena_array(arena, contract.count + 1, sizeof *versions);
    compiling->offers = arena_array(arena, contract.count + 1, sizeof *compiling->offers);
    for (size_t i = 0; i < contract.count; i++)
        at[ranks[contract.items[i]] + 2]++;
    for (uint32_t i = 0; i < contracts; i++)
        at[i + 2] += at[i + 1];
    for (uint32_t c = 0; c < compiling->row_count; c++)
        for (size_t o = 0; o < compiling->rows[c]->offer_count; o++) {
            const struct offered *offered = &compiling->rows[c]->offers[o];
            uint32_t place = at[ranks[contract.items[next++]] + 1]++;
            bool versioned =
                offered->version && version_parse(&versions[place], offered->version, false);
            compiling->offers[place] =
                (struct offer){c, optional_text(compiling, offered->service),
                               optional_text(compiling, versioned ? offered->version : NULL)};
        }
    for (uint32_t i = 0; i <= contracts; i++)
        add_number(&compiling->offers_at, arena, at[i]);
    compiling->matching.offer_versions = versions;
    compiling->universe.offers_at = compiling->offers_at.items;
    compiling->universe.offers = compiling->offers;
}

/* ---- requirements become gates and sets ---- */

static void match(struct compiling *compiling, const struct requirement *requirement,
                  struct numbers *out)
{
    struct map *map = requirement->contract ? &compiling->contracts : &compiling->names;
    for (size_t i = 0; i < requirement->any_count; i++) {
        struct numbers more = {0};
        match(compiling, &requirement->any[i], &more);
        match_more(out, &more, compiling->arena);
    }
    if (!requirement->name || map->size == 0)
        return;
    uint32_t hash = hash_of(requirement->name, strlen(requirement->name));
    const struct entry *known =
        &map->entries[slot_of(map, &compiling->keys, requirement->name, hash)];
    compiling->universe.texts = compiling->texts.data;
    if (known->hash)
        (requirement->contract ? match_contract : match_name)(&compiling->matching, requirement,
                                                              known->value, out);
}

/* The number of a requirement's gate, or set, which is matched when it is seen first. */
static uint32_t numbered(struct compiling *compiling, struct map *map,
                         const struct requirement *requirement)
{
    struct entry *entry =
        enter(compiling, map, requirement->text, requirement->text_len, UINT32_MAX);
    if (entry->value != UINT32_MAX)
        return entry->value;
    struct numbers *members = &compiling->members;
    members->count = 0;
    match(compiling, requirement, members);
    uint32_t number = (map == &compiling->requirements ? index_add_gate : index_add_set)(
        compiling->builder, members->items, (uint32_t)members->count);
    if (map == &compiling->requirements && number == compiling->gate_text.count)
        add_number(&compiling->gate_text, compiling->arena,
                   add_text(&compiling->texts, requirement->text, requirement->text_len));
    return entry->value = number;
}

static void add_needs(struct compiling *compiling, uint32_t candidate,
                      const struct requirements *needs)
{
    for (size_t i = 0; i < needs->count; i++)
        (needs->items[i].optional ? index_add_wish : index_add_need)(
            compiling->builder, candidate,
            numbered(compiling, &compiling->requirements, &needs->items[i]));
}

static void add_relations(struct compiling *compiling, uint32_t candidate)
{
    const struct row *row = compiling->rows[candidate];
    add_needs(compiling, candidate, &row->depends);
    add_needs(compiling, candidate, &row->consumes);
    for (size_t i = 0; i < row->conflicts.count; i++)
        index_add_avoid(compiling->builder, candidate,
                        numbered(compiling, &compiling->conflicts, &row->conflicts.items[i]));
}

/* ---- the image ---- */

static void write_numbers(struct buf *out, const struct numbers *numbers)
{
    buf_add(out, numbers->items ? numbers->items : (void *)"", 4 * numbers->count);
}

static void write_image(struct compiling *compiling, struct buf *out)
{
    size_t index_size;
    const void *block = index_finish(compiling->builder, &index_size);
    struct universe_head head = {
        .magic = UNIVERSE_MAGIC,
        .index_size = (uint32_t)index_size,
        .contracts = (uint32_t)compiling->contract_text.count,
        .offers = compiling->offers_at.items[compiling->contract_text.count],
        .yanked = (uint32_t)compiling->yanked.count,
        .texts_size = (uint32_t)compiling->texts.len,
    };
    buf_add(out, &head, sizeof head);
    buf_add(out, block, index_size);
    write_numbers(out, &compiling->name_text);
    write_numbers(out, &compiling->version_text);
    write_numbers(out, &compiling->gate_text);
    write_numbers(out, &compiling->contract_text);
    write_numbers(out, &compiling->offers_at);
    buf_add(out, compiling->offers, head.offers * sizeof *compiling->offers);
    write_numbers(out, &compiling->yanked);
    buf_add(out, compiling->texts.data, compiling->texts.len);
}

void *universe_compile(struct rows *rows, size_t *size)
{
    struct arena arena = {0};
    struct buf image = {0};
    struct compiling compiling = {
        .arena = &arena,
        .rows = arena_array(&arena, rows->count + 1, sizeof *compiling.rows),
        .row_count = (uint32_t)rows->count,
        .builder = index_begin(&arena),
    };
    compiling.matching = (struct matching){.universe = &compiling.universe, .arena = &arena};
    add_copy(&compiling, "");
    sort_rows(&compiling, rows);
    collect_offers(&compiling);
    for (uint32_t c = 0; c < compiling.row_count; c++)
        add_relations(&compiling, c);
    write_image(&compiling, &image);
    buf_release(&compiling.keys);
    buf_release(&compiling.texts);
    buf_release(&compiling.matching.range);
    arena_release(&arena);
    *size = image.len;
    return image.data;
}
