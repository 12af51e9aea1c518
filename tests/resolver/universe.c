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
    clock_gettime(CLOCK_MONOTONIC, &t);
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

/* ---- requests ---- */

struct asking {
    struct universe *universe;
    struct arena *arena;
    struct matching matching;
    struct root *roots;
    size_t root_count, root_capacity;
    struct numbers preferred, unbarred, barred;
};

/* The candidates of a name: first .. end-1. */
static uint32_t find_name(const struct universe *universe, const char *name, uint32_t *end)
{
    const struct index *index = &universe->index;
    uint32_t n = universe_find(universe, universe->name_text, index->names, name);
    *end = n < index->names ? index->first[n + 1] : 0;
    return n < index->names ? index->first[n] : 0;
}

static void match(struct asking *asking, const struct requirement *requirement, struct numbers *out)
{
    const struct universe *universe = asking->universe;
    uint32_t count = requirement->contract ? universe->head->contracts : universe->index.names;
    const uint32_t *texts = requirement->contract ? universe->contract_text : universe->name_text;
    for (size_t i = 0; i < requirement->any_count; i++) {
        struct numbers more = {0};
        match(asking, &requirement->any[i], &more);
        match_more(out, &more, asking->arena);
    }
    if (!requirement->name)
        return;
    uint32_t found = universe_find(universe, texts, count, requirement->name);
    if (found < count)
        (requirement->contract ? match_contract : match_name)(&asking->matching, requirement, found,
                                                              out);
}

static void add_root(struct asking *asking, const struct requirement *requirement)
{
    struct numbers members = {0};
    match(asking, requirement, &members);
    *arena_push(asking->arena, &asking->roots, &asking->root_count, &asking->root_capacity) =
        (struct root){members.items, (uint32_t)members.count};
    if (*requirement->range == '=')
        for (size_t i = 0; i < members.count; i++)
            add_number(&asking->unbarred, asking->arena, members.items[i]);
}

static bool names(const struct data *root, const char *key, const char *name)
{
    const struct data *list = data_get(root, key);
    if (list && list->type == DATA_BOOLEAN)
        return list->boolean;
    for (const struct data *n = list ? list->children : NULL; n; n = n->next)
        if (n->type == DATA_STRING && strcmp(n->text, name) == 0)
            return true;
    return false;
}

/* What is installed or locked comes first, unless it is to be updated. */
static void prefer(struct asking *asking, const struct data *root, const char *key)
{
    const struct data *table = data_get(root, key);
    for (const struct data *p = table ? table->children : NULL; p; p = p->next) {
        uint32_t end, c = find_name(asking->universe, p->key, &end);
        while (c < end && strcmp(universe_version(asking->universe, c), p->text) != 0)
            c++;
        if (c == end)
            continue;
        if (!names(root, "update", p->key))
            add_number(&asking->preferred, asking->arena, c);
        add_number(&asking->unbarred, asking->arena, c);
    }
}

/* Bars the versions of the names listed; if there is `keep`, of those that it has, all but that. */
static void bar(struct asking *asking, const struct data *root, const char *key,
                const struct data *keep)
{
    const struct data *list = data_get(root, key);
    for (const struct data *n = list ? list->children : NULL; n; n = n->next) {
        const struct data *kept = keep ? data_get(keep, n->text) : NULL;
        uint32_t end, c = find_name(asking->universe, n->text, &end);
        for (; c < end && (kept || !keep); c++)
            if (!kept || strcmp(universe_version(asking->universe, c), kept->text) != 0)
                add_number(&asking->barred, asking->arena, c);
    }
}

static void ask(struct asking *asking, const struct data *root)
{
    struct requirements install = requirements_read(root, "install", asking->arena);
    const struct data *installed = data_get(root, "installed");
    for (size_t i = 0; i < install.count; i++)
        add_root(asking, &install.items[i]);
    prefer(asking, root, "installed");
    prefer(asking, root, "lock");
    bar(asking, root, "remove", NULL);
    if (installed)
        bar(asking, root, "hold", installed);
}

void universe_ask(struct asked *out, struct universe *universe, const char *line, size_t len,
                  struct arena *arena)
{
    struct diags diags = {.arena = arena};
    struct asking asking = {.universe = universe, .arena = arena};
    asking.matching = (struct matching){.universe = universe, .arena = arena};
    const struct data *root = data_parse_json(arena, "request", line, len, false, &diags);
    const struct data *id = root ? data_get(root, "id") : NULL;
    if (root)
        ask(&asking, root);
    buf_release(&asking.matching.range);
    for (size_t i = 0; i < asking.unbarred.count; i++)
        universe->barred[asking.unbarred.items[i]] = 0;
    for (size_t i = 0; i < asking.barred.count; i++)
        universe->barred[asking.barred.items[i]] = 1;
    *out = (struct asked){
        .id = id && id->type == DATA_STRING ? id->text : "",
        .unbarred = asking.unbarred.items,
        .unbarred_count = (uint32_t)asking.unbarred.count,
        .now_barred = asking.barred.items,
        .now_barred_count = (uint32_t)asking.barred.count,
        .request = {.roots = asking.roots,
                    .root_count = (uint32_t)asking.root_count,
                    .preferred = asking.preferred.items,
                    .preferred_count = (uint32_t)asking.preferred.count,
                    .barred =
                        universe->head->yanked || asking.barred.count ? universe->barred : NULL},
    };
}

void universe_forget(struct universe *universe, struct asked *asked)
{
    for (uint32_t i = 0; i < asked->now_barred_count; i++)
        universe->barred[asked->now_barred[i]] = 0;
    for (uint32_t i = 0; i < asked->unbarred_count; i++)
        universe->barred[asked->unbarred[i]] = 0;
    for (uint32_t i = 0; i < universe->head->yanked; i++)
        universe->barred[universe->yanked[i]] = 1;
}
