#include "base/data.h"
#include "base/text.h"
#include "claude/claude.h"
#include "cli/command.h"
#include "registry/manifest.h"
#include "registry/registry.h"
#include "store/store.h"

#include <string.h>

/* What one registry offers of the plugin. */
struct offer {
    const struct catalog *catalog;
    size_t first, count;   /* its versions, newest first */
    struct package newest; /* that is not yanked, if there is such a one */
};

struct info {
    struct arena *arena;
    const char *name;
    struct offer *offers;
    size_t offer_count;
    bool is_installed;
    struct package installed;
    struct components components; /* of the installed one */
    struct manifest manifest;
};

/* ---- looking it up -------------------------------------------------------------------------- */

static void add_offer(struct info *info, const struct catalog *catalog)
{
    struct offer *offer = &info->offers[info->offer_count];

    offer->catalog = catalog;
    offer->count = catalog_find(catalog, info->name, &offer->first);
    if (!offer->count)
        return;
    info->offer_count++;
    for (size_t i = 0; i < offer->count; i++) {
        catalog_get(catalog, offer->first + i, &offer->newest);
        if (!(offer->newest.flags & PACKAGE_YANKED))
            return;
    }
    catalog_get(catalog, offer->first, &offer->newest);
}

static void look_at_installed(struct info *info, const struct catalog *installed)
{
    struct diags diags = {.arena = info->arena};
    const char *prefix;
    size_t first;

    if (!catalog_find(installed, info->name, &first))
        return;
    info->is_installed = true;
    catalog_get(installed, first, &info->installed);
    prefix = installed_prefix(&info->installed, info->arena);
    /* What cannot be read any more is doctor's to report. */
    if (manifest_read(&info->manifest, info->arena, prefix, &diags) < 0 ||
        claude_components(&info->components, info->arena, info->name, prefix) < 0)
        error_clear();
}

static int look_up(struct info *info, const struct config *config, const struct catalog *catalogs,
                   const char *registry)
{
    if (registry && !config_registry(config, registry))
        return registry_unknown(config, registry);
    info->offers = arena_array(info->arena, config->registry_count, sizeof *info->offers);
    for (size_t i = 0; i < config->registry_count; i++) {
        if (!registry || strcmp(registry, config->registries[i].name) == 0)
            add_offer(info, &catalogs[i]);
    }
    if (info->offer_count || (info->is_installed && !registry))
        return 0;
    if (!registry)
        return registry_unknown_plugin(config, catalogs, info->name);
    fail(ERR_NOT_FOUND, "there is no plugin '%s' in the registry '%s'", info->name, registry);
    error_hint("paii info %s looks in all of them", info->name);
    return -ERR_NOT_FOUND;
}

static const char *versions_of(const struct info *info, const struct offer *offer)
{
    struct strings list = {0};

    for (size_t i = 0; i < offer->count; i++) {
        struct package package;

        catalog_get(offer->catalog, offer->first + i, &package);
        strings_add(&list, info->arena,
                    package.flags & PACKAGE_YANKED
                        ? arena_printf(info->arena, "%s (yanked)", package.version)
                        : package.version);
    }
    return strings_join(&list, info->arena, ", ");
}

/* ---- for people ---- */

/*
 *     incident 1.0.0
 *     Incident response: declare, keep a timeline, write the postmortem
 *
 *       installed  1.0.0
 *       registry   core
 *       source     /usr/share/paii/registry-index/plugins/incident
 *       provides   SkillProvider[incident]
 *       actions    declare   declare an incident
 *                  update    ...
 */

static void field(const char *key, const char *value)
{
    if (value && *value)
        out("  %-10s %s\n", key, value);
}

/* One line each, the key only at the first. */
static void field_lines(struct info *info, const char *key, const char *lines)
{
    struct strings list = {0};

    strings_split(&list, info->arena, lines, '\n');
    for (size_t i = 0; i < list.count; i++)
        out("  %-10s %s\n", i ? "" : key, list.items[i]);
}

static void field_list(struct info *info, const char *key, const struct strings *list)
{
    field(key, strings_join(list, info->arena, ", "));
}

static void print_package(struct info *info, const struct package *package)
{
    struct strings tags = {0};

    strings_split(&tags, info->arena, package->tags, '\n');
    field("source", source_text(&package->source, info->arena));
    if (package->source.commit && package->source.ref)
        field("commit", package->source.commit);
    field("type", package->type);
    field("language", package->language);
    field("license", package->license);
    field("author", package->author);
    field("homepage", package->homepage);
    field_list(info, "tags", &tags);
    field_lines(info, "provides", package->provides);
    field_lines(info, "consumes", package->consumes);
}

static void print_installed(struct info *info)
{
    const struct package *package = &info->installed;
    size_t width = 0;

    field("installed",
          arena_printf(info->arena, "%s%s%s", package->version,
                       package->flags & PACKAGE_DEV ? ", linked live" : "",
                       package->flags & PACKAGE_REQUESTED ? "" : ", pulled in by another"));
    field("prefix", installed_prefix(package, info->arena));
    field_list(info, "skills", &info->components.skills);
    field_list(info, "agents", &info->components.agents);
    field_list(info, "commands", &info->components.commands);
    field_list(info, "servers", &info->components.mcp_servers);
    for (size_t i = 0; i < info->manifest.action_count; i++) {
        size_t len = strlen(info->manifest.actions[i].name);
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < info->manifest.action_count; i++)
        out("  %-10s %-*s  %s\n", i ? "" : "actions", (int)width, info->manifest.actions[i].name,
            info->manifest.actions[i].summary);
}

