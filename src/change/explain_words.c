/* An explanation in words. Names, ranges and registries are told as their authors wrote them. */
#include "change/explain.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 3, NAMES_MAX = 4 };

const char *explain_list(struct arena *arena, const struct strings *items, const char *last)
{
    struct strings shown = {0};
    size_t count = items->count > NAMES_MAX + 1 ? NAMES_MAX : items->count;
    for (size_t i = 0; i < count; i++)
        strings_add(&shown, arena, items->items[i]);
    if (count < items->count)
        strings_add(&shown, arena, arena_printf(arena, "%zu more", items->count - count));
    if (shown.count < 2)
        return strings_join(&shown, arena, "");
    const char *end = shown.items[--shown.count];
    return arena_printf(arena, "%s %s %s", strings_join(&shown, arena, ", "), last, end);
}

/* ---- versions ---- */

static int compare_versions(const void *pa, const void *pb, void *payload)
{
    const struct explanation *explanation = payload;
    const char *a = explain_package(explanation, *(const uint32_t *)pa)->version;
    const char *b = explain_package(explanation, *(const uint32_t *)pb)->version;
    struct version x = {0}, y = {0};
    version_parse(&x, a, true);
    version_parse(&y, b, true);
    int order = version_compare(&x, &y);
    return order ? order : strcmp(a, b);
}

static bool has(const struct crowd *crowd, uint32_t choice)
{
    for (size_t i = 0; i < crowd->count; i++)
        if (crowd->items[i] == choice)
            return true;
    return false;
}

/* All versions of the crowd's plugin that are a matter of course, and those of the crowd; oldest
 * first. */
static struct crowd relatives(const struct explanation *explanation, const struct crowd *crowd)
{
    const struct planner *planner = explanation->planner;
    const char *name = explain_package(explanation, crowd->items[0])->name;
    uint32_t first = crowd->items[0], last = first;
    while (first > 0 && strcmp(planner->choices[first - 1]->package.name, name) == 0)
        first--;
    while (last + 1 < planner->choice_count &&
           strcmp(planner->choices[last + 1]->package.name, name) == 0)
        last++;
    struct crowd out = {arena_array(explanation->arena, last - first + 1, sizeof(uint32_t)), 0};
    for (uint32_t i = first; i <= last; i++)
        if (has(crowd, i) || plan_choosable(planner, i, NULL, false))
            out.items[out.count++] = i;
    qsort_r(out.items, out.count, sizeof *out.items, compare_versions, (void *)explanation);
    return out;
}

static void add_run(const struct explanation *explanation, struct strings *runs,
                    const struct crowd *all, size_t from, size_t to)
{
    const char *a = explain_package(explanation, all->items[from])->version;
    const char *b = explain_package(explanation, all->items[to - 1])->version;
    if (to - from > 2) {
        strings_add(runs, explanation->arena, arena_printf(explanation->arena, "%s to %s", a, b));
        return;
    }
    strings_add(runs, explanation->arena, a);
    if (strcmp(a, b) != 0)
        strings_add(runs, explanation->arena, b);
}

const char *explain_runs(const struct explanation *explanation, const struct crowd *crowd)
{
    struct crowd all = relatives(explanation, crowd);
    struct strings runs = {0};
    size_t lowest = all.count, highest = 0;
    for (size_t i = 0; i < all.count; i++) {
        size_t from = i;
        while (i < all.count && has(crowd, all.items[i]))
            i++;
        if (i == from)
            continue;
        add_run(explanation, &runs, &all, from, i);
        lowest = from < lowest ? from : lowest;
        highest = i - 1;
    }
    if (runs.count <= RUNS_MAX)
        return explain_list(explanation->arena, &runs, "and");
    return arena_printf(explanation->arena, "%s to %s (%zu versions)",
                        explain_package(explanation, all.items[lowest])->version,
                        explain_package(explanation, all.items[highest])->version, crowd->count);
}

const char *explain_versions(const struct explanation *explanation, const struct crowd *crowd)
{
    size_t count = relatives(explanation, crowd).count;
    return count == crowd->count && count > 1 ? "" : explain_runs(explanation, crowd);
}

