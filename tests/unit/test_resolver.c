/* The search against one that tries everything, on thousands of small universes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/solver.h"

#include <stdio.h>
#include <string.h>

enum { MAX_CANDIDATES = 10, MAX_NAMES = 5, MAX_NEEDS = 3, MAX_REQUESTS = 3, MAX_CHOICES = 4 };

struct requirement {
    uint32_t candidates[MAX_CHOICES];
    uint32_t count;
    bool optional;
};

struct candidate {
    uint32_t name; /* ascending */
    struct requirement needs[MAX_NEEDS];
    uint32_t need_count;
    uint32_t avoids; /* bit by bit */
};

struct world {
    struct candidate candidates[MAX_CANDIDATES];
    uint32_t candidate_count;
    struct requirement requests[MAX_REQUESTS];
    uint32_t request_count;
    uint8_t barred[MAX_CANDIDATES];
    uint32_t preferred;
    struct arena arena;
    struct index index;
    struct root roots[MAX_REQUESTS];
};

static uint32_t random_below(uint64_t *state, uint32_t bound)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 33) % bound;
}

static struct requirement make_requirement(const struct world *world, uint64_t *seed,
                                           uint32_t least)
{
    struct requirement out = {.optional = random_below(seed, 8) == 0};
    uint32_t count = least + random_below(seed, MAX_CHOICES + 1 - least);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t candidate = random_below(seed, world->candidate_count);
        bool known = false;
        for (uint32_t j = 0; j < out.count; j++)
            known = known || out.candidates[j] == candidate;
        if (!known)
            out.candidates[out.count++] = candidate;
    }
    return out;
}

static void build_index(struct world *world)
{
    struct index_builder *builder = index_begin(&world->arena);
    size_t size;
    for (uint32_t c = 0; c < world->candidate_count; c++) {
        if (c == 0 || world->candidates[c].name != world->candidates[c - 1].name)
            index_add_name(builder);
        assert_int_equal(index_add_candidate(builder), c);
    }
    for (uint32_t c = 0; c < world->candidate_count; c++) {
        const struct candidate *candidate = &world->candidates[c];
        for (uint32_t i = 0; i < candidate->need_count; i++) {
            const struct requirement *need = &candidate->needs[i];
            uint32_t gate = index_add_gate(builder, need->candidates, need->count);
            (need->optional ? index_add_wish : index_add_need)(builder, c, gate);
        }
        for (uint32_t o = 0; o < world->candidate_count; o++)
            if (candidate->avoids >> o & 1)
                index_add_avoid(builder, c, index_add_set(builder, &o, 1));
    }
    const void *block = index_finish(builder, &size);
    assert_true(index_open(&world->index, block, size));
    assert_true(index_verify(&world->index, block));
}

static void make_world(struct world *world, uint64_t seed)
{
    seed = seed * 0x9E3779B97F4A7C15u + 1;
    for (int i = 0; i < 8; i++)
        random_below(&seed, 2);
    memset(world, 0, sizeof *world);
    world->candidate_count = 1 + random_below(&seed, MAX_CANDIDATES);
    uint32_t names = 1 + random_below(&seed, MAX_NAMES);
    for (uint32_t c = 0; c < world->candidate_count; c++) {
        struct candidate *candidate = &world->candidates[c];
        candidate->name = c * names / world->candidate_count;
        candidate->need_count = random_below(&seed, MAX_NEEDS + 1);
        for (uint32_t i = 0; i < candidate->need_count; i++)
            candidate->needs[i] = make_requirement(world, &seed, random_below(&seed, 6) > 0);
        if (random_below(&seed, 4) == 0)
            candidate->avoids = 1u << random_below(&seed, world->candidate_count);
        world->barred[c] = random_below(&seed, 12) == 0;
    }
    world->request_count = 1 + random_below(&seed, MAX_REQUESTS);
    for (uint32_t i = 0; i < world->request_count; i++) {
        world->requests[i] = make_requirement(world, &seed, 1);
        world->requests[i].optional = false;
        world->roots[i] = (struct root){world->requests[i].candidates, world->requests[i].count};
    }
    build_index(world);
}

