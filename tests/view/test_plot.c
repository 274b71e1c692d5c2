/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wengert/plot.h>

#include "alloc.h"
#include "harness.h"

static char folder[32];

static void enter(void)
{
    strcpy(folder, "wengert-plot-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave(void)
{
    ck_assert_int_eq(chdir(".."), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* The file's text, to be freed; the file is removed. */
static char *take_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    size_t size = (size_t)ftell(file);
    char *text = malloc(size + 1);
    rewind(file);
    ck_assert(text && fread(text, 1, size, file) == size && fclose(file) == 0 && unlink(path) == 0);
    text[size] = 0;
    ck_assert(strlen(text) == size);
    return text;
}

static char *plot(const wg_plot_series *series, size_t count, const wg_plot_options *options)
{
    wg_error error = {0};
    ck_assert_msg(wg_plot_write("a.svg", series, count, options, &error) == WG_OK, "%s", error.message);
    return take_text("a.svg");
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    while ((text = strstr(text, word)))
        text += strlen(word), count++;
    return count;
}

/* ---- XML ------------------------------------------------------------------------------------------- */

/* Tags that close in order, quoted attributes, no bare & or <: NULL, or what is wrong. */
static const char *fault_in_xml(const char *text)
{
    const char *open[16], *c = text;
    size_t depth = 0;
    do {
        if (*c != '<')
            return "text outside the root";
        bool closing = c[1] == '/';
        const char *name = c + 1 + closing, *end = name + strcspn(name, " />\n");
        size_t length = (size_t)(end - name);
        for (c = end; *c == ' ';) {
            c++;
            c += strcspn(c, "= />");
            if (c[0] != '=' || c[1] != '"')
                return c;
            c += 2 + strcspn(c + 2, "<\"");
            if (*c++ != '"')
                return "an open quote";
        }
        if (closing && (depth == 0 || strncmp(open[--depth], name, length) != 0))
            return name;
        if (!closing && *c != '/') {
            if (depth == 16)
                return "too deep";
            open[depth++] = name;
        }
        c += !closing && *c == '/';
        if (*c++ != '>')
            return name;
        for (; *c && *c != '<'; c++)
            if (*c == '>' || (unsigned char)*c < (depth && *c != '\n' ? ' ' : '\n'))
                return c;
            else if (*c == '&' && (c[1] != '#' || !isdigit((unsigned char)c[2]) ||
                                      c[2 + strspn(c + 2, "0123456789")] != ';'))
                return c;
    } while (depth);
    return strcmp(c, "") == 0 ? NULL : "text after the root";
}

static const double ramp[] = {1, 4, 2, 3};
static const char *const names[] = {"<a>", "b & c", "\"d\"", "a name that is much too long for its place"};

/* What a caller may say; in the titles: markup, UTF-8, control characters, and bytes that are no UTF-8 (a
 * lone continuation, an overlong '/', a surrogate, beyond U+10FFFF, U+FFFE, a cut character at the end). */
START_TEST(well_formed)
{
    static const char *const titles[] = {"plain", "<text> & \"quotes\"</text>",
        "h\xC3\xB6he \xE2\x86\x92 \xF0\x9F\x98\x80", "\x01\x1F\x7F",
        "\x80 \xC0\xAF \xED\xA0\x80 \xF4\x90\x80\x80 \xEF\xBF\xBE \xFF \xE2\x86", ""};
    enter();
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        const wg_plot_series series[] = {{.y = WG_DOUBLES(ramp, 4), .label = titles[i]},
            {.kind = WG_PLOT_POINTS, .y = WG_DOUBLES(ramp, 4), .label = ""},
            {.kind = WG_PLOT_BARS, .y = WG_DOUBLES(ramp, 4), .label = titles[i]}};
        char *text = plot(series, 3,
            &(wg_plot_options){.title = titles[i],
                .x_label = titles[i],
                .y_label = titles[i],
                .names = names,
                .name_count = i % 5});
        const char *fault = fault_in_xml(text);
        ck_assert_msg(!fault, "title %zu: %.60s", i, fault);
        free(text);
    }
    leave();
}
END_TEST

START_TEST(words_are_kept)
{
    enter();
    char *text = plot(NULL, 0, &(wg_plot_options){.title = "a<b>h\xC3\xB6he\xE2\x86\xC0\xAF\x01"});
    const char *escaped = ">a&#60;b&#62;h\xC3\xB6he&#65533;&#65533;&#65533;&#65533;&#65533;<";
    ck_assert_int_eq((int)count_of(text, escaped), 2); /* for readers of screens, and drawn */
    free(text);
    leave();
}
END_TEST

/* ---- Ticks ----------------------------------------------------------------------------------------- */

/* The words of all texts, each followed by a blank. */
static void texts_of(const char *svg, char *out)
{
    *out = 0;
    while ((svg = strstr(svg, "<text"))) {
        svg = strchr(svg, '>') + 1;
        strncat(out, svg, strcspn(svg, "<"));
        strcat(out, " ");
    }
}

#define MINUS "\xE2\x88\x92"
#define TIMES "\xC3\x97"
#define RAISED_MINUS "\xE2\x81\xBB"

/* The ticks of y, then those of x (0, 1, 2, ... are the multiples of 1). */
START_TEST(ticks)
{
    static const struct {
        double low, high;
        bool log;
        const char *texts;
    } cases[] = {
        {0, 1, false, "0.0 0.2 0.4 0.6 0.8 1.0 "},
        {-1, 1, false, MINUS "1.0 " MINUS "0.5 0.0 0.5 1.0 "},
        {3, 9.4, false, "3 4 5 6 7 8 9 "},
        {0, 120, false, "0 20 40 60 80 100 120 "},
        {-60000, 0, false,
            MINUS "60000 " MINUS "50000 " MINUS "40000 " MINUS "30000 " MINUS "20000 " MINUS "10000 0 "},
        {0, 3e7, false,
            "0 5" TIMES "10\xE2\x81\xB6 10\xE2\x81\xB7 1.5" TIMES "10\xE2\x81\xB7 2" TIMES
            "10\xE2\x81\xB7 2.5" TIMES "10\xE2\x81\xB7 3" TIMES "10\xE2\x81\xB7 "},
        {0, 4e-7, false,
            "0 10" RAISED_MINUS "\xE2\x81\xB7 2" TIMES "10" RAISED_MINUS "\xE2\x81\xB7 3" TIMES
            "10" RAISED_MINUS "\xE2\x81\xB7 4" TIMES "10" RAISED_MINUS "\xE2\x81\xB7 "},
        {1e6, 1e6 + 0.002, false, "1000000.0000 1000000.0005 1000000.0010 1000000.0015 1000000.0020 "},
        {1, 10, true, "1 2 5 10 "},
        {0.01, 20, true, "0.01 0.02 0.05 0.1 0.2 0.5 1 2 5 10 20 "},
        {0.3, 0.55, true, "0.30 0.35 0.40 0.45 0.50 0.55 "},
        {1e-8, 1e8, true,
            "10" RAISED_MINUS "\xE2\x81\xB6 10" RAISED_MINUS
            "\xC2\xB3 10\xE2\x81\xB0 10\xC2\xB3 10\xE2\x81\xB6 "},
    };
    enter();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char texts[1024];
        char *svg = plot(NULL, 0,
            &(wg_plot_options){.x_low = 0,
                .x_high = 2,
                .y_low = cases[i].low,
                .y_high = cases[i].high,
                .log_y = cases[i].log,
                .width = 230,
                .height = 330});
        texts_of(svg, texts);
        size_t length = strlen(cases[i].texts);
        ck_assert_msg(strncmp(texts, cases[i].texts, length) == 0 && texts[length] == '0',
            "case %zu: \"%s\" instead of \"%s\"", i, texts, cases[i].texts);
        free(svg);
    }
    leave();
}
END_TEST

/* Epochs have no halves; names take the place of numbers. */
START_TEST(ticks_of_x)
{
    enter();
    char texts[1024];
    const wg_plot_series series = {.y = WG_DOUBLES(ramp, 3)};
    char *svg = plot(&series, 1, &(wg_plot_options){.y_low = 0, .y_high = 1, .width = 1000, .height = 160});
    texts_of(svg, texts);
    ck_assert_str_eq(texts, "0 1 1 2 3 ");
    free(svg);
    svg = plot(&series, 1,
        &(wg_plot_options){.y_low = 0, .y_high = 1, .height = 160, .names = names + 1, .name_count = 1});
    texts_of(svg, texts);
    ck_assert_str_eq(texts, "0 1 b &#38; c ");
    free(svg);
    leave();
}
END_TEST

/* ---- Series ---------------------------------------------------------------------------------------- */

/* Ranges without room, so that places can be told: the field's corners are those of its clip path. */
typedef struct field {
    int left, top, width, height;
} field;

static field field_of(const char *svg)
{
    field f;
    const char *clip = strstr(svg, "<clipPath");
    ck_assert_ptr_nonnull(clip);
    ck_assert_int_eq(sscanf(strstr(clip, "<rect"), "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"",
                         &f.left, &f.top, &f.width, &f.height),
        4);
    return f;
}

/* The path is in the text, with its places as printf makes them. */
static void ck_has(const char *svg, const char *format, ...) WG_PRINTF(2, 3);
static void ck_has(const char *svg, const char *format, ...)
{
    char path[256];
    va_list places;
    va_start(places, format);
    vsnprintf(path, sizeof path, format, places);
    va_end(places);
    ck_assert_msg(strstr(svg, path), "%s is not in\n%s", path, svg);
}

static const wg_plot_options ten = {
    .x_low = 0, .x_high = 10, .y_low = 0, .y_high = 10, .width = 500, .height = 500};

/* A gap at each number that is none; a lone point is a dot; floats and integers serve as well. */
START_TEST(lines)
{
    static const float x[] = {0, 10, 5, 0, 5, 5, 10};
    const double y[] = {0, 10, HUGE_VAL, 5, (double)NAN, 10, 0};
    enter();
    const wg_plot_series series = {.x = WG_FLOATS(x, 7), .y = WG_DOUBLES(y, 7, 1)};
    char *svg = plot(&series, 1, &ten);
    const field f = field_of(svg);
    ck_has(svg, "M%d %dL%d %dM%d %dh0M%d %dL%d %d\"", f.left, f.top + f.height, f.left + f.width, f.top,
        f.left, f.top + f.height / 2, f.left + f.width / 2, f.top, f.left + f.width, f.top + f.height);
    ck_has(svg, "stroke=\"#0072b2\"");
    free(svg);
    leave();
}
END_TEST

START_TEST(points_and_classes)
{
    static const int32_t y[] = {5, 5}, class[] = {2, 0, 2};
    static const double places[] = {0, 0, 5, 5, 10, 10};
    enter();
    const wg_plot_series series[] = {{.kind = WG_PLOT_POINTS, .y = WG_INTS(y, 2), .colour = WG_PLOT_SKY},
        {.kind = WG_PLOT_CLASSES, .x = WG_DOUBLES(places, 3, 2), .y = WG_INTS(class, 3), .label = "kind"}};
    char *svg = plot(series, 2, &ten), texts[1024];
    const field f = field_of(svg);
    ck_has(svg, "fill=\"#56b4e9\">\n<path d=\"M%d %dm", f.left + f.width / 10, f.top + f.height / 2);
    ck_has(svg, "fill=\"#0072b2\">\n<circle cx=\"%d\" cy=\"%d\"", f.left + f.width / 2, f.top + f.height / 2);
    ck_has(svg, "fill=\"#009e73\">\n<path d=\"M%d %dm", f.left, f.top + f.height);
    texts_of(svg, texts);
    ck_assert_msg(strstr(texts, "kind 0 kind 1 kind 2 "), "%s", texts);
    free(svg);
    leave();
}
END_TEST

/* Two series side by side: four tenths of the distance each. A negative bar hangs from 0. */
START_TEST(bars)
{
    static const double first[] = {6, -6}, second[] = {10, 2}, x[] = {2.5, 7.5};
    enter();
    const wg_plot_series series[] = {{.kind = WG_PLOT_BARS, .x = WG_DOUBLES(x, 2), .y = WG_DOUBLES(first, 2)},
        {.kind = WG_PLOT_BARS, .x = WG_DOUBLES(x, 2), .y = WG_DOUBLES(second, 2)}};
    wg_plot_options options = ten;
    options.y_low = -10;
    char *svg = plot(series, 2, &options);
    const field f = field_of(svg);
    const int zero = f.top + f.height / 2;
    ck_has(svg, "M%d %dH%dV%dH", f.left + f.width / 20, zero, f.left + f.width / 4, f.top + f.height / 5);
    ck_has(svg, "M%d %dH%dV%dH", f.left + f.width / 4, zero, f.left + f.width * 9 / 20, f.top);
    ck_has(svg, "M%d %dH%dV%dH", f.left + f.width * 11 / 20, zero, f.left + f.width * 3 / 4,
        f.top + f.height * 4 / 5);
    free(svg);
    leave();
}
END_TEST

/* 2 by 2 cells: white at the middle, blue at 0, vermilion at 1 and above, blank for NaN; the colours of
 * classes. */
START_TEST(surfaces)
{
    static const int32_t class[] = {0, 0, -1, 2};
    const float value[] = {0, 7, 0.5f, NAN};
    enter();
    const wg_plot_surface real = {.values = WG_FLOATS(value, 2, 2), .x_high = 10, .y_high = 10};
    const wg_plot_surface whole = {.values = WG_INTS(class, 2, 2), .x_high = 10, .y_high = 10};
    wg_plot_options options = {.surface = &real, .width = 500, .height = 500};
    char *svg = plot(NULL, 0, &options);
    const field f = field_of(svg);
    const int w = f.width / 2, h = f.height / 2, middle = f.top + h;
    ck_has(svg, "\"M%d %dh%dv%dH%dz\" fill=\"#7", f.left, middle, w, h, f.left);
    ck_has(svg, "\"M%d %dh%dv%dH%dz\" fill=\"#e", f.left + w, middle, w, h, f.left + w);
    ck_has(svg, "\"M%d %dh%dv%dH%dz\" fill=\"#fe", f.left, f.top, w, h, f.left);
    ck_assert_int_eq((int)count_of(svg, "z\" fill="), 3);
    free(svg);
    options.surface = &whole;
    svg = plot(NULL, 0, &options);
    ck_has(svg, "\"M%d %dh%dv%dH%dz\" fill=\"#b2d4e7\"", f.left, middle, 2 * w, h, f.left);
    ck_has(svg, "\"M%d %dh%dv%dH%dz\" fill=\"#b2e1d5\"", f.left + w, f.top, w, h, f.left + w);
    ck_assert_int_eq((int)count_of(svg, "z\" fill="), 2);
    free(svg);
    leave();
}
END_TEST

/* Every colour there is, in one row: from the strongest blue, which is that of `low` and of all below it, to
 * the strongest vermilion, that of `high` and above; each a step lighter than the one before, then darker. */
START_TEST(colours_of_a_surface)
{
    enum { LEVELS = 32, ENDS = 3, CELLS = LEVELS + 2 * ENDS };
    double value[CELLS] = {-HUGE_VAL, -7, -1, [CELLS - 3] = 3, 8, HUGE_VAL};
    for (int i = 0; i < LEVELS; i++)
        value[ENDS + i] = -1 + 4 * (i + (i < LEVELS / 2 ? 0.01 : 0.99)) / LEVELS;
    enter();
    const wg_plot_surface s = {
        WG_DOUBLES(value, 1, CELLS), .x_high = CELLS, .y_high = 1, .low = -1, .high = 3};
    wg_plot_options options = {.surface = &s, .width = 4096, .height = 500};
    char *svg = plot(NULL, 0, &options);
    const field f = field_of(svg);
    const int wide = (int)((double)f.width * (ENDS + 1) / CELLS + 0.5);
    ck_has(svg, "\"M%d %dh%dv%dH%dz\" fill=\"#77b3d5\"", f.left, f.top, wide, f.height, f.left);
    ck_has(svg, "h%dv%dH%dz\" fill=\"#e8a977\"", wide, f.height, f.left + f.width - wide);
    unsigned red, green, blue, red_before = 0, blue_before = 256, count = 0;
    for (const char *at = svg; (at = strstr(at, "z\" fill=\"#")); at++, count++) {
        ck_assert_int_eq(sscanf(at, "z\" fill=\"#%2x%2x%2x", &red, &green, &blue), 3);
        ck_assert(count < LEVELS / 2 ? red > red_before : blue < blue_before);
        red_before = red;
        blue_before = count < LEVELS / 2 ? 256 : blue;
    }
    ck_assert_uint_eq(count, LEVELS);
    free(svg);
    leave();
}
END_TEST

/* Nothing, one number again and again, and the largest and smallest there are: no fault, no number lost. */
START_TEST(extremes)
{
    static const double none[1] = {0}, same[] = {5, 5, 5}, huge[] = {-1e300, 1e300}, tiny[] = {0, 5e-324},
                        log_huge[] = {5e-324, 1e300};
    const double gaps[] = {(double)NAN, HUGE_VAL, 1e301};
    const wg_plot_series cases[] = {{.y = WG_DOUBLES(none, 0)}, {.y = WG_DOUBLES(same, 3)},
        {.y = WG_DOUBLES(huge, 2)}, {.y = WG_DOUBLES(tiny, 2)}, {.y = WG_DOUBLES(gaps, 3)},
        {.x = WG_DOUBLES(log_huge, 2), .y = WG_DOUBLES(log_huge, 2)}};
    enter();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int kind = WG_PLOT_LINE; kind <= WG_PLOT_BARS; kind++)
            for (int small = 0; small <= 1; small++) {
                wg_plot_series series = cases[i];
                series.kind = (wg_plot_kind)kind;
                series.label = "a long text for the legend of a small plot";
                bool log = series.x.data && kind != WG_PLOT_BARS;
                char *svg = plot(&series, 1,
                    &(wg_plot_options){.width = small ? 160 : 8192,
                        .height = small ? 160 : 8192,
                        .log_x = log,
                        .log_y = log});
                const field f = field_of(svg);
                ck_assert(!fault_in_xml(svg) && f.width > 0 && f.height > 0);
                ck_assert_uint_ge(count_of(svg, "<text"), 2);
                free(svg);
            }
    const float heat[4] = {0, 1, 2, 3};
    for (int edge = 0; edge < 4; edge++) { /* a surface may reach as far */
        wg_plot_surface far = {.values = WG_FLOATS(heat, 2, 2), .x_high = 1, .y_high = 1};
        *(edge == 0     ? &far.x_low
            : edge == 1 ? &far.y_low
            : edge == 2 ? &far.x_high
                        : &far.y_high) = edge < 2 ? -1e300 : 1e300;
        char *svg = plot(&cases[1], 1, &(wg_plot_options){.surface = &far, .width = 500, .height = 500});
        ck_assert(!fault_in_xml(svg));
        free(svg);
    }
    leave();
}
END_TEST

