/*
 * The judgement of a command line, or of another tool's input: every command in it is shown to the
 * rules, and the strictest answer is the answer.
 */
#ifndef SECURITY_JUDGE_H
#define SECURITY_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

enum decision { NONE, ASK, DENY };
extern const char *const decision_names[];

struct policy;

/* Where it would run. */
struct context {
    const char *home, *cwd; /* cwd: NULL if unknown */
    const char *paii;       /* where paii keeps everything; NULL: in the home */
    const struct policy *policy;
};

struct finding {
    const char *shown;   /* the command's words */
    const char *through; /* the program that runs it; NULL */
    enum decision decision;
    const char *rule, *reason; /* NULL: no rule fits */
};

struct judgement {
    struct finding *findings; /* one a command, in the order they are read */
    size_t count, capacity;
    size_t worst; /* index */
};

void judge_command(struct judgement *out, const struct context *context, const char *command);

enum access { READS, WRITES };
/* For tools that open a file. */
void judge_file(struct judgement *out, const struct context *context, const char *path,
                enum access access);
/* Of equal findings only the first is kept. */
void add_finding(struct judgement *out, const struct finding *finding);
enum decision judgement_decision(const struct judgement *judgement);

#endif
