#include "maps/emd.h"

mec_code mec_score_neg_emd(const mec_predictions *predictions, const mec_bins *bins, double *score,
                           const mec_pulse *pulse, mec_scratch *scratch, mec_status *status) {
    (void)predictions, (void)bins, (void)score, (void)pulse, (void)scratch;
    return mec_fail(status, MEC_FAILED, "to be replaced");
}

double mec_neg_emd_memory(size_t n_test) {
    return (double)n_test;
}
