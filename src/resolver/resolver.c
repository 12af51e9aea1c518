/*
 * Depth-first search with conflict-directed backjumping.
 *
 * The agenda lists requirements that must hold, in the order in which they arose: the requests,
 * then the needs of each selected candidate, breadth first. A decision takes the first requirement
 * that nothing selected satisfies and selects its first candidate whose name is free. A requirement
 * without such a candidate is a dead end; its blame is the set of decisions that made it so: the
 * one that put it on the agenda, and those that hold the names of its candidates. The search goes
 * back to the latest decision blamed, which hands its own blame on when it has no candidate left.
 * Decisions that had no part in a dead end are never tried again for it, and nothing else is
 * skipped: the search is complete.
 */
#include "resolver/resolver.h"

#include <string.h>

enum { NOBODY = UINT32_MAX };

struct item { /* of the agenda */
    const struct requirement *requirement;
    uint32_t owner; /* candidate that needs it, or NOBODY: a request */
    uint32_t level; /* of the decision that selected the owner; 0: a request */
};

struct decision {          /* level 1 is decisions[1] */
    uint32_t item;         /* position on the agenda */
    uint32_t tried;        /* candidates of its requirement tried so far */
    uint32_t candidate;    /* selected now */
    uint32_t agenda_count; /* before the candidate's needs were added */
    uint64_t *blame;       /* set of earlier levels, gathered from its failed candidates */
};

struct search {
    const struct universe *universe;
    struct arena *arena;
    uint32_t *level_of_name; /* 0: the name is free */
    uint32_t *selected_of_name;
    struct item *agenda;
    size_t agenda_count, agenda_capacity;
    struct decision *decisions;
    size_t decision_count, decision_capacity; /* [0] stands for the request */
    size_t words;                             /* of a blame set */
    struct conflict_step *steps;              /* of the first dead end: on the most wanted way */
    uint32_t step_count;
};

/* ---- sets of levels ---- */

static void set_add(uint64_t *set, uint32_t level)
{
    set[level / 64] |= UINT64_C(1) << level % 64;
}

static void set_join(uint64_t *set, const uint64_t *more, size_t words)
{
    for (size_t i = 0; i < words; i++)
        set[i] |= more[i];
}

/* The highest level in the set below `limit`; 0 if there is none (level 0 is the request itself).
 */
static uint32_t set_highest(const uint64_t *set, uint32_t limit)
{
    for (uint32_t level = limit; level-- > 1;)
        if (set[level / 64] >> level % 64 & 1)
            return level;
    return 0;
}

/* ---- what is selected ---- */

static uint32_t name_of(const struct search *search, uint32_t candidate)
{
    return search->universe->candidates[candidate].name;
}

static bool is_selected(const struct search *search, uint32_t candidate)
{
    uint32_t name = name_of(search, candidate);
    return search->level_of_name[name] && search->selected_of_name[name] == candidate;
}

static bool is_satisfied(const struct search *search, const struct requirement *requirement)
{
    for (uint32_t i = 0; i < requirement->count; i++)
        if (is_selected(search, requirement->candidates[i]))
            return true;
    return false;
}

static void put_on_agenda(struct search *search, const struct requirement *requirements,
                          size_t count, uint32_t owner, uint32_t level)
{
    for (size_t i = 0; i < count; i++)
        if (!requirements[i].optional)
            *arena_push(search->arena, &search->agenda, &search->agenda_count,
                        &search->agenda_capacity) = (struct item){&requirements[i], owner, level};
}

static void undo(struct search *search, uint32_t level)
{
    const struct decision *decision = &search->decisions[level];
    search->level_of_name[name_of(search, decision->candidate)] = 0;
    search->agenda_count = decision->agenda_count;
}

/* Selects the next candidate of the decision at `level` whose name is free; blames who holds the
 * others. */
static bool advance(struct search *search, uint32_t level)
{
    struct decision *decision = &search->decisions[level];
    const struct requirement *requirement = search->agenda[decision->item].requirement;
    while (decision->tried < requirement->count) {
        uint32_t candidate = requirement->candidates[decision->tried++];
        uint32_t name = name_of(search, candidate);
        if (search->level_of_name[name]) {
            set_add(decision->blame, search->level_of_name[name]);
            continue;
        }
        const struct candidate *chosen = &search->universe->candidates[candidate];
        decision->candidate = candidate;
        decision->agenda_count = (uint32_t)search->agenda_count;
        search->level_of_name[name] = level;
        search->selected_of_name[name] = candidate;
        put_on_agenda(search, chosen->needs, chosen->need_count, candidate, level);
        return true;
    }
    return false;
}

