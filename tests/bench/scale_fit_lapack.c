/* The ridge fits of mec fit between animals, one split, by BLAS and LAPACK in one process that
 * holds everything: what fits that ranks share are measured against. The same algebra (jobs/fit/
 * shared_fit.h): inner products of states where there are at least as many source cells as train
 * states, of cells elsewhere.
 *
 *     scale_fit_lapack DATASET TRAIN_FRAC ALPHA THREADS OUT
 *
 * Prints a line of JSON, seconds of reading and of work; OUT receives corr of every cell of every
 * animal, doubles, the animals in order. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "maps/population.h"
#include "maps/scores.h"
#include "maps/splits.h"
#include "numerics/linalg.h"
#include "storage/catalogue.h"

typedef struct fit {
    const mec_population *source, *target;
    uint32_t *order; /* train, then test states */
    size_t n_train, n_test;
    double alpha;
} fit;

static void check(const mec_status *status) {
    if (status->code == MEC_OK)
        return;
    fprintf(stderr, "%s\n", status->message);
    exit(EXIT_FAILURE);
}

static void *take(size_t n, size_t size) {
    mec_status status = {0};
    void *block = mec_alloc(n, size, &status);
    check(&status);
    return block;
}

/* All cells of some states, less `mean`, which is worked out where `find` says so. */
static double *gather(const mec_population *p, const uint32_t *states, size_t n, double *mean,
                      bool find) {
    mec_source source = {.parts = &p, .n_part = 1, .n_cell = p->n_cell};
    double *out = take(n * p->n_cell, sizeof *out);
    mec_source_gather(&source, states, n, out);
    if (find)
        mec_column_means(out, n, p->n_cell, mean);
    if (mean)
        mec_subtract_row(out, n, p->n_cell, mean);
    return out;
}

static void factor(double *k, size_t n, double alpha) {
    double *work = take(3 * n, sizeof *work);
    int *iwork = take(n, sizeof *iwork);
    for (size_t i = 0; i < n; i++)
        k[i * n + i] += alpha;
    if (!(mec_cholesky_rcond(n, k, n, work, iwork) > 0)) {
        fprintf(stderr, "Cholesky failed\n");
        exit(EXIT_FAILURE);
    }
    free(work);
    free(iwork);
}

/* P (n_test, m) = X_test X' inverse(X X' + alpha) Y. */
static void predict_by_states(const fit *f, const double *x, const double *x_test, const double *y,
                              double *prediction) {
    size_t n = f->n_train;
    size_t p = f->source->n_cell;
    size_t m = f->target->n_cell;
    double *k = take(n * n, sizeof *k);
    double *z = take(n * f->n_test, sizeof *z);
    mec_gram_rows(n, p, x, p, k, n);
    mec_multiply_transposed(n, f->n_test, p, x, p, x_test, p, 0.0, z, f->n_test);
    factor(k, n, f->alpha);
    mec_cholesky_solve(n, f->n_test, k, n, z, f->n_test);
    mec_transposed_multiply(f->n_test, m, n, z, f->n_test, y, m, prediction, m);
    free(k);
    free(z);
}

/* P = X_test inverse(X'X + alpha) X'Y. */
static void predict_by_cells(const fit *f, const double *x, const double *x_test, const double *y,
                             double *prediction) {
    size_t p = f->source->n_cell;
    size_t m = f->target->n_cell;
    double *k = take(p * p, sizeof *k);
    double *w = take(p * m, sizeof *w);
    mec_gram(p, f->n_train, x, p, k, p);
    factor(k, p, f->alpha);
    mec_transposed_multiply(p, m, f->n_train, x, p, y, m, w, m);
    mec_cholesky_solve(p, m, k, p, w, m);
    mec_multiply(f->n_test, m, p, x_test, p, w, m, 0.0, prediction, m);
    free(k);
    free(w);
}

