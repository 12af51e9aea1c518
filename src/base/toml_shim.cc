#define TOML_HEADER_ONLY                1
#define TOML_EXCEPTIONS                 0
#define TOML_ENABLE_FORMATTERS          0
#define TOML_ENABLE_UNRELEASED_FEATURES 1 /* TOML 1.1 */
#define TOML_MAX_NESTED_VALUES          64
/* Its assertions are about input, and it reports an ordinary error after each: never abort on them,
 * and never let the compiler assume them. */
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)
/* It raises 2 to a power for hexadecimal floats, which TOML does not have. Its own pow() for that
 * keeps us from starting with libm, which costs more than reading most files. */
namespace toml
{
static inline double pow(double, double exponent)
{
    double result = 1;
    for (; exponent > 0 && result < 1e308; exponent--)
        result *= 2;
    for (; exponent < 0 && result > 0; exponent++)
        result /= 2;
    return result;
}
} // namespace toml
#include <toml++/impl/forward_declarations.h>
/*
 * Two repairs to what toml++ 3.3 thinks of single characters:
 * - It reaches its own "unreachable" places when it asks whether a character such as U+00E9 is a
 * blank. In this header they all are ends of functions with such a question: the answer is no.
 * - Its draft of TOML 1.1 had more letters for bare keys than TOML 1.1 has.
 */
#pragma push_macro("TOML_UNREACHABLE")
#pragma push_macro("TOML_LANG_UNRELEASED")
#undef TOML_UNREACHABLE
#undef TOML_LANG_UNRELEASED
#define TOML_UNREACHABLE     return false
#define TOML_LANG_UNRELEASED 0
#include <toml++/impl/unicode.h>
#pragma pop_macro("TOML_LANG_UNRELEASED")
#pragma pop_macro("TOML_UNREACHABLE")
#include <toml++/toml.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

extern "C" {
#include "base/data_tree.h"
}
#include "base/toml_shim.h"

static_assert(TOML_MAX_NESTED_VALUES == DATA_MAX_DEPTH, "one limit for both formats");

