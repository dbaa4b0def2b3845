#include "model/adam.h"

#include <math.h>

/* Parameters whose gradient is made at a time: with w, m and v they stay in the first cache. */
enum { AT_ONCE = 2048 };

/* Parts of a sum, so that it is the same on any number of threads. */
enum { N_PART = 64 };

void mec_adam_move(const mec_adam *adam, uint64_t t, double factor, size_t n,
                   const mec_real *gradient, mec_real *restrict w, mec_real *restrict m,
                   mec_real *restrict v) {
    const double beta_1 = (float)adam->beta_1;
    const double beta_2 = (float)adam->beta_2;
    const double correction = sqrt(1 - pow(beta_2, (double)t)) / (1 - pow(beta_1, (double)t));
    const mec_real rate = (mec_real)(adam->learning_rate * correction);
    const mec_real follow_1 = (mec_real)(1 - beta_1);
    const mec_real follow_2 = (mec_real)(1 - beta_2);
    const mec_real epsilon = (mec_real)adam->epsilon;
    const mec_real scale = (mec_real)factor;
    for (size_t i = 0; i < n; i++) {
        mec_real g = scale * gradient[i];
        m[i] += (g - m[i]) * follow_1;
        v[i] += (g * g - v[i]) * follow_2;
#ifdef MEC_REAL_IS_DOUBLE
        w[i] -= m[i] * rate / (sqrt(v[i]) + epsilon);
#else
        w[i] -= m[i] * rate / (sqrtf(v[i]) + epsilon);
#endif
    }
}

void mec_adam_move_share(const mec_adam *adam, uint64_t t, double factor,
                         const mec_gradients *gradients, mec_decay decay,
                         const mec_weights *weights, const mec_share *share) {
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < share->count; i += AT_ONCE) {
        mec_real gradient[AT_ONCE];
        size_t n = share->count - i < AT_ONCE ? share->count - i : AT_ONCE;
        mec_gradients_range(gradients, weights, decay, share->first + i, n, gradient);
        mec_adam_move(adam, t, factor, n, gradient, weights->block + share->first + i, share->m + i,
                      share->v + i);
    }
}

/* Four sums, so that one does not wait for the other. */
static double sum_of_squares(size_t n, const mec_real *x) {
    double sum[4] = {0};
    for (size_t i = 0; i < n; i++)
        sum[i % 4] += (double)x[i] * x[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Of a part of a share, whose numbers are those of its gradient from `first` on. */
static double sum_of_part(const mec_gradients *gradients, mec_decay decay,
                          const mec_weights *weights, size_t first, size_t count) {
    mec_real gradient[AT_ONCE];
    double sum = 0;
    for (size_t i = 0; i < count; i += AT_ONCE) {
        size_t n = count - i < AT_ONCE ? count - i : AT_ONCE;
        mec_gradients_range(gradients, weights, decay, first + i, n, gradient);
        sum += sum_of_squares(n, gradient);
    }
    return sum;
}

double mec_adam_sum_of_squares(const mec_gradients *gradients, mec_decay decay,
                               const mec_weights *weights, size_t first, size_t count) {
    double part[N_PART];
    double sum = 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < N_PART; i++) {
        size_t begin = count / N_PART * i;
        size_t end = i == N_PART - 1 ? count : begin + count / N_PART;
        part[i] = sum_of_part(gradients, decay, weights, first + begin, end - begin);
    }
    for (size_t i = 0; i < N_PART; i++)
        sum += part[i];
    return sum;
}

double mec_adam_clip_factor(const mec_adam *adam, double sum_of_squares) {
    if (adam->clip_norm == 0)
        return 1;
    if (!isfinite(sum_of_squares))
        return NAN;
    double norm = sqrt(sum_of_squares);
    return norm > adam->clip_norm ? adam->clip_norm / norm : 1;
}
