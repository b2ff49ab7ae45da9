/* SPDX-License-Identifier: Apache-2.0
 * The package file as its readers and writers share it: magic, section headers, limits, and the
 * lengths that a manifest gives to the last two sections. Holds no memory and does no I/O, so that
 * it serves a reader that seeks and one that reads a stream once. docs/spec/package.md.
 */
#ifndef GAPSEAL_PACKAGE_LAYOUT_H
#define GAPSEAL_PACKAGE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "objects.h"

#define GS_PACKAGE_MAGIC "gapseal\x01"
#define GS_PACKAGE_MAGIC_BYTES 8u
#define GS_PACKAGE_HEADER_BYTES 12u /* of a section: name, u64 length */

/* In the order in which they stand. */
enum gs_package_section {
  GS_PACKAGE_MANIFEST,
  GS_PACKAGE_KEYRINGS,
  GS_PACKAGE_ABOUT,
  GS_PACKAGE_ATTACHMENTS,
  GS_PACKAGE_PAGES,
  GS_PACKAGE_DATA,
  GS_PACKAGE_SECTIONS,
};

/* Limits, in bytes where nothing else is said. */
#define GS_PACKAGE_ENVELOPE_MAX 4096u
#define GS_PACKAGE_ABOUT_MAX (256u * 1024u)
#define GS_PACKAGE_ATTACHMENTS_MAX (64u * 1024u * 1024u) /* all together */
#define GS_KEYRING_ENVELOPE_MAX 8192u
#define GS_KEYRING_CHAIN_MAX 64u /* keyrings */
#define GS_KEYRING_CHAIN_BYTES_MAX (GS_KEYRING_CHAIN_MAX * (GS_KEYRING_ENVELOPE_MAX + 4u))

/* Four letters and a zero; section < GS_PACKAGE_SECTIONS. */
const char *gs_package_section_name(enum gs_package_section section);
/* Most bytes that its content may have. Pages and data are bound by the manifest alone. */
uint64_t gs_package_section_max(enum gs_package_section section);

/* Write a section's header. */
void gs_package_header_write(struct gs_writer *w, enum gs_package_section section, uint64_t len);
/*
 * Read a section's header.
 *
 * in  GS_PACKAGE_HEADER_BYTES.
 *
 * False: it is another section's, or none. *len is not compared with any limit.
 */
bool gs_package_header_read(const uint8_t *in, enum gs_package_section section, uint64_t *len);

/* Bytes that the sections of pages and data hold, for a manifest that gs_manifest_decode took. */
uint64_t gs_package_pages_len(const struct gs_manifest *m);
uint64_t gs_package_data_len(const struct gs_manifest *m);

/*
 * Take the next keyring of a keyring file or a section KEYS: u32 length, and that many bytes.
 *
 * GS_E_FILE_MALFORMED: it is empty, longer than GS_KEYRING_ENVELOPE_MAX (then *len is what it says,
 * else 0), or ends too early.
 */
GS_MUST_USE enum gs_status gs_keyring_item_read(struct gs_reader *r, const uint8_t **item,
                                                size_t *len);

/*
 * The version that a keyring's envelope says it has, before anything of it was verified. Good for
 * passing over one that is not newer than the device's, and for nothing else.
 *
 * head, len  its first GS_KEYRING_PEEK_BYTES, or all of a shorter one.
 *
 * False: it does not begin as a keyring does; *version is not written.
 */
#define GS_KEYRING_PEEK_BYTES 16u
bool gs_keyring_peek(const uint8_t *head, size_t len, uint32_t *version);

#endif
