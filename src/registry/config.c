#include "registry/config.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/paths.h"
#include "base/semver.h"
#include "base/text.h"
#include "registry/access.h"
#include "registry/contract.h"
#include "registry/fetch.h"
#include "registry/project.h"
#include "registry/source.h"

#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX_BYTES (4u << 20)
#define MAX_PRIORITY     1000

const char *const hook_registrations[] = {
    [HOOKS_BY_PLUGIN] = "plugin", [HOOKS_BY_SETTINGS] = "settings", [HOOKS_OFF] = "off", NULL};

struct config_reading {
    struct config *config;
    struct arena *arena;
    struct reader root;
};

/* ---- [registries] ---- */

/* A folder as an absolute path, or a URL as it stands after a check; NULL after a report. */
static const char *registry_url(struct config_reading *reading, struct data *node, const char *name,
                                const char *url)
{
    struct arena *arena = reading->arena;
    struct source source;

    if (strcmp(url, "builtin:") == 0 && strcmp(name, "core") == 0)
        return url;
    if (text_starts(url, "./") || text_starts(url, "../") || strcmp(url, ".") == 0)
        return path_absolute(arena, path_join(arena, path_dir(arena, reading->config->file), url));
    if (*url == '/' || *url == '~')
        return path_absolute(arena, url);
    if (source_parse_url(&source, arena, url, true) == 0)
        return url;
    read_error(&reading->root, node, "%s", error_text());
    error_clear();
    return NULL;
}

static struct registry_config *find_registry(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->registry_count; i++) {
        if (strcmp(config->registries[i].name, name) == 0)
            return &config->registries[i];
    }
    return NULL;
}

static void add_registry(struct config_reading *reading, const struct registry_config *registry)
{
    struct config *config = reading->config;
    struct registry_config *added = arena_push(reading->arena, &config->registries,
                                               &config->registry_count, &config->registry_capacity);

    *added = *registry;
    added->builtin = strcmp(registry->url, "builtin:") == 0;
}

static bool is_variable(const char *name)
{
    return *name && strspn(name, "0123456789") == 0 &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") ==
               strlen(name);
}

static void read_credentials(struct reader *table, struct registry_config *registry)
{
    struct data *node = table->table;
    bool any;

    registry->token_env = read_string(table, "token_env", NULL);
    registry->token_user = read_string(table, "token_user", NULL);
    registry->netrc = read_boolean(table, "netrc", false);
    any = registry->token_env || registry->netrc;
    if (registry->token_env && !is_variable(registry->token_env))
        read_error(table, data_get(node, "token_env"),
                   "expected the name of a variable, not a token");
    if (registry->token_env && registry->netrc)
        read_error(table, data_get(node, "netrc"), "there is a token_env already");
    if (registry->token_user &&
        (!registry->token_env || !*registry->token_user || strchr(registry->token_user, ':')))
        read_error(table, data_get(node, "token_user"), "expected the user of a token_env");
    if (any && registry->url && strncmp(registry->url, "https://", 8) != 0)
        read_error(table, data_get(node, registry->netrc ? "netrc" : "token_env"),
                   "only an https:// registry is sent a secret");
}

static void read_registry(struct config_reading *reading, struct data *node)
{
    struct reader table = {.table = node, .file = reading->root.file, .diags = reading->root.diags};
    struct registry_config registry = {.name = node->key};
    struct data *url = node;

    node->known = true;
    if (!name_valid(node->key)) {
        read_error(&reading->root, node, "'%s' is no name of a registry: a-z, 0-9 and '-'",
                   node->key);
        return;
    }
    if (node->type == DATA_TABLE) {
        registry.url = read_required(&table, "url");
        url = data_get(node, "url");
        registry.ref = read_string(&table, "ref", NULL);
        registry.priority = (int)read_integer(&table, "priority", 0, -MAX_PRIORITY, MAX_PRIORITY);
        read_credentials(&table, &registry);
        if (registry.ref && !source_ref_valid(registry.ref))
            read_error(&table, data_get(node, "ref"), "'%s' is no branch or tag", registry.ref);
        read_unknown_keys(&table);
    } else if (node->type == DATA_STRING) {
        registry.url = node->text;
    } else {
        read_error(&reading->root, node, "expected a string or a table, found %s",
                   data_type_name(node->type));
    }
    if (registry.url)
        registry.url = registry_url(reading, url, registry.name, registry.url);
    if (registry.url)
        add_registry(reading, &registry);
}

static int compare_registries(const void *a, const void *b)
{
    return strcmp(((const struct registry_config *)a)->name,
                  ((const struct registry_config *)b)->name);
}

