#include "change/programs.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "claude/native_hooks.h"
#include "registry/events.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX = 256 * 1024, FILES_MAX = 2000, FOLDER_DEPTH = 4 };

/* Words of a shell count if they are among these: others may be functions, files of the plugin's
 * own or parts of the system. With the package of Debian that has it. */
static const struct {
    const char *name, *package;
} known[] = {
    {"aws", "awscli"},
    {"az", NULL},
    {"bash", "bash"},
    {"bun", NULL},
    {"bunx", NULL},
    {"cargo", "cargo"},
    {"claude", NULL},
    {"curl", "curl"},
    {"deno", NULL},
    {"docker", "docker.io"},
    {"dotnet", NULL},
    {"ffmpeg", "ffmpeg"},
    {"gcloud", NULL},
    {"gh", "gh"},
    {"git", "git"},
    {"go", "golang"},
    {"golangci-lint", NULL},
    {"gopls", "gopls"},
    {"helm", NULL},
    {"java", "default-jre"},
    {"jq", "jq"},
    {"kubectl", NULL},
    {"make", "make"},
    {"node", "nodejs"},
    {"npm", "npm"},
    {"npx", "npm"},
    {"oc", NULL},
    {"pandoc", "pandoc"},
    {"pdftotext", "poppler-utils"},
    {"perl", "perl"},
    {"php", "php-cli"},
    {"pip", "python3-pip"},
    {"pip3", "python3-pip"},
    {"pipx", "pipx"},
    {"pnpm", NULL},
    {"podman", "podman"},
    {"poetry", "python3-poetry"},
    {"pre-commit", "pre-commit"},
    {"psql", "postgresql-client"},
    {"pwsh", NULL},
    {"python", "python-is-python3"},
    {"python3", "python3"},
    {"rg", "ripgrep"},
    {"ruby", "ruby"},
    {"shellcheck", "shellcheck"},
    {"sqlite3", "sqlite3"},
    {"terraform", NULL},
    {"tmux", "tmux"},
    {"tsx", NULL},
    {"uv", NULL},
    {"uvx", NULL},
    {"wget", "wget"},
    {"yarn", "yarnpkg"},
    {"yq", "yq"},
    {"zsh", "zsh"},
};

struct looking {
    struct programs *out;
    const char *dir;
    bool built; /* the plugin's build makes programs that nobody knows yet */
    size_t files;
    struct buf told; /* the text of all skills, agents and commands */
};

/* ---- what was found ---- */

/* What runs files of a kind; NULL if their name does not tell. */
static const char *kind_of(const char *path)
{
    static const struct {
        const char *end, *program;
    } kinds[] = {
        {".py", "python3"}, {".js", "node"}, {".mjs", "node"}, {".cjs", "node"}, {".rb", "ruby"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_ends(path, kinds[i].end))
            return kinds[i].program;
    return NULL;
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return true;
    return false;
}

const char *program_package(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].package;
    return NULL;
}

