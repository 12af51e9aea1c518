/* Sources come into staging, pins are compared with what came, manifests are read. */
#include "change/change.h"

#include "base/fs.h"
#include "base/hidden.h"
#include "base/name.h"
#include "base/paths.h"
#include "base/tree.h"
#include "base/url.h"
#include "registry/access.h"
#include "registry/downloads.h"
#include "registry/fetch.h"
#include "registry/index.h"
#include "registry/npm.h"
#include "registry/trees.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* One choice on its way into staging. */
struct arrival {
    struct choice *choice;
    const char *fellowship;      /* of sources that come together; NULL: alone */
    const char *group;           /* their folder in staging */
    const char *place;           /* its own folder in that; the tree arrives in place/src */
    struct fetch_job *job;       /* NULL for a folder */
    const struct fetch_job *npm; /* that brought a package of npm; else NULL */
    struct tree_summary tree;
};

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static bool remote_archive(const struct source *source)
{
    return (source->kind == SOURCE_ARCHIVE || source->kind == SOURCE_NPM) && source->url[0] != '/';
}

static const char *subject(const struct choice *choice, struct arena *arena)
{
    return *choice->package.name ? choice->package.name
                                 : source_text(&choice->package.source, arena);
}

/* ---- from folders ---- */

static int copy_folder(struct change *change, struct arrival *arrival)
{
    const struct source *source = &arrival->choice->package.source;
    const char *from = path_join(change->arena, source->url, source->path ? source->path : "");
    const char *to = path_join(change->arena, arrival->place, "src");
    if (!fs_is_dir(from)) {
        arrival->choice->unreachable = arena_printf(change->arena, "there is no folder '%s'", from);
        return fail(ERR_NOT_FOUND, "%s", arrival->choice->unreachable);
    }
    int result = fs_mkdirs(to, 0755);
    if (result < 0)
        return result;
    AUTO_FD fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(ERR_GENERIC, "cannot open '%s'", to);
    struct tree_writer *writer = tree_begin(fd, &TREE_LIMITS);
    result = tree_copy_folder(writer, from);
    if (result == 0)
        result = tree_finish(writer, &arrival->tree);
    tree_free(writer);
    return result == 0 ? 0
                       : error_context(result, "cannot copy '%s' into '%s'", from, paths.staging);
}

/* ---- from elsewhere, side by side ---- */

/* What two jobs have in common that one helper may do: the registry, and its commit or server. */
static const char *fellowship(const struct choice *choice, struct arena *arena)
{
    const struct source *source = &choice->package.source;
    const char *whose = choice->package.registry;
    struct url url;
    if (source->kind == SOURCE_GIT)
        return arena_printf(arena, "%s %s %s %s", whose, source->url, or_empty(source->ref),
                            or_empty(source->commit));
    if (!remote_archive(source) || url_parse(&url, arena, source->url, true) < 0) {
        error_clear(); /* the helper tells of it */
        return NULL;
    }
    return arena_printf(arena, "%s %d %s %u", whose, url.scheme, url.host, url.port);
}

/* Gives the arrival its place: fellows stand in one folder, of which the helper knows no more. */
static int choose_place(struct change *change, struct arrival *arrivals, size_t index)
{
    struct arrival *arrival = &arrivals[index];
    const struct source *source = &arrival->choice->package.source;
    arrival->fellowship =
        source->kind == SOURCE_FOLDER ? NULL : fellowship(arrival->choice, change->arena);
    for (size_t i = 0; i < index && arrival->fellowship && !arrival->group; i++)
        if (arrivals[i].fellowship && strcmp(arrivals[i].fellowship, arrival->fellowship) == 0)
            arrival->group = arrivals[i].group;
    if (!arrival->group)
        arrival->group = arena_printf(change->arena, "%s/%zu", change->staging, change->arrivals);
    arrival->place = arena_printf(change->arena, "%s/%zu", arrival->group, change->arrivals++);
    return fs_mkdirs(arrival->place, 0700);
}

/* The commit at which the installed one was that folder, if another commit alone makes the choice
 * another plugin; else NULL. */
