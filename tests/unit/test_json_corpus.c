/* JSONTestSuite: y_ files are accepted, n_ files refused with a position, i_ files may be either.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/data.h"
#include "corpus.h"

#define FOLDER CORPORA "/json-test-suite"

static bool accepted(const char *path)
{
    AUTO_BUF text = {0};
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};
    assert_true(corpus_read(&text, path));
    struct data *found = data_parse_json(&arena, path, buf_text(&text), text.len, false, &diags);
    assert_int_equal(diags.errors, found ? 0 : 1);
    if (!found)
        assert_true(diags.items[0].line > 0 && diags.items[0].column > 0);
    arena_release(&arena);
    return found;
}

static void files_agree_with_their_names(void **state)
{
    (void)state;
    if (!corpus_present(FOLDER))
        skip();
    struct arena arena = {0};
    struct strings files = {0};
    corpus_files(&files, &arena, FOLDER, ".json");
    assert_true(files.count > 100);
    size_t wrong = 0;
    for (size_t i = 0; i < files.count; i++) {
        const char *name = strrchr(files.items[i], '/') + 1;
        bool yes = accepted(files.items[i]);
        if ((name[0] == 'y' && !yes) || (name[0] == 'n' && yes)) {
            printf("%s: %s\n", name, yes ? "accepted" : "refused");
            wrong++;
        }
    }
    arena_release(&arena);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_agree_with_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
