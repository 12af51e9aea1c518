/*
 * `paii check`: the manifest, and what it says about the files beside it.
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/semver.h"
#include "registry/manifest.h"
#include "registry/source.h"

#include <string.h>
#include <unistd.h>

struct checking {
    const struct manifest *manifest;
    const char *dir;
    struct arena *arena;
    struct diags *diags;
};

#define FIND(checking, level, key, hint, ...)                                                      \
    diag_add((checking)->diags, level, (checking)->manifest->file, 0, 0, key, hint, __VA_ARGS__)

static bool has_file(const struct checking *checking, const char *name)
{
    return fs_is_file(path_join(checking->arena, checking->dir, name));
}

static bool has_folder(const struct checking *checking, const char *name)
{
    return fs_is_dir(path_join(checking->arena, checking->dir, name));
}

/* ---- [plugin] and [paii] ---- */

static void check_core_version(struct checking *checking)
{
    const char *text = checking->manifest->core_version;
    struct range *range = text ? range_parse(checking->arena, text, false) : NULL;
    struct version version;

    if (range && version_parse(&version, PAII_VERSION, false) &&
        !range_matches(range, &version, true))
        FIND(checking, DIAG_WARNING, "paii.core_version", NULL,
             "this paii is %s: it would refuse to install the plugin", PAII_VERSION);
}

static void check_description(struct checking *checking)
{
    if (!*checking->manifest->description)
        FIND(checking, DIAG_WARNING, "plugin.description", "one line that search shows",
             "there is no description");
}

/* ---- what the client sees ---- */

static bool provides_skill(const struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->provide_count; i++) {
        if (strcmp(manifest->provides[i].contract, "SkillProvider") == 0)
            return true;
    }
    return false;
}

static void check_skill(struct checking *checking)
{
    AUTO_BUF text = {0};
    const char *path = path_join(checking->arena, checking->dir, "SKILL.md");

    if (provides_skill(checking->manifest) && !has_file(checking, "SKILL.md") &&
        !has_folder(checking, "skills"))
        FIND(checking, DIAG_ERROR, "provides.skill", "add SKILL.md, or skills/NAME/SKILL.md",
             "the plugin provides a skill and has none");
    if (!has_file(checking, "SKILL.md"))
        return;
    if (fs_read(&text, path, 1u << 20) < 0)
        diag_add(checking->diags, DIAG_ERROR, path, 0, 0, NULL, NULL, "%s", error_text());
    else if (strncmp(buf_text(&text), "---", 3) != 0)
        diag_add(checking->diags, DIAG_WARNING, path, 1, 1, NULL,
                 "begin it with '---', name:, description: and '---'",
                 "no front matter: the client cannot tell when to use the skill");
}

/* ---- [build] and [run] ---- */

static void check_build(struct checking *checking)
{
    static const struct {
        enum build_type type;
        const char *file;
    } needs[] = {{BUILD_CARGO, "Cargo.toml"}, {BUILD_MAKE, "Makefile"}};
    const struct build_spec *build = &checking->manifest->build;

    for (size_t i = 0; i < 2; i++) {
        if (build->type == needs[i].type && !has_file(checking, needs[i].file))
            FIND(checking, DIAG_ERROR, "build.type", NULL, "a %s build needs '%s'",
                 build_type_names[build->type], needs[i].file);
    }
    if (!build->requirements || build->type != BUILD_PIP)
        return;
    if (!source_subpath(checking->arena, build->requirements))
        FIND(checking, DIAG_ERROR, "build.requirements", NULL, "'%s' is not a file of the plugin",
             build->requirements);
    else if (!has_file(checking, build->requirements))
        FIND(checking, DIAG_ERROR, "build.requirements", NULL, "there is no file '%s'",
             build->requirements);
}

static void check_program(struct checking *checking)
{
    const struct manifest *manifest = checking->manifest;
    const char *program = manifest->run.count ? manifest->run.items[0] : "";
    const char *path = path_join(checking->arena, checking->dir, program);

    if (!strchr(program, '/'))
        return; /* a program of the system, found through PATH */
    if (!source_subpath(checking->arena, program))
        FIND(checking, DIAG_ERROR, "run.command", "write a path below the plugin, such as bin/NAME",
             "'%s' is not a file of the plugin", program);
    else if (fs_is_file(path) && access(path, X_OK) != 0)
        FIND(checking, DIAG_ERROR, "run.command",
             arena_printf(checking->arena, "chmod +x %s", program), "'%s' is not executable",
             program);
    else if (!fs_is_file(path) && manifest->build.type == BUILD_SKILL)
        FIND(checking, DIAG_ERROR, "run.command", NULL,
             "there is no '%s', and nothing is built that could make it", program);
}

/* Whether the plugin can be run without [run]: docs/manifest.md. */
static bool has_convention(const struct checking *checking)
{
    enum build_type type = checking->manifest->build.type;

    return has_file(checking, "src/main.py") || has_file(checking, "src/plugin.py") ||
           has_file(checking, "main.py") || has_folder(checking, "bin") || type == BUILD_CARGO ||
           type == BUILD_MAKE;
}

static void check_actions(struct checking *checking)
{
    const struct manifest *manifest = checking->manifest;

    if (manifest->action_count && !manifest->run.count && !has_convention(checking))
        FIND(checking, DIAG_ERROR, "actions", "add [run] with command = [\"bin/NAME\"]",
             "there are actions and no program that answers them");
    for (size_t i = 0; i < manifest->hook_count; i++) {
        const struct hook *hook = &manifest->hooks[i];

        if (manifest->run.count && !manifest_action(manifest, hook->action))
            FIND(checking, DIAG_ERROR, arena_printf(checking->arena, "hooks.%s", hook->event),
                 arena_printf(checking->arena, "add [actions.%s]", hook->action),
                 "the action '%s' is not declared", hook->action);
    }
}

int manifest_check(struct arena *arena, const char *dir, struct diags *diags)
{
    struct manifest manifest;
    struct checking checking = {&manifest, dir, arena, diags};
    int result = manifest_read(&manifest, arena, dir, diags);

    /* What was read is still worth looking at, unless the file as a whole was not. */
    if (result < 0 && (diags->errors == 0 || !manifest.name))
        return result;
    check_description(&checking);
    check_core_version(&checking);
    check_skill(&checking);
    check_build(&checking);
    check_program(&checking);
    check_actions(&checking);
    return diags_result(diags);
}
