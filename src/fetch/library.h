/*
 * libcurl and libarchive, loaded when a job needs them: linked, each start of the helper would pay
 * for both (docs/modules/fetch.md has the numbers). The tables hold the functions under their own
 * names.
 */
#ifndef PAII_FETCH_LIBRARY_H
#define PAII_FETCH_LIBRARY_H

#define CURL_DISABLE_TYPECHECK
#include <archive.h>
#include <archive_entry.h>
#include <curl/curl.h>

#define CURL_FUNCTIONS(F)                                                                          \
    F(curl_global_init)                                                                            \
    F(curl_easy_init)                                                                              \
    F(curl_easy_setopt)                                                                            \
    F(curl_easy_perform)                                                                           \
    F(curl_easy_getinfo)                                                                           \
    F(curl_easy_reset)                                                                             \
    F(curl_easy_cleanup)                                                                           \
    F(curl_easy_strerror)                                                                          \
    F(curl_getdate)                                                                                \
    F(curl_slist_append)                                                                           \
    F(curl_slist_free_all)

#define ARCHIVE_FUNCTIONS(F)                                                                       \
    F(archive_read_new)                                                                            \
    F(archive_read_free)                                                                           \
    F(archive_read_append_filter)                                                                  \
    F(archive_read_support_format_raw)                                                             \
    F(archive_read_support_format_tar)                                                             \
    F(archive_read_support_format_zip_seekable)                                                    \
    F(archive_read_open)                                                                           \
    F(archive_read_open_fd)                                                                        \
    F(archive_read_next_header)                                                                    \
    F(archive_read_data)                                                                           \
    F(archive_set_error)                                                                           \
    F(archive_error_string)                                                                        \
    F(archive_entry_pathname)                                                                      \
    F(archive_entry_hardlink)                                                                      \
    F(archive_entry_symlink)                                                                       \
    F(archive_entry_filetype)                                                                      \
    F(archive_entry_perm)                                                                          \
    F(archive_entry_size)                                                                          \
    F(archive_entry_size_is_set)                                                                   \
    F(archive_entry_sparse_count)                                                                  \
    F(archive_entry_xattr_count)                                                                   \
    F(archive_entry_is_encrypted)

#define LIBRARY_MEMBER(name) __typeof__(&(name)) name;

struct curl_library {
    CURL_FUNCTIONS(LIBRARY_MEMBER)
};
struct archive_library {
    ARCHIVE_FUNCTIONS(LIBRARY_MEMBER)
};
extern struct curl_library curl_lib;
extern struct archive_library archive_lib;

/* Load once; 0 or an error that names the library. */
int library_load_curl(void);
int library_load_archive(void);

/* library_linux.c: what the libraries are called here. */
extern const char LIBRARY_CURL_NAME[], LIBRARY_ARCHIVE_NAME[];

#endif
