/*
 * Preloaded into the program under test, this makes chosen system calls on chosen files fail.
 *
 * The environment variable FAULT_RULE names a file that is looked at before every such call. While
 * it is missing or empty everything goes through. Otherwise it holds one rule:
 *
 *     <id> <call> <effect> <skip> <times> <path part>
 *
 *   id         a new one starts the counting anew
 *   call       sync, write or open
 *   effect     the name of an error, which the call then fails with; `short`: half of the bytes are
 *              written; `full`: the disk has room for half of the first such write, so that what
 *              lies there can be written over, and everything else fails with ENOSPC; `fixed`: what
 *              is in the file can be written over, and what makes it longer fails with ENOSPC;
 *              `hang`: a sync never comes back
 *   skip       how many calls that match go through first
 *   times      how many are hit then; -1: all that follow
 *   path part  only files with this in their path
 *
 * Every hit is one line at the end of <FAULT_RULE>.hits, so that a test knows that it happened.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum effect { NONE, FAIL, SHORT, FULL, FIXED, HANG };

struct hit {
  enum effect effect;
  int error;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char counted_id[64];
static long seen;
static long hits;
static ino_t room_file;
static off_t room_end;

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (real == NULL) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int real_open(const char *path, int flags, int mode) {
  REAL(int, "open", const char *, int, ...);
  return real(path, flags, mode);
}

static ssize_t real_write(int fd, const void *bytes, size_t count) {
  REAL(ssize_t, "write", int, const void *, size_t);
  return real(fd, bytes, count);
}

static int error_number(const char *name) {
  static const struct { const char *name; int number; } known[] = {
    {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EFBIG", EFBIG}, {"EMFILE", EMFILE},
  };
  for (size_t at = 0; at < sizeof known / sizeof *known; at += 1) {
    if (strcmp(known[at].name, name) == 0) return known[at].number;
  }
  fprintf(stderr, "fault-shim: unknown error %s\n", name);
  abort();
}

static void note_hit(const char *rule_path, const char *call, const char *path) {
  char name[4096];
  char line[8192];
  snprintf(name, sizeof name, "%s.hits", rule_path);
  int length = snprintf(line, sizeof line, "%s %s\n", call, path);
  int fd = real_open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return;
  if (real_write(fd, line, (size_t)length) != length) abort();
  close(fd);
}

/* What is to become of this call. errno is left as it was. */
static struct hit judge(const char *call, const char *path) {
  struct hit result = {NONE, 0};
  const char *rule_path = getenv("FAULT_RULE");
  if (rule_path == NULL) return result;
  int kept = errno;
  pthread_mutex_lock(&lock);
  char rule[4096] = {0};
  int fd = real_open(rule_path, O_RDONLY | O_CLOEXEC, 0);
  if (fd >= 0) {
    ssize_t length = read(fd, rule, sizeof rule - 1);
    close(fd);
    char id[64], on[16], effect[32], part[2048];
    long skip, times;
    int fields = length <= 0 ? 0
      : sscanf(rule, "%63s %15s %31s %ld %ld %2047s", id, on, effect, &skip, &times, part);
    if (fields == 6 && strcmp(on, call) == 0 && strstr(path, part) != NULL) {
      if (strcmp(id, counted_id) != 0) {
        strcpy(counted_id, id);
        seen = 0;
        hits = 0;
      }
      seen += 1;
      if (seen > skip && (times < 0 || hits < times)) {
        hits += 1;
        note_hit(rule_path, call, path);
        if (strcmp(effect, "short") == 0) {
          result.effect = SHORT;
        } else if (strcmp(effect, "hang") == 0) {
          result.effect = HANG;
        } else if (strcmp(effect, "fixed") == 0) {
          result.effect = FIXED;
          result.error = ENOSPC;
        } else if (strcmp(effect, "full") == 0) {
          result.effect = FULL;
          result.error = ENOSPC;
          if (hits == 1) room_file = 0;
        } else {
          result.effect = FAIL;
          result.error = error_number(effect);
        }
      }
    }
  }
  pthread_mutex_unlock(&lock);
  errno = kept;
  return result;
}

