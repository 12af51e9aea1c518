#include "lexer.h"

#include "arena.h"
#include "parser.h"

#include <string.h>

enum { MAX_DEPTH = 32, MAX_BRACES = 512, MAX_SET = 128 };

const char op_and[] = "&&", op_or[] = "||", op_background[] = "&", op_pipe[] = "|",
           op_pipe_both[] = "|&", op_end[] = ";", op_case_end[] = ";;", op_open[] = "(",
           op_close[] = ")", op_write[] = ">", op_append[] = ">>", op_clobber[] = ">|",
           op_read[] = "<", op_read_write[] = "<>", op_here[] = "<<", op_here_tabs[] = "<<-",
           op_here_string[] = "<<<", op_copy_out[] = ">&", op_copy_in[] = "<&",
           op_write_both[] = "&>", op_append_both[] = "&>>";

/* A word under construction. */
struct building {
    struct lexer *lexer;
    struct part *first, **tail;
    struct text text; /* of the part that is read */
    bool text_quoted, text_open;
    bool plain;           /* nothing was quoted or expanded so far */
    const char *also_end; /* characters that end this word besides blanks and operators */
};

static void read_parts(struct building *building);

void lexer_problem(struct lexer *lexer, const char *problem)
{
    if (!lexer->problem)
        lexer->problem = problem;
}

size_t name_length(const char *text)
{
    size_t len = 0;
    while (text[len] == '_' || (text[len] >= 'a' && text[len] <= 'z') ||
           (text[len] >= 'A' && text[len] <= 'Z') || (len && text[len] >= '0' && text[len] <= '9'))
        len++;
    return len;
}

/* ---- parts ---- */

static void close_text(struct building *building)
{
    if (!building->text_open)
        return;
    struct part *part = take(sizeof *part);
    part->kind = PART_TEXT;
    part->quoted = building->text_quoted;
    part->text = building->text.data;
    *building->tail = part;
    building->tail = &part->next;
    building->text = (struct text){0};
    building->text_open = false;
}

static void add_text(struct building *building, const char *text, size_t len, bool quoted)
{
    if (building->text_open && building->text_quoted != quoted)
        close_text(building);
    building->text_open = true;
    building->text_quoted = quoted;
    building->plain &= !quoted;
    text_add(&building->text, text, len);
}

static struct part *add_part(struct building *building, enum part_kind kind, bool quoted)
{
    struct part *part = take(sizeof *part);
    close_text(building);
    part->kind = kind;
    part->quoted = quoted;
    *building->tail = part;
    building->tail = &part->next;
    building->plain = false;
    return part;
}

static void begin(struct building *building, struct lexer *lexer)
{
    *building = (struct building){.lexer = lexer, .plain = true};
    building->tail = &building->first;
}

static struct word *finish(struct building *building)
{
    struct word *word = take(sizeof *word);
    close_text(building);
    word->parts = building->first;
    if (building->plain && building->first)
        word->bare = building->first->text;
    return word;
}

/* ---- $ and ` ---- */

/* Past the '}' that closes the brace already open; the shell's quotes hide braces. */
static const char *brace_end(const char *at)
{
    for (unsigned open = 1; *at; at++) {
        if (*at == '\\' && at[1]) {
            at++;
        } else if (*at == '\'' && strchr(at + 1, '\'')) {
            at = strchr(at + 1, '\'');
        } else {
            open = open + (*at == '{') - (*at == '}');
            if (!open)
                return at;
        }
    }
    return NULL;
}

/* "${name", its subscript, and what follows: an operator and its operand. */
static void read_operator(struct building *building, struct part *part, const char *at,
                          const char *end)
{
    static const char *const operators[] = {":-", ":=", ":?", ":+", "##", "%%", "//", "-", "=", "?",
                                            "+",  "#",  "%",  "/",  ":",  "^",  ",",  "@", "["};
    for (size_t i = 0; i < sizeof operators / sizeof *operators && !part->op; i++) {
        if (!strncmp(at, operators[i], strlen(operators[i])))
            part->op = operators[i];
    }
    if (at == end)
        return;
    if (!part->op) {
        lexer_problem(building->lexer, "a '${' cannot be read");
        return;
    }
    at += strlen(part->op);
    part->operand = lexer_quoted(building->lexer, at, (size_t)(end - at));
}

