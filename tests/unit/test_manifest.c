/*
 * plugin.toml: every spelling that published plugins use, and every finding with its place.
 */
#include "base/error.h"
#include "base/fs.h"
#include "registry/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "[plugin]\nname = \"x\"\nversion = \"1.0.0\"\n"

static struct arena arena;
static char root[] = "/tmp/paii-manifest-XXXXXX";

static int begin(void **state)
{
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    fs_remove_tree(root);
    arena_release(&arena);
    return 0;
}

static void add_strings(struct buf *out, const char *key, const struct strings *list)
{
    if (list->count)
        buf_printf(out, "%s %s\n", key, strings_join(list, &arena, "|"));
}

/* What a manifest says, a line for everything that is not a default. */
static const char *said(const struct manifest *m)
{
    AUTO_BUF out = {0};

    for (size_t i = 0; i < m->provide_count; i++)
        buf_printf(&out, "provides %s\n", provided_text(&m->provides[i], &arena));
    for (size_t i = 0; i < m->consume_count; i++)
        buf_printf(&out, "consumes %s\n", consumed_text(&m->consumes[i], &arena));
    for (size_t i = 0; i < m->config_count; i++)
        buf_printf(&out, "config %s %s %s%s%s\n", m->config[i].name, m->config[i].type,
                   m->config[i].fallback ? m->config[i].fallback : "-",
                   m->config[i].required ? " required" : "", m->config[i].secret ? " secret" : "");
    for (size_t i = 0; i < m->env_count; i++)
        buf_printf(&out, "env %s%s%s\n", m->env[i].name, m->env[i].required ? " required" : "",
                   m->env[i].secret ? " secret" : "");
    for (size_t i = 0; i < m->hook_count; i++)
        buf_printf(&out, "hook %s %s '%s'%s%s %d %d\n", m->hooks[i].event, m->hooks[i].action,
                   m->hooks[i].matcher, m->hooks[i].spool ? " spool" : "",
                   m->hooks[i].closed ? " closed" : "", m->hooks[i].timeout_ms,
                   m->hooks[i].priority);
    for (size_t i = 0; i < m->action_count; i++) {
        buf_printf(&out, "action %s %s %d '%s'", m->actions[i].name, m->actions[i].effect,
                   m->actions[i].timeout_ms, m->actions[i].summary);
        for (size_t p = 0; p < m->actions[i].param_count; p++)
            buf_printf(&out, " %s:%s", m->actions[i].params[p].name, m->actions[i].params[p].type);
        buf_putc(&out, '\n');
    }
    if (m->build.said)
        buf_printf(&out, "build %s\n", build_type_names[m->build.type]);
    add_strings(&out, "command", &m->build.command);
    add_strings(&out, "features", &m->build.features);
    add_strings(&out, "run", &m->run);
    add_strings(&out, "tags", &m->tags);
    add_strings(&out, "authors", &m->authors);
    return arena_strdup(&arena, buf_text(&out));
}

static const char *findings(const struct diags *diags)
{
    AUTO_BUF out = {0};

    for (size_t i = 0; i < diags->count; i++)
        buf_printf(&out, "%s %s\n", diags->items[i].level == DIAG_ERROR ? "E" : "W",
                   diag_text(&diags->items[i], &arena));
    return arena_strdup(&arena, buf_text(&out));
}