static struct hit judge_fd(const char *call, int fd) {
  struct hit none = {NONE, 0};
  if (getenv("FAULT_RULE") == NULL) return none;
  char link[64], path[4096];
  int kept = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = kept;
  if (length < 0) return none;
  path[length] = 0;
  return judge(call, path);
}

#define SYNC(name) \
  int name(int fd) { \
    REAL(int, #name, int); \
    struct hit hit = judge_fd("sync", fd); \
    if (hit.effect == FAIL) { errno = hit.error; return -1; } \
    while (hit.effect == HANG) pause(); \
    return real(fd); \
  }

SYNC(fsync)
SYNC(fdatasync)

/* How many of the bytes the call may write; 0: it fails with the hit's error. */
static size_t allowed(struct hit hit, int fd, off_t offset, size_t count) {
  struct stat file;
  switch (hit.effect) {
    case FAIL:
      return 0;
    case SHORT:
      return count > 1 ? count / 2 : count;
    case FULL:
      if (fstat(fd, &file) != 0) return 0;
      if (room_file == 0) {
        room_file = file.st_ino;
        room_end = offset + (off_t)(count / 2);
      }
      if (file.st_ino != room_file || offset >= room_end) return 0;
      return (off_t)count < room_end - offset ? count : (size_t)(room_end - offset);
    case FIXED:
      return fstat(fd, &file) == 0 && offset + (off_t)count <= file.st_size ? count : 0;
    default:
      return count;
  }
}

#define PWRITE(name, offset_type) \
  ssize_t name(int fd, const void *bytes, size_t count, offset_type offset) { \
    REAL(ssize_t, #name, int, const void *, size_t, offset_type); \
    struct hit hit = judge_fd("write", fd); \
    size_t some = allowed(hit, fd, (off_t)offset, count); \
    if (some == 0 && count > 0) { errno = hit.error; return -1; } \
    return real(fd, bytes, some, offset); \
  }

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *bytes, size_t count) {
  struct hit hit = judge_fd("write", fd);
  if (hit.effect == NONE) return real_write(fd, bytes, count);
  size_t some = allowed(hit, fd, lseek(fd, 0, SEEK_CUR), count);
  if (some == 0 && count > 0) { errno = hit.error; return -1; }
  return real_write(fd, bytes, some);
}

static size_t total(const struct iovec *parts, int count) {
  size_t bytes = 0;
  for (int at = 0; at < count; at += 1) bytes += parts[at].iov_len;
  return bytes;
}

/* The first `bytes` bytes of the parts; `into` has room for as many parts as there are. */
static int first_bytes(const struct iovec *parts, int count, size_t bytes, struct iovec *into) {
  int used = 0;
  for (int at = 0; at < count && bytes > 0; at += 1) {
    into[used] = parts[at];
    if (into[used].iov_len > bytes) into[used].iov_len = bytes;
    bytes -= into[used].iov_len;
    used += 1;
  }
  return used;
}

#define PWRITEV(name, offset_type) \
  ssize_t name(int fd, const struct iovec *parts, int count, offset_type offset) { \
    REAL(ssize_t, #name, int, const struct iovec *, int, offset_type); \
    struct hit hit = judge_fd("write", fd); \
    if (hit.effect == NONE) return real(fd, parts, count, offset); \
    size_t some = allowed(hit, fd, (off_t)offset, total(parts, count)); \
    if (some == 0) { errno = hit.error; return -1; } \
    struct iovec firsts[count]; \
    return real(fd, firsts, first_bytes(parts, count, some, firsts), offset); \
  }

PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list rest; \
    va_start(rest, flags); \
    int takes_mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE; \
    int mode = takes_mode ? va_arg(rest, int) : 0; \
    va_end(rest); \
    struct hit hit = judge("open", path); \
    if (hit.effect == FAIL) { errno = hit.error; return -1; } \
    return real_open(path, flags, mode); \
  }

OPEN(open)
OPEN(open64)
