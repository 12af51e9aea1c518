/*
 * What toml++ does not see to by itself, checked before it reads the text. Private to data_toml.c.
 */
#ifndef PAII_BASE_TOML_CHECK_H
#define PAII_BASE_TOML_CHECK_H

#include <stddef.h>

#define TOML_MAX_DOTS 100000

/*
 * Returns NULL if toml++ may read the text, else the reason, a constant, and its place. What is
 * wrong in other ways is left for toml++ to report, which stops at the first such place, as this
 * check does.
 *
 * - A key is made of bare or quoted parts with dots between: toml++ asserts this.
 * - A key has at most DATA_MAX_DEPTH parts: toml++ builds a table for each and frees them
 * recursively.
 * - All keys together have at most TOML_MAX_DOTS dots: toml++ searches the tables that they make in
 *   linear time.
 * - Values are nested at most DATA_MAX_DEPTH levels: the same limit, with our words.
 * - No hexadecimal floats: toml++ reads a draft of TOML 1.1 that had them.
 */
const char *toml_check(const char *text, size_t len, size_t *at);

#endif
