#include "registry/contract.h"

#include "base/semver.h"

#include <ctype.h>
#include <string.h>

const char *const contract_keys[] = {"memory",       "skill", "integration",
                                     "notification", "hook",  NULL};

static const char *const key_contracts[] = {
    "MemoryProvider", "SkillProvider", "IntegrationProvider", "NotificationProvider", "HookHandler",
};

const char *contract_of_key(const char *key)
{
    for (size_t i = 0; contract_keys[i]; i++) {
        size_t len = strlen(contract_keys[i]);
        /* "hooks" and "notifications" are written as often as the singular. */
        if (strncmp(key, contract_keys[i], len) == 0 &&
            (!key[len] || (key[len] == 's' && !key[len + 1])))
            return key_contracts[i];
    }
    return NULL;
}

static size_t contract_name_span(const char *text)
{
    size_t len = 0;

    if (!isupper((unsigned char)text[0]))
        return 0;
    while (isalnum((unsigned char)text[len]))
        len++;
    return len <= 128 ? len : 0;
}

static size_t word_span(const char *text)
{
    size_t len = 0;

    if (!isalnum((unsigned char)text[0]))
        return 0;
    while (isalnum((unsigned char)text[len]) || (text[len] && strchr("._-", text[len])))
        len++;
    return len <= 128 ? len : 0;
}

bool contract_name_valid(const char *text)
{
    size_t len = contract_name_span(text);

    return len && !text[len];
}

bool contract_word_valid(const char *text)
{
    size_t len = word_span(text);

    return len && !text[len];
}

/* Reads "Name" or "Name[service]"; returns what follows, NULL if malformed. */
static const char *parse_term(const char **contract, const char **service, struct arena *arena,
                              const char *text)
{
    size_t len = contract_name_span(text);

    *service = NULL;
    if (!len)
        return NULL;
    *contract = arena_strndup(arena, text, len);
    text += len;
    if (*text != '[')
        return text;
    len = word_span(++text);
    if (!len || text[len] != ']')
        return NULL;
    *service = arena_strndup(arena, text, len);
    return text + len + 1;
}

const char *contract_range(struct arena *arena, const char *text)
{
    char *clean = arena_alloc(arena, strlen(text) + 2);
    struct version version;
    size_t len = 0;

    for (; *text; text++) {
        if (isspace((unsigned char)*text) || *text == ',') {
            if (len && clean[len - 1] != ' ')
                clean[len++] = ' ';
        } else {
            clean[len++] = *text;
        }
    }
    while (len && clean[len - 1] == ' ')
        len--;
    clean[len] = '\0';
    if (!len || strcmp(clean, "*") == 0)
        return "*";
    if (isdigit((unsigned char)clean[0]) && version_parse_partial(&version, clean))
        clean = arena_printf(arena, "^%s", clean);
    return range_parse(arena, clean, false) ? clean : NULL;
}

const char *provided_text(const struct provided *term, struct arena *arena)
{
    return arena_printf(arena, "%s%s%s%s%s%s", term->contract, term->service ? "[" : "",
                        term->service ? term->service : "", term->service ? "]" : "",
                        term->version ? "@" : "", term->version ? term->version : "");
}

const char *consumed_text(const struct consumed *term, struct arena *arena)
{
    bool any = strcmp(term->range, "*") == 0;

    return arena_printf(arena, "%s=%s%s%s%s%s%s%s", term->alias, term->contract,
                        term->service ? "[" : "", term->service ? term->service : "",
                        term->service ? "]" : "", term->optional ? "?" : "", any ? "" : " ",
                        any ? "" : term->range);
}

bool provided_parse(struct provided *out, struct arena *arena, const char *text)
{
    const char *rest = parse_term(&out->contract, &out->service, arena, text);
    struct version version;

    out->version = NULL;
    if (!rest || (*rest && *rest != '@'))
        return false;
    if (!*rest)
        return true;
    out->version = arena_strdup(arena, rest + 1);
    /* One term, one spelling: no spaces, no "v" in front. */
    return isdigit((unsigned char)rest[1]) && !strpbrk(rest, " \t\r\n") &&
           version_parse_partial(&version, out->version);
}

bool consumed_parse(struct consumed *out, struct arena *arena, const char *text)
{
    size_t len = word_span(text);
    const char *rest;

    if (!len || text[len] != '=')
        return false;
    out->alias = arena_strndup(arena, text, len);
    rest = parse_term(&out->contract, &out->service, arena, text + len + 1);
    if (!rest)
        return false;
    out->optional = *rest == '?';
    rest += out->optional;
    if (*rest && *rest != ' ')
        return false;
    out->range = contract_range(arena, rest);
    return out->range != NULL;
}

bool consumed_parse_short(struct consumed *out, struct arena *arena, const char *text)
{
    const char *rest = parse_term(&out->contract, &out->service, arena, text);

    if (!rest || (*rest && *rest != '@' && *rest != ' '))
        return false;
    out->range = contract_range(arena, *rest ? rest + 1 : "");
    return out->range != NULL;
}

static bool version_in_range(const char *version_text, const char *range_text_)
{
    struct arena scratch = {0};
    struct version version;
    struct range *range;
    bool matches;

    if (!version_parse_partial(&version, version_text))
        return false;
    range = range_parse(&scratch, range_text_, false);
    matches = range && range_matches(range, &version, true);
    arena_release(&scratch);
    return matches;
}

bool contract_satisfies(const struct provided *p, const struct consumed *c)
{
    if (strcmp(p->contract, c->contract) != 0)
        return false;
    if (c->service && (!p->service || strcmp(p->service, c->service) != 0))
        return false;
    if (strcmp(c->range, "*") == 0)
        return true;
    return p->version && version_in_range(p->version, c->range);
}

bool provided_lines_satisfy(const char *lines, const struct consumed *term, struct arena *arena)
{
    struct strings items = {0};
    strings_split(&items, arena, lines, '\n');
    for (size_t i = 0; i < items.count; i++) {
        struct provided provided;
        if (provided_parse(&provided, arena, items.items[i]) && contract_satisfies(&provided, term))
            return true;
    }
    return false;
}

size_t consumed_parse_lines(struct consumed **out, const char *lines, struct arena *arena)
{
    struct strings items = {0};
    size_t count = 0, capacity = 0;
    *out = NULL;
    strings_split(&items, arena, lines, '\n');
    for (size_t i = 0; i < items.count; i++) {
        struct consumed term;
        if (consumed_parse(&term, arena, items.items[i]))
            *arena_push(arena, out, &count, &capacity) = term;
    }
    return count;
}

const char *consumed_words(const struct consumed *term, struct arena *arena)
{
    bool any = strcmp(term->range, "*") == 0;
    return arena_printf(arena, "%s%s%s%s%s%s", term->contract, term->service ? "[" : "",
                        term->service ? term->service : "", term->service ? "]" : "",
                        any ? "" : " ", any ? "" : term->range);
}
