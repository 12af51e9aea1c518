#include "registry/catalog.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/hash.h"
#include "registry/catalog_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

uint64_t catalog_check(const void *data, size_t len)
{
    char hex[HASH_HEX_SIZE];

    hash_bytes(hex, data, len);
    hex[16] = '\0';
    return strtoull(hex, NULL, 16);
}

/* Whether `section` lies in the file, aligned, behind the header. */
static bool section_fits(const struct catalog_header *head, const struct catalog_section *section)
{
    return section->offset >= sizeof *head && section->offset % 8 == 0 &&
           (uint64_t)section->offset + section->size <= head->size;
}

static bool header_fits(const struct catalog_header *head, size_t size)
{
    const char *end;

    if (size < sizeof *head || memcmp(head->magic, CATALOG_MAGIC, 8) != 0 ||
        head->format != CATALOG_FORMAT || head->size != size)
        return false;
    if (head->header_check != catalog_check(head, offsetof(struct catalog_header, header_check)))
        return false;
    if (!section_fits(head, &head->rows) || !section_fits(head, &head->search) ||
        !section_fits(head, &head->text) || !section_fits(head, &head->strings) ||
        !section_fits(head, &head->providers))
        return false;
    if (head->rows.size != (uint64_t)head->count * sizeof(struct catalog_row) ||
        head->search.size % sizeof(struct catalog_line) != 0 ||
        head->providers.size % sizeof(struct catalog_provider) != 0)
        return false;
    /* With a NUL at its end, every offset into the strings is a terminated string. */
    end = (const char *)head + head->strings.offset + head->strings.size;
    return head->strings.size > 0 && end[-1] == '\0';
}

static const char *string_at(const struct catalog *catalog, uint32_t offset)
{
    const struct catalog_header *head = catalog_head(catalog);

    if (offset >= head->strings.size)
        return "";
    return (const char *)catalog_part(catalog, &head->strings) + offset;
}

static const struct catalog_row *row_at(const struct catalog *catalog, size_t i)
{
    const struct catalog_header *head = catalog_head(catalog);

    return (const struct catalog_row *)catalog_part(catalog, &head->rows) + i;
}

/* Takes over the mapping: it is unmapped when it is no catalog. */
static int catalog_adopt(struct catalog *out, const void *map, size_t size, const char *path)
{
    const struct catalog_header *head = map;

    if (!header_fits(head, size)) {
        munmap((void *)map, size);
        *out = (struct catalog){0};
        fail(ERR_CONFIG, "catalog '%s' is damaged or of another version of paii", path);
        error_hint("paii registry update makes it again");
        return -ERR_CONFIG;
    }
    *out = (struct catalog){.map = map, .size = size, .count = head->count};
    out->origin = string_at(out, head->origin);
    out->title = string_at(out, head->title);
    out->allows = string_at(out, head->allows);
    return 0;
}

int catalog_open(struct catalog *out, const char *path)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    void *map;

    *out = (struct catalog){0};
    if (fd < 0)
        return fail_errno(errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_GENERIC,
                          "cannot open catalog '%s'", path);
    if (fstat(fd, &st) < 0)
        return fail_errno(ERR_GENERIC, "cannot open catalog '%s'", path);
    if (!S_ISREG(st.st_mode) || (size_t)st.st_size < sizeof(struct catalog_header))
        return fail(ERR_CONFIG, "catalog '%s' is damaged", path);
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return fail_errno(ERR_GENERIC, "cannot map catalog '%s'", path);
    return catalog_adopt(out, map, (size_t)st.st_size, path);
}

int catalog_from_image(struct catalog *out, const void *data, size_t len)
{
    void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    *out = (struct catalog){0};
    if (map == MAP_FAILED)
        return fail_errno(ERR_GENERIC, "cannot keep a catalog in memory");
    memcpy(map, data, len);
    return catalog_adopt(out, map, len, "in memory");
}

