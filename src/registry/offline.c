/* Doing without a connection. */
#include "base/error.h"
#include "registry/fetch.h"

#include <stdlib.h>
#include <string.h>

bool fetch_offline(void)
{
    const char *value = getenv("PAII_OFFLINE");

    return value && strcmp(value, "1") == 0;
}

void fetch_go_offline(void)
{
    setenv("PAII_OFFLINE", "1", 1);
}

/* A pinned commit may be in the object cache; a branch may have moved, a file have changed. */
static bool needs_network(const struct fetch_job *job)
{
    const char *url = job->source.url;
    bool git = job->op == FETCH_GIT_FILES || job->op == FETCH_GIT_TREE;
    bool file = job->op == FETCH_GET || job->op == FETCH_NPM;

    return (git ? !job->source.commit : file) && *url != '/' && strncmp(url, "file:", 5) != 0;
}

int fetch_check_offline(const struct fetch_job *job)
{
    if (!fetch_offline() || !needs_network(job))
        return 0;
    fail(ERR_NETWORK, "'%s' is needed, and paii is offline", job->source.url);
    error_hint("run it again without --offline and PAII_OFFLINE");
    return -ERR_NETWORK;
}
