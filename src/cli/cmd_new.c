#include "base/data.h"
#include "base/fs.h"
#include "base/name.h"
#include "cli/command.h"
#include "cli/templates.h"
#include "registry/config.h"

#include <string.h>
#include <unistd.h>

struct new_options {
    const char *type;
};

static const struct plugin_template *find_template(const char *type)
{
    for (const struct plugin_template *at = plugin_templates; at->type; at++) {
        if (strcmp(at->type, type) == 0)
            return at;
    }
    return NULL;
}

/* The template asked for, or that of defaults.language. */
static int choose_template(const struct plugin_template **out, const char *type,
                           struct arena *arena)
{
    struct config config = {0};

    if (!type) {
        int result = config_read(&config, arena);
        if (result < 0)
            return result;
        type = config.default_language ? config.default_language : "python";
    }
    *out = find_template(type);
    if (*out)
        return 0;
    fail(ERR_CONFIG, "there is no template for the language '%s'", type);
    error_hint("choose one with --type: python, rust, c or skill");
    return -ERR_CONFIG;
}

static int check_target(const struct plugin_template *template, const char *name, const char *dir,
                        struct arena *arena)
{
    struct strings entries = {0};

    int result = name_check("plugin", name);
    if (result < 0)
        return result;
    if (strcmp(template->type, "rust") == 0 && name[0] >= '0' && name[0] <= '9')
        return fail(ERR_REFUSED, "cargo does not take the name '%s': it begins with a digit", name);
    if (!fs_exists(dir))
        return 0;
    if (!fs_is_dir(dir))
        return fail(ERR_REFUSED, "'%s' exists and is not a folder", dir);
    result = fs_list(&entries, arena, dir);
    if (result == 0 && entries.count > 0) {
        result = fail(ERR_REFUSED, "the folder '%s' is not empty", dir);
        error_hint("name another: paii new %s --type %s DIR", name, template->type);
    }
    return result;
}

static void fill(struct buf *out, const char *text, const char *name)
{
    static const char mark[] = "@NAME@";
    for (;;) {
        const char *at = strstr(text, mark);
        buf_add(out, text, at ? (size_t)(at - text) : strlen(text));
        if (!at)
            return;
        buf_puts(out, name);
        text = at + sizeof mark - 1;
    }
}

static int write_files(const struct plugin_template *template, const char *name, const char *dir,
                       struct arena *arena)
{
    int result = 0;
    for (const struct template_file *file = template->files; result == 0 && file->path; file++) {
        const char *path = path_join(arena, dir, file->path);
        AUTO_BUF text = {0};
        fill(&text, file->text, name);
        result = fs_mkdirs(path_dir(arena, path), 0755);
        if (result == 0)
            result = fs_write(path, text.data, text.len, file->executable ? 0755 : 0644);
    }
    return result;
}

/* A folder that was not there, or was empty, is so again. */
static int undo(int result, const char *dir, bool existed)
{
    fs_remove_tree(dir);
    if (existed)
        fs_mkdirs(dir, 0755);
    return result;
}

static void print_json(const struct plugin_template *template, const char *name, const char *dir)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};

    json_object(&json);
    json_field(&json, "name", name);
    json_field(&json, "type", template->type);
    json_field(&json, "dir", dir);
    json_key(&json, "files");
    json_array(&json);
    for (const struct template_file *file = template->files; file->path; file++)
        json_string(&json, file->path);
    json_end_array(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static void say_next(const struct plugin_template *template, const char *name, const char *dir)
{
    const char *prefix = strchr(dir, '/') ? "" : "./";

    note("made %s plugin '%s' in %s; next:", template->type, name, dir);
    note("  paii check %s%s", prefix, dir);
    note("  paii install %s%s", prefix, dir);
    if (strcmp(template->type, "skill") != 0)
        note("  paii run %s hello", name);
}

static int run(struct invocation *call)
{
    const struct new_options *options = call->options;
    const struct plugin_template *template;
    const char *name = call->args[0];
    const char *dir = call->arg_count > 1 ? call->args[1] : name;
    const char *path = path_absolute(call->arena, dir);

    int result = choose_template(&template, options->type, call->arena);
    if (result == 0)
        result = check_target(template, name, path, call->arena);
    if (result < 0)
        return result;
    bool existed = fs_exists(path);
    if (!call->dry_run)
        result = write_files(template, name, path, call->arena);
    if (result < 0)
        return undo(result, path, existed);
    if (term_json()) {
        print_json(template, name, path);
    } else if (call->dry_run) {
        for (const struct template_file *file = template->files; file->path; file++)
            out("would write %s/%s\n", dir, file->path);
    } else {
        say_next(template, name, dir);
    }
    return 0;
}

const struct command cmd_new = {
    .name = "new",
    .summary = "make the first files of a plugin",
    .description = "The plugin passes 'paii check', and can be built, installed and run at once.",
    .examples = "paii new greeter --type python\n"
                "paii new fast-check --type rust ~/src/fast-check",
    .group = GROUP_USE,
    .needs = NEEDS_PATHS,
    .options =
        (const struct option[]){
            {"type", 't', OPTION_STRING, offsetof(struct new_options, type), "TYPE",
             "what it is written in; else defaults.language of paii.toml", COMPLETE_NONE,
             (const char *const[]){"python", "rust", "c", "skill", NULL}},
            {0},
        },
    .options_size = sizeof(struct new_options),
    .positionals =
        (const struct positional[]){
            {"NAME", 1, 1, "the plugin's name: lower case letters, digits and '-'"},
            {"DIR", 0, 1, "the folder, ./NAME if not given; it must be empty or absent",
             COMPLETE_DIR},
            {0},
        },
    .run = run,
};
