#include "shell.h"

#include "arena.h"
#include "parser.h"
#include "path.h"
#include "places.h"
#include "policy.h"
#include "rules.h"
#include "text.h"

#include <string.h>

enum {
    MAX_DEPTH = 24,
    MAX_PASSES = 16,
    MAX_TEXT = 16 * 1024,
    MAX_COMMAND = 1 << 20,
    MAX_SHOWN = 1000
};

static const char unknown[] = {MARK_UNKNOWN, '\0'};
static const struct value nothing = {.text = ""};

/* ---- what it knows ---- */

const struct variable *shell_find(const struct shell *shell, const char *name)
{
    const struct variable *variable = shell->state.variables;
    while (variable && strcmp(variable->name, name) != 0)
        variable = variable->older;
    return variable;
}

static struct variable *new_variable(struct shell *shell, const char *name)
{
    struct variable *variable = take(sizeof *variable);
    variable->name = name;
    variable->older = shell->state.variables;
    shell->state.variables = variable;
    return variable;
}

void shell_set(struct shell *shell, const char *name, struct value value)
{
    new_variable(shell, name)->value = value;
}

static void shell_set_array(struct shell *shell, const char *name, struct fields elements)
{
    struct variable *variable = new_variable(shell, name);
    variable->value = join_fields(elements.items, elements.count, " ");
    variable->elements = elements;
}

void shell_write(struct shell *shell, const char *path, struct value content)
{
    struct file *file = take(sizeof *file);
    file->path = path_clean(path, shell->state.cwd);
    file->content = content;
    file->older = shell->files;
    shell->files = file;
}

struct value shell_content(const struct shell *shell, const char *path)
{
    const char *clean = path_clean(path, shell->state.cwd);
    for (const struct file *file = shell->files; file; file = file->older) {
        if (!strcmp(file->path, clean))
            return file->content;
    }
    unsigned origins = places_hold_secrets(clean) ? FROM_SECRET : 0;
    return (struct value){unknown, origins};
}

/* As people read it: marks are what they stand for. */
static const char *readable(const char *text)
{
    struct text out = {0};
    text_add(&out, "", 0);
    for (; *text && out.len < MAX_SHOWN; text++) {
        if (*text == MARK_UNKNOWN)
            text_puts(&out, "…");
        else
            text_putc(&out, *text == MARK_STAR ? '*' : *text == MARK_ONE ? '?' : *text);
    }
    if (*text)
        text_puts(&out, " …");
    return out.data;
}

static void unreadable(struct shell *shell, const char *text, const char *through,
                       const char *problem)
{
    struct finding finding = {.shown = readable(text),
                              .through = through,
                              .decision = ASK,
                              .rule = "unreadable",
                              .reason = problem};
    if (!policy_is_off(shell->context->policy, finding.rule))
        add_finding(shell->out, &finding);
}

/* False, and a finding, if what is to be followed is more than we can. */
static bool spend(struct shell *shell)
{
    if (shell->budget && --shell->budget == 0)
        unreadable(shell, "…", shell->through, "it does too much to be followed");
    return shell->budget > 0;
}

/* ---- ways that part and meet again ---- */

