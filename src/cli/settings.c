#include "cli/settings.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/paths.h"
#include "base/term.h"
#include "base/text.h"
#include "runtime/run.h"
#include "runtime/schema.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_MAX = 4 * 1024 * 1024 };

/* ---- values ---- */

static void set_from(struct setting *setting, const struct data *value, const char *origin,
                     struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text};

    json_data(&json, value);
    setting->json = arena_strdup(arena, buf_text(&text));
    setting->text = value->type == DATA_STRING ? value->text : setting->json;
    setting->origin = origin;
}

static const char *place(const char *file, const struct data *value, struct arena *arena)
{
    return arena_printf(arena, "%s:%u", file, value->line);
}

/* A fragment of TOML, which must be one value of the type and nothing else. */
static int compound_value(struct buf *out, const char *key, const char *type, const char *value,
                          struct arena *arena)
{
    struct diags diags = {.arena = arena};
    const char *line = arena_printf(arena, "value = %s", value);
    struct data *root = data_parse_toml(arena, key, line, strlen(line), &diags);
    struct data *node = root && root->count == 1 ? data_get(root, "value") : NULL;

    if (!node || !schema_type_fits(type, node) || strchr(value, '#')) {
        fail(ERR_CONFIG, "'%s' is %s, and '%s' is none", key, schema_type_words(type), value);
        error_hint("an array is written [\"a\", \"b\"], an object { name = \"a\", size = 1 }");
        return -ERR_CONFIG;
    }
    buf_puts(out, value);
    return 0;
}

int setting_value(struct buf *out, const char *key, const char *type, const char *value,
                  struct arena *arena)
{
    char *end = NULL;

    errno = 0;
    if (strcmp(type, "integer") == 0) {
        long long number = strtoll(value, &end, 10);
        if (errno || end == value || *end)
            return fail(ERR_CONFIG, "'%s' is a whole number, and '%s' is none", key, value);
        buf_printf(out, "%lld", number);
    } else if (strcmp(type, "number") == 0) {
        double number = strtod(value, &end);
        if (errno || end == value || *end || number - number != 0)
            return fail(ERR_CONFIG, "'%s' is a number, and '%s' is none", key, value);
        AUTO_BUF text = {0};
        buf_printf(&text, "%.17g", number);
        buf_puts(out, text.data);
        if (!strpbrk(text.data, ".e"))
            buf_puts(out, ".0");
    } else if (strcmp(type, "boolean") == 0) {
        if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
            return fail(ERR_CONFIG, "'%s' is true or false, not '%s'", key, value);
        buf_puts(out, value);
    } else if (strcmp(type, "array") == 0 || strcmp(type, "object") == 0) {
        return compound_value(out, key, type, value, arena);
    } else if (!text_is_utf8(value, strlen(value))) {
        return fail(ERR_CONFIG, "the value of '%s' is not UTF-8", key);
    } else {
        toml_quote(out, value);
    }
    return 0;
}

const struct setting *settings_find(const struct settings *settings, const char *key)
{
    for (size_t i = 0; i < settings->count; i++) {
        if (strcmp(settings->items[i].key, key) == 0)
            return &settings->items[i];
    }
    return NULL;
}

static struct setting *add(struct settings *out, struct arena *arena, const char *key,
                           const char *type)
{
    struct setting *setting = arena_push(arena, &out->items, &out->count, &out->capacity);
    setting->key = key;
    setting->type = type;
    return setting;
}

/* ---- paii's own ---- */

bool setting_is_own(const char *key)
{
    static const char *const tables[] = {"paths.", "defaults.", "claude.", "registries.",
                                         "bindings."};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (text_starts(key, tables[i]))
            return true;
    }
    return false;
}

static void add_text(struct settings *out, struct arena *arena, const char *key, const char *type,
                     const char *text, const char *origin)
{
    AUTO_BUF json_text = {0};
    struct json_writer json = {.out = &json_text};
    struct setting *setting = add(out, arena, key, type);

    if (strcmp(type, "boolean") == 0)
        json_raw(&json, text);
    else
        json_string(&json, text);
    setting->text = text;
    setting->json = arena_strdup(arena, json_text.data);
    setting->origin = origin;
}

static void add_paths(struct settings *out, struct arena *arena)
{
    const char *origin = getenv("PAII_DIR") ? "PAII_DIR" : "default";
    add_text(out, arena, "paths.plugins", "path", paths.plugins, origin);
    add_text(out, arena, "paths.history", "path", paths.history, origin);
    add_text(out, arena, "paths.registries", "path", paths.registries, origin);
}

