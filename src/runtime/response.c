#include "runtime/response.h"

#include <stdarg.h>
#include <string.h>

static const char *const codes[] = {
    "invalid_params", "not_configured", "auth",     "not_found", "conflict",
    "unavailable",    "rate_limited",   "timeout",  "denied",    "unbound",
    "unsupported",    "unknown",        "internal", "crash",
};

static bool is_code(const char *text)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (!strcmp(codes[i], text))
            return true;
    }
    return false;
}

static const char *string_of(const struct data *table, const char *key)
{
    const struct data *value = data_get(table, key);
    return value && value->type == DATA_STRING ? value->text : NULL;
}

static const char *read_failure(struct action_result *out, const struct data *document)
{
    const struct data *error = data_get(document, "error");
    if (!error || error->type != DATA_TABLE)
        return "its response has \"ok\": false and no error";
    out->code = string_of(error, "code");
    out->message = string_of(error, "message");
    if (!out->code || !is_code(out->code))
        return "its error has a code that is not one of the protocol's";
    if (!out->message)
        out->message = "";
    return NULL;
}

static const char *read_success(struct action_result *out, const struct data *document,
                                struct arena *arena)
{
    out->result = data_get(document, "result");
    if (!out->result) {
        struct data *none = arena_alloc(arena, sizeof *none);
        none->type = DATA_NULL;
        out->result = none;
    }
    out->text = string_of(document, "text");
    return NULL;
}

static void read_warnings(struct action_result *out, const struct data *document,
                          struct arena *arena)
{
    const struct data *list = data_get(document, "warnings");
    for (const struct data *item = list ? list->children : NULL; item; item = item->next) {
        if (item->type == DATA_STRING)
            strings_add(&out->warnings, arena, item->text);
    }
}

static const char *check_head(const struct data *document, const char *id)
{
    const struct data *version = data_get(document, "paii");
    const struct data *own = data_get(document, "id");
    if (!version || version->type != DATA_INTEGER || version->integer != 1)
        return "its response lacks \"paii\": 1";
    if (own && own->type != DATA_NULL && (own->type != DATA_STRING || strcmp(own->text, id) != 0))
        return "its response has the id of another request";
    return NULL;
}

const char *response_read(struct action_result *out, const char *id, int status,
                          struct arena *arena)
{
    struct diags diags = {.arena = arena};
    if (out->raw.overflow)
        return "it wrote more than 16 MiB";
    if (!out->raw.len)
        return "it wrote nothing";
    const struct data *document =
        data_parse_json(arena, "response", out->raw.data, out->raw.len, false, &diags);
    if (!document || document->type != DATA_TABLE)
        return "it wrote something else than one JSON object";
    const char *wrong = check_head(document, id);
    if (wrong)
        return wrong;
    const struct data *ok = data_get(document, "ok");
    if (!ok || ok->type != DATA_BOOLEAN)
        return "its response lacks \"ok\"";
    if (status != !ok->boolean)
        return ok->boolean ? "its response has \"ok\": true, its exit status another meaning"
                           : "its response has \"ok\": false, its exit status another meaning";
    read_warnings(out, document, arena);
    out->ok = ok->boolean;
    return out->ok ? read_success(out, document, arena) : read_failure(out, document);
}

void action_fail(struct action_result *out, struct arena *arena, const char *id, const char *code,
                 const char *format, ...)
{
    AUTO_BUF message = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&message, format, args);
    va_end(args);

    buf_release(&out->raw);
    *out = (struct action_result){
        .code = arena_strdup(arena, code),
        .message = arena_strdup(arena, buf_text(&message)),
    };
    bool again = !strcmp(code, "timeout") || !strcmp(code, "unavailable");
    struct json_writer json = {.out = &out->raw};
    json_object(&json);
    json_key(&json, "paii");
    json_integer(&json, 1);
    json_field(&json, "id", id);
    json_key(&json, "ok");
    json_boolean(&json, false);
    json_key(&json, "error");
    json_object(&json);
    json_field(&json, "code", code);
    json_field(&json, "message", out->message);
    json_key(&json, "retryable");
    json_boolean(&json, again);
    json_end_object(&json);
    json_end_object(&json);
}
