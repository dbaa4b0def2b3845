/* Checkpoints and states of a training run, written in shares by all ranks: what is complete, what
 * it holds, and that a failure at any moment leaves the one before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/run_file.h"
#include "storage/saves.h"
#include "together.h"

enum { N_SAVE = 6, N_KEEP = 2 };

static mec_world world;
static const char path[] = "out/saves.h5";
static const mec_network network = {.n_unit = 3, .n_place = 5, .n_input = 2};
static const int64_t steps[N_SAVE] = {0, 10, 20, 30, 40, 50};
static mec_run_identity identity = {
    .job = "train", .program_version = "0.0", .config = "", .identity_config = ""};

typedef struct session {
    mec_layout layout;
    mec_saves saves;
    mec_real *blocks[MEC_CHECKPOINT_N_BLOCK]; /* whole on every rank */
    mec_block_part parts[MEC_CHECKPOINT_N_BLOCK];
} session;

static mec_real number_at(int64_t step, int block, size_t i) {
    return (mec_real)(1000 * step + 100 * block) + (mec_real)i / 1024;
}

/* Uneven shares: rank r has more the higher r is, and rank 0 of several none. */
static void share(session *s, size_t n) {
    size_t size = (size_t)world.size;
    size_t rank = (size_t)world.rank;
    size_t first = rank * rank * n / (size * size);
    size_t last = (rank + 1) * (rank + 1) * n / (size * size);
    if (size > 1 && rank == 0)
        last = 0;
    if (rank == 1)
        first = 0;
    for (int b = 0; b < MEC_CHECKPOINT_N_BLOCK; b++)
        s->parts[b] = (mec_block_part){first, last - first, s->blocks[b] + first};
}

static void open_session(session *s, mec_resume resume, mec_status *status) {
    uint8_t done = 0;
    mec_run_state state;
    const char *name = "epoch 1";
    const mec_model_info info = {.network = network, .knows_activation = true};
    size_t n = mec_network_count(&network);
    *s = (session){.saves = {.world = &world,
                             .layout = &s->layout,
                             .network = network,
                             .steps = steps,
                             .n_save = N_SAVE,
                             .n_keep = N_KEEP,
                             .moments = true}};
    for (int b = 0; b < MEC_CHECKPOINT_N_BLOCK; b++)
        s->blocks[b] = calloc(n, sizeof(mec_real));
    share(s, n);
    mec_run_file_describe(&s->layout, &identity, &name, 1, status);
    mec_checkpoint_describe_model(&s->layout, &info, status);
    mec_saves_describe(&s->saves, &s->layout, status);
    s->saves.file =
        mec_run_file_open(&world, path, resume, &identity, &s->layout, 1, &done, &state, status);
}

static void close_session(session *s) {
    mec_status status = {0};
    mec_run_state state = MEC_RUN_STOPPED;
    mec_run_file_close(s->saves.file, &state, NULL, NULL, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    mec_layout_destroy(&s->layout);
    for (int b = 0; b < MEC_CHECKPOINT_N_BLOCK; b++)
        free(s->blocks[b]);
}

static mec_model_info fill(session *s, int64_t step) {
    for (int b = 0; b < MEC_CHECKPOINT_N_BLOCK; b++)
        for (size_t i = 0; i < mec_network_count(&network); i++)
            s->blocks[b][i] = number_at(step, b, i);
    return (mec_model_info){.network = network, .step = step, .epoch = step / 10};
}

static void write_checkpoint(session *s, size_t save, mec_status *status) {
    mec_model_info info = fill(s, steps[save]);
    mec_saves_write(&s->saves, save, &info, s->parts, status);
}

static void write_state(session *s, int64_t step, mec_status *status) {
    const mec_saves_by by = {world.size, 1};
    mec_model_info info = fill(s, step);
    mec_saves_write_state(&s->saves, &info, by, s->parts, status);
}

/* Rank 0, serially: whether checkpoint `save` is complete, and if so, right. */
static bool holds(size_t save, bool complete) {
    mec_status status = {0};
    mec_model_info info;
    char name[MEC_CHECKPOINT_NAME_SIZE];
    size_t n = mec_network_count(&network);
    if (world.rank != 0)
        return true;
    mec_real *all = calloc(MEC_CHECKPOINT_N_BLOCK * n, sizeof *all);
    mec_real *const blocks[] = {all, all + n, all + 2 * n};
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, &status);
    snprintf(name, sizeof name, "%lld", (long long)steps[save]);
    bool found = mec_checkpoint_read_info(file, path, name, &info, &status) == MEC_OK;
    bool good = found == complete;
    if (found && good) {
        mec_checkpoint_read(file, path, name, &info, blocks, &status);
        good = status.code == MEC_OK && info.step == steps[save] && info.has_moments;
        for (int b = 0; b < MEC_CHECKPOINT_N_BLOCK; b++)
            for (size_t i = 0; i < n; i++)
                good = good && blocks[b][i] == number_at(steps[save], b, i);
    }
    H5Fclose(file);
    free(all);
    return good;
}

