#include "places.h"

#include "arena.h"
#include "glob.h"
#include "path.h"
#include "syntax.h"
#include "text.h"

#include <string.h>

/* The first row that fits counts, so exceptions stand before what they are taken from. */
static const struct guarded rows[] = {
    {"~/.ssh/*.pub|~/.ssh/known_hosts|~/.ssh/known_hosts.old", NONE, NONE, NULL, NULL},
    {".env.example|.env.sample|.env.template|.env.dist|.env.defaults|.env.test", NONE, NONE, NULL,
     NULL},
    {"*cert.pem|ca.pem|chain.pem|fullchain.pem|*.pub.pem", NONE, NONE, NULL, NULL},
    {"~/.ssh/authorized_keys|~/.ssh/rc|/etc/ssh/authorized_keys", NONE, DENY, "write-accounts",
     "it says who may log in"},
    {"~/.ssh/config", NONE, ASK, "write-startup", "it may name programs that ssh runs"},
    {"~/.ssh|id_rsa|id_ed25519|id_ecdsa|id_dsa|id_ed25519_sk", DENY, DENY, "write-secret",
     "it is a private key"},
    {"/etc/shadow|/etc/gshadow|/etc/sudoers|/etc/sudoers.d", DENY, DENY, "write-accounts",
     "it says who may log in or become root"},
    {"/etc/passwd|/etc/group|/etc/pam.d|/etc/ld.so.preload|/etc/security", NONE, DENY,
     "write-accounts", "it says who may log in or become root"},
    {"~/.config/paii/.env|~/.aws/credentials|~/.aws/sso|~/.gnupg|~/.config/gcloud|~/.azure|"
     "~/.password-store|~/.netrc|~/.pgpass|~/.git-credentials|~/.claude/.credentials.json|"
     "~/.local/share/keyrings|~/Library/Keychains|/etc/ssl/private|~/.config/op|~/.vault-token",
     DENY, DENY, "write-secret", "it holds credentials"},
    {"~/.mozilla/firefox/*/logins.json|~/.mozilla/firefox/*/key4.db|~/.mozilla/*/cookies.sqlite|"
     "~/.config/google-chrome/*/Login Data|~/.config/google-chrome/*/Cookies|"
     "~/.config/chromium/*/Login Data|~/.config/chromium/*/Cookies",
     DENY, DENY, "write-secret", "it holds a browser's passwords or sessions"},
    {"/proc/*/environ|/proc/*/mem|/proc/kcore", DENY, DENY, "write-system",
     "it is the memory of a program"},
    {"~/.config/paii", NONE, DENY, "write-paii", "only paii itself changes what is in it"},
    {"/proc/sys|/proc/sysrq-trigger|/sys", NONE, DENY, "write-system", "it is the kernel's"},
    {".env|.env.*|*.pem|*.p12|*.pfx|*.kdbx|*.keystore|*.jks|.vault-token|~/.npmrc|~/.pypirc|"
     "~/.kube/config|~/.docker/config.json|~/.cargo/credentials|~/.cargo/credentials.toml|"
     "~/.config/gh/hosts.yml|~/.terraform.d/credentials.tfrc.json|~/.my.cnf|~/.rclone.conf|"
     "~/.config/rclone/rclone.conf|wallet.dat|terraform.tfvars|secrets.yaml|secrets.yml|"
     "secrets.json|credentials.json",
     ASK, NONE, NULL, "it may hold credentials"},
    {".bash_history|.zsh_history|.python_history|.psql_history|.mysql_history|fish_history|"
     ".node_repl_history|.sqlite_history",
     ASK, DENY, "history", "it is the record of what was done"},
    {"~/.bashrc|~/.bash_profile|~/.bash_login|~/.bash_logout|~/.bash_aliases|~/.profile|~/.zshrc|"
     "~/.zshenv|~/.zprofile|~/.zlogin|~/.config/fish|~/.config/autostart|~/.config/systemd|"
     "~/.xprofile|~/.xinitrc|~/.inputrc|~/.vimrc|~/.config/nvim|~/Library/LaunchAgents|"
     "~/.pythonrc|~/.config/environment.d|~/.pam_environment",
     NONE, ASK, "write-startup", "it runs by itself from then on"},
    {"~/.gitconfig|~/.config/git|*/.git/hooks|*/.git/config", NONE, ASK, "write-startup",
     "git runs what it names"},
    {"~/.claude/settings.json|~/.claude/settings.local.json|*/.claude/settings.json|"
     "*/.claude/settings.local.json|~/.claude/skills|~/.claude/plugins|~/.claude/hooks|"
     "~/.claude.json|/etc/claude-code",
     NONE, ASK, "write-startup", "it says what the client may do, and what it runs"},
    {"/var/log", NONE, DENY, "log-tampering", "it is what the system has logged"},
    {"/etc/cron*|/var/spool/cron|/etc/systemd|/etc/init.d|/etc/profile.d|/etc/rc.local", NONE, ASK,
     "schedule", "it runs by itself from then on"},
};

