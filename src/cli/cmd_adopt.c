/*
 * Taking over what Claude Code has installed, in this order, so that a plugin is never in neither
 * place: registries, install, a note, off in the client. Handing back goes the other way.
 */
#include "base/data.h"
#include "base/name.h"
#include "base/text.h"
#include "change/change.h"
#include "claude/adopt.h"
#include "cli/command.h"

#include <stddef.h>
#include <string.h>

struct options {
    bool undo;
};

struct adoption {
    struct arena *arena;
    bool dry_run, yes;
    struct client_plugins plugins;
    struct adopted note;
    struct config config;
    struct installed set;
    const char **registries; /* of each plugin */
};

static struct client_plugin *item(struct adoption *adoption, size_t i)
{
    return &adoption->plugins.items[i];
}

/* ---- the plan ---- */

static const struct registry_config *registry_at(const struct config *config, const char *url)
{
    for (size_t i = 0; i < config->registry_count; i++)
        if (strcmp(config->registries[i].url, url) == 0)
            return &config->registries[i];
    return NULL;
}

/* The registry that is there for it, or the name of one to be. */
static void choose_registry(struct adoption *adoption, size_t i)
{
    struct client_plugin *plugin = item(adoption, i);
    const struct registry_config *there = registry_at(&adoption->config, plugin->url);
    if (there) {
        adoption->registries[i] = there->name;
    } else if (!name_valid(plugin->market)) {
        plugin->left =
            arena_printf(adoption->arena, "no registry can be called '%s'", plugin->market);
    } else if (config_registry(&adoption->config, plugin->market)) {
        plugin->left =
            arena_printf(adoption->arena, "the registry '%s' is at another place, '%s'",
                         plugin->market, config_registry(&adoption->config, plugin->market)->url);
    } else if (plugin->ref && !source_ref_valid(plugin->ref)) {
        plugin->left = "its marketplace names no valid branch or tag";
    } else {
        adoption->registries[i] = plugin->market;
    }
}

static void check_name_is_free(struct adoption *adoption, size_t i)
{
    struct client_plugin *plugin = item(adoption, i);
    const struct package *there = installed_find(&adoption->set, plugin->name);
    if (there && strcmp(there->registry, adoption->registries[i]) != 0)
        plugin->left = arena_printf(adoption->arena, "paii has a plugin of that name from %s",
                                    *there->registry ? there->registry : "another source");
    for (size_t j = 0; j < i; j++)
        if (!item(adoption, j)->left && strcmp(item(adoption, j)->name, plugin->name) == 0)
            plugin->left =
                arena_printf(adoption->arena, "'%s' has the same name", item(adoption, j)->id);
}

static int make_plan(struct adoption *adoption)
{
    int result = client_plugins_read(&adoption->plugins, adoption->arena);
    if (result == 0)
        result = adopted_read(&adoption->note, adoption->arena);
    if (result == 0)
        result = config_read(&adoption->config, adoption->arena);
    if (result == 0)
        result = installed_read(&adoption->set, adoption->arena);
    if (result < 0)
        return result;
    adoption->registries =
        arena_array(adoption->arena, adoption->plugins.count + 1, sizeof *adoption->registries);
    for (size_t i = 0; i < adoption->plugins.count; i++) {
        if (strings_has(&adoption->note.ids, item(adoption, i)->id) && !item(adoption, i)->enabled)
            item(adoption, i)->left = "it was taken over already";
        if (!item(adoption, i)->left)
            choose_registry(adoption, i);
        if (!item(adoption, i)->left)
            check_name_is_free(adoption, i);
    }
    return 0;
}

static size_t count_wanted(struct adoption *adoption)
{
    size_t count = 0;
    for (size_t i = 0; i < adoption->plugins.count; i++)
        count += !item(adoption, i)->left;
    return count;
}

/* ---- registries ---- */

