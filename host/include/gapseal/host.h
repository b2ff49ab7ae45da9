/* SPDX-License-Identifier: Apache-2.0
 * The host library: everything the program gapseal does, for other programs. It never prints,
 * never exits and keeps nothing outside its handles.
 *
 *   gsh_open                     trust store and journal of this user
 *   gsh_package_load             open a package file and judge its signatures
 *   gsh_find                     which devices answer
 *   gsh_connect                  open one, have it prove who made it
 *   gsh_install ...              do something with it
 *
 * A function that can fail returns a status number of proto/status.def, 0 for success, and
 * fills *why, which belongs to the caller, in both cases. Handles are used by one thread at a
 * time; different handles by different threads. Functions that talk to a device block until it
 * answers or a time limit passes, and return 273 (interrupted) soon after *stop was set.
 */
#ifndef GAPSEAL_HOST_H
#define GAPSEAL_HOST_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gsh;         /* one user's trust and state */
struct gsh_device;  /* an open connection to a device that proved who made it */
struct gsh_package; /* an open package file */

/* Statuses that a caller may want to name. All others: gsh_status_name. */
enum gsh_status {
  GSH_OK = 0,
  GSH_E_INTERNAL = 1,
  GSH_E_ALREADY = 126,
  GSH_E_USAGE = 256,
  GSH_E_NO_DEVICE = 257,
  GSH_E_SEVERAL = 258,
  GSH_E_FILE_READ = 261,
  GSH_E_EXPECT = 264,
  GSH_E_WAITING = 271,
  GSH_E_SOME_FAILED = 272,
  GSH_E_INTERRUPTED = 273,
  GSH_E_NO_MEMORY = 274,
  GSH_E_SEVERAL_PACKAGES = 283,
};

const char *gsh_status_name(unsigned status);
const char *gsh_status_sentence(unsigned status);
const char *gsh_status_next_step(unsigned status);
int gsh_status_exit(unsigned status);
const char *gsh_version(void);
/* The libraries it is built with: "mbed TLS 2.28.3, nanopb-0.4.7, cJSON 1.7.15, ...". */
void gsh_libraries(char *out, size_t cap);

/*
 * Make text from outside safe to print: control characters, line ends, bidirectional controls
 * and what is not UTF-8 become \xNN.
 *
 * out  4 times the text's length and 1 more is always enough; cut otherwise. Returns out.
 */
char *gsh_escape(const char *text, char *out, size_t cap);

/* Who came to the decision that a status tells. */
enum gsh_decider { GSH_BY_NOBODY, GSH_BY_COMPUTER, GSH_BY_DEVICE, GSH_BY_PERSON };

#define GSH_TEXT_MAX 512u
#define GSH_PATH_MAX 4096u
#define GSH_HEX_MAX 65u

/* How a call ended. Texts are safe to print. */
struct gsh_why {
  unsigned status;
  enum gsh_decider decided_by;
  char what[GSH_TEXT_MAX];      /* one sentence without a full stop */
  char next_step[GSH_TEXT_MAX]; /* what to do about it */
  char expected[96], got[96];   /* "" where there is nothing to compare */
};

/* -- what happens meanwhile ------------------------------------------------------------------- */

enum gsh_event_kind {
  GSH_EVENT_STEP,     /* a step begins; text says which */
  GSH_EVENT_PROGRESS, /* done of total bytes; rate in bytes a second, left in seconds */
  GSH_EVENT_NOTE,     /* something a person should know; text */
};
struct gsh_event {
  enum gsh_event_kind kind;
  const char *name; /* of the step: "check", "send", ...; never NULL */
  const char *text; /* safe to print; never NULL */
  uint64_t done, total;
  double rate;
  double left_s; /* negative: not known yet */
};
typedef void (*gsh_event_fn)(void *ctx, const struct gsh_event *event);

/* A zeroed config is valid: the places of the XDG base directories, nothing told, no trace.
 * Pointers must stay valid until gsh_close. */
struct gsh_config {
  const char *config_dir; /* NULL: $XDG_CONFIG_HOME/gapseal, or ~/.config/gapseal */
  const char *state_dir;  /* NULL: $XDG_STATE_HOME/gapseal, or ~/.local/state/gapseal */
  const char *trace_path; /* NULL, or a new file for a record of all bytes (docs/spec/trace.md) */
  bool tcp_anywhere;      /* let tcp: leave this computer */
  bool probe;             /* gsh_find asks every serial port; see there */
  bool examine;           /* for gsh_doctor alone: places that cannot be named stop nothing */
  uint32_t request_ms;    /* patience with one request; 0: 5,000 */
  uint32_t reconnect_ms;  /* patience with a link that broke; 0: 10,000 */
  gsh_event_fn event;
  void *event_ctx;
  const volatile sig_atomic_t *stop; /* NULL, or set to non-zero from a signal handler */
};