/* After "${". */
static void read_braced(struct building *building, bool quoted)
{
    struct lexer *lexer = building->lexer;
    const char *at = lexer->at, *end = brace_end(at);
    if (!end) {
        lexer_problem(lexer, "a '${' has no end");
        return;
    }
    struct part *part = add_part(building, PART_VARIABLE, quoted);
    lexer->at = end + 1;
    if ((at[0] == '#' || at[0] == '!') && at + 1 < end && !strchr("-=?+#%/:}", at[1]))
        part->op = *at++ == '#' ? "length" : "indirect";
    size_t len = name_length(at);
    if (!len)
        len = strspn(at, "0123456789");
    if (!len && at < end)
        len = 1; /* ${@}, ${?} */
    part->text = take_text(at, len);
    if (at + len < end && !part->op)
        read_operator(building, part, at + len, end);
}

const char *lexer_arithmetic_end(const char *at)
{
    for (unsigned open = 1; *at; at++) {
        open = open + (*at == '(') - (*at == ')');
        if (!open)
            return at[1] == ')' ? at + 2 : NULL;
    }
    return NULL;
}

/* A substitution in backquotes: its text is unescaped first, then read like $(…). */
static void read_backquotes(struct building *building, bool quoted)
{
    struct lexer *lexer = building->lexer;
    struct text inner = {0};
    text_add(&inner, "", 0);
    for (lexer->at++; *lexer->at && *lexer->at != '`'; lexer->at++) {
        bool escapes =
            *lexer->at == '\\' && lexer->at[1] && strchr(quoted ? "`\\$\"" : "`\\$", lexer->at[1]);
        if (escapes)
            lexer->at++;
        text_putc(&inner, *lexer->at);
    }
    if (!*lexer->at) {
        lexer_problem(lexer, "a '`' has no end");
        return;
    }
    lexer->at++;
    const char *problem = NULL;
    struct part *part = add_part(building, PART_COMMAND, quoted);
    part->body = parse(inner.data, lexer->depth + 1, &problem);
    if (problem)
        lexer_problem(lexer, problem);
}

/* One escape of $'…', after the backslash. */
static void read_ansi_escape(struct building *building)
{
    static const char names[] = "abeEfnrtv", values[] = "\a\b\033\033\f\n\r\t\v";
    static const char all[] = "0123456789abcdef0123456789ABCDEF";
    struct lexer *lexer = building->lexer;
    char c = *lexer->at++;
    bool wide = c == 'u' || c == 'U', hex = c == 'x' || wide;
    unsigned code = 0, base = hex ? 16 : 8, most = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 3;
    if (!hex && !(c >= '0' && c <= '7')) {
        const char *name = strchr(names, c);
        add_text(building, name ? &values[name - names] : &c, 1, true);
        return;
    }
    if (!hex)
        lexer->at--;
    for (unsigned digits = 0; digits < most && *lexer->at; digits++, lexer->at++) {
        const char *digit = strchr(all, *lexer->at);
        if (!digit || (unsigned)(digit - all) % 16 >= base)
            break;
        code = code * base + (unsigned)(digit - all) % 16;
    }
    c = code < 0x80 || !wide ? (char)code : MARK_UNKNOWN;
    if (code && (unsigned char)c <= MARK_ONE)
        c = MARK_UNKNOWN;
    if (code)
        add_text(building, &c, 1, true);
}

