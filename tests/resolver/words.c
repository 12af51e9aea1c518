/*
 * Random universes for the solver alone: prints a sum of each index's bytes and each answer, which
 * tests/resolver/test_words.py compares between machine words of 32 and 64 bits.
 */
#include "resolver/solver.h"

#include <inttypes.h>
#include <stdio.h>

enum { WORLDS = 300, NAMES = 30, VERSIONS = 6, CANDIDATES = NAMES * VERSIONS, ASKED = 6 };

static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % below;
}

/* Some versions of one name, or of a few. */
static uint32_t draw_members(uint64_t *state, uint32_t *members)
{
    uint32_t names = 1 + draw(state, 4) / 3 * draw(state, 3), count = 0;
    for (uint32_t n = 0; n < names; n++) {
        uint32_t name = draw(state, NAMES / 3) * 3 + n, first = draw(state, VERSIONS);
        for (uint32_t v = first; v < VERSIONS && name < NAMES; v++)
            members[count++] = name * VERSIONS + v;
    }
    return count;
}

static void add_relations(struct index_builder *builder, uint64_t *state, uint32_t candidate)
{
    uint32_t members[CANDIDATES];
    for (uint32_t needs = draw(state, 6); needs > 0; needs--) {
        uint32_t count = draw_members(state, members);
        uint32_t gate = index_add_gate(builder, members, count);
        (draw(state, 8) ? index_add_need : index_add_wish)(builder, candidate, gate);
    }
    if (draw(state, 3) > 0) {
        uint32_t count = draw_members(state, members);
        index_add_avoid(builder, candidate, index_add_set(builder, members, count));
    }
}

static const void *make_block(struct arena *arena, uint64_t *state, size_t *size)
{
    struct index_builder *builder = index_begin(arena);
    for (uint32_t c = 0; c < CANDIDATES; c++) {
        if (c % VERSIONS == 0)
            index_add_name(builder);
        index_add_candidate(builder);
    }
    for (uint32_t c = 0; c < CANDIDATES; c++)
        add_relations(builder, state, c);
    return index_finish(builder, size);
}

static void print_sum(const void *block, size_t size)
{
    uint64_t sum = size;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ ((const unsigned char *)block)[i]) * 1099511628211u;
    printf("%016" PRIx64, sum);
}

static void print_answer(const struct answer_plan *answer)
{
    printf(" %s", answer->found ? "yes" : "no");
    for (uint32_t i = 0; answer->found && i < answer->selected_count; i++)
        printf(" %" PRIu32, answer->selected[i]);
    for (uint32_t i = 0; !answer->found && i < answer->fact_count; i++)
        printf(" %d:%" PRIu32 ":%" PRIu32, (int)answer->facts[i].kind, answer->facts[i].a,
               answer->facts[i].b);
    printf(" after %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", answer->decisions, answer->conflicts,
           answer->propagations);
}

static void solve(const struct index *index, uint64_t *state, struct arena *arena)
{
    uint32_t members[ASKED][CANDIDATES];
    struct root roots[ASKED];
    struct answer_plan answer;
    for (uint32_t i = 0; i < ASKED; i++)
        roots[i] = (struct root){members[i], draw_members(state, members[i])};
    struct solver *solver = resolver_new(index);
    struct request request = {
        .roots = roots, .root_count = ASKED, .wishes = draw(state, 2) == 0, .explain = true};
    resolver_solve(solver, &request, &answer, arena);
    print_answer(&answer);
    resolver_free(solver);
}

int main(void)
{
    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        struct arena arena = {0};
        struct index index;
        uint64_t state = seed;
        size_t size;
        const void *block = make_block(&arena, &state, &size);
        if (!index_open(&index, block, size) || !index_verify(&index, block))
            return 1;
        print_sum(block, size);
        solve(&index, &state, &arena);
        arena_release(&arena);
    }
    return 0;
}
