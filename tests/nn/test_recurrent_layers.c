/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_layer_lstm and wg_layer_gru: PyTorch's numbers, gradients, directions, halves of a sequence. */

#include "numbers.h"
#include "recurrent_layer.h"

/* ---- PyTorch's numbers ------------------------------------------------------------------------------ */

/* By PyTorch 1.13, in double. fill(shape, s) has the elements sin(0.7 i + s); m = torch.nn.LSTM(2, 2,
 * batch_first=True), or GRU:
 *
 *     x = fill((2, 3, 2), 1); m.weight_ih_l0 = fill((2, 2 G), 2).T; m.weight_hh_l0 = fill((2, 2 G), 3).T
 *     m.bias_ih_l0 = fill((2 G,), 4); m.bias_hh_l0 = 0, of the GRU's n fill((2,), 7)
 *     y, (h, c) = m(x, (fill((1, 2, 2), 5), fill((1, 2, 2), 6)))
 *     loss = (y * fill((2, 3, 2), 8)).sum() + (c * fill((1, 2, 2), 9)).sum()
 *
 * with G = 4 or 3 gates, and without c for the GRU. */
static wg_array fill(double *at, wg_shape shape, double start)
{
    for (size_t i = 0; i < count_of(shape); i++)
        at[i] = sin(0.7 * (double)i + start);
    return wg_array_of(at, WG_F64, shape);
}

static wg_var filled(wg_tape *tape, wg_shape shape, double start)
{
    double at[64];
    return wg_leaf(tape, fill(at, shape, start));
}

static void set_filled(wg_params *p, const char *name, wg_shape shape, double start)
{
    double at[64];
    ck_assert_int_eq(wg_params_set(p, name, fill(at, shape, start), NULL), WG_OK);
}

static void check_param(wg_params *p, const char *name, const double *expected, size_t n)
{
    double is[64];
    ck_assert_int_eq(wg_params_read_grad(p, name, is, n), WG_OK);
    numbers_are(name, is, expected, n, 1e-13);
}
#define PARAM(p, name, ...) check_param(p, name, LIST(__VA_ARGS__))

static wg_params *filled_params(int kind)
{
    size_t width = kind == LSTM ? 8 : 6;
    wg_params *p = new_params(WG_F64);
    wg_tape *tape = new_tape(WG_F64, true, 1);
    layer(kind, p, filled(tape, WG_SHAPE(2, 3, 2), 1), 2, &(lstm_options){0});
    ok(tape);
    wg_tape_free(tape);
    set_filled(p, "rnn.weight_x", WG_SHAPE(2, width), 2);
    set_filled(p, "rnn.weight_h", WG_SHAPE(2, width), 3);
    set_filled(p, "rnn.bias", WG_SHAPE(width), 4);
    if (kind == GRU)
        set_filled(p, "rnn.bias_n", WG_SHAPE(2), 7);
    return p;
}

