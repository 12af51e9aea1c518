#include "fetch/packument.h"

#include "base/data.h"
#include "base/error.h"
#include "base/semver.h"
#include "base/text.h"

#include <string.h>

/* ---- the version ---- */

static const char *string_at(const struct data *table, const char *key)
{
    const struct data *node = table && table->type == DATA_TABLE ? data_get(table, key) : NULL;

    return node && node->type == DATA_STRING && strlen(node->text) == node->len ? node->text : NULL;
}

static const struct data *table_at(const struct data *table, const char *key)
{
    const struct data *node = table && table->type == DATA_TABLE ? data_get(table, key) : NULL;

    return node && node->type == DATA_TABLE ? node : NULL;
}

static bool is_deprecated(const struct data *release)
{
    const char *why = string_at(release, "deprecated");

    return why && *why;
}

/* A release that `range` takes in; `version` is what it is. */
static bool fits(const struct data *release, const struct range *range, struct version *version)
{
    return release && release->type == DATA_TABLE && version_parse(version, release->key, true) &&
           range_matches(range, version, false);
}

/* The highest that fits; one that is deprecated only if all are. */
static const struct data *highest(const struct data *releases, const struct range *range)
{
    const struct data *best = NULL;
    struct version version, best_version;

    for (const struct data *release = releases->children; release; release = release->next) {
        if (!fits(release, range, &version))
            continue;
        if (best && is_deprecated(release) != is_deprecated(best)) {
            if (is_deprecated(release))
                continue;
        } else if (best && version_compare(&version, &best_version) <= 0) {
            continue;
        }
        best = release;
        best_version = version;
    }
    return best;
}

static const struct data *exactly(const struct data *releases, const struct version *wanted)
{
    struct version version;

    for (const struct data *release = releases->children; release; release = release->next)
        if (release->type == DATA_TABLE && version_parse(&version, release->key, true) &&
            version_compare(&version, wanted) == 0)
            return release;
    return NULL;
}

/* What `npm install NAME@WANTED` takes: that version; of a range `latest` if it fits, else the
 * highest; else what the tag stands for. */
static const struct data *choose(const struct data *packument, const char *wanted,
                                 struct arena *arena)
{
    const struct data *releases = table_at(packument, "versions");
    const struct data *tags = table_at(packument, "dist-tags");
    const char *latest = string_at(tags, "latest"), *tag = string_at(tags, wanted);
    struct version version;
    struct range *range;

    if (!releases)
        return NULL;
    if (version_parse(&version, wanted, true))
        return exactly(releases, &version);
    range = range_parse(arena, wanted, false);
    if (!range)
        return tag ? table_at(releases, tag) : NULL;
    const struct data *release = latest ? table_at(releases, latest) : NULL;
    if (fits(release, range, &version) && !is_deprecated(release))
        return release;
    return highest(releases, range);
}

static int no_version(const struct job *job, const struct data *packument, const char *wanted)
{
    const char *latest = string_at(table_at(packument, "dist-tags"), "latest");

    fail(ERR_NOT_FOUND, "no version of the npm package '%s' is '%s'", job->package, wanted);
    if (latest)
        error_hint("the latest is %s", latest);
    return -ERR_NOT_FOUND;
}

/* What the registry says of a version must be of that version. */
static int check_identity(const struct job *job, const struct data *release)
{
    const char *name = string_at(release, "name"), *version = string_at(release, "version");

    if (name && version && strcmp(name, job->package) == 0 && strcmp(version, release->key) == 0)
        return 0;
    return fail(ERR_MISMATCH, "the npm registry '%s' lists %s %s, and says that it is %s %s",
                job->url, job->package, release->key, name ? name : "nothing",
                version ? version : "");
}

/* ---- the tarball ---- */

/* Of several hashes the SHA-512; the older ones prove nothing. */
static const char *sha512_of(struct arena *arena, const char *integrity)
{
    struct strings hashes = {0};

    strings_split(&hashes, arena, integrity, ' ');
    for (size_t i = 0; i < hashes.count; i++)
        if (text_starts(hashes.items[i], "sha512-"))
            return arena_strndup(arena, hashes.items[i], strcspn(hashes.items[i], "?"));
    return NULL;
}

static size_t origin_length(const char *url)
{
    const char *host = strstr(url, "://") + 3;

    return (size_t)(host - url) + strcspn(host, "/?");
}

/* A mirror may hand on addresses of the registry that it mirrors: what counts is the path, and that
 * the registry is asked which the person has chosen. */
static int at_registry(const char **out, struct job *job, const char *tarball)
{
    struct url parts;

    if (url_parse(&parts, &job->arena, tarball, true) < 0)
        return error_context(-ERR_REFUSED, "the tarball of '%s'", job->package);
    if (parts.scheme != URL_HTTPS && parts.scheme != URL_HTTP)
        return fail(ERR_REFUSED, "refused the tarball '%s' of '%s': not https", tarball,
                    job->package);
    *out = arena_printf(&job->arena, "%.*s%s", (int)origin_length(job->url), job->url, parts.path);
    return 0;
}

static int choose_tarball(struct job *job, const struct data *release)
{
    const struct data *dist = table_at(release, "dist");
    const char *tarball = string_at(dist, "tarball"), *integrity = string_at(dist, "integrity");
    int result;

    if (!tarball)
        return fail(ERR_GENERIC, "the npm registry '%s' names no tarball of %s %s", job->url,
                    job->package, release->key);
    job->integrity = integrity ? sha512_of(&job->arena, integrity) : NULL;
    if (!job->integrity) {
        fail(ERR_REFUSED, "the npm registry '%s' gives no SHA-512 of %s %s", job->url, job->package,
             release->key);
        error_hint("a SHA-1 alone proves nothing; ask for a newer version");
        return -ERR_REFUSED;
    }
    result = at_registry(&tarball, job, tarball);
    if (result < 0)
        return result;
    job->found_version = release->key;
    job->url = job->found_url = tarball;
    return url_parse(&job->parts, &job->arena, job->url, true);
}

/* ---- the whole ---- */

int packument_choose(struct job *job, const char *text, size_t len)
{
    const char *wanted = job->version && *job->version ? job->version : "latest";
    struct diags diags = {.arena = &job->arena};
    const struct data *packument, *release;
    int result;

    packument = data_parse_json(&job->arena, job->package, text, len, false, &diags);
    if (!packument || packument->type != DATA_TABLE)
        return fail(ERR_GENERIC, "what the npm registry '%s' says of '%s' cannot be read", job->url,
                    job->package);
    release = choose(packument, wanted, &job->arena);
    if (!release)
        return no_version(job, packument, wanted);
    result = check_identity(job, release);
    return result < 0 ? result : choose_tarball(job, release);
}
