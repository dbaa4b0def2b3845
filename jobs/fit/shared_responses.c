#include "fit/shared_responses.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "parallel/reduction.h"
#include "storage/slab.h"

/* ---- sheets ---- */

mec_code shared_sheet_create(const mec_solver *solver, bool turned, size_t n_state, size_t n_cell,
                             shared_sheet *sheet, mec_status *status) {
    *sheet = (shared_sheet){0};
    if (mec_distributed_create(solver, turned ? n_cell : n_state, turned ? n_state : n_cell,
                               &sheet->matrix, status))
        return status->code;
    const mec_distributed *m = &sheet->matrix;
    sheet->states = turned ? m->columns : m->rows;
    sheet->cells = turned ? m->rows : m->columns;
    sheet->state_stride = turned ? m->ld : 1;
    sheet->cell_stride = turned ? 1 : m->ld;
    return MEC_OK;
}

void shared_sheet_destroy(shared_sheet *sheet) {
    mec_distributed_destroy(&sheet->matrix);
    *sheet = (shared_sheet){0};
}

/* The numbers of this rank's state `local`. */
static double *state_of(const shared_sheet *s, size_t local) {
    return s->matrix.values + local * s->state_stride;
}

/* ---- reading ---- */

/* Where states stand: train states come first, test states behind them. */
enum { NOWHERE = UINT32_MAX };

typedef struct reading {
    const shared_request *request;
    shared_responses *out;
    uint32_t *place; /* (n_state) */
} reading;

static mec_code find_places(reading *r, mec_status *status) {
    const mec_problem *problem = r->request->problem;
    size_t n_state = r->request->columns[0].population->n_state;
    r->place = mec_alloc(n_state, sizeof *r->place, status);
    if (!r->place)
        return status->code;
    for (size_t i = 0; i < n_state; i++)
        r->place[i] = NOWHERE;
    for (size_t i = 0; i < problem->n_train; i++)
        r->place[problem->train[i]] = (uint32_t)i;
    for (size_t i = 0; i < problem->n_test; i++)
        r->place[problem->test[i]] = (uint32_t)(problem->n_train + i);
    return MEC_OK;
}

/* The sheet that has this state, and which of its states it is; NULL where that is another rank's,
 * or in no sheet. */
static const shared_sheet *sheet_with(const reading *r, size_t state, size_t *index) {
    size_t n_train = r->request->problem->n_train;
    size_t place = r->place[state];
    if (place == NOWHERE)
        return NULL;
    const shared_sheet *s = place < n_train ? &r->out->train : &r->out->test;
    *index = place < n_train ? place : place - n_train;
    return mec_axis_owner(&s->states, *index) == s->states.part ? s : NULL;
}

/* Puts one state's responses of a population, `row`, where they belong. */
static void put_state(const reading *r, size_t state, const shared_columns *c, const double *row) {
    size_t index = 0;
    const shared_sheet *s = sheet_with(r, state, &index);
    if (!s)
        return;
    double *out = state_of(s, mec_axis_local(&s->states, index));
    size_t end = mec_axis_count_before(&s->cells, c->first + c->n);
    for (size_t j = mec_axis_count_before(&s->cells, c->first); j < end; j++) {
        size_t k = mec_axis_global(&s->cells, j) - c->first;
        out[j * s->cell_stride] = row[c->cells ? c->cells[k] : k];
    }
}

static bool wants_any(const reading *r, size_t first, size_t n) {
    size_t index = 0;
    for (size_t i = first; i < first + n; i++)
        if (sheet_with(r, i, &index))
            return true;
    return false;
}

/* The bands of an animal's responses that have a state of this rank. */
static mec_code read_bands(const reading *r, const shared_columns *c, mec_status *status) {
    const shared_request *q = r->request;
    const mec_catalogue *catalogue = q->plan->catalogue;
    const mec_animal *animal = &catalogue->animals[c->population - q->plan->populations];
    mec_slab slab;
    mec_slab_open(catalogue, &catalogue->arenas[q->arena], animal, &slab, status);
    double *band = mec_alloc(mec_slab_most(&slab) * animal->n_cell, sizeof *band, status);
    for (size_t first = 0; first < slab.n_state && status->code == MEC_OK;) {
        size_t n = mec_slab_size(&slab, first);
        if (mec_pulse_stop(q->problem->pulse))
            mec_fail(status, MEC_STOPPED, "stopped on request");
        else if (wants_any(r, first, n) && mec_slab_read(&slab, first, band, status) == MEC_OK)
            for (size_t i = 0; i < n; i++)
                put_state(r, first + i, c, band + i * animal->n_cell);
        first += n;
    }
    free(band);
    mec_slab_close(&slab);
    return status->code;
}

/* A model's responses are in memory, one copy a node. */
static mec_code read_columns(const reading *r, const shared_columns *c, mec_status *status) {
    const mec_population *p = c->population;
    if (!p->resp)
        return read_bands(r, c, status);
    for (size_t i = 0; i < p->n_state; i++)
        put_state(r, i, c, p->resp + i * p->n_cell);
    return MEC_OK;
}

/* ---- what is known of each cell ---- */

