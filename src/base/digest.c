#include "base/digest.h"

#include <stdint.h>
#include <stdio.h>

void mec_digest_start(mec_digest *digest) {
    sha256_init(digest);
}

void mec_digest_add(mec_digest *digest, const void *bytes, size_t size) {
    sha256_update(digest, size, bytes);
}

void mec_digest_finish(mec_digest *digest, char text[MEC_DIGEST_TEXT_SIZE]) {
    uint8_t bytes[SHA256_DIGEST_SIZE];
    sha256_digest(digest, sizeof bytes, bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}
