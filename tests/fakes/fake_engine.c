/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_engine.h"

#include <string.h>

struct fake_engine fake;

void fake_engine_reset(struct gs_engine *e, const struct gs_port *port,
                       const struct gs_engine_memory *memory) {
  memset(&fake, 0, sizeof fake);
  memset(e, 0, sizeof *e);
  e->port = port;
  e->memory = *memory;
  fake.state = (gapseal_v1_DeviceState){.has_state = true,
                                        .has_reason = true,
                                        .state = gapseal_v1_State_STATE_READY,
                                        .running = gapseal_v1_Running_RUNNING_APPLICATION,
                                        .policy = gapseal_v1_Policy_POLICY_OPEN,
                                        .boot_count = 7};
}

void fake_engine_count_needed(struct gs_engine *e) {
  e->progress.pages_needed = e->progress.blocks_needed = 0;
  for (uint32_t i = 0; i < e->progress.pages; i++) {
    e->progress.pages_needed += fake.page_needed[i];
  }
  for (uint32_t i = 0; i < e->progress.blocks; i++) {
    e->progress.blocks_needed += fake.block_needed[i];
  }
}

void fake_engine_writing(struct gs_engine *e, uint32_t block_size, uint32_t size) {
  struct gs_table_shape *t = &e->table;
  t->digests_a_page = block_size / GS_DIGEST_BYTES;
  t->blocks = (size + block_size - 1u) / block_size;
  t->pages = (t->blocks + t->digests_a_page - 1u) / t->digests_a_page;
  t->last_block_len = size - (t->blocks - 1u) * block_size;
  t->last_page_len = (t->blocks - (t->pages - 1u) * t->digests_a_page) * GS_DIGEST_BYTES;
  e->open = true;
  e->progress.pages = t->pages;
  e->progress.blocks = t->blocks;
  memset(fake.page_needed, 1, sizeof fake.page_needed);
  memset(fake.block_needed, 1, sizeof fake.block_needed);
  fake_engine_count_needed(e);
  fake.state.state = gapseal_v1_State_STATE_WRITING;
}

void gs_engine_facts(const struct gs_engine *e, gapseal_v1_DeviceFacts *out) {
  const struct gs_device_facts *f = e->port->facts;
  *out = (gapseal_v1_DeviceFacts){.has_serial = true, .has_product = true, .has_hardware = true};
  memcpy(out->serial, f->serial, sizeof out->serial);
  memcpy(out->product, f->product, sizeof out->product);
  memcpy(out->hardware, f->hardware, sizeof out->hardware);
}

void gs_engine_state(struct gs_engine *e, gapseal_v1_DeviceState *out) {
  (void)e;
  *out = fake.state;
}

void gs_engine_outcome(const struct gs_engine *e, struct gs_outcome *out) {
  (void)e;
  *out = fake.outcome;
}

enum gs_status gs_engine_check(struct gs_engine *e, const uint8_t *envelope, size_t len,
                               const struct gs_begin_options *options, struct gs_verdict *out) {
  (void)e, (void)envelope, (void)len;
  fake.options = *options;
  *out = fake.verdict;
  return fake.check;
}

enum gs_status gs_engine_begin(struct gs_engine *e, const uint8_t *envelope, size_t len,
                               const struct gs_begin_options *options, struct gs_verdict *out) {
  (void)e, (void)envelope, (void)len;
  fake.calls++;
  fake.options = *options;
  *out = fake.verdict;
  return fake.begin;
}

enum gs_status gs_engine_link(struct gs_engine *e, const uint8_t *envelope, size_t len) {
  if (fake.link == GS_OK) {
    memcpy(fake.linked, envelope, len < sizeof fake.linked ? len : sizeof fake.linked);
    fake.linked_len = len;
    e->keyring_version++;
  }
  return fake.link;
}

void gs_engine_unlink(struct gs_engine *e) {
  (void)e;
  fake.unlinks++;
  fake.linked_len = 0;
}

enum gs_status gs_engine_store_keyring(struct gs_engine *e) {
  (void)e;
  fake.calls++;
  return fake.store_keyring;
}

const struct gs_engine_progress *gs_engine_progress(const struct gs_engine *e) {
  return &e->progress;
}

bool gs_engine_page_needed(const struct gs_engine *e, uint32_t i) {
  return i < e->progress.pages && fake.page_needed[i];
}

bool gs_engine_block_needed(const struct gs_engine *e, uint32_t i) {
  return i < e->progress.blocks && fake.block_needed[i];
}

