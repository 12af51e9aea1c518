/*
 * What `paii new` writes: for each type a few files that pass `paii check`, build, install and run.
 */
#ifndef PAII_CLI_TEMPLATES_H
#define PAII_CLI_TEMPLATES_H

#include <stdbool.h>

struct template_file {
    const char *path;
    const char *text; /* @NAME@ stands for the plugin's name */
    bool executable;
};

struct plugin_template {
    const char *type;
    const struct template_file *files; /* ends with a row without a path */
};

extern const struct plugin_template plugin_templates[]; /* ends with a row without a type */

#endif
