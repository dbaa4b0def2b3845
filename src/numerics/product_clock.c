#include "numerics/product_clock.h"

#include "base/clock.h"

static double seconds;

double mec_product_clock_start(void) {
    return mec_clock_seconds();
}

void mec_product_clock_stop(double start) {
    seconds += mec_clock_seconds() - start;
}

double mec_product_clock_seconds(void) {
    return seconds;
}
