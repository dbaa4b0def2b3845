/* The path integrator as its formulas stand, one number after the other, in double. */
#ifndef MEC_TESTS_ORACLE_NETWORK_H
#define MEC_TESTS_ORACLE_NETWORK_H

#include "model/network.h"

long double oracle_activation(mec_activation activation, long double x);
long double oracle_slope(mec_activation activation, long double x);

typedef struct oracle_network {
    mec_network network;
    const double *of[MEC_N_PARAMETER];
} oracle_network;

/* `code` (batch, n_place), `input` (n_step, batch, n_input); layers (n_step batch, n_unit or
 * n_place). */
void oracle_network_run(const oracle_network *oracle, size_t batch_size, size_t n_step,
                        const double *code, const double *input, double *const layer[MEC_N_LAYER]);

/* Adds to the gradients of all parameters, as `gradient` (mec_network_count), what follows from the
 * gradient `output` (n_step batch, n_place) of the last layer. */
void oracle_network_gradients(const oracle_network *oracle, size_t batch_size, size_t n_step,
                              const double *code, const double *input, const double *output,
                              double *gradient);

#endif