/* ---- patterns ---- */

static bool has_marks(const char *text)
{
    return strpbrk(text, "\1\2\3") != NULL;
}

/* One part of a pattern and of a path that may be a pattern itself; "*" takes no leading dot. */
static bool part_fits(const char *pattern, const char *part)
{
    if (glob_fits(pattern, part))
        return true;
    return part[0] == pattern[0] && !strchr(part, MARK_UNKNOWN) && glob_fits(part, pattern);
}

/* The pattern is a path: all its parts fit, and then there may be more. */
static bool parts_fit(const char *pattern, const char *clean)
{
    for (;;) {
        size_t one = strcspn(pattern, "/"), other = strcspn(clean, "/");
        if (!part_fits(take_text(pattern, one), take_text(clean, other)))
            return false;
        if (!pattern[one])
            return true;
        if (!clean[other])
            return false;
        pattern += one + 1;
        clean += other + 1;
    }
}

static bool pattern_fits(const char *pattern, const char *clean)
{
    if (!strchr(pattern, '/'))
        return part_fits(pattern, path_base(clean)) && strcmp(path_base(clean), "*") != 0;
    if (has_marks(clean))
        return parts_fit(pattern, clean);
    if (!strncmp(pattern, "*/", 2) && glob_fits(pattern + 2, clean))
        return true;
    if (!strchr(pattern, '*'))
        return path_below(clean, pattern);
    return glob_fits(pattern, clean) || glob_fits(text_join(pattern, "/*", ""), clean);
}

bool places_fit(const char *patterns, const char *clean)
{
    char one[256];
    for (const char *at = patterns; *at;) {
        size_t len = strcspn(at, "|");
        bool fits = len < sizeof one;
        memcpy(one, at, fits ? len : 0);
        one[fits ? len : 0] = '\0';
        if (pattern_fits(fits ? one : take_text(at, len), clean))
            return true;
        at += len + (at[len] == '|');
    }
    return false;
}

const struct guarded *places_find(const char *clean)
{
    static const struct guarded system = {NULL, NONE, ASK, "write-system",
                                          "it belongs to the system"};
    static const struct guarded device = {NULL, ASK, DENY, "write-device", "it is a disk"};
    enum place place = path_place(clean);
    if (place == PLACE_DEVICE)
        return &device;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool exception = !rows[i].reason;
        if (exception && has_marks(clean))
            continue; /* it may be more than the exception */
        if (places_fit(rows[i].patterns, clean))
            return exception ? NULL : &rows[i];
    }
    return place == PLACE_SYSTEM ? &system : NULL;
}

bool places_hold_secrets(const char *clean)
{
    const struct guarded *row = places_find(clean);
    return row && row->read != NONE && strcmp(row->rule ? row->rule : "", "write-device") != 0;
}
