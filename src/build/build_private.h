/*
 * What the adapters share.
 */
#ifndef PAII_BUILD_BUILD_PRIVATE_H
#define PAII_BUILD_BUILD_PRIVATE_H

#include "build/build.h"

#include <sys/stat.h>

extern const struct build_adapter skill_adapter, pip_adapter, cargo_adapter, make_adapter,
    custom_adapter;

/* ---- build_log.c: running commands ---- */

/* As build_command(), but stdout goes to `out` instead of the log. */
int build_capture(struct build_job *job, const char *cwd, const char *const *argv, struct buf *out);
/* A tool's answer about itself: stdout of `argv`, run from "/" with the person's own HOME. False if
 * it cannot be run or fails. */
bool build_ask(struct buf *out, const char *const *argv);

/* ---- prefix.c: trees ---- */

/* A copy of the source in WORK/src, for tools that write where they read. */
int build_copy_source(struct build_job *job, const char **out);
/* Copies what was installed below DEST/FINAL into the prefix, through the policy writer. `tool` is
 * for messages: "make install". */
int build_take_installed(struct build_job *job, const char *dest, const char *tool);

/* ---- live.c: a folder that is its own prefix (--dev) ---- */

bool live_is(const struct build_job *job);
/* Takes away what the build before added. */
int live_clear(struct build_job *job);
/* Before this one adds its part: refuses to replace a file, and lists what comes, everything below
 * `installed` or (NULL) the venv. */
int live_record(struct build_job *job, const char *installed);

struct walk_entry {
    int dirfd;
    const char *name;
    const char *path; /* relative to the root of the walk */
    struct stat st;
};
/* Calls `visit` for everything below `root`, a folder after what is in it; follows no link. */
int build_walk(const char *root, int (*visit)(const struct walk_entry *entry, void *payload),
               void *payload);

/* ---- venv.c: Python's isolated environments ---- */

struct python {
    const char *program; /* the real interpreter: /usr/bin/python3.11 */
    const char *version; /* 3.11.2 */
    const char *minor;   /* 3.11 */
    const char *tag, *abi;
    const char *libdir; /* lib, or lib64 on some systems */
};
/* The interpreter behind `python3` in PATH, asked once per process; NULL if there is none. */
const struct python *python_find(void);
/* Refuses if something stands at `path`, where the venv is to be. */
int venv_check_free(const char *path);
/* Makes an empty venv at `path`. */
int venv_make(const char *path, const struct python *python);
/*
 * After an installer wrote into the venv at `path`: refuses what does not belong there, and
 * replaces each `from` path by its `to` in scripts and other text, with the hashes in RECORD.
 */
struct venv_move {
    const char *from, *to;
};
int venv_settle(const char *path, const struct python *python, const struct venv_move *moves,
                size_t count);

#endif
