#include "maps/map.h"

#define ADDRESS(name, map) &(map),

const mec_map *mec_map_at(int index) {
    static const mec_map *const maps[] = {MEC_REGRESSIONS(ADDRESS)};
    return maps[index];
}
