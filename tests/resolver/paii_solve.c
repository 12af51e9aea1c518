/*
 * paii-solve [-w] [-r REPEATS] UNIVERSE.uni.jsonl REQUESTS.req.jsonl
 *
 * Solves problems in a neutral format (docs/resolver.md), one line of JSON an answer: with -w
 * optional requirements are pulled in. Built with the tests, not installed.
 */
#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "universe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void write_solution(struct json_writer *json, const struct universe *universe,
                           const struct answer_plan *plan)
{
    json_key(json, "solution");
    json_object(json);
    for (uint32_t i = 0; i < plan->selected_count; i++) {
        const struct row *row = &universe->rows[plan->selected[i]];
        json_field(json, row->name, row->version);
    }
    json_end_object(json);
}

static void write_row(struct json_writer *json, const char *key, const struct row *row)
{
    json_key(json, key);
    json_array(json);
    json_string(json, row->name);
    json_string(json, row->version);
    json_end_array(json);
}

/* A need with its members, so that whoever reads it can check it without the universe. */
static void write_need(struct json_writer *json, const struct universe *universe,
                       const struct fact *fact)
{
    const struct lists *gates = &universe->index.gate;
    write_row(json, "need", &universe->rows[fact->a]);
    json_field(json, "of", universe->gate_texts[fact->b]);
    json_key(json, "members");
    json_array(json);
    for (uint32_t i = gates->at[fact->b]; i < gates->at[fact->b + 1]; i++) {
        const struct row *row = &universe->rows[gates->items[i]];
        json_array(json);
        json_string(json, row->name);
        json_string(json, row->version);
        json_end_array(json);
    }
    json_end_array(json);
}

static void write_fact(struct json_writer *json, const struct universe *universe,
                       const struct fact *fact)
{
    json_object(json);
    switch (fact->kind) {
    case FACT_ROOT:
        json_key(json, "asked");
        json_integer(json, fact->a);
        break;
    case FACT_NEED:
        write_need(json, universe, fact);
        break;
    case FACT_AVOID:
        write_row(json, "avoid", &universe->rows[fact->a]);
        write_row(json, "other", &universe->rows[fact->b]);
        break;
    case FACT_BARRED:
        write_row(json, "barred", &universe->rows[fact->a]);
        break;
    }
    json_end_object(json);
}

static void write_facts(struct json_writer *json, const struct universe *universe,
                        const struct answer_plan *plan)
{
    json_key(json, "facts");
    json_array(json);
    for (uint32_t i = 0; i < plan->fact_count; i++)
        write_fact(json, universe, &plan->facts[i]);
    json_end_array(json);
}

static void write_answer(const struct universe *universe, const struct asked *asked,
                         const struct answer_plan *plan, uint64_t ns, struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text};
    json_object(&json);
    json_field(&json, "id", asked->id);
    json_field(&json, "result", plan->found ? "sat" : "unsat");
    if (plan->found)
        write_solution(&json, universe, plan);
    json_key(&json, "us");
    json_raw(&json, arena_printf(arena, "%.3f", (double)ns / 1000));
    json_key(&json, "conflicts");
    json_integer(&json, plan->conflicts);
    if (!plan->found)
        write_facts(&json, universe, plan);
    json_end_object(&json);
    puts(buf_text(&text));
}

struct options {
    bool wishes;
    int repeats; /* of each request; the fastest time is told */
};

static void solve_line(struct universe *universe, struct solver *solver, const char *line,
                       size_t len, const struct options *options)
{
    struct arena arena = {0};
    struct asked asked;
    struct answer_plan plan;
    uint64_t best = UINT64_MAX;
    universe_ask(&asked, universe, line, len, &arena);
    asked.request.wishes = options->wishes;
    for (int i = 0; i < options->repeats; i++) {
        uint64_t begin = now_ns();
        resolver_solve(solver, &asked.request, &plan, &arena);
        uint64_t took = now_ns() - begin;
        best = took < best ? took : best;
    }
    asked.request.explain = !plan.found;
    if (!plan.found)
        resolver_solve(solver, &asked.request, &plan, &arena);
    write_answer(universe, &asked, &plan, best, &arena);
    universe_forget(universe, &asked);
    arena_release(&arena);
}

static int solve_file(struct universe *universe, const char *file, const struct options *options)
{
    AUTO_BUF requests = {0};
    int result = fs_read(&requests, file, SIZE_MAX);
    if (result < 0)
        return result;
    struct solver *solver = resolver_new(&universe->index);
    for (const char *line = buf_text(&requests); *line;) {
        size_t len = strcspn(line, "\n");
        if (len)
            solve_line(universe, solver, line, len, options);
        line += len + (line[len] == '\n');
    }
    resolver_free(solver);
    return 0;
}

static int usage(void)
{
    fputs("usage: paii-solve [-w] [-r REPEATS] UNIVERSE.uni.jsonl REQUESTS.req.jsonl\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct universe universe;
    struct options options = {.repeats = 1};
    for (int option; (option = getopt(argc, argv, "wr:")) != -1;) {
        if (option == 'w')
            options.wishes = true;
        else if (option == 'r' && atoi(optarg) > 0)
            options.repeats = atoi(optarg);
        else
            return usage();
    }
    if (argc - optind != 2)
        return usage();
    int result = universe_read(&universe, argv[optind]);
    if (result == 0) {
        fprintf(stderr, "{\"candidates\":%u,\"compile_us\":%" PRIu64 "}\n", universe.row_count,
                universe.compile_ns / 1000);
        result = solve_file(&universe, argv[optind + 1], &options);
        universe_release(&universe);
    }
    if (result < 0)
        fprintf(stderr, "paii-solve: %s\n", error_text());
    return result < 0;
}
