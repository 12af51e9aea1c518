/* Rust plugins: the real cargo. */
#include "build_world.h"

#define CARGO_TOML "[package]\nname = \"demo\"\nversion = \"1.0.0\"\nedition = \"2018\"\n"
#define MAIN       "fn main() { println!(\"hello from rust\"); }\n"

static int cargo_begin(void **state)
{
    struct arena arena = {0};
    bool there = process_find(&arena, "cargo") && process_find(&arena, "cc");
    arena_release(&arena);
    if (world_begin(state) < 0)
        return -1;
    if (!there)
        puts("skipped: no cargo");
    return 0;
}

/* Called first by each test. */
static struct world *world_with_cargo(void **state)
{
    struct world *world = *state;
    if (!process_find(&world->arena, "cargo") || !process_find(&world->arena, "cc"))
        skip();
    return world;
}

#define CARGO_TEST(function) cmocka_unit_test_setup_teardown(function, cargo_begin, world_end)

static void test_program(void **state)
{
    struct world *world = world_with_cargo(state);
    put(world, "Cargo.toml", CARGO_TOML);
    put(world, "src/main.rs", MAIN);
    put(world, "src/bin/other.rs", "fn main() {}\n");
    put(world, "build.rs",
        "fn main() { std::fs::write(\"written-by-the-build\", \"x\").unwrap(); }\n");
    setenv("PAII_OFFLINE", "1", 1);
    build_well(world, BUILD_CARGO);
    unsetenv("PAII_OFFLINE");
    assert_string_equal(output(world, "bin/demo", NULL, NULL), "hello from rust\n");
    assert_true(has(world, "bin/other"));
    assert_false(has(world, "target"));
    assert_false(has(world, "Cargo.lock"));
    assert_false(has(world, "written-by-the-build"));
}

static void test_old_lock_is_refused(void **state)
{
    struct world *world = world_with_cargo(state);
    put(world, "Cargo.toml", CARGO_TOML "[dependencies]\nhelper = { path = \"helper\" }\n");
    put(world, "src/main.rs", MAIN);
    put(world, "helper/Cargo.toml", "[package]\nname = \"helper\"\nversion = \"0.1.0\"\n");
    put(world, "helper/src/lib.rs", "");
    put(world, "Cargo.lock", "version = 3\n[[package]]\nname = \"demo\"\nversion = \"1.0.0\"\n");
    build_badly(world, BUILD_CARGO, ERR_GENERIC, "--locked");
}

static void test_package_and_features(void **state)
{
    struct world *world = world_with_cargo(state);
    put(world, "Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"2\"\n");
    put(world, "one/Cargo.toml", "[package]\nname = \"one\"\nversion = \"1.0.0\"\n");
    put(world, "one/src/main.rs", MAIN);
    put(world, "two/Cargo.toml",
        "[package]\nname = \"two\"\nversion = \"1.0.0\"\n[features]\nloud = []\n");
    put(world, "two/src/main.rs",
        "fn main() { println!(\"{}\", if cfg!(feature = \"loud\") { \"LOUD\" } else { \"\" }); "
        "}\n");
    world->manifest.build.target = "two";
    strings_add(&world->manifest.build.features, &world->arena, "loud");
    build_well(world, BUILD_CARGO);
    assert_string_equal(output(world, "bin/two", NULL, NULL), "LOUD\n");
    assert_false(has(world, "bin/one"));
}

static void test_compile_error(void **state)
{
    struct world *world = world_with_cargo(state);
    put(world, "Cargo.toml", CARGO_TOML);
    put(world, "src/main.rs", "fn main() { no_such_function(); }\n");
    build_badly(world, BUILD_CARGO, ERR_GENERIC, "no_such_function");
    assert_non_null(strstr(error_hint_text(), world->log));
}

static void test_no_program(void **state)
{
    struct world *world = world_with_cargo(state);
    put(world, "Cargo.toml", CARGO_TOML);
    put(world, "src/lib.rs", "");
    build_badly(world, BUILD_CARGO, ERR_GENERIC, "has no program");
}