static void the_first_and_the_newest_are_kept(void) {
    for (size_t newest = 0; newest < N_SAVE; newest++) {
        session s;
        mec_status status = {0};
        check_about("up to checkpoint %zu", newest);
        open_session(&s, MEC_RESUME_OVERWRITE, &status);
        for (size_t save = 0; save <= newest; save++)
            write_checkpoint(&s, save, &status);
        CHECK_STATUS(&world, status, MEC_OK);
        close_session(&s);
        for (size_t save = 0; save < N_SAVE; save++)
            CHECK(&world, holds(save, save <= newest && (save == 0 || save + N_KEEP > newest)));
    }
}

/* What a run would go on from: the step, its numbers on every rank; -1 where there is none. */
static int64_t state_found(bool *right) {
    session s;
    mec_status status = {0};
    mec_model_info info = {.step = -1};
    mec_saves_by by = {0};
    size_t n = mec_network_count(&network);
    open_session(&s, MEC_RESUME_AUTO, &status);
    mec_saves_find_state(&s.saves, &info, &by, &status);
    *right = status.code == MEC_OK;
    if (s.saves.newest >= 0) {
        const mec_block_part whole[] = {{0, n, s.blocks[0]}, s.parts[1], s.parts[2]};
        mec_saves_read_state(&s.saves, whole, &status);
        *right = *right && status.code == MEC_OK && by.n_rank == world.size && by.n_thread == 1;
        for (int b = 0; b < MEC_CHECKPOINT_N_BLOCK; b++)
            for (size_t i = 0; i < whole[b].count; i++)
                *right =
                    *right && whole[b].values[i] == number_at(info.step, b, whole[b].first + i);
    }
    close_session(&s);
    return info.step;
}

static void a_failure_leaves_the_state_before(void) {
    bool right;
    session s;
    mec_status status = {0};
    check_about("states");
    open_session(&s, MEC_RESUME_OVERWRITE, &status);
    close_session(&s);
    CHECK(&world, state_found(&right) == -1 && right);
    int64_t before = -1;
    int failed = 1;
    for (int passage = 1; failed; passage += 5) {
        int64_t step = 3 * passage;
        check_about("a state that fails at its part %d", passage);
        status = (mec_status){0};
        mec_model_info info = {0};
        mec_saves_by by = {0};
        open_session(&s, MEC_RESUME_AUTO, &status);
        mec_saves_find_state(&s.saves, &info, &by, &status);
        inject_later(&world, "part_write", passage % world.size, passage);
        write_state(&s, step, &status);
        inject(&world, NULL, 0);
        failed = status.code != MEC_OK;
        CHECK_STATUS(&world, status, failed ? MEC_FAILED : MEC_OK);
        close_session(&s);
        int64_t found = state_found(&right);
        CHECK(&world, right && (found == before || found == step));
        before = found;
    }
    CHECK(&world, before > 0);
}

int main(void) {
    start_together(&world);
    the_first_and_the_newest_are_kept();
    a_failure_leaves_the_state_before();
    return end_together(&world);
}
