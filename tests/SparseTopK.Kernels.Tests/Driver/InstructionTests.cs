using System.Globalization;
using static SparseTopK.Kernels.Tests.Driver.TestContext;

namespace SparseTopK.Kernels.Tests.Driver;

/// <summary>What single instructions compute where C and PTX may differ, against PTX's manual.</summary>
public sealed class InstructionTests : IDisposable
{
    private const double Huge = 1e300;

    private readonly TestContext? _context = FakeCuda.StandIn.Install() is null ? new() : null;

    public void Dispose() => _context?.Dispose();

    /// <summary>All in one kernel: each result is stored in a place of its own.</summary>
    [StandInFact]
    public void Integers_wrap_shift_and_divide_as_on_a_gpu() => Check32(
        ("add.s32 %r2, 2147483647, 1;", 0x80000000),
        ("mul.lo.s32 %r2, 65537, 65537;", 0x00020001),
        ("mul.hi.u32 %r2, 4294967295, 4294967295;", 0xfffffffe),
        ("mul.hi.s32 %r2, -1, 2;", 0xffffffff),
        ("div.s32 %r2, -7, 2;", unchecked((uint)-3)),
        ("div.s32 %r2, -2147483648, -1;", 0x80000000),
        ("div.u32 %r2, 7, 0;", 0xffffffff),
        ("rem.s32 %r2, -7, 2;", unchecked((uint)-1)),
        ("shl.b32 %r2, 1, 32;", 0),
        ("shr.u32 %r2, -1, 40;", 0),
        ("shr.s32 %r2, -8, 40;", 0xffffffff),
        ("shr.b32 %r2, -8, 1;", 0x7ffffffc),
        ("min.s32 %r2, -1, 1;", 0xffffffff),
        ("min.u32 %r2, -1, 1;", 1),
        ("abs.s32 %r2, -2147483648;", 0x80000000),
        ("mad.lo.s32 %r2, 3, -4, 5;", unchecked((uint)-7)),
        ("popc.b32 %r2, -2;", 31),
        ("clz.b32 %r2, 0;", 32),
        ("mov.b16 %rs1, -1; cvt.s32.s16 %r2, %rs1;", 0xffffffff),
        ("mov.b16 %rs1, -1; cvt.u32.u16 %r2, %rs1;", 0xffff),
        ("mov.b32 %r3, 511; cvt.u8.u32 %rs1, %r3; cvt.u32.u16 %r2, %rs1;", 255),
        ("mov.b32 %r3, 511; cvt.s8.s32 %rs1, %r3; cvt.s32.s16 %r2, %rs1;", 0xffffffff),
        ("mul.wide.s32 %rd2, -1, 2; shr.u64 %rd3, %rd2, 32; cvt.u32.u64 %r2, %rd3;", 0xffffffff),
        ("setp.lt.s32 %p1, -1, 1; selp.b32 %r2, 7, 8, %p1;", 7),
        ("setp.lo.u32 %p1, -1, 1; selp.b32 %r2, 7, 8, %p1;", 8),
        ("setp.ge.or.s32 %p1, -1, 1, 1; selp.b32 %r2, 7, 8, %p1;", 7),
        ("setp.eq.s32 %p1, 1, 1; not.pred %p2, %p1; mov.b32 %r2, 1; @%p2 mov.b32 %r2, 2; @!%p2 add.s32 %r2, %r2, 4;", 5));

