#include "runtime/secrets.h"

#include "base/env_file.h"
#include "base/text.h"

#include <string.h>

/* Names with a meaning to the system, to interpreters or to the protocol; a plugin sets none. */
static bool is_reserved(const char *name)
{
    static const char *const prefixes[] = {"PAII_", "LD_", "PYTHON", "GCONV_", "MALLOC_"};
    static const char *const names[] = {"PATH",         "HOME",     "TMPDIR", "SHELL",
                                        "IFS",          "ENV",      "USER",   "BASH_ENV",
                                        "NODE_OPTIONS", "PERL5OPT", "RUBYOPT"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (text_starts(name, prefixes[i]))
            return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcmp(name, names[i]))
            return true;
    }
    return false;
}

int secrets_set(struct environment *env, const struct manifest *manifest, const char **missing,
                struct arena *arena)
{
    struct strings lines = {0}, absent = {0};
    *missing = NULL;
    int result = manifest->env_count ? env_file_read(&lines, arena) : 0;
    for (size_t i = 0; i < manifest->env_count && result == 0; i++) {
        const struct env_variable *variable = &manifest->env[i];
        const char *value;
        if (is_reserved(variable->name))
            continue;
        result = env_file_get(&value, &lines, variable->name, arena);
        if (value && *value)
            environment_set(env, variable->name, value);
        else if (variable->required)
            strings_add(&absent, arena, variable->name);
    }
    if (absent.count)
        *missing = strings_join(&absent, arena, ", ");
    return result;
}
