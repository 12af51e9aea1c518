/* Who wants a payload: matchers and conditions. */
#include "hooks/condition.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <string.h>

enum { STEPS_MAX = 100000, PATTERN_MAX = 16 * 1024 };

/* ---- matchers ---- */

static bool matches_all(const char *matcher)
{
    return !*matcher || strcmp(matcher, "*") == 0;
}

/* Names split at '|' and ','; anything else is a regular expression. */
static bool is_list(const char *matcher)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-,| ";
    return matcher[strspn(matcher, plain)] == '\0';
}

static bool list_has(const char *list, const char *subject)
{
    size_t want = strlen(subject);
    for (;;) {
        list += strspn(list, " ");
        size_t len = strcspn(list, "|,"), next = len;
        while (len > 0 && list[len - 1] == ' ')
            len--;
        if (len == want && memcmp(list, subject, len) == 0)
            return true;
        if (!list[next])
            return false;
        list += next + 1;
    }
}

/* As JavaScript reads it, as far as PCRE2 can. NULL if it does not compile. */
static pcre2_code *compile(const char *pattern)
{
    const uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY |
                             PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_ALT_BSUX;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_code *code = NULL;
    int error;
    PCRE2_SIZE offset;
    if (!context)
        return NULL;
    pcre2_set_max_pattern_length(context, PATTERN_MAX);
    pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
    pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
    code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &error, &offset,
                         context);
    pcre2_compile_context_free(context);
    return code;
}

/* Whether it is found anywhere in the subject within STEPS_MAX steps. */
static bool found_in(const pcre2_code *code, const char *subject)
{
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int result = -1;
    if (context && data) {
        pcre2_set_match_limit(context, STEPS_MAX);
        result = pcre2_match(code, (PCRE2_SPTR)subject, strlen(subject), 0, 0, data, context);
    }
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    return result >= 0;
}

static bool matcher_matches(const char *matcher, const char *subject)
{
    if (is_list(matcher))
        return list_has(matcher, subject);
    pcre2_code *code = compile(matcher);
    bool found = code && found_in(code, subject);
    pcre2_code_free(code);
    return found;
}

bool matcher_valid(const char *matcher)
{
    if (matches_all(matcher) || is_list(matcher))
        return true;
    pcre2_code *code = compile(matcher);
    pcre2_code_free(code);
    return code != NULL;
}

/* ---- handlers ---- */

bool handler_wants(const struct handler *handler, const struct payload *payload, const char **why,
                   struct arena *arena)
{
    const struct event *event = &hook_events[handler->event];
    *why = NULL;
    /* A payload that does not say, or says nothing readable, is for everybody. */
    if (event->subject && payload->subject && *payload->subject && !matches_all(handler->matcher) &&
        !matcher_matches(handler->matcher, payload->subject))
        *why = "matcher";
    else if (*handler->condition && !event->tool)
        *why = "if: the event is about no tool";
    else if (*handler->condition &&
             condition_holds(handler->condition, payload, arena) == VERDICT_NO)
        *why = "if";
    return !*why;
}
