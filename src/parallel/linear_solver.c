#include "parallel/linear_solver.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/memory.h"

/* ---- ScaLAPACK, PBLAS and BLACS; the lengths at the end are those of Fortran's texts ---- */

extern int Csys2blacs_handle(MPI_Comm comm);
extern void Cfree_blacs_system_handle(int handle);
extern void Cblacs_gridmap(int *context, int *map, int ld, int n_row, int n_column);
extern void Cblacs_gridinfo(int context, int *n_row, int *n_column, int *row, int *column);
extern void Cblacs_gridexit(int context);
extern void Cblacs_set(int context, int what, int *value);

extern void pdsyrk_(const char *uplo, const char *trans, const int *n, const int *k,
                    const double *alpha, const double *a, const int *ia, const int *ja,
                    const int *desc_a, const double *beta, double *c, const int *ic, const int *jc,
                    const int *desc_c);
extern void pdgemm_(const char *trans_a, const char *trans_b, const int *m, const int *n,
                    const int *k, const double *alpha, const double *a, const int *ia,
                    const int *ja, const int *desc_a, const double *b, const int *ib, const int *jb,
                    const int *desc_b, const double *beta, double *c, const int *ic, const int *jc,
                    const int *desc_c);
extern void pdgeadd_(const char *trans, const int *m, const int *n, const double *alpha,
                     const double *a, const int *ia, const int *ja, const int *desc_a,
                     const double *beta, double *c, const int *ic, const int *jc,
                     const int *desc_c);
extern double pdlansy_(const char *norm, const char *uplo, const int *n, const double *a,
                       const int *ia, const int *ja, const int *desc_a, double *work, size_t,
                       size_t);
extern void pdpotrf_(const char *uplo, const int *n, double *a, const int *ia, const int *ja,
                     const int *desc_a, int *info, size_t);
extern void pdpocon_(const char *uplo, const int *n, const double *a, const int *ia, const int *ja,
                     const int *desc_a, const double *norm, double *rcond, double *work,
                     const int *lwork, int *iwork, const int *liwork, int *info, size_t);
extern void pdpotrs_(const char *uplo, const int *n, const int *k, const double *a, const int *ia,
                     const int *ja, const int *desc_a, double *b, const int *ib, const int *jb,
                     const int *desc_b, int *info, size_t);
extern void pdgels_(const char *trans, const int *m, const int *n, const int *k, double *a,
                    const int *ia, const int *ja, const int *desc_a, double *b, const int *ib,
                    const int *jb, const int *desc_b, double *work, const int *lwork, int *info,
                    size_t);
extern void pdtrcon_(const char *norm, const char *uplo, const char *diag, const int *n,
                     const double *a, const int *ia, const int *ja, const int *desc_a,
                     double *rcond, double *work, const int *lwork, int *iwork, const int *liwork,
                     int *info, size_t, size_t, size_t);
extern void pdgeqrf_(const int *m, const int *n, double *a, const int *ia, const int *ja,
                     const int *desc_a, double *tau, double *work, const int *lwork, int *info);
extern void pdormqr_(const char *side, const char *trans, const int *m, const int *n, const int *k,
                     const double *a, const int *ia, const int *ja, const int *desc_a,
                     const double *tau, double *c, const int *ic, const int *jc, const int *desc_c,
                     double *work, const int *lwork, int *info, size_t, size_t);
extern void pdsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *ia,
                     const int *ja, const int *desc_a, double *values, double *z, const int *iz,
                     const int *jz, const int *desc_z, double *work, const int *lwork, int *iwork,
                     const int *liwork, int *info, size_t, size_t);

/* Of Cblacs_set: sums in an order that does not depend on who is early. */
enum { SUMS_REPEAT = 15 };

static const int ONE = 1;

/* How wide the panels are into which PBLAS cuts products, which it asks of this function: its own
 * says 32, and local products of that depth run at half of BLAS's rate. Measured on two ranks, the
 * products of a fit: 48 GFLOP/s with 32, 69 with 128, 74 with 256, 72 with 512. */
