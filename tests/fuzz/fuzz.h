/*
 * A fuzz target: one function over bytes, in a file fuzz_NAME.c. libFuzzer calls it in build/fuzz
 * (tests/fuzz/run); replay.c calls it in every other build, so that the suite feeds each target its
 * seeds and some mutations of them.
 */
#ifndef PAII_FUZZ_H
#define PAII_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