static const char *base_of(const struct change *change, const struct choice *choice)
{
    const struct package *package = &choice->package;
    const struct package *before = installed_find(&change->before, package->name);
    const struct source *now = &package->source, *then = before ? &before->source : NULL;
    bool comparable =
        before && package->flags & PACKAGE_UNVERSIONED && !change->request->locked &&
        !(before->flags & PACKAGE_DEV) && now->kind == SOURCE_GIT && then->kind == SOURCE_GIT &&
        strcmp(before->registry, package->registry) == 0 &&
        strcmp(or_empty(before->entry), or_empty(package->entry)) == 0 &&
        strcmp(then->url, now->url) == 0 && strcmp(or_empty(then->path), or_empty(now->path)) == 0;
    return comparable ? then->commit : NULL;
}

static int make_job(struct fetch_job *out, struct change *change, const struct arrival *arrival)
{
    const struct choice *choice = arrival->choice;
    struct fetch_job job = {
        .op = FETCH_GIT_TREE,
        .source = choice->package.source,
        .staging = arrival->place,
        .group = arrival->group,
        .into = "src",
        .base = base_of(change, choice),
        .progress = progress_begin("Fetching", subject(choice, change->arena)),
    };
    access_of_entry(&job, config_registry(&change->config, choice->package.registry));
    const char *sha256 = job.source.sha256;
    const char *kept =
        remote_archive(&job.source) && sha256 ? download_find(change->arena, sha256) : NULL;
    int result = 0;
    if (kept) {
        job.op = FETCH_UNPACK;
        job.archive = kept;
    } else if (remote_archive(&job.source)) {
        job.op = FETCH_GET;
        job.into = path_base(job.source.url);
        if (job.source.kind == SOURCE_NPM)
            result = npm_prepare(&job, change->arena);
    } else if (job.source.kind != SOURCE_GIT) {
        job.op = FETCH_UNPACK;
        job.archive = job.source.url;
    }
    *out = job;
    return result;
}

/* Archives that a GET has brought are unpacked in a second round, by helpers without a network. */
static int unpack_downloads(struct change *change, struct arrival *arrivals, size_t count)
{
    struct fetch_job *jobs = arena_array(change->arena, count + 1, sizeof *jobs);
    size_t job_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct fetch_job *got = arrivals[i].job;
        if (!got || (got->op != FETCH_GET && got->op != FETCH_NPM))
            continue;
        arrivals[i].choice->package.source.sha256 = got->sha256;
        arrivals[i].npm = got->op == FETCH_NPM ? got : NULL;
        download_keep(path_join(change->arena, got->staging, got->into), got->sha256);
        jobs[job_count] = (struct fetch_job){.op = FETCH_UNPACK,
                                             .source = got->source,
                                             .staging = got->staging,
                                             .group = arrivals[i].group,
                                             .into = "src",
                                             .archive = got->into};
        arrivals[i].job = &jobs[job_count++];
    }
    return job_count ? fetch_run(jobs, job_count, change->arena) : 0;
}

static int fetch_remote(struct change *change, struct arrival *arrivals, size_t count)
{
    struct fetch_job *jobs = arena_array(change->arena, count + 1, sizeof *jobs);
    size_t job_count = 0;
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        if (arrivals[i].choice->package.source.kind != SOURCE_FOLDER) {
            result = make_job(&jobs[job_count], change, &arrivals[i]);
            arrivals[i].job = &jobs[job_count++];
        }
    if (job_count == 0)
        return 0;
    if (result == 0)
        result = fetch_run(jobs, job_count, change->arena);
    for (size_t i = 0; i < job_count; i++)
        progress_end(jobs[i].progress, jobs[i].result == 0);
    return result < 0 ? result : unpack_downloads(change, arrivals, count);
}

/* Of each that a job brought an error for; without its name if it has none yet. */
static void note_unreachable(const struct arrival *arrivals, size_t count, struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        struct choice *choice = arrivals[i].choice;
        const char *error = arrivals[i].job ? arrivals[i].job->error : NULL;
        if (error)
            choice->unreachable =
                choice->direct || !*choice->package.name
                    ? error
                    : arena_printf(arena, "plugin '%s': %s", choice->package.name, error);
    }
}

