#include "fit/per_cell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/setting_value.h"
#include "base/text.h"

/* Values that no line or recipe has. */
static const size_t NO_RECIPE = SIZE_MAX;
static const size_t ANY_ARENA = SIZE_MAX;

/* A column that gives a value; of the columns of keys `setting` is NULL. */
struct per_cell_column {
    const mec_setting *setting;
    const char *section;
    size_t offset; /* of the value in a fit_recipe */
};

/* The keys of a line of the file. */
struct per_cell_line {
    const char *name[N_PER_CELL_KEY]; /* of the split: not used */
    size_t split;
    size_t named; /* a bit for every per_cell_key that is not *: the larger, the more exact */
};

/* Lines that match together, from the least to the most exact, as a tree: a line on top of the step
 * before it. Step 0 is no line at all. */
struct per_cell_step {
    size_t before, line;
    size_t recipe; /* NO_RECIPE: not asked for so far */
};

/* In the order of per_cell_key. */
static const char *const key_names[N_PER_CELL_KEY] = {"arena", "source", "split", "cell_id"};

static const mec_setting train_frac_setting = {.key = "train_frac",
                                               .type = MEC_SETTING_REAL,
                                               .offset = offsetof(fit_recipe, train_frac),
                                               .accepted = "[0, 1)"};

static bool names(const struct per_cell_line *line, per_cell_key key) {
    return line->named >> key & 1;
}

/* ---- the header ---- */

static bool is_for_cells(const mec_setting *setting) {
    return strcmp(setting->key, "type") != 0 && strcmp(setting->key, "per_cell") != 0;
}

static mec_code refuse_column(const mec_csv *csv, const char *name, mec_status *status) {
    const mec_section *map = job_section("map");
    char known[768] = "cell_id arena source split train_frac";
    char nearest[64] = "";
    size_t used = strlen(known);
    for (size_t i = 0; i < map->n_setting && used < sizeof known; i++)
        if (is_for_cells(&map->settings[i]))
            used +=
                (size_t)snprintf(known + used, sizeof known - used, " %s", map->settings[i].key);
    bool near = mec_text_nearest(known, name, nearest, sizeof nearest);
    return mec_csv_refuse(csv, MEC_CSV_HEADER, status,
                          "unknown column \"%.100s\"%s%s%s; accepted: %s", name,
                          near ? " (nearest: " : "", nearest, near ? ")" : "", known);
}

static bool find_key(const char *name, size_t *key) {
    for (*key = 0; *key < N_PER_CELL_KEY; ++*key)
        if (strcmp(key_names[*key], name) == 0)
            return true;
    return false;
}

static bool find_value(const char *name, struct per_cell_column *column) {
    const mec_section *map = job_section("map");
    if (strcmp(name, train_frac_setting.key) == 0) {
        *column =
            (struct per_cell_column){&train_frac_setting, "splits", train_frac_setting.offset};
        return true;
    }
    for (size_t i = 0; i < map->n_setting; i++) {
        const mec_setting *setting = &map->settings[i];
        if (is_for_cells(setting) && strcmp(name, setting->key) == 0) {
            *column = (struct per_cell_column){setting, map->name,
                                               offsetof(fit_recipe, map) + setting->offset};
            return true;
        }
    }
    return false;
}

static mec_code read_header(per_cell *t, mec_status *status) {
    const mec_csv *csv = t->csv;
    t->columns = mec_alloc(csv->n_column, sizeof *t->columns, status);
    for (size_t key = 0; key < N_PER_CELL_KEY; key++)
        t->key_column[key] = csv->n_column;
    for (size_t i = 0; i < csv->n_column && status->code == MEC_OK; i++) {
        size_t key;
        if (find_key(mec_csv_name(csv, i), &key))
            t->key_column[key] = i;
        else if (!find_value(mec_csv_name(csv, i), &t->columns[i]))
            refuse_column(csv, mec_csv_name(csv, i), status);
    }
    if (status->code == MEC_OK && t->key_column[PER_CELL_CELL] == csv->n_column)
        mec_csv_refuse(csv, MEC_CSV_HEADER, status,
                       "found no column cell_id; accepted: cell_id, with * for all cells");
    return status->code;
}

/* ---- the lines ---- */

