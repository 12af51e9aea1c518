/* Whether a plugin still is what was locked (docs/hooks.md). */
#include "hooks/run.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"

#include <string.h>

/* A plugin's handlers start side by side: what was found for one holds for those right after it. */
enum { STILL_TRUE_US = 20 * 1000 };

/* The package of the handler's own prefix; the current generation may have another one by now. */
static bool find_package(struct catalog *installed, struct package *out,
                         const struct handler *handler, struct arena *arena)
{
    size_t row;
    if (installed_open(installed) < 0)
        error_clear();
    if (!catalog_find(installed, handler->plugin, &row))
        return false;
    catalog_get(installed, row, out);
    return strcmp(installed_prefix(out, arena), handler->prefix) == 0;
}

static const char *describe(const struct differences *found, const char *plugin,
                            struct arena *arena)
{
    static const char *const words[] = {
        [DIFFERENCE_CHANGED] = "was changed",   [DIFFERENCE_MODE] = "has another mode",
        [DIFFERENCE_NEW] = "was added",         [DIFFERENCE_MISSING] = "is missing",
        [DIFFERENCE_UNKNOWN] = "has no record",
    };
    const struct difference *first = &found->items[0];
    const char *what = *first->path ? text_safe(arena, first->path) : "its folder";
    const char *more =
        found->count > 1 ? arena_printf(arena, ", and %zu more", found->count - 1) : "";
    return arena_printf(arena, "it is not what was installed: %s %s%s; see 'paii repair %s'", what,
                        words[first->kind], more, plugin);
}

/* NULL if the content is the recorded one, although its fingerprint is not. */
static const char *hash_all(const struct handler *handler, struct arena *arena)
{
    struct catalog installed = {0};
    struct package package;
    struct differences found = {0};
    const char *wrong = NULL;
    if (!find_package(&installed, &package, handler, arena)) {
        wrong = "it was replaced or removed meanwhile";
    } else if (store_verify_prefix(&found, arena, &package) < 0) {
        wrong = arena_printf(arena, "it cannot be checked: %s", error_text());
        error_clear();
    } else if (found.count) {
        wrong = describe(&found, handler->plugin, arena);
    }
    catalog_close(&installed);
    return wrong;
}

static bool fingerprint_fits(const struct handler *handler)
{
    static uint64_t last[2];
    static int64_t last_us = -STILL_TRUE_US;
    uint64_t now[2];
    if (hook_clock_us() - last_us < STILL_TRUE_US &&
        memcmp(last, handler->fingerprint, sizeof last) == 0)
        return true;
    if (hook_fingerprint(now, handler->prefix) < 0) {
        error_clear();
        return false;
    }
    if (memcmp(now, handler->fingerprint, sizeof now) != 0)
        return false;
    memcpy(last, now, sizeof last);
    last_us = hook_clock_us();
    return true;
}

const char *handler_check(const struct handler *handler, bool *why_slow, struct arena *arena)
{
    *why_slow = false;
    if ((handler->flags & HANDLER_DEV) || fingerprint_fits(handler))
        return NULL;
    *why_slow = true;
    return hash_all(handler, arena);
}