unsigned gsh_open(const struct gsh_config *config, struct gsh **out, struct gsh_why *why);
void gsh_close(struct gsh *h);
const char *gsh_state_dir(const struct gsh *h);

/* -- packages --------------------------------------------------------------------------------- */

/* One kind of board that a package is for. name: "" where the package tells its id alone. */
struct gsh_board {
  char name[65], id[33];
  uint32_t first_revision, last_revision; /* both included */
};
#define GSH_BOARDS_MAX 4u

struct gsh_package_info {
  char path[GSH_PATH_MAX]; /* safe to print, as all texts here */
  char file[256];          /* its last part */
  char digest[GSH_HEX_MAX];
  char name[128], version[128], product[128];
  char product_id[33];
  char severity[64], support_until[64];
  uint32_t release, security_version, raises_floor_to, requires_release, min_stub;
  bool confirm_by_device;
  uint32_t boards;
  struct gsh_board board[GSH_BOARDS_MAX];
  uint32_t variants;
  uint32_t image_bytes[2], block_size[2];
  uint32_t keyrings;
  uint32_t attachments;
  uint32_t signatures;
  bool judged;             /* gsh_package_load accepted its signatures */
  bool by_trusted_keyring; /* false: by the package's own chain only */
  bool recovery;
  uint32_t keyring_version;
  char key_id[GSH_HEX_MAX]; /* of a key that signed */
};

/*
 * Open a package and judge its signatures against the trusted keyrings.
 *
 * verify_all  also read every block, page and attachment.
 * expect      NULL, or the package digest in hex, or its beginning (8 digits or more), that the
 *             file must have.
 *
 * On 0 *out is to be closed with gsh_package_close. Otherwise *out is NULL; *info is filled as far
 * as the file could be read.
 */
unsigned gsh_package_load(struct gsh *h, const char *path, bool verify_all, const char *expect,
                          struct gsh_package **out, struct gsh_package_info *info,
                          struct gsh_why *why);
void gsh_package_close(struct gsh_package *p);
/* The changelog, made safe, line by line; "" where there is none. Lives until close. */
size_t gsh_package_changelog(const struct gsh_package *p, char *out, size_t cap);
/* Attachment i: name, type and size; false past the last. */
bool gsh_package_attached(const struct gsh_package *p, size_t i, char name[128], char type[64],
                          uint64_t *size);

/* -- a directory of packages ------------------------------------------------------------------ */

#define GSH_OFFERS_MAX 1000u /* package files in one directory */
/* Of those that fit: as many may turn out damaged when they are read, then no more are read. */
#define GSH_OFFERS_SPOILT_MAX 8u

struct gsh_offers; /* the package files of a directory */

/* One of them, as the device that was asked about last would take it. */
struct gsh_offer {
  struct gsh_package_info package; /* as far as the file could be read; path and file always */
  struct gsh_why why; /* 0: it fits; 126: it fits, and runs there already; else why not */
  bool judged;        /* by a device's rules; false: why is about the file alone */
};

bool gsh_is_directory(const char *path);

/*
 * Read the head of each package file of a directory and judge its signatures: what is called
 * *.gsp, in any case, and does not begin with a dot; directories in it are not entered. Files that
 * cannot be read, are damaged or not trusted are among the offers, with the reason.
 *
 * 261: no directory, or no package file in it. 256: more than GSH_OFFERS_MAX. On 0 *out is to be
 * closed with gsh_offers_close.
 */
unsigned gsh_offers_open(struct gsh *h, const char *dir, struct gsh_offers **out,
                         struct gsh_why *why);
void gsh_offers_close(struct gsh_offers *o);
size_t gsh_offers_count(const struct gsh_offers *o);
/* In alphabetical order of their names. */
const struct gsh_offer *gsh_offers_get(const struct gsh_offers *o, size_t i);
/* Read and verify every byte of one of them; its reason says how that ended. */
unsigned gsh_offers_verify(struct gsh_offers *o, size_t i, struct gsh_why *why);

/* -- devices ---------------------------------------------------------------------------------- */

struct gsh_slot_info {
  bool present;
  char package[GSH_HEX_MAX];
  char version[64]; /* as remembered on this computer; "" where it is not */
  uint32_t release, security_version, size;
};

