#include "base/data_tree.h"
#include "base/text.h"
#include "base/toml_check.h"
#include "base/toml_shim.h"

#include <string.h>

/* toml++ begins all its messages alike, with a capital. */
static const char *plain_message(struct arena *arena, const char *message)
{
    static const char prefix[] = "Error while parsing ";
    if (!text_starts(message, prefix))
        return message;
    return arena_printf(arena, "cannot read %s", message + strlen(prefix));
}

struct data *data_parse_toml(struct arena *arena, const char *file, const char *text, size_t len,
                             struct diags *diags)
{
    size_t at = 0;
    const char *refusal = toml_check(text, len, &at);
    if (refusal) {
        unsigned line, column;
        data_position(text, at, &line, &column);
        diag_add(diags, DIAG_ERROR, file, line, column, NULL, NULL, "%s", refusal);
        return NULL;
    }
    struct toml_shim_error error = {0};
    struct data *root = toml_shim_parse(arena, text, len, &error);
    if (!root)
        diag_add(diags, DIAG_ERROR, file, error.line, error.column, NULL, NULL, "%s",
                 plain_message(arena, error.message));
    return root;
}
