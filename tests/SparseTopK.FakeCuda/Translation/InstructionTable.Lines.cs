namespace SparseTopK.FakeCuda.Translation;

/// <summary>The lines of the table: opcodes, the types of their operands, and what they compute.</summary>
internal static partial class InstructionTable
{
    private static void AddIntegers()
    {
        Add("add.{I}", "T T T", "a + b");
        Add("sub.{I}", "T T T", "a - b");
        Add("mul.lo.{I}", "T T T", "a * b");
        Add("mul.wide.u16", "u32 u16 u16", "(U32)a * b");
        Add("mul.wide.s16", "s32 s16 s16", "(S32)a * b");
        Add("mul.wide.u32", "u64 u32 u32", "(U64)a * b");
        Add("mul.wide.s32", "s64 s32 s32", "(S64)a * b");
        Add("mul.hi.u32", "T T T", "(U64)a * b >> 32");
        Add("mul.hi.s32", "T T T", "(S64)a * b >> 32");
        Add("mul.hi.u64", "T T T", "(unsigned __int128)a * b >> 64");
        Add("mul.hi.s64", "T T T", "(__int128)a * b >> 64");
        Add("mad.lo.{I}", "T T T T", "a * b + c");
        Add("mad.wide.u32", "u64 u32 u32 u64", "(U64)a * b + c");
        Add("mad.wide.s32", "s64 s32 s32 s64", "(S64)a * b + c");
        Add("div.{I}", "T T T", "DIV_$T(a, b)");
        Add("rem.{I}", "T T T", "REM_$T(a, b)");
        Add("min.{I}", "T T T", "a < b ? a : b");
        Add("max.{I}", "T T T", "a > b ? a : b");
        Add("neg.{S}", "T T", "0 - a");
        Add("abs.{S}", "T T", "a < 0 ? 0 - a : a");
    }

    private static void AddFloats()
    {
        // Without .rn, ptxas may join a product and a sum, and so may the C compiler where it is told to.
        Add("add.{F,f16}", "T T T", "a + b");
        Add("sub.{F,f16}", "T T T", "a - b");
        Add("mul.{F,f16}", "T T T", "a * b");
        Add("add.rn.{F}", "T T T", "ROUNDED(a + b)");
        Add("sub.rn.{F}", "T T T", "ROUNDED(a - b)");
        Add("mul.rn.{F}", "T T T", "ROUNDED(a * b)");
        Add("{fma,mad}.rn.f64", "T T T T", "fma(a, b, c)");
        Add("{fma,mad}.rn.f32", "T T T T", "fmaf(a, b, c)");
        Add("div.rn.{F}", "T T T", "a / b");
        Add("div.{full,approx}.f32", "T T T", "a / b");
        Add("rcp.rn.{F}", "T T", "1 / a");
        Add("sqrt.rn.f64", "T T", "sqrt(a)");
        Add("sqrt.rn.f32", "T T", "sqrtf(a)");
        Add("rsqrt.approx.{F}", "T T", "1 / sqrt(a)");
        Add("ex2.approx.f32", "T T", "exp2f(a)");
        Add("lg2.approx.f32", "T T", "log2f(a)");
        Add("sin.approx.f32", "T T", "sinf(a)");
        Add("cos.approx.f32", "T T", "cosf(a)");
        Add("tanh.approx.f32", "T T", "tanhf(a)");
        Add("neg.{F,f16}", "T T", "-a");
        Add("abs.{F}", "T T", "__builtin_fabs(a)");
        Add("copysign.{F}", "T T T", "__builtin_copysign(b, a)");
        Add("min.{F,f16}", "T T T", "MIN_$T(a, b)");
        Add("max.{F,f16}", "T T T", "MAX_$T(a, b)");
        Add("testp.notanumber.{F}", "pred T", "a != a");
        Add("testp.number.{F}", "pred T", "a == a");
        Add("testp.infinite.{F}", "pred T", "__builtin_isinf(a) != 0");
        Add("testp.finite.{F}", "pred T", "__builtin_isfinite(a)");
    }