static const struct variable *find_in(const struct variable *variable, const char *name)
{
    while (variable && strcmp(variable->name, name) != 0)
        variable = variable->older;
    return variable;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

/* Variables set on one of two ways only, or differently, are unknown where the ways meet. */
static void merge_variables(struct shell *shell, const struct variable *one,
                            const struct variable *other, const struct variable *before)
{
    for (const struct variable *at = one; at && at != before; at = at->older) {
        const struct variable *there = find_in(other, at->name);
        const struct variable *here = find_in(one, at->name);
        if (here != at || (there && same_text(at->value.text, there->value.text)))
            continue;
        unsigned origins = at->value.origins | (there ? there->value.origins : 0);
        shell_set(shell, at->name, (struct value){unknown, origins});
    }
}

/* The state after either the shell's present way or `other`, which parted at `before`. */
static void merge(struct shell *shell, const struct state *other, const struct state *before)
{
    const struct variable *own = shell->state.variables;
    merge_variables(shell, own, other->variables, before->variables);
    merge_variables(shell, other->variables, own, before->variables);
    if (!same_text(shell->state.cwd, other->cwd))
        shell->state.cwd = NULL;
    shell->state.positional_unknown |=
        other->positional.items != shell->state.positional.items || other->positional_unknown;
}

/* ---- redirections ---- */

struct targets {
    struct target *items;
    size_t count, capacity;
};

static struct targets open_targets(struct shell *shell, const struct redirect *redirect)
{
    struct targets targets = {0};
    for (; redirect; redirect = redirect->next) {
        targets.items =
            grow(targets.items, targets.count, &targets.capacity, sizeof *targets.items);
        struct target *target = &targets.items[targets.count++];
        *target = (struct target){.kind = redirect->kind, .output = redirect->output};
        target->value = expand_value(shell, redirect->target);
        if (target->kind == REDIRECT_WRITE)
            continue;
        shell->piped = true;
        shell->input = target->kind == REDIRECT_TEXT ? target->value
                                                     : shell_content(shell, target->value.text);
    }
    return targets;
}

/* What is left of the output once it went where it was sent. */
static struct value close_targets(struct shell *shell, const struct targets *targets,
                                  struct value output)
{
    bool sent = false;
    for (size_t i = 0; i < targets->count; i++) {
        const struct target *target = &targets->items[i];
        if (target->kind != REDIRECT_WRITE || !target->output)
            continue;
        shell_write(shell, target->value.text, output);
        sent = true;
    }
    return sent ? nothing : output;
}

/* ---- simple commands ---- */

/* What "name+=" keeps of an array, or of a plain value. */
static struct fields kept_elements(const struct variable *before)
{
    struct fields kept = {0};
    for (size_t i = 0; before && i < before->elements.count; i++)
        add_field(&kept, before->elements.items[i]);
    if (before && !kept.count)
        add_field(&kept, (struct field){before->value.text, before->value.origins, false});
    return kept;
}

static void assign_array(struct shell *shell, const struct assignment *assignment)
{
    const struct variable *before = assignment->adds ? shell_find(shell, assignment->name) : NULL;
    struct fields elements = kept_elements(before);
    for (const struct word *word = assignment->value; word; word = word->next)
        expand_fields(shell, word, &elements);
    shell_set_array(shell, assignment->name, elements);
}

static void assign_text(struct shell *shell, const struct assignment *assignment)
{
    const struct variable *before = assignment->adds ? shell_find(shell, assignment->name) : NULL;
    struct value value = expand_value(shell, assignment->value);
    if (before) {
        value.text = text_join(before->value.text, value.text, "");
        value.origins |= before->value.origins;
    }
    if (strlen(value.text) > MAX_TEXT)
        value.text = unknown;
    shell_set(shell, assignment->name, value);
}

static void assign(struct shell *shell, const struct assignment *assignment,
                   struct fields *assigned)
{
    if (assignment->array)
        assign_array(shell, assignment);
    else
        assign_text(shell, assignment);
    struct value value = shell->state.variables->value;
    const char *shown = text_join(assignment->name, "=", value.text);
    add_field(assigned, (struct field){.text = shown, .origins = value.origins});
}

static struct function *find_function(const struct shell *shell, const char *name)
{
    struct function *function = shell->functions;
    while (function && strcmp(function->name, name) != 0)
        function = function->older;
    return function;
}

static struct value call_function(struct shell *shell, struct function *function,
                                  const struct call *call)
{
    struct fields positional = shell->state.positional;
    bool was_unknown = shell->state.positional_unknown;
    function->called = true;
    if (function->running || shell->depth >= MAX_DEPTH)
        return (struct value){.text = unknown};
    function->running = true;
    shell->depth++;
    shell->state.positional =
        (struct fields){.items = (struct field *)call->words + 1, .count = call->count - 1};
    shell->state.positional_unknown = false;
    struct value output = shell_run(shell, function->body);
    shell->state.positional = positional;
    shell->state.positional_unknown = was_unknown;
    shell->depth--;
    function->running = false;
    return output;
}

static const char *shown(const struct call *call)
{
    struct text text = {0};
    text_add(&text, "", 0);
    for (size_t i = 0; i < (call->count ? 0 : call->assigned_count); i++) {
        text_puts(&text, i ? " " : "");
        text_puts(&text, call->assigned[i].text);
    }
    for (size_t i = 0; i < call->count; i++) {
        text_puts(&text, i ? " " : "");
        text_puts(&text, *call->words[i].text ? call->words[i].text : "''");
    }
    for (size_t i = 0; i < call->target_count; i++) {
        const struct target *target = &call->targets[i];
        if (target->kind == REDIRECT_TEXT)
            continue;
        text_puts(&text, text.len ? " " : "");
        text_puts(&text, target->kind == REDIRECT_WRITE ? "> " : "< ");
        text_puts(&text, target->value.text);
    }
    return readable(text.data);
}

static struct value follow(struct shell *shell, struct call *call)
{
    struct function *function = find_function(shell, call->program);
    struct value output = nothing;
    if (function && !strcmp(call->words[0].text, function->name))
        return call_function(shell, function, call);
    if (builtin_run(shell, call, &output) || unwrap(shell, call, &output))
        return output;
    return output_of(shell, call);
}

struct value shell_call(struct shell *shell, struct call *call)
{
    const struct function *function;
    if (!spend(shell))
        return nothing;
    call->program = call->count ? path_base(call->words[0].text) : "";
    function = find_function(shell, call->program);
    call->recursive = function && function->running;
    call->looping = shell->looping;
    call->cwd = shell->state.cwd;
    call->input = shell->input;
    call->piped = shell->piped;
    call->shell = shell;
    struct finding finding = {.shown = shown(call), .through = call->through};
    rules_judge(call, &finding);
    add_finding(shell->out, &finding);
    return call->count ? follow(shell, call) : nothing;
}

/* "NAME=value command" sets the variable for the command alone, but for these. */
static bool keeps_assignments(const struct shell *shell, const struct fields *words)
{
    const char *name = words->count ? words->items[0].text : "read";
    return is_one(name, "read|export|declare|local|typeset|readonly") || find_function(shell, name);
}

static struct value run_command(struct shell *shell, const struct node *node)
{
    struct fields words = {0}, assigned = {0};
    const struct variable *before = shell->state.variables;
    for (const struct word *word = node->words; word; word = word->next)
        expand_fields(shell, word, &words);
    for (const struct assignment *at = node->assignments; at; at = at->next)
        assign(shell, at, &assigned);
    struct targets targets = open_targets(shell, node->redirects);
    if (!words.count && !assigned.count && !targets.count)
        return nothing;
    struct call call = {.words = words.items,
                        .count = words.count,
                        .targets = targets.items,
                        .target_count = targets.count,
                        .assigned = assigned.items,
                        .assigned_count = assigned.count,
                        .through = shell->through};
    bool passing = assigned.count && !keeps_assignments(shell, &words);
    struct value output = shell_call(shell, &call);
    if (passing)
        shell->state.variables = before;
    if (!words.count && !assigned.count)
        output = shell->input; /* "$(< file)" */
    return close_targets(shell, &targets, output);
}

/* A compound command's own redirections are written by no program. */
static void judge_targets(struct shell *shell, const struct targets *targets)
{
    struct call call = {
        .targets = targets->items, .target_count = targets->count, .through = shell->through};
    if (targets->count)
        shell_call(shell, &call);
}

/* ---- lists ---- */

static struct value append(struct value one, struct value other)
{
    if (!*other.text)
        return (struct value){one.text, one.origins | other.origins};
    if (strlen(one.text) + strlen(other.text) > MAX_TEXT)
        one.text = unknown;
    else
        one.text = text_join(one.text, other.text, "");
    one.origins |= other.origins;
    return one;
}

static struct value run_pipeline(struct shell *shell, const struct node *node)
{
    const struct node *first = node->children;
    struct value input = shell->input, output = nothing;
    bool piped = shell->piped, looping = shell->looping;
    if (!first->next && !node->background)
        return shell_run(shell, first);
    struct state before = shell->state;
    shell->looping = true;
    for (const struct node *child = first; child; child = child->next) {
        output = shell_run(shell, child);
        shell->state = before;
        shell->input = output;
        shell->piped = true;
    }
    shell->input = input;
    shell->piped = piped;
    shell->looping = looping;
    return output;
}

static struct value run_list(struct shell *shell, const struct node *node)
{
    struct value output = nothing;
    struct state before = shell->state, skipped = shell->state;
    bool may_skip = false;
    for (const struct node *child = node->children; child; child = child->next) {
        if (child->conditional && !may_skip) {
            before = skipped = shell->state;
            may_skip = true;
        } else if (!child->conditional && may_skip) {
            merge(shell, &skipped, &before);
            may_skip = false;
        }
        output = append(output, child->kind == NODE_PIPELINE ? run_pipeline(shell, child)
                                                             : shell_run(shell, child));
    }
    if (may_skip)
        merge(shell, &skipped, &before);
    return output;
}

/* ---- compound commands ---- */

static struct value run_branches(struct shell *shell, const struct node *node)
{
    struct value output = shell_run(shell, node->children);
    struct state before = shell->state;
    for (const struct node *child = node->children->next; child; child = child->next) {
        struct state sofar = shell->state;
        shell->state = before;
        output = append(output, shell_run(shell, child));
        merge(shell, &sofar, &before);
    }
    return output;
}

/* Twice: what the first pass has changed is there in the second. */
static struct value run_loop(struct shell *shell, const struct node *node)
{
    struct state before = shell->state;
    struct value output = shell_run(shell, node->children);
    merge(shell, &before, &before);
    output = append(output, shell_run(shell, node->children));
    merge(shell, &before, &before);
    return output;
}

static struct value run_for(struct shell *shell, const struct node *node)
{
    struct fields words = {0};
    struct value output = nothing;
    struct state before = shell->state;
    for (const struct word *word = node->words; word; word = word->next)
        expand_fields(shell, word, &words);
    if (node->all)
        words = before.positional;
    if (words.count > MAX_PASSES || (node->all && before.positional_unknown)) {
        struct value all = join_fields(words.items, words.count, " ");
        words = (struct fields){0};
        for (size_t i = 0; i < 2; i++)
            add_field(&words, (struct field){.text = unknown, .origins = all.origins});
    }
    for (size_t i = 0; i < words.count && shell->budget; i++) {
        shell_set(shell, node->name, (struct value){words.items[i].text, words.items[i].origins});
        output = append(output, shell_run(shell, node->children));
    }
    if (words.count > 1)
        merge(shell, &before, &before);
    return output;
}

static struct value define(struct shell *shell, const struct node *node)
{
    struct function *function = take(sizeof *function);
    function->name = node->name;
    function->body = node->children;
    function->older = shell->functions;
    shell->functions = function;
    return nothing;
}

static struct value look_at(struct shell *shell, const struct node *node)
{
    for (const struct word *word = node->words; word; word = word->next)
        expand_value(shell, word);
    return nothing;
}

static struct value run_subshell(struct shell *shell, const struct node *node)
{
    struct state before = shell->state;
    struct value output = shell_run(shell, node->children);
    shell->state = before;
    return output;
}

static struct value run_kind(struct shell *shell, const struct node *node)
{
    switch (node->kind) {
    case NODE_PIPELINE:
        return run_pipeline(shell, node);
    case NODE_LIST:
        return run_list(shell, node);
    case NODE_SUBSHELL:
        return run_subshell(shell, node);
    case NODE_BRANCHES:
        return run_branches(shell, node);
    case NODE_LOOP:
        return run_loop(shell, node);
    case NODE_FOR:
        return run_for(shell, node);
    case NODE_FUNCTION:
        return define(shell, node);
    case NODE_TEST:
        return look_at(shell, node);
    default:
        return run_command(shell, node);
    }
}

struct value shell_run(struct shell *shell, const struct node *node)
{
    struct value input = shell->input, output;
    bool piped = shell->piped;
    if (!spend(shell))
        return nothing;
    if (node->kind == NODE_COMMAND) {
        output = run_command(shell, node);
    } else {
        struct targets targets = open_targets(shell, node->redirects);
        judge_targets(shell, &targets);
        output = close_targets(shell, &targets, run_kind(shell, node));
    }
    shell->input = input;
    shell->piped = piped;
    return output;
}

/* ---- texts ---- */

/* Functions that nothing has called yet may be called later, with any arguments. */
static void run_uncalled(struct shell *shell)
{
    for (struct function *function = shell->functions; function; function = function->older) {
        struct state before = shell->state;
        if (function->called)
            continue;
        function->called = function->running = true;
        shell->state.positional_unknown = true;
        shell_run(shell, function->body);
        function->running = false;
        shell->state = before;
    }
}

struct value shell_run_text(struct shell *shell, const char *text, const char *through,
                            const struct fields *positional)
{
    const char *problem = NULL, *before = shell->through;
    struct fields was = shell->state.positional;
    struct value output = nothing;
    if (shell->depth >= MAX_DEPTH || strlen(text) > MAX_COMMAND) {
        unreadable(shell, "…", through, "it is too long, or nested too deeply");
        return nothing;
    }
    if (!spend(shell))
        return nothing;
    struct node *list = parse(text, shell->depth, &problem);
    if (problem)
        unreadable(shell, text, through, problem);
    shell->depth++;
    shell->through = through;
    if (positional)
        shell->state.positional = *positional;
    output = shell_run(shell, list);
    if (shell->depth == 1)
        run_uncalled(shell);
    if (positional)
        shell->state.positional = was;
    shell->through = before;
    shell->depth--;
    return output;
}
