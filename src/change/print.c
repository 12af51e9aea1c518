/*
 * The plan and the result, for people and as JSON.
 *
 *   + incident 1.0.0 (core)           pulled in: MemoryProvider for x
 *   ^ jira 1.1.0 -> 1.2.0 (work)
 *   - slack 0.9.0
 *   ~ needy.dep -> waver (was greeter)
 */
#include "change/change.h"

#include "base/data.h"
#include "base/paths.h"
#include "build/build.h"
#include "change/programs.h"
#include "change/rebound.h"
#include "claude/claude.h"

#include <string.h>

static const struct {
    const char *mark, *word;
    enum term_style style;
} kinds[] = {
    [STEP_KEEP] = {"=", "keep", STYLE_DIM},
    [STEP_INSTALL] = {"+", "install", STYLE_GREEN},
    [STEP_UPDATE] = {"^", "update", STYLE_CYAN},
    [STEP_REMOVE] = {"-", "remove", STYLE_RED},
};

static const struct package *package_of(const struct step *step)
{
    return step->choice ? &step->choice->package : step->before;
}

static const char *origin(const struct package *package, struct arena *arena)
{
    if (package->flags & PACKAGE_DEV)
        return arena_printf(arena, "live from %s", package->source.url);
    return *package->registry ? package->registry : source_text(&package->source, arena);
}

static void print_step(const struct change *change, const struct step *step)
{
    const struct package *package = package_of(step);
    out_styled(kinds[step->kind].style, "%s ", kinds[step->kind].mark);
    if (step_renames(step))
        out("%s -> ", step->before->name);
    if (step->kind == STEP_UPDATE && strcmp(step->before->version, package->version) != 0)
        out("%s %s -> %s", package->name, step->before->version, package->version);
    else
        out("%s %s", package->name, package->version);
    if (step->kind != STEP_REMOVE)
        out_styled(STYLE_DIM, " (%s)", origin(package, change->arena));
    if (step->because)
        out("  pulled in: %s", step->because);
    out("\n");
}

static void print_list(const char *what, const struct strings *items, struct arena *arena)
{
    if (items->count)
        out("    %s %s\n", what, strings_join(items, arena, ", "));
}

/* What of the plugin runs: its program, and when the client's events start it. */
static void print_programs(const struct manifest *manifest, struct arena *arena)
{
    struct strings hooks = {0};
    if (manifest->run.count)
        out("    run: %s\n", strings_join(&manifest->run, arena, " "));
    for (size_t i = 0; i < manifest->hook_count; i++)
        strings_add(&hooks, arena, manifest->hooks[i].event);
    print_list("hooks:", &hooks, arena);
}

static void print_could_build(const struct choice *choice, struct arena *arena)
{
    struct strings types = {0}, ways = {0}, signs = {0};
    change_could_build(&types, choice, arena);
    for (size_t i = 0; i < types.count; i++) {
        const char *type = types.items[i];
        strings_add(&signs, arena,
                    manifest_build_sign(arena, choice->tree_dir, build_choice_type(type)));
        strings_add(&ways, arena,
                    types.count > 1 ? arena_printf(arena, "--build=%s", type) : "--build");
    }
    if (types.count)
        out("    carries a %s; %s would build it\n", strings_join(&signs, arena, " and a "),
            strings_join(&ways, arena, " or "));
}

/* Of one that is not fetched yet: what a lock file says. */
static void print_locked(const struct package *package, struct arena *arena)
{
    struct strings may = {0};
    strings_split(&may, arena, package->capabilities, '\n');
    out("    from %s\n", source_text(&package->source, arena));
    if (package->source.commit)
        out("    commit %s\n", package->source.commit);
    print_list("may", &may, arena);
}

static void print_needs(const struct choice *choice, const struct components *parts,
                        struct arena *arena)
{
    struct programs programs = {.arena = arena};
    programs_find(&programs, choice->manifest, parts, choice->tree_dir);
    const char *needs = programs_text(&programs, false), *may = programs_text(&programs, true);
    if (*needs)
        out("    needs: %s\n", needs);
    if (*may)
        out("    may use: %s\n", may);
}

static void print_links(const struct package *package, const struct components *parts)
{
    bool flat = package->flags & PACKAGE_FLAT;
    bool gives_way = flat && !parts->root_skill && strings_has(&parts->skills, package->name);
    out("    link: %s/skills/%s%s\n", paths.claude, package->name, gives_way ? ".plugin" : "");
    if (flat)
        out("    its skills, agents and commands also go by their own names\n");
}

/* What the client will see, what building runs, and what runs later. */
static void print_details(const struct change *change, const struct step *step)
{
    struct choice *choice = step->choice;
    struct arena *arena = change->arena;
    if (choice && !choice->tree_dir)
        print_locked(&choice->package, arena);
    if (!choice || !choice->tree_dir)
        return;
    out("    fetched from %s, %s\n", source_text(&choice->package.source, arena),
        text_bytes(arena, choice->package.size));
    const struct build_adapter *adapter = build_adapter(choice->manifest->build.type);
    if (adapter->needed(choice->manifest, choice->tree_dir))
        out("    build: %s\n", adapter->describe(arena, choice->manifest, choice->tree_dir));
    print_could_build(choice, arena);
    print_programs(choice->manifest, arena);
    struct components parts = {0};
    if (claude_components(&parts, arena, choice->package.name, choice->tree_dir) < 0)
        return;
    print_list("skills:", &parts.skills, arena);
    print_list("agents:", &parts.agents, arena);
    print_list("commands:", &parts.commands, arena);
    print_list("MCP servers:", &parts.mcp_servers, arena);
    print_needs(choice, &parts, arena);
    if (claude_has_link(&parts))
        print_links(&choice->package, &parts);
}

