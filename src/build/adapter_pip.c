/*
 * pip: what a plugin requires, installed into a venv of its prefix.
 */
#include "build/build_private.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 4 << 20 };

/* ---- what is required ---- */

enum required { NOTHING, A_FILE, DEPENDENCIES, A_PROJECT };

struct plan {
    enum required required;
    const char *file;            /* A_FILE: its name in the plugin */
    struct strings dependencies; /* DEPENDENCIES */
};

static bool is_requirement(const char *line)
{
    line += strspn(line, " \t\r");
    if (*line == '-') /* options but those that require something */
        return line[1] == 'r' || line[1] == 'e' || !strncmp(line, "--requirement", 13) ||
               !strncmp(line, "--editable", 10);
    return *line && *line != '\n' && *line != '#';
}

static int plan_file(struct plan *plan, struct arena *arena, const char *source, const char *name)
{
    AUTO_BUF text = {0};
    int result = fs_read(&text, path_join(arena, source, name), MAX_FILE);
    if (result < 0)
        return result;
    plan->file = name;
    for (const char *line = buf_text(&text); line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (is_requirement(line)) {
            plan->required = A_FILE;
            break;
        }
    }
    return 0;
}

static int plan_pyproject(struct plan *plan, struct arena *arena, const char *path)
{
    AUTO_BUF text = {0};
    struct diags diags = {.arena = arena};
    int result = fs_read(&text, path, MAX_FILE);
    if (result < 0)
        return result;
    struct data *root = data_parse_toml(arena, "pyproject.toml", buf_text(&text), text.len, &diags);
    if (!root)
        return diags_result(&diags);
    if (data_get(root, "build-system")) {
        plan->required = A_PROJECT;
        return 0;
    }
    const struct data *list = data_at(root, "project.dependencies");
    for (const struct data *item = list ? list->children : NULL; item; item = item->next)
        if (item->type == DATA_STRING)
            strings_add(&plan->dependencies, arena, item->text);
    plan->required = plan->dependencies.count ? DEPENDENCIES : NOTHING;
    return 0;
}

/* A path of the plugin's own tree, as [build] requirements must be. */
static bool stays_inside(const char *path)
{
    for (const char *p = path; p; p = strchr(p, '/')) {
        p += *p == '/';
        if (!strncmp(p, "..", 2) && (p[2] == '/' || !p[2]))
            return false;
    }
    return path[0] != '/';
}

static int make_plan(struct plan *plan, struct arena *arena, const struct manifest *manifest,
                     const char *source)
{
    *plan = (struct plan){.required = NOTHING};
    const char *named = manifest->build.requirements;
    if (named && !stays_inside(named))
        return fail(ERR_REFUSED, "[build] requirements '%s' is not in the plugin's tree", named);
    if (named && !fs_is_file(path_join(arena, source, named))) {
        fail(ERR_CONFIG, "[build] requirements '%s' does not exist", named);
        error_hint("correct the name in '%s'", manifest->file);
        return -ERR_CONFIG;
    }
    if (named)
        return plan_file(plan, arena, source, named);
    if (fs_is_file(path_join(arena, source, "requirements.txt")))
        return plan_file(plan, arena, source, "requirements.txt");
    const char *pyproject = path_join(arena, source, "pyproject.toml");
    if (fs_is_file(pyproject))
        return plan_pyproject(plan, arena, pyproject);
    if (fs_is_file(path_join(arena, source, "setup.py")))
        plan->required = A_PROJECT;
    return 0;
}

/* What cannot be planned is needed: the build then says what is wrong. */
static bool needed(const struct manifest *manifest, const char *source)
{
    struct arena arena = {0};
    struct plan plan;
    bool result = make_plan(&plan, &arena, manifest, source) < 0 || plan.required != NOTHING;
    arena_release(&arena);
    return result;
}

static const char *describe(struct arena *arena, const struct manifest *manifest,
                            const char *source)
{
    struct plan plan;
    if (make_plan(&plan, arena, manifest, source) < 0)
        return "installs requirements into venv/";
    switch (plan.required) {
    case A_FILE:
        return arena_printf(arena, "installs %s into venv/", plan.file);
    case DEPENDENCIES:
        return "installs the dependencies of pyproject.toml into venv/";
    case A_PROJECT:
        return "installs the Python project into venv/";
    case NOTHING:
        break;
    }
    return "nothing to build";
}

/* ---- the installer ---- */

static const char *first_file(struct arena *arena, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *path = path_join(arena, paths.home, names[i]);
        if (fs_is_file(path))
            return path;
    }
    return NULL;
}

