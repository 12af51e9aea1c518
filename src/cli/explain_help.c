/*
 * What would help. Each thing is tried: the request is planned again with it, and told only if
 * there is a plan then. What disturbs least comes first.
 */
#include "cli/explain.h"

#include <string.h>

enum { HINTS_MAX = 3, TRIALS_MAX = 40, COMMAND_MAX = 120 };

struct helper {
    struct explanation *explanation;
    struct arena *arena;
    const struct change *change;
    unsigned trials;
};

/* Another request than the one that failed. */
struct trial {
    struct change change;
    struct change_request request;
    struct plan plan; /* once it is found to work */
};

static struct trial *trial_new(struct helper *helper)
{
    struct trial *trial = arena_alloc(helper->arena, sizeof *trial);
    trial->change = *helper->change;
    trial->change.table = (struct choice_table){0};
    trial->request = *helper->change->request;
    trial->change.request = &trial->request;
    return trial;
}

/* "greeter 2.0.0", as it would be. */
static const char *version_in(const struct helper *helper, const struct trial *trial,
                              const char *name)
{
    for (size_t i = 0; i < trial->plan.count; i++)
        if (strcmp(trial->plan.chosen[i]->package.name, name) == 0)
            return arena_printf(helper->arena, "%s %s", name,
                                trial->plan.chosen[i]->package.version);
    return name;
}

static bool works(struct helper *helper, struct trial *trial)
{
    return helper->trials++ < TRIALS_MAX && plan_would(&trial->change, helper->arena, &trial->plan);
}

/* ---- commands ---- */

static const char *shell_word(struct arena *arena, const char *text)
{
    return strpbrk(text, " <>|*~&;$'\"()") ? arena_printf(arena, "'%s'", text) : text;
}

static const char *install_command(const struct helper *helper, const struct trial *trial)
{
    struct strings words = {0};
    strings_add(&words, helper->arena, "paii install");
    for (size_t i = 0; i < trial->request.install_count; i++)
        strings_add(&words, helper->arena,
                    shell_word(helper->arena, trial->request.install[i].text));
    if (trial->request.registry)
        strings_add(&words, helper->arena,
                    arena_printf(helper->arena, "--registry %s", trial->request.registry));
    if (trial->request.with_optional)
        strings_add(&words, helper->arena, "--with-optional");
    return strings_join(&words, helper->arena, " ");
}

static void add_hint(struct helper *helper, const char *text, const char *command)
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

static bool enough(const struct helper *helper)
{
    return helper->explanation->hint_count >= HINTS_MAX || helper->trials >= TRIALS_MAX;
}

/* ---- other versions ---- */

/* The plugin in that range, which may be NULL, and as it was asked for no more. */
static void ask_for(struct helper *helper, struct trial *trial, const char *registry,
                    const char *name, const char *range)
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
        specs[count++] = same ? spec : request->install[i];
        placed |= same;
    }
    if (!placed)
        specs[count++] = spec;
    request->install = specs;
    request->install_count = count;
}

static void try_exact(struct helper *helper, const struct near *near)
{
    const struct package *package = explain_package(helper->explanation, near->choice);
    struct trial *trial = trial_new(helper);
    ask_for(helper, trial, NULL, package->name, package->version);
    if (works(helper, trial))
        add_hint(helper,
                 arena_printf(helper->arena, "%s %s would fit, and is %s; ask for it by name",
                              package->name, package->version,
                              near->miss == MISS_YANKED ? "yanked" : "a prerelease"),
                 install_command(helper, trial));
}

static void help_want(struct helper *helper, const struct wanted *want)
{
    struct near *near;
    size_t count = explain_near(helper->explanation, want, &near);
    for (size_t i = 0; i < count && !enough(helper); i++)
        if (near[i].miss == MISS_PRERELEASE || near[i].miss == MISS_YANKED)
            try_exact(helper, &near[i]);
}

