#include "path.h"

#include "arena.h"
#include "glob.h"
#include "syntax.h"
#include "text.h"

#include <string.h>

static const char *own_home, *own_paii;

static const char *const system_folders[] = {
    "/bin",  "/boot", "/dev", "/etc", "/lib",   "/lib32",   "/lib64",       "/opt",    "/proc",
    "/run",  "/sbin", "/srv", "/sys", "/usr",   "/var",     "/snap",        "/System", "/Library",
    "/root", "/home", "/mnt", "/nix", "/Users", "/private", "/Applications"};

void path_init(const char *home, const char *paii)
{
    own_home = home && home[0] == '/' && home[1] ? home : NULL;
    own_paii = paii && paii[0] == '/' && paii[1] ? paii : NULL;
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool path_below(const char *clean, const char *folder)
{
    size_t len = strlen(folder);
    return !strncmp(clean, folder, len) && (clean[len] == '\0' || clean[len] == '/');
}

/* ---- one spelling ---- */

/* "~", "~ada", "/root", "/home/ada", "/Users/ada" and our own are homes; returns what follows. */
static const char *after_home(const char *path)
{
    static const char *const parents[] = {"/home/", "/Users/"};
    if (path[0] == '~')
        return path + strcspn(path, "/");
    if (own_home && path_below(path, own_home))
        return path + strlen(own_home);
    if (path_below(path, "/root"))
        return path + strlen("/root");
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        size_t len = strlen(parents[i]);
        size_t name = starts(path, parents[i]) ? strcspn(path + len, "/") : 0;
        if (name && !(name == 1 && path[len] == MARK_STAR))
            return path + len + name;
    }
    return NULL;
}

/* "*", ".*", "?*": all there is. */
static bool is_everything(const char *part)
{
    bool star = false;
    for (; *part; part++) {
        if (*part != MARK_STAR && *part != MARK_ONE && *part != '.')
            return false;
        star |= *part == MARK_STAR;
    }
    return star;
}

static void drop_last(struct text *out, size_t root)
{
    while (out->len > root && out->data[--out->len] != '/')
        ;
    out->data[out->len] = '\0';
}

static bool ends_in_up(const struct text *out)
{
    return !strcmp(path_base(out->data), "..");
}

/* Appends the parts of `path`, resolving what can be resolved. */
static void add_parts(struct text *out, const char *path, size_t root)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        bool up = len == 2 && !strncmp(path, "..", 2);
        bool above = up && out->len == root;
        if (up && out->len > root && !ends_in_up(out)) {
            drop_last(out, root);
        } else if (len && !(len == 1 && *path == '.') && !(above && root && out->data[0] == '/')) {
            if (out->len && out->data[out->len - 1] != '/')
                text_putc(out, '/');
            text_add(out, path, len);
        }
        path += len + (path[len] == '/');
    }
}

static void drop_everything(struct text *out, size_t root)
{
    while (out->len > root && is_everything(path_base(out->data)))
        drop_last(out, root);
}

static const char *clean_below(const char *start, const char *path)
{
    struct text out = {0};
    size_t root = strlen(start);
    text_add(&out, start, root);
    add_parts(&out, path, root);
    drop_everything(&out, root);
    return out.data;
}

const char *path_resolve(const char *path, const char *cwd)
{
    if (path[0] == '/' || path[0] == '~' || path[0] == MARK_UNKNOWN || !cwd)
        return path;
    return clean_below("/", text_join(cwd, "/", path));
}

const char *path_clean(const char *path, const char *cwd)
{
    const char *resolved = path_resolve(path, cwd);
    if (resolved[0] == '/')
        resolved = clean_below("/", resolved);
    if (own_paii && path_below(resolved, own_paii))
        return text_join("~/.config/paii", resolved + strlen(own_paii), "");
    const char *rest = after_home(resolved);
    if (rest && strstr(rest, "..") && resolved[0] == '~')
        return path_clean(text_join("/home/user", rest, ""), NULL);
    if (rest)
        return clean_below("~", rest);
    if (resolved[0] == '/')
        return resolved;
    resolved = clean_below("", resolved);
    return *resolved ? resolved : ".";
}

unsigned path_depth(const char *clean)
{
    unsigned depth = 0;
    for (; *clean; clean++)
        depth += clean[0] == '/' && clean[1];
    return depth;
}

/* ---- places ---- */

static bool is_device(const char *clean)
{
    static const char *const disks[] = {"/dev/sd",     "/dev/hd",     "/dev/vd",   "/dev/xvd",
                                        "/dev/nvme",   "/dev/mmcblk", "/dev/disk", "/dev/md",
                                        "/dev/mapper", "/dev/dm-",    "/dev/loop", "/dev/mem",
                                        "/dev/kmem",   "/dev/rdisk",  "/dev/zram", "/dev/port"};
    for (size_t i = 0; i < sizeof disks / sizeof *disks; i++) {
        if (starts(clean, disks[i]))
            return true;
    }
    return starts(clean, "/dev/") && strpbrk(clean, "\2\3") && clean[5] != 'f';
}

bool path_is_temporary(const char *clean)
{
    static const char *const folders[] = {"/tmp",     "/var/tmp",  "/var/folders",
                                          "/dev/shm", "/run/user", "/private/tmp"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (path_below(clean, folders[i]))
            return true;
    }
    return false;
}

static bool is_harmless_device(const char *clean)
{
    return is_one(clean, "/dev/null|/dev/stdout|/dev/stderr|/dev/stdin|/dev/tty|/dev/zero|"
                         "/dev/full|/dev/random|/dev/urandom") ||
           path_below(clean, "/dev/fd") || path_below(clean, "/dev/pts");
}

enum place path_place(const char *clean)
{
    if (!strcmp(clean, "/"))
        return PLACE_ROOT;
    if (is_one(clean, "~|/home|/Users"))
        return PLACE_HOME;
    if (is_device(clean))
        return PLACE_DEVICE;
    if (path_is_temporary(clean) || is_harmless_device(clean) || path_below(clean, "/mnt") ||
        path_below(clean, "/nix"))
        return PLACE_OTHER;
    for (size_t i = 0; i < sizeof system_folders / sizeof *system_folders; i++) {
        if (path_below(clean, system_folders[i]))
            return PLACE_SYSTEM;
    }
    return PLACE_OTHER;
}

/* "/e*", "/[eu]*": one part below the root, which may be any of these. */
static bool may_be_system_folder(const char *clean)
{
    for (size_t i = 0; i < sizeof system_folders / sizeof *system_folders; i++) {
        if (!strchr(clean, MARK_UNKNOWN) && glob_fits(clean, system_folders[i]))
            return true;
    }
    return false;
}

bool path_is_vital(const char *clean)
{
    static const char *const deep[] = {"/usr", "/var", "/lib", "/boot", "/System", "/Library"};
    enum place place = path_place(clean);
    if (place == PLACE_ROOT || place == PLACE_HOME)
        return true;
    if (clean[0] != '/')
        return false;
    if (path_depth(clean) == 1 && may_be_system_folder(clean))
        return true;
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
        if (path_below(clean, deep[i]) && path_depth(clean) == 2 && place == PLACE_SYSTEM)
            return true;
    }
    return false;
}
