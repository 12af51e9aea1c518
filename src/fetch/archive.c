/*
 * The operation `unpack`: tar, plain or packed by one of four programs, and ZIP.
 *
 * libarchive reads, in two layers: one unpacks (the one filter that the first bytes name, no
 * bidding), one reads the tar stream, and between them the stream is counted and checked. The
 * archive is read twice: the first pass looks at every entry, counts the limits and learns whether
 * there is a single top folder; only the second writes, through the policy writer.
 */
#include "fetch/archive.h"

#include "base/beneath.h"
#include "base/error.h"
#include "base/fs.h"
#include "fetch/job.h"
#include "fetch/library.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RATIO = 200, FREE_BYTES = 1 << 20, BLOCK = 64 << 10 };

enum packing { PLAIN, GZIP, BZIP2, XZ, ZSTD, ZIP };

struct unpacking {
    struct job *job;
    int fd;
    uint64_t file_size;
    enum packing packing;

    struct archive *outer, *inner; /* unpacks; reads entries */
    struct tar_check tar;
    char block[BLOCK];
    uint64_t produced; /* bytes of the tar stream so far */
    int error;         /* of the layer between, which libarchive cannot pass on */

    /* Learnt by the first pass. */
    const char *top; /* the folder that all entries are in, or NULL */
    bool several;    /* there is none */
    uint64_t bytes;
    uint32_t entries, files;

    struct tree_writer *writer; /* of the second pass */
};

#define A archive_lib

/* ---- what the file is ---- */

static int recognise(struct unpacking *u)
{
    static const struct {
        const char *magic;
        size_t len;
        enum packing packing;
    } known[] = {
        {"\x1f\x8b", 2, GZIP},
        {"BZh", 3, BZIP2},
        {"\xfd"
         "7zXZ\0",
         6, XZ},
        {"\x28\xb5\x2f\xfd", 4, ZSTD},
        {"PK\3\4", 4, ZIP},
        {"PK\5\6", 4, ZIP},
    };
    unsigned char head[512] = {0};

    if (pread(u->fd, head, sizeof head, 0) < 0)
        return fail_errno(ERR_GENERIC, "cannot read the archive '%s'", u->job->archive);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (memcmp(head, known[i].magic, known[i].len) == 0) {
            u->packing = known[i].packing;
            return 0;
        }
    }
    if (!tar_is_header(head)) {
        fail(ERR_REFUSED, "'%s' is no archive that paii reads", u->job->archive);
        error_hint("give a tar file, plain or as .gz, .bz2, .xz or .zst, or a .zip");
        return -ERR_REFUSED;
    }
    u->packing = PLAIN;
    return 0;
}

static int open_archive(struct unpacking *u)
{
    const char *name = u->job->archive;
    struct stat st;

    if (!name)
        return fail(ERR_REFUSED, "the request 'unpack' has no archive");
    u->fd = *name == '/' ? open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                         : open_beneath(STAGING_FD, name, O_RDONLY | O_NONBLOCK, 0);
    if (u->fd < 0)
        return fail_errno(errno == ENOENT ? ERR_NOT_FOUND : ERR_GENERIC,
                          "cannot open the archive '%s'", name);
    if (fstat(u->fd, &st) < 0 || !S_ISREG(st.st_mode))
        return fail(ERR_REFUSED, "'%s' is not a regular file", name);
    u->file_size = (uint64_t)st.st_size;
    return recognise(u);
}

/* ---- the two layers ---- */

static int count_stream(struct unpacking *u, size_t len)
{
    uint64_t headers = (uint64_t)TREE_LIMITS.entries * 4096;

    u->produced += len;
    if (u->produced > FREE_BYTES && u->produced / RATIO > u->file_size)
        return fail(ERR_REFUSED, "refused '%s': it unpacks to more than %d times its size",
                    u->job->archive, RATIO);
    if (u->produced > TREE_LIMITS.total_bytes + headers)
        return fail(ERR_REFUSED, "refused '%s': it unpacks to more than %llu MiB", u->job->archive,
                    (unsigned long long)TREE_LIMITS.total_bytes >> 20);
    return 0;
}