START_TEST(lstm_of_pytorch)
{
    wg_params *p = filled_params(LSTM);
    wg_tape *tape = new_tape(WG_F64, true, 1);
    wg_var x = filled(tape, WG_SHAPE(2, 3, 2), 1), h0 = filled(tape, WG_SHAPE(2, 2), 5);
    wg_var c0 = filled(tape, WG_SHAPE(2, 2), 6), h, c;
    wg_var y = wg_layer_lstm(p, "rnn", x, 2, &(lstm_options){.h0 = h0, .c0 = c0, .last_h = &h, .last_c = &c});
    VALUES(y, 1e-14, -0.0992398982745068, -0.0488553543980032, -0.102764421106578, 0.063072821013628,
        0.0423632043978916, 0.0905081751672475, 0.282108396986391, 0.356228207391233, -0.245772457537526,
        0.0223679055843572, -0.31582465229585, -0.158154711332081);
    VALUES(h, 1e-14, 0.0423632043978916, 0.0905081751672475, -0.31582465229585, -0.158154711332081);
    VALUES(c, 1e-14, 0.0509383973660008, 0.169233723585899, -0.650668918919154, -0.233229103209498);
    wg_var loss = wg_add(wg_sum(wg_mul(y, wg_detach(filled(tape, WG_SHAPE(2, 3, 2), 8)))),
        wg_sum(wg_mul(c, wg_detach(filled(tape, WG_SHAPE(2, 2), 9)))));
    wg_params_zero_grad(p);
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    GRADS(x, 1e-13, -0.14657887409382, -0.0745957776913842, 0.172411020600018, 0.232487770632839,
        -0.0662777838676691, -0.0739652198027785, -0.0206976075094086, -0.00887688160566024,
        -0.388241336132728, -0.416906554040797, 0.612449620461239, 0.852052599145464);
    GRADS(h0, 1e-13, -0.131297808280556, -0.158573561845179, -0.0207477906899093, -0.0232087670977132);
    GRADS(c0, 1e-13, 0.166868900187475, -0.0201659600601184, -0.0583863065200834, 0.0827590843332534);
    PARAM(p, "rnn.weight_x", 0.122768508705296, 0.0660816674975844, 0.0763208655781261, 0.00568552652546779,
        -0.0489631458695124, -0.516641717316334, -0.140331164467306, -0.00645582180348643, 0.0698003830417037,
        0.097622289532263, 0.0334741448764623, 0.060377689913184, 0.0765821235060187, -0.0230014237190019,
        -0.159003547820398, 0.0169704594612648);
    PARAM(p, "rnn.weight_h", -0.0191664483485613, -0.0252470799693014, -0.00103057850784627,
        0.0311763066727638, -0.0813799229515476, 0.243399827968794, 0.0650012964322945, 0.029950258165644,
        -0.0255113206900901, 0.000329014323478097, -0.0146114260955299, 0.0594701042019536,
        -0.0831909109192848, 0.135428715471676, -0.00366104576106392, 0.0151865034155437);
    PARAM(p, "rnn.bias", -0.00885528486198877, -0.0617211668593669, 0.0283461019169687, 0.125448097467923,
        -0.057748555174387, -0.378901517410636, -0.242107574362931, -0.0649739694797843);
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

START_TEST(gru_of_pytorch)
{
    wg_params *p = filled_params(GRU);
    wg_tape *tape = new_tape(WG_F64, true, 1);
    wg_var x = filled(tape, WG_SHAPE(2, 3, 2), 1), h0 = filled(tape, WG_SHAPE(2, 2), 5), h;
    wg_var y = wg_layer_gru(p, "rnn", x, 2, &(gru_options){.h0 = h0, .last_h = &h});
    VALUES(y, 1e-14, -0.402080932160935, -0.204392683625523, 0.0135801051011268, 0.311469644389128,
        0.543603457579182, 0.709713785032921, 0.574135882458281, 0.825436427503194, 0.519768349738011,
        0.69573786181647, 0.0997882444998931, 0.418624070952541);
    VALUES(h, 1e-14, 0.543603457579182, 0.709713785032921, 0.0997882444998931, 0.418624070952541);
    wg_var loss = wg_sum(wg_mul(y, wg_detach(filled(tape, WG_SHAPE(2, 3, 2), 8))));
    wg_params_zero_grad(p);
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    GRADS(x, 1e-13, -0.0457477716860927, -0.254609536755446, 0.175062180129417, 0.152549883930835,
        0.287460179817304, 0.0644951854303507, 0.00938147260826358, -0.0283914500197824, -0.625669265455823,
        0.146832071082963, -0.398464331497273, 0.260045981573202);
    GRADS(h0, 1e-13, 0.736146939204533, 0.0984683579404882, 0.00516606012882637, 0.296514979276268);
    PARAM(p, "rnn.weight_x", 0.0460969411278838, -0.0106160494851069, -0.12676146011375,
        -0.000425461841989041, 0.759774965991284, 0.00967315372656985, 0.09875290957566, 0.0510595592586556,
        -0.25328424829039, -0.156877460728113, 1.14647453805614, 0.398972807165789);
    PARAM(p, "rnn.weight_h", -0.0435467561114608, 0.0164444737681131, 0.28983566155716, 0.0572511255246183,
        0.206030149446453, 0.102439684041066, -0.0399474303886153, 0.0202272984671686, 0.261992606500038,
        0.0863131409487939, 0.273665596860756, 0.146483113592873);
    PARAM(p, "rnn.bias", -0.0282750510436551, -0.0160256154134372, 0.0556692522779148, 0.233003918295614,
        0.279734845758916, 0.116036699753019);
    PARAM(p, "rnn.bias_n", 0.304301992603749, 0.124494729177315);
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

/* ---- Gradients against differences ------------------------------------------------------------------ */

typedef struct checked {
    int kind;
    bool reverse;
} checked;

static wg_var all_of_it(wg_params *p, wg_tape *tape, void *user)
{
    const checked *c = user;
    wg_var x = leaf(tape, WG_SHAPE(3, 5, 2), 1, 0), h, last_c;
    wg_var y =
        layer(c->kind, p, x, 4, &(lstm_options){.reverse = c->reverse, .last_h = &h, .last_c = &last_c});
    wg_var loss = wg_add(weigh(y, 2), weigh(h, 3));
    return c->kind == LSTM ? wg_add(loss, weigh(last_c, 4)) : loss;
}

START_TEST(gradients_of_parameters)
{
    checked c = {.kind = _i % 2, .reverse = _i / 2};
    wg_params *p = new_params(WG_F64);
    wg_gradcheck_report report;
    wg_gradcheck_params(all_of_it, &c, p, NULL, &report);
    ck_assert_msg(report.status == WG_OK, "%s", report.message);
    ck_assert_uint_ge(report.compared, wg_params_element_count(p));
    wg_params_free(p);
}
END_TEST

typedef struct of_store {
    int kind;
    wg_params *params;
} of_store;

static wg_var of_inputs(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    const of_store *s = user;
    wg_var h, c = {0};
    lstm_options options = {.h0 = in[1], .c0 = n > 2 ? in[2] : c, .last_h = &h, .last_c = &c};
    (void)tape;
    wg_var y = layer(s->kind, s->params, in[0], 3, &options);
    return wg_add(weigh(y, 2), weigh(s->kind == LSTM ? c : h, 3));
}

START_TEST(gradients_of_inputs)
{
    const wg_shape shapes[3] = {WG_SHAPE(2, 4, 3), WG_SHAPE(2, 3), WG_SHAPE(2, 3)};
    for (int order = 1; order <= 2; order++) {
        wg_gradcheck_report report;
        of_store s = {.kind = _i, .params = new_params(WG_F64)};
        wg_gradcheck_options options = {.order = order};
        wg_gradcheck_shapes(of_inputs, &s, shapes, _i == LSTM ? 3 : 2, &options, &report);
        ck_assert_msg(report.status == WG_OK, "order %d: %s", order, report.message);
        wg_params_free(s.params);
    }
}
END_TEST

/* ---- Layout, direction, halves ----------------------------------------------------------------------- */

START_TEST(time_first)
{
    wg_params *p = new_params(WG_F64);
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var x = leaf(tape, WG_SHAPE(3, 5, 2), 1, 0), h, last;
    wg_var y = layer(_i, p, x, 4, &(lstm_options){.last_h = &h});
    lstm_options options = {.time_major = true, .last_h = &last};
    wg_var turned = layer(_i, p, wg_permute(x, WG_AXES(1, 0, 2)), 4, &options);
    same(turned, wg_permute(y, WG_AXES(1, 0, 2)), 0, "y");
    same(last, h, 0, "last");
    same(h, wg_reshape(wg_slice(y, 1, 4, 5, 1), WG_SHAPE(3, 4)), 0, "the last step");
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

START_TEST(backward_in_time)
{
    wg_params *p = new_params(WG_F64);
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var x = leaf(tape, WG_SHAPE(3, 5, 2), 1, 0), h, last;
    wg_var back = layer(_i, p, x, 4, &(lstm_options){.reverse = true, .last_h = &h});
    wg_var y = layer(_i, p, wg_flip(x, WG_AXES(1)), 4, &(lstm_options){.last_h = &last});
    same(back, wg_flip(y, WG_AXES(1)), 0, "y");
    same(h, last, 0, "last");
    same(h, wg_reshape(wg_slice(back, 1, 0, 1, 1), WG_SHAPE(3, 4)), 0, "the first step");
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

START_TEST(two_halves_are_a_whole)
{
    wg_params *p = new_params(WG_F64);
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var x = leaf(tape, WG_SHAPE(3, 8, 2), 1, 0), h = {0}, c = {0}, part[2], last_h, last_c = {0};
    wg_var whole = layer(_i, p, x, 4, &(lstm_options){.last_h = &last_h, .last_c = &last_c});
    for (ptrdiff_t i = 0; i < 2; i++) {
        lstm_options options = {.h0 = h, .c0 = c, .last_h = &h, .last_c = &c};
        part[i] = layer(_i, p, wg_slice(x, 1, i ? 3 : 0, i ? 8 : 3, 1), 4, &options);
    }
    same(wg_concat(part, 2, 1), whole, 0, "y");
    same(h, last_h, 0, "h");
    if (_i == LSTM)
        same(c, last_c, 0, "c");
    wg_var direct = wg_grad1(weigh(last_h, 5), x), by_halves = wg_grad1(weigh(h, 5), x);
    same(by_halves, direct, 1e-14, "gradient");
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

START_TEST(no_steps)
{
    wg_params *p = new_params(WG_F64);
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var h0 = leaf(tape, WG_SHAPE(3, 4), 2, 0), h, c = {0};
    wg_var y = layer(_i, p, leaf(tape, WG_SHAPE(3, 0, 2), 1, 0), 4,
        &(lstm_options){.h0 = h0, .c0 = h0, .last_h = &h, .last_c = &c});
    ok(tape);
    wg_shape is = wg_shape_of(y), expected = WG_SHAPE(3, 0, 4);
    ck_assert(wg_shape_equal(&is, &expected));
    same(h, h0, 0, "h");
    if (_i == LSTM)
        same(c, h0, 0, "c");
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {lstm_of_pytorch, 1},
        {gru_of_pytorch, 1},
        {gradients_of_parameters, 4},
        {gradients_of_inputs, 2},
        {time_first, 2},
        {backward_in_time, 2},
        {two_halves_are_a_whole, 2},
        {no_steps, 2},
    };
    return harness_run("recurrent_layers", tests, sizeof tests / sizeof tests[0]);
}