static void good_spellings(void **state)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"", ""},
        {"[provides]\n[consumes]\n[config]\n[hooks]\n", ""},
        {"[provides]\nmemory = \"MemoryProvider\"\n", "provides MemoryProvider\n"},
        {"[provides]\nmemory = \"MemoryProvider@1.1\"\n", "provides MemoryProvider@1.1\n"},
        {"[provides]\nskill = \"my-skill\"\n", "provides SkillProvider[my-skill]\n"},
        {"[provides]\nhook = \"HookHandler\"\nintegration = false\n", "provides HookHandler\n"},
        {"[provides]\nhooks = true\n", "provides HookHandler\n"},
        {"[provides]\nguard = \"HookHandler@1.0\"\n", "provides HookHandler@1.0\n"},
        {"[provides]\nintegration = { contract = \"IntegrationProvider\", service = \"jira\" }\n",
         "provides IntegrationProvider[jira]\n"},
        {"[provides]\nintegration = { service = \"jira\", version = \"1.0\" }\n",
         "provides IntegrationProvider[jira]@1.0\n"},
        {"[provides.memory]\ncontract = \"MemoryProvider\"\nservice = \"sqlite-memory\"\n",
         "provides MemoryProvider[sqlite-memory]\n"},
        {"[provides]\nintegration = [\"jira\", \"IntegrationProvider[slack]@1\"]\n",
         "provides IntegrationProvider[jira]\nprovides IntegrationProvider[slack]@1\n"},
        {"[consumes]\nmemory = { contract = \"MemoryProvider\", optional = true }\n",
         "consumes memory=MemoryProvider?\n"},
        {"[consumes]\nmemory = { contract = \"MemoryProvider\" }\n",
         "consumes memory=MemoryProvider?\n"},
        {"[consumes]\nm = { contract = \"MemoryProvider\", version = \">=1.0, <2\", optional = "
         "false }\n",
         "consumes m=MemoryProvider >=1.0 <2\n"},
        {"[consumes]\nmemory = { version = \"1.1\" }\n", "consumes memory=MemoryProvider? ^1.1\n"},
        {"[consumes]\nslack = { contract = \"IntegrationProvider\", service = \"slack\" }\n",
         "consumes slack=IntegrationProvider[slack]?\n"},
        {"[consumes]\nmemory = \"MemoryProvider@>=1\"\nj = \"IntegrationProvider[jira]\"\n",
         "consumes memory=MemoryProvider? >=1\nconsumes j=IntegrationProvider[jira]?\n"},
        {"[config]\nminutes = { type = \"integer\", default = 30 }\n",
         "config minutes integer 30\n"},
        {"[config]\nsite = \"e.org\"\nn = 5\non = true\nl = [1, 2]\n",
         "config site string \"e.org\"\nconfig n integer 5\nconfig on boolean true\n"
         "config l array [1,2]\n"},
        {"[config]\nt = { type = \"string\", required = true, env = \"DD_KEY\", secret = true }\n",
         "config t string - required secret\nenv DD_KEY required secret\n"},
        {"[config]\nl = { default = [\"a\"] }\nf = { type = \"number\", default = 1 }\n",
         "config l array [\"a\"]\nconfig f number 1\n"},
        {"[env]\nA_TOKEN = { required = true }\nA_SITE = \"the site\"\n",
         "env A_TOKEN required secret\nenv A_SITE\n"},
        {"[hooks]\npre_tool_use = false\nstop = true\n", "hook stop stop '' 0 0\n"},
        {"[hooks]\nPreToolUse = true\nsession-start = true\n",
         "hook pre-tool-use pre_tool_use '' 0 0\nhook session-start session_start '' 0 0\n"},
        {"[hooks.pre_tool_use]\naction = \"check\"\nmatcher = \"Bash|Write\"\nmode = \"sync\"\n"
         "timeout_ms = 150\non_error = \"closed\"\npriority = 10\n",
         "hook pre-tool-use check 'Bash|Write' closed 150 10\n"},
        {"[[hooks.stop]]\nmode = \"spool\"\n[[hooks.stop]]\naction = \"b\"\n",
         "hook stop stop '' spool 0 0\nhook stop b '' 0 0\n"},
        {"[run]\ncommand = [\"bin/jira\"]\n", "run bin/jira\n"},
        {"[run]\ncommand = \"python3 src/main.py\"\n", "run python3|src/main.py\n"},
        {"[actions.get_issue]\nsummary = \"Fetch\"\neffect = \"read\"\n"
         "params = { id = { type = \"string\", required = true }, fields = { type = \"array\" } "
         "}\n",
         "action get_issue read 0 'Fetch' id:string fields:array\n"},
        {"[actions]\na = {}\nb = { description = \"B\", timeout_ms = 5, params = { n = \"integer\" "
         "} "
         "}\n",
         "action a write 0 ''\naction b write 5 'B' n:integer\n"},
        {"[build]\ntype = \"pip\"\nrequirements = \"requirements.txt\"\n", "build pip\n"},
        {"[build]\ntype = \"uv\"\n", "build pip\n"},
        {"[build]\ntype = \"cargo\"\nfeatures = [\"tls\"]\n", "build cargo\nfeatures tls\n"},
        {"[build]\ntype = \"make\"\n", "build make\n"},
        {"[build]\ntype = \"skill\" # Pure skill plugin, no build needed\n", "build skill\n"},
        {"[build]\ntype = \"custom\"\n", "build skill\n"},
        {"[build]\ntype = \"custom\"\ncommand = [\"./build.sh\", \"-x\"]\n",
         "build custom\ncommand ./build.sh|-x\n"},
        {"[build]\ntype = \"custom\"\nbuild_command = \"python -m build\"\n",
         "build custom\ncommand python|-m|build\n"},
        {"[paii]\ncore_version = \">=0.1.0\"\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct diags diags = {.arena = &arena};
        const char *text = arena_printf(&arena, "%s%s", HEAD, rows[i].text);
        struct manifest manifest;
        int result = manifest_parse(&manifest, &arena, "plugin.toml", text, strlen(text), &diags);

        if (result < 0 || diags.count)
            fail_msg("%s\n%s", rows[i].text, findings(&diags));
        if (strcmp(said(&manifest), rows[i].said) != 0)
            fail_msg("%s\nexpected:\n%s\nfound:\n%s", rows[i].text, rows[i].said, said(&manifest));
    }
}