/* The next piece of the tar stream into `block`, counted and checked; its length or a negative
 * error. */
static int64_t next_piece(struct unpacking *u)
{
    la_ssize_t n = u->outer ? A.archive_read_data(u->outer, u->block, sizeof u->block)
                            : read(u->fd, u->block, sizeof u->block);

    if (n < 0)
        u->error = fail(ERR_REFUSED, "refused '%s': it is damaged: %s", u->job->archive,
                        u->outer ? A.archive_error_string(u->outer) : "cannot be read");
    else
        u->error = count_stream(u, (size_t)n);
    if (u->error == 0)
        u->error = tar_check_feed(&u->tar, u->block, (size_t)n);
    return u->error < 0 ? u->error : n;
}

static la_ssize_t on_read(struct archive *inner, void *payload, const void **out)
{
    struct unpacking *u = payload;
    int64_t n = next_piece(u);

    *out = u->block;
    if (n < 0)
        A.archive_set_error(inner, EIO, "refused");
    return n < 0 ? -1 : (la_ssize_t)n;
}

/* What follows the last entry has to be nothing, and whole. */
static int read_rest(struct unpacking *u)
{
    int64_t n = 1;

    while (u->packing != ZIP && n > 0)
        n = next_piece(u);
    return n < 0 ? (int)n : 0;
}

static int open_outer(struct unpacking *u)
{
    static const int filters[] = {[GZIP] = ARCHIVE_FILTER_GZIP,
                                  [BZIP2] = ARCHIVE_FILTER_BZIP2,
                                  [XZ] = ARCHIVE_FILTER_XZ,
                                  [ZSTD] = ARCHIVE_FILTER_ZSTD};
    struct archive_entry *entry;
    struct archive *outer = u->outer = A.archive_read_new();

    /* Appended, a filter is used once; "supported", it would be used again on what it made. */
    if (A.archive_read_append_filter(outer, filters[u->packing]) != ARCHIVE_OK ||
        A.archive_read_support_format_raw(outer) != ARCHIVE_OK ||
        A.archive_read_open_fd(outer, u->fd, BLOCK) != ARCHIVE_OK ||
        A.archive_read_next_header(outer, &entry) != ARCHIVE_OK)
        return fail(ERR_REFUSED, "refused '%s': it is damaged: %s", u->job->archive,
                    A.archive_error_string(outer));
    return 0;
}

static void close_reader(struct unpacking *u)
{
    A.archive_read_free(u->inner);
    A.archive_read_free(u->outer);
    tar_check_release(&u->tar);
    u->inner = u->outer = NULL;
}

static int open_reader(struct unpacking *u)
{
    int result = 0, code;

    u->tar = (struct tar_check){0};
    u->produced = 0;
    if (lseek(u->fd, 0, SEEK_SET) < 0)
        return fail_errno(ERR_GENERIC, "cannot read '%s'", u->job->archive);
    u->inner = A.archive_read_new();
    if (u->packing == ZIP) {
        A.archive_read_support_format_zip_seekable(u->inner);
        code = A.archive_read_open_fd(u->inner, u->fd, BLOCK);
    } else {
        A.archive_read_support_format_tar(u->inner);
        if (u->packing != PLAIN)
            result = open_outer(u);
        code = result == 0 ? A.archive_read_open(u->inner, u, NULL, on_read, NULL) : ARCHIVE_OK;
    }
    if (result == 0 && code != ARCHIVE_OK)
        result = u->error ? u->error
                          : fail(ERR_REFUSED, "refused '%s': %s", u->job->archive,
                                 A.archive_error_string(u->inner));
    return result;
}

/* ---- entries ---- */

/* An entry's name without a leading "./" and, of folders, the trailing '/'. "" for the root itself.
 */
static const char *entry_name(struct unpacking *u, struct archive_entry *entry, struct arena *arena)
{
    const char *raw = A.archive_entry_pathname(entry);
    char *name;
    size_t len;

    if (!raw) {
        fail(ERR_REFUSED, "refused '%s': an entry without a readable name", u->job->archive);
        return NULL;
    }
    while (raw[0] == '.' && raw[1] == '/' && raw[2] != '/')
        raw += 2;
    name = arena_strdup(arena, strcmp(raw, ".") == 0 ? "" : raw);
    len = strlen(name);
    if (A.archive_entry_filetype(entry) == AE_IFDIR && len > 1 && name[len - 1] == '/')
        name[len - 1] = '\0';
    return name;
}

