/* Programs that a plugin needs, in a line and as JSON. */
#include "change/programs.h"

#include "base/process.h"

bool program_is_here(const struct program *program, struct arena *arena)
{
    return process_find(arena, program->name) != NULL;
}

const char *programs_text(const struct programs *programs, bool maybe)
{
    struct strings names = {0};
    for (size_t i = 0; i < programs->count; i++) {
        const struct program *program = &programs->items[i];
        if ((program->use == PROGRAM_MAYBE) == maybe)
            strings_add(
                &names, programs->arena,
                arena_printf(programs->arena, "%s%s", program->name,
                             program_is_here(program, programs->arena) ? "" : " (not found)"));
    }
    return strings_join(&names, programs->arena, ", ");
}

void programs_json(struct json_writer *json, const struct programs *programs)
{
    json_key(json, "programs");
    json_array(json);
    for (size_t i = 0; i < programs->count; i++) {
        const struct program *program = &programs->items[i];
        json_object(json);
        json_field(json, "name", program->name);
        json_key(json, "found");
        json_boolean(json, program_is_here(program, programs->arena));
        json_key(json, "optional");
        json_boolean(json, program->use == PROGRAM_MAYBE);
        json_field(json, "by", program->by);
        json_field(json, "debian", program_package(program->name));
        json_end_object(json);
    }
    json_end_array(json);
}
