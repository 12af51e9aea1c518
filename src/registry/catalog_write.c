#include "base/error.h"
#include "base/fs.h"
#include "base/semver.h"
#include "base/text.h"
#include "registry/catalog_format.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- strings, each kept once ---- */

struct string_pool {
    struct arena arena; /* of the slots */
    struct buf bytes;
    uint32_t *slots; /* offsets; 0 is free, for "" has no slot */
    size_t slot_count, used;
};

static size_t string_slot(const struct string_pool *pool, const char *text)
{
    size_t slot = text_hash(text, strlen(text), 0) & (pool->slot_count - 1);
    while (pool->slots[slot] && strcmp(pool->bytes.data + pool->slots[slot], text) != 0)
        slot = (slot + 1) & (pool->slot_count - 1);
    return slot;
}

static void pool_grow(struct string_pool *pool)
{
    uint32_t *old = pool->slots;
    size_t old_count = pool->slot_count;

    pool->slot_count = old_count ? old_count * 2 : 1024;
    pool->slots = arena_array(&pool->arena, pool->slot_count, sizeof *pool->slots);
    for (size_t i = 0; i < old_count; i++) {
        if (old[i])
            pool->slots[string_slot(pool, pool->bytes.data + old[i])] = old[i];
    }
}

static uint32_t pool_add(struct string_pool *pool, const char *text)
{
    size_t slot;

    if (!text || !*text)
        return 0;
    if (pool->used * 2 >= pool->slot_count)
        pool_grow(pool);
    slot = string_slot(pool, text);
    if (!pool->slots[slot]) {
        pool->slots[slot] = (uint32_t)pool->bytes.len;
        pool->used++;
        buf_add(&pool->bytes, text, strlen(text) + 1);
    }
    return pool->slots[slot];
}

/* ---- the order of rows ---- */

static int compare_versions(const char *a, const char *b)
{
    struct version va, vb;
    bool a_valid = version_parse(&va, a, true), b_valid = version_parse(&vb, b, true);

    if (a_valid && b_valid) {
        int order = version_compare(&va, &vb);
        return order ? order : strcmp(a, b);
    }
    return a_valid != b_valid ? (int)a_valid - (int)b_valid : strcmp(a, b);
}

static int compare_packages(const void *a, const void *b)
{
    const struct package *pa = a, *pb = b;
    int order = strcmp(pa->name, pb->name);

    if (order)
        return order;
    if ((pa->flags ^ pb->flags) & PACKAGE_TAGGED)
        return pa->flags & PACKAGE_TAGGED ? 1 : -1;
    order = compare_versions(pb->version ? pb->version : "", pa->version ? pa->version : "");
    if (order)
        return order;
    return strcmp(pa->registry ? pa->registry : "", pb->registry ? pb->registry : "");
}

/* ---- the sections ---- */

static void add_row(struct buf *rows, struct string_pool *pool, const struct package *p)
{
    const char *text[STRING_COUNT] = {
        [STRING_NAME] = p->name,
        [STRING_VERSION] = p->version,
        [STRING_DESCRIPTION] = p->description,
        [STRING_REGISTRY] = p->registry,
        [STRING_URL] = p->source.url,
        [STRING_PATH] = p->source.path,
        [STRING_REF] = p->source.ref,
        [STRING_COMMIT] = p->source.commit,
        [STRING_SHA256] = p->source.sha256,
        [STRING_LANGUAGE] = p->language,
        [STRING_TYPE] = p->type,
        [STRING_LICENSE] = p->license,
        [STRING_HOMEPAGE] = p->homepage,
        [STRING_AUTHOR] = p->author,
        [STRING_TAGS] = p->tags,
        [STRING_PROVIDES] = p->provides,
        [STRING_CONSUMES] = p->consumes,
        [STRING_DEPENDS] = p->depends,
        [STRING_CONFLICTS] = p->conflicts,
        [STRING_PREFIX] = p->prefix,
        [STRING_TREE] = p->tree,
        [STRING_RANGE] = p->range,
        [STRING_ENTRY] = p->entry,
    };
    struct catalog_row row = {.kind = (uint32_t)p->source.kind, .flags = p->flags, .size = p->size};

    for (size_t s = 0; s < STRING_COUNT; s++)
        row.strings[s] = pool_add(pool, text[s]);
    buf_add(rows, &row, sizeof row);
}

/* Lower case, with control characters as spaces and newlines as `newline`. */
static void add_lower(struct buf *out, const char *text, char newline)
{
    for (; text && *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '\n')
            buf_putc(out, newline);
        else
            buf_putc(out, c < ' ' ? ' ' : (char)tolower(c));
    }
}

static void add_search_line(struct buf *lines, struct buf *text, const struct package *package,
                            size_t row)
{
    struct catalog_line line = {.text = (uint32_t)text->len, .row = (uint32_t)row};

    buf_add(lines, &line, sizeof line);
    add_lower(text, package->name, ' ');
    buf_putc(text, PART_SEPARATOR);
    add_lower(text, package->tags, TAG_SEPARATOR);
    buf_putc(text, PART_SEPARATOR);
    add_lower(text, package->description, ' ');
    buf_putc(text, '\n');
}

