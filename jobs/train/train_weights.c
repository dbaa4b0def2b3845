#include "train/train_weights.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Numbers that are handed out at a time. */
enum { AT_ONCE = 1 << 22 };

/* What rank 0 reads: moments beside the learner's own, which may be of a share alone. */
typedef struct reading {
    mec_real *m, *v; /* (n), on rank 0 and where there are moments */
    mec_real *piece; /* (AT_ONCE), on every rank */
} reading;

static void read_file(train_plan *plan, learner *l, reading *r, mec_status *status) {
    mec_digest digest;
    if (plan->start.moments) {
        r->m = mec_alloc(l->n, sizeof *r->m, status);
        r->v = mec_alloc(l->n, sizeof *r->v, status);
    }
    if (status->code != MEC_OK ||
        mec_model_file_read(plan->start.file, l->weights.block, r->m, r->v, status))
        return;
    mec_digest_start(&digest);
    mec_digest_add(&digest, l->weights.block, l->n * sizeof(mec_real));
    if (plan->start.moments) {
        mec_digest_add(&digest, r->m, l->n * sizeof(mec_real));
        mec_digest_add(&digest, r->v, l->n * sizeof(mec_real));
    }
    mec_digest_finish(&digest, plan->start.input.sha256);
}

/* Rank 0's `all` (n) to everyone's numbers first .. first + count - 1, in `own`. */
static void hand_out(const learner *l, const reading *r, const mec_real *all, size_t first,
                     size_t count, mec_real *own) {
    for (size_t i = 0; i < l->n; i += AT_ONCE) {
        size_t n = l->n - i < AT_ONCE ? l->n - i : AT_ONCE;
        size_t from = first > i ? first : i;
        size_t to = first + count < i + n ? first + count : i + n;
        if (l->world->rank == 0)
            memcpy(r->piece, all + i, n * sizeof *r->piece);
        mec_broadcast(l->world->comm, r->piece, n * sizeof *r->piece);
        if (from < to)
            memcpy(own + (from - first), r->piece + (from - i), (to - from) * sizeof *own);
    }
}

mec_code train_weights_read(train_plan *plan, learner *l, mec_status *status) {
    reading r = {0};
    const mec_share *moments = &l->moments;
    if (!plan->start.given) {
        mec_weights_initialize(&l->weights, (uint64_t)plan->train->seed);
        return MEC_OK;
    }
    r.piece = mec_alloc(AT_ONCE, sizeof *r.piece, status);
    if (l->world->rank == 0 && status->code == MEC_OK)
        read_file(plan, l, &r, status);
    if (mec_agree(l->world, status) == MEC_OK) {
        mec_broadcast(l->world->comm, &plan->start.input, sizeof plan->start.input);
        mec_broadcast(l->world->comm, l->weights.block, l->n * sizeof(mec_real));
        if (plan->start.moments) {
            hand_out(l, &r, r.m, moments->first, moments->count, moments->m);
            hand_out(l, &r, r.v, moments->first, moments->count, moments->v);
        }
        l->step = plan->start.step;
    }
    free(r.m);
    free(r.v);
    free(r.piece);
    return status->code;
}
