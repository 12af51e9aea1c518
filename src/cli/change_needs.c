/*
 * Plugins of Claude Code may ask for others by name. paii installs what a person names and what a
 * contract needs, so it tells of these: a name alone would be taken from whoever offers it.
 */
#include "cli/change.h"

#include "registry/dependency.h"

#include <string.h>

/* The version of `name` that will be installed; NULL if none will. */
static const char *version_after(const struct change *change, const char *name)
{
    for (size_t i = 0; i < change->step_count; i++) {
        const struct step *step = &change->steps[i];
        if (step->choice && step->kind != STEP_REMOVE &&
            strcmp(step->choice->package.name, name) == 0)
            return step->choice->package.version;
    }
    return NULL;
}

static bool in_range(struct arena *arena, const char *version_text, const char *range_text)
{
    struct version version;
    struct range *range = range_parse(arena, range_text, false);
    return range && version_parse(&version, version_text, true) &&
           range_matches(range, &version, true);
}

static void check_need(const struct change *change, const struct package *package, const char *need)
{
    struct arena *arena = change->arena;
    struct dependency term;
    if (!dependency_parse(&term, arena, need))
        return;
    const char *range = term.range, *name = term.name;
    const char *whole = term.registry ? arena_printf(arena, "%s@%s", name, term.registry) : name;
    const char *version = version_after(change, name);
    if (!version && strcmp(whole, name) != 0)
        warning("plugin '%s' asks for the plugin '%s' (%s) of another marketplace, which is not "
                "installed",
                package->name, whole, range);
    else if (!version)
        warning("plugin '%s' asks for the plugin '%s' (%s), which is not installed: paii install "
                "%s%s%s",
                package->name, name, range, package->registry, *package->registry ? "/" : "", name);
    else if (!in_range(arena, version, range))
        warning("plugin '%s' asks for '%s' %s, and %s is installed", package->name, name, range,
                version);
}

void change_warn_needs(const struct change *change)
{
    for (size_t i = 0; i < change->step_count; i++) {
        const struct step *step = &change->steps[i];
        if (step->kind != STEP_INSTALL && step->kind != STEP_UPDATE)
            continue;
        const struct manifest *manifest = step->choice->manifest;
        for (size_t n = 0; manifest && n < manifest->depends.count; n++)
            check_need(change, &step->choice->package, manifest->depends.items[n]);
    }
}
