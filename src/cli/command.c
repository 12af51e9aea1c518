/*
 * Reading the command line by the tables, and running what it names.
 */
#include "cli/command.h"

#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"
#include "change/project.h"
#include "claude/claude.h"
#include "cli/tables.h"
#include "store/store.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct globals {
    bool json, quiet, verbose, dry_run, yes, help;
};

const struct option global_options[] = {
    {"json", 0, OPTION_FLAG, offsetof(struct globals, json), NULL, "print JSON for programs"},
    {"quiet", 'q', OPTION_FLAG, offsetof(struct globals, quiet), NULL,
     "print errors and warnings only"},
    {"verbose", 'v', OPTION_FLAG, offsetof(struct globals, verbose), NULL,
     "say what is being done"},
    {"dry-run", 'n', OPTION_FLAG, offsetof(struct globals, dry_run), NULL,
     "print what would be done, and do nothing"},
    {"yes", 'y', OPTION_FLAG, offsetof(struct globals, yes), NULL,
     "answer every question with yes"},
    {"help", 'h', OPTION_FLAG, offsetof(struct globals, help), NULL, "print help"},
    {0},
};

struct parse {
    struct arena *arena;
    int argc, at; /* `at` is the next word */
    char **argv;
    struct globals globals;
    const struct command *command;
    const char *parent; /* name of the command that `command` is a subcommand of */
    void *options;
    struct strings args;
};

static const char *full_name(const struct parse *parse)
{
    if (!parse->command)
        return "paii";
    return arena_printf(parse->arena, "paii %s%s%s", parse->parent ? parse->parent : "",
                        parse->parent ? " " : "", parse->command->name);
}

static int usage_error(const struct parse *parse)
{
    if (!*error_hint_text())
        error_hint("'%s --help' shows how it is used", full_name(parse));
    return -ERR_GENERIC;
}

/* ---- options ---- */

/* Where the option's value lives: in the command's struct, or among the globals. */
static void *option_place(struct parse *parse, const struct option *row)
{
    bool global = false;
    for (const struct option *other = global_options; other->name; other++)
        global = global || other == row;
    char *base = global ? (char *)&parse->globals : parse->options;
    return base + row->offset;
}

static int check_choice(const char *const *choices, const char *label, const char *value,
                        struct arena *arena)
{
    struct strings all = {0};
    for (const char *const *choice = choices; choice && *choice; choice++) {
        if (strcmp(*choice, value) == 0)
            return 0;
        strings_add(&all, arena, *choice);
    }
    if (!choices)
        return 0;
    return fail(ERR_GENERIC, "%s is one of %s, not '%s'", label, strings_join(&all, arena, ", "),
                value);
}

static int set_value(struct parse *parse, const struct option *row, const char *value)
{
    void *place = option_place(parse, row);
    const char *label = arena_printf(parse->arena, "'--%s'", row->name);

    if (check_choice(row->choices, label, value, parse->arena) < 0)
        return usage_error(parse);
    if (row->kind == OPTION_INTEGER) {
        char *end;
        errno = 0;
        long number = strtol(value, &end, 10);
        if (errno || end == value || *end || number < INT_MIN || number > INT_MAX) {
            fail(ERR_GENERIC, "%s needs a whole number, not '%s'", label, value);
            return usage_error(parse);
        }
        *(int *)place = (int)number;
    } else if (row->kind == OPTION_STRINGS) {
        strings_add(place, parse->arena, value);
    } else {
        *(const char **)place = value;
    }
    return 0;
}

static int take_value(struct parse *parse, const struct option *row, const char *attached)
{
    if (attached)
        return set_value(parse, row, attached);
    if (parse->at >= parse->argc) {
        fail(ERR_GENERIC, "'--%s' needs %s", row->name, row->value ? row->value : "a value");
        return usage_error(parse);
    }
    return set_value(parse, row, parse->argv[parse->at++]);
}