/* A program that the plugin brings. */
static bool is_own(const struct looking *in, const char *name)
{
    static const char *const folders[] = {"bin", "venv/bin"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (fs_is_file(arena_printf(in->out->arena, "%s/%s/%s", in->dir, folders[i], name)))
            return true;
    return false;
}

static void add(struct looking *in, const char *name, enum program_use use, const char *by)
{
    struct programs *out = in->out;
    if (!*name || strcmp(name, "sh") == 0 || is_own(in, name))
        return;
    for (size_t i = 0; i < out->count; i++) {
        struct program *program = &out->items[i];
        if (strcmp(program->name, name) != 0)
            continue;
        if (use < program->use)
            *program = (struct program){program->name, use, by};
        return;
    }
    *arena_push(out->arena, &out->items, &out->count, &out->capacity) =
        (struct program){arena_strdup(out->arena, name), use, by};
}

/* ---- shell texts ---- */

/* One text, on its way. */
struct reading {
    struct looking *in;
    enum program_use use;
    const char *by;
    bool follow; /* words may be files of the plugin */
    struct strings run, tested;
};

static void look_at_text(struct looking *in, const char *text, enum program_use use, const char *by,
                         bool follow);
static void look_at_file(struct looking *in, const char *path, enum program_use use, const char *by,
                         bool started);

/* The plugin's own file that a word names; NULL if it names none. */
static const char *own_file(const struct looking *in, const char *word)
{
    static const char *const roots[] = {"${CLAUDE_PLUGIN_ROOT}/", "$CLAUDE_PLUGIN_ROOT/"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (text_starts(word, roots[i]))
            return path_join(in->out->arena, in->dir, word + strlen(roots[i]));
    return NULL;
}

static void take_word(void *context, const char *word, enum shell_place place)
{
    struct reading *reading = context;
    struct arena *arena = reading->in->out->arena;
    const char *file = reading->follow ? own_file(reading->in, word) : NULL;
    const char *name = path_base(word);
    if (file && place == SHELL_GIVEN && kind_of(file) && fs_is_file(file))
        add(reading->in, kind_of(file), reading->use, reading->by);
    else if (file && place != SHELL_TESTED && place != SHELL_GIVEN)
        look_at_file(reading->in, file, place == SHELL_OTHERWISE ? PROGRAM_MAYBE : reading->use,
                     reading->by, place != SHELL_SCRIPT);
    else if (is_known(name) && place == SHELL_RUN)
        strings_add(&reading->run, arena, name);
    else if (is_known(name) && place == SHELL_OTHERWISE)
        add(reading->in, name, PROGRAM_MAYBE, reading->by);
    else if (place == SHELL_TESTED)
        strings_add(&reading->tested, arena, name);
}

/* What a text looks for first it can do without. */
static void look_at_text(struct looking *in, const char *text, enum program_use use, const char *by,
                         bool follow)
{
    struct reading reading = {.in = in, .use = use, .by = by, .follow = follow};
    shell_programs(text, in->out->arena, take_word, &reading);
    for (size_t i = 0; i < reading.run.count; i++) {
        const char *name = reading.run.items[i];
        add(in, name, strings_has(&reading.tested, name) ? PROGRAM_MAYBE : use, by);
    }
}

/* ---- files ---- */

/* The program of "#!/usr/bin/env -S node --x" or "#!/bin/bash"; NULL for none. */
static const char *shebang(const char *text, struct arena *arena)
{
    struct strings words = {0};
    if (!text_starts(text, "#!"))
        return NULL;
    size_t len = strcspn(text, "\r\n"), at = 0;
    strings_split(&words, arena, arena_strndup(arena, text + 2, len - 2), ' ');
    while (at < words.count && (strcmp(path_base(words.items[at]), "env") == 0 ||
                                strchr("-", *words.items[at]))) /* an option, or nothing */
        at++;
    return at < words.count ? path_base(words.items[at]) : NULL;
}

static bool is_shell(const char *program)
{
    return program && (strcmp(program, "sh") == 0 || strcmp(program, "bash") == 0 ||
                       strcmp(program, "zsh") == 0);
}

static bool read_text(struct buf *out, const char *path)
{
    if (fs_is_file(path) && fs_read(out, path, FILE_MAX) == 0)
        return true;
    error_clear();
    return false;
}

/* `started`: by its first line, and not as a file that a shell reads. */
static void look_at_file(struct looking *in, const char *path, enum program_use use, const char *by,
                         bool started)
{
    AUTO_BUF text = {0};
    if (!read_text(&text, path))
        return;
    const char *program = shebang(buf_text(&text), in->out->arena);
    if (program && started)
        add(in, program, use, by);
    if (!started || is_shell(program) || (!program && text_ends(path, ".sh")))
        look_at_text(in, buf_text(&text), use, by, false);
}

/* What runs a script that nobody is seen to start: its kind says more than a careless first line.
 */
static const char *interpreter(const char *path, const char *program, bool executable)
{
    const char *kind = kind_of(path);
    bool python = program && text_starts(program, "python");
    if (kind && (!program || python || !executable))
        return kind;
    return executable ? program : NULL;
}

static void look_at_script(struct looking *in, const char *path)
{
    AUTO_BUF text = {0};
    struct stat st;
    struct arena *arena = in->out->arena;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || in->files++ > FILES_MAX ||
        !read_text(&text, path) || text.len == 0)
        return;
    const char *by = arena_strdup(arena, path + strlen(in->dir) + 1);
    const char *program = shebang(buf_text(&text), arena);
    const char *needed = interpreter(path, program, st.st_mode & 0111);
    if (needed)
        add(in, needed, PROGRAM_IN_FILES, by);
    if (is_shell(program) || (!program && text_ends(path, ".sh")))
        look_at_text(in, buf_text(&text), PROGRAM_IN_FILES, by, false);
}

/* Folders of what is not run. */
static bool is_aside(const char *folder)
{
    static const char *const names[] = {"test",         "tests",       "__tests__",
                                        "fixtures",     "examples",    "templates",
                                        "node_modules", "__pycache__", "venv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], folder) == 0)
            return true;
    return *folder == '.';
}

/* `told`: only scripts that a skill, an agent or a command names; a plugin's repository has others.
 */
static void look_at_folder(struct looking *in, const char *folder, bool told, int depth)
{
    struct strings names = {0};
    if (fs_is_dir(folder) && fs_list(&names, in->out->arena, folder) < 0)
        error_clear();
    for (size_t i = 0; i < names.count; i++) {
        const char *path = path_join(in->out->arena, folder, names.items[i]);
        if (fs_is_dir(path)) {
            if (depth > 0 && !is_aside(names.items[i]))
                look_at_folder(in, path, told, depth - 1);
        } else if (!told || strstr(buf_text(&in->told), names.items[i])) {
            look_at_script(in, path);
        }
    }
}

static void look_at_scripts(struct looking *in, const struct components *parts)
{
    struct arena *arena = in->out->arena;
    look_at_folder(in, path_join(arena, in->dir, "bin"), false, 0);
    look_at_folder(in, path_join(arena, in->dir, "scripts"), true, FOLDER_DEPTH);
    for (size_t i = 0; i < parts->skill_files.count; i++) {
        const char *skill = path_dir(arena, parts->skill_files.items[i]);
        if (strcmp(skill, ".") != 0)
            look_at_folder(in, arena_printf(arena, "%s/%s/scripts", in->dir, skill), false,
                           FOLDER_DEPTH);
    }
}

/* ---- what the client starts ---- */

static const char *text_of(const struct data *table, const char *key)
{
    const struct data *value = table->type == DATA_TABLE ? data_get(table, key) : NULL;
    return value && value->type == DATA_STRING ? value->text : NULL;
}

/* A program and its arguments, without a shell: any name is one. */
static void look_at_words(struct looking *in, const struct data *table, const char *by)
{
    const char *command = text_of(table, "command");
    const struct data *args = data_get(table, "args");
    const struct data *first = args && args->type == DATA_ARRAY ? args->children : NULL;
    if (!command)
        return;
    const char *file = own_file(in, command), *name = path_base(command);
    if (file)
        look_at_file(in, file, PROGRAM_STARTS, by, true);
    else if (!strpbrk(command, "$ ") && (is_known(name) || !in->built))
        add(in, name, PROGRAM_STARTS, by);
    if (!is_shell(name) || !first || first->type != DATA_STRING)
        return;
    if (*first->text != '-' && (file = own_file(in, first->text)))
        look_at_file(in, file, PROGRAM_STARTS, by, false);
    else if (strchr(first->text, 'c') && first->next && first->next->type == DATA_STRING)
        look_at_text(in, first->next->text, PROGRAM_STARTS, by, true);
}

static void look_at_servers(struct looking *in, const char *kind, const struct servers *servers)
{
    for (size_t i = 0; i < servers->count; i++)
        look_at_words(in, servers->items[i],
                      arena_printf(in->out->arena, "%s server '%s'", kind, servers->items[i]->key));
}

static void look_at_hooks(struct looking *in)
{
    struct native_hooks hooks;
    struct arena *arena = in->out->arena;
    claude_native_hooks(&hooks, in->dir, NULL, arena);
    for (size_t i = 0; i < hooks.count; i++) {
        const struct native_hook *hook = &hooks.items[i];
        const struct data *args = data_get(hook->data, "args");
        const char *by = arena_printf(arena, "hook %s", hook_events[hook->event].name);
        if (!hook->command)
            continue;
        if (args && args->type == DATA_ARRAY)
            look_at_words(in, hook->data, by);
        else
            look_at_text(in, text_of(hook->data, "command"), PROGRAM_STARTS, by, true);
    }
}

static const struct data *read_json(struct looking *in, const char *file)
{
    struct diags diags = {.arena = in->out->arena};
    AUTO_BUF text = {0};
    const char *path = path_join(in->out->arena, in->dir, file);
    return read_text(&text, path)
               ? data_parse_json(in->out->arena, path, buf_text(&text), text.len, false, &diags)
               : NULL;
}

static void look_at_monitors(struct looking *in)
{
    const struct data *manifest = read_json(in, ".claude-plugin/plugin.json");
    const struct data *said =
        manifest && manifest->type == DATA_TABLE ? data_get(manifest, "monitors") : NULL;
    if (!said)
        said = read_json(in, "monitors/monitors.json");
    else if (said->type == DATA_STRING && text_starts(said->text, "./") &&
             !strstr(said->text, ".."))
        said = read_json(in, said->text + 2);
    for (const struct data *c = said ? said->children : NULL; c; c = c->next) {
        const char *command = text_of(c, "command"), *name = text_of(c, "name");
        if (command)
            look_at_text(in, command, PROGRAM_STARTS,
                         arena_printf(in->out->arena, "monitor '%s'", name ? name : ""), true);
    }
}

/* ---- what is allowed ---- */

/* "Bash(gh pr view:*), Read": the programs that may be run unasked. */
static void look_at_rules(struct looking *in, const char *rules, const char *by)
{
    for (const char *at = rules; (at = strstr(at, "Bash("));) {
        at += strlen("Bash(");
        size_t len = strcspn(at, " :)*");
        const char *name = arena_strndup(in->out->arena, at, len);
        if (is_known(name))
            add(in, name, PROGRAM_MAYBE, by);
    }
}

static void look_at_front_matter(struct looking *in, const char *kind, const char *name,
                                 const char *file)
{
    static const char *const keys[] = {"allowed-tools", "allowed_tools", "tools"};
    struct arena *arena = in->out->arena;
    AUTO_BUF text = {0};
    const char *by = arena_printf(arena, "%s '%s'", kind, name);
    const struct data *front = read_text(&text, path_join(arena, in->dir, file))
                                   ? front_matter_read(arena, buf_text(&text))
                                   : NULL;
    buf_puts(&in->told, buf_text(&text));
    for (size_t i = 0; front && i < sizeof keys / sizeof *keys; i++) {
        const struct data *rules = data_get(front, keys[i]);
        if (rules && rules->type == DATA_STRING)
            look_at_rules(in, rules->text, by);
        for (const struct data *c = rules ? rules->children : NULL; c; c = c->next)
            if (c->type == DATA_STRING)
                look_at_rules(in, c->text, by);
    }
}

static void look_at_parts(struct looking *in, const struct components *parts)
{
    const struct strings *const files[] = {&parts->skill_files, &parts->agent_files,
                                           &parts->command_files};
    for (int kind = 0; kind < COMPONENT_SERVER; kind++) {
        const struct strings *names = claude_names(parts, (enum component_kind)kind);
        for (size_t i = 0; i < names->count; i++)
            look_at_front_matter(in, component_kinds[kind], names->items[i], files[kind]->items[i]);
    }
}

/* ---- all of it ---- */

static int compare(const void *a, const void *b)
{
    const struct program *x = a, *y = b;
    return strcmp(x->name, y->name);
}

void programs_find(struct programs *out, const struct manifest *manifest,
                   const struct components *parts, const char *dir)
{
    struct looking in = {.out = out, .dir = dir, .built = manifest->build.type != BUILD_SKILL};
    look_at_hooks(&in);
    look_at_servers(&in, "MCP", &parts->mcp_tables);
    look_at_servers(&in, "LSP", &parts->lsp_tables);
    look_at_monitors(&in);
    if (manifest->run.count && is_known(manifest->run.items[0]))
        add(&in, manifest->run.items[0], PROGRAM_STARTS, "its actions");
    if (manifest->build.type == BUILD_PIP)
        add(&in, "python3", PROGRAM_STARTS, "its build");
    look_at_parts(&in, parts);
    look_at_scripts(&in, parts);
    buf_release(&in.told);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, compare);
}
