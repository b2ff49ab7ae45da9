/* SPDX-License-Identifier: Apache-2.0
 * Limits of a package's attachments (docs/spec/package.md), for reader and builder. The rest of the
 * layout is package_layout.h.
 */
#ifndef GSH_PACKAGE_FORMAT_H
#define GSH_PACKAGE_FORMAT_H

#include <stdbool.h>

#include "package_layout.h"

#define GSH_ATTACHMENTS_MAX 16u
#define GSH_ATTACHMENT_NAME_MAX 64u
#define GSH_ATTACHMENT_TYPE_MAX 32u

/* 1 to 64 of A-Z a-z 0-9 . _ - and no leading dot. */
bool gsh_attachment_name_ok(const char *name);

#endif
