/* SPDX-License-Identifier: Apache-2.0
 * What the simulator says of itself.
 */
#ifndef GAPSEAL_SIM_HELP_H
#define GAPSEAL_SIM_HELP_H

/* --help, on standard output. */
void sim_help(void);

/* "did you mean --x?" for a word that is no option; "see --help" where none is near. Constant until
 * the next call. */
const char *sim_near_option(const char *word);

#endif
