#include "base/data.h"
#include "base/name.h"
#include "base/text.h"
#include "change/change.h"
#include "claude/export.h"
#include "cli/command.h"
#include "registry/fetch.h"

#include <stddef.h>
#include <string.h>

struct options {
    const char *registry, *name;
    bool offline;
};

/* ---- what is installed ---- */

static const struct manifest *manifest_of(const struct package *package, const char *tree,
                                          struct arena *arena)
{
    struct diags diags = {.arena = arena};
    struct manifest *manifest = arena_alloc(arena, sizeof *manifest);
    if (manifest_read_package(manifest, arena, tree, package, &diags) == 0)
        return manifest;
    error_clear(); /* it was read when it was installed; what has no plugin.toml has no actions */
    return NULL;
}

static int gather_installed(struct export_marketplace *market, struct installed *set,
                            struct arena *arena)
{
    int result = installed_read(set, arena);
    if (result < 0)
        return result;
    market->plugins = arena_array(arena, set->count + 1, sizeof *market->plugins);
    for (size_t i = 0; i < set->count; i++) {
        struct export_plugin *plugin = &market->plugins[market->count++];
        plugin->package = &set->packages[i];
        plugin->tree = installed_prefix(plugin->package, arena);
        plugin->manifest = manifest_of(plugin->package, plugin->tree, arena);
    }
    return 0;
}

/* ---- what a registry has ---- */

/* The newest of the rows of one name: of those withdrawn none, of prereleases only if all are. */
static bool newest(struct package *out, const struct catalog *catalog, size_t first, size_t count)
{
    bool found = false;
    for (size_t i = first; i < first + count; i++) {
        struct package row;
        catalog_get(catalog, i, &row);
        if (row.flags & PACKAGE_YANKED)
            continue;
        bool prerelease =
            strcspn(row.version, "-") < strcspn(row.version, "+") && strchr(row.version, '-');
        if (found && prerelease)
            continue;
        *out = row;
        found = true;
        if (!prerelease)
            break;
    }
    return found;
}

static void offer_newest(struct change *change, const struct registry_config *registry,
                         const struct catalog *catalog)
{
    for (size_t i = 0, count; i < catalog->count; i += count) {
        struct package row;
        size_t first;
        count = catalog_find(catalog, catalog_name(catalog, i), &first);
        if (!newest(&row, catalog, first, count))
            continue;
        row.registry = registry->name;
        row.origin = registry->url;
        struct choice *choice = arena_alloc(change->arena, sizeof *choice);
        choice->package = row;
        *arena_push(change->arena, &change->choices, &change->choice_count,
                    &change->choice_capacity) = choice;
    }
}

/* All at once, which is one connection for what lies together. */
static int fetch_together(struct change *change)
{
    struct choice **wanted = arena_array(change->arena, change->choice_count + 1, sizeof *wanted);
    size_t count = 0;
    bool learned;
    for (size_t i = 0; i < change->choice_count; i++)
        if (change->choices[i]->package.source.kind != SOURCE_NONE)
            wanted[count++] = change->choices[i];
    return change_fetch(change, wanted, count, &learned);
}

/* What cannot be reached today is not left out of what others will use; unless we are told so. */
static bool ends_all(int result)
{
    return result == -ERR_INTERRUPTED || (result == -ERR_NETWORK && !fetch_offline());
}

/* The recorded error without the name, which stands before it anyway. */
static const char *reason(const char *name, struct arena *arena)
{
    const char *prefix = arena_printf(arena, "plugin '%s': ", name), *text = error_text();
    return arena_strdup(arena, text_starts(text, prefix) ? text + strlen(prefix) : text);
}

/* If one of them cannot be had: one by one, for the others' sake. */
static int fetch_all(struct change *change, struct export_plugin *plugins)
{
    int result = fetch_together(change);
    for (size_t i = 0; i < change->choice_count && !ends_all(result); i++) {
        struct choice *choice = change->choices[i];
        bool learned;
        if (choice->manifest)
            continue;
        choice->tree_dir = NULL;
        result = change_fetch(change, &choice, 1, &learned);
        if (result < 0 && !ends_all(result)) {
            plugins[i].left_out = reason(choice->package.name, change->arena);
            error_clear();
        }
    }
    if (result == -ERR_NETWORK && ends_all(result))
        error_hint("--offline exports what can be had without a network");
    if (ends_all(result))
        return result;
    error_clear();
    return 0;
}

