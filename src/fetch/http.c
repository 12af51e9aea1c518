#include "fetch/http.h"

#include "base/buf.h"
#include "base/error.h"
#include "fetch/library.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_REDIRECTS = 5,
    MAX_TRIES = 3,
    MAX_HEADER_BYTES = 256 << 10,
    CONNECT_S = 8,
    TOTAL_S = 1800,
};

struct http {
    struct job *job;
    CURL *curl;
    bool proxied;
    char error[CURL_ERROR_SIZE];
};

/* One request on the wire. */
struct transfer {
    struct http *http;
    const struct http_request *request;
    struct http_reply *reply;
    size_t header_bytes;
    uint64_t body_bytes;
    unsigned retry_after_s;
    int result;    /* of the sink, or ours */
    bool finished; /* the sink wants no more */
    bool private_address;
};

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

struct http *http_open(struct job *job)
{
    struct http *http;

    if (library_load_curl() < 0)
        return NULL;
    http = arena_alloc(&job->arena, sizeof *http);
    http->job = job;
    http->proxied = environment("https_proxy") || environment("http_proxy") ||
                    environment("all_proxy") || environment("HTTPS_PROXY") ||
                    environment("ALL_PROXY");
    http->curl = curl_lib.curl_easy_init();
    if (!http->curl)
        fail(ERR_GENERIC, "cannot start libcurl");
    return http->curl ? http : NULL;
}

void http_close(struct http *http)
{
    if (http && http->curl)
        curl_lib.curl_easy_cleanup(http->curl);
}

/* ---- what libcurl calls ---- */

static const char *header_value(struct arena *arena, const char *line, size_t len, const char *name)
{
    size_t n = strlen(name);

    if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
        return NULL;
    for (line += n + 1, len -= n + 1; len > 0 && (*line == ' ' || *line == '\t'); len--)
        line++;
    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
        len--;
    if (len > 1024)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            return NULL;
    }
    return arena_strndup(arena, line, len);
}

static size_t on_header(char *line, size_t size, size_t count, void *payload)
{
    struct transfer *transfer = payload;
    struct arena *arena = &transfer->http->job->arena;
    struct http_reply *reply = transfer->reply;
    size_t len = size * count;
    const char *value;

    transfer->header_bytes += len;
    if (transfer->header_bytes > MAX_HEADER_BYTES) {
        transfer->result = fail(ERR_REFUSED, "refused the answer for '%s': headers over 256 KiB",
                                transfer->request->subject);
        return 0;
    }
    if (len > 5 &&
        strncmp(line, "HTTP/", 5) == 0) /* the headers of a next answer, as after a 100 */
        reply->etag = reply->date = reply->content_type = NULL;
    if ((value = header_value(arena, line, len, "etag")))
        reply->etag = value;
    else if ((value = header_value(arena, line, len, "last-modified")))
        reply->date = value;
    else if ((value = header_value(arena, line, len, "content-type")))
        reply->content_type = value;
    else if ((value = header_value(arena, line, len, "retry-after")))
        transfer->retry_after_s = (unsigned)strtoul(value, NULL, 10);
    return len;
}

static int too_large(const struct transfer *transfer)
{
    return fail(ERR_REFUSED, "refused '%s': larger than %llu bytes", transfer->request->subject,
                (unsigned long long)transfer->request->max);
}

static size_t on_body(char *data, size_t size, size_t count, void *payload)
{
    struct transfer *transfer = payload;
    struct http *http = transfer->http;
    size_t len = size * count;
    curl_off_t total = -1;
    long status = 0;

    curl_lib.curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    transfer->body_bytes += len;
    http->job->received += len;
    if (status != 200) /* a page about the error; nobody reads it */
        return transfer->body_bytes > 64 << 10 ? 0 : len;
    curl_lib.curl_easy_getinfo(http->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &total);
    if (transfer->body_bytes > transfer->request->max ||
        (total > 0 && (uint64_t)total > transfer->request->max)) {
        transfer->result = too_large(transfer);
        return 0;
    }
    event_progress("receiving", http->job->received, total > 0 ? (uint64_t)total : 0);
    transfer->result = transfer->request->sink(transfer->request->payload, data, len);
    transfer->finished = transfer->result > 0;
    return transfer->result == 0 ? len : 0;
}