extern int pilaenv_(const int *context, const char *precision);
int pilaenv_(const int *context, const char *precision) {
    (void)context;
    (void)precision;
    return 256;
}

/* What ScaLAPACK wants to know of a matrix. */
enum { DESCRIPTOR = 9 };

static void describe(const mec_solver *s, const mec_distributed *a, int desc[DESCRIPTOR]) {
    int block = (int)s->block;
    const int all[DESCRIPTOR] = {1, s->context, (int)a->rows.n, (int)a->columns.n, block, block,
                                 0, 0,          (int)a->ld};
    for (int i = 0; i < DESCRIPTOR; i++)
        desc[i] = all[i];
}

/* ---- the grid ---- */

/* The most columns that are no more than rows. */
static size_t choose_rows(size_t size) {
    size_t n_column = 1;
    for (size_t i = 2; i * i <= size; i++)
        if (size % i == 0)
            n_column = i;
    return size / n_column;
}

size_t mec_solver_block(const mec_world *world, size_t r) {
    size_t block = MEC_SOLVER_BLOCK;
    while (block > 8 && 4 * block * choose_rows((size_t)world->size) > r)
        block /= 2;
    return block;
}

mec_code mec_solver_create(const mec_world *world, size_t n_grid_row, size_t block,
                           mec_solver *solver, mec_status *status) {
    size_t size = (size_t)world->size;
    *solver = (mec_solver){.world = world, .block = block ? block : MEC_SOLVER_BLOCK};
    solver->n_grid_row = n_grid_row ? n_grid_row : choose_rows(size);
    solver->n_grid_column = size / solver->n_grid_row;
    int *map = mec_alloc(size, sizeof *map, status);
    if (mec_fault_here("solver_create"))
        mec_fail(status, MEC_FAILED, "injected: no memory for the grid of ranks");
    if (mec_agree(world, status) == MEC_OK) {
        /* Column-major: rank after rank down a column of the grid. */
        for (size_t i = 0; i < size; i++)
            map[i] = (int)i;
        solver->grid_row = (size_t)world->rank % solver->n_grid_row;
        solver->grid_column = (size_t)world->rank / solver->n_grid_row;
        solver->handle = Csys2blacs_handle(world->comm);
        solver->context = solver->handle;
        Cblacs_gridmap(&solver->context, map, (int)solver->n_grid_row, (int)solver->n_grid_row,
                       (int)solver->n_grid_column);
        Cblacs_set(solver->context, SUMS_REPEAT, &(int){1});
        solver->row = mec_world_part(world, (int)solver->grid_row);
        solver->column = mec_world_part(world, (int)solver->grid_column);
    } else {
        solver->world = NULL;
    }
    free(map);
    return status->code;
}

void mec_solver_destroy(mec_solver *solver) {
    if (!solver->world)
        return;
    mec_world_part_free(&solver->row);
    mec_world_part_free(&solver->column);
    Cblacs_gridexit(solver->context);
    Cfree_blacs_system_handle(solver->handle);
    *solver = (mec_solver){0};
}

/* Adds `value` to the diagonal. */
static void add_to_diagonal(mec_distributed *a, double value) {
    for (size_t j = 0; j < mec_axis_count(&a->columns); j++) {
        size_t i = mec_axis_global(&a->columns, j);
        if (mec_axis_owner(&a->rows, i) == a->rows.part)
            a->values[mec_axis_local(&a->rows, i) + j * a->ld] += value;
    }
}

/* ---- products ---- */

/* Columns of a product between two looks at whether to stop; whole blocks. */
enum { PANEL = 2048 };

static mec_code check_stop(const mec_solver *s, mec_status *status) {
    if (mec_pulse_stop(s->pulse))
        mec_fail(status, MEC_STOPPED, "stopped on request");
    return mec_agree(s->world, status);
}

