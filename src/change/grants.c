/*
 * What a plugin may do is agreed to once. Naming a plugin in an install is agreeing to what it does
 * then; an update that wants more is asked about, and without a terminal refused (docs/lock.md).
 */
#include "change/change.h"

#include "base/paths.h"

#include <string.h>

static const char *lines_of(const char *lines)
{
    return lines ? lines : "";
}

/* What the choice may do and nobody agreed to yet. */
static void ungranted(struct strings *out, const struct step *step, struct arena *arena)
{
    struct strings wanted = {0}, granted = {0};
    strings_split(&wanted, arena, lines_of(step->choice->package.capabilities), '\n');
    if (step->before)
        strings_split(&granted, arena, lines_of(step->before->grants), '\n');
    for (size_t i = 0; i < wanted.count; i++)
        if (*wanted.items[i] && !strings_has(&granted, wanted.items[i]))
            strings_add(out, arena, wanted.items[i]);
}

bool change_names(const struct change_request *request, const struct choice *choice)
{
    for (size_t i = 0; i < request->install_count; i++) {
        const struct spec *spec = &request->install[i];
        if (spec->kind == SPEC_NAME && strcmp(spec->name, choice->package.name) == 0)
            return true;
    }
    return choice->direct && !choice->current && request->install_count;
}

/* A live folder changes all the time, and a lock file says itself what was agreed to. */
static bool is_asked_about(const struct change *change, const struct step *step)
{
    return step->kind == STEP_UPDATE && !change->request->locked &&
           !(step->choice->package.flags & PACKAGE_DEV) &&
           (step_renames(step) || !change_names(change->request, step->choice));
}

bool change_wants_more(const struct change *change)
{
    struct strings more = {0};
    for (size_t i = 0; i < change->step_count; i++)
        if (is_asked_about(change, &change->steps[i]))
            ungranted(&more, &change->steps[i], change->arena);
    return more.count > 0;
}

int change_check_grants(const struct change *change)
{
    for (size_t i = 0; i < change->step_count; i++) {
        const struct step *step = &change->steps[i];
        struct strings more = {0};
        if (!is_asked_about(change, step))
            continue;
        ungranted(&more, step, change->arena);
        if (!more.count)
            continue;
        const struct package *package = &step->choice->package;
        fail(ERR_REFUSED, "plugin '%s' %s wants more than %s was granted: %s", package->name,
             package->version, step->before->version, strings_join(&more, change->arena, ", "));
        const char *scope = paths.project ? " --project" : "";
        error_hint(
            "'paii update%s %s --dry-run' shows what it does; 'paii update%s %s --yes' agrees",
            scope, step->before->name, scope, step->before->name);
        return -ERR_REFUSED;
    }
    return 0;
}

void change_grant(struct change *change)
{
    for (size_t i = 0; i < change->step_count; i++) {
        const struct step *step = &change->steps[i];
        if (!change->request->locked && (step->kind == STEP_INSTALL || step->kind == STEP_UPDATE))
            step->choice->package.grants = step->choice->package.capabilities;
    }
}
