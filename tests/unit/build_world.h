/*
 * A throw-away machine for tests of builds: a HOME, a plugin's source, the place of its prefix.
 */
#ifndef PAII_TESTS_BUILD_WORLD_H
#define PAII_TESTS_BUILD_WORLD_H

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/tree.h"
#include "build/build.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    struct arena arena;
    const char *root, *source, *final, *work, *log;
    struct manifest manifest;
};

static const char *original_path;

static inline void world_set_home(struct world *world)
{
    const char *home = getenv("HOME");
    const char *rustup = home ? arena_printf(&world->arena, "%s/.rustup", home) : NULL;
    if (rustup && !getenv("RUSTUP_HOME") && fs_is_dir(rustup))
        setenv("RUSTUP_HOME", rustup, 1); /* a toolchain of the person's stays usable */
    setenv("HOME", path_join(&world->arena, world->root, "home"), 1);
    setenv("PAII_DIR", path_join(&world->arena, world->root, "paii"), 1);
    unsetenv("PAII_CONFIG");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("PIP_CONFIG_FILE");
    assert_int_equal(paths_init(), 0);
}

static inline int world_begin(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    char root[] = "/tmp/paii-test-build-XXXXXX";
    if (!world || !mkdtemp(root))
        return -1;
    if (!original_path)
        original_path = strdup(getenv("PATH"));
    world->root = arena_strdup(&world->arena, root);
    world->source = path_join(&world->arena, root, "paii/staging/1/demo");
    world->work = path_join(&world->arena, root, "paii/staging/1/work");
    world->final = path_join(&world->arena, root, "paii/store/demo/1.0.0-0123456789abcdef");
    world->log = path_join(&world->arena, root, "paii/logs/demo.log");
    world->manifest = (struct manifest){.file = "plugin.toml", .name = "demo", .version = "1.0.0"};
    world_set_home(world);
    *state = world;
    return fs_mkdirs(world->source, 0755) < 0 || fs_mkdirs(world->work, 0700) < 0 ? -1 : 0;
}

static inline int world_end(void **state)
{
    struct world *world = *state;
    setenv("PATH", original_path, 1);
    fs_remove_tree(world->root);
    arena_release(&world->arena);
    free(world);
    error_clear();
    return 0;
}

/* Writes a file of the plugin; an absolute path stands alone. */
static inline void put(struct world *world, const char *name, const char *text)
{
    const char *path = path_join(&world->arena, world->source, name);
    assert_int_equal(fs_mkdirs(path_dir(&world->arena, path), 0755), 0);
    assert_int_equal(fs_write(path, text, strlen(text), 0644), 0);
}

static inline int build(struct world *world, enum build_type type)
{
    world->manifest.build.type = type;
    return build_plugin(&world->arena, &world->manifest, world->source, world->final, world->work,
                        world->log);
}

/* What follows a build: sealed, moved into the store. */
static inline void settle(struct world *world)
{
    assert_int_equal(build_seal(world->source), 0);
    assert_int_equal(fs_mkdirs(path_dir(&world->arena, world->final), 0755), 0);
    assert_int_equal(rename(world->source, world->final), 0);
}

static inline void build_well(struct world *world, enum build_type type)
{
    int result = build(world, type);
    if (result < 0)
        fail_msg("%s (%s)", error_text(), error_hint_text());
    settle(world);
}

static inline void build_badly(struct world *world, enum build_type type, enum err code,
                               const char *words)
{
    int result = build(world, type);
    if (result != -(int)code || !strstr(error_text(), words))
        fail_msg("expected %d with '%s', found %d with '%s'", -(int)code, words, result,
                 result < 0 ? error_text() : "");
    assert_true(*error_hint_text());
}

/* Whether `path` exists in the finished prefix. */
static inline bool has(struct world *world, const char *path)
{
    return fs_exists(path_join(&world->arena, world->final, path));
}

static inline const char *content(struct world *world, const char *path)
{
    AUTO_BUF text = {0};
    if (fs_read(&text, path_join(&world->arena, world->final, path), 1 << 20) < 0)
        fail_msg("%s", error_text());
    return arena_strdup(&world->arena, buf_text(&text));
}

/* stdout of a program of the finished prefix, run with an empty environment. */
static inline const char *output(struct world *world, const char *program, const char *argument,
                                 const char *second)
{
    AUTO_BUF out = {0};
    const char *const argv[] = {path_join(&world->arena, world->final, program), argument, second,
                                NULL};
    struct process process = {.argv = (char *const *)argv,
                              .envp = (char *[]){(char *)"PATH=/usr/bin:/bin", NULL},
                              .cwd = "/",
                              .err = STDERR_FILENO,
                              .deadline_ms = 60000};
    int status = -1;
    assert_int_equal(process_capture(&status, &out, &process, NULL, 0), 0);
    assert_int_equal(status, 0);
    return arena_strdup(&world->arena, buf_text(&out));
}

/* A folder as PATH that holds links to `tools` (NULL-terminated) only. */
static inline void only_tools(struct world *world, const char *const *tools)
{
    const char *bin = path_join(&world->arena, world->root, "bin");
    assert_int_equal(fs_mkdirs(bin, 0755), 0);
    for (; *tools; tools++) {
        const char *program = process_find(&world->arena, *tools);
        assert_non_null(program);
        assert_int_equal(symlink(program, path_join(&world->arena, bin, *tools)), 0);
    }
    setenv("PATH", bin, 1);
}

/* Whether the process whose number is in the file `path` is gone (or dead and not reaped yet). */
static inline bool is_gone(struct world *world, const char *path)
{
    AUTO_BUF text = {0};
    char state = 0;
    assert_int_equal(fs_read(&text, path, 100), 0);
    FILE *file = fopen(arena_printf(&world->arena, "/proc/%d/stat", atoi(buf_text(&text))), "re");
    if (!file)
        return true;
    if (fscanf(file, "%*d %*s %c", &state) != 1)
        state = 'Z';
    fclose(file);
    return state == 'Z';
}

#define WORLD_TEST(function) cmocka_unit_test_setup_teardown(function, world_begin, world_end)

#endif