/* Ranges, and where `sum` is not NULL sums, over this rank's states. */
static void look_at_cells(const shared_sheet *s, size_t n, double *low, double *high, double *sum) {
    for (size_t j = 0; j < n; j++) {
        low[j] = INFINITY;
        high[j] = -INFINITY;
        if (sum)
            sum[j] = 0;
    }
    for (size_t i = 0; i < mec_axis_count(&s->states); i++) {
        const double *x = state_of(s, i);
        for (size_t j = 0; j < n; j++) {
            double value = x[j * s->cell_stride];
            low[j] = value < low[j] ? value : low[j];
            high[j] = value > high[j] ? value : high[j];
            if (sum)
                sum[j] += value;
        }
    }
}

static void subtract(const shared_sheet *s, size_t n, const double *mean) {
    for (size_t i = 0; i < mec_axis_count(&s->states); i++) {
        double *x = state_of(s, i);
        for (size_t j = 0; j < n; j++)
            x[j * s->cell_stride] -= mean[j];
    }
}

/* A cell of equal responses has exactly those as its mean. */
static mec_code centre(shared_responses *r, bool intercept, bool raw_test, mec_scratch *scratch,
                       mec_status *status) {
    size_t n = r->n_own;
    double *work = mec_scratch_take(scratch, n * (size_t)r->sharers->size, sizeof *work, status);
    r->low = mec_scratch_take(scratch, n, sizeof *r->low, status);
    r->high = mec_scratch_take(scratch, n, sizeof *r->high, status);
    r->mean = mec_scratch_take(scratch, n, sizeof *r->mean, status);
    if (mec_agree(r->solver->world, status))
        return status->code;
    look_at_cells(&r->train, n, r->low, r->high, r->mean);
    mec_range_reals64(r->sharers, n, r->low, r->high);
    mec_sum_reals64(r->sharers, n, r->mean, work);
    for (size_t j = 0; j < n; j++) {
        double mean = r->mean[j] / (double)r->train.states.n;
        r->mean[j] = !intercept ? 0 : r->low[j] == r->high[j] ? r->low[j] : mean;
    }
    subtract(&r->train, n, r->mean);
    if (!raw_test)
        subtract(&r->test, n, r->mean);
    return MEC_OK;
}

mec_code shared_responses_read(const shared_request *request, bool raw_test,
                               shared_responses *responses, mec_scratch *scratch,
                               mec_status *status) {
    const shared_columns *last = &request->columns[request->n_column - 1];
    size_t n_cell = last->first + last->n;
    reading r = {.request = request, .out = responses};
    *responses = (shared_responses){.solver = request->solver,
                                    .sharers = request->turned ? &request->solver->row
                                                               : &request->solver->column};
    find_places(&r, status);
    if (mec_agree(request->solver->world, status) == MEC_OK &&
        shared_sheet_create(request->solver, request->turned, request->problem->n_train,
                            n_cell + request->spare, &responses->train, status) == MEC_OK &&
        shared_sheet_create(request->solver, request->turned, request->problem->n_test,
                            n_cell + request->spare, &responses->test, status) == MEC_OK) {
        responses->n_own = mec_axis_count_before(&responses->train.cells, n_cell);
        for (size_t k = 0; k < request->n_column && status->code == MEC_OK; k++)
            read_columns(&r, &request->columns[k], status);
        if (mec_agree(request->solver->world, status) == MEC_OK)
            centre(responses, request->problem->parameters->fit_intercept, raw_test, scratch,
                   status);
    }
    free(r.place);
    return status->code;
}

void shared_responses_destroy(shared_responses *responses) {
    shared_sheet_destroy(&responses->train);
    shared_sheet_destroy(&responses->test);
    *responses = (shared_responses){0};
}

mec_code shared_responses_vary(const shared_responses *r, bool centred, bool *varies,
                               mec_scratch *scratch, mec_status *status) {
    size_t n = r->n_own;
    double *low = mec_scratch_take(scratch, n, sizeof *low, status);
    double *high = mec_scratch_take(scratch, n, sizeof *high, status);
    if (mec_agree(r->solver->world, status))
        return status->code;
    look_at_cells(&r->test, n, low, high, NULL);
    mec_range_reals64(r->sharers, n, low, high);
    double any[2] = {0, 0}; /* of all ranks: no, yes */
    for (size_t j = 0; j < n; j++) {
        bool has_weight = r->low[j] < r->high[j] || (!centred && r->low[j] != 0);
        any[1] = has_weight && low[j] < high[j] ? 1 : any[1];
    }
    mec_range_reals64(r->solver->world, 1, &any[0], &any[1]);
    *varies = any[1] > 0;
    return MEC_OK;
}

mec_code shared_responses_set_spare(shared_responses *r, mec_status *status) {
    const shared_sheet *s = &r->train;
    const mec_world *world = r->solver->world;
    double squares = 0;
    double *work = mec_alloc((size_t)world->size, sizeof *work, status);
    if (mec_agree(world, status) == MEC_OK) {
        for (size_t i = 0; i < mec_axis_count(&s->states); i++)
            for (size_t j = 0; j < r->n_own; j++)
                squares += pow(state_of(s, i)[j * s->cell_stride], 2);
        mec_sum_reals64(world, 1, &squares, work);
        for (size_t i = 0; i < mec_axis_count(&s->states); i++)
            for (size_t j = r->n_own; j < mec_axis_count(&s->cells); j++)
                state_of(s, i)[j * s->cell_stride] = sqrt(squares) / (double)s->states.n;
    }
    free(work);
    return status->code;
}
