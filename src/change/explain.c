/*
 * Why there is no solution. The solver gives facts that contradict each other, none too many, from
 * what was asked for downwards. Facts that differ by versions alone become one line; so do needs of
 * the same plugin for the same thing in other ranges, if what is then said is still a
 * contradiction.
 */
#include "change/explain.h"

#include <stdlib.h>
#include <string.h>

/* 40 lines with the one above and the one that sums up. */
enum { LINES_MAX = 38, CHECKS_MAX = 2000, WIDTH_MAX = 160 };

const struct package *explain_package(const struct explanation *explanation, uint32_t choice)
{
    return &explanation->planner->choices[choice]->package;
}

static const char *name_of(const struct explanation *explanation, uint32_t choice)
{
    return explain_package(explanation, choice)->name;
}

/* ---- crowds ---- */

static int compare_numbers(const void *pa, const void *pb)
{
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    return (a > b) - (a < b);
}

static bool crowd_has(const struct crowd *crowd, uint32_t choice)
{
    return crowd->count &&
           bsearch(&choice, crowd->items, crowd->count, sizeof choice, compare_numbers);
}

/* Choices are sorted by name, so those of one plugin follow each other. */
struct crowds explain_crowds(const struct explanation *explanation, const uint32_t *choices,
                             size_t count)
{
    struct crowds out = {0};
    uint32_t *sorted = arena_copy(explanation->arena, choices, count * sizeof *choices);
    size_t kept = 0;
    if (count)
        qsort(sorted, count, sizeof *sorted, compare_numbers);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || sorted[i] != sorted[i - 1])
            sorted[kept++] = sorted[i];
    for (size_t i = 0, first = 0; i < kept; i++)
        if (i + 1 == kept ||
            strcmp(name_of(explanation, sorted[i]), name_of(explanation, sorted[i + 1])) != 0) {
            *arena_push(explanation->arena, &out.items, &out.count, &out.capacity) =
                (struct crowd){sorted + first, i + 1 - first};
            first = i + 1;
        }
    return out;
}

static struct crowd crowd_with(const struct explanation *explanation, const struct crowd *a,
                               const struct crowd *b)
{
    uint32_t *both = arena_array(explanation->arena, a->count + b->count + 1, sizeof *both);
    memcpy(both, a->items, a->count * sizeof *both);
    if (b->count)
        memcpy(both + a->count, b->items, b->count * sizeof *both);
    struct crowds crowds = explain_crowds(explanation, both, a->count + b->count);
    return crowds.items[0];
}

static struct crowds crowds_with(const struct explanation *explanation, const struct crowds *a,
                                 const struct crowds *b)
{
    size_t most = 0, count = 0;
    for (size_t i = 0; i < a->count + b->count; i++)
        most += (i < a->count ? &a->items[i] : &b->items[i - a->count])->count;
    uint32_t *all = arena_array(explanation->arena, most + 1, sizeof *all);
    for (size_t i = 0; i < a->count + b->count; i++) {
        const struct crowd *crowd = i < a->count ? &a->items[i] : &b->items[i - a->count];
        memcpy(all + count, crowd->items, crowd->count * sizeof *all);
        count += crowd->count;
    }
    return explain_crowds(explanation, all, count);
}

static bool same_crowds(const struct crowds *a, const struct crowds *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].count != b->items[i].count ||
            memcmp(a->items[i].items, b->items[i].items,
                   a->items[i].count * sizeof *a->items[i].items) != 0)
            return false;
    return true;
}

static bool same_plugin(const struct explanation *explanation, const struct line *a,
                        const struct line *b)
{
    return strcmp(name_of(explanation, a->who.items[0]), name_of(explanation, b->who.items[0])) ==
           0;
}

/* ---- what is wanted ---- */

