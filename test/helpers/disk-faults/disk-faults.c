/*
 * Preloaded into a program by the tests: fails chosen writes and syncs of one file.
 *
 * DISK_FAULTS names the control file, which both sides map or write; DISK_FAULTS_TARGET is how the path of the file to
 * be disturbed ends. Each call on that file is of one kind. The test says for which kinds, how many matching calls to
 * let pass first, how many to fail then, and how.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind {
  DATA_WRITE = 1,      /* behind the meta pages, within the file */
  META_WRITE = 2,      /* to a meta page, not synced */
  META_SYNC_WRITE = 4, /* to a meta page, through the descriptor that syncs */
  SYNC = 8,            /* fsync, fdatasync, msync */
  GROWTH = 16          /* a write behind the end of the file, or ftruncate */
};
enum { SHORT_WRITE = -1 };

/* LMDB's two meta pages, of 4 096 bytes each. */
#define META_BYTES 8192

struct control {
  uint32_t kinds;  /* mask of the kinds to fail; 0: none */
  uint32_t skip;   /* matching calls to let pass first */
  uint32_t count;  /* matching calls to fail then */
  int32_t how;     /* an errno, or SHORT_WRITE */
  uint32_t failed; /* calls failed so far */
};

static volatile struct control *control;
static const char *target;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("DISK_FAULTS");
  target = getenv("DISK_FAULTS_TARGET");
  if (path == NULL || target == NULL) return;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *map = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (map != MAP_FAILED) control = map;
}

static int is_target(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  ssize_t suffix = (ssize_t)strlen(target);
  return length >= suffix && memcmp(path + length - suffix, target, (size_t)suffix) == 0;
}

/* 0 where the call passes; else an errno, or SHORT_WRITE. */
static int fault_for(int fd, enum kind kind) {
  if (control == NULL || (control->kinds & kind) == 0 || !is_target(fd)) return 0;
  if (control->skip > 0) {
    __atomic_sub_fetch(&control->skip, 1, __ATOMIC_SEQ_CST);
    return 0;
  }
  if (control->count == 0) return 0;
  __atomic_sub_fetch(&control->count, 1, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
  return control->how;
}

static enum kind kind_of_write(int fd, off64_t offset) {
  struct stat64 status;
  if (fstat64(fd, &status) == 0 && offset >= status.st_size) return GROWTH;
  if (offset >= META_BYTES) return DATA_WRITE;
  return (fcntl(fd, F_GETFL) & O_DSYNC) != 0 ? META_SYNC_WRITE : META_WRITE;
}

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
  ssize_t (*call)(int, const void *, size_t, off64_t) = next("pwrite64");
  int fault = control == NULL ? 0 : fault_for(fd, kind_of_write(fd, offset));
  if (fault == 0) return call(fd, bytes, size, offset);
  if (fault == SHORT_WRITE) return call(fd, bytes, size / 2, offset);
  errno = fault;
  return -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) { return pwrite64(fd, bytes, size, offset); }

/* LMDB seeks, and then writes several pages at once. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
  ssize_t (*call)(int, const struct iovec *, int) = next("writev");
  int fault = control == NULL ? 0 : fault_for(fd, kind_of_write(fd, lseek64(fd, 0, SEEK_CUR)));
  if (fault == 0) return call(fd, parts, count);
  if (fault == SHORT_WRITE) return call(fd, parts, count - 1);
  errno = fault;
  return -1;
}

static int failed(int fault) {
  if (fault == 0 || fault == SHORT_WRITE) return 0;
  errno = fault;
  return 1;
}

int fdatasync(int fd) {
  int (*call)(int) = next("fdatasync");
  return failed(fault_for(fd, SYNC)) ? -1 : call(fd);
}

int fsync(int fd) {
  int (*call)(int) = next("fsync");
  return failed(fault_for(fd, SYNC)) ? -1 : call(fd);
}

int ftruncate64(int fd, off64_t size) {
  int (*call)(int, off64_t) = next("ftruncate64");
  return failed(fault_for(fd, GROWTH)) ? -1 : call(fd, size);
}
