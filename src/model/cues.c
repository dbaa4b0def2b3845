#include "model/cues.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

double mec_cue_distance(const mec_cue *cue, double x, double y) {
    double dx = fmax(fabs(x - cue->x) - cue->width / 2, 0);
    double dy = fmax(fabs(y - cue->y) - cue->height / 2, 0);
    return sqrt(dx * dx + dy * dy);
}

static bool is_inside(const mec_cue *cue, const mec_box *box) {
    return cue->x - cue->width / 2 >= box->min_x - MEC_BOX_ROUNDING &&
           cue->x + cue->width / 2 <= box->max_x + MEC_BOX_ROUNDING &&
           cue->y - cue->height / 2 >= box->min_y - MEC_BOX_ROUNDING &&
           cue->y + cue->height / 2 <= box->max_y + MEC_BOX_ROUNDING;
}

static bool are_apart(const mec_cue *a, const mec_cue *b) {
    return fabs(a->x - b->x) > (a->width + b->width) / 2 + MEC_BOX_ROUNDING ||
           fabs(a->y - b->y) > (a->height + b->height) / 2 + MEC_BOX_ROUNDING;
}

/* "[cues] cue 2: found 0.35 0.35 0.2 0.2", with what is wrong and what would be right. */
static mec_code refuse(const mec_cue *cue, size_t number, const char *wrong, const char *accepted,
                       mec_status *status) {
    return mec_fail(status, MEC_REFUSED, "[cues] cue %zu: found %g %g %g %g%s; accepted: %s",
                    number, cue->x, cue->y, cue->width, cue->height, wrong, accepted);
}

static mec_code check_cue(const mec_cue *cue, size_t number, const mec_box *box,
                          mec_status *status) {
    char inside[160];
    if (!(cue->width > 0 && cue->height > 0))
        return refuse(cue, number, "", "width and height above 0 m", status);
    snprintf(inside, sizeof inside, "inside the box, x from %g to %g m and y from %g to %g m",
             box->min_x, box->max_x, box->min_y, box->max_y);
    return is_inside(cue, box)
               ? MEC_OK
               : refuse(cue, number, ", which reaches outside the box", inside, status);
}

static mec_code check_pair(const mec_cue *cues, size_t first, size_t second, mec_status *status) {
    const mec_cue *cue = &cues[first];
    char wrong[160];
    if (are_apart(cue, &cues[second]))
        return MEC_OK;
    snprintf(wrong, sizeof wrong, ", which overlaps or touches cue %zu (%g %g %g %g)", first + 1,
             cue->x, cue->y, cue->width, cue->height);
    return refuse(&cues[second], second + 1, wrong, "cues that lie apart", status);
}

mec_code mec_cues_check(const mec_cue *cues, size_t n_cue, const mec_box *box, mec_status *status) {
    for (size_t i = 0; i < n_cue; i++) {
        if (check_cue(&cues[i], i + 1, box, status))
            return status->code;
        for (size_t j = 0; j < i; j++)
            if (check_pair(cues, j, i, status))
                return status->code;
    }
    return MEC_OK;
}
