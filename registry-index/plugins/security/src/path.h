/*
 * What a path in a command line stands for.
 */
#ifndef SECURITY_PATH_H
#define SECURITY_PATH_H

#include <stdbool.h>

enum place {
    PLACE_OTHER,
    PLACE_ROOT,   /* the whole system */
    PLACE_HOME,   /* a whole home, or all of them */
    PLACE_SYSTEM, /* /etc, /usr, … and what is in them */
    PLACE_DEVICE, /* a disk */
};

/*
 * One spelling: "//", "." and ".." resolved (relative to `cwd` if that is known), a home written as
 * "~", and what only says "everything in it" left out at the end.
 */
const char *path_clean(const char *path, const char *cwd);
/* Of a clean path. */
enum place path_place(const char *clean);
unsigned path_depth(const char *clean);
/* Credentials: keys, tokens, password files. Of a clean path. */
bool path_is_secret(const char *clean);
/* What is run at every login or by a timer, and who may log in. Of a clean path. */
bool path_is_startup(const char *clean);
bool path_is_shell_history(const char *clean);
bool path_below(const char *clean, const char *folder);

#endif
