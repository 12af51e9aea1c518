/*
 * One request on the wire: what libcurl is told, and what it tells.
 */
#include "base/error.h"
#include "fetch/http_private.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { MAX_HEADER_BYTES = 256 << 10, MAX_ERROR_PAGE = 64 << 10 };

/* ---- headers ---- */

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

static void forget_headers(struct transfer *transfer)
{
    struct http_reply *reply = transfer->reply;

    reply->etag = reply->date = reply->content_type = NULL;
    transfer->content_range = transfer->now = transfer->wait = NULL;
}

static size_t on_header(char *line, size_t size, size_t count, void *payload)
{
    struct transfer *transfer = payload;
    struct http_reply *reply = transfer->reply;
    const struct {
        const char *name, **place;
    } kept[] = {{"etag", &reply->etag},
                {"last-modified", &reply->date},
                {"content-type", &reply->content_type},
                {"content-range", &transfer->content_range},
                {"date", &transfer->now},
                {"retry-after", &transfer->wait}};
    size_t len = size * count;

    transfer->header_bytes += len;
    transfer->active_ms = now_ms();
    if (transfer->header_bytes > MAX_HEADER_BYTES) {
        transfer->result = fail(ERR_REFUSED, "refused the answer for '%s': headers over 256 KiB",
                                transfer->request->subject);
        return 0;
    }
    if (len > 5 && strncmp(line, "HTTP/", 5) == 0)
        forget_headers(transfer); /* those of a next answer come, as after a 100 */
    transfer->head_ended = len <= 2 && line[len - 1] == '\n';
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const char *value = header_value(&transfer->http->job->arena, line, len, kept[i].name);

        if (value)
            *kept[i].place = value;
    }
    return len;
}

/* ---- the body ---- */

int http_begin_anew(struct transfer *transfer)
{
    int result = 0;

    if (transfer->kept > 0)
        result = transfer->request->restart(transfer->request->payload);
    transfer->kept = 0;
    transfer->validator = NULL;
    return result;
}

/* What a next try can name, so that it gets the rest of these very bytes or all of others. A date
 * counts if the file was at rest for a second (RFC 9110, 8.8.2.2). */
static void keep_validator(struct transfer *transfer)
{
    const struct http_reply *reply = transfer->reply;

    transfer->validator = NULL;
    transfer->validator_is_date = false;
    if (reply->etag && *reply->etag == '"') {
        transfer->validator = reply->etag;
    } else if (!reply->etag && reply->date && transfer->now) {
        time_t changed = curl_lib.curl_getdate(reply->date, NULL);
        time_t now = curl_lib.curl_getdate(transfer->now, NULL);

        transfer->validator_is_date = true;
        if (changed > 0 && now > changed)
            transfer->validator = reply->date;
    }
}

/* Whether a 206 is the rest of what we have: same validator, from the very next byte to the end. */
static bool is_the_rest(struct transfer *transfer)
{
    const struct http_reply *reply = transfer->reply;
    const char *validator = transfer->validator_is_date ? reply->date : reply->etag;
    unsigned long long from, to, whole;
    int end = 0;

    if (!transfer->ranged || !transfer->content_range)
        return false;
    if (validator ? strcmp(validator, transfer->validator) != 0 : !transfer->validator_is_date)
        return false;
    if (sscanf(transfer->content_range, "bytes %20llu-%20llu/%20llu%n", &from, &to, &whole, &end) !=
            3 ||
        transfer->content_range[end] != '\0')
        return false;
    transfer->whole = whole;
    return from == transfer->kept && to + 1 == whole;
}

static bool begin_body(struct transfer *transfer, long status)
{
    transfer->body_begun = true;
    if (status == 206) {
        transfer->stale = !is_the_rest(transfer);
        return !transfer->stale;
    }
    transfer->result = http_begin_anew(transfer);
    keep_validator(transfer);
    return transfer->result == 0;
}

