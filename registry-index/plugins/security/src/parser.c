#include "parser.h"

#include "arena.h"

#include <string.h>

enum { MAX_DEPTH = 32 };

struct parser {
    struct lexer *lexer;
    struct token token; /* the next one */
};

static struct node *read_list(struct parser *parser);
static struct node *read_command(struct parser *parser);

static bool broken(const struct parser *parser)
{
    return parser->lexer->problem != NULL;
}

static void advance(struct parser *parser)
{
    parser->token = lexer_next(parser->lexer);
}

static bool is_operator(const struct parser *parser, const char *op)
{
    return parser->token.kind == TOKEN_OPERATOR && parser->token.op == op;
}

static bool is_word(const struct parser *parser, const char *text)
{
    return parser->token.kind == TOKEN_WORD && parser->token.word->bare &&
           !strcmp(parser->token.word->bare, text);
}

/* "" if there is none. */
static const char *bare_word(const struct parser *parser)
{
    bool is_bare = parser->token.kind == TOKEN_WORD && parser->token.word->bare;
    return is_bare ? parser->token.word->bare : "";
}

static bool is_one_of(const struct parser *parser, const char *const *words)
{
    for (; *words; words++) {
        if (is_word(parser, *words))
            return true;
    }
    return false;
}

static void expect(struct parser *parser, const char *word, const char *problem)
{
    if (!is_word(parser, word))
        lexer_problem(parser->lexer, problem);
    else
        advance(parser);
}

static void skip_newlines(struct parser *parser)
{
    while (parser->token.kind == TOKEN_NEWLINE)
        advance(parser);
}

static struct node *new_node(enum node_kind kind)
{
    struct node *node = take(sizeof *node);
    node->kind = kind;
    return node;
}

static struct node *with_child(enum node_kind kind, struct node *child)
{
    struct node *node = new_node(kind);
    node->children = child;
    return node;
}

/* ---- redirections ---- */

static void expect_here(struct parser *parser, struct redirect *redirect, bool tabs)
{
    struct text end = {0};
    struct here *here = take(sizeof *here), **tail = &parser->lexer->heres;
    text_add(&end, "", 0);
    here->quoted = !parser->token.word->bare;
    for (const struct part *part = parser->token.word->parts; part; part = part->next) {
        if (part->kind == PART_TEXT)
            text_puts(&end, part->text);
        else
            lexer_problem(parser->lexer, "the end of a here-document cannot be read");
    }
    here->redirect = redirect;
    here->end = end.data;
    here->tabs = tabs;
    while (*tail)
        tail = &(*tail)->next;
    *tail = here;
    redirect->target = take(sizeof *redirect->target);
}

static bool is_redirect(const struct parser *parser)
{
    return parser->token.kind == TOKEN_OPERATOR && strpbrk(parser->token.op, "<>");
}

/* ">&1", "2>&-": a copy of a descriptor, and no file. */
static bool is_copy(const char *op, const struct word *target)
{
    return (op == op_copy_in || op == op_copy_out) && target->bare &&
           (!strcmp(target->bare, "-") ||
            target->bare[strspn(target->bare, "0123456789-")] == '\0');
}

static void read_redirect(struct parser *parser, struct node *node)
{
    struct redirect *redirect = take(sizeof *redirect), **tail = &node->redirects;
    struct token token = parser->token;
    advance(parser);
    if (parser->token.kind != TOKEN_WORD) {
        lexer_problem(parser->lexer, "a redirection has no target");
        return;
    }
    redirect->kind = REDIRECT_WRITE;
    redirect->output = !token.descriptor;
    redirect->target = parser->token.word;
    if (token.op == op_here || token.op == op_here_tabs) {
        redirect->kind = REDIRECT_TEXT;
        expect_here(parser, redirect, token.op == op_here_tabs);
    } else if (token.op == op_here_string) {
        redirect->kind = REDIRECT_TEXT;
    } else if (token.op == op_read || token.op == op_copy_in) {
        redirect->kind = REDIRECT_READ;
    }
    if (!is_copy(token.op, parser->token.word)) {
        while (*tail)
            tail = &(*tail)->next;
        *tail = redirect;
    }
    advance(parser);
}

static void read_redirects(struct parser *parser, struct node *node)
{
    while (is_redirect(parser) && !broken(parser))
        read_redirect(parser, node);
}

/* ---- simple commands ---- */

