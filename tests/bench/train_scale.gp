# The picture of tests/bench/train_scale: the data's blocks are a fixed batch and a fixed batch a
# rank; columns: ranks, then for each network step, step without overlap, share of the sum, then the
# ideal step.
set terminal pngcairo size 1520,620 font "DejaVu Sans,13" linewidth 1.5
set output picture
set multiplot layout 1,2
set logscale xy 2
set logscale y 10
set xlabel "ranks of one core"
set ylabel "seconds a step"
set xtics (8, 16, 32, 64, 128, 256, 512, 1024)
set xrange [7:1200]
set grid ytics lt 1 lc rgb "#dddddd"
set border 3
set tics nomirror
set key top right
set title "200 walks in all"
set yrange [0.05:100]
plot data index 0 using 1:5 with linespoints pt 7 lc rgb "#b5522c" title "25 Gbit/s Ethernet, 300 MB/s a rank", \
     data index 0 using 1:6 with lines dt 3 lc rgb "#b5522c" title "the same, sum not overlapped", \
     data index 0 using 1:2 with linespoints pt 7 lc rgb "#2c6fb5" title "HDR InfiniBand, 2.5 GB/s a rank", \
     data index 0 using 1:3 with lines dt 3 lc rgb "#2c6fb5" title "the same, sum not overlapped", \
     data index 0 using 1:8 with lines dt 2 lc rgb "#777777" title "one rank's step over ranks"
set title "200 walks a rank"
unset logscale y
set ytics 2
set yrange [0:20]
plot data index 1 using 1:5 with linespoints pt 7 lc rgb "#b5522c" notitle, \
     data index 1 using 1:6 with lines dt 3 lc rgb "#b5522c" notitle, \
     data index 1 using 1:2 with linespoints pt 7 lc rgb "#2c6fb5" notitle, \
     data index 1 using 1:3 with lines dt 3 lc rgb "#2c6fb5" notitle, \
     data index 1 using 1:8 with lines dt 2 lc rgb "#777777" notitle
unset multiplot
