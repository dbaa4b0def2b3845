/* Whether the settings of a fit make sense together: what their tables, which look at one value at
 * a time, cannot tell. */
#ifndef MEC_JOBS_FIT_CHECK_H
#define MEC_JOBS_FIT_CHECK_H

#include "fit/fit_plan.h"
#include "job.h"

/* Before anything is read. MEC_REFUSED names where the setting was given. */
mec_code fit_check_settings(const job_context *context, mec_status *status);

/* The part of it that is not about the map. */
mec_code fit_check_sources(const job_context *context, mec_status *status);

/* Once everything is read: parameters for single cells, stored splits and the
 * recordings. `alone`: every cell is fitted by itself. */
mec_code fit_check_data(const job_context *context, const fit_data *data, bool alone,
                        size_t n_split, mec_status *status);

/* Every set of parameters that some fit uses. */
mec_code fit_check_recipes(const job_context *context, const fit_plan *plan, mec_status *status);

#endif