static void read_ansi_quote(struct building *building)
{
    struct lexer *lexer = building->lexer;
    add_text(building, "", 0, true);
    while (*lexer->at && *lexer->at != '\'') {
        if (*lexer->at == '\\' && lexer->at[1]) {
            lexer->at++;
            read_ansi_escape(building);
        } else {
            add_text(building, lexer->at++, 1, true);
        }
    }
    if (!*lexer->at)
        lexer_problem(lexer, "a quote has no end");
    else
        lexer->at++;
}

/* At "$((" or after "$[". */
static void read_number(struct building *building, const char *start, const char *end, bool quoted)
{
    struct part *part = add_part(building, PART_NUMBER, quoted);
    part->operand = lexer_quoted(building->lexer, start, (size_t)(end - start));
}

/* At a '$'. */
static void read_dollar(struct building *building, bool quoted)
{
    struct lexer *lexer = building->lexer;
    const char *at = ++lexer->at, *end = NULL;
    size_t len = name_length(at);
    if (!len && at[0] && strchr("@*#?$!-0123456789", at[0]))
        len = 1;
    if (len) {
        add_part(building, PART_VARIABLE, quoted)->text = take_text(at, len);
        lexer->at += len;
    } else if (at[0] == '{') {
        lexer->at++;
        read_braced(building, quoted);
    } else if (at[0] == '(' && at[1] == '(' && (end = lexer_arithmetic_end(at + 2))) {
        lexer->at = end;
        read_number(building, at + 2, end - 2, quoted);
    } else if (at[0] == '[' && (end = strchr(at, ']'))) {
        lexer->at = end + 1;
        read_number(building, at + 1, end, quoted);
    } else if (at[0] == '(') {
        lexer->at++;
        add_part(building, PART_COMMAND, quoted)->body = parse_inside(lexer);
    } else if (at[0] == '\'' && !quoted) {
        lexer->at++;
        read_ansi_quote(building);
    } else if (at[0] != '"' || quoted) {
        add_text(building, "$", 1, quoted);
    }
}

/* ---- quotes ---- */

static void read_single_quote(struct building *building)
{
    struct lexer *lexer = building->lexer;
    const char *start = lexer->at + 1, *end = strchr(start, '\'');
    if (!end) {
        lexer_problem(lexer, "a quote has no end");
        lexer->at += strlen(lexer->at);
        return;
    }
    add_text(building, start, (size_t)(end - start), true);
    lexer->at = end + 1;
}

/* What double quotes leave special, up to `close` (0: the end of the text). */
static void read_quoted(struct building *building, char close)
{
    struct lexer *lexer = building->lexer;
    const char *escaped = close ? "\\\"$`\n" : "\\$`\n";
    add_text(building, "", 0, true);
    while (*lexer->at && *lexer->at != close && !lexer->problem) {
        if (*lexer->at == '\\' && lexer->at[1] && strchr(escaped, lexer->at[1])) {
            if (lexer->at[1] != '\n')
                add_text(building, lexer->at + 1, 1, true);
            lexer->at += 2;
        } else if (*lexer->at == '$') {
            read_dollar(building, true);
        } else if (*lexer->at == '`') {
            read_backquotes(building, true);
        } else {
            size_t len = 1 + strcspn(lexer->at + 1, "\\\"$`");
            add_text(building, lexer->at, len, true);
            lexer->at += len;
        }
    }
}

static void read_double_quote(struct building *building)
{
    struct lexer *lexer = building->lexer;
    lexer->at++;
    read_quoted(building, '"');
    if (!*lexer->at)
        lexer_problem(lexer, "a quote has no end");
    else if (!lexer->problem)
        lexer->at++;
}

struct word *lexer_quoted(struct lexer *lexer, const char *text, size_t len)
{
    struct building building;
    const char *after = lexer->at;
    if (++lexer->depth > MAX_DEPTH)
        lexer_problem(lexer, "it is nested too deeply");
    begin(&building, lexer);
    lexer->at = take_text(text, len);
    read_quoted(&building, '\0');
    lexer->at = after;
    lexer->depth--;
    return finish(&building);
}

