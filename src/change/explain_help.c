/*
 * What would help. Each thing is tried: the request is planned again with it, and told only if
 * there is a plan then. What disturbs least comes first.
 */
#include "base/paths.h"
#include "change/explain_trial.h"
#include "change/project.h"

#include <string.h>

enum { LEAVE_OUT_MAX = 10 }; /* specs of which the largest part that can be had is looked for */

/* ---- what nearly fits ---- */

static const char *but(enum miss miss)
{
    switch (miss) {
    case MISS_YANKED:
        return "is yanked";
    case MISS_PRERELEASE:
        return "is a prerelease";
    case MISS_OLDER:
        return "is older than what is installed";
    case MISS_HELD:
    case MISS_NONE:
    case MISS_VERSION:
        break;
    }
    return NULL;
}

static void help_exact(struct helper *helper, const struct wanted *want)
{
    struct near *near;
    size_t count = explain_near(helper->explanation, want, &near);
    for (size_t i = 0; i < count && !trial_enough(helper); i++) {
        const struct package *package = explain_package(helper->explanation, near[i].choice);
        struct trial *trial = trial_new(helper);
        if (!but(near[i].miss))
            continue;
        trial_ask(helper, trial, NULL, package->name, package->version);
        if (trial_works(helper, trial))
            trial_hint(helper,
                       arena_printf(helper->arena, "%s %s would fit, and %s; ask for it by version",
                                    package->name, package->version, but(near[i].miss)),
                       trial_command(helper, trial));
    }
}

static void help_hidden(struct helper *helper, const struct wanted *want)
{
    struct package row;
    if (!explain_hidden(helper->explanation, want, &row))
        return;
    struct trial *trial = trial_new(helper);
    trial_ask(helper, trial, row.registry, row.name, want->plugin ? want->range : NULL);
    if (trial_move(helper, trial, row.registry, row.name) && trial_works(helper, trial))
        trial_hint(helper,
                   arena_printf(helper->arena, "%s %s of '%s' would fit; ask for it there",
                                row.name, row.version, row.registry),
                   trial_command(helper, trial));
}

/* What a plugin's registry may not bring in, a person may. */
static void help_leave(struct helper *helper, const struct wanted *want)
{
    if (!want->trouble || !want->registry)
        return;
    struct trial *trial = trial_new(helper);
    trial_ask(helper, trial, want->registry, want->plugin, NULL);
    if (change_offer(&trial->change, want->plugin, want->registry) == 0 &&
        trial_works(helper, trial))
        trial_hint(helper,
                   arena_printf(helper->arena, "if you trust '%s', ask for '%s' as well",
                                want->registry, want->plugin),
                   trial_command(helper, trial));
}

/* ---- what is held, or bound ---- */

static void help_hold(struct helper *helper, const char *name)
{
    const struct package *package = installed_find(&helper->change->before, name);
    if (!package || !(package->flags & PACKAGE_HELD))
        return;
    struct trial *trial = trial_new(helper);
    trial_release(helper, trial, name);
    if (trial_works(helper, trial))
        trial_hint(helper, arena_printf(helper->arena, "'%s' is held; release it", name),
                   arena_printf(helper->arena, "paii unhold%s %s", project_flag(), name));
}

static void help_held(struct helper *helper, const struct wanted *want)
{
    struct near *near;
    size_t count = explain_near(helper->explanation, want, &near);
    for (size_t i = 0; i < count && !trial_enough(helper); i++)
        if (near[i].miss == MISS_HELD)
            help_hold(helper, explain_package(helper->explanation, near[i].choice)->name);
}

static bool try_binding(struct helper *helper, size_t binding, const char *name)
{
    const struct config *config = &helper->change->config;
    const char *contract = config->bindings[binding].contract;
    const char *bound = config->bindings[binding].plugin;
    struct trial *trial = trial_new(helper);
    struct config *other = &trial->change.config;
    other->bindings = arena_copy(helper->arena, config->bindings,
                                 config->binding_count * sizeof *other->bindings);
    other->bindings[binding].plugin = name;
    if (!trial_works(helper, trial))
        return false;
    trial_hint(helper,
               arena_printf(helper->arena, "bind %s to '%s' instead of '%s'%s", contract, name,
                            bound, paths.project ? ", in [bindings] of paii.toml" : ""),
               paths.project
                   ? NULL
                   : arena_printf(helper->arena, "paii config set bindings.%s %s", contract, name));
    return true;
}

