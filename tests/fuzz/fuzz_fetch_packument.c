/*
 * What an npm registry says of the package `kit`: whatever it is, the tarball is at that registry,
 * has a SHA-512 and is of a version that was asked for; or it is refused. The first line is the
 * version, range or tag that is wanted.
 */
#include "base/error.h"
#include "base/semver.h"
#include "base/text.h"
#include "fetch/packument.h"
#include "fuzz.h"

#include <assert.h>
#include <string.h>

static const char registry[] = "https://npm.example/team";

static void check(const struct job *job, struct arena *arena)
{
    struct url at;
    struct version version, wanted;
    struct range *range;

    assert(url_parse(&at, arena, registry, true) == 0 && url_same_origin(&at, &job->parts));
    assert(job->url == job->found_url && text_starts(job->url, "https://npm.example/"));
    assert(text_starts(job->integrity, "sha512-") && !strpbrk(job->integrity, " ?"));
    if (version_parse(&wanted, job->version, true)) {
        assert(version_parse(&version, job->found_version, true));
        assert(version_compare(&version, &wanted) == 0);
    } else if ((range = range_parse(arena, job->version, false))) {
        assert(version_parse(&version, job->found_version, true));
        assert(range_matches(range, &version, false));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *line = size ? memchr(text, '\n', size) : NULL;
    size_t len = line ? (size_t)(line - text) : 0, start = line ? len + 1 : 0;
    struct job job = {.url = registry, .package = "kit"};

    job.version = arena_strndup(&job.arena, size ? text : "", len);
    int result = packument_choose(&job, text + start, size - start);
    if (result == 0)
        check(&job, &job.arena);
    else
        assert(result == -ERR_GENERIC || result == -ERR_NOT_FOUND || result == -ERR_MISMATCH ||
               result == -ERR_REFUSED);
    error_clear();
    arena_release(&job.arena);
    return 0;
}
