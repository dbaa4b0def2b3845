#include "model/loss.h"

#include <math.h>

const char *const MEC_DECAY_ON_NAMES[MEC_N_DECAY_ON + 1] = {"bias", "recurrent", NULL};

/* log sum_j exp(z_j), shifted by the largest so that nothing overflows. */
static double log_sum_exp(size_t n, const mec_real *z) {
    double largest = z[0];
    for (size_t j = 1; j < n; j++)
        largest = z[j] > largest ? z[j] : largest;
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += exp(z[j] - largest);
    return largest + log(sum);
}

double mec_loss_cross_entropy(size_t n, size_t n_place, const mec_real *target,
                              const mec_real *logits) {
    double sum = 0;
    for (size_t i = 0; i < n; i++, target += n_place, logits += n_place) {
        double normaliser = log_sum_exp(n_place, logits);
        for (size_t j = 0; j < n_place; j++)
            sum += target[j] * (normaliser - logits[j]);
    }
    return sum / (double)n;
}

double mec_loss_entropy(size_t n, size_t n_place, const mec_real *target) {
    double sum = 0;
    for (size_t i = 0; i < n * n_place; i++)
        sum -= target[i] > 0 ? target[i] * log(target[i]) : 0;
    return sum / (double)n;
}

double mec_loss_squared(size_t n, size_t n_place, const mec_real *target, const mec_real *output) {
    double sum = 0;
    for (size_t i = 0; i < n * n_place; i++) {
        double error = (double)output[i] - target[i];
        sum += error * error;
    }
    return sum / (double)(n * n_place);
}

/* d/dz_j of sum_i target_i (log sum exp z - z_i). */
static void cross_entropy_gradient(size_t n_place, double scale, const mec_real *target,
                                   const mec_real *logits, mec_real *gradient) {
    double normaliser = log_sum_exp(n_place, logits);
    double total = 0;
    for (size_t j = 0; j < n_place; j++)
        total += target[j];
    for (size_t j = 0; j < n_place; j++)
        gradient[j] = (mec_real)(scale * (total * exp(logits[j] - normaliser) - target[j]));
}

void mec_loss_gradient(mec_loss loss, size_t n, size_t n_total, size_t n_place,
                       const mec_real *target, const mec_real *output, mec_real *gradient) {
    double scale = 1 / (double)n_total;
    if (loss == MEC_LOSS_CROSS_ENTROPY) {
        for (size_t i = 0; i < n * n_place; i += n_place)
            cross_entropy_gradient(n_place, scale, target + i, output + i, gradient + i);
    } else {
        scale *= 2 / (double)n_place;
        for (size_t i = 0; i < n * n_place; i++)
            gradient[i] = (mec_real)(scale * ((double)output[i] - target[i]));
    }
}

double mec_loss_decay(const mec_weights *weights, double decay, mec_decay_on on) {
    mec_parameter parameter = on == MEC_DECAY_ON_RECURRENT ? MEC_W : MEC_B;
    mec_matrix_shape shape = mec_parameter_shape(&weights->network, parameter);
    double sum = 0;
    for (size_t i = 0; i < shape.rows * shape.columns; i++) {
        double weight = weights->of[parameter][i];
        sum += weight * weight;
    }
    return decay * sum;
}
