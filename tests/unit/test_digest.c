#include <string.h>

#include "base/digest.h"
#include "unit.h"

static void gives(const char *text, size_t repeats, const char *wanted) {
    mec_digest digest;
    char found[MEC_DIGEST_TEXT_SIZE];
    mec_digest_start(&digest);
    for (size_t i = 0; i < repeats; i++)
        mec_digest_add(&digest, text, strlen(text));
    mec_digest_finish(&digest, found);
    assert_string_equal(found, wanted);
}

/* NIST, FIPS 180-2, appendix B. */
static void known_answers(void **state) {
    (void)state;
    gives("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    gives("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    gives("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    gives("aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
