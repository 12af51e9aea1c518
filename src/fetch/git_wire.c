/*
 * Git's protocol, version 2: packets, `ls-refs` and `fetch`.
 *
 *     packet    4 hex digits of its whole length, then its bytes; 0000 flush, 0001 delimiter, 0002
 * end request   command=NAME, capabilities, delimiter, arguments, flush ls-refs   lines "ID NAME
 * [peeled:ID]", flush fetch     sections: a line with its name, lines, delimiter; the last is
 * "packfile", whose packets begin with a band: 1 pack, 2 talk of the server, 3 its last words;
 * flush
 */
#include "base/error.h"
#include "base/text.h"
#include "fetch/git.h"

#include <assert.h>
#include <string.h>

enum { MAX_PACKET = 65520, MAX_REFS = 100000 };

/* ---- packets ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The length that a packet's head tells, or -1. */
static int packet_length(const char *head)
{
    int length = 0;

    for (int i = 0; i < 4; i++) {
        if (hex_digit(head[i]) < 0)
            return -1;
        length = length << 4 | hex_digit(head[i]);
    }
    return length == 3 || length > MAX_PACKET ? -1 : length;
}

static int hand_over(struct pkt_reader *reader, int length, char *data)
{
    static const enum pkt_kind marks[] = {PKT_FLUSH, PKT_DELIMITER, PKT_END};
    size_t len = length > 4 ? (size_t)length - 4 : 0;

    if (length < 3)
        return reader->on_packet(reader->payload, marks[length], NULL, 0);
    if (len >= 4 && memcmp(data, "ERR ", 4) == 0) {
        size_t text = len > 0 && data[len - 1] == '\n' ? len - 5 : len - 4;

        return fail(ERR_NETWORK, "the server refuses: %.*s", (int)text, data + 4);
    }
    return reader->on_packet(reader->payload, PKT_DATA, data, len);
}

/* Packets are gathered whole: at most 64 KiB are ever held. */
int pkt_feed(struct pkt_reader *reader, const void *data, size_t len)
{
    struct buf *partial = &reader->partial;
    const char *p = data;
    int result = 0;

    while (len > 0 && result == 0 && !reader->done) {
        int length = partial->len < 4 ? 4 : packet_length(partial->data);
        size_t need, take;

        if (length < 0)
            return fail(ERR_NETWORK, "the server does not speak Git's protocol");
        need = (size_t)(length < 4 ? 4 : length) - partial->len;
        take = need < len ? need : len;
        buf_add(partial, p, take);
        p += take;
        len -= take;
        if (partial->len < 4)
            continue;
        length = packet_length(partial->data);
        if (length < 0)
            return fail(ERR_NETWORK, "the server does not speak Git's protocol");
        if (length >= 4 && partial->len < (size_t)length)
            continue;
        result = hand_over(reader, length, partial->data + 4);
        buf_clear(partial);
        reader->done = result > 0;
    }
    return result;
}

void pkt_release(struct pkt_reader *reader)
{
    buf_release(&reader->partial);
}

void pkt_line(struct buf *out, const char *format, ...)
{
    AUTO_BUF text = {0};
    va_list args;

    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    assert(text.len + 5 <= MAX_PACKET);
    buf_printf(out, "%04zx%s\n", text.len + 5, buf_text(&text));
}

void pkt_mark(struct buf *out, enum pkt_kind kind)
{
    buf_puts(out, kind == PKT_FLUSH ? "0000" : "0001");
}

/* ---- capabilities ---- */

static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = words; (p = strstr(p, word)); p += len) {
        if ((p == words || p[-1] == ' ') && (p[len] == '\0' || p[len] == ' '))
            return true;
    }
    return false;
}

void capability_add(struct git_capabilities *caps, const char *line)
{
    if (strcmp(line, "version 2") == 0)
        caps->version_2 = true;
    if (strcmp(line, "ls-refs") == 0 || text_starts(line, "ls-refs="))
        caps->listing = true;
    if (strcmp(line, "fetch") == 0)
        caps->fetching = true;
    if (text_starts(line, "fetch=")) {
        caps->fetching = true;
        caps->shallow = has_word(line + 6, "shallow");
        caps->filter = has_word(line + 6, "filter");
    }
    if (text_starts(line, "object-format=") && strcmp(line, "object-format=sha1") != 0)
        caps->foreign_ids = true;
}

int capabilities_check(const struct git_capabilities *caps, const char *url)
{
    if (caps->foreign_ids)
        return fail(ERR_GENERIC, "'%s' names its objects by SHA-256; paii reads SHA-1 alone", url);
    if (caps->version_2 && caps->listing && caps->fetching)
        return 0;
    fail(ERR_NETWORK, "the server of '%s' does not speak version 2 of Git's protocol", url);
    error_hint("over ssh the server's sshd_config needs 'AcceptEnv GIT_PROTOCOL'; else use another "
               "URL of the same repository");
    return -ERR_NETWORK;
}

static void begin_command(struct buf *out, const char *command)
{
    pkt_line(out, "command=%s", command);
    pkt_line(out, "agent=paii/" PAII_VERSION);
    pkt_mark(out, PKT_DELIMITER);
}

static void cut_newline(char *line, size_t *len)
{
    if (*len > 0 && line[*len - 1] == '\n')
        line[--*len] = '\0';
}

