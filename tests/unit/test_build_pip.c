/* Python plugins: real installers, wheels made here, no network. */
#include "build_world.h"

/* Makes wheels/greet-1.0-py3-none-any.whl: a module, and a console script `greet`. */
static const char MAKE_WHEEL[] =
    "import base64, hashlib, sys, zipfile\n"
    "files = {\n"
    "  'greet.py': 'def main():\\n    print(\"hello from greet\")\\n',\n"
    "  'greet-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\\nName: greet\\nVersion: 1.0\\n',\n"
    "  'greet-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\\nGenerator: x\\n'\n"
    "     'Root-Is-Purelib: true\\nTag: py3-none-any\\n',\n"
    "  'greet-1.0.dist-info/entry_points.txt': '[console_scripts]\\ngreet = greet:main\\n'}\n"
    "record = ''\n"
    "with zipfile.ZipFile(sys.argv[1] + '/greet-1.0-py3-none-any.whl', 'w') as z:\n"
    "    for name, text in files.items():\n"
    "        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())\n"
    "        record += '%s,sha256=%s,%d\\n' % (name, digest.rstrip(b'=').decode(), len(text))\n"
    "        z.writestr(name, text)\n"
    "    z.writestr('greet-1.0.dist-info/RECORD', record + 'greet-1.0.dist-info/RECORD,,\\n')\n";

/* Compares every hash and size in RECORD with the file. */
static const char CHECK_RECORD[] =
    "import base64, glob, hashlib, os, sys\n"
    "count = 0\n"
    "for record in glob.glob(sys.prefix + '/lib/python*/site-packages/*.dist-info/RECORD'):\n"
    "    for line in open(record):\n"
    "        path, digest, size = line.strip().rsplit(',', 2)\n"
    "        if not digest: continue\n"
    "        data = open(os.path.join(os.path.dirname(record), '..', path), 'rb').read()\n"
    "        found = "
    "base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()\n"
    "        assert digest == 'sha256=' + found and int(size) == len(data), path\n"
    "        count += 1\n"
    "print(count)\n";

/* A build backend in the plugin's own tree, so that no other is downloaded; `extra` runs in it. */
static void put_project(struct world *world, const char *extra)
{
    put(world, "pyproject.toml",
        "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"
        "[project]\nname = \"greet\"\nversion = \"1.0\"\n");
    put(world, "backend.py",
        arena_printf(&world->arena,
                     "import os, subprocess, sys, tempfile\n"
                     "def build_wheel(folder, settings=None, metadata=None):\n%s"
                     "    open('written-by-the-build', 'w').close()\n"
                     "    script = open('make_wheel.py').read()\n"
                     "    sys.argv = ['make_wheel', folder]\n"
                     "    exec(script, {})\n"
                     "    return 'greet-1.0-py3-none-any.whl'\n",
                     extra));
    put(world, "make_wheel.py", MAKE_WHEEL);
}

static int pip_begin(void **state)
{
    if (world_begin(state) < 0)
        return -1;
    struct world *world = *state;
    const char *wheels = path_join(&world->arena, world->root, "wheels");
    setenv("PIP_NO_INDEX", "1", 1);
    setenv("PIP_FIND_LINKS", wheels, 1);
    AUTO_BUF out = {0};
    const char *const argv[] = {process_find(&world->arena, "python3"), "-c", MAKE_WHEEL, wheels,
                                NULL};
    struct process process = {.argv = (char *const *)argv, .envp = environ, .err = STDERR_FILENO};
    int status = -1;
    return fs_mkdirs(wheels, 0755) < 0 || !argv[0] ||
                   process_capture(&status, &out, &process, NULL, 0) < 0 || status
               ? -1
               : 0;
}

static int pip_end(void **state)
{
    unsetenv("PIP_NO_INDEX");
    unsetenv("PIP_FIND_LINKS");
    return world_end(state);
}