static void read_registries(struct config_reading *reading)
{
    struct config *config = reading->config;
    struct reader table = read_table(&reading->root, "registries");

    for (struct data *node = table.table ? table.table->children : NULL; node; node = node->next)
        read_registry(reading, node);
    if (!find_registry(config, "core"))
        add_registry(reading, &(struct registry_config){.name = "core", .url = "builtin:"});
    qsort(config->registries, config->registry_count, sizeof *config->registries,
          compare_registries);
}

/* ---- [bindings] ---- */

static void read_binding(struct config_reading *reading, struct data *node, const char *contract)
{
    struct config *config = reading->config;
    struct provided term;
    struct binding *binding;

    node->known = true;
    if (!provided_parse(&term, reading->arena, contract) || term.version) {
        read_error(&reading->root, node,
                   "expected a contract such as MemoryProvider or \"IntegrationProvider[jira]\"");
    } else if (node->type != DATA_STRING || !name_valid(node->text)) {
        read_error(&reading->root, node, "expected the name of a plugin");
    } else {
        binding = arena_push(reading->arena, &config->bindings, &config->binding_count,
                             &config->binding_capacity);
        *binding = (struct binding){.contract = contract, .plugin = node->text};
    }
}

static void read_bindings(struct config_reading *reading)
{
    struct reader table = read_table(&reading->root, "bindings");

    for (struct data *node = table.table ? table.table->children : NULL; node; node = node->next) {
        node->known = true;
        if (node->type != DATA_TABLE) {
            read_binding(reading, node, node->key);
            continue;
        }
        /* [bindings.IntegrationProvider] with a key for each service. */
        for (struct data *item = node->children; item; item = item->next)
            read_binding(reading, item,
                         arena_printf(reading->arena, "%s[%s]", node->key, item->key));
    }
}

/* ---- [plugins] ---- */

static void read_wanted(struct config_reading *reading, struct data *node)
{
    struct config *config = reading->config;
    struct reader table = {.table = node, .file = reading->root.file, .diags = reading->root.diags};
    struct wanted_plugin wanted = {.name = node->key, .range = "*"};

    node->known = true;
    if (!name_valid(node->key)) {
        read_error(&reading->root, node, "'%s' is no name of a plugin", node->key);
        return;
    }
    if (node->type == DATA_TABLE) {
        wanted.range = read_string(&table, "range", "*");
        wanted.registry = read_string(&table, "registry", NULL);
        wanted.url = read_string(&table, "url", NULL);
        read_unknown_keys(&table);
    } else if (node->type == DATA_STRING) {
        wanted.range = node->text;
    } else {
        read_error(&reading->root, node, "expected a range or a table, found %s",
                   data_type_name(node->type));
    }
    if (wanted.registry && !name_valid(wanted.registry))
        read_error(&table, data_get(node, "registry"), "expected the name of a registry");
    if (!range_parse(reading->arena, wanted.range, true))
        read_error(&reading->root, node, "'%s' is not a version range", wanted.range);
    *arena_push(reading->arena, &config->wanted, &config->wanted_count, &config->wanted_capacity) =
        wanted;
}

static void read_plugins(struct config_reading *reading)
{
    struct reader table = read_table(&reading->root, "plugins");

    for (struct data *node = table.table ? table.table->children : NULL; node; node = node->next)
        read_wanted(reading, node);
}

/* ---- the other tables ---- */

static void read_path(struct config_reading *reading, struct reader *table, const char *key,
                      const char *actual)
{
    const char *path = read_string(table, key, NULL);

    if (path && strcmp(path_absolute(reading->arena, path), actual) != 0)
        read_warning(table, data_get(table->table, key),
                     "not used: it is '%s' (PAII_DIR moves everything)", actual);
}

static void read_paths(struct config_reading *reading)
{
    struct reader table = read_table(&reading->root, "paths");

    read_path(reading, &table, "plugins", paths.plugins);
    read_path(reading, &table, "history", paths.history);
    read_path(reading, &table, "registries", paths.registries);
    read_unknown_keys(&table);
}

static void read_defaults(struct config_reading *reading)
{
    static const char *const levels[] = {"error", "warn", "info", "debug", "trace", NULL};
    struct reader table = read_table(&reading->root, "defaults");

    reading->config->default_language = read_string(&table, "language", "python");
    reading->config->require_sandbox = read_boolean(&table, "require_sandbox", false);
    int level = read_choice(&table, "log_level", levels, TERM_INFO);
    reading->config->log_level = level > TERM_DEBUG ? TERM_DEBUG : (enum term_level)level;
    read_unknown_keys(&table);
}

