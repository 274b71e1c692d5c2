/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Arrays of .npy files. */
#include "io/npy.h"

#include "base/alloc.h"
#include "kernels/strided.h"

/* Numbers whose first axis runs fastest come in through memory of their own. */
static wg_status read_fortran(
    const wg_npy *npy, wg_source *source, const wg_allocator *memory, void *numbers, wg_error *error)
{
    size_t size = wg_dtype_size(npy->elements.element->dtype), bytes = npy->elements.count * size;
    void *columns = wg_mem_aligned_new(memory, bytes);
    if (!columns)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for %zu bytes", source->path, bytes);
    wg_status status = wg_elements_read(&npy->elements, source, columns, NULL, error);
    wg_walk walk = wg_walk_over(&npy->shape, 2);
    ptrdiff_t step = 1;
    for (size_t i = 0; i < npy->shape.rank; i++) {
        walk.step[1][i] = step;
        step *= (ptrdiff_t)npy->shape.dim[i];
    }
    if (status == WG_OK)
        wg_strided_copy(1, &walk, size, columns, numbers);
    wg_mem_aligned_free(memory, columns, bytes);
    return status;
}

wg_status wg_npy_add(wg_archive *archive, const char *name, wg_source *source, wg_error *error)
{
    const wg_allocator *memory = wg_archive_allocator(archive);
    void *numbers = NULL;
    wg_npy npy = {.elements.name = name};
    wg_status status = wg_npy_read_head(&npy, source, memory, error);
    if (status == WG_OK)
        status = wg_archive_make(archive, name, npy.elements.element->dtype, &npy.shape, &numbers, error);
    if (status != WG_OK)
        return status;
    if (npy.fortran && npy.shape.rank > 1 && npy.elements.count)
        return read_fortran(&npy, source, memory, numbers, error);
    return wg_elements_read(&npy.elements, source, numbers, NULL, error);
}

wg_archive *wg_npy_read(const char *path, const wg_allocator *allocator, wg_error *error)
{
    return wg_archive_read(path, wg_npy_from, allocator, error);
}

wg_archive *wg_npy_from(wg_source *source, const wg_allocator *allocator, wg_error *error)
{
    wg_archive *archive = wg_archive_new(allocator);
    if (!archive)
        wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory", source->path);
    else if (wg_npy_add(archive, "array", source, error) == WG_OK)
        return archive;
    wg_archive_free(archive);
    return NULL;
}

wg_status wg_npy_write(const char *path, wg_array array, wg_error *error)
{
    wg_sink sink;
    size_t bytes;
    unsigned char head[WG_NPY_MOST_HEAD];
    const char *name = path ? path : "(no name)";
    if (error && error->status != WG_OK)
        return error->status;
    wg_status status = wg_check_array(name, array.dtype, &array.shape, &bytes, error);
    if (status == WG_OK && bytes && !array.data)
        status = wg_error_set(error, WG_INVALID, "%s: no numbers were given", name);
    if (status == WG_OK)
        status = wg_sink_open(&sink, path, error);
    if (status != WG_OK)
        return status;
    status = wg_sink_write(&sink, head, wg_npy_make_head(head, &array), error);
    if (status == WG_OK)
        status = wg_elements_write(&sink, &array, error);
    return wg_sink_finish(&sink, status, error);
}
