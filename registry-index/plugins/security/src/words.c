/* Expansion: from the words of the grammar to the arguments of a command. */
#include "arena.h"
#include "glob.h"
#include "parser.h"
#include "path.h"
#include "shell.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 16 * 1024, MAX_ALTERNATIVES = 64 };

static const char unknown[] = {MARK_UNKNOWN, '\0'};

bool is_known(const char *text)
{
    return !strchr(text, MARK_UNKNOWN);
}

void add_field(struct fields *fields, struct field field)
{
    fields->items = grow(fields->items, fields->count, &fields->capacity, sizeof *fields->items);
    fields->items[fields->count++] = field;
}

struct value join_fields(const struct field *items, size_t count, const char *between)
{
    struct text text = {0};
    struct value value = {0};
    text_add(&text, "", 0);
    for (size_t i = 0; i < count && text.len <= MAX_TEXT; i++) {
        if (i)
            text_puts(&text, between);
        text_puts(&text, items[i].text);
        value.origins |= items[i].origins;
    }
    value.text = text.len > MAX_TEXT ? unknown : text.data;
    return value;
}

/* ---- a word under expansion ---- */

struct expansion {
    struct shell *shell;
    struct fields *out; /* NULL: no splitting */
    struct text text;
    struct field field;
    bool open; /* the field has begun */
};

static void append(struct expansion *expansion, const char *text, unsigned origins, bool quoted)
{
    expansion->open |= quoted || *text;
    expansion->field.quoted |= quoted;
    expansion->field.origins |= origins;
    if (expansion->text.len + strlen(text) > MAX_TEXT && strlen(text) < MAX_TEXT)
        text = unknown;
    text_puts(&expansion->text, text);
}

static void close_field(struct expansion *expansion)
{
    if (expansion->open && expansion->out) {
        expansion->field.text = expansion->text.data;
        add_field(expansion->out, expansion->field);
    }
    expansion->field = (struct field){0};
    expansion->text = (struct text){0};
    expansion->open = false;
}

static const char *separators(const struct shell *shell)
{
    const struct variable *variable = shell_find(shell, "IFS");
    return variable && is_known(variable->value.text) ? variable->value.text : " \t\n";
}

/* A value that was not quoted: it may be several fields. */
static void append_split(struct expansion *expansion, struct value value)
{
    const char *blanks = separators(expansion->shell), *at = value.text;
    if (!expansion->out || !*blanks) {
        append(expansion, at, value.origins, false);
        return;
    }
    while (*at) {
        size_t gap = strspn(at, blanks), len = strcspn(at + gap, blanks);
        if (gap)
            close_field(expansion);
        append(expansion, take_text(at + gap, len), value.origins, false);
        at += gap + len;
    }
}

void split_fields(struct fields *fields, const char *text, unsigned origins)
{
    while (*(text += strspn(text, " \t\n"))) {
        size_t len = strcspn(text, " \t\n");
        add_field(fields, (struct field){.text = take_text(text, len), .origins = origins});
        text += len;
    }
}

/* ---- variables ---- */

/* Those of the environment that we may count on. */
static const char *environment(const struct shell *shell, const char *name)
{
    static const char *const numbers[] = {"$",   "!",    "#",      "?",       "RANDOM", "SECONDS",
                                          "UID", "EUID", "LINENO", "BASHPID", "PPID",   "COLUMNS"};
    if (!strcmp(name, "HOME"))
        return shell->context->home;
    if (!strcmp(name, "PWD") && shell->state.cwd)
        return shell->state.cwd;
    if (!strcmp(name, "CLAUDE_PROJECT_DIR") && shell->context->cwd)
        return shell->context->cwd;
    if (!strcmp(name, "TMPDIR"))
        return "/tmp";
    if (!strcmp(name, "SHELL") || !strcmp(name, "BASH") || !strcmp(name, "0"))
        return "/bin/bash";
    if (!strcmp(name, "IFS"))
        return " \t\n";
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (!strcmp(name, numbers[i]))
            return "0";
    }
    return NULL;
}

static struct value positional(const struct shell *shell, const char *name)
{
    const struct fields *fields = &shell->state.positional;
    size_t number = strtoul(name, NULL, 10);
    if (shell->state.positional_unknown)
        return (struct value){.text = unknown};
    if (*name == '@' || *name == '*')
        return join_fields(fields->items, fields->count, " ");
    if (!number || number > fields->count)
        return (struct value){.text = ""};
    return (struct value){fields->items[number - 1].text, fields->items[number - 1].origins};
}

static struct value variable_value(const struct shell *shell, const char *name)
{
    const struct variable *variable = shell_find(shell, name);
    const char *text = variable ? NULL : environment(shell, name);
    if (variable)
        return variable->value;
    if (text)
        return (struct value){.text = text};
    if (*name && strchr("@*123456789", *name))
        return positional(shell, name);
    return (struct value){.text = unknown};
}

/* ---- ${name operator operand} ---- */

