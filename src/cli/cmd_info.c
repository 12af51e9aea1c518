#include "cli/cmd_info.h"

#include "base/text.h"
#include "cli/command.h"
#include "registry/registry.h"
#include "store/store.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* What one registry offers of the plugin. */
struct offer {
    const struct catalog *catalog;
    size_t first, count;   /* its versions, newest first */
    struct package newest; /* that is not yanked, if there is such a one */
    bool readable;         /* its files are in a folder of this machine */
    struct facts facts;
};

struct info {
    struct arena *arena;
    const char *name;
    struct offer *offers;
    size_t offer_count;
    bool is_installed;
    struct package installed;
    const struct package *locked; /* the same, as the lock has it */
    struct facts facts;           /* of the installed one */
    bool readable;
};

/* ---- looking it up -------------------------------------------------------------------------- */

static void add_offer(struct info *info, const struct catalog *catalog)
{
    struct offer *offer = &info->offers[info->offer_count];

    offer->catalog = catalog;
    offer->count = catalog_find(catalog, info->name, &offer->first);
    if (!offer->count)
        return;
    info->offer_count++;
    for (size_t i = 0; i < offer->count; i++) {
        catalog_get(catalog, offer->first + i, &offer->newest);
        if (!(offer->newest.flags & PACKAGE_YANKED))
            return;
    }
    catalog_get(catalog, offer->first, &offer->newest);
}

static int look_at_installed(struct info *info, const struct catalog *installed)
{
    struct installed set;
    size_t first;

    if (!catalog_find(installed, info->name, &first))
        return 0;
    info->is_installed = true;
    catalog_get(installed, first, &info->installed);
    /* What cannot be read any more is doctor's to report. */
    info->readable = facts_read(&info->facts, info->arena, info->name,
                                installed_prefix(&info->installed, info->arena));
    int result = installed_read_one(&set, info->arena, info->name);
    if (result == 0)
        info->locked = installed_find(&set, info->name);
    return result;
}

/* What would be installed, if that lies in a folder of this machine. */
static void look_at_offers(struct info *info)
{
    for (size_t i = 0; i < info->offer_count; i++) {
        struct offer *offer = &info->offers[i];
        const struct source *source = &offer->newest.source;
        if (source->kind == SOURCE_FOLDER)
            offer->readable = facts_read(&offer->facts, info->arena, info->name,
                                         source_join(info->arena, source->url, source->path));
    }
}

static int look_up(struct info *info, const struct config *config, const struct catalog *catalogs,
                   const char *registry)
{
    if (registry && !config_registry(config, registry))
        return registry_unknown(config, registry);
    info->offers = arena_array(info->arena, config->registry_count, sizeof *info->offers);
    for (size_t i = 0; i < config->registry_count; i++) {
        if (!registry || strcmp(registry, config->registries[i].name) == 0)
            add_offer(info, &catalogs[i]);
    }
    if (info->offer_count || (info->is_installed && !registry))
        return 0;
    if (!registry)
        return registry_unknown_plugin(config, catalogs, info->name);
    fail(ERR_NOT_FOUND, "there is no plugin '%s' in the registry '%s'", info->name, registry);
    error_hint("paii info %s looks in all of them", info->name);
    return -ERR_NOT_FOUND;
}

static const char *versions_of(const struct info *info, const struct offer *offer)
{
    struct strings list = {0};

    for (size_t i = 0; i < offer->count; i++) {
        struct package package;

        catalog_get(offer->catalog, offer->first + i, &package);
        strings_add(&list, info->arena,
                    package.flags & PACKAGE_YANKED
                        ? arena_printf(info->arena, "%s (yanked)", package.version)
                        : package.version);
    }
    return strings_join(&list, info->arena, ", ");
}

/* ---- for people ---- */

/*
 *     incident 1.0.0
 *     Incident response: declare, keep a timeline, write the postmortem
 *
 *       installed  1.0.0
 *       registry   core
 *       source     /usr/share/paii/registry-index/plugins/incident
 *       provides   SkillProvider[incident]
 *       actions    declare   declare an incident
 *                  update    ...
 *       context    40 tokens in every session, 900 when all of it is used (estimated)
 */

static void field(struct info *info, const char *key, const char *value)
{
    info_field(key, value, info->arena);
}

static void field_lines(struct info *info, const char *key, const char *lines)
{
    struct strings list = {0};

    strings_split(&list, info->arena, lines, '\n');
    info_fields(key, &list, info->arena);
}

static void field_list(struct info *info, const char *key, const char *lines)
{
    struct strings list = {0};

    strings_split(&list, info->arena, lines, '\n');
    field(info, key, strings_join(&list, info->arena, ", "));
}

