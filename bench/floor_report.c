/* SPDX-License-Identifier: MIT */
#include "bench/floor_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

enum { JSON_MAX = 2048 };

static int64_t ns_of(struct timeval t)
{
    return t.tv_sec * NS_PER_S + t.tv_usec * 1000;
}

static int64_t thread_cpu_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return ns_of(usage.ru_utime) + ns_of(usage.ru_stime);
}

void tally_start(struct tally *t, int64_t now_ns)
{
    *t = (struct tally){.start_ns = now_ns, .cpu_start_ns = thread_cpu_ns()};
}

void tally_end(struct tally *t, int64_t now_ns)
{
    t->end_ns = now_ns;
    t->cpu_end_ns = thread_cpu_ns();
}

static double seconds(const struct tally *t)
{
    return (double)(t->end_ns - t->start_ns) / 1e9;
}

static double cpu_ns(const struct tally *t)
{
    return (double)(t->cpu_end_ns - t->cpu_start_ns);
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static double delay_us(const struct tally *t, double share)
{
    return (double)hist_quantile(&t->delay, share) / 1e3;
}

void tally_print(const struct tally *t)
{
    printf("frames            %" PRIu64 " in %.1f s\n", t->frames, seconds(t));
    printf("players           %" PRIu32 " at the most, %" PRIu64 " frames sent to them\n",
           t->most_playing, t->client_frames);
    printf("sent              %.3f GB, %.1f Mbit/s\n", (double)t->bytes / 1e9,
           ratio((double)t->bytes * 8 / 1e6, seconds(t)));
    printf("cpu               %.3f s, %.1f %% of a core\n", cpu_ns(t) / 1e9,
           ratio(cpu_ns(t) / 1e7, seconds(t)));
    printf("cpu s/GB          %.4f\n", ratio(cpu_ns(t), (double)t->bytes));
    printf("ns/client/frame   %.0f\n", ratio(cpu_ns(t), (double)t->client_frames));
    printf("delay us          p50 %.0f, p99 %.0f, max %.0f\n", delay_us(t, 0.5), delay_us(t, 0.99),
           (double)t->delay.max_ns / 1e3);
    printf("dropped           %" PRIu64 " too far behind, %" PRIu64 " broken\n", t->dropped,
           t->broken);
    if (t->udp_sends > 0 || t->udp_packets_dropped > 0)
        printf("udp               %" PRIu64 " packets in %" PRIu64 " sends, %" PRIu64 " dropped\n",
               t->udp_packets, t->udp_sends, t->udp_packets_dropped);
}

static void add_count(struct text *out, const char *name, uint64_t value)
{
    text_addf(out, "%s\n  \"%s\": %" PRIu64, out->len > 1 ? "," : "", name, value);
}

static void add_number(struct text *out, const char *name, double value)
{
    text_addf(out, "%s\n  \"%s\": %.6g", out->len > 1 ? "," : "", name, value);
}

static void add_load(struct text *out, const struct feed *f, const struct floor_config *config)
{
    add_number(out, "bits_per_second", f->units.bits_per_second);
    add_count(out, "fps", f->units.fps);
    add_count(out, "gop", f->units.gop);
    add_count(out, "trace_units", f->units.trace_count);
    add_count(out, "packet_bytes", f->packet_bytes);
    add_count(out, "splice_from_bytes", (uint64_t)config->splice_from);
}

static void add_result(struct text *out, const struct tally *t)
{
    add_number(out, "seconds", seconds(t));
    add_count(out, "frames", t->frames);
    add_count(out, "players", t->most_playing);
    add_count(out, "client_frames", t->client_frames);
    add_count(out, "bytes", t->bytes);
    add_number(out, "mbit_per_second", ratio((double)t->bytes * 8 / 1e6, seconds(t)));
    add_number(out, "cpu_seconds", cpu_ns(t) / 1e9);
    add_number(out, "cpu_seconds_per_gb", ratio(cpu_ns(t), (double)t->bytes));
    add_number(out, "ns_per_client_frame", ratio(cpu_ns(t), (double)t->client_frames));
    add_number(out, "delay_p50_us", delay_us(t, 0.5));
    add_number(out, "delay_p99_us", delay_us(t, 0.99));
    add_number(out, "delay_max_us", (double)t->delay.max_ns / 1e3);
    add_count(out, "dropped", t->dropped);
    add_count(out, "broken", t->broken);
    add_count(out, "udp_sends", t->udp_sends);
    add_count(out, "udp_packets", t->udp_packets);
    add_count(out, "udp_packets_dropped", t->udp_packets_dropped);
}

int tally_write_json(const struct tally *t, const struct feed *f, const struct floor_config *config)
{
    char buf[JSON_MAX];
    struct text out;
    text_init(&out, buf, sizeof buf);
    text_add(&out, "{");
    add_load(&out, f, config);
    add_result(&out, t);
    text_add(&out, "\n}\n");

    FILE *file = fopen(config->json, "we");
    if (!file)
        return -errno;
    bool written = fwrite(out.buf, 1, out.len, file) == out.len;
    return fclose(file) == 0 && written ? 0 : -EIO;
}
