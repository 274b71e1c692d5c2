/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "base/alloc.h"
#include "base/sink.h"
#include "view/glyphs.h"
#include "view/letters.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wengert/picture.h>

#if WG_HAVE_PNG
#include <png.h>
#include <setjmp.h>
#endif

/* MARGIN around and between cells; a letter of WG_GLYPH_WIDTH is followed by one free column. */
enum {
    MARGIN = 12,
    WIDEST = 84,
    CAPTION = WG_GLYPH_HEIGHT + 4,
    LETTER = WG_GLYPH_WIDTH + 1,
    MOST_PIXELS = 1 << 28
};

struct picture {
    size_t width, height;
    unsigned char *rgb; /* row-major, three bytes a pixel */
};

/* Where things are: a grid of equal cells, each an image above a line of captions, under a title. */
struct layout {
    size_t zoom, cell_width, cell_height, per_row, top;
};

static void paint(struct picture *p, size_t x, size_t y, wg_colour c)
{
    if (x < p->width && y < p->height)
        memcpy(p->rgb + 3 * (y * p->width + x), (unsigned char[]){c.red, c.green, c.blue}, 3);
}

/* Cut after `columns` pixels. */
static void paint_text(
    struct picture *p, size_t left, size_t top, size_t columns, const char *text, wg_colour c)
{
    for (size_t x = 0; *text && x + WG_GLYPH_WIDTH <= columns; x += LETTER) {
        const unsigned char *rows = wg__glyph(wg__letter_next(&text));
        for (size_t y = 0; y < WG_GLYPH_HEIGHT; y++)
            for (size_t bit = 0; bit < WG_GLYPH_WIDTH; bit++)
                if (rows[y] >> (WG_GLYPH_WIDTH - 1 - bit) & 1)
                    paint(p, left + x + bit, top + y, c);
    }
}

static size_t text_width(const char *text)
{
    size_t letters = 0;
    for (; *text; letters++)
        wg__letter_next(&text);
    return letters * LETTER - (letters != 0);
}

static wg_colour shade(float value, double low, double high)
{
    double level = ((double)value - low) / (high - low);
    if (level != level)
        return (wg_colour){255, 0, 0};
    unsigned char grey = (unsigned char)(level <= 0 ? 0 : level >= 1 ? 255 : level * 255 + 0.5);
    return (wg_colour){grey, grey, grey};
}

static void paint_tile(struct picture *p, const struct layout *l, size_t left, size_t top,
    const wg_tile *tile, const wg_sheet_options *o)
{
    for (size_t y = 0; y < tile->rows * l->zoom; y++)
        for (size_t x = 0; x < tile->columns * l->zoom; x++)
            paint(p, left + x, top + y,
                shade(tile->grey[y / l->zoom * tile->columns + x / l->zoom], o->low, o->high));
    size_t below = top + l->cell_height - CAPTION + 2;
    const wg_caption *a = &tile->captions[0], *b = &tile->captions[1];
    size_t width = b->text ? text_width(b->text) : 0;
    if (a->text)
        paint_text(p, left, below, l->cell_width, a->text, a->colour);
    if (b->text)
        paint_text(p, width < l->cell_width ? left + l->cell_width - width : left, below, l->cell_width,
            b->text, b->colour);
}

static size_t root(size_t n)
{
    size_t r = 1;
    while (r * r < n && r < 4096)
        r++;
    return r;
}

/* Sizes that could overflow are refused first: no side is over MOST_PIXELS. */
static wg_status lay_out(
    struct layout *l, struct picture *p, const wg_tile *tiles, size_t count, const wg_sheet_options *o)
{
    size_t rows = 1, columns = 1;
    for (size_t i = 0; i < count; i++) {
        rows = tiles[i].rows > rows ? tiles[i].rows : rows;
        columns = tiles[i].columns > columns ? tiles[i].columns : columns;
    }
    l->per_row = o->per_row ? o->per_row : root(count);
    l->per_row = l->per_row > count ? count : l->per_row;
    size_t lines = (count - 1) / l->per_row + 1;
    l->zoom = o->zoom ? o->zoom : (WIDEST - 1) / columns + 1;
    l->top = MARGIN + (o->title && *o->title ? CAPTION + MARGIN : 0);
    if (rows > MOST_PIXELS || columns > MOST_PIXELS || l->zoom > 1024 || count > MOST_PIXELS)
        return WG_OVERFLOW;
    l->cell_width = columns * l->zoom;
    l->cell_height = rows * l->zoom + CAPTION;
    if (!wg__mul_size(l->per_row, l->cell_width + MARGIN, &p->width) ||
        !wg__mul_size(lines, l->cell_height + MARGIN, &p->height) || p->width > MOST_PIXELS ||
        p->height > MOST_PIXELS)
        return WG_OVERFLOW;
    p->width += MARGIN;
    p->height += l->top;
    return (uint64_t)p->width * p->height > MOST_PIXELS ? WG_OVERFLOW : WG_OK;
}