/* Refuses private addresses where only public ones are meant, whatever name led to them. */
static curl_socket_t on_socket(void *payload, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = payload;
    char text[INET6_ADDRSTRLEN];
    struct url url = {.scheme = URL_HTTPS, .host = text};
    const struct sockaddr *addr = &address->addr;
    const void *bytes = addr->sa_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)addr)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)addr)->sin_addr;

    if (purpose == CURLSOCKTYPE_IPCXN && transfer->http->job->public_only &&
        !transfer->http->proxied) {
        if (!inet_ntop(addr->sa_family, bytes, text, sizeof text) || url_is_private(&url)) {
            transfer->private_address = true;
            return CURL_SOCKET_BAD;
        }
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- one request ---- */

#define SET(option, value) curl_lib.curl_easy_setopt(curl, option, value)

static void set_trust(CURL *curl)
{
    const char *file = environment("SSL_CERT_FILE"), *dir = environment("SSL_CERT_DIR");

    if (!file)
        file = environment("CURL_CA_BUNDLE");
    if (file)
        SET(CURLOPT_CAINFO, file);
    if (dir)
        SET(CURLOPT_CAPATH, dir);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
}

static void set_limits(CURL *curl, const struct http_request *request)
{
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)request->min_speed);
    SET(CURLOPT_LOW_SPEED_TIME, (long)request->patience_s);
    SET(CURLOPT_TIMEOUT, (long)TOTAL_S);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
}

static struct curl_slist *set_request(CURL *curl, const struct http_request *request,
                                      const char *url)
{
    struct curl_slist *headers = NULL;

    for (const char *const *h = request->headers; h && *h; h++)
        headers = curl_lib.curl_slist_append(headers, *h);
    if (request->body)
        headers = curl_lib.curl_slist_append(headers, "Expect:");
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_USERAGENT, "git/2.0 (paii " PAII_VERSION ")");
    SET(CURLOPT_HTTPHEADER, headers);
    if (request->body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, request->body);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
    }
    return headers;
}

/* One request, no redirect followed. Fills reply->status; the code is libcurl's. */
static CURLcode send_once(struct transfer *transfer, const char *url)
{
    struct http *http = transfer->http;
    CURL *curl = http->curl;
    struct curl_slist *headers;
    CURLcode code;

    curl_lib.curl_easy_reset(curl);
    headers = set_request(curl, transfer->request, url);
    set_trust(curl);
    set_limits(curl, transfer->request);
    http->error[0] = '\0';
    SET(CURLOPT_ERRORBUFFER, http->error);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, transfer);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(CURLOPT_OPENSOCKETDATA, transfer);
    *transfer->reply = (struct http_reply){.url = url};
    http->job->requests++;
    code = curl_lib.curl_easy_perform(curl);
    curl_lib.curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &transfer->reply->status);
    curl_lib.curl_slist_free_all(headers);
    return code;
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
        error_hint("try again later");
        return -ERR_NETWORK;
    }
}

/* ---- retries ---- */

static bool worth_retrying(const struct transfer *transfer, CURLcode code)
{
    long status = transfer->reply->status;

    if (transfer->result != 0 || transfer->finished || transfer->private_address)
        return false;
    if (code == CURLE_OK)
        return status == 429 || status == 500 || (status >= 502 && status <= 504);
    return transfer->body_bytes == 0 &&
           (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
            code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
            code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM);
}

/* 0.2 s, then 0.4 s, each up to half longer by chance; or what the server asks for, up to 5 s. */
static void wait_before(unsigned attempt, unsigned retry_after_s)
{
    unsigned ms = 100u << attempt, chance = 0;
    struct timespec wait;

    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) > 0)
        ms += chance % (ms / 2);
    if (retry_after_s > 0)
        ms = retry_after_s < 5 ? retry_after_s * 1000 : 5000;
    wait = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&wait, NULL);
}

/* Sends to `url` until it works or is not worth another try. 0 once there is a status. */
static int send_with_retries(struct transfer *transfer, const char *url)
{
    CURLcode code;

    for (unsigned attempt = 1;; attempt++) {
        transfer->header_bytes = 0;
        transfer->body_bytes = 0;
        transfer->retry_after_s = 0;
        code = send_once(transfer, url);
        if (attempt == MAX_TRIES || !worth_retrying(transfer, code))
            break;
        event_log("trying '%s' again: %s", url,
                  code == CURLE_OK ? "the server is busy" : curl_lib.curl_easy_strerror(code));
        wait_before(attempt, transfer->retry_after_s);
    }
    if (transfer->result < 0)
        return transfer->result;
    if (transfer->private_address)
        return fail(ERR_REFUSED, "refused '%s': its name leads to a private network", url);
    if (transfer->finished || code == CURLE_OK)
        return 0;
    if (transfer->reply->status >= 300 && code == CURLE_WRITE_ERROR) /* a long error page */
        return 0;
    return network_error(transfer, code, url);
}

/* ---- redirects ---- */

/* Where the answer sends us, if the rules allow it; NULL after fail(). */
static const char *redirect_target(struct transfer *transfer, const char *from)
{
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
    else if (url_is_private(&next) && (transfer->http->job->public_only || !url_is_private(&old)))
        fail(ERR_REFUSED, "refused the redirect of '%s' to '%s': a private network", from, target);
    else
        return target;
    return NULL;
}

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

int http_perform(struct http *http, const struct http_request *request, struct http_reply *reply)
{
    const char *url = request->url;

    for (unsigned redirects = 0;; redirects++) {
        struct transfer transfer = {.http = http, .request = request, .reply = reply};
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
        url = redirect_target(&transfer, url);
        if (!url)
            return -(int)error_code();
    }
}
