#include "base/data.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/text.h"
#include "cli/command.h"
#include "registry/registry.h"
#include "store/store.h"

#include <stddef.h>
#include <string.h>

struct add_options {
    const char *ref;
    int priority;
    const char *token_env;
    bool netrc;
};

static void print_buf(struct buf *text)
{
    buf_putc(text, '\n');
    out_bytes(text->data, text->len);
}

/* ---- what an update brought ----
 *
 *     core  unchanged, 4 plugins
 *     work  12 plugins, 1 skipped (commit 0123456789ab)
 */

static void print_update(const struct registry_update *update, size_t width)
{
    AUTO_BUF line = {0};

    if (update->result < 0)
        return;
    buf_printf(&line, "%s%zu %s", update->changed ? "" : "unchanged, ", update->plugins,
               update->plugins == 1 ? "plugin" : "plugins");
    if (update->skipped)
        buf_printf(&line, ", %zu skipped", update->skipped);
    if (strlen(update->commit) == 40 || strlen(update->commit) == 64)
        buf_printf(&line, " (commit %.12s)", update->commit);
    out_styled(STYLE_BOLD, "%-*s", (int)width, update->registry->name);
    out("  %s\n", buf_text(&line));
    detail("registry '%s': %u %s, %llu bytes received", update->registry->name, update->requests,
           update->requests == 1 ? "request" : "requests", (unsigned long long)update->received);
    if (update->skipped && update->changed)
        note("entries of '%s' were skipped: --verbose says why", update->registry->name);
}

static void update_json(struct json_writer *json, const struct registry_update *update)
{
    json_object(json);
    json_field(json, "name", update->registry->name);
    json_key(json, "ok");
    json_boolean(json, update->result == 0);
    json_key(json, "changed");
    json_boolean(json, update->changed);
    json_key(json, "plugins");
    json_integer(json, (int64_t)update->plugins);
    json_key(json, "skipped");
    json_integer(json, (int64_t)update->skipped);
    json_key(json, "requests");
    json_integer(json, update->requests);
    json_key(json, "received");
    json_integer(json, (int64_t)update->received);
    json_field(json, "stamp", *update->commit ? update->commit : NULL);
    json_field(json, "error", update->error);
    json_field(json, "hint", update->hint);
    json_end_object(json);
}

static void print_updates(const struct registry_update *updates, size_t count)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    size_t width = 0;

    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(updates[i].registry->name);
        width = len > width ? len : width;
    }
    json_array(&json);
    for (size_t i = 0; i < count; i++) {
        if (term_json())
            update_json(&json, &updates[i]);
        else
            print_update(&updates[i], width);
    }
    json_end_array(&json);
    if (term_json())
        print_buf(&text);
}

/* The first error becomes the command's; the others are told here. */
static void warn_of_others(const struct registry_update *updates, size_t count)
{
    bool first = true;

    for (size_t i = 0; i < count; i++) {
        if (updates[i].result == 0)
            continue;
        if (!first)
            warning("%s", updates[i].error);
        first = false;
    }
}

/* ---- update ---- */

static int run_update(struct invocation *call)
{
    struct config config;
    const struct registry_config **chosen;
    struct registry_update *updates;
    size_t count = call->arg_count;
    int result = config_read(&config, call->arena);

    if (result < 0)
        return result;
    if (!count)
        count = config.registry_count;
    chosen = arena_array(call->arena, count, sizeof *chosen);
    updates = arena_array(call->arena, count, sizeof *updates);
    for (size_t i = 0; i < count; i++) {
        chosen[i] =
            call->arg_count ? config_registry(&config, call->args[i]) : &config.registries[i];
        if (!chosen[i])
            return registry_unknown(&config, call->args[i]);
    }
    if (call->dry_run) {
        for (size_t i = 0; i < count; i++)
            out("would ask '%s' (%s)\n", chosen[i]->name, chosen[i]->url);
        return 0;
    }
    result = registry_update(&config, chosen, count, updates, call->arena);
    print_updates(updates, count);
    if (term_json())
        return -result; /* the document has said what and why */
    warn_of_others(updates, count);
    return result;
}

/* ---- add ---- */

/* A folder becomes absolute: paii.toml is not where the person stands. */
static const char *registry_url(struct arena *arena, const char *text)
{
    if (!strstr(text, "://") && !source_is_scp(text) && (*text == '~' || fs_exists(text)))
        return path_absolute(arena, text);
    return text;
}

static int check_new(const struct config *config, const char *name, const char *url)
{
    const struct registry_config *same = config_registry(config, name);

    if (same && same->builtin) {
        fail(ERR_REFUSED, "the registry '%s' is built in", name);
        error_hint("paii config set registries.core URL puts another in its place");
        return -ERR_REFUSED;
    }
    if (same) {
        fail(ERR_REFUSED, "there is a registry '%s' already: %s", name, same->url);
        error_hint("paii registry remove %s takes it away", name);
        return -ERR_REFUSED;
    }
    for (size_t i = 0; i < config->registry_count; i++) {
        if (strcmp(config->registries[i].url, url) == 0 && !config->registries[i].ref)
            warning("'%s' is the registry '%s' already: every plugin will be there twice", url,
                    config->registries[i].name);
    }
    return 0;
}

