/*
 * A .npmrc as npm reads it: what it sets, and what it says who may read where (docs/registry.md,
 * "npm"). Sections and lists are npm's business; what stands in them is left out.
 */
#ifndef PAII_REGISTRY_NPMRC_H
#define PAII_REGISTRY_NPMRC_H

#include "base/arena.h"
#include "base/url.h"

#include <stdbool.h>

struct npmrc_setting {
    const char *key, *value;
};

struct npmrc {
    const char *path; /* for messages */
    struct arena *arena;
    struct npmrc_setting *settings; /* in the order of the file */
    size_t count, capacity;
};

void npmrc_parse(struct npmrc *out, const char *path, const char *text, struct arena *arena);

/* The last value of `key`, as it is written; NULL if there is none or it is empty. */
const char *npmrc_get(const struct npmrc *npmrc, const char *key);
/* `text` with ${NAME} of the environment; ERR_AUTH for one that is not set, if not ${NAME?}. */
int npmrc_expand(const char **out, const struct npmrc *npmrc, const char *text);

/* "//host:port/path": how the keys of secrets begin. */
const char *npmrc_place(struct arena *arena, const struct url *url);

struct npmrc_login {
    const char *user, *secret; /* without a user it is a token */
    bool in_file;              /* the secret stands there itself */
};
/*
 * What is sent to `url`: of the nearest folder above it that has something, a token, else what
 * `_auth` says, else `username` and `_password`. Without a secret if there is none; ERR_AUTH for
 * one that cannot be read.
 */
int npmrc_login(struct npmrc_login *out, const struct npmrc *npmrc, const struct url *url);

#endif