static void help_binding(struct helper *helper, const struct wanted *want)
{
    const struct config *config = &helper->change->config;
    struct near *near;
    size_t count = want->plugin ? 0 : explain_near(helper->explanation, want, &near);
    struct consumed term = {
        .contract = want->contract, .service = want->service, .range = want->range};
    for (size_t b = 0; b < config->binding_count && count; b++) {
        const char *bound = config->bindings[b].plugin;
        if (!plan_bound(helper->change, &term, bound))
            continue;
        for (size_t i = 0; i < count && !trial_enough(helper); i++) {
            const char *name = explain_package(helper->explanation, near[i].choice)->name;
            if (near[i].miss == MISS_NONE && strcmp(name, bound) != 0 &&
                try_binding(helper, b, name))
                return;
        }
    }
}

/* ---- what was asked for, and what is there ---- */

/* The plugin in any version, then as the version that it would be. */
static void try_any_version(struct helper *helper, const char *registry, const char *name,
                            const char *more)
{
    struct trial *trial = trial_new(helper);
    trial_ask(helper, trial, registry, name, "*");
    if (!trial_works(helper, trial) || !trial_version(trial, name))
        return;
    const char *version = trial_version(trial, name);
    trial_ask(helper, trial, registry, name, version);
    trial_hint(helper, arena_printf(helper->arena, "%s %s would fit%s", name, version, more),
               trial_command(helper, trial));
}

static void help_range(struct helper *helper, const struct spec *spec)
{
    if (spec && spec->range)
        try_any_version(helper, spec->registry, spec->name, "");
}

static void help_update(struct helper *helper, const char *name)
{
    if (helper->change->request->install_count)
        try_any_version(helper, NULL, name, "; let it change");
}

static void help_remove_all(struct helper *helper, const struct strings *names)
{
    struct trial *trial = trial_new(helper);
    struct strings quoted = {0};
    for (size_t i = 0; i < names->count; i++) {
        trial_remove(helper, trial, names->items[i]);
        strings_add(&quoted, helper->arena, arena_printf(helper->arena, "'%s'", names->items[i]));
    }
    if (names->count && trial_works(helper, trial))
        trial_hint(helper,
                   arena_printf(helper->arena,
                                helper->change->request->remove.count ? "remove %s as well"
                                                                      : "remove %s first",
                                explain_list(helper->arena, &quoted, "and")),
                   arena_printf(helper->arena, "paii remove%s %s", project_flag(),
                                strings_join(&trial->request.remove, helper->arena, " ")));
}

static void help_remove(struct helper *helper, const char *name)
{
    struct strings names = {0};
    strings_add(&names, helper->arena, name);
    help_remove_all(helper, &names);
}

static void help_without(struct helper *helper, const struct spec *spec)
{
    struct trial *trial = trial_new(helper);
    if (!spec || helper->change->request->install_count < 2)
        return;
    trial_leave_out(helper, trial, spec);
    if (trial_works(helper, trial))
        trial_hint(helper, arena_printf(helper->arena, "without '%s' it works", spec->text),
                   trial_command(helper, trial));
}

