/* The least change against every possible one, on thousands of small universes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/solver_private.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES = 6, VERSIONS = 3, CANDIDATES = NAMES * VERSIONS, NEEDS = 3, MEMBERS = 4, ASKED = 2 };

struct list {
    uint32_t items[CANDIDATES];
    uint32_t count;
};

struct world {
    uint32_t names, first[NAMES + 1], name[CANDIDATES];
    struct list needs[CANDIDATES][NEEDS];
    uint32_t need_count[CANDIDATES];
    uint32_t avoids[CANDIDATES]; /* bit by bit */
    struct list asked[ASKED], raised[NAMES];
    struct root roots[ASKED + NAMES], raised_roots[NAMES];
    uint32_t asked_count; /* of the roots; those after them are held */
    uint32_t installed[NAMES];
    uint8_t barred[CANDIDATES];
    struct request request;
    struct arena arena;
    struct index index;
};

static uint32_t below(uint64_t *state, uint32_t bound)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 33) % bound;
}

/* Some versions of one name or two. */
static struct list some_candidates(const struct world *world, uint64_t *seed)
{
    struct list out = {0};
    uint32_t chosen = 0, wanted = 1 + below(seed, MEMBERS);
    for (uint32_t tries = 0; tries < 2 * MEMBERS && out.count < wanted; tries++) {
        uint32_t candidate = below(seed, world->first[world->names]);
        if (chosen >> candidate & 1)
            continue;
        chosen |= 1u << candidate;
        out.items[out.count++] = candidate;
    }
    return out;
}

static void make_index(struct world *world)
{
    struct index_builder *builder = index_begin(&world->arena);
    size_t size;
    for (uint32_t n = 0; n < world->names; n++) {
        index_add_name(builder);
        for (uint32_t c = world->first[n]; c < world->first[n + 1]; c++)
            index_add_candidate(builder);
    }
    for (uint32_t c = 0; c < world->first[world->names]; c++) {
        for (uint32_t i = 0; i < world->need_count[c]; i++)
            index_add_need(
                builder, c,
                index_add_gate(builder, world->needs[c][i].items, world->needs[c][i].count));
        for (uint32_t o = 0; o < world->first[world->names]; o++)
            if (world->avoids[c] >> o & 1)
                index_add_avoid(builder, c, index_add_set(builder, &o, 1));
    }
    const void *block = index_finish(builder, &size);
    assert_true(index_open(&world->index, block, size));
}

static void make_request(struct world *world, uint64_t *seed)
{
    struct request *request = &world->request;
    *request = (struct request){.roots = world->roots,
                                .barred = world->barred,
                                .installed = world->installed,
                                .raised = world->raised_roots,
                                .stay = below(seed, 3) > 0,
                                .fewest_new = below(seed, 3) > 0,
                                .explain = true};
    request->root_count = world->asked_count = below(seed, ASKED + 1);
    for (uint32_t i = 0; i < world->asked_count; i++) {
        world->asked[i] = some_candidates(world, seed);
        world->roots[i] = (struct root){world->asked[i].items, world->asked[i].count};
    }
    for (uint32_t n = 0; n < world->names; n++) {
        if (below(seed, 3) == 0)
            continue;
        uint32_t versions = world->first[n + 1] - world->first[n];
        uint32_t candidate = world->first[n] + below(seed, versions);
        world->installed[request->installed_count] = candidate;
        const uint32_t *held = &world->installed[request->installed_count++];
        if (below(seed, 8) == 0) {
            world->roots[request->root_count++] = (struct root){held, 1};
        } else if (below(seed, 5) == 0) {
            struct list *raised = &world->raised[request->raised_count];
            for (uint32_t c = world->first[n]; c < world->first[n + 1]; c++)
                raised->items[raised->count++] = c;
            world->raised_roots[request->raised_count++] = (struct root){raised->items, versions};
        }
    }
}

static void make_world(struct world *world, uint64_t seed)
{
    seed = seed * 0x9E3779B97F4A7C15u + 1;
    for (int i = 0; i < 8; i++)
        below(&seed, 2);
    memset(world, 0, sizeof *world);
    world->names = 2 + below(&seed, NAMES - 1);
    for (uint32_t n = 0; n < world->names; n++) {
        world->first[n + 1] = world->first[n] + 1 + below(&seed, VERSIONS);
        for (uint32_t c = world->first[n]; c < world->first[n + 1]; c++)
            world->name[c] = n;
    }
    for (uint32_t c = 0; c < world->first[world->names]; c++) {
        world->need_count[c] = below(&seed, NEEDS + 1);
        for (uint32_t i = 0; i < world->need_count[c]; i++)
            world->needs[c][i] = some_candidates(world, &seed);
        if (below(&seed, 2) == 0)
            world->avoids[c] = 1u << below(&seed, world->first[world->names]);
        world->barred[c] = below(&seed, 15) == 0;
    }
    make_index(world);
    make_request(world, &seed);
}

