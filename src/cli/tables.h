/*
 * Looking things up in the tables of command.h: shared by parser, help, man pages and completions.
 */
#ifndef PAII_CLI_TABLES_H
#define PAII_CLI_TABLES_H

#include "cli/command.h"

/* By name in a NULL-terminated table; NULL if absent or the table is. */
const struct command *command_find(const struct command *const *table, const char *name);
/* Hidden commands (their names start with "__") are in no help and no completion. */
bool command_hidden(const struct command *command);
/* The recorded error for a name that is not in the table, with the nearest as its hint. */
int command_unknown(const struct command *const *table, const char *parent, const char *name);

/* The option called by this long name, or letter, of the command or else of all; NULL if absent. */
const struct option *option_find(const struct command *command, const char *name, size_t len);
const struct option *option_find_letter(const struct command *command, char letter);

/* Whether the next word of the command line is its value. */
bool option_takes_word(const struct option *row);
/* "-r, --registry NAME" */
void option_label(struct buf *out, const struct option *row);
/* "paii registry add [OPTIONS] NAME URL"; `parent` is NULL for a command of the first level. */
void usage_line(struct buf *out, const struct command *command, const char *parent);

#endif