/* The person's own pip.conf: HOME is another one during a build. NULL if there is none. */
static const char *person_pip_conf(struct arena *arena)
{
    static const char *const names[] = {".config/pip/pip.conf", ".pip/pip.conf"};
    const char *named = getenv("PIP_CONFIG_FILE"), *xdg = getenv("XDG_CONFIG_HOME");
    if (named)
        return named;
    if (xdg && xdg[0] == '/' && fs_is_file(arena_printf(arena, "%s/pip/pip.conf", xdg)))
        return arena_printf(arena, "%s/pip/pip.conf", xdg);
    return first_file(arena, names, sizeof names / sizeof *names);
}

static const char *const pip_variables[] = {
    "PIP_INDEX_URL",       "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX",
    "PIP_FIND_LINKS",      "PIP_TRUSTED_HOST",    "PIP_CERT",
    "PIP_CLIENT_CERT",     "PIP_PROXY",           "PIP_RETRIES",
    "PIP_TIMEOUT",         "PIP_ONLY_BINARY",     "PIP_DEFAULT_TIMEOUT",
    "PIP_NO_BINARY",       "PIP_CONSTRAINT",      "PIP_REQUIRE_HASHES",
    "PIP_KEYRING_PROVIDER"};
static const char *const uv_variables[] = {
    "UV_INDEX_URL",    "UV_DEFAULT_INDEX",  "UV_EXTRA_INDEX_URL", "UV_INDEX",
    "UV_FIND_LINKS",   "UV_NO_INDEX",       "UV_OFFLINE",         "UV_NATIVE_TLS",
    "UV_HTTP_TIMEOUT", "UV_INDEX_STRATEGY", "UV_INSECURE_HOST",   "UV_KEYRING_PROVIDER"};

/* Whether a pip.conf says where packages come from, and not only, say, a certificate. */
static bool names_a_place(const char *path)
{
    AUTO_BUF text = {0};
    if (!path || !fs_is_file(path))
        return false;
    return fs_read(&text, path, MAX_FILE) < 0 || strstr(buf_text(&text), "index") ||
           strstr(buf_text(&text), "find-links");
}

