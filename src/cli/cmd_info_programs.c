/* Which programs a plugin needs on the machine, as far as its commands and first lines tell. */
#include "cli/cmd_info.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"

#include <string.h>

enum { SCRIPT_MAX = 256 * 1024 };

/* Others may be functions, files of its own or parts of the shell. */
static const char *const known[] = {
    "aws",    "bash",   "bun",    "bunx",   "cargo",   "claude", "curl", "deno",    "docker",
    "dotnet", "ffmpeg", "gcloud", "gh",     "git",     "go",     "java", "jq",      "kubectl",
    "make",   "node",   "npm",    "npx",    "perl",    "php",    "pip",  "pip3",    "pipx",
    "pnpm",   "podman", "pwsh",   "python", "python3", "rg",     "ruby", "sqlite3", "tmux",
    "tsx",    "uv",     "uvx",    "wget",   "yarn",    "yq",     "zsh",
};

struct looking {
    struct facts *facts;
    const char *dir;
    struct arena *arena;
};

static void add(struct looking *in, const char *name)
{
    bool own = strcmp(name, "sh") == 0 || !*name;
    if (!own && !strings_has(&in->facts->programs, name))
        strings_add(&in->facts->programs, in->arena, name);
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], name) == 0)
            return true;
    return false;
}

/* The program of "#!/usr/bin/env -S node --x" or "#!/bin/bash"; NULL for none. */
static const char *shebang(const char *text, struct arena *arena)
{
    struct strings words = {0};
    if (!text_starts(text, "#!"))
        return NULL;
    size_t len = strcspn(text, "\r\n");
    strings_split(&words, arena, arena_strndup(arena, text + 2, len - 2), ' ');
    size_t at = 0;
    while (at < words.count && (strcmp(path_base(words.items[at]), "env") == 0 ||
                                strchr("-", *words.items[at]))) /* an option, or nothing */
        at++;
    return at < words.count ? path_base(words.items[at]) : NULL;
}

static void look_at_shell(struct looking *in, const char *text, bool follow);

/* A file of the plugin: what its first line says, and what a shell script calls. */
static void look_at_file(struct looking *in, const char *path)
{
    AUTO_BUF text = {0};
    if (!fs_is_file(path))
        return;
    if (fs_read(&text, path, SCRIPT_MAX) < 0) {
        error_clear();
        return;
    }
    const char *program = shebang(buf_text(&text), in->arena);
    if (program)
        add(in, program);
    if (text_ends(path, ".sh") ||
        (program && (strcmp(program, "sh") == 0 || strcmp(program, "bash") == 0)))
        look_at_shell(in, buf_text(&text), false);
}

/* The plugin's own file that a word names; NULL if it names none. */
static const char *own_file(const struct looking *in, const char *word)
{
    static const char *const roots[] = {"${CLAUDE_PLUGIN_ROOT}/", "$CLAUDE_PLUGIN_ROOT/"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (text_starts(word, roots[i]))
            return path_join(in->arena, in->dir, word + strlen(roots[i]));
    return NULL;
}

static bool goes_on(const char *word)
{
    static const char *const words[] = {"if",      "then", "else", "elif", "do",   "while",
                                        "until",   "!",    "{",    "time", "exec", "env",
                                        "command", "sudo", "for",  "nohup"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    const char *equals = strchr(word, '=');
    return equals && equals > word && !strpbrk(word, "/$\"'");
}

/* Words at the places of commands; words that are the plugin's own files anywhere. */
static void look_at_shell(struct looking *in, const char *text, bool follow)
{
    static const char ends[] = ";|&\n()`";
    bool command = true;
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, " \t\r\"'<>;|&\n()`");
        if (len == 0) {
            command |= strchr(ends, *at) != NULL;
            at++;
            continue;
        }
        if (*at == '#' && (at == text || strchr(" \t\n", at[-1]))) {
            at += strcspn(at, "\n");
            continue;
        }
        const char *word = arena_strndup(in->arena, at, len);
        const char *file = follow ? own_file(in, word) : NULL;
        if (file)
            look_at_file(in, file);
        else if (command && is_known(path_base(word)))
            add(in, path_base(word));
        command = command && goes_on(word);
        at += len;
    }
}

/* A program that is started without a shell: any name is one. */
static void look_at_server(struct looking *in, const struct data *server)
{
    const struct data *command = data_get(server, "command"), *args = data_get(server, "args");
    if (!command || command->type != DATA_STRING)
        return;
    const char *file = own_file(in, command->text);
    if (file)
        look_at_file(in, file);
    else if (!strpbrk(command->text, "$ "))
        add(in, path_base(command->text));
    else
        look_at_shell(in, command->text, true);
    for (const struct data *arg = args ? args->children : NULL; arg; arg = arg->next)
        if (arg->type == DATA_STRING && (file = own_file(in, arg->text)))
            look_at_file(in, file);
}

static void look_at_programs(struct looking *in)
{
    struct strings names = {0};
    const char *folder = path_join(in->arena, in->dir, "bin");
    if (fs_is_dir(folder) && fs_list(&names, in->arena, folder) < 0)
        error_clear();
    for (size_t i = 0; i < names.count; i++)
        look_at_file(in, path_join(in->arena, folder, names.items[i]));
    const struct strings *run = &in->facts->manifest.run;
    if (run->count && is_known(run->items[0]))
        add(in, run->items[0]);
    if (in->facts->manifest.build.type == BUILD_PIP)
        add(in, "python3");
}

void facts_programs(struct facts *facts, const char *dir, struct arena *arena)
{
    struct looking in = {.facts = facts, .dir = dir, .arena = arena};
    for (size_t i = 0; i < facts->hook_count; i++)
        if (facts->hooks[i].runs && strcmp(facts->hooks[i].file, "plugin.toml") != 0)
            look_at_shell(&in, facts->hooks[i].runs, true);
    for (size_t i = 0; i < facts->components.mcp_tables.count; i++)
        look_at_server(&in, facts->components.mcp_tables.items[i]);
    look_at_programs(&in);
    strings_sort(&facts->programs);
}
