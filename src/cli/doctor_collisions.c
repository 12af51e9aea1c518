#include "base/error.h"
#include "change/collisions.h"
#include "cli/doctor.h"

static void tell(void *context, const struct owner *first, size_t count)
{
    struct findings *out = context;
    const struct owner *last = &first[count - 1];

    finding_add(out, FINDING_ADVICE, "names",
                arena_printf(out->arena, "say %s:%s, or paii disable %s:%s:%s", first->plugin,
                             first->name, last->plugin, component_kinds[last->kind], last->name),
                "%s", collisions_text(first, count, out->arena));
}

void doctor_collisions(struct findings *out)
{
    struct owners owners = {.arena = out->arena};
    struct installed set = {0};

    if (installed_read(&set, out->arena) < 0)
        error_clear(); /* doctor_state() tells of it */
    for (size_t i = 0; i < set.count; i++) {
        struct components parts = {0};
        if (claude_components_left(&parts, out->arena, &set.packages[i]) < 0)
            error_clear();
        else
            collisions_add(&owners, set.packages[i].name, &parts, false);
    }
    collisions_each(&owners, false, tell, out);
}
