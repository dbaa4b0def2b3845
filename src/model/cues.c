#include "model/cues.h"

#include <math.h>
#include <stdbool.h>

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

static mec_code check_cue(const mec_cue *cue, size_t number, const mec_box *box,
                          mec_status *status) {
    if (!(cue->width > 0 && cue->height > 0))
        return mec_fail(status, MEC_REFUSED,
                        "cue %zu (%g %g %g %g): width and height must be above 0 m", number, cue->x,
                        cue->y, cue->width, cue->height);
    if (!is_inside(cue, box))
        return mec_fail(status, MEC_REFUSED,
                        "cue %zu (%g %g %g %g) reaches outside the box, which is x from %g to %g m "
                        "and y from %g to %g m",
                        number, cue->x, cue->y, cue->width, cue->height, box->min_x, box->max_x,
                        box->min_y, box->max_y);
    return MEC_OK;
}

mec_code mec_cues_check(const mec_cue *cues, size_t n_cue, const mec_box *box, mec_status *status) {
    for (size_t i = 0; i < n_cue; i++) {
        if (check_cue(&cues[i], i + 1, box, status))
            return status->code;
        for (size_t j = 0; j < i; j++)
            if (!are_apart(&cues[j], &cues[i]))
                return mec_fail(status, MEC_REFUSED,
                                "cue %zu (%g %g %g %g) and cue %zu (%g %g %g %g) overlap or touch: "
                                "cues must lie apart",
                                j + 1, cues[j].x, cues[j].y, cues[j].width, cues[j].height, i + 1,
                                cues[i].x, cues[i].y, cues[i].width, cues[i].height);
    }
    return MEC_OK;
}
