/*
 * Contract terms: one spelling each, and which provider satisfies which consumer.
 */
#include "registry/contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void provided_terms_keep_their_spelling(void **state)
{
    static const char *const good[] = {
        "MemoryProvider",
        "MemoryProvider@1",
        "MemoryProvider@1.1.0",
        "IntegrationProvider[jira]",
        "IntegrationProvider[jira]@1.0",
        "SkillProvider[my-skill.x]",
    };
    static const char *const bad[] = {
        "",
        "memoryProvider",
        "MemoryProvider@",
        "MemoryProvider@x",
        "Memory Provider",
        "MemoryProvider[]",
        "MemoryProvider[jira",
        "MemoryProvider[a b]",
        "MemoryProvider[jira]1",
        "MemoryProvider@1 ",
        "MemoryProvider\n",
    };
    struct provided term;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(provided_parse(&term, &arena, good[i]));
        assert_string_equal(provided_text(&term, &arena), good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (provided_parse(&term, &arena, bad[i]))
            fail_msg("'%s' was taken for a contract", bad[i]);
    }
}

static void consumed_terms_become_canonical(void **state)
{
    static const char *const pairs[][2] = {
        {"memory=MemoryProvider", "memory=MemoryProvider"},
        {"memory=MemoryProvider?", "memory=MemoryProvider?"},
        {"memory=MemoryProvider >=1.0 <2", "memory=MemoryProvider >=1.0 <2"},
        {"memory=MemoryProvider? >=1.0,  <2", "memory=MemoryProvider? >=1.0 <2"},
        {"jira=IntegrationProvider[jira]? 1.1", "jira=IntegrationProvider[jira]? ^1.1"},
        {"a=B *", "a=B"},
        {"a=B  ", "a=B"},
    };
    static const char *const bad[] = {
        "MemoryProvider", "=MemoryProvider", "a=b", "a=B>=1", "a=B >=beta", "a =B", "a=B?? 1", "",
    };
    struct consumed term;

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_true(consumed_parse(&term, &arena, pairs[i][0]));
        assert_string_equal(consumed_text(&term, &arena), pairs[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (consumed_parse(&term, &arena, bad[i]))
            fail_msg("'%s' was taken for a need", bad[i]);
    }
}

static void providers_satisfy_consumers(void **state)
{
    static const struct {
        const char *provided, *consumed;
        bool fits;
    } rows[] = {
        {"MemoryProvider@1.1", "m=MemoryProvider", true},
        {"MemoryProvider", "m=MemoryProvider", true},
        {"MemoryProvider", "m=MemoryProvider >=1", false},
        {"MemoryProvider@1.1", "m=MemoryProvider 1.1", true},
        {"MemoryProvider@1.2", "m=MemoryProvider 1.1", true},
        {"MemoryProvider@1.0", "m=MemoryProvider 1.1", false},
        {"MemoryProvider@2.0", "m=MemoryProvider 1.1", false},
        {"MemoryProvider@1", "m=MemoryProvider >=1.0, <2", true},
        {"MemoryProvider@2", "m=MemoryProvider >=1.0, <2", false},
        {"IntegrationProvider[jira]@1", "j=IntegrationProvider[jira]", true},
        {"IntegrationProvider[jira]@1", "j=IntegrationProvider[slack]", false},
        {"IntegrationProvider@1", "j=IntegrationProvider[jira]", false},
        {"IntegrationProvider[jira]@1", "j=IntegrationProvider", true},
        {"SkillProvider@1", "m=MemoryProvider", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct provided p;
        struct consumed c;

        assert_true(provided_parse(&p, &arena, rows[i].provided));
        assert_true(consumed_parse(&c, &arena, rows[i].consumed));
        if (contract_satisfies(&p, &c) != rows[i].fits)
            fail_msg("%s for %s: expected %s", rows[i].provided, rows[i].consumed,
                     rows[i].fits ? "yes" : "no");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(provided_terms_keep_their_spelling, release),
        cmocka_unit_test_teardown(consumed_terms_become_canonical, release),
        cmocka_unit_test_teardown(providers_satisfy_consumers, release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
