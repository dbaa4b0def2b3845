/* mec show [--status] FILE [score=NAME]: what is in a dataset or a run file;
 * mec show --tasks FILE: how the work of a run went over its ranks; with --plot OUT, a timeline;
 * mec show --plot OUT FILE [FILE2] [score=NAME]: a picture of it. One process, no MPI. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "base/memory.h"
#include "base/progress.h"
#include "job.h"
#include "maps/population.h"
#include "report/maps_results.h"
#include "report/model_summary.h"
#include "report/plot.h"
#include "report/plot_maps.h"
#include "report/summary.h"
#include "report/tasks.h"
#include "storage/catalogue.h"
#include "storage/checkpoint.h"
#include "storage/lock.h"
#include "storage/run_info.h"

/* ---- a dataset ---- */

/* States in which any cell of the animal is not finite. */
static size_t count_unvisited(const mec_population *population, mec_status *status) {
    uint8_t *finite = mec_alloc(population->n_state, 1, status);
    size_t n = 0;
    if (finite) {
        memset(finite, 1, population->n_state);
        mec_population_mark_finite(population, finite);
        for (size_t i = 0; i < population->n_state; i++)
            n += !finite[i];
    }
    free(finite);
    return n;
}

static void print_animal(const mec_catalogue *d, const mec_arena *arena, const mec_animal *animal,
                         mec_status *status) {
    double *resp = mec_alloc(arena->n_state * animal->n_cell, sizeof *resp, status);
    if (resp && mec_catalogue_read_animal(d, arena, animal, resp, status) == MEC_OK) {
        mec_population population = {resp, arena->n_state, animal->n_cell};
        size_t unvisited = count_unvisited(&population, status);
        printf("  %-24s %6zu cells  %6zu unvisited bins (%.1f %%)\n",
               mec_catalogue_text(d, animal->name), animal->n_cell, unvisited,
               100 * (double)unvisited / (double)arena->n_state);
    }
    free(resp);
}

static void print_arena(const mec_catalogue *d, const mec_arena *arena) {
    printf("arena %s: %zu animal%s, ", mec_catalogue_text(d, arena->name), arena->n_animal,
           arena->n_animal == 1 ? "" : "s");
    if (arena->n_row > 0)
        printf("%zu x %zu bins", arena->n_row, arena->n_column);
    else
        printf("%zu states", arena->n_state);
    if (isfinite(arena->width_m) && isfinite(arena->height_m))
        printf(", %g x %g m", arena->width_m, arena->height_m);
    if (isfinite(arena->box.min_x) && isfinite(arena->box.min_y) &&
        (arena->box.min_x != -arena->box.max_x || arena->box.min_y != -arena->box.max_y))
        printf(" from (%g, %g) to (%g, %g)", arena->box.min_x, arena->box.min_y, arena->box.max_x,
               arena->box.max_y);
    if (isfinite(arena->bin_cm))
        printf(", bins of %g cm", arena->bin_cm);
    putchar('\n');
}

static mec_code show_dataset(const char *location, mec_status *status) {
    mec_catalogue d;
    if (mec_catalogue_read(&d, location, "", status) == MEC_OK) {
        printf("%s: dataset, %zu arena%s, %zu cells\n", location, d.n_arena,
               d.n_arena == 1 ? "" : "s", d.n_id);
        for (size_t a = 0; a < d.n_arena; a++) {
            print_arena(&d, &d.arenas[a]);
            for (size_t i = 0; i < d.arenas[a].n_animal && status->code == MEC_OK; i++)
                print_animal(&d, &d.arenas[a], &d.animals[d.arenas[a].first_animal + i], status);
        }
    }
    mec_catalogue_destroy(&d);
    return status->code;
}

/* ---- a run file ---- */

/* While another process writes the file, only the side file is read. */
static mec_code show_running(const char *path, mec_status *status) {
    char *progress = mec_run_file_progress_path(path, status);
    printf("%s: is being written\n", path);
    if (progress && !mec_progress_print_newest(progress, stdout))
        printf("progress: nothing reported yet\n");
    free(progress);
    return status->code;
}

/* The step of the newest state of a network in the file; below 0 where there is none. */
static int64_t saved_step(hid_t file, const char *path) {
    char name[MEC_CHECKPOINT_NAME_SIZE];
    mec_status ignored = {0};
    mec_model_info info;
    if (mec_h5_has_group(file, "checkpoints") &&
        mec_checkpoint_find_newest(file, path, name, &ignored) == MEC_OK &&
        mec_checkpoint_read_info(file, path, name, &info, &ignored) == MEC_OK)
        return info.step;
    return -1;
}

