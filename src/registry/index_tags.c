/*
 * Tags of a marketplace's repository as further versions of its plugins: `NAME--vVERSION`, as
 * Claude Code's `plugin tag` makes them (docs/registry.md, "Versions that tags name").
 */
#include "base/error.h"
#include "base/name.h"
#include "base/semver.h"
#include "base/text.h"
#include "registry/index.h"

#include <stdlib.h>
#include <string.h>

static const char mark[] = "--v";

const char *package_tag_version(const struct package *package)
{
    const char *ref = package->source.ref;
    size_t len = strlen(package->name);
    struct version version;

    if (!ref || strncmp(ref, package->name, len) != 0 || !text_starts(ref + len, mark))
        return NULL;
    ref += len + strlen(mark);
    return version_parse(&version, ref, false) ? ref : NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const struct package *const *)a)->name,
                  (*(const struct package *const *)b)->name);
}

/* The entries that lie in the marketplace's own tree, by name. */
static size_t own_entries(const struct package ***out, const struct index *index,
                          const struct source *base, struct arena *arena)
{
    const struct package **own = arena_array(arena, index->count + 1, sizeof *own);
    size_t count = 0;

    for (size_t i = 0; i < index->count; i++) {
        const struct source *source = &index->packages[i].source;

        if (source->kind == SOURCE_GIT && strcmp(source->url, base->url) == 0 && source->commit &&
            strcmp(source->commit, base->commit) == 0)
            own[count++] = &index->packages[i];
    }
    if (count)
        qsort(own, count, sizeof *own, compare_names);
    *out = own;
    return count;
}

/* "NAME--v1.2.0 COMMIT" as a version of its entry; false if it is none, or what the entry is. */
static bool tagged(struct package *out, const struct package **own, size_t count, const char *line,
                   struct arena *arena)
{
    size_t len = strcspn(line, " ");
    const char *tag = arena_strndup(arena, line, len), *version = strstr(tag, mark);
    const struct package **found = NULL;

    /* A name may hold the mark: the longest that is listed is meant. */
    for (; version; version = strstr(version + 1, mark)) {
        struct package key = {.name = arena_strndup(arena, tag, (size_t)(version - tag))};
        const struct package *wanted = &key, **hit;

        hit = count ? bsearch(&wanted, own, count, sizeof *own, compare_names) : NULL;
        found = hit ? hit : found;
    }
    if (!found || line[len] != ' ' || !source_commit_valid(line + len + 1) ||
        !source_ref_valid(tag))
        return false;
    *out = **found;
    out->source.ref = tag;
    out->source.commit = arena_strdup(arena, line + len + 1);
    version = package_tag_version(out);
    if (!version || strcmp(version, (*found)->version) == 0)
        return false;
    out->version = version;
    out->flags |= PACKAGE_TAGGED;
    return true;
}

void index_add_tags(struct index *index, struct arena *arena, const struct source *base,
                    const struct strings *tags)
{
    const struct package **own;
    size_t count;

    if (!tags->count || base->kind != SOURCE_GIT || !base->commit)
        return;
    count = own_entries(&own, index, base, arena);
    struct package *rows = arena_array(arena, index->count + tags->count, sizeof *rows);
    size_t row_count = index->count;
    if (index->count)
        memcpy(rows, index->packages, index->count * sizeof *rows);
    for (size_t i = 0; i < tags->count; i++)
        row_count += tagged(&rows[row_count], own, count, tags->items[i], arena);
    index->packages = rows;
    index->count = index->capacity = row_count;
}
