/* A new plugin may bring a name that another has: noted, unless both go without their prefix. */
#include "change/change.h"
#include "change/collisions.h"
#include "claude/flat.h"

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

static bool is_new_flat(const struct step *step)
{
    return step->kind != STEP_KEEP || !(step->before->flags & PACKAGE_FLAT);
}

int change_check_flat(const struct change *change)
{
    struct flat_parts parts = {.arena = change->arena};
    struct strings plugins = {0};
    int result = 0;
    for (size_t i = 0; i < change->step_count && result == 0; i++) {
        const struct step *step = &change->steps[i];
        if (!step->choice)
            continue;
        const struct package *package = &step->choice->package;
        size_t known = parts.left_out.count;
        strings_add(&plugins, change->arena, package->name);
        result = flat_add(&parts, package,
                          step->choice->tree_dir ? step->choice->tree_dir
                                                 : installed_prefix(package, change->arena));
        for (; known < parts.left_out.count && is_new_flat(step); known++)
            note("%s keeps its prefix", parts.left_out.items[known]);
    }
    return result < 0 ? result : flat_check(&parts, &plugins);
}
