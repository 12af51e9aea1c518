#include "claude/flat.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"
#include "claude/declared.h"
#include "claude/dispatcher.h"
#include "claude/links.h"
#include "registry/manifest.h"

#include <string.h>

enum { TEXT_MAX = 4 * 1024 * 1024, NAME_LENGTH = 200 };

/* ---- which ---- */

static void leave_out(struct flat_parts *out, const struct flat_part *part, const char *why)
{
    strings_add(&out->left_out, out->arena,
                arena_printf(out->arena, "%s '%s' of plugin '%s' (%s)", component_kinds[part->kind],
                             part->name, part->plugin, why));
}

static void add_part(struct flat_parts *out, struct flat_part part)
{
    bool fits = *part.name && *part.name != '.' && !strchr(part.name, '/') &&
                strlen(part.name) <= NAME_LENGTH;
    for (const char *c = part.name; *c; c++)
        fits &= (unsigned char)*c >= ' ' && *c != 0x7f;
    if (fits)
        *arena_push(out->arena, &out->items, &out->count, &out->capacity) = part;
    else
        leave_out(out, &part, "its name cannot be that of a file");
}

/* The client keeps agents of plugins from these, but not agents that stand by themselves. "<<"
 * would bring keys from elsewhere in the text. */
static const char *privilege_of(const struct data *front)
{
    static const char *const keys[] = {"hooks", "mcpServers", "permissionMode", "<<"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (data_get(front, keys[i]))
            return keys[i];
    return NULL;
}

static int add_agent(struct flat_parts *out, struct flat_part part)
{
    AUTO_BUF text = {0};
    int result = fs_read(&text, path_join(out->arena, part.prefix, part.file), TEXT_MAX);
    if (result < 0)
        return result;
    const struct data *front = front_matter_read(out->arena, buf_text(&text));
    const char *name = claude_agent_name(front), *privilege = front ? privilege_of(front) : NULL;
    if (!name) {
        leave_out(out, &part, "its front matter has no name");
        return 0;
    }
    part.name = name;
    if (privilege)
        leave_out(
            out, &part,
            arena_printf(out->arena, "it says '%s', which agents of plugins may not", privilege));
    else
        add_part(out, part);
    return 0;
}

/* What a repository shows everybody keeps its prefix. */
static bool flat_wanted(const struct package *package)
{
    return package->flags & PACKAGE_FLAT && !paths.project;
}

int flat_add(struct flat_parts *out, const struct package *package, const char *prefix)
{
    struct components parts;
    if (!flat_wanted(package) || package->flags & PACKAGE_DISABLED)
        return 0;
    int result = claude_components(&parts, out->arena, package->name, prefix);
    struct strings *const files[] = {&parts.skill_files, &parts.agent_files, &parts.command_files};
    for (int kind = 0; kind < COMPONENT_SERVER; kind++) {
        const struct strings *names = claude_names(&parts, (enum component_kind)kind);
        for (size_t i = 0; i < names->count && result == 0; i++) {
            struct flat_part part = {.kind = (enum component_kind)kind,
                                     .name = names->items[i],
                                     .plugin = package->name,
                                     .prefix = prefix,
                                     .file = files[kind]->items[i]};
            /* The client gives the skill at a plugin's root no prefix anyway. */
            if (strcmp(part.file, "SKILL.md") == 0 ||
                claude_is_disabled(package, part.kind, part.name))
                continue;
            if (kind == COMPONENT_AGENT)
                result = add_agent(out, part);
            else
                add_part(out, part);
        }
    }
    return result;
}

/* ---- whose a name is ---- */

static const char *link_of(const struct flat_part *part, struct arena *arena)
{
    return arena_printf(arena, "%s/%s%s", client_folders[part->kind], part->name,
                        part->kind == COMPONENT_SKILL ? "" : ".md");
}

static int refuse(const struct flat_part *part, const char *other)
{
    fail(ERR_REFUSED, "%s '%s' of plugin '%s' cannot go without its prefix: %s",
         component_kinds[part->kind], part->name, part->plugin, other);
    error_hint("paii install %s --no-flat, or paii disable %s:%s:%s", part->plugin, part->plugin,
               component_kinds[part->kind], part->name);
    return -ERR_REFUSED;
}

/* A command and a skill of one name hide each other: the client knows both as /NAME. */
static bool same_name(const struct flat_part *a, const struct flat_part *b)
{
    bool agents = a->kind == COMPONENT_AGENT;
    return agents == (b->kind == COMPONENT_AGENT) && strcmp(a->name, b->name) == 0;
}

static int check_plugins(const struct flat_parts *parts, const struct flat_part *part,
                         const struct strings *plugins)
{
    struct arena *arena = parts->arena;
    for (const struct flat_part *other = parts->items; other < part; other++)
        if (same_name(part, other) && strcmp(part->plugin, other->plugin) != 0)
            return refuse(part, arena_printf(arena, "plugin '%s' has the %s '%s'", other->plugin,
                                             component_kinds[other->kind], other->name));
    /* Its own link gives way: links.h. */
    if (part->kind == COMPONENT_SKILL && strcmp(part->name, part->plugin) != 0 &&
        (strings_has(plugins, part->name) || strcmp(part->name, DISPATCHER_NAME) == 0))
        return refuse(part, arena_printf(arena, "plugin '%s' is linked by that name", part->name));
    return 0;
}

static int check_path(const struct flat_part *part, const char *relative, struct arena *arena)
{
    const char *path = path_join(arena, paths.claude, relative);
    bool ours = false;
    if (!fs_exists(path))
        return 0;
    int result = link_is_ours(&ours, arena, path);
    return result < 0 || ours ? result
                              : refuse(part, arena_printf(arena, "'%s' is your own", path));
}

/* Agents of the person's own, in the same order. */
struct own_agents {
    struct strings names, files;
};

/* By whatever file, as deep as people put them; what cannot be read is no agent for the client. */
static void find_agents(struct own_agents *out, const char *folder, int depth, struct arena *arena)
{
    struct strings entries = {0};
    if (fs_is_dir(folder) && fs_list(&entries, arena, folder) < 0)
        error_clear();
    for (size_t i = 0; i < entries.count; i++) {
        const char *path = path_join(arena, folder, entries.items[i]);
        bool ours = false;
        AUTO_BUF text = {0};
        if (depth > 0 && fs_is_dir(path)) {
            find_agents(out, path, depth - 1, arena);
        } else if (!text_ends(path, ".md") || link_is_ours(&ours, arena, path) < 0 || ours ||
                   fs_read(&text, path, TEXT_MAX) < 0) {
            error_clear();
        } else {
            const char *name = claude_agent_name(front_matter_read(arena, buf_text(&text)));
            strings_add(&out->names, arena, name ? name : "");
            strings_add(&out->files, arena, path);
        }
    }
}

static int check_agents(const struct flat_part *part, const struct own_agents *own,
                        struct arena *arena)
{
    for (size_t i = 0; i < own->names.count; i++)
        if (strcmp(own->names.items[i], part->name) == 0)
            return refuse(part, arena_printf(arena, "'%s' is your own", own->files.items[i]));
    return 0;
}

int flat_check(const struct flat_parts *parts, const struct strings *plugins)
{
    struct arena *arena = parts->arena;
    struct own_agents own = {0};
    int result = 0;
    if (parts->count)
        find_agents(&own, path_join(arena, paths.claude, "agents"), 4, arena);
    for (size_t i = 0; i < parts->count && result == 0; i++) {
        const struct flat_part *part = &parts->items[i];
        result = check_plugins(parts, part, plugins);
        if (result == 0)
            result = check_path(part, link_of(part, arena), arena);
        if (result == 0 && part->kind == COMPONENT_AGENT)
            result = check_agents(part, &own, arena);
        else if (result == 0 && part->kind == COMPONENT_COMMAND)
            result = check_path(part, arena_printf(arena, "skills/%s/SKILL.md", part->name), arena);
        else if (result == 0)
            result = check_path(part, arena_printf(arena, "commands/%s.md", part->name), arena);
    }
    return result;
}

/* ---- GENERATION/flat ---- */

/* What the client says to a part of a plugin and not to others, said by us. */
static const char *expand(const struct flat_part *part, const char *text, struct arena *arena)
{
    text = text_replace(arena, text, "${CLAUDE_PLUGIN_ROOT}",
                        arena_printf(arena, "%s/claude/%s", paths.current, part->plugin));
    return text_replace(arena, text, "${CLAUDE_PLUGIN_DATA}",
                        arena_printf(arena, "%s/%s/data", paths.plugins, part->plugin));
}

static int write_copy(const struct flat_part *part, const char *to, struct arena *arena)
{
    AUTO_BUF text = {0};
    int result = fs_read(&text, path_join(arena, part->prefix, part->file), TEXT_MAX);
    if (result == 0)
        result = fs_mkdirs(path_dir(arena, to), 0755);
    const char *copy = result < 0 ? "" : expand(part, buf_text(&text), arena);
    return result < 0 ? result : fs_write(to, copy, strlen(copy), 0644);
}

/* A copy, because of two links to one SKILL.md the client keeps one alone. */
static int write_skill(const struct flat_part *part, const char *dir, struct arena *arena)
{
    struct strings entries = {0};
    const char *folder = path_dir(arena, part->file);
    int result = write_copy(part, path_join(arena, dir, "SKILL.md"), arena);
    if (result == 0)
        result = fs_list(&entries, arena, path_join(arena, part->prefix, folder));
    for (size_t i = 0; i < entries.count && result == 0; i++)
        if (strcmp(entries.items[i], "SKILL.md") != 0)
            result = fs_symlink(arena_printf(arena, "../../../prefix/%s/%s/%s", part->plugin,
                                             folder, entries.items[i]),
                                path_join(arena, dir, entries.items[i]));
    return result;
}

static int write_parts(const struct flat_parts *parts, const char *generation_dir)
{
    struct arena *arena = parts->arena;
    AUTO_BUF list = {0};
    const char *root = path_join(arena, generation_dir, "flat");
    int result = 0;
    for (size_t i = 0; i < parts->count && result == 0; i++) {
        const struct flat_part *part = &parts->items[i];
        const char *link = link_of(part, arena), *to = path_join(arena, root, link);
        if (fs_exists(to)) /* declared twice, or a skill and a command */
            continue;
        result = part->kind == COMPONENT_SKILL ? write_skill(part, to, arena)
                                               : write_copy(part, to, arena);
        buf_printf(&list, "%s\t%s\n", link, part->plugin);
    }
    if (result == 0)
        result = fs_mkdirs(root, 0755);
    return result < 0 ? result
                      : fs_write(path_join(arena, generation_dir, FLAT_LIST), buf_text(&list),
                                 list.len, 0644);
}

int flat_project(const struct installed *set, const char *generation_dir, struct arena *arena)
{
    struct flat_parts parts = {.arena = arena};
    struct strings plugins = {0};
    bool any = false;
    int result = 0;
    for (size_t i = 0; i < set->count && result == 0; i++) {
        const struct package *package = &set->packages[i];
        any |= flat_wanted(package);
        strings_add(&plugins, arena, package->name);
        result = flat_add(&parts, package, installed_prefix(package, arena));
    }
    if (result == 0)
        result = flat_check(&parts, &plugins);
    return result < 0 || !any ? result : write_parts(&parts, generation_dir);
}
