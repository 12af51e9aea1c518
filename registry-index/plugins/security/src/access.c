#include "access.h"

#include "arena.h"
#include "path.h"
#include "text.h"

#include <string.h>

/* ---- words ---- */

bool is_option(const char *text)
{
    return text[0] == '-' && text[1] != '\0';
}

bool has_flag(const struct call *call, char letter, const char *name)
{
    for (size_t i = 1; i < call->count && strcmp(call->words[i].text, "--"); i++) {
        const char *text = call->words[i].text;
        if (text[0] != '-')
            continue;
        if (letter && text[1] != '-' && strchr(text + 1, letter))
            return true;
        size_t len = strcspn(text, "=");
        if (name && starts(text, "--") && len > 4 && !strncmp(text + 2, name, len - 2))
            return true;
    }
    return false;
}

bool has_word(const struct call *call, const char *list)
{
    for (size_t i = 1; i < call->count; i++) {
        if (is_one(call->words[i].text, list))
            return true;
    }
    return false;
}

const struct field *next_operand(const struct call *call, size_t *i)
{
    while (*i < call->count) {
        const struct field *word = &call->words[(*i)++];
        if (!is_option(word->text))
            return word;
    }
    return NULL;
}

const char *clean_word(const struct call *call, const char *text)
{
    return path_clean(text, call->cwd);
}

bool any_operand(const struct call *call, bool (*fits)(const char *clean))
{
    size_t i = 1;
    for (const struct field *word; (word = next_operand(call, &i));) {
        if (fits(clean_word(call, word->text)))
            return true;
    }
    return false;
}

/* ---- what is touched ---- */

static void touch(struct accesses *out, const struct call *call, const char *text,
                  enum access access)
{
    out->items = grow(out->items, out->count, &out->capacity, sizeof *out->items);
    out->items[out->count++] = (struct touched){clean_word(call, text), text, access};
}

bool is_reader(const char *program)
{
    return is_one(
        program,
        "cat|tac|less|more|head|tail|bat|nl|strings|xxd|od|hexdump|base64|base32|grep|"
        "egrep|fgrep|zgrep|rg|ag|awk|gawk|mawk|sed|cut|tar|zip|7z|gzip|bzip2|xz|zstd|gpg|"
        "openssl|diff|cmp|sort|uniq|jq|yq|rev|view|pbcopy|xclip|dd|paste|column|fold|"
        "split|tr|cp|mv|ln|rsync|scp|install|file|vim|vi|nano|emacs|code|source-highlight");
}

/* Programs whose operands are all written. */
static bool is_writer(const char *program)
{
    return is_one(program, "tee|truncate|shred|sponge|ed|ex|touch|rm|unlink|rmdir|srm|wipe|chmod|"
                           "chown|chgrp|setfacl|chattr|mkdir|rimraf|mkfifo|mknod");
}

/* Copies of the operands go to the last one, or to that of -t. */
static void touch_copies(struct accesses *out, const struct call *call)
{
    const struct field *last = NULL;
    bool removes = is_one(call->program, "mv"), scp = is_one(call->program, "scp");
    const char *valued = scp ? "iFoPJclS" : is_one(call->program, "rsync") ? "e" : "";
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text;
        if (is_option(text)) {
            i += !text[2] && strchr(valued, text[1]);
            continue;
        }
        if (last)
            touch(out, call, last->text, READS);
        if (last && removes)
            touch(out, call, last->text, WRITES);
        last = &call->words[i];
    }
    bool target = !*valued && has_flag(call, 't', "target-directory");
    if (last)
        touch(out, call, last->text, target ? READS : WRITES);
}

static bool edits_in_place(const struct call *call)
{
    return (is_one(call->program, "sed|gsed|perl|ruby") && has_flag(call, 'i', "in-place")) ||
           (is_one(call->program, "yq|clang-format|prettier") && has_flag(call, 'i', "write"));
}

