#include "maps/elastic_net.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "maps/elastic_net_solver.h"
#include "numerics/linalg.h"
#include "numerics/soft.h"

/* A gap below this part of the objective, or a few hundred eps ||y||^2, is rounding: the method
 * that left it is done. */
static const double GOOD_GAP = 1e-11;
static const double GOOD_GAP_OF_SCALE = 256 * DBL_EPSILON;

/* A larger lam1 / lam2, as a part of the largest weight that a column alone would get, makes the
 * problem a lasso for every purpose of arithmetic: Newton's method does not apply. */
static const double LARGEST_KAPPA = 1e8;

/* How often the homotopy may try, and the part of lam1 by which it shakes the bounds more each
 * time.
 */
enum { HOMOTOPIES = 4 };
static const double SHAKE = 1e-9;

/* A good start needs a handful of Newton's steps; where this many do not end, a detour helps more.
 */
enum { FEW_STEPS = 30 };

/* By how much the penalty weakens from one rung of Newton's ladder to the next. */
static const double LADDER_STEP = 4;

static size_t capacity_of(size_t n, size_t p) {
    size_t most = n < 32 ? 64 : 2 * n;
    return p < most ? (p > n ? p : n) : most;
}

static mec_code decompose(mec_net_design *d, mec_scratch *scratch, mec_status *status) {
    size_t rank = d->p < d->n ? d->p : d->n;
    double *x = mec_scratch_take(scratch, d->n * d->p, sizeof *x, status);
    double *u = mec_scratch_take(scratch, d->n * rank, sizeof *u, status);
    double *singular = mec_scratch_take(scratch, rank, sizeof *singular, status);
    double *right = mec_scratch_take(scratch, rank * d->p, sizeof *right, status);
    if (!x || !u || !singular || !right)
        return status->code;
    for (size_t j = 0; j < d->p; j++)
        for (size_t i = 0; i < d->n; i++)
            x[i * d->p + j] = d->columns[j * d->n + i];
    if (mec_svd(d->n, d->p, x, d->p, u, singular, right, status))
        return status->code;
    double cut = (double)(d->p > d->n ? d->p : d->n) * DBL_EPSILON * singular[0];
    while (d->rank < rank && singular[d->rank] > cut)
        d->rank++;
    for (size_t i = 0; i < d->n; i++)
        memmove(u + i * d->rank, u + i * rank, d->rank * sizeof *u);
    d->basis = u;
    d->singular = singular;
    d->right = right;
    return MEC_OK;
}

typedef struct keyed {
    double key;
    size_t index;
} keyed;

