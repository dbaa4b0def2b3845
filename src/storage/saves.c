#include "storage/saves.h"

#include <assert.h>
#include <stdio.h>

enum { N_SLOT = 2 };
static const char *const slots[N_SLOT] = {"resume_a", "resume_b"};

/* Sets of arrays besides that of the first checkpoint: one more than are kept, to write into. */
static size_t n_set(const mec_saves *s) {
    return s->n_save - 1 < s->n_keep + 1 ? s->n_save - 1 : s->n_keep + 1;
}

static void name_of(const mec_saves *s, size_t save, char name[MEC_CHECKPOINT_NAME_SIZE]) {
    snprintf(name, MEC_CHECKPOINT_NAME_SIZE, "%lld", (long long)s->steps[save]);
}

/* The checkpoint whose arrays checkpoint `save` uses again, or itself. */
static size_t owner_of(const mec_saves *s, size_t save) {
    return save == 0 ? 0 : 1 + (save - 1) % n_set(s);
}

/* ---- layout ---- */

static void describe_shared(const mec_saves *s, size_t save, mec_layout *layout,
                            mec_status *status) {
    static const char *const groups[] = {"weights", "adam"};
    char name[MEC_CHECKPOINT_NAME_SIZE];
    char owner[MEC_CHECKPOINT_NAME_SIZE];
    name_of(s, save, name);
    name_of(s, owner_of(s, save), owner);
    for (int i = 0; i < (s->moments ? 2 : 1); i++) {
        char path[MEC_CHECKPOINT_PATH_SIZE];
        char target[MEC_CHECKPOINT_PATH_SIZE];
        mec_checkpoint_item_path(name, groups[i], path);
        mec_checkpoint_item_path(owner, groups[i], target);
        mec_layout_add_link(layout, path, target, status);
    }
    mec_checkpoint_describe_numbers(layout, name, status);
}

static void describe_count(mec_layout *layout, const char *slot, const char *number,
                           const char *long_name, mec_status *status) {
    char path[MEC_CHECKPOINT_PATH_SIZE];
    mec_array array = {.path = path,
                       .element = MEC_INT64,
                       .n_dim = 1,
                       .dims = {1},
                       .scale = {-1},
                       .long_name = long_name};
    mec_checkpoint_item_path(slot, number, path);
    mec_layout_add(layout, &array, status);
}

mec_code mec_saves_describe(const mec_saves *s, mec_layout *layout, mec_status *status) {
    for (size_t save = 0; save < s->n_save && status->code == MEC_OK; save++) {
        char name[MEC_CHECKPOINT_NAME_SIZE];
        name_of(s, save, name);
        if (owner_of(s, save) == save)
            mec_checkpoint_describe(layout, &s->network, name, s->moments, status);
        else
            describe_shared(s, save, layout, status);
    }
    for (int slot = 0; slot < N_SLOT; slot++) {
        mec_checkpoint_describe(layout, &s->network, slots[slot], true, status);
        describe_count(layout, slots[slot], "n_rank", "ranks that computed it", status);
        describe_count(layout, slots[slot], "n_thread", "threads a rank", status);
    }
    return status->code;
}

/* ---- numbers ---- */

/* Moves one number of a checkpoint: written by rank 0, read by all. */
static void move_number(const mec_saves *s, const char *name, const char *number, void *value,
                        bool write, mec_status *status) {
    char path[MEC_CHECKPOINT_PATH_SIZE];
    mec_checkpoint_item_path(name, number, path);
    mec_slice slice = {.array = mec_layout_find(s->layout, path),
                       .count = {!write || s->world->rank == 0},
                       .values = value};
    if (write)
        mec_run_file_write(s->file, &slice, status);
    else
        mec_run_file_read(s->file, &slice, status);
}

