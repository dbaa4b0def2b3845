#include "storage/download.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "storage/lock.h"

enum { CONNECT_SECONDS = 30, SILENT_SECONDS = 60, LOG_SECONDS = 10 };

enum { HTTP_WHOLE = 200, HTTP_PART = 206, HTTP_BAD_RANGE = 416 };

typedef struct download {
    CURL *curl;
    const char *url, *path;
    char *part; /* PATH.part */
    FILE *file;
    long long there; /* bytes of `part` before this transfer */
    long long whole; /* of the file, as an answer to a range says; -1: not said */
    double told;     /* when progress was told last */
    bool started;
    int write_error; /* an errno */
    char error[CURL_ERROR_SIZE];
} download;

/* A whole answer to a request for the rest starts over. */
static bool start_file(download *d) {
    long answer = 0;
    curl_easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &answer);
    if (answer != HTTP_PART)
        d->there = 0;
    d->started = true;
    d->file = fopen(d->part, answer == HTTP_PART ? "ab" : "wb");
    return d->file != NULL;
}

static size_t take_bytes(char *bytes, size_t size, size_t n, void *user) {
    download *d = user;
    if ((d->started || start_file(d)) && fwrite(bytes, size, n, d->file) == n)
        return size * n;
    d->write_error = errno;
    return 0;
}

/* "Content-Range: bytes 10-19/20", and where there is no such range "bytes *" and "/20". */
static size_t take_header(char *line, size_t size, size_t n, void *user) {
    static const char name[] = "Content-Range:";
    download *d = user;
    char text[128];
    snprintf(text, sizeof text, "%.*s", (int)(size * n), line);
    const char *slash = strchr(text, '/');
    if (strncasecmp(text, name, strlen(name)) == 0 && slash)
        d->whole = strtoll(slash + 1, NULL, 10);
    return size * n;
}

static int tell_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total,
                         curl_off_t up_now) {
    (void)up_total;
    (void)up_now;
    download *d = user;
    double seconds = mec_clock_seconds();
    bool terminal = mec_log_on_terminal();
    char there[32];
    char whole[32];
    if (total == 0 || seconds - d->told < (terminal ? 0.2 : LOG_SECONDS))
        return 0;
    d->told = seconds;
    mec_text_from_bytes((double)(d->there + now), there, sizeof there);
    mec_text_from_bytes((double)(d->there + total), whole, sizeof whole);
    (terminal ? mec_log_redraw : mec_log)("%s: %s of %s", d->path, there, whole);
    return 0;
}

static void set_options(download *d) {
    CURL *curl = d->curl;
    curl_easy_setopt(curl, CURLOPT_URL, d->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)SILENT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, d->error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, d);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, d);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, tell_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, d);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

static bool close_file(download *d) {
    bool good = !d->file || fclose(d->file) == 0;
    if (!good)
        d->write_error = errno;
    d->file = NULL;
    return good;
}

/* One request for what is missing. */
static CURLcode request(download *d) {
    char range[32];
    struct stat part;
    d->there = stat(d->part, &part) == 0 ? (long long)part.st_size : 0;
    d->whole = -1;
    d->started = false;
    d->told = mec_clock_seconds();
    snprintf(range, sizeof range, "%lld-", d->there);
    curl_easy_setopt(d->curl, CURLOPT_RANGE, d->there > 0 ? range : NULL);
    CURLcode result = curl_easy_perform(d->curl);
    if (result == CURLE_OK && !d->started && !start_file(d)) { /* an empty file */
        d->write_error = errno;
        result = CURLE_WRITE_ERROR;
    }
    return close_file(d) ? result : CURLE_WRITE_ERROR;
}

static mec_code tell_failure(const download *d, CURLcode result, mec_status *status) {
    struct stat part;
    char kept[32];
    if (d->write_error)
        return mec_fail(status, MEC_FAILED, "%s: %s", d->part, strerror(d->write_error));
    const char *what = *d->error ? d->error : curl_easy_strerror(result);
    if (stat(d->part, &part) != 0 || part.st_size == 0)
        return mec_fail(status, MEC_FAILED, "%s: %s", d->url, what);
    mec_text_from_bytes((double)part.st_size, kept, sizeof kept);
    return mec_fail(status, MEC_FAILED,
                    "%s: %s; %s are kept in %s: the same command goes on from there", d->url, what,
                    kept, d->part);
}

/* A `part` that is as long as the file, or longer, has no rest: the server refuses the range. */
static mec_code fetch(download *d, mec_status *status) {
    long answer = 0;
    set_options(d);
    CURLcode result = request(d);
    curl_easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &answer);
    if (result != CURLE_OK && answer == HTTP_BAD_RANGE && d->there > 0) {
        if (d->there == d->whole)
            return mec_path_publish(d->part, d->path, status);
        unlink(d->part);
        *d->error = '\0';
        result = request(d);
    }
    if (result != CURLE_OK)
        return tell_failure(d, result, status);
    return mec_path_publish(d->part, d->path, status);
}

mec_code mec_download(const char *url, const char *path, mec_status *status) {
    download d = {.url = url, .path = path, .part = mec_path_with_suffix(path, ".part", status)};
    d.curl = curl_easy_init();
    if (!d.curl)
        mec_fail(status, MEC_FAILED, "%s: libcurl cannot be started", url);
    if (d.part && d.curl)
        fetch(&d, status);
    curl_easy_cleanup(d.curl);
    free(d.part);
    return status->code;
}
