#include "cli/command.h"

static int run(struct invocation *call)
{
    return completions_print(call->args[0]);
}

const struct command cmd_completions = {
    .name = "completions",
    .summary = "print the completion script of a shell",
    .description = "Put the script where your shell looks for it, or read it at login.",
    .examples = "paii completions bash > ~/.local/share/bash-completion/completions/paii\n"
                "paii completions zsh > ~/.zfunc/_paii    a folder that is in your fpath\n"
                "paii completions fish > ~/.config/fish/completions/paii.fish",
    .group = GROUP_SHELL,
    .positionals =
        (const struct positional[]){
            {"SHELL", 1, 1, "the shell", COMPLETE_NONE,
             (const char *const[]){"bash", "zsh", "fish", NULL}},
            {0},
        },
    .run = run,
};
