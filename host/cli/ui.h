/* SPDX-License-Identifier: Apache-2.0
 * All that gapseal prints. Text for people goes to standard error: the first line says what will
 * be done, the last what happened (after a refusal or failure its "do:" line), nothing after it.
 * Data goes to standard output: plain, one JSON object, or JSON lines.
 *
 * What comes from devices and files was made safe by the library; what comes from the command
 * line is made safe here.
 */
#ifndef GSC_UI_H
#define GSC_UI_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "gapseal/host.h"

enum gsc_format { GSC_PLAIN, GSC_JSON, GSC_JSON_LINES };

struct gsc_ui {
  enum gsc_format format;
  bool quiet;
  bool terminal;       /* standard error is one: a progress line may be drawn over */
  const char *command; /* NULL: none was understood */
  bool line_open;      /* a progress line stands there without its end */
  int percent;         /* last told where there is no terminal */
  double drawn_s;
  int output_errno; /* why standard output could not be written first; 0: it could */
};

void gsc_ui_start(struct gsc_ui *ui);

/* The first line. */
void gsc_ui_first(struct gsc_ui *ui, const char *text, ...) __attribute__((format(printf, 2, 3)));
/* A line for people between the first and the last. */
void gsc_ui_say(struct gsc_ui *ui, const char *text, ...) __attribute__((format(printf, 2, 3)));
/* A line of data; plain format only. */
void gsc_ui_data(struct gsc_ui *ui, const char *text, ...) __attribute__((format(printf, 2, 3)));
/* One of several results of a command, as it comes; JSON lines only. */
void gsc_ui_item(struct gsc_ui *ui, const char *event, const cJSON *item);
/* gsh_event_fn; ctx is the struct gsc_ui. */
void gsc_ui_event(void *ctx, const struct gsh_event *event);

/* How a command ended. */
struct gsc_ending {
  struct gsh_why why;
  bool written;                           /* a device changed something that outlives a reset */
  const struct gsh_device_info *device;   /* NULL: none at hand */
  const struct gsh_package_info *package; /* NULL: none at hand */
  const char *receipt;                    /* NULL or "": none */
  char done[GSH_TEXT_MAX];                /* the last line on success */
  cJSON *members;                         /* further members of the JSON object; taken over */
  cJSON *devices;                         /* the array "devices"; taken over; NULL: from device */
  bool told;                              /* what failed was told per device already */
  bool no_device;                         /* none is involved: no word about what was written */
};
/* The last lines and the JSON object. Returns the exit code. */
int gsc_ui_end(struct gsc_ui *ui, struct gsc_ending *ending);
/* Did all of the output reach the one who asked? A reader that went away had enough. False: why not
 * was said in last lines, and the exit code is 1. */
bool gsc_ui_output_ok(struct gsc_ui *ui);
/* The block of a refusal or failure without its last line, for one of several devices. */
void gsc_ui_block(struct gsc_ui *ui, const struct gsc_ending *ending);

/* Help and version, on standard output. */
void gsc_ui_print(const char *text);

/* -- ui_json.c --------------------------------------------------------------------------------- */

cJSON *gsc_json_result(const struct gsc_ui *ui, struct gsc_ending *ending);
cJSON *gsc_json_device(const struct gsh_device_info *d);
cJSON *gsc_json_package(const struct gsh_package_info *p);
/* To be called before anything of cJSON's: from then on its memory is watched. */
void gsc_json_start(void);
/* Was there a time when it got none? What was built since may lack something. */
bool gsc_json_failed(void);
/* Hand an item over to an object, an array, or in place of a member; where it cannot be taken it is
 * deleted. Nothing else of cJSON's that takes items over is used here: those leave them to nobody.
 */
void gsc_json_put(cJSON *object, const char *name, cJSON *item);
void gsc_json_push(cJSON *array, cJSON *item);
void gsc_json_replace(cJSON *object, const char *name, cJSON *item);
/* A text member, made safe as for a terminal: what comes from the command line need not be UTF-8.
 * "" and NULL become null. */
void gsc_json_text(cJSON *object, const char *name, const char *text);

/* -- ui_text.c --------------------------------------------------------------------------------- */

/* "press-7, sn 0042-1187, runs release 3 (4.3.2), floor 9" */
void gsc_text_device(const struct gsh_device_info *d, char *out, size_t cap);
/* "4.1.0, security version 7, acme-plc-4.1.0.gsp (9c1f..02)" */
void gsc_text_package(const struct gsh_package_info *p, char *out, size_t cap);
/* "acme.ctrl-board, revisions 1 to 3". Returns out. */
#define GSC_BOARD_MAX 128
char *gsc_text_board(const struct gsh_board *b, char out[GSC_BOARD_MAX]);
/* "release 3 (4.3.2)", "nothing" */
void gsc_text_running(const struct gsh_device_info *d, char *out, size_t cap);
/* "131,072" */
void gsc_text_count(uint64_t n, char out[32]);
/* "91.4 kB/s" */
void gsc_text_rate(double bytes_a_second, char out[32]);
/* "9c1f..02" */
void gsc_text_digest(const char *hex, char out[16]);
/* "" for a digest of zeros, which stands for none. */
const char *gsc_text_no_zeros(const char *hex);
/* What was compared, in words: "the floor is 9, the package has security version 7"; "" where there
 * is nothing to compare. */
void gsc_text_numbers(const struct gsc_ending *e, char *out, size_t cap);
/* Words that fit this refusal better than those of status.def; from what is known here. */
void gsc_text_refusal(const struct gsc_ending *e, char what[GSH_TEXT_MAX],
                      char next_step[GSH_TEXT_MAX]);

#endif