/* What a device said of itself, under its signature where genuine is true. */
struct gsh_device_info {
  char link[GSH_TEXT_MAX]; /* as the grammar of links writes it */
  bool genuine;            /* proved by a trusted maker's key */
  char name[64];           /* from the names file; "" where it has none */
  char serial[128];        /* safe to print */
  char device_id[GSH_HEX_MAX], maker_id[GSH_HEX_MAX], product_id[33], hardware_id[33];
  uint32_t revision, stub_version;
  const char *slot_model, *lifecycle, *key_protection, *policy; /* constant texts */
  uint32_t slot_size, erase_size, block_max, frame_max, window_bytes;
  uint32_t slot_address[2]; /* where each begins; equal where images are not linked to a slot */
  const char *state;        /* "ready", "writing", ... */
  uint32_t reason;          /* status number; why the state is rejected or failed */
  bool runs_application;
  bool held_in_stub; /* its stub answers because it was asked to; an image would start otherwise */
  bool starts;       /* held_in_stub when it proved that, and let go since: running_slot starts */
  uint32_t running_slot;
  struct gsh_slot_info slot[2];
  char staged[GSH_HEX_MAX]; /* "" where nothing is staged */
  const char *door;         /* through which that is being brought: "wire", "ota"; "" none */
  bool healthy, rollback_promised;
  uint32_t attempts_left, floor, keyring_version, log_sequence, boot_count, wear, refused;
  char keyring_sha256[GSH_HEX_MAX], log_head[GSH_HEX_MAX];
};

/* A serial port of this computer. Texts are safe to print; what an adapter says of itself proves
 * nothing. */
struct gsh_port {
  char link[GSH_TEXT_MAX]; /* for gsh_connect, not for printing */
  char path[256];
  bool usb;
  uint16_t vendor, product;                /* USB ids; 0 where usb is false */
  char maker[160], name[160], serial[160]; /* "" where the adapter says nothing */
  const char *known;                       /* what these ids are; a constant text, "" */
  bool asked;                              /* gsh_find asks who is there */
};
#define GSH_PORTS_MAX 64u
/*
 * The serial ports of this computer; none is opened.
 *
 * 262: the file usb-ids beside the trust store, where a person names the ids of devices that may be
 * asked, cannot be understood. 1, 274: which ports there are cannot be found out, with the reason.
 */
unsigned gsh_ports(struct gsh *h, struct gsh_port *out, size_t max, size_t *count,
                   struct gsh_why *why);

/* One answer of gsh_find. */
struct gsh_found {
  char link[GSH_TEXT_MAX];       /* as it was given: for gsh_connect, not for printing */
  struct gsh_device_info device; /* link always; the rest where status is 0 or 265 */
  struct gsh_why why;            /* why.status 0: it proved who made it */
};

/*
 * Ask every link of a list, those in the environment variable GAPSEAL_PORTS (separated by blanks; a
 * link with blanks in it cannot be named there), and the serial ports whose USB ids are a device's,
 * which device answers. Other serial ports may belong to a running machine: they are asked only
 * where config.probe is set. Links that nobody answers on are in the result too. A running device
 * is never reset by a question; what opening a serial port does, docs/cli/gapseal.md tells.
 *
 * out  room for max answers. *count: how many were written.
 *
 * Where the serial ports cannot be told, the statuses of gsh_ports, unless a link was named: that
 * is asked, and the rest is a note.
 */
unsigned gsh_find(struct gsh *h, const char *const *links, size_t link_count, struct gsh_found *out,
                  size_t max, size_t *count, struct gsh_why *why);

/*
 * Open a link, have the device prove who made it, and read what it says of itself. 265 and
 * exit code 18: it is not genuine, and nothing but a hello and a question was sent. 267: it
 * answered the hello and not the question; 257: nobody answered.
 *
 * On 0 *out is to be closed with gsh_disconnect.
 */
unsigned gsh_connect(struct gsh *h, const char *link, struct gsh_device **out, struct gsh_why *why);
void gsh_disconnect(struct gsh_device *d);

/*
 * Open a device that does not answer now: one whose stub answers for a moment after its start
 * alone, or whose link is not there yet. Waits for both, and says hello twenty times a second;
 * nothing else is sent until something answers. From there on as gsh_connect. Notes tell a person
 * what to do.
 *
 * timeout_s  0: 60.
 *
 * 257: nothing ever answered. 267: something did, and fell silent.
 */
