#include <stdlib.h>
#include <string.h>

#include "numerics/transport.h"
#include "random.h"
#include "unit.h"

static uint64_t seed = 41;

typedef struct instance {
    size_t n_source, n_sink;
    double *supply, *demand, *cost;
} instance;

static instance make_instance(size_t n_source, size_t n_sink) {
    instance a = {.n_source = n_source, .n_sink = n_sink};
    a.supply = calloc(n_source + 1, sizeof *a.supply);
    a.demand = calloc(n_sink + 1, sizeof *a.demand);
    a.cost = calloc(n_source * n_sink + 1, sizeof *a.cost);
    assert_true(a.supply && a.demand && a.cost);
    return a;
}

static void free_instance(const instance *a) {
    free(a->supply);
    free(a->demand);
    free(a->cost);
}

static mec_transport_problem problem_of(const instance *a) {
    return (mec_transport_problem){a->n_source, a->n_sink, a->supply, a->demand, a->cost};
}

static mec_transport *make_transport(const instance *a, mec_scratch *scratch) {
    mec_status status = {0};
    mec_transport *transport = mec_transport_create(a->n_source + a->n_sink, scratch, &status);
    assert_ok(status);
    return transport;
}

static double solve(const instance *a) {
    mec_scratch scratch = {0};
    mec_transport_problem problem = problem_of(a);
    double cost = mec_transport_solve(make_transport(a, &scratch), &problem);
    mec_scratch_release(&scratch);
    return cost;
}

static double sum_of(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* ---- kinds of masses and costs ---- */

typedef enum masses { UNIFORM, SMALL_INTEGERS, ALL_EQUAL, MOSTLY_ZERO, MANY_MAGNITUDES } masses;
typedef enum costs { ANY, FEW_INTEGERS, GRID } costs;
enum { N_MASSES = MANY_MAGNITUDES + 1, N_COSTS = GRID + 1 };

static double draw_mass(masses kind) {
    switch (kind) {
    case UNIFORM:
        return random_uniform(&seed);
    case SMALL_INTEGERS:
        return (double)random_below(&seed, 5);
    case ALL_EQUAL:
        return 1;
    case MOSTLY_ZERO:
        return random_below(&seed, 10) == 0 ? random_uniform(&seed) : 0;
    case MANY_MAGNITUDES:
        return pow(10, -12 * random_uniform(&seed));
    }
    return 0;
}

/* The side with less gets the rest in its first entry. */
static void balance(const instance *a) {
    double supplied = sum_of(a->supply, a->n_source);
    double demanded = sum_of(a->demand, a->n_sink);
    if (supplied < demanded)
        a->supply[0] += demanded - supplied;
    else
        a->demand[0] += supplied - demanded;
}

static void fill_masses(const instance *a, masses kind) {
    for (size_t i = 0; i < a->n_source; i++)
        a->supply[i] = draw_mass(kind);
    for (size_t j = 0; j < a->n_sink; j++)
        a->demand[j] = draw_mass(kind);
    balance(a);
}

static void fill_costs(const instance *a, costs kind) {
    enum { SIDE = 30 };
    double *place = malloc(2 * (a->n_source + a->n_sink) * sizeof *place);
    assert_non_null(place);
    for (size_t k = 0; k < 2 * (a->n_source + a->n_sink); k++)
        place[k] = (double)random_below(&seed, SIDE);
    for (size_t i = 0; i < a->n_source; i++)
        for (size_t j = 0; j < a->n_sink; j++) {
            const double *to = place + 2 * (a->n_source + j);
            double *cost = &a->cost[i * a->n_sink + j];
            if (kind == ANY)
                *cost = random_uniform(&seed);
            else if (kind == FEW_INTEGERS)
                *cost = (double)random_below(&seed, 4);
            else
                *cost = hypot(place[2 * i] - to[0], place[2 * i + 1] - to[1]);
        }
    free(place);
}

/* ---- the oracle: successive shortest paths, found by Bellman and Ford's rule ---- */

typedef struct oracle {
    const instance *a;
    double *supply, *demand, *flow; /* what is left; (n_source, n_sink) */
    double *source_distance, *sink_distance;
    size_t *source_from, *sink_from; /* the node before on the path */
} oracle;

static void *take(size_t count, size_t size) {
    void *memory = calloc(count + 1, size);
    assert_non_null(memory);
    return memory;
}

static oracle make_oracle(const instance *a) {
    oracle o = {.a = a,
                .supply = take(a->n_source, sizeof(double)),
                .demand = take(a->n_sink, sizeof(double)),
                .flow = take(a->n_source * a->n_sink, sizeof(double)),
                .source_distance = take(a->n_source, sizeof(double)),
                .sink_distance = take(a->n_sink, sizeof(double)),
                .source_from = take(a->n_source, sizeof(size_t)),
                .sink_from = take(a->n_sink, sizeof(size_t))};
    memcpy(o.supply, a->supply, a->n_source * sizeof(double));
    memcpy(o.demand, a->demand, a->n_sink * sizeof(double));
    return o;
}

static void free_oracle(const oracle *o) {
    void *pieces[] = {o->supply,        o->demand,      o->flow,     o->source_distance,
                      o->sink_distance, o->source_from, o->sink_from};
    for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++)
        free(pieces[k]);
}

