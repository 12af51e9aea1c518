#include "claude/native_hooks.h"

#include "base/error.h"
#include "base/fs.h"
#include "registry/events.h"

#include <string.h>

enum { JSON_MAX = 4 * 1024 * 1024 };

static const char standard[] = "hooks/hooks.json";
static const char manifest[] = ".claude-plugin/plugin.json";

struct reading {
    struct native_hooks *out;
    struct strings *warnings;
    struct strings files; /* those read: naming one again does not run its hooks twice */
    struct arena *arena;
    const char *prefix;
};

#define warn(reading, ...)                                                                         \
    do {                                                                                           \
        if ((reading)->warnings)                                                                   \
            strings_add((reading)->warnings, (reading)->arena,                                     \
                        arena_printf((reading)->arena, __VA_ARGS__));                              \
    } while (0)

static const char *text_of(const struct data *table, const char *key)
{
    const struct data *value = data_get(table, key);
    return value && value->type == DATA_STRING ? value->text : NULL;
}

/* ---- events, groups, entries ---- */

static void read_entry(struct reading *reading, struct native_hook hook, const struct data *entry)
{
    const char *type = entry->type == DATA_TABLE ? text_of(entry, "type") : NULL;
    const char *command = type ? text_of(entry, "command") : NULL;
    hook.data = entry;
    hook.command = type && strcmp(type, "command") == 0;
    if (!type || (hook.command && (!command || !*command))) {
        warn(reading, "%s: entry %u.%u of %s is left out: it has no %s", hook.file, hook.group,
             hook.entry, hook_events[hook.event].client_name, type ? "command" : "type");
        return;
    }
    *arena_push(reading->arena, &reading->out->items, &reading->out->count,
                &reading->out->capacity) = hook;
}

static void read_group(struct reading *reading, struct native_hook hook, const struct data *group)
{
    const struct data *entries = group->type == DATA_TABLE ? data_get(group, "hooks") : NULL;
    const char *matcher = entries ? text_of(group, "matcher") : NULL;
    if (!entries || entries->type != DATA_ARRAY) {
        warn(reading, "%s: group %u of %s is left out: it has no list of hooks", hook.file,
             hook.group, hook_events[hook.event].client_name);
        return;
    }
    hook.matcher = matcher ? matcher : "";
    for (const struct data *entry = entries->children; entry; entry = entry->next) {
        hook.entry++;
        read_entry(reading, hook, entry);
    }
}

/* {"PreToolUse": [group…], …}, by itself or as `hooks` of a table. */
static void read_events(struct reading *reading, const struct data *root, const char *file)
{
    const struct data *inner = root->type == DATA_TABLE ? data_get(root, "hooks") : NULL;
    const struct data *events = inner && inner->type == DATA_TABLE ? inner : root;
    if (events->type != DATA_TABLE) {
        warn(reading, "%s: its hooks are left out: expected a table, found %s", file,
             data_type_name(events->type));
        return;
    }
    for (const struct data *groups = events->children; groups; groups = groups->next) {
        struct native_hook hook = {.event = hook_event_index(groups->key), .file = file};
        if (groups->type != DATA_ARRAY && events == root)
            continue; /* "description" and the like, beside events without a wrapper */
        if (hook.event < 0 || groups->type != DATA_ARRAY) {
            warn(reading, "%s: '%s' is left out: %s", file, groups->key,
                 hook.event < 0 ? "Claude Code has no such event" : "it is no list");
            continue;
        }
        for (const struct data *group = groups->children; group; group = group->next) {
            hook.group++;
            read_group(reading, hook, group);
        }
    }
}

/* ---- files ---- */

static const struct data *read_json(struct reading *reading, const char *file)
{
    struct diags diags = {.arena = reading->arena};
    AUTO_BUF text = {0};
    if (fs_read(&text, path_join(reading->arena, reading->prefix, file), JSON_MAX) < 0) {
        warn(reading, "its hooks are left out: %s", error_text());
        error_clear();
        return NULL;
    }
    size_t mark = text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    const struct data *root = data_parse_json(reading->arena, file, buf_text(&text) + mark,
                                              text.len - mark, false, &diags);
    if (!root && diags.count)
        warn(reading, "its hooks are left out: %s", diag_text(&diags.items[0], reading->arena));
    return root;
}

