/* One word: quotes, escapes, variables, substitutions. */
#include "arena.h"
#include "shell.h"

#include <string.h>

struct building {
    struct shell *shell;
    struct word *word;
    struct text text;
};

bool shell_name_start(char c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

size_t shell_name_length(const char *text)
{
    size_t len = 0;
    while (shell_name_start(text[len]) || (len && text[len] >= '0' && text[len] <= '9'))
        len++;
    return len;
}

static const char *variable_value(const struct shell *shell, const char *name, size_t len)
{
    for (size_t i = shell->variable_count; i-- > 0;) {
        const struct variable *variable = &shell->variables[i];
        if (strlen(variable->name) == len && !memcmp(variable->name, name, len))
            return variable->value;
    }
    return NULL;
}

/* A variable by name. HOME keeps its name, which the rules know; others that are unknown expand. */
static void add_variable(struct building *building, const char *name, size_t len)
{
    const char *value = variable_value(building->shell, name, len);
    if (value) {
        text_puts(&building->text, value);
    } else if (len == 3 && !memcmp(name, "PWD", 3)) {
        text_puts(&building->text, ".");
    } else {
        text_putc(&building->text, '$');
        text_add(&building->text, name, len);
        building->word->expands |= len != 4 || memcmp(name, "HOME", 4) != 0;
    }
}

/* Past the brace that closes the one already open. */
static void skip_braces(struct shell *shell)
{
    for (unsigned open = 1; *shell->at && open; shell->at++) {
        if (*shell->at == '\\' && shell->at[1])
            shell->at++;
        else
            open += (*shell->at == '{') - (*shell->at == '}');
    }
}

/* After "${". */
static void add_braced(struct building *building)
{
    struct shell *shell = building->shell;
    size_t len = shell_name_length(shell->at);
    if (len && shell->at[len] == '}') {
        add_variable(building, shell->at, len);
        shell->at += len + 1;
        return;
    }
    const char *start = shell->at;
    skip_braces(shell);
    if (shell->at == start || shell->at[-1] != '}')
        shell_problem(shell, "a '${' has no end");
    text_puts(&building->text, "$");
    text_add(&building->text, start, len);
    building->word->expands = true;
    shell_substitutions(shell, start, (size_t)(shell->at - start));
}

/* Commands whose output, or whose file, becomes part of the word. */
static void add_commands(struct building *building, char close, const char *shown)
{
    struct word *word = building->word;
    struct script *script = building->shell->script;
    size_t first = script->count;
    shell_list(building->shell, close, NULL, 0, NULL);
    if (word->inner == word->inner_end)
        word->inner = first;
    word->inner_end = script->count;
    word->expands = true;
    text_puts(&building->text, shown);
}

/* A substitution in backquotes: its text is unescaped first, then read like $(…). */
static void add_backquotes(struct building *building)
{
    struct shell *shell = building->shell;
    struct text inner = {0};
    text_add(&inner, "", 0);
    for (; *shell->at && *shell->at != '`'; shell->at++) {
        if (*shell->at == '\\' && shell->at[1] && strchr("`\\$", shell->at[1]))
            shell->at++;
        text_putc(&inner, *shell->at);
    }
    if (!*shell->at) {
        shell_problem(shell, "a '`' has no end");
        return;
    }
    const char *after = shell->at + 1;
    shell->at = inner.data;
    add_commands(building, '\0', "$(…)");
    shell->at = after;
}

const char *shell_arithmetic_end(const char *at)
{
    for (unsigned open = 1; *at; at++) {
        open = open + (*at == '(') - (*at == ')');
        if (!open)
            return at[1] == ')' ? at + 2 : NULL;
    }
    return NULL;
}

static void add_ansi_quote(struct building *building);

/* At a '$'. */
static void add_dollar(struct building *building, bool quoted)
{
    struct shell *shell = building->shell;
    const char *at = ++shell->at;
    size_t len = shell_name_length(at);
    if (len) {
        add_variable(building, at, len);
        shell->at += len;
    } else if (at[0] == '{') {
        shell->at++;
        add_braced(building);
    } else if (at[0] == '(' && at[1] == '(' && shell_arithmetic_end(at + 2)) {
        shell->at = shell_arithmetic_end(at + 2);
        shell_substitutions(shell, at + 2, (size_t)(shell->at - at - 2));
        text_puts(&building->text, "0");
        building->word->expands = true;
    } else if (at[0] == '(') {
        shell->at++;
        add_commands(building, ')', "$(…)");
    } else if (at[0] == '\'' && !quoted) {
        shell->at++;
        add_ansi_quote(building);
    } else if (at[0] && strchr("@*#?$!-0123456789", at[0])) {
        text_putc(&building->text, '$');
        text_putc(&building->text, at[0]);
        building->word->expands = true;
        shell->at++;
    } else {
        text_putc(&building->text, '$');
    }
}

/* One escape of $'…', after the backslash. */
static void add_ansi_escape(struct building *building)
{
    static const char names[] = "abefnrtv", values[] = "\a\b\033\f\n\r\t\v";
    struct shell *shell = building->shell;
    char c = *shell->at++;
    const char *name = strchr(names, c);
    unsigned code = 0, base = c == 'x' ? 16 : 8, digits = 0, most = c == 'x' ? 2 : 3;
    if (c != 'x' && !(c >= '0' && c <= '7')) {
        text_putc(&building->text, name ? values[name - names] : c);
        return;
    }
    if (c != 'x')
        shell->at--;
    for (; digits < most && *shell->at; digits++, shell->at++) {
        static const char all[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = strchr(all, *shell->at);
        if (!digit || (unsigned)(digit - all) % 16 >= base)
            break;
        code = code * base + (unsigned)(digit - all) % 16;
    }
    if (code)
        text_putc(&building->text, (char)code);
}

static void add_ansi_quote(struct building *building)
{
    struct shell *shell = building->shell;
    building->word->quoted = true;
    while (*shell->at && *shell->at != '\'') {
        if (*shell->at == '\\' && shell->at[1]) {
            shell->at++;
            add_ansi_escape(building);
        } else {
            text_putc(&building->text, *shell->at++);
        }
    }
    if (!*shell->at)
        shell_problem(shell, "a quote has no end");
    else
        shell->at++;
}

static void add_single_quote(struct building *building)
{
    struct shell *shell = building->shell;
    const char *end = strchr(++shell->at, '\'');
    building->word->quoted = true;
    if (!end) {
        shell_problem(shell, "a quote has no end");
        return;
    }
    text_add(&building->text, shell->at, (size_t)(end - shell->at));
    shell->at = end + 1;
}

static void add_double_quote(struct building *building)
{
    struct shell *shell = building->shell;
    building->word->quoted = true;
    shell->at++;
    while (*shell->at && *shell->at != '"' && !shell->script->problem) {
        if (*shell->at == '\\' && shell->at[1] && strchr("\\\"$`\n", shell->at[1])) {
            if (shell->at[1] != '\n')
                text_putc(&building->text, shell->at[1]);
            shell->at += 2;
        } else if (*shell->at == '$') {
            add_dollar(building, true);
        } else if (*shell->at == '`') {
            shell->at++;
            add_backquotes(building);
        } else {
            text_putc(&building->text, *shell->at++);
        }
    }
    if (!*shell->at)
        shell_problem(shell, "a quote has no end");
    else
        shell->at++;
}

void shell_substitutions(struct shell *shell, const char *text, size_t len)
{
    struct word word = {0};
    struct building building = {.shell = shell, .word = &word};
    const char *after = shell->at;
    shell->at = take_text(text, len);
    while (*shell->at && !shell->script->problem) {
        if (*shell->at == '$') {
            add_dollar(&building, true);
        } else if (*shell->at == '`') {
            shell->at++;
            add_backquotes(&building);
        } else {
            shell->at += shell->at[0] == '\\' && shell->at[1] ? 2 : 1;
        }
    }
    shell->at = after;
}

/* {a,b} as a shell would expand it, and not a lone "{" or "{}". */
static bool opens_braces(const char *at)
{
    size_t len = strcspn(at, " \t\n;&|()");
    const char *close = memchr(at, '}', len);
    return close && (memchr(at, ',', (size_t)(close - at)) || strstr(at, "..") != NULL);
}

static bool ends_word(const struct shell *shell)
{
    static const char *const field_separators[] = {"$IFS", "${IFS}"};
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(field_separators[i]);
        if (!strncmp(shell->at, field_separators[i], len) &&
            (i == 1 || shell_name_length(shell->at + 1) == 3))
            return true;
    }
    return !*shell->at || strchr(" \t\n;&|()<>", *shell->at);
}

void shell_word(struct shell *shell, struct word *out)
{
    struct building building = {.shell = shell, .word = out};
    *out = (struct word){0};
    text_add(&building.text, "", 0);
    while (!shell->script->problem && !ends_word(shell)) {
        char c = *shell->at;
        if (c == '\'') {
            add_single_quote(&building);
        } else if (c == '"') {
            add_double_quote(&building);
        } else if (c == '$') {
            add_dollar(&building, false);
        } else if (c == '`') {
            shell->at++;
            add_backquotes(&building);
        } else if (c == '\\') {
            shell->at += shell->at[1] ? 1 : 0;
            if (*shell->at != '\n')
                text_putc(&building.text, *shell->at);
            out->quoted |= *shell->at != '\n';
            shell->at++;
        } else {
            out->braces |= c == '{' && opens_braces(shell->at);
            text_putc(&building.text, c);
            shell->at++;
        }
    }
    if (!strncmp(shell->at, "$IFS", 4))
        shell->at += 4;
    else if (!strncmp(shell->at, "${IFS}", 6))
        shell->at += 6;
    else if ((*shell->at == '<' || *shell->at == '>') && shell->at[1] == '(' &&
             !building.text.len) {
        shell->at += 2;
        add_commands(&building, ')', "/dev/fd/63");
    }
    out->text = building.text.data;
}
