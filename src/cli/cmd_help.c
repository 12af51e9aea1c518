#include "cli/command.h"
#include "cli/tables.h"

#include <string.h>

struct help_options {
    bool man;
};

static int print_man(const struct command *command)
{
    AUTO_BUF page = {0};
    man_page(&page, command, NULL);
    out_bytes(buf_text(&page), page.len);
    return 0;
}

static int run(struct invocation *call)
{
    const struct help_options *options = call->options;
    const struct command *command = NULL;
    const char *parent = NULL;

    for (size_t i = 0; i < call->arg_count; i++) {
        if (i == 0 && strcmp(call->args[0], "plugin") == 0)
            continue;
        const struct command *const *table = command ? command->subcommands : commands;
        const struct command *found = command_find(table, call->args[i]);
        if (!found)
            return command_unknown(table, command ? command->name : NULL, call->args[i]);
        parent = command ? command->name : NULL;
        command = found;
    }
    if (options->man)
        return print_man(command);
    if (command)
        help_command(command, parent);
    else
        help_overview();
    return 0;
}

const struct command cmd_help = {
    .name = "help",
    .summary = "explain paii or one of its commands",
    .examples = "paii help install\n"
                "paii help registry add\n"
                "paii help --man install | man -l -    the manual page",
    .group = GROUP_SHELL,
    .options =
        (const struct option[]){
            {"man", 0, OPTION_FLAG, offsetof(struct help_options, man), NULL,
             "print the manual page (roff)"},
            {0},
        },
    .options_size = sizeof(struct help_options),
    .positionals =
        (const struct positional[]){
            {"COMMAND", 0, 3, "a command, and one of its own commands", COMPLETE_COMMAND},
            {0},
        },
    .run = run,
};
