#include "cli/registration.h"

#include "base/error.h"
#include "base/paths.h"
#include "claude/claude.h"
#include "claude/registration.h"

static int write_config(enum hook_registration hooks, struct arena *arena)
{
    enum hook_registration before;
    int result = registration_read(&before, arena);
    if (result < 0 || before == hooks)
        return result;
    return config_edit("claude.hooks", arena_printf(arena, "\"%s\"", hook_registrations[hooks]));
}

/* As it was; the first error is the one told. */
static int go_back(enum hook_registration before, const struct installed *set, struct arena *arena)
{
    enum err code = error_code();
    const char *text = arena_strdup(arena, error_text());
    const char *hint = arena_strdup(arena, error_hint_text());
    if (write_config(before, arena) == 0)
        claude_sync_links(set, arena);
    fail(code, "%s", text);
    if (*hint)
        error_hint("%s", hint);
    return -(int)code;
}

int registration_set(enum hook_registration hooks, bool dry_run, struct arena *arena)
{
    struct installed set;
    enum hook_registration before;
    int result = registration_read(&before, arena);
    if (result == 0)
        result = installed_read(&set, arena);
    if (result == 0)
        result = claude_check_links_as(&set, paths.current, hooks, arena);
    if (result < 0 || dry_run)
        return result;
    result = settings_adopt(arena);
    if (result == 0) /* what is to be taken out must be editable, too */
        result = claude_check_links_as(&set, paths.current, hooks, arena);
    if (result == 0)
        result = claude_expect_sync();
    if (result < 0)
        return result;
    result = write_config(hooks, arena);
    if (result == 0)
        result = claude_sync_links(&set, arena);
    return result < 0 ? go_back(before, &set, arena) : 0;
}