static void paint_sheet(
    struct picture *p, const struct layout *l, const wg_tile *tiles, size_t count, const wg_sheet_options *o)
{
    wg_colour ink =
        o->paper.red + o->paper.green + o->paper.blue > 382 ? (wg_colour){0} : (wg_colour){255, 255, 255};
    for (size_t i = 0; i < p->width * p->height; i++)
        paint(p, i % p->width, i / p->width, o->paper);
    if (o->title)
        paint_text(p, MARGIN, MARGIN, p->width - 2 * MARGIN, o->title, ink);
    for (size_t i = 0; i < count; i++)
        paint_tile(p, l, MARGIN + i % l->per_row * (l->cell_width + MARGIN),
            l->top + i / l->per_row * (l->cell_height + MARGIN), &tiles[i], o);
}

/* ---- Formats --------------------------------------------------------------------------------------- */

typedef wg_status write_function(wg_sink *sink, struct picture *p, wg_error *error);

static wg_status write_plain(wg_sink *sink, struct picture *p, char kind, size_t bytes, wg_error *error)
{
    char head[64];
    int length = snprintf(head, sizeof head, "P%c\n%zu %zu\n255\n", kind, p->width, p->height);
    wg_status status = wg__sink_write(sink, head, (size_t)length, error);
    return status == WG_OK ? wg__sink_write(sink, p->rgb, bytes, error) : status;
}

static wg_status write_ppm(wg_sink *sink, struct picture *p, wg_error *error)
{
    return write_plain(sink, p, '6', 3 * p->width * p->height, error);
}

/* Luma by ITU-R BT.601. */
static wg_status write_pgm(wg_sink *sink, struct picture *p, wg_error *error)
{
    size_t pixels = p->width * p->height;
    unsigned char *grey = p->rgb; /* in place: byte i comes from bytes 3 i and after */
    for (size_t i = 0; i < pixels; i++) {
        const unsigned char *c = p->rgb + 3 * i;
        grey[i] = (unsigned char)((299 * c[0] + 587 * c[1] + 114 * c[2] + 500) / 1000);
    }
    return write_plain(sink, p, '5', pixels, error);
}

#if WG_HAVE_PNG
/* libpng's memory is the hook's, so that a lack of it can be told from a file that cannot be written. */
struct png_memory {
    wg_allocator allocator;
    bool lacked;
};

static png_voidp take_for_png(png_structp png, png_alloc_size_t size)
{
    struct png_memory *memory = png_get_mem_ptr(png);
    size_t *block =
        size <= SIZE_MAX - WG_ALIGNMENT ? wg__mem_new(&memory->allocator, WG_ALIGNMENT + size) : NULL;
    memory->lacked = memory->lacked || !block;
    if (block)
        *block = WG_ALIGNMENT + size;
    return block ? (char *)block + WG_ALIGNMENT : NULL;
}

static void give_back_from_png(png_structp png, png_voidp memory)
{
    size_t *block = memory ? (size_t *)(void *)((char *)memory - WG_ALIGNMENT) : NULL;
    if (block)
        wg__mem_free(&((struct png_memory *)png_get_mem_ptr(png))->allocator, block, *block);
}

static void fail_png(png_structp png, png_const_charp text)
{
    (void)text;
    png_longjmp(png, 1);
}

static void ignore_png(png_structp png, png_const_charp text)
{
    (void)png, (void)text;
}

struct png_target {
    wg_sink *sink;
    wg_error *error;
    wg_status status;
};

static void put_png(png_structp png, png_bytep bytes, png_size_t size)
{
    struct png_target *to = png_get_io_ptr(png);
    to->status = wg__sink_write(to->sink, bytes, size, to->error);
    if (to->status != WG_OK)
        png_error(png, "");
}

/* libpng's own would take the target for a stream. */
static void flush_png(png_structp png)
{
    (void)png;
}

