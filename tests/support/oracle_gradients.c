/* Backpropagation as the chain rule says it, walk by walk: u_t stands as it is, and so does the
 * whole of W. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle_network.h"
#include "unit.h"

long double oracle_slope(mec_activation activation, long double x) {
    const long double selu = 1.0507009873554805L;
    const long double pi = 3.14159265358979323846L;
    long double s = 1 / (1 + expl(-x));
    switch (activation) {
    case MEC_ACTIVATION_LINEAR:
        return 1;
    case MEC_ACTIVATION_TANH:
        return 1 / (coshl(x) * coshl(x));
    case MEC_ACTIVATION_SIGMOID:
        return s / (1 + expl(x));
    case MEC_ACTIVATION_RELU:
        return x > 0;
    case MEC_ACTIVATION_ELU:
        return x < 0 ? expl(x) : 1;
    case MEC_ACTIVATION_SELU:
        return x < 0 ? selu * 1.6732632423543772L * expl(x) : selu;
    case MEC_ACTIVATION_SOFTPLUS:
        return s;
    case MEC_ACTIVATION_SOFTSIGN:
        return 1 / ((1 + fabsl(x)) * (1 + fabsl(x)));
    case MEC_ACTIVATION_EXPONENTIAL:
        return expl(x);
    case MEC_ACTIVATION_HARD_SIGMOID:
        return fabsl(x) <= 2.5L ? 0.2L : 0;
    case MEC_ACTIVATION_SWISH:
        return s + x * s / (1 + expl(x));
    case MEC_ACTIVATION_GELU:
        return erfcl(-x / sqrtl(2)) / 2 + x * expl(-x * x / 2) / sqrtl(2 * pi);
    case MEC_N_ACTIVATION:
        break;
    }
    fail_msg("no slope of activation %d", (int)activation);
    return 0;
}

/* One walk: what the forward pass went through, all steps. */
typedef struct walk {
    const oracle_network *oracle;
    double *gradient[MEC_N_PARAMETER];
    double *both;  /* (n_step, 2 n_unit): [u, h] before the step */
    double *gates; /* (n_step, 2 n_unit): [a | d] */
    double *h;     /* (n_step, n_unit) after it */
    double *dense; /* (n_step, n_unit): what act makes g of */
} walk;

/* y = x W + b. */
static void affine(const walk *w, mec_parameter matrix, mec_parameter bias, const double *x,
                   double *y) {
    mec_matrix_shape shape = mec_parameter_shape(&w->oracle->network, matrix);
    for (size_t j = 0; j < shape.columns; j++) {
        y[j] = w->oracle->of[bias][j];
        for (size_t i = 0; i < shape.rows; i++)
            y[j] += x[i] * w->oracle->of[matrix][i * shape.columns + j];
    }
}

/* From the gradient of y, those of W and b, which are added, and that of x. */
static void affine_back(const walk *w, mec_parameter matrix, mec_parameter bias, const double *x,
                        const double *y_error, double *x_error) {
    mec_matrix_shape shape = mec_parameter_shape(&w->oracle->network, matrix);
    for (size_t j = 0; j < shape.columns; j++)
        w->gradient[bias][j] += y_error[j];
    for (size_t i = 0; i < shape.rows; i++) {
        x_error[i] = 0;
        for (size_t j = 0; j < shape.columns; j++) {
            w->gradient[matrix][i * shape.columns + j] += x[i] * y_error[j];
            x_error[i] += w->oracle->of[matrix][i * shape.columns + j] * y_error[j];
        }
    }
}

static double activate(const walk *w, double x) {
    return (double)oracle_activation(w->oracle->network.activation, x);
}

static double slope(const walk *w, double x) {
    return (double)oracle_slope(w->oracle->network.activation, x);
}

static double gate_of(double a) {
    return 1 / (1 + exp(-a - 1));
}

