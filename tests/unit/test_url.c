/* URLs: what is accepted, how it is normalised, what is refused. */
#include "base/error.h"
#include "base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static void accepted_urls_are_normalised(void **state)
{
    static const struct {
        const char *given, *expected;
        bool local;
    } rows[] = {
        {"https://example.com/a/b.git", "https://example.com/a/b.git", false},
        {"HTTPS://Example.COM/A", "https://example.com/A", false},
        {"https://example.com", "https://example.com/", false},
        {"https://example.com:8443/x?y=z", "https://example.com:8443/x?y=z", false},
        {"https://example.com/a%20b", "https://example.com/a%20b", false},
        {"https://[2001:DB8::1]:1/x", "https://[2001:db8::1]:1/x", false},
        {"ssh://git@example.com/a.git", "ssh://git@example.com/a.git", false},
        {"ssh://example.com:22/a", "ssh://example.com:22/a", false},
        {"git+ssh://git@example.com/a", "ssh://git@example.com/a", false},
        {"git@example.com:team/a.git", "ssh://git@example.com/team/a.git", false},
        {"git@example.com:/team/a.git", "ssh://git@example.com/team/a.git", false},
        {"example.com:team/a.git", "ssh://example.com/team/a.git", false},
        {"git@example.com:~me/a", "ssh://git@example.com/~me/a", false},
        {"ssh://git@example.com/a%20b", "ssh://git@example.com/a%20b", false},
        {"/home/me/repo", "/home/me/repo", true},
        {"/home/me/my repo", "/home/me/my repo", true},
        {"file:///home/me/repo", "file:///home/me/repo", true},
        {"file://localhost/home/me", "file:///home/me", true},
        {"http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x", true},
        {"http://localhost/x", "http://localhost/x", true},
        {"http://[::1]/x", "http://[::1]/x", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *found = NULL, *again = NULL;

        assert_int_equal(url_check(&found, &arena, rows[i].given, rows[i].local), 0);
        assert_string_equal(found, rows[i].expected);
        assert_int_equal(url_check(&again, &arena, found, rows[i].local), 0);
        assert_string_equal(again, found);
    }
}

static void refused_urls(void **state)
{
    static const char *const urls[] = {
        "",
        "example.com/x",
        "./x",
        "../x",
        "x",
        "ftp://example.com/x",
        "git://example.com/x",
        "http://example.com/x",
        "http://127.0.0.1.example.com/x",
        "http://localhost.example.com/x",
        "https://",
        "https:///x",
        "https://:80/x",
        "https://-oProxyCommand=x/y",
        "https://.example.com/",
        "https://user@example.com/x",
        "https://user:secret@example.com/x",
        "https://example.com:0/x",
        "https://example.com:65536/x",
        "https://example.com:/x",
        "https://example.com:8a/x",
        "https://exa mple.com/x",
        "https://exam\\ple.com/x",
        "https://example.com\\@evil.com/x",
        "https://example.com/x#y",
        "https://example.com/a b",
        "https://example.com/a\rb",
        "https://example.com/a\nb",
        "https://example.com/a%0db",
        "https://example.com/a%00b",
        "https://example.com/a%zz",
        "https://example.com/a%4",
        "https://ex\xc3\xa4mple.com/",
        "https://[::1/x",
        "https://[zz]/x",
        "https://[::1]x/y",
        "ssh://-oProxyCommand=x/y",
        "ssh://-x@example.com/y",
        "ssh://git:secret@example.com/y",
        "ssh://@example.com/y",
        "ssh://git@-x/y",
        "ssh://example.com",
        "ssh://example.com/",
        "ssh://example.com/x?y",
        "ssh://example.com/a%0ab",
        "git@example.com:",
        "git@example.com:-x",
        "git@example.com://x",
        "-x@example.com:y",
        "git@-x:y",
        "ext::sh -c x",
        "ext::sh",
        "fd::17",
        "C:/x",
        "c:\\x",
        "file://example.com/x",
        "file://x",
        "file:///a%00b",
        "file:x",
        "/a\nb",
    };

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        const char *found;

        error_clear();
        if (url_check(&found, &arena, urls[i], true) != -ERR_REFUSED)
            fail_msg("accepted: %s", urls[i]);
        assert_true(*error_text());
    }
}

