#include "change/project.h"

#include "base/name.h"
#include "base/paths.h"
#include "change/plan.h"

#include <string.h>

/*
 * When everything is updated, one plugin whose source is out of reach shall not keep back the
 * others: it stays as it is, as do those that would need it, and is told. Whether `result` is to be
 * forgotten for that.
 */
static bool leaves_unreachable(struct change *change, int result)
{
    if (!change->request->update_all ||
        (result != -ERR_NETWORK && result != -ERR_NOT_FOUND && result != -ERR_AUTH))
        return false;
    bool left = false;
    for (size_t i = 0; i < change->choice_count; i++) {
        struct choice *choice = change->choices[i];
        /* A repository that is gone asks for a login, as does one whose key was lost: theirs, or
         * the person's own to mend. */
        if (!choice->unreachable || choice->same_as_current ||
            (choice->direct && result == -ERR_AUTH))
            continue;
        choice->same_as_current = left = true;
        change_unfollow_rename(change, choice->package.name);
        warning("%s; what is installed stays", choice->unreachable);
    }
    if (left)
        error_clear();
    return left;
}

/* Direct sources are fetched before planning: only their manifest says what they are. */
static int fetch_direct(struct change *change)
{
    bool learned;
    struct choice **direct = arena_array(change->arena, change->choice_count + 1, sizeof *direct);
    size_t count = 0;
    for (size_t i = 0; i < change->choice_count; i++)
        if (change->choices[i]->direct && !change->choices[i]->current &&
            !change->choices[i]->unreachable)
            direct[count++] = change->choices[i];
    return change_fetch(change, direct, count, &learned);
}

static int fetch_planned(struct change *change, bool *learned)
{
    struct choice **wanted = arena_array(change->arena, change->step_count + 1, sizeof *wanted);
    size_t count = 0;
    for (size_t i = 0; i < change->step_count; i++)
        if (change->steps[i].kind == STEP_INSTALL || change->steps[i].kind == STEP_UPDATE)
            wanted[count++] = change->steps[i].choice;
    return change_fetch(change, wanted, count, learned);
}

static int check_one_source_each(const struct change *change)
{
    for (size_t i = 0; i < change->choice_count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct choice *a = change->choices[j], *b = change->choices[i];
            if (!a->direct || !b->direct || a->current || b->current || a->unreachable ||
                b->unreachable || strcmp(a->package.name, b->package.name) != 0)
                continue;
            fail(ERR_GENERIC, "'%s' and '%s' are both plugin '%s'",
                 source_text(&a->package.source, change->arena),
                 source_text(&b->package.source, change->arena), a->package.name);
            error_hint("give one of them");
            return -ERR_GENERIC;
        }
    return 0;
}

/* An update of a plugin that came from a source of its own means: the same source, as it is now. */
static bool wants_update(const struct change_request *request, const char *name)
{
    return request->update_all || strings_has(&request->update, name);
}

/* A live folder is always as it is; a commit or a hash that was asked for does not move, nor does
 * what is held. */
static bool stands_still(const struct package *package)
{
    const char *ref = package->source.ref;
    return package->flags & (PACKAGE_DEV | PACKAGE_HELD) ||
           (ref && (source_commit_valid(ref) || text_starts(ref, "sha256=")));
}

static bool is_offered(const struct change *change, const char *name)
{
    for (size_t i = 0; i < change->choice_count; i++)
        if (strcmp(change->choices[i]->package.name, name) == 0)
            return true;
    return false;
}

static int offer_preferred(struct change *change)
{
    const struct strings *prefer = &change->request->prefer;
    for (size_t i = 0; i < prefer->count; i++) {
        const char *name = prefer->items[i];
        int result = name_check("plugin", name);
        if (result == 0)
            result = change_offer(change, name, NULL);
        if (result == 0 && !is_offered(change, name))
            result = registry_unknown_plugin(&change->config, change->catalogs, name);
        if (result < 0)
            return result;
    }
    return 0;
}