/* ---- braces ---- */

/* The place of the '}' if this is a list of alternatives as a shell would expand it; NULL. */
static const char *braces_end(const char *at)
{
    const char *limit = at + strnlen(at, MAX_BRACES);
    bool comma = false;
    unsigned open = 0;
    for (; at < limit && !strchr(" \t\n;&|<>", *at); at++) {
        if (*at == '\\' && at[1]) {
            at++;
        } else if ((*at == '\'' || *at == '"') && strchr(at + 1, *at)) {
            at = strchr(at + 1, *at);
        } else if (*at == '{') {
            open++;
        } else if (*at == '}' && !--open) {
            return comma ? at : NULL;
        }
        comma |= *at == ',' && open == 1;
    }
    return NULL;
}

/* At a '{' that braces_end() likes. */
static void read_braces(struct building *building)
{
    struct lexer *lexer = building->lexer;
    struct part *part = add_part(building, PART_BRACES, false);
    struct word **tail = &part->operand;
    if (++lexer->depth > MAX_DEPTH)
        lexer_problem(lexer, "it is nested too deeply");
    do {
        struct building one;
        begin(&one, lexer);
        one.also_end = ",}";
        lexer->at++;
        read_parts(&one);
        *tail = finish(&one);
        tail = &(*tail)->next;
    } while (*lexer->at == ',' && !lexer->problem);
    if (*lexer->at == '}')
        lexer->at++;
    else
        lexer_problem(lexer, "a '{' has no end");
    lexer->depth--;
}

/* ---- patterns ---- */

/* "[...]": its length; 0 if this '[' is just itself. A subscript before '=' is no pattern. */
static size_t set_length(const char *at)
{
    const char *end = memchr(at, ']', strnlen(at, MAX_SET));
    if (!end)
        return 0;
    size_t len = 1 + (at[1] == '!' || at[1] == '^');
    len += at[len] == ']';
    len += strcspn(at + len, "] \t\n;&|()<>\"'$`");
    if (at[len] != ']' || len < 2 || at[len + 1] == '=' ||
        (at[len + 1] == '+' && at[len + 2] == '='))
        return 0;
    return len + 1;
}

static void read_bare(struct building *building)
{
    static const char star = MARK_STAR, one = MARK_ONE;
    struct lexer *lexer = building->lexer;
    char c = *lexer->at;
    size_t set = c == '[' ? set_length(lexer->at) : 0;
    if (c == '*')
        add_text(building, &star, 1, false);
    else if (c == '?' || set)
        add_text(building, &one, 1, false);
    else
        add_text(building, lexer->at, 1, false);
    lexer->at += set ? set : 1;
}

/* ---- words ---- */

static bool ends_word(const struct building *building)
{
    char c = *building->lexer->at;
    if (!c || strchr(" \t\r\n;&|()<>", c))
        return true;
    return building->also_end && strchr(building->also_end, c);
}

static void read_escape(struct building *building)
{
    struct lexer *lexer = building->lexer;
    lexer->at++;
    if (*lexer->at == '\n') {
        lexer->at++;
    } else if (*lexer->at) {
        add_text(building, lexer->at, 1, true);
        lexer->at++;
    } else {
        add_text(building, "\\", 1, true);
    }
}

static void read_parts(struct building *building)
{
    struct lexer *lexer = building->lexer;
    while (!lexer->problem && !ends_word(building)) {
        char c = *lexer->at;
        if (c == '\'')
            read_single_quote(building);
        else if (c == '"')
            read_double_quote(building);
        else if (c == '$')
            read_dollar(building, false);
        else if (c == '`')
            read_backquotes(building, false);
        else if (c == '\\')
            read_escape(building);
        else if (c == '{' && braces_end(lexer->at))
            read_braces(building);
        else
            read_bare(building);
    }
}

/* At "<(" or ">(". */
static void read_process(struct building *building)
{
    building->lexer->at += 2;
    add_part(building, PART_PROCESS, true)->body = parse_inside(building->lexer);
}

