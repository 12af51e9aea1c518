/*
 * Help, printed from the tables:
 *
 *     paii install - install plugins
 *
 *     usage: paii install [OPTIONS] PLUGIN...
 *
 *     arguments:
 *       PLUGIN                what it is
 *
 *     options:
 *       -r, --registry NAME   take the plugin from this registry
 */
#include "base/text.h"
#include "cli/tables.h"

#include <stdio.h>
#include <string.h>

enum { INDENT = 2, COLUMN = 26, WIDTH = 90 };

static const char *const group_titles[] = {
    [GROUP_START] = "begin",        [GROUP_PLUGINS] = "plugins", [GROUP_REGISTRIES] = "registries",
    [GROUP_USE] = "use and create", [GROUP_STATE] = "state",     [GROUP_SHELL] = "shell",
};

static void heading(const char *title)
{
    out_styled(STYLE_BOLD, "\n%s:", title);
    out("\n");
}

static void flush(struct buf *text)
{
    out_bytes(buf_text(text), text->len);
    buf_clear(text);
}

static void spaces(struct buf *text, size_t count)
{
    while (count-- > 0)
        buf_putc(text, ' ');
}

/* Appends words of `text`, breaking lines before WIDTH; further lines begin at `indent`. `at` is
 * the column where the first word goes. */
static void wrap(struct buf *line, const char *text, size_t at, size_t indent)
{
    bool first = true;
    while (*text) {
        size_t len = strcspn(text, " \n");
        if (len > 0) {
            if (!first && at + 1 + len > WIDTH) {
                buf_putc(line, '\n');
                spaces(line, indent);
                at = indent;
            } else if (!first) {
                buf_putc(line, ' ');
                at++;
            }
            buf_add(line, text, len);
            at += len;
            first = false;
        }
        text += len;
        text += strspn(text, " \n");
    }
    buf_putc(line, '\n');
}

/* "  LABEL          what it means, wrapped" */
static void row(struct buf *text, const char *label, const char *help)
{
    size_t width = INDENT + strlen(label);
    spaces(text, INDENT);
    buf_puts(text, label);
    if (width + 2 > COLUMN) {
        buf_putc(text, '\n');
        width = 0;
    }
    spaces(text, COLUMN - width);
    wrap(text, help, COLUMN, COLUMN);
}

static void add_choices(struct buf *help, const char *const *choices)
{
    for (const char *const *choice = choices; choice && *choice; choice++)
        buf_printf(help, "%s%s", choice == choices ? ": " : ", ", *choice);
}

static void options(const struct option *rows)
{
    AUTO_BUF text = {0}, label = {0}, help = {0};

    for (; rows && rows->name; rows++) {
        buf_clear(&label);
        buf_clear(&help);
        if (!rows->letter)
            buf_puts(&label, "    ");
        option_label(&label, rows);
        buf_puts(&help, rows->help);
        add_choices(&help, rows->choices);
        row(&text, label.data, help.data);
    }
    flush(&text);
}

static void positionals(const struct positional *rows)
{
    AUTO_BUF text = {0}, help = {0};

    for (; rows && rows->name; rows++) {
        buf_clear(&help);
        buf_puts(&help, rows->help);
        add_choices(&help, rows->choices);
        row(&text, rows->name, help.data);
    }
    flush(&text);
}

/* Paragraphs are wrapped; lines that begin with a space stand as they are. */
static void paragraphs(const char *text)
{
    AUTO_BUF lines = {0};

    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t len = end ? (size_t)(end - text) : strlen(text);
        buf_putc(&lines, '\n');
        if (*text == ' ') {
            buf_add(&lines, text, len);
            buf_putc(&lines, '\n');
        } else {
            AUTO_BUF paragraph = {0};
            buf_add(&paragraph, text, len);
            wrap(&lines, paragraph.data, 0, 0);
        }
        text += len;
        text += strspn(text, "\n");
    }
    flush(&lines);
}

static void examples(const char *text)
{
    AUTO_BUF lines = {0};

    while (*text) {
        size_t len = strcspn(text, "\n");
        spaces(&lines, INDENT);
        buf_add(&lines, text, len);
        buf_putc(&lines, '\n');
        text += len;
        text += *text == '\n';
    }
    flush(&lines);
}

static void command_rows(const struct command *const *table, int group)
{
    AUTO_BUF text = {0};

    for (; table && *table; table++) {
        if (command_hidden(*table) || (group >= 0 && (int)(*table)->group != group))
            continue;
        row(&text, (*table)->name, (*table)->summary);
    }
    flush(&text);
}

static bool group_is_empty(enum command_group group)
{
    for (const struct command *const *at = commands; *at; at++) {
        if ((*at)->group == group && !command_hidden(*at))
            return false;
    }
    return true;
}

void help_overview(void)
{
    out("paii - plugins for Claude Code: install, update, run\n\n"
        "usage: paii [OPTIONS] COMMAND [ARGUMENTS]\n");
    for (size_t group = 0; group < sizeof group_titles / sizeof *group_titles; group++) {
        if (group_is_empty((enum command_group)group))
            continue;
        heading(group_titles[group]);
        command_rows(commands, (int)group);
    }
    heading("options, before or after the command");
    options(global_options);
    AUTO_BUF text = {0};
    row(&text, "-V, --version", "print the version");
    buf_puts(&text,
             "\n'paii help COMMAND' says more. 'paii plugin install x' is 'paii install x'.\n");
    flush(&text);
}

void help_command(const struct command *command, const char *parent)
{
    AUTO_BUF usage = {0};

    usage_line(&usage, command, parent);
    out("paii %s%s%s - %s\n\nusage: %s\n", parent ? parent : "", parent ? " " : "", command->name,
        command->summary, usage.data);
    if (command->description)
        paragraphs(command->description);
    if (command->subcommands) {
        heading("commands");
        command_rows(command->subcommands, -1);
    }
    if (command->positionals && command->positionals->name) {
        heading("arguments");
        positionals(command->positionals);
    }
    if (command->options && command->options->name) {
        heading("options");
        options(command->options);
    }
    heading("options of every command");
    options(global_options);
    if (command->examples) {
        heading("examples");
        examples(command->examples);
    }
}
