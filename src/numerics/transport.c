#include "numerics/transport.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The network: sources 0 .. n_source - 1, then sinks, then a root. Besides the arcs from every
 * source to every sink there is one from every source to the root and one from the root to every
 * sink, at a cost that no best plan pays: the tree of these alone is where the search starts.
 *
 * An arc of the tree belongs to its lower end. Which way it points follows from what that is: all
 * arcs leave sources and enter sinks. */
typedef struct node {
    int64_t flow; /* on the arc to the parent */
    uint32_t parent, child, next, previous, depth;
} node;

struct mec_transport {
    const mec_transport_problem *problem;
    size_t capacity;
    uint32_t n_source, root;
    node *nodes;          /* (capacity + 1) */
    double *price;        /* (capacity + 1): cost = price of tail - price of head on the tree */
    uint8_t *is_hopeful;  /* (n_source) whether its last look found an arc to bring in */
    double root_cost;     /* of arcs from and to the root */
    double tolerance;     /* of reduced costs */
    double mass_per_flow; /* the size of one unit of flow */
};

static const uint32_t none = UINT32_MAX;

/* All supplies together, in units of flow. */
static const double total_flow = 0x1p61;

/* Prices are sums of as many costs as the tree is deep, of either sign; this is above what rounding
 * leaves of differences that should be zero, as there are many on a grid. */
static const double relative_tolerance = 1.4e-14;

/* ---- memory ---- */

mec_transport *mec_transport_create(size_t n, mec_scratch *scratch, mec_status *status) {
    assert(n < UINT32_MAX);
    mec_transport *t = mec_scratch_take(scratch, 1, sizeof *t, status);
    node *nodes = mec_scratch_take(scratch, n + 1, sizeof *nodes, status);
    double *price = mec_scratch_take(scratch, n + 1, sizeof *price, status);
    uint8_t *is_hopeful = mec_scratch_take(scratch, n, 1, status);
    if (!t || !nodes || !price || !is_hopeful)
        return NULL;
    *t = (mec_transport){.capacity = n, .nodes = nodes, .price = price, .is_hopeful = is_hopeful};
    return t;
}

double mec_transport_memory(size_t n) {
    double alignment = 4 * 64;
    return (double)sizeof(mec_transport) + alignment +
           (double)(n + 1) * (double)(sizeof(node) + sizeof(double) + 1);
}

/* ---- the tree ---- */

static bool is_source(const mec_transport *t, uint32_t v) {
    return v < t->n_source;
}

static double cost_to_parent(const mec_transport *t, uint32_t v) {
    const mec_transport_problem *p = t->problem;
    uint32_t parent = t->nodes[v].parent;
    if (parent == t->root)
        return t->root_cost;
    uint32_t source = is_source(t, v) ? v : parent;
    uint32_t sink = (is_source(t, v) ? parent : v) - t->n_source;
    return p->cost[source * p->n_sink + sink];
}

static void attach(node *nodes, uint32_t v, uint32_t parent, int64_t flow) {
    node *self = &nodes[v];
    self->flow = flow;
    self->parent = parent;
    self->previous = none;
    self->next = nodes[parent].child;
    if (self->next != none)
        nodes[self->next].previous = v;
    nodes[parent].child = v;
}

static void detach(node *nodes, uint32_t v) {
    const node *self = &nodes[v];
    if (self->previous != none)
        nodes[self->previous].next = self->next;
    else
        nodes[self->parent].child = self->next;
    if (self->next != none)
        nodes[self->next].previous = self->previous;
}

/* The node after v where the tree below and with `top` is walked, parents first; none at its end.
 */
static uint32_t next_below(const node *nodes, uint32_t top, uint32_t v) {
    if (nodes[v].child != none)
        return nodes[v].child;
    while (v != top && nodes[v].next == none)
        v = nodes[v].parent;
    return v == top ? none : nodes[v].next;
}

/* Cuts the arc above `top` and hangs what was below it under `parent` by `v`, one of its nodes: the
 * arcs from v to top change their lower ends. */
static void move_subtree(node *nodes, uint32_t top, uint32_t v, uint32_t parent, int64_t flow) {
    for (;;) {
        uint32_t old_parent = nodes[v].parent;
        int64_t old_flow = nodes[v].flow;
        detach(nodes, v);
        attach(nodes, v, parent, flow);
        if (v == top)
            return;
        parent = v;
        flow = old_flow;
        v = old_parent;
    }
}

