/* SHA-256 of what a run was made from (settings, arrays read), by Nettle: two runs may be joined or
 * continued only where these agree. */
#ifndef MEC_BASE_DIGEST_H
#define MEC_BASE_DIGEST_H

#include <stddef.h>

#include <nettle/sha2.h>

enum { MEC_DIGEST_TEXT_SIZE = 2 * SHA256_DIGEST_SIZE + 1 };

typedef struct sha256_ctx mec_digest;

void mec_digest_start(mec_digest *digest);
void mec_digest_add(mec_digest *digest, const void *bytes, size_t size);

/* Writes 64 lower-case hexadecimal digits and a terminator. */
void mec_digest_finish(mec_digest *digest, char text[MEC_DIGEST_TEXT_SIZE]);

#endif
