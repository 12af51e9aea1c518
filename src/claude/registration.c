#include "claude/registration.h"

#include "base/fs.h"
#include "base/paths.h"

enum { CONFIG_MAX = 4 * 1024 * 1024 };

int registration_read(enum hook_registration *out, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    struct config config;
    AUTO_BUF text = {0};
    *out = HOOKS_BY_PLUGIN;
    if (!fs_exists(paths.config))
        return 0;
    int result = fs_read(&text, paths.config, CONFIG_MAX);
    if (result == 0) /* its warnings are for who reads all of it */
        result = config_parse(&config, arena, paths.config, buf_text(&text), text.len, &diags);
    if (result == 0)
        *out = config.hooks;
    if (paths.project && *out == HOOKS_BY_SETTINGS) /* no settings.json of a repository is edited */
        *out = HOOKS_BY_PLUGIN;
    return result;
}
