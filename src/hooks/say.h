/*
 * The merged reply in the client's words. Private to the merging.
 */
#ifndef PAII_HOOKS_SAY_H
#define PAII_HOOKS_SAY_H

#include "hooks/answer.h"

/* Fills stdout, stderr and the exit status. `all` is the sum of the replies; its reason is set if
 * it denies. */
void answer_say(struct answer *out, const struct reply *all, int event, struct arena *arena);

#endif
