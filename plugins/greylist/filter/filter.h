/* mailops-greylist: what its three files share. The line protocol stands in ../src/protocol/filter-line.ts. */
#ifndef FILTER_H
#define FILTER_H

#include <stddef.h>

enum { LINE = 4096, REPLY = 1024, FIELD = 900 };

struct settings {
  const char *socket, *text, *name, *answer;
  int timeout_ms, reply_delay_ms, idle_ms, session_ms;
  int fail_closed, rblsmtpd;
};

/* What a deferred client said. */
struct envelope {
  char helo[256], from[FIELD], to[FIELD];
  int has_from, has_to, rcpts;
  const char *end;
};

enum verdict { PASS, GREY, DENY, NONE };

/* ask.c */
long long now_ms(void);
void add_field(char *line, const char *name, const char *value);
enum verdict ask(const struct settings *, const char *request, char text[REPLY], char *why, size_t whysize, char *kind);
void report(const struct settings *, const char *line);

/* dialog.c */
void dialog(const struct settings *, int refuse, const char *text, struct envelope *);

#endif