static struct wanted wanted_of(const struct explanation *explanation, const struct need *need)
{
    const struct consumed *term = need->consumed;
    if (!term) {
        const struct change *change = explanation->planner->change;
        const struct package *owner = explain_package(explanation, need->candidate);
        return (struct wanted){
            .plugin = need->depends->name,
            .range = need->depends->range,
            .registry = plan_dependency_registry(change, owner, need->depends),
            .trouble = plan_dependency_trouble(change, owner, need->depends, explanation->arena)};
    }
    return (struct wanted){
        .contract = term->contract, .service = term->service, .range = term->range};
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_thing(const struct wanted *a, const struct wanted *b)
{
    return same_text(a->contract, b->contract) && same_text(a->service, b->service) &&
           same_text(a->plugin, b->plugin);
}

static void add_wanted(const struct explanation *explanation, struct line *line,
                       struct wanted wanted)
{
    for (size_t i = 0; i < line->want_count; i++)
        if (same_thing(&line->want[i], &wanted) && strcmp(line->want[i].range, wanted.range) == 0)
            return;
    *arena_push(explanation->arena, &line->want, &line->want_count, &line->want_capacity) = wanted;
}

static const struct need *find_need(const struct planner *planner, uint32_t candidate,
                                    uint32_t gate)
{
    for (size_t i = 0; i < planner->need_count; i++)
        if (planner->needs[i].candidate == candidate && planner->needs[i].gate == gate)
            return &planner->needs[i];
    return NULL;
}

/* ---- from facts to lines ---- */

static struct line need_line(const struct explanation *explanation, const struct fact *fact)
{
    const struct planner *planner = explanation->planner;
    const struct lists *gates = &planner->index.gate;
    const struct need *need = find_need(planner, fact->a, fact->b);
    uint32_t *who = arena_copy(explanation->arena, &fact->a, sizeof *who);
    struct line line = {.kind = FACT_NEED, .who = {who, 1}, .gate = fact->b};
    if (need)
        add_wanted(explanation, &line, wanted_of(explanation, need));
    line.others = explain_crowds(explanation, gates->items + gates->at[fact->b],
                                 gates->at[fact->b + 1] - gates->at[fact->b]);
    return line;
}

/* Whether `a` itself says that it cannot stand beside `b`; the solver's fact has no direction. */
static bool says_so(const struct planner *planner, uint32_t a, uint32_t b)
{
    const struct index *index = &planner->index;
    for (uint32_t s = index->avoid.at[a]; s < index->avoid.at[a + 1]; s++) {
        uint32_t set = index->avoid.items[s];
        for (uint32_t m = index->set.at[set]; m < index->set.at[set + 1]; m++)
            if (index->set.items[m] == b)
                return true;
    }
    return false;
}

static struct line pair_line(const struct explanation *explanation, const struct fact *fact)
{
    uint32_t a = fact->a, b = fact->b;
    if (fact->kind == FACT_AVOID && !says_so(explanation->planner, a, b)) {
        a = fact->b;
        b = fact->a;
    }
    uint32_t *who = arena_copy(explanation->arena, &a, sizeof *who);
    struct line line = {.kind = fact->kind, .who = {who, 1}};
    if (fact->kind == FACT_AVOID)
        line.others = explain_crowds(explanation, &b, 1);
    return line;
}

static void add_lines(struct explanation *explanation)
{
    for (size_t i = 0; i < explanation->fact_count; i++) {
        const struct fact *fact = &explanation->facts[i];
        if (fact->kind != FACT_ROOT)
            *arena_push(explanation->arena, &explanation->lines, &explanation->line_count,
                        &explanation->line_capacity) = fact->kind == FACT_NEED
                                                           ? need_line(explanation, fact)
                                                           : pair_line(explanation, fact);
    }
}

/* ---- fewer lines ---- */

static void join_into(const struct explanation *explanation, struct line *line,
                      const struct line *other)
{
    line->who = crowd_with(explanation, &line->who, &other->who);
    line->others = crowds_with(explanation, &line->others, &other->others);
    for (size_t i = 0; i < other->want_count; i++)
        add_wanted(explanation, line, other->want[i]);
}

static void drop_line(struct explanation *explanation, size_t at)
{
    memmove(explanation->lines + at, explanation->lines + at + 1,
            (explanation->line_count - at - 1) * sizeof *explanation->lines);
    explanation->line_count--;
}

/* The same said of other versions: whom they need, or cannot stand beside, is the same. */
static bool say_the_same(const struct explanation *explanation, const struct line *a,
                         const struct line *b)
{
    if (a->kind != b->kind || !same_plugin(explanation, a, b) ||
        !same_crowds(&a->others, &b->others))
        return false;
    return a->kind != FACT_NEED ||
           (a->want_count && b->want_count && same_thing(&a->want[0], &b->want[0]));
}

static bool same_who(const struct explanation *explanation, const struct line *a,
                     const struct line *b)
{
    return a->kind == FACT_AVOID && b->kind == FACT_AVOID && same_plugin(explanation, a, b) &&
           a->who.count == b->who.count &&
           memcmp(a->who.items, b->who.items, a->who.count * sizeof *a->who.items) == 0 &&
           strcmp(name_of(explanation, a->others.items[0].items[0]),
                  name_of(explanation, b->others.items[0].items[0])) == 0;
}

static void join_lines(struct explanation *explanation,
                       bool (*fit)(const struct explanation *, const struct line *,
                                   const struct line *))
{
    for (size_t i = 0; i < explanation->line_count; i++)
        for (size_t j = i + 1; j < explanation->line_count;)
            if (fit(explanation, &explanation->lines[i], &explanation->lines[j])) {
                join_into(explanation, &explanation->lines[i], &explanation->lines[j]);
                drop_line(explanation, j);
            } else {
                j++;
            }
}

/* What is true of more versions is sooner said: they are told along. */
static void widen(const struct explanation *explanation, struct line *line)
{
    const struct planner *planner = explanation->planner;
    const char *name = name_of(explanation, line->who.items[0]);
    if (line->kind != FACT_NEED || !line->want_count)
        return;
    for (size_t i = 0; i < planner->need_count; i++) {
        const struct need *need = &planner->needs[i];
        if (need->gate != line->gate || crowd_has(&line->who, need->candidate) ||
            strcmp(name_of(explanation, need->candidate), name) != 0 ||
            !plan_choosable(planner, need->candidate, NULL, false))
            continue;
        struct wanted wanted = wanted_of(explanation, need);
        if (same_thing(&wanted, &line->want[0])) {
            uint32_t candidate = need->candidate;
            line->who = crowd_with(explanation, &line->who, &(struct crowd){&candidate, 1});
            add_wanted(explanation, line, wanted);
        }
    }
}

/*
 * "a 1 needs b 1, a 2 needs b 2, …" is "every version of a needs b", if that is enough for a
 * contradiction. What is said is weaker, never wrong.
 */
static void join_loosely(struct explanation *explanation)
{
    size_t checks = 0;
    for (size_t i = 0; i < explanation->line_count; i++)
        for (size_t j = i + 1; j < explanation->line_count;) {
            struct line *a = &explanation->lines[i], *b = &explanation->lines[j];
            if (a->kind != FACT_NEED || b->kind != FACT_NEED || !a->want_count || !b->want_count ||
                !same_plugin(explanation, a, b) || !same_thing(&a->want[0], &b->want[0]) ||
                checks >= CHECKS_MAX) {
                j++;
                continue;
            }
            struct line before = *a, other = *b;
            join_into(explanation, a, b);
            drop_line(explanation, j);
            checks++;
            if (explain_contradicts(explanation))
                continue;
            explanation->line_count++;
            memmove(explanation->lines + j + 1, explanation->lines + j,
                    (explanation->line_count - j - 1) * sizeof *explanation->lines);
            explanation->lines[i] = before;
            explanation->lines[j++] = other;
        }
}

/* ---- in one breath ---- */

static bool covers(const struct crowd *crowd, const struct crowd *part)
{
    for (size_t i = 0; i < part->count; i++)
        if (!crowd_has(crowd, part->items[i]))
            return false;
    return true;
}

/* The one line of the only plugin that would do, if it speaks of all its versions that would. */
static struct line *next_of(const struct explanation *explanation, const struct line *line)
{
    struct line *next = NULL;
    if (line->kind != FACT_NEED || line->others.count != 1)
        return NULL;
    const struct crowd *needed = &line->others.items[0];
    for (size_t i = 0; i < explanation->line_count; i++) {
        struct line *other = &explanation->lines[i];
        if (strcmp(name_of(explanation, other->who.items[0]),
                   name_of(explanation, needed->items[0])) != 0)
            continue;
        if (next || other == line || other->is_then || !covers(&other->who, needed))
            return NULL;
        next = other;
    }
    return next;
}

/* From the top down, as long as it fits on a screen's line or two. */
static void chain(struct explanation *explanation)
{
    for (size_t i = 0; i < explanation->line_count; i++) {
        struct line *first = &explanation->lines[i], *last = first, *next;
        if (first->is_then)
            continue;
        while ((next = next_of(explanation, last)) && next != first && !next->then) {
            last->then = next;
            if (strlen(explain_line(explanation, first)) > WIDTH_MAX) {
                last->then = NULL;
                break;
            }
            next->is_then = true;
            last = next;
        }
    }
}

/* ---- telling ---- */

static const char *more_words(const struct explanation *explanation, const struct strings *names,
                              size_t count)
{
    return arena_printf(explanation->arena, "and %zu more of the kind, of %s", count,
                        explain_list(explanation->arena, names, "and"));
}

const char *explain_text(const struct explanation *explanation, const char *header)
{
    struct strings lines = {0}, left = {0};
    size_t more = 0;
    for (size_t i = 0; i < explanation->line_count; i++) {
        const struct line *line = &explanation->lines[i];
        const char *name = name_of(explanation, line->who.items[0]);
        if (line->is_then)
            continue;
        if (lines.count < LINES_MAX)
            strings_add(&lines, explanation->arena, explain_line(explanation, line));
        else if (more++, !strings_has(&left, name))
            strings_add(&left, explanation->arena, name);
    }
    if (more)
        strings_add(&lines, explanation->arena, more_words(explanation, &left, more));
    return arena_printf(explanation->arena, "%s%s%s", header,
                        lines.count == 0   ? ""
                        : lines.count == 1 ? ": "
                                           : ":\n",
                        strings_join(&lines, explanation->arena, "\n"));
}

int explain_refuse(const struct explanation *explanation, enum err code, const char *text)
{
    struct strings hints = {0};
    AUTO_BUF details = {0};
    for (size_t i = 0; i < explanation->hint_count; i++)
        strings_add(&hints, explanation->arena, explanation->hints[i].text);
    explain_json(explanation, &details);
    fail(code, "%s", text);
    if (hints.count)
        error_hint("%s", strings_join(&hints, explanation->arena, "\nor "));
    error_details(buf_text(&details));
    return -(int)code;
}

int plan_explain(struct planner *planner, const struct answer_plan *answer)
{
    struct explanation explanation = {.planner = planner,
                                      .arena = planner->arena,
                                      .facts = answer->facts,
                                      .fact_count = answer->fact_count};
    add_lines(&explanation);
    join_lines(&explanation, say_the_same);
    join_lines(&explanation, same_who);
    for (size_t i = 0; i < explanation.line_count; i++)
        widen(&explanation, &explanation.lines[i]);
    join_loosely(&explanation);
    chain(&explanation);
    explain_help(&explanation); /* it plans, so the error is recorded last */
    return explain_refuse(&explanation, ERR_CONTRACT,
                          explain_text(&explanation, explain_header(&explanation)));
}

int plan_explain_find(struct planner *planner, const struct spec *spec)
{
    struct wanted want = {.plugin = spec->name, .range = spec->range ? spec->range : "*"};
    struct explanation explanation = {
        .planner = planner, .arena = planner->arena, .missing = &want};
    const char *why = explain_nobody(&explanation, &want);
    explain_help_find(&explanation, spec, &want);
    return explain_refuse(&explanation, ERR_NOT_FOUND,
                          arena_printf(planner->arena, "no version of '%s' matches '%s'%s",
                                       spec->name, want.range, why));
}
