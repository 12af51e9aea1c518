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

struct writing {
    uint32_t *block;
    size_t at;
};

static void write_numbers(struct writing *out, const struct numbers *list)
{
    if (list->count)
        memcpy(out->block + out->at, list->items, list->count * sizeof *list->items);
    out->at += list->count;
}

/*
 * The lists of pairs by `key`, by counting: within a list the order in which they were added. `at`
 * has keys + 1 zeros; each first becomes the end of its list, and then moves to its beginning.
 */
static void sort_pairs(uint32_t *at, uint32_t *items, const uint32_t *key, const uint32_t *value,
                       size_t count, uint32_t keys)
{
    for (size_t i = 0; i < count; i++)
        at[key[i]]++;
    for (uint32_t i = 0; i < keys; i++)
        at[i + 1] += at[i];
    for (size_t i = count; i-- > 0;)
        items[--at[key[i]]] = value ? value[i] : (uint32_t)i;
}

static void write_lists(struct writing *out, const struct numbers *key, const struct numbers *value,
                        uint32_t keys)
{
    uint32_t *at = out->block + out->at, *items = at + keys + 1;
    sort_pairs(at, items, key->items, value->items, key->count, keys);
    out->at += keys + 1 + key->count;
}

static void write_pool(struct writing *out, const struct pool *pool)
{
    write_numbers(out, &pool->at);
    write_numbers(out, &pool->items);
}

/* The sets of the members of all sets, in their order. */
static struct numbers memberships(const struct index_builder *builder)
{
    const struct pool *sets = &builder->sets;
    struct numbers out = {
        .items = arena_array(builder->arena, sets->items.count + 1, sizeof *out.items),
        .count = sets->items.count,
    };
    for (uint32_t i = 0; i < pool_count(sets); i++)
        for (uint32_t m = sets->at.items[i]; m < sets->at.items[i + 1]; m++)
            out.items[m] = i;
    return out;
}

/* Leaves out the needs that a candidate satisfies itself. */
static void drop_own_needs(struct index_builder *builder)
{
    struct arena *arena = builder->arena;
    struct numbers *from = &builder->needs.from, *to = &builder->needs.to;
    uint32_t gates = pool_count(&builder->gates);
    const uint32_t *at = builder->gates.at.items, *members = builder->gates.items.items;
    uint32_t *needs_at = arena_array(arena, gates + 1u, sizeof *needs_at);
    uint32_t *needs = arena_array(arena, to->count + 1, sizeof *needs);
    uint32_t *gate_of = arena_array(arena, builder->name.count + 1, sizeof *gate_of);
    uint8_t *own = arena_array(arena, to->count + 1, sizeof *own);

    sort_pairs(needs_at, needs, to->items, NULL, to->count, gates);
    for (uint32_t gate = 0; gate < gates; gate++) {
        for (uint32_t m = at[gate]; m < at[gate + 1]; m++)
            gate_of[members[m]] = gate + 1;
        for (uint32_t i = needs_at[gate]; i < needs_at[gate + 1]; i++)
            own[needs[i]] = gate_of[from->items[needs[i]]] == gate + 1;
    }
    size_t kept = 0;
    for (size_t i = 0; i < to->count; i++)
        if (!own[i]) {
            from->items[kept] = from->items[i];
            to->items[kept++] = to->items[i];
        }
    from->count = to->count = kept;
}

static uint32_t sum_of(const uint32_t *items, size_t count)
{
    uint64_t sum = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < count; i++)
        sum = (sum ^ items[i]) * 0x100000001B3u;
    return (uint32_t)(sum ^ sum >> 32);
}

static size_t size_of_pool(const struct pool *pool)
{
    return pool->at.count + pool->items.count;
}

static size_t size_of_block(const struct index_builder *builder)
{
    size_t candidates = builder->name.count, gates = pool_count(&builder->gates);
    return HEADER + builder->first.count + candidates + size_of_pool(&builder->gates) +
           size_of_pool(&builder->sets) + 4 * (candidates + 1) + (gates + 1) +
           builder->sets.at.count + 2 * builder->needs.to.count + builder->wishes.to.count +
           2 * builder->avoids.to.count + builder->sets.items.count;
}

const void *index_finish(struct index_builder *builder, size_t *size)
{
    const struct pairs *needs = &builder->needs, *wishes = &builder->wishes,
                       *avoids = &builder->avoids;
    uint32_t names = (uint32_t)builder->first.count, candidates = (uint32_t)builder->name.count;
    uint32_t gates = pool_count(&builder->gates), sets = pool_count(&builder->sets);
    struct numbers in_sets = memberships(builder);

    drop_own_needs(builder);
    add(builder->arena, &builder->first, candidates);
    size_t count = size_of_block(builder);
    struct writing out = {arena_array(builder->arena, count, sizeof *out.block), HEADER};
    write_numbers(&out, &builder->first);
    write_numbers(&out, &builder->name);
    write_pool(&out, &builder->gates);
    write_lists(&out, &needs->from, &needs->to, candidates);
    write_lists(&out, &wishes->from, &wishes->to, candidates);
    write_lists(&out, &needs->to, &needs->from, gates);
    write_lists(&out, &avoids->from, &avoids->to, candidates);
    write_pool(&out, &builder->sets);
    write_lists(&out, &builder->sets.items, &in_sets, candidates);
    write_lists(&out, &avoids->to, &avoids->from, sets);

    uint32_t *header = out.block;
    header[H_MAGIC] = MAGIC;
    header[H_FORMAT] = FORMAT;
    header[H_NAMES] = names;
    header[H_CANDIDATES] = candidates;
    header[H_GATES] = gates;
    header[H_SETS] = sets;
    header[H_SIZE] = (uint32_t)count;
    header[H_SUM] = sum_of(out.block + HEADER, count - HEADER);
    *size = count * sizeof *out.block;
    return out.block;
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
