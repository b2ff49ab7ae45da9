/* SPDX-License-Identifier: Apache-2.0
 * Where gapseal-ota reads a package from: a file, a pipe, a TCP connection. All three are read as a
 * stream. Nothing here is trusted for anything: what arrives is verified by the engine.
 */
#ifndef GAPSEAL_OTA_SOURCE_H
#define GAPSEAL_OTA_SOURCE_H

#include <stdbool.h>

#include "ota_client.h"

struct ota_input {
  struct ota_source source; /* its ctx is the input */
  const char *spec;
  int fd; /* -1: not open */
};

/*
 * Open what spec names: "-" standard input, tcp:HOST:PORT of this computer, else a file.
 *
 * in    stays where it is until ota_input_close.
 * spec  lives as long.
 *
 * False: a message was printed; *usage says that the spec was wrong.
 */
bool ota_input_open(struct ota_input *in, const char *spec, bool *usage);
void ota_input_close(struct ota_input *in);

#endif
