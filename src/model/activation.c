#include "model/activation.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

const char *const MEC_ACTIVATION_NAMES[MEC_N_ACTIVATION + 1] = {
    "linear",   "tanh",        "sigmoid",      "relu",  "elu",  "selu", "softplus",
    "softsign", "exponential", "hard_sigmoid", "swish", "gelu", NULL};

/* Klambauer, Unterthiner, Mayr & Hochreiter, NIPS 2017. */
static const mec_real SELU_ALPHA = (mec_real)1.6732632423543772;
static const mec_real SELU_SCALE = (mec_real)1.0507009873554805;

#ifdef MEC_REAL_IS_DOUBLE
static inline mec_real exponential(mec_real x) {
    return exp(x);
}

static inline mec_real exponential_less_1(mec_real x) {
    return expm1(x);
}

static inline mec_real log_1_plus(mec_real x) {
    return log1p(x);
}
#else
/* The library's functions are called number by number, which would take a tenth of a pass through a
 * network. These are straight lines of arithmetic, so that the compiler makes vectors of the loops
 * below; they are nearly as exact as float itself, and NaN stays NaN.
 *
 * x = n ln 2 + r with |r| <= ln 2 / 2, ln 2 in two parts so that n times the first is exact (Cody &
 * Waite 1980); e^r - 1 = r + r^2 q(r), q of least maximal relative error (1.4e-8). */
typedef struct reduced {
    int32_t n;
    float expm1; /* e^r - 1 */
} reduced;

static inline float clamp(float x, float low, float high) {
    x = x < low ? low : x;
    return x > high ? high : x;
}

static inline reduced reduce(float x) {
    const float round = 12582912; /* 1.5 2^23: what is added to it is rounded to a whole number */
    const int32_t round_bits = 0x4B400000;
    float shifted = x * 1.44269504f + round;
    float n = shifted - round;
    float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float q = 0.00138825108f;
    q = q * r + 0.00836658385f;
    q = q * r + 0.0416672006f;
    q = q * r + 0.166665435f;
    q = q * r + 0.499999970f;
    int32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    return (reduced){bits - round_bits, r + r * r * q};
}

