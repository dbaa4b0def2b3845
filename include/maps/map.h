/* Linear maps from a source population to target cells, under one interface.
 *
 * A regression type is one file in src/maps that fills a mec_map, and one row in MEC_REGRESSIONS.
 * Fitting is cut in two, because many targets share a source: `prepare` does whatever depends on
 * the source and the split alone, `predict` then serves any number of targets. Names, parameters
 * and objectives are scikit-learn's. */
#ifndef MEC_MAPS_MAP_H
#define MEC_MAPS_MAP_H

#include "base/pulse.h"
#include "base/scratch.h"
#include "base/settings.h"
#include "maps/population.h"

/* When a fit that has a duality gap is accepted: see maps/certificate.h. */
typedef enum mec_certificate { MEC_CERTIFICATE_SKLEARN, MEC_CERTIFICATE_OBJECTIVE } mec_certificate;

/* Every parameter of every map, by scikit-learn's names. Reals that are NaN and counts that are
 * MEC_AUTO take the map's own default. */
typedef struct mec_map_parameters {
    double alpha;
    mec_reals alphas;   /* of the CV types; n = 0: the type's own */
    mec_reals l1_ratio; /* one value; several for ElasticNetCV */
    bool fit_intercept, positive;
    double tol;
    int64_t max_iter;
    int certificate; /* mec_certificate */
    int64_t n_alphas, cv;
    double eps;                                  /* of the CV types: smallest alpha over largest */
    double alpha_1, alpha_2, lambda_1, lambda_2; /* of BayesianRidge: gamma priors */
    int64_t n_components;                        /* of pls; MEC_AUTO: not given */
    bool scale, fit_per_target_unit;
    double percentile; /* of corr */
    bool identity;
    int regression; /* the type, for mec_map_at; of corr without identity: fitted on those kept */
} mec_map_parameters;

/* One source and one split of its states. */
typedef struct mec_problem {
    const mec_source *source;
    const uint32_t *train; /* (n_train) states; all finite in the source and the targets */
    const uint32_t *test;  /* (n_test) */
    size_t n_train, n_test;
    const mec_map_parameters *parameters;
    const mec_pulse *pulse; /* maps that take long give it a beat now and then; may be NULL */
} mec_problem;

/* The sizes of a problem, for estimates. */
typedef struct mec_shape {
    size_t n_cell; /* of the source */
    size_t n_train, n_test;
    size_t m; /* targets */
} mec_shape;

/* What became of one target's fit; the words are in MEC_OUTCOME_NAMES. */
typedef enum mec_outcome {
    MEC_OUTCOME_NOT_DONE, /* its task has not been done */
    MEC_OUTCOME_DONE,
    MEC_OUTCOME_GAP_ABOVE_TOL, /* the duality gap is not within the certificate: scores are NaN */
    MEC_OUTCOME_FAILED,        /* the method broke down: scores are NaN */
    MEC_OUTCOME_NO_STATES,     /* too few states to train and test: scores are NaN */
} mec_outcome;

enum { MEC_N_OUTCOME = MEC_OUTCOME_NO_STATES + 1 };
#define MEC_OUTCOME_NAMES "not_done done gap_above_tol failed no_states"

/* A block of targets on its way through predict. */
typedef struct mec_block {
    size_t m;
    const uint32_t *cells; /* (m) which of their population's cells the targets are */
    size_t n_cell;         /* of that population */
    double *y;          /* (n_train, m), centred where fit_intercept is set; may be overwritten */
    double *prediction; /* (n_test, m), to be filled, without the intercept */
    double *intercept;  /* (m) means of y, or 0; for a map that predicts otherwise to change */
    bool copied;        /* predictions are responses of the source, not weights times them */
    double *gap;        /* (m) certified relative duality gap; NaN, unless the map sets it */
    int8_t *outcome; /* (m) MEC_OUTCOME_DONE, unless the map sets another: no prediction counts */
} mec_block;

typedef struct mec_map {
    const char *parameters; /* the keys of [map] that it understands, separated by blanks */
    bool certified;         /* has a duality gap */
    bool passes_through;    /* predicts the source itself: needs no train states */
    /* Whether it fits all cells of an animal together: a block is then one animal's cells. NULL:
     * it does not. */
    bool (*is_joint)(const mec_map_parameters *parameters);

    /* Whether its predictions are columns of the source as they are, so that rounding cannot make a
     * constant look like none. NULL: they are not. */
    bool (*copies)(const mec_map_parameters *parameters);

    /* Whether prepare wants source->kernel, from shapes alone. */
    bool (*wants_kernel)(const mec_map_parameters *parameters, const mec_shape *shape);

    /* What depends on the source and the split; `*prepared` lives in `scratch`. Not called without
     * a train state, unless the map passes through. */
    mec_code (*prepare)(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                        mec_status *status);

    /* Predicts the targets of a block on the test states. A fit that fails is an outcome; a status
     * is for memory, MEC_STOPPED for the pulse. MEC_INCOMPLETE, here and in prepare, is an outcome
     * too: MEC_OUTCOME_FAILED of all its targets. */
    mec_code (*predict)(const void *prepared, mec_block *block, mec_scratch *scratch,
                        mec_status *status);

    /* An estimate of the multiplications of prepare and of predict for m targets. */
    double (*cost)(const mec_map_parameters *parameters, const mec_shape *shape);
    /* Bytes that prepare and predict hold at once. */
    double (*memory)(const mec_map_parameters *parameters, const mec_shape *shape);
} mec_map;

extern const mec_map mec_ridge, mec_linear_regression, mec_ridge_cv, mec_bayesian_ridge,
    mec_identity, mec_lasso, mec_elastic_net, mec_lasso_lars, mec_lasso_cv, mec_elastic_net_cv,
    mec_multi_task_lasso, mec_multi_task_elastic_net;
/* Chosen by [map] type, not by a regression type: they are no rows of MEC_REGRESSIONS. */
extern const mec_map mec_pls, mec_corr;

/* Every regression type: the name users write, the map that serves it. */
#define MEC_REGRESSIONS(ROW)                                                                       \
    ROW(Ridge, mec_ridge)                                                                          \
    ROW(LinearRegression, mec_linear_regression)                                                   \
    ROW(Lasso, mec_lasso)                                                                          \
    ROW(ElasticNet, mec_elastic_net)                                                               \
    ROW(LassoLars, mec_lasso_lars)                                                                 \
    ROW(RidgeCV, mec_ridge_cv)                                                                     \
    ROW(LassoCV, mec_lasso_cv)                                                                     \
    ROW(ElasticNetCV, mec_elastic_net_cv)                                                          \
    ROW(MultiTaskLasso, mec_multi_task_lasso)                                                      \
    ROW(MultiTaskElasticNet, mec_multi_task_elastic_net)                                           \
    ROW(BayesianRidge, mec_bayesian_ridge)                                                         \
    ROW(identity, mec_identity)

/* The names, separated by blanks; a name's index there is what mec_map_at takes. */
#define MEC_REGRESSION_NAME_(name, map) #name " "
#define MEC_REGRESSION_NAMES MEC_REGRESSIONS(MEC_REGRESSION_NAME_)
const mec_map *mec_map_at(int index);

#endif
