#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "storage/tf_bundle_writer.h"
#include "storage/tf_model.h"
#include "storage/wire_writer.h"

#define VALUE "/.ATTRIBUTES/VARIABLE_VALUE"
enum { KEY_SIZE = 128, NAME_SIZE = 64, MAX_NODE = 64, NO_NODE = -1 };

/* A node of the object graph, and the tensor of those that are variables. */
typedef struct node {
    int parent; /* NO_NODE: the root, and slots */
    const char *local_name;
    int slot_of; /* of a slot: the variable; else NO_NODE */
    const char *slot_name;
    char full_name[NAME_SIZE]; /* of variables, else "" */
    char name[NAME_SIZE];      /* the key without what all keys end in */
    char key[KEY_SIZE];
    mec_tensor_source tensor;
} node;

typedef struct saving {
    const mec_model_info *info;
    mec_real *const *blocks;
    int32_t step;
    int64_t n_update, n_saved;
    float beta_1, beta_2, decay, learning_rate;
    node nodes[MAX_NODE];
    int n_node;
    int parameters[MEC_N_PARAMETER]; /* their nodes */
} saving;

/* ---- the graph, breadth first, as TensorFlow numbers it ---- */

static int add_node(saving *s, int parent, const char *local_name) {
    s->nodes[s->n_node] = (node){.parent = parent, .local_name = local_name, .slot_of = NO_NODE};
    return s->n_node++;
}

static void set_names(node *n, const char *full_name, const char *name) {
    snprintf(n->full_name, NAME_SIZE, "%s", full_name);
    snprintf(n->name, NAME_SIZE, "%s", name);
    snprintf(n->key, KEY_SIZE, "%.63s" VALUE, name);
}

static void add_scalar(saving *s, int parent, const char *local_name, const char *full_name,
                       const char *name, mec_tensor_type type, const void *value, size_t size) {
    node *added = &s->nodes[add_node(s, parent, local_name)];
    set_names(added, full_name, name);
    added->tensor =
        (mec_tensor_source){.key = added->key, .type = type, .bytes = value, .size = size};
}

/* Adam's numbers; those that are not known (NaN) get no node, and TensorFlow keeps its own. */
static void add_numbers(saving *s, int optimizer) {
    const struct {
        const char *name;
        const float *value;
    } rows[] = {{"beta_1", &s->beta_1},
                {"beta_2", &s->beta_2},
                {"decay", &s->decay},
                {"learning_rate", &s->learning_rate}};
    add_scalar(s, optimizer, "iter", "Adam/iter", "optimizer/iter", MEC_TENSOR_INT64, &s->n_update,
               sizeof s->n_update);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char full_name[NAME_SIZE];
        char name[NAME_SIZE];
        snprintf(full_name, sizeof full_name, "Adam/%s", rows[i].name);
        snprintf(name, sizeof name, "optimizer/%s", rows[i].name);
        if (!isnan(*rows[i].value))
            add_scalar(s, optimizer, rows[i].name, full_name, name, MEC_TENSOR_FLOAT, rows[i].value,
                       sizeof(float));
    }
}

/* A variable's tensor, or that of one of its moments. */
static void set_tensor(const saving *s, node *n, mec_parameter parameter, int block) {
    mec_matrix_shape shape = mec_parameter_shape(&s->info->network, parameter);
    mec_weights view = mec_weights_view(&s->info->network, s->blocks[block]);
    bool bias = strstr(n->key, "/bias/") != NULL;
    n->tensor = (mec_tensor_source){.key = n->key,
                                    .type = MEC_TENSOR_FLOAT,
                                    .n_dim = bias ? 1 : 2,
                                    .dims = {bias ? shape.columns : shape.rows, shape.columns},
                                    .bytes = view.of[parameter],
                                    .size = shape.rows * shape.columns * sizeof(mec_real)};
}

static void add_variable(saving *s, int parent, const char *local_name, const char *full_layer,
                         const char *key_layer, mec_parameter parameter) {
    int index = add_node(s, parent, local_name);
    node *added = &s->nodes[index];
    char full_name[NAME_SIZE];
    char name[NAME_SIZE];
    snprintf(full_name, sizeof full_name, "%s/%s", full_layer, local_name);
    snprintf(name, sizeof name, "net/%s/%s", key_layer, local_name);
    set_names(added, full_name, name);
    set_tensor(s, added, parameter, 0);
    s->parameters[parameter] = index;
}

/* In the order in which Keras makes them: the cell's are last. */
static void add_slots(saving *s, const char *slot_name, int block) {
    static const mec_parameter order[MEC_N_PARAMETER] = {
        MEC_W_ENC,   MEC_B_ENC, MEC_W_M,   MEC_B_M, MEC_W_DENSE,
        MEC_B_DENSE, MEC_W_DEC, MEC_B_DEC, MEC_W,   MEC_B,
    };
    for (int i = 0; i < MEC_N_PARAMETER; i++) {
        char full_name[NAME_SIZE];
        char name[NAME_SIZE];
        const node variable = s->nodes[s->parameters[order[i]]];
        node *added = &s->nodes[add_node(s, NO_NODE, NULL)];
        added->slot_of = s->parameters[order[i]];
        added->slot_name = slot_name;
        snprintf(full_name, sizeof full_name, "Adam/%.40s/%s", variable.full_name, slot_name);
        snprintf(name, sizeof name, "%.30s/.OPTIMIZER_SLOT/optimizer/%s", variable.name, slot_name);
        set_names(added, full_name, name);
        set_tensor(s, added, order[i], block);
    }
}

