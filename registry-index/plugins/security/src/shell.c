/* Lists, pipelines, groups and redirections: see shell.h. */
#include "shell.h"

#include "arena.h"

#include <string.h>

enum { MAX_DEPTH = 32, MAX_COMMANDS = 1024 };

/* Where in a list we are: the command being read, and the pipeline it is part of. */
struct list {
    struct shell *shell;
    struct command command;
    const struct pipeline *pipeline;
    const struct pipeline *outer;
    size_t outer_position;
    size_t position;
    const char *function, *next_function; /* around us; just named, its body is to come */
    unsigned cases;                       /* open "case" words */
    const char *here_end;          /* what ends a here-document that begins after this line */
    bool here_tabs, here_expected; /* <<-; a body follows */
    bool here_quoted;              /* <<'E': nothing in it is substituted */
    bool words_only;               /* after "for": words, up to the end of the line */
    bool pattern;                  /* in "case": a pattern is read, up to its ')' */
};

void shell_problem(struct shell *shell, const char *problem)
{
    if (!shell->script->problem)
        shell->script->problem = problem;
}

void shell_assign(struct shell *shell, const char *name, size_t len, const char *value)
{
    shell->variables = grow(shell->variables, shell->variable_count, &shell->variable_capacity,
                            sizeof *shell->variables);
    shell->variables[shell->variable_count++] =
        (struct variable){.name = take_text(name, len), .value = value};
}

static void new_pipeline(struct list *list)
{
    struct pipeline *pipeline = take(sizeof *pipeline);
    pipeline->outer = list->outer;
    pipeline->outer_position = list->outer_position;
    list->pipeline = pipeline;
    list->position = 0;
}

/* ---- the end of a command ---- */

/* NAME=value without a command sets a variable for what follows, as far as its value is known. */
static void set_variables(struct list *list)
{
    const struct command *command = &list->command;
    bool exports = command->count && (!strcmp(command->words[0].text, "export") ||
                                      !strcmp(command->words[0].text, "declare") ||
                                      !strcmp(command->words[0].text, "local"));
    const struct word *words = exports ? command->words + 1 : command->assigned;
    size_t count = exports ? command->count - 1 : command->count ? 0 : command->assigned_count;
    for (size_t i = 0; i < count; i++) {
        size_t len = shell_name_length(words[i].text);
        if (len && words[i].text[len] == '=' && !words[i].expands)
            shell_assign(list->shell, words[i].text, len, words[i].text + len + 1);
    }
}

static void end_command(struct list *list, bool background)
{
    struct script *script = list->shell->script;
    struct command *command = &list->command;
    if (list->words_only || list->pattern) { /* "for x in a b", "case x in": no command */
        list->words_only = false;
        *command = (struct command){0};
        return;
    }
    if (!command->count && !command->assigned_count && !command->redirect_count)
        return;
    set_variables(list);
    command->pipeline = list->pipeline;
    command->position = list->position;
    command->function = list->function;
    command->background = background;
    if (script->count >= MAX_COMMANDS)
        shell_problem(list->shell, "it has too many commands");
    script->commands =
        grow(script->commands, script->count, &script->capacity, sizeof *script->commands);
    script->commands[script->count++] = *command;
    *command = (struct command){0};
}

/* ---- here-documents ---- */

/* After the line that has "<<": the body, which belongs to the last command that was read. */
static void read_here(struct list *list)
{
    struct shell *shell = list->shell;
    struct text body = {0};
    text_add(&body, "", 0);
    while (*shell->at) {
        size_t len = strcspn(shell->at, "\n");
        const char *line = shell->at;
        shell->at += len + (shell->at[len] == '\n');
        while (list->here_tabs && len && *line == '\t')
            line++, len--;
        if (len == strlen(list->here_end) && !memcmp(line, list->here_end, len))
            break;
        text_add(&body, line, len);
        text_putc(&body, '\n');
    }
    struct script *script = shell->script;
    if (script->count)
        script->commands[script->count - 1].input = body.data;
    if (!list->here_quoted)
        shell_substitutions(shell, body.data, body.len);
    list->here_expected = list->here_tabs = false;
}

/* ---- redirections ---- */

static void add_redirect(struct list *list, char kind, const struct word *target)
{
    struct command *command = &list->command;
    command->redirects = grow(command->redirects, command->redirect_count,
                              &command->redirect_capacity, sizeof *command->redirects);
    command->redirects[command->redirect_count++] =
        (struct redirect){.kind = kind, .target = *target};
}