#define PIP_TEST(function) cmocka_unit_test_setup_teardown(function, pip_begin, pip_end)

/* No file below the prefix may name where it was built. */
static void assert_names_final_only(struct world *world)
{
    const char *staging = path_join(&world->arena, world->root, "paii/staging");
    AUTO_BUF out = {0};
    const char *const argv[] = {"/usr/bin/grep", "-rl", staging, world->final, NULL};
    struct process process = {.argv = (char *const *)argv, .envp = (char *[]){NULL}, .err = -1};
    int status;
    assert_int_equal(process_capture(&status, &out, &process, NULL, 0), 0);
    assert_string_equal(buf_text(&out), "");
    assert_int_equal(status, 1);
}

static void assert_works(struct world *world)
{
    assert_string_equal(output(world, "venv/bin/greet", NULL, NULL), "hello from greet\n");
    assert_string_equal(output(world, "venv/bin/python3", "-c", "import sys; print(sys.prefix)"),
                        arena_printf(&world->arena, "%s/venv\n", world->final));
    assert_string_not_equal(output(world, "venv/bin/python3", "-c", CHECK_RECORD), "0\n");
    assert_names_final_only(world);
}

static void test_nothing_required(void **state)
{
    struct world *world = *state;
    put(world, "requirements.txt", "# standard library only\n\n   \n");
    put(world, "src/main.py", "print(1)\n");
    build_well(world, BUILD_PIP);
    assert_false(has(world, "venv"));
    assert_false(fs_exists(world->log));
}

static void test_requirements(void **state)
{
    struct world *world = *state;
    put(world, "requirements.txt", "# what we need\ngreet==1.0\n");
    build_well(world, BUILD_PIP);
    const char *find = "import pathlib, sys; print([*pathlib.Path(sys.prefix).rglob('*.pyc')])";
    assert_string_equal(output(world, "venv/bin/python3", "-c", find), "[]\n");
    assert_works(world);
}

static void test_equal_input_gives_an_equal_prefix(void **state)
{
    struct world *world = *state;
    char *hashes[2];
    for (int i = 0; i < 2; i++) {
        put(world, "requirements.txt", "greet\n");
        assert_int_equal(build(world, BUILD_PIP), 0);
        unlink(path_join(&world->arena, world->source, "venv/bin/python3"));
        unlink(path_join(&world->arena, world->source, "venv/bin/python"));
        struct tree_summary summary;
        assert_int_equal(tree_hash(&summary, world->source), 0);
        hashes[i] = arena_strdup(&world->arena, summary.hash);
        fs_remove_tree(world->source);
        fs_remove_tree(world->work);
        fs_mkdirs(world->work, 0700);
        /* another staging folder, the same place in the end */
        world->source = path_join(&world->arena, world->root, "paii/staging/20/demo");
        world->work = path_join(&world->arena, world->root, "paii/staging/20/demo.work");
        fs_mkdirs(world->work, 0700);
    }
    assert_string_equal(hashes[0], hashes[1]);
}

static void test_named_requirements(void **state)
{
    struct world *world = *state;
    put(world, "requirements.txt", "absent-package\n");
    put(world, "deps/run.txt", "-r base.txt\n");
    put(world, "deps/base.txt", "greet\n");
    world->manifest.build.requirements = "deps/run.txt";
    build_well(world, BUILD_PIP);
    assert_works(world);
}

static void test_requirements_that_are_not_there(void **state)
{
    struct world *world = *state;
    world->manifest.build.requirements = "deps.txt";
    build_badly(world, BUILD_PIP, ERR_CONFIG, "'deps.txt' does not exist");
    world->manifest.build.requirements = "../../deps.txt";
    assert_int_equal(build(world, BUILD_PIP), -ERR_REFUSED);
    assert_non_null(strstr(error_text(), "not in the plugin's tree"));
}

