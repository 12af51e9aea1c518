/*
 * Who provides a contract, among the choices of a plan: looked at once for all and kept in the
 * order of preference, so that each distinct requirement is one pass over its contract's offers.
 */
#include "change/plan.h"

#include <stdlib.h>
#include <string.h>

struct offer {
    const struct term *term;
    uint32_t choice;
};

struct met { /* a requirement that was met before */
    const char *service, *range;
    uint32_t gate;
};

struct contract {
    struct offer *offers; /* the best first */
    size_t count, capacity;
    struct met *met;
    size_t met_count, met_capacity;
};

struct providers {
    struct contract *contracts; /* by number */
    size_t count, capacity;
    uint32_t *items; /* room for all choices */
};

/* ---- collecting ---- */

static void add_offers(struct planner *planner, struct providers *out, uint32_t choice)
{
    struct term_list terms = plan_terms(planner, TERM_PROVIDES, &planner->choices[choice]->package);
    for (size_t i = 0; i < terms.count; i++) {
        uint32_t number = terms.items[i]->who->number;
        while (out->count <= number)
            arena_push(planner->arena, &out->contracts, &out->count, &out->capacity);
        struct contract *contract = &out->contracts[number];
        *arena_push(planner->arena, &contract->offers, &contract->count, &contract->capacity) =
            (struct offer){terms.items[i], choice};
    }
}

static int compare_offers(const void *pa, const void *pb, void *planner)
{
    const struct offer *a = pa, *b = pb;
    return plan_compare(planner, a->choice, b->choice);
}

/* Offers come by number, which often is the order of preference. */
static void sort_offers(struct planner *planner, struct contract *contract)
{
    size_t sorted = 1;
    while (sorted < contract->count &&
           compare_offers(&contract->offers[sorted - 1], &contract->offers[sorted], planner) <= 0)
        sorted++;
    if (sorted < contract->count)
        qsort_r(contract->offers, contract->count, sizeof *contract->offers, compare_offers,
                planner);
}

struct providers *plan_providers(struct planner *planner)
{
    struct providers *out = arena_alloc(planner->arena, sizeof *out);
    out->items = arena_array(planner->arena, planner->choice_count + 1, sizeof *out->items);
    for (uint32_t i = 0; i < planner->choice_count; i++)
        add_offers(planner, out, i);
    for (size_t i = 0; i < out->count; i++)
        sort_offers(planner, &out->contracts[i]);
    return out;
}

static struct contract *contract_of(const struct planner *planner, const struct term *who)
{
    const struct providers *providers = planner->providers;
    return who->number < providers->count ? &providers->contracts[who->number] : NULL;
}

/* ---- matching ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* What contract_satisfies() says, with everything parsed before. */
static bool satisfies(const struct term *offer, const char *service, const struct range *range)
{
    if (service && !same_text(offer->provided.service, service))
        return false;
    return !range || (offer->versioned && range_matches(range, &offer->version, true));
}

/* Whether the choice provides something to whoever asks. */
static bool is_willing(const struct planner *planner, uint32_t choice)
{
    const struct standing *standing = &planner->standings[choice];
    return standing->eligible && !planner->choices[choice]->aside &&
           (standing->exact || plan_choosable(planner, choice, NULL, false));
}

static int compare_numbers(const void *pa, const void *pb)
{
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    return (a > b) - (a < b);
}

size_t plan_offers(const struct planner *planner, const struct term *who, const char *service,
                   const struct range *range, uint32_t *items)
{
    const struct contract *contract = contract_of(planner, who);
    size_t count = 0;
    for (size_t i = 0; contract && i < contract->count; i++) {
        const struct offer *offer = &contract->offers[i];
        if ((count == 0 || items[count - 1] != offer->choice) &&
            satisfies(offer->term, service, range))
            items[count++] = offer->choice;
    }
    if (count)
        qsort(items, count, sizeof *items, compare_numbers);
    return count;
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
                         const struct term *term)
{
    uint32_t *items = planner->providers->items;
    size_t count = 0;
    for (size_t i = 0; contract && i < contract->count; i++) {
        const struct offer *offer = &contract->offers[i];
        if ((count == 0 || items[count - 1] != offer->choice) &&
            satisfies(offer->term, term->consumed.service, term->range) &&
            is_willing(planner, offer->choice))
            items[count++] = offer->choice;
    }
    count = only_bound(planner, &term->consumed, items, count);
    return index_add_gate(planner->builder, items, (uint32_t)count);
}

uint32_t plan_contract_gate(struct planner *planner, const struct term *term)
{
    struct contract *contract = contract_of(planner, term->who);
    const struct consumed *consumed = &term->consumed;
    if (!contract)
        return add_gate(planner, NULL, term);
    for (size_t i = 0; i < contract->met_count; i++)
        if (same_text(contract->met[i].service, consumed->service) &&
            strcmp(contract->met[i].range, consumed->range) == 0)
            return contract->met[i].gate;
    uint32_t gate = add_gate(planner, contract, term);
    *arena_push(planner->arena, &contract->met, &contract->met_count, &contract->met_capacity) =
        (struct met){consumed->service, consumed->range, gate};
    return gate;
}
