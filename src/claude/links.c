/* Links in folders that are not ours: ~/.claude/skills, and plugins/NAME/plugin.toml. And the
 * entries in settings.json, which may stand for the link to the dispatcher. */
#include "claude/claude.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"
#include "claude/registration.h"
#include "claude/repository.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- where, and whose ---- */

static const char *skills_folder(struct arena *arena)
{
    return path_join(arena, paths.claude, "skills");
}

/* Every link of ours starts with this. */
static const char *link_target(struct arena *arena, const char *name)
{
    return arena_printf(arena, "%s/claude/%s", paths.current, name);
}

/* The target of a link; NULL for what is no link or not there. */
static int read_link(const char **out, struct arena *arena, const char *path)
{
    *out = fs_read_link(arena, path);
    if (*out || errno == EINVAL || errno == ENOENT || errno == ENOTDIR)
        return 0;
    return fail_errno(ERR_GENERIC, "cannot read link '%s'", path);
}

/* In a project also what it got as another one: it was copied, or moved. */
static bool is_our_target(const char *target, struct arena *arena)
{
    const char *projects = arena_printf(arena, "%s/projects/", paths.user);
    if (!paths.project || !text_starts(target, projects))
        return text_starts(target, link_target(arena, ""));
    const char *rest = target + strlen(projects);
    return text_starts(rest + strcspn(rest, "/"), "/current/claude/");
}

static int is_ours(bool *out, struct arena *arena, const char *path)
{
    const char *target;
    int result = read_link(&target, arena, path);
    *out = target && is_our_target(target, arena);
    return result;
}

/* Whether `dir`, a generation or `current`, has something to show under that name. */
static bool is_shown(struct arena *arena, const char *dir, const struct installed *set,
                     const char *name, enum hook_registration hooks)
{
    if (strcmp(name, DISPATCHER_NAME) == 0 ? hooks != HOOKS_BY_PLUGIN : !installed_find(set, name))
        return false;
    return fs_exists(arena_printf(arena, "%s/claude/%s", dir, name));
}

/* The plugins' names, and our own. */
static void all_names(struct strings *out, const struct installed *set, struct arena *arena)
{
    for (size_t i = 0; i < set->count; i++)
        strings_add(out, arena, set->packages[i].name);
    strings_add(out, arena, DISPATCHER_NAME);
}

static int refuse_foreign(const char *path, const char *name)
{
    if (strcmp(name, DISPATCHER_NAME) == 0)
        fail(ERR_REFUSED, "'%s' exists and is not paii's, so hooks cannot be registered there",
             path);
    else
        fail(ERR_REFUSED, "'%s' exists and is not paii's, so plugin '%s' cannot be linked there",
             path, name);
    error_hint("move it away, or remove it if it is an old copy; paii never replaces it");
    return -ERR_REFUSED;
}

static int check_links(const struct installed *set, const char *generation_dir,
                       enum hook_registration hooks, struct arena *arena)
{
    struct strings names = {0};
    int outside = paths.project ? repository_check(arena) : 0;
    if (outside < 0)
        return outside;
    all_names(&names, set, arena);
    for (size_t i = 0; i < names.count; i++) {
        const char *path = path_join(arena, skills_folder(arena), names.items[i]);
        if (!is_shown(arena, generation_dir, set, names.items[i], hooks))
            continue;
        bool ours;
        int result = is_ours(&ours, arena, path);
        if (result < 0)
            return result;
        if (!ours && fs_exists(path))
            return refuse_foreign(path, names.items[i]);
    }
    return 0;
}

/* ---- the dispatcher ---- */

/* What is to stand in settings.json: nothing, unless that is where hooks are registered. */
static int wanted_entries(struct wanted_event **events, size_t *count, const char *dir,
                          enum hook_registration hooks, struct arena *arena)
{
    *events = NULL;
    *count = 0;
    return hooks == HOOKS_BY_SETTINGS ? claude_read_dispatcher(dir, events, count, NULL, arena) : 0;
}

