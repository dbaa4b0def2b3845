#include "shards.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static const char ARRAY_ID[] = "SLURM_ARRAY_TASK_ID";

/* ---- which shard ---- */

/* A whole number from 0 to most; false where the text is none. */
static bool parse(const char *text, int64_t most, size_t *value) {
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    *value = (size_t)number;
    return *text && *end == '\0' && errno == 0 && number >= 0 && number <= most;
}

static mec_code find_shard(mec_settings *settings, run_settings *run, mec_status *status) {
    const char *array_id = getenv(ARRAY_ID);
    const char *text = *run->shard ? run->shard : array_id ? array_id : "";
    if (parse(text, run->shards - 1, &run->own_shard))
        return MEC_OK;
    if (!*text)
        return mec_fail(status, MEC_REFUSED,
                        "%s: is empty, and there is no %s; accepted with run.shards = %lld: 0 to "
                        "%lld, or a job of an array",
                        mec_settings_where(settings, "run", "shard"), ARRAY_ID,
                        (long long)run->shards, (long long)run->shards - 1);
    return mec_fail(status, MEC_REFUSED,
                    "%s: found \"%.100s\"%s; accepted with run.shards = %lld: 0 to %lld",
                    mec_settings_where(settings, "run", "shard"), text,
                    *run->shard ? "" : " in SLURM_ARRAY_TASK_ID", (long long)run->shards,
                    (long long)run->shards - 1);
}

static mec_code name_output(mec_settings *settings, run_settings *run, mec_status *status) {
    char name[MEC_TEXT_SIZE];
    size_t length = strlen(run->output);
    if (length > 3 && strcmp(run->output + length - 3, ".h5") == 0)
        length -= 3;
    int n = snprintf(name, sizeof name, "%.*s.%zu-of-%lld.h5", (int)length, run->output,
                     run->own_shard, (long long)run->shards);
    if (n >= (int)sizeof name)
        return mec_fail(status, MEC_REFUSED, "%s: is too long to add the shard to it",
                        mec_settings_where(settings, "run", "output"));
    memcpy(run->output, name, sizeof name);
    return MEC_OK;
}

mec_code shards_resolve(mec_settings *settings, const job_row *job, run_settings *run,
                        mec_status *status) {
    if (run->shards == 1 && *run->shard && strcmp(run->shard, "0") != 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s: found \"%.100s\"; accepted only with run.shards above %.100s",
                        mec_settings_where(settings, "run", "shard"), run->shard, run->shard);
    if (run->shards == 1 || !*run->output) /* the job refuses an empty output */
        return MEC_OK;
    if (mec_text_index(SHARDS_JOBS, job->name) < 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s: found %lld; accepted for mec %s: 1, its ranks work on one thing",
                        mec_settings_where(settings, "run", "shards"), (long long)run->shards,
                        job->name);
    if (find_shard(settings, run, status) == MEC_OK)
        name_output(settings, run, status);
    return status->code;
}

/* ---- which tasks ---- */

/* Tasks that stay together. */
typedef struct unit {
    uint32_t class;
    double cost;
    size_t first;
} unit;

static int by_class_and_cost(const void *left, const void *right) {
    const unit *a = left;
    const unit *b = right;
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if (a->cost != b->cost)
        return a->cost < b->cost ? 1 : -1;
    return (a->first > b->first) - (a->first < b->first);
}

static size_t first_of_unit(const batch *b, size_t task) {
    if (b->phases)
        return task - task % b->phases->n_task;
    return b->unit ? b->unit[task] : task;
}

/* The units, in the order of their first tasks; `units` (n_task) is room for them. */
static size_t list_units(const batch *b, unit *units) {
    size_t n = 0;
    for (size_t i = 0; i < b->n_task; i++) {
        if (first_of_unit(b, i) == i)
            units[n++] = (unit){.class = b->class ? b->class[i] : 0, .first = i};
        units[n - 1].cost += b->cost[i];
    }
    return n;
}

/* Deals the units out like cards, to and fro, the costliest of a kind first: every shard gets about
 * as many of each kind, and as costly ones. Estimates compare tasks of one kind only. */
size_t shards_share(const batch *b, const run_settings *run, bool *own, mec_status *status) {
    size_t n_shard = (size_t)run->shards;
    size_t n_own = 0;
    unit *units = mec_alloc(b->n_task, sizeof *units, status);
    bool *mine = mec_alloc(b->n_task, sizeof *mine, status); /* by the first task */
    if (status->code == MEC_OK) {
        size_t n = list_units(b, units);
        qsort(units, n, sizeof *units, by_class_and_cost);
        for (size_t i = 0; i < n; i++) {
            size_t place = i % n_shard;
            size_t shard = i / n_shard % 2 == 0 ? place : n_shard - 1 - place;
            mine[units[i].first] = shard == run->own_shard;
        }
        for (size_t i = 0; i < b->n_task; i++)
            n_own += own[i] = mine[first_of_unit(b, i)];
    }
    free(units);
    free(mine);
    return n_own;
}
