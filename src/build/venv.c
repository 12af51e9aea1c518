/*
 * Python's isolated environments, made by hand: docs/build.md says why.
 */
#include "build/build_private.h"

#include "base/error.h"
#include "base/fs.h"

#include <string.h>

/* ---- the interpreter ---- */

static const char QUESTION[] =
    "import os, sys\n"
    "print(os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable))\n"
    "print('%d.%d.%d' % sys.version_info[:3])\n"
    "print(sys.implementation.cache_tag)\n"
    "print(getattr(sys.implementation, '_multiarch', ''))\n"
    "print(getattr(sys, 'platlibdir', 'lib'))\n";

static bool read_answer(struct python *out, struct arena *arena, const char *text)
{
    struct strings lines = {0};
    for (const char *p = text; *p;) {
        size_t len = strcspn(p, "\n");
        strings_add(&lines, arena, arena_strndup(arena, p, len));
        p += len + (p[len] == '\n');
    }
    if (lines.count != 5 || lines.items[0][0] != '/')
        return false;
    const char *version = lines.items[1];
    size_t major = strcspn(version, ".");
    size_t minor = version[major] ? strcspn(version + major + 1, ".") : 0;
    *out = (struct python){
        .program = lines.items[0],
        .version = version,
        .minor = arena_strndup(arena, version, major + 1 + minor),
        .tag = lines.items[2],
        .abi = lines.items[3],
        .libdir = lines.items[4],
    };
    return minor > 0;
}

const struct python *python_find(void)
{
    static struct arena arena; /* as long as the process */
    static const char *asked;
    static struct python python;
    const char *program = process_find(&arena, "python3");
    if (!program)
        return NULL;
    if (asked && !strcmp(asked, program))
        return &python;
    AUTO_BUF answer = {0};
    const char *const argv[] = {program, "-I", "-S", "-c", QUESTION, NULL};
    if (!build_ask(&answer, argv) || !read_answer(&python, &arena, buf_text(&answer)))
        return NULL;
    asked = program;
    return &python;
}

/* ---- an empty one ---- */

static int make_packages(struct arena *arena, const char *path, const struct python *python,
                         const char *libdir)
{
    return fs_mkdirs(
        arena_printf(arena, "%s/%s/python%s/site-packages", path, libdir, python->minor), 0755);
}

int venv_check_free(const char *path)
{
    if (!fs_exists(path))
        return 0;
    fail(ERR_REFUSED, "the plugin's tree has a 'venv' already");
    error_hint("remove it from the plugin; paii makes one where requirements are installed");
    return -ERR_REFUSED;
}

int venv_make(const char *path, const struct python *python)
{
    struct arena arena = {0};
    const char *bin = path_join(&arena, path, "bin");
    const char *config =
        arena_printf(&arena, "home = %s\ninclude-system-site-packages = false\nversion = %s\n",
                     path_dir(&arena, python->program), python->version);
    int result = fs_mkdirs(bin, 0755);
    if (result == 0)
        result = make_packages(&arena, path, python, "lib");
    if (result == 0 && strcmp(python->libdir, "lib"))
        result = make_packages(&arena, path, python, python->libdir);
    if (result == 0)
        result = fs_write(path_join(&arena, path, "pyvenv.cfg"), config, strlen(config), 0644);
    if (result == 0)
        result = fs_symlink(python->program, path_join(&arena, bin, "python3"));
    if (result == 0)
        result = fs_symlink("python3", path_join(&arena, bin, "python"));
    arena_release(&arena);
    return result;
}
