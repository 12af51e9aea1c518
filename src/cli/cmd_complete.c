/*
 * `paii __complete KIND [PLUGIN]`: what completion scripts ask for, one word a line. Whatever goes
 * wrong, there are just no words: a shell that completes has no place for messages.
 */
#include "base/paths.h"
#include "cli/command.h"
#include "cli/settings.h"
#include "cli/tables.h"
#include "registry/registry.h"
#include "runtime/run.h"
#include "store/store.h"

#include <string.h>

/* Words end up in shells: only those that no shell reads as anything else. */
static void word(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    if (len > 0 && text[len] == '\0') {
        out_bytes(text, len);
        out_bytes("\n", 1);
    }
}

static void catalog_words(const struct catalog *catalog)
{
    const char *last = "";
    for (size_t i = 0; i < catalog->count; i++) {
        const char *name = catalog_name(catalog, i);
        if (strcmp(name, last) != 0)
            word(name);
        last = name;
    }
}

static void installed_words(void)
{
    struct catalog catalog = {0};
    if (installed_open(&catalog) < 0)
        return;
    catalog_words(&catalog);
    catalog_close(&catalog);
}

static void registry_words(struct arena *arena)
{
    struct config config = {0};
    if (config_read(&config, arena) < 0)
        return;
    for (size_t i = 0; i < config.registry_count; i++)
        word(config.registries[i].name);
}

static void available_words(struct arena *arena)
{
    struct config config = {0};
    struct catalog *catalogs = NULL;
    struct strings missing = {0};

    if (config_read(&config, arena) < 0 ||
        registry_open_all(&config, &catalogs, &missing, arena) < 0)
        return;
    for (size_t i = 0; i < config.registry_count; i++) {
        catalog_words(&catalogs[i]);
        catalog_close(&catalogs[i]);
    }
}

static void action_words(const char *plugin, struct arena *arena)
{
    struct target target;

    if (target_open(&target, plugin, arena) < 0)
        return;
    for (size_t i = 0; i < target.manifest.action_count; i++)
        word(target.manifest.actions[i].name);
}

static void command_words(void)
{
    for (const struct command *const *at = commands; *at; at++) {
        if (!command_hidden(*at))
            word((*at)->name);
    }
}

static void setting_words(struct arena *arena)
{
    struct strings keys = {0};
    settings_keys(&keys, arena);
    for (size_t i = 0; i < keys.count; i++)
        word(keys.items[i]);
}

int complete_words(enum complete kind, const char *context, struct arena *arena)
{
    switch (kind) {
    case COMPLETE_INSTALLED:
        installed_words();
        break;
    case COMPLETE_AVAILABLE:
        available_words(arena);
        break;
    case COMPLETE_REGISTRY:
        registry_words(arena);
        break;
    case COMPLETE_ACTION:
        action_words(context, arena);
        break;
    case COMPLETE_COMMAND:
        command_words();
        break;
    case COMPLETE_SETTING:
        setting_words(arena);
        break;
    case COMPLETE_NONE:
    case COMPLETE_FILE:
    case COMPLETE_DIR:
        break;
    }
    return 0;
}

static int run(struct invocation *call)
{
    static const struct {
        const char *name;
        enum complete kind;
    } kinds[] = {
        {"installed", COMPLETE_INSTALLED}, {"available", COMPLETE_AVAILABLE},
        {"registry", COMPLETE_REGISTRY},   {"action", COMPLETE_ACTION},
        {"command", COMPLETE_COMMAND},     {"setting", COMPLETE_SETTING},
    };
    const char *context = call->arg_count > 1 ? call->args[1] : "";

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, call->args[0]) == 0)
            return complete_words(kinds[i].kind, context, call->arena);
    }
    return 0;
}

const struct command cmd_complete = {
    .name = "__complete",
    .summary = "print words for a completing shell",
    .group = GROUP_SHELL,
    .needs = NEEDS_PATHS | RAW_ARGUMENTS,
    .positionals =
        (const struct positional[]){
            {"KIND", 1, 1, "what the word is"},
            {"PLUGIN", 0, 1, "the plugin whose actions are wanted"},
            {0},
        },
    .run = run,
};
