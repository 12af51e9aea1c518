#include "cli/needs.h"

#include <string.h>

static const struct package *bound_to(const struct installed *set, const char *consumer,
                                      const char *alias, struct arena *arena)
{
    const char *key = arena_printf(arena, "%s.%s=", consumer, alias);
    size_t len = strlen(key);
    for (size_t i = 0; i < set->bindings.count; i++)
        if (strncmp(set->bindings.items[i], key, len) == 0)
            return installed_find(set, set->bindings.items[i] + len);
    return NULL;
}

static void add_uses(struct needs *needs, const struct package *package, struct arena *arena)
{
    struct consumed *terms;
    size_t count = consumed_parse_lines(&terms, package->consumes, arena);
    for (size_t i = 0; i < count; i++)
        *arena_push(arena, &needs->uses, &needs->count, &needs->capacity) = (struct use){
            package, terms[i], bound_to(&needs->set, package->name, terms[i].alias, arena)};
}

int needs_read(struct needs *out, struct arena *arena)
{
    *out = (struct needs){0};
    int result = installed_read(&out->set, arena);
    for (size_t i = 0; i < out->set.count && result == 0; i++)
        add_uses(out, &out->set.packages[i], arena);
    return result;
}