static uint64_t hash_line(const struct per_cell_line *line) {
    uint64_t hash = mec_lookup_hash(0, &line->named, sizeof line->named);
    for (per_cell_key key = 0; key < N_PER_CELL_KEY; key++)
        if (names(line, key) && key != PER_CELL_SPLIT)
            hash = mec_lookup_hash(hash, line->name[key], strlen(line->name[key]) + 1);
    return names(line, PER_CELL_SPLIT) ? mec_lookup_hash(hash, &line->split, sizeof line->split)
                                       : hash;
}

static bool is_line(const void *lines, size_t index, const void *wanted) {
    const struct per_cell_line *a = (const struct per_cell_line *)lines + index;
    const struct per_cell_line *b = wanted;
    bool same = a->named == b->named && (!names(a, PER_CELL_SPLIT) || a->split == b->split);
    for (per_cell_key key = 0; key < N_PER_CELL_KEY && same; key++)
        if (names(a, key) && key != PER_CELL_SPLIT)
            same = strcmp(a->name[key], b->name[key]) == 0;
    return same;
}

static mec_code read_keys(const per_cell *t, size_t row, struct per_cell_line *line,
                          mec_status *status) {
    for (per_cell_key key = 0; key < N_PER_CELL_KEY; key++) {
        size_t column = t->key_column[key];
        const char *text = column < t->csv->n_column ? mec_csv_field(t->csv, row, column) : "*";
        if (strcmp(text, "*") == 0)
            continue;
        int64_t split = 0;
        bool is_split = mec_text_to_int(text, &split) && split >= 0;
        if (key == PER_CELL_SPLIT && !is_split)
            return mec_csv_refuse(t->csv, row, status,
                                  "split: found \"%.200s\"; accepted: 0, 1, 2, ..., or *", text);
        if (*text == '\0')
            return mec_csv_refuse(t->csv, row, status,
                                  "%s is empty; accepted: a name, or * for all", key_names[key]);
        line->name[key] = text;
        line->named |= (size_t)1 << key;
        if (key == PER_CELL_SPLIT)
            line->split = (size_t)split;
    }
    return MEC_OK;
}

static mec_code add_line(per_cell *t, size_t row, mec_status *status) {
    struct per_cell_line *line = &t->lines[row];
    if (read_keys(t, row, line, status))
        return status->code;
    uint64_t hash = hash_line(line);
    size_t other = mec_lookup_find(&t->line_lookup, hash, is_line, t->lines, line);
    if (other != MEC_LOOKUP_NONE)
        return mec_csv_refuse(t->csv, row, status,
                              "cell_id, split, source and arena are those of line %zu; accepted: "
                              "one line for each",
                              t->csv->lines[other]);
    t->has_kind[line->named] = true;
    t->names_cells |= names(line, PER_CELL_CELL);
    return mec_lookup_add(&t->line_lookup, hash, row, status);
}

/* Puts the values that a line gives into the recipe. */
static mec_code apply_line(const per_cell *t, size_t row, fit_recipe *recipe, mec_status *status) {
    for (size_t i = 0; i < t->csv->n_column; i++) {
        const struct per_cell_column *column = &t->columns[i];
        const char *text = mec_csv_field(t->csv, row, i);
        mec_status found = {0};
        if (column->setting && *text &&
            mec_setting_parse(column->setting, text, (char *)recipe + column->offset,
                              column->section, &found))
            return mec_csv_refuse(t->csv, row, status, "%s", found.message);
    }
    return MEC_OK;
}

static mec_code read_lines(per_cell *t, mec_status *status) {
    t->lines = mec_alloc(t->csv->n_row, sizeof *t->lines, status);
    for (size_t row = 0; row < t->csv->n_row && status->code == MEC_OK; row++) {
        fit_recipe tried = {.train_frac = NAN};
        if (add_line(t, row, status) == MEC_OK)
            apply_line(t, row, &tried, status);
        t->gives_train_frac |= !isnan(tried.train_frac);
    }
    return status->code;
}

/* ---- recipes ---- */

