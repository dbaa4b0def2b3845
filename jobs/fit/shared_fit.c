#include "fit/shared_fit.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "fit/shared_responses.h"
#include "parallel/reduction.h"

/* Below these reciprocal condition numbers a solution can be off by more than 1e-6 of its size
 * (Cholesky, which squares the condition), or the rank is in doubt (QR), and the spectral method
 * takes over. */
static const double LEAST_RCOND_CHOLESKY = 1e-10;
static const double LEAST_RCOND_QR = 1e-10;

typedef struct sharing {
    const mec_world *group;
    mec_solver solver;
    const fit_plan *plan;
    const fit_task *task;
    const mec_problem *problem;
    const mec_fit_target *targets;
    size_t n_target;
    mec_scratch *scratch;
    bool turned;                                     /* the way of cells, see shared_fit.h */
    shared_columns *source_columns, *target_columns; /* parts of the source; targets */
    shared_responses source, target;
    mec_distributed x;       /* W, or Z */
    shared_sheet prediction; /* of the test states, without the intercept */
    bool varies;             /* predictions can be other than constant */
} sharing;

bool shared_fit_serves(const mec_map *map) {
    return map == &mec_ridge || map == &mec_linear_regression;
}

static bool is_turned(size_t n_cell, size_t n_train) {
    return n_cell >= n_train;
}

/* ---- responses ---- */

static size_t n_target_cell(const sharing *f) {
    const shared_columns *last = &f->target_columns[f->n_target - 1];
    return last->first + last->n;
}

static mec_code list_columns(sharing *f, mec_status *status) {
    const mec_source *source = f->problem->source;
    size_t first = 0;
    f->source_columns =
        mec_scratch_take(f->scratch, source->n_part, sizeof *f->source_columns, status);
    f->target_columns =
        mec_scratch_take(f->scratch, f->n_target, sizeof *f->target_columns, status);
    if (status->code != MEC_OK)
        return status->code;
    for (size_t i = 0; i < source->n_part; i++) {
        size_t n = source->parts[i]->n_cell;
        f->source_columns[i] = (shared_columns){source->parts[i], NULL, n, first};
        first += n;
    }
    first = 0;
    for (size_t i = 0; i < f->n_target; i++) {
        const mec_fit_target *t = &f->targets[i];
        f->target_columns[i] = (shared_columns){t->population, t->cells, t->n, first};
        first += t->n;
    }
    return MEC_OK;
}

static shared_request request_of(const sharing *f) {
    const fit_group *g = &f->plan->groups[f->task->group];
    return (shared_request){.solver = &f->solver,
                            .plan = f->plan,
                            .arena = f->plan->sources[g->source].arena,
                            .problem = f->problem,
                            .turned = f->turned};
}

static mec_code read_source(sharing *f, mec_status *status) {
    bool intercept = f->problem->parameters->fit_intercept;
    shared_request q = request_of(f);
    q.columns = f->source_columns;
    q.n_column = f->problem->source->n_part;
    q.spare = f->turned && intercept;
    if (shared_responses_read(&q, false, &f->source, f->scratch, status) == MEC_OK &&
        shared_responses_vary(&f->source, intercept, &f->varies, f->scratch, status) == MEC_OK &&
        q.spare)
        shared_responses_set_spare(&f->source, status);
    return status->code;
}

static mec_code read_target(sharing *f, mec_status *status) {
    shared_request q = request_of(f);
    q.columns = f->target_columns;
    q.n_column = f->n_target;
    return shared_responses_read(&q, true, &f->target, f->scratch, status);
}

/* What the solver needs: read again where it has spoiled it. */
static mec_code read_problem(sharing *f, mec_status *status) {
    shared_responses_destroy(&f->source);
    shared_responses_destroy(&f->target);
    if (read_source(f, status) == MEC_OK && !f->turned)
        read_target(f, status);
    return status->code;
}

/* ---- solving ---- */

static mec_code solve_spectral(sharing *f, double alpha, mec_status *status) {
    mec_distributed *c = f->turned ? &f->source.test.matrix : &f->target.train.matrix;
    size_t n_cell = f->problem->source->n_cell;
    size_t n_train = f->problem->n_train;
    double least = (double)(n_cell > n_train ? n_cell : n_train) * DBL_EPSILON;
    return mec_solve_spectral(&f->solver, &f->source.train.matrix, c, alpha, least, &f->x, status);
}