/* uv does not know where pip was told to look, and must not look elsewhere instead. */
static bool has_pip_configuration(struct arena *arena)
{
    static const char *const places[] = {"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX",
                                         "PIP_FIND_LINKS"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (getenv(places[i]))
            return true;
    return names_a_place(person_pip_conf(arena)) || names_a_place("/etc/pip.conf");
}

static const char *find_uv(struct arena *arena)
{
    return has_pip_configuration(arena) ? NULL : process_find(arena, "uv");
}

static int check_pip(const struct python *python)
{
    AUTO_BUF answer = {0};
    const char *const argv[] = {python->program, "-I", "-c", "import pip; print(pip.__version__)",
                                NULL};
    unsigned major = 0, minor = 0;
    if (!build_ask(&answer, argv) || sscanf(buf_text(&answer), "%u.%u", &major, &minor) != 2)
        fail(ERR_GENERIC, "pip is not installed for '%s'", python->program);
    else if (major < 22 || (major == 22 && minor < 3))
        fail(ERR_GENERIC, "pip %u.%u of '%s' is too old: 22.3 is needed", major, minor,
             python->program);
    else
        return 0;
    if (!strncmp(python->program, "/usr/bin/", 9))
        error_hint("apt-get install python3-pip, or install uv");
    else
        error_hint("%s -m ensurepip --upgrade, or install uv", python->program);
    return -ERR_GENERIC;
}

static int check_tools(struct arena *arena)
{
    const struct python *python = python_find();
    if (!python) {
        fail(ERR_GENERIC, "'python3' is not installed");
        error_hint("apt-get install python3 python3-pip");
        return -ERR_GENERIC;
    }
    return find_uv(arena) ? 0 : check_pip(python);
}

static void identity(struct buf *out, const struct manifest *manifest)
{
    (void)manifest;
    const struct python *python = python_find();
    if (python)
        buf_printf(out, "python %s %s %s\n", python->program, python->tag, python->abi);
    else
        buf_puts(out, "python none\n");
}

/* ---- building ---- */

static bool offline(void)
{
    const char *value = getenv("PAII_OFFLINE");
    return value && !strcmp(value, "1");
}

static void pip_environment(struct build_job *job)
{
    struct environment *env = &job->env;
    for (size_t i = 0; i < sizeof pip_variables / sizeof *pip_variables; i++)
        environment_pass(env, pip_variables[i]);
    const char *conf = person_pip_conf(job->arena);
    if (conf)
        environment_set(env, "PIP_CONFIG_FILE", conf);
    if (offline())
        environment_set(env, "PIP_NO_INDEX", "1");
    environment_set(env, "PIP_CACHE_DIR", path_join(job->arena, paths.cache, "pip"));
    environment_set(env, "PIP_USER", "0");
    environment_set(env, "PIP_NO_INPUT", "1");
    environment_set(env, "PIP_DISABLE_PIP_VERSION_CHECK", "1");
}

static void uv_environment(struct build_job *job)
{
    static const char *const names[] = {".config/uv/uv.toml"};
    struct environment *env = &job->env;
    for (size_t i = 0; i < sizeof uv_variables / sizeof *uv_variables; i++)
        environment_pass(env, uv_variables[i]);
    const char *named = getenv("UV_CONFIG_FILE");
    const char *config = named ? named : first_file(job->arena, names, 1);
    if (config)
        environment_set(env, "UV_CONFIG_FILE", config);
    else
        environment_set(env, "UV_NO_CONFIG", "1");
    if (offline())
        environment_set(env, "UV_OFFLINE", "1");
    environment_set(env, "UV_CACHE_DIR", path_join(job->arena, paths.cache, "uv"));
    environment_set(env, "UV_LINK_MODE", "copy");
    environment_set(env, "UV_PYTHON_DOWNLOADS", "never");
    environment_set(env, "UV_NO_PROGRESS", "1");
}

static void installer_environment(struct build_job *job, bool uv)
{
    static const char *const names[] = {".netrc"};
    const char *netrc = getenv("NETRC") ? getenv("NETRC") : first_file(job->arena, names, 1);
    if (netrc)
        environment_set(&job->env, "NETRC", netrc);
    environment_set(&job->env, "PYTHONDONTWRITEBYTECODE", "1");
    environment_set(&job->env, "PYTHONNOUSERSITE", "1");
    if (uv)
        uv_environment(job);
    else
        pip_environment(job);
}

static int write_dependencies(struct build_job *job, const struct plan *plan, const char **out)
{
    *out = path_join(job->arena, job->work, "requirements.txt");
    const char *text = strings_join(&plan->dependencies, job->arena, "\n");
    return fs_write(*out, text, strlen(text), 0600);
}

static int run_installer(struct build_job *job, const struct plan *plan, const char *source,
                         const char *venv)
{
    const struct python *python = python_find();
    const char *uv = find_uv(job->arena);
    const char *what = source, *file = plan->file;
    int result = 0;
    if (plan->required == DEPENDENCIES)
        result = write_dependencies(job, plan, &file);
    if (result < 0)
        return result;
    if (plan->required != A_PROJECT)
        what = path_join(job->arena, source, file);
    const char *target = path_join(job->arena, venv, "bin/python3");
    const char *requirement = plan->required == A_PROJECT ? "--" : "--requirement";
    const char *const with_uv[] = {uv,     "pip",       "install", "--python",
                                   target, requirement, what,      NULL};
    const char *const with_pip[] = {python->program, "-I",           "-m",
                                    "pip",           "--python",     target,
                                    "install",       "--no-compile", "--no-warn-script-location",
                                    requirement,     what,           NULL};
    installer_environment(job, uv);
    return build_command(job, source, uv ? with_uv : with_pip);
}

static int build(struct build_job *job)
{
    struct plan plan;
    const char *source, *venv = path_join(job->arena, job->source, "venv");
    int result = make_plan(&plan, job->arena, job->manifest, job->source);
    if (result == 0)
        result = venv_check_free(venv);
    if (result < 0)
        return error_context(result, "cannot build '%s'", job->manifest->name);
    result = build_copy_source(job, &source);
    if (result < 0)
        return result;
    if (live_is(job))
        result = live_record(job, NULL);
    if (result == 0)
        result = venv_make(venv, python_find());
    if (result < 0)
        return error_context(result, "cannot build '%s'", job->manifest->name);
    result = run_installer(job, &plan, source, venv);
    if (result < 0)
        return result;
    const struct venv_move moves[] = {{source, job->final}, {job->source, job->final}};
    result = venv_settle(venv, python_find(), moves, 2);
    return result < 0 ? error_context(result, "cannot build '%s'", job->manifest->name) : 0;
}

const struct build_adapter pip_adapter = {
    .type = BUILD_PIP,
    .needed = needed,
    .check_tools = check_tools,
    .identity = identity,
    .describe = describe,
    .build = build,
};
