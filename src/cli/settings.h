/*
 * What `paii config` shows and sets: paii's own settings and those of installed plugins, each with
 * where its value comes from. A plugin's value is, the last one winning: the default of its
 * manifest, then paii.toml [config.NAME], then plugins/NAME/config.toml.
 */
#ifndef PAII_CLI_SETTINGS_H
#define PAII_CLI_SETTINGS_H

#include "base/buf.h"
#include "registry/config.h"

struct setting {
    const char *key;    /* "defaults.language", "jira.url" */
    const char *type;   /* as in manifests: string integer number boolean array object path */
    const char *text;   /* for people; NULL when there is no value */
    const char *json;   /* the value as JSON; NULL when there is none */
    const char *origin; /* "default", "FILE:LINE", "PAII_DIR" */
    bool secret;        /* the value is not shown */
    bool required;      /* the plugin does not run without a value */
};

struct settings {
    struct setting *items;
    size_t count, capacity;
};

/* paii's own, in a fixed order. */
int settings_own(struct settings *out, const struct config *config, struct arena *arena);
/* Those of an installed plugin, in the manifest's order. Warns of values of a wrong type and of
 * keys that the plugin does not have. ERR_NOT_FOUND if it is not installed. */
int settings_plugin(struct settings *out, const struct config *config, const char *plugin,
                    struct arena *arena);
const struct setting *settings_find(const struct settings *settings, const char *key);
/* Every key there is, for completion; whatever cannot be read is left out. */
void settings_keys(struct strings *out, struct arena *arena);

/* Whether the first part of a key is a table of paii.toml, not a plugin. */
bool setting_is_own(const char *key);
/* Appends `value`, as typed, as TOML of `type`; ERR_CONFIG if it is not one. */
int setting_value(struct buf *out, const char *key, const char *type, const char *value,
                  struct arena *arena);

/* plugins/NAME/config.toml */
const char *plugin_config_file(const char *plugin, struct arena *arena);

#endif