static void plugin_table(void **state)
{
    static const char text[] =
        "[plugin]\nname = \"incident\"\nversion = \"1.2.3-rc.1\"\ndescription = \"D\"\n"
        "authors = [\"a <a@b>\", \"b\"]\nlanguage = \"mixed\"\ntype = \"skill\"\nlicense = "
        "\"MIT\"\n"
        "repository = \"https://e.org/r\"\nkeywords = [\"k\"]\ntags = [\"t\"]\n"
        "[paii]\ncore_version = \">=0.1.0\"\n";
    struct diags diags = {.arena = &arena};
    struct manifest m;

    (void)state;
    assert_int_equal(manifest_parse(&m, &arena, "plugin.toml", text, strlen(text), &diags), 0);
    assert_int_equal(diags.count, 0);
    assert_string_equal(m.name, "incident");
    assert_string_equal(m.version, "1.2.3-rc.1");
    assert_string_equal(m.description, "D");
    assert_string_equal(m.language, "mixed");
    assert_string_equal(m.type, "skill");
    assert_string_equal(m.license, "MIT");
    assert_string_equal(m.homepage, "https://e.org/r");
    assert_string_equal(m.core_version, ">=0.1.0");
    assert_string_equal(said(&m), "tags t|k\nauthors a <a@b>|b\n");
}