static void touch_operands(struct accesses *out, const struct call *call)
{
    const struct field *word;
    size_t i = 1;
    bool pattern = is_one(call->program, "grep|egrep|fgrep|zgrep|rg|ag|sed|gsed|awk|gawk|mawk|jq|"
                                         "yq|tr") &&
                   !has_flag(call, 'e', "regexp");
    if (is_one(call->program, "cp|mv|install|ln|rsync|scp")) {
        touch_copies(out, call);
    } else if (edits_in_place(call)) {
        while ((word = next_operand(call, &i)))
            touch(out, call, word->text, WRITES);
    } else if (is_writer(call->program)) {
        while ((word = next_operand(call, &i)))
            touch(out, call, word->text, WRITES);
    } else if (is_reader(call->program)) {
        if (pattern)
            next_operand(call, &i);
        while ((word = next_operand(call, &i)))
            touch(out, call, word->text, READS);
    }
}

/* The value of "-o FILE", "--output=FILE", "of=FILE", "-d @FILE". */
static void touch_options(struct accesses *out, const struct call *call)
{
    static const struct {
        const char *programs, *options, *prefix;
        enum access access;
    } table[] = {
        {"curl|sort|gcc|cc|clang|ld|go|pandoc|tcpdump", "-o|--output", "--output=", WRITES},
        {"wget", "-O|--output-document|-qO|-nvO", "--output-document=", WRITES},
        {"wget", "-o|--output-file|-a", "--output-file=", WRITES},
        {"cp|mv|install|ln", "-t|--target-directory", "--target-directory=", WRITES},
        {"tar|bsdtar", "-C|--directory", "--directory=", WRITES},
        {"unzip", "-d", NULL, WRITES},
        {"openssl|ssh-keygen", "-out", NULL, WRITES},
        {"openssl", "-in|-inkey", NULL, READS},
        {"curl", "-T|--upload-file", "--upload-file=", READS},
        {"wget", "--post-file|--body-file", "--post-file=", READS},
        {"wget", NULL, "--body-file=", READS},
        {"dd", NULL, "of=", WRITES},
        {"dd", NULL, "if=", READS},
        {"aws|gsutil|rclone|gh|curl|wget", NULL, "file://", READS},
    };
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        if (!is_one(call->program, table[k].programs))
            continue;
        for (size_t i = 1; i < call->count; i++) {
            const char *text = call->words[i].text;
            if (table[k].options && is_one(text, table[k].options) && i + 1 < call->count)
                touch(out, call, call->words[i + 1].text, table[k].access);
            else if (table[k].prefix && starts(text, table[k].prefix))
                touch(out, call, text + strlen(table[k].prefix), table[k].access);
        }
    }
}

/* "curl -d @FILE", "-F name=@FILE" */
static void touch_posted(struct accesses *out, const struct call *call)
{
    for (size_t i = 1; i < call->count && is_one(call->program, "curl|http|https"); i++) {
        const char *at = strchr(call->words[i].text, '@');
        bool value = is_one(call->words[i - 1].text, "-d|-F|--data|--data-binary|--data-raw|--form|"
                                                     "--data-urlencode|--json") ||
                     starts(call->words[i].text, "-F") || starts(call->words[i].text, "-d") ||
                     starts(call->words[i].text, "--data") || !is_one(call->program, "curl");
        if (at && value)
            touch(out, call, take_text(at + 1, strcspn(at + 1, ";")), READS);
    }
}

/* What is uploaded by programs that take files and addresses alike. */
static void touch_uploads(struct accesses *out, const struct call *call)
{
    size_t i = 1;
    if (!is_one(call->program, "aws|gsutil|rclone|gh|gist|magic-wormhole|wormhole|croc|sendmail"))
        return;
    for (const struct field *word; (word = next_operand(call, &i));) {
        if (strchr(word->text, '/') || strchr(word->text, '.'))
            touch(out, call, word->text, READS);
    }
}

struct accesses accesses_of(const struct call *call)
{
    struct accesses out = {0};
    for (size_t i = 0; i < call->target_count; i++) {
        const struct target *target = &call->targets[i];
        if (target->kind != REDIRECT_TEXT)
            touch(&out, call, target->value.text, target->kind == REDIRECT_WRITE ? WRITES : READS);
    }
    touch_operands(&out, call);
    touch_options(&out, call);
    touch_posted(&out, call);
    touch_uploads(&out, call);
    return out;
}
