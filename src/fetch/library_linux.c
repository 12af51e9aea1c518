#include "fetch/library.h"

const char LIBRARY_CURL_NAME[] = "libcurl.so.4";
const char LIBRARY_ARCHIVE_NAME[] = "libarchive.so.13";