static void compute_prices(mec_transport *t) {
    node *nodes = t->nodes;
    uint32_t v = t->root;
    while ((v = next_below(nodes, t->root, v)) != none) {
        double parent_price = t->price[nodes[v].parent];
        double cost = cost_to_parent(t, v);
        t->price[v] = is_source(t, v) ? parent_price + cost : parent_price - cost;
    }
}

static uint32_t find_join(const node *nodes, uint32_t a, uint32_t b) {
    while (a != b) {
        if (nodes[a].depth < nodes[b].depth) {
            b = nodes[b].parent;
        } else if (nodes[a].depth > nodes[b].depth) {
            a = nodes[a].parent;
        } else {
            a = nodes[a].parent;
            b = nodes[b].parent;
        }
    }
    return a;
}

/* ---- pivots ---- */

/* The cycle that an arc from source to sink closes: down from the join to the source, over the arc,
 * up from the sink to the join. */
typedef struct cycle {
    uint32_t source, sink, join;
    uint32_t leaving; /* the lower end of the arc that the new one replaces */
    bool leaves_on_source_side;
    int64_t flow; /* that goes around */
} cycle;

/* Along the cycle, arcs of sources lose flow on the source's side and arcs of sinks on the sink's.
 * Of those that lose all of it the last one on the way round from the join has to leave: then every
 * arc of the tree without flow still points to the root, which is what strong feasibility is. */
static cycle find_cycle(const mec_transport *t, uint32_t source, uint32_t sink) {
    const node *nodes = t->nodes;
    cycle c = {.source = source, .sink = sink, .leaving = none, .flow = INT64_MAX};
    c.join = find_join(nodes, source, sink);
    for (uint32_t v = source; v != c.join; v = nodes[v].parent)
        if (is_source(t, v) && nodes[v].flow < c.flow) {
            c.flow = nodes[v].flow;
            c.leaving = v;
            c.leaves_on_source_side = true;
        }
    for (uint32_t v = sink; v != c.join; v = nodes[v].parent)
        if (!is_source(t, v) && nodes[v].flow <= c.flow) {
            c.flow = nodes[v].flow;
            c.leaving = v;
            c.leaves_on_source_side = false;
        }
    return c;
}

static void send_around(mec_transport *t, const cycle *c) {
    node *nodes = t->nodes;
    for (uint32_t v = c->source; v != c->join; v = nodes[v].parent)
        nodes[v].flow += is_source(t, v) ? -c->flow : c->flow;
    for (uint32_t v = c->sink; v != c->join; v = nodes[v].parent)
        nodes[v].flow += is_source(t, v) ? c->flow : -c->flow;
}

/* Brings the arc from source to sink into the tree. */
static void pivot(mec_transport *t, uint32_t source, uint32_t sink, double reduced_cost) {
    node *nodes = t->nodes;
    cycle c = find_cycle(t, source, sink);
    send_around(t, &c);
    uint32_t top = c.leaves_on_source_side ? source : sink;
    uint32_t parent = c.leaves_on_source_side ? sink : source;
    double step = c.leaves_on_source_side ? reduced_cost : -reduced_cost;
    move_subtree(nodes, c.leaving, top, parent, c.flow);
    for (uint32_t v = top; v != none; v = next_below(nodes, top, v)) {
        t->price[v] += step;
        nodes[v].depth = nodes[nodes[v].parent].depth + 1;
    }
}

/* ---- the search ---- */

/* The least of x[j] + y[j] (n); in lanes, which the compiler turns into vectors. */
static double least_sum(const double *restrict x, const double *restrict y, size_t n) {
    enum { N_LANE = 8 };
    double lane[N_LANE];
    double least = INFINITY;
    size_t j = 0;
    for (size_t k = 0; k < N_LANE; k++)
        lane[k] = INFINITY;
    for (; j + N_LANE <= n; j += N_LANE)
        for (size_t k = 0; k < N_LANE; k++) {
            double sum = x[j + k] + y[j + k];
            lane[k] = sum < lane[k] ? sum : lane[k];
        }
    for (; j < n; j++)
        least = x[j] + y[j] < least ? x[j] + y[j] : least;
    for (size_t k = 0; k < N_LANE; k++)
        least = lane[k] < least ? lane[k] : least;
    return least;
}

/* Brings in the arc of least reduced cost of a source, if that is negative. */
static bool improve_at(mec_transport *t, uint32_t source) {
    const mec_transport_problem *p = t->problem;
    const double *cost = p->cost + source * p->n_sink;
    const double *price = t->price + t->n_source;
    double least = least_sum(cost, price, p->n_sink);
    double reduced_cost = least - t->price[source];
    if (reduced_cost >= -t->tolerance)
        return false;
    uint32_t sink = 0;
    while (cost[sink] + price[sink] != least)
        sink++;
    pivot(t, source, t->n_source + sink, reduced_cost);
    return true;
}

