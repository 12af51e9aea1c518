#include "change/project.h"

#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"
#include "claude/claude.h"
#include "claude/repository.h"
#include "registry/project.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- which one ---- */

static bool same_folder(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The nearest folder with a paii.toml, else the nearest with a .git; HOME is nobody's project. */
static const char *find_root(const char *from, struct arena *arena)
{
    const char *repository = NULL;
    for (const char *dir = from;; dir = path_dir(arena, dir)) {
        if (same_folder(dir, paths.home))
            break;
        if (fs_is_file(path_join(arena, dir, PROJECT_CONFIG)) && !same_folder(dir, paths.user))
            return dir;
        if (!repository && fs_exists(path_join(arena, dir, ".git")))
            repository = dir;
        if (strcmp(dir, "/") == 0)
            break;
    }
    return repository;
}

/* How a person names the project of this process. */
static struct {
    struct arena arena;
    const char *text;
} flag;

/* Who stands elsewhere has to say which one. */
static void note_flag(const char *root)
{
    char *here = realpath(".", NULL);
    const char *around = here ? find_root(here, &flag.arena) : NULL;
    flag.text = around && strcmp(around, root) == 0
                    ? " --project"
                    : arena_printf(&flag.arena, " --project=%s", text_word(&flag.arena, root));
    free(here);
}

int project_enter(const char *dir)
{
    struct arena arena = {0};
    char *here = realpath(dir, NULL);
    int result = here ? 0 : fail_errno(ERR_CONFIG, "cannot look for a project in '%s'", dir);
    const char *root = here ? find_root(here, &arena) : NULL;
    if (here && !root) {
        result = fail(ERR_CONFIG, "'%s' is in no project: there is no paii.toml and no .git", here);
        error_hint("make an empty paii.toml in the folder that is to be one");
    } else if (root && same_folder(path_join(&arena, root, ".claude"), paths.claude)) {
        result =
            fail(ERR_CONFIG, "'%s' holds your own '%s', so it is no project", root, paths.claude);
    } else if (root) {
        note_flag(root);
        result = paths_enter_project(root);
    }
    free(here);
    arena_release(&arena);
    return result;
}

const char *project_flag(void)
{
    return paths.project ? flag.text : "";
}

/* ---- paii.lock ---- */

int project_read_lock(struct installed *out, struct arena *arena)
{
    const char *file = path_join(arena, paths.project, PROJECT_LOCK);
    AUTO_BUF text = {0};
    *out = (struct installed){0};
    int result = project_read(&text, PROJECT_LOCK);
    if (result == 0 && text.len)
        result = lockfile_read(out, arena, file, buf_text(&text), text.len);
    for (size_t i = 0; i < out->count && result == 0; i++) {
        struct package *package = &out->packages[i];
        const char *url = package->source.url;
        if (*url == '/' || text_starts(url, "file:")) {
            fail(ERR_REFUSED, "'%s' has plugin '%s' from '%s', a place of one machine", file,
                 package->name, url);
            error_hint("'paii install --project' writes what everybody can reach");
            return -ERR_REFUSED;
        }
        if (package->flags & PACKAGE_FLAT)
            return fail(ERR_REFUSED, "'%s' wants parts of plugin '%s' without its prefix", file,
                        package->name);
        result = project_resolve(&package->source.url, url, paths.project, arena);
        if (result == 0)
            result = project_resolve(&package->origin, package->origin, paths.project, arena);
    }
    return result;
}

bool project_same_plugin(const struct package *a, const struct package *b)
{
    struct package x = *a, y = *b;
    AUTO_BUF one = {0}, other = {0};
    x.prefix = y.prefix = "";
    lockfile_write(&one, &(struct installed){.packages = &x, .count = 1});
    lockfile_write(&other, &(struct installed){.packages = &y, .count = 1});
    return strcmp(buf_text(&one), buf_text(&other)) == 0;
}

/* ---- paii.toml and paii.lock ---- */

static bool is_any(const char *range)
{
    return !*range || strcmp(range, "*") == 0;
}

/* What is wanted, as a person would type it. */
static int spec_of(struct spec *out, const struct wanted_plugin *wanted, struct arena *arena)
{
    const char *text = wanted->url;
    int result = text ? project_resolve(&text, text, paths.project, arena) : 0;
    if (result < 0)
        return result;
    if (!text)
        text = arena_printf(arena, "%s%s%s%s%s", wanted->registry ? wanted->registry : "",
                            wanted->registry ? "/" : "", wanted->name,
                            is_any(wanted->range) ? "" : "@",
                            is_any(wanted->range) ? "" : wanted->range);
    result = spec_parse(out, arena, text);
    if (result < 0 || !wanted->url || text_starts(wanted->url, "./"))
        return result;
    if (out->kind == SPEC_SOURCE && *out->source.url != '/' &&
        !text_starts(out->source.url, "file:"))
        return 0;
    fail(ERR_REFUSED, "paii.toml wants plugin '%s' from '%s', which not everybody can reach",
         wanted->name, wanted->url);
    error_hint("a url is https, ssh, or begins with ./ for a folder of the repository");
    return -ERR_REFUSED;
}

static const char *asked_for(const struct source *source, struct arena *arena)
{
    return source->ref      ? source->ref
           : source->commit ? source->commit
           : source->sha256 ? arena_printf(arena, "sha256=%s", source->sha256)
                            : "";
}

int project_is_met(const struct wanted_plugin *wanted, const struct package *locked,
                   struct arena *arena)
{
    struct spec spec;
    int result = spec_of(&spec, wanted, arena);
    if (result < 0)
        return result;
    if (!locked || !(locked->flags & PACKAGE_REQUESTED))
        return 0;
    if (spec.kind == SPEC_NAME)
        return *locked->registry &&
               (!wanted->registry || strcmp(wanted->registry, locked->registry) == 0) &&
               (is_any(wanted->range) ? is_any(locked->range)
                                      : strcmp(wanted->range, locked->range) == 0);
    return !*locked->registry && strcmp(spec.source.url, locked->source.url) == 0 &&
           strcmp(spec.source.path, locked->source.path) == 0 &&
           strcmp(asked_for(&spec.source, arena), locked->source.ref ? locked->source.ref : "") ==
               0;
}

const struct wanted_plugin *project_wanted(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->wanted_count; i++)
        if (strcmp(config->wanted[i].name, name) == 0)
            return &config->wanted[i];
    return NULL;
}

