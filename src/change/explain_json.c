/* An explanation as data (docs/resolver.md, "No solution"). */
#include "change/explain.h"

#include <string.h>

static void add_versions(const struct explanation *explanation, struct json_writer *json,
                         const struct crowd *crowd)
{
    const struct package *package = explain_package(explanation, crowd->items[0]);
    const char *range = explain_versions(explanation, crowd);
    json_field(json, "plugin", package->name);
    json_field(json, "registry", *package->registry ? package->registry : NULL);
    json_field(json, "range", *range ? range : "*");
    json_key(json, "versions");
    json_array(json);
    for (size_t i = 0; i < crowd->count; i++)
        json_string(json, explain_package(explanation, crowd->items[i])->version);
    json_end_array(json);
}

static void add_crowds(const struct explanation *explanation, struct json_writer *json,
                       const char *key, const struct crowds *crowds)
{
    json_key(json, key);
    json_array(json);
    for (size_t i = 0; i < crowds->count; i++) {
        json_object(json);
        add_versions(explanation, json, &crowds->items[i]);
        json_end_object(json);
    }
    json_end_array(json);
}

static void add_asked(const struct explanation *explanation, struct json_writer *json,
                      const struct fact *fact)
{
    const struct planner *planner = explanation->planner;
    const struct asked *asked = &planner->asked[fact->a];
    const struct root *root = &planner->roots[fact->a];
    struct crowds crowds = explain_crowds(explanation, root->members, root->count);
    bool now =
        explain_spec(explanation, fact) || !installed_find(&planner->change->before, asked->plugin);
    json_object(json);
    json_field(json, "kind", now ? "asked" : "installed");
    json_field(json, "plugin", asked->plugin);
    json_field(json, "wanted", *asked->range ? asked->range : "*");
    add_crowds(explanation, json, "found", &crowds);
    json_end_object(json);
}

/* What was asked for, and the versions that there are instead. */
static void add_missing(const struct explanation *explanation, struct json_writer *json)
{
    struct near *near;
    size_t count = explain_near(explanation, explanation->missing, &near);
    uint32_t *choices = arena_array(explanation->arena, count + 1, sizeof *choices);
    for (size_t i = 0; i < count; i++)
        choices[i] = near[i].choice;
    struct crowds crowds = explain_crowds(explanation, choices, count);
    json_object(json);
    json_field(json, "kind", "missing");
    json_field(json, "plugin", explanation->missing->plugin);
    json_field(json, "wanted", explanation->missing->range);
    add_crowds(explanation, json, "others", &crowds);
    json_end_object(json);
}

/* The plugins whose needs lead to this one; none if it was asked for itself. */
static void add_needed_by(const struct explanation *explanation, struct json_writer *json,
                          const struct line *line)
{
    const char *name = explain_package(explanation, line->who.items[0])->name;
    struct strings names = {0};
    for (size_t i = 0; i < explanation->line_count; i++) {
        const struct line *other = &explanation->lines[i];
        for (size_t o = 0; other->kind == FACT_NEED && o < other->others.count; o++) {
            const char *needed =
                explain_package(explanation, other->others.items[o].items[0])->name;
            const char *by = explain_package(explanation, other->who.items[0])->name;
            if (strcmp(needed, name) == 0 && !strings_has(&names, by))
                strings_add(&names, explanation->arena, by);
        }
    }
    json_strings(json, "needed_by", &names);
}

static void add_want(struct json_writer *json, const struct line *line)
{
    const struct wanted *want = line->want;
    if (!line->want_count)
        return;
    if (want->plugin) {
        json_field(json, "depends", want->plugin);
    } else {
        json_field(json, "contract", want->contract);
        json_field(json, "service", want->service);
    }
    json_key(json, "wanted");
    json_array(json);
    for (size_t i = 0; i < line->want_count; i++)
        json_string(json, want[i].range);
    json_end_array(json);
}

static void add_line(const struct explanation *explanation, struct json_writer *json,
                     const struct line *line)
{
    static const char *const kinds[] = {
        [FACT_NEED] = "need", [FACT_AVOID] = "conflict", [FACT_BARRED] = "barred"};
    json_object(json);
    json_field(json, "kind", line->alias ? "choice" : kinds[line->kind]);
    add_versions(explanation, json, &line->who);
    add_needed_by(explanation, json, line);
    add_want(json, line);
    if (line->alias)
        json_field(json, "alias", line->alias);
    if (line->kind != FACT_BARRED)
        add_crowds(explanation, json, line->kind == FACT_NEED ? "found" : "with", &line->others);
    json_field(json, "text", explain_line(explanation, line));
    json_end_object(json);
}

void explain_json(const struct explanation *explanation, struct buf *out)
{
    struct json_writer json = {.out = out};
    json_object(&json);
    json_key(&json, "facts");
    json_array(&json);
    if (explanation->missing)
        add_missing(explanation, &json);
    for (size_t i = 0; i < explanation->fact_count; i++)
        if (explanation->facts[i].kind == FACT_ROOT)
            add_asked(explanation, &json, &explanation->facts[i]);
    for (size_t i = 0; i < explanation->line_count; i++)
        add_line(explanation, &json, &explanation->lines[i]);
    json_end_array(&json);
    json_key(&json, "hints");
    json_array(&json);
    for (size_t i = 0; i < explanation->hint_count; i++) {
        json_object(&json);
        json_field(&json, "text", explanation->hints[i].text);
        json_field(&json, "command", explanation->hints[i].command);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
}