static mec_code tell_state(hid_t file, const char *path, const mec_run_info *info) {
    int64_t step = saved_step(file, path);
    printf("%s: %s, %zu of %zu tasks", path, mec_run_info_state_name(info), info->n_done,
           info->share.n_shard > 0 ? (size_t)info->share.n_task : info->n_task);
    if (info->share.n_shard > 0)
        printf(" of shard %lld (0 to %lld)", (long long)info->share.shard,
               (long long)info->share.n_shard - 1);
    if (step >= 0)
        printf(", after step %lld", (long long)step);
    putchar('\n');
    switch (info->state) {
    case MEC_RUN_COMPLETE:
        return MEC_OK;
    case MEC_RUN_COMPLETE_WITH_FAILURES:
        return MEC_INCOMPLETE;
    case MEC_RUN_RUNNING:
    case MEC_RUN_STOPPED:
        break;
    }
    return MEC_STOPPED;
}

/* 0 complete, 3 complete with failures, 75 to be resumed, 1 not a run file. */
static mec_code show_status(const char *path, mec_status *status) {
    mec_status reading = {0};
    mec_run_info info = {0};
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, &reading);
    if (file >= 0 && mec_run_info_read(file, path, &info, &reading) == MEC_OK)
        status->code = tell_state(file, path, &info); /* an answer, not a failure: no message */
    if (reading.code != MEC_OK)
        mec_fail(status, MEC_FAILED, "%s", reading.message);
    if (file >= 0)
        H5Fclose(file);
    mec_run_info_destroy(&info);
    return status->code;
}

static bool is_run_file(const char *path) {
    mec_status ignored = {0};
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, &ignored);
    bool is_run = file >= 0 && mec_run_info_is_run(file);
    if (file >= 0)
        H5Fclose(file);
    return is_run;
}

mec_code job_show(int n, char **arguments, mec_status *status) {
    const char *files[2] = {NULL, NULL};
    const char *score = NULL; /* corr */
    const char *only_status = NULL;
    const char *load = NULL;
    const char *picture = NULL;
    plot_maps_choice maps = {0};
    const argument_row rows[] = {
        {"--status", ARGUMENT_FLAG, &only_status}, {"--tasks", ARGUMENT_FLAG, &load},
        {"--plot", ARGUMENT_BEHIND, &picture},     {"score", ARGUMENT_EQUALS, &score},
        {"layer", ARGUMENT_EQUALS, &maps.layer},   {"box", ARGUMENT_EQUALS, &maps.box},
        {"units", ARGUMENT_EQUALS, &maps.units},   {"by", ARGUMENT_EQUALS, &maps.by}};
    const argument_table table = {"show", JOB_SHOW_USAGE, rows, sizeof rows / sizeof *rows, 2};
    size_t n_file = 0;
    if (arguments_read(&table, n, arguments, files, &n_file, status))
        return status->code;
    if (load && !only_status && n_file == 1 && !score)
        return picture ? tasks_plot(files[0], picture, status)
                       : tasks_print(files[0], stdout, status);
    if (load)
        return mec_fail(status, MEC_REFUSED,
                        "show: found --tasks beside --status, score= or two files; usage: mec show "
                        "%s",
                        JOB_SHOW_USAGE);
    if (picture && !only_status && n_file == 1 && maps_results_is(files[0]))
        return plot_maps(files[0], &maps, picture, status);
    if (maps.layer || maps.box || maps.units || maps.by)
        return mec_fail(status, MEC_REFUSED,
                        "show: found layer=, box=, units= or by=; accepted with --plot and a file "
                        "of mec ratemaps only");
    if (picture && !only_status)
        return plot_draw(picture, files, n_file, score, status);
    if (n_file > 1 || picture)
        return mec_fail(status, MEC_REFUSED, "show: found %s; usage: mec show %s",
                        picture ? "--plot beside --status" : "two files without --plot",
                        JOB_SHOW_USAGE);
    if (only_status)
        return show_status(files[0], status);
    if (mec_lock_is_held(files[0]))
        return show_running(files[0], status);
    if (model_summary_applies(files[0]))
        return model_summary_print(files[0], stdout, status);
    return is_run_file(files[0]) ? summary_print(files[0], score ? score : "corr", stdout, status)
                                 : show_dataset(files[0], status);
}
