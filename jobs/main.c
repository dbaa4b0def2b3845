/* The program: reads the command line and the settings, runs one job on every rank.
 *
 *   mec JOB CONFIG.ini [section.key=value ...] [--dry-run]
 *   mec merge [--partial] OUT.h5 PART.h5...
 *   mec show [--status|--tasks] FILE [score=NAME]
 *   mec show --plot OUT.png FILE [FILE2] [score=NAME]
 *   mec show --plot OUT.png FILE [layer=NAME] [box=NAME] [units=LIST] [by=NAME]
 *   mec export FILE [OUT.csv] [splits=yes] [sources=yes]
 *   mec import FROM OUT.h5 [CONFIG.ini] [section.key=value ...]
 *   mec import --published DIR
 *
 * The exit code is the status's: see base/status.h. */
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/slurm.h"
#include "base/stop.h"
#include "base/text_file.h"
#include "command_line.h"
#include "numerics/linalg.h"
#include "shards.h"
#include "storage/h5.h"

static const job_row jobs[] = {
    {"fit", "run data source splits fit map", job_fit, NULL,
     "CONFIG.ini [section.key=value ...] [--dry-run]",
     "fits maps from animals to animals and scores every cell"},
    {"grid", "run data source splits grid", job_grid, NULL,
     "CONFIG.ini [section.key=value ...] [--dry-run]",
     "searches the elastic net's alpha and l1_ratio for every cell and split"},
    {"train", "run model cues reward train", job_train, NULL,
     "CONFIG.ini [section.key=value ...] [--dry-run]", "trains a path integrator"},
    {"synth", "run synth", job_synth, NULL, "CONFIG.ini [section.key=value ...] [--dry-run]",
     "writes a synthetic dataset"},
    {"ratemaps", "run model cues reward ratemaps", job_ratemaps, NULL,
     "CONFIG.ini [section.key=value ...] [--dry-run]", "draws the rate maps of a path integrator"},
    {"merge", NULL, NULL, job_merge, JOB_MERGE_USAGE,
     "joins the run files of an array of jobs (run.shards), or names the tasks they lack"},
    {"show", NULL, NULL, job_show, JOB_SHOW_USAGE,
     "prints what is in a dataset or a run file, or draws its scores"},
    {"export", NULL, NULL, job_export, JOB_EXPORT_USAGE, "writes the scores of a run file as CSV"},
    {"import", "import", NULL, job_import, JOB_IMPORT_USAGE,
     "takes over a network from a TensorFlow checkpoint, or fetches the paper's checkpoints"},
};

/* Rank 0 reads the file; all ranks parse the same text and so meet the same failure. */
static mec_code read_settings(const mec_world *world, const command_line *line,
                              mec_settings **settings, mec_status *status) {
    size_t size = 0;
    char *text = NULL;
    if (world->rank == 0)
        text = mec_text_file_read(line->config, &size, status);
    *settings = mec_settings_create(&job_section_table, status);
    void *block = text;
    if (mec_agree(world, status) == MEC_OK &&
        mec_broadcast_block(world, &block, &size, status) == MEC_OK) {
        mec_settings_read(*settings, line->config, block, size, status);
        for (int i = 0; i < line->n_rest && status->code == MEC_OK; i++)
            mec_settings_override(*settings, line->rest[i], status);
    }
    free(block);
    return mec_agree(world, status);
}

/* Different BLAS kernels round differently: the promise of equal bytes holds among equal ones. */
static void tell_mixed_processors(const mec_world *world) {
    int n = mec_count_differing(world, mec_linalg_core());
    if (n > 0)
        mec_log(
            "%d of %d ranks use other OpenBLAS kernels than rank 0 (%s): the last bits depend on "
            "which rank computes what; OPENBLAS_CORETYPE makes them alike",
            n, world->size, mec_linalg_core());
}

/* mpirun gives every one of few ranks a single core, unless told otherwise. */
static void tell_few_cores(int n_thread) {
    cpu_set_t cores;
    if (n_thread > 1 && sched_getaffinity(0, sizeof cores, &cores) == 0 &&
        CPU_COUNT(&cores) < n_thread)
        mec_log("run.threads = %d, but %d core%s may be used by a rank: mpirun --bind-to none or "
                "--map-by slot:PE=%d gives it more",
                n_thread, CPU_COUNT(&cores), CPU_COUNT(&cores) == 1 ? "" : "s", n_thread);
}