/* Calls for each plugin that one of the files has and the other has not so: `wanted` or `locked`
 * may be NULL. */
static int compare_files(struct arena *arena,
                         void (*tell)(void *context, const struct wanted_plugin *wanted,
                                      const struct package *locked),
                         void *context)
{
    struct config config;
    struct installed lock;
    int result = config_read(&config, arena);
    if (result == 0)
        result = project_read_lock(&lock, arena);
    for (size_t i = 0; result >= 0 && i < config.wanted_count; i++) {
        const struct package *locked = installed_find(&lock, config.wanted[i].name);
        result = project_is_met(&config.wanted[i], locked, arena);
        if (result == 0)
            tell(context, &config.wanted[i], locked);
    }
    for (size_t i = 0; result >= 0 && i < lock.count; i++)
        if (lock.packages[i].flags & PACKAGE_REQUESTED &&
            !project_wanted(&config, lock.packages[i].name))
            tell(context, NULL, &lock.packages[i]);
    return result < 0 ? result : 0;
}

struct telling {
    struct strings *out;
    struct arena *arena;
};

static void tell_unlocked(void *context, const struct wanted_plugin *wanted,
                          const struct package *locked)
{
    struct telling *telling = context;
    const char *what = !wanted                 ? ""
                       : wanted->url           ? wanted->url
                       : is_any(wanted->range) ? ""
                                               : wanted->range;
    const char *text =
        !wanted ? arena_printf(telling->arena, "paii.lock has %s %s, which paii.toml does not want",
                               locked->name, locked->version)
        : locked
            ? arena_printf(telling->arena, "paii.toml wants %s%s%s, and paii.lock has %s for %s",
                           wanted->name, *what ? " " : "", what, locked->version,
                           *locked->range ? locked->range : "another wish")
            : arena_printf(telling->arena, "paii.toml wants %s%s%s, which paii.lock does not have",
                           wanted->name, *what ? " " : "", what);
    strings_add(telling->out, telling->arena, text);
}

