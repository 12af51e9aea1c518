/* Which candidates satisfy a requirement. */
#include "universe_private.h"

#include <string.h>

uint32_t universe_find(const struct universe *universe, const uint32_t *texts, uint32_t count,
                       const char *text)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(text_at(universe, texts[middle]), text);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return count;
}

/* ---- ranges: alternatives of comparators, by plain precedence ---- */

static void add_comparator(struct matching *matching, const char *text, bool first)
{
    size_t operator= strspn(text, "<=>");
    struct comparator *out = arena_push(matching->arena, &matching->limits, &matching->limit_count,
                                        &matching->limit_capacity);
    out->less = memchr(text, '<', operator);
    out->equal = memchr(text, '=', operator);
    out->greater = memchr(text, '>', operator);
    out->first = first;
    version_parse(&out->version, text + operator, false);
}

static void set_limits(struct matching *matching, const char *range)
{
    bool first = true;
    matching->limit_count = 0;
    if (strcmp(range, "*") == 0)
        return;
    buf_clear(&matching->range);
    buf_puts(&matching->range, range);
    char *at = matching->range.data, *end = at + matching->range.len;
    while (at < end) {
        size_t len = strcspn(at, " |");
        bool or = at[len] == '|';
        at[len] = '\0';
        if (len)
            add_comparator(matching, at, first);
        first = or || (first && len == 0);
        at += len + 1;
    }
}

static bool within_limits(const struct matching *matching, const struct version *version)
{
    bool holds = matching->limit_count == 0 || version;
    for (size_t i = 0; version && i < matching->limit_count; i++) {
        const struct comparator *c = &matching->limits[i];
        if (c->first && i > 0 && holds)
            return true;
        if (!holds && !c->first)
            continue;
        int order = version_compare(version, &c->version);
        holds = order < 0 ? c->less : order > 0 ? c->greater : c->equal;
    }
    return holds;
}

/* ---- candidates ---- */

void match_name(struct matching *matching, const struct requirement *requirement, uint32_t name,
                struct numbers *out)
{
    const struct universe *universe = matching->universe;
    const uint32_t *first = universe->index.first;
    set_limits(matching, requirement->range);
    for (uint32_t c = first[name]; c < first[name + 1]; c++) {
        struct version parsed;
        const struct version *version = &parsed;
        if (matching->rows)
            version = &matching->rows[c]->parsed;
        else
            version_parse(&parsed, universe_version(universe, c), false);
        if (within_limits(matching, version))
            add_number(out, matching->arena, c);
    }
}

static bool offer_matches(const struct matching *matching, uint32_t number, const char *service)
{
    const struct universe *universe = matching->universe;
    const struct offer *offer = &universe->offers[number];
    struct version parsed;
    const struct version *version = NULL;
    if (service && (!offer->service || strcmp(service, text_at(universe, offer->service)) != 0))
        return false;
    if (offer->version && matching->offer_versions)
        version = &matching->offer_versions[number];
    else if (offer->version && version_parse(&parsed, text_at(universe, offer->version), false))
        version = &parsed;
    return within_limits(matching, version);
}

void match_contract(struct matching *matching, const struct requirement *requirement,
                    uint32_t contract, struct numbers *out)
{
    const struct universe *universe = matching->universe;
    uint32_t last = UINT32_MAX;
    set_limits(matching, requirement->range);
    for (uint32_t i = universe->offers_at[contract]; i < universe->offers_at[contract + 1]; i++) {
        if (universe->offers[i].candidate == last ||
            !offer_matches(matching, i, requirement->service))
            continue;
        last = universe->offers[i].candidate;
        add_number(out, matching->arena, last);
    }
}

void match_more(struct numbers *out, const struct numbers *more, struct arena *arena)
{
    size_t before = out->count;
    for (size_t m = 0; m < more->count; m++) {
        bool known = false;
        for (size_t i = 0; i < before && !known; i++)
            known = out->items[i] == more->items[m];
        if (!known)
            add_number(out, arena, more->items[m]);
    }
}
