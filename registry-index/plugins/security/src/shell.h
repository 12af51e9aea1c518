/*
 * A shell that does everything but run programs: it follows variables, cd, functions, pipelines and
 * what is written to files, and shows every command that would be run to the rules.
 *
 * A value may be unknown, as a whole or in part (the marks of syntax.h). What decides later is
 * where it came from: its origins.
 */
#ifndef SECURITY_SHELL_H
#define SECURITY_SHELL_H

#include "judge.h"
#include "syntax.h"

enum origin {
    FROM_NETWORK = 1,
    FROM_DECODER = 2, /* base64 -d and the like */
    FROM_SECRET = 4,
    FROM_ENVIRONMENT = 8,
    FROM_PROGRAM = 16, /* the output of a program that we cannot foresee */
};

struct value {
    const char *text;
    unsigned origins;
};

/* One argument, after all expansions. */
struct field {
    const char *text;
    unsigned origins;
    bool quoted; /* some of it was */
};

struct fields {
    struct field *items;
    size_t count, capacity;
};

struct variable {
    const char *name;
    struct value value;
    struct fields elements; /* of an array */
    const struct variable *older;
};

/* What a subshell has for itself. */
struct state {
    const struct variable *variables; /* the newest first */
    const char *cwd;                  /* NULL: unknown */
    struct fields positional;         /* $1 and on */
    bool positional_unknown;
};

struct function {
    const char *name;
    const struct node *body;
    bool called, running;
    struct function *older;
};

struct file {
    const char *path;
    struct value content;
    const struct file *older;
};

struct shell {
    const struct context *context;
    struct judgement *out;
    struct state state;
    struct function *functions;
    const struct file *files;
    struct value input; /* standard input */
    bool piped;         /* it is a pipe or a file */
    bool looping;       /* in a pipeline or in the background: others run at the same time */
    const char *through;
    unsigned depth;      /* of texts and functions */
    unsigned budget;     /* steps that may still be taken */
    unsigned files_made; /* by <(...) */
};

struct target {
    enum redirect_kind kind;
    bool output;
    struct value value; /* the path, or the text */
};

/* A simple command as the rules see it. */
struct call {
    const char *program;       /* without its folder; "" for none */
    const struct field *words; /* the program first */
    size_t count;
    const struct target *targets;
    size_t target_count;
    const struct field *assigned; /* NAME=value in front */
    size_t assigned_count;
    struct value input;
    bool piped;
    bool open_ended; /* another program adds arguments (xargs) */
    bool recursive;  /* calls a function that is running */
    bool looping;
    const char *cwd;
    const char *through; /* the wrapper around it; NULL */
    const struct shell *shell;
};

/* ---- shell.c ---- */

struct value shell_run(struct shell *shell, const struct node *node);
/* Runs a text that a command hands to a shell; `positional` may be NULL for the present ones. */
struct value shell_run_text(struct shell *shell, const char *text, const char *through,
                            const struct fields *positional);
/* Like a command, with words that are known already. */
struct value shell_call(struct shell *shell, struct call *call);
void shell_set(struct shell *shell, const char *name, struct value value);
const struct variable *shell_find(const struct shell *shell, const char *name);
void shell_write(struct shell *shell, const char *path, struct value content);
/* What is known of a file; unknown text without origins if nothing is. */
struct value shell_content(const struct shell *shell, const char *path);

/* ---- words.c ---- */

void expand_fields(struct shell *shell, const struct word *word, struct fields *out);
/* Without splitting: for assignments, redirections and here-documents. */
struct value expand_value(struct shell *shell, const struct word *word);
void add_field(struct fields *fields, struct field field);
void split_fields(struct fields *fields, const char *text, unsigned origins);
bool is_known(const char *text);
struct value join_fields(const struct field *items, size_t count, const char *between);

/* ---- builtins.c, unwrap.c, output.c ---- */

/* True if the program is the shell's own and its effect on the shell was followed. */
bool builtin_run(struct shell *shell, const struct call *call, struct value *output);
/* True if the program runs others, and they were followed. */
bool unwrap(struct shell *shell, const struct call *call, struct value *output);
/* What it prints, as far as it can be known. */
struct value output_of(struct shell *shell, const struct call *call);
bool is_shell(const char *program);
bool is_interpreter(const char *program);
/* The operand that is the script of an interpreter; NULL: it has none, or it is "-". */
const struct field *script_of(const struct call *call);
/* The code that is given to an interpreter by an option; NULL. */
const struct field *inline_code(const struct call *call);

/* code.c: commands that are hidden in the code of another language. */
void judge_code(struct shell *shell, const char *code, const char *through);

#endif
