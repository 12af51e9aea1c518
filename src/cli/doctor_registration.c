/* Whether Claude Code calls the dispatcher: a guard that is not asked guards nothing. */
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/semver.h"
#include "claude/claude.h"
#include "claude/registration.h"
#include "cli/doctor.h"
#include "hooks/table.h"

#include <string.h>
#include <unistd.h>

static const char managed_settings[] = "/etc/claude-code/managed-settings.json";

struct look {
    struct findings *out;
    enum hook_registration hooks;
    struct wanted_event *events;
    size_t count;
    const char *program; /* that the link's entries start */
    const char *link;
    bool linked;
    struct settings_state settings;
};

static void problem(struct look *look, const char *fix, const char *text)
{
    finding_add(look->out, FINDING_PROBLEM, "hooks", fix, "%s", text);
}

static void check_link(struct look *look)
{
    struct arena *arena = look->out->arena;
    if (look->linked)
        return;
    if (fs_exists(look->link))
        problem(look, arena_printf(arena, "mv %s %s.old && paii init", look->link, look->link),
                arena_printf(arena, "'%s' is not paii's, so no hook runs, guards included",
                             look->link));
    else
        problem(
            look, "paii init",
            arena_printf(arena, "'%s' is missing, so no hook runs, guards included", look->link));
}

static void check_program(struct look *look)
{
    struct arena *arena = look->out->arena;
    if (strcmp(look->program, paths.program) == 0)
        return;
    if (access(look->program, X_OK) != 0)
        problem(look, "paii init",
                arena_printf(arena,
                             "'%s', which is registered, is gone: no hook runs, guards included",
                             look->program));
    else
        finding_add(look->out, FINDING_ADVICE, "hooks", "paii init",
                    "'%s' is registered, which is not this program", look->program);
}

static void check_entries(struct look *look)
{
    struct arena *arena = look->out->arena;
    if (look->settings.wrong)
        problem(look, "make it strict JSON, then paii init",
                arena_printf(arena, "%s; Claude Code ignores the whole file, so no hook runs",
                             look->settings.wrong));
    else if (!look->settings.exact)
        problem(look, "paii init",
                arena_printf(arena, "the entries in '%s' are not those that are needed",
                             settings_path(arena)));
}

/* The client drops all hooks of a plugin if it does not know one of the events. */
static void check_client(struct look *look)
{
    struct arena *arena = look->out->arena;
    struct version have, least;
    const char *version = claude_version(arena, NULL);
    if (!version)
        return;
    if (version_parse_partial(&have, version) && version_parse_partial(&least, "2.1.157") &&
        version_compare(&have, &least) < 0) {
        problem(
            look, "paii init --settings",
            arena_printf(arena, "Claude Code %s does not load the link to paii's hooks", version));
        return;
    }
    const char *objection =
        claude_objection(arena_printf(arena, "%s/claude/" DISPATCHER_NAME, paths.current), arena);
    if (objection)
        problem(look, "paii init --settings",
                arena_printf(arena, "Claude Code %s does not take paii's hooks, so none runs: %s",
                             version, objection));
}

/* ---- what switches hooks off, or doubles them ---- */

static bool managed_off(struct arena *arena)
{
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};
    if (fs_read(&text, managed_settings, 4 * 1024 * 1024) < 0) {
        error_clear();
        return false;
    }
    struct data *root =
        data_parse_json(arena, managed_settings, buf_text(&text), text.len, false, &diags);
    static const char *const keys[] = {"disableAllHooks", "allowManagedHooksOnly"};
    for (size_t i = 0; root && i < sizeof keys / sizeof *keys; i++) {
        const struct data *value = data_get(root, keys[i]);
        if (value && value->type == DATA_BOOLEAN && value->boolean)
            return true;
    }
    return false;
}

static void check_switches(struct look *look)
{
    struct arena *arena = look->out->arena;
    const char *file = settings_path(arena);
    if (look->settings.hooks_disabled)
        problem(
            look, arena_printf(arena, "take disableAllHooks out of %s", file),
            arena_printf(arena, "'%s' has disableAllHooks: no hook runs, guards included", file));
    if (look->settings.plugin_disabled && look->hooks == HOOKS_BY_PLUGIN)
        problem(look, arena_printf(arena, "take " DISPATCHER_NAME "@skills-dir out of %s", file),
                arena_printf(arena, "'%s' switches paii's plugin off: no hook runs", file));
    if (managed_off(arena))
        problem(look, "ask whoever manages this machine",
                arena_printf(arena, "'%s' does not let hooks of users run", managed_settings));
}

static void check_doubles(struct look *look)
{
    struct arena *arena = look->out->arena;
    if (look->settings.ours > 0 && look->linked)
        problem(look, "paii init",
                arena_printf(arena, "hooks run twice: '%s' and '%s' both register them", look->link,
                             settings_path(arena)));
}

/* How many events have a handler; a table that cannot be read is doctor_handlers()' business. */
static size_t events_with_handlers(struct arena *arena)
{
    struct hook_table table = {0};
    size_t events = 0;
    if (hook_table_open(&table, arena) < 0) {
        error_clear();
        return 0;
    }
    for (int event = 0; event < HOOK_EVENTS; event++)
        events += hook_table_count(&table, event) > 0;
    hook_table_close(&table);
    return events;
}

void doctor_hooks(struct findings *out)
{
    struct arena *arena = out->arena;
    struct look look = {.out = out};
    size_t before = out->count;
    if (registration_read(&look.hooks, arena) < 0) {
        error_clear(); /* doctor_settings() tells of it */
        return;
    }
    if (claude_read_dispatcher(paths.current, &look.events, &look.count, &look.program, arena) <
        0) {
        finding_add(out, FINDING_PROBLEM, "hooks", "paii repair", "%s", error_text());
        error_clear();
        return;
    }
    size_t events = events_with_handlers(arena);
    if (events > look.count)
        finding_add(out, FINDING_PROBLEM, "hooks", "paii repair",
                    "%zu of %zu events are not registered, so their hooks do not run",
                    events - look.count, events);
    if (look.count == 0)
        return;
    const char *there, *ours = arena_printf(arena, "%s/claude/" DISPATCHER_NAME, paths.current);
    look.link = arena_printf(arena, "%s/skills/" DISPATCHER_NAME, paths.claude);
    there = fs_read_link(arena, look.link);
    look.linked = there && strcmp(there, ours) == 0;
    settings_look(&look.settings, look.events, look.count, arena);
    check_doubles(&look);
    if (look.hooks == HOOKS_OFF && look.settings.ours == 0 && !look.linked) {
        finding_add(out, FINDING_ADVICE, "hooks", "paii init",
                    "installed plugins have hooks, and [claude] hooks is \"off\"");
        return;
    }
    if (look.hooks == HOOKS_BY_PLUGIN) {
        check_link(&look);
        check_program(&look);
        check_client(&look);
    } else if (look.hooks == HOOKS_BY_SETTINGS) {
        check_entries(&look);
    }
    check_switches(&look);
    if (out->count == before)
        finding_add(out, FINDING_OK, "hooks", NULL, "%zu event%s, registered in %s", look.count,
                    look.count == 1 ? "" : "s", look.linked ? look.link : settings_path(arena));
}
