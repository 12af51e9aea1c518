/*
 * Asking registries for what is new: one question each, all at once.
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/paths.h"
#include "base/term.h"
#include "base/text.h"
#include "registry/fetch.h"
#include "registry/registry_private.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* state.json: what the last change brought. */
struct state {
    const char *file;  /* the index file's name in the registry */
    const char *stamp; /* of the catalog that it belongs to */
    const char *date;  /* Last-Modified, or NULL */
    const char *tags;  /* SHA-256 of those that were read; "" for none */
    size_t skipped;
};

/* One registry being updated. */
struct updating {
    struct place place;
    struct registry_update *result;
    struct state state;
    const char *known; /* stamp of the catalog that we have; NULL for none */
    size_t known_count;
    const char *staging;
    struct fetch_job *job; /* NULL for a local one */
};

static int record(struct registry_update *result, int error, struct arena *arena)
{
    result->result = error;
    result->error = arena_strdup(arena, error_text());
    result->hint = *error_hint_text() ? arena_strdup(arena, error_hint_text()) : NULL;
    return error;
}

/* ---- state.json ---- */

static void read_state(struct state *out, const struct place *place, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    const char *path = path_join(arena, place->dir, "state.json");
    struct reader reader = {.file = path, .diags = &diags};
    AUTO_BUF text = {0};

    *out = (struct state){0};
    if (fs_read(&text, path, 1u << 20) < 0) {
        error_clear();
        return;
    }
    reader.table = data_parse_json(arena, path, buf_text(&text), text.len, true, &diags);
    if (!reader.table || reader.table->type != DATA_TABLE)
        return;
    out->file = read_string(&reader, "file", NULL);
    out->stamp = read_string(&reader, "stamp", NULL);
    out->date = read_string(&reader, "date", NULL);
    out->tags = read_string(&reader, "tags", "");
    out->skipped = (size_t)read_integer(&reader, "skipped", 0, 0, INT32_MAX);
}

/* NULL for none. */
static const char *tags_hash(const struct fetch_job *job, struct arena *arena)
{
    const char *lines = strings_join(&job->tags, arena, "\n");
    char *hash = arena_alloc(arena, HASH_HEX_SIZE);

    if (!job->tags.count)
        return NULL;
    hash_bytes(hash, lines, strlen(lines));
    return hash;
}

static int write_state(const struct updating *updating, const char *stamp, const char *date,
                       const char *file, const char *index_hash, struct arena *arena)
{
    const struct registry_config *registry = updating->place.registry;
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};

    json_object(&json);
    json_field(&json, "url", registry->url);
    json_field(&json, "ref", registry->ref);
    json_field(&json, "stamp", stamp);
    json_field(&json, "date", date);
    json_field(&json, "peer", updating->job ? updating->job->peer : NULL);
    json_field(&json, "tags", updating->job ? tags_hash(updating->job, arena) : NULL);
    json_field(&json, "file", file);
    json_field(&json, "index", index_hash);
    json_key(&json, "updated");
    json_integer(&json, (int64_t)time(NULL));
    json_key(&json, "skipped");
    json_integer(&json, (int64_t)updating->result->skipped);
    json_end_object(&json);
    buf_putc(&text, '\n');
    return fs_write(path_join(arena, updating->place.dir, "state.json"), text.data, text.len, 0644);
}

/* The reasons of entries that were skipped, told again from the index that is kept. */
static void tell_skipped(struct updating *updating, const struct source *base, const char *path,
                         const char *name, struct arena *arena)
{
    struct index index;

    updating->result->skipped = updating->state.skipped;
    if (updating->state.skipped &&
        registry_read_index(&index, &updating->place, base, path, name, arena) < 0)
        error_clear();
}

/* ---- local registries ---- */

static int update_local(struct updating *updating, struct arena *arena)
{
    const char *file, *stamp;
    struct catalog catalog;
    int result = local_index(&file, &stamp, &updating->place, arena);

    if (result < 0)
        return result;
    if (updating->known && strcmp(updating->known, stamp) == 0) {
        tell_skipped(updating, &updating->place.source, file, file, arena);
        return 0;
    }
    result = registry_compile_local(&catalog, &updating->result->skipped, &updating->place, file,
                                    stamp, arena);
    if (result < 0)
        return result;
    updating->result->changed = true;
    updating->result->plugins = catalog_names(&catalog);
    catalog_close(&catalog);
    return fs_is_dir(updating->place.dir)
               ? write_state(updating, stamp, NULL, path_base(file), NULL, arena)
               : 0;
}

/* ---- remote ones: asking ---- */

static const char *const *wanted_files(const struct place *place, struct arena *arena)
{
    size_t count = 0;
    const char **files;

    while (index_file_names[count])
        count++;
    files = arena_array(arena, count + 1, sizeof *files);
    for (size_t i = 0; i < count; i++)
        files[i] = source_join(arena, place->source.path, index_file_names[i]);
    return files;
}

