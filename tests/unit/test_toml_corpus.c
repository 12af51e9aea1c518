/* toml-test: every valid file gives the expected values, every invalid file is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/data.h"
#include "corpus.h"

#include <math.h>
#include <stdlib.h>

#define FOLDER CORPORA "/toml-test"

/* Files of invalid/ that we accept: TOML 1.0 forbids what TOML 1.1, which we read, allows, and
 * files of valid/ ask for. */
static const char *const exceptions[] = {
    "invalid/string/basic-byte-escapes", /* \x33 */
    "invalid/inline-table/linebreak-01", /* line ends in inline tables */
    "invalid/inline-table/linebreak-02",   "invalid/inline-table/linebreak-03",
    "invalid/inline-table/trailing-comma", /* a comma after the last entry */
    "invalid/local-time/no-secs",          /* 17:45 */
    "invalid/local-datetime/no-secs",      NULL,
};

static bool is_exception(const char *path)
{
    for (size_t i = 0; exceptions[i]; i++)
        if (strstr(path, exceptions[i]))
            return true;
    return false;
}

/* "2000-01-01T00:00:00.500+00:00" as we print it: no zeros at the end of the fraction, Z for no
 * offset. */
static const char *normal_time(struct arena *arena, const char *text)
{
    AUTO_BUF out = {0};
    const char *dot = strchr(text, '.');
    const char *rest = text + strlen(text);
    if (dot) {
        size_t digits = strspn(dot + 1, "0123456789");
        rest = dot + 1 + digits;
        while (digits && dot[digits] == '0')
            digits--;
        buf_add(&out, text, (size_t)(dot - text) + (digits ? digits + 1 : 0));
        buf_puts(&out, rest);
    } else {
        buf_puts(&out, text);
    }
    char *all = arena_strdup(arena, buf_text(&out));
    size_t len = strlen(all);
    if (len > 6 && strcmp(all + len - 6, "+00:00") == 0)
        strcpy(all + len - 6, "Z");
    return all;
}

static bool same_scalar(struct arena *arena, const struct data *found, const char *type,
                        const struct data *value)
{
    if (strcmp(type, "string") == 0)
        return found->type == DATA_STRING && found->len == value->len &&
               memcmp(found->text, value->text, value->len) == 0;
    if (strcmp(type, "integer") == 0)
        return found->type == DATA_INTEGER && found->integer == strtoll(value->text, NULL, 10);
    if (strcmp(type, "bool") == 0)
        return found->type == DATA_BOOLEAN && found->boolean == (value->text[0] == 't');
    if (strcmp(type, "float") == 0) {
        double expected = strtod(value->text, NULL);
        return found->type == DATA_FLOAT &&
               (found->number == expected || (isnan(found->number) && isnan(expected)));
    }
    enum data_type expected = strcmp(type, "date-local") == 0   ? DATA_DATE
                              : strcmp(type, "time-local") == 0 ? DATA_TIME
                                                                : DATA_DATETIME;
    return found->type == expected && strcmp(found->text, normal_time(arena, value->text)) == 0;
}

static bool same(struct arena *arena, const struct data *found, const struct data *expected)
{
    const struct data *type = data_get(expected, "type"), *value = data_get(expected, "value");
    if (type && value && type->type == DATA_STRING && value->type == DATA_STRING)
        return same_scalar(arena, found, type->text, value);
    if (found->type != expected->type || found->count != expected->count)
        return false;
    const struct data *child = found->children;
    for (const struct data *other = expected->children; other; other = other->next) {
        if (expected->type == DATA_TABLE)
            child = data_get_n(found, other->key, other->key_len);
        if (!child || !same(arena, child, other))
            return false;
        child = child->next;
    }
    return true;
}

static struct data *parse(struct arena *arena, struct diags *diags, const char *path)
{
    AUTO_BUF text = {0};
    assert_true(corpus_read(&text, path));
    return data_parse_toml(arena, path, buf_text(&text), text.len, diags);
}

static struct data *parse_expected(struct arena *arena, struct diags *diags, const char *toml_path)
{
    AUTO_BUF text = {0};
    const char *path = arena_printf(arena, "%.*sjson", (int)strlen(toml_path) - 4, toml_path);
    assert_true(corpus_read(&text, path));
    return data_parse_json(arena, path, buf_text(&text), text.len, true, diags);
}

/* Prints what is wrong with one valid file; returns whether it is right. */
static bool valid_file_agrees(const char *path)
{
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};
    struct data *found = parse(&arena, &diags, path);
    struct data *expected = parse_expected(&arena, &diags, path);
    bool fine =
        strstr(path, CORPUS_NUL_KEY) ? !found : found && expected && same(&arena, found, expected);
    if (!fine)
        printf("%s: %s\n", path + strlen(FOLDER),
               diags.count ? diag_text(&diags.items[0], &arena) : "other values");
    arena_release(&arena);
    return fine;
}

static void valid_files_give_their_values(void **state)
{
    (void)state;
    if (!corpus_present(FOLDER))
        skip();
    struct arena arena = {0};
    struct strings files = {0};
    corpus_files(&files, &arena, FOLDER "/valid", ".toml");
    assert_true(files.count > 150);
    size_t wrong = 0;
    for (size_t i = 0; i < files.count; i++)
        if (!valid_file_agrees(files.items[i]))
            wrong++;
    arena_release(&arena);
    assert_int_equal(wrong, 0);
}

static bool invalid_file_is_refused(const char *path)
{
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};
    struct data *found = parse(&arena, &diags, path);
    bool fine = found ? is_exception(path)
                      : diags.errors == 1 && diags.items[0].line > 0 && diags.items[0].column > 0;
    if (!fine)
        printf("%s: %s\n", path + strlen(FOLDER), found ? "accepted" : "no position");
    arena_release(&arena);
    return fine;
}

static void invalid_files_are_refused(void **state)
{
    (void)state;
    if (!corpus_present(FOLDER))
        skip();
    struct arena arena = {0};
    struct strings files = {0};
    corpus_files(&files, &arena, FOLDER "/invalid", ".toml");
    assert_true(files.count > 300);
    size_t wrong = 0;
    for (size_t i = 0; i < files.count; i++)
        if (!invalid_file_is_refused(files.items[i]))
            wrong++;
    arena_release(&arena);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_files_give_their_values),
        cmocka_unit_test(invalid_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
