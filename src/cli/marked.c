#include "cli/marked.h"

#include "base/data.h"

static void print_marked_json(const struct invocation *call, const struct installed *set,
                              const char *word, const struct strings *names)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    json_key(&json, "dry_run");
    json_boolean(&json, call->dry_run);
    json_key(&json, "generation");
    json_integer(&json, set->generation);
    json_strings(&json, word, names);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

void print_marked(const struct invocation *call, const struct installed *set, const char *word,
                  const struct strings *names, const char *nothing)
{
    if (term_json()) {
        print_marked_json(call, set, word, names);
        return;
    }
    for (size_t i = 0; i < names->count; i++)
        out("%s%s %s\n", call->dry_run ? "would be " : "", word, names->items[i]);
    if (names->count == 0)
        note("%s", nothing);
}
