/* The balanced transportation problem, solved exactly: what it costs at least to bring given masses
 * from sources to sinks.
 *
 * The network simplex method on a spanning tree (Ahuja, Magnanti & Orlin, Network Flows (1993),
 * chapter 11; Bonneel, van de Panne, Paris & Heidrich, ACM Transactions on Graphics 30 (2011) 158,
 * show it to be the method of choice for masses on a plane). Written here because the well-kept
 * implementations are C++ (LEMON) or want integer costs (GLPK), and this project is in C with
 * distances as costs.
 *
 * What makes it robust: masses become integers of 61 bits, so that flows are exact and a flow of
 * zero is recognised as one; trees are kept strongly feasible (Cunningham, Mathematical Programming
 * 11 (1976) 105-116), so that pivots which move no mass cannot repeat; prices are computed anew
 * from the tree at every sweep over the sources, so that rounding does not pile up. */
#ifndef MEC_NUMERICS_TRANSPORT_H
#define MEC_NUMERICS_TRANSPORT_H

#include <stddef.h>

#include "base/scratch.h"

typedef struct mec_transport_problem {
    size_t n_source, n_sink;
    const double *supply; /* (n_source) >= 0, finite */
    const double *demand; /* (n_sink) >= 0, finite, of the same total but for rounding */
    const double *cost;   /* (n_source, n_sink) of one unit of mass, >= 0, finite */
} mec_transport_problem;

/* Working memory for one problem after the other; after a solution, the solution. */
typedef struct mec_transport mec_transport;

/* For problems of at most `n` sources and sinks together: mec_transport_memory(n) bytes from
 * `scratch`, which owns them. NULL with a status where they cannot be had. */
mec_transport *mec_transport_create(size_t n, mec_scratch *scratch, mec_status *status);
double mec_transport_memory(size_t n);

/* The least cost, in cost times mass; the problem must live as long as its solution is looked at.
 * Demands are scaled to the total of the supplies; 0 where either total is 0. No plan costs less by
 * more than 1.5e-14 of the largest cost for every unit of mass. Deterministic. Allocates nothing.
 *
 * Cost, on maps of firing rates: 4 pivots for every source and sink of 300, 10 for every one of
 * 4,000; each looks at a few rows of `cost` and changes a part of the tree. */
double mec_transport_solve(mec_transport *transport, const mec_transport_problem *problem);

/* The plan that was found: at most n_source + n_sink - 1 moves, each of more than no mass; returns
 * their number. Valid after a solution. */
typedef struct mec_transport_move {
    size_t source, sink;
    double mass;
} mec_transport_move;
size_t mec_transport_plan(const mec_transport *transport, mec_transport_move *moves);

/* The certificate that it is the best one: prices with source_price[i] - sink_price[j] <= cost[i,
 * j] and equality where mass moves, within the accuracy above. Sources and sinks without mass take
 * no part: their prices are -Inf and Inf. `source_price` (n_source), `sink_price` (n_sink). Valid
 * after a solution. */
void mec_transport_prices(const mec_transport *transport, double *source_price, double *sink_price);

#endif
