#include "base/json_shim.h"

#include <json.h>
#include <limits.h>
#include <stdlib.h>

struct json_tokener *json_shim_new(int depth)
{
    struct json_tokener *tokener = json_tokener_new_ex(depth);
    if (!tokener)
        abort();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    return tokener;
}

void json_shim_free(struct json_tokener *tokener)
{
    json_tokener_free(tokener);
}

const char *json_shim_judge(struct json_tokener *tokener, const char *text, size_t len, size_t *at)
{
    *at = 0;
    if (len >= INT_MAX)
        return "the document is too large";
    json_tokener_reset(tokener);
    struct json_object *value = json_tokener_parse_ex(tokener, text, (int)len);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    *at = json_tokener_get_parse_end(tokener);
    if (error == json_tokener_continue) {
        /* A number may end with the text: json-c wants to be shown the end. */
        value = json_tokener_parse_ex(tokener, "", 1);
        error = json_tokener_get_error(tokener);
        *at = len;
    }
    json_object_put(value);
    if (error == json_tokener_success)
        return NULL;
    if (error == json_tokener_continue || error == json_tokener_error_parse_eof)
        return "the document ends too early";
    if (error == json_tokener_error_depth)
        return "nested too deeply";
    return json_tokener_error_desc(error);
}

int json_shim_string(struct json_tokener *tokener, const char *text, size_t len,
                     void (*take)(const char *characters, size_t len, void *payload), void *payload)
{
    json_tokener_reset(tokener);
    struct json_object *string = json_tokener_parse_ex(tokener, text, (int)len);
    int result = -1;
    if (json_object_is_type(string, json_type_string)) {
        take(json_object_get_string(string), (size_t)json_object_get_string_len(string), payload);
        result = 0;
    }
    json_object_put(string);
    return result;
}
