/* FILE.lock: keeps a second run off an output file, and the small file-system chores around it.
 *
 * The lock names host, process and batch job. One whose process is gone from this host is stale and
 * is taken over, as is one of another host where SLURM says that its job has ended, or has started
 * this one in its place; else one of another host cannot be judged from here and is respected.
 * Serial. */
#ifndef MEC_STORAGE_LOCK_H
#define MEC_STORAGE_LOCK_H

#include <stdbool.h>

#include <stdint.h>

#include "base/status.h"

/* Creates PATH.lock, or refuses (MEC_REFUSED) with who holds it. */
mec_code mec_lock_take(const char *path, mec_status *status);
void mec_lock_release(const char *path);

/* Whether a live run of this host, or any run of another host, holds PATH.lock. */
bool mec_lock_is_held(const char *path);

/* `path` with `suffix` behind it; the caller frees it. */
char *mec_path_with_suffix(const char *path, const char *suffix, mec_status *status);

/* Creates the directories that `path` lies in, as mkdir -p does. */
mec_code mec_path_make_parents(const char *path, mec_status *status);

/* Bytes free for this user where `path` is to stand; -1 where that cannot be told. */
double mec_path_free_bytes(const char *path);

/* MEC_REFUSED where `path` is to hold more bytes than are free there. */
mec_code mec_path_check_room(const char *path, double needed, mec_status *status);

/* Gives a part of a file back to the disk: it then holds zeros, and the file's size stays. Nothing
 * where the file system cannot. */
void mec_path_give_back(const char *path, int64_t offset, int64_t n_byte);

/* Copies a file to a new one, or in place of one; what is a hole stays one. MEC_FAILED names the
 * copy. */
mec_code mec_path_copy(const char *from, const char *to, mec_status *status);

/* Renames `from` to `to` and makes both contents and name durable. */
mec_code mec_path_publish(const char *from, const char *to, mec_status *status);

#endif
