/* The spool's files: what writers and the drainer agree on, and what is waiting. */
#include "hooks/spool_private.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/name.h"
#include "base/paths.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 2000, CHUNK = 65536, POSITION_MAX = 256 };

void spool_open(struct spool *out, const char *plugin, struct arena *arena)
{
    const char *folder = path_join(arena, paths.dir, "hooks/spool");
    *out = (struct spool){
        .plugin = arena_strdup(arena, plugin),
        .folder = folder,
        .records = arena_printf(arena, "%s/%s.jsonl", folder, plugin),
        .done = arena_printf(arena, "%s/%s.done", folder, plugin),
        .failed = arena_printf(arena, "%s/%s.failed", folder, plugin),
        .lock = arena_printf(arena, "%s/%s.lock", folder, plugin),
    };
}

void spool_list(struct strings *out, const char *ending, struct arena *arena)
{
    struct strings names = {0};
    const char *folder = path_join(arena, paths.dir, "hooks/spool");
    if (!fs_is_dir(folder))
        return;
    if (fs_list(&names, arena, folder) < 0)
        error_clear();
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.items[i];
        if (!text_ends(name, ending))
            continue;
        size_t len = strlen(name) - strlen(ending);
        if (name_valid_n(name, len))
            strings_add(out, arena, arena_strndup(arena, name, len));
    }
}

/* ---- records ---- */

/* Waits for two seconds: who has it needs it for one write, or is stopped. */
static bool take_lock(int fd)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return false;
}

int spool_lock_records(const struct spool *spool, bool create)
{
    int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0);
    for (;;) {
        struct stat st;
        int fd = open(spool->records, flags, 0600);
        if (fd < 0)
            return -1;
        if (take_lock(fd) && fstat(fd, &st) == 0 && st.st_nlink > 0)
            return fd;
        int error = errno;
        bool removed = fstat(fd, &st) == 0 && st.st_nlink == 0;
        close(fd);
        errno = error;
        if (!removed) /* else a drainer took it away while we waited: there is a new one */
            return -1;
    }
}

/* A limit on the size of files is an error like a full disk, not our end. */
static int append(int fd, const char *text, size_t len, off_t size)
{
    struct sigaction before, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGXFSZ, &ignore, &before);
    ssize_t written = write(fd, text, len);
    int error = written < 0 ? errno : 0;
    if (written >= 0 && (size_t)written < len) /* the rest says why */
        error = write(fd, text + written, len - (size_t)written) < 0 ? errno : ENOSPC;
    sigaction(SIGXFSZ, &before, NULL);
    if (!error)
        return 0;
    if (ftruncate(fd, size) != 0)
        error = errno;
    errno = error;
    return -1;
}

int spool_append(int fd, const char *line, size_t len)
{
    struct stat st;
    char last = '\n';
    AUTO_BUF text = {0};
    if (fstat(fd, &st) != 0 || (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) != 1))
        return -1;
    if (last != '\n') /* a writer was killed in the middle: what it wrote stays a line of its own */
        buf_putc(&text, '\n');
    buf_add(&text, line, len);
    buf_putc(&text, '\n');
    return append(fd, text.data, text.len, st.st_size);
}

int spool_read_line(struct buf *line, int fd, off_t at, off_t *next)
{
    char chunk[CHUNK];
    buf_clear(line);
    for (*next = at;;) {
        ssize_t n = pread(fd, chunk, sizeof chunk, *next);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? 0 : -1;
        const char *end = memchr(chunk, '\n', (size_t)n);
        size_t len = end ? (size_t)(end - chunk) : (size_t)n;
        buf_add(line, chunk, len);
        *next += (off_t)len + (end != NULL);
        if (end)
            return 0;
    }
}

/* ---- the position ---- */

/* Ties a position to its records, which may have been removed and begun again: by the last line
 * that was handled, or at the start by the first. */
static bool hash_last(char out[HASH_HEX_SIZE], const struct position *position, int fd)
{
    AUTO_BUF line = {0};
    off_t next;
    if (spool_read_line(&line, fd, position->start, &next) != 0 || next == 0 ||
        (position->end && next != position->end))
        return false;
    hash_bytes(out, buf_text(&line), line.len);
    return true;
}

void position_read(struct position *out, const struct spool *spool, int fd)
{
    char hash[HASH_HEX_SIZE] = "", is[HASH_HEX_SIZE];
    int64_t start = 0, end = 0;
    AUTO_BUF text = {0};
    *out = (struct position){0};
    if (!fs_exists(spool->done))
        return;
    if (fs_read(&text, spool->done, POSITION_MAX) < 0) {
        error_clear();
        return;
    }
    struct position found = {0};
    if (sscanf(buf_text(&text), "%" SCNd64 " %" SCNd64 " %u %64s", &start, &end, &found.tries,
               hash) != 4)
        return;
    found.start = (off_t)start;
    found.end = (off_t)end;
    if (hash_last(is, &found, fd) && strcmp(is, hash) == 0)
        *out = found;
}

int position_write(const struct position *position, const struct spool *spool, int fd)
{
    char hash[HASH_HEX_SIZE], text[POSITION_MAX];
    if (!hash_last(hash, position, fd))
        return fail_errno(ERR_GENERIC, "cannot read '%s'", spool->records);
    int len = snprintf(text, sizeof text, "%" PRId64 " %" PRId64 " %u %s\n",
                       (int64_t)position->start, (int64_t)position->end, position->tries, hash);
    return fs_write(spool->done, text, (size_t)len, 0600);
}

/* ---- what is waiting ---- */

static time_t time_of(const struct buf *line)
{
    const char *at = line->len ? memmem(line->data, line->len, "\"time\":", 7) : NULL;
    return at ? (time_t)strtoll(at + 7, NULL, 10) : 0;
}

static unsigned count_lines(int fd, off_t at, time_t *first)
{
    AUTO_BUF line = {0};
    unsigned count = 0;
    for (off_t next; spool_read_line(&line, fd, at, &next) == 0 && next > at; at = next) {
        if (line.len == 0)
            continue;
        if (count == 0)
            *first = time_of(&line);
        count++;
    }
    return count;
}

static void count_plugin(struct backlog *out, const char *plugin, struct arena *arena)
{
    struct spool spool;
    time_t when;
    spool_open(&spool, plugin, arena);
    *out = (struct backlog){.plugin = spool.plugin};
    AUTO_FD failed = open(spool.failed, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (failed >= 0)
        out->failed = count_lines(failed, 0, &when);
    AUTO_FD records = spool_lock_records(&spool, false);
    if (records < 0)
        return;
    struct position position;
    position_read(&position, &spool, records);
    out->waiting = count_lines(records, position.end, &out->oldest);
}

int spool_backlog(struct backlog **out, size_t *count, struct arena *arena)
{
    struct strings names = {0};
    spool_list(&names, ".jsonl", arena);
    spool_list(&names, ".failed", arena);
    strings_sort(&names);
    *out = arena_array(arena, names.count + 1, sizeof **out);
    *count = 0;
    for (size_t i = 0; i < names.count; i++) {
        if (i && strcmp(names.items[i], names.items[i - 1]) == 0)
            continue;
        struct backlog *one = &(*out)[*count];
        count_plugin(one, names.items[i], arena);
        *count += one->waiting > 0 || one->failed > 0;
    }
    return 0;
}