static void test_pyproject_dependencies(void **state)
{
    struct world *world = *state;
    put(world, "pyproject.toml",
        "[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [\"greet>=1\"]\n");
    build_well(world, BUILD_PIP);
    assert_works(world);
}

static void test_pyproject_that_is_wrong(void **state)
{
    struct world *world = *state;
    put(world, "pyproject.toml", "[project\n");
    assert_int_equal(build(world, BUILD_PIP), -ERR_CONFIG);
    assert_non_null(strstr(error_text(), "pyproject.toml:1"));
}

static void test_project(void **state)
{
    struct world *world = *state;
    put_project(world, "");
    build_well(world, BUILD_PIP);
    assert_works(world);
    assert_false(has(world, "written-by-the-build")); /* it built a copy */
}

static void test_package_that_is_not_found(void **state)
{
    struct world *world = *state;
    put(world, "requirements.txt", "no-such-package-here\n");
    build_badly(world, BUILD_PIP, ERR_GENERIC, "no-such-package-here");
    assert_non_null(strstr(error_hint_text(), world->log));
}

static void test_tree_with_a_venv(void **state)
{
    struct world *world = *state;
    put(world, "requirements.txt", "greet\n");
    put(world, "venv/pyvenv.cfg", "home = /tmp\n");
    build_badly(world, BUILD_PIP, ERR_REFUSED, "has a 'venv' already");
}

static void test_live_folder_is_built_again(void **state)
{
    struct world *world = *state;
    world->final = world->source;
    put(world, "requirements.txt", "greet\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(build(world, BUILD_PIP), 0);
        assert_string_equal(output(world, "venv/bin/greet", NULL, NULL), "hello from greet\n");
        fs_remove_tree(world->work);
        fs_mkdirs(world->work, 0700);
    }
    /* a venv of the developer's own stays */
    unlink(path_join(&world->arena, world->source, ".paii-build"));
    build_badly(world, BUILD_PIP, ERR_REFUSED, "has a 'venv' already");
    assert_true(has(world, "venv/bin/greet"));
}

static void test_configuration_of_the_plugin_is_not_read(void **state)
{
    struct world *world = *state;
    const char *canary = path_join(&world->arena, world->root, "canary");
    const char *code = arena_printf(&world->arena, "open('%s', 'w')\n", canary);
    put(world, "requirements.txt", "greet\n");
    put(world, "pip.conf", "[global]\nindex-url = https://example.invalid/\n");
    put(world, ".python-version", "9.9.9\n");
    static const char *const modules[] = {"pip.py", "sitecustomize.py", "usercustomize.py",
                                          "site.py", "encodings.py"};
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        put(world, modules[i], code);
    setenv("PYTHONPATH", world->source, 1);
    setenv("PIP_TARGET", "/nonexistent-target", 1);
    build_well(world, BUILD_PIP);
    unsetenv("PYTHONPATH");
    unsetenv("PIP_TARGET");
    assert_works(world);
    assert_false(fs_exists(canary));
}

static void test_configuration_of_the_person_is_read(void **state)
{
    struct world *world = *state;
    const char *wheels = arena_strdup(&world->arena, getenv("PIP_FIND_LINKS"));
    unsetenv("PIP_NO_INDEX");
    unsetenv("PIP_FIND_LINKS");
    put(world, path_join(&world->arena, paths.home, ".config/pip/pip.conf"),
        arena_printf(&world->arena, "[global]\nno-index = true\nfind-links = %s\n", wheels));
    put(world, "requirements.txt", "greet\n");
    build_well(world, BUILD_PIP);
    assert_works(world);
}

