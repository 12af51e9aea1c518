#include "base/text.h"
#include "registry/catalog_format.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS     16
#define MAX_WORD_SIZE 128

/* How much a word's best match is worth. */
enum score {
    SCORE_NAME = 1000,
    SCORE_NAME_START = 600,
    SCORE_NAME_PART = 450,
    SCORE_NAME_PART_START = 400,
    SCORE_NAME_INSIDE = 300,
    SCORE_TAG = 200,
    SCORE_TAG_START = 150,
    SCORE_TAG_INSIDE = 100,
    SCORE_WORD = 60,
    SCORE_WORD_START = 50,
    SCORE_WORD_INSIDE = 20,
    SCORE_TYPO = 10, /* less twice the distance */
};

struct slice {
    const char *data;
    size_t len;
};

struct query {
    struct slice words[MAX_WORDS];
    size_t count;
    size_t anchor; /* the longest word: what the text is searched for */
    char text[MAX_WORDS * MAX_WORD_SIZE];
};

/* The best hits so far: a heap with the worst of them on top. */
struct ranking {
    struct hit *hits;
    size_t count, max;
};

/* ---- ranking ---- */

/* Negative if `a` comes before `b`. Rows of one catalog are in the order of their names. */
static int compare_hits(const void *a, const void *b)
{
    const struct hit *ha = a, *hb = b;
    int order;

    if (ha->score != hb->score)
        return ha->score > hb->score ? -1 : 1;
    if (ha->catalog == hb->catalog)
        return ha->row < hb->row ? -1 : ha->row > hb->row;
    order = strcmp(catalog_name(ha->catalog, ha->row), catalog_name(hb->catalog, hb->row));
    return order ? order : (ha->catalog < hb->catalog ? -1 : 1);
}

static void swap_hits(struct hit *a, struct hit *b)
{
    struct hit t = *a;
    *a = *b;
    *b = t;
}

static void sift_down(struct ranking *ranking)
{
    size_t i = 0;

    for (;;) {
        size_t worst = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < ranking->count; child++) {
            if (compare_hits(&ranking->hits[child], &ranking->hits[worst]) > 0)
                worst = child;
        }
        if (worst == i)
            return;
        swap_hits(&ranking->hits[i], &ranking->hits[worst]);
        i = worst;
    }
}

static void ranking_add(struct ranking *ranking, struct hit hit)
{
    if (ranking->count < ranking->max) {
        size_t i = ranking->count++;

        ranking->hits[i] = hit;
        for (; i && compare_hits(&ranking->hits[i], &ranking->hits[(i - 1) / 2]) > 0;
             i = (i - 1) / 2)
            swap_hits(&ranking->hits[i], &ranking->hits[(i - 1) / 2]);
    } else if (compare_hits(&hit, &ranking->hits[0]) < 0) {
        ranking->hits[0] = hit;
        sift_down(ranking);
    }
}

/* ---- the query ---- */

static void query_parse(struct query *query, const char *text)
{
    size_t used = 0;

    *query = (struct query){0};
    while (query->count < MAX_WORDS) {
        struct slice word = {.data = query->text + used};

        while (*text && (isspace((unsigned char)*text) || (unsigned char)*text < ' '))
            text++;
        if (!*text)
            break;
        for (; *text && (unsigned char)*text > ' '; text++) {
            if (word.len < MAX_WORD_SIZE - 1)
                query->text[used + word.len++] = (char)tolower((unsigned char)*text);
        }
        used += word.len;
        query->words[query->count++] = word;
        if (word.len > query->words[query->anchor].len)
            query->anchor = query->count - 1;
    }
}

/* ---- matching one line ---- */

/* Cuts the bytes before `separator` off the front of `line`. */
static struct slice cut(struct slice *line, char separator)
{
    const char *end = memchr(line->data, separator, line->len);
    struct slice part = {line->data, end ? (size_t)(end - line->data) : line->len};
    size_t taken = part.len + (end != NULL);

    line->data += taken;
    line->len -= taken;
    return part;
}

static bool ends_word(const struct slice *in, const char *place)
{
    return place == in->data + in->len || !isalnum((unsigned char)*place);
}

/* The best of `whole` (a word of `in`), `start` (of a word) and `inside`; 0 if absent. */
static unsigned match_words(struct slice in, struct slice word, unsigned whole, unsigned start,
                            unsigned inside)
{
    unsigned best = 0;
    struct slice rest = in;
    const char *at;

    while (best < whole && (at = memmem(rest.data, rest.len, word.data, word.len))) {
        unsigned score = inside;

        if (at == in.data || !isalnum((unsigned char)at[-1]))
            score = ends_word(&in, at + word.len) ? whole : start;
        best = score > best ? score : best;
        rest.len -= (size_t)(at + 1 - rest.data);
        rest.data = at + 1;
    }
    return best;
}

static unsigned match_name(struct slice name, struct slice word)
{
    if (word.len <= name.len && memcmp(name.data, word.data, word.len) == 0)
        return word.len == name.len ? SCORE_NAME : SCORE_NAME_START;
    return match_words(name, word, SCORE_NAME_PART, SCORE_NAME_PART_START, SCORE_NAME_INSIDE);
}

static unsigned match_tags(struct slice tags, struct slice word)
{
    unsigned best = 0;

    while (tags.len) {
        struct slice tag = cut(&tags, TAG_SEPARATOR);
        unsigned score = 0;

        if (tag.len == word.len && memcmp(tag.data, word.data, word.len) == 0)
            score = SCORE_TAG;
        else
            score = match_words(tag, word, SCORE_TAG_START, SCORE_TAG_START, SCORE_TAG_INSIDE);
        best = score > best ? score : best;
    }
    return best;
}