/* ---- who provides a contract ---- */

struct provider_list {
    struct catalog_provider *items;
    size_t count, capacity;
};

static bool listed(const struct provider_list *list, struct catalog_provider provider)
{
    for (size_t i = list->count; i > 0 && list->items[i - 1].row == provider.row; i--)
        if (list->items[i - 1].contract == provider.contract)
            return true;
    return false;
}

/* `row` is the first one of the package's name. */
static void add_providers(struct provider_list *list, struct string_pool *pool,
                          const struct package *package, size_t row)
{
    for (const char *term = package->provides; term && *term;) {
        size_t len = strcspn(term, "@[\n");
        const char *contract = arena_strndup(&pool->arena, term, len);
        struct catalog_provider provider = {pool_add(pool, contract), (uint32_t)row};

        if (len && !listed(list, provider))
            *arena_push(&pool->arena, &list->items, &list->count, &list->capacity) = provider;
        term += strcspn(term, "\n");
        term += *term == '\n';
    }
}

static int compare_providers(const void *pa, const void *pb, void *strings)
{
    const struct catalog_provider *a = pa, *b = pb;
    int order = a->contract == b->contract
                    ? 0
                    : strcmp((char *)strings + a->contract, (char *)strings + b->contract);

    return order ? order : (a->row > b->row) - (a->row < b->row);
}

static void add_providers_sorted(struct buf *out, struct provider_list *list,
                                 const struct string_pool *pool)
{
    if (list->count == 0)
        return;
    qsort_r(list->items, list->count, sizeof *list->items, compare_providers, pool->bytes.data);
    buf_add(out, list->items, list->count * sizeof *list->items);
}

/* ---- the image ---- */

static struct catalog_section add_section(struct buf *out, const struct buf *section)
{
    static const char zeros[8];
    struct catalog_section place;

    buf_add(out, zeros, (8 - out->len % 8) % 8);
    place = (struct catalog_section){.offset = (uint32_t)out->len, .size = (uint32_t)section->len};
    buf_add(out, section->data ? section->data : "", section->len);
    return place;
}

struct parts {
    struct string_pool pool;
    struct buf rows, lines, text, providers;
    struct provider_list provided;
};

static void add_packages(struct parts *parts, const struct package *packages, size_t count)
{
    size_t first = 0; /* row of its name */

    buf_putc(&parts->pool.bytes, '\0');
    for (size_t i = 0; i < count; i++) {
        add_row(&parts->rows, &parts->pool, &packages[i]);
        if (i == 0 || strcmp(packages[i].name, packages[i - 1].name) != 0) {
            first = i;
            add_search_line(&parts->lines, &parts->text, &packages[i], i);
        }
        add_providers(&parts->provided, &parts->pool, &packages[i], first);
    }
    add_providers_sorted(&parts->providers, &parts->provided, &parts->pool);
}

static void release_parts(struct parts *parts)
{
    buf_release(&parts->rows);
    buf_release(&parts->lines);
    buf_release(&parts->text);
    buf_release(&parts->providers);
    buf_release(&parts->pool.bytes);
    arena_release(&parts->pool.arena);
}

void catalog_image(struct buf *out, struct package *packages, size_t count,
                   const struct catalog_about *about)
{
    struct catalog_header head = {
        .magic = CATALOG_MAGIC, .format = CATALOG_FORMAT, .count = (uint32_t)count};
    struct parts parts = {0};

    if (count)
        qsort(packages, count, sizeof *packages, compare_packages);
    add_packages(&parts, packages, count);
    head.origin = pool_add(&parts.pool, about->origin);
    head.title = pool_add(&parts.pool, about->title);
    head.allows = pool_add(&parts.pool, about->allows);

    buf_clear(out);
    buf_add(out, &head, sizeof head);
    head.rows = add_section(out, &parts.rows);
    head.search = add_section(out, &parts.lines);
    head.text = add_section(out, &parts.text);
    head.providers = add_section(out, &parts.providers);
    head.strings = add_section(out, &parts.pool.bytes);
    /* Indexes are at most 16 MiB, so offsets fit 32 bits by far. */
    assert(out->len < UINT32_MAX);
    head.size = out->len;
    head.body_check = catalog_check(out->data + sizeof head, out->len - sizeof head);
    head.header_check = catalog_check(&head, offsetof(struct catalog_header, header_check));
    memcpy(out->data, &head, sizeof head);
    release_parts(&parts);
}

int catalog_write(const char *path, struct package *packages, size_t count,
                  const struct catalog_about *about)
{
    AUTO_BUF image = {0};

    catalog_image(&image, packages, count, about);
    return fs_write(path, image.data, image.len, 0644);
}
