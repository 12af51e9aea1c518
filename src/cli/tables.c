#include "cli/tables.h"

#include "base/text.h"

#include <string.h>

const struct command *command_find(const struct command *const *table, const char *name)
{
    for (; table && *table; table++) {
        if (strcmp((*table)->name, name) == 0)
            return *table;
    }
    return NULL;
}

bool command_hidden(const struct command *command)
{
    return text_starts(command->name, "__");
}

int command_unknown(const struct command *const *table, const char *parent, const char *name)
{
    const char *names[64];
    size_t count = 0;

    for (; table && *table && count < sizeof names / sizeof *names; table++) {
        if (!command_hidden(*table))
            names[count++] = (*table)->name;
    }
    const char *nearest = text_nearest(name, names, count);
    const char *space = parent ? " " : "";
    parent = parent ? parent : "";

    fail(ERR_GENERIC, "unknown command '%s%s%s'", parent, space, name);
    if (nearest)
        error_hint("did you mean 'paii %s%s%s'?", parent, space, nearest);
    else
        error_hint("'paii help%s%s' lists the commands", space, parent);
    return -ERR_GENERIC;
}

static const struct option *find_long(const struct option *row, const char *name, size_t len)
{
    for (; row && row->name; row++) {
        if (strncmp(row->name, name, len) == 0 && row->name[len] == '\0')
            return row;
    }
    return NULL;
}

const struct option *option_find(const struct command *command, const char *name, size_t len)
{
    const struct option *row = command ? find_long(command->options, name, len) : NULL;
    return row ? row : find_long(global_options, name, len);
}

static const struct option *find_letter(const struct option *row, char letter)
{
    for (; row && row->name; row++) {
        if (row->letter == letter)
            return row;
    }
    return NULL;
}

const struct option *option_find_letter(const struct command *command, char letter)
{
    const struct option *row = command ? find_letter(command->options, letter) : NULL;
    return row ? row : find_letter(global_options, letter);
}

bool option_takes_word(const struct option *row)
{
    return row->kind != OPTION_FLAG && row->kind != OPTION_MAYBE;
}

void option_label(struct buf *out, const struct option *row)
{
    if (row->letter)
        buf_printf(out, "-%c, ", row->letter);
    buf_printf(out, "--%s", row->name);
    if (row->kind == OPTION_MAYBE && row->value)
        buf_printf(out, "[=%s]", row->value);
    else if (option_takes_word(row))
        buf_printf(out, " %s", row->value ? row->value : "VALUE");
}

void usage_line(struct buf *out, const struct command *command, const char *parent)
{
    buf_printf(out, "paii %s%s%s", parent ? parent : "", parent ? " " : "", command->name);
    if (command->subcommands) {
        buf_puts(out, command->run ? " [COMMAND]" : " COMMAND");
        return;
    }
    if (command->options && command->options->name)
        buf_puts(out, " [OPTIONS]");
    for (const struct positional *row = command->positionals; row && row->name; row++) {
        buf_printf(out, row->min ? " %s" : " [%s]", row->name);
        if (row->max != 1)
            buf_puts(out, "...");
    }
}
