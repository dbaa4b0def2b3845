/* A path of exact solutions from any weights to the solution.
 *
 * Any w with active set A and signs s solves the problem in which X'y is replaced by
 *     c~_A = (H w)_A + lam1 s_A,    |c~_j - (H w)_j| <= lam1 elsewhere,    H = X'X + lam2 I.
 * As c moves from c~ to X'y along a line, the solution moves along straight pieces: `slack` g = c -
 * H w is lam1 s on A and between -lam1 and lam1 elsewhere. A piece ends where a weight reaches zero
 * and leaves, or a slack reaches its bound and enters. From w = 0 this is the path of the lasso;
 * from the solution of a neighbouring problem it has about as many pieces as active sets differ.
 *
 * A column that depends on the active ones (lam2 = 0) enters in exchange for one of them: along the
 * combination that leaves X w unchanged nothing but the weights moves, until one of them is zero.
 */
#include "maps/elastic_net_solver.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "numerics/cholesky.h"
#include "numerics/linalg.h"

/* A column whose squared distance from the active ones' span is below this part of its square
 * depends on them: beyond it the factor holds rounding. */
static const double DEPENDENT = 1e-11;

/* A lam2 below this part of the largest square is left out of the path: it would be lost in the
 * factor where columns depend on each other. */
static const double LEAST_LAM2 = 1e-9;

/* What rounding makes of a slack that stands still, as a part of the largest correlation. */
static const double SLACK_NOISE = 64 * DBL_EPSILON;

static bool enter(const mec_net_state *s, size_t j, double sign) {
    mec_net_workspace *space = s->space;
    size_t m = space->n_active;
    double *row = space->factor + m * space->capacity;
    double square = s->design->square[j] + s->penalty.lam2;
    if (m == space->capacity)
        return false;
    mec_net_gram_column(s, j, row);
    mec_lower_solve_vector(m, space->factor, space->capacity, row);
    double pivot = square - mec_dot(m, row, row);
    if (pivot <= DEPENDENT * square)
        return false;
    row[m] = sqrt(pivot);
    space->active[m] = space->factored[m] = (uint32_t)j;
    space->sign[m] = sign;
    space->weight[m] = 0;
    space->n_active = space->n_factored = space->factor_size = m + 1;
    return true;
}

/* Takes the k-th column out of the active set and the factor (Givens rotations). */
static void leave(const mec_net_state *s, size_t k) {
    mec_net_workspace *space = s->space;
    size_t m = --space->n_active;
    size_t ld = space->capacity;
    double *l = space->factor;
    size_t rest = m - k;
    memmove(space->active + k, space->active + k + 1, rest * sizeof *space->active);
    memmove(space->factored + k, space->factored + k + 1, rest * sizeof *space->factored);
    memmove(space->sign + k, space->sign + k + 1, rest * sizeof *space->sign);
    memmove(space->weight + k, space->weight + k + 1, rest * sizeof *space->weight);
    for (size_t i = k; i < m; i++)
        memcpy(l + i * ld, l + (i + 1) * ld, (i + 2) * sizeof *l);
    for (size_t i = k; i < m; i++) {
        double a = l[i * ld + i];
        double b = l[i * ld + i + 1];
        double length = hypot(a, b);
        double c = a / length;
        double d = b / length;
        for (size_t r = i; r < m; r++) {
            double *row = l + r * ld + i;
            double left = row[0];
            row[0] = c * left + d * row[1];
            row[1] = c * row[1] - d * left;
        }
    }
    space->n_factored = space->factor_size = m;
}

/* The active set without weights of a wrong sign and columns that may have none, and its factor;
 * columns that depend on others are let go. */