static int unknown_option(const struct parse *parse, const char *word, size_t len)
{
    const char *names[64];
    size_t count = 0, most = sizeof names / sizeof *names;
    const struct option *row = parse->command ? parse->command->options : NULL;

    for (; row && row->name && count < most; row++)
        names[count++] = row->name;
    for (row = global_options; row->name && count < most; row++)
        names[count++] = row->name;

    const char *given = arena_strndup(parse->arena, word, len);
    fail(ERR_GENERIC, "unknown option '%s' of '%s'", given, full_name(parse));
    const char *nearest = text_starts(given, "--") ? text_nearest(given + 2, names, count) : NULL;
    if (nearest)
        error_hint("did you mean '--%s'?", nearest);
    return usage_error(parse);
}

static void switch_option(struct parse *parse, const struct option *row, bool on)
{
    void *place = option_place(parse, row);

    if (row->kind == OPTION_MAYBE)
        *(const char **)place = on ? "" : OPTION_OFF;
    else
        *(bool *)place = on;
}

/* --name, --name=value, --no-name of a flag */
static int long_option(struct parse *parse, const char *word)
{
    const char *name = word + 2;
    size_t len = strcspn(name, "=");
    const char *value = name[len] ? name + len + 1 : NULL;
    const struct option *row = option_find(parse->command, name, len);
    bool on = true;

    if (!row && text_starts(name, "no-") && len > 3) {
        row = option_find(parse->command, name + 3, len - 3);
        on = false;
        if (row && row->kind != OPTION_FLAG && row->kind != OPTION_MAYBE)
            row = NULL;
    }
    if (!row)
        return unknown_option(parse, word, len + 2);
    if (option_takes_word(row) || (on && value && row->value))
        return take_value(parse, row, value);
    if (value) {
        fail(ERR_GENERIC, "'--%s' takes no value", row->name);
        return usage_error(parse);
    }
    switch_option(parse, row, on);
    return 0;
}

/* -x, -abc, -xVALUE */
static int letters(struct parse *parse, const char *word)
{
    for (const char *at = word + 1; *at; at++) {
        const struct option *row = option_find_letter(parse->command, *at);
        if (!row)
            return unknown_option(parse, word, strlen(word));
        if (option_takes_word(row))
            return take_value(parse, row, at[1] ? at + 1 : NULL);
        switch_option(parse, row, true);
    }
    return 0;
}

/* ---- words ---- */

static void set_command(struct parse *parse, const struct command *command)
{
    if (parse->command)
        parse->parent = parse->command->name;
    parse->command = command;
    parse->options = arena_alloc(parse->arena, command->options_size ? command->options_size : 1);
}

static int plain_word(struct parse *parse, const char *word)
{
    const struct command *const *table = parse->command ? parse->command->subcommands : commands;
    if (!table) {
        strings_add(&parse->args, parse->arena, word);
        return 0;
    }
    /* The long spelling: `paii plugin install jira`. */
    if (!parse->command && strcmp(word, "plugin") == 0)
        return 0;
    const struct command *found = command_find(table, word);
    if (!found)
        return command_unknown(table, parse->command ? parse->command->name : NULL, word);
    set_command(parse, found);
    return 0;
}

/* Whether all further words belong to the command, whatever they look like. */
static bool is_raw(const struct parse *parse)
{
    size_t min = 0;
    if (!parse->command || !(parse->command->needs & RAW_ARGUMENTS))
        return false;
    for (const struct positional *row = parse->command->positionals; row && row->name; row++)
        min += row->min;
    return parse->args.count >= min;
}

static int parse_words(struct parse *parse)
{
    bool options_ended = false;
    int result = 0;

    while (result == 0 && parse->at < parse->argc) {
        const char *word = parse->argv[parse->at++];
        if (is_raw(parse))
            strings_add(&parse->args, parse->arena, word);
        else if (options_ended || word[0] != '-' || !word[1])
            result = plain_word(parse, word);
        else if (strcmp(word, "--") == 0)
            options_ended = true;
        else if (!parse->command && (!strcmp(word, "--version") || !strcmp(word, "-V")))
            set_command(parse, command_find(commands, "version"));
        else if (word[1] == '-')
            result = long_option(parse, word);
        else if (word[1] >= '0' && word[1] <= '9')
            result = plain_word(parse, word); /* a negative number is a value */
        else
            result = letters(parse, word);
    }
    return result;
}

