/*
 * The bytes of a catalog (docs/catalog.md), for the files that read and write it.
 */
#ifndef PAII_REGISTRY_CATALOG_FORMAT_H
#define PAII_REGISTRY_CATALOG_FORMAT_H

#include "registry/catalog.h"

#define CATALOG_MAGIC  "PAIICAT1"
#define CATALOG_FORMAT 4

/* Between the parts of a line of search text, and between tags. */
#define PART_SEPARATOR '\x1f'
#define TAG_SEPARATOR  '\x1e'

struct catalog_section {
    uint32_t offset, size;
};

struct catalog_header {
    char magic[8];
    uint32_t format, count;
    uint64_t size;
    struct catalog_section rows, search, text, strings, providers;
    uint32_t origin, title, allows, zero;
    uint64_t body_check;   /* of everything behind the header */
    uint64_t header_check; /* of everything before this field */
};

enum catalog_string {
    STRING_NAME,
    STRING_VERSION,
    STRING_DESCRIPTION,
    STRING_REGISTRY,
    STRING_URL,
    STRING_PATH,
    STRING_REF,
    STRING_COMMIT,
    STRING_SHA256,
    STRING_LANGUAGE,
    STRING_TYPE,
    STRING_LICENSE,
    STRING_HOMEPAGE,
    STRING_AUTHOR,
    STRING_TAGS,
    STRING_PROVIDES,
    STRING_CONSUMES,
    STRING_DEPENDS,
    STRING_CONFLICTS,
    STRING_PREFIX,
    STRING_TREE,
    STRING_RANGE,
    STRING_ENTRY,
    STRING_COUNT,
};

struct catalog_row {
    uint32_t strings[STRING_COUNT];
    uint32_t kind, flags, zero;
    uint64_t size;
};

struct catalog_line { /* of the search section */
    uint32_t text, row;
};

struct catalog_provider { /* by contract, then row: the first of a name */
    uint32_t contract, row;
};

_Static_assert(sizeof(struct catalog_header) == 96, "docs/catalog.md says 96 bytes");
_Static_assert(sizeof(struct catalog_row) == 112, "docs/catalog.md says 112 bytes");

uint64_t catalog_check(const void *data, size_t len);

static inline const struct catalog_header *catalog_head(const struct catalog *catalog)
{
    return catalog->map;
}

static inline const void *catalog_part(const struct catalog *catalog,
                                       const struct catalog_section *section)
{
    return (const char *)catalog->map + section->offset;
}

#endif
