#include "registry/manifest.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/semver.h"
#include "registry/manifest_private.h"

#include <string.h>

const char *const build_type_names[] = {"skill", "pip", "cargo", "make", "custom", NULL};

struct reader reader_of(const struct reader *parent, struct data *node)
{
    return (struct reader){.table = node, .file = parent->file, .diags = parent->diags};
}

struct data *manifest_entries(struct manifest_reading *reading, const char *key)
{
    struct reader table = read_table(&reading->root, key);

    if (!table.table)
        return NULL;
    if (table.table->count > MANIFEST_MAX_ENTRIES) {
        read_error(&reading->root, table.table, "expected at most %d entries, found %zu",
                   MANIFEST_MAX_ENTRIES, table.table->count);
        return NULL;
    }
    for (struct data *node = table.table->children; node; node = node->next)
        node->known = true;
    return table.table->children;
}

void read_command(struct reader *reader, const char *key, struct strings *out)
{
    struct data *node = data_get(reader->table, key);
    struct strings words = {0};

    read_strings(reader, key, &words);
    if (node && node->type == DATA_STRING && words.count) {
        strings_split(out, reader->diags->arena, words.items[0], ' ');
        if (strpbrk(words.items[0], "|&;<>()$`\\\"'*?"))
            read_error(reader, node, "expected an argument vector: this string needs a shell");
        return;
    }
    *out = words;
    if (node && node->type == DATA_ARRAY && (!out->count || !*out->items[0]))
        read_error(reader, node, "expected a program and its arguments, found nothing");
}

/* ---- [plugin] and [paii] ---- */

/* The first of two spellings that is there; both are known keys. */
static const char *read_either(struct reader *reader, const char *key, const char *other)
{
    const char *text = read_line(reader, key, NULL), *second = read_line(reader, other, NULL);

    return text ? text : second ? second : "";
}

static void check_name(struct reader *reader, const char *name)
{
    if (name && !name_valid(name))
        read_error(reader, data_get(reader->table, "name"),
                   "'%s' is no plugin name: a-z, 0-9 and '-', at most %d, a letter or digit first",
                   name, NAME_MAX_LENGTH);
    else if (name_reserved(name))
        read_warning(reader, data_get(reader->table, "name"),
                     "'%s' is paii's own name: such a plugin cannot be installed", name);
}

static void check_version(struct reader *reader, const char *text)
{
    struct version version;

    if (text && !version_parse(&version, text, false))
        read_error(reader, data_get(reader->table, "version"),
                   "expected a semantic version such as 1.2.3, found '%s'", text);
}

static void read_plugin(struct manifest_reading *reading)
{
    struct manifest *manifest = reading->manifest;
    struct reader plugin = read_table(&reading->root, "plugin");

    if (!data_get(reading->root.table, "plugin"))
        read_error(&reading->root, reading->root.table, "the table [plugin] is missing");
    if (!plugin.table)
        return;
    manifest->name = read_required(&plugin, "name");
    check_name(&plugin, manifest->name);
    manifest->version = read_required(&plugin, "version");
    check_version(&plugin, manifest->version);
    manifest->description = read_line(&plugin, "description", "");
    manifest->license = read_line(&plugin, "license", "");
    manifest->homepage = read_either(&plugin, "homepage", "repository");
    manifest->language = read_line(&plugin, "language", "");
    manifest->type = read_line(&plugin, "type", "");
    read_lines(&plugin, "authors", &manifest->authors);
    read_lines(&plugin, "author", &manifest->authors);
    read_lines(&plugin, "tags", &manifest->tags);
    read_lines(&plugin, "keywords", &manifest->tags);
    read_conflicts(&plugin, &manifest->conflicts);
    read_unknown_keys(&plugin);
}

static void read_paii(struct manifest_reading *reading)
{
    struct reader paii = read_table(&reading->root, "paii");
    const char *text = read_string(&paii, "core_version", NULL);

    if (text && !range_parse(reading->arena, text, false))
        read_error(&paii, data_get(paii.table, "core_version"),
                   "expected a version range such as \">=0.1.0\", found '%s'", text);
    reading->manifest->core_version = text;
    read_unknown_keys(&paii);
}

/* ---- [build] and [run] ---- */

static enum build_type read_build_type(struct reader *build)
{
    static const char *const words[] = {"skill",  "pip", "cargo", "make",
                                        "custom", "uv",  "none",  NULL};
    static const enum build_type types[] = {BUILD_SKILL,  BUILD_PIP, BUILD_CARGO, BUILD_MAKE,
                                            BUILD_CUSTOM, BUILD_PIP, BUILD_SKILL};

    return types[read_choice(build, "type", words, 0)];
}