static size_t value_size(mec_setting_type type) {
    switch (type) {
    case MEC_SETTING_BOOL:
        return sizeof(bool);
    case MEC_SETTING_INT:
        return sizeof(int64_t);
    case MEC_SETTING_REAL:
        return sizeof(double);
    case MEC_SETTING_REALS:
        return sizeof(mec_reals);
    case MEC_SETTING_REAL_OR_WORD:
        return sizeof(mec_real_or_word);
    case MEC_SETTING_WORD:
        return sizeof(int);
    case MEC_SETTING_WORDS:
        return sizeof(uint32_t);
    case MEC_SETTING_ROWS:
        return sizeof(mec_rows);
    case MEC_SETTING_TEXT:
    case MEC_SETTING_PATH:
        break;
    }
    return MEC_TEXT_SIZE;
}

/* Recipes differ only in what the file has columns for. */
static uint64_t hash_recipe(const per_cell *t, const fit_recipe *recipe) {
    uint64_t hash = 0;
    for (size_t i = 0; i < t->csv->n_column; i++)
        if (t->columns[i].setting)
            hash = mec_lookup_hash(hash, (const char *)recipe + t->columns[i].offset,
                                   value_size(t->columns[i].setting->type));
    return hash;
}

static bool is_recipe(const void *table, size_t index, const void *wanted) {
    const per_cell *t = table;
    bool same = true;
    for (size_t i = 0; i < t->csv->n_column && same; i++) {
        const struct per_cell_column *column = &t->columns[i];
        same = !column->setting || memcmp((const char *)&t->recipes[index] + column->offset,
                                          (const char *)wanted + column->offset,
                                          value_size(column->setting->type)) == 0;
    }
    return same;
}

/* The recipe's number, a new one where there is none like it. */
static size_t number_recipe(per_cell *t, const fit_recipe *recipe, mec_status *status) {
    uint64_t hash = hash_recipe(t, recipe);
    size_t index = mec_lookup_find(&t->recipe_lookup, hash, is_recipe, t, recipe);
    if (index != MEC_LOOKUP_NONE)
        return index;
    fit_recipe *recipes =
        mec_grow(t->recipes, t->n_recipe, &t->recipe_capacity, sizeof *recipes, status);
    if (!recipes)
        return 0;
    t->recipes = recipes;
    if (mec_lookup_add(&t->recipe_lookup, hash, t->n_recipe, status))
        return 0;
    recipes[t->n_recipe] = *recipe;
    return t->n_recipe++;
}

/* What the lines of a step give together. */
static size_t make_recipe(per_cell *t, size_t step, mec_status *status) {
    size_t lines[1 << N_PER_CELL_KEY];
    size_t n = 0;
    for (; step != 0; step = t->steps[step].before)
        lines[n++] = t->steps[step].line;
    fit_recipe recipe = t->recipes[0];
    while (n > 0)
        apply_line(t, lines[--n], &recipe, status);
    return number_recipe(t, &recipe, status);
}

static bool is_step(const void *steps, size_t index, const void *wanted) {
    const struct per_cell_step *a = (const struct per_cell_step *)steps + index;
    const struct per_cell_step *b = wanted;
    return a->before == b->before && a->line == b->line;
}

/* The step that puts `line` on top of `before`; 0 with a status where there is no memory. */
static size_t step_to(per_cell *t, size_t before, size_t line, mec_status *status) {
    struct per_cell_step step = {before, line, NO_RECIPE};
    uint64_t hash = mec_lookup_hash(mec_lookup_hash(0, &before, sizeof before), &line, sizeof line);
    size_t index = mec_lookup_find(&t->step_lookup, hash, is_step, t->steps, &step);
    if (index != MEC_LOOKUP_NONE)
        return index;
    struct per_cell_step *steps =
        mec_grow(t->steps, t->n_step, &t->step_capacity, sizeof *steps, status);
    if (!steps)
        return 0;
    t->steps = steps;
    if (mec_lookup_add(&t->step_lookup, hash, t->n_step, status))
        return 0;
    steps[t->n_step] = step;
    return t->n_step++;
}

