/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <string.h>

#include "verify.h"

#define FOR_PACKAGE 1u
#define FOR_RECEIPT 2u
#define FOR_LOG 4u
#define FOR_ALL 7u

static const struct command {
  const char *name;
  const char *usage;
  const char *summary;
  unsigned bit;
  const char *needs; /* an option */
  enum gs_status (*run)(const char *path, const struct gsv_options *o, struct gsv_report *r,
                        struct gsv_error *e);
} commands[] = {
    {"package", "package FILE.gsp --keyring FILE.gsk", "verify every byte of a package",
     FOR_PACKAGE, "keyring", gsv_package},
    {"receipt", "receipt FILE.gsr --maker PUB.pem [--package FILE.gsp]",
     "verify what a device said", FOR_RECEIPT, "maker", gsv_receipt},
    {"log", "log FILE.gsl --maker PUB.pem", "verify a device's log", FOR_LOG, "maker", gsv_log},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

/* The options that take a file; their order is that of values. */
enum value { VALUE_KEYRING, VALUE_MAKER, VALUE_PACKAGE, VALUES };
#define KEY_JSON 0x1000
#define KEY_VERSION 0x1001

static const struct {
  const char *name;
  const char *shown;
  const char *help;
  unsigned of; /* commands */
} values[VALUES] = {
    {"keyring", "--keyring FILE.gsk", "the maker's keyring that you trust", FOR_PACKAGE},
    {"maker", "--maker PUB.pem", "the maker's identity key that you trust", FOR_RECEIPT | FOR_LOG},
    {"package", "--package FILE.gsp", "the receipt must be about this package", FOR_RECEIPT},
};

static const struct option longs[] = {{"keyring", required_argument, NULL, VALUE_KEYRING + 1},
                                      {"maker", required_argument, NULL, VALUE_MAKER + 1},
                                      {"package", required_argument, NULL, VALUE_PACKAGE + 1},
                                      {"json", no_argument, NULL, KEY_JSON},
                                      {"help", no_argument, NULL, 'h'},
                                      {"version", no_argument, NULL, KEY_VERSION},
                                      {NULL, 0, NULL, 0}};

/* What the command line asked for. */
struct request {
  const char *value[VALUES]; /* NULL: not given */
  bool help, version;
  const struct command *command; /* NULL: none, or an unknown one */
};

/* of: the commands whose options are shown. */
static void print_options(unsigned of) {
  (void)printf("\noptions:\n");
  for (size_t i = 0; i < VALUES; i++) {
    if ((values[i].of & of) != 0) {
      (void)printf("      %-20s %s\n", values[i].shown, values[i].help);
    }
  }
  (void)printf(
      "      --json               one JSON object on stdout\n"
      "  -h, --help               show this text%s\n",
      of == FOR_ALL ? "; after a command, that command's" : "");
  if (of == FOR_ALL) {
    (void)printf("      --version            show the version\n");
  }
}

static void print_help(const struct command *command) {
  if (command != NULL) {
    (void)printf("usage: gapseal-verify %s\n\n%s\n", command->usage, command->summary);
    print_options(command->bit);
    return;
  }
  for (size_t i = 0; i < COMMANDS; i++) {
    (void)printf("%s gapseal-verify %s\n", i == 0 ? "usage:" : "      ", commands[i].usage);
  }
  (void)printf("\n");
  for (size_t i = 0; i < COMMANDS; i++) {
    (void)printf("  %-10s %s\n", commands[i].name, commands[i].summary);
  }
  print_options(FOR_ALL);
}

static const struct command *find_command(const char *name) {
  for (size_t i = 0; i < COMMANDS; i++) {
    if (strcmp(commands[i].name, name) == 0) {
      return &commands[i];
    }
  }
  return NULL;
}

static enum gs_status parse(int argc, char **argv, struct request *q, struct gsv_report *r,
                            struct gsv_error *e) {
  char shown[GSV_TEXT_MAX / 2];
  int key;
  opterr = 0;
  while ((key = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
    if (key >= 1 && key <= VALUES) {
      q->value[key - 1] = optarg;
    } else if (key == KEY_JSON) {
      r->as_json = true;
    } else if (key == 'h') {
      q->help = true;
    } else if (key == KEY_VERSION) {
      q->version = true;
    } else {
      (void)gsv_escape(argv[optind - 1], shown, sizeof shown);
      return key == ':' ? gsv_fail(e, GS_E_USAGE, "%s needs a value", shown)
                        : gsv_fail(e, GS_E_USAGE, "no such option: %s", shown);
    }
  }
  q->command = optind < argc ? find_command(argv[optind]) : NULL;
  return GS_OK;
}

/* All is checked before anything is opened. */
static enum gs_status check(int argc, char **argv, const struct request *q, struct gsv_error *e) {
  char shown[GSV_TEXT_MAX / 2];
  const struct command *c = q->command;
  if (optind >= argc) {
    return gsv_fail(e, GS_E_USAGE, "no command was given");
  }
  if (c == NULL) {
    return gsv_fail(e, GS_E_USAGE, "no such command: %s",
                    gsv_escape(argv[optind], shown, sizeof shown));
  }
  if (argc - optind != 2) {
    return gsv_fail(e, GS_E_USAGE, "%s takes one file", c->name);
  }
  for (size_t i = 0; i < VALUES; i++) {
    if (q->value[i] == NULL && strcmp(values[i].name, c->needs) == 0) {
      return gsv_fail(e, GS_E_USAGE, "%s needs --%s", c->name, c->needs);
    }
    if (q->value[i] != NULL && (values[i].of & c->bit) == 0) {
      return gsv_fail(e, GS_E_USAGE, "%s takes no --%s", c->name, values[i].name);
    }
  }
  return GS_OK;
}

static enum gs_status run(int argc, char **argv, const struct request *q, struct gsv_report *r,
                          struct gsv_error *e) {
  const struct gsv_options o = {.keyring = q->value[VALUE_KEYRING],
                                .maker = q->value[VALUE_MAKER],
                                .package = q->value[VALUE_PACKAGE]};
  enum gs_status status = check(argc, argv, q, e);
  if (status != GS_OK) {
    return status;
  }
  if (gs_crypto_init() != GS_OK) {
    return gsv_fail(e, GS_E_INTERNAL, "the cryptographic library failed its self-test");
  }
  r->json = cJSON_CreateObject();
  if (r->json == NULL) {
    return gsv_fail(e, GS_E_NO_MEMORY, "no memory for what is found");
  }
  return q->command->run(argv[optind + 1], &o, r, e);
}

int main(int argc, char **argv) {
  struct request q = {.command = NULL};
  struct gsv_report r = {.json = NULL};
  struct gsv_error e = {.status = GS_OK};
  enum gs_status status = parse(argc, argv, &q, &r, &e);
  if (status == GS_OK && (q.help || q.version)) {
    if (q.help) {
      print_help(q.command);
    } else {
      (void)printf("gapseal-verify %s\n", GAPSEAL_VERSION);
    }
    return gsv_finish(&(struct gsv_report){.json = NULL}, "", &e);
  }
  if (status == GS_OK) {
    status = run(argc, argv, &q, &r, &e);
  }
  e.status = status;
  int exit_code = gsv_finish(&r, q.command != NULL ? q.command->name : "", &e);
  cJSON_Delete(r.json);
  return exit_code;
}
