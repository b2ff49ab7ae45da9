/* SPDX-License-Identifier: Apache-2.0
 * gapseal: signed packages to devices, and proof back. One file per command; this one reads the
 * command line, opens the library and leaves with the exit code.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

/* Set from a signal handler, looked at by the library at its safe points. */
static volatile sig_atomic_t stop_requested;

static void on_signal(int number) {
  (void)number;
  stop_requested = 1;
}

static void catch_signals(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  (void)sigaction(SIGINT, &action, NULL);
  (void)sigaction(SIGTERM, &action, NULL);
  (void)sigaction(SIGHUP, &action, NULL);
  /* A reader of our output that went away must not stop an install half way. */
  action.sa_handler = SIG_IGN;
  (void)sigaction(SIGPIPE, &action, NULL);
  /* Nor must a limit on the size of files: writing fails, and that is told. */
  (void)sigaction(SIGXFSZ, &action, NULL);
}

static int complain(struct gsc_cli *cli, const struct gsc_complaint *complaint) {
  struct gsc_ending e;
  gsc_ending_start(&e);
  (void)gsc_usage(&e, complaint->what, complaint->next_step);
  return gsc_ui_end(&cli->ui, &e);
}

static int run_command(struct gsc_cli *cli) {
  struct gsc_ending e;
  const struct gsc_args *args = &cli->args;
  struct gsh_config config = {.state_dir = args->values[GSC_OPT_STATE],
                              .trace_path = args->values[GSC_OPT_TRACE],
                              .tcp_anywhere = gsc_has(args, GSC_BIT(TCP_ANYWHERE)),
                              .probe = gsc_has(args, GSC_BIT(PROBE)),
                              .examine = args->command->run == gsc_doctor,
                              .event = gsc_ui_event,
                              .event_ctx = &cli->ui,
                              .stop = &stop_requested};
  gsc_ending_start(&e);
  if ((args->command->options & GSC_ALONE) != 0) {
    return args->command->run(cli);
  }
  if (gsh_open(&config, &cli->host, &e.why) != GSH_OK) {
    return gsc_ui_end(&cli->ui, &e);
  }
  int code = args->command->run(cli);
  gsh_close(cli->host);
  return code;
}

/* The output format matters before the rest of the command line is understood. */
static void read_format(struct gsc_ui *ui, int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--json") == 0) {
      ui->format = GSC_JSON;
    } else if (strcmp(argv[i], "--json-lines") == 0) {
      ui->format = GSC_JSON_LINES;
    } else if (strcmp(argv[i], "--quiet") == 0 || strcmp(argv[i], "-q") == 0) {
      ui->quiet = true;
    }
  }
}

int main(int argc, char **argv) {
  static struct gsc_cli cli;
  struct gsc_complaint complaint;
  catch_signals();
  gsc_ui_start(&cli.ui);
  cli.stop = &stop_requested;
  read_format(&cli.ui, argc, argv);
  if (!gsc_args_read(&cli.args, argc, argv, &complaint)) {
    cli.ui.command = gsc_command_word(argc, argv);
    return complain(&cli, &complaint);
  }
  cli.ui.command = cli.args.command != NULL ? cli.args.command->name : NULL;
  bool version = gsc_has(&cli.args, GSC_BIT(VERSION));
  if (gsc_has(&cli.args, GSC_BIT(HELP)) || (cli.args.command == NULL && !version)) {
    gsc_help_print(cli.args.command);
    return gsc_ui_output_ok(&cli.ui) ? 0 : 1;
  }
  if (version) {
    char libraries[256];
    char line[320];
    gsh_libraries(libraries, sizeof libraries);
    (void)snprintf(line, sizeof line, "gapseal %s\nbuilt with %s\n", gsh_version(), libraries);
    gsc_ui_print(line);
    return gsc_ui_output_ok(&cli.ui) ? 0 : 1;
  }
  int code = run_command(&cli);
  return code != 0 || gsc_ui_output_ok(&cli.ui) ? code : 1;
}