/* A recorded error of fetch_run() is of the first job that has one: whose that is. */
static int name_plugin(const struct arrival *arrivals, size_t count, int result)
{
    for (size_t i = 0; i < count; i++) {
        const struct choice *choice = arrivals[i].choice;
        if (!choice->unreachable)
            continue;
        return choice->direct || !*choice->package.name
                   ? result
                   : error_context(result, "plugin '%s'", choice->package.name);
    }
    return result;
}

/* ---- what came ---- */

static int check_pins(struct arrival *arrival, struct arena *arena)
{
    struct package *package = &arrival->choice->package;
    const struct fetch_job *job = arrival->job;
    if (job && job->commit) {
        if (package->source.commit && strcmp(package->source.commit, job->commit) != 0)
            return fail(ERR_MISMATCH, "'%s' is pinned to commit %s, and its source gave %s",
                        subject(arrival->choice, arena), package->source.commit, job->commit);
        package->source.commit = job->commit;
    }
    if (job && job->sha256)
        package->source.sha256 = job->sha256;
    if (arrival->choice->pin)
        package->source.ref = arrival->choice->pin; /* the lock says what was asked for */
    const char *tree = job ? job->tree : arrival->tree.hash;
    if (*package->tree && strcmp(package->tree, tree) != 0) {
        fail(ERR_MISMATCH, "'%s' is locked to the tree %.12s, and its source gave %.12s",
             subject(arrival->choice, arena), package->tree, tree);
        error_hint("what stands at '%s' is not what the lock file was written for",
                   source_text(&package->source, arena));
        return -ERR_MISMATCH;
    }
    package->tree = arena_strdup(arena, tree);
    package->size = job ? job->size : arrival->tree.bytes;
    return 0;
}

static const char *first_or_empty(const struct strings *list)
{
    return list->count ? list->items[0] : "";
}

static const char *provides_lines(const struct manifest *manifest, struct arena *arena)
{
    struct strings lines = {0};
    for (size_t i = 0; i < manifest->provide_count; i++)
        strings_add(&lines, arena, provided_text(&manifest->provides[i], arena));
    return strings_join(&lines, arena, "\n");
}

static const char *consumes_lines(const struct manifest *manifest, struct arena *arena)
{
    struct strings lines = {0};
    for (size_t i = 0; i < manifest->consume_count; i++)
        strings_add(&lines, arena, consumed_text(&manifest->consumes[i], arena));
    return strings_join(&lines, arena, "\n");
}

/* What a registry lists under a name and version must be that. */
static int check_identity(const struct choice *choice, const struct manifest *manifest)
{
    const struct package *package = &choice->package;
    if (choice->direct)
        return 0;
    if (strcmp(package->name, manifest->name) != 0)
        return fail(ERR_MISMATCH, "registry '%s' lists '%s', and its source says it is '%s'",
                    package->registry, package->name, manifest->name);
    /* Of a marketplace's plugin the manifest has the last word. */
    if (!(package->entry && *package->entry) && strcmp(package->version, VERSION_UNKNOWN) != 0 &&
        strcmp(package->version, manifest->version) != 0) {
        fail(ERR_MISMATCH, "registry '%s' lists %s %s, and its source says it is %s",
             package->registry, package->name, package->version, manifest->version);
        error_hint("'paii registry update' may help; else tell the registry's maintainers");
        return -ERR_MISMATCH;
    }
    return 0;
}

static void take_manifest(struct choice *choice, struct manifest *manifest, struct arena *arena)
{
    struct package *package = &choice->package;
    choice->manifest = manifest;
    package->name = manifest->name;
    if (!choice->direct && strcmp(package->version, VERSION_UNKNOWN) == 0)
        package->flags |= PACKAGE_UNVERSIONED;
    package->version = manifest->version;
    package->description = or_empty(manifest->description);
    package->language = or_empty(manifest->language);
    package->license = or_empty(manifest->license);
    package->homepage = or_empty(manifest->homepage);
    package->author = first_or_empty(&manifest->authors);
    package->tags = strings_join(&manifest->tags, arena, "\n");
    package->provides = provides_lines(manifest, arena);
    package->consumes = consumes_lines(manifest, arena);
    package->depends = strings_join(&manifest->depends, arena, "\n");
    package->conflicts = strings_join(&manifest->conflicts, arena, "\n");
    package->capabilities = change_capabilities(choice, arena);
}

