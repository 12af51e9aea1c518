#include "base/data.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"
#include "change/project.h"
#include "claude/claude.h"
#include "claude/dispatcher.h"
#include "cli/command.h"
#include "cli/verify.h"
#include "hooks/table.h"
#include "registry/fetch.h"

#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

struct options {
    const char *project;
    bool offline;
};

/* What is wrong, found before anything is touched. */
struct repair {
    struct invocation *call;
    struct arena *arena;
    struct installed set;
    struct strings damaged; /* names */
    struct strings said;    /* one line for each thing that is made right */
    bool rewrite;           /* the generation itself is damaged */
};

static void say(struct repair *repair, const char *text)
{
    strings_add(&repair->said, repair->arena, text);
}

/* ---- looking ---- */

static int look_at_prefix(struct repair *repair, const struct package *package)
{
    struct differences found;
    if (package->flags & PACKAGE_DEV) {
        if (!fs_is_dir(package->prefix))
            warning("the folder '%s' of plugin '%s' is gone", package->prefix, package->name);
        return 0;
    }
    int result = store_verify_prefix(&found, repair->arena, package);
    if (result < 0 || found.count == 0)
        return result;
    strings_add(&repair->damaged, repair->arena, package->name);
    say(repair, arena_printf(repair->arena, "%s %s: %s", package->name, package->version,
                             verify_summary(&found, repair->arena)));
    return 0;
}

static void look_at_link(struct repair *repair, const char *path, const char *target)
{
    const char *there = fs_read_link(repair->arena, path);
    if (there && strcmp(there, target) == 0)
        return;
    if (there || !fs_exists(path))
        say(repair, arena_printf(repair->arena, "link %s", path));
}

static void look_at_links(struct repair *repair, const struct package *package)
{
    struct arena *arena = repair->arena;
    struct components parts = {0};
    const char *shown = arena_printf(arena, "%s/claude/%s", paths.current, package->name);
    const char *in_generation = arena_printf(arena, "%s/prefix/%s", paths.current, package->name);
    const char *target = package->flags & PACKAGE_DEV
                             ? package->prefix
                             : arena_printf(arena, "../../../store/%s", package->prefix);
    const char *there = fs_read_link(arena, in_generation);
    bool visible = fs_exists(shown);
    if (claude_components_left(&parts, arena, package) == 0)
        visible = claude_has_link(&parts);
    error_clear();
    if (!there || strcmp(there, target) != 0 || visible != fs_exists(shown))
        repair->rewrite = true;
    if (visible)
        look_at_link(repair, claude_plugin_link(package->name, paths.current, arena), shown);
    look_at_link(repair, arena_printf(arena, "%s/%s/plugin.toml", paths.plugins, package->name),
                 arena_printf(arena, "../../current/prefix/%s/plugin.toml", package->name));
}

/* Links to parts that go without their prefix, and what they lead to. */
static void look_at_flat_links(struct repair *repair)
{
    struct client_links links;
    if (claude_links(&links, &repair->set, paths.current, HOOKS_OFF, repair->arena) < 0)
        error_clear();
    for (size_t i = 0; i < links.count; i++) {
        const struct client_link *link = &links.items[i];
        if (!link->part || !verify_wants(repair->call, link->plugin))
            continue;
        repair->rewrite |= !fs_exists(link->target);
        look_at_link(repair, link->path, link->target);
    }
    for (size_t i = 0; i < repair->set.count; i++)
        repair->rewrite |= repair->set.packages[i].flags & PACKAGE_FLAT && !links.listed;
}

/* Whether the table, the fingerprints in it, and the plugin that registers the dispatcher are as
 * they were written. */
static bool hooks_are_sound(struct arena *arena)
{
    struct hook_table table = {0};
    struct wanted_event *wanted;
    size_t wanted_count, events = 0;
    bool sound = hook_table_open(&table, arena) == 0 && table.map;
    sound =
        sound && claude_read_dispatcher(paths.current, &wanted, &wanted_count, NULL, arena) == 0;
    for (int event = 0; event < HOOK_EVENTS && sound; event++) {
        size_t count = hook_table_count(&table, event);
        events += count > 0;
        for (size_t i = 0; i < count && sound; i++) {
            struct handler handler;
            uint64_t now[2];
            hook_table_get(&table, event, i, &handler, arena);
            sound = (handler.flags & HANDLER_DEV) ||
                    (hook_fingerprint(now, handler.prefix) == 0 &&
                     memcmp(now, handler.fingerprint, sizeof now) == 0);
        }
    }
    sound = sound && events == wanted_count;
    hook_table_close(&table);
    error_clear();
    return sound;
}

