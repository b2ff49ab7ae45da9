/* SPDX-License-Identifier: Apache-2.0
 * gapseal-sign: keys, keyrings and packages, on the maker's side.
 */
#include <cjson/cJSON.h>
#include <pb.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "gapseal/crypto.h"
#include "json_out.h"
#include "near.h"
#include "no_dump.h"
#include "platform.h"

/* The command that argv[1] (and argv[2]) names; *words is how many of them. */
static const struct gss_command *find_command(int argc, char **argv, int *words) {
  for (size_t i = 0; i < gss_command_count; i++) {
    const char *name = gss_commands[i]->name;
    const char *space = strchr(name, ' ');
    size_t first = space != NULL ? (size_t)(space - name) : strlen(name);
    if (strlen(argv[1]) != first || memcmp(argv[1], name, first) != 0) {
      continue;
    }
    if (space == NULL || (argc > 2 && strcmp(argv[2], space + 1) == 0)) {
      *words = space == NULL ? 1 : 2;
      return gss_commands[i];
    }
  }
  return NULL;
}

/* A word that begins commands of two words: "keyring". */
static bool begins_commands(const char *word) {
  size_t len = strlen(word);
  for (size_t i = 0; i < gss_command_count; i++) {
    if (strncmp(gss_commands[i]->name, word, len) == 0 && gss_commands[i]->name[len] == ' ') {
      return true;
    }
  }
  return false;
}

static int unknown_command(int argc, char **argv) {
  struct gsh_error err;
  char word[64];
  char shown[GSS_SHOWN];
  if (argc < 2) {
    (void)gss_usage(&err, "no command was given");
    gsh_next_step(&err, "see gapseal-sign --help");
    return gss_report(&err, false);
  }
  bool two = begins_commands(argv[1]) && argc > 2 && argv[2][0] != '-';
  (void)snprintf(word, sizeof word, "%s%s%s", argv[1], two ? " " : "", two ? argv[2] : "");
  struct gsw_near near = gsw_near(word);
  for (size_t i = 0; i < gss_command_count; i++) {
    gsw_near_try(&near, gss_commands[i]->name);
  }
  (void)gss_usage(&err, "no such command: %s", gss_shown(word, shown));
  if (near.best != NULL) {
    gsh_next_step(&err, "did you mean gapseal-sign %s?", near.best);
  } else if (begins_commands(argv[1])) {
    gsh_next_step(&err, "keyring takes new, next or show");
  } else {
    gsh_next_step(&err, "see gapseal-sign --help");
  }
  return gss_report(&err, false);
}

/* A full disk or a closed pipe behind stdout must not look like success. */
static int finish(void) {
  if (fflush(stdout) != 0 || ferror(stdout)) {
    struct gsh_error err;
    (void)gsh_fail(&err, GS_E_DISK, "the output cannot be written");
    return gss_report(&err, false);
  }
  return 0;
}

static int run(const struct gss_command *command, int argc, char **argv) {
  struct gss_args args;
  struct gsh_error err;
  bool help = false;
  memset(&err, 0, sizeof err);
  enum gs_status status = gss_parse(command, argc, argv, &args, &help, &err);
  if (status != GS_OK) {
    if (err.next_step[0] == '\0') {
      gsh_next_step(&err, "see gapseal-sign %s --help", command->name);
    }
    return gss_report(&err, false);
  }
  if (help) {
    gss_print_help(command);
    return finish();
  }
  if (!gss_no_dump()) {
    status = gsh_fail(&err, GS_E_INTERNAL, "this computer does not keep keys out of core dumps");
  } else if (gs_crypto_init() != GS_OK) {
    status = gsh_fail(&err, GS_E_INTERNAL, "the cryptographic library failed its self-test");
  } else {
    status = command->run(&args, &err);
  }
  if (status == GS_OK) {
    return finish();
  }
  if (status == GS_E_CRYPTO) {
    status = gsh_fail_crypto(&err); /* the status' own words would blame a device */
  }
  if (status == GS_E_USAGE && err.next_step[0] == '\0') {
    gsh_next_step(&err, "see gapseal-sign %s --help", command->name);
  }
  return gss_report(&err, gss_has(&args, "json"));
}

int main(int argc, char **argv) {
  int words = 0;
  gss_json_start();
  gsh_catch_interrupts();
  if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
    gss_print_overview();
    return finish();
  }
  if (argc > 1 && strcmp(argv[1], "--version") == 0) {
    (void)printf("gapseal-sign %s\nbuilt with %s, %s, cJSON %s\n", GAPSEAL_VERSION,
                 gs_crypto_library(), NANOPB_VERSION, cJSON_Version());
    return finish();
  }
  const struct gss_command *command = argc > 1 ? find_command(argc, argv, &words) : NULL;
  if (command == NULL) {
    return unknown_command(argc, argv);
  }
  return run(command, argc - words, argv + words);
}
