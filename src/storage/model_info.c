#include "storage/model_info.h"

const char *mec_network_type_name(const mec_network *network) {
    return network->n_input > 2 ? "CueUGRNN" : "UGRNN";
}
