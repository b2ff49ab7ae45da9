/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "ports.h"

void gsc_ending_start(struct gsc_ending *ending) {
  memset(ending, 0, sizeof *ending);
}

unsigned gsc_usage(struct gsc_ending *e, const char *what, const char *next_step) {
  memset(&e->why, 0, sizeof e->why);
  e->why.status = GSH_E_USAGE;
  e->why.decided_by = GSH_BY_COMPUTER;
  (void)snprintf(e->why.what, sizeof e->why.what, "%s", what);
  (void)snprintf(e->why.next_step, sizeof e->why.next_step, "%s", next_step);
  return GSH_E_USAGE;
}

void gsc_ending_device(struct gsc_ending *ending, struct gsh_device_info *keep,
                       const struct gsh_device *d) {
  *keep = *gsh_device_info(d);
  ending->device = keep;
}

static unsigned fail(struct gsc_ending *e, unsigned status, const char *what,
                     const char *next_step) {
  (void)gsc_usage(e, what, next_step);
  e->why.status = status;
  return status;
}

static const char *after(const char *word, const char *prefix) {
  size_t n = strlen(prefix);
  return strncmp(word, prefix, n) == 0 ? word + n : NULL;
}

const char *gsc_link_of(const char *word) {
  static const char *const schemes[] = {
#define GSC_LINK(scheme, rest, text) (scheme),
#include "links.def"
#undef GSC_LINK
      "usb:", /* of the grammar, and not in this build */
  };
  const char *link = after(word, "port:");
  for (size_t i = 0; link == NULL && i < sizeof schemes / sizeof schemes[0]; i++) {
    if (after(word, schemes[i]) != NULL) {
      link = word;
    }
  }
  return link;
}

/* why NULL: a device may be there. */
static bool add_target(struct gsc_targets *out, const char *link, const struct gsh_why *why) {
  for (size_t i = 0; i < out->count; i++) {
    if (strcmp(out->links[i], link) == 0) {
      return true;
    }
  }
  if (out->count == GSC_TARGETS_MAX || strlen(link) >= GSH_TEXT_MAX) {
    return false;
  }
  memset(&out->why[out->count], 0, sizeof out->why[0]);
  if (why != NULL) {
    out->why[out->count] = *why;
  }
  memcpy(out->links[out->count++], link, strlen(link) + 1);
  return true;
}

static unsigned too_many(struct gsc_ending *e) {
  return gsc_usage(e, "too many devices, or a link that is too long", "name fewer of them");
}

static bool matches(const struct gsh_found *f, const char *word) {
  const char *serial = after(word, "sn:");
  const char *name = after(word, "name:");
  if (f->why.status != GSH_OK) {
    return false;
  }
  if (serial != NULL) {
    return strcmp(f->device.serial, serial) == 0;
  }
  if (name != NULL) {
    return strcmp(f->device.name, name) == 0;
  }
  return strcmp(word, "all") == 0 || strncmp(f->device.serial, word, strlen(word)) == 0;
}

struct search {
  struct gsh_found found[GSC_TARGETS_MAX];
  size_t count;
};

static cJSON *list_found(const struct search *s) {
  cJSON *devices = cJSON_CreateArray();
  for (size_t i = 0; i < s->count; i++) {
    cJSON *d = gsc_json_device(&s->found[i].device);
    cJSON_AddNumberToObject(d, "exit", gsh_status_exit(s->found[i].why.status));
    cJSON_AddStringToObject(d, "code", gsh_status_name(s->found[i].why.status));
    gsc_json_push(devices, d);
  }
  return devices;
}

static unsigned several(struct gsc_cli *cli, const struct search *s, const char *word,
                        struct gsc_ending *e) {
  for (size_t i = 0; i < s->count; i++) {
    if (matches(&s->found[i], word)) {
      char text[GSH_TEXT_MAX];
      gsc_text_device(&s->found[i].device, text, sizeof text);
      gsc_ui_say(&cli->ui, "matches: %s at %s", text, s->found[i].device.link);
    }
  }
  e->devices = list_found(s);
  return fail(e, GSH_E_SEVERAL, "several devices match",
              "name one of them: sn:SERIAL or port:LINK");
}

