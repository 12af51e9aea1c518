/*
 * Why there is no solution, in words. The solver gives facts that contradict each other, none too
 * many, from what was asked for downwards; facts that differ by version alone are told as one.
 */
#include "cli/change_plan.h"

#include <string.h>

enum { LINES_MAX = 40, VERSIONS_MAX = 3 };

struct telling {
    struct planner *planner;
    const struct answer_plan *answer;
    struct strings lines;
    const struct consumed *unmet; /* a need that nothing satisfies, or NULL */
};

static const struct package *package_of(const struct telling *telling, uint32_t candidate)
{
    return &telling->planner->choices[candidate]->package;
}

static const struct consumed *term_of(const struct telling *telling, const struct fact *fact)
{
    const struct planner *planner = telling->planner;
    for (size_t i = 0; i < planner->need_count; i++)
        if (planner->needs[i].candidate == fact->a && planner->needs[i].gate == fact->b)
            return planner->needs[i].consumed;
    return NULL;
}

static const char *term_words(const struct telling *telling, const struct fact *fact)
{
    const struct consumed *term = term_of(telling, fact);
    return term ? consumed_words(term, telling->planner->arena) : "?";
}

/* ---- versions ---- */

static const char *version_words(const struct strings *versions, struct arena *arena)
{
    size_t count = versions->count;
    if (count <= VERSIONS_MAX)
        return strings_join(versions, arena, ", ");
    return arena_printf(arena, "%s to %s, %zu versions", versions->items[count - 1],
                        versions->items[0], count);
}

/* "history 1.0.0, 1.1.0; notes 2.0.0": the candidates of a root or gate. */
static const char *members_words(const struct telling *telling, const uint32_t *members,
                                 uint32_t count)
{
    struct arena *arena = telling->planner->arena;
    struct strings parts = {0};
    for (uint32_t i = 0; i < count;) {
        const char *name = package_of(telling, members[i])->name;
        struct strings versions = {0};
        for (; i < count && strcmp(package_of(telling, members[i])->name, name) == 0; i++)
            strings_add(&versions, arena, package_of(telling, members[i])->version);
        strings_add(&parts, arena,
                    arena_printf(arena, "%s %s", name, version_words(&versions, arena)));
    }
    return strings_join(&parts, arena, "; ");
}

/* ---- the lines ---- */

static void tell_root(struct telling *telling, const struct fact *fact)
{
    const struct asked *asked = &telling->planner->asked[fact->a];
    const struct root *root = &telling->planner->roots[fact->a];
    struct arena *arena = telling->planner->arena;
    const char *members = members_words(telling, root->members, root->count);
    if (root->count == 0)
        members = "no version is left to choose";
    strings_add(&telling->lines, arena,
                arena_printf(arena, "'%s'%s%s is asked for: %s", asked->plugin,
                             *asked->range ? " " : "", asked->range, members));
}

/* Versions of the same plugin with the same need, the fact's own first. */
static const char *needy_versions(const struct telling *telling, uint32_t first)
{
    const struct answer_plan *answer = telling->answer;
    const struct fact *fact = &answer->facts[first];
    struct strings versions = {0};
    for (uint32_t i = first; i < answer->fact_count; i++) {
        const struct fact *other = &answer->facts[i];
        if (other->kind == FACT_NEED && other->b == fact->b &&
            strcmp(package_of(telling, other->a)->name, package_of(telling, fact->a)->name) == 0)
            strings_add(&versions, telling->planner->arena, package_of(telling, other->a)->version);
    }
    return version_words(&versions, telling->planner->arena);
}

static bool told_before(const struct telling *telling, uint32_t at)
{
    const struct fact *fact = &telling->answer->facts[at];
    for (uint32_t i = 0; i < at; i++) {
        const struct fact *other = &telling->answer->facts[i];
        if (other->kind == FACT_NEED && other->b == fact->b &&
            strcmp(package_of(telling, other->a)->name, package_of(telling, fact->a)->name) == 0)
            return true;
    }
    return false;
}

