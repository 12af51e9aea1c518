/* Mapping the table of the current generation. */
#include "hooks/table_format.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TABLE_MAX = 64 * 1024 * 1024, TRIES = 100 };

static int damaged(const char *file, const char *why)
{
    fail(ERR_CONFIG, "the hook table '%s' is damaged: %s", file, why);
    error_hint("'paii repair' writes it again");
    return -ERR_CONFIG;
}

static const struct table_header *header_of(const struct hook_table *table)
{
    return table->map;
}

/* ---- checking ---- */

static const char *check_header(const struct hook_table *table)
{
    const struct table_header *header = header_of(table);
    size_t covered = offsetof(struct table_header, handlers);
    if (table->size < sizeof *header)
        return "it is too short";
    if (memcmp(header->magic, TABLE_MAGIC, sizeof header->magic) != 0)
        return "it is no hook table";
    if (header->format != TABLE_FORMAT)
        return "it is of another version of paii";
    if (header->size != table->size)
        return "its size is not what it says";
    if (header->sum != table_sum((const char *)table->map + covered, table->size - covered))
        return "its content is not what its sum says";
    return NULL;
}

/* What reading relies on, so that even a file with a right sum is never read beyond its end. */
static const char *check_places(const struct hook_table *table)
{
    const struct table_header *header = header_of(table);
    const size_t rows = (table->size - sizeof *header) / sizeof(struct table_row);
    if (header->handlers > rows || ((const char *)table->map)[table->size - 1] != '\0')
        return "its rows do not fit";
    for (size_t i = 0; i < HOOK_EVENTS; i++)
        if (header->events[i].first > header->handlers ||
            header->events[i].count > header->handlers - header->events[i].first)
            return "its events do not fit";
    return NULL;
}

/* ---- opening ---- */

static int map_file(struct hook_table *out, int fd, const char *file)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return fail_errno(ERR_CONFIG, "cannot read '%s'", file);
    if (!S_ISREG(st.st_mode) || st.st_size == 0 || st.st_size > TABLE_MAX)
        return damaged(file, "its size cannot be");
    out->size = (size_t)st.st_size;
    out->map = mmap(NULL, out->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (out->map == MAP_FAILED) {
        out->map = NULL;
        return fail_errno(ERR_CONFIG, "cannot read '%s'", file);
    }
    const char *why = check_header(out);
    if (!why)
        why = check_places(out);
    if (!why)
        return 0;
    hook_table_close(out);
    return damaged(file, why);
}

static int open_generation(struct hook_table *out, const char *target, struct arena *arena)
{
    out->dir = path_join(arena, paths.dir, target);
    out->generation = (unsigned)strtoul(path_base(target), NULL, 10);
    const char *file = path_join(arena, out->dir, "hooks");
    AUTO_FD fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0)
        return map_file(out, fd, file);
    if (errno != ENOENT)
        return fail_errno(ERR_CONFIG, "cannot read '%s'", file);
    if (fs_is_dir(out->dir))
        return 0;
    return -ERR_NOT_FOUND; /* gone: the caller looks where `current` leads now */
}

int hook_table_open(struct hook_table *out, struct arena *arena)
{
    const char *before = NULL;
    for (int i = 0; i < TRIES; i++) {
        *out = (struct hook_table){0};
        const char *target = fs_read_link(arena, paths.current);
        if (!target && errno == ENOENT)
            return 0;
        if (!target)
            return fail_errno(ERR_CONFIG, "cannot read link '%s'", paths.current);
        if (before && strcmp(before, target) == 0)
            break;
        int result = open_generation(out, target, arena);
        if (result != -ERR_NOT_FOUND)
            return result;
        before = target;
    }
    fail(ERR_CONFIG, "the current generation is missing: '%s' leads nowhere", paths.current);
    error_hint("'paii rollback' goes back to one that exists");
    return -ERR_CONFIG;
}

void hook_table_close(struct hook_table *table)
{
    if (table->map)
        munmap(table->map, table->size);
    table->map = NULL;
    table->size = 0;
}

/* ---- reading ---- */

size_t hook_table_count(const struct hook_table *table, int event)
{
    return table->map ? header_of(table)->events[event].count : 0;
}

int hook_table_deadline(const struct hook_table *table, int event)
{
    return table->map ? (int)header_of(table)->events[event].deadline_ms : 0;
}

static const char *text_at(const struct hook_table *table, uint32_t offset)
{
    return offset && offset < table->size ? (const char *)table->map + offset : "";
}

static uint32_t number_at(const struct hook_table *table, size_t offset)
{
    uint32_t number = 0;
    if (offset <= table->size - sizeof number)
        memcpy(&number, (const char *)table->map + offset, sizeof number);
    return number;
}

static const char **vector_at(const struct hook_table *table, uint32_t offset, struct arena *arena)
{
    size_t count = offset ? number_at(table, offset) : 0;
    if (count > (table->size - offset) / sizeof(uint32_t))
        count = 0;
    const char **items = arena_array(arena, count + 1, sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = text_at(table, number_at(table, offset + (i + 1) * sizeof(uint32_t)));
    return items;
}

void hook_table_get(const struct hook_table *table, int event, size_t i, struct handler *out,
                    struct arena *arena)
{
    const char *rows = (const char *)table->map + sizeof(struct table_header);
    struct table_row row;
    memcpy(&row, rows + (header_of(table)->events[event].first + i) * sizeof row, sizeof row);
    *out = (struct handler){
        .event = event,
        .kind = (enum handler_kind)row.kind,
        .flags = row.flags,
        .plugin = text_at(table, row.plugin),
        .version = text_at(table, row.version),
        .label = text_at(table, row.label),
        .matcher = text_at(table, row.matcher),
        .condition = text_at(table, row.condition),
        .argv = (char *const *)vector_at(table, row.argv, arena),
        .action = text_at(table, row.action),
        .params = vector_at(table, row.params, arena),
        .secrets = vector_at(table, row.secrets, arena),
        .config = text_at(table, row.config),
        .config_file = text_at(table, row.config_file),
        .config_stamp = row.config_stamp,
        .prefix = text_at(table, row.prefix),
        .stable = text_at(table, row.stable),
        .data = text_at(table, row.data),
        .fingerprint = {row.fingerprint[0], row.fingerprint[1]},
        .priority = row.priority,
        .deadline_ms = (int)row.deadline_ms,
    };
}
