/* Deleting, moving, modes. */
#include "access.h"
#include "arena.h"
#include "path.h"
#include "rules.h"
#include "text.h"

#include <string.h>

static bool is_root(const char *path)
{
    return path_place(path) == PLACE_ROOT;
}

static bool is_home(const char *path)
{
    return path_place(path) == PLACE_HOME;
}

/* ---- what is removed ---- */

static bool is_find(const struct call *call)
{
    return is_one(call->program, "find|fd|gfind");
}

/* Deletes trees: rm -r, find -delete, rimraf. */
static bool deletes_trees(const struct call *call)
{
    if (is_one(call->program, "rm|srm"))
        return has_flag(call, 'r', "recursive") || has_flag(call, 'R', NULL);
    return is_one(call->program, "rimraf") || (is_find(call) && has_word(call, "-delete"));
}

static bool is_narrowed(const struct call *call)
{
    return has_word(call, "-name|-iname|-path|-ipath|-regex|-mtime|-mmin|-atime|-newer|-size|"
                          "-empty|-perm|-user|-xtype|-inum|-links");
}

/* Where find begins: its operands are before the first test. */
static bool any_start(const struct call *call, bool (*fits)(const char *clean))
{
    for (size_t i = 1; i < call->count && !strchr("-(!", call->words[i].text[0]); i++) {
        if (fits(clean_word(call, call->words[i].text)))
            return true;
    }
    return (call->count == 1 || strchr("-(!", call->words[1].text[0])) &&
           fits(clean_word(call, "."));
}

static bool any_removed(const struct call *call, bool (*fits)(const char *clean))
{
    if (!deletes_trees(call))
        return false;
    if (is_find(call))
        return !is_narrowed(call) && any_start(call, fits);
    return any_operand(call, fits);
}

bool removes_root(const struct call *call)
{
    return any_removed(call, is_root) ||
           (deletes_trees(call) && has_flag(call, 0, "no-preserve-root"));
}

bool removes_home(const struct call *call)
{
    return any_removed(call, is_home);
}

bool removes_system(const struct call *call)
{
    return any_removed(call, path_is_vital);
}

bool removes_widely(const struct call *call)
{
    return is_find(call) && is_narrowed(call) &&
           (deletes_trees(call) || has_word(call, "rm|shred|unlink")) &&
           any_start(call, path_is_vital);
}

/* The folder where the session works, or one around it. */
bool removes_project(const struct call *call)
{
    const char *project = call->shell->context->cwd;
    size_t i = 1;
    if (!deletes_trees(call) || (is_find(call) && is_narrowed(call)) || !project)
        return false;
    project = path_clean(project, NULL);
    for (const struct field *word; (word = next_operand(call, &i));) {
        const char *clean = clean_word(call, word->text);
        if (path_below(project, clean) && !path_is_temporary(clean))
            return true;
        if (is_find(call))
            break;
    }
    return false;
}

/* "/data": nobody knows what it is, but it is no folder of a project. */
static bool is_top_level(const char *path)
{
    return path[0] == '/' && path_depth(path) == 1 && !path_is_temporary(path);
}

bool removes_top_level(const struct call *call)
{
    return any_removed(call, is_top_level);
}

/* The path with nothing in the place of what is unknown. */
static const char *without_unknown(const char *text)
{
    struct text out = {0};
    text_add(&out, "", 0);
    for (; *text; text++) {
        if (*text != MARK_UNKNOWN)
            text_putc(&out, *text);
    }
    return out.data;
}

/* "$DIR/…": all of the system if DIR is empty. */
static bool may_be_anything(const struct call *call, const struct field *word)
{
    if (word->text[0] == MARK_UNKNOWN)
        return true;
    const char *least = clean_word(call, without_unknown(word->text));
    const char *project = call->shell->context->cwd;
    if (is_known(word->text))
        return false;
    return path_is_vital(least) || !strcmp(least, ".") || is_top_level(least) ||
           (project && path_below(path_clean(project, NULL), least));
}

/* A relative path, and we have lost track of where we are. */
static bool is_anywhere(const struct call *call, const struct field *word)
{
    const char *clean = clean_word(call, word->text);
    return !call->cwd && (!strcmp(clean, ".") || starts(clean, ".."));
}

