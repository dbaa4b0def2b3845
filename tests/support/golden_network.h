/* The networks of the golden numbers: their weights, inputs and layers. */
#ifndef MEC_TESTS_GOLDEN_NETWORK_H
#define MEC_TESTS_GOLDEN_NETWORK_H

#include "golden.h"
#include "model/network.h"

/* The array at `group`/`name` as the numbers of networks; the caller frees it. `*count` (may be
 * NULL) receives how many. */
mec_real *golden_reals(hid_t file, const char *group, const char *name, size_t *count);

/* The sizes of a network whose weights stand in `group`. */
mec_network golden_network_of(hid_t file, const char *group, mec_activation activation);

/* Those weights; free the block. */
mec_weights golden_weights(hid_t file, const char *group, const mec_network *network);

/* An attribute of `group`, a number. */
double golden_number(hid_t file, const char *group, const char *name);

/* `x` (batch, n_step, n) becomes (n_step, batch, n), in a new block; `x` is freed. */
mec_real *golden_time_first(mec_real *x, size_t batch_size, size_t n_step, size_t n);

/* The networks that the reference ran, each on one batch: the group network/<name>. */
typedef struct golden_case {
    const char *name;
    mec_activation activation;
    bool with_cues, on_position;
} golden_case;
enum { GOLDEN_N_NETWORK = 13 };
extern const golden_case golden_networks[GOLDEN_N_NETWORK];

/* One case as read: time is the first axis of everything but the code. Free it with
 * golden_free_network. */
typedef struct golden_network {
    const golden_case *c;
    char group[64];
    mec_network network;
    mec_weights weights;
    size_t batch_size, n_step;
    mec_real *code, *input, *target;
} golden_network;

golden_network golden_read_network(hid_t file, const golden_case *c);
void golden_free_network(golden_network *run);

#endif
