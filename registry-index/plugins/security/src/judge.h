/*
 * The judgement: a command line is read, every command in it is taken out of its wrappers (sudo,
 * env, xargs, bash -c, …) and put to the rules. The strictest answer is the answer.
 */
#ifndef SECURITY_JUDGE_H
#define SECURITY_JUDGE_H

#include "shell.h"

enum decision { ALLOW, ASK, DENY };
extern const char *const decision_names[];

/* One command as the rules see it. */
struct task {
    const char *program;      /* without its folder */
    const struct word *words; /* the program first */
    size_t count;
    const struct command *command; /* it is (in): for pipelines and redirections */
    const struct script *script;
    const char *through; /* the wrapper around it, or NULL */
    const char *cwd;     /* after a "cd" before it; NULL if unknown */
    bool open_ended;     /* another program adds arguments (xargs) */
};

struct finding {
    const char *shown; /* the command's words */
    const char *through;
    enum decision decision;
    const char *rule, *reason; /* NULL when allowed */
};

struct judgement {
    struct finding *findings; /* one a command, in the order they are read */
    size_t count, capacity;
    const struct finding *worst; /* NULL if there is no command */
};

void judge(struct judgement *out, const char *text);

/* ---- between judge.c, unwrap.c and rules.c ---- */

struct judging {
    struct judgement *out;
    const struct script *script;
    const char *cwd;
    unsigned depth;
};
/* Judges a text that a command hands to a shell. */
void judge_text(struct judging *judging, const char *text, const char *through);
/* Judges a task and whatever it wraps. */
void judge_task(struct judging *judging, const struct task *task);
/* Puts what the task wraps to judge_task() or judge_text(). */
void unwrap(struct judging *judging, const struct task *task);
/* Index of the wrapped program's word; 0 if the program is no plain wrapper or wraps nothing. */
size_t unwrap_index(const struct word *words, size_t count);
bool is_shell(const char *program);
/* The program of a command without its folder and wrappers; "" for none. */
const char *program_of(const struct command *command);

struct rule {
    const char *id;
    enum decision decision;
    const char *pattern; /* "git|hub push --force": all of it occurs; or NULL */
    bool (*matches)(const struct task *task); /* holds too; or NULL */
    const char *reason;
};
/* The strictest rule that fits, the first of equals; NULL for none. */
const struct rule *rules_judge(const struct task *task);

#endif