static void print_package(struct info *info, const struct package *package)
{
    field(info, "source", source_text(&package->source, info->arena));
    if (package->source.commit && package->source.ref)
        field(info, "commit", package->source.commit);
    field(info, "type", package->type);
    field(info, "language", package->language);
    field(info, "license", package->license);
    field(info, "author", package->author);
    field(info, "homepage", package->homepage);
    field_list(info, "tags", package->tags);
    field_lines(info, "provides", package->provides);
    field_lines(info, "consumes", package->consumes);
    field_lines(info, "depends", package->depends);
    field_lines(info, "conflicts", package->conflicts);
}

/* Seconds; 0 if not known: a live folder is as old as its last edit. */
static int64_t installed_at(const struct info *info)
{
    struct stat st;
    const char *prefix = installed_prefix(&info->installed, info->arena);
    bool known = !(info->installed.flags & PACKAGE_DEV) &&
                 stat(store_record_of(info->arena, prefix), &st) == 0;

    return known ? (int64_t)st.st_mtime : 0;
}

static const char *age_of(struct info *info)
{
    int64_t then = installed_at(info), days = ((int64_t)time(NULL) - then) / 86400;

    return then == 0   ? ""
           : days <= 0 ? ", less than a day ago"
           : days == 1 ? ", a day ago"
                       : arena_printf(info->arena, ", %lld days ago", (long long)days);
}

static const char *pin_of(const struct package *package, struct arena *arena)
{
    const struct source *source = &package->source;

    return source->commit   ? arena_printf(arena, "commit %s", source->commit)
           : source->sha256 ? arena_printf(arena, "sha256 %s", source->sha256)
           : *package->tree ? arena_printf(arena, "tree %s", package->tree)
                            : NULL;
}

static const char *state_of(const struct package *package)
{
    bool held = package->flags & PACKAGE_HELD, disabled = package->flags & PACKAGE_DISABLED;

    return held && disabled ? "held, disabled" : held ? "held" : disabled ? "disabled" : NULL;
}

static void print_locked(struct info *info)
{
    const struct package *locked = info->locked;

    if (!locked)
        return;
    field(info, "origin",
          *locked->origin ? locked->origin : source_text(&locked->source, info->arena));
    field(info, "pin", pin_of(locked, info->arena));
    field(info, "state", state_of(locked));
    field(info, "names", locked->flags & PACKAGE_FLAT ? "also without the plugin's prefix" : NULL);
    field_list(info, "disabled", locked->disabled_components);
    field_list(info, "grants", locked->grants);
    if (info->offer_count && strcmp(info->offers[0].newest.depends, locked->depends) != 0)
        field_lines(info, "depends", locked->depends);
}

static void print_installed(struct info *info)
{
    const struct package *package = &info->installed;

    field(info, "installed",
          arena_printf(info->arena, "%s%s%s%s", package->version,
                       package->flags & PACKAGE_DEV ? ", linked live" : "",
                       package->flags & PACKAGE_REQUESTED ? "" : ", pulled in by another",
                       age_of(info)));
    field(info, "prefix", installed_prefix(package, info->arena));
    print_locked(info);
    if (info->readable)
        facts_print(&info->facts, info->arena);
}

static void print_text(struct info *info)
{
    const struct package *shown = info->offer_count ? &info->offers[0].newest : &info->installed;

    out_styled(STYLE_BOLD, "%s", info->name);
    out(" %s\n", shown->version);
    if (*shown->description)
        out("%s\n", shown->description);
    out("\n");
    if (info->is_installed)
        print_installed(info);
    if (!info->offer_count)
        print_package(info, &info->installed);
    for (size_t i = 0; i < info->offer_count; i++) {
        if (i)
            out("\n");
        field(info, "registry", info->offers[i].newest.registry);
        field(info, "versions", versions_of(info, &info->offers[i]));
        print_package(info, &info->offers[i].newest);
        if (!info->is_installed && info->offers[i].readable)
            facts_print(&info->offers[i].facts, info->arena);
    }
}

/* ---- --json --------------------------------------------------------------------------------- */

