/* SPDX-License-Identifier: Apache-2.0 */
#include "package_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "gapseal/crypto.h"
#include "unit.h"

#define WORDS_MAX 32

static char directory[64];

int fixture_enter(void **state) {
  (void)state;
  (void)snprintf(directory, sizeof directory, "/tmp/gapseal-unit-XXXXXX");
  return gs_crypto_init() == GS_OK && mkdtemp(directory) != NULL && chdir(directory) == 0 ? 0 : -1;
}

int fixture_leave(void **state) {
  (void)state;
  DIR *d = opendir(directory);
  struct dirent *entry;
  while (d != NULL && (entry = readdir(d)) != NULL) {
    (void)unlink(entry->d_name);
  }
  if (d != NULL) {
    closedir(d);
  }
  return chdir("/") == 0 && rmdir(directory) == 0 ? 0 : -1;
}

void fixture_write(const char *name, const void *data, size_t len) {
  FILE *f = fopen(name, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(data, 1, len, f), len);
  assert_int_equal(fclose(f), 0);
}

uint8_t *fixture_read(const char *name, size_t *len) {
  struct stat st;
  assert_int_equal(stat(name, &st), 0);
  uint8_t *data = malloc((size_t)st.st_size + 1);
  FILE *f = fopen(name, "rb");
  assert_non_null(data);
  assert_non_null(f);
  *len = fread(data, 1, (size_t)st.st_size, f);
  assert_int_equal(*len, st.st_size);
  (void)fclose(f);
  return data;
}

enum gs_status fixture_run(const struct gss_command *command, struct gsh_error *err, ...) {
  char words[WORDS_MAX][128];
  char *argv[WORDS_MAX + 2];
  int argc = 0;
  struct gsh_error ignored;
  struct gss_args args;
  bool help;
  va_list list;
  va_start(list, err);
  argv[argc++] = words[0];
  (void)snprintf(words[0], sizeof words[0], "%s", command->name);
  for (const char *word = va_arg(list, const char *); word != NULL;
       word = va_arg(list, const char *)) {
    assert_true(argc < WORDS_MAX);
    (void)snprintf(words[argc], sizeof words[0], "%s", word);
    argv[argc] = words[argc];
    argc++;
  }
  va_end(list);
  argv[argc] = NULL;
  err = err != NULL ? err : &ignored;
  memset(err, 0, sizeof *err);
  enum gs_status status = gss_parse(command, argc, argv, &args, &help, err);
  return status == GS_OK ? command->run(&args, err) : status;
}

void fixture_keys(void) {
  static const char *const keys[] = {"root.pem", "release.pem", "recovery.pem", "stranger.pem"};
  if (access("acme.gsk", F_OK) == 0) {
    return;
  }
  for (size_t i = 0; i < COUNT(keys); i++) {
    assert_int_equal(fixture_run(&gss_keygen, NULL, keys[i], NULL), GS_OK);
  }
  assert_int_equal(fixture_run(&gss_keyring_new, NULL, "--root", "root.pem", "--release",
                               "release.pem", "--recovery", "recovery.pem", "-o", "acme.gsk", NULL),
                   GS_OK);
}

static void write_facts(const char *changes) {
  char facts[1024];
  cJSON *root = cJSON_Parse(
      "{\"name\":\"ctrl\",\"version\":\"1.0.0\",\"product\":\"com.acme.ctrl\","
      "\"hardware\":[\"com.acme.ctrl.board-a\"],\"release\":1,\"security_version\":1}");
  cJSON *replaced = cJSON_Parse(changes[0] != '\0' ? changes : "{}");
  assert_non_null(replaced);
  while (replaced->child != NULL) {
    cJSON *item = cJSON_DetachItemViaPointer(replaced, replaced->child);
    cJSON_DeleteItemFromObjectCaseSensitive(root, item->string);
    cJSON_AddItemToObject(root, item->string, item);
  }
  assert_true(cJSON_PrintPreallocated(root, facts, sizeof facts, 0));
  fixture_write("facts.json", facts, strlen(facts));
  cJSON_Delete(replaced);
  cJSON_Delete(root);
}

void fixture_unsigned(const char *name, size_t len, const char *changes) {
  uint8_t *image = malloc(len);
  assert_non_null(image);
  for (size_t i = 0; i < len; i++) {
    image[i] = (uint8_t)(i * 7 + i / 251);
  }
  fixture_write("fw.bin", image, len);
  free(image);
  write_facts(changes);
  fixture_write("CHANGES.md", "first\n", 6);
  fixture_write("sbom.json", "{}", 2);
  assert_int_equal(fixture_run(&gss_pack, NULL, "facts.json", "--image", "fw.bin", "--changelog",
                               "CHANGES.md", "--sbom", "sbom.json", "--block-size", "256",
                               "--format", "raw", "-o", name, NULL),
                   GS_OK);
}

void fixture_package(const char *name, size_t len, const char *changes) {
  fixture_keys();
  fixture_unsigned(name, len, changes);
  assert_int_equal(
      fixture_run(&gss_sign, NULL, "--key", "release.pem", "--keyring", "acme.gsk", name, NULL),
      GS_OK);
}