/* Where leaving out one is not enough: those that can be had with the ones before them. */
static void help_some(struct helper *helper)
{
    const struct change_request *request = helper->change->request;
    struct trial *kept = trial_new(helper);
    struct strings left_out = {0};
    kept->request.install_count = 0;
    for (size_t i = 0; i < request->install_count && request->install_count <= LEAVE_OUT_MAX; i++) {
        struct trial *trial = trial_new(helper);
        struct spec *specs = arena_array(helper->arena, i + 1, sizeof *specs);
        size_t count = kept->request.install_count;
        memcpy(specs, count ? kept->request.install : specs, count * sizeof *specs);
        specs[count] = request->install[i];
        trial->request.install = specs;
        trial->request.install_count = count + 1;
        if (trial_works(helper, trial))
            kept = trial;
        else
            strings_add(&left_out, helper->arena,
                        arena_printf(helper->arena, "'%s'", request->install[i].text));
    }
    if (kept->request.install_count)
        trial_hint(helper,
                   arena_printf(helper->arena, "without %s it works",
                                explain_list(helper->arena, &left_out, "and")),
                   trial_command(helper, kept));
}

/* Of what no registry here has in any version. */
static void help_registry(struct helper *helper, const struct wanted *want)
{
    struct near *near;
    if (!want->registry && explain_near(helper->explanation, want, &near) == 0)
        trial_hint(helper,
                   arena_printf(helper->arena, "no registry here %s %s; add one that does",
                                want->plugin ? "has" : "provides",
                                want->plugin ? want->plugin : want->contract),
                   "paii registry add NAME URL");
}

static void help_none(struct helper *helper)
{
    if (helper->explanation->hint_count == 0)
        trial_hint(helper, "nothing that was tried helps; a registry may know more by now",
                   "paii registry update");
}

/* ---- all of it ---- */

static void each_want(struct helper *helper, bool missing,
                      void (*help)(struct helper *, const struct wanted *))
{
    const struct explanation *explanation = helper->explanation;
    for (size_t i = 0; i < explanation->line_count; i++) {
        const struct line *line = &explanation->lines[i];
        for (size_t w = 0; w < line->want_count && !trial_enough(helper); w++)
            if (!missing || line->others.count == 0)
                help(helper, &line->want[w]);
    }
}

static void each_asked(struct helper *helper, void (*help)(struct helper *, const struct spec *))
{
    const struct explanation *explanation = helper->explanation;
    for (size_t i = 0; i < explanation->fact_count && !trial_enough(helper); i++)
        if (explanation->facts[i].kind == FACT_ROOT)
            help(helper, explain_spec(explanation, &explanation->facts[i]));
}

static void each_standing(struct helper *helper, void (*help)(struct helper *, const char *))
{
    const struct explanation *explanation = helper->explanation;
    for (size_t i = 0; i < explanation->fact_count && !trial_enough(helper); i++) {
        if (explanation->facts[i].kind != FACT_ROOT)
            continue;
        const char *name = explanation->planner->asked[explanation->facts[i].a].plugin;
        if (installed_find(&helper->change->before, name) && !plan_spec(helper->change, name))
            help(helper, name);
    }
}

static struct helper helper_of(struct explanation *explanation)
{
    const struct change *change = explanation->planner->change;
    return (struct helper){.explanation = explanation, .arena = change->arena, .change = change};
}

void explain_help(struct explanation *explanation)
{
    struct helper helper = helper_of(explanation);
    each_want(&helper, true, help_exact);
    each_want(&helper, true, help_hidden);
    each_want(&helper, true, help_leave);
    each_want(&helper, false, help_binding);
    each_want(&helper, true, help_held);
    each_standing(&helper, help_hold);
    each_asked(&helper, help_range);
    each_standing(&helper, help_update);
    each_standing(&helper, help_remove);
    each_asked(&helper, help_without);
    if (!helper.change->request->remove.count)
        each_want(&helper, true, help_registry);
    if (explanation->hint_count == 0)
        help_some(&helper);
    if (explanation->hint_count == 0) {
        struct strings obstacles = plan_obstacles(explanation->planner, helper.arena);
        help_remove_all(&helper, &obstacles);
    }
    help_none(&helper);
    error_clear();
}

void explain_help_find(struct explanation *explanation, const struct spec *spec,
                       const struct wanted *want)
{
    struct helper helper = helper_of(explanation);
    help_exact(&helper, want);
    help_hidden(&helper, want);
    help_range(&helper, spec);
    if (explanation->hint_count == 0)
        help_without(&helper, spec);
    help_none(&helper);
    error_clear();
}
