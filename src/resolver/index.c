#include "resolver/index.h"

#include <string.h>

/*
 * The block: a header of 16 numbers (magic, format, numbers of things, size, sum), then the arrays
 * of struct index in its order; a list of lists is its `at` array, then its items.
 */
enum {
    MAGIC = 0x49494150, /* "PAII", little endian */
    FORMAT = 1,
    HEADER = 16,
};
enum { H_MAGIC, H_FORMAT, H_NAMES, H_CANDIDATES, H_GATES, H_SETS, H_SIZE, H_SUM };

/* ---- growing arrays ---- */

struct numbers {
    uint32_t *items;
    size_t count, capacity;
};

static void add(struct arena *arena, struct numbers *list, uint32_t number)
{
    *arena_push(arena, &list->items, &list->count, &list->capacity) = number;
}

/* Distinct lists, found again by what they hold. */
struct pool {
    struct numbers at, items;
    uint32_t *table; /* position + 1 of a list; open addressing */
    size_t size;
};

static uint32_t hash_of(const uint32_t *items, uint32_t count)
{
    uint32_t hash = 2166136261u ^ count;
    for (uint32_t i = 0; i < count; i++)
        hash = (hash ^ items[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static uint32_t pool_count(const struct pool *pool)
{
    return (uint32_t)pool->at.count - 1;
}

static bool pool_holds(const struct pool *pool, uint32_t list, const uint32_t *items,
                       uint32_t count)
{
    uint32_t from = pool->at.items[list];
    return pool->at.items[list + 1] - from == count &&
           (count == 0 || memcmp(pool->items.items + from, items, count * sizeof *items) == 0);
}

static void pool_grow(struct pool *pool, struct arena *arena)
{
    pool->size = pool->size ? 2 * pool->size : 1024;
    pool->table = arena_array(arena, pool->size, sizeof *pool->table);
    for (uint32_t i = 0; i < pool_count(pool); i++) {
        uint32_t from = pool->at.items[i];
        size_t slot = hash_of(pool->items.items + from, pool->at.items[i + 1] - from);
        while (pool->table[slot &= pool->size - 1])
            slot++;
        pool->table[slot] = i + 1;
    }
}

static uint32_t pool_add(struct pool *pool, struct arena *arena, const uint32_t *items,
                         uint32_t count)
{
    if (pool_count(pool) * 2 >= pool->size)
        pool_grow(pool, arena);
    size_t slot = hash_of(items, count);
    for (; pool->table[slot &= pool->size - 1]; slot++)
        if (pool_holds(pool, pool->table[slot] - 1, items, count))
            return pool->table[slot] - 1;
    for (uint32_t i = 0; i < count; i++)
        add(arena, &pool->items, items[i]);
    add(arena, &pool->at, (uint32_t)pool->items.count);
    return pool->table[slot] = pool_count(pool), pool_count(pool) - 1;
}

/* ---- building ---- */

struct pairs { /* of candidate and gate or set, in the order in which they were added */
    struct numbers from, to;
};

struct index_builder {
    struct arena *arena;
    struct numbers first, name;
    struct pool gates, sets;
    struct pairs needs, wishes, avoids;
};

struct index_builder *index_begin(struct arena *arena)
{
    struct index_builder *builder = arena_alloc(arena, sizeof *builder);
    builder->arena = arena;
    add(arena, &builder->gates.at, 0);
    add(arena, &builder->sets.at, 0);
    return builder;
}

uint32_t index_add_name(struct index_builder *builder)
{
    add(builder->arena, &builder->first, (uint32_t)builder->name.count);
    return (uint32_t)builder->first.count - 1;
}

uint32_t index_add_candidate(struct index_builder *builder)
{
    add(builder->arena, &builder->name, (uint32_t)builder->first.count - 1);
    return (uint32_t)builder->name.count - 1;
}

uint32_t index_add_gate(struct index_builder *builder, const uint32_t *members, uint32_t count)
{
    return pool_add(&builder->gates, builder->arena, members, count);
}

uint32_t index_add_set(struct index_builder *builder, const uint32_t *members, uint32_t count)
{
    return pool_add(&builder->sets, builder->arena, members, count);
}

static void add_pair(struct index_builder *builder, struct pairs *pairs, uint32_t from, uint32_t to)
{
    add(builder->arena, &pairs->from, from);
    add(builder->arena, &pairs->to, to);
}

void index_add_need(struct index_builder *builder, uint32_t candidate, uint32_t gate)
{
    const uint32_t *at = builder->gates.at.items;
    for (uint32_t i = at[gate]; i < at[gate + 1]; i++)
        if (builder->gates.items.items[i] == candidate)
            return;
    add_pair(builder, &builder->needs, candidate, gate);
}

void index_add_wish(struct index_builder *builder, uint32_t candidate, uint32_t gate)
{
    add_pair(builder, &builder->wishes, candidate, gate);
}

void index_add_avoid(struct index_builder *builder, uint32_t candidate, uint32_t set)
{
    add_pair(builder, &builder->avoids, candidate, set);
}

/* ---- writing the block ---- */

static void write_numbers(struct numbers *out, struct arena *arena, const uint32_t *items,
                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(arena, out, items[i]);
}

/* The lists of pairs by `key`, by counting: within a list the order in which they were added. */
static void write_lists(struct numbers *out, struct arena *arena, const uint32_t *key,
                        const uint32_t *value, size_t count, uint32_t keys)
{
    uint32_t *at = arena_array(arena, keys + 2u, sizeof *at);
    uint32_t *items = arena_array(arena, count + 1, sizeof *items);
    for (size_t i = 0; i < count; i++)
        at[key[i] + 2]++;
    for (uint32_t i = 2; i < keys + 2u; i++)
        at[i] += at[i - 1];
    for (size_t i = 0; i < count; i++)
        items[at[key[i] + 1]++] = value[i];
    write_numbers(out, arena, at, keys + 1u);
    write_numbers(out, arena, items, count);
}

static void write_pool(struct numbers *out, struct arena *arena, const struct pool *pool)
{
    write_numbers(out, arena, pool->at.items, pool->at.count);
    write_numbers(out, arena, pool->items.items, pool->items.count);
}

/* member -> set, for the members of all sets. */
static void write_memberships(struct numbers *out, struct index_builder *builder,
                              uint32_t candidates)
{
    const struct pool *sets = &builder->sets;
    uint32_t *set = arena_array(builder->arena, sets->items.count + 1, sizeof *set);
    for (uint32_t i = 0; i < pool_count(sets); i++)
        for (uint32_t m = sets->at.items[i]; m < sets->at.items[i + 1]; m++)
            set[m] = i;
    write_lists(out, builder->arena, sets->items.items, set, sets->items.count, candidates);
}

static uint32_t sum_of(const uint32_t *items, size_t count)
{
    uint64_t sum = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < count; i++)
        sum = (sum ^ items[i]) * 0x100000001B3u;
    return (uint32_t)(sum ^ sum >> 32);
}

const void *index_finish(struct index_builder *builder, size_t *size)
{
    struct arena *arena = builder->arena;
    const struct pairs *needs = &builder->needs, *wishes = &builder->wishes,
                       *avoids = &builder->avoids;
    uint32_t names = (uint32_t)builder->first.count, candidates = (uint32_t)builder->name.count;
    uint32_t gates = pool_count(&builder->gates), sets = pool_count(&builder->sets);
    struct numbers out = {0};

    write_numbers(&out, arena, (uint32_t[HEADER]){0}, HEADER);
    add(arena, &builder->first, candidates);
    write_numbers(&out, arena, builder->first.items, builder->first.count);
    write_numbers(&out, arena, builder->name.items, builder->name.count);
    write_pool(&out, arena, &builder->gates);
    write_lists(&out, arena, needs->from.items, needs->to.items, needs->to.count, candidates);
    write_lists(&out, arena, wishes->from.items, wishes->to.items, wishes->to.count, candidates);
    write_lists(&out, arena, needs->to.items, needs->from.items, needs->to.count, gates);
    write_lists(&out, arena, avoids->from.items, avoids->to.items, avoids->to.count, candidates);
    write_pool(&out, arena, &builder->sets);
    write_memberships(&out, builder, candidates);
    write_lists(&out, arena, avoids->to.items, avoids->from.items, avoids->to.count, sets);

    uint32_t *header = out.items;
    header[H_MAGIC] = MAGIC;
    header[H_FORMAT] = FORMAT;
    header[H_NAMES] = names;
    header[H_CANDIDATES] = candidates;
    header[H_GATES] = gates;
    header[H_SETS] = sets;
    header[H_SIZE] = (uint32_t)out.count;
    header[H_SUM] = sum_of(out.items + HEADER, out.count - HEADER);
    *size = out.count * sizeof *out.items;
    return out.items;
}

/* ---- opening it ---- */

struct reading {
    const uint32_t *block;
    size_t at, size;
    bool bad;
};

static const uint32_t *take(struct reading *reading, size_t count)
{
    const uint32_t *items = reading->block + reading->at;
    reading->bad |= count > reading->size - reading->at;
    if (reading->bad)
        return NULL;
    reading->at += count;
    return items;
}

static struct lists take_lists(struct reading *reading, uint32_t keys)
{
    struct lists out = {.at = take(reading, (size_t)keys + 1)};
    if (out.at)
        out.items = take(reading, out.at[keys]);
    return out;
}

bool index_open(struct index *out, const void *block, size_t size)
{
    const uint32_t *header = block;
    struct reading reading = {.block = block, .at = HEADER, .size = size / sizeof *header};
    if (size % sizeof *header || reading.size < HEADER || header[H_MAGIC] != MAGIC ||
        header[H_FORMAT] != FORMAT || header[H_SIZE] != reading.size)
        return false;
    *out = (struct index){.names = header[H_NAMES],
                          .candidates = header[H_CANDIDATES],
                          .gates = header[H_GATES],
                          .sets = header[H_SETS]};
    out->first = take(&reading, (size_t)out->names + 1);
    out->name = take(&reading, out->candidates);
    out->gate = take_lists(&reading, out->gates);
    out->need = take_lists(&reading, out->candidates);
    out->wish = take_lists(&reading, out->candidates);
    out->requirer = take_lists(&reading, out->gates);
    out->avoid = take_lists(&reading, out->candidates);
    out->set = take_lists(&reading, out->sets);
    out->membership = take_lists(&reading, out->candidates);
    out->avoider = take_lists(&reading, out->sets);
    return !reading.bad && reading.at == reading.size;
}

static bool lists_sound(const struct lists *lists, uint32_t keys, uint32_t limit)
{
    if (lists->at[0] != 0)
        return false;
    for (uint32_t i = 0; i < keys; i++)
        if (lists->at[i] > lists->at[i + 1])
            return false;
    for (uint32_t i = 0; i < lists->at[keys]; i++)
        if (lists->items[i] >= limit)
            return false;
    return true;
}

static bool names_sound(const struct index *index)
{
    if (index->first[0] != 0 || index->first[index->names] != index->candidates)
        return false;
    for (uint32_t n = 0; n < index->names; n++) {
        if (index->first[n] > index->first[n + 1])
            return false;
        for (uint32_t c = index->first[n]; c < index->first[n + 1]; c++)
            if (c >= index->candidates || index->name[c] != n)
                return false;
    }
    return true;
}

bool index_verify(const struct index *index, const void *block)
{
    const uint32_t *header = block;
    return header[H_SUM] == sum_of(header + HEADER, header[H_SIZE] - HEADER) &&
           names_sound(index) && lists_sound(&index->gate, index->gates, index->candidates) &&
           lists_sound(&index->need, index->candidates, index->gates) &&
           lists_sound(&index->wish, index->candidates, index->gates) &&
           lists_sound(&index->requirer, index->gates, index->candidates) &&
           lists_sound(&index->avoid, index->candidates, index->sets) &&
           lists_sound(&index->set, index->sets, index->candidates) &&
           lists_sound(&index->membership, index->candidates, index->sets) &&
           lists_sound(&index->avoider, index->sets, index->candidates);
}
