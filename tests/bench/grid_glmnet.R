# Fits paths with glmnet for grid_tools.py. A request is a line on stdin, "n p alpha tol folder": x
# and y, column-major, and the descending penalties are in the folder's files x, y and lambda. The
# answer is a line, "seconds processor_seconds columns", and the weights in the file w. There can be
# fewer columns than penalties.
suppressMessages(library(glmnet))
glmnet.control(fdev = 0, devmax = 1, mnlam = 1000)

numbers <- function(folder, name) {
    path <- file.path(folder, name)
    readBin(path, "double", file.size(path) / 8)
}

requests <- file("stdin", "r")
cat("ready", as.character(packageVersion("glmnet")), "\n")
while (length(line <- readLines(requests, 1)) > 0) {
    request <- strsplit(line, " ")[[1]]
    folder <- request[5]
    x <- matrix(numbers(folder, "x"), as.integer(request[1]), as.integer(request[2]))
    y <- numbers(folder, "y")
    lambda <- numbers(folder, "lambda")
    started <- proc.time()
    fit <- suppressWarnings(glmnet(x, y, lambda = lambda, alpha = as.numeric(request[3]),
                                   thresh = as.numeric(request[4]), standardize = FALSE,
                                   intercept = FALSE))
    took <- proc.time() - started
    w <- as.matrix(fit$beta)
    writeBin(as.vector(w), file.path(folder, "w"))
    cat(took[["elapsed"]], took[["user.self"]] + took[["sys.self"]], ncol(w), "\n")
}
