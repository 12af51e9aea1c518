/* JSON: both ways of reading; what was read is written and must be readable again. */
#include "base/data.h"
#include "base/error.h"
#include "fuzz.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};
    const char *text = (const char *)data;
    data_parse_json(&arena, "fuzz.json", text, size, true, &diags);
    struct data *root = data_parse_json(&arena, "fuzz.json", text, size, false, &diags);
    if (root) {
        struct buf out = {0};
        struct json_writer json = {.out = &out};
        json_data(&json, root);
        assert(data_parse_json(&arena, "again.json", out.data, out.len, false, &diags));
        buf_release(&out);
    }
    error_clear();
    arena_release(&arena);
    return 0;
}
