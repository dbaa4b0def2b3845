/* Least squares that ranks solve together, against LAPACK on one: every method on tall and square
 * problems, full rank and not, of sizes that fit neither the blocks nor the grid. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "numerics/linalg.h"
#include "parallel/linear_solver.h"
#include "random.h"
#include "together.h"

static mec_world world;

typedef enum method { CHOLESKY, QR, SPECTRAL } method;

/* A problem in plain row-major arrays, the same on every rank. */
typedef struct problem {
    size_t h, r, k, e;
    size_t rank; /* of M, at most r */
    double alpha;
    double *m, *c, *ee; /* (h, r) (h, k) (e, r) */
} problem;

/* Columns from `rank` on are sums of others, or doubles of them. */
static void make(problem *p) {
    p->m = calloc(p->h * p->r, sizeof *p->m);
    p->c = calloc(p->h * p->k, sizeof *p->c);
    p->ee = calloc(p->e * p->r, sizeof *p->ee);
    uint64_t seed = 1;
    random_fill(&seed, p->m, p->h * p->r);
    random_fill(&seed, p->c, p->h * p->k);
    random_fill(&seed, p->ee, p->e * p->r);
    for (size_t j = p->rank; j < p->r; j++)
        for (size_t i = 0; i < p->h; i++)
            p->m[i * p->r + j] =
                p->m[i * p->r + j % p->rank] + (j % 2 ? p->m[i * p->r + (j + 1) % p->rank] : 0);
}

static void release(problem *p) {
    free(p->m);
    free(p->c);
    free(p->ee);
}

/* E X (e, k) by the singular values of M: X = V s / (s^2 + alpha) U'C. */
static void solve_alone(const problem *p, double *out) {
    mec_status status = {0};
    size_t r = p->r;
    double *a = calloc(p->h * r, sizeof *a);
    double *u = calloc(p->h * r, sizeof *u);
    double *s = calloc(r, sizeof *s);
    double *vt = calloc(r * r, sizeof *vt);
    double *t = calloc(r * p->k, sizeof *t);
    double *x = calloc(r * p->k, sizeof *x);
    for (size_t i = 0; i < p->h * r; i++)
        a[i] = p->m[i];
    mec_svd(p->h, r, a, r, u, s, vt, &status);
    mec_transposed_multiply(r, p->k, p->h, u, r, p->c, p->k, t, p->k);
    for (size_t i = 0; i < r; i++)
        for (size_t j = 0; j < p->k; j++)
            t[i * p->k + j] *= s[i] > 1e-12 * s[0] ? s[i] / (s[i] * s[i] + p->alpha) : 0;
    mec_transposed_multiply(r, p->k, r, vt, r, t, p->k, x, p->k);
    mec_multiply(p->e, p->k, r, p->ee, r, x, p->k, 0.0, out, p->k);
    free(a);
    free(u);
    free(s);
    free(vt);
    free(t);
    free(x);
}

/* Deals out a row-major array. */
static void deal(const mec_solver *s, size_t n_row, size_t n_column, const double *values,
                 mec_distributed *out, mec_status *status) {
    if (mec_distributed_create(s, n_row, n_column, out, status))
        return;
    for (size_t j = 0; j < mec_axis_count(&out->columns); j++)
        for (size_t i = 0; i < mec_axis_count(&out->rows); i++)
            out->values[i + j * out->ld] = values[mec_axis_global(&out->rows, i) * n_column +
                                                  mec_axis_global(&out->columns, j)];
}

/* The largest difference of this rank's part from the array, over the array's largest. */
static double difference(const mec_distributed *a, const double *values) {
    double most = 0;
    double largest = 0;
    for (size_t i = 0; i < a->rows.n * a->columns.n; i++)
        largest = fmax(largest, fabs(values[i]));
    for (size_t j = 0; j < mec_axis_count(&a->columns); j++)
        for (size_t i = 0; i < mec_axis_count(&a->rows); i++) {
            double there = values[mec_axis_global(&a->rows, i) * a->columns.n +
                                  mec_axis_global(&a->columns, j)];
            double d = fabs(a->values[i + j * a->ld] - there);
            most = d <= most ? most : d; /* a NaN counts */
        }
    return most / largest;
}

/* Solves together; `out` receives this rank's part of E X. */
static double solve(const mec_solver *s, const problem *p, method how, mec_distributed *out,
                    mec_status *status) {
    mec_distributed m = {0};
    mec_distributed c = {0};
    mec_distributed e = {0};
    mec_distributed x = {0};
    double rcond = 1;
    deal(s, p->h, p->r, p->m, &m, status);
    deal(s, p->h, p->k, p->c, &c, status);
    deal(s, p->e, p->r, p->ee, &e, status);
    mec_distributed_create(s, p->r, p->k, &x, status);
    mec_distributed_create(s, p->e, p->k, out, status);
    if (status->code == MEC_OK && how == CHOLESKY)
        mec_solve_cholesky(s, &m, &c, p->alpha, 1e-10, &x, &rcond, status);
    else if (status->code == MEC_OK && how == QR)
        mec_solve_qr(s, &m, &c, &x, &rcond, status);
    else if (status->code == MEC_OK)
        mec_solve_spectral(s, &m, &c, p->alpha, 1e-12, &x, status);
    if (status->code == MEC_OK)
        mec_distributed_multiply(s, &e, &x, out, status);
    mec_distributed_destroy(&m);
    mec_distributed_destroy(&c);
    mec_distributed_destroy(&e);
    mec_distributed_destroy(&x);
    return rcond;
}

