/* paii disable, paii enable: what is installed, shown to Claude Code or not (docs/claude.md). */
#include "base/data.h"
#include "base/name.h"
#include "base/paths.h"
#include "base/text.h"
#include "change/project.h"
#include "claude/claude.h"
#include "cli/command.h"
#include "cli/marked.h"

#include <stddef.h>
#include <string.h>

struct options {
    const char *project;
};

struct switching {
    struct invocation *call;
    struct arena *arena;
    struct installed set;
    bool on;
    struct strings changed; /* PLUGIN, or PLUGIN:KIND:NAME */
};

/* ---- what is meant ---- */

static int not_installed(const struct switching *in, const char *name)
{
    struct strings names = {0};
    for (size_t i = 0; i < in->set.count; i++)
        strings_add(&names, in->arena, in->set.packages[i].name);
    const char *nearest = text_nearest(name, names.items, names.count);
    fail(ERR_NOT_FOUND, "plugin '%s' is not installed", name);
    if (nearest)
        error_hint("did you mean '%s'?", nearest);
    else
        error_hint("'paii list' shows what is");
    return -ERR_NOT_FOUND;
}

/* "agent:x" says which kind; "x" means all of that name. */
static int split_kind(const char **name)
{
    for (int kind = 0; kind < COMPONENT_KINDS; kind++) {
        size_t len = strlen(component_kinds[kind]);
        if (strncmp(*name, component_kinds[kind], len) == 0 && (*name)[len] == ':') {
            *name += len + 1;
            return kind;
        }
    }
    return -1;
}

static int no_component(const struct switching *in, const struct package *package,
                        const struct components *parts, const char *name)
{
    struct strings names = {0};
    for (int kind = 0; kind < COMPONENT_KINDS; kind++) {
        const struct strings *list = claude_names(parts, (enum component_kind)kind);
        for (size_t i = 0; i < list->count; i++)
            if (!strings_has(&names, list->items[i]))
                strings_add(&names, in->arena, list->items[i]);
    }
    const char *nearest = text_nearest(name, names.items, names.count);
    fail(ERR_NOT_FOUND, "plugin '%s' has no skill, agent, command or MCP server '%s'",
         package->name, name);
    if (nearest)
        error_hint("did you mean '%s:%s'?", package->name, nearest);
    else
        error_hint("'paii info %s' lists them", package->name);
    return -ERR_NOT_FOUND;
}

/* ---- switching ---- */

static void switch_plugin(struct switching *in, struct package *package)
{
    if (in->on == !(package->flags & PACKAGE_DISABLED))
        return;
    package->flags ^= PACKAGE_DISABLED;
    strings_add(&in->changed, in->arena, package->name);
}

static void set_lines(struct package *package, const struct strings *lines, struct arena *arena)
{
    package->disabled_components = strings_join(lines, arena, "\n");
    package->flags &= ~(unsigned)PACKAGE_PARTLY;
    package->flags |= lines->count ? PACKAGE_PARTLY : 0;
}

static void switch_line(struct switching *in, struct package *package, const char *line)
{
    struct strings lines = {0}, kept = {0};
    strings_split(&lines, in->arena, package->disabled_components, '\n');
    if (in->on != strings_has(&lines, line))
        return;
    for (size_t i = 0; i < lines.count; i++)
        if (strcmp(lines.items[i], line) != 0)
            strings_add(&kept, in->arena, lines.items[i]);
    if (!in->on)
        strings_add(&kept, in->arena, line);
    strings_sort(&kept);
    set_lines(package, &kept, in->arena);
    strings_add(&in->changed, in->arena, arena_printf(in->arena, "%s:%s", package->name, line));
}

/* One that an update took away can still be enabled. */
static int switch_component(struct switching *in, struct package *package, const char *name)
{
    struct components parts = {0};
    const char *wanted = name;
    int only = split_kind(&wanted);
    bool found = false;
    int result =
        claude_components(&parts, in->arena, package->name, installed_prefix(package, in->arena));
    for (int kind = 0; kind < COMPONENT_KINDS && result == 0; kind++) {
        bool there = strings_has(claude_names(&parts, (enum component_kind)kind), wanted) ||
                     claude_is_disabled(package, (enum component_kind)kind, wanted);
        if ((only >= 0 && kind != only) || !there)
            continue;
        found = true;
        switch_line(in, package, arena_printf(in->arena, "%s:%s", component_kinds[kind], wanted));
    }
    return result < 0 || found ? result : no_component(in, package, &parts, wanted);
}

