/* settings.json as a file: others own it, so it is changed as little and as carefully as can be. */
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "claude/registration.h"
#include "claude/settings_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 20, NEW_MODE = 0600, NOTE_MAX = 65536 };

static const char new_settings[] = "{}\n";

const char *settings_path(struct arena *arena)
{
    return path_join(arena, paths.claude, "settings.json");
}

/* ---- the note: where our entries are ---- */

/* PAII_DIR/settings-entries: the file's path, and a line "made" if it was not there before. */
struct note_of_entries {
    const char *path; /* NULL: we have none */
    bool made;
};

static const char *note_file(struct arena *arena)
{
    return path_join(arena, paths.dir, "settings-entries");
}

static int read_note(struct note_of_entries *out, struct arena *arena)
{
    struct strings lines = {0};
    AUTO_BUF text = {0};
    *out = (struct note_of_entries){0};
    if (!fs_exists(note_file(arena)))
        return 0;
    int result = fs_read(&text, note_file(arena), NOTE_MAX);
    strings_split(&lines, arena, buf_text(&text), '\n');
    if (result == 0 && lines.count > 0)
        *out =
            (struct note_of_entries){.path = lines.items[0], .made = strings_has(&lines, "made")};
    return result;
}

static int write_note(const struct note_of_entries *note, struct arena *arena)
{
    AUTO_BUF text = {0};
    if (!note->path)
        return unlink(note_file(arena)) == 0 || errno == ENOENT
                   ? 0
                   : fail_errno(ERR_GENERIC, "cannot remove '%s'", note_file(arena));
    buf_printf(&text, "%s\n%s", note->path, note->made ? "made\n" : "");
    return fs_write(note_file(arena), text.data, text.len, 0600);
}

/* ---- reading ---- */

struct settings_file {
    const char *path; /* as it is named */
    const char *real; /* what it leads to */
    bool exists;
    mode_t mode;
    struct buf text;
};

