/*
 * The table of commands: "verdict TAB rule TAB command" a line, "-" for no rule, "\n" for a new
 * line in a command. The home is /home/ada, the folder /home/ada/project. Then the files that tools
 * open, rules of a user, JSON that must be refused, and every prefix of every command, which must
 * only not crash.
 */
#include "arena.h"
#include "json.h"
#include "judge.h"
#include "policy.h"

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

static const struct context context = {.home = "/home/ada", .cwd = "/home/ada/project"};

static void check_prefixes(const char *command)
{
    char prefix[8192];
    size_t len = strlen(command);
    for (size_t i = 0; i < len; i++) {
        struct judgement judgement;
        memcpy(prefix, command, i);
        prefix[i] = '\0';
        judge_command(&judgement, &context, prefix);
        release_all();
    }
}

/* Names the check by its place if the judgement is another one. */
static void expect(const struct judgement *judgement, const char *decision, const char *rule,
                   const char *place, const char *shown)
{
    const struct finding *worst = judgement->count ? &judgement->findings[judgement->worst] : NULL;
    const char *got = decision_names[judgement_decision(judgement)];
    const char *got_rule = worst && worst->rule ? worst->rule : "-";
    count++;
    if (strcmp(got, decision) != 0 || strcmp(got_rule, rule) != 0) {
        printf("%s: expected %s %s, got %s %s: %s\n", place, decision, rule, got, got_rule, shown);
        failures++;
    }
}

static void check_line(char *line, unsigned number)
{
    char place[32];
    char *decision = strtok(line, "\t"), *rule = strtok(NULL, "\t"), *command = strtok(NULL, "");
    snprintf(place, sizeof place, "line %u", number);
    if (!command) {
        printf("%s: three columns are expected\n", place);
        failures++;
        return;
    }
    struct judgement judgement;
    judge_command(&judgement, &context, unescape(command));
    expect(&judgement, decision, rule, place, command);
    release_all();
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

static void check_files(void)
{
    static const struct {
        const char *path;
        enum access access;
        const char *decision, *rule;
    } files[] = {
        {"/home/ada/project/src/main.c", READS, "none", "-"},
        {"/home/ada/project/src/main.c", WRITES, "none", "-"},
        {"src/../README.md", WRITES, "none", "-"},
        {"/etc/hostname", READS, "none", "-"},
        {"/etc/hosts", WRITES, "ask", "write-system"},
        {"/etc/passwd", WRITES, "deny", "write-accounts"},
        {"/etc/shadow", READS, "deny", "read-secret"},
        {"/home/ada/.ssh/id_ed25519", READS, "deny", "read-secret"},
        {"/home/ada/.ssh/id_ed25519.pub", READS, "none", "-"},
        {"../.ssh/work_key", READS, "deny", "read-secret"},
        {"/home/ada/.ssh/authorized_keys", WRITES, "deny", "write-accounts"},
        {"/home/ada/.bashrc", WRITES, "ask", "write-startup"},
        {"/home/ada/.bashrc", READS, "none", "-"},
        {"/home/ada/project/.env", READS, "ask", "read-secret"},
        {"/home/ada/project/.env.example", READS, "none", "-"},
        {"/home/ada/project/.git/hooks/pre-commit", WRITES, "ask", "write-startup"},
        {"/home/ada/project/.claude/settings.json", WRITES, "ask", "write-startup"},
        {"/home/ada/.config/paii/paii.toml", WRITES, "deny", "write-paii"},
        {"/home/ada/.config/paii/paii.toml", READS, "none", "-"},
        {"/home/ada/.config/paii/.env", READS, "deny", "read-secret"},
        {"/dev/sda", WRITES, "deny", "write-device"},
        {"/tmp/x", WRITES, "none", "-"},
        {"/usr/include/stdio.h", READS, "none", "-"},
        {"/home/ada/project/*literal*", WRITES, "none", "-"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct judgement judgement;
        judge_file(&judgement, &context, files[i].path, files[i].access);
        expect(&judgement, files[i].decision, files[i].rule, "file", files[i].path);
    }
}

static const struct policy *policy_of(const char *text, const char **why)
{
    const struct json *config = json_read(text, strlen(text), why);
    return policy_read(config, why);
}

static void check_policy(void)
{
    static const char config[] =
        "{\"off\":[\"force-push\"],\"rules\":["
        "{\"decision\":\"deny\",\"command\":\"kubectl * --context prod*\",\"reason\":\"r\"},"
        "{\"decision\":\"allow\",\"command\":\"terraform destroy*\",\"reason\":\"r\"},"
        "{\"decision\":\"allow\",\"command\":\"rm -rf /\",\"reason\":\"r\"},"
        "{\"decision\":\"ask\",\"path\":\"~/taxes\",\"access\":\"write\",\"reason\":\"r\"},"
        "{\"decision\":\"deny\",\"path\":\"*.sqlite\",\"access\":\"write\",\"reason\":\"r\"}]}";
    static const char *const commands[][3] = {
        {"kubectl get pods --context prod-1", "deny", "user"},
        {"sudo kubectl get pods --context prod-1", "deny", "user"},
        {"kubectl get pods --context dev", "none", "-"},
        {"terraform destroy -auto-approve", "none", "user"},
        {"rm -rf /", "deny", "rm-root"},
        {"git push --force origin topic", "none", "-"},
        {"git push --force origin main", "deny", "force-push-main"},
        {"echo x > ~/taxes/2025.txt", "ask", "user"},
        {"cat ~/taxes/2025.txt", "none", "-"},
        {"rm data.sqlite", "deny", "user"},
    };
    static const char *const wrong[] = {
        "{\"rules\":[{\"decision\":\"deny\",\"command\":\"x\"}]}",
        "{\"rules\":[{\"decision\":\"no\",\"command\":\"x\",\"reason\":\"r\"}]}",
        "{\"rules\":[{\"decision\":\"ask\",\"reason\":\"r\"}]}",
        "{\"rules\":[{\"decision\":\"ask\",\"path\":\"a\",\"access\":\"x\",\"reason\":\"r\"}]}",
        "{\"rules\":3}",
        "{\"off\":\"all\"}",
    };
    const char *why;
    struct context own = context;
    own.policy = policy_of(config, &why);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct judgement judgement;
        judge_command(&judgement, &own, commands[i][0]);
        expect(&judgement, commands[i][1], commands[i][2], "policy", commands[i][0]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++, count++) {
        if (policy_of(wrong[i], &why) || !why) {
            printf("a configuration is accepted: %s\n", wrong[i]);
            failures++;
        }
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
    check_files();
    check_policy();
    check_json();
    release_all();
    printf("%u checks, %u failures\n", count, failures);
    return failures != 0;
}
