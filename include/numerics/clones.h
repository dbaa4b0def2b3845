/* Several versions of one function: the file is compiled for any processor of the architecture, and
 * a function marked MEC_CLONES for those with wider vectors as well; which one runs is decided when
 * the program is loaded. All give the same bits where the order of sums is written out, as nothing
 * here lets the compiler change it; but for the files that CMakeLists.txt lets fuse a
 * multiplication with an addition. */
#ifndef MEC_NUMERICS_CLONES_H
#define MEC_NUMERICS_CLONES_H

#include <stdint.h> /* says whether this is the GNU C library, whose loader chooses */

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) &&       \
    !defined(__SANITIZE_ADDRESS__)
#define MEC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define MEC_CLONES
#endif

#endif
