/*
 * What a marketplace's entry says of a plugin becomes part of its manifest (docs/registry.md).
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "registry/manifest_private.h"
#include "registry/marketplace.h"
#include "registry/npm.h"

#include <string.h>

static const char client_manifest[] = ".claude-plugin/plugin.json";

bool package_is_listed(const struct package *package)
{
    return package && package->entry && *package->entry;
}

/* A table, or NULL: a lock file may hold anything. */
static struct data *entry_of(const struct package *package, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    struct data *entry;

    if (!package_is_listed(package))
        return NULL;
    entry = data_parse_json(arena, "entry", package->entry, strlen(package->entry), false, &diags);
    return entry && entry->type == DATA_TABLE ? entry : NULL;
}

/* A table; NULL if there is none that can be read. */
static struct data *read_client_manifest(struct arena *arena, const char *path)
{
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};
    struct data *root;
    size_t mark;

    if (fs_read(&text, path, MANIFEST_MAX_BYTES) < 0) {
        error_clear();
        return NULL;
    }
    mark = text_starts(buf_text(&text), "\xef\xbb\xbf") ? 3 : 0;
    root = data_parse_json(arena, path, buf_text(&text) + mark, text.len - mark, false, &diags);
    return root && root->type == DATA_TABLE ? root : NULL;
}

/* ---- reading ---- */

/* A plugin of paii's own that is one of the client's too: what the client will ask for it needs. */
static void take_dependencies(struct manifest *out, struct arena *arena, const char *dir,
                              struct diags *diags)
{
    const char *path = path_join(arena, dir, client_manifest);
    struct reader reader = {.file = path, .diags = diags};

    reader.table = read_client_manifest(arena, path);
    if (reader.table)
        claude_read_dependencies(&out->depends, &reader);
}

static const char *first(const char *own, const char *other)
{
    return *own || !other ? own : other;
}

static void take_entry(struct manifest *out, struct arena *arena, const struct package *package,
                       const struct data *entry)
{
    const struct data *version = entry ? data_get(entry, "version") : NULL;

    if (strcmp(out->version, VERSION_UNKNOWN) == 0 && version && version->type == DATA_STRING)
        out->version = index_version(arena, version->text);
    out->description = first(out->description, package->description);
    out->license = first(out->license, package->license);
    out->homepage = first(out->homepage, package->homepage);
    if (!out->authors.count && package->author && *package->author)
        strings_add(&out->authors, arena, package->author);
    if (!out->tags.count && package->tags && *package->tags)
        strings_split(&out->tags, arena, package->tags, '\n');
}

static const char *version_of_content(struct arena *arena, const char *dir,
                                      const struct source *source)
{
    const char *id = source->commit ? source->commit : source->sha256;
    const char *own = source->kind == SOURCE_NPM ? index_version(arena, npm_version(dir, arena))
                                                 : VERSION_UNKNOWN;

    if (strcmp(own, VERSION_UNKNOWN) != 0)
        return own;
    return id ? arena_printf(arena, "0.0.0+%.12s", id) : VERSION_UNKNOWN;
}

static int read_both(struct manifest *out, struct arena *arena, const char *dir,
                     struct diags *diags)
{
    int result = manifest_read(out, arena, dir, diags);

    if (result == 0)
        take_dependencies(out, arena, dir, diags);
    return result;
}

static int read_client(struct manifest *out, struct arena *arena, const char *dir,
                       const struct package *package, struct diags *diags)
{
    struct claude_folder folder = {.dir = dir, .package = package};
    int result = manifest_from_claude(out, arena, &folder, diags);

    if (result < 0)
        return result;
    if (package_is_listed(package))
        take_entry(out, arena, package, entry_of(package, arena));
    if (package->build)
        out->build.type = build_choice_type(package->build);
    if (strcmp(out->version, VERSION_UNKNOWN) == 0)
        out->version = version_of_content(arena, dir, &package->source);
    return 0;
}

int manifest_read_package(struct manifest *out, struct arena *arena, const char *dir,
                          const struct package *package, struct diags *diags)
{
    int result = fs_exists(path_join(arena, dir, "plugin.toml"))
                     ? read_both(out, arena, dir, diags)
                     : read_client(out, arena, dir, package, diags);
    const char *tagged = package_is_listed(package) ? package_tag_version(package) : NULL;

    if (result == 0 && tagged) /* the tag decides, as with the client */
        out->version = tagged;
    return result;
}

const char *manifest_entry_build(struct arena *arena, const struct package *package)
{
    const struct data *entry = entry_of(package, arena);
    const struct data *build = entry ? data_at(entry, "paii.build") : NULL;

    return build && build->type == DATA_STRING && build_choice_valid(build->text) ? build->text
                                                                                  : "";
}

const char *manifest_identity(struct arena *arena, const struct package *package)
{
    return package_is_listed(package) ? arena_printf(arena, "%s %s", package->tree, package->entry)
                                      : package->tree;
}

/* ---- the plugin.json of both ---- */

struct settling {
    struct json_writer json;
    struct arena *arena;
    const char *dir;
    const struct data *own;   /* NULL: the plugin has none */
    const struct data *entry; /* what its marketplace declares */
    bool entry_alone;         /* "strict": false: its own plugin.json declares nothing */
    bool only_skills;         /* those of the entry are all of them */
};

static const struct data *own_component(const struct settling *settling, const char *key)
{
    if (settling->only_skills && strcmp(key, "skills") == 0)
        return NULL;
    return settling->own && !settling->entry_alone ? data_get(settling->own, key) : NULL;
}

