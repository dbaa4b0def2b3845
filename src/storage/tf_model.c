#include "storage/tf_model.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static_assert(sizeof(mec_real) == sizeof(float), "checkpoints hold float32");

enum { KEY_SIZE = 128 };
#define VALUE "/.ATTRIBUTES/VARIABLE_VALUE"

/* In the order of mec_parameter. */
static const char *const variables[MEC_N_PARAMETER] = {
    "net/encoder/kernel",  "net/encoder/bias",  "net/M/kernel",     "net/M/bias",
    "net/RNN/cell/weight", "net/RNN/cell/bias", "net/dense/kernel", "net/dense/bias",
    "net/decoder/kernel",  "net/decoder/bias",
};

/* Places in Keras's list, where the cell comes last: variable 1 + 2 place is m, the next one v. */
static const int list_places[MEC_N_PARAMETER] = {0, 1, 2, 3, 8, 9, 4, 5, 6, 7};

typedef enum kind { WEIGHT, M, V, N_KIND } kind;

typedef enum moments { NO_MOMENTS, SLOTS, LIST } moments;

static bool has(const mec_tf_bundle *bundle, const char *key) {
    return mec_tf_bundle_find(bundle, key) != NULL;
}

static moments find_moments(const mec_tf_bundle *bundle) {
    if (has(bundle, "net/encoder/kernel/.OPTIMIZER_SLOT/optimizer/m" VALUE))
        return SLOTS;
    return has(bundle, "optimizer/_variables/1" VALUE) ? LIST : NO_MOMENTS;
}

static void key_of(mec_parameter parameter, kind what, moments where, char key[KEY_SIZE]) {
    if (what == WEIGHT)
        snprintf(key, KEY_SIZE, "%s" VALUE, variables[parameter]);
    else if (where == SLOTS)
        snprintf(key, KEY_SIZE, "%s/.OPTIMIZER_SLOT/optimizer/%c" VALUE, variables[parameter],
                 what == M ? 'm' : 'v');
    else
        snprintf(key, KEY_SIZE, "optimizer/_variables/%d" VALUE,
                 1 + 2 * list_places[parameter] + (what == V));
}

/* A float32 tensor of a matrix or a vector. */
static const mec_tensor *need(const mec_tf_bundle *bundle, const char *key, int n_dim,
                              mec_status *status) {
    const mec_tensor *tensor = mec_tf_bundle_find(bundle, key);
    char shape[MEC_TENSOR_SHAPE_SIZE];
    if (!tensor) {
        mec_fail(status, MEC_REFUSED,
                 "%s.index: has no %s; accepted: a checkpoint of a UGRNN or CueUGRNN path "
                 "integrator",
                 bundle->prefix, key);
        return NULL;
    }
    mec_tensor_shape_text(tensor, shape);
    if (tensor->type == MEC_TENSOR_FLOAT && tensor->n_dim == n_dim)
        return tensor;
    mec_fail(status, MEC_REFUSED,
             "%s.index: %s is %s of shape %s; accepted: float32 with %d "
             "dimension%s",
             bundle->prefix, key, mec_tensor_type_name(tensor->type), shape, n_dim,
             n_dim == 1 ? "" : "s");
    return NULL;
}

static mec_code infer_network(const mec_tf_bundle *bundle, mec_network *network,
                              mec_status *status) {
    const mec_tensor *encoder = need(bundle, "net/encoder/kernel" VALUE, 2, status);
    const mec_tensor *input = encoder ? need(bundle, "net/M/kernel" VALUE, 2, status) : NULL;
    if (!input)
        return status->code;
    network->n_place = (size_t)encoder->dims[0];
    network->n_unit = (size_t)encoder->dims[1];
    network->n_input = (size_t)input->dims[0];
    char shape[MEC_TENSOR_SHAPE_SIZE];
    mec_tensor_shape_text(encoder, shape);
    if (encoder->size == 0)
        return mec_fail(status, MEC_REFUSED, "%s.index: %s has shape %s; accepted: no 0",
                        bundle->prefix, encoder->key, shape);
    mec_tensor_shape_text(input, shape);
    if (network->n_input < 2)
        return mec_fail(status, MEC_REFUSED,
                        "%s.index: %s has shape %s; accepted: at least 2 inputs, the velocity",
                        bundle->prefix, input->key, shape);
    return MEC_OK;
}

static const mec_tensor *check_parameter(const mec_tf_bundle *bundle, const mec_network *network,
                                         mec_parameter parameter, kind what, moments where,
                                         mec_status *status) {
    char key[KEY_SIZE];
    char found[MEC_TENSOR_SHAPE_SIZE];
    char wanted[MEC_TENSOR_SHAPE_SIZE];
    mec_matrix_shape shape = mec_parameter_shape(network, parameter);
    bool bias = strstr(variables[parameter], "/bias") != NULL;
    mec_tensor accepted = {.n_dim = 2, .dims = {shape.rows, shape.columns}};
    if (bias)
        accepted = (mec_tensor){.n_dim = 1, .dims = {shape.columns}};
    key_of(parameter, what, where, key);
    const mec_tensor *tensor = need(bundle, key, accepted.n_dim, status);
    if (!tensor)
        return NULL;
    if (memcmp(tensor->dims, accepted.dims, (size_t)accepted.n_dim * sizeof *accepted.dims) == 0)
        return tensor;
    mec_tensor_shape_text(tensor, found);
    mec_tensor_shape_text(&accepted, wanted);
    mec_fail(status, MEC_REFUSED,
             "%s.index: %s has shape %s; accepted: %s, since net/encoder/kernel and net/M/kernel "
             "say Ng = %zu, Np = %zu and %zu inputs",
             bundle->prefix, key, found, wanted, network->n_unit, network->n_place,
             network->n_input);
    return NULL;
}

