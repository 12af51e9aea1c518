/*
 * The front matter of a Markdown file: YAML, read by libyaml, as a tree of values. Scalars are text
 * as they stand, for "12" is a name like any other.
 */
#include "base/text.h"
#include "registry/manifest_private.h"

#include <string.h>
#include <yaml.h>

enum { YAML_MAX_BYTES = 256 * 1024, YAML_MAX_DEPTH = 32 };

/* One document on its way to JSON, from which the tree is made. */
struct yaml_writer {
    struct json_writer json;
    struct {
        bool mapping, at_key;
    } open[YAML_MAX_DEPTH];
    unsigned depth;
    bool failed, done;
};

static bool is_null(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;

    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* Whether the next thing is a key, as of now; afterwards it is the other. */
static bool take_key(struct yaml_writer *writer)
{
    bool key = writer->depth && writer->open[writer->depth - 1].mapping &&
               writer->open[writer->depth - 1].at_key;

    if (writer->depth)
        writer->open[writer->depth - 1].at_key = !key;
    return key;
}

static void scalar(struct yaml_writer *writer, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;

    if (strlen(text) != event->data.scalar.length)
        writer->failed = true;
    else if (take_key(writer))
        json_key(&writer->json, text);
    else if (is_null(event))
        json_null(&writer->json);
    else
        json_string(&writer->json, text);
}

static void begin_collection(struct yaml_writer *writer, bool mapping)
{
    if (writer->depth == YAML_MAX_DEPTH || take_key(writer)) {
        writer->failed = true;
        return;
    }
    writer->open[writer->depth].mapping = writer->open[writer->depth].at_key = mapping;
    writer->depth++;
    if (mapping)
        json_object(&writer->json);
    else
        json_array(&writer->json);
}

static void end_collection(struct yaml_writer *writer)
{
    writer->depth--;
    if (writer->open[writer->depth].mapping)
        json_end_object(&writer->json);
    else
        json_end_array(&writer->json);
}

static void take_event(struct yaml_writer *writer, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        scalar(writer, event);
        return;
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        begin_collection(writer, event->type == YAML_MAPPING_START_EVENT);
        return;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        end_collection(writer);
        return;
    case YAML_ALIAS_EVENT: /* may stand for more than anybody wrote */
        writer->failed = true;
        return;
    case YAML_DOCUMENT_END_EVENT:
    case YAML_STREAM_END_EVENT:
        writer->done = true;
        return;
    default:
        return;
    }
}

static struct data *parse(struct arena *arena, const char *text, size_t len)
{
    AUTO_BUF out = {0};
    struct yaml_writer writer = {.json = {.out = &out}};
    struct diags diags = {.arena = arena};
    struct data *root;
    yaml_parser_t parser;

    if (!yaml_parser_initialize(&parser))
        return NULL;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    while (!writer.done && !writer.failed) {
        yaml_event_t event;

        if (!yaml_parser_parse(&parser, &event)) {
            writer.failed = true;
            break;
        }
        take_event(&writer, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    root =
        writer.failed ? NULL : data_parse_json(arena, "", buf_text(&out), out.len, false, &diags);
    return root && root->type == DATA_TABLE ? root : NULL;
}

/* ---- what is not quite YAML ---- */

/* The value of `key: value` at the beginning of a line; `stop` if it is no such line. */
static const char *value_of(const char *line, const char *stop)
{
    const char *colon = line;

    /* A '-' is part of a key, but does not begin one. */
    while (colon < stop && *colon != ':' && !strchr(" \t\"'#{[", *colon) &&
           (colon > line || *colon != '-'))
        colon++;
    if (colon == line || stop - colon < 3 || colon[0] != ':' || colon[1] != ' ')
        return stop;
    return colon + 2 + strspn(colon + 2, " ");
}

static void add_quoted(struct buf *out, const char *value, const char *stop)
{
    if (value == stop || strchr("\"'|># \t", *value)) {
        buf_add(out, value, (size_t)(stop - value));
        return;
    }
    buf_putc(out, '\'');
    for (; value < stop; value++) {
        if (*value == '\'')
            buf_putc(out, '\'');
        buf_putc(out, *value);
    }
    buf_putc(out, '\'');
}

/*
 * Many write `description: Use when: …` or `argument-hint: [file] [line]`, and the client reads it:
 * the values of the outermost keys are put into quotes.
 */
static struct data *parse_quoted(struct arena *arena, const char *text, size_t len)
{
    AUTO_BUF out = {0};

    for (const char *line = text, *next, *end = text + len; line < end; line = next) {
        const char *stop = memchr(line, '\n', (size_t)(end - line)), *value;

        next = stop ? stop + 1 : end;
        stop = stop ? stop : end;
        while (stop > line && strchr(" \t\r", stop[-1]))
            stop--;
        value = value_of(line, stop);
        buf_add(&out, line, (size_t)(value - line));
        add_quoted(&out, value, stop);
        buf_putc(&out, '\n');
    }
    return parse(arena, buf_text(&out), out.len);
}

/* ---- the text between two lines of "---" ---- */

/* Behind a line of "---" at `text`; NULL if it is another. */
static const char *after_mark(const char *text)
{
    const char *end;

    if (!text_starts(text, "---"))
        return NULL;
    end = text + 3 + strspn(text + 3, " \t\r");
    return *end == '\n' ? end + 1 : *end ? NULL : end;
}

/* Lines of the JSON are nobody's. */
static void forget_places(struct data *node)
{
    node->line = node->column = 0;
    for (struct data *c = node->children; c; c = c->next)
        forget_places(c);
}

struct data *front_matter_read(struct arena *arena, const char *text)
{
    const char *begin = after_mark(text), *line = begin;
    struct data *root;
    size_t len;

    while (line && *line && !after_mark(line)) {
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    if (!line || !*line || line - begin > YAML_MAX_BYTES)
        return NULL;
    len = (size_t)(line - begin);
    root = parse(arena, begin, len);
    root = root ? root : parse_quoted(arena, begin, len);
    if (root)
        forget_places(root);
    return root;
}