/* Commands of older manifests: of use to a custom build only. */
static void read_old_commands(struct reader *build, struct build_spec *spec)
{
    static const char *const keys[] = {"build_command", "install_command"};

    for (size_t i = 0; i < 2; i++) {
        struct data *node = read_any(build, keys[i]);

        if (!node)
            continue;
        if (spec->type == BUILD_CUSTOM && !spec->command.count)
            read_command(build, keys[i], &spec->command);
        else
            read_warning(build, node, "not used: a %s build has its own commands",
                         build_type_names[spec->type]);
    }
}

static void warn_unused(struct reader *build, const char *key, enum build_type type,
                        enum build_type wanted)
{
    struct data *node = read_any(build, key);

    if (node && type != wanted)
        read_warning(build, node, "not used: only a %s build reads it", build_type_names[wanted]);
}

static void read_build(struct manifest_reading *reading)
{
    struct build_spec *spec = &reading->manifest->build;
    struct reader build = read_table(&reading->root, "build");

    spec->said = data_get(build.table, "type") != NULL;
    spec->type = read_build_type(&build);
    spec->requirements = read_string(&build, "requirements", NULL);
    spec->target = read_string(&build, "target", NULL);
    read_strings(&build, "features", &spec->features);
    read_command(&build, "command", &spec->command);
    read_old_commands(&build, spec);
    warn_unused(&build, "requirements", spec->type, BUILD_PIP);
    warn_unused(&build, "features", spec->type, BUILD_CARGO);
    warn_unused(&build, "command", spec->type, BUILD_CUSTOM);
    read_unknown_keys(&build);
    if (spec->type == BUILD_CUSTOM && !spec->command.count)
        spec->type = BUILD_SKILL;
}

static void read_run(struct manifest_reading *reading)
{
    struct reader run = read_table(&reading->root, "run");

    if (run.table && !data_get(run.table, "command"))
        read_error(&run, run.table, "the key 'command' is missing");
    read_command(&run, "command", &reading->manifest->run);
    read_unknown_keys(&run);
}

/* ---- the whole ---- */

void manifest_init(struct manifest *out, const char *file)
{
    *out = (struct manifest){
        .file = file, .description = "", .license = "", .homepage = "", .language = "", .type = ""};
}

int manifest_parse(struct manifest *out, struct arena *arena, const char *file, const char *text,
                   size_t len, struct diags *diags)
{
    struct data *root = data_parse_toml(arena, file, text, len, diags);
    struct manifest_reading reading = {
        .manifest = out,
        .arena = arena,
        .root = {.table = root, .file = file, .diags = diags},
    };

    manifest_init(out, file);
    if (!root)
        return diags_result(diags);
    read_plugin(&reading);
    read_paii(&reading);
    manifest_read_provides(&reading);
    manifest_read_consumes(&reading);
    manifest_read_env(&reading);
    manifest_read_config(&reading);
    manifest_read_actions(&reading);
    manifest_read_hooks(&reading);
    read_build(&reading);
    read_run(&reading);
    read_unknown_keys(&reading.root);
    return diags_result(diags);
}

static const struct build_sign {
    const char *file;
    enum build_type type;
} signs[] = {
    {"Cargo.toml", BUILD_CARGO},
    {"requirements.txt", BUILD_PIP},
    {"pyproject.toml", BUILD_PIP},
    {"Makefile", BUILD_MAKE},
};

static enum build_type inferred_build(struct arena *arena, const char *dir)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (fs_is_file(path_join(arena, dir, signs[i].file)))
            return signs[i].type;
    }
    return BUILD_SKILL;
}

const char *manifest_build_sign(struct arena *arena, const char *dir, enum build_type type)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (signs[i].type == type && fs_is_file(path_join(arena, dir, signs[i].file)))
            return signs[i].file;
    }
    return NULL;
}

enum build_type build_choice_type(const char *text)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (strcmp(build_type_names[signs[i].type], text) == 0)
            return signs[i].type;
    }
    return BUILD_SKILL;
}

bool build_choice_valid(const char *text)
{
    return strcmp(text, BUILD_NONE) == 0 || build_choice_type(text) != BUILD_SKILL;
}

int manifest_read(struct manifest *out, struct arena *arena, const char *dir, struct diags *diags)
{
    const char *path = path_join(arena, dir, "plugin.toml");
    AUTO_BUF text = {0};
    int result;

    if (!fs_exists(path))
        return manifest_from_claude(out, arena, &(struct claude_folder){.dir = dir}, diags);
    result = fs_read(&text, path, MANIFEST_MAX_BYTES);
    if (result < 0)
        return result;
    result = manifest_parse(out, arena, path, buf_text(&text), text.len, diags);
    if (!out->build.said)
        out->build.type = inferred_build(arena, dir);
    return result;
}

const struct action *manifest_action(const struct manifest *manifest, const char *name)
{
    for (size_t i = 0; i < manifest->action_count; i++) {
        if (strcmp(manifest->actions[i].name, name) == 0)
            return &manifest->actions[i];
    }
    return NULL;
}
