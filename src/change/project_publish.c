/*
 * paii.toml and paii.lock follow the commit of the project's generation. What they are to hold is
 * written into it, so that whoever comes after a kill can finish it (docs/project.md).
 */
#include "change/project.h"

#include "base/data.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/paths.h"
#include "registry/project.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 16 * 1024 * 1024 };

static const char *const files[] = {PROJECT_CONFIG, PROJECT_LOCK};
enum { FILES = sizeof files / sizeof *files };

/* ---- what others can install ---- */

static int refuse_place(const struct package *package, const char *place)
{
    fail(ERR_REFUSED, "plugin '%s' comes from '%s', which nobody else has", package->name, place);
    error_hint("a project's plugins come from https, ssh, or a folder of the repository");
    return -ERR_REFUSED;
}

static int check_place(const struct package *package, const char *place, struct arena *arena)
{
    bool local = *place == '/' || text_starts(place, "file:");
    return local && !project_place(place, arena) ? refuse_place(package, place) : 0;
}

int project_check(const struct change *change)
{
    if (access(paths.project, W_OK) != 0)
        return fail_errno(ERR_GENERIC, "cannot write in '%s'", paths.project);
    for (size_t i = 0; i < change->step_count; i++) {
        const struct choice *choice = change->steps[i].choice;
        if (!choice)
            continue;
        const struct package *package = &choice->package;
        int result = package->flags & PACKAGE_DEV
                         ? refuse_place(package, package->source.url)
                         : check_place(package, package->source.url, change->arena);
        if (result == 0)
            result = check_place(package, package->origin, change->arena);
        if (result < 0)
            return result;
    }
    return 0;
}

/* ---- paii.lock ---- */

static const char *shared_place(const char *place, struct arena *arena)
{
    const char *shared = *place == '/' ? project_place(place, arena) : NULL;
    return shared ? shared : place;
}

/* As the file had it, where the plugin is the same: its name depends on the tools of one machine.
 */
static const char *shared_prefix(const struct package *package, const struct installed *before)
{
    const struct package *then = installed_find(before, package->name);
    return then && project_same_plugin(then, package) ? then->prefix : package->prefix;
}

/* A file that says the same in other bytes stays as somebody wrote it. */
static int write_lock(struct buf *out, const struct installed *set, struct arena *arena)
{
    struct installed before, shared = *set;
    struct strings differences = {0};
    int result = project_read_lock(&before, arena);
    if (result == 0)
        project_compare(&differences, &before, set, arena);
    if (result == 0 && differences.count == 0)
        return project_read(out, PROJECT_LOCK);
    shared.packages = arena_array(arena, set->count + 1, sizeof *shared.packages);
    for (size_t i = 0; i < set->count && result == 0; i++) {
        struct package *package = &shared.packages[i];
        *package = set->packages[i];
        package->prefix = shared_prefix(package, &before);
        package->source.url = shared_place(package->source.url, arena);
        package->origin = shared_place(package->origin, arena);
    }
    if (result == 0)
        lockfile_write(out, &shared);
    return result;
}

/* ---- paii.toml ---- */

struct editing {
    struct buf *text;
    struct arena *arena;
    const char *file;
};

static int edit(struct editing *editing, const char *table, const char *key, const char *value)
{
    AUTO_BUF after = {0};
    const char *dotted = arena_printf(editing->arena, "%s.%s", table, key);
    int result = toml_edit(&after, editing->file, buf_text(editing->text), editing->text->len,
                           dotted, value);
    if (result < 0)
        return result;
    buf_clear(editing->text);
    buf_add(editing->text, after.data, after.len);
    return 0;
}

static void add_pair(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, "%s%s = ", out->len ? ", " : "", key);
    toml_quote(out, value);
}

/* A name is bound to its registry, so that no other can offer it; what comes with paii needs none.
 */
