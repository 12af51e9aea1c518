/*
 * What a job may reach, how long it may take, and the secret that it carries: by paii.toml and by
 * the registry that it is for (docs/config.md).
 */
#ifndef PAII_REGISTRY_ACCESS_H
#define PAII_REGISTRY_ACCESS_H

#include "base/data.h"
#include "registry/config.h"
#include "registry/fetch.h"

/* [network] of paii.toml, for all jobs from now on. */
void access_use_limits(const struct network_limits *limits);

/* Makes `job` one for an entry of `registry` (NULL: of none): it carries the registry's credentials
 * and, if the registry is not in a private network, does not reach into one. */
void access_of_entry(struct fetch_job *job, const struct registry_config *registry);

/* Adds what `job` is told of all this to its request. ERR_AUTH if a secret is not there. */
int access_write(struct json_writer *json, const struct fetch_job *job);
/* Says in the job's hint what to set, if it was not let in. */
void access_explain(struct fetch_job *job, struct arena *arena);

#endif