static void read_network(struct config_reading *reading)
{
    struct reader table = read_table(&reading->root, "network");
    struct network_limits *limits = &reading->config->network;

    limits->connect = (int)read_integer(&table, "connect", 0, 1, 3600);
    limits->stall = (int)read_integer(&table, "stall", 0, 1, 3600);
    limits->timeout = (int)read_integer(&table, "timeout", 0, 1, 86400);
    limits->retries = (int)read_integer(&table, "retries", -1, 0, 10);
    read_unknown_keys(&table);
}

static void read_plugin_tables(struct config_reading *reading)
{
    struct reader table = read_table(&reading->root, "config");

    for (struct data *node = table.table ? table.table->children : NULL; node; node = node->next) {
        node->known = true;
        if (!name_valid(node->key))
            read_error(&table, node, "'%s' is no name of a plugin", node->key);
        else if (node->type != DATA_TABLE)
            read_error(&table, node, "expected a table, found %s", data_type_name(node->type));
    }
}

static void read_claude(struct config_reading *reading)
{
    struct reader table = read_table(&reading->root, "claude");
    int hooks = read_choice(&table, "hooks", hook_registrations, HOOKS_BY_PLUGIN);

    reading->config->hooks = (enum hook_registration)hooks;
    reading->config->flat = read_boolean(&table, "flat", false);
    read_unknown_keys(&table);
}

static void read_paii(struct config_reading *reading)
{
    struct reader table = read_table(&reading->root, "paii");

    read_string(&table, "version", NULL);
    read_unknown_keys(&table);
}

/* ---- the whole ---- */

int config_parse(struct config *out, struct arena *arena, const char *file, const char *text,
                 size_t len, struct diags *diags)
{
    struct config_reading reading = {
        .config = out,
        .arena = arena,
        .root = {.table = data_parse_toml(arena, file, text, len, diags),
                 .file = file,
                 .diags = diags},
    };

    *out = (struct config){.file = file, .root = reading.root.table};
    read_paii(&reading);
    read_paths(&reading);
    read_defaults(&reading);
    read_claude(&reading);
    read_network(&reading);
    read_registries(&reading);
    read_plugins(&reading);
    read_bindings(&reading);
    read_plugin_tables(&reading);
    read_any(&reading.root, "hooks"); /* of older files; hooks belong to plugins now */
    read_unknown_keys(&reading.root);
    return diags_result(diags);
}

int config_read(struct config *out, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};
    bool exists = fs_exists(paths.config);
    int result = exists ? fs_read(&text, paths.config, CONFIG_MAX_BYTES) : 0;

    if (result < 0)
        return result;
    result = config_parse(out, arena, paths.config, buf_text(&text), text.len, &diags);
    if (!exists)
        out->root = NULL;
    if (result == 0) {
        term_default_level(out->log_level);
        fetch_require_sandbox(out->require_sandbox);
        access_use_limits(&out->network);
        diags_warn(&diags);
    }
    if (result == 0 && out->wanted_count)
        warning("%s: [plugins] counts in the paii.toml of a project", paths.config);
    return result == 0 && paths.project ? project_config(out, arena) : result;
}

const struct registry_config *config_registry(const struct config *config, const char *name)
{
    return find_registry(config, name);
}

const char *config_called_before(const char *plugin, struct arena *arena)
{
    const char *before = fs_read_link(arena, path_join(arena, paths.plugins, plugin));

    return before && name_valid(before) ? before : NULL;
}

const struct data *config_of_plugin(const struct data *all, const char *plugin, struct arena *arena)
{
    const struct data *own = NULL;
    const char *name = plugin;

    for (int i = 0; all && !own && name && i < CONFIG_MAX_NAMES; i++) {
        own = data_get(all, name);
        name = config_called_before(name, arena);
    }
    return own;
}

int config_edit(const char *dotted, const char *toml_value)
{
    struct arena arena = {0};
    AUTO_BUF before = {0}, after = {0};
    int result = 0;

    if (fs_exists(paths.config))
        result = fs_read(&before, paths.config, CONFIG_MAX_BYTES);
    if (result == 0)
        result = toml_edit(&after, paths.config, buf_text(&before), before.len, dotted, toml_value);
    if (result == 0)
        result = fs_mkdirs(path_dir(&arena, paths.config), 0700);
    if (result == 0)
        result = fs_write(paths.config, buf_text(&after), after.len, 0644);
    arena_release(&arena);
    return result;
}