static void start_factor(const mec_net_state *s) {
    mec_net_workspace *space = s->space;
    size_t m = 0;
    for (size_t k = 0; k < space->n_active; k++) {
        if (space->sign[k] * space->weight[k] <= 0 || m == space->capacity ||
            isinf(space->bound[space->active[k]]))
            continue;
        space->active[m] = space->active[k];
        space->sign[m] = space->sign[k];
        space->weight[m++] = space->weight[k];
    }
    space->n_active = m;
    if (mec_net_factor_gram(s)) {
        size_t k = 0;
        while (k < m &&
               space->factor[k * space->capacity + k] * space->factor[k * space->capacity + k] >
                   DEPENDENT * s->design->square[space->active[k]])
            k++;
        if (k == m)
            return;
    }
    memcpy(space->other, space->active, m * sizeof *space->other);
    memcpy(space->solution, space->weight, m * sizeof *space->solution);
    space->kind = MEC_NET_GRAM_FACTOR;
    space->factor_lam2 = s->penalty.lam2;
    space->n_active = space->n_factored = space->factor_size = 0;
    for (size_t k = 0; k < m; k++)
        if (enter(s, space->other[k], space->solution[k] < 0 ? -1 : 1))
            space->weight[space->n_active - 1] = space->solution[k];
}

/* The slacks of the weights at hand for c = X'y, then the line of c~: `drift` (p) is X'y - c~, of
 * which the slacks give way so that all bounds hold. */
static void start_path(const mec_net_state *s) {
    mec_net_workspace *space = s->space;
    size_t p = s->design->p;
    double excess = 1;
    double shift = 0;
    memcpy(space->slack, s->target->xy, p * sizeof *space->slack);
    mec_net_subtract_products(s, space->active, space->n_active, space->weight, space->slack);
    for (size_t k = 0; k < space->n_active; k++) {
        size_t j = space->active[k];
        double g = space->slack[j] - s->penalty.lam2 * space->weight[k];
        space->slack[j] = space->sign[k] * space->bound[j];
        space->drift[j] = g - space->slack[j];
        space->in_set[j] = 1;
    }
    for (size_t j = 0; j < p; j++)
        if (!space->in_set[j] && s->penalty.positive)
            shift = fmax(shift, space->slack[j] - space->bound[j]);
        else if (!space->in_set[j])
            excess = fmax(excess, fabs(space->slack[j]) / space->bound[j]);
    for (size_t j = 0; j < p; j++) {
        if (space->in_set[j])
            continue;
        double g = space->slack[j];
        space->slack[j] = s->penalty.positive ? g - shift : g / excess;
        space->drift[j] = g - space->slack[j];
    }
}

/* How a piece of the path ends. */
typedef struct event {
    double length;
    size_t leaving;  /* place in the active set, or SIZE_MAX */
    size_t entering; /* column, or SIZE_MAX */
    double sign;
} event;

/* The direction of the weights (`solution`) and of the slacks (`next_dual`) per unit of the path;
 * those of active columns stay at their bounds. */
static void find_direction(const mec_net_state *s) {
    mec_net_workspace *space = s->space;
    for (size_t k = 0; k < space->n_active; k++)
        space->solution[k] = space->drift[space->active[k]];
    mec_net_apply_inverse(space, space->solution);
    memcpy(space->next_dual, space->drift, s->design->p * sizeof *space->next_dual);
    mec_net_subtract_products(s, space->active, space->n_active, space->solution, space->next_dual);
    for (size_t k = 0; k < space->n_active; k++)
        space->next_dual[space->active[k]] = 0;
}

/* The first event within `length`. A column that has just left (`last`) moves away from the bound
 * it left at; slacks that move by no more than rounding (columns that depend on active ones) stay.
 */
static event find_event(const mec_net_state *s, double length, size_t last, double last_sign) {
    const mec_net_workspace *space = s->space;
    double noise = SLACK_NOISE * s->largest_xy;
    event e = {length, SIZE_MAX, SIZE_MAX, 0};
    for (size_t k = 0; k < space->n_active; k++) {
        if (space->sign[k] * space->solution[k] >= 0)
            continue;
        double h = fmax(-space->weight[k] / space->solution[k], 0);
        if (h < e.length)
            e = (event){h, k, SIZE_MAX, 0};
    }
    for (size_t j = 0; j < s->design->p; j++) {
        double rate = space->next_dual[j];
        double sign = copysign(1, rate);
        double room = space->bound[j] - sign * space->slack[j];
        if (room >= e.length * fabs(rate)) /* most: no division */
            continue;
        if (fabs(rate) * length <= noise || (sign < 0 && s->penalty.positive) ||
            (j == last && sign == last_sign))
            continue;
        e = (event){fmax(room / fabs(rate), 0), SIZE_MAX, j, sign};
    }
    return e;
}

