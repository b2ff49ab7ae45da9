/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GAPSEAL_MPS2_VECTORS_H
#define GAPSEAL_MPS2_VECTORS_H

typedef void gs_vector(void);
extern gs_vector *const gs_vectors[];

void gs_tick_handler(void);
void gs_uart_in_handler(void);
void gs_uart_out_handler(void);

#endif
