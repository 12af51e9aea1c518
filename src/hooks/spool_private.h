/*
 * The files of a spool (docs/hooks.md, "Spool"), for the side that writes and the side that drains.
 */
#ifndef PAII_HOOKS_SPOOL_PRIVATE_H
#define PAII_HOOKS_SPOOL_PRIVATE_H

#include "hooks/state.h"

#include <sys/types.h>

struct spool {
    const char *plugin;
    const char *folder;
    const char *records; /* PLUGIN.jsonl: one a line; locked to add, read or remove it */
    const char *done;    /* PLUGIN.done: how far they were handled */
    const char *failed;  /* PLUGIN.failed: what could not be handled */
    const char *lock;    /* PLUGIN.lock: held by the drainer */
};
void spool_open(struct spool *out, const char *plugin, struct arena *arena);
/* Plugins that have a file with this ending, sorted. */
void spool_list(struct strings *out, const char *ending, struct arena *arena);

/*
 * Opens the file of records, made if `create`, and takes its lock, which nobody keeps for long.
 * Returns the descriptor; -1 with errno (ENOENT: there is none).
 */
int spool_lock_records(const struct spool *spool, bool create);
/* Appends `line` and a line end as a whole or not at all; `fd` is locked. 0, or -1 with errno. */
int spool_append(int fd, const char *line, size_t len);

/* Where the record begins that comes next. */
struct position {
    off_t start, end; /* of the last one that was handled */
    unsigned tries;   /* of the one that begins at `end` */
};
/* The start if there is none, or it is not of these records. */
void position_read(struct position *out, const struct spool *spool, int fd);
int position_write(const struct position *position, const struct spool *spool, int fd);
/* Reads the line at `at`, without its end. 0, or -1 with errno; `*next` is `at` at the end. */
int spool_read_line(struct buf *line, int fd, off_t at, off_t *next);

#endif