/* The folder that the client looks into as long as plugin.json names no other. */
static const char *standard_folder(const char *key)
{
    return strcmp(key, "commands") == 0       ? "commands"
           : strcmp(key, "agents") == 0       ? "agents"
           : strcmp(key, "outputStyles") == 0 ? "output-styles"
                                              : NULL;
}

/* The client takes agents as files alone: a folder is written as those that it holds. */
static void write_agents(struct settling *settling, const char *folder)
{
    struct strings names = {0};

    if (fs_list(&names, settling->arena, path_join(settling->arena, settling->dir, folder)) < 0)
        error_clear();
    for (size_t i = 0; i < names.count; i++)
        if (text_ends(names.items[i], ".md"))
            json_string(&settling->json,
                        arena_printf(settling->arena, "./%s/%s", folder, names.items[i]));
}

/* The client loads nothing of a plugin that names a path without "./" in front. One that leaves the
 * plugin, as only a lock file can still say, is left out. */
static void write_path(struct settling *settling, const char *key, const char *text)
{
    static const char root[] = "${CLAUDE_PLUGIN_ROOT}/";
    const char *path =
        source_subpath(settling->arena, text + (text_starts(text, root) ? strlen(root) : 0));

    if (path && strcmp(key, "agents") == 0 && !text_ends(path, ".md"))
        write_agents(settling, path);
    else if (path)
        json_string(&settling->json, arena_printf(settling->arena, "./%s", path));
}

static void write_item(struct settling *settling, const char *key, const struct data *item)
{
    if (item->type == DATA_STRING && !strstr(item->text, "://"))
        write_path(settling, key, item->text);
    else
        json_data(&settling->json, item);
}

static void write_items(struct settling *settling, const char *key, const struct data *value)
{
    if (value->type != DATA_ARRAY) {
        write_item(settling, key, value);
        return;
    }
    for (const struct data *item = value->children; item; item = item->next)
        write_item(settling, key, item);
}

/* What the entry names comes to what is there without it, as with the client. */
static void write_both(struct settling *settling, const char *key, const struct data *own,
                       const struct data *entry)
{
    const char *standard = own ? NULL : standard_folder(key);

    json_key(&settling->json, key);
    if (entry->type == DATA_TABLE && !own) {
        json_data(&settling->json, entry);
        return;
    }
    json_array(&settling->json);
    if (standard && fs_is_dir(path_join(settling->arena, settling->dir, standard))) {
        if (strcmp(key, "agents") == 0)
            write_agents(settling, standard);
        else
            json_string(&settling->json, arena_printf(settling->arena, "./%s/", standard));
    }
    if (own)
        write_items(settling, key, own);
    write_items(settling, key, entry);
    json_end_array(&settling->json);
}

static bool is_list_like(const char *key)
{
    return strcmp(key, "userConfig") != 0 && strcmp(key, "dependencies") != 0 &&
           strcmp(key, "channels") != 0 && strcmp(key, "monitors") != 0;
}

static void write_component(struct settling *settling, const char *key)
{
    const struct data *own = own_component(settling, key), *entry = data_get(settling->entry, key);

    if (own && entry && is_list_like(key)) {
        write_both(settling, key, own, entry);
    } else if (own) {
        json_key(&settling->json, key);
        json_data(&settling->json, own);
    } else if (entry && is_list_like(key)) {
        write_both(settling, key, NULL, entry);
    } else if (entry) {
        json_key(&settling->json, key);
        json_data(&settling->json, entry);
    }
}

static bool is_component(const char *key)
{
    for (size_t i = 0; component_keys[i]; i++)
        if (strcmp(component_keys[i], key) == 0)
            return true;
    return false;
}

static void write_manifest(struct settling *settling, const struct package *package)
{
    struct json_writer *json = &settling->json;

    json_object(json);
    if (!settling->own || !data_get(settling->own, "name"))
        json_field(json, "name", package->name);
    if (!settling->own)
        json_field(json, "description", *package->description ? package->description : NULL);
    for (const struct data *c = settling->own ? settling->own->children : NULL; c; c = c->next) {
        if (is_component(c->key) || strcmp(c->key, ONLY_SKILLS) == 0)
            continue;
        json_key(json, c->key);
        json_data(json, c);
    }
    for (size_t i = 0; component_keys[i]; i++)
        write_component(settling, component_keys[i]);
    if (settling->only_skills) {
        json_key(json, ONLY_SKILLS);
        json_boolean(json, true);
    }
    json_end_object(json);
    buf_putc(json->out, '\n');
}

/* What is no JSON is told of when the manifest is read. */
static bool read_own(struct settling *settling, const char *path)
{
    settling->own = read_client_manifest(settling->arena, path);
    return settling->own || !fs_exists(path);
}

int manifest_settle(struct arena *arena, const char *dir, const struct package *package)
{
    const char *path = path_join(arena, dir, client_manifest);
    const struct data *entry = entry_of(package, arena), *strict;
    AUTO_BUF text = {0};
    struct settling settling = {
        .json = {.out = &text, .indent = true}, .arena = arena, .dir = dir, .entry = entry};
    bool declares = false;
    int result;

    for (size_t i = 0; entry && component_keys[i]; i++)
        declares |= data_get(entry, component_keys[i]) != NULL;
    if (!declares || !read_own(&settling, path))
        return 0;
    strict = data_get(entry, "strict");
    settling.only_skills = data_get(entry, ONLY_SKILLS) != NULL;
    settling.entry_alone = strict && strict->type == DATA_BOOLEAN && !strict->boolean;
    write_manifest(&settling, package);
    result = fs_mkdirs(path_dir(arena, path), 0755);
    return result < 0 ? result : fs_write(path, text.data, text.len, 0644);
}
