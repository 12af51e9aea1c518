#include "base/data.h"

#include <string.h>

static void add_escaped(struct buf *out, unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        buf_printf(out, "\\%c", c);
        break;
    case '\n':
        buf_puts(out, "\\n");
        break;
    case '\t':
        buf_puts(out, "\\t");
        break;
    case '\r':
        buf_puts(out, "\\r");
        break;
    default:
        buf_printf(out, "\\u%04X", c);
    }
}

void toml_quote_n(struct buf *out, const char *text, size_t len)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7F || c == '"' || c == '\\')
            add_escaped(out, c);
        else
            buf_putc(out, (char)c);
    }
    buf_putc(out, '"');
}

void toml_quote(struct buf *out, const char *text)
{
    toml_quote_n(out, text, strlen(text));
}