static struct value substring(struct value value, const char *operand)
{
    char *end;
    size_t len = strlen(value.text);
    long from = strtol(operand, &end, 10), count = (long)len;
    bool good = end != operand;
    if (*end == ':') {
        const char *start = end + 1;
        count = strtol(start, &end, 10);
        good &= end != start;
    }
    if (from < 0)
        from += (long)len;
    if (count < 0)
        count += (long)len - from;
    if (!good || *end || from < 0 || count < 0)
        return (struct value){unknown, value.origins};
    size_t skip = (size_t)from < len ? (size_t)from : len;
    size_t keep = (size_t)count < len - skip ? (size_t)count : len - skip;
    value.text = take_text(value.text + skip, keep);
    return value;
}

/* ${x#pattern}, ${x%pattern} and their greedy forms. */
static struct value stripped(struct value value, const char *op, const char *pattern)
{
    size_t len = strlen(value.text);
    bool greedy = op[1] != '\0', front = *op == '#';
    for (size_t i = 0; i <= len; i++) {
        size_t cut = greedy ? len - i : i;
        const char *part = front ? take_text(value.text, cut) : value.text + len - cut;
        if (len > 256)
            return (struct value){unknown, value.origins};
        if (glob_fits(pattern, part)) {
            value.text = front ? value.text + cut : take_text(value.text, len - cut);
            return value;
        }
    }
    return value;
}

static struct value replaced(struct value value, bool all, const char *operand)
{
    struct text out = {0};
    size_t len = strcspn(operand, "/");
    const char *with = operand[len] ? operand + len + 1 : "";
    if (!len || memchr(operand, '*', len) || strpbrk(operand, "?[\\#%"))
        return (struct value){unknown, value.origins};
    text_add(&out, "", 0);
    for (const char *at = value.text; *at && out.len < MAX_TEXT;) {
        if (!strncmp(at, operand, len) && (all || at == value.text || len)) {
            text_puts(&out, with);
            at += len;
            if (!all) {
                text_puts(&out, at);
                break;
            }
        } else {
            text_putc(&out, *at++);
        }
    }
    value.text = out.len < MAX_TEXT ? out.data : unknown;
    return value;
}

static struct value recased(struct value value, char op, bool all)
{
    char *text = take_text(value.text, strlen(value.text));
    for (char *at = text; *at; at++) {
        bool lower = *at >= 'a' && *at <= 'z', upper = *at >= 'A' && *at <= 'Z';
        if (op == ',' ? upper : lower)
            *at ^= 32;
        if (!all)
            break;
    }
    value.text = text;
    return value;
}

static struct value element(struct shell *shell, const char *name, struct value value,
                            const char *index)
{
    const struct variable *variable = shell_find(shell, name);
    char *end;
    size_t number = strtoul(index, &end, 10);
    if (!variable || !variable->elements.count || end == index)
        return value;
    const struct fields *elements = &variable->elements;
    if (number >= elements->count)
        return (struct value){.text = ""};
    return (struct value){elements->items[number].text, elements->items[number].origins};
}

static struct value with_default(struct shell *shell, const struct part *part, struct value value,
                                 struct value operand)
{
    char kind = part->op[strlen(part->op) - 1];
    if (!is_known(value.text) && kind != '?')
        return (struct value){unknown, value.origins | operand.origins};
    if (kind == '+')
        return *value.text ? operand : value;
    if (*value.text || kind == '?')
        return value;
    if (kind == '=')
        shell_set(shell, part->text, operand);
    return operand;
}

static struct value operated(struct shell *shell, const struct part *part)
{
    const char *op = part->op;
    struct value value = variable_value(shell, part->text);
    struct value operand = {.text = ""};
    if (part->operand)
        operand = expand_value(shell, part->operand);
    if (!strcmp(op, "length"))
        return (struct value){.text = "0"};
    if (!strcmp(op, "indirect"))
        return is_known(value.text) ? variable_value(shell, value.text) : value;
    if (strchr(op, '-') || strchr(op, '=') || strchr(op, '+') || strchr(op, '?'))
        return with_default(shell, part, value, operand);
    if (!is_known(value.text) || !is_known(operand.text))
        return (struct value){unknown, value.origins};
    switch (*op) {
    case ':':
        return substring(value, operand.text);
    case '#':
    case '%':
        return stripped(value, op, operand.text);
    case '/':
        return replaced(value, op[1] == '/', operand.text);
    case '^':
    case ',':
        return recased(value, *op, operand.text[0] == *op);
    case '[':
        return element(shell, part->text, value, operand.text);
    default:
        return (struct value){unknown, value.origins};
    }
}

/* "$@", "${a[@]}": each element is a field of its own. */
static const struct fields *elements_of(const struct shell *shell, const struct part *part)
{
    if (!part->op && !strcmp(part->text, "@") && !shell->state.positional_unknown)
        return &shell->state.positional;
    const struct variable *variable = shell_find(shell, part->text);
    bool all = part->op && *part->op == '[' && part->operand && part->operand->parts &&
               part->operand->parts->kind == PART_TEXT && part->operand->parts->text[0] == '@';
    return all && variable && variable->elements.count ? &variable->elements : NULL;
}

