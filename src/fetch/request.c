#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "fetch/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_REQUEST = 1 << 20, MAX_ITEMS = 64 };

static int read_input(struct buf *text)
{
    char block[4096];
    ssize_t n;

    text->max = MAX_REQUEST;
    while ((n = read(0, block, sizeof block)) != 0) {
        if (n < 0 && errno != EINTR)
            return fail_errno(ERR_GENERIC, "cannot read the request");
        if (n > 0)
            buf_add(text, block, (size_t)n);
    }
    return text->overflow ? fail(ERR_REFUSED, "the request is longer than 1 MiB") : 0;
}

static bool is_hex(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

/* A reference as Git allows it, and nothing that could be read as something else. */
static bool is_ref(const char *ref)
{
    size_t len = strlen(ref);

    if (len == 0 || len > 255 || ref[0] == '-' || ref[0] == '/' || ref[len - 1] == '/')
        return false;
    for (const char *p = ref; *p; p++) {
        if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("~^:?*[\\", *p))
            return false;
    }
    return !strstr(ref, "..") && !strstr(ref, "//") && !strstr(ref, "@{");
}

/* A relative path of plain names; "" where `empty` allows it. */
static bool is_path(const char *path, bool empty)
{
    if (*path == '\0')
        return empty;
    for (const char *p = path;;) {
        size_t len = strcspn(p, "/");

        if (len == 0 || (p[0] == '.' && (len == 1 || (len == 2 && p[1] == '.'))))
            return false;
        if (p[len] == '\0')
            return true;
        p += len + 1;
    }
}

static bool has_control(const char *text)
{
    for (const char *p = text ? text : ""; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return true;
    }
    return false;
}

static int check_item(const struct item *item)
{
    if (item->sha256 && !is_hex(item->sha256, 64))
        return fail(ERR_REFUSED, "'%s' is no SHA-256", item->sha256);
    if (item->base && !is_hex(item->base, 40))
        return fail(ERR_REFUSED, "'%s' is no full commit id", item->base);
    if (item->path && !is_path(item->path, true))
        return fail(ERR_REFUSED, "refused the subfolder '%s': not a plain relative path",
                    item->path);
    if (item->into && !is_path(item->into, false))
        return fail(ERR_REFUSED, "refused '%s' as a name below staging", item->into);
    if (item->folder && !is_path(item->folder, false))
        return fail(ERR_REFUSED, "refused '%s' as a folder below staging", item->folder);
    return 0;
}

static int check(const struct job *job)
{
    if (job->ref && is_hex(job->ref, 40)) {
        fail(ERR_REFUSED, "refused '%s' as a branch or tag: it reads as a commit", job->ref);
        error_hint("give it as a commit, which is looked up by its id alone");
        return -ERR_REFUSED;
    }
    if (job->ref && !is_ref(job->ref))
        return fail(ERR_REFUSED, "'%s' cannot be a branch or tag", job->ref);
    if (job->commit && !is_hex(job->commit, 40)) {
        fail(ERR_REFUSED, "'%s' is no full commit id", job->commit);
        error_hint("a pin has all 40 hexadecimal digits, in lower case");
        return -ERR_REFUSED;
    }
    if (has_control(job->secret) || has_control(job->secret_user))
        return fail(ERR_REFUSED, "the request holds a control character in a secret");
    for (size_t i = 0; i < job->files.count; i++) {
        if (!is_path(job->files.items[i], false))
            return fail(ERR_REFUSED, "refused the file name '%s'", job->files.items[i]);
    }
    for (size_t i = 0; i < job->item_count; i++) {
        if (check_item(&job->items[i]) < 0)
            return -ERR_REFUSED;
    }
    return 0;
}

/* What an item says itself, else what the request says for all. */
static void add_item(struct job *job, struct reader *reader)
{
    *arena_push(&job->arena, &job->items, &job->item_count, &job->item_capacity) = (struct item){
        .url = read_string(reader, "url", job->url),
        .path = read_string(reader, "path", job->path),
        .into = read_string(reader, "into", job->into),
        .sha256 = read_string(reader, "sha256", job->sha256),
        .archive = read_string(reader, "archive", job->archive),
        .base = read_string(reader, "base", NULL),
    };
}

