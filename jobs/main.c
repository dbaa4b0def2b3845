/* The program: takes the command line apart, reads the settings, runs one job on every rank.
 *
 *   mec JOB CONFIG.ini [section.key=value ...] [--dry-run]
 *   mec show [--status] FILE [score=NAME]
 *
 * The exit code is the status's: see base/status.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "job.h"
#include "numerics/linalg.h"
#include "storage/h5.h"

/* Every job: one row. `sections` are the settings it reads; jobs without them run on one process.
 */
typedef struct job_row {
    const char *name, *sections;
    mec_code (*run)(const job_context *context, mec_status *status);
    mec_code (*run_alone)(int n, char **arguments, mec_status *status);
    const char *usage, *help;
} job_row;

static const job_row jobs[] = {
    {"fit", "run data source splits fit map", job_fit, NULL, "CONFIG.ini [section.key=value ...]",
     "fits maps from animals to animals and scores every cell"},
    {"synth", "run synth", job_synth, NULL, "CONFIG.ini [section.key=value ...]",
     "writes a synthetic dataset"},
    {"show", NULL, NULL, job_show, "[--status] FILE [score=NAME]",
     "prints what is in a dataset or a run file"},
};

enum { N_JOB = sizeof jobs / sizeof *jobs };

typedef struct command_line {
    const job_row *job;
    const char *config;
    char **overrides;
    int n_override;
    bool dry_run;
} command_line;

/* The rank that the launcher will give this process, before MPI is started. */
static int launched_rank(void) {
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]))
            return atoi(getenv(names[i]));
    return 0;
}

static void print_help(const job_row *job) {
    printf("mec %s: neural fits on a cluster\n\nusage: mpirun -n RANKS mec JOB ...\n", MEC_VERSION);
    for (int i = 0; i < N_JOB; i++)
        if (!job || job == &jobs[i])
            printf("  mec %-6s %s\n             %s\n", jobs[i].name, jobs[i].usage, jobs[i].help);
    if (!job || job->sections)
        printf("\noptions: --dry-run  prints settings, tasks, memory and work; writes nothing\n");
    if (job && job->sections)
        mec_settings_help(&job_section_table, job->sections, stdout);
    if (!job)
        printf("\nmec JOB --help prints the settings of a job; mec --version the version.\n");
}

static mec_code find_job(const char *name, const job_row **job, mec_status *status) {
    char known[128] = "";
    for (int i = 0; i < N_JOB; i++) {
        if (strcmp(jobs[i].name, name) == 0) {
            *job = &jobs[i];
            return MEC_OK;
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "",
                 jobs[i].name);
    }
    return mec_fail(status, MEC_REFUSED, "unknown job \"%s\"; accepted: %s", name, known);
}

static bool asks_for(int n, char **arguments, const char *option) {
    for (int i = 0; i < n; i++)
        if (strcmp(arguments[i], option) == 0)
            return true;
    return false;
}

/* The arguments behind the job's name. */
static mec_code take_arguments(command_line *line, int n, char **arguments, mec_status *status) {
    for (int i = 0; i < n; i++) {
        if (strcmp(arguments[i], "--dry-run") == 0)
            line->dry_run = true;
        else if (arguments[i][0] == '-')
            return mec_fail(status, MEC_REFUSED,
                            "unknown option \"%s\"; accepted: --dry-run, --help", arguments[i]);
        else if (!line->config)
            line->config = arguments[i];
        else
            line->overrides[line->n_override++] = arguments[i];
    }
    if (!line->config)
        mec_fail(status, MEC_REFUSED, "no settings given; usage: mec %s %s", line->job->name,
                 line->job->usage);
    return status->code;
}

/* Reads a file whole; the caller frees it. */
static char *read_file(const char *path, size_t *size, mec_status *status) {
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t capacity = 0;
    *size = 0;
    for (int c; file && (c = getc(file)) != EOF;) {
        char *grown = mec_grow(text, *size, &capacity, 1, status);
        if (!grown)
            break;
        text = grown;
        text[(*size)++] = (char)c;
    }
    if (!file || ferror(file))
        mec_fail(status, MEC_REFUSED, "%s: cannot be read: %s", path, strerror(errno));
    if (file)
        fclose(file);
    return text;
}

/* Rank 0 reads the file; all ranks parse the same text and so meet the same failure. */
static mec_code read_settings(const mec_world *world, const command_line *line,
                              mec_settings **settings, mec_status *status) {
    size_t size = 0;
    char *text = NULL;
    if (world->rank == 0)
        text = read_file(line->config, &size, status);
    *settings = mec_settings_create(&job_section_table, status);
    void *block = text;
    if (mec_agree(world, status) == MEC_OK &&
        mec_broadcast_block(world, &block, &size, status) == MEC_OK) {
        mec_settings_read(*settings, line->config, block, size, status);
        for (int i = 0; i < line->n_override && status->code == MEC_OK; i++)
            mec_settings_override(*settings, line->overrides[i], status);
    }
    free(block);
    return mec_agree(world, status);
}

static mec_code run_on_all_ranks(const command_line *line, double started, mec_status *status) {
    mec_world world;
    mec_settings *settings = NULL;
    if (mec_world_start(&world, status))
        return status->code;
    mec_stop_install();
    if (read_settings(&world, line, &settings, status) == MEC_OK) {
        job_context context = {.world = &world,
                               .settings = settings,
                               .values = mec_settings_values(settings),
                               .sections = line->job->sections,
                               .dry_run = line->dry_run,
                               .started = started};
        mec_linalg_set_threads((int)context.values->run.threads);
        line->job->run(&context, status);
    }
    if (status->code != MEC_OK && *status->message)
        mec_log("%s", status->message);
    mec_settings_destroy(settings);
    mec_world_end(&world);
    return status->code;
}

static mec_code run_alone(const job_row *job, int n, char **arguments, mec_status *status) {
    if (launched_rank() == 0 && job->run_alone(n, arguments, status) && *status->message)
        mec_log("%s", status->message);
    return status->code;
}

int main(int argc, char **argv) {
    double started = mec_clock_seconds();
    mec_status status = {0};
    command_line line = {.overrides = argv};
    bool first = launched_rank() == 0;
    mec_log_set_speaking(first);
    mec_h5_be_quiet();
    mec_linalg_set_threads(1);

    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        if (first)
            print_help(NULL);
        return argc < 2 ? MEC_REFUSED : MEC_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        if (first)
            printf("mec %s\n", MEC_VERSION);
        return MEC_OK;
    }
    if (find_job(argv[1], &line.job, &status)) {
        mec_log("%s", status.message);
        return status.code;
    }
    if (asks_for(argc - 2, argv + 2, "--help")) {
        if (first)
            print_help(line.job);
        return MEC_OK;
    }
    if (line.job->run_alone)
        return run_alone(line.job, argc - 2, argv + 2, &status);
    if (take_arguments(&line, argc - 2, argv + 2, &status)) {
        mec_log("%s", status.message);
        return status.code;
    }
    return run_on_all_ranks(&line, started, &status);
}