static void append_variable(struct expansion *expansion, const struct part *part)
{
    struct shell *shell = expansion->shell;
    const struct fields *elements = expansion->out ? elements_of(shell, part) : NULL;
    if (elements) {
        for (size_t i = 0; i < elements->count; i++) {
            if (i)
                close_field(expansion);
            append(expansion, elements->items[i].text, elements->items[i].origins, part->quoted);
        }
        return;
    }
    struct value value = part->op ? operated(shell, part) : variable_value(shell, part->text);
    if (part->quoted)
        append(expansion, value.text, value.origins, true);
    else
        append_split(expansion, value);
}

/* ---- commands ---- */

static struct value command_output(struct shell *shell, const struct node *body)
{
    struct state before = shell->state;
    struct value value = shell_run(shell, body);
    size_t len = strlen(value.text);
    shell->state = before;
    while (len && value.text[len - 1] == '\n')
        len--;
    value.text = take_text(value.text, len);
    return value;
}

static void append_process(struct expansion *expansion, const struct node *body)
{
    struct shell *shell = expansion->shell;
    struct value value = command_output(shell, body);
    const char digits[] = {(char)('a' + shell->files_made / 26 % 26),
                           (char)('a' + shell->files_made % 26), '\0'};
    const char *path = text_join("/dev/fd/", digits, "");
    shell->files_made++;
    shell_write(shell, path, value);
    append(expansion, path, value.origins, true);
}

/* ---- parts ---- */

/* "~", "~ada/x" at the start of a word. */
static const char *untilde(const struct shell *shell, const char *text)
{
    size_t len = strcspn(text + 1, "/");
    const struct variable *home = shell_find(shell, "HOME");
    if (text[0] != '~')
        return text;
    if (!len)
        return text_join(home ? home->value.text : shell->context->home, text + 1, "");
    if (text[1] == '+')
        return text_join(shell->state.cwd ? shell->state.cwd : unknown, text + 2, "");
    if (text[1] == '-')
        return unknown;
    return text_join(strncmp(text, "~root", len + 1) != 0 ? "/home/" : "/", text + 1, "");
}

static void append_part(struct expansion *expansion, const struct part *part, bool first)
{
    struct shell *shell = expansion->shell;
    struct value value;
    switch (part->kind) {
    case PART_TEXT:
        append(expansion, first && !part->quoted ? untilde(shell, part->text) : part->text, 0,
               part->quoted);
        break;
    case PART_VARIABLE:
        append_variable(expansion, part);
        break;
    case PART_COMMAND:
        value = command_output(shell, part->body);
        if (part->quoted)
            append(expansion, value.text, value.origins, true);
        else
            append_split(expansion, value);
        break;
    case PART_PROCESS:
        append_process(expansion, part->body);
        break;
    case PART_NUMBER:
        expand_value(shell, part->operand);
        append(expansion, "0", 0, part->quoted);
        break;
    case PART_BRACES:
        break; /* expanded before */
    }
}

static void expand_parts(struct expansion *expansion, const struct part *parts)
{
    for (const struct part *part = parts; part; part = part->next)
        append_part(expansion, part, part == parts);
}

struct value expand_value(struct shell *shell, const struct word *word)
{
    struct expansion expansion = {.shell = shell};
    text_add(&expansion.text, "", 0);
    expand_parts(&expansion, word->parts);
    return (struct value){expansion.text.data, expansion.field.origins};
}

/* ---- {a,b} ---- */

static struct part *copy_parts(const struct part *part, const struct part *end, struct part *rest)
{
    struct part *first = rest, **tail = &first;
    for (; part && part != end; part = part->next) {
        struct part *copy = take(sizeof *copy);
        *copy = *part;
        copy->next = rest;
        *tail = copy;
        tail = &copy->next;
    }
    return first;
}

static void expand_braces(struct shell *shell, const struct part *parts, struct fields *out,
                          unsigned *left)
{
    const struct part *braces = parts;
    while (braces && braces->kind != PART_BRACES)
        braces = braces->next;
    if (!braces) {
        struct expansion expansion = {.shell = shell, .out = out};
        expand_parts(&expansion, parts);
        close_field(&expansion);
        return;
    }
    for (const struct word *one = braces->operand; one && *left; one = one->next) {
        struct part *rest = copy_parts(one->parts, NULL, braces->next);
        expand_braces(shell, copy_parts(parts, braces, rest), out, left);
        *left -= *left > 0;
    }
    if (!*left)
        add_field(out, (struct field){.text = unknown});
}

void expand_fields(struct shell *shell, const struct word *word, struct fields *out)
{
    unsigned left = MAX_ALTERNATIVES;
    expand_braces(shell, word->parts, out, &left);
}
