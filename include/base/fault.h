/* A test-only switch that makes a named call fail on a named rank, so that the tests can walk every
 * failing path. Built in by the CMake option MEC_FAULTS (preset `test`), nothing otherwise.
 *
 * MEC_FAULT=NAME:RANK[:N] makes the N-th (default first) passage of rank RANK through the place
 * called NAME fail. MEC_FAULT_LOG=FILE appends the name of every place that is passed, so that the
 * tests can tell which places there are. */
#ifndef MEC_BASE_FAULT_H
#define MEC_BASE_FAULT_H

#include <stdbool.h>

#ifdef MEC_FAULTS
/* Which rank this process is; called at the start, and by tests that give one order after another:
 * passages count from here. */
void mec_fault_set_rank(int rank);
/* True where the place `name` has to fail now. */
bool mec_fault_here(const char *name);
#else
static inline void mec_fault_set_rank(int rank) {
    (void)rank;
}
static inline bool mec_fault_here(const char *name) {
    (void)name;
    return false;
}
#endif

#endif
