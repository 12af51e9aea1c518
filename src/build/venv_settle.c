/*
 * A venv after an installer wrote into it: what does not belong there is refused, what names the
 * place where it was built is rewritten.
 */
#include "build/build_private.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/hash.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_TEXT = 1 << 20, /* longer files are data */
    MAX_SHEBANG = 127,  /* older kernels cut longer lines */
};

struct rewritten {
    const char *path; /* in the venv */
    char hash[44];    /* as RECORD has it: base64url without padding */
    size_t size;
};

struct settling {
    struct arena arena;
    const struct python *python;
    const struct venv_move *moves;
    size_t move_count;
    struct rewritten *rewritten;
    size_t count, capacity;
};

/* ---- what may be there ---- */

static int check_link(const struct walk_entry *entry, const struct python *python)
{
    char target[PATH_MAX];
    ssize_t len = readlinkat(entry->dirfd, entry->name, target, sizeof target - 1);
    if (len < 0)
        return fail_errno(ERR_GENERIC, "cannot read the link 'venv/%s'", entry->path);
    target[len] = '\0';
    if ((!strcmp(entry->path, "bin/python3") && !strcmp(target, python->program)) ||
        (!strcmp(entry->path, "bin/python") && !strcmp(target, "python3")))
        return 0;
    return fail(ERR_REFUSED, "the installer left a symbolic link 'venv/%s'", entry->path);
}

static int check_entry(const struct walk_entry *entry, const struct python *python)
{
    if (S_ISLNK(entry->st.st_mode))
        return check_link(entry, python);
    if (!S_ISREG(entry->st.st_mode))
        return fail(ERR_REFUSED, "the installer left a special file 'venv/%s'", entry->path);
    if (entry->st.st_nlink > 1)
        return fail(ERR_REFUSED, "the installer left 'venv/%s' with a second name elsewhere",
                    entry->path);
    return 0;
}

/* ---- reading and writing one file ---- */