static bool is_too_large(struct transfer *transfer, curl_off_t coming)
{
    uint64_t max = transfer->request->max;

    if (transfer->kept <= max && (coming <= 0 || (uint64_t)coming <= max) && transfer->whole <= max)
        return false;
    transfer->result = fail(ERR_REFUSED, "refused '%s': larger than %llu bytes",
                            transfer->request->subject, (unsigned long long)max);
    return true;
}

static size_t on_body(char *data, size_t size, size_t count, void *payload)
{
    struct transfer *transfer = payload;
    struct http *http = transfer->http;
    size_t len = size * count;
    curl_off_t coming = -1;
    long status = 0;

    curl_lib.curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    transfer->body_bytes += len;
    transfer->active_ms = now_ms();
    http->job->received += len;
    if (status != 200 && status != 206) /* a page about the error; nobody reads it */
        return transfer->body_bytes > MAX_ERROR_PAGE ? 0 : len;
    if (!transfer->body_begun && !begin_body(transfer, status))
        return 0;
    curl_lib.curl_easy_getinfo(http->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &coming);
    transfer->kept += len;
    if (is_too_large(transfer, coming))
        return 0;
    event_progress("receiving", http->job->received, coming > 0 ? (uint64_t)coming : 0);
    transfer->result = transfer->request->sink(transfer->request->payload, data, len);
    transfer->finished = transfer->result > 0;
    return transfer->result == 0 ? len : 0;
}

/* ---- silence ---- */

static unsigned stall_s(const struct transfer *transfer)
{
    const struct job *job = transfer->http->job;

    return job->stall_s ? job->stall_s : transfer->request->patience_s;
}

/* libcurl's own limit looks at the mean of some seconds, so what comes before a silence hides it.
 */
static int on_progress(void *payload, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct transfer *transfer = payload;

    (void)down_total, (void)down, (void)up_total, (void)up;
    transfer->silent = transfer->active_ms > 0 &&
                       now_ms() > transfer->active_ms + (uint64_t)stall_s(transfer) * 1000;
    return transfer->silent;
}

/* ---- addresses ---- */

static bool is_private_address(const char *text)
{
    return url_is_private(&(struct url){.scheme = URL_HTTPS, .host = text});
}

/* Refuses private addresses where only public ones are meant, whatever name led to them. */
static curl_socket_t on_socket(void *payload, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = payload;
    char text[INET6_ADDRSTRLEN];
    const struct sockaddr *addr = &address->addr;
    const void *bytes = addr->sa_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)addr)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)addr)->sin_addr;

    if (purpose == CURLSOCKTYPE_IPCXN && transfer->public_only && !transfer->http->proxied) {
        if (!inet_ntop(addr->sa_family, bytes, text, sizeof text) || is_private_address(text)) {
            transfer->private_refused = true;
            return CURL_SOCKET_BAD;
        }
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* The answer says whom it came from; of a proxy nobody wants to know. */
static void note_peer(struct transfer *transfer)
{
    struct job *job = transfer->http->job;
    char *address = NULL;

    curl_lib.curl_easy_getinfo(transfer->http->curl, CURLINFO_PRIMARY_IP, &address);
    if (!address || !*address || transfer->http->proxied)
        return;
    transfer->peer_private = is_private_address(address);
    job->peer = transfer->peer_private ? "private" : "public";
}

/* ---- what libcurl is told ---- */

#define SET(option, value) curl_lib.curl_easy_setopt(curl, option, value)

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

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

static void set_limits(CURL *curl, const struct transfer *transfer)
{
    const struct job *job = transfer->http->job;

    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_CONNECTTIMEOUT, (long)job->connect_s);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)transfer->request->min_speed);
    SET(CURLOPT_LOW_SPEED_TIME, (long)stall_s(transfer));
    SET(CURLOPT_TIMEOUT_MS, (long)deadline_left_ms(job));
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* does not wait for a resolver that waits for a silent server */
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
}

