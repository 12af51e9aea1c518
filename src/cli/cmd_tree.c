#include "base/data.h"
#include "change/project.h"
#include "cli/command.h"
#include "cli/needs.h"

struct options {
    const char *project;
};

/* Each plugin is followed once; where it comes again it is marked. */
struct walk {
    const struct needs *needs;
    struct strings shown;
    struct arena *arena;
};

static void print_uses(struct walk *walk, const struct package *package, const char *indent);

static const char *nothing_words(const struct use *use)
{
    if (use_optional(use))
        return " (optional)";
    return use->term.contract ? "" : ", though it is needed";
}

static void print_use(struct walk *walk, const struct use *use, const char *indent, bool last)
{
    const struct package *provider = use->provider;
    out("%s%s ", indent, last ? "`--" : "|--");
    if (!provider) {
        out("%s: nothing%s\n", use_words(use, walk->arena), nothing_words(use));
        return;
    }
    bool again = strings_has(&walk->shown, provider->name);
    out("%s %s for %s%s\n", provider->name, provider->version, use_words(use, walk->arena),
        provider == use->consumer ? " (itself)"
        : again                   ? " (above)"
                                  : "");
    if (!again)
        print_uses(walk, provider, arena_printf(walk->arena, "%s%s   ", indent, last ? " " : "|"));
}

static void print_uses(struct walk *walk, const struct package *package, const char *indent)
{
    const struct needs *needs = walk->needs;
    strings_add(&walk->shown, walk->arena, package->name);
    for (size_t i = 0; i < needs->count; i++) {
        bool last = i + 1 == needs->count || needs->uses[i + 1].consumer != package;
        if (needs->uses[i].consumer == package)
            print_use(walk, &needs->uses[i], indent, last);
    }
}

/* First what was asked for, then what none of that leads to. */
static void print_text(const struct needs *needs, struct arena *arena)
{
    struct walk walk = {.needs = needs, .arena = arena};
    for (int asked = 1; asked >= 0; asked--)
        for (size_t i = 0; i < needs->set.count; i++) {
            const struct package *package = &needs->set.packages[i];
            if (asked ? !(package->flags & PACKAGE_REQUESTED)
                      : strings_has(&walk.shown, package->name))
                continue;
            out("%s %s%s\n", package->name, package->version, asked ? "" : " (not asked for)");
            print_uses(&walk, package, "");
        }
}

static void add_use(struct json_writer *json, const struct use *use, struct arena *arena)
{
    json_object(json);
    if (use->term.contract) {
        json_field(json, "alias", use->term.alias);
        json_field(json, "contract", consumed_words(&use->term, arena));
    } else {
        json_field(json, "depends", dependency_text(&use->depends, arena));
    }
    json_key(json, "optional");
    json_boolean(json, use_optional(use));
    json_key(json, "provider");
    json_string(json, use->provider ? use->provider->name : NULL);
    json_end_object(json);
}

static void print_json(const struct needs *needs, struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_array(&json);
    for (size_t i = 0; i < needs->set.count; i++) {
        const struct package *package = &needs->set.packages[i];
        json_object(&json);
        json_field(&json, "name", package->name);
        json_field(&json, "version", package->version);
        json_key(&json, "requested");
        json_boolean(&json, package->flags & PACKAGE_REQUESTED);
        json_key(&json, "uses");
        json_array(&json);
        for (size_t u = 0; u < needs->count; u++)
            if (needs->uses[u].consumer == package)
                add_use(&json, &needs->uses[u], arena);
        json_end_array(&json);
        json_end_object(&json);
    }
    json_end_array(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static int run(struct invocation *call)
{
    struct needs needs;
    int result = needs_read(&needs, call->arena);
    if (result < 0)
        return result;
    (term_json() ? print_json : print_text)(&needs, call->arena);
    if (needs.set.count == 0)
        note("nothing is installed; 'paii search WORD' finds plugins");
    return 0;
}

const struct command cmd_tree = {
    .name = "tree",
    .summary = "show who uses whom",
    .description = "What you asked for, and below each plugin the providers of what it consumes.",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_PATHS,
    .options =
        (const struct option[]){
            PROJECT_OPTION(struct options, "that of this repository"),
            {0},
        },
    .options_size = sizeof(struct options),
    .run = run,
};
