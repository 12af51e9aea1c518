/*
 * Plugins that are packages of an npm registry (docs/registry.md, "npm").
 *
 * The source of a row is "npm:NAME", of the registry that the person's npm is set up for, or
 * "npm+https://HOST/PATH/NAME", with the version, range or tag as `ref`. Fetched it is the URL of
 * the tarball, with its SHA-256: that is what a lock file holds.
 */
#ifndef PAII_REGISTRY_NPM_H
#define PAII_REGISTRY_NPM_H

#include "registry/fetch.h"

/* "kit" or "@team/kit", as npm lets a package be called. */
bool npm_name_valid(const char *name);
/* A version, a range or the name of a tag. */
bool npm_version_valid(const char *text);

/* The source of a row; `registry` is NULL or a URL that url_check() accepted. */
const char *npm_url(struct arena *arena, const char *registry, const char *name);
/* The package that a source names; NULL for one that is a tarball already. */
const char *npm_package(const char *url);

/*
 * Makes `job`, whose source is of npm, one that npm's configuration allows: which registry is
 * asked, and with which token. ERR_CONFIG if no registry is set up, ERR_AUTH for a token that is
 * not there.
 */
int npm_prepare(struct fetch_job *job, struct arena *arena);

/* The unpacked package is that version of that package: ERR_MISMATCH. */
int npm_check(const char *dir, const char *package, const char *version, struct arena *arena);
/* The version that package.json in `dir` says, or "". */
const char *npm_version(const char *dir, struct arena *arena);
/* Packages of Node that it needs and does not carry. */
void npm_needs(struct strings *out, const char *dir, struct arena *arena);

#endif