static int collect(struct change *change)
{
    change_follow_renames(change);
    const struct change_request *request = change->request;
    for (size_t i = 0; i < request->install_count; i++) {
        const struct spec *spec = &request->install[i];
        if (spec->kind == SPEC_SOURCE) {
            change_add_direct(change, &spec->source, request->dev);
            continue;
        }
        const char *registry = spec->registry ? spec->registry : request->registry;
        int result = change_offer(change, spec->name, registry);
        if (result < 0)
            return result;
    }
    for (size_t i = 0; i < change->before.count; i++) {
        const struct package *package = &change->before.packages[i];
        if (*package->registry || !wants_update(request, package->name) || stands_still(package))
            continue;
        struct source source = package->source;
        source.commit = source.sha256 = NULL; /* what was got then, not what is asked for now */
        change_add_direct(change, &source, false);
    }
    int result;
    do
        result = fetch_direct(change);
    while (result < 0 && leaves_unreachable(change, result));
    if (result == 0)
        result = check_one_source_each(change);
    return result < 0 ? result : offer_preferred(change);
}

static int plan_and_fetch(struct change *change)
{
    /* Each round fetches at least one more manifest or does without it, so this ends. */
    for (;;) {
        bool learned = false;
        int result = change_plan(change);
        if (result == 0)
            result = fetch_planned(change, &learned);
        if (result < 0 && leaves_unreachable(change, result))
            continue;
        if (result < 0 || !learned)
            return result;
    }
}

static int choose(struct change *change)
{
    if (change->request->locked)
        return change_locked(change);
    int result = change_open(change);
    if (result == 0)
        result = collect(change);
    return result < 0 ? result : plan_and_fetch(change);
}

/* 0 if the person agrees, or need not be asked. */
static int agree(const struct change *change)
{
    if (change->request->yes || change->request->sync) /* asked before it was fetched */
        return 0;
    struct strings strange = {0};
    int result = paths.project ? project_unagreed(&strange, change) : 0;
    if (result < 0)
        return result;
    if (!term_is_interactive())
        return strange.count ? project_refuse(&strange, change->arena)
                             : change_check_grants(change);
    /* Than what was named, or agreed to before. */
    bool more = change_wants_more(change) || strange.count;
    for (size_t i = 0; i < change->step_count; i++)
        more |= change->steps[i].because != NULL ||
                (change->request->locked && change->steps[i].kind == STEP_REMOVE);
    if (!more)
        return 0;
    change_print_plan(change);
    return term_ask("Go on?") ? 0 : fail(ERR_GENERIC, "nothing was changed: the answer was no");
}

static bool is_planned(const struct change *change, const char *name)
{
    for (size_t i = 0; i < change->step_count; i++) {
        const struct choice *choice = change->steps[i].choice;
        if (choice && strcmp(choice->package.name, name) == 0)
            return true;
    }
    return false;
}

static void note_preferred(const struct change *change)
{
    const struct strings *prefer = &change->request->prefer;
    for (size_t i = 0; i < prefer->count; i++)
        if (!is_planned(change, prefer->items[i]))
            note("'%s' is preferred, and nothing takes it", prefer->items[i]);
}

static int run(struct change *change)
{
    int result = choose(change);
    if (result == 0 && paths.project && !change->request->sync)
        result = project_check(change);
    if (result < 0)
        return result;
    change_warn_names(change);
    change_note_collisions(change);
    change_note_kept(change);
    note_preferred(change);
    result = change_check_flat(change);
    if (result < 0)
        return result;
    if (change->request->dry_run) {
        change_print_plan(change);
        return 0;
    }
    result = agree(change);
    change_grant(change);
    if (result == 0 && change_count(change))
        result = change_apply(change);
    if (result < 0)
        return result;
    if (!change->request->silent)
        change_print_result(change);
    return 0;
}

int change_look(struct change *out, const struct change_request *request, struct arena *arena)
{
    *out = (struct change){.arena = arena, .request = request};
    int result = store_stage(&out->staging, arena);
    if (result == 0)
        result = choose(out);
    if (out->staging)
        store_unstage(out->staging);
    return result;
}

int change_run(const struct change_request *request, struct arena *arena)
{
    struct change change = {.arena = arena, .request = request};
    int result = store_stage(&change.staging, arena);
    if (result == 0)
        result = run(&change);
    if (change.staging)
        store_unstage(change.staging);
    return result;
}