static const char *wish(const struct package *package, struct arena *arena)
{
    AUTO_BUF text = {0};
    const char *range = *package->range ? package->range : "*";
    if (strcmp(package->registry, "core") == 0) {
        toml_quote(&text, range);
        return arena_strdup(arena, buf_text(&text));
    }
    if (*package->registry) {
        add_pair(&text, "registry", package->registry);
        if (strcmp(range, "*") != 0)
            add_pair(&text, "range", range);
    } else {
        struct source asked = package->source;
        asked.url = shared_place(asked.url, arena);
        asked.commit = NULL;
        add_pair(&text, "url", source_text(&asked, arena));
    }
    return arena_printf(arena, "{ %s }", buf_text(&text));
}

static int edit_plugins(struct editing *editing, const struct config *config,
                        const struct installed *set)
{
    struct arena *arena = editing->arena;
    int result = 0;
    for (size_t i = 0; i < config->wanted_count && result == 0; i++) {
        const struct package *package = installed_find(set, config->wanted[i].name);
        if (!package || !(package->flags & PACKAGE_REQUESTED))
            result = edit(editing, "plugins", config->wanted[i].name, NULL);
    }
    for (size_t i = 0; i < set->count && result == 0; i++) {
        const struct package *package = &set->packages[i];
        const struct wanted_plugin *wanted = project_wanted(config, package->name);
        int met = 0;
        if (!(package->flags & PACKAGE_REQUESTED))
            continue;
        if (wanted)
            met = project_is_met(wanted, package, arena);
        if (met <= 0)
            result = met < 0 ? met : edit(editing, "plugins", package->name, wish(package, arena));
    }
    return result;
}

/* Registries of the person's own that something was taken from. */
static int edit_registries(struct editing *editing, const struct config *config,
                           const struct installed *set)
{
    int result = 0;
    struct strings done = {0};
    for (size_t i = 0; i < set->count && result == 0; i++) {
        const char *name = set->packages[i].registry;
        const struct registry_config *registry = *name ? config_registry(config, name) : NULL;
        if (!registry || !project_is_lent(registry) || strings_has(&done, name))
            continue;
        AUTO_BUF value = {0};
        if (registry->ref) {
            add_pair(&value, "url", registry->url);
            add_pair(&value, "ref", registry->ref);
        } else {
            toml_quote(&value, registry->url);
        }
        strings_add(&done, editing->arena, name);
        result =
            edit(editing, "registries", name,
                 arena_printf(editing->arena, registry->ref ? "{ %s }" : "%s", buf_text(&value)));
    }
    return result;
}

static int write_config(struct buf *out, const struct installed *set, struct arena *arena)
{
    struct config config;
    struct editing editing = {
        .text = out, .arena = arena, .file = path_join(arena, paths.project, PROJECT_CONFIG)};
    int result = config_read(&config, arena);
    if (result == 0)
        result = project_read(out, PROJECT_CONFIG);
    if (result == 0)
        result = edit_registries(&editing, &config, set);
    return result < 0 ? result : edit_plugins(&editing, &config, set);
}

/* ---- before and after the commit ---- */

/* GENERATION/publish/ holds the files as they are to be, and in `before` a line "HASH NAME" for
 * each: what it held. */
static int write_down(const char *dir, const struct buf *const *texts,
                      const char (*hashes)[HASH_HEX_SIZE], struct arena *arena)
{
    AUTO_BUF before = {0};
    const char *folder = path_join(arena, dir, "publish");
    int result = fs_mkdirs(folder, 0700);
    for (size_t i = 0; i < FILES && result == 0; i++) {
        buf_printf(&before, "%s %s\n", hashes[i], files[i]);
        result = fs_write(path_join(arena, folder, files[i]), texts[i]->data, texts[i]->len, 0600);
    }
    return result < 0 ? result
                      : fs_write(path_join(arena, folder, "before"), before.data, before.len, 0600);
}

int project_prepare(const struct installed *set, const char *generation_dir, struct arena *arena)
{
    AUTO_BUF config = {0}, lock = {0};
    const struct buf *const texts[FILES] = {&config, &lock};
    char before[FILES][HASH_HEX_SIZE], after[HASH_HEX_SIZE];
    bool differs = false;
    int result = write_config(&config, set, arena);
    if (result == 0)
        result = write_lock(&lock, set, arena);
    for (size_t i = 0; i < FILES && result == 0; i++) {
        AUTO_BUF now = {0};
        result = project_read(&now, files[i]);
        hash_bytes(before[i], buf_text(&now), now.len);
        hash_bytes(after, buf_text(texts[i]), texts[i]->len);
        differs |= strcmp(before[i], after) != 0;
    }
    return result < 0 || !differs ? result : write_down(generation_dir, texts, before, arena);
}

