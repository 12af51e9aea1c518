#include "rules.h"

#include "access.h"
#include "arena.h"
#include "path.h"
#include "places.h"
#include "policy.h"
#include "text.h"

#include <string.h>

static const struct rule rules[] = {
    {"rm-root", DENY, NULL, removes_root, "it deletes the whole system"},
    {"rm-home", DENY, NULL, removes_home, "it deletes a whole home"},
    {"rm-system", DENY, NULL, removes_system, "it deletes a folder that the system needs"},
    {"move-system", DENY, "mv", moves_vital, "it moves away what the system or a home needs"},
    {"wipe-disk", DENY, "shred|wipe|badblocks|hdparm", erases_device, "it erases a disk"},
    {"wipe-disk", DENY, "wipefs|blkdiscard|mkswap", NULL, "it erases what is on a disk"},
    {"wipe-disk", DENY, NULL, makes_file_system, "it erases what is on a disk"},
    {"fork-bomb", DENY, NULL, bombs, "it starts itself without end"},
    {"pipe-to-shell", DENY, NULL, runs_network, "it runs what comes from the network, unseen"},
    {"hidden-code", DENY, NULL, runs_decoded, "it runs code that is encoded, unseen"},
    {"reverse-shell", DENY, NULL, opens_shell, "it connects a shell to the network"},
    {"exfiltrate", DENY, NULL, sends_secrets, "it sends credentials over the network"},
    {"chmod-system", DENY, "chmod|chown|chgrp", changes_modes_of_vital,
     "it changes modes or owners of the system or of a whole home"},
    {"history", DENY, NULL, hides_history, "it hides what was done from the shell's history"},
    {"history", DENY, "history -c|-w|-cw|-wc|-d", NULL,
     "it hides what was done from the shell's history"},
    {"force-push-main", DENY, NULL, forces_push_main, "it rewrites a branch that others build on"},
    {"delete-main", DENY, NULL, deletes_main, "it deletes a branch that others build on"},
    {"kill-all", DENY, NULL, kills_everything, "it ends every process there is"},

    {"rm-variable", ASK, NULL, removes_unknown, "what it deletes is only known when it runs"},
    {"rm-project", ASK, NULL, removes_project, "it deletes the folder that the session works in"},
    {"rm-top-level", ASK, NULL, removes_top_level, "it deletes a folder of the system's root"},
    {"rm-wide", ASK, NULL, removes_widely, "it searches all of the system or a home, and deletes"},
    {"run-unseen", ASK, NULL, runs_unseen, "it runs what another program writes, unseen"},
    {"computed-program", ASK, NULL, runs_computed, "which program runs is only known when it runs"},
    {"run-download", ASK, NULL, runs_download, "it runs what was just downloaded, unseen"},
    {"environment", ASK, NULL, loads_library, "it loads code into other programs"},
    {"chmod-world", ASK, "chmod", opens_to_all, "it lets everybody write to a whole tree"},
    {"chmod-unknown", ASK, "chmod|chown|chgrp", changes_modes_of_unknown,
     "what it changes is only known when it runs"},
    {"set-id", ASK, "chmod", sets_user_id, "it lets a program run as its owner"},
    {"set-id", ASK, "setcap", NULL, "it gives a program rights of root"},
    {"partition", ASK, "fdisk|sfdisk|gdisk|sgdisk|parted|cfdisk|cryptsetup|lvremove|vgremove|zpool",
     NULL, "it changes how disks are divided"},
    {"mount", ASK, "umount|swapoff|losetup", NULL, "it changes what is mounted"},
    {"mount", ASK, "mount", has_operands, "it changes what is mounted"},
    {"force-push", ASK, NULL, forces_push, "it rewrites a branch"},
    {"git-discard", ASK, "git reset --hard", NULL, "it throws away work that is not committed"},
    {"git-discard", ASK, NULL, cleans_forced, "it deletes files that are not committed"},
    {"git-discard", ASK, NULL, discards_paths, "it throws away work that is not committed"},
    {"git-discard", ASK, "git stash drop|clear", NULL, "it throws away stashed work"},
    {"git-discard", ASK, "git branch -D", NULL, "it deletes a branch that is not merged"},
    {"git-rewrite", ASK, "git filter-branch|filter-repo", NULL, "it rewrites the whole history"},
    {"git-rewrite", ASK, "git reflog expire|delete", NULL,
     "it removes the way back to lost commits"},
    {"git-rewrite", ASK, "git update-ref -d", NULL, "it deletes a reference"},
    {"git-remote-delete", ASK, "git push --delete|-d", NULL, "it deletes a branch for everybody"},
    {"git-remote-delete", ASK, NULL, deletes_remote, "it deletes a branch for everybody"},
    {"git-config", ASK,
     "git config core.hooksPath|core.sshCommand|core.fsmonitor|core.pager|core.editor|"
     "core.gitProxy|credential.helper|diff.external",
     NULL, "git runs what it names"},
    {"another-user", ASK, "sudo|doas|su|runuser|pkexec|gosu|su-exec|run0", NULL,
     "it runs as another user"},
    {"accounts", ASK,
     "passwd|chpasswd|useradd|userdel|usermod|groupadd|visudo|adduser|deluser|chsh", NULL,
     "it changes who may log in"},
    {"power", ASK, "shutdown|reboot|halt|poweroff", NULL, "it stops the machine"},
    {"power", ASK, "systemctl reboot|poweroff|halt|kexec|suspend", NULL, "it stops the machine"},
    {"power", ASK, "init|telinit 0|6", NULL, "it stops the machine"},
    {"protection", ASK, "setenforce 0|Permissive", NULL, "it turns a protection off"},
    {"protection", ASK, "ufw disable|reset", NULL, "it turns the firewall off"},
    {"protection", ASK, "iptables|ip6tables -F|--flush|-X", NULL, "it turns the firewall off"},
    {"protection", ASK, "nft flush", NULL, "it turns the firewall off"},
    {"protection", ASK, "systemctl stop|disable|mask", NULL, "it stops a service"},
    {"protection", ASK, "auditctl -D|-e", NULL, "it turns auditing off"},
    {"protection", ASK, "csrutil|spctl disable|--master-disable", NULL,
     "it turns a protection off"},
    {"guard", ASK, NULL, changes_guard, "it takes this guard away"},
    {"kernel", ASK, "insmod|modprobe|rmmod|sysctl|kexec", NULL, "it changes the kernel"},
    {"journal", ASK, "journalctl --vacuum-size|--vacuum-time|--vacuum-files|--rotate", NULL,
     "it removes what the system has logged"},
    {"schedule", ASK, NULL, changes_crontab, "it changes what runs by itself"},
    {"schedule", ASK, "systemctl enable", NULL, "it makes something run by itself"},
    {"schedule", ASK, "launchctl load|bootstrap|submit", NULL, "it makes something run by itself"},
    {"schedule", ASK, "at|batch", NULL, "it makes something run later"},
    {"shred", ASK, "shred|wipe|srm", NULL, "what it deletes cannot be restored"},
    {"publish", ASK, "npm|pnpm|yarn|cargo|gem|poetry|uv|hatch|flit publish|push|unpublish", NULL,
     "it publishes to everybody"},
    {"publish", ASK, "twine upload", NULL, "it publishes to everybody"},
    {"publish", ASK, "docker|podman push", NULL, "it publishes an image"},
    {"publish", ASK, "gh release create|delete|upload", NULL, "it changes a published release"},
    {"database", ASK, NULL, drops_tables, "it deletes data"},
    {"database", ASK, "dropdb|dropuser", NULL, "it deletes a database"},
    {"database", ASK, "redis-cli FLUSHALL|FLUSHDB|flushall|flushdb", NULL, "it deletes all keys"},
    {"database", ASK, "rails|rake|bin/rails db:drop|db:reset", NULL, "it deletes a database"},
    {"cloud", ASK, "terraform|tofu|pulumi|cdk destroy", NULL, "it destroys infrastructure"},
    {"cloud", ASK, "terraform|tofu apply -auto-approve|--auto-approve", NULL,
     "it changes infrastructure without a question"},
    {"cloud", ASK, "terraform|tofu state rm", NULL, "it forgets infrastructure"},
    {"cloud", ASK, "kubectl|oc delete|drain", NULL, "it removes what runs in a cluster"},
    {"cloud", ASK, "helm uninstall|delete", NULL, "it removes what runs in a cluster"},
    {"cloud", ASK, "aws s3 rm|rb|sync --recursive|--force|--delete", NULL,
     "it deletes stored data"},
    {"cloud", ASK,
     "aws terminate-instances|delete-stack|delete-bucket|delete-table|delete-db-instance", NULL,
     "it deletes what runs in a cloud"},
    {"cloud", ASK, "gsutil rm|rb", NULL, "it deletes stored data"},
    {"cloud", ASK, "rclone purge|delete", NULL, "it deletes stored data"},
    {"cloud", ASK, "gcloud|az|doctl|flyctl|fly|heroku delete|destroy|apps:destroy|pg:reset", NULL,
     "it deletes what runs in a cloud"},
    {"cloud", ASK, "gh repo delete", NULL, "it deletes a repository"},
    {"containers", ASK, "docker|podman system|volume|image|container prune", NULL,
     "it deletes images or volumes"},
    {"containers", ASK, "docker|podman volume rm", NULL, "it deletes data"},
    {"containers", ASK, "docker|docker-compose|podman-compose down -v|--volumes", NULL,
     "it deletes data"},
    {"containers", ASK, "docker|podman run|exec|create --privileged|--pid=host|--cap-add=ALL", NULL,
     "it runs without confinement"},
    {"containers", ASK, NULL, mounts_system, "it gives a container the system's files"},
};