/* What was asked for, and who did answer. */
static unsigned nobody_of_that_name(const struct search *s, const char *word,
                                    struct gsc_ending *e) {
  char what[GSH_TEXT_MAX];
  char next_step[GSH_TEXT_MAX] = "check cable and power, then run: gapseal list";
  int n = snprintf(what, sizeof what, "no device %.64s answers", word);
  size_t named = 0;
  for (size_t i = 0; i < s->count && n > 0 && (size_t)n < sizeof what; i++) {
    if (s->found[i].why.status == GSH_OK) {
      n += snprintf(what + n, sizeof what - (size_t)n, "%s sn:%.64s",
                    named++ == 0 ? "; those that do:" : ",", s->found[i].device.serial);
    }
  }
  if (word[0] == '/' || word[0] == '.') {
    const char *kind =
        after(word, "/dev/") != NULL && after(word, "/dev/pts/") == NULL ? "serial" : "pty";
    (void)snprintf(next_step, sizeof next_step, "did you mean: port:%s:%.200s", kind, word);
  } else if (named > 0) {
    (void)snprintf(next_step, sizeof next_step,
                   "name one that answers, or check the other's cable");
  }
  return fail(e, GSH_E_NO_DEVICE, what, next_step);
}

static bool somebody_answers(const struct search *s) {
  for (size_t i = 0; i < s->count; i++) {
    int code = gsh_status_exit(s->found[i].why.status);
    if (code == 0 || code == 18) {
      return true;
    }
  }
  return false;
}

/* It may be on a port that is not known of: whether it is there at all cannot be said. */
static unsigned not_all_asked(const struct gsh_why *unlisted, struct gsc_ending *e) {
  char what[sizeof e->why.what];
  (void)snprintf(what, sizeof what, "%.200s, and %.300s", e->why.what, unlisted->what);
  return fail(e, unlisted->status, what,
              "check cable and power of what was named, then run: gapseal doctor");
}

static unsigned none(struct gsc_cli *cli, const struct search *s, const char *word,
                     struct gsc_ending *e) {
  e->devices = list_found(s);
  if (word[0] == '/' || word[0] == '.') {
    return nobody_of_that_name(s, word, e);
  }
  if (s->count == 1 && s->found[0].why.status != GSH_OK) {
    /* The one place to look at says why better than "no such device". */
    e->why = s->found[0].why;
    return e->why.status;
  }
  unsigned status = GSH_E_NO_DEVICE;
  if (s->count == 0) {
    (void)fail(e, status, "there is no link to look for a device on",
               "name one: port:LINK or --port LINK, for example port:unix:dev1.sock");
  } else if (word[0] != '\0') {
    status = nobody_of_that_name(s, word, e);
  } else {
    (void)fail(e, status, "no device answers", "check cable and power, then run: gapseal list");
  }
  struct gsc_ports ports;
  struct gsh_why unlisted;
  if (gsc_ports_load(cli, &ports, &unlisted) == GSH_OK) {
    gsc_ports_advise(&ports, &e->why);
  } else if (!somebody_answers(s)) {
    status = not_all_asked(&unlisted, e);
  }
  gsc_ports_free(&ports);
  return status;
}

static unsigned find_all(struct gsc_cli *cli, struct search *s, struct gsc_ending *e) {
  return gsh_find(cli->host, cli->args.ports, cli->args.port_count, s->found, GSC_TARGETS_MAX,
                  &s->count, &e->why);
}

