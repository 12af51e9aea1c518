/*
 * What a Git server says in protocol version 2: its greeting, its references, a pack in bands. In
 * whatever pieces it comes, it comes to the same. The first byte is which of the three, the second
 * the size of a piece.
 */
#include "base/error.h"
#include "base/text.h"
#include "fetch/git.h"
#include "fuzz.h"

#include <assert.h>
#include <string.h>

static struct {
    const char *data;
    size_t len, piece;
} answer;

static struct buf pack;
static bool kept;

/* Instead of the store and of stderr. */
int store_pack_add(struct git_store *store, const void *data, size_t len)
{
    (void)store;
    buf_add(&pack, data, len);
    return 0;
}

int store_pack_end(struct git_store *store, bool keep)
{
    (void)store;
    kept = keep;
    return 0;
}

void event_log(const char *format, ...)
{
    (void)format;
}

static int play(struct git_remote *remote, const struct buf *request, struct pkt_reader *reader)
{
    int result = 0;

    (void)remote;
    assert(request->len > 4 && text_ends(buf_text(request), "0000"));
    for (size_t at = 0; at < answer.len && result == 0; at += answer.piece) {
        size_t left = answer.len - at;

        result = pkt_feed(reader, answer.data + at, left < answer.piece ? left : answer.piece);
    }
    return result < 0 ? result : 0;
}

static void greet(struct git_capabilities *caps, struct arena *arena)
{
    struct strings lines = {0};

    strings_split(&lines, arena, arena_strndup(arena, answer.data, answer.len), '\n');
    for (size_t i = 0; i < lines.count; i++)
        capability_add(caps, lines.items[i]);
    if (capabilities_check(caps, "https://git.example/x.git") < 0)
        assert(error_code() == ERR_NETWORK || error_code() == ERR_GENERIC);
    else
        assert(caps->version_2 && caps->listing && caps->fetching && !caps->foreign_ids);
}

/* All references as one text. */
static int list(struct buf *out, struct job *job)
{
    static const struct git_capabilities caps = {.version_2 = true};
    struct git_remote remote = {.job = job};
    struct git_refs refs = {0};
    int result = wire_list(&remote, &(struct git_channel){play, &caps}, "main", &refs);

    assert(result == 0 || result == -ERR_NETWORK || result == -ERR_REFUSED);
    for (size_t i = 0; i < refs.count; i++) {
        assert(strlen(refs.items[i].id) == GIT_HEX && !strchr(refs.items[i].name, ' '));
        assert(strspn(refs.items[i].id, "0123456789abcdef") == GIT_HEX);
        buf_printf(out, "%s %s\n", refs.items[i].id, refs.items[i].name);
    }
    return result;
}

static int fetch(struct buf *out, struct job *job)
{
    static const struct git_capabilities caps = {.shallow = true, .filter = true};
    struct git_remote remote = {.job = job};
    struct git_want want = {.shallow = true, .no_blobs = true};

    buf_clear(&pack);
    strings_add(&want.ids, &job->arena, "1111111111111111111111111111111111111111");
    int result = wire_fetch(&remote, &(struct git_channel){play, &caps}, &want);
    assert(result == 0 || result == -ERR_NETWORK);
    assert(kept == (result == 0));
    buf_add(out, buf_text(&pack), pack.len);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct job job = {.url = "https://git.example/x.git", .wants_tags = true};
    AUTO_BUF whole = {0}, pieces = {0};
    struct git_capabilities caps = {0};

    if (size < 2)
        return 0;
    int (*talk)(struct buf * out, struct job * job) = data[0] % 3 == 1 ? list : fetch;
    answer.data = (const char *)data + 2;
    answer.len = answer.piece = size - 2;
    if (data[0] % 3 == 0) {
        greet(&caps, &job.arena);
    } else {
        int result = talk(&whole, &job);
        answer.piece = 1 + data[1] % 16;
        assert(talk(&pieces, &job) == result);
        assert(whole.len == pieces.len && !memcmp(buf_text(&whole), buf_text(&pieces), whole.len));
    }
    buf_release(&pack);
    error_clear();
    arena_release(&job.arena);
    return 0;
}