static inline float power_of_2(int32_t n) {
    uint32_t bits = (uint32_t)(n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* Beyond the limits: infinity, and 0. The power is taken in two halves, which never overflow by
 * themselves. */
static inline float exponential(float x) {
    reduced e = reduce(clamp(x, -104, 89));
    float half = power_of_2(e.n >> 1);
    return (half + half * e.expm1) * power_of_2(e.n - (e.n >> 1));
}

/* For x <= 0. */
static inline float exponential_less_1(float x) {
    reduced e = reduce(clamp(x, -87, 0));
    float power = power_of_2(e.n);
    return power * e.expm1 + (power - 1);
}

/* For x in [0, 1]: 2 artanh(x / (2 + x)), as its series. */
static inline float log_1_plus(float x) {
    float s = x / (2 + x);
    float s2 = s * s;
    float sum = 1.0f / 15;
    sum = sum * s2 + 1.0f / 13;
    sum = sum * s2 + 1.0f / 11;
    sum = sum * s2 + 1.0f / 9;
    sum = sum * s2 + 1.0f / 7;
    sum = sum * s2 + 1.0f / 5;
    sum = sum * s2 + 1.0f / 3;
    return 2 * (s + s * s2 * sum);
}
#endif

/* By e^(-2|x|), with the sign put back: exact near 0, no overflow. */
static inline mec_real hyperbolic_tangent(mec_real x) {
    mec_real less = exponential_less_1(-2 * (x < 0 ? -x : x)); /* e^(-2|x|) - 1 */
    mec_real positive = -less / (2 + less);
    return x < 0 ? -positive : positive;
}

static inline mec_real sigmoid(mec_real x) {
    return 1 / (1 + exponential(-x));
}

static inline mec_real relu(mec_real x) {
    return x < 0 ? 0 : x; /* this way round NaN stays NaN */
}

static inline mec_real elu(mec_real x) {
    return x > 0 ? x : exponential_less_1(x);
}

static inline mec_real selu(mec_real x) {
    return SELU_SCALE * (x > 0 ? x : SELU_ALPHA * exponential_less_1(x));
}

static inline mec_real softplus(mec_real x) {
    return relu(x) + log_1_plus(exponential(x < 0 ? x : -x));
}

static inline mec_real softsign(mec_real x) {
    return x / (1 + (x < 0 ? -x : x));
}

static inline mec_real hard_sigmoid(mec_real x) {
    mec_real line = (mec_real)0.2 * x + (mec_real)0.5;
    line = line < 0 ? 0 : line;
    return line > 1 ? 1 : line;
}

static inline mec_real swish(mec_real x) {
    return x * sigmoid(x);
}

static inline mec_real gelu(mec_real x) {
    return (mec_real)(x / 2 * erfc(-x / M_SQRT2)); /* 1 + erf(z) = erfc(-z) */
}

static inline mec_real one(mec_real x) {
    (void)x;
    return 1;
}

static inline mec_real hyperbolic_tangent_slope(mec_real x) {
    mec_real y = hyperbolic_tangent(x);
    return (1 - y) * (1 + y);
}

static inline mec_real sigmoid_slope(mec_real x) {
    mec_real y = sigmoid(x);
    return y * (1 - y);
}

static inline mec_real relu_slope(mec_real x) {
    return x > 0 ? 1 : 0;
}

static inline mec_real elu_slope(mec_real x) {
    return x < 0 ? exponential(x) : 1;
}

static inline mec_real selu_slope(mec_real x) {
    return SELU_SCALE * (x < 0 ? SELU_ALPHA * exponential(x) : 1);
}

static inline mec_real softsign_slope(mec_real x) {
    mec_real root = 1 / (1 + (x < 0 ? -x : x));
    return root * root;
}

static inline mec_real hard_sigmoid_slope(mec_real x) {
    mec_real line = (mec_real)0.2 * x + (mec_real)0.5;
    return line < 0 || line > 1 ? 0 : (mec_real)0.2;
}

static inline mec_real swish_slope(mec_real x) {
    return sigmoid(x) * (1 + x * sigmoid(-x)); /* x would make much of the rounding of 1 - s(x) */
}

static inline mec_real gelu_slope(mec_real x) {
    const double density = exp(-0.5 * x * x) / sqrt(2 * M_PI);
    return (mec_real)(erfc(-x / M_SQRT2) / 2 + x * density);
}

/* Inlined for every f, so that each has a loop of its own to make vectors of. */
static inline __attribute__((always_inline)) void apply(mec_real (*f)(mec_real), size_t n,
                                                        mec_real *x) {
    for (size_t i = 0; i < n; i++)
        x[i] = f(x[i]);
}

void mec_activation_apply(mec_activation activation, size_t n, mec_real *x) {
    switch (activation) {
    case MEC_ACTIVATION_TANH:
        apply(hyperbolic_tangent, n, x);
        break;
    case MEC_ACTIVATION_SIGMOID:
        apply(sigmoid, n, x);
        break;
    case MEC_ACTIVATION_RELU:
        apply(relu, n, x);
        break;
    case MEC_ACTIVATION_ELU:
        apply(elu, n, x);
        break;
    case MEC_ACTIVATION_SELU:
        apply(selu, n, x);
        break;
    case MEC_ACTIVATION_SOFTPLUS:
        apply(softplus, n, x);
        break;
    case MEC_ACTIVATION_SOFTSIGN:
        apply(softsign, n, x);
        break;
    case MEC_ACTIVATION_EXPONENTIAL:
        apply(exponential, n, x);
        break;
    case MEC_ACTIVATION_HARD_SIGMOID:
        apply(hard_sigmoid, n, x);
        break;
    case MEC_ACTIVATION_SWISH:
        apply(swish, n, x);
        break;
    case MEC_ACTIVATION_GELU:
        apply(gelu, n, x);
        break;
    default: /* linear */
        break;
    }
}

void mec_activation_slope(mec_activation activation, size_t n, mec_real *x) {
    switch (activation) {
    case MEC_ACTIVATION_TANH:
        apply(hyperbolic_tangent_slope, n, x);
        break;
    case MEC_ACTIVATION_SIGMOID:
        apply(sigmoid_slope, n, x);
        break;
    case MEC_ACTIVATION_RELU:
        apply(relu_slope, n, x);
        break;
    case MEC_ACTIVATION_ELU:
        apply(elu_slope, n, x);
        break;
    case MEC_ACTIVATION_SELU:
        apply(selu_slope, n, x);
        break;
    case MEC_ACTIVATION_SOFTPLUS:
        apply(sigmoid, n, x);
        break;
    case MEC_ACTIVATION_SOFTSIGN:
        apply(softsign_slope, n, x);
        break;
    case MEC_ACTIVATION_EXPONENTIAL:
        apply(exponential, n, x);
        break;
    case MEC_ACTIVATION_HARD_SIGMOID:
        apply(hard_sigmoid_slope, n, x);
        break;
    case MEC_ACTIVATION_SWISH:
        apply(swish_slope, n, x);
        break;
    case MEC_ACTIVATION_GELU:
        apply(gelu_slope, n, x);
        break;
    default: /* linear */
        apply(one, n, x);
        break;
    }
}
