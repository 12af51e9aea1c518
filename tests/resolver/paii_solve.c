/*
 * paii-solve [-w] [-n] [-t] [-r REPEATS] UNIVERSE REQUESTS.req.jsonl
 * paii-solve -o FILE UNIVERSE.uni.jsonl
 *
 * Solves problems in a neutral format (docs/resolver.md), one line of JSON an answer: with -w
 * optional requirements are pulled in, with -n each request gets a solver of its own, with -t it is
 * told how much memory solving looks at. -o compiles the universe to a file that stands for it from
 * then on. Built with the tests, not installed.
 */
#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "universe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The kernel marks each page of the process that is looked at; this takes all marks away. */
static void forget_touched(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "we");
    if (file) {
        fputs("1", file);
        fclose(file);
    }
}

static int64_t touched_kb(void)
{
    FILE *file = fopen("/proc/self/smaps", "re");
    int64_t kb, sum = 0;
    char line[256];
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Referenced: %" SCNd64 " kB", &kb) == 1)
            sum += kb;
    if (file)
        fclose(file);
    return sum;
}

static void write_solution(struct json_writer *json, const struct universe *universe,
                           const struct answer_plan *plan)
{
    json_key(json, "solution");
    json_object(json);
    for (uint32_t i = 0; i < plan->selected_count; i++) {
        uint32_t candidate = plan->selected[i];
        json_field(json, universe_name(universe, candidate), universe_version(universe, candidate));
    }
    json_end_object(json);
}

static void write_candidate(struct json_writer *json, const struct universe *universe,
                            uint32_t candidate)
{
    json_array(json);
    json_string(json, universe_name(universe, candidate));
    json_string(json, universe_version(universe, candidate));
    json_end_array(json);
}

/* A need with its members, so that whoever reads it can check it without the universe. */
static void write_need(struct json_writer *json, const struct universe *universe,
                       const struct fact *fact)
{
    const struct lists *gates = &universe->index.gate;
    json_key(json, "need");
    write_candidate(json, universe, fact->a);
    json_field(json, "of", universe_requirement(universe, fact->b));
    json_key(json, "members");
    json_array(json);
    for (uint32_t i = gates->at[fact->b]; i < gates->at[fact->b + 1]; i++)
        write_candidate(json, universe, gates->items[i]);
    json_end_array(json);
}

static void write_root(struct json_writer *json, const struct universe *universe,
                       const struct asked *asked, uint32_t root)
{
    bool held = root >= asked->install_count;
    json_key(json, held ? "held" : "asked");
    if (held)
        write_candidate(json, universe, asked->request.roots[root].members[0]);
    else
        json_integer(json, root);
}

static void write_fact(struct json_writer *json, const struct universe *universe,
                       const struct asked *asked, const struct fact *fact)
{
    json_object(json);
    switch (fact->kind) {
    case FACT_ROOT:
        write_root(json, universe, asked, fact->a);
        break;
    case FACT_NEED:
        write_need(json, universe, fact);
        break;
    case FACT_AVOID:
        json_key(json, "avoid");
        write_candidate(json, universe, fact->a);
        json_key(json, "other");
        write_candidate(json, universe, fact->b);
        break;
    case FACT_BARRED:
        json_key(json, "barred");
        write_candidate(json, universe, fact->a);
        break;
    }
    json_end_object(json);
}

static void write_facts(struct json_writer *json, const struct universe *universe,
                        const struct asked *asked, const struct answer_plan *plan)
{
    json_key(json, "facts");
    json_array(json);
    for (uint32_t i = 0; i < plan->fact_count; i++)
        write_fact(json, universe, asked, &plan->facts[i]);
    json_end_array(json);
}

static void write_answer(const struct universe *universe, const struct asked *asked,
                         const struct answer_plan *plan, uint64_t ns, int64_t touched,
                         struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text};
    json_object(&json);
    json_field(&json, "id", asked->id);
    json_field(&json, "result", plan->found ? "sat" : "unsat");
    if (plan->found)
        write_solution(&json, universe, plan);
    if (plan->found && asked->request.fewest_new) {
        json_key(&json, "least");
        json_boolean(&json, plan->least);
    }
    json_key(&json, "us");
    json_raw(&json, arena_printf(arena, "%.3f", (double)ns / 1000));
    if (touched >= 0) {
        json_key(&json, "touched_kb");
        json_integer(&json, touched);
    }
    json_key(&json, "conflicts");
    json_integer(&json, plan->conflicts);
    if (!plan->found)
        write_facts(&json, universe, asked, plan);
    json_end_object(&json);
    puts(buf_text(&text));
}