/* C = op(A) B, op being A' where `transposed` is "T". */
static mec_code multiply(const mec_solver *s, const char *transposed, const mec_distributed *a,
                         const mec_distributed *b, size_t k, mec_distributed *c,
                         mec_status *status) {
    int desc_a[DESCRIPTOR];
    int desc_b[DESCRIPTOR];
    int desc_c[DESCRIPTOR];
    describe(s, a, desc_a);
    describe(s, b, desc_b);
    describe(s, c, desc_c);
    const int n_row = (int)c->rows.n;
    const int n_inner = (int)k;
    for (size_t first = 0; first < c->columns.n; first += PANEL) {
        size_t left = c->columns.n - first;
        const int n_column = (int)(left < PANEL ? left : PANEL);
        const int column = (int)first + 1;
        if (check_stop(s, status))
            return status->code;
        pdgemm_(transposed, "N", &n_row, &n_column, &n_inner, &(double){1}, a->values, &ONE, &ONE,
                desc_a, b->values, &ONE, &column, desc_b, &(double){0}, c->values, &ONE, &column,
                desc_c);
    }
    return MEC_OK;
}

mec_code mec_distributed_multiply(const mec_solver *s, const mec_distributed *e,
                                  const mec_distributed *x, mec_distributed *p,
                                  mec_status *status) {
    return multiply(s, "N", e, x, e->columns.n, p, status);
}

/* A workspace of the size that a call with lwork = -1 answered. */
typedef struct workspace {
    double *work;
    int *iwork;
    int lwork, liwork;
} workspace;

static mec_code take_workspace(const mec_solver *s, double lwork, int liwork, workspace *w,
                               mec_status *status) {
    *w = (workspace){.lwork = lwork < 1 ? 1 : (int)lwork, .liwork = liwork < 1 ? 1 : liwork};
    if (lwork > INT_MAX)
        mec_fail(status, MEC_FAILED, "ScaLAPACK asks for a workspace of %.0f numbers", lwork);
    else
        w->work = mec_alloc((size_t)w->lwork, sizeof *w->work, status);
    w->iwork = mec_alloc((size_t)w->liwork, sizeof *w->iwork, status);
    return mec_agree(s->world, status);
}

static void release_workspace(workspace *w) {
    free(w->work);
    free(w->iwork);
}

/* ---- Cholesky ---- */

/* Factors the lower triangle of G; its reciprocal condition number, 0 where that fails. */
static double factor(const mec_solver *s, mec_distributed *g, mec_status *status) {
    int desc[DESCRIPTOR];
    const int n = (int)g->rows.n;
    double rcond = 0;
    double wanted[2] = {0};
    int iwanted = 0;
    int info = 0;
    workspace w = {0};
    describe(s, g, desc);
    pdpocon_("L", &n, g->values, &ONE, &ONE, desc, &(double){1}, &rcond, wanted, &(int){-1},
             &iwanted, &(int){-1}, &info, 1);
    /* The norm wants room for two rows and two columns of a part, and some. */
    double norm_room = 2.0 * (double)(g->rows.n + g->columns.n) + 4.0 * (double)s->block;
    if (take_workspace(s, fmax(wanted[0], norm_room), iwanted, &w, status) == MEC_OK) {
        double norm = pdlansy_("1", "L", &n, g->values, &ONE, &ONE, desc, w.work, 1, 1);
        pdpotrf_("L", &n, g->values, &ONE, &ONE, desc, &info, 1);
        rcond = 0;
        if (info == 0)
            pdpocon_("L", &n, g->values, &ONE, &ONE, desc, &norm, &rcond, w.work, &w.lwork, w.iwork,
                     &w.liwork, &info, 1);
    }
    release_workspace(&w);
    return info == 0 && isfinite(rcond) ? rcond : 0;
}

/* The lower triangle of M'M + alpha I. */
static void gram(const mec_solver *s, const mec_distributed *m, double alpha, mec_distributed *g) {
    int desc_m[DESCRIPTOR];
    int desc_g[DESCRIPTOR];
    const int r = (int)m->columns.n;
    const int h = (int)m->rows.n;
    describe(s, m, desc_m);
    describe(s, g, desc_g);
    pdsyrk_("L", "T", &r, &h, &(double){1}, m->values, &ONE, &ONE, desc_m, &(double){0}, g->values,
            &ONE, &ONE, desc_g);
    add_to_diagonal(g, alpha);
}

mec_code mec_solve_cholesky(const mec_solver *s, const mec_distributed *m, const mec_distributed *c,
                            double alpha, double least_rcond, mec_distributed *x, double *rcond,
                            mec_status *status) {
    mec_distributed g;
    int desc_g[DESCRIPTOR];
    int desc_x[DESCRIPTOR];
    const int r = (int)m->columns.n;
    const int k = (int)c->columns.n;
    int info = 0;
    *rcond = 0;
    if (check_stop(s, status) || mec_distributed_create(s, m->columns.n, m->columns.n, &g, status))
        return status->code;
    gram(s, m, alpha, &g);
    *rcond = factor(s, &g, status);
    if (status->code == MEC_OK && *rcond >= least_rcond && *rcond > 0 &&
        multiply(s, "T", m, c, m->rows.n, x, status) == MEC_OK) {
        describe(s, &g, desc_g);
        describe(s, x, desc_x);
        pdpotrs_("L", &r, &k, g.values, &ONE, &ONE, desc_g, x->values, &ONE, &ONE, desc_x, &info,
                 1);
    }
    mec_distributed_destroy(&g);
    return status->code;
}

/* ---- QR ---- */

/* X = the first rows of C. */
static void copy_top(const mec_solver *s, const mec_distributed *c, mec_distributed *x) {
    int desc_c[DESCRIPTOR];
    int desc_x[DESCRIPTOR];
    const int r = (int)x->rows.n;
    const int k = (int)x->columns.n;
    describe(s, c, desc_c);
    describe(s, x, desc_x);
    pdgeadd_("N", &r, &k, &(double){1}, c->values, &ONE, &ONE, desc_c, &(double){0}, x->values,
             &ONE, &ONE, desc_x);
}

/* The reciprocal condition number of the upper triangle of M's first rows. */
static double triangle_rcond(const mec_solver *s, const mec_distributed *m, mec_status *status) {
    int desc[DESCRIPTOR];
    const int r = (int)m->columns.n;
    double rcond = 0;
    double wanted[2] = {0};
    int iwanted = 0;
    int info = 0;
    workspace w = {0};
    describe(s, m, desc);
    pdtrcon_("1", "U", "N", &r, m->values, &ONE, &ONE, desc, &rcond, wanted, &(int){-1}, &iwanted,
             &(int){-1}, &info, 1, 1, 1);
    if (take_workspace(s, wanted[0], iwanted, &w, status) == MEC_OK)
        pdtrcon_("1", "U", "N", &r, m->values, &ONE, &ONE, desc, &rcond, w.work, &w.lwork, w.iwork,
                 &w.liwork, &info, 1, 1, 1);
    release_workspace(&w);
    return info == 0 && isfinite(rcond) ? rcond : 0;
}

mec_code mec_solve_qr(const mec_solver *s, mec_distributed *m, mec_distributed *c,
                      mec_distributed *x, double *rcond, mec_status *status) {
    int desc_m[DESCRIPTOR];
    int desc_c[DESCRIPTOR];
    const int h = (int)m->rows.n;
    const int r = (int)m->columns.n;
    const int k = (int)c->columns.n;
    double wanted = 0;
    int info = 0;
    workspace w = {0};
    *rcond = 0;
    if (check_stop(s, status))
        return status->code;
    describe(s, m, desc_m);
    describe(s, c, desc_c);
    pdgels_("N", &h, &r, &k, m->values, &ONE, &ONE, desc_m, c->values, &ONE, &ONE, desc_c, &wanted,
            &(int){-1}, &info, 1);
    if (take_workspace(s, wanted, 1, &w, status) == MEC_OK) {
        pdgels_("N", &h, &r, &k, m->values, &ONE, &ONE, desc_m, c->values, &ONE, &ONE, desc_c,
                w.work, &w.lwork, &info, 1);
        if (info == 0)
            *rcond = triangle_rcond(s, m, status);
        copy_top(s, c, x);
    }
    release_workspace(&w);
    return status->code;
}

/* ---- spectral ---- */

/* M = Q R, C := Q'C. */
static mec_code reduce_to_triangle(const mec_solver *s, mec_distributed *m, mec_distributed *c,
                                   mec_status *status) {
    int desc_m[DESCRIPTOR];
    int desc_c[DESCRIPTOR];
    const int h = (int)m->rows.n;
    const int r = (int)m->columns.n;
    const int k = (int)c->columns.n;
    double wanted[2] = {0};
    int info = 0;
    workspace w = {0};
    double *tau = mec_alloc(mec_axis_count(&m->columns) + s->block, sizeof *tau, status);
    describe(s, m, desc_m);
    describe(s, c, desc_c);
    pdgeqrf_(&h, &r, m->values, &ONE, &ONE, desc_m, tau, &wanted[0], &(int){-1}, &info);
    pdormqr_("L", "T", &h, &k, &r, m->values, &ONE, &ONE, desc_m, tau, c->values, &ONE, &ONE,
             desc_c, &wanted[1], &(int){-1}, &info, 1, 1);
    if (take_workspace(s, fmax(wanted[0], wanted[1]), 1, &w, status) == MEC_OK) {
        pdgeqrf_(&h, &r, m->values, &ONE, &ONE, desc_m, tau, w.work, &w.lwork, &info);
        pdormqr_("L", "T", &h, &k, &r, m->values, &ONE, &ONE, desc_m, tau, c->values, &ONE, &ONE,
                 desc_c, w.work, &w.lwork, &info, 1, 1);
    }
    release_workspace(&w);
    free(tau);
    return status->code;
}

/* The lower triangle of (0 R; R' 0): R', in the lower left. */
static void put_triangle(const mec_solver *s, mec_distributed *m, mec_distributed *j) {
    int desc_m[DESCRIPTOR];
    int desc_j[DESCRIPTOR];
    const int r = (int)m->columns.n;
    const int below = r + 1;
    for (size_t b = 0; b < mec_axis_count(&m->columns); b++)
        for (size_t a = mec_axis_count_before(&m->rows, mec_axis_global(&m->columns, b) + 1);
             a < mec_axis_count(&m->rows); a++)
            m->values[a + b * m->ld] = 0;
    describe(s, m, desc_m);
    describe(s, j, desc_j);
    pdgeadd_("T", &r, &r, &(double){1}, m->values, &ONE, &ONE, desc_m, &(double){0}, j->values,
             &below, &ONE, desc_j);
}

/* Eigenvalues (n, ascending, on every rank) and eigenvectors of J, which is spoiled. */
static mec_code find_eigenvectors(const mec_solver *s, mec_distributed *j, double *values,
                                  mec_distributed *z, mec_status *status) {
    int desc_j[DESCRIPTOR];
    int desc_z[DESCRIPTOR];
    const int n = (int)j->rows.n;
    double wanted[2] = {0};
    int info = 0;
    workspace w = {0};
    describe(s, j, desc_j);
    describe(s, z, desc_z);
    int liwork = 7 * n + 8 * (int)s->n_grid_column + 2;
    /* What it asks for leaves out what it hands on: to PDORMTR, and to PDLASRT where a part is
     * smaller than a block (ScaLAPACK 2.2). */
    double part = (double)n + (double)(mec_axis_count(&z->rows) + mec_axis_count(&z->columns));
    double handed_on = 4 * (double)s->block * (part + 2 * (double)s->block);
    pdsyevd_("V", "L", &n, j->values, &ONE, &ONE, desc_j, values, z->values, &ONE, &ONE, desc_z,
             wanted, &(int){-1}, &(int){0}, &liwork, &info, 1, 1);
    if (take_workspace(s, wanted[0] + handed_on, liwork, &w, status) == MEC_OK)
        pdsyevd_("V", "L", &n, j->values, &ONE, &ONE, desc_j, values, z->values, &ONE, &ONE, desc_z,
                 w.work, &w.lwork, w.iwork, &w.liwork, &info, 1, 1);
    if (info != 0)
        mec_fail(status, MEC_INCOMPLETE, "the eigenvectors of %d x %d did not converge", n, n);
    release_workspace(&w);
    /* A rank that has no part of a small J is not told. */
    MPI_Bcast(values, n, MPI_DOUBLE, 0, s->world->comm);
    return mec_agree(s->world, status);
}

