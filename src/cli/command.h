/*
 * A command is data plus one function, in a file of its own. Usage, --help, man pages and
 * completions are made from these rows and from nowhere else.
 */
#ifndef PAII_CLI_COMMAND_H
#define PAII_CLI_COMMAND_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/term.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* What a word on the command line may be completed with. */
enum complete {
    COMPLETE_NONE,
    COMPLETE_INSTALLED, /* names of installed plugins */
    COMPLETE_AVAILABLE, /* names in the registries */
    COMPLETE_REGISTRY,
    COMPLETE_ACTION,  /* of the plugin that is the first positional */
    COMPLETE_SETTING, /* keys of paii config */
    COMPLETE_COMMAND,
    COMPLETE_FILE,
    COMPLETE_DIR,
};

enum option_kind {
    OPTION_FLAG,
    OPTION_STRING,
    OPTION_INTEGER,
    OPTION_STRINGS,
    /* --name, --name=VALUE (if the row has a value) and --no-name: "", VALUE and OPTION_OFF; NULL
     * if none was given. */
    OPTION_MAYBE,
};

/* Bound to a field of the command's own struct: bool, const char *, int, struct strings, and const
 * char * of a MAYBE. */
struct option {
    const char *name;
    char letter; /* 0 for none */
    enum option_kind kind;
    size_t offset;
    const char *value; /* "NAME" in the help; NULL for flags */
    const char *help;
    enum complete complete;
    const char *const *choices; /* allowed values, NULL-terminated; NULL for any */
};

struct positional {
    const char *name;  /* "PLUGIN" */
    unsigned min, max; /* how many words; max 0: any number */
    const char *help;
    enum complete complete;
    const char *const *choices;
};

enum command_group {
    GROUP_START,
    GROUP_PLUGINS,
    GROUP_REGISTRIES,
    GROUP_USE,
    GROUP_STATE,
    GROUP_SHELL
};

enum command_needs {
    NEEDS_NOTHING = 0,
    NEEDS_PATHS = 1 << 0,   /* paths_init() has succeeded */
    NEEDS_LOCK = 1 << 1,    /* the writers' lock is held (implies paths and state) */
    NEEDS_PROJECT = 1 << 3, /* it is about the project, as others are that are given --project */
    RAW_ARGUMENTS =
        1 << 2, /* after the positionals' minimum, words are the command's own (paii run) */
};

struct invocation {
    struct arena *arena; /* of this command */
    const struct command *command;
    void *options;     /* the command's own struct, filled */
    char *const *args; /* positionals */
    size_t arg_count;
    bool dry_run, yes; /* the global options that commands look at; the others are term.h's */
};

/* The row of --project, for a command that may be about one: a const char *. */
#define PROJECT_OPTION(type, text)                                                                 \
    {                                                                                              \
        .name = "project", .kind = OPTION_MAYBE, .offset = offsetof(type, project),                \
        .value = "DIR", .help = text, .complete = COMPLETE_DIR,                                    \
    }

/* The row of --prefer: a struct strings. */
#define PREFER_OPTION(type)                                                                        \
    {                                                                                              \
        .name = "prefer", .kind = OPTION_STRINGS, .offset = offsetof(type, prefer),                \
        .value = "PLUGIN",                                                                         \
        .help = "of several providers of a contract take this one, if it can be had",              \
        .complete = COMPLETE_AVAILABLE,                                                            \
    }

struct command {
    const char *name;
    const char *summary;     /* one line, no full stop */
    const char *description; /* paragraphs; NULL for none */
    const char *examples;    /* lines "paii install jira    what it does"; NULL for none */
    enum command_group group;
    unsigned needs;
    const struct option *options;             /* ends with a row without a name; NULL for none */
    size_t options_size;                      /* of the command's own struct; 0 for none */
    const struct positional *positionals;     /* ends with a row without a name; NULL for none */
    const struct command *const *subcommands; /* NULL-terminated; NULL for none */
    int (*run)(struct invocation *call);      /* 0, a negative error, or a positive exit status */
};

/* All commands, in the order of the help; NULL-terminated. In commands.c. */
extern const struct command *const commands[];
/* --json --quiet --verbose --dry-run --yes --help. */
extern const struct option global_options[];

/* Parses argv and runs the command; returns the exit status. `paii plugin X` is `paii X`. */
int command_main(int argc, char **argv);

/* Takes the writers' lock for the command of that name and finishes what a killed one had
 * committed. Returns a descriptor to close, or an error. */
int command_lock(const char *name);

/* Generated texts, appended to stdout: see help.c, man.c, completions.c. */
void help_overview(void);
void help_command(const struct command *command, const char *parent);
void man_page(struct buf *out, const struct command *command,
              const char *parent);        /* NULL: paii(1) */
int completions_print(const char *shell); /* bash zsh fish */
/* Candidates for a running shell: `paii __complete KIND [WORD]`, one a line. */
int complete_words(enum complete kind, const char *context, struct arena *arena);

#endif
