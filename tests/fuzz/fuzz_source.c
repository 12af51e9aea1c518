/* What a person types after `paii install`, URLs, contract terms, and the one printer. */
#include "base/error.h"
#include "base/text.h"
#include "base/url.h"
#include "fuzz.h"
#include "registry/contract.h"
#include "registry/source.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const char *text = arena_strndup(&arena, (const char *)data, size);
    struct url parts;
    struct source source;
    struct provided provided;
    struct consumed consumed;
    if (url_parse(&parts, &arena, text, true) == 0)
        url_is_private(&parts);
    const char *normal;
    if (url_check(&normal, &arena, text, false) == 0)
        assert(url_check(&normal, &arena, normal, false) == 0);
    (void)source_parse_url(&source, &arena, text, true);
    if (provided_parse(&provided, &arena, text))
        provided_text(&provided, &arena);
    if (consumed_parse(&consumed, &arena, text))
        consumed_text(&consumed, &arena);
    consumed_parse_short(&consumed, &arena, text);
    assert(text_is_utf8(text_safe(&arena, text), strlen(text_safe(&arena, text))));
    error_clear();
    arena_release(&arena);
    return 0;
}
