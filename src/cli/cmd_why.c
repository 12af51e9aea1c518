#include "base/data.h"
#include "base/paths.h"
#include "change/project.h"
#include "cli/command.h"
#include "cli/needs.h"

#include <string.h>

struct options {
    const char *project;
};

enum { RIVALS_MAX = 5 }; /* of one reason */

struct question {
    struct needs needs;
    struct config config;
    struct catalog *catalogs;
    const struct package *package;
    struct arena *arena;
};

/* ---- in words ---- */

static const char *why_words(const struct question *question, enum preference why)
{
    switch (why) {
    case PREFER_BOUND:
        return "[bindings] names it";
    case PREFER_ASKED:
        return paths.project ? "paii.toml asks for it" : "you asked for it";
    case PREFER_PRIORITY:
        return arena_printf(question->arena, "registry '%s' has the higher priority",
                            question->package->registry);
    case PREFER_NAME:
        return "its name comes first";
    case PREFER_THERE:
        break;
    }
    return "it was there";
}

static void print_rivals(const struct question *question, const struct use *use)
{
    struct arena *arena = question->arena;
    struct rivals rivals =
        use_rivals(&question->needs, use, &question->config, question->catalogs, arena);
    for (int why = PREFER_BOUND; why <= PREFER_THERE; why++) {
        struct strings names = {0};
        size_t more = 0;
        for (size_t i = 0; i < rivals.count; i++) {
            const struct rival *rival = &rivals.items[i];
            if (rival->why != (enum preference)why)
                continue;
            if (names.count < RIVALS_MAX)
                strings_add(&names, arena, rival->package.name);
            else
                more++;
        }
        if (more)
            strings_add(&names, arena, arena_printf(arena, "%zu more", more));
        if (names.count)
            out("    chosen over %s: %s\n", strings_join(&names, arena, ", "),
                why_words(question, (enum preference)why));
    }
}

static void print_use(const struct question *question, const struct use *use)
{
    struct arena *arena = question->arena;
    const struct package *consumer = use->consumer;
    struct strings path = needs_path(&question->needs, consumer, arena);
    const char *words = use_words(use, arena);
    if (consumer == question->package)
        out("  it uses itself as '%s' (%s)\n", use->term.alias, words);
    else if (!use->term.contract)
        out("  %s %s depends on it (%s)\n", consumer->name, consumer->version, words);
    else
        out("  %s %s %s as '%s' (%s)\n", consumer->name, consumer->version,
            use->term.optional ? "can use it" : "needs it", use->term.alias, words);
    if (path.count > 1 && consumer != question->package)
        out("    for %s, which %s (%s)\n", path.items[0],
            paths.project ? "paii.toml asks for" : "you asked for",
            strings_join(&path, arena, " > "));
    print_rivals(question, use);
}

static void print_text(const struct question *question)
{
    const struct needs *needs = &question->needs;
    const struct package *package = question->package;
    out("%s %s is installed because\n", package->name, package->version);
    if (package->flags & PACKAGE_REQUESTED)
        out("  %s%s%s\n", why_words(question, PREFER_ASKED), *package->range ? ": " : "",
            package->range);
    bool used = false;
    for (size_t i = 0; i < needs->count; i++)
        if (needs->uses[i].provider == package) {
            print_use(question, &needs->uses[i]);
            used = true;
        }
    if (needs_path(needs, package, question->arena).count == 0)
        out("  %s\n", used ? "nothing that was asked for needs it"
                           : "nobody removed it: the next change will");
}

/* ---- as data ---- */

static void add_rivals(const struct question *question, struct json_writer *json,
                       const struct use *use)
{
    struct rivals rivals =
        use_rivals(&question->needs, use, &question->config, question->catalogs, question->arena);
    json_key(json, "chosen_over");
    json_array(json);
    for (size_t i = 0; i < rivals.count; i++) {
        const struct package *package = &rivals.items[i].package;
        json_object(json);
        json_field(json, "name", package->name);
        json_field(json, "version", package->version);
        json_field(json, "registry", *package->registry ? package->registry : NULL);
        json_key(json, "installed");
        json_boolean(json, rivals.items[i].installed);
        json_field(json, "because", preference_names[rivals.items[i].why]);
        json_end_object(json);
    }
    json_end_array(json);
}

static void add_use(const struct question *question, struct json_writer *json,
                    const struct use *use)
{
    struct strings path = needs_path(&question->needs, use->consumer, question->arena);
    json_object(json);
    json_field(json, "name", use->consumer->name);
    if (use->term.contract) {
        json_field(json, "alias", use->term.alias);
        json_field(json, "contract", consumed_words(&use->term, question->arena));
    } else {
        json_field(json, "depends", dependency_text(&use->depends, question->arena));
    }
    json_key(json, "optional");
    json_boolean(json, use_optional(use));
    json_strings(json, "for", &path);
    add_rivals(question, json, use);
    json_end_object(json);
}

static void print_json(const struct question *question)
{
    const struct needs *needs = &question->needs;
    const struct package *package = question->package;
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    json_field(&json, "name", package->name);
    json_field(&json, "version", package->version);
    json_key(&json, "requested");
    json_boolean(&json, package->flags & PACKAGE_REQUESTED);
    json_field(&json, "range", *package->range ? package->range : NULL);
    json_key(&json, "used_by");
    json_array(&json);
    for (size_t i = 0; i < needs->count; i++)
        if (needs->uses[i].provider == package)
            add_use(question, &json, &needs->uses[i]);
    json_end_array(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static int run(struct invocation *call)
{
    struct question question = {.arena = call->arena};
    struct strings missing = {0};
    int result = needs_read(&question.needs, call->arena);
    if (result == 0)
        result = installed_check(&question.needs.set, call->args[0]);
    if (result == 0)
        result = config_read(&question.config, call->arena);
    if (result == 0)
        result = registry_open_all(&question.config, &question.catalogs, &missing, call->arena);
    if (result < 0)
        return result;
    question.package = installed_find(&question.needs.set, call->args[0]);
    (term_json() ? print_json : print_text)(&question);
    registry_close_all(&question.config, question.catalogs);
    return 0;
}

const struct command cmd_why = {
    .name = "why",
    .summary = "say why a plugin is installed",
    .description = "Whether you asked for it, who needs it, through which contract or by name, and "
                   "which others would do as well, with the reason why it was chosen over them.",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_PATHS,
    .options =
        (const struct option[]){
            PROJECT_OPTION(struct options, "one of this repository"),
            {0},
        },
    .options_size = sizeof(struct options),
    .positionals =
        (const struct positional[]){
            {.name = "PLUGIN",
             .min = 1,
             .max = 1,
             .help = "an installed plugin",
             .complete = COMPLETE_INSTALLED},
            {0},
        },
    .run = run,
};
