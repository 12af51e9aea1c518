/*
 * Confinement of this process, entered before the first foreign byte is read.
 */
#ifndef PAII_FETCH_SANDBOX_H
#define PAII_FETCH_SANDBOX_H

#include "fetch/job.h"

/* What a job needs beyond reading the system's own files and writing below its descriptors. */
struct sandbox {
    bool network;          /* connects to other machines */
    bool spawns;           /* starts ssh */
    bool reads_anywhere;   /* a repository of the user's on this machine */
    const struct job *job; /* the archives of its items that are absolute paths are read; or NULL */
    const char *reads;     /* another file of the user's; NULL for none */
    bool required;         /* refuse where the kernel cannot give all of it */
};

/*
 * Gives up everything else: new privileges, other files (Landlock), other system calls (seccomp),
 * large use of memory, files and processor time. What the kernel does not have is left out, or
 * refused with ERR_REFUSED when `required`. On return *level is "full", "no landlock", "no seccomp"
 * or "limits only".
 */
int sandbox_enter(const char **level, const struct sandbox *needs);

/* The parts, each in its own file. 0, 1 when the kernel does not have it, or an error. */
int landlock_enter(const struct sandbox *needs);
int seccomp_enter(const struct sandbox *needs);

#endif