/* `text` with the place in staging taken out of it: a person never sees that. */
static const char *without_staging(const struct change *change, const struct choice *choice,
                                   const char *text)
{
    AUTO_BUF out = {0};
    size_t len = strlen(choice->tree_dir);
    const char *at;
    for (; (at = strstr(text, choice->tree_dir)); text = at + len + (at[len] == '/')) {
        buf_add(&out, text, (size_t)(at - text));
        if (at[len] != '/')
            buf_puts(&out, subject(choice, change->arena));
    }
    buf_puts(&out, text);
    return arena_strdup(change->arena, buf_text(&out));
}

static int manifest_refused(const struct change *change, const struct choice *choice)
{
    enum err code = error_code();
    const char *text = without_staging(change, choice, error_text());
    const char *hint = arena_strdup(change->arena, error_hint_text());
    fail(code, "plugin '%s': %s", subject(choice, change->arena), text);
    if (*hint)
        error_hint("%s", hint);
    return -(int)code;
}

static void warn_of_manifest(const struct change *change, const struct choice *choice,
                             const struct diags *diags)
{
    for (size_t i = 0; i < diags->count; i++)
        diags->items[i].file =
            arena_printf(change->arena, "plugin '%s': %s", subject(choice, change->arena),
                         without_staging(change, choice, diags->items[i].file));
    diags_warn(diags);
}

/* Whether a plan that was made with the one is good for the other. */
static bool same_terms(const struct package *a, const struct package *b)
{
    return strcmp(a->version, b->version) == 0 && strcmp(a->provides, b->provides) == 0 &&
           strcmp(a->consumes, b->consumes) == 0 && strcmp(or_empty(a->depends), b->depends) == 0 &&
           strcmp(or_empty(a->conflicts), b->conflicts) == 0;
}

static int read_arrival(struct change *change, struct choice *choice, bool *learned)
{
    struct arena *arena = change->arena;
    struct diags diags = {.arena = arena};
    struct manifest *manifest = arena_alloc(arena, sizeof *manifest);
    int result = manifest_read_package(manifest, arena, choice->tree_dir, &choice->package, &diags);
    if (result < 0)
        return manifest_refused(change, choice);
    warn_of_manifest(change, choice, &diags);
    result = check_identity(choice, manifest);
    if (result == 0)
        result = change_choose_build(change, choice, manifest);
    if (result < 0)
        return result;
    const struct package before = choice->package;
    take_manifest(choice, manifest, arena);
    *learned |= !same_terms(&before, &choice->package);
    result = name_check("plugin", choice->package.name);
    return result < 0 || choice->direct ? result : store_check_seen(&choice->package, arena);
}

static bool same_build(const struct package *a, const struct package *b)
{
    return strcmp(or_empty(a->build), or_empty(b->build)) == 0;
}

/* Versions that a commit or a hash stands for differ where nothing else does. */
static bool same_version(const struct package *a, const struct package *b)
{
    static const char content[] = "0.0.0+";
    return strcmp(a->version, b->version) == 0 ||
           (text_starts(a->version, content) && text_starts(b->version, content));
}

static bool same_entry(const struct package *a, const struct package *b)
{
    return strcmp(a->registry, b->registry) == 0 && same_version(a, b) &&
           strcmp(or_empty(a->entry), or_empty(b->entry)) == 0;
}

/* What comes out the same is what is installed: of a direct source that is updated, and of a
 * registry that does not say the version. */
static void recognise_current(struct change *change, struct choice *choice, bool *learned)
{
    const struct package *before = installed_find(&change->before, choice->package.name);
    if (!before || choice->rebuild || change->request->locked || before->flags & PACKAGE_DEV ||
        !same_build(before, &choice->package) || strcmp(before->tree, choice->package.tree) != 0)
        return;
    if (choice->direct) {
        choice->same_as_current = !*before->registry;
    } else if (same_entry(before, &choice->package)) {
        *learned = choice->same_as_current = true;
        tree_remember(&choice->package.source, choice->package.tree);
    }
}

/* ---- packages of npm ---- */

/* The tarball is the version that the registry said, and from now on the plugin's source. What
 * it needs of Node's packages is told: paii installs none, and runs no script of any. */