/* "every version of greeter", "greeter 1.0.0 and 1.1.0" */
static const char *who_words(const struct explanation *explanation, const struct crowd *crowd)
{
    const char *name = explain_package(explanation, crowd->items[0])->name;
    const char *versions = explain_versions(explanation, crowd);
    return *versions ? arena_printf(explanation->arena, "%s %s", name, versions)
                     : arena_printf(explanation->arena, "every version of %s", name);
}

static bool is_one(const struct explanation *explanation, const struct crowd *crowd)
{
    return crowd->count == 1 || !*explain_versions(explanation, crowd);
}

/* ---- what was asked for ---- */

const struct spec *explain_spec(const struct explanation *explanation, const struct fact *fact)
{
    const struct asked *asked = &explanation->planner->asked[fact->a];
    const struct change_request *request = explanation->planner->change->request;
    for (size_t i = 0; i < request->install_count; i++) {
        const struct spec *spec = &request->install[i];
        if (spec->kind == SPEC_NAME && strcmp(spec->name, asked->plugin) == 0 &&
            strcmp(spec->range ? spec->range : "", asked->range) == 0)
            return spec;
    }
    return NULL;
}

static const char *root_words(const struct explanation *explanation, const struct fact *fact)
{
    const struct change *change = explanation->planner->change;
    const char *name = explanation->planner->asked[fact->a].plugin;
    const struct spec *spec = explain_spec(explanation, fact);
    const struct package *before = installed_find(&change->before, name);
    bool held = !spec && before && before->flags & PACKAGE_HELD;
    return arena_printf(explanation->arena, "'%s'%s", spec ? spec->text : name,
                        held ? " (held)" : "");
}

static bool is_new(const struct explanation *explanation, const struct fact *fact)
{
    const struct planner *planner = explanation->planner;
    const char *name = planner->asked[fact->a].plugin;
    return explain_spec(explanation, fact) || !installed_find(&planner->change->before, name);
}

/* Whether each root that is told of could be what is installed. */
static bool all_there(const struct explanation *explanation)
{
    const struct planner *planner = explanation->planner;
    for (size_t i = 0; i < explanation->fact_count; i++) {
        const struct fact *fact = &explanation->facts[i];
        bool there = fact->kind != FACT_ROOT;
        for (uint32_t m = 0; !there && m < planner->roots[fact->a].count; m++)
            there = planner->choices[planner->roots[fact->a].members[m]]->current;
        if (!there)
            return false;
    }
    return true;
}

/* What is to go, or to be updated, where nothing that is to be installed is in the way. */
static const char *other_header(const struct explanation *explanation,
                                const struct strings *standing)
{
    const struct change_request *request = explanation->planner->change->request;
    const struct strings *named = request->remove.count ? &request->remove : &request->update;
    struct strings subjects = {0};
    for (size_t i = 0; i < named->count; i++)
        strings_add(&subjects, explanation->arena,
                    arena_printf(explanation->arena, "'%s'", named->items[i]));
    if (subjects.count)
        return arena_printf(explanation->arena, "%s cannot be %s",
                            explain_list(explanation->arena, &subjects, "and"),
                            request->remove.count ? "removed" : "updated");
    return arena_printf(
        explanation->arena, "%s cannot %s%s", explain_list(explanation->arena, standing, "and"),
        all_there(explanation) ? "stay" : "be installed", standing->count > 1 ? " together" : "");
}

const char *explain_header(const struct explanation *explanation)
{
    struct arena *arena = explanation->arena;
    struct strings asked = {0}, standing = {0};
    for (size_t i = 0; i < explanation->fact_count; i++) {
        const struct fact *fact = &explanation->facts[i];
        if (fact->kind == FACT_ROOT)
            strings_add(is_new(explanation, fact) ? &asked : &standing, arena,
                        root_words(explanation, fact));
    }
    if (asked.count == 0)
        return other_header(explanation, &standing);
    return arena_printf(arena, "%s cannot be installed%s%s%s", explain_list(arena, &asked, "and"),
                        asked.count > 1 ? " together" : "", standing.count ? " beside " : "",
                        explain_list(arena, &standing, "and"));
}

/* ---- lines ---- */

