/* mailops-greylist: runs between tcpserver and qmail-smtpd, asks the greylist daemon, and becomes qmail-smtpd. */
#define _GNU_SOURCE
#include "filter.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION "0"
#endif
#define DEFAULT_SOCKET "/run/mailops/greylist.sock"
enum { TALLY_LIMIT = 16 << 20 };

static const char usage[] =
  "usage: mailops-greylist [--socket PATH] [--timeout MS] [--fail open|closed] [--dialog own|rblsmtpd] [--text T]\n"
  "         [--name HOST] [--reply-delay MS] [--idle MS] [--session MS] [--answer LINE] PROGRAM [ARG...]\n"
  "--answer takes a line of the daemon as given, and asks nobody.\n"
  "Environment: RELAYCLIENT; GREYLIST (empty: pass, text: refuse), GREYLIST_DELAY, _WINDOW, _KEEP, and\n"
  "_SOCKET, _TIMEOUT, _FAIL, _DIALOG, _TEXT, _NAME, _REPLY_DELAY, which go before the options.\n";

static struct settings cfg = {DEFAULT_SOCKET, "", "", 0, 2000, 0, 30000, 60000, 0, 0};
static char address[64];
static const char *client = "";

/* One line on stderr, which is the log of tcpserver. */
static void note(const char *what, const char *why) {
  char line[600];
  int n = snprintf(line, sizeof line, "mailops-greylist: %s pid %ld: %.250s: %.220s\n", *address ? address : "-", (long)getpid(), what, why);
  if (write(2, line, (size_t)n) < 0) return;
}

static void temporary(const char *why, int status) {
  static const char reply[] = "451 4.3.0 mail server temporarily unable to serve\r\n";
  note("client sent away", why);
  if (write(1, reply, sizeof reply - 1) < 0) _exit(status);
  _exit(status);
}

static void milliseconds(int *to, const char *name, const char *value) {
  char *end;
  long n = strtol(value, &end, 10);
  if (isdigit((unsigned char)*value) && !*end && n <= 3600000) *to = (int)n;
  else note("setting ignored, not milliseconds", name);
}

static void choice(int *to, const char *name, const char *value, const char *zero, const char *one) {
  if (!strcmp(value, zero)) *to = 0;
  else if (!strcmp(value, one)) *to = 1;
  else note("setting ignored, unknown value", name);
}

/* A value that cannot be is told and ignored: a slip in a file must not stop the mail. 0: no such option. */
static int set(const char *name, const char *value) {
  if (!strcmp(name, "socket")) cfg.socket = value;
  else if (!strcmp(name, "text")) cfg.text = value;
  else if (!strcmp(name, "name")) cfg.name = value;
  else if (!strcmp(name, "answer")) cfg.answer = value;
  else if (!strcmp(name, "timeout")) milliseconds(&cfg.timeout_ms, name, value);
  else if (!strcmp(name, "reply-delay")) milliseconds(&cfg.reply_delay_ms, name, value);
  else if (!strcmp(name, "idle")) milliseconds(&cfg.idle_ms, name, value);
  else if (!strcmp(name, "session")) milliseconds(&cfg.session_ms, name, value);
  else if (!strcmp(name, "fail")) choice(&cfg.fail_closed, name, value, "open", "closed");
  else if (!strcmp(name, "dialog")) choice(&cfg.rblsmtpd, name, value, "own", "rblsmtpd");
  else return 0;
  return 1;
}

static char **options(char **arg) {
  for (; *arg && !strncmp(*arg, "--", 2); arg++) {
    char name[32];
    const char *value = strchr(*arg, '=');
    if (!(*arg)[2]) return arg + 1;
    if (!strcmp(*arg, "--help")) { fputs(usage, stdout); exit(0); }
    if (!strcmp(*arg, "--version")) { puts("mailops-greylist " VERSION " (C)"); exit(0); }
    snprintf(name, sizeof name, "%.*s", (int)(value ? value - *arg - 2 : 31), *arg + 2);
    value = value ? value + 1 : *++arg;
    if (!value || !set(name, value)) fputs(usage, stderr), temporary("no such option, or it wants a value", 100);
  }
  return arg;
}

static void environment(void) {
  static const char *names[] = {"socket", "timeout", "fail", "dialog", "text", "name", "reply-delay"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char variable[32] = "GREYLIST_";
    size_t n = strlen(variable);
    for (const char *p = names[i]; *p; p++) variable[n++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
    variable[n] = 0;
    if (getenv(variable)) set(names[i], getenv(variable));
  }
}

static void become(char **argv) {
  execvp(*argv, argv);
  char why[300];
  snprintf(why, sizeof why, "cannot run %.200s: %s", *argv, strerror(errno));
  temporary(why, 111);
}

/* One letter for each connection that nobody checked; the daemon counts and empties the file. Gives how many there are. */
static long tally(char kind) {
  char path[256];
  size_t n = strlen(cfg.socket);
  int bare = n > 5 && !strcmp(cfg.socket + n - 5, ".sock");
  if ((size_t)snprintf(path, sizeof path, "%.*s%s/unchecked", (int)(bare ? n - 5 : n), cfg.socket, bare ? "" : ".d") >= sizeof path) return 0;
  int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat st = {0};
  if (fd < 0) return 0;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < TALLY_LIMIT && write(fd, &kind, 1) == 1) st.st_size++;
  close(fd);
  return (long)st.st_size;
}

