/*
 * What a repository wants is somebody else's wish. It is shown, and agreed to, before anything of
 * it is fetched; what comes must then be what was shown.
 */
#include "cli/project.h"

#include "base/fs.h"
#include "base/paths.h"
#include "registry/project.h"

#include <string.h>

/* ---- what was agreed to ---- */

/* That it is held gives it nothing. */
static bool is_agreed(const struct package *then, const struct package *now)
{
    struct package agreed = *then, wanted = *now;
    agreed.flags &= ~(unsigned)PACKAGE_HELD;
    wanted.flags &= ~(unsigned)PACKAGE_HELD;
    return project_same_plugin(&agreed, &wanted);
}

/* Every generation of this project was agreed to by this person. */
static int strike_known(const struct package **fresh, size_t count, struct arena *arena)
{
    unsigned *numbers;
    size_t generations;
    int result = generation_list(&numbers, &generations, arena);
    for (size_t g = 0; g < generations && result == 0; g++) {
        struct installed set;
        if (installed_read_generation(&set, arena, numbers[g]) < 0) {
            error_clear(); /* one that cannot be read agrees to nothing */
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            const struct package *then = fresh[i] ? installed_find(&set, fresh[i]->name) : NULL;
            if (then && is_agreed(then, fresh[i]))
                fresh[i] = NULL;
        }
    }
    return result;
}

/* ---- asking ---- */

static int refuse(const struct strings *names, struct arena *arena)
{
    fail(ERR_REFUSED, "'%s' wants what you have not agreed to: %s",
         path_join(arena, paths.project, PROJECT_LOCK), strings_join(names, arena, ", "));
    error_hint("'paii sync --dry-run' shows what it is; 'paii sync --yes' agrees");
    return -ERR_REFUSED;
}

int project_agree(const struct change *change)
{
    struct arena *arena = change->arena;
    const struct change_request *request = change->request;
    const struct package **fresh = arena_array(arena, change->step_count + 1, sizeof *fresh);
    struct strings names = {0};
    if (request->yes)
        return 0;
    for (size_t i = 0; i < change->step_count; i++)
        if (change->steps[i].choice)
            fresh[i] = change->steps[i].choice->locked;
    int result = strike_known(fresh, change->step_count, arena);
    for (size_t i = 0; i < change->step_count && result == 0; i++) {
        if (fresh[i])
            strings_add(&names, arena, fresh[i]->name);
    }
    if (result < 0 || names.count == 0 || request->dry_run)
        return result;
    if (!term_is_interactive())
        return refuse(&names, arena);
    change_print_plan(change);
    return term_ask("Agree to what this repository wants?")
               ? 0
               : fail(ERR_GENERIC, "nothing was changed: the answer was no");
}

/* ---- what came ---- */

int project_check_claims(const struct package *locked, const struct package *came)
{
    struct arena arena = {0};
    struct strings said = {0}, real = {0};
    int result = 0;
    strings_split(&said, &arena, locked->capabilities, '\n');
    strings_split(&real, &arena, came->capabilities, '\n');
    strings_split(&real, &arena, locked->grants, '\n'); /* agreed to for what may come later */
    if (strcmp(locked->name, came->name) != 0 || strcmp(locked->version, came->version) != 0)
        result = fail(ERR_MISMATCH, "paii.lock says '%s' %s, and its source says it is '%s' %s",
                      locked->name, locked->version, came->name, came->version);
    for (size_t i = 0; i < real.count && result == 0; i++)
        if (!strings_has(&said, real.items[i]))
            result = fail(ERR_MISMATCH, "plugin '%s' may do what paii.lock does not say: %s",
                          locked->name, real.items[i]);
    if (result < 0)
        error_hint("whoever wrote '%s' should know; 'paii update --project %s' writes it anew",
                   path_join(&arena, paths.project, PROJECT_LOCK), locked->name);
    arena_release(&arena);
    return result;
}