static mec_code solve(sharing *f, mec_status *status) {
    mec_distributed *m = &f->source.train.matrix;
    mec_distributed *c = f->turned ? &f->source.test.matrix : &f->target.train.matrix;
    bool ridge = fit_plan_map(f->plan, f->task) == &mec_ridge;
    double alpha = ridge ? f->problem->parameters->alpha : 0;
    double rcond = 0;
    if (mec_distributed_create(&f->solver, m->columns.n, c->columns.n, &f->x, status))
        return status->code;
    if (ridge)
        mec_solve_cholesky(&f->solver, m, c, alpha, LEAST_RCOND_CHOLESKY, &f->x, &rcond, status);
    else
        mec_solve_qr(&f->solver, m, c, &f->x, &rcond, status);
    if (status->code != MEC_OK || rcond >= (ridge ? LEAST_RCOND_CHOLESKY : LEAST_RCOND_QR))
        return status->code;
    if (ridge || read_problem(f, status) == MEC_OK)
        solve_spectral(f, alpha, status);
    return status->code;
}

/* What is needed no longer is given back before what comes next is taken. */
static mec_code predict(sharing *f, mec_status *status) {
    mec_distributed *e = &f->source.test.matrix;
    if (f->turned) {
        shared_responses_destroy(&f->source);
        if (read_target(f, status))
            return status->code;
        e = &f->target.train.matrix;
    } else {
        shared_sheet_destroy(&f->source.train);
    }
    if (shared_sheet_create(&f->solver, f->turned, f->problem->n_test, n_target_cell(f),
                            &f->prediction, status) == MEC_OK)
        mec_distributed_multiply(&f->solver, e, &f->x, &f->prediction.matrix, status);
    return status->code;
}

/* ---- scoring ---- */

/* This rank's cells of its state `local`, one behind another. */
static void copy_state(const shared_sheet *s, size_t local, size_t n, double *out) {
    const double *x = s->matrix.values + local * s->state_stride;
    for (size_t j = 0; j < n; j++)
        out[j] = x[j * s->cell_stride];
}

/* Test states that the source does not tell apart get the prediction of the first of them, which
 * some rank holds: see make_rows_equal in maps/fit.c. `work` (n * (1 + sharers)). */
static void make_states_equal(const sharing *f, double *work) {
    const shared_sheet *s = &f->prediction;
    size_t n = f->target.n_own;
    memset(work, 0, n * sizeof *work);
    if (mec_axis_count(&s->states) > 0 && mec_axis_global(&s->states, 0) == 0)
        copy_state(s, 0, n, work);
    mec_sum_reals64(f->target.sharers, n, work, work + n);
    for (size_t i = 0; i < mec_axis_count(&s->states); i++)
        for (size_t j = 0; j < n; j++)
            s->matrix.values[i * s->state_stride + j * s->cell_stride] = work[j];
}

/* Both passes over this rank's states and cells, each followed by the sums over ranks. `row` (2,
 * n), `work` (4 n * sharers). */
static void gather_sums(const sharing *f, const mec_score_sums *sums, double *row, double *work) {
    const mec_world *sharers = f->target.sharers;
    size_t n = sums->n;
    size_t n_state = mec_axis_count(&f->prediction.states);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n_state; i++) {
            copy_state(&f->target.test, i, n, row);
            copy_state(&f->prediction, i, n, row + n);
            if (pass == 0)
                mec_score_first_pass(sums, row, row + n);
            else
                mec_score_second_pass(sums, row, row + n, f->target.mean);
        }
        if (pass == 0) {
            mec_range_reals64(sharers, 2 * n, sums->min_y, sums->max_y);
            mec_sum_reals64(sharers, 2 * n, sums->mean_y, work);
            mec_score_between_passes(sums, f->problem->n_test);
        } else {
            mec_sum_reals64(sharers, 4 * n, sums->yy, work);
        }
    }
}

/* Hands every rank the scores of all cells: of those that hold the same cells one adds them. `own`
 * (n_own), `all` (cells), `work` (cells * group). */
static void share_score(const sharing *f, int score, const double *own, double *all, double *work) {
    const mec_axis *cells = &f->target.test.cells;
    memset(all, 0, cells->n * sizeof *all);
    for (size_t j = 0; j < f->target.n_own && f->target.sharers->rank == 0; j++)
        all[mec_axis_global(cells, j)] = own[j];
    mec_sum_reals64(f->group, cells->n, all, work);
    for (size_t t = 0; t < f->n_target; t++)
        memcpy(f->targets[t].score[score], all + f->target_columns[t].first,
               f->targets[t].n * sizeof *all);
}

