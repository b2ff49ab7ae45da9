/* SPDX-License-Identifier: Apache-2.0
 * Constants of the package file (docs/spec/package.md), for reader and builder.
 */
#ifndef GSH_PACKAGE_FORMAT_H
#define GSH_PACKAGE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GSH_MAGIC_BYTES 8u
#define GSH_PACKAGE_MAGIC "gapseal\x01"
#define GSH_SECTION_HEADER_BYTES 12u /* name, u64 length */

enum gsh_section_index {
  GSH_SECTION_MANIFEST,
  GSH_SECTION_KEYRINGS,
  GSH_SECTION_ABOUT,
  GSH_SECTION_ATTACHMENTS,
  GSH_SECTION_PAGES,
  GSH_SECTION_DATA,
  GSH_SECTION_COUNT,
};
extern const char gsh_section_names[GSH_SECTION_COUNT][5];

#define GSH_ENVELOPE_MAX 4096u
#define GSH_ABOUT_MAX (256u * 1024u)
#define GSH_ATTACHMENTS_MAX 16u
#define GSH_ATTACHMENTS_BYTES_MAX (64u * 1024u * 1024u)
#define GSH_ATTACHMENT_NAME_MAX 64u
#define GSH_ATTACHMENT_TYPE_MAX 32u

/* 1 to 64 of A-Z a-z 0-9 . _ - and no leading dot. */
bool gsh_attachment_name_ok(const char *name);

#endif