/* Ranges of the same thing: "GreetProvider >=2", "b ^1 or ^2"; many are left out. */
static const char *want_words(const struct explanation *explanation, const struct line *line)
{
    struct arena *arena = explanation->arena;
    struct strings ranges = {0};
    if (line->want_count == 0)
        return "something";
    const struct wanted *want = &line->want[0];
    const char *thing = want->plugin ? want->plugin
                        : want->service
                            ? arena_printf(arena, "%s[%s]", want->contract, want->service)
                            : want->contract;
    for (size_t i = 0; i < line->want_count; i++)
        strings_add(&ranges, arena, line->want[i].range);
    if (ranges.count > RUNS_MAX || strings_has(&ranges, "*"))
        return thing;
    return arena_printf(arena, "%s %s", thing, explain_list(arena, &ranges, "or"));
}

const char *explain_names(const struct explanation *explanation, const struct crowds *crowds,
                          const char *last)
{
    struct strings parts = {0};
    for (size_t i = 0; i < crowds->count; i++) {
        const char *versions = explain_versions(explanation, &crowds->items[i]);
        strings_add(&parts, explanation->arena,
                    arena_printf(explanation->arena, "%s%s%s",
                                 explain_package(explanation, crowds->items[i].items[0])->name,
                                 *versions ? " " : "", versions));
    }
    return explain_list(explanation->arena, &parts, last);
}

/* Whether there would be others, were it not for [bindings]. */
static bool is_bound(const struct explanation *explanation, const struct line *line)
{
    const struct wanted *want = line->want;
    if (line->others.count != 1 || !line->want_count || want->plugin)
        return false;
    struct consumed term = {
        .contract = want->contract, .service = want->service, .range = want->range};
    return plan_bound(explanation->planner->change, &term,
                      explain_package(explanation, line->others.items[0].items[0])->name);
}

/* Who would do. Of a plugin that is needed by name only its versions are news. */
static const char *others_words(const struct explanation *explanation, const struct line *line)
{
    struct arena *arena = explanation->arena;
    const struct crowds *others = &line->others;
    if (others->count == 1 && line->want_count && line->want[0].plugin) {
        const char *versions = explain_versions(explanation, &others->items[0]);
        return *versions ? arena_printf(arena, " (%s)", versions) : "";
    }
    if (is_bound(explanation, line))
        return arena_printf(arena, ", which [bindings] gives to %s",
                            explain_names(explanation, others, "and"));
    if (line->then)
        return arena_printf(arena, " (%s)", explain_names(explanation, others, "or"));
    bool one = others->count == 1 && is_one(explanation, &others->items[0]);
    return arena_printf(arena, ", which %s%s provide%s", others->count == 1 ? "only " : "",
                        explain_names(explanation, others, "and"), one ? "s" : "");
}

/* What is said of those who come before it. */
static const char *rest_words(const struct explanation *explanation, const struct line *line,
                              bool one)
{
    struct arena *arena = explanation->arena;
    const char *then = "";
    if (line->kind == FACT_AVOID)
        return arena_printf(arena, "cannot stand beside %s",
                            explain_names(explanation, &line->others, "or"));
    if (line->kind != FACT_NEED)
        return "may not be chosen";
    if (line->then)
        then = arena_printf(
            arena, ", which %s",
            rest_words(explanation, line->then, is_one(explanation, &line->others.items[0])));
    return arena_printf(arena, "need%s %s%s%s%s", one ? "s" : "", line->alias ? "one " : "",
                        want_words(explanation, line),
                        line->others.count ? others_words(explanation, line)
                        : line->want_count ? explain_nobody(explanation, &line->want[0])
                                           : "",
                        then);
}

const char *explain_line(const struct explanation *explanation, const struct line *line)
{
    if (line->kind == FACT_AVOID && !*explain_versions(explanation, &line->who))
        return arena_printf(explanation->arena, "no version of %s can stand beside %s",
                            explain_package(explanation, line->who.items[0])->name,
                            explain_names(explanation, &line->others, "or"));
    return arena_printf(explanation->arena, "%s %s", who_words(explanation, &line->who),
                        rest_words(explanation, line, is_one(explanation, &line->who)));
}
