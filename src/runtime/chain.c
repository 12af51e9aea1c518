#include "runtime/chain.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t chain_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

void chain_read(struct chain *out)
{
    *out = (struct chain){.callers = ""};
    out->inside = *from_environment("PAII_PROTOCOL") != '\0';
    if (!out->inside)
        return;
    long depth = strtol(from_environment("PAII_DEPTH"), NULL, 10);
    out->depth = depth < 0 || depth > CHAIN_MAX_DEPTH ? CHAIN_MAX_DEPTH + 1 : (int)depth + 1;
    out->callers = from_environment("PAII_CALLERS");
    out->deadline = strtoll(from_environment("PAII_DEADLINE_MS"), NULL, 10);
}

static bool is_waiting(const char *callers, const char *one)
{
    size_t len = strlen(one);
    for (const char *at = callers; *at;) {
        size_t part = strcspn(at, ">");
        if (part == len && !memcmp(at, one, len))
            return true;
        at += part + (at[part] == '>');
    }
    return false;
}

const char *chain_forbids(const struct chain *chain, const char *plugin, const char *action,
                          struct arena *arena)
{
    const char *one = arena_printf(arena, "%s.%s", plugin, action);
    if (is_waiting(chain->callers, one))
        return arena_printf(arena, "%s is waiting for this call already: %s>%s", one,
                            chain->callers, one);
    if (chain->depth > CHAIN_MAX_DEPTH)
        return arena_printf(arena, "calls are more than %d deep: %s>%s", CHAIN_MAX_DEPTH,
                            chain->callers, one);
    return NULL;
}
