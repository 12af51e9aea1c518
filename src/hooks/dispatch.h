/*
 * One event from payload to answer.
 */
#ifndef PAII_HOOKS_DISPATCH_H
#define PAII_HOOKS_DISPATCH_H

#include "hooks/answer.h"

struct dispatch {
    int event;
    bool async;       /* the asynchronous handlers, instead of the others */
    bool observe;     /* `paii hook test`: nothing is spooled, noted or traced */
    bool dry_run;     /* as observe; and handlers are chosen, not started */
    const char *text; /* the payload, instead of a descriptor's; or NULL */
    size_t text_len;
    struct hook_table table;
    struct payload payload;
    struct handler *handlers; /* every handler of the event, in its order */
    struct handler_run *runs; /* of the same */
    struct reply *replies;    /* of the same; NULL if they were not asked */
    size_t count;
    struct answer answer;
};
/* Opens the table, reads `fd`, runs, merges. Never fails: what goes wrong is the answer. */
void hook_dispatch(struct dispatch *dispatch, int fd, struct arena *arena);
/* Reads to the end and forgets it, so that the client's write does not fail. */
void hook_drain_input(int fd);
void hook_dispatch_release(struct dispatch *dispatch);

/* A payload as the client would send it, for trying things out. */
const char *hook_sample(int event, struct arena *arena);

#endif
