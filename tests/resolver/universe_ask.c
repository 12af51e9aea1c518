/* Requests of the neutral format become requests of the solver. */
#include "base/data.h"
#include "base/error.h"
#include "universe_private.h"

#include <stdlib.h>
#include <string.h>

struct asking {
    struct universe *universe;
    struct arena *arena;
    struct matching matching;
    struct root *roots;
    size_t root_count, root_capacity;
    struct numbers installed, removed, preferred, unbarred, barred;
    uint32_t install_count; /* of the roots */
    struct root *raised;
    size_t raised_count, raised_capacity;
};

/* The candidates of a name: first .. end-1. */
static uint32_t find_name(const struct universe *universe, const char *name, uint32_t *end)
{
    const struct index *index = &universe->index;
    uint32_t n = universe_find(universe, universe->name_text, index->names, name);
    *end = n < index->names ? index->first[n + 1] : 0;
    return n < index->names ? index->first[n] : 0;
}

static void match(struct asking *asking, const struct requirement *requirement, struct numbers *out)
{
    const struct universe *universe = asking->universe;
    uint32_t count = requirement->contract ? universe->head->contracts : universe->index.names;
    const uint32_t *texts = requirement->contract ? universe->contract_text : universe->name_text;
    for (size_t i = 0; i < requirement->any_count; i++) {
        struct numbers more = {0};
        match(asking, &requirement->any[i], &more);
        match_more(out, &more, asking->arena);
    }
    if (!requirement->name)
        return;
    uint32_t found = universe_find(universe, texts, count, requirement->name);
    if (found < count)
        (requirement->contract ? match_contract : match_name)(&asking->matching, requirement, found,
                                                              out);
}

static void add_root(struct asking *asking, const struct requirement *requirement)
{
    struct numbers members = {0};
    match(asking, requirement, &members);
    *arena_push(asking->arena, &asking->roots, &asking->root_count, &asking->root_capacity) =
        (struct root){members.items, (uint32_t)members.count};
    if (*requirement->range == '=' && !strpbrk(requirement->range, " |")) /* yanked, but by name */
        for (size_t i = 0; i < members.count; i++)
            add_number(&asking->unbarred, asking->arena, members.items[i]);
}

static bool names(const struct data *root, const char *key, const char *name)
{
    const struct data *list = data_get(root, key);
    if (list && list->type == DATA_BOOLEAN)
        return list->boolean;
    for (const struct data *n = list ? list->children : NULL; n; n = n->next)
        if (n->type == DATA_STRING && strcmp(n->text, name) == 0)
            return true;
    return false;
}

/* The candidate of a name with that version, or NOTHING. */
static uint32_t find_version(const struct universe *universe, const char *name, const char *version)
{
    uint32_t end, c = find_name(universe, name, &end);
    while (c < end && strcmp(universe_version(universe, c), version) != 0)
        c++;
    return c < end ? c : NOTHING;
}

/* What is there, or was, comes first, unless it is to be updated. */
static void prefer(struct asking *asking, const struct data *root, const char *name,
                   uint32_t candidate)
{
    if (!names(root, "update", name))
        add_number(&asking->preferred, asking->arena, candidate);
    add_number(&asking->unbarred, asking->arena, candidate);
}

static void ask_locked(struct asking *asking, const struct data *root)
{
    const struct data *table = data_get(root, "lock");
    for (const struct data *p = table ? table->children : NULL; p; p = p->next) {
        uint32_t candidate = find_version(asking->universe, p->key, p->text);
        if (candidate != NOTHING)
            prefer(asking, root, p->key, candidate);
    }
}

static void bar_name(struct asking *asking, const char *name)
{
    uint32_t end;
    for (uint32_t c = find_name(asking->universe, name, &end); c < end; c++)
        add_number(&asking->barred, asking->arena, c);
}

static void add_candidates(struct asking *asking, struct root **roots, size_t *count,
                           size_t *capacity, uint32_t first, uint32_t end)
{
    struct numbers members = {0};
    for (uint32_t c = first; c < end; c++)
        add_number(&members, asking->arena, c);
    *arena_push(asking->arena, roots, count, capacity) = (struct root){members.items, end - first};
}

/* What is held must be there as it is; if it is not installed, it must not come. */
static void ask_held(struct asking *asking, const struct data *root)
{
    const struct data *list = data_get(root, "hold"), *installed = data_get(root, "installed");
    for (const struct data *n = list ? list->children : NULL; n; n = n->next) {
        const struct data *version = installed ? data_get(installed, n->text) : NULL;
        uint32_t candidate =
            version ? find_version(asking->universe, n->text, version->text) : NOTHING;
        if (candidate == NOTHING)
            bar_name(asking, n->text);
        else
            add_candidates(asking, &asking->roots, &asking->root_count, &asking->root_capacity,
                           candidate, candidate + 1);
    }
}

