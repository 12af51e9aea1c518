/* The security plugin's reading of shell: any text must be judged, in bounded time and memory. */
#include "arena.h"
#include "fuzz.h"
#include "judge.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct context context = {.home = "/home/ada", .cwd = "/home/ada/project"};
    struct judgement judgement;
    judge_command(&judgement, &context, take_text((const char *)data, size));
    for (size_t i = 0; i < judgement.count; i++) {
        const struct finding *finding = &judgement.findings[i];
        assert(finding->shown && !finding->rule == (finding->decision == NONE));
        assert(finding->decision <= judgement_decision(&judgement));
    }
    release_all();
    return 0;
}
