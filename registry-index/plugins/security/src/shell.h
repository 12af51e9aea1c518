/*
 * A command line as a shell would read it: quotes, pipelines, subshells, substitutions,
 * redirections, here-documents, functions and simple variables. Everything that would run is one
 * command of a flat list.
 */
#ifndef SECURITY_SHELL_H
#define SECURITY_SHELL_H

#include <stdbool.h>
#include <stddef.h>

struct pipeline {
    const struct pipeline *outer; /* of the group that holds it; NULL at the top */
    size_t outer_position;        /* where in that pipeline the group stands */
};

struct word {
    const char *text;        /* after quotes and known variables; "$HOME", "~" and "$(…)" stay */
    bool quoted;             /* some of it was in quotes */
    bool expands;            /* holds something that only the shell will know */
    bool braces;             /* holds {a,b} outside quotes */
    size_t inner, inner_end; /* commands substituted into it: [inner, inner_end) of the list */
};

struct redirect {
    char kind; /* '<' reads, '>' writes or appends */
    struct word target;
};

struct command {
    struct word *words; /* the program first; assignments in front are in `assigned` */
    size_t count, capacity;
    struct word *assigned; /* NAME=value */
    size_t assigned_count, assigned_capacity;
    struct redirect *redirects;
    size_t redirect_count, redirect_capacity;
    const struct pipeline *pipeline;
    size_t position;      /* in the pipeline */
    const char *function; /* defined around it, or NULL */
    bool background;
    const char *input; /* here-document or here-string, or NULL */
};

struct script {
    struct command *commands;
    size_t count, capacity;
    const char *problem; /* why it cannot be read as a shell's command; NULL */
};

void script_read(struct script *out, const char *text);

/* For word.c: a word at the reader's place. */
struct variable {
    const char *name, *value;
};
struct shell {
    struct script *script;
    const char *at;
    unsigned depth;
    struct variable *variables;
    size_t variable_count, variable_capacity;
};
void shell_word(struct shell *shell, struct word *out);
/* Finds the commands substituted into a text that is no command itself: arithmetic, a
 * here-document. */
void shell_substitutions(struct shell *shell, const char *text, size_t len);
/* After "((": the place after the "))" that ends arithmetic; NULL if these are two subshells. */
const char *shell_arithmetic_end(const char *at);
/* Reads commands up to `close` (0: the end). */
void shell_list(struct shell *shell, char close, const struct pipeline *outer, size_t position,
                const char *function);
void shell_problem(struct shell *shell, const char *problem);
void shell_assign(struct shell *shell, const char *name, size_t len, const char *value);
bool shell_name_start(char c);
size_t shell_name_length(const char *text);

#endif
