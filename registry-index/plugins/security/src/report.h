/*
 * The judgement in words: for the client, and for people.
 */
#ifndef SECURITY_REPORT_H
#define SECURITY_REPORT_H

#include "arena.h"
#include "judge.h"

/* Members of a response: "result" and "text". */
void report_check(struct text *out, const struct judgement *judgement);
void report_explain(struct text *out, const struct judgement *judgement);
/* Appends a member of an object, if there is a value. */
void report_member(struct text *out, const char *key, const char *value);

#endif
