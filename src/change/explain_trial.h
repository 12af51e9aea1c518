/*
 * Trials: requests that differ a little from the one that failed, planned to see whether that would
 * help.
 */
#ifndef PAII_CHANGE_EXPLAIN_TRIAL_H
#define PAII_CHANGE_EXPLAIN_TRIAL_H

#include "change/explain.h"

struct helper {
    struct explanation *explanation;
    struct arena *arena;
    const struct change *change;
    unsigned trials;
};

struct trial {
    struct change change;
    struct change_request request;
    struct plan plan; /* once it is found to work */
};

struct trial *trial_new(struct helper *helper); /* still what failed */
bool trial_works(struct helper *helper, struct trial *trial);
/* Whether there are hints enough, or trials. */
bool trial_enough(const struct helper *helper);

/* ---- what may be different ---- */

/* The plugin is asked for in that range (NULL: none), and as it was asked for no more. */
void trial_ask(struct helper *helper, struct trial *trial, const char *registry, const char *name,
               const char *range);
/* It is not asked for. */
void trial_leave_out(struct helper *helper, struct trial *trial, const struct spec *spec);
/* Its choices are those of that registry. */
bool trial_move(struct helper *helper, struct trial *trial, const char *registry, const char *name);
void trial_remove(struct helper *helper, struct trial *trial, const char *name);
void trial_release(struct helper *helper, struct trial *trial, const char *name); /* not held */

/* ---- hints ---- */

/* The version of `name` in the plan; NULL: it is not there. */
const char *trial_version(const struct trial *trial, const char *name);
/* "paii install …", as the trial asks. */
const char *trial_command(const struct helper *helper, const struct trial *trial);
/* A hint with that command, unless it is there already. */
void trial_hint(struct helper *helper, const char *text, const char *command);

#endif