static int check_positionals(struct parse *parse)
{
    const struct positional *row = parse->command->positionals;
    size_t at = 0;

    for (; row && row->name; row++) {
        size_t left = parse->args.count - at;
        if (left < row->min) {
            fail(ERR_GENERIC, "'%s' needs %s", full_name(parse), row->name);
            return usage_error(parse);
        }
        size_t taken = row->max == 0 || left < row->max ? left : row->max;
        for (size_t i = at; i < at + taken; i++) {
            if (check_choice(row->choices, row->name, parse->args.items[i], parse->arena) < 0)
                return usage_error(parse);
        }
        at += taken;
    }
    if (at < parse->args.count && !(parse->command->needs & RAW_ARGUMENTS)) {
        fail(ERR_GENERIC, "'%s' does not take the word '%s'", full_name(parse),
             parse->args.items[at]);
        return usage_error(parse);
    }
    return 0;
}

/* ---- running ---- */

/* The folder whose project the command is about, "" for the working directory, NULL for none. */
static const char *project_of(const struct invocation *call)
{
    const struct option *row = option_find(call->command, "project", strlen("project"));
    const char *given = NULL;

    if (row)
        given = *(const char *const *)((const char *)call->options + row->offset);
    if (given && strcmp(given, OPTION_OFF) != 0)
        return given;
    return call->command->needs & NEEDS_PROJECT ? "" : NULL;
}

int command_lock(const char *name)
{
    int lock = store_lock(name);
    int result = lock < 0 ? lock : claude_recover();

    if (result == 0 && paths.project)
        result = project_publish();
    if (result < 0)
        fd_close(&lock);
    return result < 0 ? result : lock;
}

static int run_needing(struct invocation *call, const char *name)
{
    const struct command *command = call->command;
    int lock = -1, result = 0;

    if (command->needs & (NEEDS_PATHS | NEEDS_LOCK)) {
        result = paths_init();
        const char *project = project_of(call);
        if (result == 0 && project)
            result = project_enter(*project ? project : ".");
        if (result < 0)
            return result;
    }
    if (command->needs & NEEDS_LOCK) {
        lock = command_lock(name);
        if (lock < 0)
            return lock;
    }
    result = command->run(call);
    if (lock >= 0)
        close(lock);
    return result;
}

static int run_command(struct parse *parse)
{
    struct invocation call = {
        .arena = parse->arena,
        .command = parse->command,
        .options = parse->options,
        .args = (char *const *)parse->args.items,
        .arg_count = parse->args.count,
        .dry_run = parse->globals.dry_run,
        .yes = parse->globals.yes,
    };
    if (!parse->command) {
        help_overview();
        return 0;
    }
    if (parse->globals.help) {
        help_command(parse->command, parse->parent);
        return 0;
    }
    if (!parse->command->run) {
        fail(ERR_GENERIC, "'%s' needs one of its commands", full_name(parse));
        return usage_error(parse);
    }
    if (check_positionals(parse) < 0)
        return -error_code();
    return run_needing(&call, full_name(parse));
}

/* With a handler of our own instead of SIG_IGN a write to a closed pipe fails with EPIPE here,
 * while programs that we start get the default action back. */
static void ignore_signal(int signal_number)
{
    (void)signal_number;
}

/* A usage error is told as JSON too if that was asked for behind the wrong word. */
static bool wants_json(const struct parse *parse)
{
    bool json = parse->globals.json;
    for (int i = parse->at; i < parse->argc && strcmp(parse->argv[i], "--") != 0; i++)
        json = json || strcmp(parse->argv[i], "--json") == 0;
    return json;
}

int command_main(int argc, char **argv)
{
    struct arena arena = {0};
    struct parse parse = {.arena = &arena, .argc = argc, .at = argc > 0, .argv = argv};
    struct sigaction quiet = {.sa_handler = ignore_signal, .sa_flags = SA_RESTART};

    sigaction(SIGPIPE, &quiet, NULL);
    int result = parse_words(&parse);
    struct term_options options = {
        .json = result < 0 ? wants_json(&parse) : parse.globals.json,
        .quiet = parse.globals.quiet,
        .verbose = parse.globals.verbose && !parse.globals.quiet,
    };
    term_init(&options);
    if (result == 0)
        result = run_command(&parse);
    if (result < 0)
        term_report_error();
    int finish = term_finish();
    if (finish < 0 && result == 0) {
        term_report_error();
        result = finish;
    }
    arena_release(&arena);
    return result < 0 ? -result : result;
}
