/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include "near.h"
#include "row.h"

#define COLUMN 28u
#define LINK_COLUMN 21u
#define CODE_COLUMN 7u
#define TEXT_COLUMN 30u

struct shown {
  const char *name, *value, *text;
};
static const struct shown options[] = {
#define SIM_OPTION(NAME, name, value, text) {(name), (value), (text)},
#include "options.def"
};
static const struct shown test_options[] = {
#define SIM_TEST_OPTION(NAME, name, value, text) {(name), (value), (text)},
#include "options.def"
};
static const struct shown links[] = {
#define SIM_LINK(scheme, rest, text) {(scheme), (rest), (text)},
#include "options.def"
};
static const struct {
  int code;
  const char *meaning;
} exits[] = {
#define SIM_EXIT(NAME, code, meaning) {(code), (meaning)},
#include "options.def"
};
static const char *const examples[] = {
#define SIM_EXAMPLE(line) (line),
#include "options.def"
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void print_rows(struct gsw_row *row) {
  char line[GSW_LINE];
  while (gsw_row_next(row, line)) {
    (void)printf("%s\n", line);
  }
}

static void print_row(const char *left, size_t column, const char *text) {
  print_rows(&(struct gsw_row){.left = left, .text = text, .column = column});
}

static void print_options(const struct shown *list, size_t count) {
  char left[64];
  for (size_t i = 0; i < count; i++) {
    (void)snprintf(left, sizeof left, "  --%s %s", list[i].name,
                   list[i].value != NULL ? list[i].value : "");
    print_row(left, COLUMN, list[i].text);
  }
}

static void print_links(void) {
  char left[64];
  (void)printf("\na link (LINK):\n");
  for (size_t i = 0; i < COUNT(links); i++) {
    (void)snprintf(left, sizeof left, "  %s%s", links[i].name, links[i].value);
    print_row(left, LINK_COLUMN, links[i].text);
  }
}

static void print_application(void) {
  (void)printf(
      "\nAn image that is started reports healthy, unless the text in its last 64 bytes,\n"
      "filled up with zeros, is one of these:\n");
  print_row("  gapseal-sim:crash", TEXT_COLUMN, "faults after its start");
  print_row("  gapseal-sim:hang", TEXT_COLUMN, "hangs until the watchdog resets");
  print_row("  gapseal-sim:never-healthy", TEXT_COLUMN, "runs and never reports healthy");
  (void)printf("Append one: printf gapseal-sim:crash | dd bs=64 conv=sync >>fw.bin\n");
}

void sim_help(void) {
  char left[16];
  (void)printf(
      "usage: gapseal-sim --dir DIR --listen LINK [OPTIONS]\n\n"
      "a device of software: engine and session of a real one, flash in a file\n\noptions:\n");
  print_options(options, COUNT(options));
  (void)printf("\nfor tests; where the power is cut the process ends with exit code 9:\n");
  print_options(test_options, COUNT(test_options));
  print_links();
  print_application();
  (void)printf("\nexample:\n");
  for (size_t i = 0; i < COUNT(examples); i++) {
    print_rows(&(struct gsw_row){.left = "", .text = examples[i], .column = 2, .join = " \\"});
  }
  (void)printf("\nexit codes:\n");
  for (size_t i = 0; i < COUNT(exits); i++) {
    (void)snprintf(left, sizeof left, "  %3d", exits[i].code);
    print_row(left, CODE_COLUMN, exits[i].meaning);
  }
}

const char *sim_near_option(const char *word) {
  static char said[64];
  char name[64];
  const char *start = word + strspn(word, "-");
  (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(start, "="), start);
  struct gsw_near near = gsw_near(name);
  for (size_t i = 0; i < COUNT(options); i++) {
    gsw_near_try(&near, options[i].name);
  }
  for (size_t i = 0; i < COUNT(test_options); i++) {
    gsw_near_try(&near, test_options[i].name);
  }
  (void)snprintf(said, sizeof said, near.best != NULL ? "did you mean --%s?" : "see --help",
                 near.best);
  return said;
}
