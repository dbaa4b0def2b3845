/* The path integrator in a TensorFlow checkpoint: which tensor is which parameter.
 *
 * Two ways of saving Adam's state are known: slots beside each variable (TensorFlow 2.0, as
 * published with the paper), and one list of variables (Keras of TensorFlow 2.11 and later). */
#ifndef MEC_STORAGE_TF_MODEL_H
#define MEC_STORAGE_TF_MODEL_H

#include "storage/model_info.h"
#include "storage/tf_bundle.h"

/* Takes the network's shape from the encoder's and the input's kernel, and checks every parameter
 * (and moment, where there are any) against it. MEC_REFUSED names file, tensor, what was found and
 * what is accepted. */
mec_code mec_tf_model_describe(const mec_tf_bundle *bundle, mec_model_info *info,
                               mec_status *status);

/* Reads the parameters of a described network into `weights` and, where not NULL, Adam's moments
 * into `m` and `v` (mec_network_count each). */
mec_code mec_tf_model_read(const mec_tf_bundle *bundle, const mec_model_info *info,
                           mec_real *weights, mec_real *m, mec_real *v, mec_status *status);

/* Writes a network as a checkpoint that the paper's code and TensorFlow itself load by its object
 * graph: the keys and the graph are those of TensorFlow 2.0. `blocks` are weights, m and v
 * (mec_network_count each; m and v only where info->has_moments). What is not known of Adam is left
 * out; epoch N is checkpoint N + 1. MEC_REFUSED where the step does not fit an int32. */
mec_code mec_tf_model_write(const char *prefix, const mec_model_info *info,
                            mec_real *const blocks[3], mec_status *status);

#endif
