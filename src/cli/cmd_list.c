#include "base/data.h"
#include "change/project.h"
#include "cli/command.h"
#include "store/store.h"

#include <stddef.h>
#include <string.h>

struct options {
    const char *project;
};

static const char *origin(const struct package *package, struct arena *arena)
{
    if (package->flags & PACKAGE_DEV)
        return "live";
    return *package->registry ? package->registry : source_text(&package->source, arena);
}

/* Only the lock knows which components are switched off. */
static void json_disabled(struct json_writer *json, const struct installed *set,
                          const struct package *package)
{
    const struct package *locked = installed_find(set, package->name);
    json_key(json, "disabled");
    json_boolean(json, package->flags & PACKAGE_DISABLED);
    json_lines(json, "disabled_components", locked ? locked->disabled_components : "");
}

static int print_json(const struct catalog *installed, struct arena *arena)
{
    struct installed set = {0};
    int result = installed_read(&set, arena);
    if (result < 0)
        return result;
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_array(&json);
    for (size_t i = 0; i < installed->count; i++) {
        struct package package;
        catalog_get(installed, i, &package);
        json_object(&json);
        json_field(&json, "name", package.name);
        json_field(&json, "version", package.version);
        json_field(&json, "description", package.description);
        json_field(&json, "registry", *package.registry ? package.registry : NULL);
        json_field(&json, "source", source_text(&package.source, arena));
        json_field(&json, "commit", package.source.commit);
        json_field(&json, "tree", *package.tree ? package.tree : NULL);
        json_key(&json, "requested");
        json_boolean(&json, package.flags & PACKAGE_REQUESTED);
        json_key(&json, "dev");
        json_boolean(&json, package.flags & PACKAGE_DEV);
        json_key(&json, "held");
        json_boolean(&json, package.flags & PACKAGE_HELD);
        json_lines(&json, "depends", package.depends);
        json_disabled(&json, &set, &package);
        json_end_object(&json);
    }
    json_end_array(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
    return 0;
}

static void print_table(const struct catalog *installed, struct arena *arena)
{
    size_t name_width = 0, version_width = 0;
    struct package package;
    for (size_t i = 0; i < installed->count; i++) {
        catalog_get(installed, i, &package);
        size_t name = strlen(package.name), version = strlen(package.version);
        name_width = name > name_width ? name : name_width;
        version_width = version > version_width ? version : version_width;
    }
    for (size_t i = 0; i < installed->count; i++) {
        catalog_get(installed, i, &package);
        out("%-*s  %-*s  %s%s%s%s\n", (int)name_width, package.name, (int)version_width,
            package.version, origin(&package, arena),
            package.flags & PACKAGE_REQUESTED ? "" : " (pulled in)",
            package.flags & PACKAGE_HELD ? " (held)" : "",
            package.flags & PACKAGE_DISABLED ? " (disabled)"
            : package.flags & PACKAGE_PARTLY ? " (partly disabled)"
                                             : "");
    }
}

static int run(struct invocation *call)
{
    struct catalog installed;
    int result = installed_open(&installed);
    if (result < 0)
        return result;
    if (term_json())
        result = print_json(&installed, call->arena);
    else if (installed.count)
        print_table(&installed, call->arena);
    else
        note("nothing is installed; 'paii search WORD' finds plugins");
    catalog_close(&installed);
    return result;
}

const struct command cmd_list = {
    .name = "list",
    .summary = "list installed plugins",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_PATHS,
    .options =
        (const struct option[]){
            PROJECT_OPTION(struct options, "those of this repository"),
            {0},
        },
    .options_size = sizeof(struct options),
    .run = run,
};
