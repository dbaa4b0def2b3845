/* How reproducible a cell's rate map is, from two halves of its recording.
 *
 * split_half_r is Pearson's r between the two maps over the bins that are finite in both; the
 * reliability of the whole recording follows by the formula of Spearman and Brown (both British
 * Journal of Psychology 3 (1910)), 2 r / (1 + r). A score's noise ceiling is the square root of the
 * reliability: score / sqrt(reliability) is what an ideal measurement would have given (Spearman,
 * American Journal of Psychology 15 (1904) 72-101). */
#ifndef MEC_MAPS_RELIABILITY_H
#define MEC_MAPS_RELIABILITY_H

#include "maps/population.h"

/* Pearson's r between cell `cell1` of one half and `cell2` of the other, of equal n_state; NaN with
 * fewer than two bins in common or where either map is constant on them. */
double mec_split_half_r(const mec_population *half1, size_t cell1, const mec_population *half2,
                        size_t cell2);

/* 2 r / (1 + r); NaN where r is, or is -1. */
double mec_reliability(double split_half_r);

/* score / sqrt(reliability); NaN where the reliability is not positive. Not clipped. */
double mec_noise_corrected(double score, double reliability);

#endif
