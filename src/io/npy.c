/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Arrays of .npy files. */
#include "io/npy.h"

#include "base/alloc.h"
#include "kernels/strided.h"

/* Numbers whose first axis runs fastest come in through memory of their own. */
static wg_status read_fortran(const wg_npy *npy, wg_source *source, void *numbers, wg_error *error)
{
    size_t size = wg_dtype_size(npy->elements.element->dtype), bytes = npy->elements.count * size;
    wg_status status = wg__source_claim(source, bytes, error);
    if (status != WG_OK)
        return status;
    void *columns = wg__mem_aligned_new(&source->allocator, bytes);
    if (!columns)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for %zu bytes", source->path, bytes);
    status = wg__elements_read(&npy->elements, source, columns, error);
    wg_walk walk = wg__walk_over(&npy->shape, 2);
    ptrdiff_t step = 1;
    for (size_t i = 0; i < npy->shape.rank; i++) {
        walk.step[1][i] = step;
        step *= (ptrdiff_t)npy->shape.dim[i];
    }
    if (status == WG_OK)
        wg__strided_copy(1, &walk, size, columns, numbers);
    wg__mem_aligned_free(&source->allocator, columns, bytes);
    return status;
}

wg_status wg__npy_add(wg_reading *reading, const char *name, wg_source *source)
{
    void *numbers = NULL;
    wg_npy npy = {.elements.name = name};
    wg_status status = wg__npy_read_head(&npy, source, reading->error);
    if (status == WG_OK)
        status = wg__reading_make(reading, name, npy.elements.element->dtype, &npy.shape, &numbers);
    if (status != WG_OK)
        return status;
    if (npy.fortran && npy.shape.rank > 1 && npy.elements.count)
        return read_fortran(&npy, source, numbers, reading->error);
    return wg__elements_read(&npy.elements, source, numbers, reading->error);
}

static wg_status read_file(wg_reading *reading)
{
    return wg__npy_add(reading, "array", &reading->source);
}

wg_archive *wg_npy_read(const char *path, const wg_archive_read_options *options, wg_error *error)
{
    return wg__archive_read(path, read_file, options, error);
}

wg_status wg_npy_write(const char *path, wg_array array, wg_error *error)
{
    wg_sink sink;
    size_t bytes;
    unsigned char head[WG_NPY_MOST_HEAD];
    const char *name = path ? path : "(no name)";
    if (error && error->status != WG_OK)
        return error->status;
    wg_status status = wg__check_array(name, array.dtype, &array.shape, &bytes, error);
    if (status == WG_OK && bytes && !array.data)
        status = wg_error_set(error, WG_INVALID, "%s: no numbers were given", name);
    if (status == WG_OK)
        status = wg__sink_open(&sink, path, error);
    if (status != WG_OK)
        return status;
    status = wg__sink_write(&sink, head, wg__npy_make_head(head, &array), error);
    if (status == WG_OK)
        status = wg__elements_write(&sink, &array, error);
    return wg__sink_finish(&sink, status, error);
}