static int sync_settings(enum hook_registration hooks, struct arena *arena)
{
    struct wanted_event *events;
    size_t count;
    int result = wanted_entries(&events, &count, paths.current, hooks, arena);
    return result < 0 ? result : settings_sync(events, count, arena);
}

int claude_check_links_as(const struct installed *set, const char *generation_dir,
                          enum hook_registration hooks, struct arena *arena)
{
    struct wanted_event *events;
    size_t count;
    int result = check_links(set, generation_dir, hooks, arena);
    if (result == 0)
        result = wanted_entries(&events, &count, generation_dir, hooks, arena);
    return result < 0 ? result : settings_check(events, count, arena);
}

int claude_check_links(const struct installed *set, const char *generation_dir, struct arena *arena)
{
    enum hook_registration hooks;
    int result = registration_read(&hooks, arena);
    return result < 0 ? result : claude_check_links_as(set, generation_dir, hooks, arena);
}

/* ---- folders that we made, to be removed when they are empty again ---- */

enum { MADE_MAX = 65536 };

static const char *made_file(struct arena *arena)
{
    return path_join(arena, paths.dir, "made-folders");
}

static bool has_line(const char *text, const char *line, struct arena *arena)
{
    struct strings lines = {0};
    strings_split(&lines, arena, text, '\n');
    return strings_has(&lines, line);
}

/* Empty if there is none. */
static int read_made(struct buf *out, struct arena *arena)
{
    int result = fs_read(out, made_file(arena), MADE_MAX);
    if (result != -ERR_NOT_FOUND)
        return result;
    error_clear();
    return 0;
}

int claude_make_folder(const char *folder, struct arena *arena)
{
    const char *const folders[] = {paths.claude, folder};
    if (fs_is_dir(folder))
        return 0;
    AUTO_BUF made = {0};
    /* What stands there may be of a run that was killed before it had made both. */
    int result = read_made(&made, arena);
    if (result < 0)
        return result;
    for (size_t i = 0; i < 2; i++)
        if (!fs_is_dir(folders[i]) && !has_line(buf_text(&made), folders[i], arena))
            buf_printf(&made, "%s\n", folders[i]);
    result = fs_write(made_file(arena), made.data, made.len, 0600);
    return result < 0 ? result : fs_mkdirs(folder, 0755);
}

/* A folder that is in use, or not ours to remove, stays. */
static int remove_empty(const char *folder)
{
    static const int fine[] = {ENOTEMPTY, EEXIST, ENOENT, ENOTDIR, EBUSY, EACCES, EPERM, EROFS};
    if (rmdir(folder) == 0)
        return 0;
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        if (errno == fine[i])
            return 0;
    return fail_errno(ERR_GENERIC, "cannot remove folder '%s'", folder);
}

static bool any_exists(const struct strings *folders)
{
    for (size_t i = 0; i < folders->count; i++)
        if (fs_exists(folders->items[i]))
            return true;
    return false;
}

static int remove_made_folders(struct arena *arena)
{
    AUTO_BUF text = {0};
    int result = read_made(&text, arena);
    if (result < 0 || text.len == 0)
        return result;
    struct strings made = {0};
    strings_split(&made, arena, buf_text(&text), '\n');
    for (size_t i = made.count; i-- > 0 && result == 0;) /* the inner one first */
        result = remove_empty(made.items[i]);
    if (result == 0 && !any_exists(&made) && unlink(made_file(arena)) != 0)
        result = fail_errno(ERR_GENERIC, "cannot remove '%s'", made_file(arena));
    return result;
}

/* ---- ~/.claude/skills ---- */

static int add_skill_link(const char *name, struct arena *arena)
{
    const char *path = path_join(arena, skills_folder(arena), name);
    const char *wanted = link_target(arena, name), *there = fs_read_link(arena, path);
    if (there && strcmp(there, wanted) == 0)
        return 0;
    bool ours;
    int result = is_ours(&ours, arena, path);
    if (result == 0 && !ours && fs_exists(path))
        return refuse_foreign(path, name);
    if (result == 0)
        result = claude_make_folder(skills_folder(arena), arena);
    return result < 0 ? result : fs_symlink(wanted, path);
}