int project_unlocked(struct strings *out, struct arena *arena)
{
    struct telling telling = {.out = out, .arena = arena};
    return compare_files(arena, tell_unlocked, &telling);
}

/* ---- what is asked for beside the command line ---- */

struct reconciling {
    struct change_request *request;
    struct arena *arena;
    struct spec *specs;
    size_t count, capacity;
    int result;
};

static bool names_it(const struct change_request *request, const char *name)
{
    for (size_t i = 0; i < request->install_count; i++)
        if (request->install[i].kind == SPEC_NAME && strcmp(request->install[i].name, name) == 0)
            return true;
    return strings_has(&request->remove, name);
}

static bool names_source(const struct change_request *request, const struct source *source)
{
    for (size_t i = 0; i < request->install_count; i++) {
        const struct spec *spec = &request->install[i];
        if (spec->kind == SPEC_SOURCE && strcmp(spec->source.url, source->url) == 0 &&
            strcmp(spec->source.path, source->path) == 0)
            return true;
    }
    return false;
}

static void reconcile(void *context, const struct wanted_plugin *wanted,
                      const struct package *locked)
{
    struct reconciling *all = context;
    const char *name = wanted ? wanted->name : locked->name;
    struct spec spec;
    if (all->result < 0 || names_it(all->request, name))
        return;
    if (!wanted) {
        strings_add(&all->request->remove, all->arena, name);
        return;
    }
    all->result = spec_of(&spec, wanted, all->arena);
    if (all->result == 0 && !(spec.kind == SPEC_SOURCE && names_source(all->request, &spec.source)))
        *arena_push(all->arena, &all->specs, &all->count, &all->capacity) = spec;
}

static int reconcile_request(struct change_request *request, struct arena *arena)
{
    struct reconciling all = {.request = request, .arena = arena};
    for (size_t i = 0; i < request->install_count; i++)
        *arena_push(arena, &all.specs, &all.count, &all.capacity) = request->install[i];
    int result = compare_files(arena, reconcile, &all);
    request->install = all.specs;
    request->install_count = all.count;
    return result < 0 ? result : all.result;
}

/* ---- paii.lock and what is here ---- */

/* NULL if nothing differs. */
static const char *difference(const struct package *wanted, const struct package *there,
                              struct arena *arena)
{
    const char *name = wanted->name, *version = wanted->version;
    if (!there)
        return arena_printf(arena, "%s %s is not here", name, version);
    if (strcmp(there->version, version) != 0)
        return arena_printf(arena, "%s is here as %s, and locked as %s", name, there->version,
                            version);
    return project_same_plugin(there, wanted)
               ? NULL
               : arena_printf(arena, "%s %s is here as another state of it", name, version);
}

void project_compare(struct strings *out, const struct installed *lock,
                     const struct installed *here, struct arena *arena)
{
    for (size_t i = 0; i < lock->count; i++) {
        const struct package *wanted = &lock->packages[i];
        const char *text = difference(wanted, installed_find(here, wanted->name), arena);
        if (text)
            strings_add(out, arena, text);
    }
    for (size_t i = 0; i < here->count; i++)
        if (!installed_find(lock, here->packages[i].name))
            strings_add(out, arena,
                        arena_printf(arena, "%s is here, and not locked", here->packages[i].name));
    if (strcmp(strings_join(&lock->bindings, arena, "\n"),
               strings_join(&here->bindings, arena, "\n")) != 0)
        strings_add(out, arena, "plugins are bound to each other in another way");
}

