#include "claude/dispatcher.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"
#include "registry/events.h"

#include <string.h>

enum { JSON_MAX = 1024 * 1024 };

static const char env_program[] = "/usr/bin/env";

/* ---- the command ---- */

/* The client has an environment of its own: where our state is, if it is not where it always is,
 * must be said to the dispatcher. */
static void add_variables(struct strings *words, struct arena *arena)
{
    if (strcmp(paths.dir, path_join(arena, paths.home, ".config/paii")) != 0)
        strings_add(words, arena, arena_printf(arena, "PAII_DIR=%s", paths.dir));
    if (strcmp(paths.config, path_join(arena, paths.dir, "paii.toml")) != 0)
        strings_add(words, arena, arena_printf(arena, "PAII_CONFIG=%s", paths.config));
}

static void add_program(struct strings *words, const struct wanted_event *event, bool async,
                        struct arena *arena)
{
    const char *const own[] = {paths.program, "hook", "dispatch", event->name, "--async"};
    for (size_t i = 0; i < (async ? 5u : 4u); i++)
        strings_add(words, arena, own[i]);
}

/* In single quotes, unless no shell would read anything into it. */
static void add_quoted(struct buf *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:,+@%";
    if (out->len > 0)
        buf_putc(out, ' ');
    if (word[strspn(word, plain)] == '\0') {
        buf_puts(out, word);
        return;
    }
    buf_putc(out, '\'');
    for (; *word; word++)
        buf_puts(out, *word == '\'' ? "'\\''" : (char[]){*word, '\0'});
    buf_putc(out, '\'');
}

/* NAME=value: the name must stay outside of the quotes. */
static void add_assignment(struct buf *out, const char *word, struct arena *arena)
{
    size_t name = strcspn(word, "=") + 1;
    AUTO_BUF value = {0};
    add_quoted(&value, word + name);
    if (out->len > 0)
        buf_putc(out, ' ');
    buf_printf(out, "%s%s", arena_strndup(arena, word, name), buf_text(&value));
}

void dispatcher_split(struct strings *words, const char *command, struct arena *arena)
{
    AUTO_BUF word = {0};
    bool inside = false;
    char quote = '\0';
    for (const char *p = command;; p++) {
        if (*p && quote ? *p != quote : *p && !strchr(" \t\n'\"", *p)) {
            if (*p == '\\' && !quote && p[1])
                p++;
            buf_putc(&word, *p);
            inside = true;
        } else if (*p == '\'' || *p == '"') {
            quote = quote ? '\0' : *p;
            inside = true;
        } else {
            if (inside)
                strings_add(words, arena, arena_strdup(arena, buf_text(&word)));
            buf_clear(&word);
            inside = false;
        }
        if (!*p)
            return;
    }
}

int dispatcher_program(const struct strings *words)
{
    for (size_t i = 0; i + 2 < words->count; i++) {
        if (text_ends(words->items[i], "/" DISPATCHER_NAME) &&
            strcmp(words->items[i + 1], "hook") == 0 &&
            strcmp(words->items[i + 2], "dispatch") == 0)
            return (int)i;
        if (strcmp(words->items[i], env_program) != 0 && !strchr(words->items[i], '='))
            return -1;
    }
    return -1;
}

/* ---- writing ---- */

static void write_words(struct json_writer *json, const struct wanted_event *event, bool async,
                        struct arena *arena)
{
    struct strings words = {0};
    add_variables(&words, arena);
    if (words.count > 0) {
        words = (struct strings){0};
        strings_add(&words, arena, env_program);
        add_variables(&words, arena);
    }
    add_program(&words, event, async, arena);
    json_field(json, "command", words.items[0]);
    json_key(json, "args");
    json_array(json);
    for (size_t i = 1; i < words.count; i++)
        json_string(json, words.items[i]);
    json_end_array(json);
}

static void write_line(struct json_writer *json, const struct wanted_event *event, bool async,
                       struct arena *arena)
{
    struct strings variables = {0}, words = {0};
    AUTO_BUF line = {0};
    add_variables(&variables, arena);
    for (size_t i = 0; i < variables.count; i++)
        add_assignment(&line, variables.items[i], arena);
    add_program(&words, event, async, arena);
    for (size_t i = 0; i < words.count; i++)
        add_quoted(&line, words.items[i]);
    json_field(json, "command", line.data);
}

static void write_hook(struct json_writer *json, const struct wanted_event *event, bool async,
                       enum entry_form form, struct arena *arena)
{
    json_object(json);
    json_field(json, "type", "command");
    if (form == ENTRY_WORDS)
        write_words(json, event, async, arena);
    else
        write_line(json, event, async, arena);
    json_key(json, "timeout");
    json_integer(json, event->timeout_s);
    if (async) {
        json_key(json, "async");
        json_boolean(json, true);
    }
    json_end_object(json);
}

void dispatcher_write_entry(struct json_writer *json, const struct wanted_event *event,
                            enum entry_form form, struct arena *arena)
{
    json_object(json);
    json_field(json, "matcher", event->matcher);
    json_key(json, "hooks");
    json_array(json);
    if (event->sync)
        write_hook(json, event, false, form, arena);
    if (event->async)
        write_hook(json, event, true, form, arena);
    json_end_array(json);
    json_end_object(json);
}

