/* SPDX-License-Identifier: Apache-2.0
 * The command line of gapseal, and the words that choose devices among those that answer: whatever
 * they are, what is printed about them may be shown, in JSON one object, and the exit code is the
 * status' own.
 *
 * Input: u8 format, u8 n, n devices of u8 status, u8 length, serial; then words, one a line.
 */
#include <cjson/cJSON.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "fuzz.h"

#define WORDS_MAX 40u
#define DEVICES_MAX 4u

static struct gsh_found answers[DEVICES_MAX];
static size_t answer_count;
static struct gsc_cli cli;
static struct gsh *host;

unsigned __wrap_gsh_find(struct gsh *h, const char *const *links, size_t link_count,
                         struct gsh_found *out, size_t max, size_t *count, struct gsh_why *why);

unsigned __wrap_gsh_find(struct gsh *h, const char *const *links, size_t link_count,
                         struct gsh_found *out, size_t max, size_t *count, struct gsh_why *why) {
  (void)h;
  (void)links;
  (void)link_count;
  *count = answer_count < max ? answer_count : max;
  memcpy(out, answers, *count * sizeof *out);
  memset(why, 0, sizeof *why);
  return GSH_OK;
}

/* This computer's own ports are none of a fuzzer's. */
struct gsh_error;
unsigned __wrap_gsh_tty_names(char names[][64], size_t max, size_t *count, struct gsh_error *err);
unsigned __wrap_gsh_tty_names(char names[][64], size_t max, size_t *count, struct gsh_error *err) {
  (void)names;
  (void)max;
  (void)err;
  *count = 0;
  return GSH_OK;
}

void fuzz_start(void) {
  static struct gsh_config config;
  struct gsh_why why;
  config.config_dir = config.state_dir = fuzz_dir();
  FUZZ_MUST(gsh_open(&config, &host, &why) == GSH_OK);
  gsc_json_start();
  (void)unsetenv("GAPSEAL_PORTS");
}

/* Devices as the library would tell of them: its texts are safe, and anything else. */
static void choose_devices(struct fuzz_script *s) {
  static const unsigned statuses[] = {GSH_OK, GSH_OK, 257, 265, 259};
  answer_count = fuzz_u8(s) % (DEVICES_MAX + 1u);
  for (size_t i = 0; i < answer_count; i++) {
    struct gsh_found *f = &answers[i];
    char serial[64];
    size_t n;
    memset(f, 0, sizeof *f);
    f->why.status = statuses[fuzz_u8(s) % (sizeof statuses / sizeof statuses[0])];
    (void)snprintf(f->why.what, sizeof f->why.what, "%s", gsh_status_sentence(f->why.status));
    const uint8_t *bytes = fuzz_bytes(s, fuzz_u8(s) % sizeof serial, &n);
    memcpy(serial, bytes, n);
    serial[n] = '\0';
    (void)gsh_escape(serial, f->device.serial, sizeof f->device.serial);
    (void)snprintf(f->link, sizeof f->link, "unix:dev%zu.sock", i);
    (void)snprintf(f->device.link, sizeof f->device.link, "unix:dev%zu.sock", i);
    (void)snprintf(f->device.name, sizeof f->device.name, "press-%zu", i);
    f->device.state = f->device.policy = f->device.slot_model = "unknown";
    f->device.lifecycle = f->device.key_protection = "unknown";
  }
}

/* Words end at line ends; a zero byte ends one as well. Returns how many. */
static size_t split_words(char *text, size_t len, char *words[WORDS_MAX]) {
  size_t count = 0;
  for (char *at = text; at < text + len && count < WORDS_MAX; count++) {
    char *end = memchr(at, '\n', (size_t)(text + len - at));
    words[count] = at;
    at = end != NULL ? end + 1 : text + len;
    if (end != NULL) {
      *end = '\0';
    }
  }
  return count;
}

/* tabs: cJSON's own, between tokens; in a text they are escaped. */
static void check_lines(char *text, bool tabs) {
  for (char *at = text; tabs && *at != '\0'; at++) {
    *at = *at == '\t' ? ' ' : *at;
  }
  while (*text != '\0') {
    size_t n = strcspn(text, "\n");
    char *line = strndup(text, n);
    if (line == NULL || !fuzz_text_safe(line)) {
      (void)fprintf(stderr, "printed: %s\n", line);
    }
    FUZZ_MUST(line != NULL && fuzz_text_safe(line));
    free(line);
    text += n + (text[n] != '\0');
  }
}

