#include "base/data.h"
#include "base/text.h"
#include "cli/command.h"
#include "store/store.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { KEEP_DEFAULT = 3 };

struct options {
    const char *keep;
};

static void json_count(struct json_writer *json, const char *key, uint64_t value)
{
    json_key(json, key);
    json_integer(json, (int64_t)value);
}

static void print_json(const struct gc *gc)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    json_key(&json, "dry_run");
    json_boolean(&json, gc->dry_run);
    json_count(&json, "freed", gc->freed);
    json_count(&json, "live", gc->live);
    json_count(&json, "cached", gc->cached);
    json_count(&json, "in_use", gc->in_use);
    json_key(&json, "generations");
    json_array(&json);
    for (size_t i = 0; i < gc->generation_count; i++)
        json_integer(&json, gc->generations[i]);
    json_end_array(&json);
    json_strings(&json, "projects", &gc->projects);
    json_strings(&json, "prefixes", &gc->prefixes);
    json_strings(&json, "caches", &gc->caches);
    json_strings(&json, "logs", &gc->logs);
    json_strings(&json, "runs", &gc->runs);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static void print_list(const char *what, const struct strings *items)
{
    for (size_t i = 0; i < items->count; i++)
        out("- %s%s\n", what, items->items[i]);
}

static void print_text(const struct gc *gc, struct arena *arena)
{
    for (size_t i = 0; i < gc->generation_count; i++)
        out("- generation %u\n", gc->generations[i]);
    print_list("project ", &gc->projects);
    print_list("store ", &gc->prefixes);
    print_list("logs/", &gc->logs);
    print_list("run/", &gc->runs);
    print_list("cache ", &gc->caches);
    out("%s %s; %s installed, %s in caches\n", gc->dry_run ? "would free" : "freed",
        text_bytes(arena, gc->freed), text_bytes(arena, gc->live), text_bytes(arena, gc->cached));
    if (gc->in_use)
        note("%zu kept because a process uses it", gc->in_use);
}

static int run(struct invocation *call)
{
    const struct options *options = call->options;
    struct gc gc = {.keep = KEEP_DEFAULT, .dry_run = call->dry_run};
    const char *keep = options->keep;
    size_t digits = keep ? strspn(keep, "0123456789") : 0;
    if (keep && (digits == 0 || digits > 9 || keep[digits]))
        return fail(ERR_GENERIC, "'--keep' needs a number of generations, not '%s'", keep);
    if (keep)
        gc.keep = (unsigned)strtoul(keep, NULL, 10);
    int result = store_gc(&gc, call->arena);
    if (result < 0)
        return result;
    if (term_json())
        print_json(&gc);
    else
        print_text(&gc, call->arena);
    return 0;
}

const struct command cmd_gc = {
    .name = "gc",
    .summary = "remove what no recent generation needs",
    .description =
        "Kept are the current generation, the newest ones, those that a running action uses, and "
        "all that they need from the store. What builds of other plugins said goes, and folders of "
        "actions that were killed. Caches are emptied, those used longest ago first, until they "
        "are no larger than what is installed.",
    .group = GROUP_STATE,
    .needs = NEEDS_LOCK,
    .options =
        (const struct option[]){
            {.name = "keep",
             .kind = OPTION_STRING,
             .offset = offsetof(struct options, keep),
             .value = "N",
             .help = "keep the N newest generations (3)"},
            {0},
        },
    .options_size = sizeof(struct options),
    .run = run,
};