static void tell_need(struct telling *telling, uint32_t at)
{
    const struct fact *fact = &telling->answer->facts[at];
    const struct lists *gates = &telling->planner->index.gate;
    struct arena *arena = telling->planner->arena;
    uint32_t count = gates->at[fact->b + 1] - gates->at[fact->b];
    if (told_before(telling, at))
        return;
    const char *who = arena_printf(arena, "'%s' requires %s", package_of(telling, fact->a)->name,
                                   term_words(telling, fact));
    const char *versions = needy_versions(telling, at);
    if (count == 0) {
        telling->unmet = term_of(telling, fact);
        strings_add(&telling->lines, arena,
                    arena_printf(arena, "%s (%s), and no plugin provides it", who, versions));
    } else {
        strings_add(&telling->lines, arena,
                    arena_printf(arena, "%s (%s), which is provided by %s", who, versions,
                                 members_words(telling, gates->items + gates->at[fact->b], count)));
    }
}

/* Asking for a plugin is no news, unless it leaves out some of its versions. */
static bool is_news(const struct telling *telling, const struct fact *fact)
{
    const struct planner *planner = telling->planner;
    uint32_t versions = 0;
    for (size_t i = 0; i < planner->choice_count; i++)
        versions += strcmp(planner->choices[i]->package.name, planner->asked[fact->a].plugin) == 0;
    return telling->answer->fact_count == 1 || planner->roots[fact->a].count < versions;
}

static void tell_facts(struct telling *telling)
{
    const struct answer_plan *answer = telling->answer;
    for (uint32_t i = 0; i < answer->fact_count; i++) {
        const struct fact *fact = &answer->facts[i];
        if (fact->kind == FACT_NEED)
            tell_need(telling, i);
        else if (fact->kind == FACT_ROOT && is_news(telling, fact))
            tell_root(telling, fact);
    }
}

/* ---- what would help ---- */

static const char *who_could(struct planner *planner, const struct consumed *consumed)
{
    struct strings could = {0};
    for (size_t i = 0; i < planner->change->choice_count; i++) {
        const struct package *package = &planner->change->choices[i]->package;
        struct strings lines = {0};
        strings_split(&lines, planner->arena, package->provides, '\n');
        for (size_t l = 0; l < lines.count; l++) {
            struct provided term;
            if (provided_parse(&term, planner->arena, lines.items[l]) &&
                strcmp(term.contract, consumed->contract) == 0)
                strings_add(&could, planner->arena,
                            arena_printf(planner->arena, "%s %s (provides %s)", package->name,
                                         package->version, lines.items[l]));
        }
    }
    return could.count ? strings_join(&could, planner->arena, ", ") : NULL;
}

/* An installed plugin among the facts that an update would let move. */
static const char *held_back(const struct telling *telling)
{
    const struct change *change = telling->planner->change;
    for (uint32_t i = 0; i < telling->answer->fact_count; i++) {
        const struct fact *fact = &telling->answer->facts[i];
        if (fact->kind == FACT_ROOT) {
            const char *name = telling->planner->asked[fact->a].plugin;
            if (installed_find(&change->before, name) && !plan_updates(change, name) &&
                !plan_spec(change, name))
                return name;
        }
    }
    return NULL;
}

static void hint(const struct telling *telling)
{
    struct planner *planner = telling->planner;
    const struct consumed *unmet = telling->unmet;
    const char *could = unmet ? who_could(planner, unmet) : NULL, *held = held_back(telling);
    if (unmet && planner->change->request->remove.count)
        error_hint("remove what needs it as well, or install another provider first");
    else if (could)
        error_hint("nearest: %s", could);
    else if (unmet)
        error_hint("add a registry that has a provider of %s: paii registry add NAME URL",
                   unmet->contract);
    else if (held)
        error_hint("'%s' is installed: 'paii remove %s', or ask for another version of it", held,
                   held);
    else
        error_hint("of each plugin one version can be installed: ask for other versions");
}

int plan_explain(struct planner *planner, const struct answer_plan *answer)
{
    struct telling telling = {.planner = planner, .answer = answer};
    tell_facts(&telling);
    if (telling.lines.count > LINES_MAX) {
        size_t more = telling.lines.count - LINES_MAX;
        telling.lines.count = LINES_MAX;
        strings_add(&telling.lines, planner->arena,
                    arena_printf(planner->arena, "and %zu facts more", more));
    }
    fail(ERR_CONTRACT, "this cannot be installed together:\n%s",
         strings_join(&telling.lines, planner->arena, "\n"));
    hint(&telling);
    return -ERR_CONTRACT;
}
