#include "base/data.h"
#include "cli/command.h"
#include "cli/needs.h"

#include <string.h>

/* Installed plugins that would satisfy the use as well, and are not what it is bound to. */
static const char *passed_over(const struct needs *needs, const struct use *use,
                               struct arena *arena)
{
    struct strings names = {0};
    for (size_t i = 0; i < needs->set.count; i++) {
        const struct package *package = &needs->set.packages[i];
        if (package != use->provider &&
            provided_lines_satisfy(package->provides, &use->term, arena))
            strings_add(&names, arena, package->name);
    }
    return strings_join(&names, arena, ", ");
}

static void print_use(const struct needs *needs, const struct use *use, struct arena *arena)
{
    const char *others = passed_over(needs, use, arena);
    out("  %s %s %s as '%s' (%s)", use->consumer->name, use->consumer->version,
        use->term.optional ? "can use it" : "needs it", use->term.alias,
        consumed_words(&use->term, arena));
    out("%s%s\n", *others ? ", chosen over " : "", others);
}

static void print_text(const struct needs *needs, const struct package *package,
                       struct arena *arena)
{
    bool used = false;
    out("%s %s is installed because\n", package->name, package->version);
    if (package->flags & PACKAGE_REQUESTED)
        out("  you asked for it%s%s\n", *package->range ? ": " : "", package->range);
    for (size_t i = 0; i < needs->count; i++)
        if (needs->uses[i].provider == package) {
            print_use(needs, &needs->uses[i], arena);
            used = true;
        }
    if (!used && !(package->flags & PACKAGE_REQUESTED))
        out("  nobody removed it: the next change will\n");
}

static void print_json(const struct needs *needs, const struct package *package,
                       struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    json_field(&json, "name", package->name);
    json_field(&json, "version", package->version);
    json_key(&json, "requested");
    json_boolean(&json, package->flags & PACKAGE_REQUESTED);
    json_key(&json, "used_by");
    json_array(&json);
    for (size_t i = 0; i < needs->count; i++) {
        const struct use *use = &needs->uses[i];
        if (use->provider != package)
            continue;
        json_object(&json);
        json_field(&json, "name", use->consumer->name);
        json_field(&json, "alias", use->term.alias);
        json_field(&json, "contract", consumed_words(&use->term, arena));
        json_key(&json, "optional");
        json_boolean(&json, use->term.optional);
        json_field(&json, "chosen_over", passed_over(needs, use, arena));
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static int run(struct invocation *call)
{
    struct needs needs;
    int result = needs_read(&needs, call->arena);
    if (result == 0)
        result = installed_check(&needs.set, call->args[0]);
    if (result < 0)
        return result;
    const struct package *package = installed_find(&needs.set, call->args[0]);
    if (term_json())
        print_json(&needs, package, call->arena);
    else
        print_text(&needs, package, call->arena);
    return 0;
}

const struct command cmd_why = {
    .name = "why",
    .summary = "say why a plugin is installed",
    .description = "Whether you asked for it, who needs it, through which contract, and which "
                   "installed providers it was chosen over.",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_PATHS,
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