/* The length of "name=", "name+=", "name[…]=" at the start of a word; 0 if it has none. */
static size_t assignment_length(const struct word *word)
{
    const struct part *first = word->parts;
    if (!first || first->kind != PART_TEXT || first->quoted)
        return 0;
    size_t len = name_length(first->text);
    if (len && first->text[len] == '[')
        len += strcspn(first->text + len, "=");
    if (len && first->text[len] == '+')
        len++;
    return len && first->text[len] == '=' ? len + 1 : 0;
}

/* After "name=(": the elements. */
static struct word *read_array(struct parser *parser)
{
    struct word *first = NULL, **tail = &first;
    advance(parser);
    while (!broken(parser) && !is_operator(parser, op_close)) {
        if (parser->token.kind == TOKEN_WORD) {
            *tail = parser->token.word;
            tail = &(*tail)->next;
        } else if (parser->token.kind != TOKEN_NEWLINE) {
            lexer_problem(parser->lexer, "an array has no end");
        }
        advance(parser);
    }
    advance(parser);
    return first;
}

static void read_assignment(struct parser *parser, struct node *node, size_t len)
{
    struct assignment *assignment = take(sizeof *assignment), **tail = &node->assignments;
    struct word *word = parser->token.word;
    const char *text = word->parts->text;
    bool opens = parser->token.word->bare && !text[len] && *parser->lexer->at == '(';
    assignment->name = take_text(text, name_length(text));
    assignment->adds = text[len - 2] == '+';
    assignment->value = take(sizeof *assignment->value);
    assignment->value->parts = take(sizeof *word->parts);
    *assignment->value->parts = *word->parts;
    assignment->value->parts->text = text + len;
    while (*tail)
        tail = &(*tail)->next;
    *tail = assignment;
    advance(parser);
    if (opens) {
        assignment->array = true;
        assignment->value = read_array(parser);
    }
}

static struct node *read_function(struct parser *parser, const char *name)
{
    struct node *function = new_node(NODE_FUNCTION);
    function->name = name;
    skip_newlines(parser);
    function->children = read_command(parser);
    return function;
}

static bool declares(const struct node *node)
{
    static const char *const names[] = {"export", "declare", "local", "typeset", "readonly"};
    for (size_t i = 0; i < sizeof names / sizeof *names && node->words; i++) {
        if (node->words->bare && !strcmp(node->words->bare, names[i]))
            return true;
    }
    return false;
}

static struct node *read_simple(struct parser *parser)
{
    struct node *node = new_node(NODE_COMMAND);
    struct word **tail = &node->words;
    while (!broken(parser)) {
        size_t len = parser->token.kind == TOKEN_WORD ? assignment_length(parser->token.word) : 0;
        if (is_redirect(parser)) {
            read_redirect(parser, node);
        } else if (len && (!node->words || (declares(node) && *parser->lexer->at == '('))) {
            read_assignment(parser, node, len);
        } else if (parser->token.kind == TOKEN_WORD) {
            *tail = parser->token.word;
            tail = &(*tail)->next;
            advance(parser);
        } else if (is_operator(parser, op_open) && node->words && !node->words->next &&
                   node->words->bare) {
            advance(parser);
            if (!is_operator(parser, op_close))
                lexer_problem(parser->lexer, "it has a '(' where none may stand");
            advance(parser);
            return read_function(parser, node->words->bare);
        } else {
            break;
        }
    }
    if (!node->words && !node->assignments && !node->redirects)
        lexer_problem(parser->lexer, "a command is missing");
    return node;
}

/* ---- compound commands ---- */

static struct node *read_until(struct parser *parser, const char *end, const char *problem)
{
    struct node *list = read_list(parser);
    expect(parser, end, problem);
    return list;
}

/* After "if". What comes after the first condition, other conditions too, may be run or not. */
static struct node *read_if(struct parser *parser)
{
    static const char no_end[] = "an 'if' has no end";
    struct node *node = with_child(NODE_BRANCHES, read_until(parser, "then", no_end));
    struct node **tail = &node->children->next;
    for (;;) {
        *tail = read_list(parser);
        tail = &(*tail)->next;
        if (broken(parser) || !is_word(parser, "elif"))
            break;
        advance(parser);
        *tail = read_until(parser, "then", no_end);
        tail = &(*tail)->next;
    }
    if (is_word(parser, "else")) {
        advance(parser);
        *tail = read_list(parser);
    }
    expect(parser, "fi", no_end);
    return node;
}