static int check_kind(struct archive_entry *entry, const char *name)
{
    const char *kind = NULL;

    if (A.archive_entry_hardlink(entry))
        kind = "a hard link";
    else if (A.archive_entry_is_encrypted(entry))
        kind = "encrypted";
    else if (A.archive_entry_sparse_count(entry) > 0)
        kind = "a sparse file";
    else if (A.archive_entry_xattr_count(entry) > 0)
        kind = "a file with extended attributes";
    switch (A.archive_entry_filetype(entry)) {
    case AE_IFREG:
    case AE_IFLNK:
    case AE_IFDIR:
        break;
    default:
        kind = kind ? kind : "neither file, folder nor symbolic link";
    }
    return kind ? fail(ERR_REFUSED, "refused '%s': %s", name, kind) : 0;
}

static int count_entry(struct unpacking *u, struct archive_entry *entry, const char *name)
{
    int64_t size = A.archive_entry_size_is_set(entry) ? A.archive_entry_size(entry) : 0;

    if (++u->entries > TREE_LIMITS.entries)
        return fail(ERR_REFUSED, "refused '%s': more than %u entries", u->job->archive,
                    TREE_LIMITS.entries);
    if (size < 0 || (uint64_t)size > TREE_LIMITS.file_bytes)
        return fail(ERR_REFUSED, "refused '%s': the file is larger than %llu MiB", name,
                    (unsigned long long)TREE_LIMITS.file_bytes >> 20);
    u->bytes += (uint64_t)size;
    if (u->bytes > TREE_LIMITS.total_bytes)
        return fail(ERR_REFUSED, "refused '%s': all files together are larger than %llu MiB", name,
                    (unsigned long long)TREE_LIMITS.total_bytes >> 20);
    u->files += A.archive_entry_filetype(entry) != AE_IFDIR;
    return 0;
}

/* Learns from one name more whether there is one top folder. */
static void learn_top(struct unpacking *u, const char *name, bool folder)
{
    size_t len = strcspn(name, "/");

    if (*name == '\0' || u->several)
        return;
    if (name[len] == '\0' && !folder)
        u->several = true; /* a file beside it */
    else if (!u->top)
        u->top = arena_strndup(&u->job->arena, name, len);
    else if (strlen(u->top) != len || memcmp(u->top, name, len) != 0)
        u->several = true;
}

static int look_at(struct unpacking *u, struct archive_entry *entry, const char *name)
{
    int result = *name ? tree_check_path(name) : 0;

    if (result == 0)
        result = check_kind(entry, name);
    if (result == 0)
        result = count_entry(u, entry, name);
    if (result == 0)
        learn_top(u, name, A.archive_entry_filetype(entry) == AE_IFDIR);
    return result;
}

/* `name` below the folder `prefix`; NULL if it is not. */
static const char *below(const char *name, const char *prefix)
{
    size_t len = strlen(prefix);

    if (len == 0)
        return name;
    return strncmp(name, prefix, len) == 0 && name[len] == '/' ? name + len + 1 : NULL;
}

static int write_content(struct unpacking *u, struct archive_entry *entry, const char *name)
{
    char block[16384];
    la_ssize_t n;
    int result = tree_open(u->writer, name, (A.archive_entry_perm(entry) & 0100) != 0);

    while (result == 0 && (n = A.archive_read_data(u->inner, block, sizeof block)) != 0) {
        if (n < 0)
            return u->error ? u->error
                            : fail(ERR_REFUSED, "refused '%s': it is damaged: %s", name,
                                   A.archive_error_string(u->inner));
        result = tree_write(u->writer, block, (size_t)n);
    }
    return result == 0 ? tree_close(u->writer) : result;
}