bool removes_unknown(const struct call *call)
{
    size_t i = 1;
    bool removes = deletes_trees(call) && !is_find(call);
    if (call->open_ended && is_one(call->program, "rm|shred|unlink|truncate"))
        return true;
    for (const struct field *word; removes && (word = next_operand(call, &i));) {
        if (may_be_anything(call, word) || is_anywhere(call, word))
            return true;
    }
    return is_find(call) && has_word(call, "-delete") && call->count > 1 &&
           call->words[1].text[0] == MARK_UNKNOWN;
}

bool moves_vital(const struct call *call)
{
    size_t i = 1;
    const struct field *word = next_operand(call, &i);
    for (const struct field *next; word && (next = next_operand(call, &i)); word = next) {
        if (path_is_vital(clean_word(call, word->text)))
            return true; /* not the last one: that is where they go */
    }
    return false;
}

/* ---- modes and owners ---- */

static bool is_recursive(const struct call *call)
{
    return has_flag(call, 'R', "recursive");
}

/* 777, o+w, a=rwx: anybody may write. */
static bool is_world_writable(const char *mode)
{
    size_t len = strlen(mode);
    if (len >= 3 && strspn(mode, "01234567") == len)
        return (mode[len - 1] - '0') & 2;
    size_t who = strspn(mode, "ugoa");
    bool others = !who || memchr(mode, 'o', who) || memchr(mode, 'a', who);
    return others && (mode[who] == '+' || mode[who] == '=') && strchr(mode + who, 'w');
}

bool opens_to_all(const struct call *call)
{
    size_t i = 1;
    const struct field *mode = next_operand(call, &i);
    return mode && is_recursive(call) && is_world_writable(mode->text);
}

/* The first operand is the mode, or the owner. */
bool changes_modes_of_vital(const struct call *call)
{
    size_t i = 1;
    const struct field *word = next_operand(call, &i);
    bool recursive = is_recursive(call);
    while (word && (word = next_operand(call, &i))) {
        const char *clean = clean_word(call, word->text);
        if (is_root(clean) || (recursive && path_is_vital(clean)))
            return true;
    }
    return false;
}

bool changes_modes_of_unknown(const struct call *call)
{
    size_t i = 1;
    const struct field *word = next_operand(call, &i);
    while (word && is_recursive(call) && (word = next_operand(call, &i))) {
        if (may_be_anything(call, word))
            return true;
    }
    return false;
}

bool sets_user_id(const struct call *call)
{
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text;
        size_t len = strlen(text);
        bool octal = len == 4 && strspn(text, "01234567") == 4 && (text[0] - '0') & 6;
        if (octal || is_one(text, "u+s|g+s|+s|ug+s|a+s|u=s|u+xs|u+sx"))
            return true;
    }
    return false;
}

/* ---- disks, history ---- */

/* mkfs.ext4 and its like: they are too many to list. */
bool makes_file_system(const struct call *call)
{
    bool makes =
        starts(call->program, "mkfs") || is_one(call->program, "mke2fs|newfs|mkntfs|mkdosfs");
    return makes && call->count > 1 && !has_word(call, "--help|--version|-V|-h");
}

static bool is_device(const char *path)
{
    return path_place(path) == PLACE_DEVICE;
}

bool erases_device(const struct call *call)
{
    return any_operand(call, is_device);
}

static bool is_history_setting(const char *text)
{
    return starts(text, "HISTFILE=") || is_one(text, "HISTSIZE=0|HISTFILESIZE=0");
}

bool hides_history(const struct call *call)
{
    for (size_t i = 0; i < call->assigned_count; i++) {
        if (is_history_setting(call->assigned[i].text))
            return true;
    }
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text;
        if (is_one(call->program, "export|declare|local|typeset") && is_history_setting(text))
            return true;
        if (is_one(call->program, "unset|export") && is_one(text, "HISTFILE|HISTSIZE"))
            return true;
        if (i > 1 && is_one(call->program, "set") && is_one(text, "history") &&
            is_one(call->words[i - 1].text, "+o"))
            return true;
    }
    return false;
}
