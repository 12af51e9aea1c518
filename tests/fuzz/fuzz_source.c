/* What a person types after `paii install`, URLs, terms of contracts and plugins, and the
 * one printer. */
#include "base/error.h"
#include "base/text.h"
#include "base/url.h"
#include "fuzz.h"
#include "registry/dependency.h"
#include "registry/source.h"

#include <assert.h>
#include <string.h>

static void try_url(struct arena *arena, const char *text)
{
    struct url parts, again;
    const char *normal;
    if (url_parse(&parts, arena, text, true) == 0) {
        url_is_private(&parts);
        assert(url_same_origin(&parts, &parts));
    }
    if (url_check(&normal, arena, text, false) == 0) {
        assert(url_check(&normal, arena, normal, false) == 0);
        assert(url_parse(&again, arena, normal, false) == 0);
    }
}

static void try_source(struct arena *arena, const char *text)
{
    struct source source;
    struct spec spec;
    const char *below = source_subpath(arena, text);
    if (spec_parse(&spec, arena, text) == 0 && spec.kind == SPEC_SOURCE)
        source_text(&spec.source, arena);
    if (source_parse_url(&source, arena, text, true) == 0)
        source_text(&source, arena);
    if (below) {
        assert(strcmp(source_subpath(arena, below), below) == 0);
        assert(source_join(arena, below, below));
    }
    source_ref_valid(text);
    source_commit_valid(text);
    source_sha256_valid(text);
    source_is_archive(text);
    source_is_scp(text);
}

static void try_contract(struct arena *arena, const char *text)
{
    struct provided provided;
    struct consumed consumed, *all;
    bool provides = provided_parse(&provided, arena, text);
    if (provides)
        provided_text(&provided, arena);
    if (consumed_parse(&consumed, arena, text)) {
        consumed_text(&consumed, arena);
        if (provides)
            contract_satisfies(&provided, &consumed);
    }
    if (consumed_parse_short(&consumed, arena, text))
        contract_satisfies(&(struct provided){.contract = consumed.contract, .version = "1.1"},
                           &consumed);
    size_t count = consumed_parse_lines(&all, text, arena);
    for (size_t i = 0; i < count; i++)
        consumed_words(&all[i], arena);
    contract_name_valid(text);
    contract_word_valid(text);
    contract_of_key(text);
}

/* A canonical term is its own canonical form. */
static void try_plugin(struct arena *arena, const char *text)
{
    struct dependency term, *terms;
    struct conflict *conflicts;
    const char *canonical = conflict_text(arena, text);
    if (canonical)
        assert(strcmp(conflict_text(arena, canonical), canonical) == 0);
    if (dependency_parse(&term, arena, text)) {
        canonical = dependency_text(&term, arena);
        assert(dependency_parse(&term, arena, canonical));
        assert(strcmp(dependency_text(&term, arena), canonical) == 0);
        dependency_takes(&term, "1.2.3-rc.1", arena);
    }
    dependency_parse_lines(&terms, text, arena);
    conflict_parse_lines(&conflicts, text, arena);
}

static void try_text(struct arena *arena, const char *text)
{
    static const char *const words[] = {"install", "update", "search"};
    const char *safe = text_safe(arena, text);
    assert(text_is_utf8(safe, strlen(safe)));
    text_width(safe);
    assert(text_distance(text, "install", 3) <= 4);
    text_nearest(text, words, sizeof words / sizeof *words);
    text_find(text, "git");
    text_bytes(arena, strlen(text) * strlen(text) * strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const char *text = arena_strndup(&arena, (const char *)data, size);
    try_url(&arena, text);
    try_source(&arena, text);
    try_contract(&arena, text);
    try_plugin(&arena, text);
    try_text(&arena, text);
    error_clear();
    arena_release(&arena);
    return 0;
}
