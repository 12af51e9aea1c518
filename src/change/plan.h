/*
 * Between the files of the plan: plan.c makes a problem for the resolver, universe.c of what could
 * be chosen, order.c says what is preferred, terms.c reads what plugins say of themselves,
 * providers.c finds who provides a contract, depends.c what a name leads to, explain.c why there is
 * no solution and obstacles.c what is in its way, steps.c what a solution means.
 */
#ifndef PAII_CHANGE_PLAN_H
#define PAII_CHANGE_PLAN_H

#include "change/change.h"
#include "registry/dependency.h"
#include "resolver/solver.h"

/* What stands behind a root: a plugin by name, and how it was asked for. */
struct asked {
    const char *plugin;
    const char *range; /* "" for any */
};

/* A need of a choice, for the explanation: the term behind the gate. */
struct need {
    uint32_t candidate, gate;
    const struct consumed *consumed; /* NULL: a plugin by name, */
    const struct dependency *depends;
};

/* Where a dependency leads. */
struct place {
    const char *name;     /* what the plugin is called there now */
    const char *registry; /* NULL: any, or none that is known */
    bool unknown;         /* no registry is called as it says */
    bool foreign;         /* not the plugin's own registry: it must be permitted */
};

enum term_kind {
    TERM_PROVIDES,
    TERM_CONSUMES,
    TERM_DEPENDS,
    TERM_CONFLICTS,
    /* What those are about: */
    TERM_CONTRACT,
    TERM_PLUGIN, /* as the plugins of a registry call it */
    TERM_RANGE,
    TERM_KINDS
};

/* A line of what plugins say of themselves, or a part of it. */
struct term {
    enum term_kind kind;
    uint32_t number; /* among those of its kind */
    const char *text;
    size_t len;
    const char *registry;      /* TERM_DEPENDS, TERM_PLUGIN: of those that say it; else NULL */
    const struct term *who;    /* the contract or plugin; NULL of a conflict with a plugin */
    const struct range *range; /* NULL: any */
    union {
        struct {
            struct provided provided;
            struct version version;
            bool versioned;
        };
        struct consumed consumed;
        struct dependency depends;
        struct conflict conflict;
        struct place place;
    };
    bool valid;
};

struct term_list {
    const struct term **items;
    size_t count;
};

/* By a term's number: of a contract or plugin whether all that it leads to is offered; of a
 * dependency its gate + 1, of a conflict its set + 1; 0: not yet. */
struct marks {
    uint32_t *items;
    size_t count, capacity;
};

/* A name of which there are choices: first .. those of the next one. */
struct name {
    const char *text;
    uint32_t first;
    const struct package *before; /* what is installed; NULL: nothing */
    const struct spec *spec;      /* how the request asks for it; NULL: not */
    bool liked;                   /* it is preferred to others */
    bool removed;
};

/* What a choice is, whatever is asked for. */
struct identity {
    struct version version; /* if `versioned` */
    uint32_t name;
    bool versioned;
};

/* What the request makes of it. */
struct standing {
    bool named;    /* a person named it, now or when it was installed */
    bool eligible; /* there is room for it at all */
    /* A person asks for this very version: then it will do for others as well, though it be a
     * prerelease or yanked. */
    bool exact;
};

struct planner {
    struct change *change;
    struct arena *arena;
    const struct planner *failed; /* whose trial this is: only whether it would do is asked */
    struct terms *terms;
    bool closed; /* whatever is asked for, what choices need is among them */
    struct marks marks[TERM_KINDS];
    struct choice **choices; /* by the solver's number: sorted by name */
    struct identity *identities;
    struct standing *standings;
    size_t choice_count;
    struct name *names; /* ascending; one more ends the last */
    size_t name_count, name_capacity;
    struct providers *providers;
    struct index_builder *builder;
    struct index index;
    struct need *needs;
    size_t need_count, need_capacity;
    struct root *roots;
    size_t root_count, root_capacity;
    struct asked *asked; /* by root */
    size_t asked_count, asked_capacity;
    struct root *raised; /* what goes to its best version before others may change */
    size_t raised_count, raised_capacity;
    bool dirty; /* flags or bindings differ though no plugin does */
};

/* ---- what the request says of a name ---- */

bool plan_removes(const struct change *change, const char *name);
bool plan_updates(const struct change *change, const char *name);
const struct spec *plan_spec(const struct change *change, const char *name); /* NULL: not named */
/* Whether a person named it, now or when it was installed. */
bool plan_named(const struct change *change, const struct choice *choice);

/* ---- preference ---- */

/* Whether [bindings] names `plugin` for that contract. */
bool plan_bound(const struct change *change, const struct consumed *consumed, const char *plugin);

/* Whether only the plugin itself knows its version, and will be fetched to see. */
bool plan_is_unseen(const struct choice *choice);
/* Whether a requirement with this range (NULL: none) may take the choice at all. */
bool plan_choosable(const struct planner *planner, uint32_t choice, const struct range *range,
                    bool prereleases);