static void skip_blanks(struct shell *shell)
{
    for (;;) {
        if (*shell->at == ' ' || *shell->at == '\t' || *shell->at == '\r')
            shell->at++;
        else if (shell->at[0] == '\\' && shell->at[1] == '\n')
            shell->at += 2;
        else
            return;
    }
}

/* At '<' or '>', or at "&>". */
static void read_redirect(struct list *list)
{
    struct shell *shell = list->shell;
    struct word target;
    const char *start = shell->at;
    shell->at += strspn(shell->at, "<>&|");
    size_t len = (size_t)(shell->at - start);
    bool here = len >= 2 && start[0] == '<' && start[1] == '<';
    bool here_string = here && len >= 3 && start[2] == '<';
    bool copies = start[len - 1] == '&' && len > 1; /* 2>&1 */
    if (here && !here_string && *shell->at == '-') {
        list->here_tabs = true;
        shell->at++;
    }
    skip_blanks(shell);
    shell_word(shell, &target);
    if (!*target.text && !target.quoted && !target.expands) {
        shell_problem(shell, "a redirection has no target");
    } else if (here_string) {
        list->command.input = target.text;
    } else if (here) {
        list->here_end = target.text;
        list->here_expected = true;
        list->here_quoted = target.quoted;
    } else if (!copies || !strchr("0123456789-", target.text[0])) {
        add_redirect(list, memchr(start, '>', len) ? '>' : '<', &target);
    }
}

/* A number that stands right before '<' or '>' is a descriptor, not a word. */
static bool skip_descriptor(struct shell *shell)
{
    size_t digits = strspn(shell->at, "0123456789");
    if (digits && (shell->at[digits] == '<' || shell->at[digits] == '>')) {
        shell->at += digits;
        return true;
    }
    return false;
}

/* ---- words ---- */

static bool at_start(const struct list *list)
{
    return !list->command.count && !list->command.assigned_count && !list->words_only;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (!strcmp(text, *words))
            return true;
    }
    return false;
}

/* Words of the grammar, which run nothing themselves. True if the word was one. */
static bool take_keyword(struct list *list, const struct word *word)
{
    static const char *const skipped[] = {"if",    "then",  "else", "elif", "fi", "do",     "done",
                                          "while", "until", "!",    "time", "}",  "coproc", NULL};
    static const char *const loops[] = {"for", "select", NULL};
    if (word->quoted || word->expands || !at_start(list))
        return false;
    if (is_one_of(word->text, skipped))
        return true;
    if (is_one_of(word->text, loops)) {
        list->words_only = true;
    } else if (!strcmp(word->text, "case")) {
        list->cases++;
        list->pattern = true;
    } else if (!strcmp(word->text, "esac")) {
        list->cases -= list->cases > 0;
        list->pattern = false;
    } else if (!strcmp(word->text, "function")) {
        struct word name;
        skip_blanks(list->shell);
        shell_word(list->shell, &name);
        list->next_function = name.text;
    } else {
        return false;
    }
    return true;
}

/* "[[ a < b && c ]]": operators inside are no redirections and no pipelines. */
static void skip_test(struct shell *shell)
{
    const char *start = shell->at, *end = strstr(start, "]]");
    if (!end) {
        shell_problem(shell, "a '[[' has no end");
        return;
    }
    shell->at = end + 2;
    shell_substitutions(shell, start, (size_t)(end - start));
}

static void add_word(struct list *list, const struct word *word)
{
    struct command *command = &list->command;
    size_t name = shell_name_length(word->text);
    bool plus = word->text[name] == '+' && word->text[name + 1] == '=';
    if (!command->count && name && (word->text[name] == '=' || plus)) {
        command->assigned = grow(command->assigned, command->assigned_count,
                                 &command->assigned_capacity, sizeof *command->assigned);
        command->assigned[command->assigned_count++] = *word;
        return;
    }
    command->words =
        grow(command->words, command->count, &command->capacity, sizeof *command->words);
    command->words[command->count++] = *word;
}

static void group(struct list *list, char close)
{
    const char *function = list->next_function ? list->next_function : list->function;
    list->next_function = NULL;
    shell_list(list->shell, close, list->pipeline, list->position, function);
}

static void read_word(struct list *list)
{
    struct shell *shell = list->shell;
    const char *start = shell->at;
    struct word word;
    if (at_start(list) && *shell->at == '{' && strchr(" \t\n", shell->at[1])) {
        shell->at++;
        group(list, '}');
        return;
    }
    shell_word(shell, &word);
    if (shell->at == start) {
        shell_problem(shell, "it has a word that cannot be read");
        return;
    }
    if (!*word.text && !word.quoted && !word.expands)
        return; /* $IFS alone */
    if (take_keyword(list, &word))
        return;
    if (at_start(list) && !word.quoted && !strcmp(word.text, "[["))
        skip_test(shell);
    else
        add_word(list, &word);
}

