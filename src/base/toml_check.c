#include "base/toml_check.h"

#include "base/data.h"
#include "base/toml_scan.h"

#include <string.h>

static const char too_deep[] = "nested too deeply (more than 64 levels)";
_Static_assert(DATA_MAX_DEPTH == 64, "the message says so");

/* `error` NULL and a false return: the text is wrong here, and toml++ will say how. */
struct check {
    struct toml_scan scan;
    const char *error;
    unsigned dots;
};

static bool stop(struct check *check, const char *error)
{
    check->error = error;
    return false;
}

static bool at(const struct check *check, char c)
{
    return check->scan.at < check->scan.len && check->scan.text[check->scan.at] == c;
}

static bool pass(struct check *check, char c)
{
    if (!at(check, c))
        return false;
    check->scan.at++;
    return true;
}

static size_t bare_length(const struct toml_scan *scan)
{
    size_t end = scan->at;
    for (; end < scan->len; end++) {
        char c = scan->text[end];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            break;
    }
    return end - scan->at;
}

static bool check_key(struct check *check)
{
    for (unsigned parts = 1;; parts++) {
        if (parts > DATA_MAX_DEPTH)
            return stop(check, too_deep);
        toml_scan_blank(&check->scan);
        if (at(check, '"') || at(check, '\'')) {
            toml_scan_string(&check->scan);
        } else {
            size_t len = bare_length(&check->scan);
            if (len == 0)
                return stop(check, "expected a key (letters, digits, '-' and '_', or quoted)");
            check->scan.at += len;
        }
        toml_scan_blank(&check->scan);
        if (!pass(check, '.'))
            return true;
        if (++check->dots > TOML_MAX_DOTS)
            return stop(check, "too many keys with dots in one document (more than 100000)");
    }
}

static bool is_hexadecimal_float(const char *token, size_t len)
{
    if (len && (*token == '+' || *token == '-')) {
        token++;
        len--;
    }
    return len > 2 && token[0] == '0' && (token[1] == 'x' || token[1] == 'X') &&
           (memchr(token, '.', len) || memchr(token, 'p', len) || memchr(token, 'P', len));
}

static bool check_value(struct check *check, unsigned depth);

static bool check_pair(struct check *check, unsigned depth)
{
    if (!check_key(check) || !pass(check, '='))
        return false;
    toml_scan_blank(&check->scan);
    return check_value(check, depth);
}

/* An array or inline table, from its opening bracket. */
static bool check_children(struct check *check, char close, unsigned depth)
{
    if (depth > DATA_MAX_DEPTH)
        return stop(check, too_deep);
    check->scan.at++;
    for (;;) {
        toml_scan_space(&check->scan);
        if (pass(check, close))
            return true;
        if (close == ']' ? !check_value(check, depth) : !check_pair(check, depth))
            return false;
        toml_scan_space(&check->scan);
        if (!at(check, close) && !pass(check, ','))
            return false;
    }
}

static bool check_value(struct check *check, unsigned depth)
{
    if (at(check, '['))
        return check_children(check, ']', depth + 1);
    if (at(check, '{'))
        return check_children(check, '}', depth + 1);
    size_t begin = check->scan.at;
    toml_scan_value(&check->scan);
    if (!is_hexadecimal_float(check->scan.text + begin, check->scan.at - begin))
        return true;
    check->scan.at = begin;
    return stop(check, "hexadecimal numbers have no fraction and no exponent");
}

static bool check_header(struct check *check)
{
    check->scan.at++;
    pass(check, '[');
    return check_key(check);
}

const char *toml_check(const char *text, size_t len, size_t *where)
{
    struct check check = {.scan = {.text = text, .len = len}};
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        check.scan.at = 3;
    for (;;) {
        toml_scan_space(&check.scan);
        if (check.scan.at == len)
            return NULL;
        if (at(&check, '[') ? !check_header(&check) : !check_pair(&check, 0))
            break;
        /* What follows on this line is for toml++ to judge. */
        const char *end = memchr(text + check.scan.at, '\n', len - check.scan.at);
        check.scan.at = end ? (size_t)(end - text) : len;
    }
    *where = check.scan.at;
    return check.error;
}
