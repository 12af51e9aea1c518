/*
 * Who provides a contract, among the choices of a plan: looked at once for all and kept in the
 * order of preference, so that each distinct requirement is one pass over its contract's offers.
 */
#include "cli/change_plan.h"

#include <stdlib.h>
#include <string.h>

struct offer {
    struct provided term;
    struct version version;
    bool versioned;
    uint32_t choice;
};

struct met { /* a requirement that was met before */
    const char *service, *range;
    uint32_t gate;
};

struct contract {
    const char *name;
    const struct offer *offers; /* the best first */
    size_t count;
    struct met *met;
    size_t met_count, met_capacity;
};

struct providers {
    struct offer *offers;
    size_t offer_count, offer_capacity;
    struct contract *contracts; /* by name */
    size_t contract_count, contract_capacity;
    uint32_t *items; /* room for all choices */
};

/* ---- collecting ---- */

static void add_offers(struct planner *planner, struct providers *out, uint32_t choice)
{
    struct strings lines = {0};
    strings_split(&lines, planner->arena, planner->choices[choice]->package.provides, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        struct offer offer = {.choice = choice};
        if (!provided_parse(&offer.term, planner->arena, lines.items[i]))
            continue;
        offer.versioned =
            offer.term.version && version_parse_partial(&offer.version, offer.term.version);
        *arena_push(planner->arena, &out->offers, &out->offer_count, &out->offer_capacity) = offer;
    }
}

static int compare_offers(const void *pa, const void *pb, void *planner)
{
    const struct offer *a = pa, *b = pb;
    int order = strcmp(a->term.contract, b->term.contract);
    return order ? order : plan_compare(planner, a->choice, b->choice);
}

static void split_by_contract(struct planner *planner, struct providers *out)
{
    struct contract *contract = NULL;
    for (size_t i = 0; i < out->offer_count; i++) {
        const struct offer *offer = &out->offers[i];
        if (!contract || strcmp(contract->name, offer->term.contract) != 0) {
            contract = arena_push(planner->arena, &out->contracts, &out->contract_count,
                                  &out->contract_capacity);
            *contract = (struct contract){.name = offer->term.contract, .offers = offer};
        }
        contract->count++;
    }
}

struct providers *plan_providers(struct planner *planner)
{
    struct providers *out = arena_alloc(planner->arena, sizeof *out);
    out->items = arena_array(planner->arena, planner->choice_count + 1, sizeof *out->items);
    for (uint32_t i = 0; i < planner->choice_count; i++)
        if (plan_eligible(planner, planner->choices[i]) && !planner->choices[i]->aside &&
            (plan_choosable(planner->choices[i], NULL, false) ||
             plan_asked_exactly(planner->change, planner->choices[i])))
            add_offers(planner, out, i);
    if (out->offer_count)
        qsort_r(out->offers, out->offer_count, sizeof *out->offers, compare_offers, planner);
    split_by_contract(planner, out);
    return out;
}

/* ---- matching ---- */

static int compare_contract(const void *name, const void *contract)
{
    return strcmp(name, ((const struct contract *)contract)->name);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* What contract_satisfies() says, with everything parsed before. */
static bool satisfies(const struct offer *offer, const struct consumed *consumed,
                      const struct range *range)
{
    if (consumed->service && !same_text(offer->term.service, consumed->service))
        return false;
    return strcmp(consumed->range, "*") == 0 ||
           (offer->versioned && range && range_matches(range, &offer->version, true));
}

/* What a person bound a contract to is no preference: if it is there, it is all there is. */
static size_t only_bound(const struct planner *planner, const struct consumed *consumed,
                         uint32_t *items, size_t count)
{
    size_t bound = 0;
    for (size_t i = 0; i < count && planner->change->config.binding_count; i++)
        if (plan_bound(planner->change, consumed, planner->choices[items[i]]->package.name))
            items[bound++] = items[i];
    return bound ? bound : count;
}

static uint32_t add_gate(struct planner *planner, const struct contract *contract,
                         const struct consumed *consumed)
{
    const struct range *range = range_parse(planner->arena, consumed->range, false);
    uint32_t *items = planner->providers->items;
    size_t count = 0;
    for (size_t i = 0; contract && i < contract->count; i++) {
        const struct offer *offer = &contract->offers[i];
        if ((count == 0 || items[count - 1] != offer->choice) && satisfies(offer, consumed, range))
            items[count++] = offer->choice;
    }
    count = only_bound(planner, consumed, items, count);
    return index_add_gate(planner->builder, items, (uint32_t)count);
}

uint32_t plan_contract_gate(struct planner *planner, const struct consumed *consumed)
{
    struct providers *providers = planner->providers;
    struct contract *contract =
        providers->contract_count
            ? bsearch(consumed->contract, providers->contracts, providers->contract_count,
                      sizeof *providers->contracts, compare_contract)
            : NULL;
    if (!contract)
        return add_gate(planner, NULL, consumed);
    for (size_t i = 0; i < contract->met_count; i++)
        if (same_text(contract->met[i].service, consumed->service) &&
            strcmp(contract->met[i].range, consumed->range) == 0)
            return contract->met[i].gate;
    uint32_t gate = add_gate(planner, contract, consumed);
    *arena_push(planner->arena, &contract->met, &contract->met_count, &contract->met_capacity) =
        (struct met){consumed->service, consumed->range, gate};
    return gate;
}
