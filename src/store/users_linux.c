/* Processes that run something of a prefix, such as a server that the client started. */
#include "store/store_private.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

enum { COMMAND_MAX = 1 << 20 };

/* Adds NAME/VERSION-KEY if `path` lies below the store. */
static void add_prefix(struct strings *out, struct arena *arena, const char *path)
{
    const char *store = arena_printf(arena, "%s/", paths.store);
    for (const char *at = path; at && (at = strstr(at, store));) {
        at += strlen(store);
        size_t name = strcspn(at, "/"), rest = at[name] ? strcspn(at + name + 1, "/:= ") : 0;
        const char *prefix = arena_strndup(arena, at, name + 1 + rest);
        if (rest && !strings_has(out, prefix))
            strings_add(out, arena, prefix);
    }
}

static void look_at_process(struct strings *out, struct arena *arena, const char *pid)
{
    AUTO_BUF command = {0};
    add_prefix(out, arena, fs_read_link(arena, arena_printf(arena, "/proc/%s/exe", pid)));
    add_prefix(out, arena, fs_read_link(arena, arena_printf(arena, "/proc/%s/cwd", pid)));
    if (fs_read(&command, arena_printf(arena, "/proc/%s/cmdline", pid), COMMAND_MAX) < 0) {
        error_clear(); /* it ended meanwhile, or is another user's */
        return;
    }
    for (size_t at = 0; at < command.len; at += strlen(command.data + at) + 1)
        add_prefix(out, arena, command.data + at);
}

void store_running_prefixes(struct strings *out, struct arena *arena)
{
    struct strings pids = {0};
    if (fs_list(&pids, arena, "/proc") < 0)
        error_clear();
    for (size_t i = 0; i < pids.count; i++)
        if (isdigit((unsigned char)pids.items[i][0]))
            look_at_process(out, arena, pids.items[i]);
}