/* Choices of a name from another registry are offered anew. */
static void forget_choices(struct helper *helper, struct trial *trial, const char *name)
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
}

static void help_hidden(struct helper *helper, const struct wanted *want)
{
    struct package row;
    if (!explain_hidden(helper->explanation, want, &row))
        return;
    struct trial *trial = trial_new(helper);
    ask_for(helper, trial, row.registry, row.name, want->plugin ? want->range : NULL);
    forget_choices(helper, trial, row.name);
    if (change_offer(&trial->change, row.name, row.registry) == 0 && works(helper, trial))
        add_hint(helper,
                 arena_printf(helper->arena, "%s %s of '%s' would fit; ask for it there", row.name,
                              row.version, row.registry),
                 install_command(helper, trial));
}

/* What a plugin's registry may not bring in, a person may. */
static void help_leave(struct helper *helper, const struct wanted *want)
{
    if (!want->trouble || !want->registry)
        return;
    struct trial *trial = trial_new(helper);
    ask_for(helper, trial, want->registry, want->plugin, NULL);
    if (change_offer(&trial->change, want->plugin, want->registry) == 0 && works(helper, trial))
        add_hint(helper,
                 arena_printf(helper->arena, "if you trust '%s', ask for '%s' as well",
                              want->registry, want->plugin),
                 install_command(helper, trial));
}

/* ---- what was asked for, and what is there ---- */

static void help_range(struct helper *helper, const struct spec *spec)
{
    struct trial *trial = trial_new(helper);
    if (!spec || !spec->range)
        return;
    ask_for(helper, trial, spec->registry, spec->name, NULL);
    if (works(helper, trial))
        add_hint(helper,
                 arena_printf(helper->arena, "%s would fit", version_in(helper, trial, spec->name)),
                 install_command(helper, trial));
}

static void help_without(struct helper *helper, const struct spec *spec)
{
    struct trial *trial = trial_new(helper);
    struct change_request *request = &trial->request;
    struct spec *specs =
        arena_array(helper->arena, request->install_count, sizeof *request->install);
    size_t count = 0;
    if (!spec || request->install_count < 2)
        return;
    for (size_t i = 0; i < request->install_count; i++)
        if (&request->install[i] != spec)
            specs[count++] = request->install[i];
    request->install = specs;
    request->install_count = count;
    if (works(helper, trial))
        add_hint(helper, arena_printf(helper->arena, "without '%s' it works", spec->name),
                 install_command(helper, trial));
}

static void help_binding(struct helper *helper, const struct wanted *want)
{
    const struct config *config = &helper->change->config;
    struct near *near;
    size_t count = explain_near(helper->explanation, want, &near);
    struct consumed term = {
        .contract = want->contract, .service = want->service, .range = want->range};
    for (size_t b = 0; b < config->binding_count && !want->plugin; b++) {
        if (!plan_bound(helper->change, &term, config->bindings[b].plugin))
            continue;
        for (size_t i = 0; i < count && !enough(helper); i++) {
            const char *name = explain_package(helper->explanation, near[i].choice)->name;
            struct trial *trial = trial_new(helper);
            struct config *other = &trial->change.config;
            if (near[i].miss != MISS_NONE || strcmp(name, config->bindings[b].plugin) == 0)
                continue;
            other->bindings = arena_copy(helper->arena, config->bindings,
                                         config->binding_count * sizeof *other->bindings);
            other->bindings[b].plugin = name;
            if (works(helper, trial)) {
                add_hint(helper,
                         arena_printf(helper->arena, "bind %s to '%s' instead of '%s'",
                                      config->bindings[b].contract, name,
                                      config->bindings[b].plugin),
                         arena_printf(helper->arena, "paii config set bindings.%s %s",
                                      config->bindings[b].contract, name));
                return;
            }
        }
    }
}

static bool stands(const struct helper *helper, const char *name)
{
    return installed_find(&helper->change->before, name) && !plan_spec(helper->change, name);
}

