#include "base/error.h"

#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static struct {
    enum err code;
    struct buf text, hint, details;
} last;

static const struct {
    enum err code;
    const char *name;
} names[] = {
    {ERR_GENERIC, "error"},           {ERR_BLOCKED, "blocked"}, {ERR_NOT_FOUND, "not_found"},
    {ERR_CONTRACT, "contract"},       {ERR_CONFIG, "config"},   {ERR_REFUSED, "refused"},
    {ERR_MISMATCH, "mismatch"},       {ERR_NETWORK, "network"}, {ERR_AUTH, "auth"},
    {ERR_INTERRUPTED, "interrupted"},
};

int fail(enum err code, const char *format, ...)
{
    /* The arguments may point into the old text, so the new one is made beside it. */
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    buf_release(&last.text);
    last.text = text;
    buf_clear(&last.hint);
    buf_clear(&last.details);
    last.code = code;
    return -(int)code;
}

int fail_errno(enum err code, const char *format, ...)
{
    int number = errno;
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    buf_printf(&text, ": %s", strerror(number));
    buf_release(&last.text);
    last.text = text;
    buf_clear(&last.hint);
    buf_clear(&last.details);
    last.code = code;
    if (number == ENOSPC || number == EDQUOT)
        error_hint("free some space and run the command again; nothing was changed");
    else if (number == EACCES || number == EPERM || number == EROFS)
        error_hint("check who owns the path and its permissions; nothing was changed");
    return -(int)code;
}

void error_hint(const char *format, ...)
{
    struct buf hint = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&hint, format, args);
    va_end(args);
    buf_release(&last.hint);
    last.hint = hint;
}

void error_details(const char *json)
{
    buf_clear(&last.details);
    buf_puts(&last.details, json);
}

int error_context(int result, const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    buf_printf(&text, ": %s", buf_text(&last.text));
    buf_release(&last.text);
    last.text = text;
    return result;
}

enum err error_code(void)
{
    return last.code;
}

const char *error_text(void)
{
    return buf_text(&last.text);
}

const char *error_hint_text(void)
{
    return buf_text(&last.hint);
}

const char *error_details_text(void)
{
    return buf_text(&last.details);
}

void error_clear(void)
{
    buf_release(&last.text);
    buf_release(&last.hint);
    buf_release(&last.details);
    last.code = 0;
}

const char *err_name(enum err code)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code)
            return names[i].name;
    return "error";
}

enum err err_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (name && strcmp(names[i].name, name) == 0)
            return names[i].code;
    return ERR_GENERIC;
}
