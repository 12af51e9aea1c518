/* A new plugin may bring a name that another has. */
#include "cli/change.h"
#include "cli/collisions.h"

enum { TOLD_MAX = 5 };

struct telling {
    struct arena *arena;
    size_t count;
};

static void tell(void *context, const struct owner *first, size_t count)
{
    struct telling *telling = context;
    if (telling->count++ < TOLD_MAX)
        note("%s; Claude Code tells them apart as %s:%s and so on",
             collisions_text(first, count, telling->arena), first->plugin, first->name);
}

static void add(struct owners *owners, const struct step *step)
{
    struct components parts = {0};
    const struct package *package = &step->choice->package;
    int result = step->choice->tree_dir ? claude_components(&parts, owners->arena, package->name,
                                                            step->choice->tree_dir)
                                        : claude_components_left(&parts, owners->arena, package);
    if (result < 0) /* whoever needs it will say so */
        error_clear();
    else if (!(package->flags & PACKAGE_DISABLED))
        collisions_add(owners, package->name, &parts, step->kind == STEP_INSTALL);
}

void change_note_collisions(const struct change *change)
{
    struct owners owners = {.arena = change->arena};
    struct telling telling = {.arena = change->arena};
    bool fresh = false;
    for (size_t i = 0; i < change->step_count; i++)
        fresh |= change->steps[i].kind == STEP_INSTALL;
    for (size_t i = 0; i < change->step_count && fresh; i++)
        if (change->steps[i].choice)
            add(&owners, &change->steps[i]);
    collisions_each(&owners, true, tell, &telling);
    if (telling.count > TOLD_MAX)
        note("%zu more names are in several plugins; 'paii doctor' lists them",
             telling.count - TOLD_MAX);
}