/* The filters of the eigenvectors (u; v) / sqrt(2) of positive eigenvalue s: 2 s / (s^2 + alpha),
 * into the rows of T = U'C. */
static void filter(const double *values, double alpha, double least, mec_distributed *t) {
    size_t n = t->rows.n;
    double cut = fmax(values[2 * n - 1], 0) * least;
    for (size_t i = 0; i < mec_axis_count(&t->rows); i++) {
        double s = values[n + mec_axis_global(&t->rows, i)];
        double f = s > cut ? 2 * s / (s * s + alpha) : 0;
        for (size_t k = 0; k < mec_axis_count(&t->columns); k++)
            t->values[i + k * t->ld] *= f;
    }
}

/* X = V diag(f) U'C from eigenvectors Z = (U; V) whose eigenvalues are the upper half. */
static mec_code apply_filters(const mec_solver *s, const mec_distributed *z, const double *values,
                              const mec_distributed *c, double alpha, double least,
                              mec_distributed *x, mec_status *status) {
    mec_distributed t;
    int desc_z[DESCRIPTOR];
    int desc_c[DESCRIPTOR];
    int desc_t[DESCRIPTOR];
    const int r = (int)x->rows.n;
    const int k = (int)x->columns.n;
    const int upper = r + 1;
    if (mec_distributed_create(s, x->rows.n, x->columns.n, &t, status))
        return status->code;
    describe(s, z, desc_z);
    describe(s, c, desc_c);
    describe(s, &t, desc_t);
    pdgemm_("T", "N", &r, &k, &r, &(double){1}, z->values, &ONE, &upper, desc_z, c->values, &ONE,
            &ONE, desc_c, &(double){0}, t.values, &ONE, &ONE, desc_t);
    filter(values, alpha, least, &t);
    pdgemm_("N", "N", &r, &k, &r, &(double){1}, z->values, &upper, &upper, desc_z, t.values, &ONE,
            &ONE, desc_t, &(double){0}, x->values, &ONE, &ONE, desc_t);
    mec_distributed_destroy(&t);
    return MEC_OK;
}

mec_code mec_solve_spectral(const mec_solver *s, mec_distributed *m, mec_distributed *c,
                            double alpha, double least, mec_distributed *x, mec_status *status) {
    size_t n = 2 * m->columns.n;
    mec_distributed j = {0};
    mec_distributed z = {0};
    double *values = mec_alloc(n, sizeof *values, status);
    if (check_stop(s, status) == MEC_OK && reduce_to_triangle(s, m, c, status) == MEC_OK &&
        mec_distributed_create(s, n, n, &j, status) == MEC_OK &&
        mec_distributed_create(s, n, n, &z, status) == MEC_OK) {
        put_triangle(s, m, &j);
        if (check_stop(s, status) == MEC_OK &&
            find_eigenvectors(s, &j, values, &z, status) == MEC_OK) {
            mec_distributed_destroy(&j);
            apply_filters(s, &z, values, c, alpha, least, x, status);
        }
    }
    mec_distributed_destroy(&j);
    mec_distributed_destroy(&z);
    free(values);
    return status->code;
}

/* ---- memory ---- */

double mec_solve_cholesky_memory(size_t r) {
    return (double)sizeof(double) * (double)r * (double)r;
}

double mec_solve_qr_memory(size_t r) {
    return (double)sizeof(double) * 4.0 * MEC_SOLVER_BLOCK * (double)r;
}

double mec_solve_spectral_memory(size_t r, size_t k) {
    return (double)sizeof(double) * (double)r * (16.0 * (double)r + (double)k);
}