static int add_skill_links(const struct installed *set, enum hook_registration hooks,
                           struct arena *arena)
{
    struct strings names = {0};
    int result = 0;
    all_names(&names, set, arena);
    for (size_t i = 0; i < names.count && result == 0; i++)
        if (is_shown(arena, paths.current, set, names.items[i], hooks))
            result = add_skill_link(names.items[i], arena);
    return result;
}

static int remove_skill_links(const struct installed *set, enum hook_registration hooks,
                              struct arena *arena)
{
    struct strings names = {0};
    if (!fs_is_dir(skills_folder(arena)))
        return 0;
    int result = fs_list(&names, arena, skills_folder(arena));
    for (size_t i = 0; i < names.count && result == 0; i++) {
        const char *path = path_join(arena, skills_folder(arena), names.items[i]);
        bool ours;
        result = is_ours(&ours, arena, path);
        if (result == 0 && ours && !is_shown(arena, paths.current, set, names.items[i], hooks) &&
            unlink(path) != 0)
            result = fail_errno(ERR_GENERIC, "cannot remove link '%s'", path);
    }
    return result;
}

/* The links below skills/ alone: of settings.json and plugins/ nobody asks. */
int claude_links_differ(struct strings *out, const struct installed *set, struct arena *arena)
{
    enum hook_registration hooks;
    struct strings names = {0}, there = {0};
    const char *folder = skills_folder(arena);
    int result = registration_read(&hooks, arena);
    if (result == 0 && fs_is_dir(folder))
        result = fs_list(&there, arena, folder);
    all_names(&names, set, arena);
    for (size_t i = 0; i < names.count && result == 0; i++) {
        const char *name = names.items[i], *path = path_join(arena, folder, name);
        const char *target = fs_read_link(arena, path);
        if (is_shown(arena, paths.current, set, name, hooks) &&
            !(target && strcmp(target, link_target(arena, name)) == 0))
            strings_add(out, arena, arena_printf(arena, "the link '%s' is missing", path));
    }
    for (size_t i = 0; i < there.count && result == 0; i++) {
        bool ours;
        const char *path = path_join(arena, folder, there.items[i]);
        result = is_ours(&ours, arena, path);
        if (result == 0 && ours && !is_shown(arena, paths.current, set, there.items[i], hooks))
            strings_add(out, arena, arena_printf(arena, "the link '%s' is left over", path));
    }
    return result;
}

/* A repository is not to see links that are one clone's alone. */
static int sync_ignored(const struct installed *set, enum hook_registration hooks,
                        struct arena *arena)
{
    struct strings names = {0}, shown = {0};
    all_names(&names, set, arena);
    for (size_t i = 0; i < names.count; i++)
        if (is_shown(arena, paths.current, set, names.items[i], hooks))
            strings_add(&shown, arena, names.items[i]);
    return repository_ignore(&shown, arena);
}

/* ---- plugins/NAME/plugin.toml ---- */

/* The folder that plugins/NAME is: that of another name, if the plugin was renamed. */
static const char *folder_name(const char *name, struct arena *arena)
{
    for (int i = 0; i < CONFIG_MAX_NAMES; i++) {
        const char *before = config_called_before(name, arena);
        if (!before)
            break;
        name = before;
    }
    return name;
}

/* Another plugin that has taken the old name has nothing to do with what is there of the renamed
 * one: the folder follows the renamed one. Stopped halfway, a link to itself is left. */
static int part_from_old(const struct installed *set, const char *name, struct arena *arena)
{
    const char *before = config_called_before(name, arena);
    const char *path = path_join(arena, paths.plugins, name);
    const char *old = before ? path_join(arena, paths.plugins, before) : NULL;
    if (!before)
        return 0;
    bool both = installed_find(set, before) && strcmp(before, name) != 0 && fs_is_dir(old);
    int result = both ? store_exchange(old, path) : 0;
    if (result < 0)
        return result;
    const char *stale = both ? old : path;
    return fs_is_dir(stale) || unlink(stale) == 0
               ? 0
               : fail_errno(ERR_GENERIC, "cannot remove link '%s'", stale);
}

