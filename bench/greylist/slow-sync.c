/* For LD_PRELOAD: a disk whose fsync and fdatasync take at least FSYNC_MS milliseconds, for every program alike. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

static void now(struct timespec *t) { clock_gettime(CLOCK_MONOTONIC, t); }

static int slowly(const char *name, int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  const char *ms = getenv("FSYNC_MS");
  double least = ms ? atof(ms) * 1e6 : 0;
  struct timespec from, t;
  now(&from);
  int result = real ? real(fd) : -1;
  int error = errno;
  now(&t);
  double left = least - ((t.tv_sec - from.tv_sec) * 1e9 + (t.tv_nsec - from.tv_nsec));
  if (left > 0) {
    struct timespec rest = {(time_t)(left / 1e9), (long)(left - (double)(time_t)(left / 1e9) * 1e9)};
    while (nanosleep(&rest, &rest) == -1 && errno == EINTR) {
    }
  }
  errno = error;
  return result;
}

int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }
