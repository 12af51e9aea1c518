#include "change/project.h"
#include "cli/command.h"

#include "base/paths.h"
#include "claude/claude.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *project;
};

/* What a project had is in its history, for everybody; going back here alone would be undone by the
 * next sync. */
static int refuse_project(void)
{
    fail(ERR_GENERIC, "'%s' goes back by its own history, not by 'paii rollback'", paths.project);
    error_hint("git restore --source=COMMIT paii.toml paii.lock, then 'paii sync'");
    return -ERR_GENERIC;
}

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
        size_t digits = strspn(text, "0123456789");
        *out = digits < 10 && !text[digits] ? (unsigned)strtoul(text, NULL, 10) : 0;
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

static void add_step(struct change *change, struct step step)
{
    *arena_push(change->arena, &change->steps, &change->step_count, &change->step_capacity) = step;
}

/* What going back means, as the steps of a change: told in the same words as an install. */
static void compare(struct change *change, const struct installed *then)
{
    const struct installed *now = &change->before;
    for (size_t i = 0; i < now->count; i++)
        if (!installed_find(then, now->packages[i].name))
            add_step(change, (struct step){.kind = STEP_REMOVE, .before = &now->packages[i]});
    for (size_t i = 0; i < then->count; i++) {
        const struct package *package = &then->packages[i];
        const struct package *before = installed_find(now, package->name);
        if (before && strcmp(before->prefix, package->prefix) == 0)
            continue;
        struct choice *choice = arena_alloc(change->arena, sizeof *choice);
        choice->package = *package;
        add_step(change, (struct step){.kind = before ? STEP_UPDATE : STEP_INSTALL,
                                       .choice = choice,
                                       .before = before});
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

static int check_links(const struct installed *set, struct arena *arena)
{
    const char *dir = arena_printf(arena, "%s/%u", paths.generations, set->generation);
    return claude_check_links(set, dir, arena);
}

static int run(struct invocation *call)
{
    struct change_request request = {.dry_run = call->dry_run};
    struct change change = {.arena = call->arena, .request = &request};
    struct installed then;
    unsigned target;
    int result = paths.project ? refuse_project() : 0;
    if (result == 0)
        result = installed_read(&change.before, call->arena);
    if (result == 0)
        result = choose(&target, call, change.before.generation);
    if (result == 0)
        result = installed_read_generation(&then, call->arena, target);
    if (result == 0)
        result = check_prefixes(&then);
    if (result == 0)
        result = check_links(&then, call->arena);
    if (result == 0 && !call->dry_run)
        result = change_commit(&then, call->arena);
    if (result < 0)
        return result;
    compare(&change, &then);
    change.generation = call->dry_run ? 0 : target;
    if (term_json() || change.step_count)
        change_print_result(&change);
    note("%sgeneration %u -> %u", call->dry_run ? "would go: " : "", change.before.generation,
         target);
    return 0;
}

const struct command cmd_rollback = {
    .name = "rollback",
    .summary = "go back to an earlier set of plugins",
    .description = "Every install, update and remove makes a generation. Going back is one rename; "
                   "nothing is built or fetched.",
    .group = GROUP_STATE,
    .needs = NEEDS_LOCK,
    .options =
        (const struct option[]){
            PROJECT_OPTION(struct options, "is refused: a repository goes back by its own history"),
            {0},
        },
    .options_size = sizeof(struct options),
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
