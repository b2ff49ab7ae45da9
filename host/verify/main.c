/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <string.h>

#include "verify.h"

#define TAG_COLUMN 75

static const struct command {
  const char *name;
  const char *usage;
  const char *summary;
  bool needs_keyring; /* otherwise --maker */
  enum gs_status (*run)(const char *path, const struct gsv_options *o, struct gsv_report *r,
                        struct gsv_error *e);
} commands[] = {
    {"package", "package FILE.gsp --keyring FILE.gsk", "verify every byte of a package", true,
     gsv_package},
    {"receipt", "receipt FILE.gsr --maker PUB.pem [--package FILE.gsp]",
     "verify what a device said", false, gsv_receipt},
    {"log", "log FILE.gsl --maker PUB.pem", "verify a device's log", false, gsv_log},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static const struct option longs[] = {{"keyring", required_argument, NULL, 'k'},
                                      {"maker", required_argument, NULL, 'm'},
                                      {"package", required_argument, NULL, 'p'},
                                      {"json", no_argument, NULL, 'j'},
                                      {"help", no_argument, NULL, 'h'},
                                      {"version", no_argument, NULL, 'V'},
                                      {NULL, 0, NULL, 0}};

static void print_help(FILE *to) {
  for (size_t i = 0; i < COMMANDS; i++) {
    (void)fprintf(to, "%s gapseal-verify %s\n", i == 0 ? "usage:" : "      ", commands[i].usage);
  }
  (void)fprintf(to, "\n");
  for (size_t i = 0; i < COMMANDS; i++) {
    (void)fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
  }
  (void)fprintf(to,
                "\noptions:\n"
                "      --keyring FILE.gsk   the maker's keyring that you trust\n"
                "      --maker PUB.pem      the maker's identity key that you trust\n"
                "      --package FILE.gsp   the receipt must be about this package\n"
                "      --json               one JSON object on stdout\n"
                "  -h, --help               show this text\n"
                "      --version            show the version\n");
}

static int report(const struct gsv_error *e, struct gsv_report *r) {
  const struct gs_status_info *info = gs_status_info(e->status);
  char shown[2 * GSV_TEXT_MAX];
  const char *what = gsv_escape(e->status == GS_OK ? "" : e->what, shown, sizeof shown);
  if (r->json != NULL) {
    cJSON_AddNumberToObject(r->json, "exit", info->exit_code);
    cJSON_AddStringToObject(r->json, "code", info->name);
    if (e->status != GS_OK) {
      cJSON_AddStringToObject(r->json, "what", what);
      cJSON_AddStringToObject(r->json, "do", info->next_step);
    }
    char *text = cJSON_PrintUnformatted(r->json);
    (void)printf("%s\n", text != NULL ? text : "{}");
    cJSON_free(text);
  }
  if (fflush(stdout) != 0 || ferror(stdout)) {
    (void)fprintf(stderr,
                  "failed: the output cannot be written%*s[1 disk]\n  do: see where the "
                  "output goes\n",
                  TAG_COLUMN - 36, "");
    return 1;
  }
  if (e->status == GS_OK) {
    return 0;
  }
  int n = fprintf(stderr, "%s: %s", info->exit_code == 1 ? "failed" : "refused", what);
  (void)fprintf(stderr, "%*s[%d %s]\n  do: %s\n", n >= 0 && n < TAG_COLUMN ? TAG_COLUMN - n : 1, "",
                info->exit_code, info->name,
                e->status == GS_E_USAGE ? "see gapseal-verify --help" : info->next_step);
  return info->exit_code;
}

static const struct command *find_command(const char *name) {
  for (size_t i = 0; i < COMMANDS; i++) {
    if (strcmp(commands[i].name, name) == 0) {
      return &commands[i];
    }
  }
  return NULL;
}

/* Command and file from what getopt left; all is checked before anything is opened. */
static enum gs_status run(int argc, char **argv, const struct gsv_options *o, struct gsv_report *r,
                          struct gsv_error *e) {
  char shown[GSV_TEXT_MAX / 2];
  if (optind >= argc) {
    return gsv_fail(e, GS_E_USAGE, "no command was given");
  }
  const struct command *c = find_command(argv[optind]);
  if (c == NULL) {
    return gsv_fail(e, GS_E_USAGE, "no such command: %s",
                    gsv_escape(argv[optind], shown, sizeof shown));
  }
  if (argc - optind != 2) {
    return gsv_fail(e, GS_E_USAGE, "%s takes one file", c->name);
  }
  if ((c->needs_keyring ? o->keyring : o->maker) == NULL) {
    return gsv_fail(e, GS_E_USAGE, "%s needs %s", c->name,
                    c->needs_keyring ? "--keyring" : "--maker");
  }
  if (gs_crypto_init() != GS_OK) {
    return gsv_fail(e, GS_E_INTERNAL, "the cryptographic library failed its self-test");
  }
  return c->run(argv[optind + 1], o, r, e);
}

int main(int argc, char **argv) {
  struct gsv_options o = {0};
  struct gsv_report r = {0};
  struct gsv_error e = {0};
  enum gs_status status = GS_OK;
  int key;
  opterr = 0;
  while (status == GS_OK && (key = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
    switch (key) {
      case 'k':
        o.keyring = optarg;
        break;
      case 'm':
        o.maker = optarg;
        break;
      case 'p':
        o.package = optarg;
        break;
      case 'j':
        if (r.json == NULL) {
          r.json = cJSON_CreateObject();
          cJSON_AddNumberToObject(r.json, "schema", 1);
        }
        break;
      case 'h':
        print_help(stdout);
        cJSON_Delete(r.json);
        return report(&e, &(struct gsv_report){0});
      case 'V':
        (void)printf("gapseal-verify %s\n", GAPSEAL_VERSION);
        cJSON_Delete(r.json);
        return report(&e, &(struct gsv_report){0});
      default:
        status = gsv_fail(&e, GS_E_USAGE, "an option is not known, or its value is missing");
    }
  }
  if (status == GS_OK) {
    status = run(argc, argv, &o, &r, &e);
  }
  e.status = status;
  int exit_code = report(&e, &r);
  cJSON_Delete(r.json);
  return exit_code;
}