static void test_configuration_of_the_plugin_is_not_read(void **state)
{
    struct world *world = world_with_cargo(state);
    const char *canary = path_join(&world->arena, world->root, "canary");
    const char *wrapper = path_join(&world->arena, world->source, "wrapper");
    put(world, "Cargo.toml", CARGO_TOML);
    put(world, "src/main.rs", MAIN);
    put(world, "wrapper",
        arena_printf(&world->arena, "#!/bin/sh\ntouch %s\nexec \"$@\"\n", canary));
    chmod(wrapper, 0755);
    const char *config =
        arena_printf(&world->arena,
                     "[build]\nrustc-wrapper = \"%s\"\n[http]\nproxy = \"localhost:1\"\n", wrapper);
    put(world, ".cargo/config.toml", config);
    put(world, ".cargo/config", config);
    put(world, "../.cargo/config.toml", config); /* nor one of a folder above */
    put(world, "rust-toolchain.toml", "[toolchain]\nchannel = \"1.0.0-nonexistent\"\n");
    build_well(world, BUILD_CARGO);
    assert_string_equal(output(world, "bin/demo", NULL, NULL), "hello from rust\n");
    assert_false(fs_exists(canary));
}

static void test_configuration_of_the_person_is_read(void **state)
{
    struct world *world = world_with_cargo(state);
    put(world, "Cargo.toml", CARGO_TOML);
    put(world, "src/main.rs", MAIN);
    unsetenv("CARGO_HOME");
    put(world, path_join(&world->arena, paths.home, ".cargo/config.toml"),
        "[build]\nrustc-wrapper = \"/nonexistent-wrapper\"\n");
    build_badly(world, BUILD_CARGO, ERR_GENERIC, "/nonexistent-wrapper");
}

static void test_build_script_cannot_choose_what_is_taken(void **state)
{
    struct world *world = world_with_cargo(state);
    put(world, "Cargo.toml", CARGO_TOML);
    put(world, "src/main.rs", MAIN);
    put(world, "build.rs",
        "fn main() {\n"
        "    println!(\"{{\\\"reason\\\":\\\"compiler-artifact\\\","
        "\\\"executable\\\":\\\"/etc/passwd\\\"}}\");\n"
        "    let out = std::env::var(\"OUT_DIR\").unwrap();\n"
        "    let at = std::path::Path::new(&out).ancestors().nth(3).unwrap().join(\"demo\");\n"
        "    std::os::unix::fs::symlink(\"/etc/passwd\", at).ok();\n"
        "}\n");
    int result = build(world, BUILD_CARGO);
    if (result == 0) {
        settle(world);
        assert_string_equal(output(world, "bin/demo", NULL, NULL), "hello from rust\n");
    }
    assert_false(fs_exists(path_join(&world->arena, world->source, "bin/passwd")));
}

/* One small crate, so that fetching and the cache are real. */
static void test_dependency(void **state)
{
    struct world *world = world_with_cargo(state);
    put(world, "Cargo.toml", CARGO_TOML "[dependencies]\nitoa = \"=1.0.5\"\n");
    put(world, "src/main.rs", "fn main() { println!(\"{}\", itoa::Buffer::new().format(42)); }\n");
    setenv("CARGO_NET_RETRY", "0", 1);
    setenv("CARGO_HTTP_TIMEOUT", "15", 1);
    int result = build(world, BUILD_CARGO);
    unsetenv("CARGO_NET_RETRY");
    unsetenv("CARGO_HTTP_TIMEOUT");
    if (result < 0 && (strstr(error_text(), "download") || strstr(error_text(), "fetch") ||
                       strstr(error_text(), "resolve host"))) {
        puts("skipped: crates.io cannot be reached");
        skip();
    }
    if (result < 0)
        fail_msg("%s", error_text());
    settle(world);
    assert_string_equal(output(world, "bin/demo", NULL, NULL), "42\n");
    assert_true(fs_is_dir(path_join(&world->arena, paths.cache, "cargo/registry")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CARGO_TEST(test_program),
        CARGO_TEST(test_old_lock_is_refused),
        CARGO_TEST(test_package_and_features),
        CARGO_TEST(test_compile_error),
        CARGO_TEST(test_no_program),
        CARGO_TEST(test_configuration_of_the_plugin_is_not_read),
        CARGO_TEST(test_configuration_of_the_person_is_read),
        CARGO_TEST(test_build_script_cannot_choose_what_is_taken),
        CARGO_TEST(test_dependency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
