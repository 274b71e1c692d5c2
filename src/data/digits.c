/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Digits, drawn. Image i uses the random stream i of its seed and nothing else, so images can be drawn in any
 * order.
 *
 *      path of the pen  ->  smooth curve  ->  wobble, turn, shear, stretch, shift, bend
 *                                         ->  ink by distance  ->  noise */

#include "data/dataset.h"
#include "kernels/parallel.h"

#include <math.h>
#include <string.h>
#include <wengert/random.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, MOST_HANDS = 4, MOST_POINTS = 16, PIECES = 6, GRAIN = 64 };

/* How digits are written: points xxyy on a grid of 0 to 20, y downward, joined by a smooth curve. A point
 * given twice is a corner; a bar lifts the pen. */
static const char *const hands[10][MOST_HANDS] = {
    {"1000 0503 0310 0517 1020 1517 1710 1503 1000", "1201 0605 0412 0718 1120 1514 1606 1402 1001",
        "1301 0802 0409 0616 1120 1615 1607 1301 0900"},
    {"1000 1020", "0604 1100 1100 1120", "0604 1000 1000 1020|0520 1520"},
    {"0405 0701 1200 1504 1309 0815 0420 0420 1619", "0504 0900 1402 1408 0915 0519 0319 0416 0817 1219 1619",
        "0403 0800 1401 1405 0420 0420 1620"},
    {"0402 0900 1403 1308 0809 0809 1411 1516 1020 0318", "0400 1500 1500 0908 0908 1510 1516 0920 0318",
        "0503 1000 1404 1008 0809 1110 1515 1020 0418"},
    {"0600 0411 0411 1611|1304 1320", "1300 0313 0313 1713|1300 1320", "0501 0509 0711 1410|1500 1310 1220"},
    {"1500 0500 0500 0408 0408 1007 1512 1318 0820 0318", "0601 0508 0508 1107 1513 1119 0419|0601 1600",
        "1501 0701 0506 0909 1413 1219 0619 0417"},
    {"1300 0706 0413 0719 1219 1514 1210 0711 0414", "1100 0510 0416 0820 1417 1412 0910 0513",
        "1402 1000 0506 0414 0819 1418 1512 1009 0512"},
    {"0401 1601 1601 0820", "0401 1601 1601 0820|0611 1511", "0404 0401 0401 1600 1206 0914 0820"},
    {"1503 1000 0503 0807 1211 1516 1020 0516 0811 1207 1503",
        "1009 0606 0702 1000 1302 1406 1009|1009 0513 0618 1020 1418 1513 1009",
        "1402 0900 0604 1009 1514 1319 0719 0515 1009 1405 1402"},
    {"1504 1000 0504 0709 1208 1504 1504 1420", "1504 1000 0504 0609 1109 1504 1510 1317 0820 0518",
        "1503 1000 0604 0709 1209 1503 1503 0920"},
};

struct point {
    float x, y;
};

/* One writer, at one moment. Lengths are in pixels. */
struct writer {
    wg_random random;
    float wobble;    /* of each point of the path, in grid units */
    float matrix[4]; /* grid to pixels, about the middle of both */
    float shift_x, shift_y;
    float bend, bend_from, bend_by; /* x is moved by bend * sin(bend_from + bend_by * y) */
    float width, ink, noise;
};

static float uniform(wg_random *r, double low, double high)
{
    return (float)(low + (high - low) * wg_random_uniform(r));
}

static float normal(wg_random *r, double deviation)
{
    return (float)(deviation * wg_random_normal(r));
}

/* matrix = turn * shear * stretch. */
static struct writer new_writer(wg_random random)
{
    struct writer w = {.random = random};
    wg_random *r = &w.random;
    float angle = normal(r, 0.15), shear = normal(r, 0.2), stretch_x = uniform(r, 0.65, 1.1),
          stretch_y = uniform(r, 0.75, 1.05), c = cosf(angle), s = sinf(angle);
    w.matrix[0] = c * stretch_x;
    w.matrix[1] = (-c * shear - s) * stretch_y;
    w.matrix[2] = s * stretch_x;
    w.matrix[3] = (-s * shear + c) * stretch_y;
    w.shift_x = normal(r, 1.2);
    w.shift_y = normal(r, 1.2);
    w.bend = normal(r, 0.8);
    w.bend_from = uniform(r, 0, 6.2832);
    w.bend_by = uniform(r, 0.15, 0.4);
    w.wobble = uniform(r, 0.3, 1.05);
    w.width = uniform(r, 0.6, 1.7);
    w.ink = uniform(r, 0.75, 1.15);
    w.noise = uniform(r, 0.02, 0.14);
    return w;
}

/* From the grid to the picture. */
static struct point place(const struct writer *w, struct point p)
{
    float x = p.x - 10, y = p.y - 10;
    struct point q = {w->matrix[0] * x + w->matrix[1] * y, w->matrix[2] * x + w->matrix[3] * y};
    q.x += w->bend * sinf(w->bend_from + w->bend_by * q.y);
    return (struct point){q.x + w->shift_x + SIDE * 0.5f, q.y + w->shift_y + SIDE * 0.5f};
}

