#include "base/error.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/semver.h"
#include "claude/claude.h"
#include "cli/doctor.h"
#include "registry/manifest.h"
#include "store/store.h"

#include <ctype.h>
#include <string.h>

enum { DEADLINE_MS = 10000 };

/* How many installed plugins are of each build type, or run Python. */
struct needs {
    unsigned build[BUILD_CUSTOM + 1];
    unsigned python;
};

struct tool {
    const char *name;
    const char *least;      /* version; NULL for any */
    const char *purpose;    /* "to build cargo plugins" */
    const char *apt, *brew; /* package; NULL: `fix` instead */
    const char *fix;
    unsigned needed; /* by so many installed plugins */
    bool optional;
};

static void read_needs(struct needs *out, struct arena *arena)
{
    struct installed set = {0};

    if (installed_read(&set, arena) < 0)
        error_clear(); /* doctor_state() tells of it */
    for (size_t i = 0; i < set.count; i++) {
        struct manifest manifest = {0};
        struct diags diags = {.arena = arena};
        if (manifest_read_package(&manifest, arena, installed_prefix(&set.packages[i], arena),
                                  &set.packages[i], &diags) < 0) {
            error_clear();
            continue;
        }
        out->build[manifest.build.type]++;
        if (manifest.build.type == BUILD_PIP ||
            (manifest.language && strcmp(manifest.language, "python") == 0))
            out->python++;
    }
}

/* What the program prints, or NULL if it fails. */
static const char *capture(struct arena *arena, const char *const *argv)
{
    struct environment env = {.arena = arena};
    AUTO_BUF text = {.max = 4096};
    int status = 0;

    environment_pass(&env, "PATH");
    environment_pass(&env, "HOME");
    environment_set(&env, "LC_ALL", "C");
    struct process process = {
        .argv = (char *const *)argv,
        .envp = environment_vector(&env),
        .in = -1,
        .err = -1,
        .deadline_ms = DEADLINE_MS,
    };
    if (process_capture(&status, &text, &process, NULL, 0) < 0) {
        error_clear();
        return NULL;
    }
    return status == 0 ? arena_strdup(arena, buf_text(&text)) : NULL;
}

/* The first thing in `text` that looks like a version: "Python 3.11.2" has "3.11.2". */
static const char *find_version(const char *text, struct arena *arena)
{
    for (; *text; text++) {
        size_t len = strspn(text, "0123456789.");
        if (isdigit((unsigned char)*text) && memchr(text, '.', len))
            return arena_strndup(arena, text, len);
        text += len && text[len] ? len - 1 : 0;
    }
    return "";
}

static bool is_older(const char *version, const char *least)
{
    struct version have, want;
    return version_parse_partial(&have, version) && version_parse_partial(&want, least) &&
           version_compare(&have, &want) < 0;
}

static const char *how_to_install(const struct tool *tool, struct arena *arena)
{
    if (!tool->apt)
        return tool->fix;
    if (!process_find(arena, "apt-get") && process_find(arena, "brew"))
        return arena_printf(arena, "brew install %s", tool->brew);
    return arena_printf(arena, "apt-get install %s", tool->apt);
}

/* For a program that is there and does not run: rustup's cargo runs nothing without a default. */
static const char *how_to_repair(const struct tool *tool, const char *install, struct arena *arena)
{
    if (strcmp(tool->name, "cargo") == 0 && process_find(arena, "rustup"))
        return "rustup default stable";
    return install;
}

static void check_tool(struct findings *out, const struct tool *tool, const char *path,
                       const char *version)
{
    struct arena *arena = out->arena;
    enum finding_level level = tool->needed ? FINDING_PROBLEM : FINDING_ADVICE;
    const char *fix = how_to_install(tool, arena);
    const char *who = tool->needed ? arena_printf(arena, "; %u of the installed plugins need%s it",
                                                  tool->needed, tool->needed == 1 ? "s" : "")
                                   : "";

    if (!path && tool->optional)
        finding_add(out, FINDING_OK, tool->name, NULL, "not found; %s", tool->purpose);
    else if (!path)
        finding_add(out, level, tool->name, fix, "not found; it is needed %s%s", tool->purpose,
                    who);
    else if (!version)
        finding_add(out, level, tool->name, how_to_repair(tool, fix, arena),
                    "'%s' does not run; it is needed %s%s", path, tool->purpose, who);
    else if (tool->least && is_older(version, tool->least))
        finding_add(out, level, tool->name, fix, "%s is older than %s; it is needed %s%s", version,
                    tool->least, tool->purpose, who);
    else
        finding_add(out, FINDING_OK, tool->name, NULL, "%s at %s", version, path);
}

static void check_program(struct findings *out, const struct tool *tool)
{
    char *path = process_find(out->arena, tool->name);
    const char *text = NULL;

    if (path)
        text = capture(out->arena, (const char *const[]){path, "--version", NULL});
    check_tool(out, tool, path, text ? find_version(text, out->arena) : NULL);
}

/* uv does what pip does; one of the two is enough. */
static void check_pip(struct findings *out)
{
    static const struct tool pip = {
        .name = "pip",
        .least = "22.3",
        .purpose = "to build pip plugins that require packages",
        .apt = "python3-pip",
        .brew = "python",
    };
    static const char program[] = "import importlib.metadata as m; print(m.version('pip'))";
    char *python = process_find(out->arena, "python3");
    const char *text = NULL;

    if (!python || process_find(out->arena, "uv"))
        return;
    text = capture(out->arena, (const char *const[]){python, "-I", "-c", program, NULL});
    check_tool(out, &pip, text ? python : NULL, text ? find_version(text, out->arena) : NULL);
}

static void check_client(struct findings *out)
{
    const struct tool client = {
        .name = "claude",
        .least = "2.1.157",
        .purpose = "to see plugins in ~/.claude/skills",
        .fix = "npm install -g @anthropic-ai/claude-code",
    };
    const char *program = NULL;
    const char *version = claude_version(out->arena, &program);
    check_tool(out, &client, program, version);
}

void doctor_tools(struct findings *out)
{
    struct needs needs = {0};
    read_needs(&needs, out->arena);

    const struct tool tools[] = {
        {"python3", "3.8", "to run Python plugins", "python3", "python", NULL, needs.python},
        {"cargo", NULL, "to build cargo plugins", "cargo", "rust", NULL, needs.build[BUILD_CARGO]},
        {"make", NULL, "to build make plugins", "make", "make", NULL, needs.build[BUILD_MAKE]},
        {"cc", NULL, "to build plugins in C", "gcc", "gcc", NULL, needs.build[BUILD_MAKE]},
        {"git", NULL, "to work on plugins in Git repositories", "git", "git"},
        {"uv", NULL, "it would install Python packages faster", .optional = true},
    };
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        check_program(out, &tools[i]);
    check_pip(out);
    check_client(out);
}