/* Links that were named with --port and lead to no device. */
static bool add_silent(const struct gsc_cli *cli, const struct search *s, struct gsc_targets *out) {
  for (size_t i = 0; i < cli->args.port_count; i++) {
    for (size_t k = 0; k < s->count; k++) {
      if (s->found[k].why.status != GSH_OK && strcmp(s->found[k].link, cli->args.ports[i]) == 0 &&
          !add_target(out, s->found[k].link, &s->found[k].why)) {
        return false;
      }
    }
  }
  return true;
}

static unsigned select_word(struct gsc_cli *cli, const struct search *s, const char *word,
                            bool many, struct gsc_targets *out, struct gsc_ending *e) {
  bool all = many && strcmp(word, "all") == 0;
  size_t hits = 0;
  for (size_t i = 0; i < s->count; i++) {
    hits += matches(&s->found[i], word);
  }
  if (hits == 0) {
    return none(cli, s, word, e);
  }
  if (hits > 1 && !all) {
    return several(cli, s, word, e);
  }
  for (size_t i = 0; i < s->count; i++) {
    if (matches(&s->found[i], word) && !add_target(out, s->found[i].link, NULL)) {
      return too_many(e);
    }
  }
  return all && !add_silent(cli, s, out) ? too_many(e) : GSH_OK;
}

/* One of several words: that nothing answers to it is its own business. */
static unsigned select_one_of_several(struct gsc_cli *cli, const struct search *s, const char *word,
                                      struct gsc_targets *out, struct gsc_ending *e) {
  unsigned status = select_word(cli, s, word, true, out, e);
  if (status == GSH_OK || status == GSH_E_SEVERAL || status == GSH_E_USAGE) {
    return status;
  }
  cJSON_Delete(e->devices);
  e->devices = NULL;
  struct gsh_why why = e->why;
  memset(&e->why, 0, sizeof e->why);
  return add_target(out, word, &why) ? GSH_OK : too_many(e);
}

/* Not one of them is there: that is no matter of some. */
static unsigned judge_targets(const struct gsc_targets *out, struct gsc_ending *e) {
  for (size_t i = 0; i < out->count; i++) {
    if (out->why[i].status == GSH_OK) {
      return GSH_OK;
    }
  }
  e->why = out->why[0];
  return e->why.status;
}

unsigned gsc_select(struct gsc_cli *cli, const char *const *words, size_t count, bool many,
                    struct gsc_targets *out, struct gsc_ending *e) {
  static const char *const everything[] = {""};
  out->count = 0;
  if (count == 0 && cli->args.port_count == 1 && getenv("GAPSEAL_PORTS") == NULL) {
    return add_target(out, cli->args.ports[0], NULL) ? GSH_OK : too_many(e);
  }
  static struct search s;
  bool searched = false;
  unsigned status = GSH_OK;
  const char *const *list = count > 0 ? words : everything;
  for (size_t i = 0; status == GSH_OK && i < (count > 0 ? count : 1); i++) {
    const char *link = count > 0 ? gsc_link_of(list[i]) : NULL;
    if (link != NULL) {
      status = add_target(out, link, NULL) ? GSH_OK : too_many(e);
      continue;
    }
    if (!searched) {
      status = find_all(cli, &s, e);
      searched = true;
    }
    if (status == GSH_OK) {
      status = many && count > 1 ? select_one_of_several(cli, &s, list[i], out, e)
                                 : select_word(cli, &s, list[i], many, out, e);
    }
  }
  return status == GSH_OK ? judge_targets(out, e) : status;
}

unsigned gsc_connect_one(struct gsc_cli *cli, size_t word, struct gsh_device **out,
                         struct gsc_ending *e) {
  static struct gsc_targets targets;
  *out = NULL;
  size_t count = cli->args.count > word ? 1 : 0;
  unsigned status = gsc_select(cli, cli->args.arguments + word, count, false, &targets, e);
  if (status == GSH_OK) {
    status = gsh_connect(cli->host, targets.links[0], out, &e->why);
  }
  return status;
}