/* The sum of what every word is worth; 0 if one does not occur. */
static unsigned match_line(const struct query *query, struct slice line)
{
    struct slice name = cut(&line, PART_SEPARATOR), tags = cut(&line, PART_SEPARATOR);
    unsigned sum = 0;

    for (size_t i = 0; i < query->count; i++) {
        struct slice word = query->words[i];
        unsigned score = match_name(name, word);

        if (!score)
            score = match_tags(tags, word);
        if (!score)
            score = match_words(line, word, SCORE_WORD, SCORE_WORD_START, SCORE_WORD_INSIDE);
        if (!score)
            return 0;
        sum += score;
    }
    return sum;
}

/* ---- passes over the text ---- */

/* The lines of a catalog's search text, with the rows they stand for. */
struct lines {
    const struct catalog *catalog;
    const struct catalog_line *lines;
    size_t count;
    struct slice text;
};

static bool lines_open(struct lines *out, const struct catalog *catalog)
{
    const struct catalog_header *head = catalog_head(catalog);

    if (!head)
        return false;
    *out = (struct lines){
        .catalog = catalog,
        .lines = catalog_part(catalog, &head->search),
        .count = head->search.size / sizeof *out->lines,
        .text = {catalog_part(catalog, &head->text), head->text.size},
    };
    return true;
}

/* The text of line `i`, without its newline. */
static struct slice line_text(const struct lines *lines, size_t i)
{
    size_t start = lines->lines[i].text;
    size_t end = i + 1 < lines->count ? lines->lines[i + 1].text : lines->text.len;

    if (start >= end || end > lines->text.len)
        return (struct slice){lines->text.data, 0};
    return (struct slice){lines->text.data + start, end - start - 1};
}

static void search_words(struct ranking *ranking, const struct query *query,
                         const struct lines *lines)
{
    struct slice anchor = query->words[query->anchor];
    const char *at = lines->text.data, *end = at + lines->text.len;
    size_t i = 0;

    while (i < lines->count && (at = memmem(at, (size_t)(end - at), anchor.data, anchor.len))) {
        size_t offset = (size_t)(at - lines->text.data);
        unsigned score;

        while (i + 1 < lines->count && lines->lines[i + 1].text <= offset)
            i++;
        score = match_line(query, line_text(lines, i));
        if (score)
            ranking_add(ranking, (struct hit){lines->catalog, lines->lines[i].row, score});
        if (++i >= lines->count || lines->lines[i].text > lines->text.len)
            return;
        at = lines->text.data + lines->lines[i].text;
    }
}

static void search_all(struct ranking *ranking, const struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        ranking_add(ranking, (struct hit){lines->catalog, lines->lines[i].row, 1});
}

static uint32_t letters_of(struct slice text)
{
    uint32_t mask = 0;

    for (size_t i = 0; i < text.len; i++)
        mask |= 1u << (text.data[i] & 31);
    return mask;
}

/* The distance of `word` to `name`, or more than `limit`. The letters alone rule out most names. */
static unsigned name_distance(const char *word, size_t word_len, uint32_t word_letters,
                              struct slice name, unsigned limit)
{
    char copy[MAX_WORD_SIZE];

    if (name.len >= sizeof copy || name.len > word_len + limit || word_len > name.len + limit ||
        (unsigned)__builtin_popcount(word_letters & ~letters_of(name)) > limit)
        return limit + 1;
    memcpy(copy, name.data, name.len);
    copy[name.len] = '\0';
    return text_distance(word, copy, limit);
}

static void search_typos(struct ranking *ranking, const struct query *query,
                         const struct lines *lines)
{
    struct slice word = query->words[0];
    char text[MAX_WORD_SIZE];
    uint32_t letters = letters_of(word);
    unsigned limit = word.len / 3 > 3 ? 3 : (unsigned)(word.len / 3);

    memcpy(text, word.data, word.len);
    text[word.len] = '\0';
    for (size_t i = 0; limit && i < lines->count; i++) {
        struct slice line = line_text(lines, i), name = cut(&line, PART_SEPARATOR);
        unsigned distance = name_distance(text, word.len, letters, name, limit);
        unsigned score = distance <= limit ? SCORE_TYPO - 2 * distance : 0;

        while (name.len) {
            struct slice part = cut(&name, '-');

            /* A part that is near is worth a little less than a name that is. */
            distance = name_distance(text, word.len, letters, part, limit);
            if (distance <= limit && SCORE_TYPO - 2 * distance - 1 > score)
                score = SCORE_TYPO - 2 * distance - 1;
        }
        if (score)
            ranking_add(ranking, (struct hit){lines->catalog, lines->lines[i].row, score});
    }
}

size_t catalog_search(const struct catalog *catalogs, size_t catalog_count, const char *query,
                      struct hit *hits, size_t max_hits)
{
    struct ranking ranking = {.hits = hits, .max = max_hits};
    struct query parsed;
    struct lines lines;

    if (!max_hits)
        return 0;
    query_parse(&parsed, query);
    for (size_t i = 0; i < catalog_count; i++) {
        if (!lines_open(&lines, &catalogs[i]))
            continue;
        if (parsed.count)
            search_words(&ranking, &parsed, &lines);
        else
            search_all(&ranking, &lines);
    }
    if (ranking.count == 0 && parsed.count == 1) {
        for (size_t i = 0; i < catalog_count; i++) {
            if (lines_open(&lines, &catalogs[i]))
                search_typos(&ranking, &parsed, &lines);
        }
    }
    qsort(hits, ranking.count, sizeof *hits, compare_hits);
    return ranking.count;
}
