/* SPDX-License-Identifier: Apache-2.0
 * The simulator's end of a link. One connection at a time: on unix and tcp another one is
 * closed as soon as it comes.
 */
#ifndef GAPSEAL_SIM_LINK_H
#define GAPSEAL_SIM_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum sim_link_kind { SIM_LINK_UNIX, SIM_LINK_TCP, SIM_LINK_PTY, SIM_LINK_STDIO };

struct sim_link {
  enum sim_link_kind kind;
  const char *where; /* the spec without its kind; points into argv */
  int listener;      /* -1: none */
  int in, out;       /* -1: not connected; the same descriptor but for stdio */
  char shown[160];   /* for people, with the port that was really taken */
};

/*
 * Open what spec names: unix:PATH, tcp:HOST:PORT, pty:PATH, and otherwise stdio.
 *
 * force_remote  let tcp listen on addresses that other computers reach.
 *
 * False: a message was printed; *usage says that the spec was wrong.
 */
bool sim_link_open(struct sim_link *l, const char *spec, bool force_remote, bool *usage);
/* Ends everything; removes the unix socket. */
void sim_link_close(struct sim_link *l);

/* Take a connection, or refuse it where there is one. True: a new one is there. */
bool sim_link_accept(struct sim_link *l);
/* Is there a connection whose other end has gone, whatever is still to be read of it? A new one
 * waits until that is done, and is not refused for it. */
bool sim_link_ended(const struct sim_link *l);
/* End the connection; a pty stays open, for its line stays. */
void sim_link_hang_up(struct sim_link *l);
/* The other end is gone: as hang_up, and a pty is closed too, to be opened again. */
void sim_link_lost(struct sim_link *l);
/* A pty that was lost: try to open it again. True: it is there. */
bool sim_link_retry(struct sim_link *l);

/* link_socket.c, link_tty.c */
bool sim_listen_unix(struct sim_link *l);
bool sim_listen_tcp(struct sim_link *l, bool force_remote, bool *usage);
int sim_open_tty(const char *path);

#endif