    private static void AddBits()
    {
        Add("and.{B,pred}", "T T T", "a & b");
        Add("or.{B,pred}", "T T T", "a | b");
        Add("xor.{B,pred}", "T T T", "a ^ b");
        Add("not.{B}", "T T", "~a");
        Add("not.pred", "T T", "!a");
        Add("shl.{B}", "T T u32", "b < $N ? ($T)(a << b) : 0");
        Add("shr.{B,U}", "T T u32", "b < $N ? a >> b : 0");
        Add("shr.{S}", "T T u32", "a >> (b < $N ? b : $N - 1)");
        Add("popc.b32", "u32 b32", "__builtin_popcount(a)");
        Add("popc.b64", "u32 b64", "__builtin_popcountll(a)");
        Add("clz.b32", "u32 b32", "a == 0 ? 32 : __builtin_clz(a)");
        Add("clz.b64", "u32 b64", "a == 0 ? 64 : __builtin_clzll(a)");
        Add("mov.{ANY,pred}", "T T", "a");
        Add("selp.{ANY}", "T T T pred", "c ? a : b");
        Add("cvta{,.to}.global.u64", "T T", "a");
        Add("cvta.shared.u64", "T T", "a + SHARED_WINDOW");
        Add("cvta.to.shared.u64", "T T", "a - SHARED_WINDOW");
        Add("cvta.local.u64", "T T", "a + LOCAL_WINDOW");
        Add("cvta.to.local.u64", "T T", "a - LOCAL_WINDOW");
    }

    private static void AddComparisons()
    {
        AddComparison("eq", "I,B,F,f16", "a == b");
        AddComparison("ne", "I,B", "a != b");
        AddComparison("lt", "I,F,f16", "a < b");
        AddComparison("le", "I,F,f16", "a <= b");
        AddComparison("gt", "I,F,f16", "a > b");
        AddComparison("ge", "I,F,f16", "a >= b");
        AddComparison("lo", "U", "a < b");
        AddComparison("ls", "U", "a <= b");
        AddComparison("hi", "U", "a > b");
        AddComparison("hs", "U", "a >= b");

        // False where an operand is NaN; with u, true.
        AddComparison("ne", "F,f16", "(a < b || a > b)");
        AddComparison("equ", "F,f16", "!(a < b || a > b)");
        AddComparison("neu", "F,f16", "a != b");
        AddComparison("ltu", "F,f16", "!(a >= b)");
        AddComparison("leu", "F,f16", "!(a > b)");
        AddComparison("gtu", "F,f16", "!(a <= b)");
        AddComparison("geu", "F,f16", "!(a < b)");
        AddComparison("num", "F,f16", "(a == a && b == b)");
        AddComparison("nan", "F,f16", "(a != a || b != b)");
    }

    private static void AddComparison(string name, string types, string expression)
    {
        Add($"setp.{name}.{{{types}}}", "pred T T", expression);
        Add($"setp.{name}.and.{{{types}}}", "pred T T pred", expression + " && c");
        Add($"setp.{name}.or.{{{types}}}", "pred T T pred", expression + " || c");
        Add($"setp.{name}.xor.{{{types}}}", "pred T T pred", $"({expression}) != c");
    }

