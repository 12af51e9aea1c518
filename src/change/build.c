/*
 * A plugin of Claude Code says nothing of building. It is built if a person asks, or if its
 * marketplace does and nobody refused; what was chosen is kept in the lock (docs/build.md).
 */
#include "change/change.h"

#include "base/fs.h"
#include "base/text.h"
#include "build/build.h"

#include <string.h>

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static bool is_off(const char *build)
{
    return strcmp(build, OPTION_OFF) == 0 || strcmp(build, BUILD_NONE) == 0;
}

static bool says_itself(const struct choice *choice, struct arena *arena)
{
    return fs_exists(path_join(arena, choice->tree_dir, "plugin.toml"));
}

/* Adds the types that the tree has a file for, and that would do something. */
static void find_types(struct strings *types, const struct manifest *manifest, const char *dir,
                       struct arena *arena)
{
    struct manifest as = *manifest;
    for (as.build.type = BUILD_PIP; as.build.type <= BUILD_MAKE; as.build.type++)
        if (manifest_build_sign(arena, dir, as.build.type) &&
            build_adapter(as.build.type)->needed(&as, dir))
            strings_add(types, arena, build_type_names[as.build.type]);
}

/* ---- what was asked for ---- */

/* One that has a plugin.toml is built as that says. */
static int check_own_word(const struct choice *choice, const struct manifest *manifest,
                          const char *asked)
{
    const char *own = build_type_names[manifest->build.type];
    if (*asked ? strcmp(asked, own) == 0 : manifest->build.type != BUILD_SKILL)
        return 0;
    fail(ERR_GENERIC, "plugin '%s' is not built as asked: its plugin.toml says '%s'",
         choice->package.name, own);
    error_hint("--build is for plugins that have no plugin.toml");
    return -ERR_GENERIC;
}

/* The type that was asked for; "" asks for the only one there is. */
static int choose_asked(const char **out, const struct choice *choice,
                        const struct manifest *manifest, const char *asked, struct arena *arena)
{
    struct strings types = {0};
    const char *name = manifest->name;
    find_types(&types, manifest, choice->tree_dir, arena);
    *out = *asked ? asked : types.count ? types.items[0] : "";
    if (*asked ? strings_has(&types, asked) : types.count == 1)
        return 0;
    if (types.count == 0) {
        fail(ERR_GENERIC, "there is nothing to build in plugin '%s'", name);
        error_hint("--build needs a Cargo.toml, a Makefile, or Python requirements in "
                   "requirements.txt or pyproject.toml");
    } else if (*asked) {
        fail(ERR_GENERIC, "plugin '%s' cannot be built with %s", name, asked);
        error_hint("it can with %s", strings_join(&types, arena, " or "));
    } else {
        fail(ERR_GENERIC, "plugin '%s' can be built with %s", name,
             strings_join(&types, arena, " or "));
        error_hint("say which: --build=%s", types.items[0]);
    }
    return -ERR_GENERIC;
}

/* ---- what was chosen before, by the person or the marketplace ---- */

static const char *choose_standing(const struct choice *choice, const struct manifest *manifest,
                                   const char *standing, struct arena *arena)
{
    enum build_type type = build_choice_type(standing);
    if (type == BUILD_SKILL || manifest_build_sign(arena, choice->tree_dir, type))
        return standing;
    warning("plugin '%s' %s is not built with %s: it has nothing for that", manifest->name,
            manifest->version, standing);
    return "";
}

static const char *standing(const struct change *change, const struct choice *choice,
                            const struct manifest *manifest)
{
    const struct package *before = change_before(change, manifest->name);
    const char *kept = before ? or_empty(before->build) : "";
    return *kept ? kept : manifest_entry_build(change->arena, &choice->package);
}

int change_choose_build(struct change *change, struct choice *choice, struct manifest *manifest)
{
    struct package *package = &choice->package;
    const struct change_request *request = change->request;
    const char *asked = change_names(request, choice) ? request->build : NULL;
    const char *build = or_empty(package->build);
    int result = 0;
    if (says_itself(choice, change->arena))
        return asked ? check_own_word(choice, manifest, asked) : 0;
    if (asked && !is_off(asked))
        result = choose_asked(&build, choice, manifest, asked, change->arena);
    else if (asked)
        build = *manifest_entry_build(change->arena, package) ? BUILD_NONE : "";
    else if (!request->locked)
        build =
            choose_standing(choice, manifest, standing(change, choice, manifest), change->arena);
    package->build = build;
    manifest->build.type = build_choice_type(build);
    return result;
}

bool change_wants_rebuild(const struct change *change, const struct choice *choice)
{
    const char *asked = change->request->build, *build = or_empty(choice->package.build);
    bool built = text_starts(or_empty(choice->package.capabilities), "build:");
    if (!asked || !choice->current || !change_names(change->request, choice))
        return false;
    if (is_off(asked))
        return built;
    return *asked ? strcmp(asked, build) != 0 : !built;
}

void change_could_build(struct strings *types, const struct choice *choice, struct arena *arena)
{
    if (choice->manifest->build.type == BUILD_SKILL && !says_itself(choice, arena))
        find_types(types, choice->manifest, choice->tree_dir, arena);
}
