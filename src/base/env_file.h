/*
 * Files that hold secrets: PAII_DIR/.env, with NAME=value lines (docs/protocol.md), and the like.
 */
#ifndef PAII_BASE_ENV_FILE_H
#define PAII_BASE_ENV_FILE_H

#include "base/arena.h"
#include "base/buf.h"

/* Reads a file that only its owner may read: ERR_REFUSED if others can, too. */
int secret_file_read(struct buf *out, const char *path);

/* The lines of PAII_DIR/.env; none if there is no such file. */
int env_file_read(struct strings *lines, struct arena *arena);
/* The value of a name in them, the last one as in a shell, or NULL. ERR_CONFIG for a broken line.
 */
int env_file_get(const char **out, const struct strings *lines, const char *name,
                 struct arena *arena);

#endif
