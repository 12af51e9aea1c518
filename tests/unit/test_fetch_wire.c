/* Git's packets and capabilities, in every piece size and in every broken form. */
#include "base/error.h"
#include "fetch/git.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

/* Packets as text: "data|data|FLUSH|". */
static int note_packet(void *payload, enum pkt_kind kind, char *data, size_t len)
{
    static const char *const names[] = {"", "FLUSH", "DELIM", "END"};

    buf_printf(payload, "%.*s|", kind == PKT_DATA ? (int)len : 5, kind ? names[kind] : data);
    return kind == PKT_END;
}

static int feed(struct buf *out, const char *bytes, size_t len, size_t piece)
{
    struct pkt_reader reader = {.on_packet = note_packet, .payload = out};
    int result = 0;

    for (size_t at = 0; at < len && result == 0; at += piece)
        result = pkt_feed(&reader, bytes + at, piece < len - at ? piece : len - at);
    pkt_release(&reader);
    return result;
}

static void packets_come_in_any_pieces(void **state)
{
    static const char bytes[] = "0009hello0004000000010006xy00020006no";

    (void)state;
    for (size_t piece = 1; piece <= sizeof bytes; piece++) {
        AUTO_BUF out = {0};

        assert_int_equal(feed(&out, bytes, sizeof bytes - 1, piece), 1);
        assert_string_equal(buf_text(&out), "hello||FLUSH|DELIM|xy|END|");
    }
}

static void what_is_no_packet(void **state)
{
    static const char *const streams[] = {"zzzz", "0003",     "fff1",   "ffff", "00 9",
                                          "-001", "HTTP/1.1", "<html>", "000Gx"};

    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        for (size_t piece = 1; piece <= 4; piece++) {
            AUTO_BUF out = {0};

            error_clear();
            assert_int_equal(feed(&out, streams[i], strlen(streams[i]), piece), -ERR_NETWORK);
        }
    }
}

static void an_error_packet_is_the_servers_word(void **state)
{
    AUTO_BUF out = {0};

    (void)state;
    error_clear();
    assert_int_equal(feed(&out, "0016ERR no such thing\n", 22, 5), -ERR_NETWORK);
    assert_non_null(strstr(error_text(), "no such thing"));
}

static void lines_have_their_length(void **state)
{
    AUTO_BUF out = {0};

    (void)state;
    pkt_line(&out, "want %s", "x");
    pkt_mark(&out, PKT_DELIMITER);
    pkt_mark(&out, PKT_FLUSH);
    assert_string_equal(buf_text(&out), "000bwant x\n00010000");
}

static void capabilities_are_read(void **state)
{
    struct git_capabilities caps = {0};

    (void)state;
    capability_add(&caps, "version 2");
    capability_add(&caps, "agent=git/2.39");
    capability_add(&caps, "ls-refs=unborn");
    assert_int_equal(capabilities_check(&caps, "x"), -ERR_NETWORK);
    capability_add(&caps, "fetch=shallow wait-for-done filter");
    assert_int_equal(capabilities_check(&caps, "x"), 0);
    assert_true(caps.shallow && caps.filter);
    capability_add(&caps, "fetch=shallower unfiltered");
    assert_false(caps.shallow || caps.filter);
    capability_add(&caps, "object-format=sha256");
    assert_int_equal(capabilities_check(&caps, "x"), -ERR_GENERIC);
    error_clear();
}

/* ---- ls-refs against an answer that is given ---- */

#define ID1 "1111111111111111111111111111111111111111"
#define ID2 "2222222222222222222222222222222222222222"

static struct buf answer;
static char *asked;

static int play(struct git_remote *remote, const struct buf *request, struct pkt_reader *reader)
{
    int result;

    (void)remote;
    asked = arena_strdup(&arena, buf_text(request));
    result = pkt_feed(reader, answer.data, answer.len);
    return result < 0 ? result : 0;
}

static struct job job;

/* Lists `ref` at a server that answers with one line. */
static int list(struct git_refs *out, const char *ref, const char *line)
{
    static const struct git_capabilities caps = {.version_2 = true};
    struct git_remote remote = {.job = &job};
    struct git_channel channel = {play, &caps};

    buf_clear(&answer);
    pkt_line(&answer, "%s", line);
    pkt_mark(&answer, PKT_FLUSH);
    error_clear();
    return wire_list(&remote, &channel, ref, out);
}

static void references_are_listed(void **state)
{
    struct git_refs refs = {0};

    (void)state;
    assert_int_equal(list(&refs, NULL, ID1 " HEAD symref-target:refs/heads/main"), 0);
    assert_int_equal(refs.count, 1);
    assert_string_equal(refs.items[0].name, "HEAD");
    assert_string_equal(refs.items[0].id, ID1);
    assert_non_null(strstr(asked, "ref-prefix HEAD\n"));

    assert_int_equal(list(&refs, "v1", ID1 " refs/tags/v1 peeled:" ID2), 0);
    assert_string_equal(refs.items[0].name, "refs/tags/v1");
    assert_string_equal(refs.items[0].id, ID2);
    assert_non_null(strstr(asked, "ref-prefix refs/heads/v1\n"));
    assert_null(strstr(asked, "HEAD"));

    assert_int_equal(list(&refs, NULL, "unborn HEAD symref-target:refs/heads/main"), 0);
    assert_int_equal(refs.count, 0);
}

static void malformed_references(void **state)
{
    static const char *const lines[] = {
        "xyz",
        "111111111111111111111111111111111111111g HEAD",
        ID1 "x HEAD",
        ID1 " ",
        ID1 " refs/tags/v1 peeled:123",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct git_refs refs = {0};

        assert_int_equal(list(&refs, NULL, lines[i]), -ERR_NETWORK);
    }
    error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_come_in_any_pieces),
        cmocka_unit_test(what_is_no_packet),
        cmocka_unit_test(an_error_packet_is_the_servers_word),
        cmocka_unit_test(lines_have_their_length),
        cmocka_unit_test(capabilities_are_read),
        cmocka_unit_test(references_are_listed),
        cmocka_unit_test(malformed_references),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    buf_release(&answer);
    arena_release(&job.arena);
    arena_release(&arena);
    return failed;
}