static void unchecked(char kind, const char *why, char **argv) {
  char line[400];
  long count = tally(kind);
  int n = snprintf(line, sizeof line, "%.250s", why);
  if (count > 1) snprintf(line + n, sizeof line - (size_t)n, " (%ld so far)", count);
  note(cfg.fail_closed ? "unchecked, deferred" : "unchecked, passes", line);
  if (!cfg.fail_closed) become(argv);
}

static void through_rblsmtpd(char **argv, int refuse, const char *text) {
  size_t count = 0;
  char seconds[24], value[600];
  while (argv[count]) count++;
  char **all = calloc(count + 3, sizeof *all);
  if (!all) return;
  snprintf(value, sizeof value, "%s%.500s", refuse ? "-5.7.1 " : "4.2.0 ", text);
  snprintf(seconds, sizeof seconds, "-t%d", cfg.session_ms / 1000 > 0 ? cfg.session_ms / 1000 : 1);
  all[0] = "rblsmtpd", all[1] = seconds;
  memcpy(all + 2, argv, count * sizeof *all);
  if (setenv("RBLSMTPD", value, 1) == 0) execvp(*all, all);
  note("cannot run rblsmtpd, own dialog instead", strerror(errno));
  free(all);
}

static void send_away(char **argv, int refuse, const char *said) {
  static struct envelope e;
  static char line[LINE];
  char host[256] = "localhost", greeted[256], text[REPLY];
  const char *name = getenv("TCPLOCALHOST"), *remote = getenv("TCPREMOTEHOST");
  snprintf(text, sizeof text, "%.400s", *cfg.text && !refuse ? cfg.text : *said ? said : refuse ? "not accepted from here" : "greylisted, please try again later");
  for (char *p = text; *p; p++) if (*p < ' ' || *p > '~') *p = '?';
  if (cfg.rblsmtpd) through_rblsmtpd(argv, refuse, text);
  if (!*cfg.name) cfg.name = name && *name ? name : gethostname(host, sizeof host - 1) == 0 ? host : "localhost";
  /* TCPLOCALHOST is DNS data, and a line end in it would be one in our replies. */
  snprintf(greeted, sizeof greeted, "%s", cfg.name);
  for (char *p = greeted; *p; p++) if (*p <= ' ' || *p > '~') *p = '?';
  cfg.name = greeted;
  dialog(&cfg, refuse, text, &e);
  strcpy(line, "envelope");
  add_field(line, "ip", client);
  if (remote && *remote) add_field(line, "host", remote);
  add_field(line, "helo", e.helo);
  if (e.has_from) add_field(line, "from", e.from);
  if (e.has_to) add_field(line, "to", e.to);
  snprintf(line + strlen(line), 40, " rcpts=%d end=%s\n", e.rcpts, e.end);
  if (*address) report(&cfg, line);
  _exit(0);
}

int main(int argc, char **argv) {
  static const char *overrides[] = {"GREYLIST_DELAY", "delay", "GREYLIST_WINDOW", "window", "GREYLIST_KEEP", "keep"};
  static char request[LINE] = "connect", text[REPLY];
  char why[300], kind = 'n';
  const char *own = getenv("GREYLIST"), *ip = getenv("TCPREMOTEIP"), *host = getenv("TCPREMOTEHOST");
  if (!ip || !*ip) ip = getenv("TCP6REMOTEIP");
  if (ip) client = ip;
  for (size_t n = 0; ip && ip[n] && n < sizeof address - 1; n++)
    address[n] = isxdigit((unsigned char)ip[n]) || strchr(".:%", ip[n]) ? ip[n] : '?';
  if (argc < 1) return 100;
  argv = options(argv + 1);
  if (!*argv) fputs(usage, stderr), temporary("no program given", 100);
  if (getenv("RELAYCLIENT") || (own && !*own)) become(argv);
  environment();
  if (own) send_away(argv, 1, own);
  if (!*address) unchecked(kind, "neither TCPREMOTEIP nor TCP6REMOTEIP is set", argv), send_away(argv, 0, "");
  add_field(request, "ip", ip);
  if (host && *host) add_field(request, "host", host);
  for (int i = 0; i < 6; i += 2) if (getenv(overrides[i])) add_field(request, overrides[i + 1], getenv(overrides[i]));
  strcat(request, "\n");
  enum verdict v = ask(&cfg, request, text, why, sizeof why, &kind);
  if (v == PASS) become(argv);
  if (v == NONE) unchecked(kind, why, argv);
  send_away(argv, v == DENY, v == NONE ? "" : text);
}