    [StandInFact]
    public void Numbers_that_are_none_compare_and_convert_as_on_a_gpu() => Check32(
        (Compare("setp.ne.f64", double.NaN, 1), 8),
        (Compare("setp.neu.f64", double.NaN, 1), 7),
        (Compare("setp.eq.f64", double.NaN, 1), 8),
        (Compare("setp.equ.f64", double.NaN, 1), 7),
        (Compare("setp.ltu.f64", double.NaN, 1), 7),
        (Compare("setp.lt.f64", 1, double.NaN), 8),
        (Compare("setp.num.f64", 1, double.NaN), 8),
        (Compare("setp.nan.f64", 1, double.NaN), 7),
        ($"testp.notanumber.f64 %p1, {Bits(double.NaN)}; selp.b32 %r2, 7, 8, %p1;", 7),
        ($"testp.infinite.f64 %p1, {Bits(double.NegativeInfinity)}; selp.b32 %r2, 7, 8, %p1;", 7),
        ($"testp.finite.f64 %p1, {Bits(double.NegativeInfinity)}; selp.b32 %r2, 7, 8, %p1;", 8),
        ($"cvt.rzi.s32.f64 %r2, {Bits(-2.9)};", unchecked((uint)-2)),
        ($"cvt.rzi.s32.f64 %r2, {Bits(Huge)};", int.MaxValue),
        ($"cvt.rzi.s32.f64 %r2, {Bits(-Huge)};", 0x80000000),
        ($"cvt.rzi.u32.f64 %r2, {Bits(-Huge)};", 0),
        ($"cvt.rzi.s32.f64 %r2, {Bits(double.NaN)};", 0),
        ($"cvt.rni.s32.f64 %r2, {Bits(2.5)};", 2),
        ($"cvt.rpi.s32.f64 %r2, {Bits(2.1)};", 3),
        ($"cvt.rn.f32.f64 %f1, {Bits(0.1)}; mov.b32 %r2, %f1;", BitConverter.SingleToUInt32Bits(0.1f)),
        ("cvt.rn.f32.s32 %f1, 16777217; mov.b32 %r2, %f1;", BitConverter.SingleToUInt32Bits(16777216f)),
        ($"cvt.rn.f16.f64 %rs1, {Bits(0.1)}; cvt.u32.u16 %r2, %rs1;", BitConverter.HalfToUInt16Bits((System.Half)0.1)),
        ("mov.b16 %rs1, 0x2e66; cvt.f32.f16 %f1, %rs1; mov.b32 %r2, %f1;", BitConverter.SingleToUInt32Bits((float)BitConverter.UInt16BitsToHalf(0x2e66))),
        (Float("max.f64", double.NaN, 2), 2),
        (Float("min.f64", 2, double.NaN), 2),
        (Float("max.f64", -3, 2), 2),
        ($"min.f64 %fd1, {Bits(0.0)}, {Bits(-0.0)}; mov.b64 %rd2, %fd1; shr.u64 %rd3, %rd2, 63; cvt.u32.u64 %r2, %rd3;", 1),
        ($"max.f64 %fd1, {Bits(-0.0)}, {Bits(0.0)}; mov.b64 %rd2, %fd1; shr.u64 %rd3, %rd2, 63; cvt.u32.u64 %r2, %rd3;", 0),
        ($"copysign.f64 %fd1, {Bits(-1)}, {Bits(2)}; cvt.rzi.s32.f64 %r2, %fd1;", unchecked((uint)-2)));

    /// <summary>A product that is not a double, less what it rounds to: 0 with two roundings, the rest with one.</summary>
    [StandInFact]
    public void One_device_rounds_a_product_and_a_sum_once_where_the_kernel_allows_it()
    {
        var (a, b) = (1 + Math.ScaleB(1, -30), 1 - Math.ScaleB(1, -29));
        var rest = Math.FusedMultiplyAdd(a, b, -(a * b));
        Assert.NotEqual(0, rest);
        var (free, exact) = (Difference("mul.f64", "sub.f64"), Difference("mul.rn.f64", "sub.rn.f64"));
        Assert.Equal([0.0, 0, rest], new[] { Value(free), Value(exact), Value(Fused()) });
        if (System.Runtime.Intrinsics.X86.Fma.IsSupported)
        {
            using var contracting = new TestContext(device: 1);
            Assert.Equal([rest, 0.0, rest], new[] { Value(free), Value(exact), Value(Fused()) });
        }

        string Product() => $"add.s64 %rd2, %rd1, 0; ld.f64 %fd4, [%rd2]; add.f64 %fd1, %fd4, {Bits(a)}; add.f64 %fd2, %fd4, {Bits(b)};";
        string Difference(string multiply, string subtract) => $"{Product()} {multiply} %fd3, %fd1, %fd2; {subtract} %fd5, %fd3, {Bits(a * b)};";
        string Fused() => $"{Product()} fma.rn.f64 %fd5, %fd1, %fd2, {Bits(-(a * b))};";

        static double Value(string body)
        {
            var (code, result) = Run(body + "st.f64 [%rd1+8], %fd5;");
            Succeed(code);
            return BitConverter.UInt64BitsToDouble(result[2] | ((ulong)result[3] << 32));
        }
    }

    private static string Compare(string instruction, double a, double b) => $"{instruction} %p1, {Bits(a)}, {Bits(b)}; selp.b32 %r2, 7, 8, %p1;";

    private static string Float(string instruction, double a, double b) => $"{instruction} %fd1, {Bits(a)}, {Bits(b)}; cvt.rzi.s32.f64 %r2, %fd1;";

    private static string Bits(double value) => "0d" + BitConverter.DoubleToUInt64Bits(value).ToString("X16", CultureInfo.InvariantCulture);

    private static void Check32(params (string Code, uint Result)[] cases)
    {
        var body = string.Concat(cases.Select((c, i) => $"{c.Code}\nst.b32 [%rd1+{4 * i}], %r2;\n"));
        var (code, result) = Run(body);
        Succeed(code);
        Assert.Equal(cases.Select(c => $"{c.Code} {c.Result:x}"), cases.Select((c, i) => $"{c.Code} {result[i]:x}"));
    }
}