static void findings_have_place_and_words(void **state)
{
    static const struct {
        const char *text, *finding; /* `text` follows HEAD, which has three lines */
    } rows[] = {
        {"licence = \"MIT\"\n", "W plugin.toml:4:1: plugin.licence: unknown key"},
        {"[provide]\n", "W plugin.toml:4:2: provide: unknown key"},
        {"tags = 5\n", "E plugin.toml:4:1: plugin.tags: expected an array of strings, found an "
                       "integer"},
        {"[paii]\ncore_version = \"many\"\n", "E plugin.toml:5:1: paii.core_version: expected a "
                                              "version range"},
        {"[provides]\nmemory = 5\n", "E plugin.toml:5:1: provides.memory: expected a string, a "
                                     "boolean or a table"},
        {"[provides]\nmemori = true\n", "did you mean 'memory'?"},
        {"[provides]\nx = \"thing\"\n", "'x' stands for no contract"},
        {"[provides]\nskill = \"a b\"\n", "expected a contract such as"},
        {"[provides]\nmemory = { contract = \"memory\" }\n",
         "E plugin.toml:5:12: provides.memory.contract: expected the name of a contract"},
        {"[provides]\nmemory = { contract = \"A\", version = \"x\" }\n",
         "expected a version such as"},
        {"[provides]\nmemory = { contrct = \"A\" }\n",
         "W plugin.toml:5:12: provides.memory.contrct"},
        {"[consumes]\nm = { optional = true }\n", "the key 'contract' is missing"},
        {"[consumes]\nm = { contract = \"A\", optional = \"yes\" }\n",
         "consumes.m.optional: expected a boolean, found a string"},
        {"[consumes]\nm = { contract = \"A\", version = \"later\" }\n", "expected a version range"},
        {"[consumes]\nm = \"memory\"\n", "expected a contract such as"},
        {"[consumes]\n\"a b\" = \"A\"\n", "expected an alias"},
        {"[config]\nn = { type = \"int\" }\n", "expected one of: string, integer"},
        {"[config]\nn = { type = \"integer\", default = \"5\" }\n",
         "expected a default of type integer, found a string"},
        {"[config]\nn = { env = \"LD_PRELOAD\" }\n", "'LD_PRELOAD' is set by paii or the system"},
        {"[env]\nPATH = {}\n", "'PATH' is set by paii or the system"},
        {"[env]\n\"A-B\" = {}\n", "is not the name of an environment variable"},
        {"[hooks]\npre_tool_used = true\n", "W plugin.toml:5:1: hooks.pre_tool_used: "
                                            "'pre_tool_used' is no event"},
        {"[hooks]\nstop = \"yes\"\n", "hooks.stop: expected a boolean or a table, found a string"},
        {"[hooks.stop]\nmode = \"async\"\n", "hooks.stop.mode: expected one of: sync, spool"},
        {"[hooks.stop]\ntimeout_ms = 0\n", "expected an integer from 1 to 600000, found 0"},
        {"[hooks.stop]\nmode = \"spool\"\non_error = \"closed\"\n", "cannot block"},
        {"[hooks.stop]\ntimeout = 5\n", "hooks.stop.timeout: unknown key"},
        {"[run]\n", "the key 'command' is missing"},
        {"[run]\ncommand = []\n", "expected a program and its arguments"},
        {"[run]\ncommand = \"a | b\"\n", "needs a shell"},
        {"[run]\ncommand = 5\n", "run.command: expected an array of strings"},
        {"[actions]\na = 5\n", "actions.a: expected a table, found an integer"},
        {"[actions]\n\"a b\" = {}\n", "expected an action's name"},
        {"[actions.a]\neffect = \"reads\"\n", "expected one of: read, write, external"},
        {"[actions.a]\nparams = { n = \"int\" }\n", "expected a type or a table, found 'int'"},
        {"[build]\ntype = \"npm\"\n", "build.type: expected one of:"},
        {"[build]\ntype = \"cargo\"\nrequirements = \"r\"\n",
         "W plugin.toml:6:1: build.requirements: not used: only a pip build reads it"},
        {"[build]\ntype = \"pip\"\ninstall_command = \"pip install -e .\"\n",
         "W plugin.toml:6:1: build.install_command: not used"},
        {"x = 1\nx = 2\n", "E plugin.toml:5:"},
        {"[provides\n", "E plugin.toml:"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct diags diags = {.arena = &arena};
        const char *text = arena_printf(&arena, "%s%s", HEAD, rows[i].text);
        struct manifest manifest;
        const char *found;
        int result = manifest_parse(&manifest, &arena, "plugin.toml", text, strlen(text), &diags);

        found = findings(&diags);
        if (!strstr(found, rows[i].finding))
            fail_msg("%s\nexpected: %s\nfound: %s", rows[i].text, rows[i].finding, found);
        assert_int_equal(result, diags.errors ? -ERR_CONFIG : 0);
        if (diags.count != 1)
            fail_msg("%s\nexpected one finding, found: %s", rows[i].text, found);
        error_clear();
    }
}

static void all_findings_at_once(void **state)
{
    static const char text[] = "[plugin]\nname = \"Bad Name\"\nversion = \"1\"\nlicense = 5\n"
                               "[hooks]\nstop = 1\n[build]\ntype = \"x\"\n";
    static const char none[] = "[build]\n";
    struct diags diags = {.arena = &arena}, more = {.arena = &arena};
    struct manifest m;

    (void)state;
    assert_int_equal(manifest_parse(&m, &arena, "p", text, strlen(text), &diags), -ERR_CONFIG);
    assert_int_equal(diags.errors, 5);
    assert_non_null(strstr(error_text(), "and 4 more errors"));
    assert_int_equal(manifest_parse(&m, &arena, "p", none, strlen(none), &more), -ERR_CONFIG);
    assert_non_null(strstr(findings(&more), "the table [plugin] is missing"));
    error_clear();
}

/* ---- folders ---- */

static const char *folder(const char *name)
{
    const char *dir = path_join(&arena, root, name);

    fs_mkdirs(dir, 0755);
    return dir;
}

static void put(const char *dir, const char *name, const char *text)
{
    const char *path = path_join(&arena, dir, name);

    fs_mkdirs(path_dir(&arena, path), 0755);
    assert_int_equal(fs_write(path, text, strlen(text), 0644), 0);
}

static enum build_type build_of(const char *dir)
{
    struct diags diags = {.arena = &arena};
    struct manifest m;

    assert_int_equal(manifest_read(&m, &arena, dir, &diags), 0);
    return m.build.type;
}

static void the_build_is_told_from_the_files(void **state)
{
    const char *dir = folder("inferred");

    (void)state;
    put(dir, "plugin.toml", HEAD);
    assert_int_equal(build_of(dir), BUILD_SKILL);
    put(dir, "Makefile", "");
    assert_int_equal(build_of(dir), BUILD_MAKE);
    put(dir, "pyproject.toml", "");
    assert_int_equal(build_of(dir), BUILD_PIP);
    put(dir, "Cargo.toml", "");
    assert_int_equal(build_of(dir), BUILD_CARGO);
    put(dir, "plugin.toml", HEAD "[build]\ntype = \"skill\"\n");
    assert_int_equal(build_of(dir), BUILD_SKILL);
}

static void client_folders_are_plugins(void **state)
{
    const char *skill = folder("My Skill"), *plugin = folder("claude"), *empty = folder("empty");
    struct diags diags = {.arena = &arena};
    struct manifest m;

    (void)state;
    put(skill, "SKILL.md", "---\ndescription: \"Does a thing\"\n---\n# Hi\n");
    assert_int_equal(manifest_read(&m, &arena, skill, &diags), 0);
    assert_string_equal(m.name, "my-skill");
    assert_string_equal(m.version, "0.0.0+unversioned");
    assert_string_equal(m.description, "Does a thing");
    put(skill, "SKILL.md", "---\nname: other\ndescription: >-\n  Two\n  lines\nx: y\n---\n");
    assert_int_equal(manifest_read(&m, &arena, skill, &diags), 0);
    assert_string_equal(m.name, "other");
    assert_string_equal(m.description, "Two lines");

    put(plugin, ".claude-plugin/plugin.json",
        "{\"name\":\"demo\",\"version\":\"1.2\",\"author\":{\"name\":\"A\"},\"keywords\":[\"k\"],"
        "\"hooks\":\"./h.json\"}");
    put(plugin, "Makefile", "all:\n\ttouch /tmp/never\n");
    assert_int_equal(manifest_read(&m, &arena, plugin, &diags), 0);
    assert_string_equal(m.name, "demo");
    assert_string_equal(m.version, "1.2.0");
    assert_string_equal(said(&m), "tags k\nauthors A\n");
    assert_int_equal(m.build.type, BUILD_SKILL); /* nobody said that it is to be built */
    assert_int_equal(diags.count, 0);

    put(plugin, ".claude-plugin/plugin.json", "[1]");
    assert_int_equal(manifest_read(&m, &arena, plugin, &diags), -ERR_CONFIG);
    assert_int_equal(manifest_read(&m, &arena, empty, &diags), -ERR_NOT_FOUND);
    error_clear();
}

static void check_looks_at_the_files(void **state)
{
    static const struct {
        const char *text, *finding;
    } rows[] = {
        {"[run]\ncommand = [\"bin/x\"]\n[build]\ntype = \"skill\"\n", "E run.command: there is no "
                                                                      "'bin/x'"},
        {"[run]\ncommand = [\"../x\"]\n", "E run.command: '../x' is not a file of the plugin"},
        {"[run]\ncommand = [\"tool.sh\"]\n", ""},
        {"[run]\ncommand = [\"./tool.sh\"]\n", "E run.command: './tool.sh' is not executable"},
        {"[build]\ntype = \"cargo\"\n", "E build.type: a cargo build needs 'Cargo.toml'"},
        {"[build]\ntype = \"pip\"\nrequirements = \"r.txt\"\n", "E build.requirements: there is no "
                                                                "file 'r.txt'"},
        {"[provides]\nskill = \"x\"\n",
         "E provides.skill: the plugin provides a skill and has none"},
        {"[actions.a]\n", "E actions: there are actions and no program"},
        {"[hooks]\nstop = true\n[run]\ncommand = [\"sh\"]\n", "E hooks.stop: the action 'stop' is "
                                                              "not declared"},
        {"[paii]\ncore_version = \">=99\"\n", "W paii.core_version: this paii is"},
        {"[run]\ncommand = [\"python3\", \"x.py\"]\n", ""},
    };
    const char *dir = folder("check");

    (void)state;
    put(dir, "tool.sh", "#!/bin/sh\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct diags diags = {.arena = &arena};
        AUTO_BUF all = {0};

        put(dir, "plugin.toml", arena_printf(&arena, HEAD "description = \"D\"\n%s", rows[i].text));
        manifest_check(&arena, dir, &diags);
        for (size_t d = 0; d < diags.count; d++)
            buf_printf(&all, "%s %s: %s\n", diags.items[d].level == DIAG_ERROR ? "E" : "W",
                       diags.items[d].key, diags.items[d].message);
        if (*rows[i].finding ? !strstr(buf_text(&all), rows[i].finding) : all.len != 0)
            fail_msg("%s\nexpected: '%s'\nfound: %s", rows[i].text, rows[i].finding,
                     buf_text(&all));
        error_clear();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_spellings),
        cmocka_unit_test(plugin_table),
        cmocka_unit_test(findings_have_place_and_words),
        cmocka_unit_test(all_findings_at_once),
        cmocka_unit_test(the_build_is_told_from_the_files),
        cmocka_unit_test(client_folders_are_plugins),
        cmocka_unit_test(check_looks_at_the_files),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