unsigned gsh_catch(struct gsh *h, const char *link, uint32_t timeout_s, struct gsh_device **out,
                   struct gsh_why *why);
/*
 * Let a device go that was caught: where it is held in its stub, reboot it, so that its image
 * starts. Does not wait for that; the link is given up. 0 also where there is nothing to do.
 */
unsigned gsh_release(struct gsh_device *d, struct gsh_why *why);

/* What was said last; gsh_refresh asks again. */
const struct gsh_device_info *gsh_device_info(const struct gsh_device *d);
unsigned gsh_refresh(struct gsh_device *d, struct gsh_why *why);

/* -- this computer ---------------------------------------------------------------------------- */

enum gsh_finding_kind {
  GSH_FINDING_FINE,
  GSH_FINDING_NOTE, /* worth knowing; nothing fails for it */
  GSH_FINDING_WRONG /* a command will fail for it, with this status */
};
struct gsh_finding {
  enum gsh_finding_kind kind;
  const char *check;            /* what was looked at; a constant text */
  unsigned status;              /* 0 unless something is wrong */
  char what[GSH_TEXT_MAX];      /* safe to print */
  char next_step[GSH_TEXT_MAX]; /* the one command that mends it; "" where there is none */
};
typedef void (*gsh_finding_fn)(void *ctx, const struct gsh_finding *finding);
/*
 * Look this computer over: trust store, journal, state directory, clock, serial ports and who keeps
 * them from being used. Changes nothing and opens no port.
 *
 * Returns the status of the first thing that is wrong, 0 where nothing is.
 */
unsigned gsh_doctor(struct gsh *h, gsh_finding_fn fn, void *ctx, struct gsh_why *why);

/* -- what can be done ------------------------------------------------------------------------- */

struct gsh_check {
  bool asked_device;       /* false: the pre-flight decided alone */
  bool gives_up_last_good; /* begin would end the promise to roll back */
  bool already_running;
  uint32_t staging_slot;
  char receipt[GSH_PATH_MAX]; /* of a refusal; "" where there is none */
};
/* Would the device take this package? Nothing is written. */
unsigned gsh_check(struct gsh_device *d, struct gsh_package *p, bool older, bool reinstall,
                   struct gsh_check *out, struct gsh_why *why);

/*
 * Choose among the packages of a directory the newest that a device would take: the highest
 * release, then the highest security version. What fits is judged by the device's own rules on
 * what it signed of itself (without rule 10: whether its state allows an install now it says
 * itself), and is written into each offer's reason. The chosen file is read and verified whole; one
 * that turns out to be damaged is passed over, up to GSH_OFFERS_SPOILT_MAX of them: then the status
 * is that of the last one, and the reason says how many were not read.
 *
 * d       NULL: judge the files alone, choose nothing; 0 where one holds.
 * expect  NULL, or as for gsh_package_load: the package with this digest is chosen, and whether
 *         the device takes it is left to the device.
 * index   of the chosen one; otherwise of the offer whose reason is the answer: the one that got
 *         furthest through the order of rules (docs/spec/policy.md). SIZE_MAX: of none.
 *
 * 283: different packages are equally new. On 0 *out is the package; it belongs to the offers and
 * lives until the next call of this or gsh_offers_close.
 */
unsigned gsh_offers_choose(struct gsh_offers *o, const struct gsh_device *d, bool older,
                           bool reinstall, const char *expect, struct gsh_package **out,
                           size_t *index, struct gsh_why *why);

struct gsh_install_options {
  bool older;               /* take an older release */
  bool reinstall;           /* install the running package again */
  bool stop_before_confirm; /* leave the image on trial for a person to decide */
  const char *order;        /* NULL, or a file with a site's order */
  uint32_t timeout_s;       /* for the reboot and for the trial; 0: 120 */
};
struct gsh_install {
  bool already;        /* it ran already */
  bool written;        /* the device has changed something that outlives a reset, or may have */
  bool no_way_back;    /* the confirm ended the promise to roll back */
  uint64_t sent_bytes; /* image and table bytes, those sent again included */
  uint64_t resent_bytes;
  uint64_t found_bytes; /* held by the device before this run, not sent */
  uint64_t wire_bytes;  /* on the line to the device, while blocks were sent */
  uint32_t lost_frames, reconnects;
  uint64_t image_bytes;                 /* of the image, acknowledged; without what was found */
  double seconds;                       /* from the first block byte to the last acknowledgement */
  char receipt[GSH_PATH_MAX];           /* the newest one saved; "" where there is none */
  char delivered_receipt[GSH_PATH_MAX]; /* "" where there is none */
};
/*
 * Bring a device to run a package, from whatever state it is in, and have it prove it. 0 only
 * after the outcome receipt was verified and saved. The same call continues what was broken off.
 */
