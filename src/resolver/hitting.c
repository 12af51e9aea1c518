/*
 * The lightest choice with an element of each set. What cannot matter goes first: a set that holds
 * another one, and an element where a lighter one hits the same sets. What is left falls into parts
 * that share no element, and each is searched by branch and bound: sets that share no element each
 * cost their lightest one at least.
 */
#include "resolver/solver_private.h"

#include "base/memory.h"

#include <stdlib.h>

/* ---- what can matter ---- */

/* Which element is in which set, as bits: by element, and by set. */
struct table {
    struct hitting *hitting;
    uint32_t sets, elements;
    size_t set_words, element_words; /* of one row */
    uint64_t *sets_of, *elements_of;
};

static void *zeroed(size_t count, size_t size)
{
    void *items = calloc(count + 1, size);
    if (!items)
        out_of_memory();
    return items;
}

static struct span set_of(const struct sets *sets, uint32_t set)
{
    uint32_t begin = set ? sets->ends.items[set - 1] : 0;
    return (struct span){sets->elements.items + begin, sets->ends.items[set] - begin};
}

static bool within(const uint64_t *a, const uint64_t *b, size_t words)
{
    for (size_t i = 0; i < words; i++)
        if (a[i] & ~b[i])
            return false;
    return true;
}

static bool has(const uint64_t *row, uint32_t bit)
{
    return row[bit / 64] >> bit % 64 & 1;
}

static uint64_t *sets_of(const struct table *table, uint32_t element)
{
    return table->sets_of + element * table->set_words;
}

static uint64_t *elements_of(const struct table *table, uint32_t set)
{
    return table->elements_of + set * table->element_words;
}

static void table_init(struct table *table, struct hitting *hitting)
{
    const struct sets *sets = hitting->sets;
    *table = (struct table){.hitting = hitting,
                            .sets = sets->ends.count,
                            .elements = hitting->element_count,
                            .set_words = sets->ends.count / 64 + 1,
                            .element_words = hitting->element_count / 64 + 1};
    table->sets_of = zeroed(table->elements * table->set_words, sizeof(uint64_t));
    table->elements_of = zeroed(table->sets * table->element_words, sizeof(uint64_t));
    for (uint32_t s = 0; s < table->sets; s++) {
        struct span set = set_of(sets, s);
        for (uint32_t i = 0; i < set.count; i++) {
            sets_of(table, set.items[i])[s / 64] |= UINT64_C(1) << s % 64;
            elements_of(table, s)[set.items[i] / 64] |= UINT64_C(1) << set.items[i] % 64;
        }
    }
}

static void take_out(struct table *table, uint32_t set, uint32_t element)
{
    sets_of(table, element)[set / 64] &= ~(UINT64_C(1) << set % 64);
    elements_of(table, set)[element / 64] &= ~(UINT64_C(1) << element % 64);
}

/* Whether another element of the set does as well. Of equals the first stays. */
static bool can_be_spared(const struct table *table, uint32_t element, struct span set, uint32_t s)
{
    const uint64_t *weight = table->hitting->weight, *mine = sets_of(table, element);
    table->hitting->work += set.count;
    for (uint32_t i = 0; i < set.count; i++) {
        uint32_t other = set.items[i];
        const uint64_t *its = sets_of(table, other);
        if (other == element || !has(its, s) || weight[other] > weight[element] ||
            !within(mine, its, table->set_words))
            continue;
        if (weight[other] < weight[element] || other < element ||
            !within(its, mine, table->set_words))
            return true;
    }
    return false;
}

static bool spare_elements(struct table *table)
{
    bool any = false;
    for (uint32_t s = 0; s < table->sets; s++) {
        struct span set = set_of(table->hitting->sets, s);
        for (uint32_t i = 0; i < set.count; i++) {
            uint32_t element = set.items[i];
            if (!has(sets_of(table, element), s) || !can_be_spared(table, element, set, s))
                continue;
            for (uint32_t t = 0; t < table->sets; t++)
                take_out(table, t, element);
            any = true;
        }
    }
    return any;
}

static bool is_empty(const struct table *table, uint32_t set)
{
    const uint64_t *row = elements_of(table, set);
    for (size_t i = 0; i < table->element_words; i++)
        if (row[i])
            return false;
    return true;
}

/* An empty set is one that was spared before: no other set is within it. */
static bool spare_sets(struct table *table)
{
    bool any = false;
    for (uint32_t s = 0; s < table->sets; s++) {
        if (is_empty(table, s))
            continue;
        table->hitting->work += table->sets;
        for (uint32_t t = 0; t < table->sets; t++) {
            if (s == t || is_empty(table, t) ||
                !within(elements_of(table, s), elements_of(table, t), table->element_words))
                continue;
            struct span set = set_of(table->hitting->sets, t);
            for (uint32_t i = 0; i < set.count; i++)
                take_out(table, t, set.items[i]);
            any = true;
        }
    }
    return any;
}

/* Moves a set and all that are connected with it out of the table. */
static void take_part(struct table *table, uint32_t set, struct sets *out)
{
    struct stack work = {0};
    stack_push(&work, set);
    for (uint32_t w = 0; w < work.count; w++) {
        uint32_t s = work.items[w];
        struct span all = set_of(table->hitting->sets, s);
        uint32_t begin = out->elements.count;
        for (uint32_t i = 0; i < all.count; i++)
            if (has(elements_of(table, s), all.items[i]))
                stack_push(&out->elements, all.items[i]);
        if (out->elements.count == begin)
            continue; /* it came by two ways */
        stack_push(&out->ends, out->elements.count);
        for (uint32_t i = begin; i < out->elements.count; i++) {
            take_out(table, s, out->elements.items[i]);
            for (uint32_t t = 0; t < table->sets; t++)
                if (has(sets_of(table, out->elements.items[i]), t))
                    stack_push(&work, t);
        }
    }
    free(work.items);
}

