/* What an action answered: all of it is there, or a few words say why it is no answer. A failure of
 * our own is an answer too. */
#include "base/error.h"
#include "fuzz.h"
#include "runtime/response.h"

#include <assert.h>
#include <string.h>

enum { REASON_MAX = 100 };

static void check(const struct action_result *result)
{
    if (result->ok)
        assert(result->result && !result->code && !result->message);
    else
        assert(result->code && result->message && !result->result);
    for (size_t i = 0; i < result->warnings.count; i++)
        assert(result->warnings.items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};

    for (int status = 0; status < 2; status++) {
        struct action_result result = {0};

        buf_add(&result.raw, data, size);
        const char *wrong = response_read(&result, "7", status, &arena);
        if (wrong) {
            assert(*wrong && strlen(wrong) < REASON_MAX);
            action_fail(&result, &arena, "7", "crash", "%s", wrong);
            assert(response_read(&result, "7", 1, &arena) == NULL && !result.ok);
        } else {
            assert(result.ok == !status);
        }
        check(&result);
        buf_release(&result.raw);
    }
    error_clear();
    arena_release(&arena);
    return 0;
}