/* The value of a scalar, where it is there; it may be of one type only. */
static mec_code read_scalar(const mec_tf_bundle *bundle, const char *key, mec_tensor_type type,
                            void *value, mec_status *status) {
    const mec_tensor *tensor = mec_tf_bundle_find(bundle, key);
    char shape[MEC_TENSOR_SHAPE_SIZE];
    if (!tensor)
        return MEC_OK;
    mec_tensor_shape_text(tensor, shape);
    if (tensor->type != (int)type || tensor->n_dim != 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s.index: %s is %s of shape %s; accepted: %s of "
                        "shape []",
                        bundle->prefix, key, mec_tensor_type_name(tensor->type), shape,
                        mec_tensor_type_name((int)type));
    return mec_tf_bundle_read(bundle, tensor, value, status);
}

/* Scalars have one name in each way of saving; what is not there stays as it is. Without an
 * optimizer the trainer's own `step` counts. Checkpoint N is saved after epoch N - 1. */
static mec_code read_scalars(const mec_tf_bundle *bundle, mec_model_info *info,
                             mec_status *status) {
    float rate = NAN;
    float beta_1 = NAN;
    float beta_2 = NAN;
    int32_t step = 0;
    int64_t n_saved = 0;
    read_scalar(bundle, "step" VALUE, MEC_TENSOR_INT32, &step, status);
    info->step = step;
    read_scalar(bundle, "optimizer/iter" VALUE, MEC_TENSOR_INT64, &info->step, status);
    read_scalar(bundle, "optimizer/_iterations" VALUE, MEC_TENSOR_INT64, &info->step, status);
    read_scalar(bundle, "optimizer/learning_rate" VALUE, MEC_TENSOR_FLOAT, &rate, status);
    read_scalar(bundle, "optimizer/_learning_rate" VALUE, MEC_TENSOR_FLOAT, &rate, status);
    read_scalar(bundle, "optimizer/beta_1" VALUE, MEC_TENSOR_FLOAT, &beta_1, status);
    read_scalar(bundle, "optimizer/beta_2" VALUE, MEC_TENSOR_FLOAT, &beta_2, status);
    read_scalar(bundle, "save_counter" VALUE, MEC_TENSOR_INT64, &n_saved, status);
    if (info->step < 0)
        mec_fail(status, MEC_REFUSED, "%s.index: the step is %lld; accepted: 0 and more",
                 bundle->prefix, (long long)info->step);
    info->learning_rate = rate;
    info->beta_1 = beta_1;
    info->beta_2 = beta_2;
    info->epoch = n_saved > 0 ? n_saved - 1 : -1;
    return status->code;
}

mec_code mec_tf_model_describe(const mec_tf_bundle *bundle, mec_model_info *info,
                               mec_status *status) {
    moments where = find_moments(bundle);
    *info = (mec_model_info){.has_moments = where != NO_MOMENTS};
    if (infer_network(bundle, &info->network, status))
        return status->code;
    for (kind what = WEIGHT; what <= (info->has_moments ? V : WEIGHT); what++)
        for (int p = 0; p < MEC_N_PARAMETER; p++)
            if (!check_parameter(bundle, &info->network, (mec_parameter)p, what, where, status))
                return status->code;
    return read_scalars(bundle, info, status);
}

/* Moments that were made with a decay of the learning rate would go on without it. */
static mec_code check_decay(const mec_tf_bundle *bundle, mec_status *status) {
    float decay = 0;
    if (read_scalar(bundle, "optimizer/decay" VALUE, MEC_TENSOR_FLOAT, &decay, status) == MEC_OK &&
        decay != 0)
        mec_fail(status, MEC_REFUSED, "%s.index: optimizer/decay is %g; accepted: 0",
                 bundle->prefix, (double)decay);
    return status->code;
}

mec_code mec_tf_model_read(const mec_tf_bundle *bundle, const mec_model_info *info,
                           mec_real *weights, mec_real *m, mec_real *v, mec_status *status) {
    moments where = find_moments(bundle);
    mec_real *const blocks[N_KIND] = {weights, m, v};
    if ((m || v) && check_decay(bundle, status))
        return status->code;
    for (kind what = WEIGHT; what < N_KIND; what++) {
        mec_weights view = mec_weights_view(&info->network, blocks[what]);
        for (int p = 0; p < MEC_N_PARAMETER && blocks[what]; p++) {
            const mec_tensor *tensor =
                check_parameter(bundle, &info->network, (mec_parameter)p, what, where, status);
            if (!tensor || mec_tf_bundle_read(bundle, tensor, view.of[p], status))
                return status->code;
        }
    }
    return status->code;
}