/* ---- every selection ---- */

static bool hit(const uint32_t *items, uint32_t count, uint32_t set)
{
    for (uint32_t i = 0; i < count; i++)
        if (set >> items[i] & 1)
            return true;
    return false;
}

static bool valid(const struct world *world, uint32_t set)
{
    const struct request *request = &world->request;
    for (uint32_t i = 0; i < request->root_count; i++)
        if (!hit(request->roots[i].members, request->roots[i].count, set))
            return false;
    for (uint32_t c = 0; c < world->first[world->names]; c++) {
        if (!(set >> c & 1))
            continue;
        if (world->barred[c])
            return false;
        for (uint32_t i = 0; i < world->need_count[c]; i++)
            if (!hit(world->needs[c][i].items, world->needs[c][i].count, set))
                return false;
        for (uint32_t o = 0; o < world->first[world->names]; o++)
            if (world->name[o] != world->name[c] && set >> o & 1 && world->avoids[c] >> o & 1)
                return false;
    }
    return true;
}

enum { DROPPED, RAISED, CHANGED = RAISED + NAMES, NEW, PARTS };

/* What solver.h promises to be least, part by part. */
static void measure(const struct world *world, uint32_t set, uint32_t cost[PARTS])
{
    const struct request *request = &world->request;
    uint32_t there = 0, raised = 0;
    memset(cost, 0, PARTS * sizeof *cost);
    for (uint32_t i = 0; i < request->raised_count; i++) {
        const struct root *root = &request->raised[i];
        uint32_t best = 0;
        while (best < root->count && !(set >> root->members[best] & 1))
            best++;
        cost[DROPPED] += best == root->count;
        cost[RAISED + i] = best;
        raised |= 1u << world->name[root->members[0]];
    }
    for (uint32_t i = 0; i < request->installed_count; i++) {
        uint32_t name = world->name[request->installed[i]];
        uint32_t versions = ((1u << world->first[name + 1]) - (1u << world->first[name])) & set;
        there |= 1u << name;
        if (raised >> name & 1)
            continue;
        cost[DROPPED] += request->stay && !versions;
        cost[CHANGED] += versions && versions != 1u << request->installed[i];
    }
    for (uint32_t c = 0; c < world->first[world->names]; c++)
        cost[NEW] += request->fewest_new && set >> c & 1 && !(there >> world->name[c] & 1);
}