static int add_registry(struct adoption *adoption, const struct client_plugin *plugin)
{
    struct arena *arena = adoption->arena;
    struct registry_config registry = {
        .name = plugin->market, .url = plugin->url, .ref = plugin->ref};
    const struct registry_config *list = &registry;
    struct registry_update update;
    AUTO_BUF value = {0};
    int result = registry_forget(registry.name);
    if (result == 0)
        result = registry_update(&adoption->config, &list, 1, &update, arena);
    if (result < 0)
        return result;
    if (plugin->ref)
        buf_puts(&value, "{ url = ");
    toml_quote(&value, plugin->url);
    if (plugin->ref) {
        buf_puts(&value, ", ref = ");
        toml_quote(&value, plugin->ref);
        buf_puts(&value, " }");
    }
    strings_add(&adoption->note.registries, arena, registry.name);
    result = adopted_write(&adoption->note, arena);
    if (result == 0)
        result = config_edit(arena_printf(arena, "registries.%s", registry.name), buf_text(&value));
    return result;
}

/* One whose place cannot be asked leaves its plugins where they are. */
static int add_registries(struct adoption *adoption)
{
    for (size_t i = 0; i < adoption->plugins.count; i++) {
        struct client_plugin *plugin = item(adoption, i);
        if (plugin->left || config_registry(&adoption->config, adoption->registries[i]))
            continue;
        int result = add_registry(adoption, plugin);
        if (result == -ERR_INTERRUPTED)
            return result;
        const char *why = result < 0 ? arena_strdup(adoption->arena, error_text()) : NULL;
        error_clear();
        for (size_t j = i; j < adoption->plugins.count && why; j++)
            if (!item(adoption, j)->left && strcmp(item(adoption, j)->market, plugin->market) == 0)
                item(adoption, j)->left = why;
        if (why)
            plugin->left = why;
        result = config_read(&adoption->config, adoption->arena);
        if (result < 0)
            return result;
    }
    return 0;
}

/* ---- plugins ---- */

static struct spec spec_of(struct adoption *adoption, size_t i)
{
    const struct client_plugin *plugin = item(adoption, i);
    return (struct spec){.kind = SPEC_NAME,
                         .text = plugin->id,
                         .registry = adoption->registries[i],
                         .name = plugin->name};
}

static int install(struct adoption *adoption, struct spec *specs, size_t count)
{
    /* To name a plugin is to agree to what it does. The command itself says what was done. */
    struct change_request request = {
        .install = specs, .install_count = count, .yes = true, .silent = true};
    for (size_t i = 0; i < adoption->plugins.count; i++)
        if (!item(adoption, i)->left && item(adoption, i)->pulled_in)
            strings_add(&request.as_needed, adoption->arena, item(adoption, i)->name);
    return count ? change_run(&request, adoption->arena) : 0;
}

/* All in one change; if one of them cannot be had, one by one, and that one stays where it is. */
static int install_all(struct adoption *adoption)
{
    struct spec *specs = arena_array(adoption->arena, adoption->plugins.count + 1, sizeof *specs);
    size_t count = 0;
    for (size_t i = 0; i < adoption->plugins.count; i++)
        if (!item(adoption, i)->left)
            specs[count++] = spec_of(adoption, i);
    int result = install(adoption, specs, count);
    if (result == 0 || result == -ERR_INTERRUPTED)
        return result;
    for (size_t i = 0; i < adoption->plugins.count; i++) {
        if (item(adoption, i)->left)
            continue;
        error_clear();
        struct spec spec = spec_of(adoption, i);
        result = install(adoption, &spec, 1);
        if (result == -ERR_INTERRUPTED)
            return result;
        if (result < 0)
            item(adoption, i)->left = arena_strdup(adoption->arena, error_text());
    }
    error_clear();
    return 0;
}

/* Written before anything is installed: whatever happens then, --undo knows of it. A plugin that
 * was here before is noted without its name: it stays. */
