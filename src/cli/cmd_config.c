#include "base/fs.h"
#include "base/name.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/registration.h"
#include "cli/settings.h"
#include "cli/tables.h"
#include "store/store.h"

#include <string.h>

struct config_options {
    bool global;
};

enum { CONFIG_MAX = 4 * 1024 * 1024 };

static const char *shown(const struct setting *setting)
{
    if (!setting->text)
        return "(not set)";
    return setting->secret ? "(set)" : setting->text;
}

static void add_json(struct json_writer *json, const struct setting *setting)
{
    json_object(json);
    json_field(json, "key", setting->key);
    json_field(json, "type", setting->type);
    json_key(json, "set");
    json_boolean(json, setting->text != NULL);
    if (setting->secret) {
        json_key(json, "secret");
        json_boolean(json, true);
    }
    json_key(json, "value");
    if (setting->json && !setting->secret)
        json_raw(json, setting->json);
    else
        json_null(json);
    json_field(json, "origin", setting->origin);
    json_end_object(json);
}

/* "jira.url" is the plugin "jira" and its key "url". */
static int split_key(const char **plugin, const char **name, const char *key, struct arena *arena)
{
    const char *dot = strchr(key, '.');
    if (!dot || dot == key || !dot[1]) {
        fail(ERR_CONFIG, "'%s' is no key of a setting", key);
        error_hint("keys look like defaults.language, or PLUGIN.NAME; 'paii config show' has all");
        return -ERR_CONFIG;
    }
    *plugin = arena_strndup(arena, key, (size_t)(dot - key));
    *name = dot + 1;
    return name_check("plugin", *plugin);
}

static int unknown_key(const struct settings *settings, const char *key, struct arena *arena)
{
    const char **keys = arena_array(arena, settings->count + 1, sizeof *keys);
    for (size_t i = 0; i < settings->count; i++)
        keys[i] = settings->items[i].key;
    const char *nearest = text_nearest(key, keys, settings->count);

    fail(ERR_CONFIG, "there is no setting '%s'", key);
    if (nearest)
        error_hint("did you mean '%s'?", nearest);
    else
        error_hint("'paii config show' lists all settings");
    return -ERR_CONFIG;
}

static int find_setting(const struct setting **out, const char *key, struct arena *arena)
{
    struct config config = {0};
    struct settings settings = {0};
    const char *plugin, *name;

    int result = config_read(&config, arena);
    if (result == 0 && setting_is_own(key)) {
        result = settings_own(&settings, &config, arena);
    } else if (result == 0) {
        result = split_key(&plugin, &name, key, arena);
        if (result == 0)
            result = settings_plugin(&settings, &config, plugin, arena);
    }
    if (result < 0)
        return result;
    *out = settings_find(&settings, key);
    return *out ? 0 : unknown_key(&settings, key, arena);
}

/* ---- get, show ---- */

static int run_get(struct invocation *call)
{
    const struct setting *setting;
    int result = find_setting(&setting, call->args[0], call->arena);

    if (result < 0)
        return result;
    if (term_json()) {
        AUTO_BUF text = {0};
        struct json_writer json = {.out = &text};
        add_json(&json, setting);
        buf_putc(&text, '\n');
        out_bytes(text.data, text.len);
        return 0;
    }
    if (!setting->text) {
        fail(ERR_CONFIG, "'%s' has no value", setting->key);
        error_hint("'paii config set %s VALUE' gives it one", setting->key);
        return -ERR_CONFIG;
    }
    out("%s\n", shown(setting));
    return 0;
}

static void print_settings(const struct settings *settings)
{
    size_t key_width = 0, value_width = 0;
    enum { WIDEST = 40 };

    for (size_t i = 0; i < settings->count; i++) {
        size_t width = strlen(settings->items[i].key),
               value = text_width(shown(&settings->items[i]));
        key_width = width > key_width ? width : key_width;
        value_width = value > value_width && value <= WIDEST ? value : value_width;
    }
    for (size_t i = 0; i < settings->count; i++) {
        const struct setting *setting = &settings->items[i];
        size_t width = text_width(shown(setting));
        out("%-*s = %s", (int)key_width, setting->key, shown(setting));
        out("%*s  ", width < value_width ? (int)(value_width - width) : 0, "");
        out_styled(STYLE_DIM, "%s", setting->origin ? setting->origin : "");
        out("\n");
    }
}

