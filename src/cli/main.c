/*
 * paii: plugins for Claude Code. A map of the source tree:
 *
 *     base/      what everything stands on: arenas, errors, files, TOML and JSON, terminal
 *     registry/  what exists and where it comes from: manifests, indexes, catalogs, paii.toml
 *     resolver/  the solver: pure; integers in, a selection or a conflict out
 *     build/     pip, cargo, make, skill: from a source tree to a prefix
 *     store/     what is installed: prefixes, generations, the lock file, the commit
 *     claude/    what Claude Code sees: generated directories and links in ~/.claude/skills
 *     runtime/   running the actions of plugins, and what they call by contract
 *     hooks/     the dispatcher: one answer to Claude Code's events
 *     cli/       what a person types and sees: one file a command
 *     fetch/     another program, paii-fetch: network, Git and archives, confined
 *
 * A room calls those above it in this list (resolver: base alone; fetch: base alone), never below.
 * Inside cli/: command.c reads the command line by the tables that commands.c lists; help.c, man.c
 * and completions.c print what the same tables say; cmd_NAME.c is `paii NAME`.
 */
#include "cli/command.h"

int main(int argc, char **argv)
{
    return command_main(argc, argv);
}
