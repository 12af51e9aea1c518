#include "base/fs.h"
#include "base/paths.h"
#include "claude/claude.h"
#include "cli/command.h"

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

static int write_once(const char *path, const char *text, mode_t mode)
{
    if (fs_exists(path))
        return 0;
    int result = fs_write(path, text, strlen(text), mode);
    if (result == 0)
        note("wrote %s", path);
    return result;
}

static int run(struct invocation *call)
{
    /* The writers' lock has made the folders. */
    int result = write_once(paths.config, first_config, 0644);
    if (result == 0)
        result = write_once(paths.env_file, first_secrets, 0600);
    if (result < 0)
        return result;
    struct installed set;
    result = installed_read(&set, call->arena);
    if (result == 0)
        result = claude_sync_links(&set, call->arena);
    if (result < 0)
        return result;
    const char *program, *version = claude_version(call->arena, &program);
    note("paii keeps its state in %s", paths.dir);
    if (version)
        note("Claude Code %s will see plugins in %s/skills", version, paths.claude);
    else
        note("Claude Code is not installed yet; plugins will be in %s/skills", paths.claude);
    return 0;
}

const struct command cmd_init = {
    .name = "init",
    .summary = "set paii up for this user",
    .description =
        "Makes PAII_DIR with a first paii.toml and .env, and puts missing links back. Running it "
        "again changes nothing. "
        "Every other command works without it, too.",
    .group = GROUP_START,
    .needs = NEEDS_LOCK,
    .run = run,
};
