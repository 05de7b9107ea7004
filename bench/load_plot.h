/* SPDX-License-Identifier: MIT */
/*
 * Line plots as inline SVG: axes, grid, legend; nothing that needs a script.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { LOAD_PLOT_SERIES_MAX = 4 };

struct load_series {
    const char *name;
    const char *colour;
    const double *y; /* negative: not known, a gap in the line */
};

struct load_tick {
    double x;
    const char *label;
};

struct load_plot {
    const char *title;
    const char *x_label;
    const char *y_label;
    bool log_y;
    const double *x;
    size_t count;
    const struct load_tick *ticks; /* of x, in place of a scale; NULL without */
    size_t tick_count;
    size_t series_count;
    struct load_series series[LOAD_PLOT_SERIES_MAX];
};

/* Writes a <figure>. A plot without a point says so. */
void load_plot_print(FILE *to, const struct load_plot *plot);