static mec_code score(const sharing *f, mec_status *status) {
    size_t n = f->target.n_own;
    size_t n_cell = n_target_cell(f);
    size_t n_sharer = (size_t)f->target.sharers->size;
    size_t room = 4 * n * (1 + n_sharer) + n_cell * (1 + (size_t)f->group->size);
    double *own[MEC_N_CELL_SCORE] = {0};
    mec_score_sums sums;
    double *work = mec_scratch_take(f->scratch, room, sizeof *work, status);
    for (int k = 0; k < MEC_N_CELL_SCORE; k++)
        if (f->targets[0].score[k])
            own[k] = mec_scratch_take(f->scratch, n, sizeof *own[k], status);
    mec_score_start(&sums, n, f->scratch, status);
    if (mec_agree(f->group, status))
        return status->code;
    if (!f->varies)
        make_states_equal(f, work);
    gather_sums(f, &sums, work, work + 2 * n);
    mec_score_end(&sums, f->problem->n_test, own);
    for (int k = 0; k < MEC_N_CELL_SCORE; k++)
        if (own[k])
            share_score(f, k, own[k], work, work + n_cell);
    return MEC_OK;
}

/* ---- all ---- */

/* A solver that broke down on the numbers has an outcome; the run goes on. */
static void set_outcome(const sharing *f, mec_outcome outcome) {
    for (size_t t = 0; t < f->n_target; t++) {
        const mec_fit_target *target = &f->targets[t];
        memset(target->outcome, outcome, target->n);
        for (int k = 0; k < MEC_N_CELL_SCORE; k++)
            for (size_t j = 0; target->score[k] && outcome == MEC_OUTCOME_FAILED && j < target->n;
                 j++)
                target->score[k][j] = NAN;
    }
}

static mec_code fit_and_score(sharing *f, mec_status *status) {
    read_problem(f, status);
    if (status->code == MEC_OK)
        solve(f, status);
    if (status->code == MEC_INCOMPLETE) {
        *status = (mec_status){0};
        set_outcome(f, MEC_OUTCOME_FAILED);
        return MEC_OK;
    }
    if (status->code == MEC_OK && predict(f, status) == MEC_OK && score(f, status) == MEC_OK)
        set_outcome(f, MEC_OUTCOME_DONE);
    return status->code;
}

mec_code shared_fit_run(const mec_world *group, const fit_plan *plan, const fit_task *task,
                        const mec_problem *problem, const mec_fit_target *targets, size_t n_target,
                        mec_scratch *scratch, mec_status *status) {
    size_t n_cell = problem->source->n_cell;
    size_t shorter = n_cell < problem->n_train ? n_cell : problem->n_train;
    sharing f = {.group = group,
                 .plan = plan,
                 .task = task,
                 .problem = problem,
                 .targets = targets,
                 .n_target = n_target,
                 .scratch = scratch,
                 .turned = is_turned(n_cell, problem->n_train)};
    list_columns(&f, status);
    if (mec_agree(group, status) == MEC_OK &&
        mec_solver_create(group, 0, mec_solver_block(group, shorter), &f.solver, status) ==
            MEC_OK) {
        f.solver.pulse = problem->pulse;
        fit_and_score(&f, status);
    }
    shared_responses_destroy(&f.source);
    shared_responses_destroy(&f.target);
    shared_sheet_destroy(&f.prediction);
    mec_distributed_destroy(&f.x);
    mec_solver_destroy(&f.solver);
    return status->code;
}

/* ---- estimates ---- */

double shared_fit_cost(const mec_map *map, const mec_shape *s) {
    double p = (double)s->n_cell;
    double n = (double)s->n_train;
    double e = (double)s->n_test;
    double m = (double)s->m;
    bool turned = is_turned(s->n_cell, s->n_train);
    double h = turned ? p : n; /* M (h, r), C (h, k) */
    double r = turned ? n : p;
    double k = turned ? e : m;
    double solved = map == &mec_ridge ? h * r * (r / 2 + k) + r * r * (r / 6 + k)
                                      : 2 * h * r * (r / 2 + k) + 20 * r * r * r;
    return solved + (turned ? m * n * e : e * p * m);
}

double shared_fit_memory(const mec_map *map, const mec_shape *s) {
    double p = (double)s->n_cell;
    double n = (double)s->n_train;
    double e = (double)s->n_test;
    double m = (double)s->m;
    bool turned = is_turned(s->n_cell, s->n_train);
    size_t r = turned ? s->n_train : s->n_cell;
    size_t k = turned ? s->n_test : s->m;
    double method =
        map == &mec_ridge ? mec_solve_cholesky_memory(r) : mec_solve_spectral_memory(r, k);
    double source = (double)sizeof(double) * p * (n + e);
    double target = (double)sizeof(double) * m * (n + e);
    double x = (double)sizeof(double) * (double)r * (double)k;
    double prediction = (double)sizeof(double) * m * e;
    if (turned)
        return x + fmax(source + method, target + prediction);
    return x + target + fmax(source + method, (double)sizeof(double) * p * e + prediction);
}
