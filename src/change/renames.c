/*
 * A marketplace gives a plugin another name, or lists it no more: what an update makes of that
 * (docs/registry.md, "Renames").
 */
#include "change/change.h"

#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"

#include <string.h>
#include <unistd.h>

const char *renamed_to(const struct catalog *catalog, const char *name)
{
    static const char mark[] = "renamed:";
    struct package row;
    size_t first;
    if (!catalog_find(catalog, name, &first))
        return NULL;
    catalog_get(catalog, first, &row);
    return row.source.kind == SOURCE_NONE && text_starts(row.source.url, mark)
               ? row.source.url + strlen(mark)
               : NULL;
}

/* ---- the request ---- */

static bool follows(const struct change *change, const struct package *package)
{
    const struct change_request *request = change->request;
    return *package->registry && !(package->flags & (PACKAGE_DEV | PACKAGE_HELD)) &&
           (request->update_all || strings_has(&request->update, package->name));
}

/* Whether there is something to move to in the range that was asked for. */
static bool is_offered(const struct change *change, const struct catalog *catalog, const char *name,
                       const char *range_text)
{
    struct range *range = *range_text ? range_parse(change->arena, range_text, true) : NULL;
    size_t first, count = catalog_find(catalog, name, &first);
    for (size_t i = first; i < first + count; i++) {
        struct package row;
        struct version version;
        catalog_get(catalog, i, &row);
        if (row.source.kind != SOURCE_NONE && !(row.flags & PACKAGE_YANKED) &&
            (!range ||
             (version_parse(&version, row.version, true) && range_matches(range, &version, false))))
            return true;
    }
    return false;
}

/* Two that are one now cannot both be moved: what the person has under either name is theirs. */
static bool can_follow(const struct change *change, const struct catalog *catalog,
                       const struct package *package, const char *name)
{
    const char *old = package->name;
    if (installed_find(&change->before, name))
        warning("'%s' is now called '%s', which is installed too: 'paii remove %s' removes the old "
                "one",
                old, name, old);
    else if (!is_offered(change, catalog, name, package->range))
        warning("'%s' is now called '%s', of which there is no version to move to; it stays as it "
                "is",
                old, name);
    else
        return true;
    return false;
}

/* Asks for the new name from the same registry, instead of the old one. */
static void follow(struct change *change, const struct package *package, const char *name)
{
    struct change_request *request = &change->followed;
    struct spec *specs =
        arena_array(change->arena, request->install_count + 1, sizeof *request->install);
    for (size_t i = 0; i < request->install_count; i++)
        specs[i] = request->install[i];
    specs[request->install_count++] = (struct spec){
        .kind = SPEC_NAME,
        .text = name,
        .name = name,
        .registry = package->registry,
        .range = *package->range ? package->range : NULL,
    };
    request->install = specs;
    strings_add(&request->remove, change->arena, package->name);
    *arena_push(change->arena, &change->renames, &change->rename_count, &change->rename_capacity) =
        (struct rename){package, name};
}

void change_follow_renames(struct change *change)
{
    change->followed = *change->request;
    for (size_t i = 0; i < change->before.count; i++) {
        const struct package *package = &change->before.packages[i];
        const struct catalog *catalog = change_catalog(change, package->registry);
        size_t first;
        if (!catalog || !follows(change, package))
            continue;
        const char *name = renamed_to(catalog, package->name);
        if (name && can_follow(change, catalog, package, name))
            follow(change, package, name);
        else if (!catalog_find(catalog, package->name, &first))
            warning("'%s' is no longer offered by '%s'; it stays as it is", package->name,
                    package->registry);
    }
    change->request = &change->followed;
}

void change_unfollow_rename(struct change *change, const char *name)
{
    struct change_request *request = &change->followed;
    const char *old = NULL;
    size_t renames = 0, specs = 0, removals = 0;
    for (size_t i = 0; i < change->rename_count; i++) {
        if (strcmp(change->renames[i].to, name) == 0)
            old = change->renames[i].before->name;
        else
            change->renames[renames++] = change->renames[i];
    }
    if (!old)
        return;
    change->rename_count = renames;
    for (size_t i = 0; i < request->install_count; i++)
        if (!request->install[i].name || strcmp(request->install[i].name, name) != 0)
            request->install[specs++] = request->install[i];
    request->install_count = specs;
    for (size_t i = 0; i < request->remove.count; i++)
        if (strcmp(request->remove.items[i], old) != 0)
            request->remove.items[removals++] = request->remove.items[i];
    request->remove.count = removals;
}

