#include "base/paths.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/hash.h"

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

/* ---- whose places these are ---- */

static int refuse_owner(const char *path)
{
    fail(ERR_REFUSED, "'%s' belongs to another user", path);
    error_hint("run paii as the user who owns it, or set HOME and PAII_DIR to folders of your own");
    return -ERR_REFUSED;
}

static int refuse_writers(const char *path, const char *who)
{
    fail(ERR_REFUSED, "'%s' can be written by others", path);
    error_hint("chmod %s-w '%s'", who, path);
    return -ERR_REFUSED;
}

static int check_private(const char *path, const struct stat *st)
{
    if (st->st_uid != geteuid())
        return refuse_owner(path);
    return st->st_mode & (S_IWGRP | S_IWOTH) ? refuse_writers(path, "go") : 0;
}

/* Root may own a HOME, as in containers. In a sticky one, such as /tmp, what is ours stays ours. */
static int check_home(void)
{
    struct stat st;
    if (stat(paths.home, &st) != 0)
        return 0;
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return refuse_owner(paths.home);
    if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
        return refuse_writers(paths.home, "o");
    return 0;
}

static int check_dir(void)
{
    const char *const folders[] = {paths.user, paths.dir};
    struct stat st;
    int result = 0;
    for (size_t i = paths.project ? 0 : 1; i < 2 && result == 0; i++)
        if (stat(folders[i], &st) == 0) /* else not made yet */
            result = check_private(folders[i], &st);
    return result;
}

/* What is written and removed below these folders stays below them: none of them is a link. */
static int check_folders(void)
{
    const char *const folders[] = {paths.store,   paths.generations,
                                   paths.staging, paths.registries,
                                   paths.plugins, path_join(&arena, paths.dir, "logs")};
    int result = 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders && result == 0; i++) {
        struct stat st;
        if (lstat(folders[i], &st) != 0)
            continue;
        if (S_ISLNK(st.st_mode)) {
            fail(ERR_REFUSED, "'%s' is a symbolic link, where paii keeps a folder", folders[i]);
            error_hint("put the folder in its place, or set PAII_DIR to have all of it elsewhere");
            return -ERR_REFUSED;
        }
        result = check_private(folders[i], &st);
    }
    return result;
}

/* ---- scopes ---- */

/* USER/projects/ID, whose link `root` leads to the project. Sets nothing if `dir` is none. */
static bool find_project(const char *dir)
{
    const char *projects = path_dir(&arena, dir);
    if (strcmp(path_base(projects), "projects") != 0)
        return false;
    const char *root = fs_read_link(&arena, path_join(&arena, dir, "root"));
    if (!root || root[0] != '/')
        return false;
    paths.project = root;
    paths.user = path_dir(&arena, projects);
    return true;
}

static const char *client_folder(void)
{
    const char *claude = from_environment("CLAUDE_CONFIG_DIR");
    if (paths.project)
        return path_join(&arena, paths.project, ".claude");
    return claude ? path_absolute(&arena, claude) : path_join(&arena, paths.home, ".claude");
}

/* Everything that follows from dir, user and project. */
static int set_places(void)
{
    /* Inside a plugin PAII_CONFIG is the plugin's configuration, and PAII_TOML is ours. */
    const char *config = from_environment(getenv("PAII_PROTOCOL") ? "PAII_TOML" : "PAII_CONFIG");
    paths.config =
        config ? path_absolute(&arena, config) : path_join(&arena, paths.user, "paii.toml");
    paths.env_file = path_join(&arena, paths.user, ".env");
    paths.plugins = path_join(&arena, paths.dir, "plugins");
    paths.registries = path_join(&arena, paths.dir, "registries");
    paths.store = path_join(&arena, paths.user, "store");
    paths.staging = path_join(&arena, paths.user, "staging");
    paths.generations = path_join(&arena, paths.dir, "generations");
    paths.current = path_join(&arena, paths.dir, "current");
    paths.lock = path_join(&arena, paths.user, "lock");
    paths.history = path_join(&arena, paths.dir, "history");
    paths.claude = client_folder();
    int result = check_dir();
    return result < 0 ? result : check_folders();
}

int paths_enter(const char *dir)
{
    paths.dir = arena_strdup(&arena, dir);
    paths.project = NULL;
    if (!find_project(paths.dir))
        paths.user = paths.dir;
    return set_places();
}

/* The folder's name, as far as it is fit for one of ours, and what tells its path from others. */
static const char *project_id(const char *root)
{
    char hash[HASH_HEX_SIZE];
    char *name = arena_printf(&arena, "%.32s", path_base(root));
    hash_bytes(hash, root, strlen(root));
    for (char *c = name; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *c) ||
            (c == name && *c == '.'))
            *c = '-';
    return arena_printf(&arena, "%s-%.16s", name, hash);
}

int paths_enter_project(const char *root)
{
    paths.project = arena_strdup(&arena, root);
    paths.dir = arena_printf(&arena, "%s/projects/%s", paths.user, project_id(root));
    return set_places();
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
    paths.cache = xdg("XDG_CACHE_HOME", ".cache");
    find_installation();
    const char *dir = from_environment("PAII_DIR");
    int result = check_home();
    return result < 0
               ? result
               : paths_enter(dir ? path_absolute(&arena, dir) : xdg("XDG_CONFIG_HOME", ".config"));
}