static void add_defaults(struct settings *out, const struct config *config, struct arena *arena)
{
    static const struct {
        const char *key, *type, *fallback;
    } rows[] = {
        {"defaults.language", "string", "python"},
        {"defaults.log_level", "string", "info"},
        {"defaults.require_sandbox", "boolean", "false"},
        {"claude.hooks", "string", "plugin"},
        {"claude.flat", "boolean", "false"},
        {"network.connect", "integer", "8"},
        {"network.stall", "integer", "8"},
        {"network.timeout", "integer", "1800"},
        {"network.retries", "integer", "2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct data *value = config->root ? data_at(config->root, rows[i].key) : NULL;
        if (value)
            set_from(add(out, arena, rows[i].key, rows[i].type), value,
                     place(config->file, value, arena), arena);
        else
            add_text(out, arena, rows[i].key, rows[i].type, rows[i].fallback, "default");
    }
}

static const char *entry_place(const struct config *config, const char *table, const char *key,
                               struct arena *arena)
{
    const struct data *node = config->root ? data_get(config->root, table) : NULL;
    const struct data *entry = node ? data_get(node, key) : NULL;
    return entry ? place(config->file, entry, arena) : "default";
}

int settings_own(struct settings *out, const struct config *config, struct arena *arena)
{
    add_paths(out, arena);
    add_defaults(out, config, arena);
    for (size_t i = 0; i < config->registry_count; i++) {
        const struct registry_config *registry = &config->registries[i];
        add_text(out, arena, arena_printf(arena, "registries.%s", registry->name), "string",
                 registry->url, entry_place(config, "registries", registry->name, arena));
    }
    for (size_t i = 0; i < config->binding_count; i++) {
        const struct binding *binding = &config->bindings[i];
        add_text(out, arena, arena_printf(arena, "bindings.%s", binding->contract), "string",
                 binding->plugin, entry_place(config, "bindings", binding->contract, arena));
    }
    return 0;
}

/* ---- of plugins ---- */

const char *plugin_config_file(const char *plugin, struct arena *arena)
{
    return path_join(arena, path_join(arena, paths.plugins, plugin), "config.toml");
}

/* The table of a file of the user's; NULL and success if the file is absent. */
static int read_user_file(struct data **out, const char *file, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};

    *out = NULL;
    if (!fs_exists(file))
        return 0;
    int result = fs_read(&text, file, CONFIG_MAX);
    if (result < 0)
        return result;
    *out = data_parse_toml(arena, file, buf_text(&text), text.len, &diags);
    return *out ? 0 : diags_result(&diags);
}

static void apply(struct setting *setting, const char *name, const struct data *table,
                  const char *file, struct arena *arena)
{
    const struct data *value = table ? data_get(table, name) : NULL;
    if (!value)
        return;
    if (!schema_type_fits(setting->type, value)) {
        warning("%s: '%s' must be %s, not %s", place(file, value, arena), setting->key,
                schema_type_words(setting->type), data_type_name(value->type));
        return;
    }
    set_from(setting, value, place(file, value, arena), arena);
}

static void apply_default(struct setting *setting, const char *fallback, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    if (!fallback)
        return;
    struct data *value =
        data_parse_json(arena, setting->key, fallback, strlen(fallback), false, &diags);
    if (value)
        set_from(setting, value, "default", arena);
}

static const struct value_schema *find_schema(const struct manifest *manifest, const char *name)
{
    for (size_t i = 0; i < manifest->config_count; i++) {
        if (strcmp(manifest->config[i].name, name) == 0)
            return &manifest->config[i];
    }
    return NULL;
}

/* What the manifest does not declare reaches the plugin too, so it is shown. */
static void add_others(struct settings *out, const struct manifest *manifest,
                       const struct data *table, const char *file, struct arena *arena)
{
    static const char *const types[] = {
        [DATA_INTEGER] = "integer", [DATA_FLOAT] = "number", [DATA_BOOLEAN] = "boolean",
        [DATA_ARRAY] = "array",     [DATA_TABLE] = "object", [DATA_DATETIME] = NULL,
    };
    for (const struct data *at = table ? table->children : NULL; at; at = at->next) {
        const char *key = arena_printf(arena, "%s.%s", manifest->name, at->key);
        if (find_schema(manifest, at->key) || settings_find(out, key))
            continue;
        const char *type = types[at->type] ? types[at->type] : "string";
        set_from(add(out, arena, key, type), at, place(file, at, arena), arena);
    }
}

int settings_plugin(struct settings *out, const struct config *config, const char *plugin,
                    struct arena *arena)
{
    struct target target;
    const char *file = plugin_config_file(plugin, arena);
    struct data *user = NULL;

    int result = target_open(&target, plugin, arena);
    if (result == 0)
        result = read_user_file(&user, file, arena);
    if (result < 0)
        return result;

    const struct data *all = config->root ? data_get(config->root, "config") : NULL;
    const struct data *global = config_of_plugin(all, plugin, arena);
    const struct manifest *manifest = &target.manifest;
    for (size_t i = 0; i < manifest->config_count; i++) {
        const struct value_schema *schema = &manifest->config[i];
        struct setting *setting =
            add(out, arena, arena_printf(arena, "%s.%s", plugin, schema->name), schema->type);
        setting->secret = schema->secret;
        setting->required = schema->required;
        apply_default(setting, schema->fallback, arena);
        apply(setting, schema->name, global, config->file, arena);
        apply(setting, schema->name, user, file, arena);
    }
    add_others(out, manifest, user, file, arena);
    add_others(out, manifest, global, config->file, arena);
    return 0;
}

void settings_keys(struct strings *out, struct arena *arena)
{
    struct config config = {0};
    struct settings settings = {0};
    struct installed set = {0};

    if (config_read(&config, arena) < 0)
        return;
    settings_own(&settings, &config, arena);
    if (installed_read(&set, arena) == 0) {
        for (size_t i = 0; i < set.count; i++)
            settings_plugin(&settings, &config, set.packages[i].name, arena);
    }
    for (size_t i = 0; i < settings.count; i++)
        strings_add(out, arena, settings.items[i].key);
}