static int make_staging(struct updating *updating, struct arena *arena)
{
    char *path = arena_printf(arena, "%s/registry-XXXXXX", paths.staging);
    int result = fs_mkdirs(paths.staging, 0700);

    if (result < 0)
        return result;
    if (!mkdtemp(path))
        return fail_errno(ERR_GENERIC, "cannot make a folder in '%s'", paths.staging);
    updating->staging = path;
    return 0;
}

static int prepare_job(struct updating *updating, struct fetch_job *job, struct arena *arena)
{
    const struct place *place = &updating->place;
    const char *file = updating->state.file;
    int result = make_staging(updating, arena);

    if (result < 0)
        return result;
    *job = (struct fetch_job){
        .op = place->kind == PLACE_GIT ? FETCH_GIT_FILES : FETCH_GET,
        .source = place->source,
        .staging = updating->staging,
        .into = "index",
        .registry = place->registry,
        .known = updating->known,
        .known_date = updating->known ? updating->state.date : NULL,
        .files = place->kind == PLACE_GIT ? wanted_files(place, arena) : NULL,
        .wants_tags = place->kind == PLACE_GIT && !text_ends(file ? file : "", ".toml"),
        .progress = progress_begin("updating", place->registry->name),
    };
    /* A stamp that stands for no ETag: only the date can tell. */
    if (place->kind == PLACE_URL && job->known && !*job->known)
        job->known = NULL;
    updating->job = job;
    return 0;
}

/* ---- remote ones: keeping what came ---- */

/* The index file in staging, and its name in the registry. */
static const char *arrived(const struct updating *updating, const char **name, struct arena *arena)
{
    const struct fetch_job *job = updating->job;

    if (job->op == FETCH_GET) {
        *name = path_base(updating->place.source.url);
        return path_join(arena, job->staging, job->into);
    }
    for (size_t i = 0; job->files[i]; i++) {
        const char *path = path_join(arena, job->staging, job->files[i]);

        if (fs_is_file(path)) {
            *name = job->files[i];
            return path;
        }
    }
    return NULL;
}

/* The copy of the index that came as `name`. */
static const char *kept_index(const struct place *place, const char *name, struct arena *arena)
{
    return path_join(arena, place->dir,
                     text_ends(name, ".json") ? "marketplace.json" : "index.toml");
}

static struct source base_of(const struct updating *updating)
{
    struct source base = updating->place.source;

    if (updating->job->op == FETCH_GET)
        base.kind = SOURCE_NONE;
    else
        base.commit = updating->job->commit;
    return base;
}

/* The index file, then the catalog, then the state: whoever stops between them asks again. */
static int keep(struct updating *updating, struct index *index, const char *path, const char *name,
                struct arena *arena)
{
    const struct place *place = &updating->place;
    const struct fetch_job *job = updating->job;
    const char *stamp = job->op == FETCH_GET ? (job->etag ? job->etag : "") : job->commit;
    const char *copy = kept_index(place, name, arena);
    char hash[HASH_HEX_SIZE];
    AUTO_BUF text = {0};
    int result = fs_read(&text, path, 16u << 20);

    hash_bytes(hash, buf_text(&text), text.len);
    if (result == 0)
        result = fs_mkdirs(place->dir, 0700);
    if (result == 0)
        result = fs_write(copy, buf_text(&text), text.len, 0644);
    if (result == 0)
        result = catalog_write(place->catalog, index->packages, index->count,
                               &(struct catalog_about){registry_origin(place, stamp, arena),
                                                       index->name, index->allows});
    if (result == 0)
        result = write_state(updating, stamp, job->date, name, hash, arena);
    return result;
}

/* The index that came, or the one that is kept because it is the same; NULL if there is none. */
static const char *index_path(const struct updating *updating, const char **name,
                              struct arena *arena)
{
    if (!updating->job->unchanged)
        return arrived(updating, name, arena);
    *name = updating->state.file ? updating->state.file : "";
    return kept_index(&updating->place, *name, arena);
}

static int no_index(const struct updating *updating, struct arena *arena)
{
    fail(ERR_CONFIG, "registry '%s': '%s' holds no index", updating->place.registry->name,
         source_text(&updating->place.source, arena));
    error_hint("an index is registry.toml, plugins.toml, index.toml or "
               ".claude-plugin/marketplace.json; //FOLDER at the end of the URL says where");
    return -ERR_CONFIG;
}

/* The tags of a commit that we have may be other ones than before. */
static bool tags_changed(const struct updating *updating, struct arena *arena)
{
    const char *tags = tags_hash(updating->job, arena);

    return strcmp(tags ? tags : "", updating->state.tags ? updating->state.tags : "") != 0;
}

static int count_plugins(struct updating *updating)
{
    struct catalog catalog;
    int result = catalog_open(&catalog, updating->place.catalog);

    updating->result->plugins = catalog_names(&catalog);
    catalog_close(&catalog);
    return result;
}

