/*
 * What a plugin answered, and what of it is not an answer.
 */
#ifndef PAII_RUNTIME_RESPONSE_H
#define PAII_RUNTIME_RESPONSE_H

#include "runtime/run.h"

/*
 * Reads `out->raw` as the response to the request `id` of a process that ended with `status`.
 * Returns NULL and fills the rest, or says in a few words why it is none.
 */
const char *response_read(struct action_result *out, const char *id, int status,
                          struct arena *arena);

#endif