/* ---- one part ---- */

enum state { OPEN, TAKEN, LEFT_OUT };

struct branch {
    struct hitting *hitting;
    const struct sets *sets;
    uint8_t *state;     /* by element */
    uint32_t *counted;  /* by element: in which bound */
    uint32_t bounds;    /* computed so far */
    uint64_t weight;    /* of what is taken */
    uint64_t below;     /* what was found already, or was too heavy */
    struct stack taken; /* elements */
    struct stack left_out;
    struct stack lightest;
    bool found;
};

struct outlook {
    uint32_t set;   /* that is not hit and has the fewest elements left; NOTHING if all are hit */
    bool dead;      /* it has none */
    uint64_t bound; /* what the sets that are not hit cost at least */
};

/* How many elements of a set are open, or NOTHING if it is hit. `apart`: none is in a set that is
 * part of the bound. */
static uint32_t open_elements(struct branch *branch, struct span set, uint64_t *lightest,
                              bool *apart)
{
    uint32_t open = 0;
    branch->hitting->work += set.count;
    *lightest = UINT64_MAX;
    *apart = true;
    for (uint32_t i = 0; i < set.count; i++) {
        uint32_t element = set.items[i];
        if (branch->state[element] == TAKEN)
            return NOTHING;
        if (branch->state[element] == LEFT_OUT)
            continue;
        open++;
        *apart = *apart && branch->counted[element] != branch->bounds;
        if (branch->hitting->weight[element] < *lightest)
            *lightest = branch->hitting->weight[element];
    }
    return open;
}

static struct outlook look_ahead(struct branch *branch)
{
    struct outlook outlook = {.set = NOTHING};
    uint32_t fewest = NOTHING;
    branch->bounds++;
    for (uint32_t s = 0; s < branch->sets->ends.count && !outlook.dead; s++) {
        uint64_t lightest;
        bool apart;
        struct span set = set_of(branch->sets, s);
        uint32_t open = open_elements(branch, set, &lightest, &apart);
        if (open == NOTHING)
            continue;
        outlook.dead = open == 0;
        if (open < fewest) {
            fewest = open;
            outlook.set = s;
        }
        if (!apart || outlook.dead)
            continue;
        outlook.bound += lightest;
        for (uint32_t i = 0; i < set.count; i++)
            if (branch->state[set.items[i]] == OPEN)
                branch->counted[set.items[i]] = branch->bounds;
    }
    return outlook;
}

static void keep_lightest(struct branch *branch)
{
    branch->found = true;
    branch->below = branch->weight;
    branch->lightest.count = 0;
    for (uint32_t i = 0; i < branch->taken.count; i++)
        stack_push(&branch->lightest, branch->taken.items[i]);
}

/* Takes each element of a set in turn; what was tried stays out of the later branches. */
static void extend(struct branch *branch)
{
    struct outlook outlook = look_ahead(branch);
    if (outlook.dead || branch->weight + outlook.bound >= branch->below ||
        branch->hitting->work > branch->hitting->limit)
        return;
    if (outlook.set == NOTHING) {
        keep_lightest(branch);
        return;
    }
    struct span set = set_of(branch->sets, outlook.set);
    uint32_t before = branch->left_out.count;
    for (uint32_t i = 0; i < set.count; i++) {
        uint32_t element = set.items[i];
        if (branch->state[element] != OPEN)
            continue;
        branch->state[element] = TAKEN;
        branch->weight += branch->hitting->weight[element];
        stack_push(&branch->taken, element);
        extend(branch);
        branch->taken.count--;
        branch->weight -= branch->hitting->weight[element];
        branch->state[element] = LEFT_OUT;
        stack_push(&branch->left_out, element);
    }
    while (branch->left_out.count > before)
        branch->state[branch->left_out.items[--branch->left_out.count]] = OPEN;
}

/* ---- all parts ---- */

/* Adds the lightest choice for one part, if what is below is not reached. */
static bool hit_part(struct branch *branch, struct stack *out)
{
    branch->found = false;
    extend(branch);
    for (uint32_t i = 0; i < branch->lightest.count && branch->found; i++)
        stack_push(out, branch->lightest.items[i]);
    return branch->found;
}

static bool hit_parts(struct table *table, struct branch *branch, struct stack *out)
{
    uint64_t left = table->hitting->below;
    bool found = left > 0;
    for (uint32_t s = 0; s < table->sets && found; s++) {
        struct sets part = {0};
        take_part(table, s, &part);
        if (part.ends.count) {
            branch->sets = &part;
            branch->below = left;
            found = hit_part(branch, out);
            left -= branch->below;
        }
        free(part.elements.items);
        free(part.ends.items);
    }
    return found && left > 0;
}

bool hitting_set(struct hitting *hitting, struct stack *out)
{
    struct table table;
    struct branch branch = {
        .hitting = hitting,
        .state = zeroed(hitting->element_count, 1),
        .counted = zeroed(hitting->element_count, sizeof(uint32_t)),
    };
    table_init(&table, hitting);
    while ((spare_elements(&table) | spare_sets(&table)) && hitting->work < hitting->limit)
        ;
    bool found = hit_parts(&table, &branch, out);
    void *owned[] = {table.sets_of,        table.elements_of,  branch.state,
                     branch.counted,       branch.taken.items, branch.left_out.items,
                     branch.lightest.items};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
    return found;
}
