/* SPDX-License-Identifier: Apache-2.0
 * For the files of links only. POSIX: every link here is one or two file descriptors.
 */
#ifndef GSH_LINK_INTERNAL_H
#define GSH_LINK_INTERNAL_H

#include <sys/types.h>

#include "link.h"

struct sp_port;

struct gsh_link {
  int read_fd, write_fd; /* may be the same; not blocking */
  pid_t child;           /* 0: none; otherwise ended by close */
  bool slow;
  bool heard;                          /* a byte came */
  bool (*discard)(struct gsh_link *l); /* NULL: cannot */
  /* What a kind does in its own way; NULL: as descriptors do. */
  struct sp_port *port; /* of link_serial.c */
  bool claimed;         /* the port is ours alone, and to be given back */
  void (*end)(struct gsh_link *l);
  bool (*gone)(struct gsh_link *l); /* asked where nothing came for a while */
  enum gs_status (*read)(struct gsh_link *l, uint8_t *buf, size_t cap, size_t *got,
                         struct gsh_error *err);
};

/* rest: the text after "scheme:". Fill *l, whose memory is zeroed and whose descriptors are -1. */
typedef enum gs_status (*gsh_link_open_fn)(const char *rest, const struct gsh_link_options *options,
                                           struct gsh_link *l, struct gsh_error *err);

enum gs_status gsh_link_open_unix(const char *rest, const struct gsh_link_options *options,
                                  struct gsh_link *l, struct gsh_error *err);
enum gs_status gsh_link_open_tcp(const char *rest, const struct gsh_link_options *options,
                                 struct gsh_link *l, struct gsh_error *err);
enum gs_status gsh_link_open_pty(const char *rest, const struct gsh_link_options *options,
                                 struct gsh_link *l, struct gsh_error *err);
enum gs_status gsh_link_open_exec(const char *rest, const struct gsh_link_options *options,
                                  struct gsh_link *l, struct gsh_error *err);
enum gs_status gsh_link_open_serial(const char *rest, const struct gsh_link_options *options,
                                    struct gsh_link *l, struct gsh_error *err);

/* Turn errno of a failed open or connect into a status; what: the link as the user wrote it. */
enum gs_status gsh_link_errno(struct gsh_error *err, const char *what, int number);

#define GSH_LINK_PATH_MAX 4096u
#define GSH_LINK_BAUD_MAX 20000000ul
/*
 * PATH[@BAUD]. An @ that no digit follows belongs to the path, as one does that another one
 * follows.
 *
 * baud  on GS_OK 1 to GSH_LINK_BAUD_MAX; 0 where none is named.
 *
 * GS_E_USAGE: there is no path, or what stands behind the last @ begins with a digit and is no
 * rate.
 */
enum gs_status gsh_link_split_rate(const char *rest, char path[GSH_LINK_PATH_MAX],
                                   unsigned long *baud, struct gsh_error *err);

/* Make a descriptor non-blocking and closed on exec; false with errno set. */
bool gsh_link_prepare_fd(int fd);

#endif