/* Whether the request leaves the installed version of the choice's plugin alone, so that this other
 * one is out of question: it is held, or newer and nobody asked for an older one. */
bool plan_stays(const struct change *change, const struct choice *choice);
/* NULL: there are no choices of that name. */
struct name *plan_name(const struct planner *planner, const char *name);
/* Fills planner->standings, and what names have besides their choices. */
void plan_judge(struct planner *planner);
/* Negative if choice `a` is to be preferred as a provider to `b`. */
int plan_compare(const struct planner *planner, uint32_t a, uint32_t b);
/* Sorts the solver's numbers, all of one name, best first. `ranged`: versions were asked for, so
 * tags count like others. */
void plan_sort(const struct planner *planner, bool ranged, uint32_t *items, size_t count);

/* ---- terms ---- */

struct terms *plan_terms_new(struct arena *arena);
/* What the package says; what is malformed is left out. */
struct term_list plan_terms(struct planner *planner, enum term_kind kind,
                            const struct package *package);
const struct term *plan_contract(struct planner *planner, const char *name);
uint32_t *plan_mark(struct planner *planner, const struct term *term);

/* ---- the universe ---- */

/* Offers what the request leads to; fills planner->choices, what is known of them, and the index.
 */
int plan_universe(struct planner *planner);

/* ---- providers ---- */

/* What all choices provide; planner->standings are there. */
struct providers *plan_providers(struct planner *planner);
/* The gate of a requirement: its providers, best first. */
uint32_t plan_contract_gate(struct planner *planner, const struct term *consumed);
/* All choices that provide the contract, ascending; service and range may be NULL. */
size_t plan_offers(const struct planner *planner, const struct term *contract, const char *service,
                   const struct range *range, uint32_t *items);

/* ERR_REFUSED if the request names something held that it would change. */
int plan_check_holds(const struct change *change);

/* ---- plugins by name ---- */

/* What a plugin of the registry means. */
struct place plan_place(const struct change *change, const char *registry,
                        const struct dependency *term);
/* Whether the place is one that may be looked at: it is known and not foreign, or permitted. */
bool plan_is_open(const struct change *change, const struct place *place);
/* Offers what is there. */
int plan_offer_place(struct change *change, const struct place *place);
/* Whether the choice, which has the place's name, may be taken there. */
bool plan_is_at(const struct place *place, bool open, const struct choice *choice);
/* Whether the choice is a plugin that a dependency of `owner` leads to, whatever its version. */
bool plan_is_dependency(const struct change *change, const struct package *owner,
                        const struct dependency *term, const struct choice *choice);
/* The registry that a dependency leads to; NULL: any, or none that is known. */
const char *plan_dependency_registry(const struct change *change, const struct package *owner,
                                     const struct dependency *term);
/* Why the term leads nowhere, whatever is installed: its registry is not there or may not be
 * depended on; NULL if neither. */
const char *plan_dependency_trouble(const struct change *change, const struct package *owner,
                                    const struct dependency *term, struct arena *arena);

/* ---- after the resolver ---- */

/* Of what was asked for before, the fewest plugins without which there is a plan; none if nothing
 * of it helps. */
struct strings plan_obstacles(const struct planner *planner, struct arena *arena);

struct plan {
    struct choice **chosen; /* by name */
    size_t count;
};
/* Whether there would be a plan for `change`, which is that of the planner with other wishes.
 * Nothing is decided. */
bool plan_would(struct change *change, const struct planner *failed, struct plan *out);

int plan_explain(struct planner *planner, const struct answer_plan *answer); /* ERR_CONTRACT */
/* There are versions of the plugin, and none is what the request says: ERR_NOT_FOUND. */
int plan_explain_find(struct planner *planner, const struct spec *spec);
/* What is chosen leaves open whom a required contract is bound to: ERR_CONTRACT. */
int plan_explain_choice(struct planner *planner, const struct answer_plan *answer);
/* Which of the chosen the alias is bound to; NULL if none fits, or several do and nothing decides.
 * Adds to `fits` those that fit. */
const char *plan_provider(struct planner *planner, const struct choice *consumer,
                          const struct consumed *consumed, struct choice *const *chosen,
                          size_t count, struct strings *fits);
/* What the answer selects, in its order; in the arena. */
struct choice **plan_chosen(const struct planner *planner, const struct answer_plan *answer,
                            struct arena *arena);
/* A required contract for which several of the chosen fit, and nothing decides. */
struct unbound {
    size_t consumer; /* position among the chosen */
    const struct consumed *consumed;
    struct strings fits;
};
size_t plan_unbound(struct planner *planner, struct choice *const *chosen, size_t count,
                    struct unbound **out);
/* Fills steps and bindings; sets planner->dirty. */
int plan_steps(struct planner *planner, const struct answer_plan *answer);

#endif
