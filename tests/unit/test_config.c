/*
 * paii.toml: what it gives, what it refuses, and that an edit leaves the rest alone.
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "registry/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static char root[] = "/tmp/paii-config-XXXXXX";

static int begin(void **state)
{
    (void)state;
    if (!mkdtemp(root) || setenv("HOME", root, 1) || unsetenv("PAII_DIR") ||
        unsetenv("PAII_CONFIG") || unsetenv("XDG_CONFIG_HOME"))
        return -1;
    return paths_init();
}

static int end(void **state)
{
    (void)state;
    fs_remove_tree(root);
    arena_release(&arena);
    return 0;
}

static int parse(struct config *out, struct diags *diags, const char *text)
{
    *diags = (struct diags){.arena = &arena};
    return config_parse(out, &arena, paths.config, text, strlen(text), diags);
}

static void nothing_is_a_configuration(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(config_read(&config, &arena), 0);
    assert_null(config.root);
    assert_int_equal(config.registry_count, 1);
    assert_string_equal(config.registries[0].name, "core");
    assert_true(config.registries[0].builtin);
    assert_string_equal(config.default_language, "python");
    assert_false(config.require_sandbox);
    assert_int_equal(config.network.retries, -1);
}

static void everything_is_read(void **state)
{
    static const char text[] =
        "[paii]\nversion = \"0.1.0\"\n"
        "[paths]\nplugins = \"~/.config/paii/plugins\"\nhistory = \"~/.config/paii/history\"\n"
        "registries = \"~/.config/paii/registries\"\n"
        "[defaults]\nlanguage = \"rust\"\nlog_level = \"info\"\nrequire_sandbox = true\n"
        "[registries]\nwork = \"https://e.org/team/plugins.git\"\nlocal = \"~/plugins\"\n"
        "near = \"./x\"\n"
        "pinned = { url = \"git@e.org:t/p.git\", ref = \"stable\", priority = 10 }\n"
        "[bindings]\nMemoryProvider = \"history\"\n\"IntegrationProvider[jira]\" = \"jira\"\n"
        "[bindings.IntegrationProvider]\nslack = \"slack-bot\"\n"
        "[config.incident]\nescalation_threshold_minutes = 15\n"
        "[hooks]\nsecurity_enabled = true\n"
        "[network]\nconnect = 3\nstall = 4\ntimeout = 50\nretries = 0\n";
    struct config config;
    struct diags diags;

    (void)state;
    assert_int_equal(parse(&config, &diags, text), 0);
    for (size_t i = 0; i < diags.count; i++)
        fail_msg("%s", diag_text(&diags.items[i], &arena));
    assert_int_equal(config.registry_count, 5);
    assert_string_equal(config.registries[0].name, "core");
    assert_string_equal(config_registry(&config, "local")->url,
                        arena_printf(&arena, "%s/plugins", root));
    assert_string_equal(config_registry(&config, "pinned")->ref, "stable");
    assert_int_equal(config_registry(&config, "pinned")->priority, 10);
    assert_null(config_registry(&config, "nothing"));
    assert_int_equal(config.binding_count, 3);
    assert_string_equal(config.bindings[1].contract, "IntegrationProvider[jira]");
    assert_string_equal(config.bindings[2].contract, "IntegrationProvider[slack]");
    assert_string_equal(config.bindings[2].plugin, "slack-bot");
    assert_string_equal(config.default_language, "rust");
    assert_true(config.require_sandbox);
}

static void core_can_be_replaced(void **state)
{
    struct config config;
    struct diags diags;

    (void)state;
    assert_int_equal(
        parse(&config, &diags, "[registries]\ncore = \"https://e.org/plugins.toml\"\n"), 0);
    assert_int_equal(config.registry_count, 1);
    assert_false(config.registries[0].builtin);
    assert_int_equal(parse(&config, &diags, "[registries]\ncore = \"builtin:\"\n"), 0);
    assert_true(config.registries[0].builtin);
}

static void wrong_things_are_named(void **state)
{
    static const struct {
        const char *text, *finding;
        bool error;
    } rows[] = {
        {"[registrys]\n", "registrys: unknown key", false},
        {"[defaults]\nlang = \"c\"\n", "defaults.lang: unknown key", false},
        {"[paths]\nplugins = \"/elsewhere\"\n", "paths.plugins: not used", false},
        {"[registries]\nWork = \"/x\"\n", "'Work' is no name of a registry", true},
        {"[registries]\nwork = 5\n", "expected a string or a table", true},
        {"[registries]\nwork = { ref = \"x\" }\n", "the key 'url' is missing", true},
        {"[registries]\nwork = \"http://e.org/x.git\"\n", "registries.work: ", true},
        {"[registries]\nwork = \"ext::sh -c x\"\n", "registries.work: ", true},
        {"[registries]\nwork = \"builtin:\"\n", "registries.work: ", true},
        {"[registries]\nwork = { url = \"/x\", ref = \"--x\" }\n", "is no branch or tag", true},
        {"[bindings]\nmemory = \"history\"\n", "expected a contract", true},
        {"[bindings]\nMemoryProvider = \"His Tory\"\n", "expected the name of a plugin", true},
        {"[config]\nincident = 5\n", "config.incident: expected a table", true},
        {"[network]\nretries = 11\n", "network.retries: ", true},
        {"[network]\nstall = 0\n", "network.stall: ", true},
        {"[network]\nspeed = 1\n", "network.speed: unknown key", false},
        {"[registries]\nwork = { url = \"https://e.org/x.git\", token_env = \"ghp abc\" }\n",
         "expected the name of a variable, not a token", true},
        {"[registries]\nwork = { url = \"git@e.org:x.git\", token_env = \"T\" }\n",
         "only an https:// registry is sent a secret", true},
        {"[registries]\nwork = { url = \"http://localhost/x.git\", netrc = true }\n",
         "only an https:// registry is sent a secret", true},
        {"[registries]\nwork = { url = \"https://e.org/x.git\", token_user = \"me\" }\n",
         "expected the user of a token_env", true},
        {"[registries]\nwork = { url = \"https://e.org/x.git\", token_env = \"T\", netrc = true "
         "}\n",
         "there is a token_env already", true},
        {"[defaults]\nrequire_sandbox = \"yes\"\n", "expected a boolean, found a string", true},
        {"[registries\n", "paii.toml:1:", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config config;
        struct diags diags;
        int result = parse(&config, &diags, rows[i].text);

        assert_int_equal(result, rows[i].error ? -ERR_CONFIG : 0);
        assert_true(diags.count >= 1);
        if (!strstr(diag_text(&diags.items[0], &arena), rows[i].finding))
            fail_msg("expected '%s', found '%s'", rows[i].finding,
                     diag_text(&diags.items[0], &arena));
        error_clear();
    }
}

static void an_edit_keeps_the_rest(void **state)
{
    static const char before[] = "# mine\n[registries] # where\nwork = \"/x\"   # old\n";
    AUTO_BUF after = {0};
    struct config config;

    (void)state;
    assert_int_equal(config_edit("registries.work", "\"/y\""), 0); /* makes file and folder */
    assert_int_equal(config_read(&config, &arena), 0);
    assert_string_equal(config_registry(&config, "work")->url, "/y");
    assert_int_equal(fs_write(paths.config, before, strlen(before), 0644), 0);
    assert_int_equal(config_edit("registries.team", "{ url = \"/z\", priority = 1 }"), 0);
    assert_int_equal(config_edit("registries.team", NULL), 0);
    assert_int_equal(fs_read(&after, paths.config, 1 << 20), 0);
    assert_string_equal(buf_text(&after), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_a_configuration), cmocka_unit_test(everything_is_read),
        cmocka_unit_test(core_can_be_replaced),       cmocka_unit_test(wrong_things_are_named),
        cmocka_unit_test(an_edit_keeps_the_rest),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
