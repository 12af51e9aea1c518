/* Which program runs a plugin. */
#include "runtime/run.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/process.h"
#include "store/store.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int not_installed(const struct catalog *installed, const char *plugin, struct arena *arena)
{
    struct strings names = {0};
    for (size_t i = 0; i < installed->count; i++)
        strings_add(&names, arena, catalog_name(installed, i));
    return installed_absent(plugin, &names);
}

static int look_up(struct target *out, const char *plugin, struct arena *arena)
{
    struct catalog installed = {0};
    int result = store_hold();
    if (result == 0)
        result = installed_open(&installed);
    if (result < 0)
        return result;
    size_t row;
    if (!catalog_find(&installed, plugin, &row)) {
        result = not_installed(&installed, plugin, arena);
        catalog_close(&installed);
        return result;
    }
    struct package package;
    catalog_get(&installed, row, &package);
    out->name = arena_strdup(arena, package.name);
    out->disabled = package.flags & PACKAGE_DISABLED;
    out->version = arena_strdup(arena, package.version);
    out->prefix = arena_strdup(arena, installed_prefix(&package, arena));
    catalog_close(&installed);
    return 0;
}

/* What was found is kept for as long as we run, whatever becomes current meanwhile. */
static int find_package(struct target *out, const char *plugin, struct arena *arena)
{
    for (;;) {
        int result = look_up(out, plugin, arena);
        if (result < 0 || store_holds_current())
            return result;
    }
}

int target_open(struct target *out, const char *plugin, struct arena *arena)
{
    *out = (struct target){0};
    int result = name_check("plugin", plugin);
    if (result == 0)
        result = find_package(out, plugin, arena);
    if (result < 0)
        return result;
    struct diags diags = {.arena = arena};
    result = manifest_read(&out->manifest, arena, out->prefix, &diags);
    if (result < 0)
        error_hint("'paii repair' or 'paii install %s' may help", plugin);
    return result;
}

bool target_has_protocol(const struct target *target)
{
    return target->manifest.action_count > 0;
}

/* ---- the command ---- */

static bool is_program(const char *path)
{
    return fs_is_file(path) && access(path, X_OK) == 0;
}

/* A relative path of the plugin's own; the manifest cannot name what lies outside. */
static bool stays_inside(const char *path)
{
    for (const char *at = path; *at;) {
        size_t len = strcspn(at, "/");
        if (len == 2 && !strncmp(at, "..", 2))
            return false;
        at += len + (at[len] == '/');
    }
    return path[0] && path[0] != '/';
}

static int find_python(const char **out, const struct target *target, struct arena *arena)
{
    const char *own = path_join(arena, target->prefix, "venv/bin/python3");
    *out = is_program(own) ? own : process_find(arena, "python3");
    if (*out)
        return 0;
    fail(ERR_GENERIC, "plugin '%s' needs python3, which is not in PATH", target->name);
    error_hint("apt install python3");
    return -ERR_GENERIC;
}

/* The first word of [run]: a file of the plugin, the plugin's python, or a program in PATH. */
static int find_first(const char **out, const struct target *target, const char *word,
                      struct arena *arena)
{
    const char *own = path_join(arena, target->prefix, word);
    if (stays_inside(word) && strchr(word, '/') && is_program(own)) {
        *out = own;
        return 0;
    }
    if (!strcmp(word, "python3") || !strcmp(word, "python"))
        return find_python(out, target, arena);
    *out = stays_inside(word) && is_program(own) ? own : process_find(arena, word);
    if (*out)
        return 0;
    fail(ERR_GENERIC, "plugin '%s' cannot be run: its program '%s' is missing", target->name, word);
    error_hint("'paii install %s' builds it again", target->name);
    return -ERR_GENERIC;
}

static const char *only_program(const char *folder, struct arena *arena)
{
    struct strings names = {0};
    const char *found = NULL;
    size_t count = 0;
    if (!fs_is_dir(folder) || fs_list(&names, arena, folder) < 0)
        return NULL;
    for (size_t i = 0; i < names.count; i++) {
        const char *path = path_join(arena, folder, names.items[i]);
        if (!is_program(path))
            continue;
        found = path;
        count++;
    }
    return count == 1 ? found : NULL;
}

/* Without [run]: what published plugins look like. */
static int convention(struct strings *command, const struct target *target, struct arena *arena)
{
    static const char *const scripts[] = {"src/main.py", "src/plugin.py", "main.py"};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        const char *path = path_join(arena, target->prefix, scripts[i]);
        if (!fs_is_file(path))
            continue;
        const char *python;
        int result = find_python(&python, target, arena);
        if (result < 0)
            return result;
        strings_add(command, arena, python);
        strings_add(command, arena, path);
        return 0;
    }
    const char *folder = path_join(arena, target->prefix, "bin");
    const char *program = path_join(arena, folder, target->name);
    if (!is_program(program))
        program = only_program(folder, arena);
    if (program) {
        strings_add(command, arena, program);
        return 0;
    }
    fail(ERR_GENERIC, "plugin '%s' has nothing to run", target->name);
    error_hint("it has no [run] table, no src/main.py and no program bin/%s", target->name);
    return -ERR_GENERIC;
}

static int declared(struct strings *command, const struct target *target, struct arena *arena)
{
    const struct strings *run = &target->manifest.run;
    const char *first;
    int result = find_first(&first, target, run->items[0], arena);
    if (result < 0)
        return result;
    strings_add(command, arena, first);
    for (size_t i = 1; i < run->count; i++) {
        const char *own = path_join(arena, target->prefix, run->items[i]);
        bool is_own = stays_inside(run->items[i]) && fs_is_file(own);
        strings_add(command, arena, is_own ? own : run->items[i]);
    }
    return 0;
}

int target_command(char *const **out, const struct target *target, const char *const *words,
                   size_t count, struct arena *arena)
{
    struct strings command = {0};
    int result = target->manifest.run.count ? declared(&command, target, arena)
                                            : convention(&command, target, arena);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count; i++)
        strings_add(&command, arena, words[i]);
    char **argv = arena_array(arena, command.count + 1, sizeof *argv);
    memcpy(argv, command.items, command.count * sizeof *argv);
    *out = argv;
    return 0;
}
