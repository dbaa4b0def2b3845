/* Responses of cells on the train and test states of a split, dealt out to the ranks of a group as
 * the solver wants its matrices (parallel/linear_solver.h): read band by band straight into their
 * places, so that no rank ever holds them whole, and centred on the train states.
 *
 * The matrices are states x cells or, turned, cells x states; a rank's cells are the same in both
 * of them. Functions are collective over the solver's ranks unless they say otherwise. */
#ifndef MEC_JOBS_SHARED_RESPONSES_H
#define MEC_JOBS_SHARED_RESPONSES_H

#include "fit/fit_plan.h"
#include "parallel/linear_solver.h"

/* A matrix of one number a state and cell, seen as states x cells whichever way it lies. */
typedef struct shared_sheet {
    mec_distributed matrix;
    mec_axis states, cells;
    size_t state_stride, cell_stride; /* in this rank's part of the matrix */
} shared_sheet;

mec_code shared_sheet_create(const mec_solver *solver, bool turned, size_t n_state, size_t n_cell,
                             shared_sheet *sheet, mec_status *status);

/* Local; a zeroed sheet is ignored. */
void shared_sheet_destroy(shared_sheet *sheet);

/* Some cells of a population, as columns [first, first + n) of a sheet. */
typedef struct shared_columns {
    const mec_population *population;
    const uint32_t *cells; /* (n); NULL: all of them */
    size_t n, first;
} shared_columns;

typedef struct shared_responses {
    const mec_solver *solver;
    const mec_world *sharers; /* the ranks that hold the same cells on other states */
    shared_sheet train, test;
    size_t n_own;              /* this rank's cells, a spare one not counted */
    double *low, *high, *mean; /* (n_own) of the train states; mean: what was subtracted */
} shared_responses;

/* Whose responses on which states. */
typedef struct shared_request {
    const mec_solver *solver;
    const fit_plan *plan;
    size_t arena;
    const mec_problem *problem;    /* its states and its pulse count */
    const shared_columns *columns; /* (n_column) one behind another */
    size_t n_column;
    bool turned;
    bool spare; /* one more cell, the last, whose responses are 0 */
} shared_request;

/* Reads them, and subtracts from each cell its mean on the train states where the problem's
 * parameters say fit_intercept: from both sheets, or with `raw_test` from the train states alone.
 * What is needed beside the sheets comes from `scratch`. The status is agreed. */
mec_code shared_responses_read(const shared_request *request, bool raw_test,
                               shared_responses *responses, mec_scratch *scratch,
                               mec_status *status);

/* Local; zeroed ones are ignored. */
void shared_responses_destroy(shared_responses *responses);

/* As mec_source_varies, of these responses. `*varies` is agreed, as the status is. */
mec_code shared_responses_vary(const shared_responses *responses, bool centred, bool *varies,
                               mec_scratch *scratch, mec_status *status);

/* Sets the spare cell to the same value on all train states. With inner products of the cells this
 * gives constants, which have none, an eigenvalue in the middle of the others: the condition number
 * then tells only of what matters (see mec_design_lift_constants). */
mec_code shared_responses_set_spare(shared_responses *responses, mec_status *status);

#endif
