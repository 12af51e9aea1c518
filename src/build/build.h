/*
 * Building a plugin into its prefix. An adapter is one file and one row of build_adapters[].
 *
 * A prefix is the plugin's own tree plus what its build made: bin/ (cargo, make, pip's scripts)
 * and, for pip, venv/. Its place in the store is known before it is built, from the content of its
 * source and of whatever else decides the result (docs/build.md), so that the same thing is built
 * once, and a build may write its final path into files.
 */
#ifndef PAII_BUILD_BUILD_H
#define PAII_BUILD_BUILD_H

#include "base/process.h"
#include "registry/manifest.h"

struct build_job {
    struct arena *arena;
    const struct manifest *manifest;
    const char *source; /* staged source tree: becomes the prefix */
    const char *final;  /* absolute path where the prefix will stand */
    const char *work;   /* private scratch: HOME, TMPDIR and build output; removed by the caller */
    const char *log;    /* the build's output goes here */
    struct environment env; /* scrubbed; adapters add to it */
    struct strings steps;   /* what was run, for --verbose and --dry-run */
};

struct build_adapter {
    enum build_type type;
    /* Whether anything needs to run for this tree (a pip plugin without requirements does not). */
    bool (*needed)(const struct manifest *manifest, const char *source);
    /* What is missing on this machine: ERR_GENERIC naming the tool and how to get it; 0 if nothing.
     */
    int (*check_tools)(struct arena *arena);
    /* Appends what decides the result besides the source: tool versions, platform. */
    void (*identity)(struct buf *out, const struct manifest *manifest);
    /* One line for people: "pip install -r requirements.txt into venv/". */
    const char *(*describe)(struct arena *arena, const struct manifest *manifest,
                            const char *source);
    int (*build)(struct build_job *job);
};
const struct build_adapter *build_adapter(enum build_type type);

/* 16 hex digits: of the source's tree hash and the adapter's identity. */
int build_key(char out[17], const struct manifest *manifest, const char *source,
              const char *tree_hash);

/* The environment every build sees: PATH, LANG, private HOME and TMPDIR, proxies and CA files. */
void build_environment(struct environment *env, const char *work);

/*
 * Runs one command of a build with its output to the log. On failure: ERR_GENERIC with the plugin,
 * the command, the log's path and, as part of the text, its last lines.
 */
int build_command(struct build_job *job, const char *cwd, const char *const *argv);

/*
 * Builds `source` in place. On success the tree at `source` is the finished prefix (not yet
 * read-only, not yet moved). `final` as in build_job; when it is `source` itself the folder is live
 * (--dev), and is built again by taking away what the build before had added.
 */
int build_plugin(struct arena *arena, const struct manifest *manifest, const char *source,
                 const char *final, const char *work, const char *log);

/*
 * Takes write permission away from every file and folder in a prefix, by descriptor, and refuses
 * what a prefix cannot hold: links other than those of venv/bin, special files, files with a second
 * name. The folder `prefix` itself keeps its mode, because one without write permission cannot be
 * moved.
 */
int build_seal(const char *prefix);

#endif