static int finish_remote(struct updating *updating, struct arena *arena)
{
    const struct fetch_job *job = updating->job;
    struct registry_update *result = updating->result;
    const char *name = NULL, *path;
    struct source base = base_of(updating);
    struct index index;
    int error;

    result->requests = job->requests;
    result->received = job->received;
    result->commit = job->op == FETCH_GET ? job->etag : job->commit;
    if (!result->commit)
        result->commit = updating->known ? updating->known : "";
    path = index_path(updating, &name, arena);
    if (job->unchanged && !tags_changed(updating, arena)) {
        tell_skipped(updating, &base, path, name, arena);
        return 0;
    }
    if (!path)
        return no_index(updating, arena);
    error = registry_read_index(&index, &updating->place, &base, path, name, arena);
    if (error < 0)
        return error;
    index_add_tags(&index, arena, &base, &job->tags);
    result->skipped = index.skipped;
    error = keep(updating, &index, path, name, arena);
    result->changed = error == 0;
    if (error == 0)
        error = count_plugins(updating);
    return error;
}

/* ---- the whole ---- */

/* Whether the last update came to its end. A folder's catalog is also made by those who look. */
static bool is_settled(const struct updating *updating)
{
    const char *stamp = updating->state.stamp;

    return updating->place.kind == PLACE_LOCAL || (stamp && strcmp(stamp, updating->known) == 0);
}

/* What we have of a registry, if every bit of it is as it was written. */
static void look_at_kept(struct updating *updating, struct arena *arena)
{
    struct catalog catalog;

    read_state(&updating->state, &updating->place, arena);
    if (catalog_open(&catalog, updating->place.catalog) < 0) {
        error_clear();
        return;
    }
    if (catalog_verify(&catalog, updating->place.catalog) == 0) {
        updating->known = registry_stamp(&updating->place, &catalog, arena);
        if (updating->known && !is_settled(updating))
            updating->known = NULL;
        updating->result->plugins = updating->known ? catalog_names(&catalog) : 0;
    }
    catalog_close(&catalog);
    error_clear();
}

static int begin(struct updating *updating, struct fetch_job *job, struct arena *arena)
{
    int result = registry_place(&updating->place, updating->result->registry, arena);

    if (result < 0)
        return result;
    look_at_kept(updating, arena);
    if (updating->place.kind == PLACE_LOCAL)
        return update_local(updating, arena);
    return prepare_job(updating, job, arena);
}

static void run_jobs(struct updating *all, size_t count, struct fetch_job *jobs, size_t job_count,
                     struct arena *arena)
{
    if (job_count)
        fetch_run(jobs, job_count, arena);
    error_clear(); /* every job's own error is in the job */
    for (size_t i = 0; i < count; i++) {
        struct updating *updating = &all[i];
        struct registry_update *result = updating->result;

        if (!updating->job)
            continue;
        progress_end(updating->job->progress, updating->job->result == 0);
        if (updating->job->result < 0) {
            result->result = updating->job->result;
            result->error = arena_printf(arena, "registry '%s': %s", result->registry->name,
                                         updating->job->error ? updating->job->error : "failed");
            result->hint = updating->job->hint;
            result->requests = updating->job->requests;
        } else if (finish_remote(updating, arena) < 0) {
            record(result, -(int)error_code(), arena);
        }
    }
}

static int first_error(const struct registry_update *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (results[i].result == 0)
            continue;
        fail((enum err) - results[i].result, "%s", results[i].error);
        if (results[i].hint)
            error_hint("%s", results[i].hint);
        return results[i].result;
    }
    return 0;
}

/* What a command that was killed left of a registry that it removed, or did not come to add. */
static void forget_unknown(const struct config *config, struct arena *arena)
{
    struct strings names = {0};

    if (fs_is_dir(paths.registries) && fs_list(&names, arena, paths.registries) < 0)
        error_clear();
    for (size_t i = 0; i < names.count; i++)
        if (!config_registry(config, names.items[i]) && registry_forget(names.items[i]) < 0)
            error_clear();
}

int registry_update(const struct config *config, const struct registry_config *const *registries,
                    size_t count, struct registry_update *results, struct arena *arena)
{
    struct updating *all = arena_array(arena, count, sizeof *all);
    struct fetch_job *jobs = arena_array(arena, count, sizeof *jobs);
    size_t job_count = 0;

    forget_unknown(config, arena);
    for (size_t i = 0; i < count; i++) {
        results[i] = (struct registry_update){.registry = registries[i], .commit = ""};
        all[i].result = &results[i];
        if (begin(&all[i], &jobs[job_count], arena) < 0)
            record(&results[i], -(int)error_code(), arena);
        else if (all[i].job)
            job_count++;
    }
    run_jobs(all, count, jobs, job_count, arena);
    for (size_t i = 0; i < count; i++) {
        if (all[i].staging)
            fs_remove_tree(all[i].staging);
    }
    return first_error(results, count);
}

int registry_update_missing(const struct config *config, const struct strings *missing,
                            struct arena *arena)
{
    const struct registry_config **wanted = arena_array(arena, missing->count, sizeof *wanted);
    struct registry_update *results = arena_array(arena, missing->count, sizeof *results);

    for (size_t i = 0; i < missing->count; i++)
        wanted[i] = config_registry(config, missing->items[i]);
    return registry_update(config, wanted, missing->count, results, arena);
}