static void help_update(struct helper *helper, const char *name)
{
    struct trial *trial = trial_new(helper);
    if (!helper->change->request->install_count)
        return;
    ask_for(helper, trial, NULL, name, NULL);
    if (works(helper, trial))
        add_hint(helper,
                 arena_printf(helper->arena, "%s would fit; let it change",
                              version_in(helper, trial, name)),
                 install_command(helper, trial));
}

static void help_remove(struct helper *helper, const char *name)
{
    struct trial *trial = trial_new(helper);
    struct strings *remove = &trial->request.remove;
    struct strings names = {0};
    for (size_t i = 0; i < remove->count; i++)
        strings_add(&names, helper->arena, remove->items[i]);
    strings_add(&names, helper->arena, name);
    *remove = names;
    if (works(helper, trial))
        add_hint(helper,
                 arena_printf(helper->arena,
                              helper->change->request->remove.count ? "remove '%s' as well"
                                                                    : "remove '%s' first",
                              name),
                 arena_printf(helper->arena, "paii remove %s",
                              strings_join(&names, helper->arena, " ")));
}

/* ---- all of it ---- */

/* Calls `help` with what each fact of a root is about. */
static void each_asked(struct helper *helper, void (*help)(struct helper *, const struct spec *),
                       void (*help_standing)(struct helper *, const char *))
{
    const struct explanation *explanation = helper->explanation;
    for (size_t i = 0; i < explanation->fact_count && !enough(helper); i++) {
        if (explanation->facts[i].kind != FACT_ROOT)
            continue;
        const char *name = explanation->planner->asked[explanation->facts[i].a].plugin;
        if (help)
            help(helper, plan_spec(helper->change, name));
        else if (stands(helper, name))
            help_standing(helper, name);
    }
}

static void each_want(struct helper *helper, bool missing,
                      void (*help)(struct helper *, const struct wanted *))
{
    const struct explanation *explanation = helper->explanation;
    for (size_t i = 0; i < explanation->line_count; i++) {
        const struct line *line = &explanation->lines[i];
        for (size_t w = 0; w < line->want_count && !enough(helper); w++)
            if (!missing || line->others.count == 0)
                help(helper, &line->want[w]);
    }
}

/* Of what no registry here has in any version. */
static void help_registry(struct helper *helper, const struct wanted *want)
{
    struct near *near;
    if (!want->registry && explain_near(helper->explanation, want, &near) == 0)
        add_hint(helper,
                 arena_printf(helper->arena, "no registry here %s %s; add one that does",
                              want->plugin ? "has" : "provides",
                              want->plugin ? want->plugin : want->contract),
                 "paii registry add NAME URL");
}

static struct helper helper_of(struct explanation *explanation)
{
    const struct change *change = explanation->planner->change;
    return (struct helper){.explanation = explanation, .arena = change->arena, .change = change};
}

void explain_help(struct explanation *explanation)
{
    struct helper helper = helper_of(explanation);
    each_want(&helper, true, help_want);
    each_want(&helper, true, help_hidden);
    each_want(&helper, true, help_leave);
    each_want(&helper, false, help_binding);
    each_asked(&helper, help_range, NULL);
    each_asked(&helper, NULL, help_update);
    each_asked(&helper, NULL, help_remove);
    each_asked(&helper, help_without, NULL);
    if (!helper.change->request->remove.count)
        each_want(&helper, true, help_registry);
    if (explanation->hint_count == 0)
        add_hint(&helper, "nothing that was tried helps; a registry may know more by now",
                 "paii registry update");
    error_clear();
}

void explain_help_find(struct explanation *explanation, const struct spec *spec,
                       const struct wanted *want)
{
    struct helper helper = helper_of(explanation);
    help_want(&helper, want);
    help_hidden(&helper, want);
    help_range(&helper, spec);
    error_clear();
}