static void what_only_a_person_may_name(void **state)
{
    static const char *const urls[] = {"/x", "file:///x", "http://127.0.0.1/x",
                                       "http://localhost/"};

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        const char *found;

        assert_int_equal(url_check(&found, &arena, urls[i], true), 0);
        assert_int_equal(url_check(&found, &arena, urls[i], false), -ERR_REFUSED);
    }
}

static void parts(void **state)
{
    struct url url, other;

    (void)state;
    assert_int_equal(url_parse(&url, &arena, "ssh://me@Host:2222/a%20b/c.git", false), 0);
    assert_int_equal(url.scheme, URL_SSH);
    assert_string_equal(url.user, "me");
    assert_string_equal(url.host, "host");
    assert_int_equal(url.port, 2222);
    assert_string_equal(url.path, "/a b/c.git");
    assert_int_equal(url_parse(&url, &arena, "https://[::1]:9/p?q", false), 0);
    assert_string_equal(url.host, "::1");
    assert_string_equal(url.path, "/p?q");
    assert_null(url.user);
    assert_int_equal(url_parse(&url, &arena, "file:///a%20b", true), 0);
    assert_string_equal(url.path, "/a b");
    assert_int_equal(url_parse(&url, &arena, "https://a/x", false), 0);
    assert_int_equal(url_parse(&other, &arena, "https://a:443/y", false), 0);
    assert_true(url_same_origin(&url, &other));
    assert_int_equal(url_parse(&other, &arena, "https://a:444/y", false), 0);
    assert_false(url_same_origin(&url, &other));
}

static void private_addresses(void **state)
{
    static const char *const inside[] = {"localhost",
                                         "a.localhost",
                                         "127.0.0.1",
                                         "127.1",
                                         "0.0.0.0",
                                         "10.1.2.3",
                                         "172.16.0.1",
                                         "172.31.255.255",
                                         "192.168.1.1",
                                         "169.254.169.254",
                                         "100.64.0.1",
                                         "2130706433",
                                         "0x7f000001",
                                         "0177.0.0.1",
                                         "[::1]",
                                         "[::]",
                                         "[fe80::1]",
                                         "[fd00::1]",
                                         "[::ffff:10.0.0.1]",
                                         "[::ffff:127.0.0.1]"};
    static const char *const outside[] = {"example.com",   "8.8.8.8",          "172.15.0.1",
                                          "172.32.0.1",    "100.128.0.1",      "193.168.1.1",
                                          "[2001:db8::1]", "[::ffff:8.8.8.8]", "10.example.com"};
    struct url url;

    (void)state;
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        assert_int_equal(
            url_parse(&url, &arena, arena_printf(&arena, "https://%s/", inside[i]), false), 0);
        if (!url_is_private(&url))
            fail_msg("public: %s", inside[i]);
    }
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        assert_int_equal(
            url_parse(&url, &arena, arena_printf(&arena, "https://%s/", outside[i]), false), 0);
        if (url_is_private(&url))
            fail_msg("private: %s", outside[i]);
    }
}

static void a_login_is_not_shown(void **state)
{
    static const char *const urls[] = {
        "https://me:hunter2@example.com/x", "https://hunter2@example.com/x",
        "http://a:b@hunter2@example.com/x", "ssh://me:hunter2@example.com/x",
        "ftp://me:hunter2@example.com/x",
    };
    const char *found;

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        assert_int_equal(url_check(&found, &arena, urls[i], true), -ERR_REFUSED);
        assert_null(strstr(error_text(), "hunter2"));
        assert_non_null(strstr(error_text(), "@example.com"));
    }
}

static void what_is_kept_is_accepted_again(void **state)
{
    (void)state;
    char url[4097] = "git@example.com:";
    const char *kept;
    memset(url + strlen(url), 'x', sizeof url - 1 - strlen(url));
    url[4091] = '\0'; /* short enough itself; "ssh://" makes it too long */
    assert_int_equal(url_check(&kept, &arena, url, false), -ERR_REFUSED);
    error_clear();
    url[4090] = '\0';
    assert_int_equal(url_check(&kept, &arena, url, false), 0);
    assert_int_equal(strlen(kept), 4096);
    assert_int_equal(url_check(&kept, &arena, kept, false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_urls_are_normalised),
        cmocka_unit_test(refused_urls),
        cmocka_unit_test(what_only_a_person_may_name),
        cmocka_unit_test(parts),
        cmocka_unit_test(private_addresses),
        cmocka_unit_test(a_login_is_not_shown),
        cmocka_unit_test(what_is_kept_is_accepted_again),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    arena_release(&arena);
    return failed;
}