static int settle_npm(struct change *change, struct arrival *arrival)
{
    struct choice *choice = arrival->choice;
    struct strings needs = {0};
    if (choice->package.source.kind != SOURCE_NPM)
        return 0;
    if (arrival->npm) {
        const struct fetch_job *npm = arrival->npm;
        choice->package.source.url = npm->url;
        choice->package.source.ref = NULL;
        int result = npm_check(choice->tree_dir, npm->package, npm->chosen, change->arena);
        if (result < 0)
            return error_context(result, "plugin '%s'", choice->package.name);
    }
    npm_needs(&needs, choice->tree_dir, change->arena);
    if (needs.count)
        warning("plugin '%s' needs node packages that it does not carry, and paii installs none: "
                "%s",
                choice->package.name, strings_join(&needs, change->arena, ", "));
    return 0;
}

/* ---- the way ---- */

/* Text that only a model would see is refused before anything of the tree is read. */
static int scan_hidden(struct change *change, const struct choice *choice)
{
    const char *name = subject(choice, change->arena), *counted;
    int result = hidden_scan_folder(&counted, change->arena, choice->tree_dir);
    if (result < 0)
        return error_context(result, "plugin '%s'", name);
    if (counted)
        warning("plugin '%s' holds text that is not seen: %s", name, counted);
    return 0;
}

/* The folder is the one that is installed, so nothing came. */
static void leave_unchanged(struct change *change, const struct arrival *arrival)
{
    struct choice *choice = arrival->choice;
    struct source source = choice->package.source;
    source.commit = arrival->job->commit;
    choice->same_as_current = true;
    tree_remember(&source, installed_find(&change->before, choice->package.name)->tree);
}

static int receive(struct change *change, struct arrival *arrivals, size_t count, bool *learned)
{
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        if (arrivals[i].choice->package.source.kind == SOURCE_FOLDER)
            result = copy_folder(change, &arrivals[i]);
    if (result == 0) {
        result = fetch_remote(change, arrivals, count);
        note_unreachable(arrivals, count, change->arena);
        result = name_plugin(arrivals, count, result);
    }
    for (size_t i = 0; i < count && result == 0; i++) {
        struct choice *choice = arrivals[i].choice;
        if (arrivals[i].job && arrivals[i].job->unchanged) {
            leave_unchanged(change, &arrivals[i]);
            *learned = true;
            continue;
        }
        choice->tree_dir = path_join(change->arena, arrivals[i].place, "src");
        result = check_pins(&arrivals[i], change->arena);
        if (result == 0)
            result = settle_npm(change, &arrivals[i]);
        if (result == 0)
            result = manifest_settle(change->arena, choice->tree_dir, &choice->package);
        if (result == 0)
            result = scan_hidden(change, choice);
        if (result == 0)
            result = read_arrival(change, choice, learned);
    }
    return result;
}

int change_fetch(struct change *change, struct choice **choices, size_t count, bool *learned)
{
    struct arrival *arrivals = arena_array(change->arena, count + 1, sizeof *arrivals);
    size_t arrival_count = 0;
    int result = 0;
    *learned = false;
    for (size_t i = 0; i < count && result == 0; i++) {
        struct choice *choice = choices[i];
        struct package *package = &choice->package;
        if (choice->tree_dir)
            continue;
        if (package->source.kind == SOURCE_NONE)
            return source_refused(package->name, &package->source);
        if (package->flags & PACKAGE_DEV) {
            choice->tree_dir = package->source.url;
            package->prefix = package->source.url;
            result = read_arrival(change, choice, learned);
            continue;
        }
        if (choice->stored) {
            choice->tree_dir = installed_prefix(package, change->arena);
            result = read_arrival(change, choice, learned);
            continue;
        }
        arrivals[arrival_count] = (struct arrival){.choice = choice};
        result = choose_place(change, arrivals, arrival_count++);
    }
    if (result == 0)
        result = receive(change, arrivals, arrival_count, learned);
    for (size_t i = 0; i < arrival_count && result == 0; i++)
        if (!arrivals[i].choice->same_as_current)
            recognise_current(change, arrivals[i].choice, learned);
    return result;
}