/* What only the staged tree tells, so of a plan alone. */
static void json_details(struct json_writer *json, const struct choice *choice, struct arena *arena)
{
    struct strings types = {0};
    struct components parts;
    struct programs programs = {.arena = arena};
    const struct build_adapter *adapter = build_adapter(choice->manifest->build.type);
    if (claude_components(&parts, arena, choice->package.name, choice->tree_dir) < 0) {
        error_clear();
        return;
    }
    programs_find(&programs, choice->manifest, &parts, choice->tree_dir);
    change_could_build(&types, choice, arena);
    json_object(json);
    json_field(json, "name", choice->package.name);
    if (adapter->needed(choice->manifest, choice->tree_dir))
        json_field(json, "build", build_type_names[adapter->type]);
    json_strings(json, "could_build", &types);
    programs_json(json, &programs);
    json_end_object(json);
}

static void json_step(struct json_writer *json, const struct step *step, struct arena *arena)
{
    const struct package *package = package_of(step);
    json_object(json);
    json_field(json, "action", kinds[step->kind].word);
    json_field(json, "name", package->name);
    json_field(json, "version", package->version);
    if (step_renames(step))
        json_field(json, "from_name", step->before->name);
    if (step->before)
        json_field(json, "from_version", step->before->version);
    json_field(json, "registry", *package->registry ? package->registry : NULL);
    json_field(json, "source", source_text(&package->source, arena));
    json_field(json, "commit", package->source.commit);
    json_field(json, "because", step->because);
    json_end_object(json);
}

static void json_rebound(struct json_writer *json, const struct change *change)
{
    struct rebound *rebound;
    size_t count = change_rebound(change, &rebound);
    json_key(json, "rebound");
    json_array(json);
    for (size_t i = 0; i < count; i++) {
        json_object(json);
        json_field(json, "alias", rebound[i].alias);
        json_field(json, "provider", rebound[i].provider);
        json_field(json, "before", rebound[i].before);
        json_end_object(json);
    }
    json_end_array(json);
}

static void json_kept(struct json_writer *json, const struct change *change)
{
    struct kept *kept;
    size_t count = change_kept_back(change, &kept);
    if (!change->request->update_all && !change->request->update.count)
        return;
    json_key(json, "kept_back");
    json_array(json);
    for (size_t i = 0; i < count; i++) {
        const struct package *package = kept[i].package;
        json_object(json);
        json_field(json, "name", package->name);
        json_field(json, "version", package->version);
        json_field(json, "newer", kept[i].better->package.version);
        json_key(json, "held");
        json_boolean(json, package->flags & PACKAGE_HELD);
        json_end_object(json);
    }
    json_end_array(json);
}

static void print_json(const struct change *change)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    json_key(&json, "dry_run");
    json_boolean(&json, change->request->dry_run);
    json_key(&json, "generation");
    json_integer(&json, change->generation ? change->generation : change->before.generation);
    json_key(&json, "steps");
    json_array(&json);
    for (size_t i = 0; i < change->step_count; i++)
        if (change->steps[i].kind != STEP_KEEP)
            json_step(&json, &change->steps[i], change->arena);
    json_end_array(&json);
    json_rebound(&json, change);
    json_kept(&json, change);
    if (change->request->dry_run) {
        json_key(&json, "details");
        json_array(&json);
        for (size_t i = 0; i < change->step_count; i++) {
            const struct choice *choice = change->steps[i].choice;
            if (change->steps[i].kind != STEP_KEEP && choice && choice->tree_dir)
                json_details(&json, choice, change->arena);
        }
        json_end_array(&json);
    }
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static void say_nothing_to_do(const struct change *change)
{
    const struct change_request *request = change->request;
    if (request->install_count == 1 && request->install[0].kind == SPEC_NAME) {
        const struct package *package = installed_find(&change->before, request->install[0].name);
        if (package) {
            note("%s %s is already installed", package->name, package->version);
            return;
        }
    }
    struct kept *kept;
    note(request->install_count            ? "everything is already installed"
         : change_kept_back(change, &kept) ? "nothing can be updated"
                                           : "everything is up to date");
}

static void print_rebound(const struct change *change)
{
    struct rebound *rebound;
    size_t count = change_rebound(change, &rebound);
    for (size_t i = 0; i < count; i++) {
        out_styled(STYLE_CYAN, "~ ");
        out("%s", rebound_words(&rebound[i], change->arena));
        if (rebound[i].before)
            out_styled(STYLE_DIM, " (was %s)", rebound[i].before);
        out("\n");
    }
}

static void print_changes(const struct change *change, bool details)
{
    struct rebound *rebound;
    if (change_count(change) == 0 && change_rebound(change, &rebound) == 0)
        say_nothing_to_do(change);
    for (size_t i = 0; i < change->step_count; i++) {
        if (change->steps[i].kind == STEP_KEEP)
            continue;
        print_step(change, &change->steps[i]);
        if (details)
            print_details(change, &change->steps[i]);
    }
    print_rebound(change);
}

void change_print_plan(const struct change *change)
{
    if (term_json())
        print_json(change);
    else
        print_changes(change, true);
}

void change_print_result(const struct change *change)
{
    if (term_json())
        print_json(change);
    else
        print_changes(change, false);
}
