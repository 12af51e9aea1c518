/* TOML: parsing, the paths of all nodes, and an edit of the first entry. */
#include "base/data.h"
#include "base/error.h"
#include "fuzz.h"

static void walk(struct arena *arena, const struct data *node)
{
    data_path(node, arena);
    for (const struct data *child = node->children; child; child = child->next)
        walk(arena, child);
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
    buf_release(&out);
    error_clear();
    arena_release(&arena);
    return 0;
}
