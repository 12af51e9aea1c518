/*
 * Paths as the rules see them. A clean path has one spelling: "//", "." and ".." resolved, the home
 * of whoever it is written as "~", and what only says "everything in it" left out at the end. It
 * may hold marks (syntax.h); one that begins with MARK_UNKNOWN can be anywhere.
 */
#ifndef SECURITY_PATH_H
#define SECURITY_PATH_H

#include <stdbool.h>

/*
 * `home` is a home besides those in /home, /Users and /root; `paii` is where paii keeps everything,
 * whose clean path is then "~/.config/paii". Both are absolute, or NULL.
 */
void path_init(const char *home, const char *paii);
/* Relative to `cwd` if that is known. */
const char *path_clean(const char *path, const char *cwd);
/* Absolute, if it can be; nothing else is changed. */
const char *path_resolve(const char *path, const char *cwd);
/* What follows the last slash. */
const char *path_base(const char *path);

enum place {
    PLACE_OTHER,
    PLACE_ROOT,   /* the whole system */
    PLACE_HOME,   /* a whole home, or all of them */
    PLACE_SYSTEM, /* /etc, /usr, … and what is in them */
    PLACE_DEVICE, /* a disk */
};

/* All of a clean path. */
enum place path_place(const char *clean);
unsigned path_depth(const char *clean);
bool path_below(const char *clean, const char *folder);
/* Without it, or with everything that it may stand for, the system or a home is gone. */
bool path_is_vital(const char *clean);
/* What is temporary anyway. */
bool path_is_temporary(const char *clean);

#endif
