#include "registry/project.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/paths.h"
#include "base/text.h"
#include "registry/source.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX = 16 * 1024 * 1024, PRIORITY_LENT = -10000 };

static struct strings lent;
static struct arena lent_arena; /* lives as long as the process */

int project_read(struct buf *out, const char *name)
{
    struct arena arena = {0};
    const char *path = path_join(&arena, paths.project, name);
    struct stat st;
    int result = 0;

    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
        result = fail(ERR_REFUSED, "'%s' is a symbolic link, where a project has a file", path);
        error_hint("put the file itself there");
    } else if (fs_exists(path)) {
        result = fs_read(out, path, FILE_MAX);
    }
    arena_release(&arena);
    return result;
}

/* ---- places ---- */

static const char *below(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

const char *project_place(const char *path, struct arena *arena)
{
    const char *inside = below(path, paths.project);
    const char *builtin = below(path, path_join(arena, paths.share, "registry-index"));
    return inside    ? arena_printf(arena, "./%s", inside)
           : builtin ? arena_printf(arena, "builtin:%s", builtin)
                     : NULL;
}

static int stays_inside(const char *path, const char *root)
{
    char real[PATH_MAX], real_root[PATH_MAX];
    /* What is not there is said by who looks for it. */
    if (!realpath(path, real) || !realpath(root, real_root) || strcmp(real, real_root) == 0 ||
        below(real, real_root))
        return 0;
    fail(ERR_REFUSED, "'%s' leads out of the repository, to '%s'", path, real);
    error_hint("a project names folders of its own repository");
    return -ERR_REFUSED;
}

int project_resolve(const char **out, const char *text, const char *root, struct arena *arena)
{
    *out = text;
    if (text_starts(text, "./"))
        *out = path_join(arena, root, text + 2);
    else if (text_starts(text, "builtin:") && text[8])
        *out = arena_printf(arena, "%s/registry-index/%s", paths.share, text + 8);
    else
        return 0;
    return *text == '.' ? stays_inside(*out, root) : 0;
}

/* ---- [registries] ---- */

/* The secrets for a URL are those that the user's own paii.toml has for it. */
static void take_access(struct registry_config *registry, const struct config *user)
{
    for (size_t i = 0; i < user->registry_count; i++) {
        const struct registry_config *own = &user->registries[i];
        if (strcmp(own->url, registry->url) != 0)
            continue;
        registry->token_env = own->token_env;
        registry->token_user = own->token_user;
        registry->netrc = own->netrc;
    }
}

static void check_registry(struct reader *reader, const struct registry_config *registry,
                           struct arena *arena)
{
    const struct data *table = data_get(reader->table, "registries");
    const struct data *node = table ? data_get(table, registry->name) : NULL;
    const char *path;
    if (!node)
        return;
    if (registry->token_env || registry->netrc)
        read_error(reader, node, "secrets are each person's own: they stand in '%s'", paths.config);
    else if (registry->builtin)
        return;
    else if (text_starts(registry->url, "file:") ||
             (*registry->url == '/' && !below(registry->url, paths.project)))
        read_error(reader, node,
                   "a project's registry is https, ssh, or a folder of the repository");
    else if (*registry->url == '/' &&
             project_resolve(&path, project_place(registry->url, arena), paths.project, arena) < 0)
        read_error(reader, node, "%s", error_text());
}

static void add_registry(struct config *out, const struct registry_config *registry,
                         struct arena *arena)
{
    *arena_push(arena, &out->registries, &out->registry_count, &out->registry_capacity) = *registry;
}

static int compare_registries(const void *a, const void *b)
{
    return strcmp(((const struct registry_config *)a)->name,
                  ((const struct registry_config *)b)->name);
}

static void join_registries(struct config *out, const struct config *user, struct arena *arena)
{
    for (size_t i = 0; i < out->registry_count; i++)
        take_access(&out->registries[i], user);
    for (size_t i = 0; i < lent.count; i++) {
        const struct registry_config *own = config_registry(user, lent.items[i]);
        if (!own || config_registry(out, own->name))
            continue;
        add_registry(out, own, arena);
        out->registries[out->registry_count - 1].priority = PRIORITY_LENT;
    }
    qsort(out->registries, out->registry_count, sizeof *out->registries, compare_registries);
}

void project_lend(const char *registry)
{
    strings_add(&lent, &lent_arena, arena_strdup(&lent_arena, registry));
}

bool project_is_lent(const struct registry_config *registry)
{
    return registry->priority == PRIORITY_LENT;
}

/* ---- the whole ---- */

/* What a person's own paii.toml says of other things is no repository's business. */
static void pass_over(struct reader *reader)
{
    static const char *const known[] = {"paii", "registries", "plugins", "bindings"};
    for (const struct data *node = reader->table->children; node; node = node->next) {
        bool counts = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            counts |= strcmp(node->key, known[i]) == 0;
        if (!counts)
            read_warning(reader, node, "[%s] of a project is not read: it is each person's own",
                         node->key);
    }
}

int project_config(struct config *out, struct arena *arena)
{
    static bool warned; /* one command may read it more than once */
    struct diags diags = {.arena = arena};
    struct config own;
    AUTO_BUF text = {0};
    const char *file = path_join(arena, paths.project, PROJECT_CONFIG);
    int result = project_read(&text, PROJECT_CONFIG);
    if (result == 0)
        result = config_parse(&own, arena, file, buf_text(&text), text.len, &diags);
    if (result < 0)
        return result;
    struct reader reader = {.table = own.root, .file = file, .diags = &diags};
    pass_over(&reader);
    for (size_t i = 0; i < own.registry_count; i++)
        check_registry(&reader, &own.registries[i], arena);
    result = diags_result(&diags);
    if (result < 0)
        return result;
    if (!warned)
        diags_warn(&diags);
    warned = true;
    join_registries(&own, out, arena);
    out->registries = own.registries;
    out->registry_count = own.registry_count;
    out->registry_capacity = own.registry_capacity;
    out->bindings = own.bindings;
    out->binding_count = own.binding_count;
    out->binding_capacity = own.binding_capacity;
    out->wanted = own.wanted;
    out->wanted_count = own.wanted_count;
    return 0;
}
