/*
 * A damaged catalog: opening refuses it, or every row can be read and searched. The input is a list
 * of damages of four bytes each (offset, high and low; value; unused) to a catalog of three rows.
 */
#include "base/error.h"
#include "fuzz.h"
#include "registry/catalog.h"

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
         .description = "older",
         .provides = "MemoryProvider@1"},
        {.name = "incident", .version = "2.0.0", .consumes = "memory=MemoryProvider? >=1"},
    };
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
        packages[i].source = source;
    catalog_image(out, packages, sizeof packages / sizeof *packages, "fuzz");
}

static void use(struct catalog *catalog)
{
    struct hit hits[8];
    for (size_t i = 0; i < catalog->count && i < 1000; i++) {
        struct package package;
        size_t first;
        catalog_get(catalog, i, &package);
        catalog_find(catalog, catalog_name(catalog, i), &first);
    }
    catalog_search(catalog, 1, "memroy notes", hits, 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf image = {0};
    struct catalog catalog = {0};
    image_make(&image);
    for (size_t i = 0; i + 3 < size; i += 4)
        image.data[(data[i] << 8 | data[i + 1]) % image.len] = (char)data[i + 2];
    if (catalog_from_image(&catalog, image.data, image.len) == 0) {
        use(&catalog);
        catalog_close(&catalog);
    }
    buf_release(&image);
    error_clear();
    return 0;
}
