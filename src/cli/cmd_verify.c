#include "base/data.h"
#include "base/text.h"
#include "change/project.h"
#include "cli/command.h"
#include "cli/verify.h"

#include <stddef.h>
#include <string.h>

struct options {
    const char *project;
};

static const char *const kind_words[] = {
    [DIFFERENCE_CHANGED] = "changed", [DIFFERENCE_MODE] = "mode",       [DIFFERENCE_NEW] = "new",
    [DIFFERENCE_MISSING] = "missing", [DIFFERENCE_UNKNOWN] = "unknown",
};

const char *verify_summary(const struct differences *found, struct arena *arena)
{
    struct strings parts = {0};
    if (found->count && !*found->items[0].path)
        return found->items[0].kind == DIFFERENCE_MISSING ? "its files are gone"
                                                          : "there is no record of its files";
    for (enum difference_kind kind = DIFFERENCE_CHANGED; kind <= DIFFERENCE_MISSING; kind++) {
        size_t count = 0;
        for (size_t i = 0; i < found->count; i++)
            count += found->items[i].kind == kind;
        if (count)
            strings_add(&parts, arena, arena_printf(arena, "%zu %s", count, kind_words[kind]));
    }
    return strings_join(&parts, arena, ", ");
}

int verify_check_names(const struct installed *set, char *const *names, size_t count)
{
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        result = installed_check(set, names[i]);
    return result;
}

bool verify_wants(const struct invocation *call, const char *name)
{
    bool wanted = call->arg_count == 0;
    for (size_t i = 0; i < call->arg_count; i++)
        wanted |= strcmp(call->args[i], name) == 0;
    return wanted;
}

/* hello 1.0.0: changed SKILL.md */
static void print_differences(const struct package *package, const struct differences *found,
                              struct arena *arena)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct difference *item = &found->items[i];
        out_styled(STYLE_RED, "%s %s: ", package->name, package->version);
        if (*item->path)
            out("%s %s\n", kind_words[item->kind], item->path);
        else
            out("%s\n", verify_summary(found, arena));
    }
}

static void add_json(struct json_writer *json, const struct package *package,
                     const struct differences *found)
{
    bool live = package->flags & PACKAGE_DEV;
    json_object(json);
    json_field(json, "name", package->name);
    json_field(json, "version", package->version);
    json_field(json, "state", live ? "live" : found->count ? "damaged" : "ok");
    json_key(json, "differences");
    json_array(json);
    for (size_t i = 0; i < found->count; i++) {
        json_object(json);
        json_field(json, "kind", kind_words[found->items[i].kind]);
        json_field(json, "path", *found->items[i].path ? found->items[i].path : NULL);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static int verify_all(struct invocation *call, const struct installed *set,
                      struct json_writer *json, size_t *damaged)
{
    size_t checked = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct package *package = &set->packages[i];
        struct differences found = {0};
        if (!verify_wants(call, package->name))
            continue;
        int result = package->flags & PACKAGE_DEV
                         ? 0 /* a live folder is as it is */
                         : store_verify_prefix(&found, call->arena, package);
        if (result < 0)
            return result;
        *damaged += found.count > 0;
        checked++;
        if (term_json())
            add_json(json, package, &found);
        else
            print_differences(package, &found, call->arena);
    }
    if (*damaged)
        note("%zu of %zu plugins are not as they were installed; 'paii repair' makes them so",
             *damaged, checked);
    else
        note("%zu plugins are as they were installed", checked);
    return 0;
}

static int run(struct invocation *call)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    struct installed set;
    size_t damaged = 0;
    int result = installed_read(&set, call->arena);
    if (result == 0)
        result = verify_check_names(&set, call->args, call->arg_count);
    if (result < 0)
        return result;
    json_array(&json);
    result = verify_all(call, &set, &json, &damaged);
    if (result < 0)
        return result;
    json_end_array(&json);
    buf_putc(&text, '\n');
    if (term_json())
        out_bytes(text.data, text.len);
    return damaged ? ERR_MISMATCH : 0;
}

const struct command cmd_verify = {
    .name = "verify",
    .summary = "compare the files of plugins with what was installed",
    .description = "Hashes every file and names those that changed, appeared or vanished. The exit "
                   "status is 14 if there is one. A plugin that is linked live is not looked at.",
    .group = GROUP_STATE,
    .needs = NEEDS_PATHS,
    .options =
        (const struct option[]){
            PROJECT_OPTION(struct options, "those of this repository"),
            {0},
        },
    .options_size = sizeof(struct options),
    .positionals =
        (const struct positional[]){
            {.name = "PLUGIN",
             .min = 0,
             .max = 0,
             .help = "an installed plugin; all of them if absent",
             .complete = COMPLETE_INSTALLED},
            {0},
        },
    .run = run,
};