/* Catmull and Rom's curve through b (t = 0) and c (t = 1), whose slope at b is (c - a) / 2. */
static float curve(float a, float b, float c, float d, float t)
{
    return b + 0.5f * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/* Inks the pixels near the segment from a to b: a pixel is covered as far as the edge of the pen, at `width`
 * from the segment, reaches into it. Where strokes cross, ink does not add up. */
static void draw_segment(const struct writer *w, struct point a, struct point b, float *image)
{
    float reach = w->width + 0.5f, dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
    int left = (int)fmaxf(fminf(a.x, b.x) - reach, 0), right = (int)fminf(fmaxf(a.x, b.x) + reach, SIDE - 1);
    int top = (int)fmaxf(fminf(a.y, b.y) - reach, 0), bottom = (int)fminf(fmaxf(a.y, b.y) + reach, SIDE - 1);
    for (int row = top; row <= bottom; row++)
        for (int column = left; column <= right; column++) {
            float x = (float)column + 0.5f - a.x, y = (float)row + 0.5f - a.y;
            float along = square > 0 ? fminf(fmaxf((x * dx + y * dy) / square, 0), 1) : 0;
            float ex = x - along * dx, ey = y - along * dy;
            float ink = w->ink * fminf(reach - sqrtf(ex * ex + ey * ey), 1);
            float *pixel = &image[row * SIDE + column];
            if (ink > *pixel)
                *pixel = ink;
        }
}

static void draw_stroke(const struct writer *w, const struct point *p, size_t n, float *image)
{
    for (size_t i = 0; i + 1 < n; i++) {
        struct point a = p[i ? i - 1 : 0], b = p[i], c = p[i + 1], d = p[i + 2 < n ? i + 2 : n - 1];
        struct point from = place(w, b);
        for (int piece = 1; piece <= PIECES; piece++) {
            float t = (float)piece / PIECES;
            struct point to =
                place(w, (struct point){curve(a.x, b.x, c.x, d.x, t), curve(a.y, b.y, c.y, d.y, t)});
            draw_segment(w, from, to, image);
            from = to;
        }
    }
}

/* Follows a path of `hands`. The second of two equal points takes the first one's wobble, so that corners
 * stay. */
static void draw_path(struct writer *w, const char *path, float *image)
{
    struct point stroke[MOST_POINTS];
    size_t n = 0;
    for (;; path++) {
        if (*path == '|' || *path == 0) {
            draw_stroke(w, stroke, n, image);
            n = 0;
        } else if (*path != ' ' && n < MOST_POINTS) {
            bool corner = n && path[-1] == ' ' && strncmp(path, path - 5, 4) == 0;
            float wobble_x = normal(&w->random, (double)w->wobble),
                  wobble_y = normal(&w->random, (double)w->wobble);
            int x = (path[0] - '0') * 10 + path[1] - '0', y = (path[2] - '0') * 10 + path[3] - '0';
            stroke[n] = corner ? stroke[n - 1] : (struct point){(float)x + wobble_x, (float)y + wobble_y};
            n++;
            path += 3;
        }
        if (*path == 0)
            return;
    }
}

/* The sum of a random word's four bytes is nearly normal, with mean 510 and variance 4 (256^2 - 1) / 12. */
static void add_noise(struct writer *w, float *image)
{
    for (int i = 0; i < PIXELS; i++) {
        uint32_t word = wg_random_u32(&w->random);
        int sum = (int)((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24));
        float value = image[i] + w->noise * (float)(sum - 510) / 147.8f;
        image[i] = fminf(fmaxf(value, 0), 1);
    }
}

static int32_t draw_digit(wg_random random, float *image)
{
    size_t digit = wg_random_below(&random, 10), count = 0;
    while (count < MOST_HANDS && hands[digit][count])
        count++;
    const char *path = hands[digit][wg_random_below(&random, count)];
    struct writer writer = new_writer(random);
    memset(image, 0, PIXELS * sizeof *image);
    draw_path(&writer, path, image);
    add_noise(&writer, image);
    return (int32_t)digit;
}

struct drawing {
    uint64_t seed;
    float *x;
    int32_t *y;
};

static void draw_chunk(void *work, size_t begin, size_t end)
{
    struct drawing *d = work;
    wg_random random = wg_random_named(d->seed, "digits");
    for (size_t i = begin; i < end; i++)
        d->y[i] =
            draw_digit((wg_random){.seed = random.seed, .stream = random.stream + i}, d->x + i * PIXELS);
}

wg_dataset *wg_digits_make(size_t count, uint64_t seed, wg_error *error)
{
    if (error && error->status != WG_OK)
        return NULL;
    wg_dataset *dataset =
        wg__dataset_new(NULL, WG_F32, WG_SHAPE(count, 1, SIDE, SIDE), WG_I32, WG_SHAPE(count), error);
    if (dataset) {
        struct drawing drawing = {seed, dataset->x, dataset->y};
        wg__parallel_for(wg__threads_of(0), count, GRAIN, draw_chunk, &drawing);
        dataset->classes = 10;
    }
    return dataset;
}