/* Block search (a block is a source with its arcs) over all sources or the hopeful ones. Returns
 * whether any pivot was made. */
static bool sweep(mec_transport *t, bool all) {
    bool any = false;
    compute_prices(t);
    for (uint32_t source = 0; source < t->n_source; source++) {
        if (t->nodes[source].parent == none || !(all || t->is_hopeful[source]))
            continue;
        t->is_hopeful[source] = improve_at(t, source);
        any |= t->is_hopeful[source];
    }
    return any;
}

/* ---- start and end ---- */

static double sum_of(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* Scales `mass` (n, of the given sum) to `total` units of flow and rounds; what that leaves goes to
 * the largest, of which it is the smallest part. Node `first` and following get it; those that get
 * nothing stay outside the tree. */
static void start_side(mec_transport *t, uint32_t first, const double *mass, size_t n, double sum,
                       int64_t total) {
    uint32_t largest = 0;
    int64_t left = total;
    for (uint32_t i = 0; i < n; i++) {
        int64_t flow = total > 0 ? llrint(mass[i] / sum * (double)total) : 0;
        left -= flow;
        largest = mass[i] > mass[largest] ? i : largest;
        t->nodes[first + i].flow = flow;
    }
    if (left != 0)
        t->nodes[first + largest].flow += left;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t v = first + i;
        t->price[v] = is_source(t, v) ? -INFINITY : INFINITY;
        t->nodes[v].child = t->nodes[v].parent = none;
        t->nodes[v].depth = 1;
        if (t->nodes[v].flow > 0)
            attach(t->nodes, v, t->root, t->nodes[v].flow);
    }
}

static void start(mec_transport *t, double supplied, double demanded) {
    const mec_transport_problem *p = t->problem;
    int64_t total = supplied > 0 && demanded > 0 ? (int64_t)total_flow : 0;
    double largest = 0;
    for (size_t i = 0; i < p->n_source * p->n_sink; i++)
        largest = p->cost[i] > largest ? p->cost[i] : largest;
    t->root_cost = largest > 0 ? largest : 1; /* more than half of any cost is enough */
    t->tolerance = relative_tolerance * t->root_cost;
    t->mass_per_flow = supplied / total_flow;
    t->nodes[t->root] = (node){.parent = none, .child = none, .next = none, .previous = none};
    t->price[t->root] = 0;
    start_side(t, 0, p->supply, p->n_source, supplied, total);
    start_side(t, t->n_source, p->demand, p->n_sink, demanded, total);
    memset(t->is_hopeful, 1, t->n_source);
}

double mec_transport_solve(mec_transport *t, const mec_transport_problem *problem) {
    double supplied = sum_of(problem->supply, problem->n_source);
    double demanded = sum_of(problem->demand, problem->n_sink);
    assert(problem->n_source + problem->n_sink <= t->capacity);
    assert(isfinite(supplied) && isfinite(demanded));
    t->problem = problem;
    t->n_source = (uint32_t)problem->n_source;
    t->root = (uint32_t)(problem->n_source + problem->n_sink);
    start(t, supplied, demanded);
    do {
        while (sweep(t, false))
            continue;
    } while (sweep(t, true));
    double cost = 0;
    for (uint32_t v = 0; v < t->root; v++)
        if (t->nodes[v].parent != none && t->nodes[v].flow > 0)
            cost += (double)t->nodes[v].flow * cost_to_parent(t, v);
    return cost * t->mass_per_flow;
}

size_t mec_transport_plan(const mec_transport *t, mec_transport_move *moves) {
    size_t n = 0;
    for (uint32_t v = 0; v < t->root; v++) {
        uint32_t parent = t->nodes[v].parent;
        if (parent == none || t->nodes[v].flow == 0)
            continue;
        moves[n++] = (mec_transport_move){.source = is_source(t, v) ? v : parent,
                                          .sink = (is_source(t, v) ? parent : v) - t->n_source,
                                          .mass = (double)t->nodes[v].flow * t->mass_per_flow};
    }
    return n;
}

void mec_transport_prices(const mec_transport *t, double *source_price, double *sink_price) {
    memcpy(source_price, t->price, t->n_source * sizeof *source_price);
    memcpy(sink_price, t->price + t->n_source, t->problem->n_sink * sizeof *sink_price);
}
