#include "base/paths.h"

#include "base/error.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct paths paths;

/* Lives as long as the process, like the struct it fills. */
static struct arena arena;

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* A folder of the XDG kind: $NAME/paii when NAME is absolute, else HOME/fallback/paii. */
static const char *xdg(const char *name, const char *fallback)
{
    const char *base = from_environment(name);
    if (!base || base[0] != '/')
        base = path_join(&arena, paths.home, fallback);
    return path_join(&arena, base, "paii");
}

/* The program's own place tells where the rest of the installation is: PREFIX/bin/paii. */
static void find_installation(void)
{
    paths.program = fs_read_link(&arena, "/proc/self/exe");
    if (!paths.program)
        paths.program = "paii";
    const char *prefix = path_dir(&arena, path_dir(&arena, paths.program));
    const char *libexec = from_environment("PAII_LIBEXEC");
    if (!libexec)
        libexec = path_join(&arena, prefix, "libexec/paii");
    paths.helper = path_join(&arena, libexec, "paii-fetch");
    paths.share = path_join(&arena, prefix, "share/paii");
}

static int check_owner(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return 0; /* not made yet */
    if (st.st_uid != geteuid()) {
        fail(ERR_REFUSED, "'%s' belongs to another user", path);
        error_hint("run paii as the user who owns it, or set PAII_DIR to a folder of your own");
        return -ERR_REFUSED;
    }
    if (st.st_mode & (S_IWGRP | S_IWOTH)) {
        fail(ERR_REFUSED, "'%s' can be written by others", path);
        error_hint("chmod go-w '%s'", path);
        return -ERR_REFUSED;
    }
    return 0;
}

int paths_init(void)
{
    arena_release(&arena);
    paths = (struct paths){0};
    paths.home = from_environment("HOME");
    if (!paths.home || paths.home[0] != '/') {
        fail(ERR_CONFIG, "HOME is not set to an absolute path");
        error_hint("export HOME=/home/you");
        return -ERR_CONFIG;
    }
    paths.home = arena_strdup(&arena, paths.home);
    const char *dir = from_environment("PAII_DIR");
    paths.dir = dir ? path_absolute(&arena, dir) : xdg("XDG_CONFIG_HOME", ".config");
    /* Inside a plugin PAII_CONFIG is the plugin's configuration, and PAII_TOML is ours. */
    const char *config = from_environment(getenv("PAII_PROTOCOL") ? "PAII_TOML" : "PAII_CONFIG");
    paths.config =
        config ? path_absolute(&arena, config) : path_join(&arena, paths.dir, "paii.toml");
    paths.env_file = path_join(&arena, paths.dir, ".env");
    paths.plugins = path_join(&arena, paths.dir, "plugins");
    paths.registries = path_join(&arena, paths.dir, "registries");
    paths.store = path_join(&arena, paths.dir, "store");
    paths.staging = path_join(&arena, paths.dir, "staging");
    paths.generations = path_join(&arena, paths.dir, "generations");
    paths.current = path_join(&arena, paths.dir, "current");
    paths.lock = path_join(&arena, paths.dir, "lock");
    paths.history = path_join(&arena, paths.dir, "history");
    paths.cache = xdg("XDG_CACHE_HOME", ".cache");
    const char *claude = from_environment("CLAUDE_CONFIG_DIR");
    paths.claude =
        claude ? path_absolute(&arena, claude) : path_join(&arena, paths.home, ".claude");
    find_installation();
    return check_owner(paths.dir);
}
