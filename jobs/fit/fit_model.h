/* source.kind = model: the rate maps of a path integrator as what predicts animals.
 *
 * The maps are those of `mec ratemaps`, drawn for the box and the bins of every arena, and kept in
 * a file of their own beside the run file (NAME.ratemaps.h5): they can be looked at, and a run that
 * is stopped goes on with them. A model may also be named by such a file, which is then only read.
 */
#ifndef MEC_JOBS_FIT_MODEL_H
#define MEC_JOBS_FIT_MODEL_H

#include "job.h"
#include "storage/response.h"

/* The context with all sections that decide the results: those of a model too where one is the
 * source. `text` holds their names. */
enum { FIT_SECTIONS_SIZE = 256 };
job_context fit_model_context(const job_context *context, char text[FIT_SECTIONS_SIZE]);

/* Refuses what the settings say of a model in two ways, or not at all. */
void fit_model_check(const job_context *context, mec_status *status);

/* Has a run planned on maps of zeros first, and its output looked at, by `rehearse`, which also
 * takes the plan down again: what it refuses is refused before maps are drawn, which may take hours
 * and is kept. Collective; the status is agreed. */
mec_code fit_model_rehearse(const job_context *context,
                            mec_code rehearse(const job_context *context, mec_status *status),
                            mec_status *status);

/* Draws the maps, or goes on drawing them, and reads them for every arena of the catalogue; several
 * seeds and environments are stacked along states. A dry run and a
 * rehearsal draw nothing: the response has its size alone. Collective; the status is agreed. */
mec_code fit_model_read(const job_context *context, const mec_catalogue *catalogue,
                        mec_response *response, mec_status *status);

#endif
