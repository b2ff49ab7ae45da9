/* SPDX-License-Identifier: Apache-2.0
 * Judges every vector of a directory with the functions that all doors share.
 *
 * usage: run_vectors DIR [NAME]
 */
#include "vector_run.h"

static enum gs_status expect(const struct vector *v) {
  return v->expect;
}

static void judge(const struct vector *v, struct vector_result *out) {
  out->got = vector_judge(v);
}

int main(int argc, char **argv) {
  static const struct vector_door functions = {
      .id = VECTOR_DOOR_FUNCTIONS, .name = "functions", .expect = expect, .judge = judge};
  return vector_run(&functions, argc, argv);
}
