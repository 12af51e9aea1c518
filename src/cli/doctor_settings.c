#include "base/error.h"
#include "base/paths.h"
#include "cli/doctor.h"
#include "cli/settings.h"
#include "runtime/secrets.h"
#include "store/store.h"

static void check_settings(struct findings *out, const struct config *config, const char *plugin)
{
    struct settings settings = {0};

    if (settings_plugin(&settings, config, plugin, out->arena) < 0) {
        finding_add(out, FINDING_PROBLEM, "settings", "see 'paii config show'", "%s", error_text());
        error_clear();
    }
    for (size_t i = 0; i < settings.count; i++) {
        const struct setting *setting = &settings.items[i];
        if (setting->required && !setting->text)
            finding_add(out, FINDING_PROBLEM, "settings",
                        arena_printf(out->arena, "paii config set %s VALUE", setting->key),
                        "plugin '%s' needs a value of '%s'", plugin, setting->key);
    }
}

static void check_secrets(struct findings *out, const struct package *package)
{
    struct manifest manifest = {0};
    struct diags diags = {.arena = out->arena};
    struct environment env = {.arena = out->arena};
    const char *missing = NULL;

    if (manifest_read(&manifest, out->arena, installed_prefix(package, out->arena), &diags) < 0) {
        error_clear();
        return;
    }
    if (secrets_set(&env, &manifest, &missing, out->arena) < 0) {
        if (error_code() == ERR_CONFIG) /* doctor_state() tells of a file that is open to others */
            finding_add(out, FINDING_PROBLEM, "secrets", "correct that line", "%s", error_text());
        error_clear();
    }
    if (missing)
        finding_add(out, FINDING_PROBLEM, "secrets",
                    arena_printf(out->arena, "add %s to %s", missing, paths.env_file),
                    "plugin '%s' needs %s", package->name, missing);
}

void doctor_settings(struct findings *out)
{
    struct installed set = {0};
    struct config config = {0};

    if (installed_read(&set, out->arena) < 0) {
        error_clear(); /* doctor_state() tells of it */
        return;
    }
    if (config_read(&config, out->arena) < 0) {
        finding_add(out, FINDING_PROBLEM, "settings", "correct that file", "%s", error_text());
        error_clear();
        return;
    }
    for (size_t i = 0; i < set.count; i++) {
        if (set.packages[i].flags & PACKAGE_DISABLED)
            continue;
        check_settings(out, &config, set.packages[i].name);
        check_secrets(out, &set.packages[i]);
    }
}