static struct request request_of(const struct world *world)
{
    return (struct request){.roots = world->roots,
                            .root_count = world->request_count,
                            .barred = world->barred,
                            .explain = true};
}

static bool satisfied(const struct requirement *requirement, uint32_t selected)
{
    for (uint32_t i = 0; i < requirement->count; i++)
        if (selected >> requirement->candidates[i] & 1)
            return true;
    return requirement->optional;
}

/* What cannot stand beside `c`; the versions of its own name are another rule's. */
static uint32_t avoided(const struct world *world, uint32_t c)
{
    uint32_t set = 0;
    for (uint32_t o = 0; o < world->candidate_count; o++)
        if (world->candidates[o].name != world->candidates[c].name &&
            (world->candidates[c].avoids >> o & 1 || world->candidates[o].avoids >> c & 1))
            set |= 1u << o;
    return set;
}

/* Whether a set of candidates (bit by bit) is a solution. */
static bool valid(const struct world *world, uint32_t selected)
{
    uint32_t names = 0;
    for (uint32_t c = 0; c < world->candidate_count; c++) {
        const struct candidate *candidate = &world->candidates[c];
        if (!(selected >> c & 1))
            continue;
        if (names >> candidate->name & 1)
            return false;
        names |= 1u << candidate->name;
        if (world->barred[c] || selected & avoided(world, c))
            return false;
        for (uint32_t i = 0; i < candidate->need_count; i++)
            if (!satisfied(&candidate->needs[i], selected))
                return false;
    }
    for (uint32_t i = 0; i < world->request_count; i++)
        if (!satisfied(&world->requests[i], selected))
            return false;
    return true;
}

/* Whether a solution contains all of `wanted`. */
static bool possible_with(const struct world *world, uint32_t wanted)
{
    for (uint32_t set = 0; set < 1u << world->candidate_count; set++)
        if ((set & wanted) == wanted && valid(world, set))
            return true;
    return false;
}

static uint32_t as_set(const struct answer_plan *solution)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i < solution->selected_count; i++) {
        if (i > 0)
            assert_true(solution->selected[i - 1] < solution->selected[i]);
        set |= 1u << solution->selected[i];
    }
    return set;
}

static bool lists(const struct requirement *requirement, uint32_t candidate)
{
    for (uint32_t i = 0; i < requirement->count; i++)
        if (requirement->candidates[i] == candidate)
            return !requirement->optional;
    return false;
}

/* Nothing is selected that no requirement of what is selected asks for. */
static void check_nothing_more(const struct world *world, uint32_t selected)
{
    for (uint32_t c = 0; c < world->candidate_count; c++) {
        bool wanted = !(selected >> c & 1);
        for (uint32_t i = 0; i < world->request_count; i++)
            wanted = wanted || lists(&world->requests[i], c);
        for (uint32_t o = 0; o < world->candidate_count; o++)
            for (uint32_t i = 0; (selected >> o & 1) && i < world->candidates[o].need_count; i++)
                wanted = wanted || lists(&world->candidates[o].needs[i], c);
        assert_true(wanted);
    }
}

/* Whether every solution that contains all of `settled` contains the candidate. */
static bool forced(const struct world *world, uint32_t settled, uint32_t candidate)
{
    for (uint32_t set = 0; set < 1u << world->candidate_count; set++)
        if ((set & settled) == settled && !(set >> candidate & 1) && valid(world, set))
            return false;
    return true;
}

/* Each request in turn gets what must be there anyway, or the first of its candidates with which a
 * solution still exists. */
