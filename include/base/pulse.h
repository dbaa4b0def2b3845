/* How a long computation stays answerable: at the ends of its blocks it gives a beat to whoever
 * runs it, who may use the moment (to answer other ranks, to draw progress) and may ask it to stop.
 */
#ifndef MEC_BASE_PULSE_H
#define MEC_BASE_PULSE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mec_pulse {
    bool (*beat)(void *owner); /* true: stop now, return MEC_STOPPED */
    void *owner;
} mec_pulse;

/* Gives a beat; `pulse` may be NULL (nobody is waiting, never stops). */
static inline bool mec_pulse_stop(const mec_pulse *pulse) {
    return pulse && pulse->beat(pulse->owner);
}

#endif
