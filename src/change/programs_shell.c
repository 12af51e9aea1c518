#include "change/programs.h"

#include "base/fs.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

struct shell {
    const char *at;
    struct arena *arena;
    void (*tell)(void *context, const char *word, enum shell_place place);
    void *context;
    struct strings documents; /* ends of here-documents that begin with the next line */
    unsigned depth;
};

/* Where we are in a simple command. */
struct command {
    bool begun;       /* its program was named */
    bool otherwise;   /* behind || */
    bool wrapped;     /* behind env, timeout and the like */
    bool tests;       /* further words are names of programs */
    bool reads;       /* the next word that is no option is a file to read */
    bool reads_text;  /* the next word is a text to run */
    bool gives;       /* further words are a script's */
    bool drops;       /* the next word is the target of a redirection */
    bool names;       /* the next word is the name of a function */
    bool before_in;   /* of a case */
    const char *last; /* the wrapper */
};

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(*list, word) == 0)
            return true;
    return false;
}

static bool is_keyword(const char *word)
{
    static const char *const words[] = {"if",    "then",  "elif", "else", "fi",
                                        "while", "until", "do",   "done", "time",
                                        "!",     "{",     "}",    "esac", NULL};
    return is_one_of(word, words);
}

static bool is_wrapper(const char *word)
{
    static const char *const words[] = {"exec",  "env",     "command", "sudo",   "nohup",  "nice",
                                        "xargs", "timeout", "builtin", "stdbuf", "setsid", NULL};
    return is_one_of(word, words);
}

static bool is_shell(const char *word)
{
    static const char *const words[] = {"sh", "bash", "dash", "zsh", NULL};
    return is_one_of(path_base(word), words);
}

static bool is_assignment(const char *word)
{
    const char *c = word;
    while (isalnum((unsigned char)*c) || *c == '_')
        c++;
    return c > word && !isdigit((unsigned char)*word) && (*c == '=' || (*c == '+' && c[1] == '='));
}

static void read_commands(struct shell *in, char end);

static void nested(struct shell *in, char end)
{
    if (++in->depth > DEPTH_MAX)
        in->at += strlen(in->at);
    else
        read_commands(in, end);
    in->depth--;
}

/* ---- words ---- */

/* Up to the bracket that closes this one; what stands inside is not read. */
static void skip_brackets(struct shell *in, char open, char close)
{
    int level = 0;
    for (; *in->at; in->at++) {
        level += *in->at == open;
        level -= *in->at == close;
        if (level == 0) {
            in->at++;
            return;
        }
    }
}

/* $x, ${…}, $(…), $((…)) or `…`; what it stands for is not known. */
static void read_expansion(struct shell *in, struct buf *word)
{
    const char *start = in->at;
    if (text_starts(in->at, "$((")) {
        in->at++;
        skip_brackets(in, '(', ')');
    } else if (text_starts(in->at, "${")) {
        in->at++;
        skip_brackets(in, '{', '}');
        buf_add(word, start, (size_t)(in->at - start));
        return;
    } else if (text_starts(in->at, "$(")) {
        in->at += 2;
        nested(in, ')');
    } else if (*in->at == '`') {
        in->at++;
        nested(in, '`');
    } else {
        in->at++;
    }
    buf_putc(word, '$');
}

static void read_double_quoted(struct shell *in, struct buf *word)
{
    in->at++;
    while (*in->at && *in->at != '"') {
        if (*in->at == '$' || *in->at == '`') {
            read_expansion(in, word);
            continue;
        }
        in->at += *in->at == '\\' && in->at[1];
        buf_putc(word, *in->at++);
    }
    in->at += *in->at == '"';
}

static const char *read_word(struct shell *in, char end)
{
    AUTO_BUF word = {0};
    while (*in->at && !strchr(" \t\r\n;&|()<>", *in->at) && !(end == '`' && *in->at == '`')) {
        if (*in->at == '\'') {
            size_t len = strcspn(in->at + 1, "'");
            buf_add(&word, in->at + 1, len);
            in->at += 1 + len + (in->at[1 + len] == '\'');
        } else if (*in->at == '"') {
            read_double_quoted(in, &word);
        } else if (*in->at == '$' || *in->at == '`') {
            read_expansion(in, &word);
        } else {
            in->at += *in->at == '\\' && in->at[1];
            buf_putc(&word, *in->at++);
        }
    }
    return arena_strdup(in->arena, buf_text(&word));
}

/* ---- what is no command ---- */

static void begin_document(struct shell *in)
{
    in->at += 2 + (in->at[2] == '-');
    in->at += strspn(in->at, " \t");
    strings_add(&in->documents, in->arena, read_word(in, 0));
}

/* At the beginning of a line: the documents that the line before has begun. */
static void skip_documents(struct shell *in)
{
    for (size_t i = 0; i < in->documents.count; i++)
        for (bool ended = false; *in->at && !ended;) {
            size_t len = strcspn(in->at, "\n"), tabs = strspn(in->at, "\t");
            size_t line = tabs < len ? len - tabs : 0;
            ended = line == strlen(in->documents.items[i]) &&
                    memcmp(in->at + tabs, in->documents.items[i], line) == 0;
            in->at += len + (in->at[len] == '\n');
        }
    in->documents.count = 0;
}

