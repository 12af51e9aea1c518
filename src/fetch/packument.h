/*
 * What a registry of npm says of a package, its packument: the version of it that npm would choose,
 * and where the tarball of that is (docs/registry.md, "npm").
 */
#ifndef PAII_FETCH_PACKUMENT_H
#define PAII_FETCH_PACKUMENT_H

#include "fetch/job.h"

/*
 * `text` is the answer of the registry job->url for job->package. Makes the job one that gets the
 * tarball, from that registry, with its SHA-512. ERR_GENERIC if it cannot be read, ERR_NOT_FOUND
 * without such a version, ERR_MISMATCH if it contradicts itself, ERR_REFUSED for a tarball that is
 * not over https or has no SHA-512.
 */
int packument_choose(struct job *job, const char *text, size_t len);

#endif
