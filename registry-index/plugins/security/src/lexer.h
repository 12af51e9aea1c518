/*
 * Words and operators. The lexer is told where it stands by the parser: it reads one token ahead
 * and no more.
 */
#ifndef SECURITY_LEXER_H
#define SECURITY_LEXER_H

#include "syntax.h"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_OPERATOR, TOKEN_NEWLINE };

struct token {
    enum token_kind kind;
    struct word *word;
    const char *op;
    const char *start;
    bool descriptor; /* a redirection of another descriptor than the usual one */
};

/* A here-document whose body begins after the line. */
struct here {
    struct redirect *redirect;
    const char *end;
    bool quoted, tabs;
    struct here *next;
};

struct lexer {
    const char *at;
    unsigned depth;      /* of commands in commands */
    struct here *heres;  /* expected */
    const char *problem; /* why this is no command of a shell; NULL */
};

/* The operators; compare by identity. */
extern const char op_and[], op_or[], op_background[], op_pipe[], op_pipe_both[], op_end[],
    op_case_end[], op_open[], op_close[], op_write[], op_append[], op_clobber[], op_read[],
    op_read_write[], op_here[], op_here_tabs[], op_here_string[], op_copy_out[], op_copy_in[],
    op_write_both[], op_append_both[];

struct token lexer_next(struct lexer *lexer);
void lexer_problem(struct lexer *lexer, const char *problem);
/* The text as in double quotes: variables and commands in it count. */
struct word *lexer_quoted(struct lexer *lexer, const char *text, size_t len);
/* After "((": the place after "))"; NULL if these are two subshells. */
const char *lexer_arithmetic_end(const char *at);
size_t name_length(const char *text);

#endif
