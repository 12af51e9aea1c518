/*
 * libsolv-solve [-w] [-r REPEATS] UNIVERSE REQUESTS.req.jsonl
 *
 * The same problems for libsolv, to compare with: the index of paii-solve becomes a pool, each gate
 * a name that its members provide, what is installed a copy in a repository of its own. Prints the
 * answers in the same format, without facts; -w: with optional requirements, which are
 * recommendations here.
 */
#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "universe.h"

#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/solver.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static Id numbered(Pool *pool, const char *what, uint32_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%s:%u", what, number);
    return pool_str2id(pool, text, 1);
}

/* Versions of a name are newest first in the index. */
static Id rank_of(Pool *pool, const struct universe *universe, uint32_t candidate)
{
    uint32_t name = universe->index.name[candidate];
    char text[16];
    snprintf(text, sizeof text, "%u", universe->index.first[name + 1] - candidate);
    return pool_str2id(pool, text, 1);
}

enum relation { PROVIDES, REQUIRES, RECOMMENDS, CONFLICTS };

static void add_all(Pool *pool, Solvable *solvable, enum relation relation, const char *what,
                    const struct lists *lists, uint32_t candidate)
{
    Repo *repo = solvable->repo;
    for (uint32_t i = lists->at[candidate]; i < lists->at[candidate + 1]; i++) {
        Id id = numbered(pool, what, lists->items[i]);
        if (relation == PROVIDES)
            solvable->provides = repo_addid_dep(repo, solvable->provides, id, 0);
        else if (relation == REQUIRES)
        solvable->requires = repo_addid_dep(repo, solvable->requires, id, 0);
        else if (relation == RECOMMENDS) solvable->recommends =
            repo_addid_dep(repo, solvable->recommends, id, 0);
        else solvable->conflicts = repo_addid_dep(repo, solvable->conflicts, id, 0);
    }
}

static void add_solvable(Repo *repo, const struct universe *universe, uint32_t candidate)
{
    Pool *pool = repo->pool;
    const struct index *index = &universe->index;
    Solvable *solvable = pool_id2solvable(pool, repo_add_solvable(repo));
    solvable->name = pool_str2id(pool, universe_name(universe, candidate), 1);
    solvable->evr = rank_of(pool, universe, candidate);
    solvable->arch = ARCH_NOARCH;
    solvable->provides = repo_addid_dep(
        repo, solvable->provides, pool_rel2id(pool, solvable->name, solvable->evr, REL_EQ, 1), 0);
    add_all(pool, solvable, PROVIDES, "set", &index->membership, candidate);
    add_all(pool, solvable, REQUIRES, "gate", &index->need, candidate);
    add_all(pool, solvable, RECOMMENDS, "gate", &index->wish, candidate);
    add_all(pool, solvable, CONFLICTS, "set", &index->avoid, candidate);
}

/* Which gates a candidate is in is not in the index that way round. */
static void add_gates(Pool *pool, Id first, const struct universe *universe)
{
    const struct lists *gates = &universe->index.gate;
    for (uint32_t gate = 0; gate < universe->index.gates; gate++)
        for (uint32_t i = gates->at[gate]; i < gates->at[gate + 1]; i++) {
            Solvable *solvable = pool_id2solvable(pool, first + (Id)gates->items[i]);
            solvable->provides =
                repo_addid_dep(solvable->repo, solvable->provides, numbered(pool, "gate", gate), 0);
        }
}

static Pool *make_pool(const struct universe *universe, Id *first)
{
    Pool *pool = pool_create();
    pool_setdisttype(pool, DISTTYPE_RPM);
    pool_setarch(pool, "noarch");
    Repo *repo = repo_create(pool, "available");
    for (uint32_t c = 0; c < universe->index.candidates; c++)
        add_solvable(repo, universe, c);
    *first = repo->start;
    add_gates(pool, *first, universe);
    repo_internalize(repo);
    pool_createwhatprovides(pool);
    return pool;
}

struct comparison {
    Pool *pool;
    Id first;        /* of the candidates */
    Repo *installed; /* NULL: nothing is */
    Id *copies;      /* by candidate: of what is installed, or 0 */
    struct universe *universe;
};

