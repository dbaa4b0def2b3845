#include "report/fit_list.h"

static const char *const heads[] = {"arena", "animal", "cell", "source"};

/* Which cell, split and source the fit at `index` of an animal's arrays is of. */
typedef struct place {
    const char *cell, *source;
    int split;
} place;

static place place_of(const results_animal *animal, size_t index) {
    size_t k = index % animal->n_source;
    size_t split = index / animal->n_source % animal->n_split;
    return (place){.cell = animal->cell_ids[index / animal->n_source / animal->n_split],
                   .source = animal->sources ? animal->sources[k] : "",
                   .split = animal->splits[split]};
}

fit_list fit_list_start(const results *r, FILE *stream) {
    fit_list list = {.stream = stream, .pairwise = r->n_animal > 0 && r->animals[0].sources};
    for (int i = 0; i < 4; i++)
        results_widen(&list.width[i], heads[i]);
    return list;
}

void fit_list_widen(fit_list *list, const results_animal *animal, size_t index) {
    place p = place_of(animal, index);
    const char *const names[] = {animal->arena, animal->name, p.cell, p.source};
    for (int i = 0; i < 4; i++)
        results_widen(&list->width[i], names[i]);
}

void fit_list_print_heads(const fit_list *list) {
    for (int i = 0; i < 3; i++)
        fprintf(list->stream, "  %-*s", list->width[i], heads[i]);
    fputs("  split", list->stream);
    if (list->pairwise)
        fprintf(list->stream, "  %-*s", list->width[3], heads[3]);
}

void fit_list_print(const fit_list *list, const results_animal *animal, size_t index) {
    place p = place_of(animal, index);
    fprintf(list->stream, "  %-*s  %-*s  %-*s  %5d", list->width[0], animal->arena, list->width[1],
            animal->name, list->width[2], p.cell, p.split);
    if (list->pairwise)
        fprintf(list->stream, "  %-*s", list->width[3], p.source);
}
