/* Between the files of the store. Not for other rooms. */
#ifndef PAII_STORE_STORE_PRIVATE_H
#define PAII_STORE_STORE_PRIVATE_H

/* Two folders of one file system change places at once. */
int store_exchange(const char *a, const char *b);

#endif
