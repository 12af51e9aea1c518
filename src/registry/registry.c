#include "registry/registry.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/term.h"
#include "base/text.h"
#include "registry/registry_private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define INDEX_MAX_BYTES (16u << 20)

/* ---- where a registry is ---- */

static bool names_index(const char *url)
{
    size_t len = strcspn(url, "?#");

    return (len > 5 && memcmp(url + len - 5, ".toml", 5) == 0) ||
           (len > 5 && memcmp(url + len - 5, ".json", 5) == 0);
}

static bool is_bare_repository(const char *path, struct arena *arena)
{
    return text_ends(path, ".git") || (fs_is_file(path_join(arena, path, "HEAD")) &&
                                       fs_is_dir(path_join(arena, path, "objects")));
}

static void local_place(struct place *out, const char *path, struct arena *arena)
{
    out->kind = PLACE_LOCAL;
    out->source = (struct source){.kind = SOURCE_FOLDER, .url = path, .path = ""};
    if (names_index(path) && !fs_is_dir(path)) {
        out->file = path;
        out->source.url = path_dir(arena, path);
    }
}

int registry_place(struct place *out, const struct registry_config *registry, struct arena *arena)
{
    const char *url = registry->url;
    int result;

    *out = (struct place){.registry = registry};
    out->dir = path_join(arena, paths.registries, registry->name);
    out->catalog = path_join(arena, out->dir, "catalog");
    if (registry->builtin) {
        local_place(out, path_join(arena, paths.share, "registry-index"), arena);
        return 0;
    }
    if (text_starts(url, "file:///") && names_index(url))
        url += strlen("file://");
    if (*url == '/' && !registry->ref && !strchr(url, '#') && !is_bare_repository(url, arena)) {
        local_place(out, url, arena);
        return 0;
    }
    result = source_parse_url(&out->source, arena, url, true);
    if (result < 0)
        return error_context(result, "registry '%s'", registry->name);
    out->kind = names_index(out->source.url) ? PLACE_URL : PLACE_GIT;
    out->source.kind = SOURCE_GIT;
    if (registry->ref)
        out->source.ref = registry->ref;
    return 0;
}

static const char *stamp_of(const char *path, struct arena *arena)
{
    struct stat st;

    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return NULL;
    return arena_printf(arena, "%lld-%lld.%09ld-%llu", (long long)st.st_size,
                        (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                        (unsigned long long)st.st_ino);
}

int local_index(const char **file, const char **stamp, const struct place *place,
                struct arena *arena)
{
    const char *name = place->registry->name, *folder = place->source.url;

    if (place->file) {
        *file = place->file;
        *stamp = stamp_of(*file, arena);
        if (*stamp)
            return 0;
        return fail(ERR_NOT_FOUND, "registry '%s': there is no file '%s'", name, *file);
    }
    for (size_t i = 0; index_file_names[i]; i++) {
        *file = path_join(arena, folder, index_file_names[i]);
        *stamp = stamp_of(*file, arena);
        if (*stamp)
            return 0;
    }
    if (!fs_is_dir(folder)) {
        fail(ERR_NOT_FOUND, "registry '%s': there is no folder '%s'", name, folder);
        if (place->registry->builtin)
            error_hint("it belongs to paii itself: install paii again");
        return -ERR_NOT_FOUND;
    }
    fail(ERR_CONFIG, "registry '%s': '%s' holds no index", name, folder);
    error_hint("an index is registry.toml, plugins.toml, index.toml or .claude-plugin/marketplace"
               ".json");
    return -ERR_CONFIG;
}

/* ---- what a catalog was made from ---- */

static const char *made_for(const struct place *place, struct arena *arena)
{
    const char *url =
        place->kind == PLACE_LOCAL && !place->file ? place->source.url : place->registry->url;

    return arena_printf(arena, "\n%s\n%s", url, place->registry->ref ? place->registry->ref : "");
}

const char *registry_origin(const struct place *place, const char *stamp, struct arena *arena)
{
    return arena_printf(arena, "%s%s", stamp, made_for(place, arena));
}

const char *registry_stamp(const struct place *place, const struct catalog *catalog,
                           struct arena *arena)
{
    const char *rest = strchr(catalog->origin, '\n');

    if (!rest || strcmp(rest, made_for(place, arena)) != 0)
        return NULL;
    return arena_strndup(arena, catalog->origin, (size_t)(rest - catalog->origin));
}

/* ---- compiling ---- */

int registry_read_index(struct index *out, const struct place *place, const struct source *base,
                        const char *path, const char *file, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};
    int result = fs_read(&text, path, INDEX_MAX_BYTES);

    if (result == 0)
        result = index_read(out, arena, place->registry->name, base, file, buf_text(&text),
                            text.len, &diags);
    for (size_t i = 0; i < diags.count; i++) {
        if (diags.items[i].level == DIAG_WARNING)
            detail("registry '%s': %s", place->registry->name, diag_text(&diags.items[i], arena));
    }
    return result < 0 ? error_context(result, "registry '%s'", place->registry->name) : 0;
}

