#include "cli/change.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool exists(unsigned n, const unsigned *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (numbers[i] == n)
            return true;
    return false;
}

/* Without an argument: the newest generation before the current one. */
static int choose(unsigned *out, const struct invocation *call, unsigned current)
{
    unsigned *numbers;
    size_t count;
    int result = generation_list(&numbers, &count, call->arena);
    if (result < 0)
        return result;
    *out = 0;
    if (call->arg_count) {
        const char *text = call->args[0];
        *out = isdigit((unsigned char)*text) ? (unsigned)strtoul(text, NULL, 10) : 0;
        if (exists(*out, numbers, count))
            return 0;
        fail(ERR_NOT_FOUND, "there is no generation '%s'", text);
        if (count)
            error_hint("there are generations %u to %u; %u is current", numbers[0],
                       numbers[count - 1], current);
        return -ERR_NOT_FOUND;
    }
    for (size_t i = 0; i < count; i++)
        if (numbers[i] < current)
            *out = numbers[i];
    return *out ? 0
                : fail(ERR_NOT_FOUND, "there is no generation before %u to go back to", current);
}

static void print_difference(const struct installed *from, const struct installed *to)
{
    for (size_t i = 0; i < from->count; i++)
        if (!installed_find(to, from->packages[i].name))
            out("- %s %s\n", from->packages[i].name, from->packages[i].version);
    for (size_t i = 0; i < to->count; i++) {
        const struct package *package = &to->packages[i];
        const struct package *before = installed_find(from, package->name);
        if (!before)
            out("+ %s %s\n", package->name, package->version);
        else if (strcmp(before->prefix, package->prefix) != 0)
            out("^ %s %s -> %s\n", package->name, before->version, package->version);
    }
}

static int check_prefixes(const struct installed *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct package *package = &set->packages[i];
        if (!(package->flags & PACKAGE_DEV) && !store_has_prefix(package->prefix))
            return fail(ERR_NOT_FOUND, "generation %u needs %s %s, which is no longer in the store",
                        set->generation, package->name, package->version);
    }
    return 0;
}

static int run(struct invocation *call)
{
    struct installed now, then;
    unsigned target;
    int result = installed_read(&now, call->arena);
    if (result == 0)
        result = choose(&target, call, now.generation);
    if (result == 0)
        result = installed_read_generation(&then, call->arena, target);
    if (result == 0)
        result = check_prefixes(&then);
    if (result == 0 && !call->dry_run)
        result = change_commit(&then, call->arena);
    if (result < 0)
        return result;
    print_difference(&now, &then);
    note("%sgeneration %u -> %u", call->dry_run ? "would go: " : "", now.generation, target);
    return 0;
}

const struct command cmd_rollback = {
    .name = "rollback",
    .summary = "go back to an earlier set of plugins",
    .description = "Every install, update and remove makes a generation. Going back is one rename; "
                   "nothing is built or fetched.",
    .group = GROUP_STATE,
    .needs = NEEDS_LOCK,
    .positionals =
        (const struct positional[]){
            {.name = "GENERATION",
             .min = 0,
             .max = 1,
             .help = "its number; the one before if absent"},
            {0},
        },
    .run = run,
};