static bool relax(const oracle *o) {
    const instance *a = o->a;
    bool changed = false;
    for (size_t i = 0; i < a->n_source; i++)
        for (size_t j = 0; j < a->n_sink; j++) {
            double cost = a->cost[i * a->n_sink + j];
            if (o->source_distance[i] + cost < o->sink_distance[j] - 1e-13) {
                o->sink_distance[j] = o->source_distance[i] + cost;
                o->sink_from[j] = i;
                changed = true;
            }
            if (o->flow[i * a->n_sink + j] > 0 &&
                o->sink_distance[j] - cost < o->source_distance[i] - 1e-13) {
                o->source_distance[i] = o->sink_distance[j] - cost;
                o->source_from[i] = j;
                changed = true;
            }
        }
    return changed;
}

/* Sends as much as goes along the shortest path from any source with supply to any sink with
 * demand; false where there is none. */
static bool send(const oracle *o) {
    const instance *a = o->a;
    const size_t start = SIZE_MAX;
    for (size_t i = 0; i < a->n_source; i++) {
        o->source_distance[i] = o->supply[i] > 0 ? 0 : INFINITY;
        o->source_from[i] = start;
    }
    for (size_t j = 0; j < a->n_sink; j++)
        o->sink_distance[j] = INFINITY;
    while (relax(o))
        continue;
    size_t end = start;
    for (size_t j = 0; j < a->n_sink; j++)
        if (o->demand[j] > 0 && isfinite(o->sink_distance[j]) &&
            (end == start || o->sink_distance[j] < o->sink_distance[end]))
            end = j;
    if (end == start)
        return false;
    double most = o->demand[end];
    size_t i = o->sink_from[end];
    for (; o->source_from[i] != start; i = o->sink_from[o->source_from[i]])
        most = fmin(most, o->flow[i * a->n_sink + o->source_from[i]]);
    most = fmin(most, o->supply[i]);
    o->supply[i] -= most;
    o->demand[end] -= most;
    for (size_t j = end; j != start; j = o->source_from[i]) {
        i = o->sink_from[j];
        o->flow[i * a->n_sink + j] += most;
        if (o->source_from[i] != start)
            o->flow[i * a->n_sink + o->source_from[i]] -= most;
    }
    return true;
}

static double solve_by_oracle(const instance *a) {
    oracle o = make_oracle(a);
    while (send(&o))
        continue;
    double cost = 0;
    for (size_t k = 0; k < a->n_source * a->n_sink; k++)
        cost += o.flow[k] * a->cost[k];
    free_oracle(&o);
    return cost;
}

/* Masses are whole numbers here: sums and differences of the oracle are exact. */
static void costs_agree_with_the_oracle(void **state) {
    (void)state;
    for (int round = 0; round < 1500; round++) {
        instance a = make_instance(1 + random_below(&seed, 9), 1 + random_below(&seed, 9));
        fill_masses(&a, round % 3 == 0 ? ALL_EQUAL : SMALL_INTEGERS);
        fill_costs(&a, (costs)(round % N_COSTS));
        double wanted = solve_by_oracle(&a);
        assert_near(solve(&a), wanted, 1e-13 * (1 + wanted));
        free_instance(&a);
    }
}

/* On a line the least cost is the area between the cumulative sums. */
static void costs_agree_with_the_closed_form_on_a_line(void **state) {
    (void)state;
    for (size_t n = 2; n < 300; n += 17)
        for (int kind = 0; kind < N_MASSES; kind++) {
            instance a = make_instance(n, n);
            double wanted = 0;
            double difference = 0;
            fill_masses(&a, (masses)kind);
            for (size_t i = 0; i < n * n; i++)
                a.cost[i] = 0.025 * fabs((double)(i / n) - (double)(i % n));
            for (size_t i = 0; i < n; i++) {
                difference += a.supply[i] - a.demand[i];
                wanted += 0.025 * fabs(difference);
            }
            assert_near(solve(&a), wanted, 1e-12 * wanted + 1e-15);
            free_instance(&a);
        }
}

