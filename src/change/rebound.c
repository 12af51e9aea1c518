#include "change/rebound.h"
#include "change/plan.h"

#include <string.h>

struct rebounds {
    struct rebound *items;
    size_t count, capacity;
};

static void add_rebound(struct rebounds *out, const struct change *change, const struct step *step,
                        const struct consumed *term)
{
    struct installed after = {.bindings = change->bindings};
    const char *name = step->choice->package.name;
    const char *now = installed_bound(&after, name, term->alias);
    const char *before = installed_bound(&change->before, step->before->name, term->alias);
    if (!now || (before ? strcmp(now, before) == 0 : step->kind != STEP_KEEP))
        return;
    *arena_push(change->arena, &out->items, &out->count, &out->capacity) =
        (struct rebound){.alias = arena_printf(change->arena, "%s.%s", name, term->alias),
                         .provider = now,
                         .before = before,
                         .told = plan_bound(change, term, now)};
}

size_t change_rebound(const struct change *change, struct rebound **out)
{
    struct rebounds all = {0};
    for (size_t i = 0; i < change->step_count; i++) {
        const struct step *step = &change->steps[i];
        struct consumed *terms;
        size_t count = 0;
        if (step->choice && step->before)
            count = consumed_parse_lines(&terms, step->choice->package.consumes, change->arena);
        for (size_t t = 0; t < count; t++)
            add_rebound(&all, change, step, &terms[t]);
    }
    *out = all.items;
    return all.count;
}

const char *rebound_words(const struct rebound *rebound, struct arena *arena)
{
    return arena_printf(arena, "%s -> %s", rebound->alias, rebound->provider);
}
