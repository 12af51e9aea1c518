/*
 * cargo: builds the programs of a package and copies them to bin/.
 */
#include "build/build_private.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool needed(const struct manifest *manifest, const char *source)
{
    (void)manifest, (void)source;
    return true;
}

static int check_tools(struct arena *arena)
{
    if (!process_find(arena, "cargo") || !process_find(arena, "rustc")) {
        fail(ERR_GENERIC, "'cargo' is not installed");
        error_hint("apt-get install cargo, or install Rust with rustup");
        return -ERR_GENERIC;
    }
    if (!process_find(arena, "cc")) {
        fail(ERR_GENERIC, "'cc' is not installed, which Rust links with");
        error_hint("apt-get install build-essential");
        return -ERR_GENERIC;
    }
    return 0;
}

static void identity(struct buf *out, const struct manifest *manifest)
{
    (void)manifest;
    struct arena arena = {0};
    AUTO_BUF answer = {0};
    const char *const argv[] = {process_find(&arena, "rustc"), "-vV", NULL};
    bool answered = argv[0] && build_ask(&answer, argv);
    buf_puts(out, answered ? buf_text(&answer) : "rustc none\n");
    arena_release(&arena);
}

static const char *describe(struct arena *arena, const struct manifest *manifest,
                            const char *source)
{
    bool locked = fs_is_file(path_join(arena, source, "Cargo.lock"));
    const char *package = manifest->build.target;
    return arena_printf(arena, "cargo build --release%s%s%s into bin/", locked ? " --locked" : "",
                        package ? " --package=" : "", package ? package : "");
}

/* ---- cargo's surroundings ---- */

/* The person's own configuration and tokens, read by cargo through links in its home for builds. */
static int link_configuration(struct arena *arena, const char *home)
{
    static const char *const names[] = {"config.toml", "config", "credentials.toml", "credentials"};
    const char *set = getenv("CARGO_HOME");
    const char *own = set && set[0] == '/' ? set : path_join(arena, paths.home, ".cargo");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *link = path_join(arena, home, names[i]);
        const char *target = path_join(arena, own, names[i]);
        if (fs_read_link(arena, link))
            unlink(link);
        int result = fs_is_file(target) ? fs_symlink(target, link) : 0;
        if (result < 0)
            return result;
    }
    return 0;
}

/* Cargo's settings by variable pass, tokens do not: those come from credentials.toml. */
static void pass_settings(struct build_job *job)
{
    static const char *const prefixes[] = {"CARGO_HTTP_", "CARGO_NET_", "CARGO_SOURCE_",
                                           "CARGO_REGISTRIES_"};
    for (char **entry = environ; *entry; entry++) {
        const char *name = arena_strndup(job->arena, *entry, strcspn(*entry, "="));
        if (text_ends(name, "_TOKEN") || text_ends(name, "_SECRET_KEY"))
            continue;
        for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
            if (text_starts(name, prefixes[i]))
                environment_pass(&job->env, name);
    }
}

static int cargo_environment(struct build_job *job)
{
    const char *home = path_join(job->arena, paths.cache, "cargo");
    int result = fs_mkdirs(home, 0700);
    if (result == 0)
        result = link_configuration(job->arena, home);
    if (result < 0)
        return result;
    pass_settings(job);
    environment_pass(&job->env, "RUSTUP_TOOLCHAIN");
    const char *rustup = getenv("RUSTUP_HOME");
    if (!rustup && fs_is_dir(path_join(job->arena, paths.home, ".rustup")))
        rustup = path_join(job->arena, paths.home, ".rustup");
    if (rustup)
        environment_set(&job->env, "RUSTUP_HOME", rustup);
    environment_set(&job->env, "CARGO_HOME", home);
    environment_set(&job->env, "CARGO_TERM_COLOR", "never");
    return 0;
}

/* ---- building ---- */

static const char *const *command(struct build_job *job, const char *source, const char *target)
{
    const struct build_spec *build = &job->manifest->build;
    struct arena *arena = job->arena;
    struct strings argv = {0};
    const char *offline = getenv("PAII_OFFLINE");
    strings_add(&argv, arena, process_find(arena, "cargo"));
    strings_add(&argv, arena, "build");
    strings_add(&argv, arena, "--release");
    strings_add(&argv, arena, "--bins");
    strings_add(&argv, arena, "--message-format=json-render-diagnostics");
    strings_add(&argv, arena, arena_printf(arena, "--manifest-path=%s/Cargo.toml", source));
    strings_add(&argv, arena, arena_printf(arena, "--target-dir=%s", target));
    if (fs_is_file(path_join(arena, source, "Cargo.lock")))
        strings_add(&argv, arena, "--locked");
    if (offline && !strcmp(offline, "1"))
        strings_add(&argv, arena, "--offline");
    if (build->target)
        strings_add(&argv, arena, arena_printf(arena, "--package=%s", build->target));
    if (build->features.count)
        strings_add(
            &argv, arena,
            arena_printf(arena, "--features=%s", strings_join(&build->features, arena, ",")));
    *arena_push(arena, &argv.items, &argv.count, &argv.capacity) = NULL;
    return argv.items;
}

/* The program that one message of cargo tells of; NULL if it tells of something else. */
static const char *program_of(struct arena *arena, const char *line, size_t len)
{
    if (!memmem(line, len, "\"executable\":\"", 14))
        return NULL;
    struct diags diags = {.arena = arena};
    const struct data *message = data_parse_json(arena, "cargo", line, len, false, &diags);
    const struct data *program = message ? data_get(message, "executable") : NULL;
    return program && program->type == DATA_STRING ? program->text : NULL;
}

/* Moves the programs that cargo reported to DEST/FINAL/bin. A build script could report, too: only
 * what is in the target folder counts. */
static int gather_programs(struct build_job *job, const char *messages, const char *target,
                           const char *dest)
{
    const char *bin = arena_printf(job->arena, "%s%s/bin", dest, job->final);
    const char *inside = arena_printf(job->arena, "%s/", target);
    size_t count = 0;
    int result = fs_mkdirs(bin, 0700);
    for (const char *line = messages; result == 0 && *line;) {
        size_t len = strcspn(line, "\n");
        const char *program = program_of(job->arena, line, len);
        if (program && text_starts(program, inside) && !strstr(program, "/../")) {
            if (rename(program, path_join(job->arena, bin, path_base(program))) < 0)
                result = fail_errno(ERR_GENERIC, "cannot take '%s'", program);
            count++;
        }
        line += len + (line[len] == '\n');
    }
    if (result < 0 || count > 0)
        return result;
    fail(ERR_GENERIC, "cannot build '%s': its package has no program", job->manifest->name);
    error_hint("a plugin of type cargo has a src/main.rs or a [[bin]] in Cargo.toml");
    return -ERR_GENERIC;
}

static int build(struct build_job *job)
{
    const char *source, *dest = path_join(job->arena, job->work, "dest");
    const char *target = path_join(job->arena, job->work, "target");
    AUTO_BUF messages = {0};
    int result = build_copy_source(job, &source);
    if (result == 0)
        result = cargo_environment(job);
    if (result == 0)
        result = build_capture(job, "/", command(job, source, target), &messages);
    if (result == 0)
        result = gather_programs(job, buf_text(&messages), target, dest);
    return result < 0 ? result : build_take_installed(job, dest, "cargo build");
}

const struct build_adapter cargo_adapter = {
    .type = BUILD_CARGO,
    .needed = needed,
    .check_tools = check_tools,
    .identity = identity,
    .describe = describe,
    .build = build,
};
