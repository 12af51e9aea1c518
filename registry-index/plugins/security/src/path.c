#include "path.h"

#include "arena.h"

#include <string.h>

static bool starts(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

static bool ends(const char *text, const char *suffix)
{
    size_t len = strlen(text), tail = strlen(suffix);
    return len >= tail && !strcmp(text + len - tail, suffix);
}

bool path_below(const char *clean, const char *folder)
{
    size_t len = strlen(folder);
    return !strncmp(clean, folder, len) && (clean[len] == '\0' || clean[len] == '/');
}

/* "~", "~ada", "$HOME", "/root", "/home/ada" and "/Users/ada" are homes; returns what follows. */
static const char *after_home(const char *path)
{
    static const char *const parents[] = {"/home/", "/Users/"};
    if (starts(path, "$HOME") && (!path[5] || path[5] == '/'))
        return path + 5;
    if (path[0] == '~')
        return path + strcspn(path, "/");
    if (path_below(path, "/root"))
        return path + strlen("/root");
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        size_t len = strlen(parents[i]);
        size_t name = starts(path, parents[i]) ? strcspn(path + len, "/") : 0;
        if (name && !(name == 1 && path[len] == '*'))
            return path + len + name;
    }
    return NULL;
}

/* "*", ".*", "{*,.*}": all there is. */
static bool is_everything(const char *part, size_t len)
{
    size_t stars = 0;
    for (size_t i = 0; i < len; i++) {
        if (!strchr("*.?{},[!]", part[i]))
            return false;
        stars += part[i] == '*';
    }
    return stars > 0;
}

static void drop_last(struct text *out, size_t root)
{
    while (out->len > root && out->data[--out->len] != '/')
        ;
    out->data[out->len] = '\0';
}

/* Appends the parts of `path`, resolving what can be resolved. */
static void add_parts(struct text *out, const char *path, size_t root)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        bool up = len == 2 && !strncmp(path, "..", 2);
        if (up && out->len > root) {
            drop_last(out, root);
        } else if (len && !(len == 1 && *path == '.')) {
            if (out->len && out->data[out->len - 1] != '/')
                text_putc(out, '/');
            text_add(out, path, len);
        }
        path += len + (path[len] == '/');
    }
}

static void drop_everything(struct text *out, size_t root)
{
    while (out->len > root) {
        const char *slash = strrchr(out->data, '/');
        const char *part = slash ? slash + 1 : out->data;
        if (!is_everything(part, strlen(part)))
            return;
        drop_last(out, root);
    }
}

static const char *clean_absolute(const char *path)
{
    struct text out = {0};
    text_putc(&out, '/');
    add_parts(&out, path, 1);
    drop_everything(&out, 1);
    return out.data;
}

const char *path_clean(const char *path, const char *cwd)
{
    struct text out = {0};
    if (path[0] == '/')
        path = clean_absolute(path);
    const char *rest = after_home(path);
    if (path[0] == '/' && !rest)
        return path;
    if (rest) {
        text_putc(&out, '~');
        add_parts(&out, rest, 1);
        drop_everything(&out, 1);
        return out.data;
    }
    if (cwd) {
        text_puts(&out, cwd);
        text_putc(&out, '/');
        text_puts(&out, path);
        return path_clean(out.data, NULL);
    }
    text_add(&out, "", 0);
    add_parts(&out, path, 0);
    return out.len ? out.data : ".";
}

unsigned path_depth(const char *clean)
{
    unsigned depth = 0;
    for (; *clean; clean++)
        depth += clean[0] == '/' && clean[1];
    return depth;
}

static bool is_device(const char *clean)
{
    static const char *const disks[] = {"/dev/sd",     "/dev/hd",     "/dev/vd",   "/dev/xvd",
                                        "/dev/nvme",   "/dev/mmcblk", "/dev/disk", "/dev/md",
                                        "/dev/mapper", "/dev/dm-",    "/dev/loop", "/dev/mem",
                                        "/dev/kmem",   "/dev/rdisk"};
    for (size_t i = 0; i < sizeof disks / sizeof *disks; i++) {
        if (starts(clean, disks[i]))
            return true;
    }
    return false;
}

