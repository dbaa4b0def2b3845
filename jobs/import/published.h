/* The checkpoints that were published with the paper (Nayebi et al., NeurIPS 2021). */
#ifndef MEC_JOBS_PUBLISHED_H
#define MEC_JOBS_PUBLISHED_H

#include "base/status.h"

/* Fetches what is not there yet below `base_url` into DIR/RUN/ckpts/, going on with what was begun,
 * and compares the checksum of every tensor, of what was there too. One line a run on stdout. */
mec_code published_fetch(const char *base_url, const char *directory, mec_status *status);

#endif