static void agrees(const mec_solver *s, problem p, method how, double tolerance) {
    static const char *const names[] = {"cholesky", "qr", "spectral"};
    mec_status status = {0};
    mec_distributed out = {0};
    make(&p);
    double *alone = calloc(p.e * p.k, sizeof *alone);
    solve_alone(&p, alone);
    check_about("%s: grid %zu x %zu, block %zu, h %zu r %zu k %zu e %zu rank %zu alpha %g",
                names[how], s->n_grid_row, s->n_grid_column, s->block, p.h, p.r, p.k, p.e, p.rank,
                p.alpha);
    double rcond = solve(s, &p, how, &out, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, rcond > 1e-10);
    CHECK(&world, status.code != MEC_OK || difference(&out, alone) < tolerance);
    mec_distributed_destroy(&out);
    free(alone);
    release(&p);
}

static void every_method_agrees_with_lapack(void) {
    static const struct {
        size_t h, r, k, e;
    } sizes[] = {{1, 1, 1, 1},     {7, 3, 2, 5},     {17, 17, 5, 9},
                 {61, 29, 13, 31}, {130, 67, 3, 41}, {41, 5, 70, 1}};
    for (size_t rows = 1; rows <= (size_t)world.size; rows++) {
        if ((size_t)world.size % rows)
            continue;
        for (size_t block = 8; block <= 64; block *= 8) {
            mec_solver s;
            mec_status status = {0};
            mec_solver_create(&world, rows, block, &s, &status);
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                problem p = {.h = sizes[i].h,
                             .r = sizes[i].r,
                             .k = sizes[i].k,
                             .e = sizes[i].e,
                             .rank = sizes[i].r};
                bool square = p.h == p.r;
                agrees(&s, p, QR, square ? 1e-9 : 1e-11);
                agrees(&s, p, SPECTRAL, square ? 1e-9 : 1e-11);
                p.alpha = 0.7;
                agrees(&s, p, CHOLESKY, 1e-11);
                agrees(&s, p, SPECTRAL, 1e-11);
                p.alpha = 0;
                p.rank = p.r / 2 + 1;
                agrees(&s, p, SPECTRAL, 1e-10);
                p.alpha = 1e-3;
                agrees(&s, p, CHOLESKY, 1e-9);
            }
            mec_solver_destroy(&s);
        }
    }
}

/* What QR and Cholesky cannot solve they say. */
static void lack_of_rank_is_told(void) {
    problem p = {.h = 60, .r = 20, .k = 3, .e = 4, .rank = 12};
    mec_solver s;
    mec_status status = {0};
    mec_solver_create(&world, 0, 8, &s, &status);
    make(&p);
    for (method how = CHOLESKY; how <= QR; how++) {
        mec_distributed out = {0};
        check_about("lack of rank, method %d", how);
        double rcond = solve(&s, &p, how, &out, &status);
        CHECK_STATUS(&world, status, MEC_OK);
        CHECK(&world, rcond < 1e-13);
        mec_distributed_destroy(&out);
    }
    release(&p);
    mec_solver_destroy(&s);
}

/* The same bytes every time, though ranks come early or late. */
static void runs_repeat(void) {
    problem p = {.h = 300, .r = 90, .k = 40, .e = 70, .rank = 90, .alpha = 0.1};
    mec_solver s;
    mec_status status = {0};
    mec_solver_create(&world, 0, 16, &s, &status);
    make(&p);
    for (method how = CHOLESKY; how <= SPECTRAL; how++) {
        mec_distributed first = {0};
        solve(&s, &p, how, &first, &status);
        for (int again = 0; again < 5; again++) {
            mec_distributed out = {0};
            bool same = true;
            solve(&s, &p, how, &out, &status);
            size_t n = mec_axis_count(&out.rows) * mec_axis_count(&out.columns);
            for (size_t i = 0; i < n; i++)
                same &= out.values[i] == first.values[i];
            check_about("method %d once more", how);
            CHECK(&world, same);
            mec_distributed_destroy(&out);
        }
        mec_distributed_destroy(&first);
    }
    release(&p);
    mec_solver_destroy(&s);
}

static bool stops(void *owner) {
    (void)owner;
    return true;
}

static void failures_and_stops_reach_all(void) {
    problem p = {.h = 30, .r = 10, .k = 3, .e = 4, .rank = 10, .alpha = 1};
    mec_solver s;
    mec_status status = {0};
    mec_distributed out = {0};
    make(&p);
    inject(&world, "solver_create", world.size - 1);
    mec_solver_create(&world, 0, 8, &s, &status);
    CHECK_STATUS(&world, status, MEC_FAILED);
    mec_solver_destroy(&s);
    inject(&world, NULL, 0);
    status = (mec_status){0};
    mec_solver_create(&world, 0, 8, &s, &status);
    inject_later(&world, "distributed_create", world.size - 1, 3);
    solve(&s, &p, CHOLESKY, &out, &status);
    CHECK_STATUS(&world, status, MEC_FAILED);
    mec_distributed_destroy(&out);
    inject(&world, NULL, 0);
    for (method how = CHOLESKY; how <= SPECTRAL; how++) {
        mec_pulse pulse = {stops, NULL};
        status = (mec_status){0};
        s.pulse = world.rank == world.size - 1 ? &pulse : NULL;
        solve(&s, &p, how, &out, &status);
        CHECK_STATUS(&world, status, MEC_STOPPED);
        mec_distributed_destroy(&out);
    }
    release(&p);
    mec_solver_destroy(&s);
}

int main(void) {
    mec_linalg_set_threads(1);
    start_together(&world);
    every_method_agrees_with_lapack();
    lack_of_rank_is_told();
    runs_repeat();
    failures_and_stops_reach_all();
    return end_together(&world);
}
