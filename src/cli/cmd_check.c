#include "base/data.h"
#include "base/fs.h"
#include "cli/command.h"
#include "registry/manifest.h"

#include <stddef.h>

struct check_options {
    bool strict;
};

static const char *level_name(const struct diag *diag)
{
    return diag->level == DIAG_ERROR ? "error" : "warning";
}

/* plugin.toml:3:9: error: plugin.version: expected ...
 *     hint: ... */
static void print_lines(const struct diags *diags)
{
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->items[i];

        out("%s:", diag->file);
        if (diag->line)
            out("%u:%u:", diag->line, diag->column);
        out_styled(diag->level == DIAG_ERROR ? STYLE_RED : STYLE_YELLOW, " %s:", level_name(diag));
        out(" %s%s%s\n", diag->key ? diag->key : "", diag->key ? ": " : "", diag->message);
        if (diag->hint)
            out("    hint: %s\n", diag->hint);
    }
}

static void print_json(const struct diags *diags, bool ok)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};

    json_object(&json);
    json_key(&json, "ok");
    json_boolean(&json, ok);
    json_key(&json, "findings");
    json_array(&json);
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->items[i];

        json_object(&json);
        json_field(&json, "level", level_name(diag));
        json_field(&json, "file", diag->file);
        json_key(&json, "line");
        json_integer(&json, diag->line);
        json_key(&json, "column");
        json_integer(&json, diag->column);
        json_field(&json, "key", diag->key);
        json_field(&json, "message", diag->message);
        json_field(&json, "hint", diag->hint);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static int verdict(const struct diags *diags, bool strict, const char *dir)
{
    size_t warnings = diags->count - diags->errors;

    if (!diags->errors && !(strict && warnings)) {
        if (!term_json())
            note("'%s' is a good plugin", dir);
        return 0;
    }
    if (term_json())
        return ERR_CONFIG; /* the document has said it all */
    return fail(ERR_CONFIG, "'%s' has %zu %s and %zu %s", dir, diags->errors,
                diags->errors == 1 ? "error" : "errors", warnings,
                warnings == 1 ? "warning" : "warnings");
}

static int run(struct invocation *call)
{
    const struct check_options *options = call->options;
    const char *dir = call->arg_count ? call->args[0] : ".";
    struct diags diags = {.arena = call->arena};
    int result;

    if (!fs_is_dir(dir))
        return fail(ERR_NOT_FOUND, "there is no folder '%s'", dir);
    result = manifest_check(call->arena, dir, &diags);
    if (result < 0 && diags.errors == 0)
        return result; /* there was nothing to check */
    error_clear();
    if (term_json())
        print_json(&diags, diags.errors == 0 && !(options->strict && diags.count));
    else
        print_lines(&diags);
    return verdict(&diags, options->strict, dir);
}

static const struct option options[] = {
    {"strict", 's', OPTION_FLAG, offsetof(struct check_options, strict), NULL,
     "warnings count as errors", COMPLETE_NONE, NULL},
    {0},
};

static const struct positional positionals[] = {
    {"DIR", 0, 1, "the plugin's folder; the current one if left out", COMPLETE_DIR, NULL},
    {0},
};

const struct command cmd_check = {
    .name = "check",
    .summary = "report all that is wrong with a plugin",
    .description = "Reads plugin.toml and looks at the files it names. Every finding is shown, not "
                   "the first; the exit status is 12 when one of them is an error.",
    .examples = "paii check               the plugin in this folder\n"
                "paii check --strict jira    for continuous integration",
    .group = GROUP_USE,
    .options = options,
    .options_size = sizeof(struct check_options),
    .positionals = positionals,
    .run = run,
};
