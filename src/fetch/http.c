#include "base/error.h"
#include "fetch/http_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
    MAX_REDIRECTS = 5,
    MAX_WAIT_S = 10, /* what a server may ask for before a next try */
    MAX_BACKOFF_MS = 5000,
    GOOD_TRY = 256 << 10, /* bytes that make a try worth another one, however many there were */
};

struct http *http_open(struct job *job)
{
    static const char *const proxies[] = {"https_proxy", "http_proxy", "all_proxy", "HTTPS_PROXY",
                                          "ALL_PROXY"};
    struct http *http = job->http;

    if (http)
        return http;
    if (library_load_curl() < 0)
        return NULL;
    http = arena_alloc(&job->arena, sizeof *http);
    http->job = job;
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++) {
        const char *proxy = getenv(proxies[i]);

        http->proxied = http->proxied || (proxy && *proxy);
    }
    http->curl = curl_lib.curl_easy_init();
    if (!http->curl)
        fail(ERR_GENERIC, "cannot start libcurl");
    else if (job->keeps_connections)
        job->http = http;
    return http->curl ? http : NULL;
}

void http_close(struct http *http)
{
    if (http && http->curl && http != http->job->http)
        curl_lib.curl_easy_cleanup(http->curl);
}

void http_close_kept(struct job *job)
{
    struct http *http = job->http;

    job->http = NULL;
    http_close(http);
}

/* ---- errors ---- */

/* Seconds that the server asks us to wait: a number or a date; 0 if it does not. */
static unsigned asked_wait(const struct transfer *transfer)
{
    const char *text = transfer->wait;
    time_t until;

    if (!text || !*text)
        return 0;
    if (strspn(text, "0123456789") == strlen(text))
        return strlen(text) < 9 ? (unsigned)strtoul(text, NULL, 10) : 999999999;
    until = curl_lib.curl_getdate(text, NULL);
    return until > time(NULL) ? (unsigned)(until - time(NULL)) : 0;
}

static int network_error(const struct transfer *transfer, CURLcode code, const char *url)
{
    const char *why = transfer->http->error;
    struct url parts = {.host = url};
    struct arena scratch = {0};

    if (!*why)
        why = curl_lib.curl_easy_strerror(code);
    url_parse(&parts, &scratch, url, true);
    fail(ERR_NETWORK, "cannot fetch '%s' from '%s': %s", transfer->request->subject, parts.host,
         why);
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
        error_hint("if your network has its own certificates, name them in SSL_CERT_FILE");
    else if (code == CURLE_OPERATION_TIMEDOUT)
        error_hint("the server was silent for too long; try again later");
    else
        error_hint("check the network and the proxy settings, then try again");
    arena_release(&scratch);
    return -ERR_NETWORK;
}

static int status_error(const struct transfer *transfer)
{
    const char *subject = transfer->request->subject;
    long status = transfer->reply->status;

    switch (status) {
    case 401:
    case 403:
        fail(ERR_AUTH, "the server does not let us read '%s' (HTTP %ld)", subject, status);
        error_hint("it may be private or misspelt; for a private repository use its ssh:// URL");
        return -ERR_AUTH;
    case 404:
    case 410:
        fail(ERR_NOT_FOUND, "there is nothing at '%s' (HTTP %ld)", subject, status);
        error_hint("check the URL for a typing error");
        return -ERR_NOT_FOUND;
    default:
        fail(ERR_NETWORK, "the server cannot give us '%s' (HTTP %ld)", subject, status);
        if (asked_wait(transfer) > 0)
            error_hint("the server asks to come back in %u seconds", asked_wait(transfer));
        else
            error_hint("try again later");
        return -ERR_NETWORK;
    }
}

/* ---- retries ---- */

static bool is_incomplete(const struct transfer *transfer)
{
    return transfer->reply->status == 206 &&
           (!transfer->body_begun || transfer->kept != transfer->whole);
}

static bool is_busy(long status)
{
    return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

/* A connection that broke, at its begin or (where we can begin anew or go on) in the middle. */
static bool is_broken(const struct transfer *transfer, CURLcode code)
{
    bool begun = transfer->body_bytes > 0;

    if (begun && !transfer->request->restart)
        return false;
    switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return true;
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
        return begun; /* silence from the first moment has cost enough */
    default:
        return false;
    }
}

static bool worth_retrying(const struct transfer *transfer, CURLcode code)
{
    if (transfer->result != 0 || transfer->finished || transfer->private_refused)
        return false;
    if (transfer->stale)
        return true;
    if (code != CURLE_OK)
        return is_broken(transfer, code);
    return is_incomplete(transfer) || (transfer->reply->status == 416 && transfer->ranged) ||
           (is_busy(transfer->reply->status) && asked_wait(transfer) <= MAX_WAIT_S);
}

/* Before the next try: 0.2 s, then twice as long each time, each up to half longer by chance; or
 * what the server asks for. */