static int switch_one(struct switching *in, const char *word)
{
    const char *colon = strchr(word, ':');
    const char *name = colon ? arena_strndup(in->arena, word, (size_t)(colon - word)) : word;
    int result = name_check("plugin", name);
    if (result < 0)
        return result;
    struct package *package = installed_find(&in->set, name);
    if (!package)
        return not_installed(in, name);
    if (colon)
        result = switch_component(in, package, colon + 1);
    else
        switch_plugin(in, package);
    if (result == 0 && in->on && package->flags & PACKAGE_DISABLED)
        note("plugin '%s' itself is disabled: paii enable %s", name, name);
    return result;
}

/* Who calls it will be told that it is not available. */
static void warn_of_callers(const struct switching *in)
{
    for (size_t i = 0; i < in->set.bindings.count && !in->on; i++) {
        const char *line = in->set.bindings.items[i], *provider = strchr(line, '=') + 1;
        if (strings_has(&in->changed, provider))
            warning("'%.*s' calls '%s', which is disabled now", (int)(provider - 1 - line), line,
                    provider);
    }
}

/* Claude Code still shows who depends on it, without what that uses of it. */
static void warn_of_dependents(const struct switching *in)
{
    for (size_t i = 0; i < in->changed.count && !in->on; i++) {
        struct strings one = {0}, dependents = {0};
        strings_add(&one, in->arena, in->changed.items[i]);
        change_dependents(&dependents, &in->set, &one, in->arena);
        if (dependents.count)
            warning("'%s', which is disabled now, is needed by %s", in->changed.items[i],
                    strings_join(&dependents, in->arena, ", "));
    }
}

static int run(struct invocation *call, bool on)
{
    struct switching in = {.call = call, .arena = call->arena, .on = on};
    int result = paths.project ? project_begin(call->dry_run, call->yes, call->arena) : 0;
    if (result == 0)
        result = installed_read(&in.set, call->arena);
    for (size_t i = 0; i < call->arg_count && result == 0; i++)
        result = switch_one(&in, call->args[i]);
    if (result < 0)
        return result;
    warn_of_callers(&in);
    warn_of_dependents(&in);
    if (in.changed.count && !call->dry_run)
        result = change_write(&in.set, call->arena);
    if (result == 0)
        print_marked(call, &in.set, on ? "enabled" : "disabled", &in.changed,
                     on ? "already enabled" : "already disabled");
    return result;
}

static int run_disable(struct invocation *call)
{
    return run(call, false);
}

static int run_enable(struct invocation *call)
{
    return run(call, true);
}

static const struct positional positionals[] = {
    {"PLUGIN[:NAME]", 1, 0, "an installed plugin, or one skill, agent, command or MCP server of it",
     COMPLETE_INSTALLED, NULL},
    {0},
};

static const struct option options[] = {
    PROJECT_OPTION(struct options, "for everybody in this repository"),
    {0},
};

const struct command cmd_disable = {
    .name = "disable",
    .summary = "hide plugins or parts of them from Claude Code",
    .description =
        "A disabled plugin stays installed and locked. Claude Code sees nothing of it, its hooks "
        "do not run, and other plugins cannot call it. PLUGIN:NAME is all that Claude Code knows "
        "by that name; PLUGIN:KIND:NAME one of skill, agent, command and mcp.",
    .examples = "paii disable jira                      all of it\n"
                "paii disable agents-kit:code-reviewer  one agent of it\n"
                "paii disable jira:mcp:jira             only the MCP server of that name",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_LOCK,
    .options = options,
    .options_size = sizeof(struct options),
    .positionals = positionals,
    .run = run_disable,
};

const struct command cmd_enable = {
    .name = "enable",
    .summary = "show disabled plugins or parts of them again",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_LOCK,
    .options = options,
    .options_size = sizeof(struct options),
    .positionals = positionals,
    .run = run_enable,
};