static void test_hostile_builds(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *code, *words;
    } cases[] = {
        {"    os.mkfifo(sys.prefix + '/lib/pipe')\n", "venv/lib/pipe"},
        {"    os.symlink('/etc', sys.prefix + '/lib/etc')\n", "venv/lib/etc"},
        {"    os.unlink(sys.prefix + '/bin/python3')\n"
         "    os.symlink('/bin/sh', sys.prefix + '/bin/python3')\n"
         "    os.unlink(sys.prefix + '/bin/python')\n",
         "demo"},
        {"    os.link('backend.py', sys.prefix + '/lib/second')\n", "venv/lib/second"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_project(world, cases[i].code);
        int result = build(world, BUILD_PIP);
        assert_true(result < 0);
        if (!strstr(error_text(), cases[i].words))
            fail_msg("expected '%s' in '%s'", cases[i].words, error_text());
        fs_remove_tree(world->source);
        fs_remove_tree(world->work);
        fs_mkdirs(world->work, 0700);
    }
}

static void test_a_daemon_does_not_outlive_its_build(void **state)
{
    struct world *world = *state;
    const char *pid = path_join(&world->arena, world->root, "pid");
    put_project(
        world, arena_printf(&world->arena,
                            "    child = subprocess.Popen(['sleep', '300'], stdout=-3, stderr=-3)\n"
                            "    open('%s', 'w').write(str(child.pid))\n",
                            pid));
    build_well(world, BUILD_PIP);
    assert_true(is_gone(world, pid));
}

static void test_pip_is_missing(void **state)
{
    struct world *world = *state;
    put(world, "requirements.txt", "greet\n");
    /* a python3 that answers what it is, and has no pip */
    const char *bin = path_join(&world->arena, world->root, "fake");
    const char *fake = path_join(&world->arena, bin, "python3");
    put(world, fake,
        arena_printf(&world->arena,
                     "#!/bin/sh\n[ \"$2\" = -S ] || exit 1\n"
                     "printf '%s\\n3.11.2\\ncpython-311\\nx86_64-linux-gnu\\nlib\\n'\n",
                     fake));
    chmod(fake, 0755);
    setenv("PATH", arena_printf(&world->arena, "%s:/usr/bin:/bin", bin), 1);
    build_badly(world, BUILD_PIP, ERR_GENERIC, "pip is not installed");
    assert_non_null(strstr(error_hint_text(), "ensurepip"));
}

static void test_uv(void **state)
{
    struct world *world = *state;
    if (!process_find(&world->arena, "uv")) {
        puts("skipped: no uv");
        skip();
    }
    setenv("UV_FIND_LINKS", getenv("PIP_FIND_LINKS"), 1);
    setenv("UV_NO_INDEX", "1", 1);
    unsetenv("PIP_NO_INDEX");
    unsetenv("PIP_FIND_LINKS");
    put(world, "uv.toml", "this is not read\n");
    put_project(world, "");
    build_well(world, BUILD_PIP);
    unsetenv("UV_FIND_LINKS");
    unsetenv("UV_NO_INDEX");
    assert_works(world);
    AUTO_BUF log = {0};
    assert_int_equal(fs_read(&log, world->log, 1 << 20), 0);
    assert_non_null(strstr(buf_text(&log), "/uv pip install"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PIP_TEST(test_nothing_required),
        PIP_TEST(test_requirements),
        PIP_TEST(test_equal_input_gives_an_equal_prefix),
        PIP_TEST(test_named_requirements),
        PIP_TEST(test_requirements_that_are_not_there),
        PIP_TEST(test_pyproject_dependencies),
        PIP_TEST(test_pyproject_that_is_wrong),
        PIP_TEST(test_project),
        PIP_TEST(test_package_that_is_not_found),
        PIP_TEST(test_tree_with_a_venv),
        PIP_TEST(test_live_folder_is_built_again),
        PIP_TEST(test_configuration_of_the_plugin_is_not_read),
        PIP_TEST(test_configuration_of_the_person_is_read),
        PIP_TEST(test_hostile_builds),
        PIP_TEST(test_a_daemon_does_not_outlive_its_build),
        PIP_TEST(test_pip_is_missing),
        PIP_TEST(test_uv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