static enum gs_status store(struct gs_engine *e, bool *needed, uint32_t i, const uint8_t *data,
                            size_t len, enum gs_status status) {
  fake.calls++;
  fake.last_item = i;
  fake.last_len = len;
  memcpy(fake.last_data, data, len);
  if (status == GS_OK) {
    *needed = false;
    fake_engine_count_needed(e);
  }
  return status;
}

enum gs_status gs_engine_page(struct gs_engine *e, uint32_t i, const uint8_t *data, size_t len) {
  return store(e, &fake.page_needed[i], i, data, len, fake.page);
}

enum gs_status gs_engine_block(struct gs_engine *e, uint32_t i, const uint8_t *data, size_t len) {
  return store(e, &fake.block_needed[i], i, data, len, fake.block);
}

bool gs_engine_block_erases(const struct gs_engine *e, uint32_t i) {
  (void)e;
  return fake.erases[i];
}

enum gs_status gs_engine_scan(struct gs_engine *e, bool *done) {
  (void)e;
  fake.scans++;
  *done = fake.scan == GS_OK && fake.scans >= fake.scan_slices;
  return fake.scan;
}

enum gs_status gs_engine_finish(struct gs_engine *e, bool *done) {
  (void)e;
  fake.finishes++;
  *done = fake.finish == GS_OK && fake.finishes >= fake.finish_slices;
  if (*done) {
    fake.state.state = gapseal_v1_State_STATE_CANDIDATE;
  }
  return fake.finish;
}

static enum gs_status decision(enum gs_status status, gapseal_v1_State state) {
  fake.calls++;
  if (status == GS_OK) {
    fake.state.state = state;
  }
  return status;
}

enum gs_status gs_engine_install(struct gs_engine *e, const uint8_t package[GS_DIGEST_BYTES]) {
  (void)e, (void)package;
  return decision(fake.install, gapseal_v1_State_STATE_STAGED);
}

enum gs_status gs_engine_confirm(struct gs_engine *e, const uint8_t package[GS_DIGEST_BYTES]) {
  (void)e, (void)package;
  return decision(fake.confirm, gapseal_v1_State_STATE_READY);
}

enum gs_status gs_engine_reject(struct gs_engine *e, const uint8_t package[GS_DIGEST_BYTES]) {
  (void)e, (void)package;
  return decision(fake.reject, gapseal_v1_State_STATE_REJECTED);
}

enum gs_status gs_engine_rollback(struct gs_engine *e, const uint8_t package[GS_DIGEST_BYTES]) {
  (void)e, (void)package;
  return decision(fake.rollback, gapseal_v1_State_STATE_STAGED);
}

enum gs_status gs_engine_cancel(struct gs_engine *e) {
  (void)e;
  return decision(fake.cancel, gapseal_v1_State_STATE_READY);
}

enum gs_status gs_engine_acknowledge(struct gs_engine *e) {
  (void)e;
  return decision(fake.acknowledge, gapseal_v1_State_STATE_READY);
}

enum gs_status gs_engine_log_read(struct gs_engine *e, uint32_t from_sequence, uint8_t *out,
                                  uint32_t max, uint32_t *count, uint32_t *oldest,
                                  uint32_t *newest) {
  (void)e;
  *oldest = 1;
  *newest = fake.log_entries;
  *count = 0;
  uint32_t from = from_sequence < 1 ? 1 : from_sequence;
  while (*count < max && from + *count <= fake.log_entries) {
    memset(out + *count * GS_LOG_ENTRY_BYTES, (int)(from + *count), GS_LOG_ENTRY_BYTES);
    ++*count;
  }
  return fake.log;
}

void gs_engine_count_refusal(struct gs_engine *e) {
  (void)e;
  fake.refusals++;
}

const struct gs_port *gs_engine_port(const struct gs_engine *e) {
  return e->port;
}

const struct gs_engine_memory *gs_engine_memory(const struct gs_engine *e) {
  return &e->memory;
}

uint32_t gs_engine_boot_count(const struct gs_engine *e) {
  return e->state.boot_count;
}

uint32_t gs_engine_keyring_version(const struct gs_engine *e) {
  return e->keyring_version;
}

const struct gs_table_shape *gs_engine_table(const struct gs_engine *e) {
  return e->open ? &e->table : NULL;
}

bool gs_engine_page_erases(const struct gs_engine *e, uint32_t i) {
  (void)e, (void)i;
  return false;
}