/* After "while" or "until". */
static struct node *read_while(struct parser *parser)
{
    struct node *condition = read_until(parser, "do", "a loop has no body");
    condition->next = read_until(parser, "done", "a loop has no end");
    return with_child(NODE_LOOP, with_child(NODE_LIST, condition));
}

/* At "((" : what is between, and past the "))". NULL if it is none. */
static struct node *read_arithmetic(struct parser *parser)
{
    const char *start = parser->lexer->at;
    const char *end = *start == '(' ? lexer_arithmetic_end(start + 1) : NULL;
    if (!end)
        return NULL;
    struct node *node = new_node(NODE_TEST);
    node->words = lexer_quoted(parser->lexer, start + 1, (size_t)(end - start - 3));
    parser->lexer->at = end;
    advance(parser);
    return node;
}

static struct node *read_body(struct parser *parser)
{
    static const char no_body[] = "a loop has no body";
    if (is_operator(parser, op_end))
        advance(parser);
    skip_newlines(parser);
    if (is_word(parser, "{")) {
        advance(parser);
        return read_until(parser, "}", "a '{' has no end");
    }
    expect(parser, "do", no_body);
    return read_until(parser, "done", "a loop has no end");
}

/* After "for" or "select". */
static struct node *read_for(struct parser *parser)
{
    struct node *node = new_node(NODE_FOR);
    struct word **tail = &node->words;
    if (is_operator(parser, op_open)) {
        struct node *head = read_arithmetic(parser);
        if (!head) {
            lexer_problem(parser->lexer, "a loop cannot be read");
            return node;
        }
        head->next = read_body(parser);
        return with_child(NODE_LOOP, with_child(NODE_LIST, head));
    }
    node->name = bare_word(parser);
    if (!*node->name)
        lexer_problem(parser->lexer, "a loop has no name");
    advance(parser);
    skip_newlines(parser);
    node->all = !is_word(parser, "in");
    for (bool in = !node->all; in && !broken(parser);) {
        advance(parser);
        in = parser->token.kind == TOKEN_WORD;
        if (in) {
            *tail = parser->token.word;
            tail = &(*tail)->next;
        }
    }
    node->children = read_body(parser);
    return node;
}

/* After "case": the patterns are no commands, but commands may be in them. */
static struct node *read_case(struct parser *parser)
{
    static const char no_end[] = "a 'case' has no end";
    struct node *subject = new_node(NODE_TEST), *node = with_child(NODE_BRANCHES, subject);
    struct node **tail = &subject->next;
    subject->words = parser->token.kind == TOKEN_WORD ? parser->token.word : NULL;
    advance(parser);
    skip_newlines(parser);
    expect(parser, "in", no_end);
    skip_newlines(parser);
    while (!broken(parser) && !is_word(parser, "esac")) {
        while (!broken(parser) && !is_operator(parser, op_close)) {
            if (parser->token.kind == TOKEN_END || parser->token.kind == TOKEN_NEWLINE)
                lexer_problem(parser->lexer, no_end);
            advance(parser);
        }
        advance(parser);
        *tail = read_list(parser);
        tail = &(*tail)->next;
        while (is_operator(parser, op_case_end) || is_operator(parser, op_end) ||
               is_operator(parser, op_background) || parser->token.kind == TOKEN_NEWLINE)
            advance(parser);
    }
    expect(parser, "esac", no_end);
    return node;
}

/* After "[[": operators inside are no redirections and no pipelines. */
static struct node *read_test(struct parser *parser)
{
    struct node *node = new_node(NODE_TEST);
    struct word **tail = &node->words;
    while (!broken(parser) && !is_word(parser, "]]")) {
        if (parser->token.kind == TOKEN_END)
            lexer_problem(parser->lexer, "a '[[' has no end");
        if (parser->token.kind == TOKEN_WORD) {
            *tail = parser->token.word;
            tail = &(*tail)->next;
        }
        advance(parser);
    }
    advance(parser);
    return node;
}

/* At '(': a subshell, or arithmetic. */
static struct node *read_parenthesis(struct parser *parser)
{
    struct node *arithmetic = read_arithmetic(parser);
    if (arithmetic)
        return arithmetic;
    advance(parser);
    struct node *list = read_list(parser);
    if (!is_operator(parser, op_close))
        lexer_problem(parser->lexer, "a '(' has no end");
    advance(parser);
    return with_child(NODE_SUBSHELL, list);
}