void catalog_close(struct catalog *catalog)
{
    if (catalog->map)
        munmap((void *)catalog->map, catalog->size);
    *catalog = (struct catalog){0};
}

int catalog_verify(const struct catalog *catalog, const char *path)
{
    const struct catalog_header *head = catalog_head(catalog);

    if (!head || head->body_check == catalog_check(head + 1, catalog->size - sizeof *head))
        return 0;
    fail(ERR_CONFIG, "catalog '%s' is damaged", path);
    error_hint("paii registry update makes it again");
    return -ERR_CONFIG;
}

const char *catalog_name(const struct catalog *catalog, size_t i)
{
    return i < catalog->count ? string_at(catalog, row_at(catalog, i)->strings[STRING_NAME]) : "";
}

size_t catalog_names(const struct catalog *catalog)
{
    const struct catalog_header *head = catalog_head(catalog);

    return head ? head->search.size / sizeof(struct catalog_line) : 0;
}

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

void catalog_get(const struct catalog *catalog, size_t i, struct package *out)
{
    static const struct catalog_row empty_row;
    const struct catalog_row *row = i < catalog->count ? row_at(catalog, i) : &empty_row;
    const char *text[STRING_COUNT];

    for (size_t s = 0; s < STRING_COUNT; s++)
        text[s] = catalog->map ? string_at(catalog, row->strings[s]) : "";
    *out = (struct package){
        .name = text[STRING_NAME],
        .version = text[STRING_VERSION],
        .description = text[STRING_DESCRIPTION],
        .registry = text[STRING_REGISTRY],
        .source = {.kind = row->kind <= SOURCE_NPM ? (enum source_kind)row->kind : SOURCE_NONE,
                   .url = text[STRING_URL],
                   .path = text[STRING_PATH],
                   .ref = or_null(text[STRING_REF]),
                   .commit = or_null(text[STRING_COMMIT]),
                   .sha256 = or_null(text[STRING_SHA256])},
        .language = text[STRING_LANGUAGE],
        .type = text[STRING_TYPE],
        .license = text[STRING_LICENSE],
        .homepage = text[STRING_HOMEPAGE],
        .author = text[STRING_AUTHOR],
        .tags = text[STRING_TAGS],
        .provides = text[STRING_PROVIDES],
        .consumes = text[STRING_CONSUMES],
        .depends = text[STRING_DEPENDS],
        .conflicts = text[STRING_CONFLICTS],
        .flags = row->flags,
        .prefix = text[STRING_PREFIX],
        .tree = text[STRING_TREE],
        .range = text[STRING_RANGE],
        .entry = text[STRING_ENTRY],
        .size = row->size,
    };
}

size_t catalog_find(const struct catalog *catalog, const char *name, size_t *first)
{
    size_t low = 0, high = catalog->count, end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(catalog_name(catalog, middle), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < catalog->count && strcmp(catalog_name(catalog, end), name) == 0;)
        end++;
    *first = low;
    return end - low;
}

static const struct catalog_provider *provider_at(const struct catalog *catalog, size_t i)
{
    const struct catalog_header *head = catalog_head(catalog);

    return (const struct catalog_provider *)catalog_part(catalog, &head->providers) + i;
}

size_t catalog_providers(const struct catalog *catalog, const char *contract, size_t *first)
{
    const struct catalog_header *head = catalog_head(catalog);
    size_t count = head ? head->providers.size / sizeof(struct catalog_provider) : 0;
    size_t low = 0, high = count, end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(string_at(catalog, provider_at(catalog, middle)->contract), contract) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < count; end++)
        if (strcmp(string_at(catalog, provider_at(catalog, end)->contract), contract) != 0)
            break;
    *first = low;
    return end - low;
}

const char *catalog_provider(const struct catalog *catalog, size_t i)
{
    return catalog_name(catalog, provider_at(catalog, i)->row);
}
