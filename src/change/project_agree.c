/*
 * What a repository wants is somebody else's wish. It is shown, and agreed to, before anything of
 * it is fetched; what comes must then be what was shown.
 */
#include "change/project.h"

#include "base/fs.h"
#include "base/paths.h"
#include "change/rebound.h"
#include "registry/project.h"

#include <string.h>

/* ---- what was agreed to ---- */

/* That it is held gives it nothing. */
static bool is_agreed(const struct package *then, const struct package *now)
{
    struct package agreed = *then, wanted = *now;
    agreed.flags &= ~(unsigned)PACKAGE_HELD;
    wanted.flags &= ~(unsigned)PACKAGE_HELD;
    return project_same_plugin(&agreed, &wanted);
}

/* Every generation of this project was agreed to by this person. */
struct agreed {
    struct installed *sets;
    size_t count, capacity;
};

static int read_agreed(struct agreed *out, struct arena *arena)
{
    unsigned *numbers;
    size_t count;
    *out = (struct agreed){0};
    int result = generation_list(&numbers, &count, arena);
    for (size_t i = 0; i < count && result == 0; i++) {
        struct installed set;
        if (installed_read_generation(&set, arena, numbers[i]) < 0)
            error_clear(); /* one that cannot be read agrees to nothing */
        else
            *arena_push(arena, &out->sets, &out->count, &out->capacity) = set;
    }
    return result;
}

static bool knows_package(const struct agreed *agreed, const struct package *package)
{
    for (size_t i = 0; i < agreed->count; i++) {
        const struct package *then = installed_find(&agreed->sets[i], package->name);
        if (then && is_agreed(then, package))
            return true;
    }
    return false;
}

static bool knows_registry(const struct agreed *agreed, const char *name, const char *url)
{
    for (size_t s = 0; s < agreed->count; s++)
        for (size_t i = 0; i < agreed->sets[s].count; i++) {
            const struct package *package = &agreed->sets[s].packages[i];
            if (strcmp(package->registry, name) == 0 && strcmp(package->origin, url) == 0)
                return true;
        }
    return false;
}

static bool knows_binding(const struct agreed *agreed, const struct rebound *rebound,
                          struct arena *arena)
{
    const char *line = arena_printf(arena, "%s=%s", rebound->alias, rebound->provider);
    for (size_t i = 0; i < agreed->count; i++)
        if (strings_has(&agreed->sets[i].bindings, line))
            return true;
    return false;
}

/* ---- asking ---- */

static int refuse(const char *file, const struct strings *names, const char *hint,
                  struct arena *arena)
{
    fail(ERR_REFUSED, "'%s' wants what you have not agreed to: %s",
         path_join(arena, paths.project, file), strings_join(names, arena, ", "));
    error_hint("%s", hint);
    return -ERR_REFUSED;
}

static int ask(const char *question)
{
    return term_ask(question) ? 0 : fail(ERR_GENERIC, "nothing was changed: the answer was no");
}

int project_agree(const struct change *change)
{
    struct arena *arena = change->arena;
    const struct change_request *request = change->request;
    struct agreed agreed;
    struct strings names = {0};
    struct rebound *rebound;
    if (request->yes)
        return 0;
    int result = read_agreed(&agreed, arena);
    for (size_t i = 0; i < change->step_count && result == 0; i++) {
        const struct choice *choice = change->steps[i].choice;
        if (choice && !knows_package(&agreed, choice->locked))
            strings_add(&names, arena, choice->package.name);
    }
    size_t count = change_rebound(change, &rebound);
    for (size_t i = 0; i < count && result == 0; i++)
        if (!knows_binding(&agreed, &rebound[i], arena))
            strings_add(&names, arena, rebound_words(&rebound[i], arena));
    if (result < 0 || names.count == 0 || request->dry_run)
        return result;
    if (!term_is_interactive())
        return refuse(PROJECT_LOCK, &names,
                      "'paii sync --dry-run' shows what it is; 'paii sync --yes' agrees", arena);
    change_print_plan(change);
    return ask("Agree to what this repository wants?");
}

/* ---- what paii.toml has a person's own command do ---- */

/* Whether this machine has it from there already: another version of it is an update. Of an
 * address that paii.lock does not have as it is wanted, nothing is known. */
static bool is_here(const struct spec *spec, const struct installed *here)
{
    const struct package *package =
        spec->kind == SPEC_NAME ? installed_find(here, spec->name) : NULL;
    return package && *package->registry &&
           (!spec->registry || strcmp(package->registry, spec->registry) == 0);
}

/* A name alone says little of where it leads. */
static const char *place_words(const struct registry_config *registry, const char *text,
                               struct arena *arena)
{
    return registry ? arena_printf(arena, "%s (%s)", text, registry->url) : text;
}

static void add_wishes(struct strings *out, const struct change_request *request, size_t named,
                       const struct config *config, const struct installed *here,
                       struct arena *arena)
{
    for (size_t i = named; i < request->install_count; i++) {
        const struct spec *spec = &request->install[i];
        const char *registry = spec->kind == SPEC_NAME ? spec->registry : NULL;
        if (!is_here(spec, here))
            strings_add(out, arena,
                        place_words(registry ? config_registry(config, registry) : NULL, spec->text,
                                    arena));
    }
}

/* Registries that plugins here came from, and that are elsewhere now. */
static int add_moved(struct strings *out, const struct config *config, const struct installed *here,
                     struct arena *arena)
{
    struct agreed agreed;
    int result = read_agreed(&agreed, arena);
    for (size_t i = 0; i < here->count && result == 0; i++) {
        const char *name = here->packages[i].registry;
        const struct registry_config *registry = *name ? config_registry(config, name) : NULL;
        if (registry && !knows_registry(&agreed, name, registry->url)) {
            const char *words =
                place_words(registry, arena_printf(arena, "registry %s", name), arena);
            if (!strings_has(out, words))
                strings_add(out, arena, words);
        }
    }
    return result;
}

int project_agree_wishes(const struct change_request *request, size_t named, struct arena *arena)
{
    struct strings names = {0};
    struct installed here;
    struct config config;
    if (request->yes)
        return 0;
    int result = installed_read(&here, arena);
    if (result == 0)
        result = config_read(&config, arena);
    if (result < 0)
        return result;
    add_wishes(&names, request, named, &config, &here, arena);
    if (request->install_count || request->update_all || request->update.count)
        result = add_moved(&names, &config, &here, arena);
    if (result < 0 || names.count == 0)
        return result;
    if (!term_is_interactive())
        return refuse(PROJECT_CONFIG, &names, "--yes agrees to it", arena);
    note("paii.toml wants what you have not agreed to: %s", strings_join(&names, arena, ", "));
    return ask("Agree to it?");
}

static bool names_registry(const struct change_request *request, const char *registry)
{
    bool named = request->registry && strcmp(request->registry, registry) == 0;
    for (size_t i = 0; i < request->install_count && !named; i++)
        named = request->install[i].kind == SPEC_NAME && request->install[i].registry &&
                strcmp(request->install[i].registry, registry) == 0;
    return named;
}

/* What is pulled in from a registry that the person never took anything from, nor named. What comes
 * with paii is no stranger's. */
static bool is_strange(const struct step *step, const struct change_request *request,
                       const struct agreed *agreed)
{
    if (step->kind != STEP_INSTALL || !step->because)
        return false;
    const struct package *package = &step->choice->package;
    return *package->registry && !text_starts(package->origin, "builtin:") &&
           !names_registry(request, package->registry) &&
           !knows_registry(agreed, package->registry, package->origin);
}

int project_unagreed(struct strings *out, const struct change *change)
{
    struct arena *arena = change->arena;
    const struct change_request *request = change->request;
    struct agreed agreed;
    struct rebound *rebound;
    size_t count = change_rebound(change, &rebound);
    int result = read_agreed(&agreed, arena);
    if (result < 0)
        return result;
    for (size_t i = 0; i < change->step_count; i++)
        if (is_strange(&change->steps[i], request, &agreed))
            strings_add(out, arena,
                        arena_printf(arena, "%s (%s)", change->steps[i].choice->package.name,
                                     change->steps[i].choice->package.origin));
    for (size_t i = 0; i < count; i++)
        if (rebound[i].told && !strings_has(&request->prefer, rebound[i].provider) &&
            !knows_binding(&agreed, &rebound[i], arena))
            strings_add(out, arena, rebound_words(&rebound[i], arena));
    return 0;
}

int project_refuse(const struct strings *names, struct arena *arena)
{
    return refuse(PROJECT_CONFIG, names, "--yes agrees to it", arena);
}

/* ---- what came ---- */

int project_check_claims(const struct package *locked, const struct package *came)
{
    struct arena arena = {0};
    struct strings said = {0}, real = {0};
    int result = 0;
    strings_split(&said, &arena, locked->capabilities, '\n');
    strings_split(&real, &arena, came->capabilities, '\n');
    strings_split(&real, &arena, locked->grants, '\n'); /* agreed to for what may come later */
    if (strcmp(locked->name, came->name) != 0 || strcmp(locked->version, came->version) != 0)
        result = fail(ERR_MISMATCH, "paii.lock says '%s' %s, and its source says it is '%s' %s",
                      locked->name, locked->version, came->name, came->version);
    for (size_t i = 0; i < real.count && result == 0; i++)
        if (!strings_has(&said, real.items[i]))
            result = fail(ERR_MISMATCH, "plugin '%s' may do what paii.lock does not say: %s",
                          locked->name, real.items[i]);
    if (result < 0)
        error_hint("whoever wrote '%s' should know; 'paii update --project %s' writes it anew",
                   path_join(&arena, paths.project, PROJECT_LOCK), locked->name);
    arena_release(&arena);
    return result;
}
