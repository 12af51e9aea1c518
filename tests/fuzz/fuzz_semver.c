/* Versions and ranges: the first line is a version, the rest a range. Canonical text stays equal.
 */
#include "base/semver.h"
#include "fuzz.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    char *text = arena_strndup(&arena, (const char *)data, size);
    char *range_part = strchr(text, '\n');
    if (range_part)
        *range_part++ = '\0';
    struct version version, partial;
    bool valid = version_parse(&version, text, true);
    version_parse_partial(&partial, text);
    struct range *range = range_part ? range_parse(&arena, range_part, true) : NULL;
    if (range) {
        const char *canonical = range_text(range, &arena);
        struct range *again = range_parse(&arena, canonical, false);
        assert(again && strcmp(range_text(again, &arena), canonical) == 0);
        if (valid)
            assert(range_matches(range, &version, false) == range_matches(again, &version, false));
    }
    if (valid)
        assert(version_compare(&version, &version) == 0);
    arena_release(&arena);
    return 0;
}