struct options {
    bool wishes, fresh, touched;
    int repeats; /* of each request, but not for more than a second; the fastest time is told */
    const char *compile_to;
};

/* Making and freeing a solver counts if each request has its own. */
static uint64_t solve_once(const struct universe *universe, struct solver *solver,
                           const struct request *request, struct answer_plan *plan,
                           struct arena *arena)
{
    uint64_t begin = now_ns();
    struct solver *fresh = solver ? NULL : resolver_new(&universe->index);
    resolver_solve(solver ? solver : fresh, request, plan, arena);
    if (fresh)
        resolver_free(fresh);
    return now_ns() - begin;
}

static void solve_line(struct universe *universe, struct solver *solver, const char *line,
                       size_t len, const struct options *options)
{
    struct arena arena = {0};
    struct asked asked;
    struct answer_plan plan;
    uint64_t best = UINT64_MAX, spent = 0;
    int64_t touched = -1;
    universe_ask(&asked, universe, line, len, &arena);
    asked.request.wishes = options->wishes;
    for (int i = 0; i < options->repeats && spent < 1000000000; i++) {
        uint64_t took = solve_once(universe, solver, &asked.request, &plan, &arena);
        best = took < best ? took : best;
        spent += took;
    }
    if (options->touched) {
        forget_touched();
        solve_once(universe, solver, &asked.request, &plan, &arena);
        touched = touched_kb();
    }
    asked.request.explain = !plan.found;
    if (!plan.found)
        solve_once(universe, solver, &asked.request, &plan, &arena);
    write_answer(universe, &asked, &plan, best, touched, &arena);
    universe_forget(universe, &asked);
    arena_release(&arena);
}

static int solve_file(struct universe *universe, const char *file, const struct options *options)
{
    AUTO_BUF requests = {0};
    int result = fs_read(&requests, file, SIZE_MAX);
    if (result < 0)
        return result;
    struct solver *solver = options->fresh ? NULL : resolver_new(&universe->index);
    for (const char *line = buf_text(&requests); *line;) {
        size_t len = strcspn(line, "\n");
        if (len)
            solve_line(universe, solver, line, len, options);
        line += len + (line[len] == '\n');
    }
    if (solver)
        resolver_free(solver);
    return 0;
}

/* Of the whole process, whose universe counts as far as it was looked at if it is mapped. */
static void print_peak(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        fprintf(stderr, "{\"peak_kb\":%ld}\n", usage.ru_maxrss);
}

static int usage(void)
{
    fputs("usage: paii-solve [-w] [-n] [-t] [-r REPEATS] UNIVERSE REQUESTS.req.jsonl\n"
          "       paii-solve -o FILE UNIVERSE.uni.jsonl\n",
          stderr);
    return 2;
}

static bool read_options(struct options *out, int argc, char **argv)
{
    *out = (struct options){.repeats = 1};
    for (int option; (option = getopt(argc, argv, "wntr:o:")) != -1;) {
        if (option == 'w')
            out->wishes = true;
        else if (option == 'n')
            out->fresh = true;
        else if (option == 't')
            out->touched = true;
        else if (option == 'r' && atoi(optarg) > 0)
            out->repeats = atoi(optarg);
        else if (option == 'o')
            out->compile_to = optarg;
        else
            return false;
    }
    return argc - optind == (out->compile_to ? 1 : 2);
}

int main(int argc, char **argv)
{
    struct universe universe;
    struct options options;
    if (!read_options(&options, argc, argv))
        return usage();
    int result = universe_read(&universe, argv[optind]);
    if (result == 0 && !universe.map)
        fprintf(stderr, "{\"candidates\":%u,\"compile_us\":%" PRIu64 "}\n",
                universe.index.candidates, universe.compile_ns / 1000);
    if (result == 0)
        result = options.compile_to ? universe_write(&universe, options.compile_to)
                                    : solve_file(&universe, argv[optind + 1], &options);
    universe_release(&universe);
    print_peak();
    if (result < 0)
        fprintf(stderr, "paii-solve: %s\n", error_text());
    return result < 0;
}
