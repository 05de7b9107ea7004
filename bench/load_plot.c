/* SPDX-License-Identifier: MIT */
#include "bench/load_plot.h"

#include <math.h>

enum {
    WIDTH = 640,
    HEIGHT = 260,
    LEFT = 64,
    RIGHT = 30,
    TOP = 30,
    BOTTOM = 42,
    TICKS = 5, /* about so many lines of the grid */
};

/* One axis: values from 'low' to 'high' onto pixels. */
struct axis {
    double low, high;
    double from, to; /* pixels */
    bool log;
};

static double place(const struct axis *a, double value)
{
    double low = a->log ? log10(a->low) : a->low;
    double high = a->log ? log10(a->high) : a->high;
    double at = a->log ? log10(fmax(value, a->low)) : value;
    return a->from + (at - low) / (high - low) * (a->to - a->from);
}

/* 1, 2 or 5 times a power of ten, so that about TICKS steps make up the span. */
static double nice_step(double span)
{
    double rough = span / TICKS;
    double power = pow(10, floor(log10(rough)));
    double lead = rough / power;
    return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power;
}

static bool is_known(double y)
{
    return isfinite(y) && y >= 0;
}

/* Least and largest of what is drawn. False when nothing is. */
static bool y_range(const struct load_plot *p, double *low, double *high)
{
    bool any = false;
    for (size_t s = 0; s < p->series_count; s++) {
        for (size_t i = 0; i < p->count; i++) {
            double y = p->series[s].y[i];
            if (!is_known(y) || (p->log_y && y <= 0))
                continue;
            *low = any ? fmin(*low, y) : y;
            *high = any ? fmax(*high, y) : y;
            any = true;
        }
    }
    return any;
}

static struct axis make_y_axis(const struct load_plot *p, double low, double high)
{
    struct axis a = {.from = HEIGHT - BOTTOM, .to = TOP, .log = p->log_y};
    if (a.log) {
        a.low = pow(10, floor(log10(low)));
        a.high = pow(10, ceil(log10(high)));
        if (a.high <= a.low)
            a.high = a.low * 10;
    } else {
        double step = nice_step(high > 0 ? high : 1);
        a.high = ceil((high > 0 ? high : 1) / step) * step;
    }
    return a;
}

static struct axis make_x_axis(const struct load_plot *p)
{
    struct axis a = {.from = LEFT, .to = WIDTH - RIGHT};
    a.low = p->ticks ? p->x[0] : 0;
    a.high = p->x[p->count - 1];
    if (a.high <= a.low)
        a.high = a.low + 1;
    return a;
}

static void print_y_tick(FILE *to, const struct axis *a, double value)
{
    double y = place(a, value);
    fprintf(to, "<path class=\"g\" d=\"M%d %.1fH%d\"/>", LEFT, y, WIDTH - RIGHT);
    fprintf(to, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.6g</text>\n", LEFT - 6, y + 4,
            value);
}

static void print_y_axis(FILE *to, const struct axis *a)
{
    if (a->log) {
        for (double v = a->low; v <= a->high * 1.001; v *= 10)
            print_y_tick(to, a, v);
        return;
    }
    double step = nice_step(a->high);
    for (int i = 0; i * step <= a->high * 1.001; i++)
        print_y_tick(to, a, i * step);
}

static void print_x_tick(FILE *to, const struct axis *a, double value, const char *label)
{
    double x = place(a, value);
    fprintf(to, "<path class=\"g\" d=\"M%.1f %dV%d\"/>", x, TOP, HEIGHT - BOTTOM);
    fprintf(to, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", x, HEIGHT - BOTTOM + 16);
    if (label)
        fprintf(to, "%s</text>\n", label);
    else
        fprintf(to, "%.6g</text>\n", value);
}

static void print_x_axis(FILE *to, const struct load_plot *p, const struct axis *a)
{
    double step = nice_step(a->high);
    for (size_t i = 0; i < p->tick_count; i++)
        print_x_tick(to, a, p->ticks[i].x, p->ticks[i].label);
    for (int i = 0; !p->ticks && i * step <= a->high * 1.001; i++)
        print_x_tick(to, a, i * step, NULL);
}

static void print_line(FILE *to, const struct load_plot *p, const struct load_series *s,
                       const struct axis *x, const struct axis *y)
{
    bool pen_down = false;
    fprintf(to, "<path class=\"l\" stroke=\"%s\" d=\"", s->colour);
    for (size_t i = 0; i < p->count; i++) {
        bool known = is_known(s->y[i]);
        if (known)
            fprintf(to, "%c%.1f %.1f", pen_down ? 'L' : 'M', place(x, p->x[i]), place(y, s->y[i]));
        pen_down = known;
    }
    fputs("\"/>\n", to);
}

static void print_legend(FILE *to, const struct load_plot *p)
{
    int x = LEFT;
    for (size_t s = 0; s < p->series_count; s++) {
        fprintf(
            to,
            "<path class=\"l\" stroke=\"%s\" d=\"M%d 14h18\"/><text x=\"%d\" y=\"18\">%s</text>\n",
            p->series[s].colour, x, x + 23, p->series[s].name);
        x += 120;
    }
}

static void print_labels(FILE *to, const struct load_plot *p)
{
    fprintf(to, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
            (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, p->x_label);
    fprintf(to,
            "<text transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n",
            (TOP + HEIGHT - BOTTOM) / 2, p->y_label);
}

void load_plot_print(FILE *to, const struct load_plot *p)
{
    double low;
    double high;
    fprintf(to, "<figure><figcaption>%s</figcaption>\n", p->title);
    if (p->count == 0 || !y_range(p, &low, &high)) {
        fputs("<p>Not measured.</p></figure>\n", to);
        return;
    }
    struct axis x = make_x_axis(p);
    struct axis y = make_y_axis(p, low, high);
    fprintf(to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-label=\"%s\">\n<style>text{font:12px sans-serif;fill:#444}"
            ".g{stroke:#e3e3e3;fill:none}.l{fill:none;stroke-width:1.8}</style>\n",
            WIDTH, HEIGHT, p->title);
    print_y_axis(to, &y);
    print_x_axis(to, p, &x);
    print_labels(to, p);
    for (size_t s = 0; s < p->series_count; s++)
        print_line(to, p, &p->series[s], &x, &y);
    print_legend(to, p);
    fputs("</svg></figure>\n", to);
}