/* ---- Errors ---------------------------------------------------------------------------------------- */

static const double zero[] = {3, 0};
static const int32_t negative[] = {0, -1};
static const wg_plot_surface flat = {.values = {.data = ramp, .shape = {1, {4}}}, .x_high = 1, .y_high = 1},
                             narrow = {.values = {.data = ramp, .shape = {2, {2, 2}}}, .x_high = 1},
                             good = {.values = {.data = ramp, .shape = {2, {2, 2}}},
                                 .x_high = 1,
                                 .y_high = 1},
                             one_colour = {.values = {.data = ramp, .shape = {2, {2, 2}}},
                                 .x_high = 1,
                                 .y_high = 1,
                                 .low = 2,
                                 .high = 2};

START_TEST(errors)
{
    const wg_array two = WG_DOUBLES(zero, 2), four = WG_DOUBLES(ramp, 4), pair = WG_DOUBLES(ramp, 2, 2),
                   bad = wg_array_of(ramp, (wg_dtype)9, WG_SHAPE(4)), nowhere = WG_DOUBLES(NULL, 4);
    const struct {
        const char *path;
        wg_plot_series series;
        wg_plot_options options;
        wg_status status;
        const char *text;
    } cases[] = {
        {NULL, {.y = two}, {0}, WG_INVALID, "(no name): the name"},
        {"a.png", {.y = two}, {0}, WG_INVALID, "a.png: the name of a plot ends in .svg"},
        {"svg", {.y = two}, {0}, WG_INVALID, "ends in .svg"},
        {"no/a.svg", {.y = two}, {0}, WG_FILE, "no/a.svg"},
        {"a.svg", {.y = two, .x = four, .label = "loss"}, {0}, WG_BAD_SHAPE,
            "a.svg: series 0 \"loss\": x [4] and y [2]"},
        {"a.svg", {.kind = WG_PLOT_CLASSES, .y = WG_INTS(negative, 2)}, {0}, WG_INVALID, "x has no numbers"},
        {"a.svg", {.kind = WG_PLOT_CLASSES, .x = four, .y = WG_INTS(negative, 2)}, {0}, WG_BAD_SHAPE,
            "x [n, 2] and y [n]"},
        {"a.svg", {.kind = WG_PLOT_CLASSES, .x = pair, .y = two}, {0}, WG_BAD_DTYPE, "not f64"},
        {"a.svg", {.kind = WG_PLOT_CLASSES, .x = pair, .y = WG_INTS(negative, 2)}, {0}, WG_BAD_INDEX,
            "sample 1 is -1"},
        {"a.svg", {.y = bad}, {0}, WG_BAD_DTYPE, "y has no dtype"},
        {"a.svg", {.y = nowhere}, {0}, WG_INVALID, "y has no numbers"},
        {"a.svg", {0}, {0}, WG_INVALID, "y has no numbers"},
        {"a.svg", {.y = {.data = ramp, .shape = {99, {0}}}}, {0}, WG_BAD_SHAPE, "y has no shape"},
        {"a.svg", {.kind = (wg_plot_kind)7, .y = two}, {0}, WG_INVALID, "kind 7"},
        {"a.svg", {.colour = (wg_plot_colour)-1, .y = two}, {0}, WG_INVALID, "colour -1"},
        {"a.svg", {.y = two, .label = "loss"}, {.log_y = true}, WG_INVALID,
            "\"loss\": y of point 1 is 0, and the axis is logarithmic"},
        {"a.svg", {.x = two, .y = two}, {.log_x = true}, WG_INVALID, "x of point 1 is 0"},
        {"a.svg", {.kind = WG_PLOT_BARS, .y = four}, {.log_x = true}, WG_INVALID, "bars on a logarithmic"},
        {"a.svg", {.y = four}, {.width = 159}, WG_INVALID, "159 x 400 pixels"},
        {"a.svg", {.y = four}, {.height = SIZE_MAX}, WG_INVALID, "pixels; 160 to 8192"},
        {"a.svg", {.y = four}, {.x_low = 3, .x_high = 2}, WG_INVALID, "x from 3 to 2"},
        {"a.svg", {.y = four}, {.y_high = (double)NAN}, WG_INVALID, "y from 0 to nan"},
        {"a.svg", {.y = four}, {.y_high = 5, .log_y = true}, WG_INVALID, "y from 0 to 5, logarithmic"},
        {"a.svg", {.y = four}, {.name_count = 2}, WG_INVALID, "name 0 is NULL"},
        {"a.svg", {.y = four}, {.names = names, .name_count = 1, .log_x = true}, WG_INVALID,
            "names on a logarithmic"},
        {"a.svg", {.y = four}, {.surface = &flat}, WG_BAD_SHAPE, "a surface is [rows, columns], not [4]"},
        {"a.svg", {.y = four}, {.surface = &narrow}, WG_INVALID, "y 0 .. 0"},
        {"a.svg", {.y = four}, {.surface = &good, .log_y = true}, WG_INVALID, "surface on logarithmic"},
        {"a.svg", {.y = four}, {.surface = &one_colour}, WG_INVALID, "blue at 2"},
    };
    enter();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wg_error error = {0};
        wg_status status = wg_plot_write(cases[i].path, &cases[i].series, 1, &cases[i].options, &error);
        ck_assert_msg(
            status == cases[i].status && error.status == status && strstr(error.message, cases[i].text),
            "case %zu: %s: %s", i, wg_status_name(status), error.message);
        ck_assert_int_ne(access("a.svg", F_OK), 0);
    }
    wg_error error = {0};
    ck_assert_int_eq(wg_plot_write("a.svg", NULL, 1, NULL, &error), WG_INVALID);
    ck_assert_int_eq(wg_plot_write("a.svg", NULL, 0, NULL, &error), WG_INVALID); /* the error that there is */
    ck_assert_int_ne(access("a.svg", F_OK), 0);
    leave();
}
END_TEST

