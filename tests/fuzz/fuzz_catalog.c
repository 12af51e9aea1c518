/*
 * A damaged catalog: opening refuses it, or every row can be read and searched. The input is a list
 * of damages of four bytes each (offset, high and low; value; unused) to a catalog of three rows.
 * With an odd length the header's own sum is right in spite of them.
 */
#include "base/error.h"
#include "fuzz.h"
#include "registry/catalog.h"
#include "registry/catalog_format.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void image_make(struct buf *out)
{
    struct source source = {.kind = SOURCE_FOLDER, .url = "/srv/plugins", .path = "x"};
    struct package packages[] = {
        {.name = "history",
         .version = "1.0.0",
         .description = "memory notes",
         .tags = "memory\nnotes"},
        {.name = "history",
         .version = "0.9.0",
         .description = "older (note) ident",
         .provides = "MemoryProvider@1"},
        {.name = "incident", .version = "2.0.0", .consumes = "memory=MemoryProvider? >=1"},
    };
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
        packages[i].source = source;
    catalog_image(out, packages, sizeof packages / sizeof *packages,
                  &(struct catalog_about){.origin = "fuzz"});
}

/* `catalogs` are the damaged one and one that is whole. */
static void use(const struct catalog catalogs[2])
{
    static const char *const queries[] = {"",     "memory notes", "memroy", "incidnet",
                                          "hist", "o memo",       "ident",  "er note"};
    const struct catalog *catalog = &catalogs[0];
    struct hit hits[2];
    for (size_t i = 0; i < catalog->count && i < 1000; i++) {
        struct package package;
        size_t first;
        catalog_get(catalog, i, &package);
        catalog_find(catalog, catalog_name(catalog, i), &first);
    }
    size_t first, count = catalog_providers(catalog, "MemoryProvider", &first);
    for (size_t i = first; i < first + count; i++)
        catalog_provider(catalog, i);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        catalog_search(catalogs, 2, queries[i], hits, 2);
    if (catalog_verify(catalog, "fuzz") < 0)
        error_clear();
}

/* As somebody would who knows the format. */
static void sum_up(char *image)
{
    size_t place = offsetof(struct catalog_header, header_check);
    uint64_t sum = catalog_check(image, place);
    memcpy(image + place, &sum, sizeof sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf image = {0};
    struct catalog catalogs[2] = {0};
    image_make(&image);
    if (catalog_from_image(&catalogs[1], image.data, image.len) < 0)
        abort();
    for (size_t i = 0; i + 3 < size; i += 4)
        image.data[(data[i] << 8 | data[i + 1]) % image.len] = (char)data[i + 2];
    if (size % 2)
        sum_up(image.data);
    if (catalog_from_image(&catalogs[0], image.data, image.len) == 0) {
        use(catalogs);
        catalog_close(&catalogs[0]);
    }
    catalog_close(&catalogs[1]);
    buf_release(&image);
    error_clear();
    return 0;
}
