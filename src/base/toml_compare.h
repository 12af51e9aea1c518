/*
 * Whether an edit did what it was asked to do, by the values. Private to toml_edit.c.
 */
#ifndef PAII_BASE_TOML_COMPARE_H
#define PAII_BASE_TOML_COMPARE_H

#include "base/toml_statement.h"

/*
 * Whether `after` is `before` with `target` set to `value`, or gone when `value` is NULL. Tables on
 * the way may have come or gone with it; the order of keys does not count.
 */
bool toml_only_changed(const struct data *before, const struct data *after,
                       const struct toml_path *target, const struct data *value);

#endif