/* ---- the first dead end, from the request down ---- */

static uint32_t who_blocks(const struct search *search, const struct requirement *requirement)
{
    for (uint32_t i = 0; i < requirement->count; i++) {
        uint32_t name = name_of(search, requirement->candidates[i]);
        if (search->level_of_name[name])
            return search->selected_of_name[name];
    }
    return NOBODY;
}

static void keep_dead_end(struct search *search, uint32_t item)
{
    uint32_t depth = 1;
    for (uint32_t i = item; search->agenda[i].owner != NOBODY; depth++)
        i = search->decisions[search->agenda[i].level].item;
    search->steps = arena_array(search->arena, depth, sizeof *search->steps);
    search->step_count = depth;
    for (uint32_t i = item; depth-- > 0; i = search->decisions[search->agenda[i].level].item)
        search->steps[depth] = (struct conflict_step){
            .candidate = search->agenda[i].owner,
            .tag = search->agenda[i].requirement->tag,
            .blocked_by = i == item ? who_blocks(search, search->agenda[i].requirement) : NOBODY,
        };
}

/* ---- the search ---- */

static uint32_t first_open_item(const struct search *search)
{
    for (uint32_t i = 0; i < search->agenda_count; i++)
        if (!is_satisfied(search, search->agenda[i].requirement))
            return i;
    return NOBODY;
}

static void push_decision(struct search *search, uint32_t item)
{
    struct decision *decision = arena_push(search->arena, &search->decisions,
                                           &search->decision_count, &search->decision_capacity);
    uint64_t *blame = decision->blame; /* memory of an earlier decision at this level */
    if (!blame)
        blame = arena_array(search->arena, search->words, sizeof *blame);
    memset(blame, 0, search->words * sizeof *blame);
    *decision = (struct decision){.item = item, .blame = blame};
    set_add(blame, search->agenda[item].level);
}

/* Hands the blame of the failed topmost decision down until one has a candidate left. False: none
 * has. */
static bool backjump(struct search *search)
{
    for (;;) {
        uint32_t top = (uint32_t)search->decision_count - 1;
        const uint64_t *blame = search->decisions[top].blame;
        uint32_t target = set_highest(blame, top);
        if (target == 0)
            return false;
        for (uint32_t level = top - 1; level >= target; level--)
            undo(search, level);
        set_join(search->decisions[target].blame, blame, search->words);
        /* A level does not blame itself: what remains are the levels below it. */
        search->decisions[target].blame[target / 64] &= ~(UINT64_C(1) << target % 64);
        search->decision_count = target + 1;
        if (advance(search, target))
            return true;
    }
}

static bool run(struct search *search)
{
    for (;;) {
        uint32_t item = first_open_item(search);
        if (item == NOBODY)
            return true;
        push_decision(search, item);
        if (advance(search, (uint32_t)search->decision_count - 1))
            continue;
        if (!search->steps)
            keep_dead_end(search, item);
        if (!backjump(search))
            return false;
    }
}

static void take_solution(struct solution *out, const struct search *search)
{
    const struct universe *universe = search->universe;
    out->selected = arena_array(search->arena, search->decision_count, sizeof *out->selected);
    for (uint32_t c = 0; c < universe->candidate_count; c++)
        if (is_selected(search, c))
            out->selected[out->selected_count++] = c;
}

void resolver_solve(struct solution *out, const struct universe *universe,
                    const struct requirement *requests, size_t request_count, struct arena *arena)
{
    struct search search = {
        .universe = universe,
        .arena = arena,
        .level_of_name = arena_array(arena, universe->name_count + 1, sizeof(uint32_t)),
        .selected_of_name = arena_array(arena, universe->name_count + 1, sizeof(uint32_t)),
        .words = universe->name_count / 64 + 1, /* a level a name, and level 0 */
    };
    arena_push(arena, &search.decisions, &search.decision_count, &search.decision_capacity);
    put_on_agenda(&search, requests, request_count, NOBODY, 0);
    *out = (struct solution){.found = run(&search)};
    if (out->found) {
        take_solution(out, &search);
    } else {
        out->steps = search.steps;
        out->step_count = search.step_count;
    }
}
