/* The search against one that tries everything, on thousands of small universes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/resolver.h"

#include <stdio.h>
#include <string.h>

enum { MAX_CANDIDATES = 10, MAX_NAMES = 5, MAX_NEEDS = 3, MAX_REQUESTS = 3, MAX_CHOICES = 4 };

/* A universe with room for all its parts. */
struct world {
    struct universe universe;
    struct candidate candidates[MAX_CANDIDATES];
    struct requirement needs[MAX_CANDIDATES][MAX_NEEDS];
    struct requirement requests[MAX_REQUESTS];
    uint32_t request_count;
    uint32_t lists[MAX_CANDIDATES * MAX_NEEDS + MAX_REQUESTS][MAX_CHOICES];
    uint32_t list_count;
};

static uint32_t random_below(uint64_t *state, uint32_t bound)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 33) % bound;
}

/* Tags are the numbers of the lists, so that the explanation can be traced. */
static struct requirement make_requirement(struct world *world, uint64_t *seed, uint32_t least)
{
    uint32_t tag = world->list_count++, total = world->universe.candidate_count;
    uint32_t *list = world->lists[tag];
    uint32_t count = least + random_below(seed, MAX_CHOICES + 1 - least), kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t candidate = random_below(seed, total);
        bool known = false;
        for (uint32_t j = 0; j < kept; j++)
            known = known || list[j] == candidate;
        if (!known)
            list[kept++] = candidate;
    }
    return (struct requirement){
        .candidates = list, .count = kept, .optional = random_below(seed, 8) == 0, .tag = tag};
}

static void make_world(struct world *world, uint64_t seed)
{
    seed = seed * 0x9E3779B97F4A7C15u + 1;
    for (int i = 0; i < 8; i++)
        random_below(&seed, 2);
    memset(world, 0, sizeof *world);
    world->universe.candidates = world->candidates;
    world->universe.candidate_count = 1 + random_below(&seed, MAX_CANDIDATES);
    world->universe.name_count = 1 + random_below(&seed, MAX_NAMES);
    for (uint32_t c = 0; c < world->universe.candidate_count; c++) {
        uint32_t count = random_below(&seed, MAX_NEEDS + 1);
        world->candidates[c] = (struct candidate){
            .name = random_below(&seed, world->universe.name_count),
            .needs = world->needs[c],
            .need_count = count,
        };
        for (uint32_t i = 0; i < count; i++)
            world->needs[c][i] = make_requirement(world, &seed, random_below(&seed, 6) > 0);
    }
    world->request_count = 1 + random_below(&seed, MAX_REQUESTS);
    for (uint32_t i = 0; i < world->request_count; i++)
        world->requests[i] = make_requirement(world, &seed, 1);
}

static bool satisfied(const struct requirement *requirement, uint32_t selected)
{
    for (uint32_t i = 0; i < requirement->count; i++)
        if (selected >> requirement->candidates[i] & 1)
            return true;
    return requirement->optional;
}

/* Whether a set of candidates (bit by bit) is a solution. */
static bool valid(const struct world *world, uint32_t selected)
{
    uint32_t names = 0;
    for (uint32_t c = 0; c < world->universe.candidate_count; c++) {
        const struct candidate *candidate = &world->candidates[c];
        if (!(selected >> c & 1))
            continue;
        if (names >> candidate->name & 1)
            return false;
        names |= 1u << candidate->name;
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
    for (uint32_t set = 0; set < 1u << world->universe.candidate_count; set++)
        if ((set & wanted) == wanted && valid(world, set))
            return true;
    return false;
}

static uint32_t as_set(const struct solution *solution)
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
    for (uint32_t c = 0; c < world->universe.candidate_count; c++) {
        bool wanted = !(selected >> c & 1);
        for (uint32_t i = 0; i < world->request_count; i++)
            wanted = wanted || lists(&world->requests[i], c);
        for (uint32_t o = 0; o < world->universe.candidate_count; o++)
            for (uint32_t i = 0; (selected >> o & 1) && i < world->candidates[o].need_count; i++)
                wanted = wanted || lists(&world->candidates[o].needs[i], c);
        assert_true(wanted);
    }
}

/* Each request in turn gets the first of its candidates with which a solution still exists. */
static void check_preference(const struct world *world, uint32_t selected)
{
    uint32_t settled = 0;
    for (uint32_t i = 0; i < world->request_count; i++) {
        const struct requirement *request = &world->requests[i];
        bool done = request->optional;
        for (uint32_t j = 0; j < request->count; j++)
            done = done || (settled >> request->candidates[j] & 1);
        for (uint32_t j = 0; !done && j < request->count; j++) {
            uint32_t with = settled | 1u << request->candidates[j];
            if (possible_with(world, with)) {
                settled = with;
                done = true;
            }
        }
        assert_true(done);
    }
    assert_int_equal(selected & settled, settled);
}

static const struct requirement *with_tag(const struct requirement *items, uint32_t count,
                                          uint32_t tag)
{
    for (uint32_t i = 0; i < count; i++)
        if (items[i].tag == tag)
            return &items[i];
    return NULL;
}

/* The steps lead from a request, over a candidate of each requirement, to one that is in the way.
 */
