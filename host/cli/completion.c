/* SPDX-License-Identifier: Apache-2.0 */
#include "completion.h"

#include <string.h>

#include "ui.h"

static const struct {
  const char *shell;
  const char *const *lines;
  struct gsc_quoting quoting;
} scripts[] = {
    {"bash", gsc_completion_bash, {.quote = "'\\''", .backslash = "\\"}},
    {"zsh", gsc_completion_zsh, {.quote = "'\\''", .backslash = "\\"}},
    {"fish", gsc_completion_fish, {.quote = "\\'", .backslash = "\\\\"}},
};

/* Lines of the files in completion/ that the program replaces or ends. */
static const char table_here[] = "@TABLE@";
static const char programs_here[] = "@PROGRAMS@";

static void print_line(const char *line, const struct gsc_quoting *quoting) {
  const char *here = strstr(line, programs_here);
  if (strcmp(line, table_here) == 0) {
    gsc_completion_table(quoting);
    return;
  }
  if (here != NULL) {
    char before[256];
    size_t len = (size_t)(here - line);
    memcpy(before, line, len);
    before[len] = '\0';
    gsc_ui_print(before);
    gsc_completion_programs();
    line = here + sizeof programs_here - 1;
  }
  gsc_ui_print(line);
  gsc_ui_print("\n");
}

bool gsc_completion_print(const char *shell) {
  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
    if (strcmp(scripts[i].shell, shell) == 0) {
      for (const char *const *line = scripts[i].lines; *line != NULL; line++) {
        print_line(*line, &scripts[i].quoting);
      }
      return true;
    }
  }
  return false;
}
