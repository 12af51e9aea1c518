/*
 * The test table: "decision TAB rule TAB command" a line, "-" for no rule, "\n" for a new line in a
 * command. Then JSON that must be refused, and every prefix of every command, which must only not
 * crash.
 */
#include "arena.h"
#include "json.h"
#include "judge.h"

#include <stdio.h>
#include <string.h>

static unsigned failures, count;

static char *unescape(char *text)
{
    char *to = text;
    for (char *from = text; *from; from++) {
        if (from[0] == '\\' && from[1] == 'n' && from++)
            *to++ = '\n';
        else
            *to++ = *from;
    }
    *to = '\0';
    return text;
}

static void check_prefixes(const char *command)
{
    size_t len = strlen(command);
    for (size_t i = 0; i < len; i++) {
        struct judgement judgement;
        judge(&judgement, take_text(command, i));
    }
}

static void check_line(char *line, unsigned number)
{
    char *decision = strtok(line, "\t"), *rule = strtok(NULL, "\t"), *command = strtok(NULL, "");
    if (!command) {
        printf("line %u: three columns are expected\n", number);
        failures++;
        return;
    }
    struct judgement judgement;
    judge(&judgement, unescape(command));
    const struct finding *worst = judgement.worst;
    const char *got = decision_names[worst ? worst->decision : ALLOW];
    const char *got_rule = worst && worst->rule ? worst->rule : "-";
    count++;
    if (strcmp(got, decision) != 0 || strcmp(got_rule, rule) != 0) {
        printf("line %u: expected %s %s, got %s %s: %s\n", number, decision, rule, got, got_rule,
               command);
        failures++;
    }
    check_prefixes(command);
}

static void check_table(FILE *file)
{
    static char line[8192];
    for (unsigned number = 1; fgets(line, sizeof line, file); number++) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] && line[0] != '#')
            check_line(line, number);
    }
}

static void check_json(void)
{
    static const char *const wrong[] = {"",
                                        "{",
                                        "[1,]",
                                        "{\"a\":1,\"a\":2}",
                                        "\"\x01\"",
                                        "\"\xff\"",
                                        "\"\xed\xa0\x80\"",
                                        "01",
                                        "1.",
                                        "1e",
                                        "tru",
                                        "{} {}",
                                        "\"\\x\"",
                                        "\"\\u12\"",
                                        "{a:1}",
                                        "[1 2]",
                                        "\"a",
                                        "'a'",
                                        "NaN",
                                        "+1",
                                        "\xef\xbb\xbf{}"};
    static const char *const right[] = {
        "null",        "[]", " {\"a\" : [1.5e+3, -0, true]} ", "\"\\ud83d\\ude00\"", "\"\\ud83d\"",
        "\"\\u0000\"", "0"};
    const char *why;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++, count++) {
        if (json_read(wrong[i], strlen(wrong[i]), &why) || !why) {
            printf("JSON is accepted: %s\n", wrong[i]);
            failures++;
        }
    }
    for (size_t i = 0; i < sizeof right / sizeof *right; i++, count++) {
        if (!json_read(right[i], strlen(right[i]), &why)) {
            printf("JSON is refused (%s): %s\n", why, right[i]);
            failures++;
        }
    }
    static char deep[100001];
    memset(deep, '[', sizeof deep - 1);
    if (json_read(deep, sizeof deep - 1, &why))
        failures++;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!file) {
        fputs("usage: test CASES\n", stderr);
        return 2;
    }
    check_table(file);
    fclose(file);
    check_json();
    printf("%u checks, %u failures\n", count, failures);
    return failures != 0;
}