static int resolve(struct settings_file *file, struct arena *arena)
{
    struct stat st;
    if (lstat(file->path, &st) != 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? 0
                   : fail_errno(ERR_GENERIC, "cannot read '%s'", file->path);
    file->exists = true;
    if (!S_ISLNK(st.st_mode))
        return 0;
    char *real = realpath(file->path, NULL);
    if (!real) {
        fail(ERR_REFUSED, "'%s' is a link that leads to nothing", file->path);
        error_hint("make the file that it names, or remove the link");
        return -ERR_REFUSED;
    }
    file->real = arena_strdup(arena, real);
    free(real);
    return 0;
}

/* `text` is to be released also after an error. */
static int read_settings(struct settings_file *out, const char *path, struct arena *arena)
{
    struct stat st;
    *out = (struct settings_file){.path = path, .real = path, .mode = NEW_MODE};
    int result = resolve(out, arena);
    if (result == 0 && !out->exists) {
        buf_puts(&out->text, new_settings);
        return 0;
    }
    if (result == 0)
        result = fs_read(&out->text, out->real, SETTINGS_MAX);
    if (result < 0)
        return strcmp(path, out->real) == 0 ? result : error_context(result, "'%s'", path);
    if (lstat(out->real, &st) != 0)
        return fail_errno(ERR_GENERIC, "cannot read '%s'", path);
    out->mode = st.st_mode & 07777;
    return st.st_uid == geteuid() ? 0 : fail(ERR_REFUSED, "'%s' belongs to another user", path);
}

static int edit(struct buf *out, bool *empty, const struct settings_file *file,
                const struct wanted_event *events, size_t count, struct arena *arena)
{
    struct settings_text before = {
        .file = file->path, .text = buf_text(&file->text), .len = file->text.len};
    int result = settings_edit(out, &before, events, count, arena);
    struct settings_text after = {.file = file->path, .text = buf_text(out), .len = out->len};
    if (result == 0)
        result = settings_parse(&after);
    if (result == 0)
        *empty = settings_empty(&after);
    return result;
}

int settings_check(const struct wanted_event *events, size_t count, struct arena *arena)
{
    struct note_of_entries note;
    struct settings_file file = {0};
    AUTO_BUF text = {0};
    bool empty;
    int result = read_note(&note, arena);
    if (result < 0 || (count == 0 && !note.path))
        return result;
    result = read_settings(&file, count ? settings_path(arena) : note.path, arena);
    if (result == 0)
        result = edit(&text, &empty, &file, events, count, arena);
    buf_release(&file.text);
    return result;
}

void settings_look(struct settings_state *out, const struct wanted_event *events, size_t count,
                   struct arena *arena)
{
    struct settings_file file = {0};
    *out = (struct settings_state){0};
    int result = read_settings(&file, settings_path(arena), arena);
    struct settings_text text = {
        .file = file.path, .text = buf_text(&file.text), .len = file.text.len};
    if (result == 0)
        result = settings_parse(&text);
    if (result < 0) {
        out->wrong = arena_strdup(arena, error_text());
        error_clear();
    } else {
        struct json_slice plugins = json_member(text.root, "enabledPlugins", NULL);
        out->ours = settings_count(&text, arena);
        out->exact = settings_has_exactly(&text, events, count, arena);
        out->hooks_disabled = json_kind(json_member(text.root, "disableAllHooks", NULL)) == 't';
        out->plugin_disabled =
            json_kind(json_member(plugins, DISPATCHER_NAME "@skills-dir", NULL)) == 'f';
    }
    buf_release(&file.text);
}

/* ---- writing ---- */

static bool same_text(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && memcmp(buf_text(a), buf_text(b), a->len) == 0;
}

/* Whether the file is still what was read. */
static int check_unchanged(bool *same, const struct settings_file *file, struct arena *arena)
{
    struct settings_file now;
    int result = read_settings(&now, file->path, arena);
    *same = result == 0 && now.exists == file->exists && strcmp(now.real, file->real) == 0 &&
            same_text(&now.text, &file->text);
    buf_release(&now.text);
    return result;
}

/* A file that came into being meanwhile is not replaced. */
static int take_place(const char *temporary, const struct settings_file *file)
{
    if (file->exists)
        return rename(temporary, file->real);
    int result = renameat2(AT_FDCWD, temporary, AT_FDCWD, file->real, RENAME_NOREPLACE);
    return result != 0 && errno == EINVAL ? link(temporary, file->real) : result;
}

static int write_temporary(const char *temporary, const struct settings_file *file,
                           const struct buf *text)
{
    AUTO_FD fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    size_t done = 0;
    if (fd < 0)
        return fail_errno(ERR_GENERIC, "cannot write '%s'", file->path);
    while (done < text->len) {
        ssize_t n = write(fd, text->data + done, text->len - done);
        if (n < 0 && errno != EINTR)
            return fail_errno(ERR_GENERIC, "cannot write '%s'", file->path);
        done += n > 0 ? (size_t)n : 0;
    }
    if (fchmod(fd, file->mode) != 0 || fsync(fd) != 0)
        return fail_errno(ERR_GENERIC, "cannot write '%s'", file->path);
    return 0;
}

/* `*done` stays false if the file was changed meanwhile. */
static int replace(bool *done, const struct settings_file *file, const struct buf *text,
                   struct arena *arena)
{
    const char *temporary = arena_printf(arena, "%s.paii-%ld-0", file->real, (long)getpid());
    bool same = false;
    unlink(temporary); /* of an earlier process of that number */
    int result = write_temporary(temporary, file, text);
    if (result == 0)
        result = check_unchanged(&same, file, arena);
    if (result == 0 && same && take_place(temporary, file) == 0)
        *done = true;
    else if (result == 0 && same && errno != EEXIST)
        result = fail_errno(ERR_GENERIC, "cannot write '%s'", file->path);
    unlink(temporary);
    return result == 0 && *done ? fs_fsync(path_dir(arena, file->real)) : result;
}

/* Removes a file that we made, and that holds nothing any more. */
static int discard(bool *done, const struct settings_file *file, struct arena *arena)
{
    bool same = false;
    int result = file->exists ? check_unchanged(&same, file, arena) : 0;
    *done = !file->exists;
    if (result == 0 && same && unlink(file->path) != 0)
        result = fail_errno(ERR_GENERIC, "cannot remove '%s'", file->path);
    else if (result == 0 && same)
        *done = true;
    return result;
}

static int try_change(bool *done, const struct note_of_entries *note,
                      const struct wanted_event *events, size_t count, struct arena *arena)
{
    struct settings_file file;
    AUTO_BUF text = {0};
    bool empty = false;
    int result = read_settings(&file, note->path, arena);
    if (result == 0)
        result = edit(&text, &empty, &file, events, count, arena);
    if (result == 0 && file.exists && same_text(&text, &file.text))
        *done = true;
    bool is_link = strcmp(file.path, file.real) != 0;
    if (result == 0 && count == 0 && empty && (note->made || !file.exists) && !is_link)
        result = discard(done, &file, arena);
    else if (result == 0 && !*done)
        result = replace(done, &file, &text, arena);
    buf_release(&file.text);
    return result;
}

static int change_file(const struct note_of_entries *note, const struct wanted_event *events,
                       size_t count, struct arena *arena)
{
    bool done = false;
    int result = fs_sweep(path_dir(arena, note->path));
    for (int i = 0; i < TRIES && result == 0 && !done; i++)
        result = try_change(&done, note, events, count, arena);
    if (result == 0 && !done)
        return fail(ERR_GENERIC, "'%s' is being changed by another program all the time",
                    note->path);
    return result;
}

static int take_out(struct note_of_entries *note, struct arena *arena)
{
    int result = note->path ? change_file(note, NULL, 0, arena) : 0;
    *note = (struct note_of_entries){0};
    return result < 0 ? result : write_note(note, arena);
}

int settings_sync(const struct wanted_event *events, size_t count, struct arena *arena)
{
    struct note_of_entries note;
    const char *path = settings_path(arena);
    int result = read_note(&note, arena);
    /* CLAUDE_CONFIG_DIR may have been another one. */
    if (result == 0 && note.path && (count == 0 || strcmp(note.path, path) != 0))
        result = take_out(&note, arena);
    if (result < 0 || count == 0)
        return result;
    result = claude_make_folder(paths.claude, arena);
    if (result == 0 && !note.path) {
        note = (struct note_of_entries){.path = path, .made = !fs_exists(path)};
        result = write_note(&note, arena);
    }
    return result < 0 ? result : change_file(&note, events, count, arena);
}

int settings_adopt(struct arena *arena)
{
    struct note_of_entries note;
    struct settings_file file = {0};
    int result = read_note(&note, arena);
    if (result < 0 || note.path)
        return result;
    result = read_settings(&file, settings_path(arena), arena);
    struct settings_text text = {
        .file = file.path, .text = buf_text(&file.text), .len = file.text.len};
    if (result == 0)
        result = settings_parse(&text);
    if (result == 0 && settings_count(&text, arena) > 0)
        result = write_note(&(struct note_of_entries){.path = file.path}, arena);
    buf_release(&file.text);
    if (result != -ERR_REFUSED)
        return result;
    error_clear(); /* what cannot be read by us has no entries of ours that the client reads */
    return 0;
}