static int compare(const uint32_t a[PARTS], const uint32_t b[PARTS])
{
    for (int i = 0; i < PARTS; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static bool find_least(const struct world *world, uint32_t name, uint32_t set, uint32_t *least)
{
    if (name == world->names) {
        uint32_t cost[PARTS];
        measure(world, set, cost);
        if (!valid(world, set) || compare(cost, least) >= 0)
            return false;
        memcpy(least, cost, sizeof cost);
        return true;
    }
    bool found = find_least(world, name + 1, set, least);
    for (uint32_t c = world->first[name]; c < world->first[name + 1]; c++)
        found = find_least(world, name + 1, set | 1u << c, least) || found;
    return found;
}

/* A "no" that is one only because something is held says so. */
static void check_facts(struct world *world, const struct answer_plan *plan)
{
    uint32_t least[PARTS], told = 0;
    memset(least, 0xff, sizeof least);
    for (uint32_t i = 0; i < plan->fact_count; i++)
        told += plan->facts[i].kind == FACT_ROOT && plan->facts[i].a >= world->asked_count;
    world->request.root_count = world->asked_count;
    if (find_least(world, 0, 0, least))
        assert_true(told > 0);
}

static bool check_world(struct world *world, bool *interesting)
{
    struct answer_plan plan;
    uint32_t cost[PARTS], least[PARTS], set = 0;
    memset(least, 0xff, sizeof least);
    struct solver *solver = resolver_new(&world->index);
    resolver_solve(solver, &world->request, &plan, &world->arena);
    assert_int_equal(plan.found, find_least(world, 0, 0, least));
    for (uint32_t i = 0; i < plan.selected_count; i++)
        set |= 1u << plan.selected[i];
    if (plan.found) {
        assert_true(valid(world, set));
        assert_true(plan.least);
        measure(world, set, cost);
        assert_int_equal(compare(cost, least), 0);
        *interesting = cost[DROPPED] + cost[CHANGED] + cost[NEW] > 1;
    } else {
        check_facts(world, &plan);
    }
    resolver_free(solver);
    return plan.found;
}

static void nothing_less_can_be_changed(void **state)
{
    (void)state;
    enum { WORLDS = 12000 };
    unsigned found = 0, interesting = 0;
    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        static struct world world;
        bool changes = false;
        make_world(&world, seed);
        found += check_world(&world, &changes);
        interesting += changes;
        arena_release(&world.arena);
    }
    assert_in_range(found, WORLDS / 4, WORLDS * 9 / 10);
    assert_in_range(interesting, WORLDS / 10, WORLDS);
}

/* Each version of a name stands for a hole, in which there is room for one: that not all can stay
 * takes longer to prove than anybody waits. Most do all the same. */
static void a_proof_that_is_too_long_is_given_up(void **state)
{
    (void)state;
    enum { HOLES = 12, PIGEONS = HOLES + 1 };
    struct arena arena = {0};
    struct index_builder *builder = index_begin(&arena);
    uint32_t installed[PIGEONS];
    struct answer_plan plan;
    struct index index;
    size_t size;
    for (uint32_t p = 0; p < PIGEONS; p++) {
        index_add_name(builder);
        for (uint32_t h = 0; h < HOLES; h++)
            installed[p] = index_add_candidate(builder);
    }
    for (uint32_t h = 0; h < HOLES; h++) {
        uint32_t same[PIGEONS];
        for (uint32_t p = 0; p < PIGEONS; p++)
            same[p] = p * HOLES + h;
        uint32_t set = index_add_set(builder, same, PIGEONS);
        for (uint32_t p = 0; p < PIGEONS; p++)
            index_add_avoid(builder, same[p], set);
    }
    const void *block = index_finish(builder, &size);
    assert_true(index_open(&index, block, size));
    struct solver *solver = resolver_new(&index);
    struct request request = {.installed = installed, .installed_count = PIGEONS, .stay = true};
    resolver_solve(solver, &request, &plan, &arena);
    assert_true(plan.found);
    assert_in_range(plan.selected_count, HOLES - 2, HOLES);
    assert_false(plan.least);
    resolver_free(solver);
    arena_release(&arena);
}

/* ---- sets to hit ---- */

enum { ELEMENTS = 12, SETS = 10 };

static uint64_t weight_of(uint32_t chosen, const uint64_t *weights)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < ELEMENTS; i++)
        sum += chosen >> i & 1 ? weights[i] : 0;
    return sum;
}

static uint64_t lightest_by_trying(const uint32_t *sets, uint32_t count, const uint64_t *weights)
{
    uint64_t best = UINT64_MAX;
    for (uint32_t chosen = 0; chosen < 1u << ELEMENTS; chosen++) {
        bool hits = true;
        for (uint32_t s = 0; s < count && hits; s++)
            hits = sets[s] & chosen;
        if (hits && weight_of(chosen, weights) < best)
            best = weight_of(chosen, weights);
    }
    return best;
}

static void check_sets(uint64_t *seed)
{
    uint32_t bits[SETS] = {0}, count = 1 + below(seed, SETS), chosen = 0;
    uint64_t weights[ELEMENTS];
    struct sets sets = {0};
    struct stack out = {0};
    for (uint32_t i = 0; i < ELEMENTS; i++)
        weights[i] = 1 + below(seed, 3) * below(seed, 100);
    for (uint32_t s = 0; s < count; s++) {
        for (uint32_t left = 1 + below(seed, 4); left > 0; left--)
            bits[s] |= 1u << below(seed, ELEMENTS);
        for (uint32_t i = 0; i < ELEMENTS; i++)
            if (bits[s] >> i & 1)
                stack_push(&sets.elements, i);
        stack_push(&sets.ends, sets.elements.count);
    }
    uint64_t best = lightest_by_trying(bits, count, weights);
    struct hitting hitting = {&sets, weights, ELEMENTS, .below = best + 1, .limit = UINT64_MAX};
    assert_true(hitting_set(&hitting, &out));
    for (uint32_t i = 0; i < out.count; i++)
        chosen |= 1u << out.items[i];
    assert_int_equal(weight_of(chosen, weights), best);
    for (uint32_t s = 0; s < count; s++)
        assert_true(bits[s] & chosen);
    hitting.below = best;
    assert_false(hitting_set(&hitting, &out));
    free(sets.elements.items);
    free(sets.ends.items);
    free(out.items);
}

static void the_lightest_choice_hits_every_set(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 1000; i++)
        check_sets(&seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_less_can_be_changed),
                                       cmocka_unit_test(a_proof_that_is_too_long_is_given_up),
                                       cmocka_unit_test(the_lightest_choice_hits_every_set)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
