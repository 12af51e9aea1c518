/* Shell text of plugins, in which paii looks for programs: any text is read to its end, in bounded
 * time. */
#include "change/programs.h"
#include "fuzz.h"

#include <assert.h>
#include <string.h>

static void hear(void *context, const char *word, enum shell_place place)
{
    size_t *count = context;
    assert(word && place <= SHELL_GIVEN);
    (*count)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    size_t count = 0;
    shell_programs(arena_strndup(&arena, (const char *)data, size), &arena, hear, &count);
    assert(count <= size);
    arena_release(&arena);
    return 0;
}
