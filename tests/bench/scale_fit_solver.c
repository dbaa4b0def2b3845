/* What shape of the grid of ranks and what size of blocks cost, for ridge by Cholesky on random
 * matrices; the choice is that of parallel/linear_solver.h.
 *
 *     mpirun -n RANKS scale_fit_solver H R K E      M (h, r), C (h, k), E (e, r)
 *
 * Prints a line a choice: GFLOP/s of all ranks together. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "numerics/linalg.h"
#include "parallel/linear_solver.h"

typedef struct problem {
    size_t h, r, k, e;
} problem;

static void fill(mec_distributed *a, uint64_t seed) {
    size_t n = mec_axis_count(&a->rows) * mec_axis_count(&a->columns);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        a->values[i] = (double)(seed >> 11) / 9007199254740992.0 - 0.5;
    }
}

/* Seconds of one solution and its predictions. */
static double solve(const mec_solver *s, const problem *p, mec_status *status) {
    mec_distributed m = {0};
    mec_distributed c = {0};
    mec_distributed e = {0};
    mec_distributed x = {0};
    mec_distributed out = {0};
    double rcond = 0;
    mec_distributed_create(s, p->h, p->r, &m, status);
    mec_distributed_create(s, p->h, p->k, &c, status);
    mec_distributed_create(s, p->e, p->r, &e, status);
    mec_distributed_create(s, p->r, p->k, &x, status);
    mec_distributed_create(s, p->e, p->k, &out, status);
    double start = mec_clock_seconds();
    if (status->code == MEC_OK) {
        fill(&m, (uint64_t)s->world->rank + 1);
        fill(&c, (uint64_t)s->world->rank + 1001);
        fill(&e, (uint64_t)s->world->rank + 2001);
        mec_quiet_barrier(s->world->comm);
        start = mec_clock_seconds();
        mec_solve_cholesky(s, &m, &c, 1.0, 1e-10, &x, &rcond, status);
        mec_distributed_multiply(s, &e, &x, &out, status);
        mec_quiet_barrier(s->world->comm);
    }
    double seconds = mec_clock_seconds() - start;
    mec_distributed_destroy(&m);
    mec_distributed_destroy(&c);
    mec_distributed_destroy(&e);
    mec_distributed_destroy(&x);
    mec_distributed_destroy(&out);
    return seconds;
}

static double flops(const problem *p) {
    double h = (double)p->h;
    double r = (double)p->r;
    double k = (double)p->k;
    return h * r * r + 2 * h * r * k + r * r * r / 3 + 2 * r * r * k + 2 * (double)p->e * r * k;
}

int main(int argc, char **argv) {
    mec_world world;
    mec_status status = {0};
    problem p = {0};
    size_t *sizes[] = {&p.h, &p.r, &p.k, &p.e};
    if (mec_world_start(&world, &status))
        return EXIT_FAILURE;
    mec_linalg_set_threads(1);
    for (int i = 0; i < 4 && argc == 5; i++)
        *sizes[i] = (size_t)atol(argv[i + 1]);
    for (size_t rows = 1; rows <= (size_t)world.size && argc == 5; rows++)
        for (size_t block = 32; block <= 512 && (size_t)world.size % rows == 0; block *= 2) {
            mec_solver s;
            mec_solver_create(&world, rows, block, &s, &status);
            double seconds = solve(&s, &p, &status);
            if (world.rank == 0)
                printf("  grid %zu x %zu, blocks of %3zu: %6.1f GFLOP/s\n", rows,
                       (size_t)world.size / rows, block, flops(&p) / seconds / 1e9);
            mec_solver_destroy(&s);
        }
    if (status.code != MEC_OK || argc != 5)
        fprintf(stderr, "scale_fit_solver: %s\n",
                argc == 5 ? status.message : "usage: scale_fit_solver H R K E");
    mec_world_end(&world);
    return status.code == MEC_OK && argc == 5 ? EXIT_SUCCESS : EXIT_FAILURE;
}