static wg_status write_png(wg_sink *sink, struct picture *p, wg_error *error)
{
    struct png_target to = {sink, error, WG_OK};
    struct png_memory memory = {.allocator = wg__allocator_or_default(NULL)};
    png_structp png = png_create_write_struct_2(
        PNG_LIBPNG_VER_STRING, NULL, fail_png, ignore_png, &memory, take_for_png, give_back_from_png);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    volatile wg_status status = memory.lacked || !info ? WG_OUT_OF_MEMORY : WG_OK;
    if (status == WG_OK && setjmp(png_jmpbuf(png))) { /* libpng comes back here when it fails */
        status = memory.lacked ? WG_OUT_OF_MEMORY : to.status != WG_OK ? to.status : WG_FILE;
    } else if (status == WG_OK) {
        png_set_write_fn(png, &to, put_png, flush_png);
        png_set_IHDR(png, info, (png_uint_32)p->width, (png_uint_32)p->height, 8, PNG_COLOR_TYPE_RGB,
            PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
        png_set_sRGB_gAMA_and_cHRM(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
        png_write_info(png, info);
        for (size_t row = 0; row < p->height; row++)
            png_write_row(png, p->rgb + 3 * row * p->width);
        png_write_end(png, info);
    }
    png_destroy_write_struct(&png, &info);
    return status;
}
#else
static write_function *const write_png = NULL;
#endif

static wg_status find_format(const char *path, write_function **write, wg_error *error)
{
    const struct {
        const char *ending;
        write_function *write;
    } formats[] = {{".png", write_png}, {".ppm", write_ppm}, {".pgm", write_pgm}};
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (length >= 4 && strcmp(path + length - 4, formats[i].ending) == 0) {
            *write = formats[i].write;
            return *write
                       ? WG_OK
                       : wg_error_set(error, WG_INVALID,
                             "%s: this library was built without libpng; a name in .ppm or .pgm works", path);
        }
    return wg_error_set(error, WG_INVALID, "%s: the name of a picture ends in .png, .ppm or .pgm", path);
}

wg_status wg_sheet_check_path(const char *path, wg_error *error)
{
    write_function *write;
    return path ? find_format(path, &write, error)
                : wg_error_set(error, WG_INVALID, "a picture without a name");
}

static wg_status write_file(const char *path, struct picture *p, write_function *write, wg_error *error)
{
    wg_sink sink;
    wg_status status = wg__sink_open(&sink, path, error);
    if (status != WG_OK)
        return status;
    status = write(&sink, p, error);
    if (status != WG_OK) /* an error that the sink has set stays */
        wg_error_set(error, status,
            status == WG_OUT_OF_MEMORY ? "%s: no memory for compressing" : "%s: cannot be written", path);
    return wg__sink_finish(&sink, status, error);
}

static wg_status check(
    const char *path, const wg_tile *tiles, size_t count, const wg_sheet_options *o, wg_error *error)
{
    if (!path || !tiles || count == 0)
        return wg_error_set(error, WG_INVALID, "%s: a sheet without images", path ? path : "(no name)");
    for (size_t i = 0; i < count; i++)
        if (!tiles[i].grey && tiles[i].rows && tiles[i].columns)
            return wg_error_set(error, WG_INVALID, "%s: image %zu has no pixels", path, i);
    if (!isfinite(o->low) || !isfinite(o->high) || o->low == o->high)
        return wg_error_set(error, WG_INVALID, "%s: black at %g and white at %g", path, o->low, o->high);
    return WG_OK;
}

wg_status wg_sheet_write(
    const char *path, const wg_tile *tiles, size_t count, const wg_sheet_options *options, wg_error *error)
{
    wg_sheet_options o = options ? *options : (wg_sheet_options){0};
    struct picture picture = {0};
    struct layout layout = {0};
    write_function *write = NULL;
    if (o.low == 0 && o.high == 0)
        o.high = 1;
    if (error && error->status != WG_OK)
        return error->status;
    wg_status status = check(path, tiles, count, &o, error);
    if (status == WG_OK)
        status = find_format(path, &write, error);
    if (status != WG_OK)
        return status;
    if (lay_out(&layout, &picture, tiles, count, &o) != WG_OK)
        return wg_error_set(error, WG_OVERFLOW, "%s: the sheet is too large for a picture", path);
    wg_allocator allocator = wg__allocator_or_default(NULL);
    size_t bytes = 3 * picture.width * picture.height;
    picture.rgb = wg__mem_new(&allocator, bytes);
    if (!picture.rgb)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for %zu x %zu pixels", path,
            picture.width, picture.height);
    paint_sheet(&picture, &layout, tiles, count, &o);
    status = write_file(path, &picture, write, error);
    wg__mem_free(&allocator, picture.rgb, bytes);
    return status;
}