static void print_text(struct info *info)
{
    const struct package *shown = info->offer_count ? &info->offers[0].newest : &info->installed;

    out_styled(STYLE_BOLD, "%s", info->name);
    out(" %s\n", shown->version);
    if (*shown->description)
        out("%s\n", shown->description);
    out("\n");
    if (info->is_installed)
        print_installed(info);
    if (!info->offer_count)
        print_package(info, &info->installed);
    for (size_t i = 0; i < info->offer_count; i++) {
        if (i)
            out("\n");
        field("registry", info->offers[i].newest.registry);
        field("versions", versions_of(info, &info->offers[i]));
        print_package(info, &info->offers[i].newest);
    }
}

/* ---- --json --------------------------------------------------------------------------------- */

static void json_list(struct json_writer *json, const char *key, const struct strings *list)
{
    json_key(json, key);
    json_array(json);
    for (size_t i = 0; i < list->count; i++)
        json_string(json, list->items[i]);
    json_end_array(json);
}

static void json_lines(struct json_writer *json, const char *key, const char *lines,
                       struct arena *arena)
{
    struct strings list = {0};

    strings_split(&list, arena, lines, '\n');
    json_list(json, key, &list);
}

static void json_package(struct json_writer *json, const struct info *info,
                         const struct package *package)
{
    json_field(json, "version", package->version);
    json_field(json, "registry", *package->registry ? package->registry : NULL);
    json_field(json, "description", package->description);
    json_field(json, "source", source_text(&package->source, info->arena));
    json_field(json, "commit", package->source.commit);
    json_field(json, "sha256", package->source.sha256);
    json_field(json, "type", package->type);
    json_field(json, "language", package->language);
    json_field(json, "license", package->license);
    json_field(json, "author", package->author);
    json_field(json, "homepage", package->homepage);
    json_lines(json, "tags", package->tags, info->arena);
    json_lines(json, "provides", package->provides, info->arena);
    json_lines(json, "consumes", package->consumes, info->arena);
}

static void json_installed(struct json_writer *json, const struct info *info)
{
    json_key(json, "installed");
    if (!info->is_installed) {
        json_null(json);
        return;
    }
    json_object(json);
    json_package(json, info, &info->installed);
    json_field(json, "prefix", installed_prefix(&info->installed, info->arena));
    json_field(json, "tree", info->installed.tree);
    json_key(json, "requested");
    json_boolean(json, info->installed.flags & PACKAGE_REQUESTED);
    json_list(json, "skills", &info->components.skills);
    json_list(json, "agents", &info->components.agents);
    json_list(json, "commands", &info->components.commands);
    json_list(json, "mcp_servers", &info->components.mcp_servers);
    json_key(json, "actions");
    json_array(json);
    for (size_t i = 0; i < info->manifest.action_count; i++) {
        json_object(json);
        json_field(json, "name", info->manifest.actions[i].name);
        json_field(json, "summary", info->manifest.actions[i].summary);
        json_field(json, "effect", info->manifest.actions[i].effect);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void print_json(const struct info *info)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};

    json_object(&json);
    json_field(&json, "name", info->name);
    json_installed(&json, info);
    json_key(&json, "available");
    json_array(&json);
    for (size_t i = 0; i < info->offer_count; i++) {
        const struct offer *offer = &info->offers[i];

        json_object(&json);
        json_package(&json, info, &offer->newest);
        json_key(&json, "versions");
        json_array(&json);
        for (size_t v = 0; v < offer->count; v++) {
            struct package package;

            catalog_get(offer->catalog, offer->first + v, &package);
            json_string(&json, package.version);
        }
        json_end_array(&json);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

/* ---- the command ---------------------------------------------------------------------------- */

static int run(struct invocation *call)
{
    struct info info = {.arena = call->arena};
    struct strings missing = {0};
    struct catalog installed = {0}, *catalogs;
    struct config config;
    struct spec spec;
    int result = spec_parse(&spec, call->arena, call->args[0]);

    if (result < 0)
        return result;
    if (spec.kind != SPEC_NAME)
        return fail(ERR_NOT_FOUND, "'%s' is not the name of a plugin", spec.text);
    info.name = spec.name;
    result = config_read(&config, call->arena);
    if (result == 0)
        result = registry_open_all(&config, &catalogs, &missing, call->arena);
    if (result < 0)
        return result;
    result = installed_open(&installed);
    if (result == 0) {
        look_at_installed(&info, &installed);
        result = look_up(&info, &config, catalogs, spec.registry);
    }
    if (result == 0 && term_json())
        print_json(&info);
    else if (result == 0)
        print_text(&info);
    catalog_close(&installed);
    registry_close_all(&config, catalogs);
    return result;
}

static const struct positional positionals[] = {
    {"PLUGIN", 1, 1, "NAME, or REGISTRY/NAME", COMPLETE_AVAILABLE, NULL},
    {0},
};

const struct command cmd_info = {
    .name = "info",
    .summary = "show everything known about a plugin",
    .examples = "paii info incident\n"
                "paii info work/jira      as the registry 'work' has it",
    .group = GROUP_REGISTRIES,
    .needs = NEEDS_PATHS,
    .positionals = positionals,
    .run = run,
};