unsigned gsh_install(struct gsh_device *d, struct gsh_package *p,
                     const struct gsh_install_options *options, struct gsh_install *out,
                     struct gsh_why *why);

enum gsh_decision { GSH_CONFIRM, GSH_REJECT, GSH_ROLLBACK, GSH_CANCEL, GSH_REBOOT };
struct gsh_decided {
  bool written;               /* as in struct gsh_install */
  char receipt[GSH_PATH_MAX]; /* "" where there is none */
};
/* A person's decision. Journalled first; reject and rollback reboot the device and wait for it. */
unsigned gsh_decide(struct gsh_device *d, enum gsh_decision what, uint32_t timeout_s,
                    struct gsh_decided *out, struct gsh_why *why);

/* Wait until the device answers and nothing is on trial any more. */
unsigned gsh_wait(struct gsh *h, const char *link, uint32_t timeout_s, struct gsh_device **out,
                  struct gsh_why *why);

/* -- evidence --------------------------------------------------------------------------------- */

struct gsh_log_line {
  uint32_t sequence, boot_count, status, release, security_version, floor, extra;
  const char *event, *door;  /* constant texts */
  char text[96];             /* what happened, in words: "confirmed by the host" */
  int slot;                  /* 0 A, 1 B, -1 none */
  char package[GSH_HEX_MAX]; /* "" for none */
};
typedef void (*gsh_log_fn)(void *ctx, const struct gsh_log_line *line);
/*
 * Read the device's log, verify its chain up to the head that the device signed, and give each
 * entry to fn (NULL: nobody).
 *
 * save  NULL, or the log file (.gsl) to write.
 */
unsigned gsh_log(struct gsh_device *d, gsh_log_fn fn, void *ctx, const char *save, uint32_t *count,
                 struct gsh_why *why);

struct gsh_receipt_info {
  bool signature_holds;         /* the receipt is signed by the key in its identity */
  bool maker_trusted;           /* the identity is signed by a trusted maker */
  const char *kind, *operation; /* constant texts */
  uint32_t status;
  char package[GSH_HEX_MAX], version[64];
  uint32_t release, security_version;
  struct gsh_device_info device; /* as the receipt states it */
  char file_sha256[GSH_HEX_MAX];
};
/* Read and judge a receipt file. Not 0: malformed, or not signed as it must be; *out is filled as
 * far as the file could be read. */
unsigned gsh_receipt_read(struct gsh *h, const char *path, struct gsh_receipt_info *out,
                          struct gsh_why *why);
/* Fetch the receipt of how the last operation ended, verify and save it. */
unsigned gsh_receipt_fetch(struct gsh_device *d, char path[GSH_PATH_MAX], struct gsh_why *why);

struct gsh_trust_item {
  bool maker;                /* a maker's identity key; otherwise a keyring */
  char id[17];               /* what trust remove takes */
  char full_id[GSH_HEX_MAX]; /* key id, or digest of the newest keyring's body */
  uint32_t version;          /* of the newest keyring */
  uint32_t keyrings;         /* in its chain */
  uint32_t keys;
  char path[GSH_PATH_MAX];
};
typedef void (*gsh_trust_fn)(void *ctx, const struct gsh_trust_item *item);
/* item: what was added, or is there already (*fresh false). */
unsigned gsh_trust_add(struct gsh *h, const char *path, struct gsh_trust_item *item, bool *fresh,
                       struct gsh_why *why);
unsigned gsh_trust_list(struct gsh *h, gsh_trust_fn fn, void *ctx, struct gsh_why *why);
unsigned gsh_trust_remove(struct gsh *h, const char *id, struct gsh_trust_item *item,
                          struct gsh_why *why);

struct gsh_journal_line {
  uint64_t seq;
  char time[32], event[32], device[GSH_HEX_MAX], serial[128], package[GSH_HEX_MAX];
  char receipt[GSH_HEX_MAX];
  uint32_t status;
};
typedef void (*gsh_journal_fn)(void *ctx, const struct gsh_journal_line *line);
/* Read the journal and verify its chain. *there: false, with 0, where there is none. *lines: how
 * many held. path: where it is. */
unsigned gsh_journal(struct gsh *h, gsh_journal_fn fn, void *ctx, bool *there, uint64_t *lines,
                     char path[GSH_PATH_MAX], struct gsh_why *why);

#endif
