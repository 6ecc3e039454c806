/* A disk that is full, for whoever may not mount a small one: no file below $FULL_DISK grows, with
   ENOSPC, for as long as there is a file $FULL_DISK.full beside it. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int below(const char *folder, int file) {
    char link[32], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    size_t prefix = strlen(folder);
    return length > (ssize_t)prefix && strncmp(path, folder, prefix) == 0 && path[prefix] == '/';
}

static int is_full(const char *folder) {
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s.full", folder);
    return access(name, F_OK) == 0;
}

/* Whether there is no room for `count` bytes; `offset` is -1 for where the file stands. */
static int refused(int file, off_t offset, size_t count) {
    const char *folder = getenv("FULL_DISK");
    struct stat found;
    int before = errno;
    if (!folder || fstat(file, &found) || !S_ISREG(found.st_mode) || !below(folder, file) ||
        !is_full(folder)) {
        errno = before;
        return 0;
    }
    if (offset < 0)
        offset = fcntl(file, F_GETFL) & O_APPEND ? found.st_size : lseek(file, 0, SEEK_CUR);
    errno = offset + (off_t)count > found.st_size ? ENOSPC : before;
    return errno == ENOSPC;
}

static size_t length(const struct iovec *parts, int count) {
    size_t sum = 0;
    for (int each = 0; each < count; each++)
        sum += parts[each].iov_len;
    return sum;
}

ssize_t write(int file, const void *bytes, size_t count) {
    return refused(file, -1, count) ? -1 : syscall(SYS_write, file, bytes, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t at) {
    return refused(file, at, count) ? -1 : syscall(SYS_pwrite64, file, bytes, count, at);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    return pwrite64(file, bytes, count, at);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    return refused(file, -1, length(parts, count)) ? -1 : syscall(SYS_writev, file, parts, count);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off_t at) {
    return refused(file, at, length(parts, count)) ? -1
                                                   : syscall(SYS_pwritev, file, parts, count, at, 0);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) {
    return pwritev64(file, parts, count, at);
}