static void check_preference(const struct world *world, uint32_t selected)
{
    uint32_t settled = 0;
    for (uint32_t i = 0; i < world->request_count; i++) {
        const struct requirement *request = &world->requests[i];
        bool done = false;
        uint32_t first = 0;
        while (!possible_with(world, settled | 1u << request->candidates[first]))
            first++; /* ends: there is a solution */
        if (selected >> request->candidates[first] & 1) {
            settled |= 1u << request->candidates[first];
            continue;
        }
        for (uint32_t j = 0; j < request->count; j++)
            done = done || (selected >> request->candidates[j] & 1 &&
                            forced(world, settled, request->candidates[j]));
        assert_true(done);
    }
}

/* ---- explanations ---- */

/* The world that the facts speak of: nothing else of it holds. */
static void keep_facts(struct world *out, const struct world *world, const struct answer_plan *plan,
                       uint32_t without)
{
    *out = *world;
    out->request_count = 0;
    memset(out->barred, 0, sizeof out->barred);
    for (uint32_t c = 0; c < out->candidate_count; c++)
        out->candidates[c].need_count = out->candidates[c].avoids = 0;
    for (uint32_t i = 0; i < plan->fact_count; i++) {
        const struct fact *fact = &plan->facts[i];
        struct candidate *a = &out->candidates[fact->kind == FACT_ROOT ? 0 : fact->a];
        if (i == without)
            continue;
        if (fact->kind == FACT_ROOT) {
            out->requests[out->request_count++] = world->requests[fact->a];
        } else if (fact->kind == FACT_BARRED) {
            out->barred[fact->a] = 1;
        } else if (fact->kind == FACT_AVOID) {
            a->avoids |= 1u << fact->b;
        } else {
            const uint32_t *at = world->index.gate.at;
            struct requirement *need = &a->needs[a->need_count++];
            need->optional = false;
            need->count = at[fact->b + 1] - at[fact->b];
            memcpy(need->candidates, world->index.gate.items + at[fact->b],
                   need->count * sizeof *need->candidates);
        }
    }
}

/* The facts contradict each other, and none of them could be left out. */
static void check_facts(const struct world *world, const struct answer_plan *plan)
{
    struct world facts;
    keep_facts(&facts, world, plan, UINT32_MAX);
    assert_false(possible_with(&facts, 0));
    for (uint32_t i = 0; i < plan->fact_count; i++) {
        keep_facts(&facts, world, plan, i);
        assert_true(possible_with(&facts, 0));
    }
}

/* ---- wishes ---- */

/* A wish that something selected could still be given with all the rest was given. */
static void check_wishes(struct world *world, struct solver *solver, uint32_t needed)
{
    struct request request = request_of(world);
    struct answer_plan plan;
    request.wishes = true;
    resolver_solve(solver, &request, &plan, &world->arena);
    assert_true(plan.found);
    uint32_t selected = as_set(&plan);
    assert_true(valid(world, selected));
    assert_int_equal(selected & needed, needed);
    for (uint32_t c = 0; c < world->candidate_count; c++)
        for (uint32_t i = 0; selected >> c & 1 && i < world->candidates[c].need_count; i++) {
            const struct requirement *need = &world->candidates[c].needs[i];
            for (uint32_t j = 0; need->optional && j < need->count; j++) {
                bool held = false;
                for (uint32_t k = 0; k < need->count; k++)
                    held = held || selected >> need->candidates[k] & 1;
                assert_true(held || !possible_with(world, selected | 1u << need->candidates[j]));
            }
        }
}

/* ---- the tests ---- */