static void follow(const mec_net_state *s, double length) {
    mec_net_workspace *space = s->space;
    for (size_t k = 0; k < space->n_active; k++)
        space->weight[k] += length * space->solution[k];
    for (size_t j = 0; j < s->design->p; j++)
        space->slack[j] += length * space->next_dual[j];
}

static void take_out(const mec_net_state *s, size_t k) {
    mec_net_workspace *space = s->space;
    size_t j = space->active[k];
    space->in_set[j] = 0;
    space->slack[j] = space->sign[k] * space->bound[j];
    leave(s, k);
}

/* Lets a column in that depends on the active ones, in exchange for one of them; false where none
 * stands in its way, so that it need not come in at all. */
static bool exchange(const mec_net_state *s, size_t j, double sign) {
    mec_net_workspace *space = s->space;
    double *z = space->solution;
    double least = INFINITY;
    size_t leaving = SIZE_MAX;
    mec_net_gram_column(s, j, z);
    mec_net_apply_inverse(space, z);
    for (size_t k = 0; k < space->n_active; k++) {
        double rate = -sign * z[k];
        if (space->sign[k] * rate < 0 && fabs(space->weight[k]) / fabs(rate) < least &&
            fabs(rate) > 1e-9) {
            least = fabs(space->weight[k]) / fabs(rate);
            leaving = k;
        }
    }
    if (leaving == SIZE_MAX)
        return false;
    for (size_t k = 0; k < space->n_active; k++)
        space->weight[k] -= least * sign * z[k];
    take_out(s, leaving);
    if (!enter(s, j, sign))
        return false;
    space->weight[space->n_active - 1] = least * sign;
    space->in_set[j] = 1;
    return true;
}

/* Columns that nothing holds back and that are not needed are barred from entering by a bound out
 * of reach. */
static void let_in(const mec_net_state *s, size_t j, double sign) {
    mec_net_workspace *space = s->space;
    if (enter(s, j, sign))
        space->in_set[j] = 1;
    else if (!exchange(s, j, sign))
        space->bound[j] = INFINITY;
}

/* The bounds of the slacks. Of equal columns only the first may have a weight where lam2 is 0: the
 * objective does not tell them apart. */
static void set_bounds(const mec_net_state *s, double shake) {
    uint32_t state = 12345;
    for (size_t j = 0; j < s->design->p; j++) {
        state = state * 1664525U + 1013904223U;
        s->space->bound[j] = s->design->repeats[j] && s->penalty.lam2 == 0
                                 ? INFINITY
                                 : s->penalty.lam1 * (1 + shake * (double)state * 0x1p-32);
    }
    memset(s->space->in_set, 0, s->design->p);
}

/* Follows the path to its end; false where it does not come there. */
static bool follow_path(const mec_net_state *s) {
    mec_net_workspace *space = s->space;
    size_t most = 20 * (s->design->n + s->design->p) + 100;
    double left = 1;
    size_t last = SIZE_MAX;
    double last_sign = 0;
    for (size_t i = 0; i < most; i++) {
        find_direction(s);
        event e = find_event(s, left, last, last_sign);
        follow(s, e.length);
        left -= e.length;
        last = SIZE_MAX;
        if (e.leaving != SIZE_MAX) {
            last = space->active[e.leaving];
            last_sign = space->sign[e.leaving];
            take_out(s, e.leaving);
        } else if (e.entering != SIZE_MAX) {
            let_in(s, e.entering, e.sign);
        } else {
            return true;
        }
    }
    return false;
}

bool mec_net_homotopy(const mec_net_state *s, double shake) {
    mec_net_state path = *s;
    if (s->penalty.lam2 < LEAST_LAM2 * s->design->largest_square)
        path.penalty.lam2 = 0;
    set_bounds(&path, shake);
    start_factor(&path);
    start_path(&path);
    bool ended = follow_path(&path);
    /* The true penalty's system, for the weights of the active set found. */
    if (path.penalty.lam2 != s->penalty.lam2 && !mec_net_factor_gram(s))
        return false;
    for (int i = 0; i < 2 && s->space->n_active > 0; i++)
        mec_net_refine(s);
    return ended;
}
