/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "view/axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wg__interval_add(wg_interval *interval, double number)
{
    interval->low = number < interval->low ? number : interval->low;
    interval->high = number > interval->high ? number : interval->high;
}

/* ---- The interval shown ---------------------------------------------------------------------------- */

/* A number's last digits are no width: an interval below this part of its larger end counts as one number. */
static const double narrowest = 1e-12, smallest = 1e-300;

void wg__axis_show(wg_axis *axis, wg_interval shown, bool log, bool tight)
{
    const double room = 0.04;
    axis->log = log;
    if (!(shown.low <= shown.high))
        shown = log ? (wg_interval){1, 10} : (wg_interval){0, 1};
    if (log)
        shown = (wg_interval){log10(fmax(shown.low, smallest)), log10(fmax(shown.high, smallest))};
    double size = fmax(fabs(shown.low), fabs(shown.high)), width = shown.high - shown.low;
    if (width <= narrowest * size || width < smallest) {
        double half = log ? 0.5 : size < smallest ? 1 : size / 10;
        shown = (wg_interval){shown.low - half, shown.low + half};
    } else if (!tight) {
        shown = (wg_interval){shown.low - room * width, shown.high + room * width};
    }
    axis->low = shown.low;
    axis->high = shown.high;
}

int wg__axis_place(const wg_axis *axis, double number)
{
    const double far = 1e6;
    double part = ((axis->log ? log10(number) : number) - axis->low) / (axis->high - axis->low);
    double place = axis->from + part * (axis->to - axis->from);
    return (int)lround(fmin(fmax(place, -far), far));
}

/* ---- A tick's text --------------------------------------------------------------------------------- */

/* digits 10^exponent, in full or as a power of ten: no number is rounded, and no locale asked. */
typedef struct decimal {
    long long digits;
    int exponent;
} decimal;

static int digit_count(long long n)
{
    int count = 1;
    for (n = llabs(n); n > 9; n /= 10)
        count++;
    return count;
}

/* Is it short in full? */
static bool is_plain(decimal d)
{
    return d.digits == 0 || d.exponent < 0 ? d.exponent >= -5 : digit_count(d.digits) + d.exponent <= 6;
}

/* 60000, 0.05, 1.25 */
static void print_plain(char *text, size_t size, decimal d)
{
    int places = d.exponent < -18 ? 18 : d.exponent < 0 ? -d.exponent : 0;
    long long scale = 1, n = llabs(d.digits);
    for (int i = 0; i < d.exponent; i++)
        n *= 10;
    for (int i = 0; i < places; i++)
        scale *= 10;
    int length = snprintf(text, size, places ? "%lld." : "%lld", n / scale);
    for (scale /= 10; scale > 0; scale /= 10)
        text[length++] = (char)('0' + n / scale % 10);
    text[length] = 0;
}

/* 2×10⁻⁵, 1.25×10⁸, 10⁶ */
static void print_power(char *text, size_t size, decimal d)
{
    static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    int power = digit_count(d.digits) - 1 + d.exponent;
    char number[16];
    *text = 0;
    if (llabs(d.digits) != 1) {
        print_plain(text, size, (decimal){d.digits, 1 - digit_count(d.digits)});
        strcat(text, "×");
    }
    strcat(text, power < 0 ? "10⁻" : "10");
    snprintf(number, sizeof number, "%d", abs(power));
    for (const char *c = number; *c; c++)
        strcat(text, raised[*c - '0']);
}

static void add_tick(wg_axis *axis, decimal d, double at, bool plain)
{
    if (axis->count == WG_TICKS)
        return;
    wg_tick *tick = &axis->ticks[axis->count++];
    char text[WG_TICK_TEXT - 4] = "0";
    if (plain)
        print_plain(text, sizeof text, d);
    else if (d.digits)
        print_power(text, sizeof text, d);
    snprintf(tick->text, sizeof tick->text, "%s%s", d.digits < 0 ? "−" : "", text);
    tick->at = at;
}

/* ---- Ticks ----------------------------------------------------------------------------------------- */

static double value_of(decimal d)
{
    return d.exponent < 0 ? (double)d.digits / pow(10, -d.exponent) : (double)d.digits * pow(10, d.exponent);
}

/* Heckbert's nice number near a step. */
static decimal nice(double step)
{
    int exponent = (int)floor(log10(step));
    double part = step / pow(10, exponent);
    if (part >= 7)
        return (decimal){1, exponent + 1};
    return (decimal){part < 1.5 ? 1 : part < 3 ? 2 : 5, exponent};
}

static void linear_ticks(wg_axis *axis, double low, double high, size_t wanted, bool whole)
{
    decimal step = nice((high - low) / (double)(wanted - 1));
    if (whole && step.exponent < 0)
        step = (decimal){1, 0};
    double width = value_of(step), slack = 1e-9;
    long long first = llround(ceil(low / width - slack)), last = llround(floor(high / width + slack));
    decimal ends[] = {{first * step.digits, step.exponent}, {last * step.digits, step.exponent}};
    bool plain = is_plain(ends[0]) && is_plain(ends[1]);
    for (long long k = first; k <= last; k++) {
        decimal d = {k * step.digits, step.exponent};
        add_tick(axis, d, value_of(d), plain);
    }
}

/* Powers of ten; over few of them 2 and 5 times these, too. False, with none set, when these are too few. */
static bool log_ticks(wg_axis *axis, size_t wanted)
{
    const double slack = 1e-9;
    int first = (int)floor(axis->low), last = (int)ceil(axis->high);
    int stride = 1 + (last - first) / (int)wanted;
    bool between = (size_t)(last - first) * 3 <= 2 * wanted + 4 && stride == 1;
    bool plain = first >= -4 && last <= 5;
    for (int e = first; e <= last; e++)
        for (long long m = 1; m <= 5; m += m == 1 ? 1 : 3) {
            double at = e + log10((double)m);
            bool here = m == 1 ? e % stride == 0 : between;
            if (here && at >= axis->low - slack && at <= axis->high + slack && e <= 300)
                add_tick(axis, (decimal){m, e}, pow(10, at), plain);
        }
    if (axis->count >= 3 || last - first > 2)
        return true;
    axis->count = 0;
    return false;
}

void wg__axis_set_ticks(wg_axis *axis, size_t wanted, bool whole)
{
    axis->count = 0;
    wanted = wanted < 2 ? 2 : wanted > 16 ? 16 : wanted;
    if (!axis->log)
        linear_ticks(axis, axis->low, axis->high, wanted, whole);
    else if (!log_ticks(axis, wanted))
        linear_ticks(axis, pow(10, axis->low), pow(10, axis->high), wanted, false);
}
