#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The built-in pattern decodes without a complaint, and to the pixels that were drawn.

usage: pattern_decodes.py PATTERN_DUMP

PATTERN_DUMP is the program of pattern_dump.c. The decoders are those of ffmpeg and GStreamer. Exit
status 77 (skipped) when one of them is not installed.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

WIDTH, HEIGHT = 640, 360
LUMA = WIDTH * HEIGHT
FRAME = LUMA * 3 // 2
DIGITS, DIGIT_WIDTH, DIGIT_HEIGHT = 6, 32, 48
COUNTER_TOP = 256
COUNTER_LEFTS = (32, 224, 416)  # one after the other, from key frame to key frame
GOP = 50

# Red, green and blue of each bar.
BARS = [(1, 1, 1), (.75, .75, 0), (0, .75, .75), (0, .75, 0),
        (.75, 0, .75), (.75, 0, 0), (0, 0, .75), (0, 0, 0)]

# First frame and count: from the start, joining at the next key frame, the counter passing a million.
RUNS = [(0, 110), (GOP, 60), (999950, 60)]


def run(argv):
    done = subprocess.run(argv, capture_output=True, check=False, timeout=60)
    complaint = done.stderr.decode(errors='replace')
    assert done.returncode == 0 and not complaint, f'{argv}: {done.returncode} {complaint}'
    return done.stdout


def ffmpeg(h264, i420):
    size = run(['ffprobe', '-v', 'error', '-show_entries', 'stream=width,height,r_frame_rate',
                '-of', 'csv=p=0', str(h264)])
    assert size.decode().strip() == f'{WIDTH},{HEIGHT},25/1', size
    run(['ffmpeg', '-v', 'error', '-err_detect', 'explode', '-xerror', '-i', str(h264),
         '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-y', str(i420)])


def gstreamer(h264, i420):
    run(['gst-launch-1.0', '-q', 'filesrc', f'location={h264}', '!', 'h264parse', '!',
         'avdec_h264', '!', f'video/x-raw,format=I420,width={WIDTH},height={HEIGHT}', '!',
         'filesink', f'location={i420}'])


def bt601(red, green, blue):
    luma = .299 * red + .587 * green + .114 * blue
    return (16 + 219 * luma, 128 + 224 * (blue - luma) / 1.772, 128 + 224 * (red - luma) / 1.402)


def check_bars(frame):
    for i, rgb in enumerate(BARS):
        for x in (i * 80 + 1, i * 80 + 78):
            for y in (1, 206):
                at = y // 2 * WIDTH // 2 + x // 2
                got = frame[y * WIDTH + x], frame[LUMA + at], frame[LUMA * 5 // 4 + at]
                near = all(abs(g - w) <= 1 for g, w in zip(got, bt601(*rgb)))
                assert near, f'bar {i} at {x},{y} is {got}'


def glyphs(frame, n):
    left = COUNTER_LEFTS[n // GOP % len(COUNTER_LEFTS)]
    rows = [frame[(COUNTER_TOP + y) * WIDTH + left:][:DIGITS * DIGIT_WIDTH]
            for y in range(DIGIT_HEIGHT)]
    return [b''.join(row[i * DIGIT_WIDTH:(i + 1) * DIGIT_WIDTH] for row in rows)
            for i in range(DIGITS)]


def learn_font(frames):
    """The last digit of the first ten frames shows each digit once."""
    font = {glyphs(frames[n], n)[-1]: str(n) for n in range(10)}
    assert len(font) == 10, 'two digits look the same'
    return font


def read_counter(font, frame, n):
    return ''.join(font.get(glyph, '?') for glyph in glyphs(frame, n))


def decode(decoder, dump, first, count, folder):
    h264, i420 = folder / 'pattern.h264', folder / 'pattern.i420'
    h264.write_bytes(run([dump, 'h264', str(first), str(count)]))
    decoder(h264, i420)
    samples = i420.read_bytes()
    assert len(samples) == count * FRAME, f'{len(samples) / FRAME} frames, not {count}'
    return [samples[i * FRAME:(i + 1) * FRAME] for i in range(count)]


def check_run(decoder, dump, first, count, folder, font):
    frames = decode(decoder, dump, first, count, folder)
    drawn = run([dump, 'i420', str(first), str(count)])
    for i, frame in enumerate(frames):
        n = first + i
        check_bars(frame)
        shown = read_counter(font, frame, n)
        assert shown == f'{n % 10 ** DIGITS:06}', f'frame {n} shows {shown}'
        assert frame == drawn[i * FRAME:(i + 1) * FRAME], f'frame {n} is not as drawn'


def main():
    if not shutil.which('ffmpeg') or not shutil.which('gst-launch-1.0'):
        return 77
    dump = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        font = learn_font(decode(ffmpeg, dump, 0, 10, folder))
        for decoder in (ffmpeg, gstreamer):
            for first, count in RUNS:
                check_run(decoder, dump, first, count, folder, font)
                print(f'{decoder.__name__}: {count} frames from {first} on are as drawn')
    return 0


if __name__ == '__main__':
    sys.exit(main())