/* ---- the certificate ---- */

static void check_plan(const instance *a, const mec_transport *transport, double cost) {
    mec_transport_move *moves = take(a->n_source + a->n_sink, sizeof *moves);
    double *sent = take(a->n_source, sizeof *sent);
    double *received = take(a->n_sink, sizeof *received);
    size_t n = mec_transport_plan(transport, moves);
    double total = sum_of(a->supply, a->n_source);
    double moved = 0;
    assert_true(n < a->n_source + a->n_sink);
    for (size_t k = 0; k < n; k++) {
        assert_true(moves[k].mass > 0);
        sent[moves[k].source] += moves[k].mass;
        received[moves[k].sink] += moves[k].mass;
        moved += moves[k].mass * a->cost[moves[k].source * a->n_sink + moves[k].sink];
    }
    for (size_t i = 0; i < a->n_source; i++)
        assert_near(sent[i], a->supply[i], 1e-13 * total);
    for (size_t j = 0; j < a->n_sink; j++)
        assert_near(received[j], a->demand[j], 1e-13 * total);
    assert_near(moved, cost, 1e-13 * cost);
    free(moves);
    free(sent);
    free(received);
}

static void check_prices(const instance *a, const mec_transport *transport, double cost) {
    double *source_price = take(a->n_source, sizeof *source_price);
    double *sink_price = take(a->n_sink, sizeof *sink_price);
    double largest = 0;
    double dual = 0;
    mec_transport_prices(transport, source_price, sink_price);
    for (size_t k = 0; k < a->n_source * a->n_sink; k++)
        largest = fmax(largest, a->cost[k]);
    largest = largest > 0 ? largest : 1;
    for (size_t i = 0; i < a->n_source; i++)
        for (size_t j = 0; j < a->n_sink; j++)
            assert_true(source_price[i] - sink_price[j] <=
                        a->cost[i * a->n_sink + j] + 1.5e-14 * largest);
    for (size_t i = 0; i < a->n_source; i++)
        dual += a->supply[i] > 0 && isfinite(source_price[i]) ? a->supply[i] * source_price[i] : 0;
    for (size_t j = 0; j < a->n_sink; j++)
        dual -= a->demand[j] > 0 && isfinite(sink_price[j]) ? a->demand[j] * sink_price[j] : 0;
    assert_near(dual, cost, 1e-13 * sum_of(a->supply, a->n_source) * largest);
    free(source_price);
    free(sink_price);
}

static void check_certificate(const instance *a) {
    mec_scratch scratch = {0};
    mec_transport *transport = make_transport(a, &scratch);
    mec_transport_problem problem = problem_of(a);
    double cost = mec_transport_solve(transport, &problem);
    check_plan(a, transport, cost);
    check_prices(a, transport, cost);
    mec_scratch_release(&scratch);
}

static void larger_solutions_have_a_certificate(void **state) {
    (void)state;
    const size_t sizes[][2] = {{160, 160}, {40, 280}, {280, 40}, {1, 50}, {50, 1}, {400, 500}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int m = 0; m < N_MASSES; m++)
            for (int c = 0; c < N_COSTS; c++) {
                instance a = make_instance(sizes[s][0], sizes[s][1]);
                fill_masses(&a, (masses)m);
                fill_costs(&a, (costs)c);
                check_certificate(&a);
                free_instance(&a);
            }
}

/* ---- edges ---- */

static void one_of_each_costs_their_mass(void **state) {
    (void)state;
    instance a = make_instance(1, 1);
    a.supply[0] = a.demand[0] = 0.3;
    a.cost[0] = 5;
    assert_near(solve(&a), 1.5, 1e-15);
    free_instance(&a);
}

static void without_masses_nothing_moves(void **state) {
    (void)state;
    for (size_t n_source = 0; n_source < 3; n_source++)
        for (size_t n_sink = 0; n_sink < 3; n_sink++) {
            instance a = make_instance(n_source, n_sink);
            mec_scratch scratch = {0};
            mec_transport_problem problem = problem_of(&a);
            mec_transport_move moves[4];
            fill_costs(&a, ANY);
            mec_transport *transport = make_transport(&a, &scratch);
            assert_near(mec_transport_solve(transport, &problem), 0, 0);
            assert_int_equal(mec_transport_plan(transport, moves), 0);
            if (n_source > 0)
                a.supply[0] = 1e-17; /* what rounding leaves */
            assert_near(mec_transport_solve(transport, &problem), 0, 0);
            mec_scratch_release(&scratch);
            free_instance(&a);
        }
}

