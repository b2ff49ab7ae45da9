/* SPDX-License-Identifier: Apache-2.0
 * NOR flash on a host, nastier than reality: for tests and for the simulator.
 *
 * A model holds all areas of a device, in memory or in one file. It keeps the rules that real
 * parts have and that code forgets: a program only clears bits, a write unit is programmed at
 * most once between two erases, both ends are aligned. Breaking one is counted as a violation
 * and refused. Power can be cut at the n-th operation, with what was under way left undone,
 * done, done in part, wrong, or unstable; after that everything fails until power comes back.
 * A seed makes each of these repeatable.
 *
 * Hosted code; one thread. A file is mapped, so that a killed process loses nothing it had
 * been told was stored.
 */
#ifndef GAPSEAL_FLASH_MODEL_H
#define GAPSEAL_FLASH_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "gapseal/port.h"

/* What a power cut leaves of the operation it hits. */
enum gs_cut_mode {
  GS_CUT_NOT_STARTED = 0, /* nothing changed */
  GS_CUT_COMPLETE = 1,    /* all of it is stored, and nobody was told */
  GS_CUT_PREFIX = 2,      /* program: the first bytes; erase: the first part of the unit */
  GS_CUT_WRONG_BITS = 3,  /* as PREFIX, and the write unit where it stopped holds anything */
  GS_CUT_UNSTABLE = 4,    /* all of it, but it reads differently each time until erased */
  GS_CUT_MODES = 5,
};

/* What is wrong with an erase unit. */
enum gs_flash_fault {
  GS_FAULT_NONE = 0,
  GS_FAULT_PROGRAM_FAILS = 1,  /* says so */
  GS_FAULT_PROGRAM_SILENT = 2, /* says it worked, and a bit is not stored */
  GS_FAULT_ERASE_FAILS = 3,    /* says so */
  GS_FAULT_UNREADABLE = 4,     /* reads fail */
};

struct gs_flash_model; /* opaque; on the heap */

/*
 * Make a model in memory, erased everywhere. geometry: one per area; a size of 0 leaves the
 * area out. NULL when a geometry is impossible or memory is short.
 */
struct gs_flash_model *gs_flash_model_new(const struct gs_geometry geometry[GS_AREA_COUNT]);

/*
 * The same in a file, made erased where there is none. NULL when the file cannot be opened or
 * was made with another geometry; errno says why (EINVAL for the latter).
 */
struct gs_flash_model *gs_flash_model_open(const char *path,
                                           const struct gs_geometry geometry[GS_AREA_COUNT]);
void gs_flash_model_free(struct gs_flash_model *m); /* NULL is allowed */

/* Copy content, wear and counter between models of one geometry; faults and cuts stay. */
void gs_flash_model_copy(struct gs_flash_model *to, const struct gs_flash_model *from);

/* As in struct gs_port. GS_E_RANGE: outside the area or misaligned (a violation). */
enum gs_status gs_flash_model_read(struct gs_flash_model *m, enum gs_area area, uint32_t off,
                                   void *dst, uint32_t len);
enum gs_status gs_flash_model_program(struct gs_flash_model *m, enum gs_area area, uint32_t off,
                                      const void *src, uint32_t len);
enum gs_status gs_flash_model_erase(struct gs_flash_model *m, enum gs_area area, uint32_t off);

/* A counter that only rises; raising it is an operation that a cut can hit. */
enum gs_status gs_flash_model_counter_read(struct gs_flash_model *m, uint32_t *value);
enum gs_status gs_flash_model_counter_raise(struct gs_flash_model *m, uint32_t value);

/*
 * Put the model's geometry, read, program and erase into a port; with counter, the counter's
 * two functions as well (counter_max becomes 2^32 - 1). port->ctx must point to a struct whose
 * first member is a struct gs_flash_model pointer to m.
 */
void gs_flash_model_port_ops(const struct gs_flash_model *m, struct gs_port *port, bool counter);

/*
 * Cut the power at the n-th program, erase or raise from now; 1 is the next one, 0 takes it
 * back. on_cut, where not NULL, is called once the cut has happened (a simulator ends there).
 */
void gs_flash_model_cut_at(struct gs_flash_model *m, uint32_t n, enum gs_cut_mode mode,
                           uint32_t seed);
void gs_flash_model_on_cut(struct gs_flash_model *m, void (*on_cut)(void *arg), void *arg);
bool gs_flash_model_is_cut(const struct gs_flash_model *m); /* the power is off */
void gs_flash_model_power_on(struct gs_flash_model *m);

/* Give the erase unit that holds off a fault, or take it away. */
void gs_flash_model_fault(struct gs_flash_model *m, enum gs_area area, uint32_t off,
                          enum gs_flash_fault fault);

/* Does an UNSTABLE cut still show in the area? */
bool gs_flash_model_is_unstable(const struct gs_flash_model *m, enum gs_area area);

uint32_t gs_flash_model_ops(const struct gs_flash_model *m);          /* so far */
uint32_t gs_flash_model_violations(const struct gs_flash_model *m);   /* rules broken so far */
const char *gs_flash_model_violation(const struct gs_flash_model *m); /* the first; "" if none */
/* Erases of the unit that holds off; of the most worn unit of the area. */
uint32_t gs_flash_model_wear(const struct gs_flash_model *m, enum gs_area area, uint32_t off);
uint32_t gs_flash_model_wear_max(const struct gs_flash_model *m, enum gs_area area);
/* The area's bytes, for tests that look at them or damage them. */
uint8_t *gs_flash_model_bytes(struct gs_flash_model *m, enum gs_area area);

#endif