static void add_text(struct buf *out, const char *key, const char *text)
{
    if (!text)
        return;
    buf_printf(out, ", %s = ", key);
    toml_quote(out, text);
}

/* The registry's entry in paii.toml: its URL, or a table if there is more to say. */
static void write_entry(struct buf *out, const struct registry_config *registry)
{
    bool more = registry->ref || registry->priority || registry->token_env || registry->netrc;

    if (more)
        buf_puts(out, "{ url = ");
    toml_quote(out, registry->url);
    add_text(out, "ref", registry->ref);
    if (registry->priority)
        buf_printf(out, ", priority = %d", registry->priority);
    add_text(out, "token_env", registry->token_env);
    if (registry->netrc)
        buf_puts(out, ", netrc = true");
    if (more)
        buf_puts(out, " }");
}

static int keep_registry(const struct registry_config *registry, struct arena *arena)
{
    AUTO_BUF value = {0};

    write_entry(&value, registry);
    return config_edit(arena_printf(arena, "registries.%s", registry->name), buf_text(&value));
}

/* By the rules of paii.toml, where the entry will stand. */
static int check_credentials(const struct registry_config *registry, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    struct config config;
    AUTO_BUF text = {0};

    if (!registry->token_env && !registry->netrc)
        return 0;
    buf_printf(&text, "[registries]\n%s = ", registry->name);
    write_entry(&text, registry);
    return config_parse(&config, arena, "the new entry", buf_text(&text), text.len, &diags);
}

/* Nothing is left of a registry that could not be added, unless it stands in paii.toml: that may be
 * although the last step, to have it on the disk, has failed. The first error is the one told. */
static int take_back(const char *name, int result, struct arena *arena)
{
    const char *text = arena_strdup(arena, error_text());
    const char *hint = arena_strdup(arena, error_hint_text());
    struct config config;

    if (config_read(&config, arena) == 0 && !config_registry(&config, name))
        registry_forget(name);
    fail((enum err) - result, "%s", text);
    if (*hint)
        error_hint("%s", hint);
    return result;
}

static int run_add(struct invocation *call)
{
    const struct add_options *options = call->options;
    struct registry_config registry = {
        .name = call->args[0],
        .url = registry_url(call->arena, call->args[1]),
        .ref = options->ref,
        .priority = options->priority,
        .token_env = options->token_env,
        .netrc = options->netrc,
    };
    const struct registry_config *list = &registry;
    struct registry_update update;
    struct config config;
    int result = name_check("registry", registry.name);

    if (result == 0)
        result = config_read(&config, call->arena);
    if (result == 0)
        result = check_new(&config, registry.name, registry.url);
    if (result < 0)
        return result;
    if (registry.ref && !source_ref_valid(registry.ref))
        return fail(ERR_REFUSED, "'%s' is no branch or tag", registry.ref);
    result = check_credentials(&registry, call->arena);
    if (result < 0)
        return result;
    if (call->dry_run) {
        out("would ask '%s' and add it as '%s'\n", registry.url, registry.name);
        return 0;
    }
    result = registry_forget(registry.name); /* what a registry of that name left long ago */
    if (result == 0)
        result = registry_update(&config, &list, 1, &update, call->arena);
    if (result == 0)
        result = keep_registry(&registry, call->arena);
    if (result < 0)
        return take_back(registry.name, result, call->arena);
    print_updates(&update, 1);
    return 0;
}

/* ---- remove ---- */

static void warn_of_installed(const char *registry, struct arena *arena)
{
    struct catalog installed;
    struct strings names = {0};
    struct package package;

    if (installed_open(&installed) < 0) {
        error_clear();
        return;
    }
    for (size_t i = 0; i < installed.count; i++) {
        catalog_get(&installed, i, &package);
        if (strcmp(package.registry, registry) == 0)
            strings_add(&names, arena, package.name);
    }
    if (names.count)
        warning("installed from '%s' and no longer updated: %s", registry,
                strings_join(&names, arena, ", "));
    catalog_close(&installed);
}

static int run_remove(struct invocation *call)
{
    const char *name = call->args[0];
    const struct registry_config *registry;
    struct config config;
    int result = config_read(&config, call->arena);

    if (result < 0)
        return result;
    registry = config_registry(&config, name);
    if (!registry)
        return registry_unknown(&config, name);
    if (registry->builtin)
        return fail(ERR_REFUSED, "the registry '%s' is built in and stays", name);
    if (call->dry_run) {
        out("would remove '%s' (%s)\n", name, registry->url);
        return 0;
    }
    result = config_edit(arena_printf(call->arena, "registries.%s", name), NULL);
    if (result == 0)
        result = registry_forget(name);
    if (result < 0)
        return result;
    warn_of_installed(name, call->arena);
    note("removed the registry '%s'", name);
    return 0;
}

/* ---- list ----
 *
 *     core  4 plugins   builtin:
 *     work  12 plugins  https://git.example.com/team/plugins.git #stable
 */

