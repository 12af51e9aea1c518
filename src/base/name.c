#include "base/name.h"

#include "base/error.h"

#include <string.h>

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool name_valid_n(const char *name, size_t len)
{
    if (len == 0 || len > NAME_MAX_LENGTH || !is_lower_or_digit(name[0]))
        return false;
    for (size_t i = 1; i < len; i++)
        if (!is_lower_or_digit(name[i]) && name[i] != '-')
            return false;
    return true;
}

bool name_valid(const char *name)
{
    return name && name_valid_n(name, strnlen(name, NAME_MAX_LENGTH + 1));
}

bool name_reserved(const char *name)
{
    return name && strcmp(name, "paii") == 0;
}

int name_check(const char *what, const char *name)
{
    if (strcmp(what, "plugin") == 0 && name_reserved(name)) {
        fail(ERR_REFUSED, "no plugin can be named '%s': it is paii's own name in Claude Code",
             name);
        error_hint("its author can give it another name");
        return -ERR_REFUSED;
    }
    if (name_valid(name))
        return 0;
    fail(ERR_REFUSED, "'%.80s' is not a %s name", name ? name : "", what);
    error_hint("a name has 1 to %d of a-z, 0-9 and '-', and does not start with '-'",
               NAME_MAX_LENGTH);
    return -ERR_REFUSED;
}