static int write_manifest(const char *dir, struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    /* The client loads one plugin of a name, and the person's own dispatcher has this one. */
    json_field(&json, "name", paths.project ? DISPATCHER_NAME "-project" : DISPATCHER_NAME);
    json_field(&json, "version", PAII_VERSION);
    json_field(&json, "description", "runs the hooks of the plugins that paii installed");
    json_end_object(&json);
    buf_putc(&text, '\n');
    const char *folder = path_join(arena, dir, ".claude-plugin");
    int result = fs_mkdirs(folder, 0755);
    return result < 0
               ? result
               : fs_write(path_join(arena, folder, "plugin.json"), text.data, text.len, 0644);
}

static const char *hooks_file(const char *generation_dir, struct arena *arena)
{
    return arena_printf(arena, "%s/claude/" DISPATCHER_NAME "/hooks/hooks.json", generation_dir);
}

static void hooks_text(struct buf *out, const struct wanted_event *events, size_t count,
                       struct arena *arena)
{
    struct json_writer json = {.out = out, .indent = true};
    json_object(&json);
    json_key(&json, "hooks");
    json_object(&json);
    for (size_t i = 0; i < count; i++) {
        json_key(&json, events[i].client_name);
        json_array(&json);
        dispatcher_write_entry(&json, &events[i], ENTRY_WORDS, arena);
        json_end_array(&json);
    }
    json_end_object(&json);
    json_end_object(&json);
    buf_putc(out, '\n');
}

static int write_hooks(const char *generation_dir, const struct wanted_event *events, size_t count,
                       struct arena *arena)
{
    const char *path = hooks_file(generation_dir, arena);
    AUTO_BUF text = {0};
    hooks_text(&text, events, count, arena);
    int result = fs_mkdirs(path_dir(arena, path), 0755);
    return result < 0 ? result : fs_write(path, text.data, text.len, 0644);
}

int claude_write_dispatcher(const char *generation_dir, const struct wanted_event *events,
                            size_t count, struct arena *arena)
{
    const char *dir = arena_printf(arena, "%s/claude/" DISPATCHER_NAME, generation_dir);
    if (count == 0)
        return 0;
    int result = write_manifest(dir, arena);
    return result < 0 ? result : write_hooks(generation_dir, events, count, arena);
}

/* ---- reading ---- */

/* One element of an event's "hooks", as write_hook() wrote it. */
static bool read_hook(struct wanted_event *event, const char **program, const struct data *hook,
                      struct arena *arena)
{
    const struct data *args = data_get(hook, "args"), *command = data_get(hook, "command"),
                      *timeout = data_get(hook, "timeout");
    struct strings words = {0};
    if (!args || !command || command->type != DATA_STRING || !timeout)
        return false;
    strings_add(&words, arena, command->text);
    for (const struct data *word = args->children; word; word = word->next)
        strings_add(&words, arena, word->type == DATA_STRING ? word->text : "");
    int at = dispatcher_program(&words);
    size_t name = (size_t)at + 3;
    if (at < 0 || name >= words.count)
        return false;
    event->name = words.items[name];
    event->timeout_s = (int)timeout->integer;
    *(name + 1 < words.count ? &event->async : &event->sync) = true;
    *program = words.items[at];
    return true;
}

static bool read_event(struct wanted_event *event, const char **program, const struct data *groups,
                       struct arena *arena)
{
    const struct data *group = groups->children;
    const struct data *hooks = group ? data_get(group, "hooks") : NULL;
    const struct data *matcher = group ? data_get(group, "matcher") : NULL;
    if (!hooks || !hooks->children)
        return false;
    *event = (struct wanted_event){.client_name = groups->key,
                                   .matcher = matcher ? matcher->text : NULL};
    for (const struct data *hook = hooks->children; hook; hook = hook->next)
        if (!read_hook(event, program, hook, arena))
            return false;
    int index = hook_event_index(event->name);
    return index >= 0 && strcmp(hook_events[index].client_name, event->client_name) == 0;
}

int claude_read_dispatcher(const char *generation_dir, struct wanted_event **events, size_t *count,
                           const char **program, struct arena *arena)
{
    const char *path = hooks_file(generation_dir, arena);
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
        sound = read_event(arena_push(arena, events, count, &capacity), &found, groups, arena);
    if (!sound) {
        fail(ERR_CONFIG, "'%s' is damaged", path);
        error_hint("'paii repair' writes it again");
        return -ERR_CONFIG;
    }
    if (program)
        *program = found;
    return 0;
}

int claude_refresh_dispatcher(struct arena *arena)
{
    struct wanted_event *events;
    size_t count;
    AUTO_BUF there = {0}, wanted = {0};
    int result = claude_read_dispatcher(paths.current, &events, &count, NULL, arena);
    if (result < 0 || count == 0)
        return result;
    hooks_text(&wanted, events, count, arena);
    result = fs_read(&there, hooks_file(paths.current, arena), JSON_MAX);
    if (result < 0 || strcmp(buf_text(&there), buf_text(&wanted)) == 0)
        return result;
    return write_hooks(paths.current, events, count, arena);
}