/* Each request for memory fails in turn: nothing leaks, and the old file stays. */
START_TEST(without_memory)
{
    static double many[400];
    for (int i = 0; i < 400; i++)
        many[i] = sin(i);
    const wg_plot_series series = {.kind = WG_PLOT_POINTS, .y = WG_DOUBLES(many, 400), .label = "sin"};
    enter();
    ck_assert_int_eq(wg_plot_write("a.svg", NULL, 0, NULL, NULL), WG_OK);
    wg_status status = WG_OUT_OF_MEMORY;
    for (size_t k = 1; status != WG_OK; k++) {
        test_heap heap = {.fail_at = k};
        wg_error error = {0};
        struct stat before, after;
        ck_assert_int_eq(stat("a.svg", &before), 0);
        status = wg_plot_write(
            "a.svg", &series, 1, &(wg_plot_options){.allocator = test_heap_hook(&heap)}, &error);
        ck_assert(stat("a.svg", &after) == 0 && (status == WG_OK) == (after.st_ino != before.st_ino));
        test_heap_check(&heap);
        ck_assert_int_eq(status, heap.failures ? WG_OUT_OF_MEMORY : WG_OK);
        ck_assert_int_eq(error.status, status);
        ck_assert(k > 1 || status != WG_OK);
    }
    free(take_text("a.svg"));
    leave();
}
END_TEST

TEST_MAIN("plot", well_formed, words_are_kept, ticks, ticks_of_x, lines, points_and_classes, bars, surfaces,
    colours_of_a_surface, extremes, errors, without_memory)
