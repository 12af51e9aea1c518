/* What choices provide and consume. */
#include "cli/change_plan.h"

#include <string.h>

bool choice_provides(const struct choice *choice, const struct consumed *consumed,
                     struct arena *arena)
{
    struct strings lines = {0};
    strings_split(&lines, arena, choice->package.provides, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        struct provided provided;
        if (provided_parse(&provided, arena, lines.items[i]) &&
            contract_satisfies(&provided, consumed))
            return true;
    }
    return false;
}

size_t choice_consumes(const struct choice *choice, struct consumed **out, struct arena *arena)
{
    struct strings lines = {0};
    size_t count = 0, capacity = 0;
    *out = NULL;
    strings_split(&lines, arena, choice->package.consumes, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        struct consumed term;
        if (consumed_parse(&term, arena, lines.items[i]))
            *arena_push(arena, out, &count, &capacity) = term;
    }
    return count;
}

const char *consumed_words(const struct consumed *consumed, struct arena *arena)
{
    bool any = strcmp(consumed->range, "*") == 0;
    return arena_printf(arena, "%s%s%s%s%s%s", consumed->contract, consumed->service ? "[" : "",
                        consumed->service ? consumed->service : "", consumed->service ? "]" : "",
                        any ? "" : " ", any ? "" : consumed->range);
}
