/*
 * Starting libgit2 parses all certificates of the system for its own TLS connections (4.6 of
 * the 7.8 ms that a start takes on Debian 12). We never let it connect anywhere. A program's own
 * functions come before those of libraries, so these two make its list of trusted certificates
 * empty.
 */
#include "fetch/git.h"

int mbedtls_x509_crt_parse_file(void *chain, const char *path);
int mbedtls_x509_crt_parse_path(void *chain, const char *path);

int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
    (void)chain;
    (void)path;
    return 0;
}

int mbedtls_x509_crt_parse_path(void *chain, const char *path)
{
    (void)chain;
    (void)path;
    return 0;
}

int libgit2_start(void)
{
    return git_libgit2_init();
}
