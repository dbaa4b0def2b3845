/* How long this process has been busy with products of a network's numbers: what else a step of
 * training takes is the rest. Of calls from one thread at a time. */
#ifndef MEC_NUMERICS_PRODUCT_CLOCK_H
#define MEC_NUMERICS_PRODUCT_CLOCK_H

double mec_product_clock_start(void); /* to be handed to the stop that follows */
void mec_product_clock_stop(double start);
double mec_product_clock_seconds(void); /* so far */

#endif