static void check_steps(const struct world *world, const struct solution *solution)
{
    const struct requirement *requirement = NULL;
    assert_true(solution->step_count > 0);
    for (uint32_t i = 0; i < solution->step_count; i++) {
        const struct conflict_step *step = &solution->steps[i];
        if (i == 0) {
            assert_int_equal(step->candidate, UINT32_MAX);
            requirement = with_tag(world->requests, world->request_count, step->tag);
        } else {
            assert_true(lists(requirement, step->candidate));
            const struct candidate *owner = &world->candidates[step->candidate];
            requirement = with_tag(owner->needs, owner->need_count, step->tag);
        }
        assert_non_null(requirement);
    }
    const struct conflict_step *last = &solution->steps[solution->step_count - 1];
    if (last->blocked_by == UINT32_MAX)
        return;
    bool in_the_way = false;
    for (uint32_t i = 0; i < requirement->count; i++)
        in_the_way = in_the_way || world->candidates[requirement->candidates[i]].name ==
                                       world->candidates[last->blocked_by].name;
    assert_true(in_the_way);
}

static void agrees_with_trying_everything(void **state)
{
    (void)state;
    enum { WORLDS = 20000 };
    unsigned found = 0, hard = 0;
    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        static struct world world;
        struct arena arena = {0};
        struct solution solution;
        make_world(&world, seed);
        resolver_solve(&solution, &world.universe, world.requests, world.request_count, &arena);
        bool expected = possible_with(&world, 0);
        if (solution.found != expected)
            print_error("world %llu\n", (unsigned long long)seed);
        assert_int_equal(solution.found, expected);
        if (solution.found) {
            found++;
            assert_true(valid(&world, as_set(&solution)));
            check_nothing_more(&world, as_set(&solution));
            check_preference(&world, as_set(&solution));
        } else {
            hard += solution.step_count > 1;
            check_steps(&world, &solution);
        }
        arena_release(&arena);
    }
    /* The generator makes enough of each kind to mean something. */
    assert_in_range(found, WORLDS / 4, WORLDS * 3 / 4);
    assert_in_range(hard, WORLDS / 20, WORLDS);
}

static void nothing_asked_nothing_selected(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct universe universe = {0};
    struct solution solution;
    resolver_solve(&solution, &universe, NULL, 0, &arena);
    assert_true(solution.found);
    assert_int_equal(solution.selected_count, 0);
    arena_release(&arena);
}

/* 200 free choices of 10 lie between the two that conflict: only going back past them all ends. */
static void choices_without_part_in_a_conflict_are_not_retried(void **state)
{
    (void)state;
    enum { FREE = 200, EACH = 10, FIRST = FREE * EACH };
    static struct candidate candidates[FIRST + 4];
    static uint32_t ids[FIRST + 4];
    static struct requirement requests[FREE + 2];
    for (uint32_t i = 0; i < FIRST + 4; i++)
        ids[i] = i;
    for (uint32_t i = 0; i < FIRST; i++)
        candidates[i].name = 2 + i / EACH;
    /* FIRST and FIRST+1 are versions of one name, and so are the needs of the other two. */
    struct requirement needs_old = {.candidates = &ids[FIRST], .count = 1};
    candidates[FIRST + 2] = (struct candidate){.name = 1, .needs = &needs_old, .need_count = 1};
    requests[0] = (struct requirement){.candidates = &ids[FIRST + 1], .count = 1};
    for (uint32_t i = 0; i < FREE; i++)
        requests[1 + i] = (struct requirement){.candidates = &ids[i * EACH], .count = EACH};
    requests[FREE + 1] = (struct requirement){.candidates = &ids[FIRST + 2], .count = 1};
    struct universe universe = {
        .candidates = candidates, .candidate_count = FIRST + 4, .name_count = FREE + 2};

    struct arena arena = {0};
    struct solution solution;
    resolver_solve(&solution, &universe, requests, FREE + 2, &arena);
    assert_false(solution.found);
    assert_int_equal(solution.step_count, 2);
    assert_int_equal(solution.steps[1].candidate, FIRST + 2);
    assert_int_equal(solution.steps[1].blocked_by, FIRST + 1);
    arena_release(&arena);
}

static void optional_needs_pull_nothing_in(void **state)
{
    (void)state;
    const uint32_t list[] = {0, 1};
    const struct requirement wish = {.candidates = &list[1], .count = 1, .optional = true};
    const struct candidate candidates[] = {{.name = 0, .needs = &wish, .need_count = 1},
                                           {.name = 1}};
    const struct universe universe = {
        .candidates = candidates, .candidate_count = 2, .name_count = 2};
    const struct requirement request = {.candidates = &list[0], .count = 1};
    struct arena arena = {0};
    struct solution solution;
    resolver_solve(&solution, &universe, &request, 1, &arena);
    assert_true(solution.found);
    assert_int_equal(solution.selected_count, 1);
    assert_int_equal(solution.selected[0], 0);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_trying_everything),
        cmocka_unit_test(nothing_asked_nothing_selected),
        cmocka_unit_test(choices_without_part_in_a_conflict_are_not_retried),
        cmocka_unit_test(optional_needs_pull_nothing_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
