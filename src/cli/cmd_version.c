#include "base/data.h"
#include "cli/command.h"

static int run(struct invocation *call)
{
    (void)call;
    if (!term_json()) {
        out("paii %s\n", PAII_VERSION);
        return 0;
    }
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text};
    json_object(&json);
    json_field(&json, "name", "paii");
    json_field(&json, "version", PAII_VERSION);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
    return 0;
}

const struct command cmd_version = {
    .name = "version",
    .summary = "print the version",
    .group = GROUP_SHELL,
    .run = run,
};
