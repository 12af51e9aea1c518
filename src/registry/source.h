/*
 * Where a plugin comes from, and how a person names it on the command line.
 */
#ifndef PAII_REGISTRY_SOURCE_H
#define PAII_REGISTRY_SOURCE_H

#include "base/arena.h"

#include <stdbool.h>

enum source_kind {
    SOURCE_NONE,    /* nothing that paii can fetch (docs/registry.md says when) */
    SOURCE_FOLDER,  /* url: an absolute path */
    SOURCE_GIT,     /* url: https, ssh, or an absolute path or file: URL that the user typed */
    SOURCE_ARCHIVE, /* url: https, or an absolute path that the user typed */
    SOURCE_NPM, /* url: a package, or its tarball (registry/npm.h); ref: the version asked for */
};

struct source {
    enum source_kind kind;
    const char *url;
    const char *path;   /* subfolder; "" for the root */
    const char *ref;    /* branch or tag asked for; NULL: the default branch */
    const char *commit; /* pin: full object id, or NULL */
    const char *sha256; /* pin of an archive, or NULL */
};

/* What a person typed after `paii install`. */
enum spec_kind { SPEC_NAME, SPEC_SOURCE };
struct spec {
    enum spec_kind kind;
    const char *text;     /* as typed */
    const char *registry; /* "work" of work/jira, or NULL */
    const char *name;     /* SPEC_NAME */
    const char *range;    /* "^1.2" of jira@^1.2, or NULL */
    struct source source; /* SPEC_SOURCE */
};

/*
 * name, registry/name, name@range; a Git URL (https://….git, ssh://, git@host:path, file://, with
 * //subfolder and #ref); an archive (.tar.gz .tgz .tar.xz .tar.zst .tar .zip; path or https URL,
 * with #sha256=…); a folder (./x, /x, ~/x, ".", or any existing path with a '/' that does not read
 * as registry/name: nobody's folder can stand in for a registry). A folder whose name ends in
 * ".git" and one with #ref is a Git repository. ERR_REFUSED for what is unsafe, ERR_NOT_FOUND for a
 * path that is not there, ERR_CONFIG for what is no version range.
 */
int spec_parse(struct spec *out, struct arena *arena, const char *text);

/*
 * A URL or absolute path with //subfolder and #ref (or #sha256=… of an archive), as a Git or
 * archive source. Checked by url_check(), which says what `local` allows.
 */
int source_parse_url(struct source *out, struct arena *arena, const char *text, bool local);

/* "a/b" for "./a//b/", "" for "."; NULL for what leaves the tree or is no plain path. In the arena.
 */
const char *source_subpath(struct arena *arena, const char *text);
/* `path` below `base`, both clean; in the arena. */
const char *source_join(struct arena *arena, const char *base, const char *path);
bool source_ref_valid(const char *ref);       /* as git check-ref-format has it, and no option */
bool source_commit_valid(const char *commit); /* 40 or 64 hex digits */
bool source_sha256_valid(const char *sha256);
bool source_is_archive(const char *path); /* by its name; a query string is not looked at */
/* A word such as git@host:path: a host and a path, as scp has it. */
bool source_is_scp(const char *text);

/* For messages and --json: "https://… //path #ref" or the folder. */
const char *source_text(const struct source *source, struct arena *arena);

#endif
