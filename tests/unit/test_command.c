/* The command line as command.c reads it, and the tables that everything is made from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* error.h has one of its own */

#include "base/text.h"
#include "cli/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_usage_names_what_may_be_left_out(void **state)
{
    (void)state;
    static const struct option options[] = {{"all", 'a', OPTION_FLAG, 0, NULL, "all"}, {0}};
    static const struct positional positionals[] = {
        {"FIRST", 1, 1, ""}, {"SECOND", 0, 1, ""}, {"REST", 0, 0, ""}, {0}};
    static const struct command command = {
        .name = "try", .options = options, .positionals = positionals};
    AUTO_BUF usage = {0};

    usage_line(&usage, &command, "parent");
    assert_string_equal(usage.data, "paii parent try [OPTIONS] FIRST [SECOND] [REST]...");
}

static void test_options_are_found_by_their_whole_name(void **state)
{
    (void)state;
    assert_non_null(option_find(NULL, "json", 4));
    assert_non_null(option_find(NULL, "json=1", 4));
    assert_null(option_find(NULL, "jso", 3));
    assert_null(option_find(NULL, "jsonx", 5));
    assert_ptr_equal(option_find(NULL, "quiet", 5), option_find_letter(NULL, 'q'));
    assert_null(option_find_letter(NULL, 0x7f));
}

/* A row without a letter must not be found by the NUL that stands for none. */
static void test_no_letter_is_no_letter(void **state)
{
    (void)state;
    static const struct option options[] = {{"plain", 0, OPTION_FLAG, 0, NULL, "plain"}, {0}};
    static const struct command command = {.name = "try", .options = options};
    assert_null(option_find_letter(&command, '-'));
}

static void test_unknown_commands_get_the_nearest(void **state)
{
    (void)state;
    assert_int_equal(command_unknown(commands, NULL, "hlep"), -ERR_GENERIC);
    assert_string_equal(error_text(), "unknown command 'hlep'");
    assert_string_equal(error_hint_text(), "did you mean 'paii help'?");

    command_unknown(commands, NULL, "completely-else");
    assert_string_equal(error_hint_text(), "'paii help' lists the commands");
    error_clear();
}

static void check_option_rows(const struct command *command, const struct option *row)
{
    for (; row && row->name; row++) {
        assert_non_null(row->help);
        assert_true(*row->help && !text_ends(row->help, "."));
        if (row->kind != OPTION_MAYBE)
            assert_true((row->kind == OPTION_FLAG) == (row->value == NULL));
        if (!option_takes_word(row))
            assert_false(text_starts(row->name, "no-")); /* --no-x is made from x */
        if (command)
            assert_true(row->offset < command->options_size);
        const struct option *found = option_find(command, row->name, strlen(row->name));
        assert_ptr_equal(found, row); /* nothing of the same name before it */
        if (row->letter) {
            assert_ptr_equal(option_find_letter(command, row->letter), row);
            if (command) /* -n is --dry-run everywhere */
                assert_null(option_find_letter(NULL, row->letter));
        }
    }
}

static void check_command(const struct command *command)
{
    assert_true(command->run || command->subcommands);
    assert_true(command->summary && *command->summary && !text_ends(command->summary, "."));
    check_option_rows(command, command->options);
    for (const struct positional *row = command->positionals; row && row->name; row++) {
        assert_true(row->max == 0 || row->min <= row->max);
        assert_true(row->help && *row->help && !text_ends(row->help, "."));
    }
    for (const struct command *const *sub = command->subcommands; sub && *sub; sub++)
        check_command(*sub);
}

/* What help, man pages and completions rely on, for every row there is. */
static void test_every_table_is_sound(void **state)
{
    (void)state;
    check_option_rows(NULL, global_options);
    for (const struct command *const *at = commands; *at; at++) {
        assert_ptr_equal(command_find(commands, (*at)->name), *at);
        check_command(*at);
    }
}

/* Runs a command line; what goes to stdout and stderr is of no interest here. */
static int run_line(const char *line)
{
    char words[256], *argv[16] = {0}, *save = NULL;
    int argc = 0;

    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    error_clear();
    return command_main(argc, argv);
}

static void test_command_lines(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int status;
        const char *error;
    } rows[] = {
        {"paii", 0, ""},
        {"paii --help", 0, ""},
        {"paii help help", 0, ""},
        {"paii plugin help", 0, ""},
        {"paii --version", 0, ""},
        {"paii -V", 0, ""},
        {"paii -q --no-quiet version --json", 0, ""},
        {"paii -qv version", 0, ""},
        {"paii version -x", 1, "unknown option '-x' of 'paii version'"},
        {"paii version --jsno", 1, "unknown option '--jsno' of 'paii version'"},
        {"paii version --json=1", 1, "'--json' takes no value"},
        {"paii version word", 1, "'paii version' does not take the word 'word'"},
        {"paii version -- --json", 1, "'paii version' does not take the word '--json'"},
        {"paii version -5", 1, "'paii version' does not take the word '-5'"},
        {"paii new", 1, "'paii new' needs NAME"},
        {"paii new x --type", 1, "'--type' needs TYPE"},
        {"paii new x --no-type", 1, "unknown option '--no-type' of 'paii new'"},
        {"paii new x -tpascal", 1, "'--type' is one of python, rust, c, skill, not 'pascal'"},
        {"paii completions tcsh", 1, "SHELL is one of bash, zsh, fish, not 'tcsh'"},
        {"paii config", 1, "'paii config' needs one of its commands"},
        {"paii config sett", 1, "unknown command 'config sett'"},
        {"paii config --help set", 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(run_line(rows[i].line), rows[i].status);
        assert_string_equal(error_text(), rows[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usage_names_what_may_be_left_out),
        cmocka_unit_test(test_options_are_found_by_their_whole_name),
        cmocka_unit_test(test_no_letter_is_no_letter),
        cmocka_unit_test(test_unknown_commands_get_the_nearest),
        cmocka_unit_test(test_every_table_is_sound),
        cmocka_unit_test(test_command_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