    private static void AddConversions()
    {
        foreach (var of in Expand("{I8}"))
        {
            AddConversion("cvt.{I8}." + of, of, "a");
            AddConversion("cvt.rn.{F,f16}." + of, of, "a");
        }

        foreach (var of in Expand("{F,f16}"))
        {
            AddConversion("cvt.rzi.{I8}." + of, of, "SATURATED_$T(trunc(a))");
            AddConversion("cvt.rni.{I8}." + of, of, "SATURATED_$T(rint(a))");
            AddConversion("cvt.rmi.{I8}." + of, of, "SATURATED_$T(floor(a))");
            AddConversion("cvt.rpi.{I8}." + of, of, "SATURATED_$T(ceil(a))");
        }

        foreach (var type in Expand("{F}"))
        {
            AddConversion($"cvt.rzi.{type}.{type}", type, "trunc(a)");
            AddConversion($"cvt.rni.{type}.{type}", type, "rint(a)");
            AddConversion($"cvt.rmi.{type}.{type}", type, "floor(a)");
            AddConversion($"cvt.rpi.{type}.{type}", type, "ceil(a)");
        }

        AddConversion("cvt.{F}.f16", "f16", "a");
        AddConversion("cvt.f64.f32", "f32", "a");
        AddConversion("cvt.rn.{f16,f32}.f64", "f64", "a");
        AddConversion("cvt.rn.f16.f32", "f32", "a");
    }

    private static void AddMemory()
    {
        foreach (var (space, suffix) in new[] { (Space.Generic, ""), (Space.Global, ".global"), (Space.Shared, ".shared"), (Space.Local, ".local") })
        {
            AddAccess($"ld{{,.volatile}}{suffix}", (count, type) => new Load(space, count, type));
            AddAccess($"st{{,.volatile}}{suffix}", (count, type) => new Store(space, count, type));
        }

        AddAccess("ld.global.{nc,ca,cg,cs,lu,cv}", (count, type) => new Load(Space.Global, count, type));
        AddAccess("st.global.{wb,cg,cs,wt}", (count, type) => new Store(Space.Global, count, type));
        AddAccess("ld.param", (count, type) => new Load(Space.Param, count, type));
    }

    private static void AddAtomics()
    {
        AddAtomic("add.{u32,s32,u64,f32,f64}", 1, "old + a");
        AddAtomic("min.{u32,s32,u64,s64}", 1, "old < a ? old : a");
        AddAtomic("max.{u32,s32,u64,s64}", 1, "old > a ? old : a");
        AddAtomic("and.{b32,b64}", 1, "old & a");
        AddAtomic("or.{b32,b64}", 1, "old | a");
        AddAtomic("xor.{b32,b64}", 1, "old ^ a");
        AddAtomic("exch.{b32,b64}", 1, "a");
        AddAtomic("cas.{b32,b64}", 2, "old == a ? b : old");
    }

    private static void AddControl()
    {
        Add("{bar,barrier}.sync", "- u32", "standin_barrier(t, 0, a, $L)", waits: true);
        Add("bar.red.popc.u32", "u32 u32 pred", "standin_barrier(t, b, a, $L)", waits: true);
        Add("bar.red.and.pred", "pred u32 pred", "standin_barrier(t, !b, a, $L) == 0", waits: true);
        Add("bar.red.or.pred", "pred u32 pred", "standin_barrier(t, b, a, $L) != 0", waits: true);
        Add("bar.warp.sync", "- b32", "standin_warp_barrier(t, a, $L)", waits: true);
        Add("shfl.sync.up.b32", "b32 b32 u32 u32 b32", "standin_shuffle(t, UP, a, b, c, d, $L)", waits: true);
        Add("shfl.sync.down.b32", "b32 b32 u32 u32 b32", "standin_shuffle(t, DOWN, a, b, c, d, $L)", waits: true);
        Add("shfl.sync.bfly.b32", "b32 b32 u32 u32 b32", "standin_shuffle(t, BUTTERFLY, a, b, c, d, $L)", waits: true);
        Add("shfl.sync.idx.b32", "b32 b32 u32 u32 b32", "standin_shuffle(t, INDEX, a, b, c, d, $L)", waits: true);
        Add("membar.{cta,gl,sys}", "-", "(void)0");
        Add("{ret,exit}", "-", "return");
        Add("trap", "-", "standin_fault(t, 719, $L, \"trap\")");
    }
}