static int gather_registry(struct export_marketplace *market, struct change *change,
                           const char *name)
{
    struct arena *arena = change->arena;
    int result = change_open(change);
    if (result < 0)
        return result;
    const struct registry_config *registry = config_registry(&change->config, name);
    if (!registry)
        return registry_unknown(&change->config, name);
    offer_newest(change, registry, &change->catalogs[registry - change->config.registries]);
    market->count = change->choice_count;
    market->plugins = arena_array(arena, market->count + 1, sizeof *market->plugins);
    result = fetch_all(change, market->plugins);
    for (size_t i = 0; i < market->count; i++) {
        market->plugins[i].package = &change->choices[i]->package;
        market->plugins[i].tree = change->choices[i]->tree_dir;
        market->plugins[i].manifest = change->choices[i]->manifest;
    }
    return result;
}

/* ---- what is said of it ---- */

static void json_plugins(struct json_writer *json, const struct export_marketplace *market,
                         bool left_out)
{
    json_key(json, left_out ? "left_out" : "plugins");
    json_array(json);
    for (size_t i = 0; i < market->count; i++) {
        const struct export_plugin *plugin = &market->plugins[i];
        if (!plugin->left_out == left_out)
            continue;
        json_object(json);
        json_field(json, "name", plugin->package->name);
        json_field(json, "version", plugin->package->version);
        json_field(json, "reason", plugin->left_out);
        if (!left_out) {
            json_strings(json, "actions_left_out", &plugin->actions);
            json_strings(json, "hooks_left_out", &plugin->hooks);
        }
        json_end_object(json);
    }
    json_end_array(json);
}

static void print_json(const struct export_marketplace *market, bool dry_run)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    json_key(&json, "dry_run");
    json_boolean(&json, dry_run);
    json_field(&json, "marketplace", market->name);
    json_field(&json, "dir", market->seed ? market->seed : market->dir);
    json_plugins(&json, market, false);
    json_plugins(&json, market, true);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static const char *needs_paii(const struct export_plugin *plugin, struct arena *arena)
{
    struct strings parts = {0};
    if (plugin->actions.count)
        strings_add(&parts, arena,
                    arena_printf(arena, "actions %s", strings_join(&plugin->actions, arena, ", ")));
    if (plugin->hooks.count)
        strings_add(&parts, arena,
                    arena_printf(arena, "hooks on %s", strings_join(&plugin->hooks, arena, ", ")));
    return parts.count ? arena_printf(arena, "  without %s", strings_join(&parts, arena, "; "))
                       : "";
}

static void print(const struct export_marketplace *market, bool dry_run, struct arena *arena)
{
    size_t exported = 0;
    for (size_t i = 0; i < market->count; i++) {
        const struct export_plugin *plugin = &market->plugins[i];
        exported += !plugin->left_out;
        if (!plugin->left_out)
            out("%s %s %s%s\n", dry_run ? "would export" : "exported", plugin->package->name,
                plugin->package->version, needs_paii(plugin, arena));
    }
    for (size_t i = 0; i < market->count; i++)
        if (market->plugins[i].left_out)
            out("left out %s: %s\n", market->plugins[i].package->name, market->plugins[i].left_out);
    if (dry_run)
        return;
    note("'%s' %s the marketplace '%s' with %zu %s", market->seed ? market->seed : market->dir,
         market->seed ? "holds" : "is", market->name, exported,
         exported == 1 ? "plugin" : "plugins");
    if (market->seed)
        note("with Claude Code alone: CLAUDE_CODE_PLUGIN_SEED_DIR=%s, and what its settings.json "
             "says",
             market->seed);
    else
        note("with Claude Code alone: claude plugin marketplace add %s", market->dir);
}

/* ---- the command ---- */

static int check_some(const struct export_marketplace *market, const char *registry)
{
    const struct export_plugin *first = market->count ? &market->plugins[0] : NULL;
    for (size_t i = 0; i < market->count; i++)
        if (!market->plugins[i].left_out)
            return 0;
    if (registry)
        fail(ERR_NOT_FOUND, "registry '%s' has no plugin that Claude Code alone can use", registry);
    else
        fail(ERR_NOT_FOUND, "no plugin is installed that Claude Code alone can use");
    if (first)
        error_hint("%s%s: %s", first->package->name, market->count > 1 ? ", for one" : "",
                   first->left_out);
    else
        error_hint("'paii install' installs plugins; --registry exports those of a registry");
    return -ERR_NOT_FOUND;
}

