/*
 * A command line as the shell's grammar has it: words made of parts, commands made of words, lists
 * made of commands. lexer.c reads words, parser.c reads everything else.
 */
#ifndef SECURITY_SYNTAX_H
#define SECURITY_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Characters that stand for what a text alone cannot say. A command that has them as they are is
 * asked about in any case.
 */
#define MARK_UNKNOWN '\1' /* any text, also none */
#define MARK_STAR    '\2' /* the pattern "*" */
#define MARK_ONE     '\3' /* the patterns "?" and "[...]" */

enum part_kind {
    PART_TEXT,     /* text */
    PART_VARIABLE, /* $text, or ${text operator operand} */
    PART_COMMAND,  /* the output of body */
    PART_PROCESS,  /* a file with the output of body: <(...) */
    PART_NUMBER,   /* $((operand)) */
    PART_BRACES,   /* {alternatives} */
};

struct part {
    enum part_kind kind;
    bool quoted;
    const char *text;
    const char *op;       /* ":-", "#", …; NULL for none */
    struct word *operand; /* the alternatives of braces are chained by next */
    struct node *body;
    struct part *next;
};

struct word {
    struct part *parts;
    const char *bare; /* the text, if it is nothing but plain text without quotes; NULL */
    struct word *next;
};

enum redirect_kind {
    REDIRECT_READ,
    REDIRECT_WRITE, /* also appends, also <> */
    REDIRECT_TEXT,  /* a here-document or a here-string: the target is the text */
};

struct redirect {
    enum redirect_kind kind;
    bool output; /* of standard output, not of another descriptor */
    struct word *target;
    struct redirect *next;
};

struct assignment {
    const char *name;
    struct word *value; /* the elements of an array are chained by next */
    bool adds;          /* name+=value */
    bool array;
    struct assignment *next;
};

enum node_kind {
    NODE_COMMAND,  /* assignments, words, redirects */
    NODE_PIPELINE, /* children */
    NODE_LIST,     /* children, one after the other */
    NODE_SUBSHELL, /* a child, in a shell of its own */
    NODE_BRANCHES, /* the first child always, then any one of the others */
    NODE_LOOP,     /* a child, any number of times */
    NODE_FOR,      /* a child, with variable `name` set to each of words */
    NODE_FUNCTION, /* a child, to be run by its name */
    NODE_TEST,     /* words that are looked at: [[ ]], (( )) */
};

struct node {
    enum node_kind kind;
    struct word *words;
    struct assignment *assignments;
    struct redirect *redirects;
    const char *name;
    struct node *children, *next;
    bool background;  /* & */
    bool conditional; /* after && or || */
    bool all;         /* for without "in": the positional parameters */
};

#endif