namespace
{

struct builder {
    struct arena *arena;
    struct toml_shim_error *error;
    size_t values;
};

bool refuse(builder &b, const toml::source_position &at, const char *message)
{
    *b.error = {at.line, at.column, message};
    return false;
}

void set_text(builder &b, struct data *out, const char *text, size_t len)
{
    out->text = arena_strndup(b.arena, text, len);
    out->len = len;
}

int print_date(char *out, size_t size, const toml::date &date)
{
    return std::snprintf(out, size, "%04u-%02u-%02u", date.year, date.month, date.day);
}

/* The fraction is printed without trailing zeros, or not at all. */
int print_time(char *out, size_t size, const toml::time &time)
{
    int len = std::snprintf(out, size, "%02u:%02u:%02u", time.hour, time.minute, time.second);
    if (time.nanosecond == 0)
        return len;
    len += std::snprintf(out + len, size - len, ".%09u", static_cast<unsigned>(time.nanosecond));
    while (out[len - 1] == '0')
        out[--len] = '\0';
    return len;
}

int print_offset(char *out, size_t size, const toml::time_offset &offset)
{
    int minutes = offset.minutes;
    if (minutes == 0)
        return std::snprintf(out, size, "Z");
    unsigned distance = static_cast<unsigned>(minutes < 0 ? -minutes : minutes);
    return std::snprintf(out, size, "%c%02u:%02u", minutes < 0 ? '-' : '+', distance / 60,
                         distance % 60);
}

void set_datetime(builder &b, struct data *out, const toml::date_time &value)
{
    char text[64];
    int len = print_date(text, sizeof text, value.date);
    text[len++] = 'T';
    len += print_time(text + len, sizeof text - len, value.time);
    if (value.offset)
        len += print_offset(text + len, sizeof text - len, *value.offset);
    set_text(b, out, text, static_cast<size_t>(len));
}

void set_scalar(builder &b, struct data *out, const toml::node &node)
{
    char text[64];
    if (auto *string = node.as_string()) {
        out->type = DATA_STRING;
        set_text(b, out, (*string)->data(), (*string)->size());
    } else if (auto *integer = node.as_integer()) {
        out->type = DATA_INTEGER;
        out->integer = integer->get();
        out->number = static_cast<double>(out->integer);
    } else if (auto *number = node.as_floating_point()) {
        out->type = DATA_FLOAT;
        out->number = number->get();
    } else if (auto *boolean = node.as_boolean()) {
        out->type = DATA_BOOLEAN;
        out->boolean = boolean->get();
    } else if (auto *date = node.as_date()) {
        out->type = DATA_DATE;
        int len = print_date(text, sizeof text, date->get());
        set_text(b, out, text, static_cast<size_t>(len));
    } else if (auto *time = node.as_time()) {
        out->type = DATA_TIME;
        int len = print_time(text, sizeof text, time->get());
        set_text(b, out, text, static_cast<size_t>(len));
    } else if (auto *datetime = node.as_date_time()) {
        out->type = DATA_DATETIME;
        set_datetime(b, out, datetime->get());
    }
}

struct data *build(builder &b, const toml::node &node, const toml::source_position &at,
                   unsigned depth);

bool build_array(builder &b, struct data *out, const toml::array &array, unsigned depth)
{
    out->type = DATA_ARRAY;
    struct data_builder list = {b.arena, out, nullptr};
    for (const toml::node &element : array) {
        struct data *child = build(b, element, element.source().begin, depth + 1);
        if (!child)
            return false;
        data_append(&list, child, nullptr, 0);
    }
    return true;
}

struct entry {
    const toml::key *key;
    const toml::node *node;
};

bool comes_first(const entry &a, const entry &b)
{
    return a.key->source().begin < b.key->source().begin;
}

/* toml++ keeps entries by name; we want them as the person wrote them. */
bool build_table(builder &b, struct data *out, const toml::table &table, unsigned depth)
{
    out->type = DATA_TABLE;
    std::vector<entry> entries;
    entries.reserve(table.size());
    for (auto it = table.cbegin(); it != table.cend(); ++it)
        entries.push_back({&it->first, &it->second});
    std::stable_sort(entries.begin(), entries.end(), comes_first);

    struct data_builder list = {b.arena, out, nullptr};
    for (const entry &e : entries) {
        std::string_view key = e.key->str();
        if (key.find('\0') != key.npos)
            return refuse(b, e.key->source().begin, "a key holds a NUL character");
        struct data *child = build(b, *e.node, e.key->source().begin, depth + 1);
        if (!child)
            return false;
        data_append(&list, child, key.data(), key.size());
    }
    data_finish_table(b.arena, out);
    return true;
}

struct data *build(builder &b, const toml::node &node, const toml::source_position &at,
                   unsigned depth)
{
    if (depth > DATA_MAX_DEPTH) {
        refuse(b, at, "nested too deeply (more than 64 levels)");
        return nullptr;
    }
    if (++b.values > DATA_MAX_VALUES) {
        refuse(b, at, "too many values in one document (more than 2000000)");
        return nullptr;
    }
    struct data *out = data_new(b.arena, DATA_NULL, at.line, at.column);
    bool fine = true;
    if (auto *table = node.as_table())
        fine = build_table(b, out, *table, depth);
    else if (auto *array = node.as_array())
        fine = build_array(b, out, *array, depth);
    else
        set_scalar(b, out, node);
    return fine ? out : nullptr;
}

} // namespace

extern "C" struct data *toml_shim_parse(struct arena *arena, const char *text, size_t len,
                                        struct toml_shim_error *error)
{
    toml::parse_result result = toml::parse(std::string_view(text, len));
    builder b = {arena, error, 0};
    if (!result) {
        std::string_view description = result.error().description();
        refuse(b, result.error().source().begin,
               arena_strndup(arena, description.data(), description.size()));
        return nullptr;
    }
    return build(b, result.table(), {1, 1}, 0);
}