static void free_transport_costs_nothing(void **state) {
    (void)state;
    instance a = make_instance(20, 30);
    fill_masses(&a, UNIFORM);
    assert_near(solve(&a), 0, 0);
    check_certificate(&a);
    free_instance(&a);
}

static void entries_without_mass_change_nothing(void **state) {
    (void)state;
    instance all = make_instance(12, 14);
    instance few = make_instance(6, 7);
    fill_masses(&few, UNIFORM);
    fill_costs(&few, ANY);
    for (size_t i = 0; i < 6; i++)
        all.supply[2 * i + 1] = few.supply[i];
    for (size_t j = 0; j < 7; j++)
        all.demand[2 * j] = few.demand[j];
    for (size_t i = 0; i < 12; i++)
        for (size_t j = 0; j < 14; j++)
            all.cost[i * 14 + j] = i % 2 == 1 && j % 2 == 0 ? few.cost[i / 2 * 7 + j / 2] : 0.01;
    assert_near(solve(&all), solve(&few), 1e-15);
    free_instance(&all);
    free_instance(&few);
}

static void masses_and_costs_can_be_of_any_scale(void **state) {
    (void)state;
    const double mass_scales[] = {1, 1e-290, 1e290, 1e-290, 3};
    const double cost_scales[] = {1, 1e200, 1e-200, 3, 1e-200};
    instance a = make_instance(60, 50);
    instance scaled = make_instance(60, 50);
    fill_masses(&a, UNIFORM);
    fill_costs(&a, GRID);
    double wanted = solve(&a);
    for (size_t s = 0; s < sizeof mass_scales / sizeof *mass_scales; s++) {
        for (size_t i = 0; i < 60; i++)
            scaled.supply[i] = a.supply[i] * mass_scales[s];
        for (size_t j = 0; j < 50; j++)
            scaled.demand[j] = a.demand[j] * mass_scales[s];
        for (size_t k = 0; k < (size_t)60 * 50; k++)
            scaled.cost[k] = a.cost[k] * cost_scales[s];
        assert_near(solve(&scaled) / mass_scales[s] / cost_scales[s], wanted, 1e-13 * wanted);
    }
    free_instance(&a);
    free_instance(&scaled);
}

/* Totals that differ by rounding: demands are scaled to the supplies. */
static void totals_need_not_agree_to_the_last_bit(void **state) {
    (void)state;
    instance a = make_instance(60, 50);
    fill_masses(&a, UNIFORM);
    fill_costs(&a, GRID);
    double wanted = solve(&a);
    for (size_t j = 0; j < 50; j++)
        a.demand[j] *= 1 + 1e-9;
    assert_near(solve(&a), wanted, 1e-13 * wanted);
    free_instance(&a);
}

/* Memory that has served another problem gives the same bits. */
static void solutions_do_not_depend_on_what_was_before(void **state) {
    (void)state;
    const size_t sizes[][2] = {{30, 50}, {60, 20}, {5, 5}, {40, 40}};
    mec_scratch scratch = {0};
    mec_status status = {0};
    mec_transport *transport = mec_transport_create(80, &scratch, &status);
    assert_ok(status);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        instance a = make_instance(sizes[s][0], sizes[s][1]);
        mec_transport_problem problem = problem_of(&a);
        fill_masses(&a, SMALL_INTEGERS);
        fill_costs(&a, GRID);
        assert_near(mec_transport_solve(transport, &problem), solve(&a), 0);
        free_instance(&a);
    }
    mec_scratch_release(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_agree_with_the_oracle),
        cmocka_unit_test(costs_agree_with_the_closed_form_on_a_line),
        cmocka_unit_test(larger_solutions_have_a_certificate),
        cmocka_unit_test(one_of_each_costs_their_mass),
        cmocka_unit_test(without_masses_nothing_moves),
        cmocka_unit_test(free_transport_costs_nothing),
        cmocka_unit_test(entries_without_mass_change_nothing),
        cmocka_unit_test(masses_and_costs_can_be_of_any_scale),
        cmocka_unit_test(totals_need_not_agree_to_the_last_bit),
        cmocka_unit_test(solutions_do_not_depend_on_what_was_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
