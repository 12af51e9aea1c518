/* From what is installed to the table, and to the events that the client is asked for. */
#include "hooks/compile.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "claude/dispatcher.h"
#include "hooks/payload.h"
#include "hooks/table_format.h"

#include <stdlib.h>

enum { GRACE_S = 2 }; /* what the client waits longer than we do */

/* ---- handlers ---- */

struct handler *compile_handler(struct compiling *compiling, const struct handler *common,
                                int event)
{
    struct handler *handler =
        arena_push(compiling->arena, &compiling->handlers, &compiling->count, &compiling->capacity);
    *handler = *common;
    handler->event = event;
    return handler;
}

static int compile_package(struct compiling *compiling, const struct package *package)
{
    struct arena *arena = compiling->arena;
    bool dev = package->flags & PACKAGE_DEV;
    size_t first = compiling->count;
    uint64_t fingerprint[2] = {0};
    struct handler common = {
        .plugin = package->name,
        .version = package->version,
        .flags = (dev ? HANDLER_DEV : 0u) | (installed_is_built(package) ? HANDLER_BUILT : 0u),
        .matcher = "",
        .condition = "",
        .prefix = installed_prefix(package, arena),
        .stable = arena_printf(arena, "%s/prefix/%s", paths.current, package->name),
        .data = arena_printf(arena, "%s/%s/data", paths.plugins, package->name),
    };
    int result = compile_actions(compiling, &common, package);
    if (result < 0)
        return result;
    compile_native(compiling, &common);
    if (first == compiling->count || dev)
        return 0;
    result = hook_fingerprint(fingerprint, common.prefix);
    for (size_t i = first; i < compiling->count; i++)
        memcpy(compiling->handlers[i].fingerprint, fingerprint, sizeof fingerprint);
    return result;
}

/* ---- their order ---- */

/* Those of a package keep their order: qsort() alone would not. */
struct place {
    struct handler handler;
    size_t index;
};

static int compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = (x->handler.event > y->handler.event) - (x->handler.event < y->handler.event);
    if (!order)
        order = (y->handler.priority > x->handler.priority) -
                (y->handler.priority < x->handler.priority);
    if (!order)
        order = strcmp(x->handler.plugin, y->handler.plugin);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void sort(struct compiling *compiling)
{
    struct place *places = arena_array(compiling->arena, compiling->count + 1, sizeof *places);
    for (size_t i = 0; i < compiling->count; i++)
        places[i] = (struct place){compiling->handlers[i], i};
    qsort(places, compiling->count, sizeof *places, compare);
    for (size_t i = 0; i < compiling->count; i++)
        compiling->handlers[i] = places[i].handler;
}

/* An action that answers an event twice (with two matchers) has one label for both. */
static void make_labels_unique(struct compiling *compiling)
{
    for (size_t i = 0; i < compiling->count; i++) {
        unsigned same = 1;
        struct handler *handler = &compiling->handlers[i];
        for (size_t j = 0; j < i && handler->kind == HANDLER_ACTION; j++)
            same += compiling->handlers[j].kind == HANDLER_ACTION &&
                    strcmp(compiling->handlers[j].plugin, handler->plugin) == 0 &&
                    strcmp(compiling->handlers[j].action, handler->action) == 0;
        if (same > 1)
            handler->label = arena_printf(compiling->arena, "%s#%u", handler->label, same);
    }
}

/* ---- wanted events ---- */

/* The client watches the files that the matcher of FileChanged names, split at '|'; so all of them
 * are named. One handler without a matcher wants whatever else is watched. */
static const char *watched_files(const struct handler *handlers, size_t count, struct arena *arena)
{
    struct strings parts = {0};
    bool all = false;
    for (size_t i = 0; i < count; i++) {
        const char *matcher = handlers[i].matcher;
        struct strings names = {0};
        if (!*matcher || strcmp(matcher, "*") == 0)
            all = true;
        else if (matcher_valid(matcher))
            strings_split(&names, arena, matcher, '|');
        for (size_t j = 0; j < names.count; j++)
            if (!strings_has(&parts, names.items[j]))
                strings_add(&parts, arena, names.items[j]);
    }
    if (parts.count == 0)
        return NULL;
    if (all)
        strings_add(&parts, arena, ".*");
    return strings_join(&parts, arena, "|");
}

static struct wanted_event wanted(const struct handler *handlers, size_t count, struct arena *arena)
{
    const struct event *event = &hook_events[handlers[0].event];
    int deadline_ms = hook_event_deadline(handlers, count);
    struct wanted_event out = {
        .client_name = event->client_name,
        .name = event->name,
        .timeout_s = (deadline_ms + 999) / 1000 + GRACE_S,
    };
    if (strcmp(event->name, "file-changed") == 0)
        out.matcher = watched_files(handlers, count, arena);
    for (size_t i = 0; i < count; i++)
        *(handlers[i].flags & HANDLER_ASYNC ? &out.async : &out.sync) = true;
    return out;
}

static int write_dispatcher(struct compiling *compiling)
{
    struct wanted_event events[HOOK_EVENTS];
    size_t count = 0;
    for (size_t i = 0, end; i < compiling->count; i = end) {
        for (end = i; end < compiling->count &&
                      compiling->handlers[end].event == compiling->handlers[i].event;)
            end++;
        events[count++] = wanted(compiling->handlers + i, end - i, compiling->arena);
    }
    return claude_write_dispatcher(compiling->generation_dir, events, count, compiling->arena);
}

int hooks_project(const struct installed *set, const char *generation_dir, struct arena *arena)
{
    struct compiling compiling = {.set = set, .generation_dir = generation_dir, .arena = arena};
    AUTO_BUF image = {0};
    int result = 0;
    for (size_t i = 0; i < set->count && result == 0; i++)
        if (!(set->packages[i].flags & PACKAGE_DISABLED))
            result = compile_package(&compiling, &set->packages[i]);
    if (result < 0)
        return result;
    sort(&compiling);
    make_labels_unique(&compiling);
    hook_table_image(&image, compiling.handlers, compiling.count);
    result = fs_write(path_join(arena, generation_dir, "hooks"), image.data, image.len, 0600);
    return result < 0 ? result : write_dispatcher(&compiling);
}