size_t per_cell_recipe(per_cell *t, const char *arena, const char *source, const char *cell_id,
                       size_t split, mec_status *status) {
    struct per_cell_line wanted = {
        .name = {[PER_CELL_ARENA] = arena, [PER_CELL_SOURCE] = source, [PER_CELL_CELL] = cell_id},
        .split = split};
    size_t step = 0;
    for (wanted.named = 0; wanted.named < 1 << N_PER_CELL_KEY; wanted.named++) {
        if (!t->has_kind[wanted.named] || (names(&wanted, PER_CELL_SOURCE) && !source))
            continue;
        size_t line =
            mec_lookup_find(&t->line_lookup, hash_line(&wanted), is_line, t->lines, &wanted);
        if (line != MEC_LOOKUP_NONE)
            step = step_to(t, step, line, status);
    }
    if (t->steps[step].recipe == NO_RECIPE)
        t->steps[step].recipe = make_recipe(t, step, status);
    return t->steps[step].recipe;
}

/* ---- the whole ---- */

/* Recipe 0, and the step of no line, which has it. */
static mec_code start_recipes(per_cell *t, const map_settings *base, mec_status *status) {
    fit_recipe recipe = {.map = *base, .train_frac = NAN};
    t->steps = mec_grow(NULL, 0, &t->step_capacity, sizeof *t->steps, status);
    if (t->steps)
        t->steps[t->n_step++] = (struct per_cell_step){0, 0, number_recipe(t, &recipe, status)};
    return status->code;
}

mec_code per_cell_parse(per_cell *table, const char *file, const char *text, size_t length,
                        const map_settings *base, mec_status *status) {
    *table = (per_cell){0};
    table->csv = mec_csv_create(file, text, length, status);
    if (!table->csv || read_header(table, status) || read_lines(table, status))
        return status->code;
    return start_recipes(table, base, status);
}

mec_code per_cell_plain(per_cell *table, const map_settings *base, mec_status *status) {
    static const char no_lines[] = "cell_id\n";
    return per_cell_parse(table, "", no_lines, sizeof no_lines - 1, base, status);
}

void per_cell_destroy(per_cell *table) {
    mec_csv_destroy(table->csv);
    free(table->columns);
    free(table->lines);
    free(table->steps);
    free(table->recipes);
    mec_lookup_destroy(&table->line_lookup);
    mec_lookup_destroy(&table->step_lookup);
    mec_lookup_destroy(&table->recipe_lookup);
    *table = (per_cell){0};
}

bool per_cell_names_cells(const per_cell *table) {
    return table->names_cells;
}

bool per_cell_gives_train_frac(const per_cell *table) {
    return table->gives_train_frac;
}

bool per_cell_is_parameter(const char *column) {
    struct per_cell_column found;
    size_t key;
    return !find_key(column, &key) && find_value(column, &found) &&
           found.setting != &train_frac_setting && strcmp(column, "regression_type") != 0;
}

/* ---- what the file names, against the dataset ---- */

/* A name of the dataset and where it stands. */
typedef struct known_name {
    const char *text;
    size_t arena;
} known_name;

typedef struct known_names {
    known_name *names[N_PER_CELL_KEY]; /* by text; of the split: none */
    size_t n[N_PER_CELL_KEY];
} known_names;

static int by_text(const void *left, const void *right) {
    return strcmp(((const known_name *)left)->text, ((const known_name *)right)->text);
}

static void add_known(known_names *known, per_cell_key key, const char *text, size_t arena) {
    known->names[key][known->n[key]++] = (known_name){text, arena};
}

static mec_code collect_known(const mec_catalogue *c, known_names *known, mec_status *status) {
    known->names[PER_CELL_ARENA] = mec_alloc(c->n_arena, sizeof(known_name), status);
    known->names[PER_CELL_SOURCE] = mec_alloc(c->n_animal, sizeof(known_name), status);
    known->names[PER_CELL_CELL] = mec_alloc(c->n_id, sizeof(known_name), status);
    for (size_t a = 0; a < c->n_arena && status->code == MEC_OK; a++) {
        add_known(known, PER_CELL_ARENA, mec_catalogue_text(c, c->arenas[a].name), a);
        for (size_t i = 0; i < c->arenas[a].n_animal; i++) {
            const mec_animal *animal = &c->animals[c->arenas[a].first_animal + i];
            add_known(known, PER_CELL_SOURCE, mec_catalogue_text(c, animal->name), a);
            for (size_t cell = 0; cell < animal->n_cell; cell++)
                add_known(known, PER_CELL_CELL, mec_catalogue_cell_id(c, animal, cell), a);
        }
    }
    for (size_t key = 0; key < N_PER_CELL_KEY && status->code == MEC_OK; key++)
        if (known->n[key] > 0)
            qsort(known->names[key], known->n[key], sizeof(known_name), by_text);
    return status->code;
}