static void agrees_with_trying_everything(void **state)
{
    (void)state;
    enum { WORLDS = 20000 };
    unsigned found = 0, hard = 0;
    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        static struct world world;
        struct answer_plan plan;
        make_world(&world, seed);
        struct solver *solver = resolver_new(&world.index);
        struct request request = request_of(&world);
        resolver_solve(solver, &request, &plan, &world.arena);
        bool expected = possible_with(&world, 0);
        if (plan.found != expected)
            print_error("world %llu\n", (unsigned long long)seed);
        assert_int_equal(plan.found, expected);
        if (plan.found) {
            found++;
            assert_true(valid(&world, as_set(&plan)));
            check_nothing_more(&world, as_set(&plan));
            check_preference(&world, as_set(&plan));
            check_wishes(&world, solver, as_set(&plan));
        } else {
            hard += plan.fact_count > 2;
            check_facts(&world, &plan);
        }
        resolver_free(solver);
        arena_release(&world.arena);
    }
    /* The generator makes enough of each kind to mean something. */
    assert_in_range(found, WORLDS / 4, WORLDS * 3 / 4);
    assert_in_range(hard, WORLDS / 20, WORLDS);
}

static void nothing_asked_nothing_selected(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct answer_plan plan;
    struct index index;
    size_t size;
    const void *block = index_finish(index_begin(&arena), &size);
    assert_true(index_open(&index, block, size));
    struct solver *solver = resolver_new(&index);
    resolver_solve(solver, &(struct request){0}, &plan, &arena);
    assert_true(plan.found);
    assert_int_equal(plan.selected_count, 0);
    resolver_free(solver);
    arena_release(&arena);
}

/* 200 free choices of 10 lie between the two that conflict: only going back past them all ends. */
static void choices_without_part_in_a_conflict_are_not_retried(void **state)
{
    (void)state;
    enum { FREE = 200, EACH = 10, FIRST = FREE * EACH };
    static uint32_t ids[FIRST + 3];
    static struct root roots[FREE + 2];
    struct arena arena = {0};
    struct index_builder *builder = index_begin(&arena);
    for (uint32_t i = 0; i < FIRST + 3; i++) {
        if ((i < FIRST && i % EACH == 0) || i == FIRST || i == FIRST + 2)
            index_add_name(builder);
        ids[i] = index_add_candidate(builder);
    }
    /* FIRST and FIRST + 1 are versions of one name; FIRST + 2 needs one, the other is asked for. */
    index_add_need(builder, FIRST + 2, index_add_gate(builder, &ids[FIRST], 1));
    roots[0] = (struct root){&ids[FIRST + 1], 1};
    for (uint32_t i = 0; i < FREE; i++)
        roots[1 + i] = (struct root){&ids[i * EACH], EACH};
    roots[FREE + 1] = (struct root){&ids[FIRST + 2], 1};

    struct answer_plan plan;
    struct index index;
    size_t size;
    const void *block = index_finish(builder, &size);
    assert_true(index_open(&index, block, size));
    struct solver *solver = resolver_new(&index);
    struct request request = {.roots = roots, .root_count = FREE + 2, .explain = true};
    resolver_solve(solver, &request, &plan, &arena);
    assert_false(plan.found);
    assert_in_range(plan.conflicts, 0, 3);
    assert_int_equal(plan.fact_count, 3); /* two that are asked for, and what one of them needs */
    resolver_free(solver);
    arena_release(&arena);
}

/* A block is known by its header and its sum; one that is cut or changed is not used. */
static void a_damaged_block_is_refused(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct index index;
    size_t size;
    struct index_builder *builder = index_begin(&arena);
    index_add_name(builder);
    index_add_candidate(builder);
    index_add_need(builder, 0, index_add_gate(builder, NULL, 0));
    const void *block = index_finish(builder, &size);
    for (size_t cut = 0; cut < size; cut += 4)
        assert_false(index_open(&index, block, cut));
    for (size_t at = 64; at < size; at++) {
        unsigned char *copy = arena_copy(&arena, block, size);
        copy[at] ^= 0x40;
        assert_false(index_open(&index, copy, size) && index_verify(&index, copy));
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_trying_everything),
        cmocka_unit_test(nothing_asked_nothing_selected),
        cmocka_unit_test(choices_without_part_in_a_conflict_are_not_retried),
        cmocka_unit_test(a_damaged_block_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
