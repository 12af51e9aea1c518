#include "base/fs.h"
#include "base/paths.h"
#include "claude/claude.h"
#include "claude/registration.h"
#include "cli/command.h"
#include "cli/registration.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char first_config[] =
    "# paii's configuration: see paii help config\n"
    "\n"
    "[paii]\n"
    "version = \"" PAII_VERSION "\"\n"
    "\n"
    "[defaults]\n"
    "language = \"python\"\n"
    "log_level = \"info\"\n"
    "\n"
    "# Registries besides the built-in 'core'; paii registry add NAME URL writes here.\n"
    "[registries]\n";

static const char first_secrets[] = "# Secrets for plugins, one NAME=value a line.\n";

struct init_options {
    bool settings, remove;
};

static int write_once(const char *path, const char *text, mode_t mode, bool dry_run)
{
    if (fs_exists(path))
        return 0;
    int result = dry_run ? 0 : fs_write(path, text, strlen(text), mode);
    if (result == 0)
        note("%s %s", dry_run ? "would write" : "wrote", path);
    return result;
}

/* What is asked for; `init` alone turns on what is off, and leaves a choice as it is. */
static int choose(enum hook_registration *out, const struct init_options *options,
                  struct arena *arena)
{
    if (options->settings && options->remove) {
        fail(ERR_GENERIC, "'--settings' and '--remove' do not go together");
        error_hint("'paii init --remove' takes back what either way has registered");
        return -ERR_GENERIC;
    }
    int result = registration_read(out, arena);
    if (options->remove)
        *out = HOOKS_OFF;
    else if (options->settings)
        *out = HOOKS_BY_SETTINGS;
    else if (*out == HOOKS_OFF)
        *out = HOOKS_BY_PLUGIN;
    return result;
}

static void tell(enum hook_registration hooks, struct arena *arena)
{
    const char *program, *version = claude_version(arena, &program);
    note("paii keeps its state in %s", paths.dir);
    if (version)
        note("Claude Code %s will see plugins in %s/skills", version, paths.claude);
    else
        note("Claude Code is not installed yet; plugins will be in %s/skills", paths.claude);
    if (hooks == HOOKS_BY_SETTINGS)
        note("hooks of plugins are registered in %s", settings_path(arena));
    else if (hooks == HOOKS_OFF)
        note("hooks of plugins do not run; 'paii init' registers them again");
}

static int run(struct invocation *call)
{
    enum hook_registration hooks;
    int result = choose(&hooks, call->options, call->arena);
    if (result == 0) /* refused before anything is written */
        result = registration_set(&hooks, true, call->arena);
    /* The writers' lock has made the folders. */
    if (result == 0)
        result = write_once(paths.config, first_config, 0644, call->dry_run);
    if (result == 0)
        result = write_once(paths.env_file, first_secrets, 0600, call->dry_run);
    if (result == 0 && !call->dry_run)
        result = registration_set(&hooks, false, call->arena);
    if (result == 0)
        tell(hooks, call->arena);
    return result;
}

static const struct option options[] = {
    {.name = "settings",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct init_options, settings),
     .help = "register hooks in Claude Code's settings.json, for clients before 2.1.157"},
    {.name = "remove",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct init_options, remove),
     .help = "register no hooks, and take away what was registered"},
    {0},
};

const struct command cmd_init = {
    .name = "init",
    .summary = "set paii up for this user",
    .description =
        "Makes PAII_DIR with a first paii.toml and .env, puts missing links back, and registers "
        "the hooks of plugins with Claude Code. Running it again changes nothing. "
        "Every other command works without it, too.\n"
        "\n"
        "How hooks are registered stays so ([claude] hooks in paii.toml): by a link in the "
        "client's folder, or by entries in its settings.json, of which every other byte stays as "
        "it is.",
    .group = GROUP_START,
    .needs = NEEDS_LOCK,
    .options = options,
    .options_size = sizeof(struct init_options),
    .run = run,
};