static bool leaves_prefix(const char *path)
{
    for (const char *at = path; *at; at += strspn(at, "/")) {
        size_t len = strcspn(at, "/");
        if (len == 2 && memcmp(at, "..", 2) == 0)
            return true;
        at += len;
    }
    return *path == '/';
}

static void read_file(struct reading *reading, const char *file)
{
    static const char root_variable[] = "${CLAUDE_PLUGIN_ROOT}/";
    if (strncmp(file, root_variable, sizeof root_variable - 1) == 0)
        file += sizeof root_variable - 1;
    while (strncmp(file, "./", 2) == 0)
        file += 2 + strspn(file + 2, "/");
    if (strings_has(&reading->files, file))
        return;
    strings_add(&reading->files, reading->arena, file);
    if (leaves_prefix(file)) {
        warn(reading, "%s: '%s' is left out: it is outside of the plugin", manifest, file);
        return;
    }
    const struct data *root = read_json(reading, file);
    if (root)
        read_events(reading, root, file);
}

static void read_manifest(struct reading *reading, const struct data *hooks)
{
    if (hooks->type == DATA_STRING)
        read_file(reading, hooks->text);
    else if (hooks->type == DATA_TABLE)
        read_events(reading, hooks, manifest);
    else if (hooks->type == DATA_ARRAY)
        for (const struct data *item = hooks->children; item; item = item->next)
            read_manifest(reading, item);
    else
        warn(reading, "%s: 'hooks' is left out: it is neither a path nor hooks", manifest);
}

void claude_native_hooks(struct native_hooks *out, const char *prefix, struct strings *warnings,
                         struct arena *arena)
{
    struct reading reading = {.out = out, .warnings = warnings, .arena = arena, .prefix = prefix};
    *out = (struct native_hooks){0};
    if (fs_is_file(path_join(arena, prefix, standard)))
        read_file(&reading, standard);
    if (!fs_is_file(path_join(arena, prefix, manifest)))
        return;
    const struct data *root = read_json(&reading, manifest);
    const struct data *hooks = root && root->type == DATA_TABLE ? data_get(root, "hooks") : NULL;
    if (hooks)
        read_manifest(&reading, hooks);
}

/* ---- what is the client's ---- */

static void write_entries(struct json_writer *json, const struct native_hooks *hooks, int event)
{
    json_key(json, hook_events[event].client_name);
    json_array(json);
    for (size_t i = 0; i < hooks->count; i++) {
        const struct native_hook *hook = &hooks->items[i];
        if (hook->event != event || hook->command)
            continue;
        json_object(json);
        json_field(json, "matcher", *hook->matcher ? hook->matcher : NULL);
        json_key(json, "hooks");
        json_array(json);
        json_data(json, hook->data);
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
}

static bool has_own(const struct native_hooks *hooks, int event)
{
    for (size_t i = 0; i < hooks->count; i++)
        if (!hooks->items[i].command && (event < 0 || hooks->items[i].event == event))
            return true;
    return false;
}

bool claude_has_own_hooks(const struct native_hooks *hooks)
{
    return has_own(hooks, -1);
}

int claude_write_own_hooks(const char *file, const struct native_hooks *hooks, struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    if (!has_own(hooks, -1))
        return 0;
    json_object(&json);
    json_key(&json, "hooks");
    json_object(&json);
    for (int event = 0; event < HOOK_EVENTS; event++)
        if (has_own(hooks, event))
            write_entries(&json, hooks, event);
    json_end_object(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    int result = fs_mkdirs(path_dir(arena, file), 0755);
    return result < 0 ? result : fs_write(file, text.data, text.len, 0644);
}
