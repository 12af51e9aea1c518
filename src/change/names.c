/*
 * Names that look like others: who asks for 'jria' may mean 'jira', and somebody may have counted
 * on it. A new plugin is compared with what is installed and with what the core registry lists.
 */
#include "change/change.h"

#include <string.h>

enum { SHORT_NAME = 5 }; /* one slip in a shorter name, two in others */

static bool look_alike(const char *a, const char *b)
{
    size_t len = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
    unsigned limit = len < SHORT_NAME ? 1 : 2;
    return text_distance(a, b, limit) <= limit;
}

static const char *like_installed(const struct change *change, const char *name)
{
    for (size_t i = 0; i < change->before.count; i++)
        if (look_alike(name, change->before.packages[i].name))
            return change->before.packages[i].name;
    return NULL;
}

static const char *like_core(const struct change *change, const char *name)
{
    for (size_t r = 0; change->catalogs && r < change->config.registry_count; r++) {
        const struct catalog *catalog = &change->catalogs[r];
        if (!change->config.registries[r].builtin)
            continue;
        for (size_t i = 0; i < catalog->count; i++)
            if (look_alike(name, catalog_name(catalog, i)))
                return catalog_name(catalog, i);
    }
    return NULL;
}

static bool in_core(const struct change *change, const struct package *package)
{
    const struct registry_config *registry = config_registry(&change->config, package->registry);
    return registry && registry->builtin;
}

void change_warn_names(const struct change *change)
{
    for (size_t i = 0; i < change->step_count; i++) {
        const struct step *step = &change->steps[i];
        if (step->kind != STEP_INSTALL)
            continue;
        const struct package *package = &step->choice->package;
        const char *other = like_installed(change, package->name);
        if (other)
            warning("plugin '%s' looks like '%s', which is installed and another plugin",
                    package->name, other);
        else if (!in_core(change, package) && (other = like_core(change, package->name)) &&
                 strcmp(other, package->name) != 0)
            warning("plugin '%s' looks like '%s' of the core registry, and is another plugin",
                    package->name, other);
    }
}
