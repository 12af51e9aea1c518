#include "runtime/settings.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "registry/config.h"
#include "runtime/schema.h"

#include <string.h>

enum { MAX_SETTINGS = 4 << 20 };

/* One level: a table, and the file it is from. */
struct level {
    const char *file;
    const struct data *table; /* NULL for none */
};

static int read_level(struct level *out, const char *file, struct arena *arena)
{
    *out = (struct level){.file = file};
    if (!fs_exists(file))
        return 0;
    AUTO_BUF text = {0};
    int result = fs_read(&text, file, MAX_SETTINGS);
    if (result < 0)
        return result;
    struct diags diags = {.arena = arena};
    out->table = data_parse_toml(arena, file, buf_text(&text), text.len, &diags);
    return diags_result(&diags);
}

/* The user's two levels, the stronger first. */
static int read_levels(struct level levels[2], const char *plugin, struct arena *arena)
{
    const char *own = arena_printf(arena, "%s/%s/config.toml", paths.plugins, plugin);
    int result = read_level(&levels[0], own, arena);
    if (result == 0)
        result = read_level(&levels[1], paths.config, arena);
    if (result == 0 && levels[1].table) {
        const struct data *all = data_get(levels[1].table, "config");
        levels[1].table = config_of_plugin(all, plugin, arena);
        if (levels[1].table && levels[1].table->type != DATA_TABLE)
            return fail(ERR_CONFIG, "%s: 'config.%s' must be a table", paths.config, plugin);
    }
    return result;
}

static const struct data *find(const struct level levels[2], const char *key, const char **file)
{
    for (int i = 0; i < 2; i++) {
        const struct data *value = levels[i].table ? data_get(levels[i].table, key) : NULL;
        *file = levels[i].file;
        if (value)
            return value;
    }
    return NULL;
}

static bool is_declared(const struct manifest *manifest, const char *key)
{
    for (size_t i = 0; i < manifest->config_count; i++) {
        if (!strcmp(manifest->config[i].name, key))
            return true;
    }
    return false;
}

static const char *write_declared(struct json_writer *json, const struct value_schema *schema,
                                  const struct level levels[2], struct arena *arena)
{
    const char *file;
    const struct data *value = find(levels, schema->name, &file);
    if (value && !schema_type_fits(schema->type, value))
        return arena_printf(arena, "%s: '%s' must be %s, not %s", file, schema->name,
                            schema_type_words(schema->type), data_type_name(value->type));
    if (!value && !schema->fallback)
        return schema->required ? arena_printf(arena, "'%s' is not set: add it to %s", schema->name,
                                               levels[0].file)
                                : NULL;
    json_key(json, schema->name);
    if (value)
        json_data(json, value);
    else
        json_raw(json, schema->fallback);
    return NULL;
}

/* What the manifest does not declare is passed on: older plugins declare little. */
static void write_others(struct json_writer *json, const struct manifest *manifest,
                         const struct level levels[2])
{
    for (int i = 0; i < 2; i++) {
        const struct data *value = levels[i].table ? levels[i].table->children : NULL;
        for (; value; value = value->next) {
            bool said = i == 1 && levels[0].table && data_get(levels[0].table, value->key);
            if (said || is_declared(manifest, value->key))
                continue;
            json_key(json, value->key);
            json_data(json, value);
        }
    }
}

int settings_merge(struct buf *out, const struct target *target, const char **wrong,
                   struct arena *arena)
{
    const struct manifest *manifest = &target->manifest;
    struct level levels[2];
    *wrong = NULL;
    int result = read_levels(levels, target->name, arena);
    if (result < 0)
        return result;
    struct json_writer json = {.out = out};
    json_object(&json);
    for (size_t i = 0; i < manifest->config_count && !*wrong; i++)
        *wrong = write_declared(&json, &manifest->config[i], levels, arena);
    write_others(&json, manifest, levels);
    json_end_object(&json);
    return 0;
}
