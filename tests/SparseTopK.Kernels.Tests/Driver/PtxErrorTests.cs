using SparseTopK.FakeCuda.Ptx;
using SparseTopK.FakeCuda.Translation;

namespace SparseTopK.Kernels.Tests.Driver;

/// <summary>PTX that the translator does not know is an error with its line, and nothing is run wrongly. No compiler is needed.</summary>
public class PtxErrorTests
{
    [Theory]
    [InlineData("frobnicate.b32 %r2, %r1;", "frobnicate.b32 is not known")]
    [InlineData("add.sat.s32 %r2, %r1, 1;", "add.sat.s32 is not known")]
    [InlineData("add.ftz.f32 %f2, %f1, %f1;", "add.ftz.f32 is not known")]
    [InlineData("ld.weak.b32 %r2, [%rd1];", "ld.weak.b32 is not known")]
    [InlineData("shfl.bfly.b32 %r2, %r1, 1, 31;", "shfl.bfly.b32 is not known")]
    [InlineData("@%p1 bra.uni L;", "@p bra.uni is not known")]
    [InlineData("call.uni f, (%r1);", "'(' stands where an operand is expected")]
    [InlineData("add.s32 %r2, %r1;", "takes 3 operands, not 2")]
    [InlineData("add.s32 %r2, %r1, %rd1;", "the register %rd1 is b64, not s32")]
    [InlineData("add.s32 %rd1, %r1, %r1;", "the register %rd1 is b64, not s32")]
    [InlineData("add.f32 %f2, %f1, 1;", "cannot be read as f32")]
    [InlineData("add.s32 %r2, %r1, %r99;", "%r99 is not a register")]
    [InlineData("mov.b32 %r2, %clock;", "%clock is not a register")]
    [InlineData("bra M;", "is no label")]
    [InlineData("brx.idx %r1, M;", "M names no targets")]
    [InlineData("ld.param.b64 %rd2, [number];", "is not 8 bytes of a parameter")]
    [InlineData("ld.param.b32 %r2, [pointer+8];", "is not 4 bytes of a parameter")]
    [InlineData("ld.v2.b32 %r2, [%rd1];", "takes 2 values")]
    [InlineData(".const .b32 c;", "the directive .const is not understood")]
    [InlineData(".reg .b128 %q<2>;", "the type .b128 is not understood")]
    [InlineData(".reg .b32 %r<2>;", "the register %r0 is declared twice")]
    [InlineData("add.s32 %r2, %r1, 0x;", "the number 0x is not understood")]
    [InlineData("add.s32 %r2, %r1, \"1\";", "the character '\"' is not understood")]
    public void What_is_not_known_is_an_error_with_its_line(string statement, string message)
    {
        var ptx = TestContext.Ptx("L:\n" + statement);
        var error = Assert.Throws<PtxException>(() => KernelWriter.Translate(ptx));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(ptx[..ptx.IndexOf(statement, StringComparison.Ordinal)].Count(c => c == '\n') + 1, error.Line);
    }

    [Theory]
    [InlineData(".address_size 64", ".address_size 32", "'32' stands where '64' is expected")]
    [InlineData(".visible", ".extern", "the directive .extern is not understood")]
    [InlineData("\n{", "\n.maxntid 64, 1, 1\n{", "'.maxntid' stands where '{' is expected")]
    public void So_is_what_stands_around_the_kernel(string known, string unknown, string message)
    {
        var error = Assert.Throws<PtxException>(() => KernelWriter.Translate(TestContext.Ptx("").Replace(known, unknown, StringComparison.Ordinal)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_known_translates() => Assert.Equal(12, KernelWriter.Translate(TestContext.Ptx("add.s32 %r2, %r1, 1;")).Kernel.ParameterBytes);
}
