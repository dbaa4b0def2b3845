#include "maps/emd.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "numerics/transport.h"

/* One side of what is to be moved: the bins that have more of one map than of the other. */
typedef struct side {
    size_t n;
    double *mass, *row, *column; /* (n_test) */
} side;

typedef struct workspace {
    double *prediction, *response; /* (n_test) */
    side from, to;
    double *distance; /* (from.n, to.n) */
    mec_transport *transport;
} workspace;

enum { N_LIST = 8 };

/* Bins are on one side only, so that there are at most as many pairs as with halves of them. */
static size_t most_pairs(size_t n_test) {
    return n_test / 2 * (n_test - n_test / 2);
}

static mec_code take(workspace *w, size_t n_test, mec_scratch *scratch, mec_status *status) {
    double *lists = mec_scratch_take(scratch, N_LIST * n_test, sizeof *lists, status);
    w->distance = mec_scratch_take(scratch, most_pairs(n_test), sizeof *w->distance, status);
    w->transport = mec_transport_create(n_test, scratch, status);
    if (!lists || !w->distance || !w->transport)
        return status->code;
    double **members[N_LIST] = {&w->prediction,  &w->response, &w->from.mass, &w->from.row,
                                &w->from.column, &w->to.mass,  &w->to.row,    &w->to.column};
    for (size_t k = 0; k < N_LIST; k++)
        *members[k] = lists + k * n_test;
    return MEC_OK;
}

double mec_neg_emd_memory(size_t n_test) {
    double n_double = (double)N_LIST * (double)n_test + (double)most_pairs(n_test);
    double alignment = 2 * 64;
    return (double)sizeof(double) * n_double + alignment + mec_transport_memory(n_test);
}

/* Sets negative rates to 0 and scales to a total of 1; false where that cannot be done. */
static bool normalise(double *rate, size_t n) {
    double sum = 0;
    bool finite = true;
    for (size_t i = 0; i < n; i++) {
        finite &= isfinite(rate[i]) != 0;
        rate[i] = rate[i] > 0 ? rate[i] : 0;
        sum += rate[i];
    }
    if (!finite || !(sum > 0) || !isfinite(sum))
        return false;
    for (size_t i = 0; i < n; i++)
        rate[i] /= sum;
    return true;
}

static void add_bin(side *s, double mass, uint32_t state, const mec_bins *bins) {
    size_t row = state / bins->n_column;
    size_t column = state % bins->n_column;
    s->mass[s->n] = mass;
    s->row[s->n] = (double)row;
    s->column[s->n] = (double)column;
    s->n++;
}

/* What both maps have at a bin stays there: distances are a metric, so that a path through a bin is
 * no shorter than the direct one, and some best plan moves only the differences. */
static void split_difference(workspace *w, const uint32_t *test, size_t n_test,
                             const mec_bins *bins) {
    w->from.n = w->to.n = 0;
    for (size_t i = 0; i < n_test; i++) {
        double surplus = w->prediction[i] - w->response[i];
        if (surplus > 0)
            add_bin(&w->from, surplus, test[i], bins);
        else if (surplus < 0)
            add_bin(&w->to, -surplus, test[i], bins);
    }
}

static void fill_distances(const workspace *w, const mec_bins *bins) {
    for (size_t i = 0; i < w->from.n; i++) {
        double *restrict distance = w->distance + i * w->to.n;
        double row = w->from.row[i];
        double column = w->from.column[i];
        for (size_t j = 0; j < w->to.n; j++) {
            double x = (row - w->to.row[j]) * bins->row_spacing;
            double y = (column - w->to.column[j]) * bins->column_spacing;
            distance[j] = sqrt(x * x + y * y);
        }
    }
}

static double negative_distance(workspace *w, const uint32_t *test, size_t n_test,
                                const mec_bins *bins) {
    if (!normalise(w->prediction, n_test) || !normalise(w->response, n_test))
        return NAN;
    split_difference(w, test, n_test, bins);
    fill_distances(w, bins);
    mec_transport_problem problem = {.n_source = w->from.n,
                                     .n_sink = w->to.n,
                                     .supply = w->from.mass,
                                     .demand = w->to.mass,
                                     .cost = w->distance};
    return 0 - mec_transport_solve(w->transport, &problem);
}

mec_code mec_score_neg_emd(const mec_predictions *p, const mec_bins *bins, double *score,
                           const mec_pulse *pulse, mec_scratch *scratch, mec_status *status) {
    workspace w = {0};
    assert(bins->n_row > 0 && bins->n_column > 0);
    if (take(&w, p->n_test, scratch, status))
        return status->code;
    for (size_t k = 0; k < p->n; k++) {
        if (mec_pulse_stop(pulse))
            return mec_fail(status, MEC_STOPPED, "stopped on request");
        mec_population_gather(p->target, p->cells + k, 1, p->test, p->n_test, w.response);
        for (size_t i = 0; i < p->n_test; i++)
            w.prediction[i] = p->prediction[i * p->n + k] + p->intercept[k];
        score[k] = negative_distance(&w, p->test, p->n_test, bins);
    }
    return MEC_OK;
}
