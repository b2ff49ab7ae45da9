/* SPDX-License-Identifier: Apache-2.0
 * A whole device for fuzzers: engine and session over small flash in memory, started in one of
 * several states, and watched at its port. Whatever is asked of it must hold:
 *
 *   - nothing is programmed or erased but inside an engine call that was given what it needs: begin
 *     with a signature of a release or recovery key that held, blocks after an accepted begin,
 *     decisions after the device's nonce was used (INV-4);
 *   - never in the slot that executes (INV-4); no rule of the flash is broken;
 *   - the floor never goes down (INV-3);
 *   - what is started is an image that a maker of the tests signed (INV-1);
 *   - the work of one step is bounded, and hello is answered within 2 s (INV-5, INV-11).
 */
#ifndef GAPSEAL_FUZZ_DEVICE_H
#define GAPSEAL_FUZZ_DEVICE_H

#include "flash_model.h"
#include "fuzz_sign.h"
#include "gapseal/session_types.h"

#define FUZZ_AREA_MAX 8192u /* bytes of the largest area */
#define FUZZ_BLOCK 256u
#define FUZZ_IMAGE_MAX 2816u
#define FUZZ_MANIFEST_MAX 512u
#define FUZZ_KEYRING_MAX 1280u
#define FUZZ_FRAME_MAX 160u
#define FUZZ_RX 512u
#define FUZZ_REPLY 1536u
#define FUZZ_REORDER (GS_ACK_HELD_MAX * (GS_REORDER_OVERHEAD + FUZZ_FRAME_MAX))
#define FUZZ_REORDER_FEW 512u
#define FUZZ_OBJECT_MAX FUZZ_KEYRING_MAX

/* A package that the device may be offered. */
enum fuzz_package_name {
  FUZZ_RUNNING,  /* release 7, what the device runs in most states */
  FUZZ_NEWER,    /* release 8 */
  FUZZ_SELF,     /* release 9, confirms itself */
  FUZZ_OLDER,    /* release 6 */
  FUZZ_LOW,      /* below the floor */
  FUZZ_OTHER,    /* another product's */
  FUZZ_RECOVERY, /* signed by the recovery key */
  FUZZ_WRONG,    /* its blocks fit the table, and the image's digest is another */
  FUZZ_STRANGER, /* signed by a key that the keyring does not hold */
  FUZZ_PACKAGES
};
struct fuzz_package {
  uint8_t envelope[FUZZ_MANIFEST_MAX];
  size_t envelope_len;
  uint8_t digest[GS_DIGEST_BYTES];
  uint8_t image[FUZZ_IMAGE_MAX];
  uint32_t size;
  uint32_t release;
};
extern struct fuzz_package fuzz_packages[FUZZ_PACKAGES];
/* Keyrings 1, 2, 3; index 0: version 1 signed by a stranger. */
#define FUZZ_KEYRINGS 4u
struct fuzz_keyring {
  uint8_t envelope[FUZZ_KEYRING_MAX];
  size_t len;
};
extern struct fuzz_keyring fuzz_keyrings[FUZZ_KEYRINGS];

/* What a device starts as. */
enum fuzz_state {
  FUZZ_IN_BLANK, /* never provisioned */
  FUZZ_IN_FIRST, /* provisioned, no image yet */
  FUZZ_IN_READY, /* FUZZ_RUNNING runs */
  FUZZ_IN_WRITING,
  FUZZ_IN_CANDIDATE,
  FUZZ_IN_STAGED,
  FUZZ_IN_TRIAL,
  FUZZ_IN_HEALTHY,
  FUZZ_IN_CONFIRMED, /* FUZZ_NEWER runs, a rollback is promised */
  FUZZ_IN_REJECTED,
  FUZZ_STATES
};

/* What left the device. */
struct fuzz_heard {
  struct gs_deframer deframer;
  uint8_t frame[FUZZ_REPLY + 4u];
  uint32_t replies, acks, busies;
  gapseal_v1_Reply reply; /* the newest */
  uint8_t reply_content[FUZZ_REPLY];
  size_t reply_len;
  struct gs_ack ack; /* the newest */
};

struct fuzz_device {
  struct gs_flash_model *flash; /* first: the port's ctx points here */
  struct gs_port port;
  struct gs_device_facts facts;
  struct gs_engine engine;
  struct gs_session session;
  struct gs_engine_memory engine_memory;
  struct gs_session_memory session_memory;
  struct gs_boot_output boot;
  bool alive; /* the engine could start at all */
  uint32_t now_ms, last_request;
  uint8_t entropy;
  uint8_t statement[256];
  uint8_t manifest[FUZZ_MANIFEST_MAX], keyring[FUZZ_KEYRING_MAX];
  struct gs_keyring ring[2];
  uint8_t block[FUZZ_BLOCK], page[FUZZ_BLOCK], bitmap[FUZZ_BLOCK / 8u];
  uint8_t rx[FUZZ_RX], frame[FUZZ_FRAME_MAX + 4u], reply[FUZZ_REPLY], tx[GS_TX_MIN];
  uint8_t object[FUZZ_OBJECT_MAX], candidate[FUZZ_OBJECT_MAX], assembly[FUZZ_BLOCK];
  uint8_t reorder[FUZZ_REORDER];

  /* The watch. */
  bool may_write;    /* an engine call that may is under way */
  bool begun;        /* begin was accepted since the start */
  bool nonce_used;   /* a request with the device's nonce was sent since the start */
  bool checked;      /* a release or recovery key's signature held during this begin */
  bool flash_spoilt; /* it holds what nobody of ours wrote */
  bool wires_cut;    /* output is not read for now */
  uint32_t floor;
  uint32_t restarts;
  void (*hook)(const uint8_t *content, size_t len); /* NULL, or told of each frame that it says */
  uint32_t install_ops;                             /* operations of accepted install requests */
  uint32_t reads, writes;                           /* port calls in this step */
  struct fuzz_heard heard;
};

/* The one device. Makes packages, keyrings and the states; fuzz_sign_start has run. */
extern struct fuzz_device fuzz_device;
void fuzz_device_start(void);

/* Put the device into a state: flash, engine and session as they were then. */
void fuzz_device_be(enum fuzz_state state);
/* A new session that keeps frames in so many bytes of FUZZ_REORDER; FUZZ_REORDER_FEW otherwise. */
void fuzz_device_keep(size_t reorder_cap);
/* RAM is lost: start, boot decision, a new session. */
void fuzz_device_restart(enum gs_reset_cause cause, bool stay);
/* The power was cut by the flash model: comes back. */
bool fuzz_device_mend_power(void);
void fuzz_device_healthy(void);

/* Bytes to the device, as far as it takes them in a few steps; what it says is read meanwhile. */
void fuzz_device_say(const uint8_t *data, size_t len);
/* A frame of these contents. */
void fuzz_device_frame(const uint8_t *head, size_t head_len, const uint8_t *tail, size_t tail_len);
/* A request, its id given here unless it has one. */
void fuzz_device_ask(gapseal_v1_Request *request, const uint8_t *tail, size_t tail_len);
/* Step until the session idles, then let so much time pass, step by step. */
void fuzz_device_pass(uint32_t ms);
void fuzz_device_link_reset(void);

/* Is hello answered within 2 s? And does all the rest still hold? */
void fuzz_device_check(void);

#endif