static void tell_failure(const mec_status *status) {
    if (status->code != MEC_OK && *status->message)
        mec_log("%s", status->message);
}

/* Of processes that know nothing of one another, the first one speaks for all. */
static mec_code refuse_apart(int n_apart, bool speaks, mec_status *status) {
    if (n_apart == 0)
        return MEC_OK;
    mec_log_set_speaking(speaks);
    return mec_fail(status, MEC_REFUSED,
                    "%d separate processes were started, not %d ranks of one run: each would do "
                    "all of it; accepted: srun --mpi=pmix, or mpirun with the MPI that mec was "
                    "built with",
                    n_apart, n_apart);
}

/* SLURM's time limit, if it is earlier than the run's own: what is left of it less what a stop may
 * take. */
static void heed_slurm(const mec_world *world, double started, run_settings *run) {
    double left = world->rank == 0 ? mec_slurm_seconds_left() : 0;
    mec_broadcast(world->comm, &left, sizeof left);
    double limit = mec_clock_seconds() - started + left - run->stop_seconds;
    if (!isfinite(limit) || (run->time_limit > 0 && run->time_limit <= limit))
        return;
    run->time_limit = fmax(round(limit), 1);
    mec_log("SLURM ends this job in %.0f s: stops after %.0f s, to save", left, run->time_limit);
}

static mec_code refuse_groups(mec_settings *settings, const command_line *line,
                              const run_settings *run, mec_status *status) {
    if (run->group <= 1 || strcmp(line->job->name, "fit") == 0)
        return MEC_OK;
    return mec_fail(status, MEC_REFUSED,
                    "%s: found %lld; accepted for mec %s: 1, only fits are shared by ranks",
                    mec_settings_where(settings, "run", "group"), (long long)run->group,
                    line->job->name);
}

static mec_code run_on_all_ranks(const command_line *line, double started, bool speaks,
                                 mec_status *status) {
    mec_world world;
    mec_settings *settings = NULL;
    if (refuse_apart(mec_world_count_separate(), speaks, status) ||
        mec_world_start(&world, status)) {
        tell_failure(status);
        return status->code;
    }
    mec_stop_install();
    if (refuse_apart(world.n_apart, speaks, status) == MEC_OK &&
        read_settings(&world, line, &settings, status) == MEC_OK) {
        job_settings values = *(const job_settings *)mec_settings_values(settings);
        job_context context = {.world = &world,
                               .settings = settings,
                               .values = &values,
                               .sections = line->job->sections,
                               .dry_run = line->dry_run,
                               .started = started};
        mec_linalg_set_threads((int)context.values->run.threads);
        tell_few_cores((int)context.values->run.threads);
        mec_stop_set_patience(values.run.stop_seconds);
        if (!line->dry_run)
            heed_slurm(&world, started, &values.run);
        tell_mixed_processors(&world);
        if (refuse_groups(settings, line, &values.run, status) == MEC_OK &&
            shards_resolve(settings, line->job, &values.run, status) == MEC_OK)
            line->job->run(&context, status);
    }
    mec_settings_destroy(settings);
    /* Before any rank ends: mpirun drops what is printed after the first one with a failure. */
    tell_failure(status);
    fflush(stdout);
    mec_world_exit(&world, (int)status->code);
}

int main(int argc, char **argv) {
    double started = mec_clock_seconds();
    bool speaks = command_line_launched_rank() == 0;
    command_line line;
    mec_status status = {0};
    mec_log_set_speaking(speaks);
    mec_h5_set_defaults();
    mec_linalg_set_threads(1);

    if (command_line_read(&line, jobs, sizeof jobs / sizeof *jobs, argc, argv, speaks, &status) ==
            MEC_OK &&
        line.job) {
        if (line.job->run)
            return run_on_all_ranks(&line, started, speaks, &status);
        if (speaks)
            line.job->run_alone(line.n_rest, line.rest, &status);
    }
    tell_failure(&status);
    /* Without MPI nobody waits for the one that prints, and mpirun drops what is printed after the
     * first failure: only the one that prints fails. */
    return speaks ? (int)status.code : MEC_OK;
}
