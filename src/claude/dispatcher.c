#include "claude/dispatcher.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"

#include <string.h>

enum { JSON_MAX = 1024 * 1024 };

/* ---- writing ---- */

static void write_hook(struct json_writer *json, const struct wanted_event *event, bool async)
{
    json_object(json);
    json_field(json, "type", "command");
    json_field(json, "command", paths.program);
    json_key(json, "args");
    json_array(json);
    json_string(json, "hook");
    json_string(json, "dispatch");
    json_string(json, event->name);
    if (async)
        json_string(json, "--async");
    json_end_array(json);
    json_key(json, "timeout");
    json_integer(json, event->timeout_s);
    if (async) {
        json_key(json, "async");
        json_boolean(json, true);
    }
    json_end_object(json);
}

void dispatcher_write_entry(struct json_writer *json, const struct wanted_event *event)
{
    json_object(json);
    json_field(json, "matcher", event->matcher);
    json_key(json, "hooks");
    json_array(json);
    if (event->sync)
        write_hook(json, event, false);
    if (event->async)
        write_hook(json, event, true);
    json_end_array(json);
    json_end_object(json);
}

static int write_json(const char *folder, const char *name, struct json_writer *json,
                      struct arena *arena)
{
    int result = fs_mkdirs(folder, 0755);
    buf_putc(json->out, '\n');
    return result < 0
               ? result
               : fs_write(path_join(arena, folder, name), json->out->data, json->out->len, 0644);
}

static int write_manifest(const char *dir, struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    json_field(&json, "name", DISPATCHER_NAME);
    json_field(&json, "version", PAII_VERSION);
    json_field(&json, "description", "runs the hooks of the plugins that paii installed");
    json_end_object(&json);
    return write_json(path_join(arena, dir, ".claude-plugin"), "plugin.json", &json, arena);
}

static int write_hooks(const char *dir, const struct wanted_event *events, size_t count,
                       struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    json_key(&json, "hooks");
    json_object(&json);
    for (size_t i = 0; i < count; i++) {
        json_key(&json, events[i].client_name);
        json_array(&json);
        dispatcher_write_entry(&json, &events[i]);
        json_end_array(&json);
    }
    json_end_object(&json);
    json_end_object(&json);
    return write_json(path_join(arena, dir, "hooks"), "hooks.json", &json, arena);
}

int claude_write_dispatcher(const char *generation_dir, const struct wanted_event *events,
                            size_t count, struct arena *arena)
{
    const char *dir = arena_printf(arena, "%s/claude/" DISPATCHER_NAME, generation_dir);
    if (count == 0)
        return 0;
    int result = fs_mkdirs(dir, 0755);
    if (result == 0)
        result = write_manifest(dir, arena);
    return result < 0 ? result : write_hooks(dir, events, count, arena);
}

/* ---- reading ---- */

/* One element of an event's "hooks", as write_hook() wrote it. */
static bool read_hook(struct wanted_event *event, const char **program, const struct data *hook)
{
    const struct data *args = data_get(hook, "args"), *command = data_get(hook, "command"),
                      *timeout = data_get(hook, "timeout");
    if (!args || args->count < 3 || !command || command->type != DATA_STRING || !timeout)
        return false;
    const struct data *name = args->children->next->next;
    event->name = name->text;
    event->timeout_s = (int)timeout->integer;
    *(name->next ? &event->async : &event->sync) = true;
    *program = command->text;
    return name->type == DATA_STRING;
}

static bool read_event(struct wanted_event *event, const char **program, const struct data *groups)
{
    const struct data *group = groups->children;
    const struct data *hooks = group ? data_get(group, "hooks") : NULL;
    const struct data *matcher = group ? data_get(group, "matcher") : NULL;
    if (!hooks || !hooks->children)
        return false;
    *event = (struct wanted_event){.client_name = groups->key,
                                   .matcher = matcher ? matcher->text : NULL};
    for (const struct data *hook = hooks->children; hook; hook = hook->next)
        if (!read_hook(event, program, hook))
            return false;
    return true;
}

int claude_read_dispatcher(const char *generation_dir, struct wanted_event **events, size_t *count,
                           const char **program, struct arena *arena)
{
    const char *path =
        arena_printf(arena, "%s/claude/" DISPATCHER_NAME "/hooks/hooks.json", generation_dir);
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};
    size_t capacity = 0;
    const char *found = NULL;

    *events = NULL;
    *count = 0;
    if (program)
        *program = NULL;
    if (!fs_exists(path))
        return 0;
    int result = fs_read(&text, path, JSON_MAX);
    if (result < 0)
        return result;
    struct data *root = data_parse_json(arena, path, buf_text(&text), text.len, true, &diags);
    struct data *hooks = root ? data_get(root, "hooks") : NULL;
    bool sound = hooks;
    for (struct data *groups = sound ? hooks->children : NULL; groups && sound;
         groups = groups->next)
        sound = read_event(arena_push(arena, events, count, &capacity), &found, groups);
    if (!sound) {
        fail(ERR_CONFIG, "'%s' is damaged", path);
        error_hint("'paii repair' writes it again");
        return -ERR_CONFIG;
    }
    if (program)
        *program = found;
    return 0;
}