/* `h` is that before the step. */
static void step(const walk *w, size_t t, const double *x, const double *h) {
    size_t n = w->oracle->network.n_unit;
    double *both = w->both + t * 2 * n;
    double *gates = w->gates + t * 2 * n;
    affine(w, MEC_W_M, MEC_B_M, x, both);
    memcpy(both + n, h, n * sizeof *h);
    affine(w, MEC_W, MEC_B, both, gates);
    for (size_t j = 0; j < n; j++) {
        double gate = gate_of(gates[j]);
        w->h[t * n + j] = gate * h[j] + (1 - gate) * activate(w, gates[n + j]);
    }
    affine(w, MEC_W_DENSE, MEC_B_DENSE, w->h + t * n, w->dense + t * n);
}

/* The gradient of h_t by way of g_t: `error` (n). `work` (2 n). */
static void layers_back(const walk *w, size_t t, const double *output, double *work,
                        double *error) {
    size_t n = w->oracle->network.n_unit;
    double *g = work;
    double *g_error = work + n;
    for (size_t j = 0; j < n; j++)
        g[j] = activate(w, w->dense[t * n + j]);
    affine_back(w, MEC_W_DEC, MEC_B_DEC, g, output, g_error);
    for (size_t j = 0; j < n; j++)
        g_error[j] *= slope(w, w->dense[t * n + j]);
    affine_back(w, MEC_W_DENSE, MEC_B_DENSE, w->h + t * n, g_error, error);
}

/* `error` (n) of h after the step becomes that of h before it. `work` (5 n). */
static void step_back(const walk *w, size_t t, const double *x, double *work, double *error) {
    size_t n = w->oracle->network.n_unit;
    const double *both = w->both + t * 2 * n;
    const double *gates = w->gates + t * 2 * n;
    double *gates_error = work;
    double *both_error = work + 2 * n;
    double *x_error = work + 4 * n;
    for (size_t j = 0; j < n; j++) {
        double gate = gate_of(gates[j]);
        double difference = both[n + j] - activate(w, gates[n + j]);
        gates_error[j] = error[j] * difference * gate * (1 - gate);
        gates_error[n + j] = error[j] * (1 - gate) * slope(w, gates[n + j]);
        error[j] *= gate;
    }
    affine_back(w, MEC_W, MEC_B, both, gates_error, both_error);
    affine_back(w, MEC_W_M, MEC_B_M, x, both_error, x_error);
    for (size_t j = 0; j < n; j++)
        error[j] += both_error[n + j];
}

void oracle_network_gradients(const oracle_network *oracle, size_t batch_size, size_t n_step,
                              const double *code, const double *input, const double *output,
                              double *gradient) {
    const mec_network *network = &oracle->network;
    size_t n = network->n_unit;
    size_t n_work = 5 * n + network->n_place + network->n_input;
    double *block = malloc((6 * n_step * n + 3 * n + n_work) * sizeof *block);
    assert_non_null(block);
    walk w = {oracle, {NULL}, block, block + 2 * n_step * n, block + 4 * n_step * n, block};
    w.dense = w.h + n_step * n;
    double *start = w.dense + n_step * n;
    double *error = start + n;
    double *from_layers = error + n;
    double *work = from_layers + n;
    for (mec_parameter p = 0; p < MEC_N_PARAMETER; p++) {
        mec_matrix_shape shape = mec_parameter_shape(network, p);
        w.gradient[p] = gradient;
        gradient += shape.rows * shape.columns;
    }
    for (size_t i = 0; i < batch_size; i++) {
        const double *x = input + i * network->n_input;
        size_t stride = batch_size * network->n_input;
        affine(&w, MEC_W_ENC, MEC_B_ENC, code + i * network->n_place, start);
        for (size_t t = 0; t < n_step; t++)
            step(&w, t, x + t * stride, t ? w.h + (t - 1) * n : start);
        memset(error, 0, n * sizeof *error);
        for (size_t t = n_step; t-- > 0;) {
            layers_back(&w, t, output + (t * batch_size + i) * network->n_place, work, from_layers);
            for (size_t j = 0; j < n; j++)
                error[j] += from_layers[j];
            step_back(&w, t, x + t * stride, work, error);
        }
        affine_back(&w, MEC_W_ENC, MEC_B_ENC, code + i * network->n_place, error, work);
    }
    free(block);
}
