/* paii.lock: what was read is written and read again to the same bytes. */
#include "base/error.h"
#include "fuzz.h"
#include "store/store.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct installed set = {0}, again = {0};
    const char *text = (const char *)data;
    if (lockfile_read(&set, &arena, "paii.lock", text, size) == 0) {
        struct buf first = {0}, second = {0};
        lockfile_write(&first, &set);
        assert(lockfile_read(&again, &arena, "paii.lock", first.data, first.len) == 0);
        lockfile_write(&second, &again);
        assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
        buf_release(&first);
        buf_release(&second);
    }
    error_clear();
    arena_release(&arena);
    return 0;
}
