# Fits paths with glmnet for grid_tools.py. A request is a line on stdin, "n p alpha folder": x and y,
# column-major, and the descending penalties are in the folder's files x, y and lambda. The answer is
# a line, "seconds columns", and the weights in the file w. Columns can be fewer than penalties.
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
    folder <- request[4]
    x <- matrix(numbers(folder, "x"), as.integer(request[1]), as.integer(request[2]))
    y <- numbers(folder, "y")
    lambda <- numbers(folder, "lambda")
    started <- Sys.time()
    fit <- suppressWarnings(glmnet(x, y, lambda = lambda, alpha = as.numeric(request[3]),
                                   standardize = FALSE, intercept = FALSE))
    seconds <- as.numeric(Sys.time() - started, units = "secs")
    w <- as.matrix(fit$beta)
    writeBin(as.vector(w), file.path(folder, "w"))
    cat(seconds, ncol(w), "\n")
}