static void copy_ids(Repo *repo, Offset *to, const Solvable *from, Offset ids)
{
    for (const Id *id = from->repo->idarraydata + ids; ids && *id; id++)
        *to = repo_addid_dep(repo, *to, *id, 0);
}

static void install(struct comparison *comparison, uint32_t candidate)
{
    Pool *pool = comparison->pool;
    Repo *repo = comparison->installed;
    Id id = repo_add_solvable(repo);
    Solvable *copy = pool_id2solvable(pool, id);
    const Solvable *of = pool_id2solvable(pool, comparison->first + (Id)candidate);
    copy->name = of->name;
    copy->evr = of->evr;
    copy->arch = of->arch;
    copy_ids(repo, &copy->provides, of, of->provides);
    copy_ids(repo, &copy->requires, of, of->requires);
    copy_ids(repo, &copy->recommends, of, of->recommends);
    copy_ids(repo, &copy->conflicts, of, of->conflicts);
    comparison->copies[candidate] = id;
}

static void install_all(struct comparison *comparison, const struct asked *asked)
{
    Pool *pool = comparison->pool;
    if (asked->request.installed_count + asked->removed_count == 0)
        return;
    comparison->installed = repo_create(pool, "installed");
    for (uint32_t i = 0; i < asked->request.installed_count; i++)
        install(comparison, asked->request.installed[i]);
    for (uint32_t i = 0; i < asked->removed_count; i++)
        install(comparison, asked->removed[i]);
    pool_set_installed(pool, comparison->installed);
    pool_createwhatprovides(pool);
}

static void uninstall_all(struct comparison *comparison)
{
    if (!comparison->installed)
        return;
    memset(comparison->copies, 0, comparison->universe->index.candidates * sizeof(Id));
    repo_free(comparison->installed, 1);
    comparison->installed = NULL;
    pool_createwhatprovides(comparison->pool);
}

static void push_candidate(const struct comparison *comparison, Queue *out, uint32_t candidate)
{
    if (comparison->copies[candidate])
        queue_push(out, comparison->copies[candidate]);
    queue_push(out, comparison->first + (Id)candidate);
}

static void make_job(Queue *job, const struct comparison *comparison, const struct request *request)
{
    Pool *pool = comparison->pool;
    Queue members;
    queue_init(&members);
    for (uint32_t r = 0; r < request->root_count; r++) {
        const struct root *root = &request->roots[r];
        queue_empty(&members);
        for (uint32_t i = 0; i < root->count; i++)
            push_candidate(comparison, &members, root->members[i]);
        if (root->count)
            queue_push2(job, SOLVER_INSTALL | SOLVER_SOLVABLE_ONE_OF,
                        pool_queuetowhatprovides(pool, &members));
        else
            queue_push2(job, SOLVER_INSTALL | SOLVER_SOLVABLE_PROVIDES,
                        pool_str2id(pool, "nothing", 1));
    }
    for (uint32_t c = 0; request->barred && c < comparison->universe->index.candidates; c++)
        if (request->barred[c]) {
            queue_empty(&members);
            push_candidate(comparison, &members, c);
            for (int i = 0; i < members.count; i++)
                queue_push2(job, SOLVER_ERASE | SOLVER_SOLVABLE, members.elements[i]);
        }
    for (uint32_t i = 0; i < request->raised_count; i++)
        queue_push2(
            job, SOLVER_UPDATE | SOLVER_SOLVABLE_NAME,
            pool_id2solvable(pool, comparison->first + (Id)request->raised[i].members[0])->name);
    queue_free(&members);
}

static uint32_t candidate_of(const struct comparison *comparison, Id id)
{
    uint32_t candidate = (uint32_t)(id - comparison->first);
    for (uint32_t c = 0; candidate >= comparison->universe->index.candidates; c++)
        if (comparison->copies[c] == id)
            candidate = c;
    return candidate;
}

