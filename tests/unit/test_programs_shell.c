/* Which words of a shell's text are programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "change/programs.h"

#include <string.h>

struct heard {
    struct arena *arena;
    struct strings words;
};

static void hear(void *context, const char *word, enum shell_place place)
{
    static const char *const marks[] = {[SHELL_RUN] = "",
                                        [SHELL_OTHERWISE] = "?",
                                        [SHELL_TESTED] = "~",
                                        [SHELL_SCRIPT] = "<",
                                        [SHELL_GIVEN] = ">"};
    struct heard *heard = context;
    strings_add(&heard->words, heard->arena,
                arena_printf(heard->arena, "%s%s", marks[place], word));
}

static void check(const char *text, const char *wanted)
{
    struct arena arena = {0};
    struct heard heard = {.arena = &arena};
    shell_programs(text, &arena, hear, &heard);
    assert_string_equal(strings_join(&heard.words, &arena, " "), wanted);
    arena_release(&arena);
}

static void test_places_of_programs(void **state)
{
    (void)state;
    check("jq .", "jq");
    check("a; b && c | d & e\nf", "a b c d e f");
    check("X=1 Y+=2 jq -r .x", "jq");
    check("if a; then b; elif c; then d; else e; fi", "a b c d e");
    check("while ! a; do b; done; { c; }; (d; e)", "a b c d e");
    check("for node in git docker; do jq; done", "jq");
    check("env -i A=b timeout 5 nice -n 3 node x.js", "node");
    check("xargs -n1 git; exec node y", "git node");
    check("\"node\" 'a b'; \"${ROOT}/x.sh\" y; /usr/bin/jq", "node ${ROOT}/x.sh /usr/bin/jq");
    check("a # b\n#c\nd#e", "a d#e");
    check("a \\\n b", "a");
}

static void test_programs_in_words(void **state)
{
    (void)state;
    check("x=$(jq . | head)", "jq head");
    check("echo \"$(git log) `uname`\" 'none $(docker)'", "echo git uname");
    check("cat <(git diff) > >(tee x)", "cat git tee");
    check("n=$((git + 1)); m=${x:-docker}; a", "a");
    check("t=(node docker); u+=(git); a", "a");
}

static void test_what_is_no_program(void **state)
{
    (void)state;
    check("a > git 2>&1 >> docker < jq b &> npm", "a");
    check("cat <<EOF\ngit status\nEOF\njq", "cat jq");
    check("cat <<-'E' | jq\n\tgit\n\tE\nnode", "cat jq node");
    check("cat <<<git; a", "cat a");
    check("case $1 in\n git | docker) jq ;;\n (npm) a;;\n # node)\n *) b\nesac; c", "jq a b c");
    check("case x in esac; a", "a");
    check("git() { jq; }; function node { b; }", "jq b");
    check("echo 'first\ngit second'", "echo");
    check("echo \"first\ngit second\"", "echo");
}

static void test_what_can_be_done_without(void **state)
{
    (void)state;
    check("a || b | c && d; e", "a ?b ?c ?d e");
    check("command -v jq >/dev/null && jq .", "~jq jq");
    check("which -a node git; type npm; hash uv", "which ~node ~git type ~npm hash ~uv");
    check("[ -x \"$(command -v bun)\" ]", "[ ~bun");
    check("command jq", "jq");
}

static void test_texts_and_files_for_a_shell(void **state)
{
    (void)state;
    check("bash ./x.sh git", "bash <./x.sh >git");
    check("sh -c 'git log; jq' x", "sh git jq");
    check("bash -euo pipefail x", "bash <pipefail >x");
    check(". ./lib.sh; source b", ". <./lib.sh source <b");
}

static void test_text_that_ends_early(void **state)
{
    (void)state;
    static const char *const texts[] = {"'",         "\"", "$(",    "`",           "${", "((",
                                        "case x in", "<<", "a <<E", "case x in a", "\\", "function",
                                        "$((",       "&>", ";;",    ")",           "<("};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct arena arena = {0};
        struct heard heard = {.arena = &arena};
        shell_programs(texts[i], &arena, hear, &heard);
        arena_release(&arena);
    }
    struct arena arena = {0};
    struct heard heard = {.arena = &arena};
    char deep[4096];
    for (size_t i = 0; i + 2 < sizeof deep; i += 2)
        memcpy(deep + i, "$(", 2);
    deep[sizeof deep - 2] = deep[sizeof deep - 1] = '\0';
    shell_programs(deep, &arena, hear, &heard);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_of_programs),
        cmocka_unit_test(test_programs_in_words),
        cmocka_unit_test(test_what_is_no_program),
        cmocka_unit_test(test_what_can_be_done_without),
        cmocka_unit_test(test_texts_and_files_for_a_shell),
        cmocka_unit_test(test_text_that_ends_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
