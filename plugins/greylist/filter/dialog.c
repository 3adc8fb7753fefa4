/* The dialog with a client that is deferred or refused: enough SMTP to learn who writes to whom (RFC 5321, RFC 6647). */
#define _GNU_SOURCE
#include "filter.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { COMMAND = 1000, MAX_COMMANDS = 100, MAX_BYTES = 65536, WRITE_MS = 10000 };

static struct { char data[2048]; size_t used, taken; } in;
static const struct settings *cfg;
static long long session_end;
static size_t received;

static int say(const char *reply) {
  struct pollfd p = {1, POLLOUT, 0};
  char line[1200];
  int n = snprintf(line, sizeof line, "%.1100s\r\n", reply);
  if (cfg->reply_delay_ms) poll(0, 0, cfg->reply_delay_ms);
  return poll(&p, 1, WRITE_MS) > 0 && write(1, line, (size_t)n) == n;
}

/* The next byte, or -1 with `end` set: eof, idle (nothing came, or the whole session took too long), limit. */
static int next(const char **end) {
  if (in.taken == in.used) {
    long long left = session_end - now_ms();
    struct pollfd p = {0, POLLIN, 0};
    int n = left <= 0 ? 0 : poll(&p, 1, (int)(left < cfg->idle_ms ? left : cfg->idle_ms));
    if (n < 0 && errno == EINTR) return next(end);
    if (n == 0) return *end = "idle", -1;
    ssize_t got = n < 0 ? -1 : read(0, in.data, sizeof in.data);
    if (got <= 0) return *end = "eof", -1;
    in.used = (size_t)got, in.taken = 0;
    if ((received += in.used) > MAX_BYTES) return *end = "limit", -1;
  }
  return (unsigned char)in.data[in.taken++];
}

/* One line without CR and LF, bytes that would end a string as '?'. 0: `end` says why; -1: too long, all of it skipped. */
static int get_line(char line[COMMAND], const char **end) {
  size_t n = 0;
  int c;
  while ((c = next(end)) != '\n') {
    if (c < 0) return 0;
    if (n < COMMAND) line[n++] = c ? (char)c : '?';
  }
  if (n == COMMAND) return -1;
  if (n && line[n - 1] == '\r') n--;
  line[n] = 0;
  return 1;
}

static int is(const char *line, const char *verb) {
  size_t n = strlen(verb);
  return !strncasecmp(line, verb, n) && (line[n] == 0 || line[n] == ' ' || line[n - 1] == ':');
}

/* The path of MAIL FROM:<path> and RCPT TO:<path>; what follows it are ESMTP parameters. */
static void path(char *to, size_t size, const char *from) {
  size_t n = 0;
  while (*from == ' ') from++;
  char stop = ' ';
  if (*from == '<') from++, stop = '>';
  while (*from && *from != stop && n + 1 < size) to[n++] = *from++;
  to[n] = 0;
}

static const char *hello(const char *line, struct envelope *e) {
  static char reply[600];
  snprintf(e->helo, sizeof e->helo, "%.255s", line[4] ? line + 5 : "");
  snprintf(reply, sizeof reply, is(line, "EHLO") ? "250-%.255s\r\n250-PIPELINING\r\n250 8BITMIME" : "250 %.255s", cfg->name);
  return reply;
}

static const char *mail(const char *line, struct envelope *e, char from[FIELD], int *mailing) {
  path(from, FIELD, line + 10);
  *mailing = 1;
  if (!e->has_from) e->has_from = 1, strcpy(e->from, from);
  return "250 2.1.0 ok";
}

/* The null sender asks whether an address is good (a callout): it gets its answer, and is deferred at DATA. */
static const char *rcpt(const char *line, struct envelope *e, const char *from, const char *no) {
  if (!e->has_to) e->has_to = 1, path(e->to, FIELD, line + 8);
  e->rcpts++;
  return *from || *no == '5' ? no : "250 2.1.5 ok";
}

/* `refuse`: 553 for good, else 450. Comes back when the client is gone or sent away. */
void dialog(const struct settings *s, int refuse, const char *text, struct envelope *e) {
  char line[COMMAND], from[FIELD] = "", no[REPLY], greeting[300];
  int mailing = 0, rcpts = 0, commands = 0, got;
  cfg = s;
  session_end = now_ms() + s->session_ms;
  signal(SIGPIPE, SIG_IGN);
  snprintf(no, sizeof no, refuse ? "553 5.7.1 %.500s" : "450 4.2.0 %.500s", text);
  snprintf(greeting, sizeof greeting, "220 %.255s ESMTP", s->name);
  e->end = "eof";
  if (!say(greeting)) return;
  while ((got = get_line(line, &e->end)) != 0) {
    const char *reply = "502 5.5.1 not implemented";
    if (++commands > MAX_COMMANDS) { e->end = "limit"; break; }
    if (got < 0) reply = "500 5.5.2 line too long";
    else if (is(line, "HELO") || is(line, "EHLO")) reply = hello(line, e), mailing = rcpts = 0;
    else if (is(line, "MAIL FROM:")) reply = mailing ? "503 5.5.1 MAIL was given already" : mail(line, e, from, &mailing);
    else if (is(line, "RCPT TO:")) reply = mailing ? (rcpts++, rcpt(line, e, from, no)) : "503 5.5.1 MAIL first";
    else if (is(line, "MAIL") || is(line, "RCPT")) reply = "501 5.5.4 syntax error";
    else if (is(line, "DATA")) reply = rcpts ? no : "503 5.5.1 RCPT first";
    else if (is(line, "RSET")) reply = "250 2.0.0 ok", mailing = rcpts = 0;
    else if (is(line, "NOOP")) reply = "250 2.0.0 ok";
    else if (is(line, "VRFY")) reply = "252 2.1.5 send some mail";
    else if (is(line, "QUIT")) { say("221 2.0.0 bye"), e->end = "quit"; return; }
    if (!say(reply)) { e->end = "eof"; return; }
  }
  if (!strcmp(e->end, "idle")) say("421 4.4.2 timeout");
  if (!strcmp(e->end, "limit")) say("421 4.7.0 too much");
}
