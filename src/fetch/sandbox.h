/*
 * Confinement of this process, entered before the first foreign byte is read.
 */
#ifndef PAII_FETCH_SANDBOX_H
#define PAII_FETCH_SANDBOX_H

#include <stdbool.h>

/* What a job needs beyond reading the system's libraries and writing to its folders. */
struct sandbox {
    bool network; /* connects to other machines */
    bool spawns;  /* starts ssh */
};

/* 0, or an error when the confinement cannot be had. */
int sandbox_enter(const struct sandbox *needs);

#endif
