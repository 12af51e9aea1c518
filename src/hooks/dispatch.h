/*
 * One event from payload to answer.
 */
#ifndef PAII_HOOKS_DISPATCH_H
#define PAII_HOOKS_DISPATCH_H

#include "hooks/answer.h"

struct dispatch {
    int event;
    bool async;   /* the asynchronous handlers, instead of the others */
    bool observe; /* `paii hook test`: nothing is spooled, noted or traced */
    struct hook_table table;
    struct payload payload;
    struct handler_run *runs; /* every handler of the event, in its order */
    struct reply *replies;    /* of the same */
    size_t count;
    struct answer answer;
};
/* Opens the table, reads `fd`, runs, merges. Never fails: what goes wrong is the answer. */
void hook_dispatch(struct dispatch *dispatch, int fd, struct arena *arena);
void hook_dispatch_release(struct dispatch *dispatch);

#endif