int registry_compile_local(struct catalog *out, size_t *skipped, const struct place *place,
                           const char *file, const char *stamp, struct arena *arena)
{
    const char *origin = registry_origin(place, stamp, arena);
    struct index index;
    AUTO_BUF image = {0};
    int result = registry_read_index(&index, place, &place->source, file, file, arena);

    if (result < 0)
        return result;
    *skipped = index.skipped;
    catalog_image(&image, index.packages, index.count,
                  &(struct catalog_about){origin, index.name, index.allows});
    /* A command that only reads makes no PAII_DIR, and needs no permission to write in it. */
    if (!fs_is_dir(paths.dir) || fs_mkdirs(place->dir, 0700) < 0 ||
        fs_write(place->catalog, image.data, image.len, 0644) < 0)
        error_clear();
    return catalog_from_image(out, image.data, image.len);
}

/* ---- opening ---- */

/* An older catalog of this place; false if there is none, or none that can be used. */
static bool open_kept(struct catalog *out, const char **stamp, const struct place *place,
                      struct arena *arena)
{
    *stamp = NULL;
    if (catalog_open(out, place->catalog) < 0) {
        error_clear();
        return false;
    }
    *stamp = registry_stamp(place, out, arena);
    if (!*stamp)
        catalog_close(out);
    return *stamp != NULL;
}

static int open_local(struct catalog *out, bool *missing, const struct place *place,
                      struct arena *arena)
{
    const char *file, *stamp, *kept;
    bool have = open_kept(out, &kept, place, arena);
    size_t skipped;
    struct catalog fresh;
    int result = local_index(&file, &stamp, place, arena);

    if (result == 0 && have && strcmp(kept, stamp) == 0)
        return 0;
    if (result == 0)
        result = registry_compile_local(&fresh, &skipped, place, file, stamp, arena);
    if (result == 0) {
        catalog_close(out);
        *out = fresh;
        return 0;
    }
    if (!have && place->registry->builtin)
        return result;
    /* The others stay usable; whoever needs this one updates it and gets the error. */
    warning("%s", error_text());
    error_clear();
    *missing = !have;
    return 0;
}

int registry_open_all(const struct config *config, struct catalog **out, struct strings *missing,
                      struct arena *arena)
{
    struct catalog *catalogs = arena_array(arena, config->registry_count, sizeof *catalogs);

    *out = catalogs;
    for (size_t i = 0; i < config->registry_count; i++) {
        const struct registry_config *registry = &config->registries[i];
        struct place place;
        const char *stamp;
        bool lacks = false;
        int result = registry_place(&place, registry, arena);

        if (result == 0 && place.kind == PLACE_LOCAL)
            result = open_local(&catalogs[i], &lacks, &place, arena);
        else if (result == 0)
            lacks = !open_kept(&catalogs[i], &stamp, &place, arena);
        if (result < 0) {
            registry_close_all(config, catalogs);
            return result;
        }
        if (lacks)
            strings_add(missing, arena, registry->name);
    }
    return 0;
}

void registry_close_all(const struct config *config, struct catalog *catalogs)
{
    for (size_t i = 0; i < config->registry_count; i++)
        catalog_close(&catalogs[i]);
}

/* ---- what is not there ---- */

int registry_unknown_plugin(const struct config *config, const struct catalog *catalogs,
                            const char *name)
{
    struct arena arena = {0};
    struct strings names = {0};
    struct hit hits[5];
    size_t count = catalog_search(catalogs, config->registry_count, name, hits, 5);

    for (size_t i = 0; i < count; i++) {
        const char *near = arena_printf(&arena, "'%s'", catalog_name(hits[i].catalog, hits[i].row));

        if (names.count < 3 && !strings_has(&names, near))
            strings_add(&names, &arena, near);
    }
    fail(ERR_NOT_FOUND, "there is no plugin '%s' in any registry", name);
    if (names.count)
        error_hint("did you mean %s?", strings_join(&names, &arena, ", "));
    else
        error_hint("paii registry update asks the registries again, paii search WORD looks for it");
    arena_release(&arena);
    return -ERR_NOT_FOUND;
}

int registry_unknown(const struct config *config, const char *name)
{
    struct arena arena = {0};
    const char **names = arena_array(&arena, config->registry_count, sizeof *names);
    const char *nearest;

    for (size_t i = 0; i < config->registry_count; i++)
        names[i] = config->registries[i].name;
    nearest = text_nearest(name, names, config->registry_count);
    fail(ERR_NOT_FOUND, "there is no registry '%s'", name);
    if (nearest)
        error_hint("did you mean '%s'?", nearest);
    else
        error_hint("paii registry list shows them, paii registry add NAME URL adds one");
    arena_release(&arena);
    return -ERR_NOT_FOUND;
}

int registry_forget(const char *name)
{
    struct arena arena = {0};
    int result = fs_remove_tree(path_join(&arena, paths.registries, name));

    arena_release(&arena);
    return result;
}
