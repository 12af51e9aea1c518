/*
 * Between the files of an explanation: explain.c makes few lines of the solver's facts,
 * explain_check.c says whether lines still contradict each other, explain_words.c and
 * explain_json.c tell them, explain_near.c says what nearly fits, explain_help.c finds what would
 * help, explain_choice.c lets a person choose (docs/resolver.md, "No solution").
 */
#ifndef PAII_CHANGE_EXPLAIN_H
#define PAII_CHANGE_EXPLAIN_H

#include "base/data.h"
#include "change/plan.h"

/* Some versions of one plugin. */
struct crowd {
    uint32_t *items; /* choices, ascending; never none */
    size_t count;
};

struct crowds { /* one of each plugin, by name */
    struct crowd *items;
    size_t count, capacity;
};

/* What somebody needs: a contract, or a plugin by name. */
struct wanted {
    const char *contract, *service; /* service may be NULL */
    const char *plugin;             /* NULL: a contract */
    const char *range;              /* "*" for any */
    const char *registry;           /* where the plugin is looked for; NULL: anywhere */
    const char *trouble;            /* why it is not to be had there, or NULL */
};

/* Facts that differ by versions alone. */
struct line {
    enum fact_kind kind;
    struct crowd who;
    uint32_t gate;       /* FACT_NEED: that of the first fact */
    struct wanted *want; /* FACT_NEED: what is needed, each term once */
    size_t want_count, want_capacity;
    struct crowds others; /* FACT_NEED: who would do; FACT_AVOID: whom they cannot stand beside */
    const char *alias; /* FACT_NEED: all `others` are chosen, and one is to be called so; or NULL */
    const struct line *then; /* is told in the same breath: "…, which needs b" */
    bool is_then;
};

/* What a person can do. `command` is NULL if there is no single one. */
struct hint {
    const char *text, *command;
};

struct explanation {
    struct planner *planner;
    struct arena *arena;
    const struct fact *facts;
    size_t fact_count;
    const struct wanted *missing; /* what was asked for and is there in no version; NULL: nothing */
    struct line *lines;
    size_t line_count, line_capacity;
    struct hint *hints;
    size_t hint_count, hint_capacity;
};

/* ---- explain.c ---- */

const struct package *explain_package(const struct explanation *explanation, uint32_t choice);
/* Of the choices, those of each plugin. */
struct crowds explain_crowds(const struct explanation *explanation, const uint32_t *choices,
                             size_t count);
/* "HEADER: LINE", or each line on one of its own. */
const char *explain_text(const struct explanation *explanation, const char *header);
/* Fails with that text, the hints, and all of it as data. */
int explain_refuse(const struct explanation *explanation, enum err code, const char *text);

/* ---- explain_check.c ---- */

/* Whether the lines, with what was asked for, contradict each other. */
bool explain_contradicts(const struct explanation *explanation);

/* ---- explain_near.c: what nearly satisfies a want ---- */

enum miss {
    MISS_VERSION,    /* another version, or service */
    MISS_PRERELEASE, /* it fits, and is chosen only by its exact version */
    MISS_YANKED,     /* likewise */
    MISS_OLDER,      /* likewise: a newer one is installed */
    MISS_HELD,       /* it fits, and another version is held */
    MISS_NONE,       /* it fits */
};

struct near {
    uint32_t choice;
    enum miss miss;
};

/* Choices that are what is wanted, or nearly; of each plugin in the order of preference. */
size_t explain_near(const struct explanation *explanation, const struct wanted *want,
                    struct near **out);
/* A row of a registry that would do, if a registry of higher priority did not hide its name. */
bool explain_hidden(const struct explanation *explanation, const struct wanted *want,
                    struct package *out);
/* Why nobody satisfies the need: ", which no plugin provides". */
const char *explain_nobody(const struct explanation *explanation, const struct wanted *want);

/* ---- explain_words.c ---- */

/* "a, b and c"; of many the first few. */
const char *explain_list(struct arena *arena, const struct strings *items, const char *last);
/* "1.0.0 to 1.4.2 and 2.0.0": "to" means all that there are between. */
const char *explain_runs(const struct explanation *explanation, const struct crowd *crowd);
/* The same; "" for every version that could be chosen, of a plugin with several. */
const char *explain_versions(const struct explanation *explanation, const struct crowd *crowd);
/* "greeter 1.0.0 and 1.1.0, waver": the crowds, with `last` before the last one. */
const char *explain_names(const struct explanation *explanation, const struct crowds *crowds,
                          const char *last);
/* The word of the request that is behind the fact of a root; NULL: none, it was there. */
const struct spec *explain_spec(const struct explanation *explanation, const struct fact *fact);
/* "'a' and 'b' cannot be installed together". */
const char *explain_header(const struct explanation *explanation);
/* The line, with those that are told in the same breath. */
const char *explain_line(const struct explanation *explanation, const struct line *line);

/* ---- explain_json.c ---- */

/* {"facts": […], "hints": […]} */
void explain_json(const struct explanation *explanation, struct buf *out);

/* ---- explain_help.c ---- */

/* Fills `hints`, the least intrusive first. Each was tried. */
void explain_help(struct explanation *explanation);
/* The same where no version is what was asked for. */
void explain_help_find(struct explanation *explanation, const struct spec *spec,
                       const struct wanted *want);

#endif
