/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "completion.h"

int gsc_completion(struct gsc_cli *cli) {
  const char *shell = cli->args.arguments[0];
  if (gsc_completion_print(shell)) {
    return 0;
  }
  struct gsc_ending e;
  char what[128];
  gsc_ending_start(&e);
  (void)snprintf(what, sizeof what, "there is no completion for this shell: %.64s", shell);
  (void)gsc_usage(&e, what, "write: gapseal completion bash, zsh or fish");
  return gsc_ui_end(&cli->ui, &e);
}