static void check_files(struct strings *out, const struct installed *here, struct arena *arena)
{
    for (size_t i = 0; i < here->count; i++)
        if (!fs_is_dir(installed_prefix(&here->packages[i], arena)))
            strings_add(out, arena,
                        arena_printf(arena, "the files of %s are gone", here->packages[i].name));
}

int project_unsynced(struct strings *out, struct arena *arena)
{
    struct installed lock, here;
    int result = project_read_lock(&lock, arena);
    if (result == 0)
        result = installed_read(&here, arena);
    if (result < 0)
        return result;
    project_compare(out, &lock, &here, arena);
    if (out->count == 0)
        check_files(out, &here, arena);
    return out->count ? 0 : claude_links_differ(out, &here, arena);
}

/* ---- bringing it here ---- */

int project_sync(bool dry_run, bool yes, struct arena *arena)
{
    struct change_request request = {.locked = true, .sync = true, .dry_run = dry_run, .yes = yes};
    struct installed here;
    int result = change_run(&request, arena);
    if (result < 0 || dry_run)
        return result;
    /* Links may be missing although the plugins are what they should be. */
    result = installed_read(&here, arena);
    if (result == 0)
        result = claude_check_links(&here, paths.current, arena);
    return result < 0 ? result : claude_sync_links(&here, arena);
}

int project_begin(bool dry_run, bool yes, struct arena *arena)
{
    struct strings unsynced = {0};
    int result = project_unsynced(&unsynced, arena);
    if (result < 0 || unsynced.count == 0)
        return result;
    if (dry_run) {
        fail(ERR_CONFIG, "what paii.lock says is not here yet: %s",
             strings_join(&unsynced, arena, "; "));
        error_hint("'paii sync' brings it");
        return -ERR_CONFIG;
    }
    return project_sync(false, yes, arena);
}

/* A registry of the person's own is one of the project's if they name it. */
static void lend(const struct change_request *request)
{
    if (request->registry)
        project_lend(request->registry);
    for (size_t i = 0; i < request->install_count; i++)
        if (request->install[i].kind == SPEC_NAME && request->install[i].registry)
            project_lend(request->install[i].registry);
}

int project_change(struct change_request *request, struct arena *arena)
{
    size_t named = request->install_count;
    int result = project_begin(request->dry_run, request->yes, arena);
    lend(request);
    if (result == 0)
        result = reconcile_request(request, arena);
    if (result == 0)
        result = project_agree_wishes(request, named, arena);
    if (result == 0)
        result = change_run(request, arena);
    if (result == 0 && !request->dry_run)
        project_tell(arena);
    return result;
}

/* ---- what else is to be known ---- */

static void tell_of_doubles(const struct installed *here, struct arena *arena)
{
    for (size_t i = 0; i < here->count; i++) {
        const char *name = here->packages[i].name, *version = installed_by_user(name, arena);
        if (version)
            note("%s %s of your own is used here, too, instead of the project's %s; 'paii disable "
                 "%s' changes that",
                 name, version, here->packages[i].version, name);
    }
}

void project_tell(struct arena *arena)
{
    struct installed here;
    if (installed_read(&here, arena) < 0 || here.count == 0 || !fs_is_dir(paths.claude)) {
        error_clear();
        return;
    }
    if (repository_ignore_is_foreign(arena))
        note("'%s/skills/.gitignore' is the repository's own, so it does not leave out the links "
             "beside it",
             paths.claude);
    tell_of_doubles(&here, arena);
    if (repository_is_trusted(arena))
        note("Claude Code loads the plugins when it starts in '%s'", paths.project);
    else
        note("Claude Code asks whether you trust '%s' when it starts there; until you do, it loads "
             "no hook, agent, command or server of these plugins",
             paths.project);
}
