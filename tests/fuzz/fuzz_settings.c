/* A settings.json of others: entries put in and taken out again leave the very bytes, and the file
 * with them is JSON. Or it is refused for a reason that lies in it. */
#include "base/error.h"
#include "base/paths.h"
#include "claude/settings_edit.h"
#include "fuzz.h"

#include <assert.h>
#include <string.h>

static const struct wanted_event wanted[] = {
    {"PreToolUse", "pre-tool-use", NULL, 12, true, true},
    {"Stop", "stop", NULL, 7, true, false},
    {"FileChanged", "file-changed", ".env", 7, true, false},
};

static int edit(struct buf *out, const char *text, size_t len, size_t count, struct arena *arena)
{
    struct settings_text settings = {.file = "settings.json", .text = text, .len = len};
    return settings_edit(out, &settings, wanted, count, arena);
}

static bool same(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && memcmp(buf_text(a), buf_text(b), a->len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct buf clean = {0}, with = {0}, again = {0}, without = {0};
    struct json_fault fault;

    paths.home = "/home/ada";
    paths.dir = "/home/ada/.config/paii";
    paths.config = "/home/ada/.config/paii/paii.toml";
    paths.program = "/opt/bin/paii";
    const char *text = arena_strndup(&arena, (const char *)data, size);
    if (edit(&clean, text, size, 0, &arena) == 0 &&
        edit(&with, buf_text(&clean), clean.len, 3, &arena) == 0) {
        size_t mark = strncmp(buf_text(&with), "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        assert(json_check(with.data + mark, with.len - mark, SETTINGS_DEPTH, &fault));
        assert(edit(&again, buf_text(&with), with.len, 3, &arena) == 0 && same(&again, &with));
        assert(edit(&without, buf_text(&with), with.len, 0, &arena) == 0);
        assert(same(&without, &clean));
    } else {
        assert(error_code() == ERR_REFUSED);
    }
    buf_release(&clean);
    buf_release(&with);
    buf_release(&again);
    buf_release(&without);
    error_clear();
    arena_release(&arena);
    return 0;
}
