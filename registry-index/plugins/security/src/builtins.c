/* Commands of the shell itself, as far as they change what comes after them. */
#include "arena.h"
#include "lexer.h"
#include "path.h"
#include "shell.h"

#include <stdlib.h>
#include <string.h>

static const char unknown[] = {MARK_UNKNOWN, '\0'};

static const struct field *last_operand(const struct call *call)
{
    const struct field *last = NULL;
    for (size_t i = 1; i < call->count; i++) {
        if (call->words[i].text[0] != '-' || !call->words[i].text[1])
            last = &call->words[i];
    }
    return last;
}

static struct value change_folder(struct shell *shell, const struct call *call)
{
    const struct field *operand = last_operand(call);
    const char *target = operand ? operand->text : shell->context->home;
    if (strpbrk(target, "\1\2\3") || !strcmp(target, "-"))
        shell->state.cwd = NULL;
    else if (target[0] == '/' || shell->state.cwd)
        shell->state.cwd = path_resolve(target, shell->state.cwd);
    return (struct value){.text = ""};
}

static struct value leave_folder(struct shell *shell, const struct call *call)
{
    (void)call;
    shell->state.cwd = NULL;
    return (struct value){.text = ""};
}

static struct value declare(struct shell *shell, const struct call *call)
{
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text;
        size_t len = name_length(text);
        if (len && text[len] == '=')
            shell_set(shell, take_text(text, len),
                      (struct value){text + len + 1, call->words[i].origins});
    }
    return (struct value){.text = ""};
}

static struct value unset(struct shell *shell, const struct call *call)
{
    for (size_t i = 1; i < call->count; i++)
        shell_set(shell, call->words[i].text, (struct value){.text = ""});
    return (struct value){.text = ""};
}

/* The last name gets the rest of the line; more than one name, and we do not know what each gets.
 */
static struct value read_line(struct shell *shell, const struct call *call)
{
    const char *text = call->input.text ? call->input.text : unknown;
    size_t names = 0;
    for (size_t i = 1; i < call->count; i++)
        names += name_length(call->words[i].text) > 0;
    bool known = call->piped && is_known(text) && names == 1 && !shell->looping;
    struct value value = {known ? take_text(text, strcspn(text, "\n")) : unknown,
                          call->input.origins};
    for (size_t i = 1; i < call->count; i++) {
        if (name_length(call->words[i].text))
            shell_set(shell, call->words[i].text, value);
    }
    if (!names)
        shell_set(shell, "REPLY", value);
    return (struct value){.text = ""};
}

static struct value set_positional(struct shell *shell, const struct call *call)
{
    for (size_t i = 1; i < call->count; i++) {
        bool ends = !strcmp(call->words[i].text, "--");
        if (!ends && strchr("-+", call->words[i].text[0]))
            continue;
        i += ends;
        shell->state.positional =
            (struct fields){.items = (struct field *)call->words + i, .count = call->count - i};
        shell->state.positional_unknown = false;
        break;
    }
    return (struct value){.text = ""};
}

static struct value shift(struct shell *shell, const struct call *call)
{
    struct fields *positional = &shell->state.positional;
    size_t by = call->count > 1 ? strtoul(call->words[1].text, NULL, 10) : 1;
    if (by > positional->count)
        by = positional->count;
    if (by)
        positional->items += by;
    positional->count -= by;
    positional->capacity = 0;
    return (struct value){.text = ""};
}

static bool is_wholly_unknown(const char *text)
{
    return !strcmp(text, unknown);
}

static struct value evaluate(struct shell *shell, const struct call *call)
{
    struct value text = join_fields(call->words + 1, call->count - 1, " ");
    if (is_wholly_unknown(text.text))
        return (struct value){unknown, text.origins};
    return shell_run_text(shell, text.text, "eval", NULL);
}

static struct value source(struct shell *shell, const struct call *call)
{
    struct value content = {.text = unknown};
    if (call->count > 1)
        content = shell_content(shell, call->words[1].text);
    if (is_wholly_unknown(content.text))
        return (struct value){unknown, 0};
    return shell_run_text(shell, content.text, "source", NULL);
}

static struct value trap(struct shell *shell, const struct call *call)
{
    if (call->count > 2 && !is_wholly_unknown(call->words[1].text) && call->words[1].text[0] != '-')
        shell_run_text(shell, call->words[1].text, "trap", NULL);
    return (struct value){.text = ""};
}

static struct value alias(struct shell *shell, const struct call *call)
{
    for (size_t i = 1; i < call->count; i++) {
        const char *equals = strchr(call->words[i].text, '=');
        if (equals)
            shell_run_text(shell, equals + 1, "alias", NULL);
    }
    return (struct value){.text = ""};
}

static struct value fill_array(struct shell *shell, const struct call *call)
{
    const struct field *name = last_operand(call);
    struct value value = {unknown, call->input.origins};
    shell_set(shell, name ? name->text : "MAPFILE", value);
    return (struct value){.text = ""};
}

bool builtin_run(struct shell *shell, const struct call *call, struct value *output)
{
    static const struct {
        const char *name;
        struct value (*run)(struct shell *shell, const struct call *call);
    } builtins[] = {
        {"cd", change_folder},
        {"pushd", change_folder},
        {"popd", leave_folder},
        {"export", declare},
        {"declare", declare},
        {"local", declare},
        {"readonly", declare},
        {"typeset", declare},
        {"unset", unset},
        {"read", read_line},
        {"set", set_positional},
        {"shift", shift},
        {"eval", evaluate},
        {"source", source},
        {".", source},
        {"trap", trap},
        {"alias", alias},
        {"mapfile", fill_array},
        {"readarray", fill_array},
    };
    bool prints = call->count == 1 || !strcmp(call->words[1].text, "-p");
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        if (strcmp(builtins[i].name, call->words[0].text) != 0)
            continue;
        if (prints && (builtins[i].run == declare || builtins[i].run == set_positional))
            return false; /* it prints all variables */
        *output = builtins[i].run(shell, call);
        return true;
    }
    return false;
}