/* The catalog is derived from the lock, and what is derived can be made again. */
static void look_at_generation(struct repair *repair)
{
    struct catalog catalog = {0};
    const char *path = path_join(repair->arena, paths.current, "catalog");
    if (repair->set.generation == 0)
        return;
    if (catalog_open(&catalog, path) < 0 || catalog_verify(&catalog, path) < 0)
        repair->rewrite = true;
    catalog_close(&catalog);
    error_clear();
    if (!hooks_are_sound(repair->arena))
        repair->rewrite = true;
    if (repair->rewrite)
        say(repair, arena_printf(repair->arena, "generation %u", repair->set.generation));
}

static int look(struct repair *repair)
{
    int result = installed_read(&repair->set, repair->arena);
    if (result < 0) {
        error_hint("'paii rollback' goes back to the set before");
        return result;
    }
    result = verify_check_names(&repair->set, repair->call->args, repair->call->arg_count);
    for (size_t i = 0; i < repair->set.count && result == 0; i++) {
        const struct package *package = &repair->set.packages[i];
        if (!verify_wants(repair->call, package->name))
            continue;
        result = look_at_prefix(repair, package);
        look_at_links(repair, package);
    }
    if (result == 0)
        look_at_flat_links(repair);
    if (result == 0)
        look_at_generation(repair);
    return result;
}

/* ---- repairing ---- */

/* The folder of a prefix is open while another takes its place; a repair may have been killed then.
 */
static void seal(const struct installed *set, struct arena *arena)
{
    for (size_t i = 0; i < set->count; i++) {
        const char *prefix = installed_prefix(&set->packages[i], arena);
        struct stat st;
        bool open = stat(prefix, &st) == 0 && (st.st_mode & 07777) != 0555;
        if (open && !(set->packages[i].flags & PACKAGE_DEV))
            chmod(prefix, 0555);
    }
}

static int make_right(struct repair *repair)
{
    struct change_request request = {.locked = true,
                                     .repair = true,
                                     .silent = true,
                                     .yes = true,
                                     .damaged = repair->damaged,
                                     .rewrite = repair->rewrite};
    int result = 0;
    if (repair->damaged.count || repair->rewrite)
        result = change_run(&request, repair->arena);
    if (result == 0)
        result = installed_read(&repair->set, repair->arena);
    if (result == 0) {
        seal(&repair->set, repair->arena);
        result = claude_expect_sync();
    }
    return result < 0 ? result : claude_sync_links(&repair->set, repair->arena);
}

static void print(const struct repair *repair)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    bool dry_run = repair->call->dry_run;
    if (!term_json()) {
        for (size_t i = 0; i < repair->said.count; i++)
            out("%s %s\n", dry_run ? "would repair" : "repaired", repair->said.items[i]);
        if (repair->said.count == 0)
            note("there is nothing to repair");
        return;
    }
    json_object(&json);
    json_key(&json, "dry_run");
    json_boolean(&json, dry_run);
    json_strings(&json, "repaired", &repair->said);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static int run(struct invocation *call)
{
    const struct options *options = call->options;
    struct repair repair = {.call = call, .arena = call->arena};
    if (options->offline)
        fetch_go_offline();
    int result = look(&repair);
    if (result == 0 && !call->dry_run)
        result = make_right(&repair);
    if (result == 0)
        print(&repair);
    return result;
}

const struct command cmd_repair = {
    .name = "repair",
    .summary = "make damaged plugins and links right again",
    .description = "Files of plugins are compared with what was installed (as 'paii verify' does); "
                   "what is damaged or missing is fetched again by its pin, checked, built and put "
                   "in its place. Links in the client's folder and in PAII_DIR/plugins are made as "
                   "they should be. Nothing that is not paii's is touched.",
    .group = GROUP_STATE,
    .needs = NEEDS_LOCK,
    .options =
        (const struct option[]){
            {.name = "offline",
             .kind = OPTION_FLAG,
             .offset = offsetof(struct options, offline),
             .help = "connect to nothing: sources from the caches"},
            PROJECT_OPTION(struct options, "those of this repository"),
            {0},
        },
    .options_size = sizeof(struct options),
    .positionals =
        (const struct positional[]){
            {.name = "PLUGIN",
             .min = 0,
             .max = 0,
             .help = "an installed plugin; all of them if absent",
             .complete = COMPLETE_INSTALLED},
            {0},
        },
    .run = run,
};
