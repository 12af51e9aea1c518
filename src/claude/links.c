/* Links in folders that are not ours: ~/.claude/skills and others, plugins/NAME/plugin.toml. And
 * the entries in settings.json, which may stand for the link to the dispatcher. */
#include "claude/claude.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"
#include "claude/links.h"
#include "claude/registration.h"
#include "claude/repository.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MAX = 16 * 1024 * 1024 };

/* ---- where, and whose ---- */

const char *const client_folders[] = {"skills", "agents", "commands", NULL};

static const char *folder_of(const char *name, struct arena *arena)
{
    return path_join(arena, paths.claude, name);
}

/* The target of a link; NULL for what is no link or not there. */
static int read_link(const char **out, struct arena *arena, const char *path)
{
    *out = fs_read_link(arena, path);
    if (*out || errno == EINVAL || errno == ENOENT || errno == ENOTDIR)
        return 0;
    return fail_errno(ERR_GENERIC, "cannot read link '%s'", path);
}

/* Every link of ours leads into one of these. In a project also what it got as another one: it was
 * copied, or moved. */
static bool is_our_target(const char *target, struct arena *arena)
{
    const char *projects = arena_printf(arena, "%s/projects/", paths.user);
    if (!paths.project || !text_starts(target, projects))
        return text_starts(target, arena_printf(arena, "%s/claude/", paths.current)) ||
               text_starts(target, arena_printf(arena, "%s/flat/", paths.current));
    const char *rest = target + strlen(projects);
    return text_starts(rest + strcspn(rest, "/"), "/current/claude/");
}

int link_is_ours(bool *out, struct arena *arena, const char *path)
{
    const char *target;
    int result = read_link(&target, arena, path);
    *out = target && is_our_target(target, arena);
    return result;
}

/* ---- what is to be there ---- */

/* Whether `dir`, a generation or `current`, has something to show under that name. */
static bool is_shown(struct arena *arena, const char *dir, const struct installed *set,
                     const char *name, enum hook_registration hooks)
{
    if (strcmp(name, DISPATCHER_NAME) == 0 ? hooks != HOOKS_BY_PLUGIN : !installed_find(set, name))
        return false;
    return fs_exists(arena_printf(arena, "%s/claude/%s", dir, name));
}

/* A plugin gives way to a skill of its own name: no skill and no plugin is called NAME.plugin. */
const char *claude_plugin_link(const char *plugin, const char *dir, struct arena *arena)
{
    bool taken = fs_exists(arena_printf(arena, "%s/flat/skills/%s", dir, plugin));
    return arena_printf(arena, "%s/skills/%s%s", paths.claude, plugin, taken ? ".plugin" : "");
}

static void add_plugin(struct client_links *out, const char *name, const char *dir,
                       struct arena *arena)
{
    *arena_push(arena, &out->items, &out->count, &out->capacity) = (struct client_link){
        .path = claude_plugin_link(name, dir, arena),
        .target = arena_printf(arena, "%s/claude/%s", paths.current, name),
        .plugin = name,
    };
}

static const char *part_of(const char *link, struct arena *arena)
{
    const char *name = path_base(link);
    int kind = 0;
    while (kind < COMPONENT_SERVER && !text_starts(link, client_folders[kind]))
        kind++;
    size_t len = strlen(name) - (kind == COMPONENT_SKILL ? 0 : strlen(".md"));
    return arena_printf(arena, "%s '%.*s'", component_kinds[kind], (int)len, name);
}

static int add_flat(struct client_links *out, const char *dir, struct arena *arena)
{
    AUTO_BUF text = {0};
    struct strings lines = {0};
    const char *file = path_join(arena, dir, FLAT_LIST);
    out->listed = fs_exists(file);
    int result = out->listed ? fs_read(&text, file, LIST_MAX) : 0;
    strings_split(&lines, arena, buf_text(&text), '\n');
    for (size_t i = 0; i < lines.count && result == 0; i++) {
        const char *tab = strchr(lines.items[i], '\t');
        if (!tab)
            continue;
        const char *link = arena_strndup(arena, lines.items[i], (size_t)(tab - lines.items[i]));
        *arena_push(arena, &out->items, &out->count, &out->capacity) = (struct client_link){
            .path = path_join(arena, paths.claude, link),
            .target = arena_printf(arena, "%s/flat/%s", paths.current, link),
            .plugin = tab + 1,
            .part = part_of(link, arena),
        };
    }
    return result;
}

int claude_links(struct client_links *out, const struct installed *set, const char *dir,
                 enum hook_registration hooks, struct arena *arena)
{
    *out = (struct client_links){0};
    for (size_t i = 0; i < set->count; i++)
        if (is_shown(arena, dir, set, set->packages[i].name, hooks))
            add_plugin(out, set->packages[i].name, dir, arena);
    if (is_shown(arena, dir, set, DISPATCHER_NAME, hooks))
        add_plugin(out, DISPATCHER_NAME, dir, arena);
    return add_flat(out, dir, arena);
}