static int note_plan(struct adoption *adoption)
{
    struct adopted *note = &adoption->note;
    for (size_t i = 0; i < adoption->plugins.count; i++) {
        const struct client_plugin *plugin = item(adoption, i);
        if (plugin->left || strings_has(&note->ids, plugin->id))
            continue;
        bool there = installed_find(&adoption->set, plugin->name) != NULL;
        strings_add(&note->ids, adoption->arena, plugin->id);
        strings_add(&note->names, adoption->arena, there ? "-" : plugin->name);
    }
    return adopted_write(note, adoption->arena);
}

static bool stayed(struct adoption *adoption, const char *id)
{
    for (size_t i = 0; i < adoption->plugins.count; i++)
        if (strcmp(item(adoption, i)->id, id) == 0)
            return item(adoption, i)->left && item(adoption, i)->enabled;
    return false;
}

static int switch_off(struct adoption *adoption)
{
    struct adopted *note = &adoption->note;
    struct adopted done = {.registries = note->registries};
    for (size_t i = 0; i < note->ids.count; i++) {
        if (stayed(adoption, note->ids.items[i]))
            continue;
        strings_add(&done.ids, adoption->arena, note->ids.items[i]);
        strings_add(&done.names, adoption->arena, note->names.items[i]);
    }
    *note = done;
    int result = adopted_write(note, adoption->arena);
    return result < 0 ? result : client_plugins_enable(&done.ids, false, adoption->arena);
}

/* ---- what is said ---- */

static const char *version_now(struct adoption *adoption, size_t i)
{
    const struct package *there = installed_find(&adoption->set, item(adoption, i)->name);
    return there ? there->version : NULL;
}

static void print_json(struct adoption *adoption)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    json_key(&json, "dry_run");
    json_boolean(&json, adoption->dry_run);
    json_key(&json, "plugins");
    json_array(&json);
    for (size_t i = 0; i < adoption->plugins.count; i++) {
        const struct client_plugin *plugin = item(adoption, i);
        json_object(&json);
        json_field(&json, "id", plugin->id);
        json_key(&json, "adopted");
        json_boolean(&json, !plugin->left);
        json_field(&json, "reason", plugin->left);
        json_field(&json, "registry", plugin->left ? NULL : adoption->registries[i]);
        json_field(&json, "client_version", *plugin->version ? plugin->version : NULL);
        json_field(&json, "version", plugin->left ? NULL : version_now(adoption, i));
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static void print(struct adoption *adoption, const char *verb, bool left_too)
{
    for (size_t i = 0; i < adoption->plugins.count; i++) {
        const struct client_plugin *plugin = item(adoption, i);
        const char *now = version_now(adoption, i);
        if (plugin->left)
            continue;
        out("%s %s as %s/%s %s", verb, plugin->id, adoption->registries[i], plugin->name,
            now ? now : plugin->version);
        if (now && *plugin->version && strcmp(now, plugin->version) != 0)
            out(", %s in Claude Code", plugin->version);
        out("\n");
    }
    for (size_t i = 0; i < adoption->plugins.count && left_too; i++)
        if (item(adoption, i)->left)
            out("left %s: %s\n", item(adoption, i)->id, item(adoption, i)->left);
}

/* ---- the command ---- */

static int adopt(struct adoption *adoption)
{
    int result = make_plan(adoption);
    if (result < 0)
        return result;
    if (!adoption->dry_run && count_wanted(adoption)) {
        if (!adoption->yes && term_is_interactive()) {
            print(adoption, "would adopt", true);
            if (!term_ask("Go on?"))
                return fail(ERR_GENERIC, "nothing was changed: the answer was no");
        }
        result = add_registries(adoption);
        if (result == 0)
            result = note_plan(adoption);
        if (result == 0)
            result = install_all(adoption);
        if (result == 0)
            result = switch_off(adoption);
        if (result == 0)
            result = installed_read(&adoption->set, adoption->arena);
    }
    if (result < 0)
        return result;
    if (term_json())
        print_json(adoption);
    else
        print(adoption, adoption->dry_run ? "would adopt" : "adopted", true);
    if (adoption->plugins.count == 0)
        note("Claude Code has installed no plugins");
    else if (!adoption->dry_run && count_wanted(adoption))
        note("'paii adopt --undo' hands them back");
    return 0;
}

static bool has_plugins(const struct installed *set, const char *registry)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->packages[i].registry, registry) == 0)
            return true;
    return false;
}