/* ---- operators ---- */

/* "a=(x y)": values; commands substituted into them count all the same. */
static void skip_array(struct shell *shell)
{
    struct word value;
    for (shell->at++; *shell->at != ')' && !shell->script->problem;) {
        const char *start = shell->at;
        shell->at += strspn(shell->at, " \t\n");
        if (*shell->at != ')')
            shell_word(shell, &value);
        if (shell->at == start)
            shell_problem(shell, "an array has no end");
    }
    shell->at += *shell->at == ')';
}

/* A parenthesis: a function's name, a subshell, arithmetic, or an array's values. */
static void open_paren(struct list *list)
{
    struct shell *shell = list->shell;
    struct command *command = &list->command;
    const char *after = shell->at + 1 + strspn(shell->at + 1, " \t");
    if (*after == ')' && command->count == 1) {
        list->next_function = command->words[0].text;
        *command = (struct command){0};
        shell->at = after + 1;
        shell->at += strspn(shell->at, " \t\n");
    } else if (*after == ')' && !command->count) { /* after "function name" */
        shell->at = after + 1;
    } else if (shell->at[1] == '(' && shell_arithmetic_end(shell->at + 2)) {
        const char *start = shell->at + 2;
        shell->at = shell_arithmetic_end(start);
        shell_substitutions(shell, start, (size_t)(shell->at - start));
    } else if (!command->count && command->assigned_count) {
        skip_array(shell);
    } else if (list->pattern) {
        shell->at++; /* "(pattern)" */
    } else if (!command->count) {
        shell->at++;
        group(list, ')');
    } else {
        shell_problem(shell, "it has a '(' where none may stand");
    }
}

static void separator(struct list *list, bool background, size_t len)
{
    end_command(list, background);
    list->shell->at += len;
    new_pipeline(list);
}

static void read_operator(struct list *list)
{
    struct shell *shell = list->shell;
    const char *at = shell->at;
    if (at[0] == '&' && at[1] == '>') {
        shell->at++;
        read_redirect(list);
    } else if (at[0] == '&') {
        separator(list, at[1] != '&', at[1] == '&' ? 2 : 1);
    } else if (at[0] == '|' && at[1] == '|') {
        separator(list, false, 2);
    } else if (at[0] == '|' && list->pattern) {
        shell->at++; /* between patterns */
    } else if (at[0] == '|') {
        end_command(list, false);
        shell->at += at[1] == '&' ? 2 : 1;
        list->position++;
    } else {
        separator(list, false, 1); /* ';' or a new line */
        list->pattern |= list->cases && at[0] == ';' && (at[1] == ';' || at[1] == '&');
        if (*at == '\n' && list->here_expected)
            read_here(list);
    }
}

/* One step; false at the end of the list. */
static bool step(struct list *list, char close)
{
    struct shell *shell = list->shell;
    skip_blanks(shell);
    char c = *shell->at;
    if (list->pattern && c == ')') {
        end_command(list, false);
        list->pattern = false;
        shell->at++;
    } else if (!c || (c == close && (c != '}' || at_start(list)))) {
        end_command(list, false);
        shell->at += c != '\0';
        if (c != close)
            shell_problem(shell, close == '}' ? "a '{' has no end" : "a '(' has no end");
        return false;
    } else if (c == '#') {
        shell->at += strcspn(shell->at, "\n");
    } else if (c == '(') {
        open_paren(list);
    } else if (c == ')') {
        shell_problem(shell, "it has a ')' without a '('");
    } else if (strchr(";&|\n", c)) {
        read_operator(list);
    } else if ((c == '<' || c == '>') && shell->at[1] != '(') {
        read_redirect(list);
    } else if (!skip_descriptor(shell)) {
        read_word(list);
    }
    return true;
}

void shell_list(struct shell *shell, char close, const struct pipeline *outer, size_t position,
                const char *function)
{
    struct list list = {
        .shell = shell, .outer = outer, .outer_position = position, .function = function};
    if (++shell->depth > MAX_DEPTH)
        shell_problem(shell, "it is nested too deeply");
    new_pipeline(&list);
    while (!shell->script->problem && step(&list, close))
        ;
    shell->depth--;
}

void script_read(struct script *out, const char *text)
{
    struct shell shell = {.script = out, .at = text};
    *out = (struct script){0};
    shell_list(&shell, '\0', NULL, 0, NULL);
}
