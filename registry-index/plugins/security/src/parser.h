/*
 * The grammar: lists, pipelines, compound commands, redirections, functions.
 */
#ifndef SECURITY_PARSER_H
#define SECURITY_PARSER_H

#include "lexer.h"

/* Never NULL; `*problem` says why the text cannot be read as a shell's command, or is NULL. */
struct node *parse(const char *text, unsigned depth, const char **problem);
/* For the lexer, after "$(" and the like: reads commands up to and with the ')'. */
struct node *parse_inside(struct lexer *lexer);

#endif