static void raise_name(struct asking *asking, const struct data *root, const char *name)
{
    uint32_t end, first = find_name(asking->universe, name, &end);
    const struct data *installed = data_get(root, "installed");
    for (size_t i = 0; i < asking->raised_count; i++)
        if (asking->raised[i].members[0] == first)
            return;
    if (installed && data_get(installed, name) && first < end && names(root, "update", name) &&
        !names(root, "hold", name) && !names(root, "remove", name))
        add_candidates(asking, &asking->raised, &asking->raised_count, &asking->raised_capacity,
                       first, end);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void ask_installed(struct asking *asking, const struct data *root)
{
    const struct data *table = data_get(root, "installed");
    for (const struct data *p = table ? table->children : NULL; p; p = p->next) {
        uint32_t candidate = find_version(asking->universe, p->key, p->text);
        bool removed = names(root, "remove", p->key);
        if (candidate == NOTHING)
            continue;
        add_number(removed ? &asking->removed : &asking->installed, asking->arena, candidate);
        prefer(asking, root, p->key, candidate);
    }
    if (asking->installed.count)
        qsort(asking->installed.items, asking->installed.count, sizeof *asking->installed.items,
              compare);
}

/* In the order of the list; of all: those that the request installs, then the others by name. */
static void ask_updates(struct asking *asking, const struct data *root,
                        const struct requirements *install)
{
    const struct data *list = data_get(root, "update");
    for (const struct data *n = list ? list->children : NULL; n; n = n->next)
        raise_name(asking, root, n->text);
    for (size_t i = 0; i < install->count; i++)
        if (install->items[i].name && !install->items[i].contract)
            raise_name(asking, root, install->items[i].name);
    for (size_t i = 0; i < asking->installed.count; i++)
        raise_name(asking, root, universe_name(asking->universe, asking->installed.items[i]));
}

static void ask(struct asking *asking, const struct data *root)
{
    struct requirements install = requirements_read(root, "install", asking->arena);
    const struct data *removed = data_get(root, "remove");
    for (size_t i = 0; i < install.count; i++)
        add_root(asking, &install.items[i]);
    asking->install_count = (uint32_t)asking->root_count;
    ask_held(asking, root);
    ask_installed(asking, root);
    ask_locked(asking, root);
    ask_updates(asking, root, &install);
    for (const struct data *n = removed ? removed->children : NULL; n; n = n->next)
        bar_name(asking, n->text);
}

void universe_ask(struct asked *out, struct universe *universe, const char *line, size_t len,
                  struct arena *arena)
{
    struct diags diags = {.arena = arena};
    struct asking asking = {.universe = universe, .arena = arena};
    asking.matching = (struct matching){.universe = universe, .arena = arena};
    const struct data *root = data_parse_json(arena, "request", line, len, false, &diags);
    const struct data *id = root ? data_get(root, "id") : NULL;
    if (root)
        ask(&asking, root);
    buf_release(&asking.matching.range);
    for (size_t i = 0; i < asking.unbarred.count; i++)
        universe->barred[asking.unbarred.items[i]] = 0;
    for (size_t i = 0; i < asking.barred.count; i++)
        universe->barred[asking.barred.items[i]] = 1;
    *out = (struct asked){
        .id = id && id->type == DATA_STRING ? id->text : "",
        .unbarred = asking.unbarred.items,
        .unbarred_count = (uint32_t)asking.unbarred.count,
        .now_barred = asking.barred.items,
        .now_barred_count = (uint32_t)asking.barred.count,
        .install_count = asking.install_count,
        .removed = asking.removed.items,
        .removed_count = (uint32_t)asking.removed.count,
        .request = {.roots = asking.roots,
                    .root_count = (uint32_t)asking.root_count,
                    .preferred = asking.preferred.items,
                    .preferred_count = (uint32_t)asking.preferred.count,
                    .installed = asking.installed.items,
                    .installed_count = (uint32_t)asking.installed.count,
                    .stay = true,
                    .fewest_new = root && data_get(root, "installed"),
                    .raised = asking.raised,
                    .raised_count = (uint32_t)asking.raised_count,
                    .barred =
                        universe->head->yanked || asking.barred.count ? universe->barred : NULL},
    };
}

void universe_forget(struct universe *universe, struct asked *asked)
{
    for (uint32_t i = 0; i < asked->now_barred_count; i++)
        universe->barred[asked->now_barred[i]] = 0;
    for (uint32_t i = 0; i < asked->unbarred_count; i++)
        universe->barred[asked->unbarred[i]] = 0;
    for (uint32_t i = 0; i < universe->head->yanked; i++)
        universe->barred[universe->yanked[i]] = 1;
}