/* After "function". */
static struct node *read_named_function(struct parser *parser)
{
    const char *name = bare_word(parser);
    advance(parser);
    if (is_operator(parser, op_open)) {
        advance(parser);
        advance(parser);
    }
    if (!*name)
        lexer_problem(parser->lexer, "a function has no name");
    return read_function(parser, name);
}

static struct node *read_group(struct parser *parser)
{
    return read_until(parser, "}", "a '{' has no end");
}

static struct node *read_compound(struct parser *parser)
{
    static const struct {
        const char *word;
        struct node *(*read)(struct parser *parser);
    } compounds[] = {
        {"if", read_if},   {"while", read_while}, {"until", read_while},
        {"for", read_for}, {"select", read_for},  {"case", read_case},
        {"[[", read_test}, {"{", read_group},     {"function", read_named_function},
    };
    if (is_operator(parser, op_open))
        return read_parenthesis(parser);
    for (size_t i = 0; i < sizeof compounds / sizeof *compounds; i++) {
        if (is_word(parser, compounds[i].word)) {
            advance(parser);
            return compounds[i].read(parser);
        }
    }
    return NULL;
}

static struct node *read_command(struct parser *parser)
{
    struct node *node = NULL;
    if (++parser->lexer->depth > MAX_DEPTH)
        lexer_problem(parser->lexer, "it is nested too deeply");
    if (!broken(parser))
        node = read_compound(parser);
    if (node)
        read_redirects(parser, node);
    else
        node = read_simple(parser);
    parser->lexer->depth--;
    return node;
}

/* ---- lists ---- */

static struct node *read_pipeline(struct parser *parser)
{
    static const char *const prefixes[] = {"!", "time", "coproc", NULL};
    struct node *pipeline = new_node(NODE_PIPELINE), **tail = &pipeline->children;
    while (is_one_of(parser, prefixes))
        advance(parser);
    if (is_word(parser, "-p"))
        advance(parser); /* "time -p" */
    for (;;) {
        *tail = read_command(parser);
        tail = &(*tail)->next;
        if (broken(parser) || (!is_operator(parser, op_pipe) && !is_operator(parser, op_pipe_both)))
            return pipeline;
        advance(parser);
        skip_newlines(parser);
    }
}

static bool ends_list(const struct parser *parser)
{
    static const char *const words[] = {"then", "else", "elif", "fi", "do",
                                        "done", "esac", "}",    NULL};
    return broken(parser) || parser->token.kind == TOKEN_END || is_operator(parser, op_close) ||
           is_operator(parser, op_case_end) || is_one_of(parser, words);
}

/* Up to a word or an operator that ends a list, which is left to the caller. */
static struct node *read_list(struct parser *parser)
{
    struct node *list = new_node(NODE_LIST), **tail = &list->children;
    bool conditional = false;
    for (skip_newlines(parser); !ends_list(parser); skip_newlines(parser)) {
        const char *start = parser->token.start;
        struct node *pipeline = read_pipeline(parser);
        pipeline->conditional = conditional;
        *tail = pipeline;
        tail = &pipeline->next;
        conditional = is_operator(parser, op_and) || is_operator(parser, op_or);
        pipeline->background = is_operator(parser, op_background);
        if (conditional || pipeline->background || is_operator(parser, op_end))
            advance(parser);
        else if (parser->token.kind != TOKEN_NEWLINE && !ends_list(parser))
            lexer_problem(parser->lexer, "it has a word where none may stand");
        if (parser->token.start == start)
            lexer_problem(parser->lexer, "it has an operator where none may stand");
    }
    return list;
}

struct node *parse_inside(struct lexer *lexer)
{
    struct parser parser = {.lexer = lexer};
    if (++lexer->depth > MAX_DEPTH)
        lexer_problem(lexer, "it is nested too deeply");
    advance(&parser);
    struct node *list = read_list(&parser);
    if (!is_operator(&parser, op_close))
        lexer_problem(lexer, "a '(' has no end");
    lexer->depth--;
    return list;
}

struct node *parse(const char *text, unsigned depth, const char **problem)
{
    struct lexer lexer = {.at = text, .depth = depth};
    struct parser parser = {.lexer = &lexer};
    if (depth > MAX_DEPTH)
        lexer_problem(&lexer, "it is nested too deeply");
    advance(&parser);
    struct node *list = read_list(&parser);
    if (parser.token.kind != TOKEN_END)
        lexer_problem(&lexer, "it has a word or an operator where none may stand");
    *problem = lexer.problem;
    return list;
}
