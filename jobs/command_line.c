#include "command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int command_line_launched_rank(void) {
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]))
            return atoi(getenv(names[i]));
    return 0;
}

static void print_help(const job_row *jobs, size_t n_job) {
    printf("mec %s: neural fits on a cluster\n\nusage: mpirun -n RANKS mec JOB ...\n", MEC_VERSION);
    for (size_t i = 0; i < n_job; i++)
        printf("  mec %-8s %s\n               %s\n", jobs[i].name, jobs[i].usage, jobs[i].help);
    printf("\nmec JOB --help prints the settings of a job, mec --version the version.\n");
}

static void print_job_help(const job_row *job) {
    printf("usage: %smec %s %s\n%s\n", job->run ? "mpirun -n RANKS " : "", job->name, job->usage,
           job->help);
    if (!job->sections)
        return;
    if (job->run)
        printf("\n--dry-run prints settings, tasks, memory and work, and writes nothing.\n");
    printf("%sThe settings, with their defaults:\n", job->run ? "" : "\n");
    mec_settings_help(&job_section_table, job->sections, stdout);
}

static mec_code find_job(const job_row *jobs, size_t n_job, const char *name, const job_row **job,
                         mec_status *status) {
    char known[128] = "";
    for (size_t i = 0; i < n_job; i++) {
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

/* The arguments behind the name of a job that reads settings. */
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
            line->rest[line->n_rest++] = arguments[i];
    }
    if (!line->config)
        mec_fail(status, MEC_REFUSED, "no settings given; usage: mec %s %s", line->job->name,
                 line->job->usage);
    return status->code;
}

mec_code command_line_read(command_line *line, const job_row *jobs, size_t n_job, int argc,
                           char **argv, bool speaks, mec_status *status) {
    *line = (command_line){.rest = argv};
    const job_row *job = NULL;
    if (argc < 2)
        return mec_fail(status, MEC_REFUSED, "no job given; mec --help lists them");
    bool help = strcmp(argv[1], "--help") == 0;
    bool version = strcmp(argv[1], "--version") == 0;
    if (help && speaks)
        print_help(jobs, n_job);
    if (version && speaks)
        printf("mec %s\n", MEC_VERSION);
    if (help || version || find_job(jobs, n_job, argv[1], &job, status))
        return status->code;
    if (asks_for(argc - 2, argv + 2, "--help")) {
        if (speaks)
            print_job_help(job);
        return MEC_OK;
    }
    line->job = job;
    if (job->run)
        return take_arguments(line, argc - 2, argv + 2, status);
    line->rest = argv + 2;
    line->n_rest = argc - 2;
    return MEC_OK;
}
