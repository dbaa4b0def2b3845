/* Fetches files over HTTP, by libcurl. What has come stays in PATH.part, so that the same call goes
 * on where a broken one ended; PATH is there only when it is whole. Serial. */
#ifndef MEC_STORAGE_DOWNLOAD_H
#define MEC_STORAGE_DOWNLOAD_H

#include "base/status.h"

/* Fetches `url` (http or https) into `path`, whose directory must be there. MEC_FAILED with one
 * line that names the URL, what happened, and what is kept. A server that does not do ranges sends
 * all of it again. */
mec_code mec_download(const char *url, const char *path, mec_status *status);

#endif
