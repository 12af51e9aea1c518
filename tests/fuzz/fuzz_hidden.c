/* The scan for hidden text: the first byte is the form, the rest the text. */
#include "base/hidden.h"
#include "fuzz.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hidden_count counts[HIDDEN_CLASSES] = {0}, plain[HIDDEN_CLASSES] = {0};
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    hidden_scan(counts, text, size - 1, data[0] % (HIDDEN_FORM_YAML + 1));
    hidden_scan(plain, text, size - 1, HIDDEN_FORM_TEXT);
    for (int i = 0; i < HIDDEN_CLASSES; i++) {
        /* A form only adds to what is there without it. */
        assert(counts[i].count >= plain[i].count && counts[i].count <= size);
        assert(counts[i].count == 0 || (counts[i].line >= 1 && counts[i].line <= size));
    }
    return 0;
}