static bool is_known(const known_names *known, per_cell_key key, const char *text, size_t arena,
                     size_t *found) {
    const known_name wanted = {text, 0};
    const known_name *all = known->names[key];
    const known_name *any = bsearch(&wanted, all, known->n[key], sizeof *all, by_text);
    if (!any)
        return false;
    while (any > all && by_text(any - 1, &wanted) == 0)
        any--;
    for (; any < all + known->n[key] && by_text(any, &wanted) == 0; any++) {
        *found = any->arena;
        if (arena == ANY_ARENA || any->arena == arena)
            return true;
    }
    return false;
}

/* " (nearest: X)", or nothing; a name with blanks would be taken for several. */
static void hint(const known_names *known, per_cell_key key, size_t arena, const char *text,
                 char *near, size_t size) {
    size_t room = 1;
    for (size_t i = 0; i < known->n[key]; i++)
        room += strlen(known->names[key][i].text) + 1;
    char *words = mec_alloc(room, 1, &(mec_status){0});
    char nearest[64];
    size_t used = 0;
    for (size_t i = 0; words && i < known->n[key]; i++) {
        const known_name *name = &known->names[key][i];
        if ((arena == ANY_ARENA || name->arena == arena) && !strpbrk(name->text, " \t\r\n"))
            used += (size_t)snprintf(words + used, room - used, "%s ", name->text);
    }
    *near = '\0';
    if (words && mec_text_nearest(words, text, nearest, sizeof nearest))
        snprintf(near, size, " (nearest: %s)", nearest);
    free(words);
}

/* `arena`: where the line looks, set where it names one. */
static mec_code check_name(const per_cell *t, size_t row, per_cell_key key,
                           const known_names *known, size_t *arena, mec_status *status) {
    const struct per_cell_line *line = &t->lines[row];
    const char *text = line->name[key];
    size_t found = ANY_ARENA;
    char near[96];
    if (!names(line, key))
        return MEC_OK;
    if (is_known(known, key, text, *arena, &found)) {
        *arena = key == PER_CELL_ARENA ? found : *arena;
        return MEC_OK;
    }
    hint(known, key, *arena, text, near, sizeof near);
    bool elsewhere = *arena != ANY_ARENA;
    return mec_csv_refuse(t->csv, row, status,
                          "unknown %s \"%.200s\"%s%s%.200s; accepted: *, or a name of the dataset "
                          "in the arenas that are looked at ([data] arenas)",
                          key_names[key], text, near, elsewhere ? " in arena " : "",
                          elsewhere ? line->name[PER_CELL_ARENA] : "");
}

static mec_code check_line(const per_cell *t, size_t row, const known_names *known, size_t n_split,
                           bool pairwise, mec_status *status) {
    const struct per_cell_line *line = &t->lines[row];
    size_t arena = ANY_ARENA;
    if (names(line, PER_CELL_SOURCE) && !pairwise)
        return mec_csv_refuse(t->csv, row, status,
                              "source \"%.200s\" is named, but no animal is a source by itself; "
                              "accepted: *, or [source] mode = pairwise",
                              line->name[PER_CELL_SOURCE]);
    if (names(line, PER_CELL_SPLIT) && line->split >= n_split)
        return mec_csv_refuse(t->csv, row, status,
                              "split %zu is not one of the %zu; accepted: 0 to %zu, or *",
                              line->split, n_split, n_split - 1);
    if (check_name(t, row, PER_CELL_ARENA, known, &arena, status) ||
        check_name(t, row, PER_CELL_SOURCE, known, &arena, status))
        return status->code;
    return check_name(t, row, PER_CELL_CELL, known, &arena, status);
}

mec_code per_cell_check(const per_cell *table, const mec_catalogue *catalogue, size_t n_split,
                        bool pairwise, mec_status *status) {
    known_names known = {0};
    collect_known(catalogue, &known, status);
    for (size_t row = 0; row < table->csv->n_row && status->code == MEC_OK; row++)
        check_line(table, row, &known, n_split, pairwise, status);
    for (size_t key = 0; key < N_PER_CELL_KEY; key++)
        free(known.names[key]);
    return status->code;
}
