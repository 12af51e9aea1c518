/* What an update leaves as it is, although there is something newer. */
#include "change/plan.h"
#include "change/project.h"

#include <string.h>

enum { TOLD_MAX = 5 };

/* Of what it came from, in its range. A source of its own has but one: as it is now. */
static bool is_candidate(const struct choice *choice, const struct package *package,
                         const struct range *range)
{
    struct version version;
    if (choice->current || choice->aside || choice->same_as_current ||
        strcmp(choice->package.name, package->name) != 0 ||
        strcmp(choice->package.registry, package->registry) != 0)
        return false;
    if (choice->direct)
        return true;
    if (choice->package.flags & PACKAGE_YANKED ||
        (choice->package.flags & PACKAGE_TAGGED && !range))
        return false;
    return version_parse(&version, choice->package.version, true) &&
           (range ? range_matches(range, &version, false) : version.pre_len == 0);
}

static bool is_newer(const struct choice *choice, const struct choice *than)
{
    struct version a, b;
    return choice != than && (choice->direct || (version_parse(&a, choice->package.version, true) &&
                                                 version_parse(&b, than->package.version, true) &&
                                                 version_compare(&a, &b) > 0));
}

static const struct choice *newest(const struct change *change, const struct step *step)
{
    const struct package *package = step->before;
    const struct range *range =
        *package->range ? range_parse(change->arena, package->range, true) : NULL;
    const struct choice *best = step->choice;
    for (size_t i = 0; i < change->choice_count; i++)
        if (is_candidate(change->choices[i], package, range) && is_newer(change->choices[i], best))
            best = change->choices[i];
    return best;
}

size_t change_kept_back(const struct change *change, struct kept **out)
{
    size_t count = 0;
    *out = arena_array(change->arena, change->step_count + 1, sizeof **out);
    for (size_t i = 0; i < change->step_count; i++) {
        const struct step *step = &change->steps[i];
        if (!step->before || !step->choice || step_renames(step) ||
            !plan_updates(change, step->before->name))
            continue;
        const struct choice *better = newest(change, step);
        if (better != step->choice)
            (*out)[count++] = (struct kept){&step->choice->package, better};
    }
    return count;
}

static void note_kept(const struct kept *kept)
{
    const struct package *package = kept->package;
    if (package->flags & PACKAGE_HELD)
        note("plugin '%s' is held at %s", package->name, package->version);
    else if (kept->better->direct)
        note("plugin '%s' stays at %s, though its source changed; 'paii update%s %s' says why",
             package->name, package->version, project_flag(), package->name);
    else
        note("plugin '%s' stays at %s; 'paii install%s %s@%s --dry-run' says why", package->name,
             package->version, project_flag(), package->name, kept->better->package.version);
}

void change_note_kept(const struct change *change)
{
    struct kept *kept;
    size_t count = change_kept_back(change, &kept);
    for (size_t i = 0; i < count && i < TOLD_MAX; i++)
        note_kept(&kept[i]);
    if (count > TOLD_MAX)
        note("%zu more stay as they are; 'paii outdated' lists them", count - TOLD_MAX);
}