static void read_items(struct job *job, struct reader *reader)
{
    struct data *list = read_any(reader, "items");

    if (!list) {
        add_item(job, reader);
        return;
    }
    job->has_items = true;
    if (list->type != DATA_ARRAY || list->count == 0 || list->count > MAX_ITEMS) {
        read_error(reader, list, "expected 1 to %d items", MAX_ITEMS);
        return;
    }
    for (struct data *node = list->children; node; node = node->next) {
        struct reader item = *reader;

        if (node->type != DATA_TABLE) {
            read_error(reader, node, "expected a table");
            return;
        }
        item.table = node;
        add_item(job, &item);
        job->items[job->item_count - 1].folder = read_required(&item, "folder");
    }
}

static bool has_nul(const struct data *node)
{
    if (node->type == DATA_STRING && strlen(node->text) != node->len)
        return true;
    for (const struct data *child = node->children; child; child = child->next) {
        if (has_nul(child))
            return true;
    }
    return false;
}

static void read_network(struct job *job, struct reader *reader)
{
    job->connect_s = (unsigned)read_integer(reader, "connect", 8, 1, 3600);
    job->stall_s = (unsigned)read_integer(reader, "stall", 0, 0, 3600);
    job->timeout_s = (unsigned)read_integer(reader, "timeout", 1800, 1, 86400);
    job->retries = (unsigned)read_integer(reader, "retries", 2, 0, 10);
}

static void read_secret(struct job *job, struct reader *reader)
{
    struct reader table = read_table(reader, "auth");

    if (!table.table)
        return;
    job->secret = read_required(&table, "secret");
    job->secret_user = read_string(&table, "user", NULL);
    job->secret_origin = read_required(&table, "origin");
}

int request_read(struct job *job)
{
    AUTO_BUF text = {0};
    struct diags diags = {.arena = &job->arena};
    struct data *root;
    int result = read_input(&text);

    if (result < 0)
        return result;
    root = data_parse_json(&job->arena, "request", buf_text(&text), text.len, true, &diags);
    if (!root || root->type != DATA_TABLE)
        return fail(ERR_REFUSED, "the request is not one JSON object");
    if (has_nul(root))
        return fail(ERR_REFUSED, "the request holds a NUL");

    struct reader reader = {.table = root, .file = "request", .diags = &diags};
    if (read_integer(&reader, "paii", 0, 0, 1) != 1)
        return fail(ERR_REFUSED, "the request is not for protocol 1");
    job->op = read_required(&reader, "op");
    job->url = read_string(&reader, "url", NULL);
    job->ref = read_string(&reader, "ref", NULL);
    job->commit = read_string(&reader, "commit", NULL);
    job->path = read_string(&reader, "path", NULL);
    job->into = read_string(&reader, "into", NULL);
    job->known = read_string(&reader, "known", NULL);
    job->known_date = read_string(&reader, "known_date", NULL);
    job->sha256 = read_string(&reader, "sha256", NULL);
    job->archive = read_string(&reader, "archive", NULL);
    job->package = read_string(&reader, "package", NULL);
    job->version = read_string(&reader, "version", NULL);
    read_strings(&reader, "files", &job->files);
    job->max = (uint64_t)read_integer(&reader, "max", 512 << 20, 1, 512 << 20);
    job->public_only = read_boolean(&reader, "public", false);
    job->offline = read_boolean(&reader, "offline", false);
    job->wants_tags = read_boolean(&reader, "tags", false);
    job->require_sandbox = read_boolean(&reader, "require_sandbox", false);
    read_network(job, &reader);
    read_secret(job, &reader);
    read_items(job, &reader);
    if (diags.errors > 0)
        return fail(ERR_REFUSED, "the request is malformed: %s",
                    diag_text(&diags.items[0], &job->arena));
    return check(job);
}
