/* Plugins that a person holds: they stay as they are until they are released. */
#include "change/plan.h"
#include "change/project.h"

#include <string.h>

static int refuse(const struct package *package, const char *what)
{
    fail(ERR_REFUSED, "plugin '%s' is held at %s%s", package->name, package->version, what);
    error_hint("release it first: paii unhold%s %s", project_flag(), package->name);
    return -ERR_REFUSED;
}

static const struct package *held(const struct change *change, const char *name)
{
    const struct package *package = installed_find(&change->before, name);
    return package && package->flags & PACKAGE_HELD ? package : NULL;
}

/* Whether what is installed is what the spec asks for. */
static bool is_asked_for(const struct package *package, const struct spec *spec,
                         struct arena *arena)
{
    struct range *range = spec->range ? range_parse(arena, spec->range, true) : NULL;
    struct version version;
    if (spec->registry && strcmp(spec->registry, package->registry) != 0)
        return false;
    return !range || (version_parse(&version, package->version, true) &&
                      range_matches(range, &version, true));
}

static int check_named(const struct change *change)
{
    const struct change_request *request = change->request;
    const struct package *package;
    for (size_t i = 0; i < request->remove.count; i++)
        if ((package = held(change, request->remove.items[i])))
            return refuse(package, "");
    for (size_t i = 0; i < request->update.count; i++)
        if ((package = held(change, request->update.items[i])))
            return refuse(package, "");
    for (size_t i = 0; i < request->install_count; i++) {
        const struct spec *spec = &request->install[i];
        if (spec->kind == SPEC_NAME && (package = held(change, spec->name)) &&
            !is_asked_for(package, spec, change->arena))
            return refuse(package, ", which is not what is asked for");
    }
    return 0;
}

int plan_check_holds(const struct change *change)
{
    int result = check_named(change);
    for (size_t i = 0; i < change->choice_count && result == 0; i++) {
        const struct choice *choice = change->choices[i];
        const struct package *package = held(change, choice->package.name);
        if (package && choice->direct && !choice->current && !choice->same_as_current)
            result = refuse(package, ", and its source is another");
    }
    return result;
}