static void print_settings_json(const struct settings *settings)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};

    json_array(&json);
    for (size_t i = 0; i < settings->count; i++)
        add_json(&json, &settings->items[i]);
    json_end_array(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static int add_installed(struct settings *settings, const struct config *config,
                         struct arena *arena)
{
    struct installed set = {0};
    int result = installed_read(&set, arena);
    for (size_t i = 0; i < set.count && result == 0; i++)
        result = settings_plugin(settings, config, set.packages[i].name, arena);
    return result;
}

static int run_show(struct invocation *call)
{
    struct config config = {0};
    struct settings settings = {0};

    int result = config_read(&config, call->arena);
    if (result == 0 && call->arg_count == 0)
        result = settings_own(&settings, &config, call->arena);
    if (result == 0 && call->arg_count == 0)
        result = add_installed(&settings, &config, call->arena);
    else if (result == 0)
        result = settings_plugin(&settings, &config, call->args[0], call->arena);
    if (result < 0)
        return result;
    if (term_json())
        print_settings_json(&settings);
    else if (settings.count == 0)
        note("plugin '%s' has no settings", call->args[0]);
    else
        print_settings(&settings);
    return 0;
}

/* ---- set, unset ---- */

/* One part of a dotted key, quoted unless it is a bare key of TOML. */
static void key_part(struct buf *out, const char *part)
{
    static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (out->len > 0)
        buf_putc(out, '.');
    if (*part && part[strspn(part, bare)] == '\0')
        buf_puts(out, part);
    else
        toml_quote(out, part);
}

static int edit_plugin_file(const char *plugin, const char *name, const char *value,
                            struct arena *arena)
{
    const char *file = plugin_config_file(plugin, arena);
    AUTO_BUF old = {0}, new = {0}, key = {0};

    int result = fs_mkdirs(path_dir(arena, file), 0700);
    if (result == 0 && fs_exists(file))
        result = fs_read(&old, file, CONFIG_MAX);
    key_part(&key, name);
    if (result == 0)
        result = toml_edit(&new, file, buf_text(&old), old.len, key.data, value);
    return result < 0 ? result : fs_write(file, buf_text(&new), new.len, 0600);
}

static int edit_plugin(const struct config_options *options, const char *key, const char *value,
                       struct arena *arena)
{
    const char *plugin, *name;
    AUTO_BUF dotted = {0};

    int result = split_key(&plugin, &name, key, arena);
    if (result < 0)
        return result;
    if (!options->global)
        return edit_plugin_file(plugin, name, value, arena);
    buf_puts(&dotted, "config");
    key_part(&dotted, plugin);
    key_part(&dotted, name);
    return config_edit(dotted.data, value);
}

/* The one setting that is about another program, which hears of it now. */
static int edit_hooks(const char *value, struct arena *arena)
{
    enum hook_registration hooks = HOOKS_BY_PLUGIN;
    while (value && hooks < HOOKS_OFF && !strstr(value, hook_registrations[hooks]))
        hooks++;
    return registration_set(value ? &hooks : NULL, false, arena);
}

static int edit_own(const char *key, const char *value, struct arena *arena)
{
    AUTO_BUF dotted = {0}, table = {0};
    const char *dot = strchr(key, '.');

    if (strcmp(key, "claude.hooks") == 0)
        return edit_hooks(value, arena);

    buf_add(&table, key, (size_t)(dot - key));
    key_part(&dotted, table.data);
    key_part(&dotted, dot + 1);
    return config_edit(dotted.data, value);
}

/* What has a command of its own, or follows from the environment, is not set here. */
static int check_own(const char *key)
{
    if (text_starts(key, "paths.")) {
        fail(ERR_CONFIG, "'%s' cannot be set: everything is below PAII_DIR", key);
        error_hint("set PAII_DIR in the environment to move it");
        return -ERR_CONFIG;
    }
    if (text_starts(key, "registries.")) {
        fail(ERR_CONFIG, "'%s' is not set here", key);
        error_hint("'paii registry add %s URL' adds it, 'paii registry remove %s' removes it",
                   key + strlen("registries."), key + strlen("registries."));
        return -ERR_CONFIG;
    }
    return 0;
}

static int check_word(const char *key, const char *value)
{
    static const struct {
        const char *key, *choices;
    } rows[] = {
        {"defaults.language", " python rust c skill "},
        {"defaults.log_level", " error warn info debug "},
        {"claude.hooks", " plugin settings off "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO_BUF word = {0};
        buf_printf(&word, " %s ", value);
        if (strcmp(rows[i].key, key) == 0 &&
            (strchr(value, ' ') || !strstr(rows[i].choices, word.data)))
            return fail(ERR_CONFIG, "'%s' is one of%s, not '%s'", key, rows[i].choices, value);
    }
    return text_starts(key, "bindings.") ? name_check("plugin", value) : 0;
}

/* The TOML text of a value that was typed for `key`. */
static int own_value(struct buf *out, const char *key, const char *value, struct arena *arena)
{
    const char *type = "string";
    int result = check_own(key);

    if (result == 0 && !text_starts(key, "bindings.")) {
        const struct setting *setting;
        result = find_setting(&setting, key, arena);
        if (result == 0)
            type = setting->type;
    }
    if (result == 0)
        result = check_word(key, value);
    return result < 0 ? result : setting_value(out, key, type, value, arena);
}

static int run_set(struct invocation *call)
{
    const char *key = call->args[0], *value = call->args[1];
    const struct setting *setting = NULL;
    AUTO_BUF toml = {0};
    int result;

    if (setting_is_own(key)) {
        result = own_value(&toml, key, value, call->arena);
    } else {
        result = find_setting(&setting, key, call->arena);
        if (result == 0)
            result = setting_value(&toml, key, setting->type, value, call->arena);
    }
    if (result < 0)
        return result;
    if (call->dry_run) {
        out("would set %s = %s\n", key, setting && setting->secret ? "(secret)" : toml.data);
        return 0;
    }
    return setting_is_own(key) ? edit_own(key, toml.data, call->arena)
                               : edit_plugin(call->options, key, toml.data, call->arena);
}

static int run_unset(struct invocation *call)
{
    const char *key = call->args[0];
    const struct setting *setting;

    int result = setting_is_own(key) ? check_own(key) : 0;
    if (result == 0)
        result = find_setting(&setting, key, call->arena);
    if (result < 0)
        return result;
    if (!setting->origin || strcmp(setting->origin, "default") == 0) {
        note("'%s' is not set", key);
        return 0;
    }
    if (call->dry_run) {
        out("would unset %s\n", key);
        return 0;
    }
    return setting_is_own(key) ? edit_own(key, NULL, call->arena)
                               : edit_plugin(call->options, key, NULL, call->arena);
}

/* ---- tables ---- */

static const struct option set_options[] = {
    {"global", 'g', OPTION_FLAG, offsetof(struct config_options, global), NULL,
     "in paii.toml [config.PLUGIN], not in the plugin's config.toml"},
    {0},
};

static const struct command config_get = {
    .name = "get",
    .summary = "print the value of a setting",
    .group = GROUP_STATE,
    .needs = NEEDS_PATHS,
    .positionals =
        (const struct positional[]){
            {"KEY", 1, 1, "the setting, such as defaults.language or PLUGIN.NAME",
             COMPLETE_SETTING},
            {0},
        },
    .run = run_get,
};

static const struct command config_set = {
    .name = "set",
    .summary = "give a setting a value",
    .description = "The value is checked against the type that the plugin's manifest declares. "
                   "Only the bytes of that value change in the file.",
    .examples = "paii config set defaults.language rust\n"
                "paii config set jira.url https://example.atlassian.net\n"
                "paii config set jira.projects '[\"OPS\", \"WEB\"]'",
    .group = GROUP_STATE,
    .needs = NEEDS_LOCK,
    .options = set_options,
    .options_size = sizeof(struct config_options),
    .positionals =
        (const struct positional[]){
            {"KEY", 1, 1, "the setting", COMPLETE_SETTING},
            {"VALUE", 1, 1, "its value"},
            {0},
        },
    .run = run_set,
};

static const struct command config_unset = {
    .name = "unset",
    .summary = "take a value away, so that the default counts",
    .group = GROUP_STATE,
    .needs = NEEDS_LOCK,
    .options = set_options,
    .options_size = sizeof(struct config_options),
    .positionals =
        (const struct positional[]){
            {"KEY", 1, 1, "the setting", COMPLETE_SETTING},
            {0},
        },
    .run = run_unset,
};

static const struct command config_show = {
    .name = "show",
    .summary = "print all settings, and where each value comes from",
    .group = GROUP_STATE,
    .needs = NEEDS_PATHS,
    .positionals =
        (const struct positional[]){
            {"PLUGIN", 0, 1, "only those of this plugin", COMPLETE_INSTALLED},
            {0},
        },
    .run = run_show,
};

const struct command cmd_config = {
    .name = "config",
    .summary = "show and change settings",
    .description =
        "A plugin's setting has the default of its manifest, unless paii.toml [config.PLUGIN] "
        "says otherwise, unless plugins/PLUGIN/config.toml does. No install, update or remove "
        "touches these files.",
    .group = GROUP_STATE,
    .subcommands = (const struct command *const[]){&config_get, &config_set, &config_show,
                                                   &config_unset, NULL},
};