static int add_plugin_folder(const char *name, struct arena *arena)
{
    const char *folder = path_join(arena, paths.plugins, name);
    const char *path = path_join(arena, folder, "plugin.toml");
    const char *target = arena_printf(arena, "../../current/prefix/%s/plugin.toml", name);
    const char *there = fs_read_link(arena, path);
    if (there ? strcmp(there, target) == 0 : fs_exists(path))
        return 0;
    int result = fs_mkdirs(folder, 0700);
    return result < 0 ? result : fs_symlink(target, path);
}

/* It stays while it holds the user's configuration or the plugin's data. */
static int leave_plugin_folder(const char *name, struct arena *arena)
{
    const char *folder = path_join(arena, paths.plugins, name);
    const char *path = path_join(arena, folder, "plugin.toml"), *target;
    int result = read_link(&target, arena, path);
    if (target && text_starts(target, "../../current/prefix/") && unlink(path) != 0)
        return fail_errno(ERR_GENERIC, "cannot remove link '%s'", path);
    return result < 0 ? result : remove_empty(folder);
}

static int sync_plugin_folders(const struct installed *set, struct arena *arena)
{
    struct strings names = {0}, used = {0};
    int result = fs_mkdirs(paths.plugins, 0700);
    for (size_t i = 0; i < set->count && result == 0; i++)
        result = part_from_old(set, set->packages[i].name, arena);
    for (size_t i = 0; i < set->count && result == 0; i++) {
        result = add_plugin_folder(set->packages[i].name, arena);
        strings_add(&used, arena, folder_name(set->packages[i].name, arena));
    }
    if (result == 0)
        result = fs_list(&names, arena, paths.plugins);
    for (size_t i = 0; i < names.count && result == 0; i++) {
        const char *folder = path_join(arena, paths.plugins, names.items[i]);
        if (fs_read_link(arena, folder))
            continue;
        result = fs_sweep(folder);
        if (result == 0 && !strings_has(&used, names.items[i]))
            result = leave_plugin_folder(names.items[i], arena);
    }
    for (size_t i = 0; i < names.count && result == 0; i++) {
        const char *path = path_join(arena, paths.plugins, names.items[i]);
        if (fs_read_link(arena, path) && !fs_is_dir(path) && unlink(path) != 0)
            result = fail_errno(ERR_GENERIC, "cannot remove link '%s'", path);
    }
    return result;
}

/* ---- all of it ---- */

static const char *pending_file(struct arena *arena)
{
    return path_join(arena, paths.dir, "links-pending");
}

int claude_sync_links_as(const struct installed *set, enum hook_registration hooks,
                         struct arena *arena)
{
    int result = claude_refresh_dispatcher(arena);
    /* A guard is rather asked twice for a moment than not at all. */
    if (result == 0)
        result = add_skill_links(set, hooks, arena);
    if (result == 0)
        result = sync_settings(hooks, arena);
    if (result == 0)
        result = remove_skill_links(set, hooks, arena);
    if (result == 0 && paths.project)
        result = sync_ignored(set, hooks, arena);
    if (result == 0)
        result = sync_plugin_folders(set, arena);
    return result < 0 ? result : remove_made_folders(arena);
}

int claude_sync_links(const struct installed *set, struct arena *arena)
{
    enum hook_registration hooks;
    int result = registration_read(&hooks, arena);
    if (result == 0)
        result = claude_sync_links_as(set, hooks, arena);
    if (result == 0)
        unlink(pending_file(arena)); /* else the next writer does all this again */
    return result;
}

int claude_expect_sync(void)
{
    struct arena arena = {0};
    int result = fs_write(pending_file(&arena), "", 0, 0600);
    arena_release(&arena);
    return result;
}

int claude_recover(void)
{
    struct arena arena = {0};
    struct installed set;
    int result = 0;
    if (fs_exists(pending_file(&arena))) {
        result = installed_read(&set, &arena);
        if (result == 0)
            result = claude_sync_links(&set, &arena);
    }
    arena_release(&arena);
    return result;
}