static int compare_keyed(const void *left, const void *right) {
    const keyed *a = left;
    const keyed *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Which columns are equal to one before them: equal columns have equal squares, to the bit. */
static uint8_t *mark_repeats(const mec_net_design *d, mec_scratch *scratch, mec_status *status) {
    uint8_t *repeats = mec_scratch_take(scratch, d->p, 1, status);
    keyed *order = mec_scratch_take(scratch, d->p, sizeof *order, status);
    if (!repeats || !order)
        return NULL;
    memset(repeats, 0, d->p);
    for (size_t j = 0; j < d->p; j++)
        order[j] = (keyed){d->square[j], j};
    qsort(order, d->p, sizeof *order, compare_keyed);
    for (size_t j = 1; j < d->p; j++)
        for (size_t k = j; k-- > 0 && order[k].key == order[j].key && !repeats[order[j].index];)
            repeats[order[j].index] =
                memcmp(d->columns + order[j].index * d->n, d->columns + order[k].index * d->n,
                       d->n * sizeof *d->columns) == 0;
    return repeats;
}

/* The whole of X'X. */
static double *make_gram(const mec_net_design *d, mec_scratch *scratch, mec_status *status) {
    double *gram = mec_scratch_take(scratch, d->p * d->p, sizeof *gram, status);
    if (gram)
        mec_multiply_transposed(d->p, d->p, d->n, d->columns, d->n, d->columns, d->n, 0.0, gram,
                                d->p);
    return gram;
}

mec_code mec_net_prepare(const double *columns, size_t n, size_t p, bool centred,
                         bool least_squares, mec_net_design *design, mec_scratch *scratch,
                         mec_status *status) {
    *design = (mec_net_design){
        .n = n, .p = p, .rank_bound = centred && n > 0 ? n - 1 : n, .columns = columns};
    double *square = mec_scratch_take(scratch, p, sizeof *square, status);
    if (!square)
        return status->code;
    for (size_t j = 0; j < p; j++) {
        square[j] = mec_dot(n, columns + j * n, columns + j * n);
        design->largest_square = fmax(design->largest_square, square[j]);
    }
    design->square = square;
    design->repeats = mark_repeats(design, scratch, status);
    if (status->code == MEC_OK && p <= MEC_NET_GRAM)
        design->gram = make_gram(design, scratch, status);
    if (status->code == MEC_OK && least_squares)
        decompose(design, scratch, status);
    return status->code;
}

mec_net_workspace *mec_net_workspace_take(size_t n, size_t p, mec_scratch *scratch,
                                          mec_status *status) {
    mec_net_workspace *w = mec_scratch_take(scratch, 1, sizeof *w, status);
    if (!w)
        return NULL;
    size_t capacity = capacity_of(n, p);
    *w = (mec_net_workspace){.n = n, .p = p, .capacity = capacity};
    double **of_p[] = {&w->sign,  &w->weight,    &w->solution, &w->work_a,
                       &w->dual,  &w->next_dual, &w->primal,   &w->next_primal,
                       &w->slack, &w->drift,     &w->bound,    &w->best_value};
    double **of_n[] = {&w->residual, &w->work_n};
    uint32_t **lists[] = {&w->active, &w->factored, &w->other, &w->best_index};
    for (size_t k = 0; k < sizeof of_p / sizeof *of_p; k++)
        *of_p[k] = mec_scratch_take(scratch, p + 1, sizeof(double), status);
    for (size_t k = 0; k < sizeof of_n / sizeof *of_n; k++)
        *of_n[k] = mec_scratch_take(scratch, n + 1, sizeof(double), status);
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
        *lists[k] = mec_scratch_take(scratch, p + 1, sizeof(uint32_t), status);
    w->in_kernel = mec_scratch_take(scratch, p + 1, 1, status);
    w->in_set = mec_scratch_take(scratch, p + 1, 1, status);
    w->factor = mec_scratch_take(scratch, capacity * capacity, sizeof(double), status);
    w->kernel = mec_scratch_take(scratch, n * n, sizeof(double), status);
    w->columns_a = mec_scratch_take(scratch, p * n, sizeof(double), status);
    w->updates.along = mec_scratch_take(scratch, MEC_NET_UPDATES * n, sizeof(double), status);
    w->certify = mec_scratch_take(scratch, p + n, sizeof(double), status);
    if (status->code != MEC_OK)
        return NULL;
    mec_net_workspace_forget(w);
    return w;
}

void mec_net_workspace_forget(mec_net_workspace *workspace) {
    workspace->kind = MEC_NET_NO_FACTOR;
    workspace->n_in_kernel = workspace->kernel_changes = 0;
    memset(workspace->in_kernel, 0, workspace->p);
}

mec_code mec_net_weights_take(size_t p, mec_net_weights *weights, mec_scratch *scratch,
                              mec_status *status) {
    *weights = (mec_net_weights){
        .n = 0,
        .index = mec_scratch_take(scratch, p + 1, sizeof *weights->index, status),
        .value = mec_scratch_take(scratch, p + 1, sizeof *weights->value, status)};
    return status->code;
}

double mec_net_memory(size_t n, size_t p) {
    double capacity = (double)capacity_of(n, p);
    double gram = p <= MEC_NET_GRAM ? (double)p * (double)p : 0;
    return sizeof(double) * (gram + (double)p * ((double)n + 16) + capacity * capacity +
                             (double)n * ((double)n + MEC_NET_UPDATES));
}

static mec_net_problem problem_of(const mec_net_design *design, const mec_net_target *target,
                                  const mec_net_penalty *penalty) {
    return (mec_net_problem){.n = design->n,
                             .p = design->p,
                             .columns = design->columns,
                             .y = target->y,
                             .lam1 = penalty->lam1,
                             .lam2 = penalty->lam2,
                             .positive = penalty->positive,
                             .basis = design->basis,
                             .n_basis = design->rank};
}

mec_certified mec_net_certify(const mec_net_design *design, const mec_net_target *target,
                              const mec_net_penalty *penalty, const mec_net_weights *weights,
                              double *work) {
    mec_net_problem problem = problem_of(design, target, penalty);
    return mec_certificate_find(&problem, weights, work);
}

mec_certified mec_net_judge(const mec_net_design *design, const mec_net_target *target,
                            const mec_net_penalty *penalty, const mec_net_weights *weights,
                            double enough, double *products) {
    mec_net_problem problem = problem_of(design, target, penalty);
    return mec_certificate_judge(&problem, weights, enough, products);
}

static void load(const mec_net_state *s, const mec_net_weights *weights) {
    mec_net_workspace *space = s->space;
    space->n_active = weights->n;
    for (size_t k = 0; k < weights->n; k++) {
        space->active[k] = weights->index[k];
        space->weight[k] = weights->value[k];
        space->sign[k] = weights->value[k] < 0 ? -1 : 1;
    }
}

/* The weights found, without those that rounding left on the wrong side of zero; certified. */
static mec_certified store(const mec_net_state *s, mec_net_weights *weights) {
    const mec_net_workspace *space = s->space;
    weights->n = 0;
    for (size_t k = 0; k < space->n_active; k++)
        if (space->sign[k] * space->weight[k] > 0) {
            weights->index[weights->n] = space->active[k];
            weights->value[weights->n++] = space->weight[k];
        }
    return mec_net_certify(s->design, s->target, &s->penalty, weights, space->certify);
}

/* The least squares solution of least norm. */
static mec_certified least_squares(const mec_net_state *s, mec_net_weights *weights) {
    const mec_net_design *d = s->design;
    mec_net_workspace *space = s->space;
    memset(space->weight, 0, d->p * sizeof *space->weight);
    for (size_t k = 0; k < d->rank; k++) {
        double along = 0;
        for (size_t i = 0; i < d->n; i++)
            along += d->basis[i * d->rank + k] * s->target->y[i];
        mec_add_multiple(d->p, along / d->singular[k], d->right + k * d->p, space->weight);
    }
    space->n_active = d->p;
    for (size_t j = 0; j < d->p; j++) {
        space->active[j] = (uint32_t)j;
        space->sign[j] = space->weight[j] < 0 ? -1 : 1;
    }
    return store(s, weights);
}

/* Weights set aside while other methods are tried. */
static void keep_best(mec_net_workspace *space, const mec_net_weights *weights) {
    space->n_best = weights->n;
    memcpy(space->best_index, weights->index, weights->n * sizeof *weights->index);
    memcpy(space->best_value, weights->value, weights->n * sizeof *weights->value);
}

static void load_best(const mec_net_workspace *space, mec_net_weights *weights) {
    weights->n = space->n_best;
    memcpy(weights->index, space->best_index, weights->n * sizeof *weights->index);
    memcpy(weights->value, space->best_value, weights->n * sizeof *weights->value);
}

bool mec_net_is_good(const mec_certified *c) {
    return c->gap <= fmax(GOOD_GAP * c->objective, GOOD_GAP_OF_SCALE * c->scale);
}

/* Whether Newton's method applies. */
static bool has_dual(const mec_net_state *s) {
    return s->penalty.lam2 > 0 && s->penalty.lam1 * s->design->largest_square <=
                                      LARGEST_KAPPA * s->penalty.lam2 * s->largest_xy;
}

/* Whether the path from nothing has so few columns on it that it takes less than Newton's method
 * from nothing: where lam1 / lam2 is above the largest weight that a column alone would get. */
static bool has_short_path(const mec_net_state *s) {
    return s->penalty.lam1 * s->design->largest_square >= s->penalty.lam2 * s->largest_xy;
}

/* As many of Newton's steps as an end may be away, and more. Where the weights all but interpolate
 * y, as they do one value that differs from all others, psi falls along narrow valleys: the active
 * set grows to the rank of X and falls back over and over, and psi falls each time. */
static size_t many_steps(const mec_net_state *s) {
    return 20 * (s->design->n + s->design->p) + 100;
}

/* Newton's method, true where it ended; where it does not do so soon, down a ladder of weaker and
 * weaker penalties, each solution the guess of the next, to the last of which it is given its time.
 */
static bool newton(mec_net_state *s) {
    mec_net_penalty wanted = s->penalty;
    bool done = mec_net_newton(s, FEW_STEPS);
    s->expected = s->products = NULL; /* the point at hand knows better now */
    if (done)
        return true;
    double factor = s->largest_xy / fmax(wanted.lam1, wanted.lam2);
    s->space->n_active = 0;
    while (factor > LADDER_STEP && isfinite(factor)) { /* infinite: next to no penalty */
        s->penalty.lam1 = factor * wanted.lam1;
        s->penalty.lam2 = factor * wanted.lam2;
        mec_net_newton(s, FEW_STEPS);
        factor /= LADDER_STEP;
    }
    s->penalty = wanted;
    return mec_net_newton(s, many_steps(s));
}

/* Weights at hand after a method, and the best so far. */
typedef struct trial {
    const mec_net_state *state;
    mec_net_weights *weights;
    mec_certified found, best;
} trial;

/* Judges what a method left; true where it is good. Else it is set aside if it is the best. */
static bool is_done(trial *t) {
    t->found = store(t->state, t->weights);
    if (mec_net_is_good(&t->found))
        return true;
    if (t->found.gap < t->best.gap) {
        t->best = t->found;
        keep_best(t->state->space, t->weights);
    }
    return false;
}

/* Judges what Newton's method left, whether consistent or not; where that is not good because of
 * rounding, once more after a step of refinement, which few solutions need. */
static bool newton_is_done(trial *t, bool consistent) {
    if (is_done(t))
        return true;
    if (!consistent)
        return false;
    mec_net_newton_refine(t->state);
    return is_done(t);
}

/* The methods in turn until one has a good solution, each from where the one before ended, from the
 * second homotopy on with ties broken; else the best that was met. */
static mec_certified search(mec_net_state *s, mec_net_weights *weights) {
    trial t = {.state = s, .weights = weights, .best = {.gap = INFINITY}};
    bool dual = has_dual(s);
    load(s, weights);
    if (weights->n == 0 && has_short_path(s)) {
        mec_net_homotopy(s, 0);
        if (is_done(&t))
            return t.found;
    }
    if (dual && s->expected) {
        if (mec_net_exchange(s) && is_done(&t))
            return t.found;
        load(s, weights);
    }
    if (dual && newton_is_done(&t, newton(s)))
        return t.found;
    for (int i = 0; i < HOMOTOPIES; i++) {
        mec_net_homotopy(s, i * SHAKE);
        if (is_done(&t))
            return t.found;
        if (dual && mec_net_newton(s, FEW_STEPS) && newton_is_done(&t, true))
            return t.found;
    }
    if (isinf(t.best.gap))
        return t.found;
    load_best(s->space, weights);
    return mec_net_certify(s->design, s->target, &s->penalty, weights, s->space->certify);
}

const double *mec_net_last_products(const mec_net_workspace *workspace) {
    return workspace->certify;
}

double mec_net_largest_product(const mec_net_design *design, const mec_net_target *target,
                               bool positive) {
    return mec_soft_largest(design->p, target->xy, positive ? 1 : -1);
}

mec_certified mec_net_solve_near(const mec_net_design *design, const mec_net_target *target,
                                 const mec_net_penalty *penalty, const double *expected,
                                 const double *products, mec_net_workspace *workspace,
                                 mec_net_weights *weights) {
    mec_net_state s = {.design = design,
                       .target = target,
                       .penalty = *penalty,
                       .space = workspace,
                       .largest_xy = mec_net_largest_product(design, target, penalty->positive),
                       .expected = expected,
                       .products = products};
    if (s.largest_xy <= penalty->lam1) {
        workspace->n_active = 0;
        return store(&s, weights);
    }
    if (penalty->lam1 == 0 && penalty->lam2 == 0 && !penalty->positive)
        return least_squares(&s, weights);
    return search(&s, weights);
}

mec_certified mec_net_solve(const mec_net_design *design, const mec_net_target *target,
                            const mec_net_penalty *penalty, mec_net_workspace *workspace,
                            mec_net_weights *weights) {
    return mec_net_solve_near(design, target, penalty, NULL, NULL, workspace, weights);
}
