/* Asks the daemon, under one deadline over connect, write and read; whatever goes wrong is told, never waited for. */
#define _GNU_SOURCE
#include "filter.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

long long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Appends " name=value"; what is not plain becomes %XX. A value that would not fit is cut, the line never. */
void add_field(char *line, const char *name, const char *value) {
  static const char hex[] = "0123456789ABCDEF";
  size_t n = strlen(line), room = n + strlen(name) + 2 + FIELD;
  if (room > LINE - 48) room = LINE - 48; /* for the end of the line, see send_away */
  if (n + strlen(name) + 8 > room) return;
  n += (size_t)sprintf(line + n, " %s=", name);
  for (const unsigned char *p = (const unsigned char *)value; *p && n + 3 <= room; p++)
    if (*p > ' ' && *p < 0x7f && *p != '%') line[n++] = (char)*p;
    else line[n++] = '%', line[n++] = hex[*p >> 4], line[n++] = hex[*p & 15];
  line[n] = 0;
}

static int wait_for(int fd, short events, long long until) {
  for (;;) {
    long long left = until - now_ms();
    struct pollfd p = {fd, events, 0};
    int n = left > 0 ? poll(&p, fd < 0 ? 0 : 1, (int)left) : 0;
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ETIMEDOUT;
    return n > 0;
  }
}

/* A connected socket, or -1. Blocking, connect(2) waits for ever behind a stopped daemon whose backlog is full. */
static int reach(const char *path, long long until) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof a.sun_path) return errno = ENAMETOOLONG, -1;
  strcpy(a.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  while (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
    long long pause = now_ms() + 10;
    int e = errno;
    if ((e != EAGAIN && e != EINTR) || pause >= until) return close(fd), errno = e == EAGAIN ? ETIMEDOUT : e, -1;
    wait_for(-1, 0, pause);
  }
  return fd;
}

/* MSG_NOSIGNAL: a daemon that closes early would kill us with SIGPIPE, and the client's connection with us. */
static int put(int fd, const char *line, long long until) {
  size_t length = strlen(line);
  while (length > 0) {
    ssize_t n = send(fd, line, length, MSG_NOSIGNAL);
    if (n > 0) line += n, length -= (size_t)n;
    else if (n < 0 && errno != EAGAIN && errno != EINTR) return 0;
    else if (!wait_for(fd, POLLOUT, until)) return 0;
  }
  return 1;
}

/* One line, its end removed; 0 when it did not come. */
static int get(int fd, char line[REPLY], long long until) {
  size_t n = 0;
  while (n < REPLY - 1) {
    if (!wait_for(fd, POLLIN, until)) return 0;
    ssize_t got = read(fd, line + n, REPLY - 1 - n);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return 0;
    if (got == 0) return errno = n ? EPROTO : ECONNRESET, 0;
    n += (size_t)got;
    char *end = memchr(line, '\n', n);
    if (end) return *end = 0, 1;
  }
  return errno = EPROTO, 0;
}

static enum verdict verdict_of(const char *line, char text[REPLY]) {
  unsigned seconds;
  int at = 0;
  *text = 0;
  if (!strcmp(line, "pass")) return PASS;
  if (sscanf(line, "grey %9u%n", &seconds, &at) == 1 && at && (line[at] == 0 || line[at] == ' '))
    return strcpy(text, line + at + (line[at] == ' ')), GREY;
  if (!strncmp(line, "deny", 4) && (line[4] == 0 || line[4] == ' ')) return strcpy(text, line + 4 + (line[4] == ' ')), DENY;
  return NONE;
}

/* What a line of the daemon says; NONE with `why` and `kind` when that is nothing, or that it failed. */
static enum verdict judge(char *line, char text[REPLY], char *why, size_t whysize, char *kind) {
  enum verdict v = verdict_of(line, text);
  if (v != NONE) return v;
  int failed = !strncmp(line, "fail", 4) && (line[4] == 0 || line[4] == ' ');
  *kind = failed ? 'f' : 'p';
  for (char *p = line; *p; p++) if (*p < ' ' || *p > '~') *p = '?';
  snprintf(why, whysize, failed ? "daemon says: %.200s" : "not understood: %.60s", failed && line[4] ? line + 5 : line);
  return NONE;
}

/* NONE: `why` says what went wrong, `kind` is the letter that the tally gets for it. */
enum verdict ask(const struct settings *s, const char *request, char text[REPLY], char *why, size_t whysize, char *kind) {
  long long until = now_ms() + s->timeout_ms;
  char line[REPLY] = "";
  if (s->answer) return snprintf(line, sizeof line, "%s", s->answer), judge(line, text, why, whysize, kind);
  int fd = reach(s->socket, until);
  const char *doing = "connect";
  if (fd >= 0) {
    doing = "write to";
    int sent = put(fd, request, until);
    /* Even when it could not all be written: a daemon that refuses may have said why. */
    int came = (sent || errno == EPIPE) && (doing = "read from", get(fd, line, until));
    int e = errno;
    close(fd);
    errno = e;
    if (came) return judge(line, text, why, whysize, kind);
  }
  *kind = errno == ETIMEDOUT ? 't' : fd < 0 ? 'c' : 'p';
  snprintf(why, whysize, "cannot %s %.150s: %s", doing, s->socket, strerror(errno));
  return NONE;
}

/* Tells the daemon something that needs no answer; half a second is all it is worth. */
void report(const struct settings *s, const char *line) {
  long long until = now_ms() + 500;
  int fd = reach(s->socket, until);
  if (fd >= 0) put(fd, line, until), close(fd);
}