static void json_package(struct json_writer *json, const struct info *info,
                         const struct package *package)
{
    json_field(json, "version", package->version);
    json_field(json, "registry", *package->registry ? package->registry : NULL);
    json_field(json, "description", package->description);
    json_field(json, "source", source_text(&package->source, info->arena));
    json_field(json, "commit", package->source.commit);
    json_field(json, "sha256", package->source.sha256);
    json_field(json, "type", package->type);
    json_field(json, "language", package->language);
    json_field(json, "license", package->license);
    json_field(json, "author", package->author);
    json_field(json, "homepage", package->homepage);
    json_lines(json, "tags", package->tags);
    json_lines(json, "provides", package->provides);
    json_lines(json, "consumes", package->consumes);
    json_lines(json, "depends", package->depends);
    json_lines(json, "conflicts", package->conflicts);
}

static void json_locked(struct json_writer *json, const struct info *info)
{
    const struct package *locked = info->locked;
    int64_t then = installed_at(info);

    if (then) {
        json_key(json, "installed_at");
        json_integer(json, then);
    }
    if (!locked)
        return;
    json_field(json, "origin", *locked->origin ? locked->origin : NULL);
    json_field(json, "pin", pin_of(locked, info->arena));
    json_key(json, "held");
    json_boolean(json, locked->flags & PACKAGE_HELD);
    json_key(json, "disabled");
    json_boolean(json, locked->flags & PACKAGE_DISABLED);
    json_key(json, "flat");
    json_boolean(json, locked->flags & PACKAGE_FLAT);
    json_lines(json, "disabled_components", locked->disabled_components);
    json_lines(json, "capabilities", locked->capabilities);
    json_lines(json, "grants", locked->grants);
}

static void json_installed(struct json_writer *json, const struct info *info)
{
    json_key(json, "installed");
    if (!info->is_installed) {
        json_null(json);
        return;
    }
    json_object(json);
    json_package(json, info, &info->installed);
    json_field(json, "prefix", installed_prefix(&info->installed, info->arena));
    json_field(json, "tree", info->installed.tree);
    json_key(json, "requested");
    json_boolean(json, info->installed.flags & PACKAGE_REQUESTED);
    json_locked(json, info);
    facts_json(json, &info->facts, info->arena);
    json_end_object(json);
}

static void print_json(const struct info *info)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};

    json_object(&json);
    json_field(&json, "name", info->name);
    json_installed(&json, info);
    json_key(&json, "available");
    json_array(&json);
    for (size_t i = 0; i < info->offer_count; i++) {
        const struct offer *offer = &info->offers[i];

        json_object(&json);
        json_package(&json, info, &offer->newest);
        if (offer->readable)
            facts_json(&json, &offer->facts, info->arena);
        json_key(&json, "versions");
        json_array(&json);
        for (size_t v = 0; v < offer->count; v++) {
            struct package package;

            catalog_get(offer->catalog, offer->first + v, &package);
            json_string(&json, package.version);
        }
        json_end_array(&json);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

/* ---- the command ---------------------------------------------------------------------------- */

static int run(struct invocation *call)
{
    struct info info = {.arena = call->arena};
    struct strings missing = {0};
    struct catalog installed = {0}, *catalogs;
    struct config config;
    struct spec spec;
    int result = spec_parse(&spec, call->arena, call->args[0]);

    if (result < 0)
        return result;
    if (spec.kind != SPEC_NAME)
        return fail(ERR_NOT_FOUND, "'%s' is not the name of a plugin", spec.text);
    info.name = spec.name;
    result = config_read(&config, call->arena);
    if (result == 0)
        result = registry_open_all(&config, &catalogs, &missing, call->arena);
    if (result < 0)
        return result;
    result = installed_open(&installed);
    if (result == 0)
        result = look_at_installed(&info, &installed);
    if (result == 0)
        result = look_up(&info, &config, catalogs, spec.registry);
    if (result == 0)
        look_at_offers(&info);
    if (result == 0 && term_json())
        print_json(&info);
    else if (result == 0)
        print_text(&info);
    catalog_close(&installed);
    registry_close_all(&config, catalogs);
    return result;
}

static const struct positional positionals[] = {
    {"PLUGIN", 1, 1, "NAME, or REGISTRY/NAME", COMPLETE_AVAILABLE, NULL},
    {0},
};

const struct command cmd_info = {
    .name = "info",
    .summary = "show everything known about a plugin",
    .description =
        "What it shows Claude Code, its hooks and servers, the programs, variables and secrets "
        "that it asks for, where it comes from and what it may do. Of a plugin that is not "
        "installed, its files are looked at if they are in a folder of this machine. Programs are "
        "told from what hooks, servers and scripts start; tokens are estimated as a quarter of the "
        "bytes.",
    .examples = "paii info incident\n"
                "paii info work/jira      as the registry 'work' has it",
    .group = GROUP_REGISTRIES,
    .needs = NEEDS_PATHS,
    .positionals = positionals,
    .run = run,
};
