/*
 * Hooks that a plugin declares for Claude Code, in hooks/hooks.json and in plugin.json at once:
 * each becomes a handler that can be run, or stays with the client, or is left out with a warning.
 * No file outside the plugin is read.
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/term.h"
#include "claude/native_hooks.h"
#include "fuzz.h"
#include "hooks/compile.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static char folder[] = "/tmp/paii-fuzz-XXXXXX";
static char prefix[sizeof folder + 8], hooks_file[sizeof folder + 32], manifest[sizeof folder + 64],
    own_file[sizeof folder + 8];

static void folder_remove(void)
{
    fs_remove_tree(folder);
}

/* Beside the plugin: hooks whose command nobody else can know. */
static void folder_make(void)
{
    char path[sizeof folder + 32], outside[256];

    if (!mkdtemp(folder))
        abort();
    atexit(folder_remove);
    snprintf(prefix, sizeof prefix, "%s/plugin", folder);
    snprintf(hooks_file, sizeof hooks_file, "%s/hooks/hooks.json", prefix);
    snprintf(manifest, sizeof manifest, "%s/.claude-plugin/plugin.json", prefix);
    snprintf(own_file, sizeof own_file, "%s/own", folder);
    snprintf(path, sizeof path, "%s/hooks", prefix);
    if (mkdir(prefix, 0700) < 0 || mkdir(path, 0700) < 0)
        abort();
    snprintf(path, sizeof path, "%s/.claude-plugin", prefix);
    if (mkdir(path, 0700) < 0)
        abort();
    snprintf(outside, sizeof outside,
             "{\"Stop\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"%s\"}]}]}", folder);
    snprintf(path, sizeof path, "%s/hooks.json", folder);
    fuzz_write(path, outside, strlen(outside), 0600);
    term_default_level(TERM_ERROR); /* warnings are expected */
}

static void check_handler(const struct handler *handler)
{
    assert(handler->argv[0] && handler->deadline_ms >= 1 && handler->deadline_ms <= 600000);
    assert(*handler->label && handler->matcher && handler->condition);
    for (size_t i = 0; handler->argv[i]; i++)
        assert(strcmp(handler->argv[i], folder) != 0);
}

/* What the client is to run is written for it, and is that and nothing else when it is read again.
 */
static void check_own(const struct native_hooks *hooks, struct arena *arena)
{
    size_t own = 0;

    for (size_t i = 0; i < hooks->count; i++)
        own += !hooks->items[i].command;
    assert(claude_has_own_hooks(hooks) == (own > 0));
    if (claude_write_own_hooks(own_file, hooks, arena) < 0)
        abort();
    assert(fs_exists(own_file) == (own > 0));
    unlink(own_file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct native_hooks hooks;
    struct strings warnings = {0};

    if (!*prefix)
        folder_make();
    fuzz_write(hooks_file, data, size, 0600);
    fuzz_write(manifest, data, size, 0600);
    claude_native_hooks(&hooks, prefix, &warnings, &arena);
    struct compiling compiling = {.arena = &arena};
    struct handler common = {.plugin = "jira",
                             .version = "1.0.0",
                             .prefix = prefix,
                             .stable = "/current/prefix/jira",
                             .data = "/plugins/jira/data"};
    compile_native(&compiling, &common);
    for (size_t i = 0; i < compiling.count; i++)
        check_handler(&compiling.handlers[i]);
    check_own(&hooks, &arena);
    error_clear();
    arena_release(&arena);
    return 0;
}