static void move_info(const mec_saves *s, const char *name, mec_model_info *info, bool write,
                      mec_status *status) {
    move_number(s, name, "step", &info->step, write, status);
    move_number(s, name, "epoch", &info->epoch, write, status);
    move_number(s, name, "learning_rate", &info->learning_rate, write, status);
    move_number(s, name, "beta_1", &info->beta_1, write, status);
    move_number(s, name, "beta_2", &info->beta_2, write, status);
}

static void move_by(const mec_saves *s, const char *name, mec_saves_by *by, bool write,
                    mec_status *status) {
    move_number(s, name, "n_rank", &by->n_rank, write, status);
    move_number(s, name, "n_thread", &by->n_thread, write, status);
}

static void mark(const mec_saves *s, const char *name, int8_t complete, mec_status *status) {
    move_number(s, name, "complete", &complete, true, status);
}

/* ---- blocks ---- */

/* Elements first .. first + count - 1 of a parameter's array, counted along its rows, as at most
 * three rectangles: the end of a row, whole rows, the beginning of one. */
enum { N_RECTANGLE = 3, N_MOVE = MEC_CHECKPOINT_N_BLOCK * MEC_N_PARAMETER * N_RECTANGLE };

static void cut(mec_matrix_shape shape, size_t first, size_t count, bool matrix, int array,
                mec_real *values, mec_slice slices[N_RECTANGLE]) {
    size_t columns = shape.columns;
    size_t column = first % columns;
    size_t to_end = column > 0 ? columns - column : 0;
    size_t head = to_end < count ? to_end : count;
    size_t row = (first + head) / columns;
    size_t n_row = (count - head) / columns;
    size_t tail = count - head - n_row * columns;
    if (!matrix) {
        slices[0] = (mec_slice){array, {first}, {count}, values};
        slices[1] = slices[2] = (mec_slice){.array = array};
        return;
    }
    slices[0] = (mec_slice){array, {first / columns, column}, {head > 0, head}, values};
    slices[1] = (mec_slice){array, {row}, {n_row, columns}, values + head};
    slices[2] = (mec_slice){array, {row + n_row}, {tail > 0, tail}, values + (count - tail)};
}

static size_t slice_count(const mec_slice *slice, bool matrix) {
    return matrix ? slice->count[0] * slice->count[1] : slice->count[0];
}

/* What a part has of the `count` numbers of a parameter, which begins at `start` of its block. */
static mec_block_part overlap_of(const mec_block_part *part, size_t start, size_t count) {
    size_t from = part->first > start ? part->first : start;
    size_t to = part->first + part->count;
    to = to < start + count ? to : start + count;
    if (from >= to)
        return (mec_block_part){0};
    return (mec_block_part){from - start, to - from, part->values + (from - part->first)};
}

/* All that this rank moves, in the same order on every rank, and which of it is anything. */
static void list_moves(const mec_saves *s, const char *name,
                       const mec_block_part parts[MEC_CHECKPOINT_N_BLOCK], mec_slice moves[N_MOVE],
                       uint8_t any[N_MOVE], mec_checkpoint_block last) {
    mec_slice *next = moves;
    for (mec_checkpoint_block b = 0; b <= last; b++) {
        size_t start = 0;
        for (mec_parameter p = 0; p < MEC_N_PARAMETER; p++, next += N_RECTANGLE) {
            char path[MEC_CHECKPOINT_PATH_SIZE];
            mec_matrix_shape shape = mec_parameter_shape(&s->network, p);
            size_t count = shape.rows * shape.columns;
            mec_block_part own = overlap_of(&parts[b], start, count);
            mec_checkpoint_path(name, b, p, path);
            int array = mec_layout_find(s->layout, path);
            bool matrix = s->layout->arrays[array].n_dim == 2;
            cut(shape, own.first, own.count, matrix, array, own.values, next);
            for (int i = 0; i < N_RECTANGLE; i++)
                any[next + i - moves] = slice_count(&next[i], matrix) > 0;
            start += count;
        }
    }
}

