#include "claude/built.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"

#include <string.h>

static const char *text_of(const struct data *table, const char *key)
{
    const struct data *value = table && table->type == DATA_TABLE ? data_get(table, key) : NULL;
    return value && value->type == DATA_STRING ? value->text : NULL;
}

/* ---- servers ---- */

static void write_environment(struct json_writer *json, const struct data *env, struct arena *arena)
{
    const char *path = text_of(env, "PATH");
    json_key(json, "env");
    json_object(json);
    for (const struct data *c = env && env->type == DATA_TABLE ? env->children : NULL; c;
         c = c->next) {
        if (strcmp(c->key, "PATH") == 0)
            continue;
        json_key(json, c->key);
        json_data(json, c);
    }
    json_field(json, "PATH",
               arena_printf(arena, "${CLAUDE_PLUGIN_ROOT}/venv/bin:%s:${CLAUDE_PLUGIN_ROOT}/bin",
                            path ? path : "${PATH}"));
    if (!text_of(env, "PYTHONPYCACHEPREFIX")) /* so that not even root writes into the prefix */
        json_field(json, "PYTHONPYCACHEPREFIX", path_join(arena, paths.cache, "pycache"));
    json_end_object(json);
}

void claude_write_server(struct json_writer *json, const struct data *server, bool built,
                         struct arena *arena)
{
    if (!built || !text_of(server, "command")) {
        json_data(json, server);
        return;
    }
    json_object(json);
    for (const struct data *c = server->children; c; c = c->next) {
        if (strcmp(c->key, "env") == 0)
            continue;
        json_key(json, c->key);
        json_data(json, c);
    }
    write_environment(json, data_get(server, "env"), arena);
    json_end_object(json);
}

/* ---- bin/ ---- */

bool claude_has_venv(const char *prefix, struct arena *arena)
{
    return fs_is_dir(path_join(arena, prefix, "venv/bin"));
}

/* The interpreter is the venv's own affair: `python3` in the client's shell stays the person's. */
static bool is_interpreter(const char *program)
{
    return text_starts(program, "python") || text_starts(program, "pip") ||
           text_starts(program, "activate");
}

static int link_programs(const char *dir, const char *name, const char *prefix, const char *folder,
                         struct arena *arena)
{
    struct strings programs = {0};
    bool venv = strcmp(folder, "bin") != 0;
    int result = fs_is_dir(path_join(arena, prefix, folder))
                     ? fs_list(&programs, arena, path_join(arena, prefix, folder))
                     : 0;
    for (size_t i = 0; i < programs.count && result == 0; i++) {
        const char *program = programs.items[i];
        const char *link = arena_printf(arena, "%s/bin/%s", dir, program);
        if ((venv && is_interpreter(program)) || fs_exists(link))
            continue;
        result = fs_symlink(arena_printf(arena, "../../../prefix/%s/%s/%s", name, folder, program),
                            link);
    }
    return result;
}

int claude_project_bin(const char *dir, const char *name, const char *prefix, struct arena *arena)
{
    int result = fs_mkdirs(path_join(arena, dir, "bin"), 0755);
    if (result == 0)
        result = link_programs(dir, name, prefix, "bin", arena);
    return result < 0 ? result : link_programs(dir, name, prefix, "venv/bin", arena);
}
