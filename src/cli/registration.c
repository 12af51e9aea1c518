#include "cli/registration.h"

#include "base/error.h"
#include "base/paths.h"
#include "claude/claude.h"
#include "claude/registration.h"

/* As paii.toml still says; the first error is the one told. */
static int go_back(const struct installed *set, struct arena *arena)
{
    enum err code = error_code();
    const char *text = arena_strdup(arena, error_text());
    const char *hint = arena_strdup(arena, error_hint_text());
    claude_sync_links(set, arena);
    fail(code, "%s", text);
    if (*hint)
        error_hint("%s", hint);
    return -(int)code;
}

/* The client's folder first: the one change of paii.toml is what decides after a kill. */
static int change(const struct installed *set, enum hook_registration hooks, const char *value,
                  struct arena *arena)
{
    int result = claude_expect_sync();
    if (result < 0)
        return result;
    result = claude_sync_links_as(set, hooks, arena);
    if (result == 0 && value)
        result = config_edit("claude.hooks", *value ? value : NULL);
    return result < 0 ? go_back(set, arena) : claude_sync_links(set, arena);
}

int registration_set(const enum hook_registration *hooks, bool dry_run, struct arena *arena)
{
    struct installed set;
    enum hook_registration before, wanted = hooks ? *hooks : HOOKS_BY_PLUGIN;
    int result = registration_read(&before, arena);
    if (result == 0)
        result = installed_read(&set, arena);
    if (result == 0)
        result = claude_check_links_as(&set, paths.current, wanted, arena);
    if (result < 0 || dry_run)
        return result;
    result = settings_adopt(arena);
    if (result == 0) /* what is to be taken out must be editable, too */
        result = claude_check_links_as(&set, paths.current, wanted, arena);
    if (result < 0)
        return result;
    const char *value = hooks ? arena_printf(arena, "\"%s\"", hook_registrations[wanted]) : "";
    return change(&set, wanted, hooks && before == wanted ? NULL : value, arena);
}
