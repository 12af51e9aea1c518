/* Whether lines contradict each other: solved as a universe of their own. */
#include "change/explain.h"

#include <stdlib.h>
#include <string.h>

struct universe {
    const struct explanation *explanation;
    struct arena *arena;
    struct index_builder *builder;
    uint32_t *number; /* by choice: its own number + 1 */
    struct root *roots;
    uint32_t root_count;
    uint8_t *barred;
};

static void mark(struct universe *universe, const uint32_t *choices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        universe->number[choices[i]] = 1;
}

static void mark_all(struct universe *universe)
{
    const struct explanation *explanation = universe->explanation;
    const struct line *lines = explanation->lines;
    for (size_t i = 0; i < explanation->fact_count; i++)
        if (explanation->facts[i].kind == FACT_ROOT) {
            const struct root *root = &explanation->planner->roots[explanation->facts[i].a];
            mark(universe, root->members, root->count);
        }
    for (size_t i = 0; i < explanation->line_count; i++) {
        mark(universe, lines[i].who.items, lines[i].who.count);
        for (size_t o = 0; o < lines[i].others.count; o++)
            mark(universe, lines[i].others.items[o].items, lines[i].others.items[o].count);
    }
}

/* Choices keep their order, so those of one name stay together. */
static uint32_t give_numbers(struct universe *universe)
{
    const struct planner *planner = universe->explanation->planner;
    const char *last = NULL;
    uint32_t count = 0;
    for (size_t i = 0; i < planner->choice_count; i++) {
        const char *name = planner->choices[i]->package.name;
        if (!universe->number[i])
            continue;
        if (!last || strcmp(last, name) != 0)
            index_add_name(universe->builder);
        last = name;
        index_add_candidate(universe->builder);
        universe->number[i] = ++count;
    }
    return count;
}

static const uint32_t *numbers(const struct universe *universe, const uint32_t *choices,
                               size_t count, uint32_t *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = universe->number[choices[i]] - 1;
    return out;
}

static void add_roots(struct universe *universe)
{
    const struct explanation *explanation = universe->explanation;
    for (size_t i = 0; i < explanation->fact_count; i++) {
        if (explanation->facts[i].kind != FACT_ROOT)
            continue;
        const struct root *root = &explanation->planner->roots[explanation->facts[i].a];
        uint32_t *members = arena_array(universe->arena, root->count + 1u, sizeof *members);
        universe->roots[universe->root_count++] =
            (struct root){numbers(universe, root->members, root->count, members), root->count};
    }
}

static void add_line(struct universe *universe, const struct line *line)
{
    uint32_t count = 0, most = 0;
    for (size_t o = 0; o < line->others.count; o++)
        most += (uint32_t)line->others.items[o].count;
    uint32_t *others = arena_array(universe->arena, most + 1u, sizeof *others);
    for (size_t o = 0; o < line->others.count; o++) {
        const struct crowd *crowd = &line->others.items[o];
        numbers(universe, crowd->items, crowd->count, others + count);
        count += (uint32_t)crowd->count;
    }
    uint32_t gate = line->kind == FACT_NEED ? index_add_gate(universe->builder, others, count) : 0;
    uint32_t set = line->kind == FACT_AVOID ? index_add_set(universe->builder, others, count) : 0;
    for (size_t i = 0; i < line->who.count; i++) {
        uint32_t who = universe->number[line->who.items[i]] - 1;
        if (line->kind == FACT_NEED)
            index_add_need(universe->builder, who, gate);
        else if (line->kind == FACT_AVOID)
            index_add_avoid(universe->builder, who, set);
        else
            universe->barred[who] = 1;
    }
}

static bool solvable(struct universe *universe)
{
    size_t size;
    const void *block = index_finish(universe->builder, &size);
    struct index index;
    struct answer_plan answer;
    if (!index_open(&index, block, size))
        return true;
    struct request request = {
        .roots = universe->roots, .root_count = universe->root_count, .barred = universe->barred};
    struct solver *solver = resolver_new(&index);
    resolver_solve(solver, &request, &answer, universe->arena);
    resolver_free(solver);
    return answer.found;
}

bool explain_contradicts(const struct explanation *explanation)
{
    struct arena scratch = {0};
    size_t choices = explanation->planner->choice_count;
    struct universe universe = {
        .explanation = explanation,
        .arena = &scratch,
        .builder = index_begin(&scratch),
        .number = arena_array(&scratch, choices + 1, sizeof(uint32_t)),
        .roots = arena_array(&scratch, explanation->fact_count + 1, sizeof(struct root)),
        .barred = arena_array(&scratch, choices + 1, 1),
    };
    mark_all(&universe);
    give_numbers(&universe);
    add_roots(&universe);
    for (size_t i = 0; i < explanation->line_count; i++)
        add_line(&universe, &explanation->lines[i]);
    bool found = solvable(&universe);
    arena_release(&scratch);
    return !found;
}