static int read_text(struct buf *out, const struct walk_entry *entry)
{
    AUTO_FD fd = openat(entry->dirfd, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char block[65536];
    ssize_t n = fd < 0 ? -1 : 0;
    out->max = MAX_TEXT;
    while (fd >= 0 && (n = read(fd, block, sizeof block)) > 0)
        buf_add(out, block, (size_t)n);
    return n < 0 ? fail_errno(ERR_GENERIC, "cannot read 'venv/%s'", entry->path) : 0;
}

static int write_text(const struct walk_entry *entry, const struct buf *text)
{
    AUTO_FD fd = openat(entry->dirfd, entry->name, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
    for (size_t done = 0; fd >= 0 && done < text->len;) {
        ssize_t n = write(fd, text->data + done, text->len - done);
        if (n < 0)
            return fail_errno(ERR_GENERIC, "cannot write 'venv/%s'", entry->path);
        done += (size_t)n;
    }
    return fd < 0 ? fail_errno(ERR_GENERIC, "cannot write 'venv/%s'", entry->path) : 0;
}

/* ---- rewriting ---- */

static bool continues_name(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

/* Appends `text` with the path `move->from` replaced; true if it occurred. */
static bool replace_path(struct buf *out, const char *text, size_t len,
                         const struct venv_move *move)
{
    size_t from_len = strlen(move->from);
    const char *end = text + len, *hit;
    bool found = false;
    for (; (hit = memmem(text, (size_t)(end - text), move->from, from_len));
         text = hit + from_len) {
        bool whole = hit + from_len == end || !continues_name(hit[from_len]);
        buf_add(out, text, (size_t)(hit - text));
        buf_puts(out, whole ? move->to : move->from);
        found |= whole;
    }
    buf_add(out, text, (size_t)(end - text));
    return found;
}

/* A script whose first line has become too long is started through sh, as installers do. */
static void shorten_shebang(struct buf *text)
{
    size_t line = strcspn(text->data, "\n");
    if (strncmp(text->data, "#!/", 3) || line <= MAX_SHEBANG)
        return;
    struct buf script = {0};
    buf_printf(&script, "#!/bin/sh\n'''exec' \"%.*s\" \"$0\" \"$@\"\n' '''", (int)line - 2,
               text->data + 2);
    buf_add(&script, text->data + line, text->len - line);
    buf_release(text);
    *text = script;
}

static bool replace_all(struct buf *text, const struct settling *settling)
{
    bool found = false;
    for (size_t i = 0; i < settling->move_count; i++) {
        struct buf next = {0};
        found |= replace_path(&next, buf_text(text), text->len, &settling->moves[i]);
        buf_release(text);
        *text = next;
    }
    if (found)
        shorten_shebang(text);
    return found;
}

static unsigned hex_digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The 64 hex digits of a SHA-256 as 43 characters of base64url. */
static void record_hash(char out[44], const struct buf *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char hex[HASH_HEX_SIZE];
    hash_bytes(hex, text->data, text->len);
    unsigned bits = 0, value = 0, at = 0;
    for (unsigned i = 0; i < 64; i++) {
        value = value << 4 | hex_digit(hex[i]);
        for (bits += 4; bits >= 6; bits -= 6)
            out[at++] = digits[value >> (bits - 6) & 63];
    }
    out[at++] = digits[value << (6 - bits) & 63];
    out[at] = '\0';
}

static int settle_entry(const struct walk_entry *entry, void *payload)
{
    struct settling *settling = payload;
    if (S_ISDIR(entry->st.st_mode))
        return 0;
    int result = check_entry(entry, settling->python);
    if (result < 0 || S_ISLNK(entry->st.st_mode) || entry->st.st_size > MAX_TEXT ||
        entry->st.st_size == 0)
        return result;
    AUTO_BUF text = {0};
    result = read_text(&text, entry);
    if (result < 0 || text.len == 0 || memchr(text.data, '\0', text.len) ||
        !replace_all(&text, settling))
        return result;
    struct rewritten *done =
        arena_push(&settling->arena, &settling->rewritten, &settling->count, &settling->capacity);
    done->path = arena_strdup(&settling->arena, entry->path);
    done->size = text.len;
    record_hash(done->hash, &text);
    return write_text(entry, &text);
}

/* ---- RECORD: one "path,sha256=hash,size" line a file, paths relative to site-packages ---- */

/* `path` seen from `folder`, with its leading "../" resolved; in the arena. */
static const char *resolve(struct arena *arena, const char *folder, const char *path)
{
    char *base = arena_strdup(arena, folder);
    for (; !strncmp(path, "../", 3); path += 3) {
        char *slash = strrchr(base, '/');
        *(slash ? slash : base) = '\0';
    }
    return *base ? arena_printf(arena, "%s/%s", base, path) : path;
}

static const struct rewritten *find_rewritten(const struct settling *settling, const char *path)
{
    for (size_t i = 0; i < settling->count; i++)
        if (!strcmp(settling->rewritten[i].path, path))
            return &settling->rewritten[i];
    return NULL;
}

static int fix_record(const struct walk_entry *entry, void *payload)
{
    struct settling *settling = payload;
    if (strcmp(entry->name, "RECORD") || !S_ISREG(entry->st.st_mode))
        return 0;
    AUTO_BUF text = {0}, fixed = {0};
    int result = read_text(&text, entry);
    if (result < 0 || text.overflow)
        return result;
    struct arena arena = {0};
    const char *packages = path_dir(&arena, path_dir(&arena, entry->path));
    for (const char *line = buf_text(&text); *line;) {
        size_t len = strcspn(line, "\n"), name = strcspn(line, ",\n");
        const char *path = resolve(&arena, packages, arena_strndup(&arena, line, name));
        const struct rewritten *file = find_rewritten(settling, path);
        if (file && name < len)
            buf_printf(&fixed, "%.*s,sha256=%s,%zu", (int)name, line, file->hash, file->size);
        else
            buf_add(&fixed, line, len);
        if (line[len] == '\n')
            buf_putc(&fixed, '\n');
        line += len + (line[len] == '\n');
    }
    arena_release(&arena);
    return write_text(entry, &fixed);
}

int venv_settle(const char *path, const struct python *python, const struct venv_move *moves,
                size_t count)
{
    struct settling settling = {.python = python, .moves = moves, .move_count = count};
    int result = build_walk(path, settle_entry, &settling);
    if (result == 0 && settling.count > 0)
        result = build_walk(path, fix_record, &settling);
    arena_release(&settling.arena);
    return result;
}