static struct word *read_word(struct lexer *lexer)
{
    struct building building;
    begin(&building, lexer);
    do {
        if ((*lexer->at == '<' || *lexer->at == '>') && lexer->at[1] == '(')
            read_process(&building);
        read_parts(&building);
    } while (!lexer->problem && (*lexer->at == '<' || *lexer->at == '>') && lexer->at[1] == '(');
    return finish(&building);
}

/* ---- here-documents ---- */

static void read_here(struct lexer *lexer, const struct here *here)
{
    struct text body = {0};
    size_t end = strlen(here->end);
    text_add(&body, "", 0);
    while (*lexer->at) {
        const char *line = lexer->at;
        size_t len = strcspn(line, "\n");
        lexer->at += len + (line[len] == '\n');
        while (here->tabs && len && *line == '\t')
            line++, len--;
        if (len == end && !memcmp(line, here->end, len))
            break;
        text_add(&body, line, len);
        text_putc(&body, '\n');
    }
    if (!here->quoted) {
        here->redirect->target = lexer_quoted(lexer, body.data, body.len);
        return;
    }
    struct building building;
    begin(&building, lexer);
    add_text(&building, body.data, body.len, true);
    here->redirect->target = finish(&building);
}

static void read_heres(struct lexer *lexer)
{
    struct here *here = lexer->heres;
    lexer->heres = NULL;
    for (; here && !lexer->problem; here = here->next)
        read_here(lexer, here);
}

/* ---- tokens ---- */

static void skip_blanks(struct lexer *lexer)
{
    for (;;) {
        if (*lexer->at == ' ' || *lexer->at == '\t' || *lexer->at == '\r')
            lexer->at++;
        else if (lexer->at[0] == '\\' && lexer->at[1] == '\n')
            lexer->at += 2;
        else if (*lexer->at == '#')
            lexer->at += strcspn(lexer->at, "\n");
        else
            return;
    }
}

static const char *find_operator(const char *at)
{
    /* Longer ones first. */
    static const char *const operators[] = {
        op_append_both, op_here_string, op_here_tabs, op_write_both, op_and,        op_background,
        op_or,          op_pipe_both,   op_pipe,      op_case_end,   op_end,        op_append,
        op_clobber,     op_copy_out,    op_write,     op_here,       op_read_write, op_copy_in,
        op_read,        op_open,        op_close};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!strncmp(at, operators[i], strlen(operators[i])))
            return operators[i];
    }
    return NULL;
}

/* "2>", "{fd}>": a descriptor that stands right before a redirection is no word. */
static size_t descriptor_length(const char *at)
{
    size_t len = strspn(at, "0123456789");
    if (at[0] == '{' && name_length(at + 1) && at[1 + name_length(at + 1)] == '}')
        len = name_length(at + 1) + 2;
    return len && (at[len] == '<' || at[len] == '>') && at[len + 1] != '(' ? len : 0;
}

struct token lexer_next(struct lexer *lexer)
{
    skip_blanks(lexer);
    struct token token = {.start = lexer->at};
    size_t descriptor = descriptor_length(lexer->at);
    bool process = (*lexer->at == '<' || *lexer->at == '>') && lexer->at[1] == '(';
    if (lexer->problem || !*lexer->at) {
        read_heres(lexer);
        return token;
    }
    if (*lexer->at == '\n') {
        lexer->at++;
        read_heres(lexer);
        token.kind = TOKEN_NEWLINE;
        return token;
    }
    lexer->at += descriptor;
    token.descriptor = descriptor && !(descriptor == 1 && strchr("01", *token.start));
    token.op = process ? NULL : find_operator(lexer->at);
    token.kind = token.op ? TOKEN_OPERATOR : TOKEN_WORD;
    if (token.op)
        lexer->at += strlen(token.op);
    else
        token.word = read_word(lexer);
    return token;
}
