/*
 * Manual pages in roff's man macros, from the tables: paii(1), and paii-install(1) and so on, where
 * a command's own commands are sections of its page.
 */
#include "cli/tables.h"

#include <string.h>

/* Text for roff: '-' and '\' are escaped, and a line cannot begin with a control character. */
static void roff(struct buf *out, const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            buf_puts(out, "\\&");
        if (*text == '-')
            buf_puts(out, "\\-");
        else if (*text == '\\')
            buf_puts(out, "\\e");
        else
            buf_putc(out, *text);
        line_start = *text == '\n';
    }
}

static void section(struct buf *out, const char *title)
{
    buf_printf(out, ".SH %s\n", title);
}

/* .TP, the term in bold, what it means */
static void term_row(struct buf *out, const char *term, const char *meaning)
{
    buf_puts(out, ".TP\n.B ");
    roff(out, term);
    buf_putc(out, '\n');
    roff(out, meaning);
    buf_putc(out, '\n');
}

static void choices(struct buf *out, const char *const *choice)
{
    if (!choice)
        return;
    buf_puts(out, "One of");
    for (const char *separator = " "; *choice; choice++, separator = ", ") {
        buf_puts(out, separator);
        roff(out, *choice);
    }
    buf_puts(out, ".\n");
}

static void paragraphs(struct buf *out, const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t len = end ? (size_t)(end - text) : strlen(text);
        AUTO_BUF paragraph = {0};
        buf_add(&paragraph, text, len);
        buf_puts(out, *text == ' ' ? ".PP\n.nf\n" : ".PP\n");
        roff(out, paragraph.data);
        buf_puts(out, *text == ' ' ? "\n.fi\n" : "\n");
        text += len;
        text += strspn(text, "\n");
    }
}

static void option_rows(struct buf *out, const struct option *row)
{
    for (; row && row->name; row++) {
        AUTO_BUF label = {0};
        option_label(&label, row);
        term_row(out, label.data, row->help);
        choices(out, row->choices);
    }
}

static void positional_rows(struct buf *out, const struct positional *row)
{
    for (; row && row->name; row++) {
        term_row(out, row->name, row->help);
        choices(out, row->choices);
    }
}

static void title(struct buf *out, const char *name)
{
    buf_puts(out, ".TH \"");
    for (const char *at = name; *at; at++)
        buf_putc(out, *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at);
    buf_printf(out, "\" \"1\" \"\" \"paii %s\" \"paii\"\n", PAII_VERSION);
}

static void main_page(struct buf *out)
{
    title(out, "paii");
    section(out, "NAME");
    buf_puts(out, "paii \\- plugins for Claude Code: install, update, run\n");
    section(out, "SYNOPSIS");
    buf_puts(out, ".B paii\n[OPTIONS] COMMAND [ARGUMENTS]\n");
    section(out, "COMMANDS");
    for (const struct command *const *at = commands; *at; at++) {
        if (!command_hidden(*at))
            term_row(out, (*at)->name, (*at)->summary);
    }
    section(out, "OPTIONS");
    option_rows(out, global_options);
    section(out, "EXIT STATUS");
    buf_puts(out, "0 success; 1 error; 2 blocked by a hook; 10 not found; 11 contract not "
                  "satisfied;\n12 configuration; 13 refused for safety; 14 pin or hash mismatch; "
                  "20 network;\n21 authentication; 130 interrupted.\n");
    section(out, "ENVIRONMENT");
    term_row(out, "PAII_DIR", "where state lives, instead of ~/.config/paii");
    term_row(out, "PAII_CONFIG", "the configuration, instead of paii.toml in that folder");
    term_row(out, "CLAUDE_CONFIG_DIR", "Claude Code's folder, instead of ~/.claude");
    term_row(out, "NO_COLOR", "no colours and no progress lines");
}

static void command_body(struct buf *out, const struct command *command)
{
    if (command->description)
        paragraphs(out, command->description);
    if (command->positionals && command->positionals->name) {
        buf_puts(out, ".SS Arguments\n");
        positional_rows(out, command->positionals);
    }
    if (command->options && command->options->name) {
        buf_puts(out, ".SS Options\n");
        option_rows(out, command->options);
    }
    if (command->examples) {
        buf_puts(out, ".SS Examples\n.nf\n");
        roff(out, command->examples);
        buf_puts(out, "\n.fi\n");
    }
}

static void synopsis(struct buf *out, const struct command *command, const char *parent)
{
    AUTO_BUF usage = {0};
    usage_line(&usage, command, parent);
    buf_puts(out, ".B ");
    roff(out, usage.data);
    buf_putc(out, '\n');
}

void man_page(struct buf *out, const struct command *command, const char *parent)
{
    if (!command) {
        main_page(out);
        return;
    }
    AUTO_BUF name = {0};
    buf_printf(&name, "paii-%s%s%s", parent ? parent : "", parent ? "-" : "", command->name);
    title(out, name.data);
    section(out, "NAME");
    roff(out, name.data);
    buf_puts(out, " \\- ");
    roff(out, command->summary);
    buf_putc(out, '\n');
    section(out, "SYNOPSIS");
    synopsis(out, command, parent);
    section(out, "DESCRIPTION");
    command_body(out, command);
    for (const struct command *const *sub = command->subcommands; sub && *sub; sub++) {
        buf_printf(out, ".SH %s\n", (*sub)->name);
        synopsis(out, *sub, command->name);
        buf_puts(out, ".PP\n");
        roff(out, (*sub)->summary);
        buf_puts(out, ".\n");
        command_body(out, *sub);
    }
    buf_puts(out, ".SH SEE ALSO\n.BR paii (1),\nfor the options of every command and the exit "
                  "status\n");
}
