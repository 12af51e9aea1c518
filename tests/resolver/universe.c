#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "universe_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- opening ---- */

static const void *take(const char **at, size_t size)
{
    const char *part = *at;
    *at += size;
    return part;
}

static size_t image_size(const struct universe_head *head, const struct index *index)
{
    return sizeof *head + head->index_size +
           4 * ((size_t)index->names + index->candidates + index->gates + head->contracts +
                head->contracts + 1 + 3 * (size_t)head->offers + head->yanked) +
           head->texts_size;
}

bool universe_open(struct universe *universe, const void *image, size_t size)
{
    const struct universe_head *head = image;
    const struct index *index = &universe->index;
    const char *at = (const char *)(head + 1);
    if (size < sizeof *head || memcmp(head->magic, UNIVERSE_MAGIC, sizeof head->magic) != 0 ||
        head->index_size > size - sizeof *head ||
        !index_open(&universe->index, take(&at, head->index_size), head->index_size) ||
        image_size(head, index) != size)
        return false;
    universe->head = head;
    universe->name_text = take(&at, 4 * (size_t)index->names);
    universe->version_text = take(&at, 4 * (size_t)index->candidates);
    universe->gate_text = take(&at, 4 * (size_t)index->gates);
    universe->contract_text = take(&at, 4 * (size_t)head->contracts);
    universe->offers_at = take(&at, 4 * ((size_t)head->contracts + 1));
    universe->offers = take(&at, head->offers * sizeof *universe->offers);
    universe->yanked = take(&at, 4 * (size_t)head->yanked);
    universe->texts = at;
    universe->barred = calloc(index->candidates + 1u, 1);
    for (uint32_t i = 0; i < head->yanked; i++)
        universe->barred[universe->yanked[i]] = 1;
    return true;
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int compile_file(struct universe *out, const char *file)
{
    struct arena arena = {0};
    struct rows rows;
    int result = rows_read(&rows, file, &arena);
    if (result == 0) {
        uint64_t begin = now_ns();
        out->compiled = universe_compile(&rows, &out->size);
        out->compile_ns = now_ns() - begin;
    }
    arena_release(&arena);
    if (result == 0 && (!universe_open(out, out->compiled, out->size) ||
                        !index_verify(&out->index, out->head + 1)))
        abort();
    return result;
}

/* Whoever wrote the file is trusted: only its shape is looked at. */
static int map_file(struct universe *out, int fd, const char *file)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return fail_errno(ERR_GENERIC, "cannot open '%s'", file);
    out->size = (size_t)st.st_size;
    out->map = mmap(NULL, out->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (out->map == MAP_FAILED)
        return fail_errno(ERR_GENERIC, "cannot map '%s'", file);
    return universe_open(out, out->map, out->size)
               ? 0
               : fail(ERR_GENERIC, "'%s' is damaged, or of another version", file);
}

int universe_read(struct universe *out, const char *file)
{
    char magic[sizeof UNIVERSE_MAGIC - 1];
    AUTO_FD fd = open(file, O_RDONLY | O_CLOEXEC);
    *out = (struct universe){0};
    if (fd < 0)
        return fail_errno(ERR_GENERIC, "cannot open '%s'", file);
    if (pread(fd, magic, sizeof magic, 0) == sizeof magic &&
        memcmp(magic, UNIVERSE_MAGIC, sizeof magic) == 0)
        return map_file(out, fd, file);
    return compile_file(out, file);
}

int universe_write(const struct universe *universe, const char *file)
{
    return fs_write(file, universe->head, universe->size, 0644);
}

void universe_release(struct universe *universe)
{
    if (universe->map)
        munmap((void *)universe->map, universe->size);
    free(universe->compiled);
    free(universe->barred);
    *universe = (struct universe){0};
}

const char *universe_name(const struct universe *universe, uint32_t candidate)
{
    return text_at(universe, universe->name_text[universe->index.name[candidate]]);
}

const char *universe_version(const struct universe *universe, uint32_t candidate)
{
    return text_at(universe, universe->version_text[candidate]);
}

const char *universe_requirement(const struct universe *universe, uint32_t gate)
{
    return text_at(universe, universe->gate_text[gate]);
}