static void build_graph(saving *s) {
    static const struct {
        const char *name;
        mec_parameter kernel, bias;
    } layers[] = {{"encoder", MEC_W_ENC, MEC_B_ENC},
                  {"M", MEC_W_M, MEC_B_M},
                  {"dense", MEC_W_DENSE, MEC_B_DENSE},
                  {"decoder", MEC_W_DEC, MEC_B_DEC}};
    enum { N_LAYER = sizeof layers / sizeof *layers };
    int layer_nodes[N_LAYER];
    int root = add_node(s, NO_NODE, NULL);
    int net = add_node(s, root, "net");
    int optimizer = add_node(s, root, "optimizer");
    add_scalar(s, root, "step", "Variable", "step", MEC_TENSOR_INT32, &s->step, sizeof s->step);
    add_scalar(s, root, "save_counter", "save_counter", "save_counter", MEC_TENSOR_INT64,
               &s->n_saved, sizeof s->n_saved);
    for (int i = 0; i < N_LAYER; i++)
        layer_nodes[i] = add_node(s, net, layers[i].name);
    int rnn = add_node(s, net, "RNN");
    if (s->info->has_moments)
        add_numbers(s, optimizer);
    for (int i = 0; i < N_LAYER; i++) {
        const char *name = layers[i].name;
        add_variable(s, layer_nodes[i], "kernel", name, name, layers[i].kernel);
        add_variable(s, layer_nodes[i], "bias", name, name, layers[i].bias);
    }
    int cell = add_node(s, rnn, "cell");
    add_node(s, rnn, "state_spec");
    add_variable(s, cell, "weight", "rnn", "RNN/cell", MEC_W);
    add_variable(s, cell, "bias", "rnn", "RNN/cell", MEC_B);
    if (s->info->has_moments) {
        add_slots(s, "m", 1);
        add_slots(s, "v", 2);
    }
}

/* ---- tensorflow/core/protobuf/trackable_object_graph.proto ---- */

static void put_text(mec_wire_writer *w, unsigned field, const char *text) {
    mec_wire_put_bytes(w, field, text, strlen(text));
}

static void put_node(const saving *s, int index, mec_wire_writer *out) {
    const node *n = &s->nodes[index];
    bool is_optimizer = n->local_name && strcmp(n->local_name, "optimizer") == 0;
    mec_wire_writer part = {0};
    for (int i = 0; i < s->n_node; i++)
        if (i > 0 && s->nodes[i].parent == index) {
            mec_wire_put_number(&part, 1, (uint64_t)i);
            put_text(&part, 2, s->nodes[i].local_name);
            mec_wire_put_message(out, 1, &part);
        }
    if (*n->key) {
        put_text(&part, 1, "VARIABLE_VALUE");
        put_text(&part, 2, n->full_name);
        put_text(&part, 3, n->key);
        mec_wire_put_message(out, 2, &part);
    }
    for (int i = 0; i < s->n_node && is_optimizer; i++)
        if (s->nodes[i].slot_of != NO_NODE) {
            mec_wire_put_number(&part, 1, (uint64_t)s->nodes[i].slot_of);
            put_text(&part, 2, s->nodes[i].slot_name);
            mec_wire_put_number(&part, 3, (uint64_t)i);
            mec_wire_put_message(out, 3, &part);
        }
    mec_wire_writer_release(&part);
}

static void put_graph(const saving *s, mec_wire_writer *out) {
    mec_wire_writer message = {0};
    for (int i = 0; i < s->n_node; i++) {
        put_node(s, i, &message);
        mec_wire_put_message(out, 1, &message);
    }
    mec_wire_writer_release(&message);
}

static mec_code write_graph(const saving *s, const char *prefix, mec_status *status) {
    mec_tensor_source tensors[MAX_NODE + 1];
    mec_wire_writer graph = {0};
    size_t n = 0;
    put_graph(s, &graph);
    for (int i = 0; i < s->n_node; i++)
        if (*s->nodes[i].key)
            tensors[n++] = s->nodes[i].tensor;
    tensors[n++] = (mec_tensor_source){.key = "_CHECKPOINTABLE_OBJECT_GRAPH",
                                       .type = MEC_TENSOR_STRING,
                                       .bytes = graph.bytes,
                                       .size = graph.size};
    if (graph.status.code != MEC_OK)
        mec_fail(status, graph.status.code, "%s", graph.status.message);
    else
        mec_tf_bundle_write(prefix, tensors, n, status);
    mec_wire_writer_release(&graph);
    return status->code;
}

mec_code mec_tf_model_write(const char *prefix, const mec_model_info *info,
                            mec_real *const blocks[3], mec_status *status) {
    if (info->step > INT32_MAX)
        return mec_fail(status, MEC_REFUSED, "%s: step %lld; accepted by TensorFlow: up to %d",
                        prefix, (long long)info->step, INT32_MAX);
    saving *s = mec_alloc(1, sizeof *s, status);
    if (!s)
        return status->code;
    *s = (saving){.info = info,
                  .blocks = blocks,
                  .step = (int32_t)info->step,
                  .n_update = info->step,
                  .n_saved = info->epoch >= 0 ? info->epoch + 1 : 1,
                  .beta_1 = (float)info->beta_1,
                  .beta_2 = (float)info->beta_2,
                  .learning_rate = (float)info->learning_rate};
    build_graph(s);
    write_graph(s, prefix, status);
    free(s);
    return status->code;
}
