/*
 * `paii __man DIR` writes every manual page: part of installing paii (man.cmake).
 */
#include "base/fs.h"
#include "cli/command.h"
#include "cli/tables.h"

static int write_page(struct arena *arena, const char *dir, const struct command *command)
{
    AUTO_BUF page = {0};
    const char *name = command ? arena_printf(arena, "paii-%s.1", command->name) : "paii.1";

    man_page(&page, command, NULL);
    return fs_write(path_join(arena, dir, name), page.data, page.len, 0644);
}

static int run(struct invocation *call)
{
    const char *dir = path_absolute(call->arena, call->args[0]);
    int result = fs_mkdirs(dir, 0755);

    if (result == 0)
        result = write_page(call->arena, dir, NULL);
    for (const struct command *const *at = commands; result == 0 && *at; at++) {
        if (!command_hidden(*at))
            result = write_page(call->arena, dir, *at);
    }
    return result;
}

const struct command cmd_man = {
    .name = "__man",
    .summary = "write all manual pages into a folder",
    .group = GROUP_SHELL,
    .positionals =
        (const struct positional[]){
            {"DIR", 1, 1, "the folder, made if it is absent", COMPLETE_DIR},
            {0},
        },
    .run = run,
};