static void list_json(const struct config *config, const struct catalog *catalogs,
                      const struct strings *missing)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};

    json_array(&json);
    for (size_t i = 0; i < config->registry_count; i++) {
        const struct registry_config *registry = &config->registries[i];

        json_object(&json);
        json_field(&json, "name", registry->name);
        json_field(&json, "url", registry->url);
        json_field(&json, "ref", registry->ref);
        json_key(&json, "priority");
        json_integer(&json, registry->priority);
        json_key(&json, "plugins");
        json_integer(&json, (int64_t)catalog_names(&catalogs[i]));
        json_key(&json, "updated");
        json_boolean(&json, !strings_has(missing, registry->name));
        json_end_object(&json);
    }
    json_end_array(&json);
    print_buf(&text);
}

static void list_table(const struct config *config, const struct catalog *catalogs,
                       const struct strings *missing, struct arena *arena)
{
    size_t width = 0;

    for (size_t i = 0; i < config->registry_count; i++) {
        size_t len = strlen(config->registries[i].name);
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < config->registry_count; i++) {
        const struct registry_config *registry = &config->registries[i];
        size_t plugins = catalog_names(&catalogs[i]);
        const char *count =
            arena_printf(arena, "%zu %s", plugins, plugins == 1 ? "plugin" : "plugins");

        if (strings_has(missing, registry->name))
            count = "never updated";
        out_styled(STYLE_BOLD, "%-*s", (int)width, registry->name);
        out("  %-13s  %s%s%s\n", count, registry->url, registry->ref ? " #" : "",
            registry->ref ? registry->ref : "");
    }
}

static int run_list(struct invocation *call)
{
    struct config config;
    struct catalog *catalogs;
    struct strings missing = {0};
    int result = config_read(&config, call->arena);

    if (result == 0)
        result = registry_open_all(&config, &catalogs, &missing, call->arena);
    if (result < 0)
        return result;
    if (term_json())
        list_json(&config, catalogs, &missing);
    else
        list_table(&config, catalogs, &missing, call->arena);
    registry_close_all(&config, catalogs);
    return 0;
}

/* ---- the commands ---- */

static const struct option add_options[] = {
    {"ref", 0, OPTION_STRING, offsetof(struct add_options, ref), "REF",
     "branch or tag; the default branch if left out", COMPLETE_NONE, NULL},
    {"priority", 0, OPTION_INTEGER, offsetof(struct add_options, priority), "NUMBER",
     "higher wins where two registries have a plugin (0)", COMPLETE_NONE, NULL},
    {"token-env", 0, OPTION_STRING, offsetof(struct add_options, token_env), "NAME",
     "of a private one: where its token is, in the environment or .env", COMPLETE_NONE, NULL},
    {"netrc", 0, OPTION_FLAG, offsetof(struct add_options, netrc), NULL,
     "of a private one: take the login from ~/.netrc", COMPLETE_NONE, NULL},
    {0},
};
static const struct positional add_positionals[] = {
    {"NAME", 1, 1, "what you will call it", COMPLETE_NONE, NULL},
    {"URL", 1, 1, "a folder, a Git repository, or the URL of a TOML index", COMPLETE_DIR, NULL},
    {0},
};
static const struct positional remove_positionals[] = {
    {"NAME", 1, 1, "the registry", COMPLETE_REGISTRY, NULL},
    {0},
};
static const struct positional update_positionals[] = {
    {"NAME", 0, 0, "the registries; all if left out", COMPLETE_REGISTRY, NULL},
    {0},
};

static const struct command registry_add = {
    .name = "add",
    .summary = "add a registry",
    .description = "Asks the registry first: one that cannot be read is not added.",
    .examples = "paii registry add work https://git.example.com/team/plugins.git\n"
                "paii registry add mine ~/plugins",
    .needs = NEEDS_LOCK,
    .options = add_options,
    .options_size = sizeof(struct add_options),
    .positionals = add_positionals,
    .run = run_add,
};
static const struct command registry_list = {
    .name = "list",
    .summary = "list the registries",
    .needs = NEEDS_PATHS,
    .run = run_list,
};
static const struct command registry_remove = {
    .name = "remove",
    .summary = "remove a registry",
    .description = "Plugins that were installed from it stay installed.",
    .needs = NEEDS_LOCK,
    .positionals = remove_positionals,
    .run = run_remove,
};
static const struct command registry_update_command = {
    .name = "update",
    .summary = "ask the registries for what is new",
    .description = "An unchanged registry costs one request. One that cannot be reached keeps what "
                   "is known of it; the exit status tells.",
    .needs = NEEDS_LOCK,
    .positionals = update_positionals,
    .run = run_update,
};

static const struct command *const subcommands[] = {&registry_add, &registry_list, &registry_remove,
                                                    &registry_update_command, NULL};

const struct command cmd_registry = {
    .name = "registry",
    .summary = "say where plugins come from",
    .description = "A registry is a folder, a Git repository or a TOML file at a URL that lists "
                   "plugins, or a Claude Code marketplace. 'core' is built in.",
    .group = GROUP_REGISTRIES,
    .subcommands = subcommands,
};
