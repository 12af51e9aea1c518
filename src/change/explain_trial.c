#include "change/explain_trial.h"

#include <string.h>

enum { HINTS_MAX = 3, TRIALS_MAX = 24, COMMAND_MAX = 120 };

struct trial *trial_new(struct helper *helper)
{
    struct trial *trial = arena_alloc(helper->arena, sizeof *trial);
    trial->change = *helper->change;
    trial->change.table = (struct choice_table){0};
    trial->request = *helper->change->request;
    trial->change.request = &trial->request;
    return trial;
}

bool trial_works(struct helper *helper, struct trial *trial)
{
    return helper->trials++ < TRIALS_MAX &&
           plan_would(&trial->change, helper->explanation->planner, &trial->plan);
}

bool trial_enough(const struct helper *helper)
{
    return helper->explanation->hint_count >= HINTS_MAX || helper->trials >= TRIALS_MAX;
}

/* ---- what may be different ---- */

void trial_ask(struct helper *helper, struct trial *trial, const char *registry, const char *name,
               const char *range)
{
    struct change_request *request = &trial->request;
    struct spec *specs =
        arena_array(helper->arena, request->install_count + 1, sizeof *request->install);
    struct spec spec = {
        .kind = SPEC_NAME,
        .registry = registry,
        .name = name,
        .range = range,
        .text = arena_printf(helper->arena, "%s%s%s%s%s", registry ? registry : "",
                             registry ? "/" : "", name, range ? "@" : "", range ? range : ""),
    };
    size_t count = 0;
    bool placed = false;
    for (size_t i = 0; i < request->install_count; i++) {
        bool same =
            request->install[i].kind == SPEC_NAME && strcmp(request->install[i].name, name) == 0;
        if (!same || !placed)
            specs[count++] = same ? spec : request->install[i];
        placed |= same;
    }
    if (!placed)
        specs[count++] = spec;
    request->install = specs;
    request->install_count = count;
}

void trial_leave_out(struct helper *helper, struct trial *trial, const struct spec *spec)
{
    struct change_request *request = &trial->request;
    struct spec *specs =
        arena_array(helper->arena, request->install_count, sizeof *request->install);
    size_t count = 0;
    for (size_t i = 0; i < request->install_count; i++)
        if (strcmp(request->install[i].text, spec->text) != 0)
            specs[count++] = request->install[i];
    request->install = specs;
    request->install_count = count;
}

bool trial_move(struct helper *helper, struct trial *trial, const char *registry, const char *name)
{
    struct change *change = &trial->change;
    struct choice **kept = arena_array(helper->arena, change->choice_count + 1, sizeof *kept);
    size_t count = 0;
    for (size_t i = 0; i < change->choice_count; i++)
        if (strcmp(change->choices[i]->package.name, name) != 0)
            kept[count++] = change->choices[i];
    change->choices = kept;
    change->choice_count = change->choice_capacity = count;
    change->table = (struct choice_table){0};
    return change_offer(change, name, registry) == 0;
}

void trial_remove(struct helper *helper, struct trial *trial, const char *name)
{
    struct strings names = {0};
    for (size_t i = 0; i < trial->request.remove.count; i++)
        strings_add(&names, helper->arena, trial->request.remove.items[i]);
    strings_add(&names, helper->arena, name);
    trial->request.remove = names;
}

void trial_release(struct helper *helper, struct trial *trial, const char *name)
{
    struct installed *before = &trial->change.before;
    before->packages =
        arena_copy(helper->arena, before->packages, before->count * sizeof *before->packages);
    installed_find(before, name)->flags &= ~(unsigned)PACKAGE_HELD;
}

/* ---- hints ---- */

const char *trial_version(const struct trial *trial, const char *name)
{
    for (size_t i = 0; i < trial->plan.count; i++)
        if (strcmp(trial->plan.chosen[i]->package.name, name) == 0)
            return trial->plan.chosen[i]->package.version;
    return NULL;
}

const char *trial_command(const struct helper *helper, const struct trial *trial)
{
    return change_command(&trial->request, helper->arena);
}

void trial_hint(struct helper *helper, const char *text, const char *command)
{
    struct explanation *explanation = helper->explanation;
    for (size_t i = 0; i < explanation->hint_count; i++)
        if (command && explanation->hints[i].command &&
            strcmp(explanation->hints[i].command, command) == 0)
            return;
    *arena_push(helper->arena, &explanation->hints, &explanation->hint_count,
                &explanation->hint_capacity) =
        (struct hint){command && strlen(command) <= COMMAND_MAX
                          ? arena_printf(helper->arena, "%s: %s", text, command)
                          : text,
                      command};
}