static bool has_word_within(const struct call *call, const char *list, size_t len)
{
    for (size_t i = 1; i < call->count; i++) {
        if (is_one_within(call->words[i].text, list, len))
            return true;
    }
    return false;
}

/* "git|hub push --force|-f": the program, then words that all occur, in any place. */
static bool pattern_fits(const char *pattern, const struct call *call)
{
    size_t len = strcspn(pattern, " ");
    if (!is_one_within(call->program, pattern, len))
        return false;
    while (*(pattern += len)) {
        pattern++;
        len = strcspn(pattern, " ");
        if (!has_word_within(call, pattern, len))
            return false;
    }
    return true;
}

static void raise(struct finding *finding, const struct policy *policy, enum decision decision,
                  const char *rule, const char *reason)
{
    if (decision <= finding->decision || policy_is_off(policy, rule))
        return;
    finding->decision = decision;
    finding->rule = rule;
    finding->reason = reason;
}

static void judge_access(struct finding *finding, const struct policy *policy, const char *clean,
                         enum access access)
{
    const struct guarded *row = places_find(clean);
    if (row)
        raise(finding, policy, access == READS ? row->read : row->write,
              access == READS ? "read-secret" : row->rule, row->reason);
}

void rules_judge_file(const struct policy *policy, const char *clean, enum access access,
                      struct finding *finding)
{
    judge_access(finding, policy, clean, access);
    policy_judge_path(policy, clean, access, finding);
}

void rules_judge(const struct call *call, struct finding *finding)
{
    const struct policy *policy = call->shell->context->policy;
    struct accesses accesses = accesses_of(call);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *rule = &rules[i];
        if (rule->decision > finding->decision &&
            (!rule->pattern || pattern_fits(rule->pattern, call)) &&
            (!rule->fits || rule->fits(call)))
            raise(finding, policy, rule->decision, rule->id, rule->reason);
    }
    for (size_t i = 0; i < accesses.count; i++)
        judge_access(finding, policy, accesses.items[i].path, accesses.items[i].access);
    policy_judge_command(policy, finding);
    for (size_t i = 0; i < accesses.count; i++)
        policy_judge_path(policy, accesses.items[i].path, accesses.items[i].access, finding);
}