/* ---- ls-refs ---- */

struct listing {
    struct job *job;
    struct git_refs *out;
};

static bool is_id(const char *text)
{
    return strspn(text, "0123456789abcdef") == GIT_HEX;
}

static int on_ref(void *payload, enum pkt_kind kind, char *line, size_t len)
{
    struct listing *listing = payload;
    struct arena *arena = &listing->job->arena;
    struct git_ref *ref;
    const char *peeled;
    size_t name_len;

    if (kind != PKT_DATA)
        return kind == PKT_FLUSH;
    cut_newline(line, &len);
    if (strlen(line) != len || len < GIT_HEX + 2 || !is_id(line) || line[GIT_HEX] != ' ')
        return text_starts(line, "unborn ")
                   ? 0
                   : fail(ERR_NETWORK, "the server lists a malformed reference");
    if (listing->out->count >= MAX_REFS)
        return fail(ERR_REFUSED, "the server lists more than %d references", MAX_REFS);
    line += GIT_HEX + 1;
    name_len = strcspn(line, " ");
    peeled = strstr(line + name_len, " peeled:");
    if (peeled && !is_id(peeled + 8))
        return fail(ERR_NETWORK, "the server lists a malformed reference");
    ref = arena_push(arena, &listing->out->items, &listing->out->count, &listing->out->capacity);
    ref->name = arena_strndup(arena, line, name_len);
    ref->id = arena_strndup(arena, peeled ? peeled + 8 : line - GIT_HEX - 1, GIT_HEX);
    return 0;
}

int wire_list(struct git_remote *remote, const struct git_channel *channel, const char *ref,
              struct git_refs *out)
{
    struct listing listing = {remote->job, out};
    struct pkt_reader reader = {.on_packet = on_ref, .payload = &listing};
    AUTO_BUF request = {0};
    int result;

    begin_command(&request, "ls-refs");
    pkt_line(&request, "peel");
    if (ref) {
        pkt_line(&request, "ref-prefix refs/heads/%s", ref);
        pkt_line(&request, "ref-prefix refs/tags/%s", ref);
        if (text_starts(ref, "refs/"))
            pkt_line(&request, "ref-prefix %s", ref);
    } else {
        pkt_line(&request, "ref-prefix HEAD");
    }
    if (remote->job->wants_tags)
        pkt_line(&request, "ref-prefix refs/tags/");
    pkt_mark(&request, PKT_FLUSH);
    out->count = 0;
    result = channel->exchange(remote, &request, &reader);
    pkt_release(&reader);
    return result;
}

/* ---- fetch ---- */

struct packing {
    struct git_remote *remote;
    bool in_pack;
    bool any; /* a byte of the pack has come */
};

static void log_lines(const char *text, size_t len)
{
    while (len > 0) {
        size_t n = 0;

        while (n < len && text[n] != '\n' && text[n] != '\r')
            n++;
        if (n > 0)
            event_log("remote: %.*s", (int)n, text);
        text += n + (n < len);
        len -= n + (n < len);
    }
}

static int on_band(struct packing *packing, const char *data, size_t len)
{
    if (len == 0)
        return 0;
    switch (data[0]) {
    case 1:
        packing->any = true;
        return store_pack_add(packing->remote->store, data + 1, len - 1);
    case 2:
        log_lines(data + 1, len - 1);
        return 0;
    case 3:
        return fail(ERR_NETWORK, "the server gives up: %.*s", (int)(len - 1), data + 1);
    default:
        return fail(ERR_NETWORK, "the server does not speak Git's protocol");
    }
}

static int on_section(void *payload, enum pkt_kind kind, char *data, size_t len)
{
    struct packing *packing = payload;

    if (kind == PKT_FLUSH || kind == PKT_END)
        return 1;
    if (kind != PKT_DATA)
        return 0;
    if (packing->in_pack)
        return on_band(packing, data, len);
    cut_newline(data, &len);
    packing->in_pack = strcmp(data, "packfile") == 0;
    return 0; /* lines of "shallow-info" say what we asked for */
}

int wire_fetch(struct git_remote *remote, const struct git_channel *channel,
               const struct git_want *want)
{
    struct packing packing = {.remote = remote};
    struct pkt_reader reader = {.on_packet = on_section, .payload = &packing};
    AUTO_BUF request = {0};
    int result, end;

    begin_command(&request, "fetch");
    pkt_line(&request, "ofs-delta");
    pkt_line(&request, "no-progress"); /* the talk can weigh more than the objects */
    if (want->shallow && channel->caps->shallow)
        pkt_line(&request, "deepen 1");
    if (want->no_blobs && channel->caps->filter)
        pkt_line(&request, "filter blob:none");
    for (size_t i = 0; i < want->ids.count; i++)
        pkt_line(&request, "want %s", want->ids.items[i]);
    pkt_line(&request, "done");
    pkt_mark(&request, PKT_FLUSH);
    result = channel->exchange(remote, &request, &reader);
    pkt_release(&reader);
    if (result == 0 && !packing.any)
        result = fail(ERR_NETWORK, "the server of '%s' sent no objects", remote->job->url);
    end = store_pack_end(remote->store, result == 0);
    return result < 0 ? result : end;
}
