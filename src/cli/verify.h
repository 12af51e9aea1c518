/* What `verify` and `repair` share. */
#ifndef PAII_CLI_VERIFY_H
#define PAII_CLI_VERIFY_H

#include "cli/command.h"
#include "store/store.h"

/* "2 changed, 1 missing", in the arena. */
const char *verify_summary(const struct differences *found, struct arena *arena);
/* ERR_NOT_FOUND for a name that is not installed. */
int verify_check_names(const struct installed *set, char *const *names, size_t count);
/* Whether the command line names that plugin, or none. */
bool verify_wants(const struct invocation *call, const char *name);

#endif
