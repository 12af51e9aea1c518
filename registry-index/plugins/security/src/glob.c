#include "glob.h"

#include "syntax.h"

#include <stddef.h>

static bool is_star(char c)
{
    return c == '*' || c == MARK_STAR || c == MARK_UNKNOWN;
}

/* Only the last star is ever tried again: the time is at most len(pattern) * len(text). */
bool glob_fits(const char *pattern, const char *text)
{
    const char *star = NULL, *from = NULL;
    while (*text) {
        if (is_star(*pattern)) {
            star = pattern++;
            from = text;
        } else if (*pattern && (*pattern == *text || *pattern == '?' || *pattern == MARK_ONE)) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++from;
        } else {
            return false;
        }
    }
    while (is_star(*pattern))
        pattern++;
    return !*pattern;
}