static void move_blocks(const mec_saves *s, const char *name, bool moments,
                        const mec_block_part parts[MEC_CHECKPOINT_N_BLOCK], bool write,
                        mec_status *status) {
    mec_slice moves[N_MOVE];
    uint8_t any[N_MOVE] = {0};
    list_moves(s, name, parts, moves, any, moments ? MEC_CHECKPOINT_V : MEC_CHECKPOINT_WEIGHTS);
    MPI_Allreduce(MPI_IN_PLACE, any, N_MOVE, MPI_UINT8_T, MPI_MAX, s->world->comm);
    for (int i = 0; i < N_MOVE; i++) {
        if (!any[i])
            continue;
        if (write)
            mec_run_file_write(s->file, &moves[i], status);
        else
            mec_run_file_read(s->file, &moves[i], status);
    }
}

/* ---- saving ---- */

/* Numbers are moved on every rank, also on one that failed; where they sync, they agree. */

mec_code mec_saves_write(mec_saves *s, size_t save, const mec_model_info *info,
                         const mec_block_part parts[MEC_CHECKPOINT_N_BLOCK], mec_status *status) {
    char name[MEC_CHECKPOINT_NAME_SIZE];
    char owner[MEC_CHECKPOINT_NAME_SIZE];
    char other[MEC_CHECKPOINT_NAME_SIZE];
    mec_model_info copy = *info;
    name_of(s, save, name);
    name_of(s, owner_of(s, save), owner);
    mark(s, name, 0, status);
    if (save > n_set(s)) {
        name_of(s, save - n_set(s), other); /* in the same arrays, no longer kept */
        mark(s, other, 0, status);
    }
    if (mec_run_file_sync(s->file, status))
        return status->code;
    move_blocks(s, owner, s->moments, parts, true, status);
    move_info(s, name, &copy, true, status);
    if (mec_run_file_sync(s->file, status))
        return status->code;
    mark(s, name, 1, status);
    if (save > s->n_keep) {
        name_of(s, save - s->n_keep, other);
        mark(s, other, 0, status);
    }
    return mec_run_file_sync(s->file, status);
}

mec_code mec_saves_write_state(mec_saves *s, const mec_model_info *info, mec_saves_by by,
                               const mec_block_part parts[MEC_CHECKPOINT_N_BLOCK],
                               mec_status *status) {
    int slot = s->newest == 0 ? 1 : 0;
    mec_model_info copy = *info;
    mark(s, slots[slot], 0, status);
    if (mec_run_file_sync(s->file, status))
        return status->code;
    move_blocks(s, slots[slot], true, parts, true, status);
    move_info(s, slots[slot], &copy, true, status);
    move_by(s, slots[slot], &by, true, status);
    if (mec_run_file_sync(s->file, status))
        return status->code;
    mark(s, slots[slot], 1, status);
    if (mec_run_file_sync(s->file, status) == MEC_OK)
        s->newest = slot;
    return status->code;
}

/* ---- going on ---- */

mec_code mec_saves_find_state(mec_saves *s, mec_model_info *info, mec_saves_by *by,
                              mec_status *status) {
    s->newest = -1;
    for (int slot = 0; slot < N_SLOT; slot++) {
        mec_model_info found = {.network = s->network, .knows_activation = true};
        mec_saves_by found_by = {0};
        int8_t complete = 0;
        move_number(s, slots[slot], "complete", &complete, false, status);
        move_info(s, slots[slot], &found, false, status);
        move_by(s, slots[slot], &found_by, false, status);
        if (complete == 1 && (s->newest < 0 || found.step > info->step)) {
            s->newest = slot;
            *info = found;
            *by = found_by;
        }
    }
    return mec_agree(s->world, status);
}

mec_code mec_saves_read_state(mec_saves *s, const mec_block_part parts[MEC_CHECKPOINT_N_BLOCK],
                              mec_status *status) {
    assert(s->newest >= 0);
    move_blocks(s, slots[s->newest], true, parts, false, status);
    return mec_agree(s->world, status);
}
