/* SPDX-License-Identifier: Apache-2.0
 * Layout of struct gs_session, so that a caller can place one. The fields are the session's
 * own; a port looks at none of them. Smallest buffers are named here as well.
 */
#ifndef GAPSEAL_SESSION_TYPES_H
#define GAPSEAL_SESSION_TYPES_H

#include "gapseal/engine_types.h"
#include "gapseal/session.h"
#include "gapseal/v1/wire.pb.h"

/* A reply's message that is followed by a tail is at most this long. */
#define GS_REPLY_HEAD_MAX 40u

/* Smallest reply_cap: header, message, a device-signed object, the maker's statement, CRC. */
#define GS_REPLY_MIN(statement_len)                                        \
  (GS_MESSAGE_HEADER_BYTES + GS_REPLY_HEAD_MAX + gapseal_v1_Receipt_size + \
   GS_SIGNED_BODY_OFFSET_MAX + GS_SIGNED_PER_SIGNATURE + (statement_len) + 4u)

/* Smallest tx_cap: an acknowledgement and its CRC. Frames are encoded on their way out. */
#define GS_TX_MIN (GS_ACK_BYTES + 4u)

/* Of rx, what is kept for a request that comes among block frames. */
#define GS_RX_RESERVE 64u

/* Of reorder, what a frame that is kept takes besides its data. */
#define GS_REORDER_OVERHEAD (4u + GS_BLOCK_HEADER_BYTES)

/* Smallest frame_max that a device may announce. */
#define GS_FRAME_MAX_MIN 96u
#define GS_FRAME_MAX_MAX 131072u

/* Bytes on their way in. */
struct gs_session_in {
  size_t at;          /* in rx, a ring: the next byte to look at */
  size_t used;        /* bytes in rx */
  uint32_t frame_len; /* a whole frame's content waits in memory.frame; 0: none */
  bool fresh;         /* bytes came since the last step */
  uint32_t last_ms;   /* when the last bytes came */
  uint32_t rejected;  /* frames of a wrong layout or type */
};

/* Bytes on their way out: one frame after the other. */
struct gs_session_out {
  size_t reply_len;   /* content of the kept reply; 0: none */
  size_t at, end;     /* of content and CRC under way, the next byte to encode; where they end */
  uint8_t group_left; /* bytes left in the COBS group that was opened */
  bool group_zero;    /* the group ends before a zero */
  bool under_way;     /* a frame is; the kept reply, or a small one in memory.tx */
  bool small;
  bool sending; /* the kept reply is to be sent, or on its way */
  bool busy_due;
  struct gs_busy busy;
  uint32_t busy_ms; /* when the last announcement was made */
};

/* A signed object while it is loaded. */
struct gs_session_object {
  gapseal_v1_ObjectKind kind;
  uint32_t total;
  uint32_t loaded;
};

enum gs_flow_state {
  GS_FLOW_CLOSED = 0,
  GS_FLOW_OPEN = 1,
  GS_FLOW_ALL = 2,    /* every needed item of this phase arrived */
  GS_FLOW_FAILED = 3, /* status says why */
};

/* The flow of block frames: docs/spec/wire.md. */
struct gs_flow {
  enum gs_flow_state state;
  bool pages;
  bool gap_said;  /* in this round */
  bool store_due; /* the item is whole, its erase is announced, and it is not stored yet */
  bool in_frame;  /* and lies in memory.frame, otherwise in memory.assembly */
  bool ack_due;
  uint8_t round;
  uint8_t flags_due;
  uint32_t next_sequence;
  uint32_t held;   /* bit i: frame next_sequence + i is kept in memory.reorder */
  uint32_t limit;  /* told last */
  uint32_t credit; /* frames that rx holds */
  uint32_t frame_data;
  uint32_t index; /* expected next, without GS_ITEM_PAGE */
  uint32_t offset;
  uint32_t status;
  uint32_t ack_ms, frame_ms;
  uint32_t dropped_seen;       /* damaged frames that were looked at */
  struct gs_table_shape shape; /* as it was when the flow was opened */
};

enum gs_job_kind { GS_JOB_NONE = 0, GS_JOB_SCAN = 1, GS_JOB_FINISH = 2 };

/* A request whose work is done in slices. */
struct gs_session_job {
  enum gs_job_kind kind;
  uint32_t id;
  uint32_t frame_data; /* of needs */
};

/* The small members come first: that keeps the code of small processors short. */
struct gs_session {
  struct gs_engine *engine;
  bool opened;      /* hello was said */
  bool announced;   /* the frame that waits was announced as long work */
  bool begun;       /* begin was accepted in this session */
  bool scanned;     /* and what the slots hold was compared */
  bool nonce_valid; /* false: the device has no randomness */
  bool reset_owed;  /* an accepted request leads to a reset */
  bool reset;       /* a reboot was accepted */
  uint32_t now_ms, start_ms;
  uint32_t last_id;        /* of the kept reply's request; 0: none */
  uint32_t host_frame_max; /* longest frame the host takes */
  uint32_t nonce_calls;
  uint32_t bad_signatures; /* in a row */
  uint32_t wait_from_ms, wait_ms;
  struct gs_session_memory memory;
  struct gs_session_in in;
  struct gs_session_out out;
  struct gs_flow flow;
  struct gs_deframer deframer;
  struct gs_session_object object;
  struct gs_session_job job;
  struct gs_outcome refusal; /* the last one, for the receipt of kind REFUSED */
  uint8_t nonce[GS_NONCE_BYTES];
  uint8_t hello[GS_DIGEST_BYTES]; /* digest of the newest hello and its reply */
};

#endif