/* Print the ending into memory. */
static void print_ending(struct gsc_ending *e) {
  char *text[2] = {NULL, NULL};
  size_t len[2];
  FILE *real_out = stdout;
  FILE *real_err = stderr;
  unsigned status = e->why.status;
  stdout = open_memstream(&text[0], &len[0]);
  stderr = open_memstream(&text[1], &len[1]);
  int code = gsc_ui_end(&cli.ui, e);
  (void)fclose(stdout);
  (void)fclose(stderr);
  stdout = real_out;
  stderr = real_err;
  FUZZ_MUST(code == gsh_status_exit(status));
  check_lines(text[0], cli.ui.format == GSC_JSON);
  check_lines(text[1], false);
  if (cli.ui.format != GSC_PLAIN) {
    cJSON *json = cJSON_Parse(text[0]);
    FUZZ_MUST(cJSON_IsObject(json));
    cJSON_Delete(json);
  }
  free(text[0]);
  free(text[1]);
}

static void read_line(char **words, size_t count) {
  char *argv[WORDS_MAX + 2] = {NULL};
  char name[] = "gapseal";
  struct gsc_complaint complaint;
  memset(&complaint, 0, sizeof complaint);
  argv[0] = name;
  optind = 0; /* getopt keeps where it was; a program reads its line once */
  for (size_t i = 0; i < count; i++) {
    argv[i + 1] = words[i];
  }
  if (!gsc_args_read(&cli.args, (int)count + 1, argv, &complaint)) {
    struct gsc_ending e;
    gsc_ending_start(&e);
    FUZZ_MUST(complaint.what[0] != '\0');
    FUZZ_MUST(gsc_usage(&e, complaint.what, complaint.next_step) == GSH_E_USAGE);
    print_ending(&e);
    memset(&cli.args, 0, sizeof cli.args);
    return;
  }
  FUZZ_MUST(cli.args.count <= GSC_ARGUMENTS_MAX && cli.args.port_count <= GSC_PORTS_MAX);
  const struct gsc_command *c = cli.args.command;
  FUZZ_MUST(c == NULL || gsc_has(&cli.args, GSC_BIT(HELP)) ||
            (cli.args.count >= c->min && cli.args.count <= c->max));
}

static void choose(char **words, size_t count, bool many) {
  static struct gsc_targets targets;
  struct gsc_ending e;
  const char *list[WORDS_MAX];
  gsc_ending_start(&e);
  for (size_t i = 0; i < count; i++) {
    list[i] = words[i];
  }
  unsigned status = gsc_select(&cli, list, count, many, &targets, &e);
  FUZZ_MUST(targets.count <= GSC_TARGETS_MAX);
  FUZZ_MUST(status == e.why.status || status == GSH_OK);
  FUZZ_MUST(status != GSH_OK || targets.count > 0);
  FUZZ_MUST(many || status != GSH_OK || count > 1 || targets.count == 1);
  e.why.status = status;
  print_ending(&e);
}

void fuzz_one(const uint8_t *data, size_t len) {
  struct fuzz_script s = {data, len};
  char *words[WORDS_MAX];
  memset(&cli, 0, sizeof cli);
  cli.host = host;
  uint8_t format = fuzz_u8(&s);
  cli.ui.format = (enum gsc_format)(format % 3u);
  cli.ui.quiet = true;
  choose_devices(&s);
  char *text = malloc(s.left + 1);
  FUZZ_MUST(text != NULL);
  if (s.left > 0) {
    memcpy(text, s.at, s.left);
  }
  text[s.left] = '\0';
  size_t count = split_words(text, s.left, words);
  read_line(words, count);
  choose(words, count, (format & 0x80u) != 0);
  free(text);
}

void fuzz_seeds(void) {
  static const char install[] =
      "\x00\x02\x00\x04"
      "0042\x00\x04"
      "0043install\n--json\na.gsp\nsn:0042";
  static const char all[] =
      "\x81\x03\x00\x04"
      "0042\x02\x01"
      "9\x03\x02"
      "\x1b[all\nsn:0042\nname:press-0\n00";
  static const char options[] =
      "\x02\x00install\n--older\n--timeout\n5\n--expect=00112233\n--port\nunix:a\n-h\n--\nx";
  static const char near[] =
      "\x01\x01\x00\x02"
      "ab"
      "instal\n\xe2\x80\xae\x1b[2J";
  fuzz_seed("install", install, sizeof install - 1);
  fuzz_seed("all", all, sizeof all - 1);
  fuzz_seed("options", options, sizeof options - 1);
  fuzz_seed("near", near, sizeof near - 1);
}
