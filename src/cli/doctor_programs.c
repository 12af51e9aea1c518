#include "base/error.h"
#include "base/process.h"
#include "change/programs.h"
#include "cli/doctor.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

/* A program, and one plugin that needs it. */
struct want {
    struct program program;
    const char *plugin;
};
struct wants {
    struct arena *arena;
    struct want *items;
    size_t count, capacity;
};

static void look_at(struct wants *out, const struct package *package)
{
    struct arena *arena = out->arena;
    const char *dir = installed_prefix(package, arena);
    struct programs found = {.arena = arena};
    struct manifest manifest;
    struct components parts;
    struct diags diags = {.arena = arena};
    if (manifest_read_package(&manifest, arena, dir, package, &diags) < 0 ||
        claude_components_left(&parts, arena, package) < 0) {
        error_clear(); /* doctor_state() tells of it */
        return;
    }
    programs_find(&found, &manifest, &parts, dir);
    for (size_t i = 0; i < found.count; i++)
        *arena_push(arena, &out->items, &out->count, &out->capacity) =
            (struct want){found.items[i], package->name};
}

static int compare(const void *a, const void *b)
{
    const struct want *x = a, *y = b;
    int order = strcmp(x->program.name, y->program.name);
    return order ? order : strcmp(x->plugin, y->plugin);
}

/* "kit (hook stop), other (scripts/x.py)" */
static const char *who(const struct want *first, size_t count, struct arena *arena)
{
    struct strings names = {0};
    for (size_t i = 0; i < count; i++)
        strings_add(&names, arena,
                    arena_printf(arena, "%s (%s)", first[i].plugin, first[i].program.by));
    return strings_join(&names, arena, ", ");
}

/* What nothing starts without is a problem, what somebody may want to use is advice. */
static void tell(struct findings *out, const struct want *first, size_t count)
{
    const char *name = first->program.name, *path = process_find(out->arena, name);
    const char *package = program_package(name), *users = who(first, count, out->arena);
    enum program_use use = PROGRAM_MAYBE;
    for (size_t i = 0; i < count; i++)
        use = first[i].program.use < use ? first[i].program.use : use;
    const char *how = use == PROGRAM_MAYBE ? "may be used by" : "is needed by";
    if (path)
        finding_add(out, FINDING_OK, "programs", NULL, "%s %s %s", path, how, users);
    else
        finding_add(out, use == PROGRAM_STARTS ? FINDING_PROBLEM : FINDING_ADVICE, "programs",
                    package ? arena_printf(out->arena, "apt-get install %s", package) : NULL,
                    "%s is not found; it %s %s", name, how, users);
}

void doctor_programs(struct findings *out)
{
    struct wants wants = {.arena = out->arena};
    struct installed set = {0};
    if (installed_read(&set, out->arena) < 0)
        error_clear(); /* doctor_state() tells of it */
    for (size_t i = 0; i < set.count; i++)
        if (!(set.packages[i].flags & PACKAGE_DISABLED))
            look_at(&wants, &set.packages[i]);
    if (wants.count)
        qsort(wants.items, wants.count, sizeof *wants.items, compare);
    for (size_t i = 0, end; i < wants.count; i = end) {
        for (end = i; end < wants.count &&
                      strcmp(wants.items[end].program.name, wants.items[i].program.name) == 0;)
            end++;
        tell(out, &wants.items[i], end - i);
    }
}
