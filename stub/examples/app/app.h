/* SPDX-License-Identifier: Apache-2.0
 * The application of a microcontroller, in variants that differ in one file: what it does once it
 * has said who it is.
 */
#ifndef GAPSEAL_EXAMPLE_APP_H
#define GAPSEAL_EXAMPLE_APP_H

/* One of app_works.c, app_updates.c, app_hangs.c, app_crashes.c, app_idles.c, app_rejects.c. */
_Noreturn void app_run(void);

void app_print(const char *text);

#endif
