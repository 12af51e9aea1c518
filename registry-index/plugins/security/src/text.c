#include "text.h"

#include <stddef.h>
#include <string.h>

bool starts(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

bool ends(const char *text, const char *suffix)
{
    size_t len = strlen(text), tail = strlen(suffix);
    return len >= tail && !strcmp(text + len - tail, suffix);
}

bool is_one_within(const char *name, const char *list, size_t list_len)
{
    const char *end = list + list_len;
    size_t len = strlen(name);
    for (const char *at = list; at < end;) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        size_t part = (size_t)((bar ? bar : end) - at);
        if (part == len && !memcmp(at, name, len))
            return true;
        at += part + 1;
    }
    return false;
}

bool is_one(const char *name, const char *list)
{
    return is_one_within(name, list, strlen(list));
}

/* The length of the word at the start of the text, in any case; 0 if it is not there. */
static size_t match(const char *text, const char *word)
{
    size_t same = 0;
    while (word[same] && (text[same] & ~32) == word[same])
        same++;
    return word[same] ? 0 : same;
}

static bool is_letter(char c)
{
    return (c & ~32) >= 'A' && (c & ~32) <= 'Z';
}

bool contains(const char *text, const char *word)
{
    while (*text && !match(text, word))
        text++;
    return *text != '\0';
}

bool has_whole_word(const char *text, const char *word)
{
    for (char before = ' '; *text; before = *text++) {
        size_t len = match(text, word);
        if (len && !is_letter(before) && before != '\'' && before != '_' && text[len] == ' ')
            return true;
    }
    return false;
}
