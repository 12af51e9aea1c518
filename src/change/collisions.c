#include "change/collisions.h"

#include <stdlib.h>
#include <string.h>

void collisions_add(struct owners *owners, const char *plugin, const struct components *parts,
                    bool fresh)
{
    for (int kind = 0; kind < COMPONENT_SERVER; kind++) { /* a server's tools carry its plugin */
        const struct strings *names = claude_names(parts, (enum component_kind)kind);
        for (size_t i = 0; i < names->count; i++)
            *arena_push(owners->arena, &owners->items, &owners->count, &owners->capacity) =
                (struct owner){(enum component_kind)kind, names->items[i], plugin, fresh};
    }
}

static bool same_name(const struct owner *a, const struct owner *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

static int compare(const void *a, const void *b)
{
    const struct owner *x = a, *y = b;
    int order = (x->kind > y->kind) - (x->kind < y->kind);
    if (!order)
        order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->plugin, y->plugin);
}

/* A plugin may have a name twice: in its folder, and where its manifest says. */
static void sort(struct owners *owners)
{
    size_t kept = 0;
    if (owners->count)
        qsort(owners->items, owners->count, sizeof *owners->items, compare);
    for (size_t i = 0; i < owners->count; i++)
        if (!kept || compare(&owners->items[kept - 1], &owners->items[i]) != 0)
            owners->items[kept++] = owners->items[i];
    owners->count = kept;
}

void collisions_each(struct owners *owners, bool fresh_only,
                     void (*tell)(void *context, const struct owner *first, size_t count),
                     void *context)
{
    sort(owners);
    for (size_t i = 0, end; i < owners->count; i = end) {
        const struct owner *first = &owners->items[i];
        bool fresh = false;
        for (end = i; end < owners->count && same_name(first, &owners->items[end]); end++)
            fresh |= owners->items[end].fresh;
        if (end - i > 1 && (fresh || !fresh_only))
            tell(context, first, end - i);
    }
}

const char *collisions_text(const struct owner *first, size_t count, struct arena *arena)
{
    struct strings plugins = {0};
    for (size_t i = 0; i < count; i++)
        strings_add(&plugins, arena, first[i].plugin);
    return arena_printf(arena, "%s '%s' is in several plugins: %s", component_kinds[first->kind],
                        first->name, strings_join(&plugins, arena, ", "));
}