static void print_solution(Solver *solver, const struct comparison *comparison)
{
    const char *separator = "";
    Queue decisions;
    queue_init(&decisions);
    solver_get_decisionqueue(solver, &decisions);
    fputs(",\"solution\":{", stdout);
    for (int i = 0; i < decisions.count; i++) {
        if (decisions.elements[i] < comparison->first)
            continue;
        uint32_t candidate = candidate_of(comparison, decisions.elements[i]);
        printf("%s\"%s\":\"%s\"", separator, universe_name(comparison->universe, candidate),
               universe_version(comparison->universe, candidate));
        separator = ",";
    }
    putchar('}');
    queue_free(&decisions);
}

struct options {
    bool wishes;
    int repeats; /* of each request, but not for more than a second; the fastest time is told */
};

/* What is installed is left out or lowered only if that must be. */
static Solver *new_solver(Pool *pool, const struct options *options, bool must)
{
    Solver *solver = solver_create(pool);
    solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, !options->wishes);
    solver_set_flag(solver, SOLVER_FLAG_ALLOW_UNINSTALL, must);
    solver_set_flag(solver, SOLVER_FLAG_ALLOW_DOWNGRADE, must);
    return solver;
}

static void solve(const struct comparison *comparison, Queue *job, const struct options *options)
{
    double best = 1e18, spent = 0;
    Solver *solver = NULL;
    int problems = 0;
    for (int i = 0; i < options->repeats && spent < 1e6; i++) {
        double begin = now_us();
        for (int must = 0; must < (comparison->installed ? 2 : 1) && (!must || problems); must++) {
            if (solver)
                solver_free(solver);
            solver = new_solver(comparison->pool, options, must);
            problems = solver_solve(solver, job);
        }
        double took = now_us() - begin;
        best = took < best ? took : best;
        spent += took;
    }
    printf("\"result\":\"%s\",\"us\":%.3f", problems ? "unsat" : "sat", best);
    if (!problems)
        print_solution(solver, comparison);
    solver_free(solver);
}

static void answer(struct comparison *comparison, const char *line, size_t len,
                   const struct options *options)
{
    struct arena arena = {0};
    struct asked asked;
    Queue job;
    queue_init(&job);
    universe_ask(&asked, comparison->universe, line, len, &arena);
    install_all(comparison, &asked);
    make_job(&job, comparison, &asked.request);
    printf("{\"id\":\"%s\",", asked.id);
    solve(comparison, &job, options);
    puts("}");
    uninstall_all(comparison);
    queue_free(&job);
    universe_forget(comparison->universe, &asked);
    arena_release(&arena);
}

static bool read_options(struct options *out, int argc, char **argv)
{
    *out = (struct options){.repeats = 1};
    for (int option; (option = getopt(argc, argv, "wr:")) != -1;) {
        if (option == 'w')
            out->wishes = true;
        else if (option == 'r' && atoi(optarg) > 0)
            out->repeats = atoi(optarg);
        else
            return false;
    }
    return argc - optind == 2;
}

int main(int argc, char **argv)
{
    struct universe universe;
    struct options options;
    AUTO_BUF requests = {0};
    if (!read_options(&options, argc, argv)) {
        fputs("usage: libsolv-solve [-w] [-r REPEATS] UNIVERSE REQUESTS.req.jsonl\n", stderr);
        return 2;
    }
    if (universe_read(&universe, argv[optind]) < 0 ||
        fs_read(&requests, argv[optind + 1], SIZE_MAX) < 0) {
        fprintf(stderr, "libsolv-solve: %s\n", error_text());
        return 1;
    }
    struct comparison comparison = {.universe = &universe};
    comparison.pool = make_pool(&universe, &comparison.first);
    comparison.copies = calloc(universe.index.candidates + 1u, sizeof *comparison.copies);
    for (const char *line = buf_text(&requests); comparison.copies && *line;) {
        size_t len = strcspn(line, "\n");
        if (len)
            answer(&comparison, line, len, &options);
        line += len + (line[len] == '\n');
    }
    free(comparison.copies);
    pool_free(comparison.pool);
    universe_release(&universe);
    return 0;
}