/* Those that were added for adopted plugins and that no other plugin is from. */
static int remove_registries(struct adoption *adoption)
{
    struct arena *arena = adoption->arena;
    int result = installed_read(&adoption->set, arena);
    for (size_t i = 0; i < adoption->note.registries.count && result == 0; i++) {
        const char *name = adoption->note.registries.items[i];
        if (has_plugins(&adoption->set, name) || !config_registry(&adoption->config, name))
            continue;
        result = config_edit(arena_printf(arena, "registries.%s", name), NULL);
        if (result == 0)
            result = registry_forget(name);
    }
    return result;
}

static void print_undone(const struct adoption *adoption, const struct strings *ids)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    json_key(&json, "dry_run");
    json_boolean(&json, adoption->dry_run);
    json_key(&json, "handed_back");
    json_array(&json);
    for (size_t i = 0; i < ids->count; i++) {
        json_string(&json, ids->items[i]);
        if (!term_json())
            out("%s %s\n", adoption->dry_run ? "would hand back" : "handed back", ids->items[i]);
    }
    json_end_array(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    if (term_json())
        out_bytes(text.data, text.len);
    else if (ids->count == 0)
        note("nothing was adopted");
}

/* On in the client first: a plugin is never in neither place. */
static int hand_back(struct adoption *adoption)
{
    const struct adopted *adopted = &adoption->note;
    struct change_request request = {.yes = true, .silent = true};
    for (size_t i = 0; i < adopted->names.count; i++)
        if (installed_find(&adoption->set, adopted->names.items[i]))
            strings_add(&request.remove, adoption->arena, adopted->names.items[i]);
    int result = client_plugins_enable(&adopted->ids, true, adoption->arena);
    if (result == 0 && request.remove.count)
        result = change_run(&request, adoption->arena);
    if (result == 0)
        result = remove_registries(adoption);
    const struct adopted none = {0};
    return result < 0 ? result : adopted_write(&none, adoption->arena);
}

static int undo(struct adoption *adoption)
{
    int result = adopted_read(&adoption->note, adoption->arena);
    if (result == 0)
        result = config_read(&adoption->config, adoption->arena);
    if (result == 0)
        result = installed_read(&adoption->set, adoption->arena);
    if (result == 0 && !adoption->dry_run)
        result = hand_back(adoption);
    if (result == 0)
        print_undone(adoption, &adoption->note.ids);
    return result;
}

static int run(struct invocation *call)
{
    const struct options *options = call->options;
    struct adoption adoption = {.arena = call->arena, .dry_run = call->dry_run, .yes = call->yes};
    return options->undo ? undo(&adoption) : adopt(&adoption);
}

const struct command cmd_adopt = {
    .name = "adopt",
    .summary = "take over the plugins that Claude Code has installed",
    .description =
        "Marketplaces become registries, plugins are installed from them, and are then switched "
        "off in Claude Code (enabledPlugins of settings.json; nothing else in it changes), so that "
        "they do not load twice. What cannot be taken over is named with its reason and left "
        "alone.\n"
        "--undo switches them on again there and removes them here.",
    .examples = "paii adopt --dry-run    show the plan\n"
                "paii adopt --undo       hand everything back",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_LOCK,
    .options =
        (const struct option[]){
            {.name = "undo",
             .kind = OPTION_FLAG,
             .offset = offsetof(struct options, undo),
             .help = "hand back what was taken over"},
            {0},
        },
    .options_size = sizeof(struct options),
    .run = run,
};