enum place path_place(const char *clean)
{
    static const char *const free_ones[] = {
        "/var/tmp",    "/var/folders", "/run/user", "/dev/shm",   "/dev/null", "/dev/stdout",
        "/dev/stderr", "/dev/tty",     "/dev/fd",   "/dev/stdin", "/dev/zero", "/dev/full"};
    static const char *const folders[] = {
        "/bin", "/boot", "/dev",    "/etc",     "/lib",          "/lib32",  "/lib64",
        "/opt", "/proc", "/run",    "/sbin",    "/srv",          "/sys",    "/usr",
        "/var", "/snap", "/System", "/Library", "/Applications", "/private"};
    if (!strcmp(clean, "/"))
        return PLACE_ROOT;
    if (!strcmp(clean, "~") || !strcmp(clean, "/home") || !strcmp(clean, "/Users"))
        return PLACE_HOME;
    if (is_device(clean))
        return PLACE_DEVICE;
    for (size_t i = 0; i < sizeof free_ones / sizeof *free_ones; i++) {
        if (path_below(clean, free_ones[i]))
            return PLACE_OTHER;
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (path_below(clean, folders[i]))
            return PLACE_SYSTEM;
    }
    return PLACE_OTHER;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool path_is_secret(const char *clean)
{
    static const char *const files[] = {"~/.aws/credentials",
                                        "~/.netrc",
                                        "~/.pgpass",
                                        "~/.git-credentials",
                                        "~/.npmrc",
                                        "~/.pypirc",
                                        "~/.kube/config",
                                        "~/.docker/config.json",
                                        "/etc/shadow",
                                        "/etc/gshadow",
                                        "/etc/sudoers",
                                        "~/.config/paii/.env",
                                        "~/.cargo/credentials.toml",
                                        "~/.claude/.credentials.json"};
    static const char *const folders[] = {"~/.gnupg", "~/.config/gcloud",
                                          "~/.azure", "~/.password-store",
                                          "~/.aws",   "/etc/ssl/private"};
    const char *base = base_of(clean);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (!strcmp(clean, files[i]))
            return true;
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (path_below(clean, folders[i]))
            return true;
    }
    if (path_below(clean, "~/.ssh") || starts(clean, ".ssh/"))
        return !ends(base, ".pub") && strcmp(base, "known_hosts") && strcmp(base, "config");
    if (starts(base, ".env"))
        return !ends(base, ".example") && !ends(base, ".sample") && !ends(base, ".template") &&
               (!base[4] || base[4] == '.');
    return ends(base, ".pem") || ends(base, ".p12") || ends(base, ".pfx") || ends(base, ".kdbx") ||
           starts(base, "id_rsa") || starts(base, "id_ed25519") || starts(base, "id_ecdsa");
}

bool path_is_startup(const char *clean)
{
    static const char *const paths[] = {"~/.bashrc",
                                        "~/.bash_profile",
                                        "~/.bash_login",
                                        "~/.profile",
                                        "~/.zshrc",
                                        "~/.zshenv",
                                        "~/.zprofile",
                                        "~/.ssh/authorized_keys",
                                        "~/.ssh/config",
                                        "~/.ssh/rc",
                                        "~/.config/autostart",
                                        "~/.config/systemd",
                                        "~/.config/fish",
                                        "~/.gitconfig",
                                        "~/.claude/settings.json"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (path_below(clean, paths[i]))
            return true;
    }
    return false;
}

bool path_is_shell_history(const char *clean)
{
    const char *base = base_of(clean);
    return (base[0] == '.' && ends(base, "_history")) || !strcmp(base, "fish_history") ||
           !strcmp(clean, "$HISTFILE");
}
