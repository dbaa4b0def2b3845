#include "report/training_summary.h"

enum { N_ROW = 8, N_PART = 4 * N_ROW }; /* rows; parts of a run of which they are the last */

/* Means over `n` steps from `first`, the last of which names the row. */
static void print_row(const training_results *r, size_t first, size_t n, FILE *stream) {
    double means[TRAINING_N_COLUMN];
    for (training_column c = 0; c < TRAINING_N_COLUMN; c++) {
        means[c] = 0;
        for (size_t i = first; i < first + n; i++)
            means[c] += r->columns[c][i] / (double)n;
    }
    fprintf(stream, "%10.0f  %9.4f  %9.4f  %8.2f  %8.2f  %9.3g\n",
            r->columns[TRAINING_STEP][first + n - 1], means[TRAINING_LOSS], means[TRAINING_ENTROPY],
            means[TRAINING_ERR_CM], means[TRAINING_FLOOR_CM], means[TRAINING_SECONDS]);
}

/* The last quarter, in rows of as many steps. */
static void print_steps(const training_results *r, FILE *stream) {
    size_t each = r->n / N_PART > 1 ? r->n / N_PART : 1;
    size_t n_row = r->n < N_ROW ? r->n : N_ROW;
    fprintf(stream, "\n%10s  %9s  %9s  %8s  %8s  %9s", "step", "loss", "least", "err_cm",
            "floor_cm", "seconds");
    if (each > 1)
        fprintf(stream, "  (means of %zu steps)", each);
    putc('\n', stream);
    for (size_t i = n_row; i > 0; i--)
        print_row(r, r->n - i * each, each, stream);
}

void training_summary_print(const training_results *r, FILE *stream) {
    const training_eval *eval = &r->eval;
    if (r->n == 0)
        return;
    print_steps(r, stream);
    if (eval->n > 0)
        fprintf(stream, "on the seeds of eval_seeds after step %.0f: loss %.4f, error %.2f cm\n",
                eval->step[eval->n - 1], eval->loss[eval->n - 1], eval->err_cm[eval->n - 1]);
}
