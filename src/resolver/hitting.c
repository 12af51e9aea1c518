/*
 * The lightest choice with an element of each set: branch and bound. Sets that share no element
 * each cost their lightest one at least.
 */
#include "resolver/solver_private.h"

#include "base/memory.h"

#include <stdlib.h>

enum state { OPEN, TAKEN, LEFT_OUT };

struct branch {
    struct hitting *hitting;
    uint8_t *state;     /* by element */
    uint32_t *counted;  /* by element: in which bound */
    uint32_t bounds;    /* computed so far */
    uint64_t weight;    /* of what is taken */
    struct stack taken; /* elements */
    struct stack left_out;
    struct stack *lightest;
    bool found;
};

static struct span set_of(const struct sets *sets, uint32_t set)
{
    uint32_t begin = set ? sets->ends.items[set - 1] : 0;
    return (struct span){sets->elements.items + begin, sets->ends.items[set] - begin};
}

struct outlook {
    uint32_t set;   /* that is not hit and has the fewest elements left; NOTHING if all are hit */
    bool dead;      /* it has none */
    uint64_t bound; /* what the sets that are not hit cost at least */
};

/* How many elements of a set are open, or NOTHING if it is hit. */
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
    const struct sets *sets = branch->hitting->sets;
    struct outlook outlook = {.set = NOTHING};
    uint32_t fewest = NOTHING;
    branch->bounds++;
    for (uint32_t s = 0; s < sets->ends.count && !outlook.dead; s++) {
        uint64_t lightest;
        bool apart;
        struct span set = set_of(sets, s);
        uint32_t open = open_elements(branch, set, &lightest, &apart);
        if (open == NOTHING)
            continue;
        outlook.dead = open == 0;
        if (open < fewest) {
            fewest = open;
            outlook.set = s;
        }
        if (!apart)
            continue;
        outlook.bound += open ? lightest : 0;
        for (uint32_t i = 0; i < set.count; i++)
            branch->counted[set.items[i]] = branch->bounds;
    }
    return outlook;
}

static void keep_lightest(struct branch *branch)
{
    branch->found = true;
    branch->hitting->below = branch->weight;
    branch->lightest->count = 0;
    for (uint32_t i = 0; i < branch->taken.count; i++)
        stack_push(branch->lightest, branch->taken.items[i]);
}

/* Takes each element of a set in turn; what was tried stays out of the later branches. */
static void extend(struct branch *branch)
{
    struct outlook outlook = look_ahead(branch);
    if (outlook.dead || branch->weight + outlook.bound >= branch->hitting->below ||
        branch->hitting->work > branch->hitting->limit)
        return;
    if (outlook.set == NOTHING) {
        keep_lightest(branch);
        return;
    }
    struct span set = set_of(branch->hitting->sets, outlook.set);
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

bool hitting_set(struct hitting *hitting, struct stack *out)
{
    struct branch branch = {
        .hitting = hitting,
        .state = calloc(hitting->element_count + 1u, 1),
        .counted = calloc(hitting->element_count + 1u, sizeof(uint32_t)),
        .lightest = out,
    };
    if (!branch.state || !branch.counted)
        out_of_memory();
    extend(&branch);
    free(branch.state);
    free(branch.counted);
    free(branch.taken.items);
    free(branch.left_out.items);
    return branch.found;
}