/* ---- the plan ---- */

static struct step *find_step(struct change *change, enum step_kind kind, const char *name)
{
    for (size_t i = 0; i < change->step_count; i++) {
        struct step *step = &change->steps[i];
        const char *own = step->choice ? step->choice->package.name : step->before->name;
        if (step->kind == kind && strcmp(own, name) == 0)
            return step;
    }
    return NULL;
}

/* The new one is asked for as the old one was, and what was switched off stays so. */
static void join(struct step *step, const struct package *before)
{
    struct package *package = &step->choice->package;
    const unsigned kept = PACKAGE_REQUESTED | PACKAGE_FLAT | PACKAGE_DISABLED | PACKAGE_PARTLY;
    package->flags = (package->flags & ~kept) | (before->flags & kept);
    package->disabled_components = before->disabled_components;
    package->range = before->range;
    step->kind = STEP_UPDATE;
    step->before = before;
    step->because = NULL;
}

void change_join_renames(struct change *change)
{
    for (size_t i = 0; i < change->rename_count; i++) {
        const struct rename *rename = &change->renames[i];
        struct step *gone = find_step(change, STEP_REMOVE, rename->before->name);
        struct step *come = find_step(change, STEP_INSTALL, rename->to);
        if (!gone || !come)
            continue;
        join(come, rename->before);
        size_t after = (size_t)(change->steps + change->step_count - (gone + 1));
        memmove(gone, gone + 1, after * sizeof *gone);
        change->step_count--;
    }
}

const struct package *change_before(const struct change *change, const char *name)
{
    for (size_t i = 0; i < change->rename_count; i++)
        if (strcmp(change->renames[i].to, name) == 0)
            return change->renames[i].before;
    return installed_find(&change->before, name);
}

bool change_is_called(const struct change *change, const char *plugin, const char *name)
{
    for (size_t i = 0; i < change->rename_count; i++)
        if (strcmp(change->renames[i].to, plugin) == 0)
            plugin = change->renames[i].before->name;
    for (int i = 0; plugin && i < CONFIG_MAX_NAMES; i++) {
        if (strcmp(plugin, name) == 0)
            return true;
        plugin = config_called_before(plugin, change->arena);
    }
    return false;
}

bool step_renames(const struct step *step)
{
    return step->choice && step->before &&
           strcmp(step->choice->package.name, step->before->name) != 0;
}

/* ---- what the person has under the old name ---- */

/*
 * plugins/NEW becomes a link to plugins/OLD, which stays where it is: before the commit and after a
 * rollback the old name finds its configuration and its data as ever.
 */
static int link_folder(const char *old, const char *name, struct arena *arena)
{
    const char *folder = path_join(arena, paths.plugins, old);
    const char *link = path_join(arena, paths.plugins, name);
    const char *there = fs_read_link(arena, link);
    if (!fs_is_dir(folder) || (there && strcmp(there, old) == 0))
        return 0;
    if (there || !fs_exists(link) || rmdir(link) == 0)
        return fs_symlink(old, link);
    warning("'%s' exists, so the configuration and the data of '%s' stay in '%s'", link, old,
            folder);
    return 0;
}

int change_link_folders(const struct change *change)
{
    int result = 0;
    for (size_t i = 0; i < change->step_count && result == 0; i++) {
        const struct step *step = &change->steps[i];
        if (step_renames(step))
            result = link_folder(step->before->name, step->choice->package.name, change->arena);
    }
    return result;
}

void change_unlink_folders(const struct change *change)
{
    for (size_t i = 0; i < change->step_count; i++) {
        const struct step *step = &change->steps[i];
        const char *path = step_renames(step)
                               ? path_join(change->arena, paths.plugins, step->choice->package.name)
                               : NULL;
        if (path && fs_read_link(change->arena, path))
            unlink(path);
    }
}