static int refuse_foreign(const struct client_link *link, struct arena *arena)
{
    if (strcmp(link->plugin, DISPATCHER_NAME) == 0)
        fail(ERR_REFUSED, "'%s' exists and is not paii's, so hooks cannot be registered there",
             link->path);
    else
        fail(ERR_REFUSED, "'%s' exists and is not paii's, so %splugin '%s' cannot be linked there",
             link->path, link->part ? arena_printf(arena, "%s of ", link->part) : "", link->plugin);
    error_hint("move it away, or remove it if it is an old copy; paii never replaces it");
    return -ERR_REFUSED;
}

static int check_links(const struct installed *set, const char *generation_dir,
                       enum hook_registration hooks, struct arena *arena)
{
    struct client_links links;
    int result = paths.project ? repository_check(arena) : 0;
    if (result == 0)
        result = claude_links(&links, set, generation_dir, hooks, arena);
    for (size_t i = 0; result == 0 && i < links.count; i++) {
        bool ours;
        result = link_is_ours(&ours, arena, links.items[i].path);
        if (result == 0 && !ours && fs_exists(links.items[i].path))
            result = refuse_foreign(&links.items[i], arena);
    }
    return result;
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

/* ---- ~/.claude/skills, agents, commands ---- */

static int add_link(const struct client_link *link, struct arena *arena)
{
    const char *there = fs_read_link(arena, link->path);
    if (there && strcmp(there, link->target) == 0)
        return 0;
    bool ours;
    int result = link_is_ours(&ours, arena, link->path);
    if (result == 0 && !ours && fs_exists(link->path))
        return refuse_foreign(link, arena);
    if (result == 0)
        result = claude_make_folder(path_dir(arena, link->path), arena);
    return result < 0 ? result : fs_symlink(link->target, link->path);
}

static int add_links(const struct client_links *links, struct arena *arena)
{
    int result = 0;
    for (size_t i = 0; i < links->count && result == 0; i++)
        result = add_link(&links->items[i], arena);
    return result;
}

static bool is_wanted(const struct client_links *links, const char *path)
{
    for (size_t i = 0; i < links->count; i++)
        if (strcmp(links->items[i].path, path) == 0)
            return true;
    return false;
}

static int remove_others(const struct client_links *links, const char *folder, struct arena *arena)
{
    struct strings names = {0};
    int result = fs_is_dir(folder) ? fs_list(&names, arena, folder) : 0;
    for (size_t i = 0; i < names.count && result == 0; i++) {
        const char *path = path_join(arena, folder, names.items[i]);
        bool ours;
        result = link_is_ours(&ours, arena, path);
        if (result == 0 && ours && !is_wanted(links, path) && unlink(path) != 0)
            result = fail_errno(ERR_GENERIC, "cannot remove link '%s'", path);
    }
    return result;
}

static int remove_links(const struct client_links *links, struct arena *arena)
{
    int result = 0;
    for (size_t i = 0; client_folders[i] && result == 0; i++)
        result = remove_others(links, folder_of(client_folders[i], arena), arena);
    return result;
}

/* Of settings.json and plugins/ nobody asks. */
int claude_links_differ(struct strings *out, const struct installed *set, struct arena *arena)
{
    enum hook_registration hooks;
    struct client_links links;
    struct strings there = {0};
    const char *folder = folder_of("skills", arena);
    int result = registration_read(&hooks, arena);
    if (result == 0)
        result = claude_links(&links, set, paths.current, hooks, arena);
    if (result == 0 && fs_is_dir(folder))
        result = fs_list(&there, arena, folder);
    for (size_t i = 0; result == 0 && i < links.count; i++) {
        const char *path = links.items[i].path, *target = fs_read_link(arena, path);
        if (!(target && strcmp(target, links.items[i].target) == 0))
            strings_add(out, arena, arena_printf(arena, "the link '%s' is missing", path));
    }
    for (size_t i = 0; i < there.count && result == 0; i++) {
        bool ours;
        const char *path = path_join(arena, folder, there.items[i]);
        result = link_is_ours(&ours, arena, path);
        if (result == 0 && ours && !is_wanted(&links, path))
            strings_add(out, arena, arena_printf(arena, "the link '%s' is left over", path));
    }
    return result;
}

/* A repository is not to see links that are one clone's alone. */
static int sync_ignored(const struct client_links *links, struct arena *arena)
{
    struct strings shown = {0};
    for (size_t i = 0; i < links->count; i++)
        strings_add(&shown, arena, path_base(links->items[i].path));
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
    struct client_links links;
    int result = claude_refresh_dispatcher(arena);
    if (result == 0)
        result = claude_links(&links, set, paths.current, hooks, arena);
    /* A guard is rather asked twice for a moment than not at all. */
    if (result == 0)
        result = add_links(&links, arena);
    if (result == 0)
        result = sync_settings(hooks, arena);
    if (result == 0)
        result = remove_links(&links, arena);
    if (result == 0 && paths.project)
        result = sync_ignored(&links, arena);
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