static void run_fit(const fit *f, double *corr) {
    mec_status status = {0};
    mec_scratch scratch = {0};
    size_t m = f->target->n_cell;
    double *mean = take(f->source->n_cell, sizeof *mean);
    double *intercept = take(m, sizeof *intercept);
    uint32_t *cells = take(m, sizeof *cells);
    double *x = gather(f->source, f->order, f->n_train, mean, true);
    double *x_test = gather(f->source, f->order + f->n_train, f->n_test, mean, false);
    double *y = gather(f->target, f->order, f->n_train, intercept, true);
    double *prediction = take(f->n_test * m, sizeof *prediction);
    for (size_t j = 0; j < m; j++)
        cells[j] = (uint32_t)j;
    if (f->source->n_cell >= f->n_train)
        predict_by_states(f, x, x_test, y, prediction);
    else
        predict_by_cells(f, x, x_test, y, prediction);
    mec_predictions predictions = {.target = f->target,
                                   .cells = cells,
                                   .n = m,
                                   .test = f->order + f->n_train,
                                   .n_test = f->n_test,
                                   .prediction = prediction,
                                   .intercept = intercept};
    double *score[MEC_N_CELL_SCORE] = {corr};
    mec_score_cells(&predictions, score, &scratch, &status);
    check(&status);
    mec_scratch_release(&scratch);
    free(mean);
    free(intercept);
    free(cells);
    free(x);
    free(x_test);
    free(y);
    free(prediction);
}

/* The states finite in both, in the order of the first split. */
static void draw(fit *f, double train_frac) {
    size_t n_state = f->source->n_state;
    size_t n = 0;
    uint8_t *finite = take(n_state, 1);
    uint32_t *states = take(n_state, sizeof *states);
    memset(finite, 1, n_state);
    mec_population_mark_finite(f->source, finite);
    mec_population_mark_finite(f->target, finite);
    for (size_t i = 0; i < n_state; i++)
        if (finite[i])
            states[n++] = (uint32_t)i;
    mec_split_random(0, states, n, f->order);
    f->n_train = mec_split_n_train(n, train_frac);
    f->n_test = n - f->n_train;
    free(finite);
    free(states);
}

int main(int argc, char **argv) {
    mec_status status = {0};
    mec_catalogue c = {0};
    mec_population animals[2];
    if (argc != 6) {
        fprintf(stderr, "usage: scale_fit_lapack DATASET TRAIN_FRAC ALPHA THREADS OUT\n");
        return EXIT_FAILURE;
    }
    mec_linalg_set_threads(atoi(argv[4]));
    mec_catalogue_read(&c, argv[1], "", &status);
    check(&status);
    if (c.n_arena != 1 || c.n_animal != 2) {
        fprintf(stderr, "%s: accepted: one arena, two animals\n", argv[1]);
        return EXIT_FAILURE;
    }
    double start = mec_clock_seconds();
    for (size_t i = 0; i < 2; i++) {
        double *resp = take(c.arenas[0].n_state * c.animals[i].n_cell, sizeof *resp);
        mec_catalogue_read_animal(&c, &c.arenas[0], &c.animals[i], resp, &status);
        check(&status);
        animals[i] = (mec_population){resp, c.arenas[0].n_state, c.animals[i].n_cell};
    }
    double read = mec_clock_seconds();
    FILE *out = fopen(argv[5], "w");
    for (size_t i = 0; i < 2 && out; i++) {
        fit f = {.source = &animals[1 - i], .target = &animals[i], .alpha = atof(argv[3])};
        double *corr = take(f.target->n_cell, sizeof *corr);
        f.order = take(f.target->n_state, sizeof *f.order);
        draw(&f, atof(argv[2]));
        run_fit(&f, corr);
        if (fwrite(corr, sizeof *corr, f.target->n_cell, out) != f.target->n_cell)
            return EXIT_FAILURE;
        free(corr);
        free(f.order);
    }
    if (!out || fclose(out) != 0)
        return EXIT_FAILURE;
    printf("{\"read\": %.3f, \"work\": %.3f}\n", read - start, mec_clock_seconds() - read);
    return EXIT_SUCCESS;
}