/* One of the files on its way from what it held to what it is to hold. */
struct move {
    const char *name;
    struct buf before, after;
    bool was_there;
};

static int load(struct move *move, const char *folder, struct arena *arena)
{
    move->was_there = fs_exists(path_join(arena, paths.project, move->name));
    int result = fs_read(&move->after, path_join(arena, folder, move->name), FILE_MAX);
    return result < 0 ? result : project_read(&move->before, move->name);
}

static bool same_bytes(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static int put(const struct move *move, const struct buf *text, struct arena *arena)
{
    const char *file = path_join(arena, paths.project, move->name);
    struct stat st;
    mode_t mode = lstat(file, &st) == 0 ? st.st_mode & 0777 : 0644;
    return fs_write(file, text->data, text->len, mode);
}

/* Unless somebody else wrote it meanwhile. */
static int publish(const struct move *move, const struct strings *lines, struct arena *arena)
{
    char hash[HASH_HEX_SIZE];
    hash_bytes(hash, buf_text(&move->before), move->before.len);
    if (same_bytes(&move->before, &move->after))
        return 0;
    if (strings_has(lines, arena_printf(arena, "%s %s", hash, move->name)))
        return put(move, &move->after, arena);
    warning("'%s' was changed meanwhile, so it is left as it is: 'paii sync --check' says what "
            "differs",
            path_join(arena, paths.project, move->name));
    return 0;
}

/* Best effort, for one that was written although the other could not be. */
static void take_back(const struct move *move, struct arena *arena)
{
    AUTO_BUF now = {0};
    if (project_read(&now, move->name) < 0 || !same_bytes(&now, &move->after) ||
        same_bytes(&now, &move->before))
        return;
    if (move->was_there)
        put(move, &move->before, arena);
    else
        unlink(path_join(arena, paths.project, move->name));
}

/* Both, or none. */
static int publish_from(const char *folder, const struct strings *lines, struct arena *arena)
{
    struct move moves[FILES] = {0};
    int result = 0;
    for (size_t i = 0; i < FILES && result == 0; i++) {
        moves[i].name = files[i];
        result = load(&moves[i], folder, arena);
    }
    for (size_t i = 0; i < FILES && result == 0; i++)
        result = publish(&moves[i], lines, arena);
    if (result < 0) {
        const char *why = arena_strdup(arena, error_text());
        for (size_t i = 0; i < FILES && moves[i].name; i++)
            take_back(&moves[i], arena);
        fail((enum err) - result, "%s", why);
    }
    for (size_t i = 0; i < FILES; i++) {
        buf_release(&moves[i].before);
        buf_release(&moves[i].after);
    }
    return result;
}

/* What is written down counts as long as `before` is there. */
static int finish(const char *folder, struct arena *arena)
{
    const char *mark = path_join(arena, folder, "before");
    struct strings lines = {0};
    AUTO_BUF before = {0};
    int result = 0;
    if (fs_exists(mark)) {
        result = fs_read(&before, mark, FILE_MAX);
        strings_split(&lines, arena, buf_text(&before), '\n');
        if (result == 0)
            result = fs_sweep(paths.project); /* of a run that was killed while it wrote them */
        if (result == 0)
            result = publish_from(folder, &lines, arena);
    }
    /* What stays is found to be done by the next writer. */
    if (result == 0 && (unlink(mark) == 0 || errno == ENOENT) && fs_remove_tree(folder) < 0)
        error_clear();
    return result;
}

int project_publish(void)
{
    struct arena arena = {0};
    const char *current = fs_read_link(&arena, paths.current);
    int result = current || errno == ENOENT
                     ? 0
                     : fail_errno(ERR_GENERIC, "cannot read link '%s'", paths.current);
    const char *folder = current ? arena_printf(&arena, "%s/%s/publish", paths.dir, current) : NULL;
    if (folder && fs_is_dir(folder))
        result = finish(folder, &arena);
    arena_release(&arena);
    return result;
}
