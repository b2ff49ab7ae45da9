/* SPDX-License-Identifier: Apache-2.0
 * What the files of the fault library share. faults.c says what it does.
 */
#ifndef GAPSEAL_FAULTS_H
#define GAPSEAL_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#define FAULT_CLASSES(X) \
  X(MEMORY, "memory")    \
  X(CRYPTO, "crypto")    \
  X(OPEN, "open")        \
  X(READ, "read")        \
  X(LIST, "list")        \
  X(WRITE, "write")      \
  X(SYNC, "sync")        \
  X(NAME, "name")        \
  X(REMOVE, "remove")    \
  X(LOOK, "look")        \
  X(LOCK, "lock")        \
  X(CLOSE, "close")      \
  X(OUT, "out")          \
  X(LINK, "link")        \
  X(RANDOM, "random")

enum fault_class {
#define FAULT_ENUM(NAME, name) FAULT_CLASS_##NAME,
  FAULT_CLASSES(FAULT_ENUM)
#undef FAULT_ENUM
      FAULT_CLASS_COUNT
};

enum fault_how { FAULT_NONE, FAULT_ERROR, FAULT_SHORT, FAULT_END, FAULT_GONE, FAULT_SIGNAL };

/* Count a call. FAULT_NONE: make it; otherwise errno is set, and the call is to fail like this. */
enum fault_how fault_due(enum fault_class class_, const char *name);

/* The class of a call on a descriptor: file for regular files and directories, link for sockets
 * and terminals, FAULT_CLASS_COUNT (never counted) for the rest. */
enum fault_class fault_class_of(int fd, enum fault_class file);

/* The function that would have been called. */
void *fault_next(const char *name);

/* Find out whose calls for memory are whose. */
void fault_memory_start(void);
/* Have standard output written through this library. */
void fault_output_start(void);

#endif
