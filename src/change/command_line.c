/* A request as a person would type it: for hints. */
#include "change/project.h"

#include <string.h>

static void add_all(struct strings *words, struct arena *arena, const struct strings *names)
{
    for (size_t i = 0; i < names->count; i++)
        strings_add(words, arena, names->items[i]);
}

static void add_value(struct strings *words, struct arena *arena, const char *option,
                      const char *value)
{
    if (value && strcmp(value, OPTION_OFF) == 0)
        strings_add(words, arena, arena_printf(arena, "--no-%s", option));
    else if (value)
        strings_add(
            words, arena,
            arena_printf(arena, "--%s%s%s", option, *value ? "=" : "", text_word(arena, value)));
}

static void add_specs(struct strings *words, struct arena *arena,
                      const struct change_request *request)
{
    for (size_t i = 0; i < request->install_count; i++)
        strings_add(words, arena, text_word(arena, request->install[i].text));
    if (request->dev)
        strings_add(words, arena, "--dev");
    if (request->registry)
        strings_add(words, arena, arena_printf(arena, "--registry %s", request->registry));
    add_value(words, arena, "build", request->build);
    add_value(words, arena, "flat", request->flat);
    if (request->with_optional)
        strings_add(words, arena, "--with-optional");
}

const char *change_command(const struct change_request *request, struct arena *arena)
{
    struct strings words = {0};
    bool install = request->install_count, remove = !install && request->remove.count;
    strings_add(&words, arena,
                arena_printf(arena, "paii %s%s",
                             install  ? "install"
                             : remove ? "remove"
                                      : "update",
                             project_flag()));
    if (install)
        add_specs(&words, arena, request);
    else
        add_all(&words, arena, remove ? &request->remove : &request->update);
    for (size_t i = 0; i < request->prefer.count; i++)
        strings_add(&words, arena, arena_printf(arena, "--prefer %s", request->prefer.items[i]));
    return strings_join(&words, arena, " ");
}