static int export(struct export_marketplace *market, const char *registry,
                  const struct invocation *call)
{
    int result = export_look(market, call->arena);
    if (result == 0)
        result = check_some(market, registry);
    if (result == 0 && !call->dry_run)
        result = market->seed ? export_write_seed(market, call->arena)
                              : export_write(market, call->arena);
    if (result < 0)
        return result;
    if (term_json())
        print_json(market, call->dry_run);
    else
        print(market, call->dry_run, call->arena);
    return 0;
}

static int run(struct invocation *call,
               int (*check)(struct export_marketplace *market, struct arena *arena))
{
    const struct options *options = call->options;
    struct arena *arena = call->arena;
    struct installed set = {0};
    const struct change_request nothing = {0};
    struct change change = {.arena = arena, .request = &nothing};
    struct export_marketplace market = {.dir = call->args[0]};
    market.name = options->name ? options->name : options->registry ? options->registry : "paii";
    market.description =
        options->registry ? arena_printf(arena, "Plugins of the registry '%s'", options->registry)
                          : "Plugins that are installed with paii";
    if (options->offline)
        fetch_go_offline();
    if (!name_valid(market.name))
        return name_check("marketplace", market.name);
    int result = check(&market, arena);
    if (result < 0)
        return result;
    if (!options->registry) {
        result = gather_installed(&market, &set, arena);
        return result < 0 ? result : export(&market, NULL, call);
    }
    result = store_stage(&change.staging, arena);
    if (result == 0)
        result = gather_registry(&market, &change, options->registry);
    if (result == 0)
        result = export(&market, options->registry, call);
    if (change.staging)
        store_unstage(change.staging);
    return result;
}

static int run_marketplace(struct invocation *call)
{
    return run(call, export_check);
}

static int run_seed(struct invocation *call)
{
    return run(call, export_check_seed);
}

static const struct option options_of_both[] = {
    {.name = "registry",
     .letter = 'r',
     .kind = OPTION_STRING,
     .offset = offsetof(struct options, registry),
     .value = "NAME",
     .help = "the plugins of this registry instead of those installed",
     .complete = COMPLETE_REGISTRY},
    {.name = "name",
     .kind = OPTION_STRING,
     .offset = offsetof(struct options, name),
     .value = "NAME",
     .help = "what the marketplace is called; else as the registry, or 'paii'"},
    {.name = "offline",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct options, offline),
     .help = "connect to nothing: what is not here is left out"},
    {0},
};

static const struct positional folder[] = {
    {.name = "DIR",
     .min = 1,
     .max = 1,
     .help = "a folder that is not there, is empty, or holds an earlier export",
     .complete = COMPLETE_DIR},
    {0},
};

static const struct command cmd_export_marketplace = {
    .name = "marketplace",
    .summary = "write a marketplace for Claude Code alone",
    .description =
        "DIR becomes a marketplace that 'claude plugin marketplace add DIR' takes, with a copy of "
        "every installed plugin, or of the newest version of every plugin of a registry. Skills, "
        "commands, agents, servers and the hooks that plugins declare for Claude Code are in it. "
        "Actions and the hooks of plugin.toml need paii: they are left out and named, as are "
        "plugins that have to be built.\n"
        "What an earlier export wrote in DIR is replaced; a .git beside it stays.",
    .examples = "paii export marketplace ./market                   what is installed\n"
                "paii export marketplace ./market --registry work   what a registry has",
    .group = GROUP_REGISTRIES,
    .needs = NEEDS_LOCK,
    .options = options_of_both,
    .options_size = sizeof(struct options),
    .positionals = folder,
    .run = run_marketplace,
};

static const struct command cmd_export_seed = {
    .name = "seed",
    .summary = "write a folder that Claude Code starts from, offline",
    .description =
        "DIR becomes a seed: with CLAUDE_CODE_PLUGIN_SEED_DIR=DIR Claude Code has the marketplace "
        "and the plugins of it that its settings enable, without a network and without writing to "
        "DIR, as in an image of a container. DIR/settings.json enables all of them, to be copied. "
        "What goes into it is what 'paii export marketplace' would write. A seed may hold several "
        "marketplaces: an export replaces the one of its name.",
    .examples = "paii export seed ./seed                   what is installed\n"
                "paii export seed ./seed --registry work   and what a registry has",
    .group = GROUP_REGISTRIES,
    .needs = NEEDS_LOCK,
    .options = options_of_both,
    .options_size = sizeof(struct options),
    .positionals = folder,
    .run = run_seed,
};

const struct command cmd_export = {
    .name = "export",
    .summary = "write plugins for those who do not have paii",
    .group = GROUP_REGISTRIES,
    .subcommands = (const struct command *const[]){&cmd_export_marketplace, &cmd_export_seed, NULL},
};
