/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wengert/picture.h>

#include "harness.h"

static char folder[32];

static void enter(void)
{
    strcpy(folder, "wengert-picture-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave(void)
{
    ck_assert_int_eq(chdir(".."), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* Reads a PPM or PGM and removes it. */
static unsigned char *read_picture(const char *path, const char *magic, int *width, int *height)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    char found[3] = "";
    ck_assert_int_eq(fscanf(file, "%2s %d %d 255", found, width, height), 3);
    ck_assert_str_eq(found, magic);
    ck_assert_int_eq(fgetc(file), '\n');
    size_t size = (size_t)*width * (size_t)*height * (magic[1] == '6' ? 3 : 1);
    unsigned char *bytes = malloc(size);
    ck_assert(bytes && fread(bytes, 1, size, file) == size && fgetc(file) == EOF);
    ck_assert(fclose(file) == 0 && unlink(path) == 0);
    return bytes;
}

/* Around and between images, and the line of captions below each. */
enum { M = 12, LINE = 11 };

static const float ramp[4] = {-1, 0.5f, 2, NAN};

/* One image of 2 by 2 at zoom 3. */
START_TEST(pixels)
{
    enter();
    const wg_tile tile = {.grey = ramp, .rows = 2, .columns = 2};
    const wg_sheet_options options = {.zoom = 3, .paper = {0, 0, 9}};
    ck_assert_int_eq(wg_sheet_write("a.ppm", &tile, 1, &options, NULL), WG_OK);
    int width, height;
    unsigned char *rgb = read_picture("a.ppm", "P6", &width, &height);
    ck_assert(width == M + 6 + M && height == M + 6 + LINE + M);
    static const struct {
        int x, y;
        unsigned char rgb[3];
    } expected[] = {{0, 0, {0, 0, 9}}, {M - 1, M, {0, 0, 9}}, {M, M, {0, 0, 0}}, {M + 2, M + 2, {0, 0, 0}},
        {M + 3, M, {128, 128, 128}}, {M, M + 3, {255, 255, 255}}, {M + 5, M + 5, {255, 0, 0}},
        {M + 6, M + 5, {0, 0, 9}}, {M + 5, M + 6, {0, 0, 9}}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_mem_eq(rgb + 3 * (expected[i].y * width + expected[i].x), expected[i].rgb, 3);
    free(rgb);
    leave();
}
END_TEST

/* A negative, in grey: 2 is black, -1 is white, 0.5 between. */
START_TEST(negative_in_grey)
{
    enter();
    const wg_tile tile = {.grey = ramp, .rows = 1, .columns = 3};
    ck_assert_int_eq(
        wg_sheet_write("a.pgm", &tile, 1, &(wg_sheet_options){.zoom = 1, .low = 2, .high = -1}, NULL), WG_OK);
    int width, height;
    unsigned char *grey = read_picture("a.pgm", "P5", &width, &height);
    ck_assert(width == M + 3 + M && height == M + 1 + LINE + M);
    ck_assert(grey[M * width + M] == 255 && grey[M * width + M + 1] == 128 && grey[M * width + M + 2] == 0);
    free(grey);
    leave();
}
END_TEST

/* "7" in green at the left, "A" in red at the right, a title above in white. The top row of the 7 is five
 * pixels wide, that of the A three. */
START_TEST(words)
{
    enter();
    float black[20] = {0};
    const wg_tile tile = {
        .grey = black, .rows = 1, .columns = 20, .captions = {{"7", {0, 255, 0}}, {"a", {255, 0, 0}}}};
    ck_assert_int_eq(
        wg_sheet_write("a.ppm", &tile, 1, &(wg_sheet_options){.zoom = 1, .title = "E"}, NULL), WG_OK);
    int width, height, green = 0, red = 0, white = 0;
    unsigned char *rgb = read_picture("a.ppm", "P6", &width, &height);
    ck_assert(width == M + 20 + M && height == M + LINE + M + 1 + LINE + M);
    const unsigned char *row = rgb + 3 * width * (M + LINE + M + 1 + 2);
    for (int x = 0; x < width; x++) {
        green += row[3 * x] == 0 && row[3 * x + 1] == 255 && x >= M && x < M + 5;
        red += row[3 * x] == 255 && row[3 * x + 1] == 0 && x >= M + 15 && x < M + 20;
        white += rgb[3 * (M * width + x)] == 255 && rgb[3 * (M * width + x) + 1] == 255;
    }
    ck_assert_msg(green == 5 && red == 3 && white == 5, "%d green, %d red, %d white", green, red, white);
    free(rgb);
    leave();
}
END_TEST

/* A character that is not in the alphabet is a box of 20 pixels, whatever bytes it has; a space is blank. */
START_TEST(characters_that_are_lacking)
{
    enter();
    float black[40] = {0};
    const struct {
        const char *text;
        int boxes;
    } row[] = {{"\u6743\u91cd", 2}, {"\u00e9", 1}, {"@ #", 2}, {"  ", 0}, {"\xff", 1}, {"\U0001f600", 1}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        for (int side = 0; side < 2; side++) {
            wg_tile tile = {.grey = black, .rows = 1, .columns = 40};
            tile.captions[side] = (wg_caption){row[i].text, {0, 255, 0}};
            ck_assert_int_eq(wg_sheet_write("b.ppm", &tile, 1, &(wg_sheet_options){.zoom = 1}, NULL), WG_OK);
            int width, height, green = 0;
            unsigned char *rgb = read_picture("b.ppm", "P6", &width, &height);
            for (int k = 0; k < width * height; k++)
                green += rgb[3 * k + 1] == 255;
            ck_assert_msg(green == 20 * row[i].boxes, "%s: %d pixels", row[i].text, green);
            free(rgb);
        }
    leave();
}
END_TEST

/* Five images, of two sizes, in rows of three: cells are as large as the largest. */
START_TEST(grid)
{
    enter();
    wg_tile tiles[5];
    for (int i = 0; i < 5; i++)
        tiles[i] = (wg_tile){.grey = ramp, .rows = 1, .columns = i == 4 ? 4 : 1};
    ck_assert_int_eq(wg_sheet_write("a.ppm", tiles, 5, &(wg_sheet_options){.zoom = 2}, NULL), WG_OK);
    int width, height;
    free(read_picture("a.ppm", "P6", &width, &height));
    ck_assert(width == M + 3 * (8 + M) && height == M + 2 * (2 + LINE + M));
    leave();
}
END_TEST

START_TEST(png)
{
    enter();
    const wg_tile tile = {.grey = ramp, .rows = 2, .columns = 2};
    wg_error error = {0};
    wg_status status = wg_sheet_write("a.png", &tile, 1, NULL, &error);
    ck_assert_int_eq(wg_sheet_check_path("a.png", NULL), status);
    if (status == WG_OK) {
        unsigned char head[24] = {0};
        FILE *file = fopen("a.png", "rb");
        ck_assert(file && fread(head, 1, sizeof head, file) == sizeof head && fclose(file) == 0);
        ck_assert_mem_eq(head, "\x89PNG\r\n\x1a\n", 8);
        ck_assert_int_eq(head[19], M + 84 + M); /* the width: 2 pixels at zoom 42 */
        ck_assert_int_eq(head[23], M + 84 + LINE + M);
        ck_assert_int_eq(unlink("a.png"), 0);
    } else {
        ck_assert(status == WG_INVALID && strstr(error.message, "without libpng"));
    }
    leave();
}
END_TEST

START_TEST(errors)
{
    enter();
    const wg_tile good = {.grey = ramp, .rows = 2, .columns = 2}, empty = {.rows = 2, .columns = 2},
                  huge = {.grey = ramp, .rows = 1, .columns = SIZE_MAX};
    ck_assert_int_eq(symlink("/dev/full", "full.ppm"), 0);
    const struct {
        const char *path;
        const wg_tile *tile;
        size_t count;
        wg_sheet_options options;
        wg_status status;
        const char *text;
    } cases[] = {
        {"a.ppm", &good, 0, {0}, WG_INVALID, "without images"},
        {NULL, &good, 1, {0}, WG_INVALID, "(no name)"},
        {"a.ppm", &empty, 1, {0}, WG_INVALID, "image 0"},
        {"a.jpg", &good, 1, {0}, WG_INVALID, "a.jpg: the name"},
        {"ppm", &good, 1, {0}, WG_INVALID, "ends in"},
        {"a.ppm", &good, 1, {.low = 1, .high = 1}, WG_INVALID, "black at 1"},
        {"a.ppm", &good, 1, {.low = (double)NAN}, WG_INVALID, "black at nan"},
        {"a.ppm", &huge, 1, {0}, WG_OVERFLOW, "too large"},
        {"a.ppm", &good, 1, {.zoom = SIZE_MAX}, WG_OVERFLOW, "too large"},
        {"no/a.ppm", &good, 1, {0}, WG_FILE, "no/a.ppm: No such file"},
        {"full.ppm", &good, 1, {0}, WG_FILE, "full.ppm: a device"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wg_error error = {0};
        wg_status status =
            wg_sheet_write(cases[i].path, cases[i].tile, cases[i].count, &cases[i].options, &error);
        ck_assert_msg(
            status == cases[i].status && error.status == status && strstr(error.message, cases[i].text),
            "case %zu: %s: %s", i, wg_status_name(status), error.message);
    }
    ck_assert_int_eq(unlink("full.ppm"), 0); /* the link was not written over */
    ck_assert_int_eq(wg_sheet_check_path("a.pgm", NULL), WG_OK);
    ck_assert_int_eq(wg_sheet_check_path("a.gif", NULL), WG_INVALID);
    ck_assert_int_eq(wg_sheet_check_path(NULL, NULL), WG_INVALID);
    leave();
}
END_TEST

TEST_MAIN("picture", pixels, negative_in_grey, words, characters_that_are_lacking, grid, png, errors)