/* The job's secret goes to the origin that it belongs to, whatever this URL came from. */
static void set_credentials(CURL *curl, struct job *job, const char *url)
{
    struct url target, owner;

    if (!job->secret || url_parse(&target, &job->arena, url, true) < 0 ||
        url_parse(&owner, &job->arena, job->secret_origin, true) < 0 ||
        target.scheme != URL_HTTPS || !url_same_origin(&target, &owner))
        return;
    if (job->secret_user) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(CURLOPT_USERNAME, job->secret_user);
        SET(CURLOPT_PASSWORD, job->secret);
    } else {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        SET(CURLOPT_XOAUTH2_BEARER, job->secret);
    }
}

static struct curl_slist *make_headers(struct transfer *transfer)
{
    const struct http_request *request = transfer->request;
    struct arena *arena = &transfer->http->job->arena;
    struct curl_slist *headers = NULL;

    for (const char *const *h = request->headers; h && *h; h++)
        headers = curl_lib.curl_slist_append(headers, *h);
    if (request->body)
        headers = curl_lib.curl_slist_append(headers, "Expect:");
    transfer->ranged = transfer->kept > 0 && transfer->validator;
    if (transfer->ranged) {
        headers = curl_lib.curl_slist_append(
            headers, arena_printf(arena, "Range: bytes=%llu-", (unsigned long long)transfer->kept));
        headers = curl_lib.curl_slist_append(
            headers, arena_printf(arena, "If-Range: %s", transfer->validator));
    }
    return headers;
}

static void set_request(CURL *curl, const struct http_request *request, const char *url,
                        struct curl_slist *headers)
{
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_USERAGENT, "git/2.0 (paii " PAII_VERSION ")");
    SET(CURLOPT_HTTPHEADER, headers);
    if (request->body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, request->body);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
    }
}

static void begin_try(struct transfer *transfer, const char *url)
{
    *transfer->reply = (struct http_reply){.url = url};
    transfer->header_bytes = 0;
    transfer->body_bytes = transfer->whole = 0;
    transfer->active_ms = 0;
    transfer->silent = transfer->body_begun = transfer->stale = transfer->head_ended = false;
    transfer->http->error[0] = '\0';
    transfer->http->job->requests++;
    forget_headers(transfer);
}

/* What libcurl says, where it says something else than it means. */
static CURLcode true_code(struct transfer *transfer, CURLcode code)
{
    struct http *http = transfer->http;
    long status = 0;

    curl_lib.curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    if (transfer->silent) {
        snprintf(http->error, sizeof http->error, "silent for %u seconds", stall_s(transfer));
        return CURLE_OPERATION_TIMEDOUT;
    }
    if (code == CURLE_OK && !transfer->head_ended) { /* it takes that for an empty body */
        snprintf(http->error, sizeof http->error, "the answer broke off in its head");
        return CURLE_GOT_NOTHING;
    }
    if (code == CURLE_OUT_OF_MEMORY && !transfer->head_ended) /* its own limit of 100 KB */
        transfer->result = fail(ERR_REFUSED, "refused the answer for '%s': a header without end",
                                transfer->request->subject);
    if (code == CURLE_WRITE_ERROR && transfer->result == 0 && !transfer->finished &&
        !transfer->stale && status >= 300)
        return CURLE_OK; /* a long page about an error */
    return code;
}

CURLcode http_send(struct transfer *transfer, const char *url)
{
    struct http *http = transfer->http;
    CURL *curl = http->curl;
    struct curl_slist *headers;
    CURLcode code;

    curl_lib.curl_easy_reset(curl);
    begin_try(transfer, url);
    headers = make_headers(transfer);
    set_request(curl, transfer->request, url, headers);
    set_credentials(curl, http->job, url);
    set_trust(curl);
    set_limits(curl, transfer);
    SET(CURLOPT_ERRORBUFFER, http->error);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, transfer);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(CURLOPT_OPENSOCKETDATA, transfer);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, transfer);
    code = true_code(transfer, curl_lib.curl_easy_perform(curl));
    curl_lib.curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &transfer->reply->status);
    note_peer(transfer);
    curl_lib.curl_slist_free_all(headers);
    return code;
}