/* Up to the ')' behind the patterns of a case; nothing if there are no more of them. */
static void skip_pattern(struct shell *in)
{
    in->at += strspn(in->at, " \t\r\n");
    while (*in->at == '#') {
        in->at += strcspn(in->at, "\n");
        in->at += strspn(in->at, " \t\r\n");
    }
    if (text_starts(in->at, "esac"))
        return;
    in->at += *in->at == '(';
    while (*in->at && *in->at != ')')
        read_word(in, 0), in->at += strspn(in->at, " \t\r\n|&;<>(");
    in->at += *in->at == ')';
}

static void redirect(struct shell *in, struct command *command)
{
    if (text_starts(in->at, "<<") && in->at[2] != '<') {
        begin_document(in);
        return;
    }
    if (in->at[1] == '(') { /* a process in place of a file */
        in->at += 2;
        nested(in, ')');
        return;
    }
    in->at += strspn(in->at, "<>&|");
    command->drops = true;
}

/* ---- simple commands ---- */

static void run_text(struct shell *in, const char *text)
{
    const char *rest = in->at;
    in->at = text;
    nested(in, '\0');
    in->at = rest;
}

static void take_argument(struct shell *in, struct command *command, const char *word)
{
    bool option = *word == '-' && word[1];
    if (command->gives || (command->tests && !option))
        in->tell(in->context, word, command->gives ? SHELL_GIVEN : SHELL_TESTED);
    if (command->reads_text) {
        run_text(in, word);
        command->reads = command->reads_text = false;
    } else if (command->reads && option) {
        command->reads_text = word[1] != '-' && strchr(word, 'c');
    } else if (command->reads) {
        in->tell(in->context, word, SHELL_SCRIPT);
        command->reads = false;
        command->gives = true;
    }
}

static void take_program(struct shell *in, struct command *command, const char *word)
{
    static const char *const testers[] = {"which", "type", "hash", NULL};
    static const char *const readers[] = {"source", ".", NULL};
    command->begun = true;
    command->tests = is_one_of(word, testers);
    command->reads = is_one_of(word, readers) || is_shell(word);
    in->tell(in->context, word, command->otherwise ? SHELL_OTHERWISE : SHELL_RUN);
}

static void take_word(struct shell *in, struct command *command, const char *word)
{
    if (command->drops) {
        command->drops = false;
    } else if (command->names) {
        command->names = false;
    } else if (command->begun) {
        if (command->before_in && strcmp(word, "in") == 0) {
            skip_pattern(in);
            *command = (struct command){0};
        } else {
            take_argument(in, command, word);
        }
    } else if (command->wrapped && (*word == '-' || isdigit((unsigned char)*word))) {
        if (strcmp(command->last, "command") == 0 && (word[1] == 'v' || word[1] == 'V'))
            command->begun = command->tests = true;
    } else if (is_assignment(word)) {
        if (*in->at == '(')
            skip_brackets(in, '(', ')');
    } else if (is_keyword(word)) {
        return;
    } else if (text_starts(in->at, "()")) {
        in->at += 2;
    } else if (strcmp(word, "function") == 0) {
        command->names = true;
    } else if (strcmp(word, "case") == 0 || strcmp(word, "for") == 0 ||
               strcmp(word, "select") == 0) {
        command->begun = true;
        command->before_in = *word == 'c';
    } else if (is_wrapper(word)) {
        command->wrapped = true;
        command->last = word;
    } else {
        take_program(in, command, word);
    }
}

/* An operator between commands: what follows is a new one. */
static void take_operator(struct shell *in, struct command *command)
{
    bool or = text_starts(in->at, "||"), and = text_starts(in->at, "&&");
    bool goes_on = or || and || *in->at == '|';
    struct command next = {.otherwise = or || (goes_on && command->otherwise)};
    if (text_starts(in->at, ";;")) {
        in->at += 2 + (in->at[2] == '&');
        skip_pattern(in);
    } else {
        in->at += or || and? 2 : 1;
        if (in->at[-1] == '\n')
            skip_documents(in);
    }
    *command = next;
}

static void take_bracket(struct shell *in, struct command *command)
{
    if (*in->at == ')') {
        in->at++;
        *command = (struct command){0};
    } else if (text_starts(in->at, "((") || command->begun) {
        skip_brackets(in, '(', ')'); /* arithmetic, or an array */
    } else {
        in->at++;
        nested(in, ')');
        command->begun = true;
    }
}

static void read_commands(struct shell *in, char end)
{
    struct command command = {0};
    const char *start = in->at;
    while (*in->at && *in->at != end) {
        char c = *in->at;
        if (c == ' ' || c == '\t' || c == '\r')
            in->at++;
        else if (c == '\\' && in->at[1] == '\n')
            in->at += 2;
        else if (c == '#' && (in->at == start || strchr(" \t\n;(", in->at[-1])))
            in->at += strcspn(in->at, "\n");
        else if (c == '&' && in->at[1] == '>')
            in->at++;
        else if (strchr(";&|\n", c))
            take_operator(in, &command);
        else if (c == '<' || c == '>')
            redirect(in, &command);
        else if (c == '(' || c == ')')
            take_bracket(in, &command);
        else
            take_word(in, &command, read_word(in, end));
    }
    in->at += *in->at && *in->at == end;
}

void shell_programs(const char *text, struct arena *arena,
                    void (*tell)(void *context, const char *word, enum shell_place place),
                    void *context)
{
    struct shell in = {.at = text, .arena = arena, .tell = tell, .context = context};
    read_commands(&in, '\0');
}
