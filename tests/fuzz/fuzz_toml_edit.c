/* Editing TOML: a line with a key, a line with a value (empty: delete), then the document. Whatever
 * they are, the edit is done or refused for a reason that lies in them: never given up. */
#include "base/data.h"
#include "base/error.h"
#include "fuzz.h"

#include <assert.h>
#include <string.h>

static char *cut_line(char **rest)
{
    char *line = *rest, *end = strchr(line, '\n');
    *rest = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct buf out = {0}, again = {0};
    char *rest = arena_strndup(&arena, (const char *)data, size);
    char *key = cut_line(&rest), *value = cut_line(&rest);
    if (toml_edit(&out, "fuzz.toml", rest, strlen(rest), key, *value ? value : NULL) == 0) {
        /* Doing it twice changes nothing more. */
        assert(toml_edit(&again, "fuzz.toml", buf_text(&out), out.len, key,
                         *value ? value : NULL) == 0);
        assert(out.len == again.len && memcmp(buf_text(&out), buf_text(&again), out.len) == 0);
    } else {
        assert(error_code() == ERR_CONFIG);
    }
    buf_release(&out);
    buf_release(&again);
    error_clear();
    arena_release(&arena);
    return 0;
}
