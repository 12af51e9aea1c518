/*
 * The fields of an answer: their names in both dialects, their types, where they are kept. Reading,
 * merging and saying walk this one table.
 */
#ifndef PAII_HOOKS_REPLY_FIELDS_H
#define PAII_HOOKS_REPLY_FIELDS_H

#include "hooks/answer.h"

enum field_type {
    FIELD_TEXT,   /* const char * */
    FIELD_TRUE,   /* bool: it says true */
    FIELD_FALSE,  /* bool: it says false */
    FIELD_STRING, /* the others: json_slice */
    FIELD_OBJECT,
    FIELD_ANY,
    FIELD_PATHS,  /* an array of strings */
    FIELD_LIST,   /* an array of anything */
    FIELD_ACTION, /* accept, decline, cancel */
};

enum field_place { PLACE_TOP, PLACE_SPECIFIC, PLACE_DECISION };

struct field {
    const char *key;    /* of an action's result: "updated_input" */
    const char *client; /* "updatedInput" */
    enum field_place
        place; /* of the client's: beside or in hookSpecificOutput, or in its decision */
    enum field_type type;
    size_t offset;     /* in struct reply */
    unsigned takes;    /* enum takes that an event must have for it to be said; 0: always */
    const char *words; /* for people: "the content"; of slices of which only one can be said */
    bool is_reason;    /* said with the decision */
};
extern const struct field reply_fields[];
extern const size_t reply_field_count;

static inline void *field_of(const struct reply *reply, const struct field *field)
{
    return (char *)reply + field->offset;
}

/* `text` with every occurrence of a secret, also as JSON writes it, as ***. */
const char *hide_secrets(const char *text, const struct strings *secrets, struct arena *arena);

#endif
