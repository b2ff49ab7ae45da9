/* SPDX-License-Identifier: Apache-2.0
 * What every command has at hand.
 */
#ifndef GSC_CLI_H
#define GSC_CLI_H

#include "args.h"
#include "gapseal/host.h"
#include "ui.h"

struct gsc_cli {
  struct gsc_args args;
  struct gsc_ui ui;
  struct gsh *host;
  const volatile sig_atomic_t *stop;
};

/* One function a command, one file each; the exit code comes back. */
#define GSC_COMMAND(function, name, arguments, min, max, options, text) \
  int function(struct gsc_cli *cli);
#include "commands.def"
#undef GSC_COMMAND

/* Help for one command, or for all (NULL). */
void gsc_help_print(const struct gsc_command *command);

/* -- select.c ------------------------------------------------------------------------------------
 */

#define GSC_TARGETS_MAX 64u
struct gsc_targets {
  char links[GSC_TARGETS_MAX][GSH_TEXT_MAX]; /* or the word, where nothing answers to it */
  struct gsh_why why[GSC_TARGETS_MAX];       /* status 0, or why there is no device */
  size_t count;
};
/*
 * Which devices the words on the command line mean: port:LINK, sn:SERIAL, name:NAME, all, or the
 * unique beginning of a serial number; none: the only one that answers.
 *
 * many: several will do. Of several words one that nothing answers to is then among the targets all
 * the same, with the reason, and so is, with "all", a silent link of --port: one that fails must
 * not keep the others from being served. Where not one is there the status is not 0.
 *
 * e->why says what is wrong where the status is not 0, and e->members lists
 * those that match where several do.
 */
unsigned gsc_select(struct gsc_cli *cli, const char *const *words, size_t count, bool many,
                    struct gsc_targets *out, struct gsc_ending *e);

/* The link that a word names: "port:LINK", or a link as it is, for whoever writes that means it.
 * NULL: it is none. */
const char *gsc_link_of(const char *word);

/* Select one device (word: its argument's index, if it is there) and connect to it. 0, or the
 * command has to end with *ending. */
unsigned gsc_connect_one(struct gsc_cli *cli, size_t word, struct gsh_device **out,
                         struct gsc_ending *ending);

/* -- waiting.c -----------------------------------------------------------------------------------
 */

/* The one link, named with --port or as the second argument: a device that does not answer has no
 * other name. NULL: there is none, or more than one. */
const char *gsc_link_to_wait_at(const struct gsc_args *args);
/* Whatever came of it: a device that has an image to start does not stay in its stub for us. Says
 * so where it does; where nothing held it there, there is nothing to say. */
void gsc_let_go(struct gsc_cli *cli, struct gsh_device *d);

/* -- helpers -------------------------------------------------------------------------------------
 */

/* Start an ending: nothing decided, nothing written. */
void gsc_ending_start(struct gsc_ending *ending);
/* An ending that complains about the command line. */
unsigned gsc_usage(struct gsc_ending *ending, const char *what, const char *next_step);
/* Copy a device's info into memory that outlives its handle. */
void gsc_ending_device(struct gsc_ending *ending, struct gsh_device_info *keep,
                       const struct gsh_device *d);

#endif