static unsigned pause_ms(const struct transfer *transfer, unsigned failures)
{
    unsigned ms = failures < 6 ? 100u << failures : MAX_BACKOFF_MS, chance = 0;

    if (asked_wait(transfer) > 0)
        return asked_wait(transfer) * 1000;
    if (ms > MAX_BACKOFF_MS)
        ms = MAX_BACKOFF_MS;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) > 0)
        ms += chance % (ms / 2);
    return ms;
}

/* Waits for the next try; false if the deadline comes first. */
static bool wait_for_next(const struct transfer *transfer, unsigned failures)
{
    unsigned ms = pause_ms(transfer, failures);
    struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    if (deadline_left_ms(transfer->http->job) <= ms)
        return false;
    nanosleep(&wait, NULL);
    return true;
}

/* What a try that ended at `code` comes to. 0 once there is a status. */
static int outcome(struct transfer *transfer, CURLcode code, const char *url)
{
    struct job *job = transfer->http->job;

    if (transfer->result < 0)
        return transfer->result;
    if (transfer->private_refused)
        return fail(ERR_REFUSED, "refused '%s': its name leads to a private network", url);
    if (transfer->finished)
        return 0;
    if (code != CURLE_OK && !transfer->stale && deadline_is_over(job))
        return deadline_error(job);
    if (transfer->stale || is_incomplete(transfer))
        return fail(ERR_NETWORK, "'%s' changed while it was fetched", transfer->request->subject);
    if (code == CURLE_OK && transfer->reply->status == 206)
        transfer->reply->status = 200; /* the rest came: now it is whole */
    return code == CURLE_OK ? 0 : network_error(transfer, code, url);
}

/* Sends to `url` until it works or is not worth another try. A download that broke goes on where it
 * was if the server still has the same file, else it begins anew. */
static int send_with_retries(struct transfer *transfer, const char *url)
{
    unsigned failures = 0;
    CURLcode code;

    for (;;) {
        code = http_send(transfer, url);
        failures = transfer->body_bytes >= GOOD_TRY ? 1 : failures + 1;
        if (failures > transfer->http->job->retries || !worth_retrying(transfer, code) ||
            !wait_for_next(transfer, failures))
            break;
        event_log("trying '%s' again from byte %llu: %s", url,
                  transfer->validator ? (unsigned long long)transfer->kept : 0,
                  code == CURLE_OK ? "the server could not" : curl_lib.curl_easy_strerror(code));
        if (transfer->stale || transfer->reply->status == 416 || !transfer->validator)
            transfer->result = http_begin_anew(transfer);
        if (transfer->result < 0)
            break;
    }
    if (transfer->reply->status == 304)
        http_begin_anew(transfer);
    return outcome(transfer, code, url);
}

/* ---- redirects ---- */

/* Where the answer sends us, if the rules allow it; NULL after fail(). `public_only` is set where
 * names that lead into a private network are not followed either. */
static const char *redirect_target(struct transfer *transfer, const char *from, bool *public_only)
{
    bool inside = transfer->peer_private && !transfer->public_only;
    struct arena *arena = &transfer->http->job->arena;
    char *target = NULL;
    struct url old, next;

    curl_lib.curl_easy_getinfo(transfer->http->curl, CURLINFO_REDIRECT_URL, &target);
    if (!target) {
        fail(ERR_NETWORK, "'%s' redirects to nowhere", from);
        return NULL;
    }
    target = arena_strdup(arena, target);
    if (url_parse(&old, arena, from, true) < 0 || url_parse(&next, arena, target, true) < 0) {
        error_context(-ERR_REFUSED, "redirect of '%s'", from);
        return NULL;
    }
    if (next.scheme != URL_HTTPS && next.scheme != old.scheme)
        fail(ERR_REFUSED, "refused the redirect of '%s' to '%s': it gives up encryption", from,
             target);
    else if (url_is_private(&next) && !inside && !(transfer->http->proxied && url_is_private(&old)))
        fail(ERR_REFUSED, "refused the redirect of '%s' to '%s': a private network", from, target);
    else {
        *public_only = !inside;
        return target;
    }
    return NULL;
}

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

int http_perform(struct http *http, const struct http_request *request, struct http_reply *reply)
{
    const char *url = request->url;
    bool public_only = http->job->public_only;

    for (unsigned redirects = 0;; redirects++) {
        struct transfer transfer = {
            .http = http, .request = request, .reply = reply, .public_only = public_only};
        int result;

        event_progress("connecting", 0, 0);
        result = send_with_retries(&transfer, url);
        if (result < 0)
            return result;
        if (reply->status == 200 || (reply->status == 304 && !request->body))
            return 0;
        if (!is_redirect(reply->status))
            return status_error(&transfer);
        if (request->body && reply->status < 307)
            return fail(ERR_NETWORK, "'%s' moved", url); /* a POST must not turn into a GET */
        if (redirects == MAX_REDIRECTS)
            return fail(ERR_NETWORK, "'%s': more than %d redirects", request->subject,
                        MAX_REDIRECTS);
        url = redirect_target(&transfer, url, &public_only);
        if (!url)
            return -(int)error_code();
    }
}
