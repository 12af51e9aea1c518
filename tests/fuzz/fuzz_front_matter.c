/* Front matter, with its strings as a tree that can be written again. */
#include "base/data.h"
#include "fuzz.h"
#include "registry/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const char *text = arena_strndup(&arena, (const char *)data, size);
    const struct data *root = front_matter_read(&arena, text);
    if (root) {
        AUTO_BUF out = {0};
        struct json_writer json = {.out = &out};
        json_data(&json, root);
    }
    arena_release(&arena);
    return 0;
}