static int write_entry(struct unpacking *u, struct archive_entry *entry, const char *name)
{
    const char *target;

    if (!u->several && u->top)
        name = below(name, u->top);
    if (name)
        name = below(name, u->job->path ? u->job->path : "");
    if (!name || A.archive_entry_filetype(entry) == AE_IFDIR)
        return 0;
    event_progress("writing", u->produced, 0);
    if (A.archive_entry_filetype(entry) == AE_IFREG)
        return write_content(u, entry, name);
    target = A.archive_entry_symlink(entry);
    return tree_link(u->writer, name, target ? target : "");
}

/* ---- the two passes ---- */

/* Reads every entry: looks at it, or writes it when there is a writer. */
static int pass(struct unpacking *u)
{
    int result = open_reader(u), code = ARCHIVE_OK;
    struct archive_entry *entry;

    while (result == 0 && (code = A.archive_read_next_header(u->inner, &entry)) == ARCHIVE_OK) {
        struct arena scratch = {0};
        const char *name = entry_name(u, entry, &scratch);

        if (!name)
            result = -(int)error_code();
        else
            result = u->writer ? write_entry(u, entry, name) : look_at(u, entry, name);
        arena_release(&scratch);
    }
    if (result == 0 && code != ARCHIVE_EOF)
        result = u->error ? u->error
                          : fail(ERR_REFUSED, "refused '%s': it is damaged: %s", u->job->archive,
                                 A.archive_error_string(u->inner));
    if (result == 0)
        result = read_rest(u);
    close_reader(u);
    return result;
}

static int check_zip(struct unpacking *u)
{
    uint64_t total;
    int result = zip_check(u->fd, &total);

    if (result == 0 && total > FREE_BYTES && total / RATIO > u->file_size)
        result = fail(ERR_REFUSED, "refused '%s': it unpacks to more than %d times its size",
                      u->job->archive, RATIO);
    return error_context(result, "'%s'", u->job->archive);
}

static int write_all(struct unpacking *u)
{
    struct job *job = u->job;
    AUTO_FD fd = job_open_into(job);
    int result;

    if (fd < 0)
        return fd;
    u->writer = tree_begin(fd, &TREE_LIMITS);
    result = job_finish_tree(job, u->writer, pass(u));
    if (result == 0 && job->written == 0)
        result = job->path && *job->path ? fail(ERR_NOT_FOUND, "there is no folder '%s' in '%s'",
                                                job->path, job->archive)
                                         : fail(ERR_REFUSED, "'%s' holds no files", job->archive);
    return result;
}

/* The pin is over the archive as it came, so it is compared before anything in it is read. */
static int check_pin(struct unpacking *u)
{
    struct job *job = u->job;
    char hex[HASH_HEX_SIZE];
    struct hash hash;
    ssize_t n;

    hash_init(&hash);
    for (off_t at = 0; (n = pread(u->fd, u->block, sizeof u->block, at)) > 0; at += n)
        hash_add(&hash, u->block, (size_t)n);
    if (n < 0)
        return fail_errno(ERR_GENERIC, "cannot read the archive '%s'", job->archive);
    hash_finish(&hash, hex);
    job->found_sha256 = arena_strdup(&job->arena, hex);
    if (!job->sha256 || strcmp(hex, job->sha256) == 0)
        return 0;
    fail(ERR_MISMATCH, "'%s' has the SHA-256 %s, the pin says %s", job->archive, hex, job->sha256);
    error_hint("the file changed since it was pinned; ask whoever maintains the registry");
    return -ERR_MISMATCH;
}

int op_unpack(struct job *job)
{
    struct unpacking *u = arena_alloc(&job->arena, sizeof *u);
    int result;

    u->job = job;
    u->fd = -1;
    setlocale(LC_CTYPE, "C.UTF-8"); /* names are UTF-8, whatever the person's locale */
    result = library_load_archive();
    if (result == 0)
        result = open_archive(u);
    if (result == 0)
        result = check_pin(u);
    if (result == 0 && u->packing == ZIP)
        result = check_zip(u);
    if (result == 0)
        result = pass(u);
    if (result == 0)
        result = write_all(u);
    fd_close(&u->fd);
    return result;
}
