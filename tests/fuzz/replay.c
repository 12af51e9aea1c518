/*
 * fuzz_NAME MUTATIONS FILE...: gives the target every file, then so many mutations of them. The
 * same arguments give the same inputs. An input that kills the target is written to ./fuzz-crash.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_SEEDS = 256, MAX_SIZE = 1 << 16 };

struct seed {
    uint8_t *data;
    size_t size;
};

static struct seed seeds[MAX_SEEDS];
static size_t seed_count;
static uint8_t input[MAX_SIZE];
static size_t input_size;
static uint64_t state = 0x9e3779b97f4a7c15;

/* Every finding becomes an abort, where the input is saved. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
    return "abort_on_error=1";
}

const char *__ubsan_default_options(void)
{
    return "abort_on_error=1:print_stacktrace=1";
}

static size_t random_below(size_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return limit ? (size_t)(state % limit) : 0;
}

static void save_input(void)
{
    int fd = open("fuzz-crash", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd >= 0 && write(fd, input, input_size) >= 0)
        close(fd);
}

static void on_abort(int signal_number)
{
    save_input();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void seed_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || seed_count == MAX_SEEDS) {
        fprintf(stderr, "cannot read seed %s\n", path);
        exit(1);
    }
    size_t size = fread(input, 1, MAX_SIZE, file);
    fclose(file);
    uint8_t *copy = malloc(size + 1);
    if (!copy)
        exit(1);
    memcpy(copy, input, size);
    seeds[seed_count++] = (struct seed){copy, size};
}

static void insert(size_t at, const uint8_t *data, size_t size)
{
    if (size > MAX_SIZE - input_size)
        size = MAX_SIZE - input_size;
    memmove(input + at + size, input + at, input_size - at);
    memcpy(input + at, data, size);
    input_size += size;
}

static void mutate_once(void)
{
    static const char *const words[] = {"\"",
                                        "'''",
                                        "[[",
                                        "]",
                                        "{",
                                        "}",
                                        "=",
                                        "\n",
                                        "\\u",
                                        "..",
                                        "/",
                                        "\x00",
                                        "\xff",
                                        "1e9999",
                                        "-1",
                                        "://",
                                        "@",
                                        "*",
                                        "<",
                                        "\xe2\x80\xae",
                                        "9007199254740993"};
    const struct seed *other = &seeds[random_below(seed_count)];
    const char *word = words[random_below(sizeof words / sizeof *words)];
    size_t at = random_below(input_size + 1), size = random_below(input_size - at + 1);
    size_t from = random_below(other->size + 1);
    switch (random_below(5)) {
    case 0:
        if (at < input_size)
            input[at] ^= (uint8_t)(1 << random_below(8));
        break;
    case 1:
        insert(at, (const uint8_t *)word, *word ? strlen(word) : 1);
        break;
    case 2:
        memmove(input + at, input + at + size, input_size - at - size);
        input_size -= size;
        break;
    case 3:
        insert(at, other->data + from, random_below(other->size - from + 1));
        break;
    default:
        if (at < input_size)
            input[at] = (uint8_t)random_below(256);
    }
}

/* A buffer of exactly the input's size, so that ASan sees one byte too many. */
static void run_input(void)
{
    uint8_t *exact = malloc(input_size ? input_size : 1);
    if (!exact)
        exit(1);
    memcpy(exact, input, input_size);
    LLVMFuzzerTestOneInput(exact, input_size);
    free(exact);
}

static void use_seed(const struct seed *seed)
{
    memcpy(input, seed->data, seed->size);
    input_size = seed->size;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s MUTATIONS FILE...\n", argv[0]);
        return 1;
    }
    signal(SIGABRT, on_abort);
    for (int i = 2; i < argc; i++)
        seed_read(argv[i]);
    for (size_t i = 0; i < seed_count; i++) {
        use_seed(&seeds[i]);
        run_input();
    }
    for (size_t left = strtoul(argv[1], NULL, 10); left > 0; left--) {
        use_seed(&seeds[random_below(seed_count)]);
        for (size_t n = 1 + random_below(4); n > 0; n--)
            mutate_once();
        run_input();
    }
    for (size_t i = 0; i < seed_count; i++)
        free(seeds[i].data);
    return 0;
}
