/* SPDX-License-Identifier: Apache-2.0
 * Limits of a build. A port may set any of them on the compiler's command line; nothing else
 * in the stub is chosen by the preprocessor.
 */
#ifndef GAPSEAL_CONFIG_H
#define GAPSEAL_CONFIG_H

/* This stub's version; a manifest's min_stub is compared with it. */
#ifndef GS_STUB_VERSION
#define GS_STUB_VERSION 1u
#endif

/* Refuse security_version - floor above this: a fast-forward would use up the counter. */
#ifndef GS_SECURITY_STEP_MAX
#define GS_SECURITY_STEP_MAX 1000u
#endif

/* Starts of a trial that may end without "healthy" before last-good returns. */
#ifndef GS_TRIAL_ATTEMPTS
#define GS_TRIAL_ATTEMPTS 3u
#endif

/* The same where the port cannot tell a power loss from a crash: every start counts. */
#ifndef GS_TRIAL_ATTEMPTS_UNTOLD
#define GS_TRIAL_ATTEMPTS_UNTOLD 5u
#endif

/* Power losses in a row during a trial that use no attempt. */
#ifndef GS_TRIAL_POWER_LOSSES
#define GS_TRIAL_POWER_LOSSES 16u
#endif

/* Crashes in a row of a confirmed image before the stub keeps the device. */
#ifndef GS_CRASHES_MAX
#define GS_CRASHES_MAX 8u
#endif

/* After a start, an unauthenticated reboot request is refused for this long. */
#ifndef GS_REBOOT_HOLDOFF_MS
#define GS_REBOOT_HOLDOFF_MS 10000u
#endif

#endif
