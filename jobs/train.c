/* mec train: a path integrator learns to keep track of where it is.
 *
 * All ranks work on every step: each follows some of the batch's walks, the gradients are added up,
 * and every rank moves its copy of the weights. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "report/model_summary.h"
#include "storage/lock.h"
#include "train/training.h"

static mec_code print_dry_run(const train_plan *plan, mec_status *status) {
    const job_context *c = plan->context;
    char memory[32];
    char disk[32];
    char available[32];
    char *config = mec_settings_text(c->settings, c->sections, MEC_SETTINGS_ALL, status);
    double bytes = training_disk(plan, status);
    if (status->code == MEC_OK) {
        mec_text_from_bytes(learner_memory(plan), memory, sizeof memory);
        mec_text_from_bytes(bytes, disk, sizeof disk);
        printf("%s\n", config);
        printf("steps:   %zu, of %zu trajectories of %zu steps each; %zu checkpoints, of which %zu "
               "are kept\n",
               train_plan_own_steps(plan), plan->walk.walk.batch_size,
               plan->walk.walk.sequence_length, plan->n_checkpoint, train_plan_kept(plan));
        printf("network: %zu parameters\n", mec_network_count(&plan->network));
        printf("memory:  %s a rank, with %d rank%s\n", memory, c->world->size,
               c->world->size == 1 ? "" : "s");
        double there = mec_path_free_bytes(c->values->run.output);
        mec_text_from_bytes(there, available, sizeof available);
        printf("disk:    %s%s%s\n", disk, there < 0 ? "" : ", of free ",
               there < 0 ? "" : available);
        printf("work:    %.3g multiplications a step\n", train_plan_step_cost(plan));
        printf("nothing was written\n");
    }
    free(config);
    return status->code;
}

static mec_code check_output(const job_context *c, mec_status *status) {
    if (!*c->values->run.output)
        mec_fail(status, MEC_REFUSED, "%s: is empty; accepted: the path of the file to write",
                 mec_settings_where(c->settings, "run", "output"));
    return status->code;
}

mec_code job_train(const job_context *context, mec_status *status) {
    train_plan plan = {0};
    if (check_output(context, status) == MEC_OK &&
        train_plan_make(&plan, context, status) == MEC_OK) {
        if (!context->dry_run)
            training_run(&plan, status);
        else if (context->world->rank == 0)
            print_dry_run(&plan, status);
        if (status->code == MEC_OK && !context->dry_run && context->world->rank == 0)
            model_summary_print(context->values->run.output, stdout, status);
    }
    train_plan_destroy(&plan);
    return mec_agree(context->world, status);
}
