/* SPDX-License-Identifier: Apache-2.0
 * What the runners share: every vector of a directory through one door, one line each, and a
 * sum. Which kinds of vector do not go through a door, and why, is one table here: no runner can
 * leave anything else out.
 */
#ifndef GAPSEAL_VECTOR_RUN_H
#define GAPSEAL_VECTOR_RUN_H

#include "vector_file.h"

#define VECTOR_WRONG_MAX 160u

/* What came of one vector at one door. */
struct vector_result {
  enum gs_status got;
  char wrong[VECTOR_WRONG_MAX]; /* what else did not hold, as a sentence; "": nothing */
};

enum vector_door_id {
  VECTOR_DOOR_FUNCTIONS,
  VECTOR_DOOR_WIRE,
  VECTOR_DOOR_ALL, /* wire, OTA client, pre-flight and verifier, on two devices */
  VECTOR_DOOR_HOST,
  VECTOR_DOOR_VERIFIER,
};

/* Why vectors of this kind do not go through the door, or NULL. */
const char *vector_excuse(enum vector_door_id door, enum vector_object kind);

struct vector_door {
  enum vector_door_id id;
  const char *name; /* "wire" */
  enum gs_status (*expect)(const struct vector *v);
  void (*judge)(const struct vector *v, struct vector_result *out);
};

/* Note what did not hold; the first word stays. */
void vector_wrong(struct vector_result *r, const char *what, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Run the vectors of a directory, or one of them: main of a runner.
 *
 * argv  DIR [NAME]; NAME with or without ".vec".
 *
 * Returns the exit code. 1 also where a directory holds fewer vectors than there must be.
 */
int vector_run(const struct vector_door *door, int argc, char **argv);

#endif
