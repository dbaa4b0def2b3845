#include "fit/fit_axes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

const char *fit_axes_path(const fit_axes *axes, const char *name) {
    static char path[MEC_TEXT_SIZE + 64];
    snprintf(path, sizeof path, "%s/%s", axes->folder, name);
    return path;
}

static int add_cells(const fit_axes *axes, mec_layout *layout, size_t animal, mec_status *status) {
    const mec_catalogue *c = axes->plan->catalogue;
    const char **ids = mec_alloc(axes->n_cell, sizeof *ids, status);
    for (size_t j = 0; j < axes->n_cell && ids; j++)
        ids[j] = mec_catalogue_cell_id(c, &c->animals[animal], j);
    int scale = ids ? mec_layout_add_text_scale(layout, fit_axes_path(axes, "cell"), ids,
                                                axes->n_cell, "cell id", status)
                    : -1;
    free(ids);
    return scale;
}

static int add_sources(const fit_axes *axes, mec_layout *layout, const mec_arena *arena,
                       size_t animal, mec_status *status) {
    const mec_catalogue *c = axes->plan->catalogue;
    const char **names = mec_alloc(arena->n_animal, sizeof *names, status);
    size_t n = 0;
    for (size_t i = 0; i < arena->n_animal && names; i++)
        if (arena->first_animal + i != animal)
            names[n++] = mec_catalogue_text(c, c->animals[arena->first_animal + i].name);
    int scale = names ? mec_layout_add_text_scale(layout, fit_axes_path(axes, "source"), names, n,
                                                  "source animal", status)
                      : -1;
    free(names);
    return scale;
}

mec_code fit_axes_add(fit_axes *axes, const fit_plan *plan, mec_layout *layout, const char *top,
                      size_t arena, size_t animal, int wanted, mec_status *status) {
    const mec_catalogue *c = plan->catalogue;
    *axes = (fit_axes){.plan = plan,
                       .n_cell = c->animals[animal].n_cell,
                       .n_source = fit_plan_n_source_of(plan, &c->arenas[arena]),
                       .cell = -1,
                       .split = -1,
                       .source = -1};
    snprintf(axes->folder, sizeof axes->folder, "/%s/%s/%s", top,
             mec_catalogue_text(c, c->arenas[arena].name),
             mec_catalogue_text(c, c->animals[animal].name));
    if (wanted & FIT_CELLS)
        axes->cell = add_cells(axes, layout, animal, status);
    if (wanted & FIT_SPLITS)
        axes->split = mec_layout_add_int_scale(layout, fit_axes_path(axes, "split"), plan->n_split,
                                               "train-test split", status);
    if (wanted & FIT_SOURCES && plan->pairwise)
        axes->source = add_sources(axes, layout, &c->arenas[arena], animal, status);
    return status->code;
}

void fit_axes_set(const fit_axes *axes, int wanted, mec_array *array) {
    const struct {
        bool wanted;
        int scale;
        size_t size;
    } all[] = {{wanted & FIT_CELLS, axes->cell, axes->n_cell},
               {wanted & FIT_SPLITS, axes->split, axes->plan->n_split},
               {wanted & FIT_SOURCES && axes->plan->pairwise, axes->source, axes->n_source}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!all[i].wanted)
            continue;
        array->scale[array->n_dim] = all[i].scale;
        array->dims[array->n_dim++] = all[i].size;
    }
}

void fit_axes_add_cell_ids(const fit_axes *axes, mec_layout *layout, size_t animal,
                           mec_status *status) {
    const mec_catalogue *c = axes->plan->catalogue;
    size_t size = 0;
    const char **texts = mec_alloc(axes->n_cell, sizeof *texts, status);
    for (size_t j = 0; j < axes->n_cell && texts; j++)
        texts[j] = mec_catalogue_cell_id(c, &c->animals[animal], j);
    char *ids = texts ? mec_layout_pack(texts, axes->n_cell, &size, status) : NULL;
    mec_array array = {.path = (char *)fit_axes_path(axes, "cell_ids"),
                       .element = MEC_STRING,
                       .string_size = size,
                       .long_name = "cell id",
                       .values = ids};
    fit_axes_set(axes, FIT_CELLS, &array);
    if (ids)
        mec_layout_add(layout, &array, status);
    free(ids);
    free(texts);
}
