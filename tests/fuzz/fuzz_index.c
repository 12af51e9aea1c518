/* A registry's index: the first byte says which kind of file it is. */
#include "base/error.h"
#include "fuzz.h"
#include "registry/index.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"registry.toml", ".claude-plugin/marketplace.json"};
    if (size == 0)
        return 0;
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};
    struct source base = {.kind = SOURCE_GIT, .url = "https://git.example.com/team/plugins.git"};
    base.path = "";
    struct index index = {0};
    const char *file = names[data[0] == '{'];
    if (index_read(&index, &arena, "fuzz", &base, file, (const char *)data, size, &diags) == 0) {
        struct buf image = {0};
        for (size_t i = 0; i < index.count; i++) {
            const char *path = index.packages[i].source.path;
            assert(source_subpath(&arena, path)); /* a lock is read only with such a path */
        }
        catalog_image(&image, index.packages, index.count,
                      &(struct catalog_about){.origin = "fuzz"});
        buf_release(&image);
    }
    error_clear();
    arena_release(&arena);
    return 0;
}
