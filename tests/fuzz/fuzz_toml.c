/* TOML: parsing, the paths of all nodes, and an edit of the first entry. */
#include "base/data.h"
#include "base/error.h"
#include "base/text.h"
#include "fuzz.h"

#include <assert.h>
#include <string.h>

static void walk(struct arena *arena, const struct data *node)
{
    data_path(node, arena);
    for (const struct data *child = node->children; child; child = child->next)
        walk(arena, child);
}

/* Any text that is UTF-8 can be written as a value, and is the same when it is read. */
static void quote(struct arena *arena, const char *text, size_t size)
{
    struct diags diags = {.arena = arena};
    struct buf out = {0};
    if (!text_is_utf8(text, size))
        return;
    buf_puts(&out, "key = ");
    toml_quote_n(&out, text, size);
    struct data *root = data_parse_toml(arena, "quoted.toml", out.data, out.len, &diags);
    const struct data *value = root ? data_get(root, "key") : NULL;
    assert(value && value->len == size && memcmp(value->text, text, size) == 0);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};
    struct buf out = {0};
    const char *text = (const char *)data;
    struct data *root = data_parse_toml(&arena, "fuzz.toml", text, size, &diags);
    if (root) {
        walk(&arena, root);
        (void)toml_edit(&out, "fuzz.toml", text, size, "added.key", "\"value\"");
        buf_clear(&out);
        if (root->children)
            (void)toml_edit(&out, "fuzz.toml", text, size, data_path(root->children, &arena), NULL);
    }
    quote(&arena, text, size);
    buf_release(&out);
    error_clear();
    arena_release(&arena);
    return 0;
}
