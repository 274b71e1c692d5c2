/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* array.h - shapes, data types, and borrowed views of the caller's numbers.
 *
 * Arrays are dense and row-major, of rank 0 (one number) to 8; a dimension may be 0. */
#ifndef WENGERT_ARRAY_H
#define WENGERT_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wengert/status.h>

WG_BEGIN_DECLS

/* The most axes that an array has. */
enum { WG_MAX_RANK = 8 };

/* double is the default: a zeroed options struct asks for it. Integers are labels and indices: inputs only,
 * never differentiated. */
typedef enum wg_dtype {
    WG_F64, /* double */
    WG_F32, /* float */
    WG_I32  /* int32_t */
} wg_dtype;

/* 8 or 4 bytes; 0 for a value that is no dtype. */
WG_API size_t wg_dtype_size(wg_dtype dtype);

/* "f64", "f32", "i32". */
WG_API const char *wg_dtype_name(wg_dtype dtype);

/* The sizes of an array, one for each of its `rank` axes. */
typedef struct wg_shape {
    size_t rank;
    size_t dim[WG_MAX_RANK]; /* entries from `rank` on are 0 */
} wg_shape;

/* Axes of a reduction; negative ones count from the end. `{0}` is an empty list and means none of them;
 * WG_ALL_AXES means all, of any rank. */
typedef struct wg_axes {
    size_t count;          /* SIZE_MAX: all axes */
    int axis[WG_MAX_RANK]; /* the first `count` */
} wg_axes;

/* The shape of one number. */
WG_API wg_shape wg_shape_scalar(void);

/* A shape from `rank` sizes (`dims` may be NULL when rank is 0). A rank over 8 gives rank SIZE_MAX, which
 * every function refuses with WG_BAD_SHAPE. */
WG_API wg_shape wg_shape_of_dims(const size_t *dims, size_t rank);

/* Product of the sizes; 1 for a scalar. False when it overflows size_t or the rank is over 8; then
 * *count is 0. */
WG_API bool wg_shape_count(const wg_shape *shape, size_t *count);

/* The same rank and sizes? */
WG_API bool wg_shape_equal(const wg_shape *a, const wg_shape *b);

/* NumPy's broadcast of two shapes: sizes are aligned at the last axis; a size of 1, or a missing axis,
 * stretches. False when they do not fit. */
WG_API bool wg_shape_broadcast(const wg_shape *a, const wg_shape *b, wg_shape *out);

/* "[128, 784]", cut to `size` bytes with its final NUL; returns `text`. 192 bytes hold every shape. */
WG_API char *wg_shape_text(const wg_shape *shape, char *text, size_t size);

/* A borrowed view of the caller's numbers: whoever takes one copies what it needs before it returns. */
typedef struct wg_array {
    const void *data; /* row-major; may be NULL when there are no elements */
    wg_dtype dtype;   /* of each element */
    wg_shape shape;   /* {0}: one number */
} wg_array;

/* The three of them put together; nothing is checked or copied. */
WG_API wg_array wg_array_of(const void *data, wg_dtype dtype, wg_shape shape);

WG_END_DECLS

#ifdef __cplusplus
#include <cstddef>
#include <type_traits>
/* The same spellings in C++17. */
template <typename... number> inline wg_shape wg_make_shape(number... sizes)
{
    wg_shape shape{};
    ((shape.rank < WG_MAX_RANK ? void(shape.dim[shape.rank++] = static_cast<size_t>(sizes)) : void()), ...);
    return shape;
}
template <typename... number> inline wg_axes wg_make_axes(number... axes)
{
    wg_axes list{};
    ((list.count < WG_MAX_RANK ? void(list.axis[list.count++] = static_cast<int>(axes)) : void()), ...);
    return list;
}
#define WG_SHAPE(...) (wg_make_shape(__VA_ARGS__))
#define WG_AXES(...) (wg_make_axes(__VA_ARGS__))
#define WG_ALL_AXES (wg_axes{SIZE_MAX, {}})
template <typename element, typename given>
inline std::enable_if_t<
    std::is_void<given>::value ||
        std::is_same<std::remove_const_t<std::remove_all_extents_t<given>>, element>::value,
    const void *>
wg_elements_(given *data)
{
    return data;
}
template <typename element> inline const void *wg_elements_(std::nullptr_t data)
{
    return data;
}
#define WG_ELEMENTS_(data, type) wg_elements_<type>(data)
#else
/* A shape from its sizes: WG_SHAPE(64, 784). Scalars have wg_shape_scalar(). */
#define WG_SHAPE(...)                                                                                        \
    ((wg_shape){.rank = sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t), .dim = {__VA_ARGS__}})
/* Axes from their numbers, WG_AXES(0, -1); and all of them. */
#define WG_AXES(...) ((wg_axes){.count = sizeof((int[]){__VA_ARGS__}) / sizeof(int), .axis = {__VA_ARGS__}})
#define WG_ALL_AXES ((wg_axes){.count = SIZE_MAX})
/* A pointer to an array of any length is compatible with (*)[], so that an array of two axes passes. */
#define WG_ELEMENTS_(data, type)                                                                             \
    _Generic((data),                                                                                         \
        type *: (data),                                                                                      \
        const type *: (data),                                                                                \
        type (*)[]: (data),                                                                                  \
        const type (*)[]: (data),                                                                            \
        void *: (data),                                                                                      \
        const void *: (data))
#endif

/* Views: WG_FLOATS(pixels, 64, 784) is a [64, 784] array of float. The data are float, double or int32_t as
 * the name says: a pointer to these, a C array of one axis or of two (of more: hand over &a[0][0][0]), or a
 * void *, which is taken as it is. A pointer to anything else does not compile. */
#define WG_FLOATS(data, ...) wg_array_of(WG_ELEMENTS_(data, float), WG_F32, WG_SHAPE(__VA_ARGS__))
#define WG_DOUBLES(data, ...) wg_array_of(WG_ELEMENTS_(data, double), WG_F64, WG_SHAPE(__VA_ARGS__))
#define WG_INTS(data, ...) wg_array_of(WG_ELEMENTS_(data, int32_t), WG_I32, WG_SHAPE(__VA_ARGS__))

#endif
