#include "base/data_tree.h"
#include "base/toml_scan.h"
#include "base/toml_shim.h"

#include <string.h>

/*
 * toml++ builds one table for each part of a dotted key and frees them recursively, however many
 * there are. Returns the offset of the first dot too many in one key, or `len`. A value holds at
 * most one dot outside of strings, so that every dot may be counted.
 */
static size_t find_endless_key(const char *text, size_t len)
{
    struct toml_scan scan = {.text = text, .len = len};
    unsigned dots = 0;
    while (scan.at < len) {
        char c = text[scan.at];
        if (c == '"' || c == '\'') {
            toml_scan_string(&scan);
            continue;
        }
        if (c == '#') {
            toml_scan_comment(&scan);
            continue;
        }
        if (c == '.') {
            if (++dots > DATA_MAX_DEPTH)
                return scan.at;
        } else if (strchr("=,[]{}\n", c)) {
            dots = 0;
        }
        scan.at++;
    }
    return len;
}

struct data *data_parse_toml(struct arena *arena, const char *file, const char *text, size_t len,
                             struct diags *diags)
{
    unsigned line, column;
    size_t endless = find_endless_key(text, len);
    if (endless < len) {
        data_position(text, endless, &line, &column);
        diag_add(diags, DIAG_ERROR, file, line, column, NULL, NULL,
                 "nested too deeply (more than %d levels)", DATA_MAX_DEPTH);
        return NULL;
    }
    struct toml_shim_error error = {0};
    struct data *root = toml_shim_parse(arena, text, len, &error);
    if (!root)
        diag_add(diags, DIAG_ERROR, file, error.line, error.column, NULL, NULL, "%s",
                 error.message);
    return root;
}
